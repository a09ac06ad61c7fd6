// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Roles} from "../types/Roles.sol";
import {MemberId, MemberStatus, PatientId, PatientStatus, RecoveryStage} from "../types/Types.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {PatientRegistryState} from "./PatientRegistryState.sol";

/// @title PatientAuthority
/// @notice The part of {PatientRegistry} that decides who may act, directly and by signature.
abstract contract PatientAuthority is PatientRegistryState, EIP712 {
    IConsortiumRegistry private immutable _consortium;

    constructor(IConsortiumRegistry consortium) EIP712("PatientRegistry", "1") {
        _consortium = consortium;
    }

    /// @dev Whom an account acts for now.
    function _actorOf(address account) internal view returns (IConsortiumRegistry.Actor memory) {
        return _consortium.actorOf(account);
    }

    /// @dev The member for which `account` has `role` (0: any) while the member is active.
    function _requireRole(address account, uint16 role) internal view returns (MemberId) {
        IConsortiumRegistry.Actor memory actor = _actorOf(account);
        if (actor.status != MemberStatus.Active || actor.roles & role != role) {
            revert PatientRegistry_Unauthorized(account, role);
        }
        return actor.member;
    }

    /// @dev The record of a patient that can act: known and not retired.
    function _requireActive(PatientId patient) internal view returns (PatientRecord memory record) {
        record = _records[patient];
        if (record.status == PatientStatus.None) revert PatientRegistry_Unknown(patient);
        if (record.status == PatientStatus.Retired) revert PatientRegistry_WrongStatus(patient, record.status);
    }

    /// @dev The record of a patient that can act and that no freeze holds.
    function _requireUnfrozen(PatientId patient) internal view returns (PatientRecord memory record) {
        record = _requireActive(patient);
        if (_isNamed(record.status) && block.timestamp <= record.until) {
            revert PatientRegistry_Frozen(patient, record.until);
        }
    }

    /// @dev `caller` is the controller, and no freeze holds it.
    function _requireController(PatientId patient, address caller) internal view {
        if (_requireUnfrozen(patient).controller != caller) revert PatientRegistry_NotController(patient, caller);
    }

    /// @dev The controller signed `structHash` with the current nonce, and no freeze holds it.
    function _requireAuthorized(PatientId patient, bytes32 structHash, Signed calldata authorization) internal view {
        _requireSignedBy(_requireUnfrozen(patient), patient, structHash, authorization);
    }

    /// @dev The controller in `record` signed `structHash` with the current nonce.
    function _requireSignedBy(
        PatientRecord memory record,
        PatientId patient,
        bytes32 structHash,
        Signed calldata authorization
    ) internal view {
        _requireNonce(patient, record.nonce, authorization.nonce);
        _requireSigned(record.controller, structHash, authorization.deadline, authorization.signature);
    }

    /// @dev A DESK operator of an active member signed; returns whom it acts for.
    function _requireAttestation(Attestation calldata attestation, bytes32 structHash, uint40 deadline)
        internal
        view
        returns (IConsortiumRegistry.Actor memory actor)
    {
        actor = _actorOf(attestation.operator);
        if (actor.status != MemberStatus.Active || actor.roles & Roles.DESK == 0) {
            revert PatientRegistry_BadAttestation(attestation.operator);
        }
        _requireSigned(attestation.operator, structHash, deadline, attestation.signature);
    }

    /// @dev No recovery waits.
    function _requireNotRecovering(PatientId patient) internal view {
        RecoveryStage stage = _recoveries[patient].stage;
        if (_isPending(stage)) revert PatientRecovery_WrongStage(patient, stage);
    }

    function _requireNonce(PatientId patient, uint32 expected, uint32 given) internal pure {
        if (given != expected) revert PatientRegistry_BadNonce(patient, expected, given);
    }

    function _requireSigned(address signer, bytes32 structHash, uint40 deadline, bytes calldata signature)
        internal
        view
    {
        if (signer == address(0)) revert PatientRegistry_NoController();
        Signatures.requireValid(signer, _hashTypedDataV4(structHash), deadline, signature);
    }

    /// @dev Forgets the scheduled contacts.
    function _forgetContacts(PatientId patient) internal {
        bytes32 digest = _scheduledContacts[patient].digest;
        delete _scheduledContacts[patient];
        emit ContactsCancelled(patient, digest);
    }

    /// @dev Whether a recovery of this stage waits to be executed.
    function _isPending(RecoveryStage stage) internal pure returns (bool) {
        return stage == RecoveryStage.Pending || stage == RecoveryStage.Final;
    }

    /// @dev Seconds, `period` from now.
    function _after(uint40 period) internal view returns (uint40) {
        return SafeCast.toUint40(block.timestamp + period);
    }
}
