// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {PolicyId} from "../../../contracts/types/Care.sol";
import {Accumulators, Cover} from "../../../contracts/types/Insurance.sol";
import {InsurancePlansBase} from "./InsurancePlansBase.sol";

/// @notice What acceptance reserves of pools and annual limits, and what others find of them then.
contract InsurancePlansReserveTest is InsurancePlansBase {
    /// @dev 400.00 + 250.00 - 10 % of it; nothing of what is not covered.
    function test_Reserve_WhatNoRuleCanExceed() public {
        _agree(_insuredTreatment());
        _assertUsed(policy, Accumulators(0, 0, 0, 0), 625_00);
        _assertPool(POOL - 625_00, 625_00);
    }

    function test_Reserve_AtMostTheAllowedAmount() public {
        Treatment memory treatment = _insuredTreatment();
        treatment.covers[0].allowed = 300_00;
        _seal(treatment);
        _agree(treatment);
        _assertPool(POOL - 525_00, 525_00);
    }

    function test_Reserve_TheCaseRate() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.benefit.caseRate = 900_00;
        PolicyId byCase = _insure(_publish(terms));
        _agree(_treatmentUnder(byCase));
        _assertPool(POOL - 900_00, 900_00);
    }

    function test_Reserve_AtMostWhatTheAnnualLimitLeaves() public {
        PolicyId limited = _limited(500_00, 100_00);
        _agree(_treatmentUnder(limited));
        _assertUsed(limited, Accumulators(0, 0, 0, 100_00), 400_00);
        _assertPool(POOL - 400_00, 400_00);
    }

    /// @dev The opening payments of another insurer's year may be above this plan's limit.
    function test_Reserve_NothingWhereTheLimitIsExceeded() public {
        PolicyId limited = _limited(500_00, 600_00);
        Treatment memory treatment = _treatmentUnder(limited);
        _agree(treatment);
        _assertPool(POOL, 0);
        assertEq(_paidFor(treatment)[0], 0);
    }

    /// @dev The first reserves 400.00 of 500.00 and is paid so much; the second is left with what the first did not use.
    function test_Reserve_TwoAgreementsRaceForOneAnnualLimit() public {
        PolicyId limited = _limited(700_00, 0);
        Treatment memory first = _treatmentUnder(limited);
        Treatment memory second = _treatmentUnder(limited);
        _agree(first);
        _agree(second);
        _assertUsed(limited, Accumulators(0, 0, 0, 0), 700_00);
        // 80 % of 400.00 and 225.00 is 500.00, but the first holds 625.00 of 700.00.
        assertEq(_paidFor(second)[0], 75_00);
        _assertUsed(limited, Accumulators(0, 625_00, 550_00, 75_00), 625_00);
        assertEq(_paidFor(first)[0], 500_00);
        _assertUsed(limited, Accumulators(0, 1_250_00, 675_00, 575_00), 0);
        _assertPool(POOL - 575_00, 575_00);
    }

    /// @dev Whichever completes first has the deductible.
    function test_Reserve_TwoAgreementsRaceForOneDeductible() public {
        Treatment memory first = _insuredTreatment();
        Treatment memory second = _insuredTreatment();
        _agree(first);
        _agree(second);
        assertEq(_paidFor(second)[0], 420_00);
        assertEq(_paidFor(first)[0], 500_00);
        _assertUsed(policy, Accumulators(100_00, 1_150_00, 330_00, 920_00), 0);
    }

    function test_Reserve_RevertWhen_ThePoolIsExhausted() public {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        vm.prank(insurer.finance);
        plans.withdraw(POOL - 624_99);
        _expectPoolExhausted(INSURER, 624_99, 625_00);
        _accept(treatment);
    }

    function test_Reserve_TheWholePool() public {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        vm.prank(insurer.finance);
        plans.withdraw(POOL - 625_00);
        _accept(treatment);
        _assertPool(0, 625_00);
    }

    /// @dev Two policies of one insurer draw on one pool.
    function test_Reserve_RevertWhen_TheSecondPolicyFindsThePoolExhausted() public {
        Treatment memory treatment = _treatmentUnder(policy, secondPolicy);
        _offer(treatment);
        vm.prank(insurer.finance);
        plans.withdraw(POOL - 1_000_00);
        _expectPoolExhausted(INSURER, 375_00, 625_00);
        _accept(treatment);
        _assertPool(1_000_00, 0);
    }

    /// @dev What is reserved stays for the agreement, whoever comes then.
    function test_Adjudicate_FromItsReservationWhenThePoolIsEmpty() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _emptyPool();
        assertEq(_paidFor(treatment)[0], 420_00);
        _assertPool(205_00, 420_00);
    }

    /// @dev Its lines move no money: by item it pays 420.00 and leaves 330.00, whatever its insurer took out of the pool since.
    function test_Adjudicate_ByCaseFromItsReservationWhenThePoolIsEmpty() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.benefit.caseRate = 400_00;
        Treatment memory treatment = _treatmentUnder(_insure(_publish(terms)));
        _agree(treatment);
        _emptyPool();
        (IInsurancePlans.Outcome[] memory outcomes, uint256 share) = _adjudicate(treatment, TODAY, TODAY);
        assertEq(share, 330_00);
        assertEq(outcomes[0].share.paid, 70_00);
    }

    /// @dev Past its end and not released by anybody, a reservation still pays.
    function test_Adjudicate_FromAReservationThatNobodyReleased() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _emptyPool();
        vm.warp(treatment.terms.reservedUntil + 1 days);
        assertEq(_paidFor(treatment)[0], 420_00);
    }

    function test_Adjudicate_FromWhatIsFreeAfterTheRelease() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        vm.warp(treatment.terms.reservedUntil + 1);
        agreements.releaseReservations(treatment.terms);
        vm.prank(insurer.finance);
        plans.withdraw(POOL - 400_00);
        assertEq(_paidFor(treatment)[0], 400_00);
        _assertPool(0, 400_00);
        _assertUsed(policy, Accumulators(100_00, 525_00, 225_00, 400_00), 0);
    }

    function test_Adjudicate_NothingAfterTheReleaseFromAnEmptyPool() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        vm.warp(treatment.terms.reservedUntil + 1);
        agreements.releaseReservations(treatment.terms);
        _emptyPool();
        (IInsurancePlans.Outcome[] memory outcomes, uint256 share) = _adjudicate(treatment, TODAY, TODAY);
        assertEq(outcomes[0].share.paid, 0);
        assertEq(share, 750_00);
    }

    function test_Unreserve_OnlyTheAgreementsOwn() public {
        Treatment memory treatment = _treatmentUnder(policy, secondPolicy);
        _agree(_insuredTreatment());
        _agree(treatment);
        vm.prank(hospitalA.finance);
        agreements.withdraw(treatment.terms);
        _assertUsed(policy, Accumulators(0, 0, 0, 0), 625_00);
        _assertUsed(secondPolicy, Accumulators(0, 0, 0, 0), 0);
        _assertPool(POOL - 625_00, 625_00);
    }

    function testFuzz_Reserve_NeverMoreThanThePool(uint48[3] memory allowed, uint8[3] memory classes, uint128 left)
        public
    {
        Treatment memory treatment = _insuredTreatment();
        for (uint256 i = 0; i < 3; ++i) {
            treatment.covers[i] = Cover(classes[i], allowed[i]);
        }
        _seal(treatment);
        _offer(treatment);
        left = uint128(bound(left, 750_00, POOL));
        vm.prank(insurer.finance);
        plans.withdraw(POOL - left);
        _accept(treatment);
        IInsurancePlans.Pool memory pool = plans.poolOf(INSURER);
        assertEq(pool.free + pool.reserved, left);
        assertLe(_paidFor(treatment)[0], pool.reserved);
        assertEq(token.balanceOf(address(plans)), left);
    }

    /// @dev A policy of 80 % without deductible, limited, of which `paid` is used.
    function _limited(uint48 annualLimit, uint48 paid) private returns (PolicyId) {
        IInsurancePlans.Plan memory terms = _coinsurancePlan(8_000);
        terms.benefit.annualLimit = annualLimit;
        IInsurancePlans.PolicyRequest memory request = _policyRequest(_publish(terms));
        request.opening.paid = paid;
        return _insureBy(request);
    }

    function _emptyPool() private {
        uint128 free = plans.poolOf(INSURER).free;
        vm.prank(insurer.finance);
        plans.withdraw(free);
    }
}
