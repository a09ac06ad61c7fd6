// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareEpisodes} from "../../../contracts/interfaces/ICareEpisodes.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PlanId, PolicyId} from "../../../contracts/types/Care.sol";
import {Accumulators} from "../../../contracts/types/Insurance.sol";
import {EpisodeOrigin, MemberStatus, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {InsurancePlansBase} from "./InsurancePlansBase.sol";

/// @notice Policies: issued by the insurer, accepted by the patient, ended by either.
contract InsurancePlansPolicyTest is InsurancePlansBase {
    function test_Issue_RevertWhen_CallerIsAStranger() public {
        _refuseIssueBy(stranger);
    }

    function test_Issue_RevertWhen_CallerHasAnotherRole() public {
        _refuseIssueBy(insurer.adjudicator);
    }

    function test_Issue_RevertWhen_CallerIsAnotherMembers() public {
        _refuseIssueBy(hospitalA.finance);
    }

    function test_Issue_RevertWhen_ThePlanIsUnknown() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(PlanId.wrap(99));
        _expectUnknownPlan(request.plan);
        _issue(request);
    }

    function test_Issue_RevertWhen_TheInsurerIsSuspended() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        _suspend(INSURER);
        _expectInsurerNotActive(MemberStatus.Suspended);
        _issue(request);
    }

    function test_Issue_RevertWhen_PatientIsUnknown() public {
        _refusePatient(PatientId.wrap(keccak256("nobody")), PatientStatus.None);
    }

    function test_Issue_RevertWhen_PatientIsProvisional() public {
        _refusePatient(foundling, PatientStatus.Provisional);
    }

    function test_Issue_RevertWhen_PatientIsRetired() public {
        _retire(patient);
        _refusePatient(patient, PatientStatus.Retired);
    }

    function test_Issue_ToAnAssistedPatient() public {
        IPatientRegistry.Registration memory registration = _registration(carol);
        registration.assisted = true;
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.patient = _registerBySig(registration);
        assertTrue(plans.policyOf(_issue(request)).patient == request.patient);
    }

    function test_Issue_RevertWhen_IssuedBefore() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        _insureBy(request);
        _refuse(request);
    }

    function test_Issue_RevertWhen_ItEndsBeforeItBegins() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.lastDay = request.firstDay - 1;
        _refuse(request);
        request.lastDay = request.firstDay;
        _issue(request);
    }

    function test_Issue_RevertWhen_ItIsLongerThanTenYears() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.lastDay = request.firstDay + 3_661;
        _refuse(request);
        request.lastDay = request.firstDay + 3_660;
        _issue(request);
    }

    function test_Issue_RevertWhen_ItEndsInMoreThanTenYears() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        (request.firstDay, request.lastDay) = (TODAY + 3_661, TODAY + 3_661);
        _refuse(request);
        (request.firstDay, request.lastDay) = (TODAY + 3_660, TODAY + 3_660);
        _issue(request);
    }

    function test_Issue_RevertWhen_ItLapsedASecondAgo() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.acceptUntil = START - 1;
        _refuse(request);
        request.acceptUntil = START;
        _issue(request);
    }

    function test_Issue_RevertWhen_ItWaitsForMoreThan90Days() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.acceptUntil = START + 90 days + 1;
        _refuse(request);
        request.acceptUntil = START + 90 days;
        _issue(request);
    }

    function test_Issue_IsKeptAndTold() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.opening = Accumulators(30_00, 40_00, 50_00, 60_00);
        PolicyId expected = PolicyId.wrap(keccak256(abi.encode(request)));
        assertTrue(plans.policyIdOf(request) == expected);
        vm.expectEmit(address(plans));
        emit IInsurancePlans.PolicyIssued(expected, patient, INSURER, request);
        PolicyId issued = _issue(request);
        assertTrue(issued == expected);
        IInsurancePlans.Policy memory kept = IInsurancePlans.Policy({
            patient: patient,
            insurer: INSURER,
            plan: basic,
            firstDay: YEAR_BEGIN,
            lastDay: YEAR_END,
            acceptUntil: START + 30 days,
            acceptedAt: 0
        });
        assertEq(abi.encode(plans.policyOf(issued)), abi.encode(kept));
        _assertUsed(issued, request.opening, 0);
    }

    /// @dev The opening accumulators are those of the first day's plan year.
    function test_Issue_OpensTheFirstDaysPeriod() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        (request.firstDay, request.lastDay) = (YEAR_BEGIN - 1, YEAR_END);
        request.opening.paid = 60_00;
        PolicyId issued = _issue(request);
        (Accumulators memory used,) = plans.accumulatorsOf(issued, PERIOD - 1);
        assertEq(used.paid, 60_00);
        _assertUsed(issued, Accumulators(0, 0, 0, 0), 0);
        assertEq(plans.periodOf(issued, YEAR_BEGIN - 1), PERIOD - 1);
        assertEq(plans.periodOf(issued, YEAR_BEGIN), PERIOD);
    }

    function test_AcceptPolicy_RevertWhen_CallerIsAStranger() public {
        PolicyId issued = _issue(_policyRequest(basic));
        _expectNotController(patient, stranger);
        vm.prank(stranger);
        plans.acceptPolicy(issued);
    }

    function test_AcceptPolicy_RevertWhen_CallerIsTheInsurer() public {
        PolicyId issued = _issue(_policyRequest(basic));
        _expectNotController(patient, insurer.finance);
        vm.prank(insurer.finance);
        plans.acceptPolicy(issued);
    }

    function test_AcceptPolicy_RevertWhen_ThePolicyIsUnknown() public {
        _expectPatientNotActive(PatientId.wrap(0), PatientStatus.None);
        _acceptPolicy(PolicyId.wrap(keccak256("none")));
    }

    function test_AcceptPolicy_RevertWhen_PatientIsRetiredSince() public {
        PolicyId issued = _issue(_policyRequest(basic));
        _retire(patient);
        _expectPatientNotActive(patient, PatientStatus.Retired);
        _acceptPolicy(issued);
    }

    function test_AcceptPolicy_RevertWhen_AcceptedAlready() public {
        _expectNotOffered(policy);
        _acceptPolicy(policy);
    }

    function test_AcceptPolicy_RevertWhen_ItLapsed() public {
        PolicyId issued = _issue(_policyRequest(basic));
        vm.warp(START + 30 days + 1);
        _expectNotOffered(issued);
        _acceptPolicy(issued);
        vm.warp(START + 30 days);
        _acceptPolicy(issued);
        assertEq(plans.policyOf(issued).acceptedAt, START + 30 days);
    }

    function test_AcceptPolicy_RevertWhen_TheInsurerIsSuspendedSince() public {
        PolicyId issued = _issue(_policyRequest(basic));
        _suspend(INSURER);
        _expectInsurerNotActive(MemberStatus.Suspended);
        _acceptPolicy(issued);
    }

    function test_AcceptPolicy_IsKeptAndTold() public {
        PolicyId issued = _issue(_policyRequest(basic));
        skip(1 hours);
        vm.expectEmit(address(plans));
        emit IInsurancePlans.PolicyAccepted(issued, patient, INSURER);
        _acceptPolicy(issued);
        assertEq(plans.policyOf(issued).acceptedAt, START + 1 hours);
    }

    /// @dev Both policies of {MoneyBase} end with the year: the first opened the insurer's episode.
    function test_AcceptPolicy_OpensTheInsurersEpisode() public view {
        ICareEpisodes.Episode memory episode = episodes.episodeOf(patient, INSURER);
        assertEq(uint256(episode.origin), uint256(EpisodeOrigin.Policy));
        assertEq(episode.number, 1);
        assertEq(episode.openedAt, START);
        assertEq(episode.closedAt, (uint256(YEAR_END) + 1 - 25_567) * 1 days);
    }

    function test_AcceptPolicy_OfDaysThatAreOverOpensNone() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        (request.firstDay, request.lastDay, request.patient) = (TODAY - 30, TODAY - 1, bobsId);
        PolicyId past = _issue(request);
        request.lastDay = TODAY;
        PolicyId ending = _issue(request);
        vm.startPrank(bob);
        plans.acceptPolicy(past);
        assertEq(episodes.episodeOf(bobsId, INSURER).number, 0);
        plans.acceptPolicy(ending);
        assertEq(episodes.episodeOf(bobsId, INSURER).number, 1);
        vm.stopPrank();
    }

    function test_EndPolicy_RevertWhen_CallerIsAStranger() public {
        _refuseEndBy(stranger);
    }

    function test_EndPolicy_RevertWhen_CallerHasAnotherRole() public {
        _refuseEndBy(insurer.adjudicator);
    }

    function test_EndPolicy_RevertWhen_CallerIsAnotherMembers() public {
        _refuseEndBy(hospitalA.finance);
    }

    function test_EndPolicy_RevertWhen_ItWouldBeRetroactive() public {
        _expectBadEnd(policy, TODAY);
        _end(TODAY);
    }

    function test_EndPolicy_RevertWhen_ItIsNotEarlier() public {
        _expectBadEnd(policy, YEAR_END);
        _end(YEAR_END);
    }

    function test_EndPolicy_FromTomorrowOn() public {
        vm.expectEmit(address(plans));
        emit IInsurancePlans.PolicyEnded(policy, TODAY + 1, false);
        _end(TODAY + 1);
        assertEq(plans.policyOf(policy).lastDay, TODAY + 1);
    }

    function test_EndPolicy_WhileSuspended() public {
        _suspend(INSURER);
        _end(YEAR_END - 1);
        assertEq(plans.policyOf(policy).lastDay, YEAR_END - 1);
    }

    function test_EndPolicyByPatient_RevertWhen_CallerIsAStranger() public {
        _expectNotController(patient, stranger);
        vm.prank(stranger);
        plans.endPolicyByPatient(policy, TODAY + 1);
    }

    function test_EndPolicyByPatient_RevertWhen_CallerIsTheInsurer() public {
        _expectNotController(patient, insurer.finance);
        vm.prank(insurer.finance);
        plans.endPolicyByPatient(policy, TODAY + 1);
    }

    function test_EndPolicyByPatient_RevertWhen_ItWouldBeRetroactive() public {
        _expectBadEnd(policy, TODAY);
        vm.prank(alice);
        plans.endPolicyByPatient(policy, TODAY);
    }

    function test_EndPolicyByPatient_FromTomorrowOn() public {
        vm.expectEmit(address(plans));
        emit IInsurancePlans.PolicyEnded(policy, TODAY + 1, true);
        vm.prank(alice);
        plans.endPolicyByPatient(policy, TODAY + 1);
        assertEq(plans.policyOf(policy).lastDay, TODAY + 1);
    }

    function _end(uint32 lastDay) private {
        vm.prank(insurer.finance);
        plans.endPolicy(policy, lastDay);
    }

    function _refuseEndBy(address caller) private {
        _expectUnauthorized(caller);
        vm.prank(caller);
        plans.endPolicy(policy, TODAY + 1);
    }

    function _refuseIssueBy(address caller) private {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        _expectUnauthorized(caller);
        vm.prank(caller);
        plans.issue(request);
    }

    function _refusePatient(PatientId of_, PatientStatus status) private {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.patient = of_;
        _expectPatientNotActive(of_, status);
        _issue(request);
    }

    function _refuse(IInsurancePlans.PolicyRequest memory request) private {
        _expectBadPolicy(PolicyId.wrap(keccak256(abi.encode(request))));
        _issue(request);
    }
}
