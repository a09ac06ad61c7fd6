// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Vm} from "forge-std/Vm.sol";
import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {ClaimStage, PolicyId} from "../../../contracts/types/Care.sol";
import {Accumulators, Share} from "../../../contracts/types/Insurance.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {MemberId, MemberKind} from "../../../contracts/types/Types.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @notice Policies one after the other: each insurer's turn and time, and exactly what is taken back from each.
contract ClaimSettlementTurnsTest is SettlementBase {
    /// @dev 80 % above the deductible, then half of what is left: both are above the limit.
    uint48 private constant _HUGE = 60_000_00;
    uint48 private constant _FIRST = 47_920_00;
    uint48 private constant _SECOND = 6_040_00;

    function test_Complete_BeginsTheReviewADayLater() public {
        assertEq(_claim(_underReview()).clock, block.timestamp + 24 hours);
    }

    function test_Complete_WithFourPolicies() public {
        PolicyId[] memory four = new PolicyId[](4);
        (four[0], four[1], four[2], four[3]) = (policy, secondPolicy, _insure(basic), _insure(supplementary));
        Treatment memory treatment = _insuredTreatment(four);
        _agree(treatment);
        _complete(treatment, true);
        _assertStage(treatment, ClaimStage.Settled);
        assertEq(token.balanceOf(payee), PRICE);
    }

    function test_Complete_EmitsTheFirstAndTheLastDay() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        uint32 first = _today();
        skip(1 days);
        IClaimSettlement.Evidence[] memory pieces = new IClaimSettlement.Evidence[](3);
        (pieces[0], pieces[1], pieces[2]) = (_evidenceOn(first), _evidenceOn(first + 2), _evidenceOn(first + 1));
        uint8[] memory evidenceOf = new uint8[](3);
        (evidenceOf[1], evidenceOf[2]) = (1, 2);
        uint48[4] memory paid = [BASIC_PAYS, 0, 0, 0];
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.ClaimFiled(
            _idOf(treatment), patient, HOSPITAL_A, [first, first + 2], paid, PRICE - BASIC_PAYS, 0, 0
        );
        vm.prank(hospitalA.finance);
        settlement.complete(_completion(treatment, pieces, evidenceOf, _noReceipt()));
    }

    function test_Approve_OfTheSecondPolicy_PaysTheFirstNoMore() public {
        Treatment memory treatment = _bothReviewed();
        vm.startPrank(insurer.adjudicator);
        settlement.approve(treatment.terms);
        assertEq(token.balanceOf(payee), _HUGE - _SECOND);
        settlement.approve(treatment.terms);
        assertEq(token.balanceOf(payee), _HUGE);
        _assertStage(treatment, ClaimStage.Settled);
        _assertPool(POOL - _FIRST - _SECOND, 0);
    }

    function test_Approve_LeavesTheNextInsurerItsRequest() public {
        Treatment memory treatment = _bothReviewed();
        vm.startPrank(insurer.adjudicator);
        settlement.requestEvidence(treatment.terms);
        settlement.approve(treatment.terms);
        skip(1 hours);
        settlement.requestEvidence(treatment.terms);
        assertEq(_claim(treatment).clock, block.timestamp + 24 hours);
    }

    function test_Approve_RevertWhen_CallerAdjudicatesForAnotherInsurer() public {
        (address admin, address adjudicator) = (_account("other admin"), _account("other adjudicator"));
        _admit(MemberId.wrap(9), MemberKind.Insurer, admin);
        _addOperator(admin, adjudicator, Roles.ADJUDICATOR);
        Treatment memory treatment = _underReview();
        _expectUnauthorized(adjudicator, INSURER);
        vm.prank(adjudicator);
        settlement.approve(treatment.terms);
    }

    function test_Release_AfterASilentReview_LeavesTheNextInsurerItsTime() public {
        Treatment memory treatment = _bothReviewed();
        vm.warp(_claim(treatment).clock + REVIEW_PERIOD + 1);
        settlement.release(treatment.terms);
        assertEq(_claim(treatment).next, 1);
        assertEq(_claim(treatment).clock, block.timestamp + 24 hours);
        assertEq(token.balanceOf(payee), _HUGE - _SECOND);
    }

    function test_Concede_TakesThePaymentOutOfTheAccumulators() public {
        Treatment memory treatment = _contested();
        Accumulators memory before = _used();
        vm.prank(hospitalA.finance);
        settlement.concede(treatment.terms);
        assertEq(_used().paid, before.paid - LARGE_PAYS);
        assertEq(_used().deductibleUsed, before.deductibleUsed);
    }

    function test_Concede_LeavesTheNextInsurerItsReview() public {
        Treatment memory treatment = _bothReviewed();
        vm.prank(insurer.adjudicator);
        settlement.contest(treatment.terms, 3, keccak256("finding"));
        vm.prank(hospitalA.finance);
        settlement.concede(treatment.terms);
        _assertStage(treatment, ClaimStage.Pending);
        vm.prank(insurer.adjudicator);
        settlement.approve(treatment.terms);
        assertEq(token.balanceOf(payee), _HUGE - _FIRST);
    }

    function test_Reverse_LeavesNoShare() public {
        Treatment memory treatment = _paid();
        _fundProvider(PRICE);
        vm.prank(hospitalA.finance);
        settlement.reverse(treatment.terms);
        assertEq(abi.encode(_share(treatment, 0)), abi.encode(Share(0, 0, 0, 0)));
        assertEq(_claim(treatment).owed, 0);
    }

    function test_Reverse_OfAClaimWithAReceivable_ReturnsWhatWasPaid() public {
        uint256 savings = token.balanceOf(payer);
        Treatment memory treatment = _insuredTreatment();
        treatment.terms.deposit = 300_00;
        _agree(treatment);
        _complete(treatment, true);
        assertEq(_claim(treatment).receivable, 30_00);
        _fundProvider(PRICE);
        vm.prank(hospitalA.finance);
        settlement.reverse(treatment.terms);
        assertEq(token.balanceOf(payer), savings);
        assertEq(token.balanceOf(hospitalA.finance), 30_00);
    }

    function test_ApplyRuling_ThatTakesNothing_LeavesNoDebt() public {
        Treatment memory treatment = _paid();
        _lock(treatment);
        vm.recordLogs();
        _rule(treatment, _ruling(0, 0, 0));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IClaimSettlement.DebtIncurred.selector, "a debt of nothing");
        }
        _assertStage(treatment, ClaimStage.Settled);
    }

    function test_ApplyRuling_OnAPaidClaim_LeavesThePool() public {
        Treatment memory treatment = _paid();
        _lock(treatment);
        _rule(treatment, _ruling(100_00, 0, 0));
        _assertPool(POOL - BASIC_PAYS, 0);
        assertEq(_used().paid, BASIC_PAYS - 100_00);
    }

    function test_Lock_InTheLastSecondForAnObjection() public {
        Treatment memory treatment = _contested();
        vm.warp(_claim(treatment).clock);
        _lock(treatment);
        _assertStage(treatment, ClaimStage.Disputed);
    }

    /// @dev The contest stands; anybody says so, and then a party may dispute what is left.
    function test_Lock_RevertWhen_TheTimeForAnObjectionIsOver() public {
        Treatment memory treatment = _contested();
        uint40 last = _claim(treatment).clock;
        vm.warp(last + 1);
        _expectNotNow(treatment, last + 1);
        _lock(treatment);
        settlement.concede(treatment.terms);
        _lock(treatment);
        _assertStage(treatment, ClaimStage.Disputed);
    }

    /// @dev Silence approved: a dispute gives the insurer no second review.
    function test_Lock_AfterASilentReview_EndsIt() public {
        Treatment memory treatment = _bothReviewed();
        vm.warp(_claim(treatment).clock + REVIEW_PERIOD + 1);
        _lock(treatment);
        assertEq(_claim(treatment).reviews, 2);
        _rule(treatment, _ruling(0, 0, 0));
        assertEq(token.balanceOf(payee), _HUGE - _SECOND);
        assertEq(_claim(treatment).clock, block.timestamp + 24 hours);
    }

    function test_Lock_InTheLastSecondOfAReview_LeavesItOpen() public {
        Treatment memory treatment = _bothReviewed();
        vm.warp(_claim(treatment).clock + REVIEW_PERIOD);
        _lock(treatment);
        assertEq(_claim(treatment).reviews, 3);
    }

    /// @dev What pays nothing any more has nothing to review: it is the next insurer's turn.
    function test_ApplyRuling_ThatTakesAllOfAPolicyUnderReview_EndsItsReview() public {
        Treatment memory treatment = _bothReviewed();
        _lock(treatment);
        _rule(treatment, _ruling(_FIRST, 0, 0));
        assertEq(_claim(treatment).reviews, 2);
        assertEq(_claim(treatment).next, 1);
        vm.prank(insurer.adjudicator);
        settlement.approve(treatment.terms);
        _assertStage(treatment, ClaimStage.Settled);
        assertEq(token.balanceOf(payee), _HUGE - _FIRST);
    }

    function test_Repay_CreditsThePool() public {
        Treatment memory treatment = _paid();
        _lock(treatment);
        _rule(treatment, _ruling(100_00, 0, 0));
        _fundProvider(100_00);
        vm.prank(hospitalA.finance);
        settlement.repay(HOSPITAL_A, 100_00);
        _assertPool(POOL - BASIC_PAYS + 100_00, 0);
        assertEq(settlement.debtOf(HOSPITAL_A), 0);
    }

    /// @dev A claim that was filed with the receipt, and of which both policies are reviewed.
    function _bothReviewed() private returns (Treatment memory treatment) {
        uint48[] memory prices = new uint48[](1);
        prices[0] = _HUGE;
        treatment = _treatment(prices);
        PolicyId[] memory both = new PolicyId[](2);
        (both[0], both[1]) = (policy, secondPolicy);
        treatment.terms.deposit = _HUGE - _FIRST - _SECOND;
        _cover(treatment, both);
        _agree(treatment);
        _complete(treatment, true);
    }

    function _used() private view returns (Accumulators memory used) {
        (used,) = plans.accumulatorsOf(policy, plans.periodOf(policy, _today()));
    }
}
