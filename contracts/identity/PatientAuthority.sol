// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {MemberId, MemberStatus, PatientId, PatientStatus} from "../types/Types.sol";
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

    function _requireController(PatientId patient, address caller) internal view {
        if (_requireActive(patient).controller != caller) revert PatientRegistry_NotController(patient, caller);
    }

    /// @dev The controller signed `structHash` with the current nonce.
    function _requireAuthorized(PatientId patient, bytes32 structHash, Signed calldata authorization) internal view {
        PatientRecord memory record = _requireActive(patient);
        _requireNonce(patient, record.nonce, authorization.nonce);
        _requireSigned(record.controller, structHash, authorization.deadline, authorization.signature);
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

    /// @dev Seconds, `period` from now.
    function _after(uint40 period) internal view returns (uint40) {
        return SafeCast.toUint40(block.timestamp + period);
    }
}
