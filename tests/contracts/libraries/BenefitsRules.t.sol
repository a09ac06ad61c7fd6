// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Benefits} from "../../../contracts/libraries/Benefits.sol";
import {Band, Cover} from "../../../contracts/types/Insurance.sol";
import {BenefitsHarness} from "../mocks/BenefitsHarness.sol";
import {BenefitsBase} from "./BenefitsBase.sol";

/// @notice {Benefits}, rule by rule, with figures worked out by hand.
contract BenefitsRulesTest is BenefitsBase {
    function test_Eligible_OfAPriceAboveTheAllowedAmount() public view {
        BenefitsHarness.Claim memory claim = lineOf(plan(), 0, 1_000);
        claim.covers[0].allowed = 600;
        requireLine(claim, 600, 0, 0, 480);
        assertEq(harness.adjudicate(claim).remaining[0], 520);
    }

    function test_Eligible_OfAnAllowedAmountAboveThePrice() public view {
        BenefitsHarness.Claim memory claim = lineOf(plan(), 0, 1_000);
        claim.covers[0].allowed = NONE;
        requireLine(claim, 1_000, 0, 0, 800);
    }

    function test_SelfPay_OfAClass() public view {
        requireLine(lineOf(plan(), 1, 1_000), 1_000, 100, 0, 720);
        requireLine(lineOf(plan(), 2, 1_000), 1_000, 1_000, 0, 0);
    }

    function test_SelfPay_RoundsHalfUp() public view {
        requireLine(lineOf(plan(), 1, 5), 5, 1, 0, 3); // 0.5 and 3.2
        requireLine(lineOf(plan(), 1, 4), 4, 0, 0, 3); // 0.4 and 3.2
    }

    function test_SelfPay_OfAnUnknownClass() public view {
        requireLine(lineOf(plan(), 3, 1_000), 1_000, 1_000, 0, 0);
        requireLine(lineOf(plan(), 255, 1_000), 1_000, 1_000, 0, 0);
    }

    function test_SelfPay_OfTheSixteenthClass() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.selfPayBps = new uint16[](16);
        policy.selfPayBps[15] = 2_500;
        requireLine(lineOf(policy, 15, 1_000), 1_000, 250, 0, 600);
    }

    function test_Deductible_InsideALine() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.deductible = 1_500;
        BenefitsHarness.Claim memory claim = claimOf(policy, 0, amounts(1_000, 1_000));
        BenefitsHarness.Result memory result = harness.adjudicate(claim);
        assertEq(deductibleOf(result.lines[0][0]), 1_000);
        assertEq(deductibleOf(result.lines[0][1]), 500);
        assertEq(paidOf(result.lines[0][1]), 400);
        requireShare(claim, 1_500, 500, 1_600, 400);
    }

    function test_Deductible_OfWhichAPartIsUsed() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.deductible = 1_500;
        policy.used = used(1_200, 0, 1_200, 0);
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 300, 560);
    }

    function test_Deductible_OfWhichMoreIsUsed() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.deductible = 1_500;
        policy.used = used(1_501, 0, 1_501, 0);
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 0, 800);
    }

    function test_Deductible_IsOfWhatIsCovered() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.deductible = 950;
        requireLine(lineOf(policy, 1, 1_000), 1_000, 100, 900, 0);
    }

    function test_Bands_OfALineThroughAll() public view {
        requireLine(lineOf(banded(true), 0, 4_000), 4_000, 0, 0, 3_100); // 600 + 1,600 + 900
    }

    function test_Bands_FromWhatIsUsed() public view {
        BenefitsHarness.Policy memory policy = banded(true);
        policy.used = used(0, 2_500, 0, 0);
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 0, 850); // 400 + 450
    }

    function test_Bands_FromAnEdge() public view {
        BenefitsHarness.Policy memory policy = banded(true);
        policy.used = used(0, 1_000, 0, 0);
        requireLine(lineOf(policy, 0, 100), 100, 0, 0, 80);
    }

    function test_Bands_RoundOnce() public view {
        BenefitsHarness.Policy memory policy = banded(true);
        policy.used = used(0, 999, 0, 0);
        requireLine(lineOf(policy, 0, 2), 2, 0, 0, 1); // 0.6 + 0.8 are 1.4
    }

    function test_Bands_BeyondTheLast() public view {
        BenefitsHarness.Policy memory policy = banded(false);
        policy.used = used(0, 4_900, 0, 0);
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 0, 90);
        policy.used = used(0, 5_000, 0, 0);
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 0, 0);
    }

    function test_Bands_TheOpenLastHasNoEnd() public view {
        BenefitsHarness.Policy memory policy = banded(true);
        policy.used = used(0, NONE - 1, 0, 0);
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 0, 900);
    }

    function test_Maximum_InsideALine() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.outOfPocketMax = 300;
        policy.used = used(0, 0, 200, 0);
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 0, 900);
        requireShare(lineOf(policy, 0, 1_000), 0, 1_000, 100, 900);
    }

    function test_Maximum_ThatIsPassed() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.outOfPocketMax = 300;
        policy.used = used(0, 0, 5_000, 0);
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 0, 1_000);
    }

    function test_Maximum_ExactlyReached() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.outOfPocketMax = 200;
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 0, 800);
    }

    function test_Maximum_CountsTheDeductible() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.deductible = 500;
        policy.benefit.outOfPocketMax = 400;
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 500, 600);
    }

    function test_Maximum_OfNoneNothingIsAbove() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.used = used(0, 0, NONE - 10, 0);
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 0, 800);
    }

    function test_Limit_InsideALine() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.left = 1_000;
        BenefitsHarness.Result memory result = harness.adjudicate(claimOf(policy, 0, amounts(1_000, 1_000)));
        assertEq(paidOf(result.lines[0][0]), 800);
        assertEq(paidOf(result.lines[0][1]), 200);
        assertEq(result.remaining[1], 800);
        requireShare(claimOf(policy, 0, amounts(1_000, 1_000)), 0, 2_000, 1_000, 1_000);
    }

    function test_Limit_StandsAboveTheMaximum() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.outOfPocketMax = 0;
        policy.left = 900;
        requireLine(lineOf(policy, 0, 1_000), 1_000, 0, 0, 900);
    }

    function test_Order_TheSecondPolicyTakesWhatIsLeft() public view {
        BenefitsHarness.Claim memory claim = shared(plan(), plan(), 1_000);
        BenefitsHarness.Result memory result = harness.adjudicate(claim);
        assertEq(eligibleOf(result.lines[1][0]), 200);
        assertEq(result.shares[1].paid, 160);
        assertEq(result.remaining[0], 40);
    }

    function test_Order_CoversAreKeptLineByLine() public view {
        BenefitsHarness.Claim memory claim = claimOf(plan(), 0, amounts(100, 200));
        claim.policies = new BenefitsHarness.Policy[](2);
        claim.policies[0] = claim.policies[1] = plan();
        claim.covers = new Cover[](4);
        for (uint48 i = 0; i < 4; ++i) {
            claim.covers[i] = Cover(0, 10 + i);
        }
        BenefitsHarness.Result memory result = harness.adjudicate(claim);
        assertEq(eligibleOf(result.lines[0][0]), 10);
        assertEq(eligibleOf(result.lines[1][0]), 11);
        assertEq(eligibleOf(result.lines[0][1]), 12);
        assertEq(eligibleOf(result.lines[1][1]), 13);
        uint256[] memory needed = harness.reservations(claim);
        assertEq(needed[0], 22);
        assertEq(needed[1], 24);
    }

    function test_ByCase_PaysTheRateLessTheOthers() public view {
        BenefitsHarness.Policy memory byCase = plan();
        byCase.benefit.caseRate = 5_000;
        BenefitsHarness.Claim memory claim = shared(byCase, plan(), 1_000);
        requireShare(claim, 0, 1_000, 200, 4_800); // the patient pays 40, the second policy 160
        assertEq(harness.adjudicate(claim).remaining[0], 40);
    }

    function test_ByCase_OfARateBelowTheOthers() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.caseRate = 199;
        requireShare(lineOf(policy, 0, 1_000), 0, 1_000, 200, 0);
    }

    function test_ByCase_UpToItsLimit() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.caseRate = 5_000;
        policy.left = 1_500;
        requireShare(lineOf(policy, 0, 1_000), 0, 1_000, 200, 1_500);
    }

    function test_Reservation_IsWhatNoRuleExceeds() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.deductible = 500;
        BenefitsHarness.Claim memory claim = claimOf(policy, 1, amounts(1_000, 200));
        claim.covers[0].allowed = 600;
        assertEq(harness.reservations(claim)[0], 540 + 180);
    }

    function test_Reservation_ByCaseIsTheRate() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.benefit.caseRate = 5_000;
        assertEq(harness.reservations(lineOf(policy, 0, 1_000))[0], 5_000);
    }

    function test_Sums_ThatDoNotFit() public {
        vm.expectRevert(Benefits.Benefits_Overflow.selector);
        harness.adjudicate(claimOf(plan(), 0, amounts(NONE, NONE)));
    }

    function test_Sums_OfTheLargestAmounts() public view {
        BenefitsHarness.Policy memory policy = plan();
        policy.bands[0] = Band(NONE, 10_000);
        requireShare(lineOf(policy, 0, NONE), 0, NONE, 0, NONE);
    }
}
