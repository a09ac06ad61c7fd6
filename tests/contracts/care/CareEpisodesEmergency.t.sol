// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareEpisodes} from "../../../contracts/interfaces/ICareEpisodes.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {EpisodeOrigin, MemberStatus, WriteReason} from "../../../contracts/types/Types.sol";
import {CareBase} from "./CareBase.sol";

/// @notice The episode that ends with an emergency.
contract CareEpisodesEmergencyTest is CareBase {
    uint16 private constant DESK_OR_CLINICIAN = Roles.DESK | Roles.CLINICIAN;

    function test_OpenInEmergency_RevertWhen_CallerIsAStranger() public {
        _breakGlass(hospitalA.clinician, patient);
        _expectUnauthorized(stranger, DESK_OR_CLINICIAN);
        vm.prank(stranger);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_RevertWhen_CallerHasAnotherRole() public {
        _breakGlass(hospitalA.clinician, patient);
        _expectUnauthorized(hospitalA.records, DESK_OR_CLINICIAN);
        vm.prank(hospitalA.records);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_RevertWhen_OperatorRemoved() public {
        _breakGlass(hospitalA.clinician, patient);
        _removeOperator(hospitalA.admin, hospitalA.desk);
        _expectUnauthorized(hospitalA.desk, DESK_OR_CLINICIAN);
        vm.prank(hospitalA.desk);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_InTheLastSecondOfTheAttestation() public {
        vm.warp(ATTESTED_UNTIL);
        _breakGlass(hospitalA.clinician, patient);
        vm.prank(hospitalA.clinician);
        episodes.openInEmergency(patient);
        _assertMayWrite(HOSPITAL_A, WriteReason.Allowed, 1);
    }

    function test_OpenInEmergency_RevertWhen_AttestationEnded() public {
        vm.warp(ATTESTED_UNTIL);
        _breakGlass(hospitalA.clinician, patient);
        vm.warp(ATTESTED_UNTIL + 1);
        _expectUnauthorized(hospitalA.clinician, DESK_OR_CLINICIAN);
        vm.prank(hospitalA.clinician);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_RevertWhen_AttestationWithdrawn() public {
        _breakGlass(hospitalA.clinician, patient);
        vm.prank(regulator.registrar);
        registry.withdrawAttestation(hospitalA.clinician);
        _expectUnauthorized(hospitalA.clinician, DESK_OR_CLINICIAN);
        vm.prank(hospitalA.clinician);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_RevertWhen_MemberSuspended() public {
        _breakGlass(hospitalA.clinician, patient);
        _suspend(HOSPITAL_A);
        _expectMemberNotActive(HOSPITAL_A, MemberStatus.Suspended);
        vm.prank(hospitalA.desk);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_RevertWhen_NobodyBrokeTheGlass() public {
        _expectNoEmergency(hospitalA);
        vm.prank(hospitalA.desk);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_RevertWhen_AnotherMemberBrokeTheGlass() public {
        _breakGlass(hospitalA.clinician, patient);
        _expectNoEmergency(hospitalB);
        vm.prank(hospitalB.desk);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_RevertWhen_ItIsAnotherPatients() public {
        _breakGlass(hospitalA.clinician, bobsId);
        _expectNoEmergency(hospitalA);
        vm.prank(hospitalA.desk);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_InItsLastSecond() public {
        uint40 notAfter = _breakGlass(hospitalA.clinician, patient);
        vm.warp(notAfter);
        _expectOpened(HOSPITAL_A, 1, EpisodeOrigin.Emergency, NOBODY, notAfter + 1);
        vm.prank(hospitalA.desk);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_RevertWhen_ItIsOver() public {
        uint40 notAfter = _breakGlass(hospitalA.clinician, patient);
        vm.warp(notAfter + 1);
        _expectNoEmergency(hospitalA);
        vm.prank(hospitalA.desk);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_RevertWhen_AnEpisodeIsOpen() public {
        _checkIn(HOSPITAL_A);
        _breakGlass(hospitalA.clinician, patient);
        _expectAlreadyOpen(HOSPITAL_A, 1);
        vm.prank(hospitalA.desk);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_RevertWhen_OpenedInItAlready() public {
        _openInEmergency(hospitalA);
        _expectAlreadyOpen(HOSPITAL_A, 1);
        vm.prank(hospitalA.desk);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_ByTheDesk() public {
        uint40 notAfter = _breakGlass(hospitalA.clinician, patient);
        _expectOpened(HOSPITAL_A, 1, EpisodeOrigin.Emergency, NOBODY, notAfter + 1);
        vm.prank(hospitalA.desk);
        episodes.openInEmergency(patient);
        _assertEpisode(HOSPITAL_A, ICareEpisodes.Episode(1, START, notAfter + 1, EpisodeOrigin.Emergency, NOBODY));
    }

    function test_OpenInEmergency_ByTheClinician() public {
        uint40 notAfter = _breakGlass(hospitalA.clinician, patient);
        _expectOpened(HOSPITAL_A, 1, EpisodeOrigin.Emergency, NOBODY, notAfter + 1);
        vm.prank(hospitalA.clinician);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_ForAProvisionalIdThatHasEnded() public {
        vm.warp(patients.authorityOf(foundling).until + 1);
        _breakGlass(hospitalA.clinician, foundling);
        vm.prank(hospitalA.desk);
        episodes.openInEmergency(foundling);
        assertEq(episodes.episodeOf(foundling, HOSPITAL_A).number, 1);
    }

    function test_OpenInEmergency_AgainInTheNextEmergency() public {
        uint40 notAfter = _openInEmergency(hospitalA);
        vm.warp(notAfter + 1);
        vm.prank(regulator.registrar);
        grants.reviewEmergency(_emergencyId(1), true, keccak256("finding"));
        notAfter = _breakGlass(hospitalA.clinician, patient);
        _expectOpened(HOSPITAL_A, 2, EpisodeOrigin.Emergency, NOBODY, notAfter + 1);
        vm.prank(hospitalA.desk);
        episodes.openInEmergency(patient);
    }

    function test_OpenInEmergency_LeavesThePatientsNonce() public {
        _openInEmergency(hospitalA);
        assertEq(episodes.nonceOf(patient, HOSPITAL_A), 0);
    }

    function _expectNoEmergency(Staff storage staff) private {
        vm.expectRevert(
            abi.encodeWithSelector(ICareEpisodes.CareEpisodes_NoEmergency.selector, patient, staff.member)
        );
    }
}
