// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Benefit, Cover, Line} from "../../../contracts/types/Insurance.sol";
import {BenefitsHarness} from "../mocks/BenefitsHarness.sol";
import {BenefitsBase} from "./BenefitsBase.sol";

/// @notice What holds of {Benefits} for any claim.
contract BenefitsPropertiesTest is BenefitsBase {
    uint48 private constant _LARGEST = 2_000_000;

    function testFuzz_ByItem_PaymentsAndPatientAreTheBill(uint256 seed) public view {
        BenefitsHarness.Claim memory claim = _claimOf(seed);
        BenefitsHarness.Result memory result = harness.adjudicate(claim);
        for (uint256 k = 0; k < claim.lines.length; ++k) {
            uint256 paid = result.remaining[k];
            for (uint256 i = 0; i < claim.policies.length; ++i) {
                paid += paidOf(result.lines[i][k]);
            }
            assertEq(paid, claim.lines[k].billed);
        }
    }

    function testFuzz_ByItem_SharesAreTheSumsOfTheLines(uint256 seed) public view {
        BenefitsHarness.Claim memory claim = _claimOf(seed);
        BenefitsHarness.Result memory result = harness.adjudicate(claim);
        for (uint256 i = 0; i < claim.policies.length; ++i) {
            (uint256 deductible, uint256 covered, uint256 paid) = _sumsOf(result.lines[i]);
            assertEq(result.shares[i].deductible, deductible);
            assertEq(result.shares[i].covered, covered - deductible);
            assertEq(result.shares[i].outOfPocket, covered - paid);
            assertEq(result.shares[i].paid, paid);
        }
    }

    function testFuzz_ByItem_LimitsAreKept(uint256 seed) public view {
        BenefitsHarness.Claim memory claim = _claimOf(seed);
        BenefitsHarness.Result memory result = harness.adjudicate(claim);
        uint256[] memory needed = harness.reservations(claim);
        for (uint256 i = 0; i < claim.policies.length; ++i) {
            BenefitsHarness.Policy memory policy = claim.policies[i];
            assertLe(result.shares[i].paid, policy.left, "more than the limit");
            assertLe(result.shares[i].paid, needed[i], "more than was reserved");
            uint256 deductible = uint256(policy.used.deductibleUsed) + result.shares[i].deductible;
            assertLe(deductible, _max(policy.used.deductibleUsed, policy.benefit.deductible), "more deductible");
            if (policy.left == NONE && policy.benefit.outOfPocketMax != NONE) {
                uint256 own = uint256(policy.used.outOfPocketUsed) + result.shares[i].outOfPocket;
                assertLe(own, _max(policy.used.outOfPocketUsed, policy.benefit.outOfPocketMax), "more out of pocket");
            }
        }
    }

    /// @dev A claim that is reversed leaves no trace: the next one comes to what it would have come to without it.
    function testFuzz_Reversal_GivesBackExactly(uint256 seed) public view {
        BenefitsHarness.Claim memory claim = _claimOf(seed);
        BenefitsHarness.Claim memory next = _claimOf(seed);
        BenefitsHarness.Result memory result = harness.adjudicate(claim);
        for (uint256 i = 0; i < claim.policies.length; ++i) {
            next.policies[i].used.deductibleUsed += result.shares[i].deductible;
            next.policies[i].used.coveredUsed += result.shares[i].covered;
            next.policies[i].used.outOfPocketUsed += result.shares[i].outOfPocket;
            next.policies[i].left -= result.shares[i].paid;
        }
        harness.adjudicate(next);
        for (uint256 i = 0; i < claim.policies.length; ++i) {
            next.policies[i].used.deductibleUsed -= result.shares[i].deductible;
            next.policies[i].used.coveredUsed -= result.shares[i].covered;
            next.policies[i].used.outOfPocketUsed -= result.shares[i].outOfPocket;
            next.policies[i].left += result.shares[i].paid;
        }
        assertEq(abi.encode(harness.adjudicate(next)), abi.encode(result));
    }

    function testFuzz_ByCase_MovesNothingButItsPayment(uint256 seed, uint48 rate) public view {
        BenefitsHarness.Claim memory claim = _claimOf(seed);
        BenefitsHarness.Result memory byItem = harness.adjudicate(claim);
        uint256 index = seed % claim.policies.length;
        claim.policies[index].benefit.caseRate = uint48(bound(rate, 0, NONE - 1));
        BenefitsHarness.Result memory byCase = harness.adjudicate(claim);
        assertLe(byCase.shares[index].paid, claim.policies[index].left);
        assertLe(byCase.shares[index].paid, claim.policies[index].benefit.caseRate);
        byCase.shares[index].paid = byItem.shares[index].paid;
        assertEq(abi.encode(byCase), abi.encode(byItem));
    }

    function _claimOf(uint256 seed) private pure returns (BenefitsHarness.Claim memory claim) {
        uint256 policies = 1 + _pick(seed, 0, 4);
        uint256 lines = 1 + _pick(seed, 1, 6);
        claim.policies = new BenefitsHarness.Policy[](policies);
        claim.lines = new Line[](lines);
        claim.covers = new Cover[](lines * policies);
        for (uint256 i = 0; i < policies; ++i) {
            claim.policies[i] = _policyOf(_next(seed, 100 + i));
        }
        for (uint256 k = 0; k < lines; ++k) {
            claim.lines[k].billed = uint48(_pick(seed, 200 + k, _LARGEST));
        }
        for (uint256 c = 0; c < claim.covers.length; ++c) {
            claim.covers[c] = Cover(uint8(_pick(seed, 300 + c, 5)), uint48(_pick(seed, 400 + c, _LARGEST)));
        }
    }

    function _policyOf(uint256 seed) private pure returns (BenefitsHarness.Policy memory policy) {
        policy = banded(seed % 2 == 0);
        policy.bands[0].upTo = uint48(1 + _pick(seed, 0, _LARGEST));
        policy.bands[1].upTo = policy.bands[0].upTo + 1 + uint48(_pick(seed, 1, _LARGEST));
        if (seed % 2 != 0) policy.bands[2].upTo = policy.bands[1].upTo + 1 + uint48(_pick(seed, 2, _LARGEST));
        policy.selfPayBps[1] = uint16(_pick(seed, 3, 10_001));
        policy.benefit = Benefit(uint48(_pick(seed, 4, _LARGEST)), NONE, NONE, NONE);
        if (seed % 3 == 0) policy.benefit.outOfPocketMax = uint48(_pick(seed, 5, _LARGEST));
        if (seed % 5 == 0) policy.left = _pick(seed, 6, _LARGEST);
        policy.used = used(
            uint48(_pick(seed, 7, _LARGEST)), uint48(_pick(seed, 8, 2 * _LARGEST)), uint48(_pick(seed, 9, _LARGEST)), 0
        );
    }

    function _sumsOf(uint256[] memory lines) private pure returns (uint256 deductible, uint256 covered, uint256 paid) {
        for (uint256 k = 0; k < lines.length; ++k) {
            deductible += deductibleOf(lines[k]);
            covered += eligibleOf(lines[k]) - selfPayOf(lines[k]);
            paid += paidOf(lines[k]);
        }
    }

    function _next(uint256 seed, uint256 place) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, place)));
    }

    function _pick(uint256 seed, uint256 place, uint256 below) private pure returns (uint256) {
        return _next(seed, place) % below;
    }

    function _max(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }
}
