// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {PatientId, RecoveryStage} from "../types/Types.sol";
import {IPatientRegistry} from "./IPatientRegistry.sol";

/// @title IPatientRecovery
/// @notice The part of the patient registry in which m of n recovery contacts give a patient a new controller, or freeze it.
/// @dev Assumes: (1) contacts are proved by the preimage of the configuration, `contacts = keccak256(abi.encode(salt,
/// threshold, contacts))`, which stands in calldata from then on: a contact's account should be made for this and nothing
/// else; a threshold of 0, above the count, or more than {MAX_CONTACTS} contacts can never recover; (2) approvals come in
/// ascending order of the contacts' accounts, which makes them distinct; (3) rounds of recoveries and of freezes count by
/// themselves, apart from the patient's nonce, so that a thief who acts with the key spoils no approval; an approval works
/// in its round only, and with the proof of the configuration as it is then; (4) a recovery waits {RECOVERY_DELAY}, less than a change of contacts: it voids a scheduled change,
/// and none is scheduled while it is pending; (5) the controller may cancel a recovery once: the same contacts then recover
/// only with the in-person attestation of two hospitals, which nobody can cancel. So a thief cannot stop an honest quorum,
/// and a hostile one can neither stop a change of contacts for ever nor win alone. Executed recoveries and changed contacts
/// begin anew; (6) a recovery changes the controller and the key; trustees, representatives and grants stay for the patient
/// to review; the nonce moves and the controller differs, so that nothing that the old controller signed works; (7) a freeze
/// holds for {FREEZE_PERIOD}, longer than a recovery, and the next one begins more than {FREEZE_PAUSE} after its end, longer
/// than a change of contacts; (8) while frozen the controller revokes grants, checks out and cancels a recovery that is not
/// final, and nothing else: no grant, check-in, key, controller, configuration, link; representatives, who are other
/// persons, still check the patient in; grants, emergencies and open episodes go on, because hospitals must treat;
/// (9) provisional ids have no contacts, so neither recover nor freeze.
/// Typed data (EIP-712, domain "PatientRegistry", "1"):
/// `Recover(bytes32 patient,address newController,uint8 suite,bytes publicKey,uint32 round,uint40 deadline)`,
/// `CancelRecovery(bytes32 patient,uint32 nonce,uint40 deadline)`,
/// `Freeze(bytes32 patient,uint32 round,uint40 deadline)`.
interface IPatientRecovery is IPatientRegistry {
    /// @notice Who is to act for the patient, with which key.
    struct RecoveryRequest {
        PatientId patient;
        address newController;
        uint8 suite;
        bytes publicKey;
    }

    /// @notice Preimage that proves the contacts, with the digests of the configuration's other parts as they are now.
    struct ContactsProof {
        bytes32 salt;
        uint256 threshold;
        address[] contacts;
        bytes32 trustees;
        bytes32 representatives;
    }

    /// @notice A contact's signature.
    struct ContactApproval {
        address contact;
        bytes signature;
    }

    /// @notice A patient's recovery. While `stage` is Pending or Final: who acts from `readyAt` (seconds, inclusive) on, with
    /// which key; else these are zero. `round` and `freezes` are the next rounds of `Recover` and of `Freeze`.
    struct Recovery {
        address newController;
        uint40 readyAt;
        uint32 round;
        uint16 freezes;
        RecoveryStage stage;
        bytes32 keyDigest;
    }

    /// @notice A recovery may be executed at or after `readyAt` (seconds); `isFinal` when it cannot be cancelled.
    event RecoveryScheduled(PatientId indexed patient, address indexed newController, uint32 round, uint8 suite, bytes publicKey, uint40 readyAt, bool isFinal);
    /// @notice The controller cancelled the pending recovery.
    event RecoveryCancelled(PatientId indexed patient, address indexed newController, uint32 round);
    /// @notice Another account acts for the patient, by its contacts; a freeze has ended.
    event Recovered(PatientId indexed patient, address indexed oldController, address indexed newController, bool isFinal);
    /// @notice The patient is frozen until `until` (seconds, inclusive).
    event PatientFrozen(PatientId indexed patient, uint32 round, uint40 until);

