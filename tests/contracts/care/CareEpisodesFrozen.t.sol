// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareEpisodes} from "../../../contracts/interfaces/ICareEpisodes.sol";
import {IPatientRecovery} from "../../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {ConfigurationPart, EpisodeOrigin, PatientStatus, WriteReason} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";
import {RecordsBase} from "../RecordsBase.sol";
import {RecoveryActions} from "../RecoveryActions.sol";
import {CareBase} from "./CareBase.sol";

/// @notice A patient whom contacts froze, and one that was retired.
contract CareEpisodesFrozenTest is CareBase, RecoveryActions {
    uint40 private constant _UNTIL = START + 10 days;

    function setUp() public override(IdentityBase, RecordsBase) {
        super.setUp();
        _nameContacts();
        _checkIn(HOSPITAL_A);
    }

    function test_Open_RevertWhen_PatientIsFrozen() public {
        _freeze();
        vm.warp(_UNTIL);
        _expectPatientFrozen();
        _checkIn(HOSPITAL_B);
        vm.warp(_UNTIL + 1);
        _checkIn(HOSPITAL_B);
        _assertMayWrite(HOSPITAL_B, WriteReason.Allowed, 1);
    }

    function test_OpenBySig_RevertWhen_PatientIsFrozen() public {
        _freeze();
        bytes memory signature = _sign(alice, _checkInDigest(patient, HOSPITAL_B, 0, _deadline()));
        _expectPatientFrozen();
        episodes.openBySig(patient, HOSPITAL_B, 0, _deadline(), signature);
    }

    function test_OpenByRepresentative_WhenPatientIsFrozen() public {
        IPatientRegistry.RepresentativesProof memory proof;
        proof.salt = SALT;
        proof.list = new IPatientRegistry.Representative[](1);
        proof.list[0] = IPatientRegistry.Representative(carol, _UNTIL);
        (proof.trustees, proof.contacts) = (TRUSTEES, _contactsOf(_proof()));
        IPatientRecovery.ContactsProof memory named = _proof();
        named.representatives = keccak256(abi.encode(proof.salt, proof.list));
        vm.prank(alice);
        patients.setConfigurationPart(
            patient, ConfigurationPart.Representatives, named.representatives, _parts()
        );
        _freeze(named);
        bytes memory signature = _sign(carol, _checkInDigest(patient, HOSPITAL_B, 0, _deadline()));
        episodes.openByRepresentative(patient, HOSPITAL_B, carol, proof, 0, _deadline(), signature);
        assertTrue(episodes.episodeOf(patient, HOSPITAL_B).origin == EpisodeOrigin.Representative);
    }

    function test_OpenInEmergency_WhenPatientIsFrozen() public {
        _freeze();
        _openInEmergency(hospitalB);
        _assertMayWrite(HOSPITAL_B, WriteReason.Allowed, 1);
    }

    function test_OpenDependent_WhenPatientIsFrozen() public {
        _freeze();
        _openForLaboratory();
        _assertMayWrite(LABORATORY, WriteReason.Allowed, 1);
    }

    function test_Close_WhenPatientIsFrozen() public {
        _freeze();
        _expectClosed(HOSPITAL_A, 1, alice);
        _checkOut(HOSPITAL_A);
    }

    function test_CloseBySig_WhenPatientIsFrozen() public {
        _freeze();
        bytes memory signature = _sign(alice, _checkOutDigest(patient, HOSPITAL_A, 1, _deadline()));
        _expectClosed(HOSPITAL_A, 1, alice);
        episodes.closeBySig(patient, HOSPITAL_A, 1, _deadline(), signature);
    }

    function test_OpenBySig_RevertWhen_PatientIsRetired() public {
        _retire(patient);
        bytes memory signature = _sign(alice, _checkInDigest(patient, HOSPITAL_B, 0, _deadline()));
        _expectPatientNotActive(patient, PatientStatus.Retired);
        episodes.openBySig(patient, HOSPITAL_B, 0, _deadline(), signature);
    }

    function test_OpenDependent_RevertWhen_PatientIsRetired() public {
        _retire(patient);
        _expectPatientNotActive(patient, PatientStatus.Retired);
        _openForLaboratory();
    }

    function test_MayWrite_WhenPatientIsRetired() public {
        _retire(patient);
        _assertMayWrite(HOSPITAL_A, WriteReason.Allowed, 1);
        _checkOut(HOSPITAL_A);
        skip(30 days);
        _assertMayWrite(HOSPITAL_A, WriteReason.Allowed, 1);
        skip(1);
        _assertMayWrite(HOSPITAL_A, WriteReason.FilingPeriodOver, 1);
    }

    function _plan() internal override(IdentityBase, RecordsBase) {
        super._plan();
    }

    function _expectPatientFrozen() private {
        vm.expectRevert(
            abi.encodeWithSelector(ICareEpisodes.CareEpisodes_PatientFrozen.selector, patient, _UNTIL)
        );
    }
}
