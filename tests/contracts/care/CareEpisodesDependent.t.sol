// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareEpisodes} from "../../../contracts/interfaces/ICareEpisodes.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {EpisodeOrigin, MemberId, MemberKind, MemberStatus, PatientStatus} from "../../../contracts/types/Types.sol";
import {CareBase} from "./CareBase.sol";

/// @notice Episodes of laboratories and pharmacies under the episode of the member that asks them.
contract CareEpisodesDependentTest is CareBase {
    function test_OpenDependent_RevertWhen_CallerIsAStranger() public {
        _checkIn(HOSPITAL_A);
        _expectUnauthorized(stranger, Roles.DESK);
        vm.prank(stranger);
        episodes.openDependent(patient, LABORATORY);
    }

    function test_OpenDependent_RevertWhen_CallerHasAnotherRole() public {
        _checkIn(HOSPITAL_A);
        _expectUnauthorized(hospitalA.clinician, Roles.DESK);
        vm.prank(hospitalA.clinician);
        episodes.openDependent(patient, LABORATORY);
    }

    function test_OpenDependent_RevertWhen_OperatorRemoved() public {
        _checkIn(HOSPITAL_A);
        _removeOperator(hospitalA.admin, hospitalA.desk);
        _expectUnauthorized(hospitalA.desk, Roles.DESK);
        _openForLaboratory();
    }

    function test_OpenDependent_RevertWhen_OpenerSuspended() public {
        _checkIn(HOSPITAL_A);
        _suspend(HOSPITAL_A);
        _expectMemberNotActive(HOSPITAL_A, MemberStatus.Suspended);
        _openForLaboratory();
    }

    function test_OpenDependent_RevertWhen_OpenerHasNoEpisode() public {
        _expectNotOpen(HOSPITAL_A);
        _openForLaboratory();
    }

    function test_OpenDependent_RevertWhen_AnotherMembersEpisodeIsOpen() public {
        _checkIn(HOSPITAL_B);
        _expectNotOpen(HOSPITAL_A);
        _openForLaboratory();
    }

    function test_OpenDependent_RevertWhen_OpenersEpisodeIsClosed() public {
        _checkIn(HOSPITAL_A);
        _checkOut(HOSPITAL_A);
        _expectNotOpen(HOSPITAL_A);
        _openForLaboratory();
    }

    function test_OpenDependent_RevertWhen_OpenersEmergencyIsOver() public {
        uint40 notAfter = _openInEmergency(hospitalA);
        vm.warp(notAfter + 1);
        _expectNotOpen(HOSPITAL_A);
        _openForLaboratory();
    }

    function test_OpenDependent_RevertWhen_OpenersEpisodeIsDependent() public {
        _checkIn(HOSPITAL_A);
        _openForLaboratory();
        _expectNotOpen(LABORATORY);
        vm.prank(laboratory.desk);
        episodes.openDependent(patient, PHARMACY);
    }

    function test_OpenDependent_RevertWhen_ProvisionalIdEnded() public {
        vm.prank(foundlingKeeper);
        episodes.open(foundling, HOSPITAL_A);
        vm.warp(patients.authorityOf(foundling).until + 1);
        _expectPatientNotActive(foundling, PatientStatus.Provisional);
        vm.prank(hospitalA.desk);
        episodes.openDependent(foundling, LABORATORY);
    }

    function test_OpenDependent_RevertWhen_MemberSuspended() public {
        _checkIn(HOSPITAL_A);
        _suspend(LABORATORY);
        _expectMemberNotActive(LABORATORY, MemberStatus.Suspended);
        _openForLaboratory();
    }

    function test_OpenDependent_RevertWhen_MemberUnknown() public {
        _checkIn(HOSPITAL_A);
        _expectMemberNotActive(UNKNOWN_MEMBER, MemberStatus.None);
        vm.prank(hospitalA.desk);
        episodes.openDependent(patient, UNKNOWN_MEMBER);
    }

    function testFuzz_OpenDependent_RevertWhen_KindIsAnother(uint8 seed) public {
        MemberKind kind = MemberKind(bound(seed, uint8(MemberKind.Hospital), uint8(MemberKind.Bank)));
        vm.assume(kind != MemberKind.Laboratory && kind != MemberKind.Pharmacy);
        MemberId member = MemberId.wrap(50);
        _admit(member, kind, _account("an admin"));
        _checkIn(HOSPITAL_A);
        vm.expectRevert(abi.encodeWithSelector(ICareEpisodes.CareEpisodes_BadKind.selector, member, kind));
        vm.prank(hospitalA.desk);
        episodes.openDependent(patient, member);
    }

    function test_OpenDependent_RevertWhen_AlreadyOpen() public {
        _checkIn(HOSPITAL_A);
        _openForLaboratory();
        _expectAlreadyOpen(LABORATORY, 1);
        _openForLaboratory();
    }

    function test_OpenDependent_RevertWhen_ThePatientCheckedIn() public {
        _checkIn(HOSPITAL_A);
        _checkIn(LABORATORY);
        _expectAlreadyOpen(LABORATORY, 1);
        _openForLaboratory();
    }

    function test_OpenDependent_ForALaboratory() public {
        _checkIn(HOSPITAL_A);
        _expectOpened(LABORATORY, 1, EpisodeOrigin.Dependent, HOSPITAL_A, 0);
        _openForLaboratory();
        _assertEpisode(LABORATORY, ICareEpisodes.Episode(1, START, 0, EpisodeOrigin.Dependent, HOSPITAL_A));
        assertEq(episodes.nonceOf(patient, LABORATORY), 0);
    }

    function test_OpenDependent_ForAPharmacy() public {
        _checkIn(CLINIC);
        _expectOpened(PHARMACY, 1, EpisodeOrigin.Dependent, CLINIC, 0);
        vm.prank(clinic.desk);
        episodes.openDependent(patient, PHARMACY);
    }

    function test_OpenDependent_EndsWithTheOpenersEmergency() public {
        uint40 notAfter = _openInEmergency(hospitalA);
        _expectOpened(LABORATORY, 1, EpisodeOrigin.Dependent, HOSPITAL_A, notAfter + 1);
        _openForLaboratory();
    }

    function test_OpenDependent_AgainAfterClosing() public {
        _checkIn(HOSPITAL_A);
        _openForLaboratory();
        vm.prank(laboratory.desk);
        episodes.closeOwn(patient);
        _expectOpened(LABORATORY, 2, EpisodeOrigin.Dependent, HOSPITAL_A, 0);
        _openForLaboratory();
    }
}