    /// @notice The threshold is 0 or above the number of contacts, or there are more than {MAX_CONTACTS}.
    error PatientRecovery_BadContacts(PatientId patient, uint256 threshold, uint256 count);
    /// @notice Fewer contacts signed than the threshold.
    error PatientRecovery_TooFewApprovals(PatientId patient, uint256 threshold, uint256 given);
    /// @notice The account is no contact of the patient, or not above the one before it.
    error PatientRecovery_BadApproval(PatientId patient, address contact);
    /// @notice The round is not the next one.
    error PatientRecovery_BadRound(PatientId patient, uint32 expected, uint32 given);
    /// @notice No recovery that this needs is there, or one that this must not meet: a recovery begins at None, a final one
    /// at Cancelled; only a Pending one is cancelled, a Pending or Final one executed; contacts and links wait for its end.
    error PatientRecovery_WrongStage(PatientId patient, RecoveryStage stage);
    /// @notice The key is not the one that the contacts signed.
    error PatientRecovery_WrongKey(PatientId patient, bytes32 expected, bytes32 given);
    /// @notice A freeze begins after `pauseUntil` (seconds, inclusive): while one lasts and for {FREEZE_PAUSE} there is no other.
    error PatientRecovery_FrozenLately(PatientId patient, uint40 pauseUntil);

    /// @notice Schedules another controller and key for the patient in {RECOVERY_DELAY}. Anybody may relay.
    /// @dev Requirements: registered or assisted; no recovery is pending, and none of these contacts' was cancelled; at least
    /// the threshold of contacts, and the new controller, signed the same `Recover`. The round advances.
    /// Emits {RecoveryScheduled}, and {ContactsCancelled} when a change of contacts was scheduled.
    /// @param approvals The contacts' signatures, in ascending order of their accounts; all of them must be valid.
    /// @param acceptance The new controller's signature; its nonce is the round, its deadline that of all signatures.
    function scheduleRecovery(RecoveryRequest calldata request, ContactsProof calldata proof, ContactApproval[] calldata approvals, Signed calldata acceptance) external;

    /// @notice {scheduleRecovery} after a cancelled recovery of these contacts; nobody can cancel this one.
    /// @dev Requirements: besides, DESK operators of two different active hospitals, who saw the patient in person, signed the
    /// same `Recover`.
    function scheduleFinalRecovery(RecoveryRequest calldata request, ContactsProof calldata proof, ContactApproval[] calldata approvals, Signed calldata acceptance, Attestation[2] calldata attestations) external;

    /// @notice Cancels the pending recovery, which is not final. Caller is the controller, frozen or not. Emits {RecoveryCancelled}.
    function cancelRecovery(PatientId patient) external;

    /// @notice {cancelRecovery} by signature, with the patient's nonce.
    function cancelRecoveryBySig(PatientId patient, Signed calldata authorization) external;

    /// @notice Executes the pending recovery at or after its time, and ends a freeze. Anybody may call, with the key that was
    /// signed. The nonce advances. Emits {Recovered}, {PatientKeyRotated}.
    function executeRecovery(PatientId patient, uint8 suite, bytes calldata publicKey) external;

    /// @notice Freezes the patient at once for {FREEZE_PERIOD}. Anybody may relay. Emits {PatientFrozen}.
    /// @dev Requirements: registered or assisted; more than {FREEZE_PAUSE} since the last freeze ended; at least the threshold
    /// of contacts signed `Freeze` with the next round, which advances.
    /// @param approvals As in {scheduleRecovery}.
    /// @param deadline That of all signatures (seconds, inclusive).
    function freeze(PatientId patient, ContactsProof calldata proof, ContactApproval[] calldata approvals, uint32 round, uint40 deadline) external;

    /// @notice Seconds that a recovery waits: 7 days.
    function RECOVERY_DELAY() external view returns (uint40);

    /// @notice Seconds that a freeze lasts: 10 days.
    function FREEZE_PERIOD() external view returns (uint40);

    /// @notice Seconds without a freeze after one has ended: 16 days.
    function FREEZE_PAUSE() external view returns (uint40);

    /// @notice The most contacts that a patient can recover with: 16.
    function MAX_CONTACTS() external view returns (uint256);

    /// @notice A patient's recovery and the next rounds.
    function recoveryOf(PatientId patient) external view returns (Recovery memory);
}
