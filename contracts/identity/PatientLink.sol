// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Roles} from "../types/Roles.sol";
import {MemberId, PatientId, PatientStatus} from "../types/Types.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {PatientAuthority} from "./PatientAuthority.sol";

/// @title PatientLink
/// @notice The part of {PatientRegistry} that retires an id whose patient goes on as another.
abstract contract PatientLink is PatientAuthority {
    bytes32 private constant _LINK_TYPEHASH = keccak256(
        "Link(bytes32 retired,bytes32 survivor,uint32 retiredNonce,uint32 survivorNonce,uint40 deadline)"
    );

    /// @inheritdoc IPatientRegistry
    function link(LinkRequest calldata request, bytes calldata retiredConsent, bytes calldata survivorConsent) external {
        MemberId member = _requireRole(msg.sender, Roles.DESK);
        if (request.retired == request.survivor) revert PatientRegistry_SameId(request.retired);
        bytes32 structHash = keccak256(abi.encode(_LINK_TYPEHASH, request));
        _requireLinkable(request.retired, request.retiredNonce, structHash, request.deadline, retiredConsent);
        PatientStatus status =
            _requireLinkable(request.survivor, request.survivorNonce, structHash, request.deadline, survivorConsent);
        if (!_isNamed(status)) revert PatientRegistry_WrongStatus(request.survivor, status);

        _records[request.retired].status = PatientStatus.Retired;
        ++_records[request.retired].nonce;
        ++_records[request.survivor].nonce;
        _survivors[request.retired] = request.survivor;
        emit PatientLinked(request.retired, request.survivor, member);
    }

    /// @dev The controller of an id that nothing holds signed with its next nonce; returns the id's status.
    function _requireLinkable(
        PatientId patient,
        uint32 nonce,
        bytes32 structHash,
        uint40 deadline,
        bytes calldata consent
    ) internal view returns (PatientStatus) {
        PatientRecord memory record = _requireUnfrozen(patient);
        _requireNotRecovering(patient);
        _requireNonce(patient, record.nonce, nonce);
        _requireSigned(record.controller, structHash, deadline, consent);
        return record.status;
    }
}
