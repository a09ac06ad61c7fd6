// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareEpisodes} from "../../../contracts/interfaces/ICareEpisodes.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {EpisodeOrigin, MemberStatus, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {CareBase} from "./CareBase.sol";

/// @notice The controller's direct check-in.
contract CareEpisodesOpenTest is CareBase {
    function test_Open_RevertWhen_PatientUnknown() public {
        PatientId unknown = PatientId.wrap(keccak256("unknown"));
        _expectPatientNotActive(unknown, PatientStatus.None);
        vm.prank(alice);
        episodes.open(unknown, HOSPITAL_A);
    }

    function test_Open_RevertWhen_PatientRetired() public {
        _retire(patient);
        _expectPatientNotActive(patient, PatientStatus.Retired);
        vm.prank(alice);
        episodes.open(patient, HOSPITAL_A);
    }

    function test_Open_InTheLastSecondOfAProvisionalId() public {
        vm.warp(patients.authorityOf(foundling).until);
        vm.prank(foundlingKeeper);
        episodes.open(foundling, HOSPITAL_A);
        assertEq(episodes.episodeOf(foundling, HOSPITAL_A).number, 1);
    }

    function test_Open_RevertWhen_ProvisionalIdEnded() public {
        vm.warp(patients.authorityOf(foundling).until + 1);
        _expectPatientNotActive(foundling, PatientStatus.Provisional);
        vm.prank(foundlingKeeper);
        episodes.open(foundling, HOSPITAL_A);
    }

    function test_Open_ForAnAssistedPatient() public {
        IPatientRegistry.Registration memory registration = _registration(carol);
        registration.assisted = true;
        PatientId assisted = _registerBySig(registration);
        vm.prank(carol);
        episodes.open(assisted, HOSPITAL_A);
        assertEq(episodes.episodeOf(assisted, HOSPITAL_A).number, 1);
    }

    function test_Open_RevertWhen_CallerIsAStranger() public {
        _expectNotController(patient, stranger);
        vm.prank(stranger);
        episodes.open(patient, HOSPITAL_A);
    }

    function test_Open_RevertWhen_CallerControlsAnotherPatient() public {
        _expectNotController(patient, bob);
        vm.prank(bob);
        episodes.open(patient, HOSPITAL_A);
    }

    function test_Open_RevertWhen_CallerIsTheMembersDesk() public {
        _expectNotController(patient, hospitalA.desk);
        vm.prank(hospitalA.desk);
        episodes.open(patient, HOSPITAL_A);
    }

    function test_Open_RevertWhen_MemberUnknown() public {
        _expectMemberNotActive(UNKNOWN_MEMBER, MemberStatus.None);
        _checkIn(UNKNOWN_MEMBER);
    }

    function test_Open_RevertWhen_MemberSuspended() public {
        _suspend(HOSPITAL_A);
        _expectMemberNotActive(HOSPITAL_A, MemberStatus.Suspended);
        _checkIn(HOSPITAL_A);
    }

    function test_Open_RevertWhen_MemberLeft() public {
        _remove(HOSPITAL_A);
        _expectMemberNotActive(HOSPITAL_A, MemberStatus.Left);
        _checkIn(HOSPITAL_A);
    }

    function test_Open_RevertWhen_AlreadyCheckedIn() public {
        _checkIn(HOSPITAL_A);
        _expectAlreadyOpen(HOSPITAL_A, 1);
        _checkIn(HOSPITAL_A);
    }

    function test_Open_RevertWhen_ARepresentativeCheckedIn() public {
        IPatientRegistry.RepresentativesProof memory proof = _nameRepresentative(START + 1 days);
        bytes memory signature = _sign(carol, _checkInDigest(patient, HOSPITAL_A, 0, _deadline()));
        episodes.openByRepresentative(patient, HOSPITAL_A, carol, proof, 0, _deadline(), signature);
        _expectAlreadyOpen(HOSPITAL_A, 1);
        _checkIn(HOSPITAL_A);
    }

    function test_Open_ReplacesAnEmergency() public {
        _openInEmergency(hospitalA);
        _expectOpened(HOSPITAL_A, 2, EpisodeOrigin.CheckIn, NOBODY, 0);
        _checkIn(HOSPITAL_A);
        _assertEpisode(HOSPITAL_A, ICareEpisodes.Episode(2, uint40(block.timestamp), 0, EpisodeOrigin.CheckIn, NOBODY));
    }

    function test_Open_ReplacesADependentEpisode() public {
        _checkIn(HOSPITAL_A);
        _openForLaboratory();
        _expectOpened(LABORATORY, 2, EpisodeOrigin.CheckIn, NOBODY, 0);
        _checkIn(LABORATORY);
        _assertEpisode(LABORATORY, ICareEpisodes.Episode(2, uint40(block.timestamp), 0, EpisodeOrigin.CheckIn, NOBODY));
    }

    function test_Open_AgainAfterClosing() public {
        _checkIn(HOSPITAL_A);
        _checkOut(HOSPITAL_A);
        _expectOpened(HOSPITAL_A, 2, EpisodeOrigin.CheckIn, NOBODY, 0);
        _checkIn(HOSPITAL_A);
    }

    function test_Open_AsManyMembersAsThePatientLikes() public {
        _checkIn(HOSPITAL_A);
        _checkIn(HOSPITAL_B);
        assertEq(episodes.episodeOf(patient, HOSPITAL_A).number, 1);
        assertEq(episodes.episodeOf(patient, HOSPITAL_B).number, 1);
    }

    function test_Open_TheFirst() public {
        _expectOpened(HOSPITAL_A, 1, EpisodeOrigin.CheckIn, NOBODY, 0);
        _checkIn(HOSPITAL_A);
        _assertEpisode(HOSPITAL_A, ICareEpisodes.Episode(1, START, 0, EpisodeOrigin.CheckIn, NOBODY));
    }

    function test_Open_AdvancesTheNonceOfThatMemberOnly() public {
        _checkIn(HOSPITAL_A);
        assertEq(episodes.nonceOf(patient, HOSPITAL_A), 1);
        assertEq(episodes.nonceOf(patient, HOSPITAL_B), 0);
        assertEq(episodes.nonceOf(bobsId, HOSPITAL_A), 0);
    }

    function test_Open_ByTheNewControllerOnly() public {
        bytes32 typeHash = keccak256("RotateController(bytes32 patient,address newController,uint32 nonce,uint40 deadline)");
        uint32 nonce = patients.nonceOf(patient);
        bytes32 digest = _patientDigest(keccak256(abi.encode(typeHash, patient, carol, nonce, _deadline())));
        vm.prank(alice);
        patients.rotateController(patient, carol, _signed(carol, digest, nonce, _deadline()));

        _expectNotController(patient, alice);
        _checkIn(HOSPITAL_A);
        vm.prank(carol);
        episodes.open(patient, HOSPITAL_A);
        assertEq(episodes.episodeOf(patient, HOSPITAL_A).number, 1);
    }

    function testFuzz_Open_StrangersNeverMay(address caller) public {
        vm.assume(caller != alice);
        _expectNotController(patient, caller);
        vm.prank(caller);
        episodes.open(patient, HOSPITAL_A);
    }
}
