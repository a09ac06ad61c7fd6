// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {PlanId, PolicyId} from "../../../contracts/types/Care.sol";
import {Accumulators, Share} from "../../../contracts/types/Insurance.sol";
import {MemberId, MemberStatus, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {MoneyBase} from "../MoneyBase.sol";

/// @notice Plans, policies and claims without the settlement's checks, and the errors that tests expect.
abstract contract InsurancePlansBase is MoneyBase {
    /// @dev Positions in {IInsurancePlans-Plan}.
    uint8 internal constant BANDS = 1;
    uint8 internal constant CLASS_SELF_PAY_BPS = 2;
    uint8 internal constant PERIOD_MONTH = 3;
    uint8 internal constant REVIEW_PERIOD_FIELD = 5;
    uint8 internal constant DOCUMENT_DIGEST = 7;
    /// @dev The plan year of {TODAY}.
    uint32 internal constant PERIOD = 2027;

    function _issue(IInsurancePlans.PolicyRequest memory request) internal returns (PolicyId) {
        vm.prank(insurer.finance);
        return plans.issue(request);
    }

    function _acceptPolicy(PolicyId of_) internal {
        vm.prank(alice);
        plans.acceptPolicy(of_);
    }

    /// @dev Issues and accepts.
    function _insureBy(IInsurancePlans.PolicyRequest memory request) internal returns (PolicyId issued) {
        issued = _issue(request);
        _acceptPolicy(issued);
    }

    /// @dev {_insuredTreatment} with one policy.
    function _treatmentUnder(PolicyId of_) internal returns (Treatment memory) {
        PolicyId[] memory one = new PolicyId[](1);
        one[0] = of_;
        return _insuredTreatment(one);
    }

    function _treatmentUnder(PolicyId first, PolicyId second) internal returns (Treatment memory) {
        PolicyId[] memory two = new PolicyId[](2);
        (two[0], two[1]) = (first, second);
        return _insuredTreatment(two);
    }

    /// @dev What the settlement does once it has checked the evidence, here of these days.
    function _adjudicate(Treatment memory treatment, uint32 first, uint32 last)
        internal
        returns (IInsurancePlans.Outcome[] memory outcomes, uint256 patientShare)
    {
        return _adjudicateWith(treatment, _completed(treatment), first, last);
    }

    /// @dev Completes an agreement: what it had reserved.
    function _completed(Treatment memory treatment) internal returns (uint48[4] memory reserved) {
        vm.prank(address(settlement));
        (, reserved) = agreements.complete(_idOf(treatment), patient, treatment.terms.serviceUntil);
    }

    function _adjudicateWith(Treatment memory treatment, uint48[4] memory reserved, uint32 first, uint32 last)
        internal
        returns (IInsurancePlans.Outcome[] memory, uint256)
    {
        vm.prank(address(settlement));
        return plans.adjudicate(
            _idOf(treatment), treatment.terms.policies, treatment.lines, treatment.covers, reserved, [first, last]
        );
    }

    /// @dev {_adjudicate} on the first day of the window: what each policy pays.
    function _paidFor(Treatment memory treatment) internal returns (uint48[] memory paid) {
        uint32 day = treatment.terms.serviceFrom;
        (IInsurancePlans.Outcome[] memory outcomes,) = _adjudicate(treatment, day, day);
        paid = new uint48[](outcomes.length);
        for (uint256 i = 0; i < paid.length; ++i) {
            paid[i] = outcomes[i].share.paid;
        }
    }

    function _assertPool(uint128 free, uint128 reserved) internal view {
        IInsurancePlans.Pool memory pool = plans.poolOf(INSURER);
        assertEq(pool.free, free, "free");
        assertEq(pool.reserved, reserved, "reserved");
    }

    function _assertUsed(PolicyId of_, Accumulators memory expected, uint48 expectedReserved) internal view {
        (Accumulators memory used, uint48 reserved) = plans.accumulatorsOf(of_, PERIOD);
        assertEq(abi.encode(used), abi.encode(expected), "accumulators");
        assertEq(reserved, expectedReserved, "reserved of the annual limit");
    }

    function _assertShare(Share memory share, Share memory expected) internal pure {
        assertEq(abi.encode(share), abi.encode(expected), "share");
    }

    function _expectUnauthorized(address caller) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInsurancePlans.InsurancePlans_Unauthorized.selector, caller, uint16(64))
        );
    }

    function _expectInsurerNotActive(MemberStatus status) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInsurancePlans.InsurancePlans_InsurerNotActive.selector, INSURER, status)
        );
    }

    function _expectUnknownPlan(PlanId plan) internal {
        vm.expectRevert(abi.encodeWithSelector(IInsurancePlans.InsurancePlans_UnknownPlan.selector, plan));
    }

    function _expectBadPolicy(PolicyId of_) internal {
        vm.expectRevert(abi.encodeWithSelector(IInsurancePlans.InsurancePlans_BadPolicy.selector, of_));
    }

    function _expectNotOffered(PolicyId of_) internal {
        vm.expectRevert(abi.encodeWithSelector(IInsurancePlans.InsurancePlans_NotOffered.selector, of_));
    }

    function _expectNotController(PatientId of_, address caller) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInsurancePlans.InsurancePlans_NotController.selector, of_, caller)
        );
    }

    function _expectPatientNotActive(PatientId of_, PatientStatus status) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInsurancePlans.InsurancePlans_PatientNotActive.selector, of_, status)
        );
    }

    function _expectBadEnd(PolicyId of_, uint32 lastDay) internal {
        vm.expectRevert(abi.encodeWithSelector(IInsurancePlans.InsurancePlans_BadEnd.selector, of_, lastDay));
    }

    function _expectPoolExhausted(MemberId of_, uint128 free, uint256 needed) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInsurancePlans.InsurancePlans_PoolExhausted.selector, of_, free, needed)
        );
    }

    function _expectNotCore(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(IInsurancePlans.InsurancePlans_NotCore.selector, caller));
    }
}
