// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ConfigurationPart, PatientId, PatientStatus, RecoveryStage} from "../types/Types.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {PatientAuthority} from "./PatientAuthority.sol";

/// @title PatientConfiguration
/// @notice The part of {PatientRegistry} that changes trustees, contacts and representatives.
abstract contract PatientConfiguration is PatientAuthority {
    bytes32 private constant _SET_CONFIGURATION_PART_TYPEHASH =
        keccak256("SetConfigurationPart(bytes32 patient,uint8 part,bytes32 digest,uint32 nonce,uint40 deadline)");
    bytes32 private constant _CANCEL_CONTACTS_TYPEHASH =
        keccak256("CancelContacts(bytes32 patient,uint32 nonce,uint40 deadline)");

    /// @inheritdoc IPatientRegistry
    function setConfigurationPart(
        PatientId patient,
        ConfigurationPart part,
        bytes32 digest,
        Configuration calldata current
    ) external {
        _requireController(patient, msg.sender);
        _setConfigurationPart(patient, part, digest, current);
    }

    /// @inheritdoc IPatientRegistry
    function setConfigurationPartBySig(
        PatientId patient,
        ConfigurationPart part,
        bytes32 digest,
        Configuration calldata current,
        Signed calldata authorization
    ) external {
        bytes32 structHash = keccak256(
            abi.encode(
                _SET_CONFIGURATION_PART_TYPEHASH,
                patient,
                part,
                digest,
                authorization.nonce,
                authorization.deadline
            )
        );
        _requireAuthorized(patient, structHash, authorization);
        _setConfigurationPart(patient, part, digest, current);
    }

    /// @inheritdoc IPatientRegistry
    function executeContacts(PatientId patient, Configuration calldata current) external {
        // A freeze holds what the controller scheduled, too: a recovery that begins within it still voids this.
        _requireUnfrozen(patient);
        ScheduledContacts memory scheduled = _scheduledContacts[patient];
        if (scheduled.readyAt == 0) revert PatientRegistry_NothingScheduled(patient);
        if (block.timestamp < scheduled.readyAt) revert PatientRegistry_TooEarly(patient, scheduled.readyAt);
        delete _scheduledContacts[patient];
        _recoveries[patient].stage = RecoveryStage.None; // none is pending, because it would have voided the schedule
        _mergePart(patient, ConfigurationPart.Contacts, scheduled.digest, current);
    }

    /// @inheritdoc IPatientRegistry
    function cancelContacts(PatientId patient) external {
        _requireController(patient, msg.sender);
        _cancelContacts(patient);
    }

    /// @inheritdoc IPatientRegistry
    function cancelContactsBySig(PatientId patient, Signed calldata authorization) external {
        bytes32 structHash =
            keccak256(abi.encode(_CANCEL_CONTACTS_TYPEHASH, patient, authorization.nonce, authorization.deadline));
        _requireAuthorized(patient, structHash, authorization);
        _cancelContacts(patient);
    }

    /// @dev Contacts wait while others are set, so that a thief with the key cannot outrun a recovery.
    function _setConfigurationPart(
        PatientId patient,
        ConfigurationPart part,
        bytes32 digest,
        Configuration calldata current
    ) internal {
        PatientStatus status = _records[patient].status;
        if (!_isNamed(status)) revert PatientRegistry_WrongStatus(patient, status);
        if (part == ConfigurationPart.Contacts) _requireNotRecovering(patient);
        ++_records[patient].nonce;
        if (part != ConfigurationPart.Contacts || current.contacts == 0) {
            _mergePart(patient, part, digest, current);
            return;
        }
        _requireConfiguration(patient, current);
        uint40 readyAt = _after(CONTACTS_DELAY);
        _scheduledContacts[patient] = ScheduledContacts(digest, readyAt);
        emit ContactsScheduled(patient, digest, readyAt);
    }

    /// @dev Puts one part into the present configuration.
    function _mergePart(PatientId patient, ConfigurationPart part, bytes32 digest, Configuration calldata current)
        internal
    {
        _requireConfiguration(patient, current);
        Configuration memory merged = current;
        if (part == ConfigurationPart.Trustees) merged.trustees = digest;
        else if (part == ConfigurationPart.Contacts) merged.contacts = digest;
        else merged.representatives = digest;
        _configurations[patient] = _digestOf(merged);
        emit ConfigurationPartChanged(patient, part, digest);
    }

    /// @dev Forgets the scheduled contacts and advances the nonce.
    function _cancelContacts(PatientId patient) internal {
        if (_scheduledContacts[patient].readyAt == 0) revert PatientRegistry_NothingScheduled(patient);
        ++_records[patient].nonce;
        _forgetContacts(patient);
    }

    function _requireConfiguration(PatientId patient, Configuration calldata current) internal view {
        bytes32 given = _digestOf(current);
        if (_configurations[patient] != given) {
            revert PatientRegistry_WrongConfiguration(patient, _configurations[patient], given);
        }
    }
}
