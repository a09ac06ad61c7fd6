// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessGrants} from "../../../contracts/interfaces/IAccessGrants.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {PolicyId} from "../../../contracts/types/Care.sol";
import {Accumulators, Share} from "../../../contracts/types/Insurance.sol";
import {Purposes} from "../../../contracts/types/Purposes.sol";
import {InsurancePlansBase} from "./InsurancePlansBase.sol";

/// @notice Claims of 400.00, 250.00 (10 % self-pay) and 100.00 (not covered) under policies as they stand then. The arithmetic itself
/// is under test in the benefits' own suites.
contract InsurancePlansAdjudicateTest is InsurancePlansBase {
    uint48 private constant _MOST = type(uint48).max;

    function test_Adjudicate_IsKeptAndTold() public {
        Treatment memory treatment = _agreedUnder(policy);
        Share memory expected = Share(100_00, 525_00, 205_00, 420_00);
        uint48[4] memory reserved = _completed(treatment);
        uint256[] memory lines = new uint256[](3);
        lines[0] = _line(400_00, 0, 100_00, 240_00);
        lines[1] = _line(250_00, 25_00, 0, 180_00);
        lines[2] = _line(100_00, 100_00, 0, 0);
        vm.expectEmit(address(plans));
        emit IInsurancePlans.Adjudicated(_idOf(treatment), policy, PERIOD, expected, lines);
        (IInsurancePlans.Outcome[] memory outcomes, uint256 patientShare) =
            _adjudicateWith(treatment, reserved, TODAY, TODAY);
        assertEq(outcomes.length, 1);
        assertTrue(outcomes[0].insurer == INSURER);
        assertTrue(outcomes[0].covered);
        assertFalse(outcomes[0].reviewed);
        _assertShare(outcomes[0].share, expected);
        assertEq(patientShare, 330_00);
        _assertPool(POOL - 420_00, 420_00);
    }

    /// @dev The second policy has what the first left of each line: 160.00, 70.00 (less 10 %) and 100.00 (not covered).
    function test_Adjudicate_PoliciesInTheirOrder() public {
        Treatment memory treatment = _treatmentUnder(policy, secondPolicy);
        _agree(treatment);
        (IInsurancePlans.Outcome[] memory outcomes, uint256 patientShare) = _adjudicate(treatment, TODAY, TODAY);
        assertEq(outcomes[0].share.paid, 420_00);
        assertEq(outcomes[1].share.paid, 80_00 + 31_50);
        assertEq(patientShare, 750_00 - 420_00 - 111_50);
        _assertPool(POOL - 531_50, 531_50);
    }

    function test_Adjudicate_WithoutAPolicyAllIsThePatients() public {
        uint48[] memory prices = new uint48[](2);
        (prices[0], prices[1]) = (10_00, 20_00);
        Treatment memory treatment = _treatment(prices);
        _agree(treatment);
        (IInsurancePlans.Outcome[] memory outcomes, uint256 patientShare) = _adjudicate(treatment, TODAY, TODAY);
        assertEq(outcomes.length, 0);
        assertEq(patientShare, 30_00);
    }

    function test_Adjudicate_WithOpeningAccumulators() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.opening = Accumulators(60_00, 10_00, 20_00, 30_00);
        Treatment memory treatment = _agreedUnder(_insureBy(request));
        // 40.00 of the deductible are left: 80 % of 360.00 and of 225.00.
        assertEq(_paidFor(treatment)[0], 468_00);
        _assertUsed(treatment.terms.policies[0], Accumulators(100_00, 595_00, 177_00, 498_00), 0);
    }

    /// @dev 320.00 of the first line, and 30.00 of the second's 180.00.
    function test_Adjudicate_TheAnnualLimitInsideALine() public {
        IInsurancePlans.Plan memory terms = _coinsurancePlan(8_000);
        terms.benefit.annualLimit = 350_00;
        Treatment memory treatment = _agreedUnder(_insure(_publish(terms)));
        (IInsurancePlans.Outcome[] memory outcomes, uint256 patientShare) = _adjudicate(treatment, TODAY, TODAY);
        _assertShare(outcomes[0].share, Share(0, 625_00, 275_00, 350_00));
        assertEq(patientShare, 400_00);
    }

    function test_Adjudicate_IsReviewedAboveTheAutoLimitOnly() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.autoAdjudicationLimit = 420_00;
        PolicyId within = _insure(_publish(terms));
        terms.autoAdjudicationLimit = 419_99;
        PolicyId above = _insure(_publish(terms));
        (IInsurancePlans.Outcome[] memory outcomes,) = _adjudicate(_agreedUnder(within), TODAY, TODAY);
        assertFalse(outcomes[0].reviewed);
        (outcomes,) = _adjudicate(_agreedUnder(above), TODAY, TODAY);
        assertTrue(outcomes[0].reviewed);
    }

    function test_Adjudicate_NothingForDaysAfterThePolicysEnd() public {
        Treatment memory treatment = _agreedUnder(policy);
        vm.prank(insurer.finance);
        plans.endPolicy(policy, TODAY + 5);
        (IInsurancePlans.Outcome[] memory outcomes, uint256 patientShare) =
            _adjudicate(treatment, TODAY, TODAY + 6);
        assertFalse(outcomes[0].covered);
        assertTrue(outcomes[0].insurer == INSURER);
        _assertShare(outcomes[0].share, Share(0, 0, 0, 0));
        assertEq(patientShare, 750_00);
        _assertUsed(policy, Accumulators(0, 0, 0, 0), 0);
        _assertPool(POOL, 0);
    }

    function test_Adjudicate_ForThePolicysLastDay() public {
        Treatment memory treatment = _agreedUnder(policy);
        vm.prank(alice);
        plans.endPolicyByPatient(policy, TODAY + 5);
        (IInsurancePlans.Outcome[] memory outcomes,) = _adjudicate(treatment, TODAY + 5, TODAY + 5);
        assertEq(outcomes[0].share.paid, 420_00);
    }

    /// @dev The settlement does not ask for days outside the window; the policy would not pay for them.
    function test_Adjudicate_NothingForDaysBeforeThePolicy() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.firstDay = TODAY;
        Treatment memory treatment = _agreedUnder(_insureBy(request));
        (IInsurancePlans.Outcome[] memory outcomes,) = _adjudicate(treatment, TODAY - 1, TODAY);
        assertFalse(outcomes[0].covered);
        assertEq(outcomes[0].share.paid, 0);
    }

    /// @dev The next policy pays as if there were no other.
    function test_Adjudicate_TheNextPolicyWhereTheFirstEnded() public {
        Treatment memory treatment = _treatmentUnder(policy, secondPolicy);
        _agree(treatment);
        vm.prank(insurer.finance);
        plans.endPolicy(policy, TODAY + 1);
        (IInsurancePlans.Outcome[] memory outcomes,) = _adjudicate(treatment, TODAY + 2, TODAY + 2);
        assertEq(outcomes[0].share.paid, 0);
        assertEq(outcomes[1].share.paid, 200_00 + 112_50);
    }

    function test_Adjudicate_InThePlanYearOfTheService() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.periodMonth = 7;
        PolicyId later = _insure(_publish(terms));
        _paidFor(_agreedUnder(later));
        (Accumulators memory used,) = plans.accumulatorsOf(later, PERIOD - 1);
        assertEq(used.paid, 420_00);
        _assertUsed(later, Accumulators(0, 0, 0, 0), 0);
    }

    /// @dev The same policy in its next plan year: the deductible begins again.
    function test_Adjudicate_InANewPlanYear() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.lastDay = YEAR_END + 365;
        PolicyId long = _insureBy(request);
        assertEq(_paidFor(_agreedUnder(long))[0], 420_00);
        assertEq(_paidFor(_agreedUnder(long))[0], 500_00);
        Treatment memory treatment = _treatmentUnder(long);
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (YEAR_END + 1, YEAR_END + 2);
        vm.prank(alice);
        grants.setGrant(
            patient, INSURER, LANE, IAccessGrants.Scope(ALL_CATEGORIES, Purposes.HPAYMT, 0, START, START + 500 days)
        );
        _agree(treatment);
        assertEq(_paidFor(treatment)[0], 420_00);
    }

    function test_Adjudicate_In1950() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        (request.firstDay, request.lastDay) = (18_262, 18_262 + 364);
        Treatment memory treatment = _treatmentUnder(_insureBy(request));
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (18_262, 18_262 + 364);
        _agree(treatment);
        (IInsurancePlans.Outcome[] memory outcomes,) = _adjudicate(treatment, 18_262, 18_262 + 364);
        assertEq(outcomes[0].share.paid, 420_00);
        (Accumulators memory used,) = plans.accumulatorsOf(treatment.terms.policies[0], 1950);
        assertEq(used.paid, 420_00);
    }

    /// @dev By item it would pay 420.00 and the patient 330.00; by case 600.00 less the patient's part.
    function test_Adjudicate_ByCase() public {
        Treatment memory treatment = _agreedUnder(_byCase(600_00, 50_000_00));
        (IInsurancePlans.Outcome[] memory outcomes, uint256 patientShare) = _adjudicate(treatment, TODAY, TODAY);
        _assertShare(outcomes[0].share, Share(100_00, 525_00, 205_00, 270_00));
        assertEq(patientShare, 330_00);
        _assertPool(POOL - 270_00, 270_00);
    }

    /// @dev The supplementary policy pays 111.50 of what the first left, which counts for the case.
    function test_Adjudicate_ByCaseBesideAnotherPolicy() public {
        Treatment memory treatment = _treatmentUnder(_byCase(600_00, 50_000_00), secondPolicy);
        _agree(treatment);
        (IInsurancePlans.Outcome[] memory outcomes, uint256 patientShare) = _adjudicate(treatment, TODAY, TODAY);
        assertEq(patientShare, 218_50);
        assertEq(outcomes[1].share.paid, 111_50);
        assertEq(outcomes[0].share.paid, 600_00 - 218_50 - 111_50);
        _assertPool(POOL - 381_50, 381_50);
    }

    /// @dev More than the bill, as far as the annual limit goes: 420.00 by item, then 1,000.00 less 330.00, but 500.00 at most.
    function test_Adjudicate_ByCaseWithinTheAnnualLimit() public {
        Treatment memory treatment = _agreedUnder(_byCase(1_000_00, 500_00));
        (IInsurancePlans.Outcome[] memory outcomes,) = _adjudicate(treatment, TODAY, TODAY);
        assertEq(outcomes[0].share.paid, 500_00);
    }

    function test_Adjudicate_ByCaseNothingAfterThePolicysEnd() public {
        Treatment memory treatment = _agreedUnder(_byCase(600_00, 50_000_00));
        vm.prank(insurer.finance);
        plans.endPolicy(treatment.terms.policies[0], TODAY + 1);
        (IInsurancePlans.Outcome[] memory outcomes, uint256 patientShare) =
            _adjudicate(treatment, TODAY + 2, TODAY + 2);
        assertEq(outcomes[0].share.paid, 0);
        assertEq(patientShare, 750_00);
        _assertPool(POOL, 0);
    }

    /// @dev An accumulator that is full stays so: no opening value stops a completion, and a reversal takes back what was added.
    function test_Adjudicate_WithFullAccumulators() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.opening = Accumulators(_MOST, _MOST - 1_00, _MOST - 2_00, 0);
        Treatment memory treatment = _agreedUnder(_insureBy(request));
        (IInsurancePlans.Outcome[] memory outcomes,) = _adjudicate(treatment, TODAY, TODAY);
        _assertShare(outcomes[0].share, Share(0, 1_00, 2_00, 500_00));
        _assertUsed(treatment.terms.policies[0], Accumulators(_MOST, _MOST, _MOST, 500_00), 0);
        vm.prank(address(settlement));
        plans.giveBack(_idOf(treatment), treatment.terms.policies[0], TODAY, outcomes[0].share, 500_00);
        _assertUsed(treatment.terms.policies[0], request.opening, 0);
    }

    function test_Adjudicate_AfterTheInsurersSuspension() public {
        Treatment memory treatment = _agreedUnder(policy);
        _suspend(INSURER);
        assertEq(_paidFor(treatment)[0], 420_00);
    }

    function _byCase(uint48 caseRate, uint48 annualLimit) private returns (PolicyId) {
        IInsurancePlans.Plan memory terms = _basicPlan();
        (terms.benefit.caseRate, terms.benefit.annualLimit) = (caseRate, annualLimit);
        return _insure(_publish(terms));
    }

    function _agreedUnder(PolicyId of_) private returns (Treatment memory treatment) {
        treatment = _treatmentUnder(of_);
        _agree(treatment);
    }

    function _line(uint256 eligible, uint256 selfPay, uint256 deductible, uint256 paid) private pure returns (uint256) {
        return eligible | selfPay << 48 | deductible << 96 | paid << 144;
    }
}
