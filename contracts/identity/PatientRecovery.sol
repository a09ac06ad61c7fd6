// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MemberId, MemberKind, PatientId, RecoveryStage} from "../types/Types.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IPatientRecovery} from "../interfaces/IPatientRecovery.sol";
import {PublicKeys} from "../libraries/PublicKeys.sol";
import {PatientContacts} from "./PatientContacts.sol";

/// @title PatientRecovery
/// @notice The part of {PatientRegistry} in which contacts give a patient a new controller and key.
abstract contract PatientRecovery is PatientContacts {
    bytes32 private constant _RECOVER_TYPEHASH = keccak256(
        "Recover(bytes32 patient,address newController,uint8 suite,bytes publicKey,uint32 round,uint40 deadline)"
    );
    bytes32 private constant _CANCEL_RECOVERY_TYPEHASH =
        keccak256("CancelRecovery(bytes32 patient,uint32 nonce,uint40 deadline)");

    /// @inheritdoc IPatientRecovery
    function scheduleRecovery(
        RecoveryRequest calldata request,
        ContactsProof calldata proof,
        ContactApproval[] calldata approvals,
        Signed calldata acceptance
    ) external {
        _requireAgreed(request, proof, approvals, acceptance, RecoveryStage.None);
        _schedule(request, RecoveryStage.Pending);
    }

    /// @inheritdoc IPatientRecovery
    function scheduleFinalRecovery(
        RecoveryRequest calldata request,
        ContactsProof calldata proof,
        ContactApproval[] calldata approvals,
        Signed calldata acceptance,
        Attestation[2] calldata attestations
    ) external {
        bytes32 structHash = _requireAgreed(request, proof, approvals, acceptance, RecoveryStage.Cancelled);
        MemberId first = _requireHospital(attestations[0], structHash, acceptance.deadline, MemberId.wrap(0));
        _requireHospital(attestations[1], structHash, acceptance.deadline, first);
        _schedule(request, RecoveryStage.Final);
    }

    /// @inheritdoc IPatientRecovery
    function cancelRecovery(PatientId patient) external {
        if (_requireActive(patient).controller != msg.sender) revert PatientRegistry_NotController(patient, msg.sender);
        _cancelRecovery(patient);
    }

    /// @inheritdoc IPatientRecovery
    function cancelRecoveryBySig(PatientId patient, Signed calldata authorization) external {
        bytes32 structHash =
            keccak256(abi.encode(_CANCEL_RECOVERY_TYPEHASH, patient, authorization.nonce, authorization.deadline));
        _requireSignedBy(_requireActive(patient), patient, structHash, authorization);
        _cancelRecovery(patient);
    }

    /// @inheritdoc IPatientRecovery
    function executeRecovery(PatientId patient, uint8 suite, bytes calldata publicKey) external {
        Recovery memory recovery = _recoveries[patient];
        if (!_isPending(recovery.stage)) revert PatientRecovery_WrongStage(patient, recovery.stage);
        if (block.timestamp < recovery.readyAt) revert PatientRegistry_TooEarly(patient, recovery.readyAt);
        bytes32 keyDigest = PublicKeys.digestOf(suite, publicKey);
        if (keyDigest != recovery.keyDigest) revert PatientRecovery_WrongKey(patient, recovery.keyDigest, keyDigest);

        _end(patient, RecoveryStage.None);
        _keyDigests[patient] = keyDigest;
        PatientRecord memory record = _records[patient];
        address oldController = record.controller;
        record.controller = recovery.newController;
        ++record.nonce;
        ++record.keyEpoch;
        // The freeze ends now and not at 0, so that its pause counts from here.
        if (block.timestamp <= record.until) record.until = uint40(block.timestamp - 1); // below `until`, so 40 bits
        _records[patient] = record;
        emit Recovered(patient, oldController, recovery.newController, recovery.stage == RecoveryStage.Final);
        emit PatientKeyRotated(patient, record.keyEpoch, suite, publicKey);
    }

    /// @dev Contacts and the new controller signed the request in its round, at a stage at which it may begin.
    function _requireAgreed(
        RecoveryRequest calldata request,
        ContactsProof calldata proof,
        ContactApproval[] calldata approvals,
        Signed calldata acceptance,
        RecoveryStage needed
    ) internal view returns (bytes32 structHash) {
        Recovery storage recovery = _recoveries[request.patient];
        if (recovery.stage != needed) revert PatientRecovery_WrongStage(request.patient, recovery.stage);
        if (recovery.round != acceptance.nonce) {
            revert PatientRecovery_BadRound(request.patient, recovery.round, acceptance.nonce);
        }
        structHash = _hashRecover(request, acceptance);
        _requireQuorum(request.patient, proof, approvals, structHash, acceptance.deadline);
        _requireSigned(request.newController, structHash, acceptance.deadline, acceptance.signature);
    }

    /// @dev Writes a recovery that waits; the caller has checked every signature.
    function _schedule(RecoveryRequest calldata request, RecoveryStage stage) internal {
        Recovery memory recovery = _recoveries[request.patient];
        uint32 round = recovery.round;
        recovery.newController = request.newController;
        recovery.readyAt = _after(RECOVERY_DELAY);
        recovery.round = round + 1;
        recovery.stage = stage;
        recovery.keyDigest = PublicKeys.digestOf(request.suite, request.publicKey);
        _recoveries[request.patient] = recovery;
        emit RecoveryScheduled(
            request.patient,
            request.newController,
            round,
            request.suite,
            request.publicKey,
            recovery.readyAt,
            stage == RecoveryStage.Final
        );
        if (_scheduledContacts[request.patient].readyAt != 0) _forgetContacts(request.patient);
    }

    /// @dev Stops a recovery that is not final and advances the nonce.
    function _cancelRecovery(PatientId patient) internal {
        Recovery memory recovery = _recoveries[patient];
        if (recovery.stage != RecoveryStage.Pending) revert PatientRecovery_WrongStage(patient, recovery.stage);
        ++_records[patient].nonce;
        _end(patient, RecoveryStage.Cancelled);
        emit RecoveryCancelled(patient, recovery.newController, recovery.round - 1); // scheduling made it at least 1
    }

    /// @dev Forgets what waited; the rounds stay.
    function _end(PatientId patient, RecoveryStage stage) internal {
        Recovery storage recovery = _recoveries[patient];
        recovery.newController = address(0);
        recovery.readyAt = 0;
        recovery.stage = stage;
        recovery.keyDigest = 0;
    }

    /// @dev A DESK operator of an active hospital other than `other` signed.
    function _requireHospital(Attestation calldata attestation, bytes32 structHash, uint40 deadline, MemberId other)
        internal
        view
        returns (MemberId)
    {
        IConsortiumRegistry.Actor memory actor = _requireAttestation(attestation, structHash, deadline);
        if (actor.kind != MemberKind.Hospital || actor.member == other) {
            revert PatientRegistry_BadAttestation(attestation.operator);
        }
        return actor.member;
    }

    function _hashRecover(RecoveryRequest calldata request, Signed calldata acceptance) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                _RECOVER_TYPEHASH,
                request.patient,
                request.newController,
                request.suite,
                keccak256(request.publicKey),
                acceptance.nonce,
                acceptance.deadline
            )
        );
    }
}
