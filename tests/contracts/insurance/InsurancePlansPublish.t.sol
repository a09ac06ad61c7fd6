// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {PlanId, PolicyId} from "../../../contracts/types/Care.sol";
import {Band} from "../../../contracts/types/Insurance.sol";
import {MemberId, MemberKind, MemberStatus} from "../../../contracts/types/Types.sol";
import {InsurancePlansBase} from "./InsurancePlansBase.sol";

/// @notice Plan versions and their provider networks.
contract InsurancePlansPublishTest is InsurancePlansBase {
    PlanId private constant _THIRD = PlanId.wrap(3);
    PlanId private constant _UNKNOWN = PlanId.wrap(99);

    function test_Publish_RevertWhen_CallerIsAStranger() public {
        _expectUnauthorized(stranger);
        _publishBy(stranger, _basicPlan());
    }

    function test_Publish_RevertWhen_CallerHasAnotherRole() public {
        _expectUnauthorized(insurer.adjudicator);
        _publishBy(insurer.adjudicator, _basicPlan());
    }

    function test_Publish_RevertWhen_ItsMemberIsNoInsurer() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IInsurancePlans.InsurancePlans_NotInsurer.selector, HOSPITAL_A, MemberKind.Hospital
            )
        );
        _publishBy(hospitalA.finance, _basicPlan());
    }

    function test_Publish_RevertWhen_TheInsurerIsSuspended() public {
        _suspend(INSURER);
        _expectInsurerNotActive(MemberStatus.Suspended);
        _publishBy(insurer.finance, _basicPlan());
    }

    function test_Publish_IsKeptAndTold() public {
        IInsurancePlans.Plan memory terms = _fullPlan();
        vm.expectEmit(address(plans));
        emit IInsurancePlans.PlanPublished(_THIRD, INSURER, terms);
        PlanId plan = _publishBy(insurer.finance, terms);
        assertEq(PlanId.unwrap(plan), 3);
        (MemberId of_, IInsurancePlans.Plan memory kept) = plans.planOf(plan);
        assertTrue(of_ == INSURER);
        assertEq(abi.encode(kept), abi.encode(terms));
    }

    function test_Publish_WithoutAClass() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.classSelfPayBps = new uint16[](0);
        (, IInsurancePlans.Plan memory kept) = plans.planOf(_publishBy(insurer.finance, terms));
        assertEq(abi.encode(kept), abi.encode(terms));
    }

    function testFuzz_Publish_IsKeptAsGiven(uint48[8] memory widths, uint16[8] memory rates, uint256 count) public {
        IInsurancePlans.Plan memory terms = _fullPlan();
        terms.bands = new Band[](bound(count, 1, 8));
        uint48 upTo = 0;
        for (uint256 i = 0; i < terms.bands.length; ++i) {
            upTo += (widths[i] >> 4) + 1;
            terms.bands[i] = Band(upTo, uint16(bound(rates[i], 0, 10_000)));
        }
        (, IInsurancePlans.Plan memory kept) = plans.planOf(_publishBy(insurer.finance, terms));
        assertEq(abi.encode(kept), abi.encode(terms));
    }

    function test_Publish_RevertWhen_ThereIsNoBand() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.bands = new Band[](0);
        _refuse(terms, BANDS);
    }

    function test_Publish_RevertWhen_ThereAreNineBands() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.bands = _bands(9);
        _refuse(terms, BANDS);
    }

    function test_Publish_RevertWhen_TheBandsDoNotAscend() public {
        IInsurancePlans.Plan memory terms = _fullPlan();
        terms.bands[4].upTo = terms.bands[3].upTo;
        _refuse(terms, BANDS);
    }

    function test_Publish_RevertWhen_TheFirstBandIsEmpty() public {
        IInsurancePlans.Plan memory terms = _fullPlan();
        terms.bands[0].upTo = 0;
        _refuse(terms, BANDS);
    }

    function test_Publish_RevertWhen_ABandPaysMoreThanAll() public {
        IInsurancePlans.Plan memory terms = _fullPlan();
        terms.bands[7].payBps = 10_001;
        _refuse(terms, BANDS);
    }

    function test_Publish_RevertWhen_ThereAre17Classes() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.classSelfPayBps = new uint16[](17);
        _refuse(terms, CLASS_SELF_PAY_BPS);
    }

    function test_Publish_RevertWhen_AClassPaysMoreThanAll() public {
        IInsurancePlans.Plan memory terms = _fullPlan();
        terms.classSelfPayBps[15] = 10_001;
        _refuse(terms, CLASS_SELF_PAY_BPS);
    }

    function test_Publish_RevertWhen_ThePeriodBeginsInNoMonth() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.periodMonth = 0;
        _refuse(terms, PERIOD_MONTH);
        terms.periodMonth = 13;
        _refuse(terms, PERIOD_MONTH);
    }

    function test_Publish_RevertWhen_TheReviewIsTooShortOrTooLong() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.reviewPeriod = 1 hours - 1;
        _refuse(terms, REVIEW_PERIOD_FIELD);
        terms.reviewPeriod = 30 days + 1;
        _refuse(terms, REVIEW_PERIOD_FIELD);
    }

    function test_Publish_WithTheShortestAndTheLongestReview() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.reviewPeriod = 1 hours;
        _publishBy(insurer.finance, terms);
        terms.reviewPeriod = 30 days;
        assertEq(PlanId.unwrap(_publishBy(insurer.finance, terms)), 4);
    }

    function test_Publish_RevertWhen_ThereIsNoDocument() public {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.documentDigest = 0;
        _refuse(terms, DOCUMENT_DIGEST);
    }

    function test_SetNetwork_RevertWhen_CallerIsAStranger() public {
        _expectUnauthorized(stranger);
        vm.prank(stranger);
        plans.setNetwork(basic, HOSPITAL_B, true);
    }

    function test_SetNetwork_RevertWhen_CallerHasAnotherRole() public {
        _expectUnauthorized(insurer.adjudicator);
        vm.prank(insurer.adjudicator);
        plans.setNetwork(basic, HOSPITAL_B, true);
    }

    function test_SetNetwork_RevertWhen_CallerIsAnotherMembers() public {
        _expectUnauthorized(hospitalB.finance);
        vm.prank(hospitalB.finance);
        plans.setNetwork(basic, HOSPITAL_B, true);
    }

    function test_SetNetwork_RevertWhen_ThePlanIsUnknown() public {
        _expectUnknownPlan(_UNKNOWN);
        vm.prank(insurer.finance);
        plans.setNetwork(_UNKNOWN, HOSPITAL_B, true);
    }

    function test_SetNetwork_AddsAndRemoves() public {
        assertFalse(plans.isInNetwork(basic, HOSPITAL_B));
        vm.startPrank(insurer.finance);
        vm.expectEmit(address(plans));
        emit IInsurancePlans.NetworkChanged(basic, HOSPITAL_B, true);
        plans.setNetwork(basic, HOSPITAL_B, true);
        assertTrue(plans.isInNetwork(basic, HOSPITAL_B));
        assertFalse(plans.isInNetwork(supplementary, HOSPITAL_B));
        vm.expectEmit(address(plans));
        emit IInsurancePlans.NetworkChanged(basic, HOSPITAL_B, false);
        plans.setNetwork(basic, HOSPITAL_B, false);
        vm.stopPrank();
        assertFalse(plans.isInNetwork(basic, HOSPITAL_B));
    }

    /// @dev The ends of networks are never retroactive: what was accepted is paid.
    function test_SetNetwork_LeavesAcceptedAgreements() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        vm.prank(insurer.finance);
        plans.setNetwork(basic, HOSPITAL_A, false);
        assertEq(_paidFor(treatment)[0], 420_00);
    }

    function test_Views_AreZeroWhenUnknown() public view {
        IInsurancePlans.Policy memory noPolicy;
        PolicyId none = PolicyId.wrap(keccak256("none"));
        assertEq(abi.encode(plans.policyOf(none)), abi.encode(noPolicy));
        (MemberId of_,) = plans.planOf(_UNKNOWN);
        assertTrue(of_ == NOBODY);
        (of_,) = plans.reviewOf(none);
        assertTrue(of_ == NOBODY);
        assertEq(plans.version(), "1.0.0");
    }

    function test_ReviewOf_IsThePlans() public view {
        (MemberId of_, IInsurancePlans.ReviewTerms memory review) = plans.reviewOf(policy);
        assertTrue(of_ == INSURER);
        assertEq(abi.encode(review), abi.encode(AUTO_LIMIT, REVIEW_PERIOD, RULES));
    }

    /// @dev Eight bands, sixteen classes, and every other figure in use.
    function _fullPlan() private pure returns (IInsurancePlans.Plan memory terms) {
        terms = _basicPlan();
        terms.bands = _bands(8);
        terms.bands[7].upTo = NONE;
        terms.classSelfPayBps = new uint16[](16);
        for (uint256 i = 0; i < 16; ++i) {
            terms.classSelfPayBps[i] = uint16(10_000 - i);
        }
        terms.benefit.outOfPocketMax = 20_000_00;
        terms.benefit.caseRate = 9_000_00;
        terms.periodMonth = 12;
    }

    function _bands(uint256 count) private pure returns (Band[] memory bands) {
        bands = new Band[](count);
        for (uint256 i = 0; i < count; ++i) {
            bands[i] = Band(uint48(1_000_00 * (i + 1)), uint16(10_000 - i));
        }
    }

    function _publishBy(address caller, IInsurancePlans.Plan memory terms) private returns (PlanId) {
        vm.prank(caller);
        return plans.publish(terms);
    }

    function _refuse(IInsurancePlans.Plan memory terms, uint8 field) private {
        vm.expectRevert(abi.encodeWithSelector(IInsurancePlans.InsurancePlans_BadPlan.selector, field));
        _publishBy(insurer.finance, terms);
    }
}
