// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {KeyState, MemberId, PatientId, PatientStatus} from "../types/Types.sol";
import {IPatientRecovery} from "../interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {PatientIds} from "../libraries/PatientIds.sol";

/// @title PatientRegistryState
/// @notice All storage of {PatientRegistry} and the functions that only read it.
abstract contract PatientRegistryState is IPatientRecovery {
    /// @dev One slot. `until` is the last second of a provisional id, or of the latest freeze of another.
    struct PatientRecord {
        address controller;
        uint32 nonce;
        uint16 keyEpoch;
        PatientStatus status;
        uint40 until;
    }

    /// @dev Contacts that wait; `readyAt` is 0 when none do.
    struct ScheduledContacts {
        bytes32 digest;
        uint40 readyAt;
    }

    /// @inheritdoc IPatientRegistry
    uint40 public constant PROVISIONAL_PERIOD = 30 days;

    /// @inheritdoc IPatientRegistry
    uint40 public constant CONTACTS_DELAY = 14 days;

    /// @inheritdoc IPatientRecovery
    uint40 public constant RECOVERY_DELAY = 7 days;

    /// @inheritdoc IPatientRecovery
    uint40 public constant FREEZE_PERIOD = 10 days;

    /// @inheritdoc IPatientRecovery
    uint40 public constant FREEZE_PAUSE = 16 days;

    /// @inheritdoc IPatientRecovery
    uint256 public constant MAX_CONTACTS = 16;

    mapping(PatientId patient => PatientRecord record) internal _records;
    mapping(PatientId patient => bytes32 digest) internal _keyDigests;
    /// @dev Never written for a patient that names nobody.
    mapping(PatientId patient => bytes32 digest) internal _configurations;
    mapping(PatientId patient => MemberId sponsor) internal _sponsors;
    mapping(PatientId patient => ScheduledContacts scheduled) internal _scheduledContacts;
    mapping(PatientId patient => Recovery recovery) internal _recoveries;
    mapping(PatientId retired => PatientId survivor) internal _survivors;

    /// @inheritdoc IPatientRegistry
    function patientIdOf(address controller, bytes32 salt) external pure returns (PatientId) {
        return PatientIds.derive(controller, salt);
    }

    /// @inheritdoc IPatientRegistry
    function authorityOf(PatientId patient) external view returns (Authority memory authority) {
        PatientRecord storage record = _records[patient];
        authority.controller = record.controller;
        authority.status = record.status;
        authority.until = record.until;
    }

    /// @inheritdoc IPatientRegistry
    function keyOf(PatientId patient) external view returns (KeyState memory) {
        return KeyState(_keyDigests[patient], _records[patient].keyEpoch);
    }

    /// @inheritdoc IPatientRegistry
    function configurationOf(PatientId patient) external view returns (bytes32) {
        return _configurations[patient];
    }

    /// @inheritdoc IPatientRegistry
    function scheduledContactsOf(PatientId patient) external view returns (bytes32 digest, uint40 readyAt) {
        ScheduledContacts memory scheduled = _scheduledContacts[patient];
        return (scheduled.digest, scheduled.readyAt);
    }

    /// @inheritdoc IPatientRegistry
    function sponsorOf(PatientId patient) external view returns (MemberId) {
        return _sponsors[patient];
    }

    /// @inheritdoc IPatientRegistry
    function survivorOf(PatientId retired) external view returns (PatientId) {
        return _survivors[retired];
    }

    /// @inheritdoc IPatientRecovery
    function recoveryOf(PatientId patient) external view returns (Recovery memory) {
        return _recoveries[patient];
    }

    /// @inheritdoc IPatientRegistry
    function nonceOf(PatientId patient) external view returns (uint32) {
        return _records[patient].nonce;
    }

    /// @inheritdoc IPatientRegistry
    function isRepresentative(PatientId patient, address account, RepresentativesProof calldata proof)
        external
        view
        returns (bool)
    {
        if (!_isNamed(_records[patient].status)) return false;
        bytes32 representatives = keccak256(abi.encode(proof.salt, proof.list));
        bytes32 digest = _digestOf(Configuration(proof.trustees, proof.contacts, representatives));
        if (_configurations[patient] != digest) return false;
        for (uint256 i = 0; i < proof.list.length; ++i) {
            if (proof.list[i].account == account && block.timestamp <= proof.list[i].notAfter) return true;
        }
        return false;
    }

    /// @dev Whether a patient of this status may have a configuration.
    function _isNamed(PatientStatus status) internal pure returns (bool) {
        return status == PatientStatus.Registered || status == PatientStatus.Assisted;
    }

    /// @dev Zero when nobody is named, so that such a patient costs no slot.
    function _digestOf(Configuration memory parts) internal pure returns (bytes32) {
        if (parts.trustees | parts.contacts | parts.representatives == 0) return 0;
        return keccak256(abi.encode(parts.trustees, parts.contacts, parts.representatives));
    }
}
