// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ConfigurationPart, KeyState, MemberId, PatientId, PatientStatus} from "../types/Types.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title IPatientRegistry
/// @notice Patients register once under an id that they derive themselves; nothing here identifies a person.
/// @dev Assumes: (1) an id is bound to its first controller, so registering needs no nonce: it succeeds once; (2) one
/// nonce per patient is shared by all signed actions of this contract and advanced by direct ones; (3) a configuration is
/// `keccak256(abi.encode(trustees, contacts, representatives))` of salted digests whose preimages those named hold; zero
/// when all three are zero; (4) a change of contacts takes {CONTACTS_DELAY}, longer than a recovery, unless none are set;
/// (5) a provisional id is kept by the member that sponsors it, until a takeover, with its consent or that of two others;
/// (6) an assisted id is an ordinary one whose wallet a named representative keeps; (7) a retired id never changes again: it
/// grants, checks in, recovers and rotates nothing, and its grants allow nothing; readers go on at {survivorOf}, which may be
/// retired in its turn, never in a circle; (8) two ids are joined at a registration desk (HL7 v2 ADT^A40), because nothing
/// undoes it: whoever has stolen a key alone cannot retire the id, and cannot while it is frozen or a recovery is pending.
/// Recovery by contacts and freezing are in {IPatientRecovery}.
/// Typed data (EIP-712, domain "PatientRegistry", "1"):
/// `Register(address controller,bytes32 salt,uint8 suite,bytes publicKey,bytes32 configurationDigest,bool assisted,uint40 deadline)`,
/// `RegisterProvisional(address controller,bytes32 salt,uint8 suite,bytes publicKey,uint32 sponsor,uint40 deadline)`,
/// `TakeOver(bytes32 patient,address newController,uint8 suite,bytes publicKey,bytes32 configurationDigest,bool assisted,uint32 nonce,uint40 deadline)`,
/// `RotateKey(bytes32 patient,uint8 suite,bytes publicKey,uint32 nonce,uint40 deadline)`,
/// `RotateController(bytes32 patient,address newController,uint32 nonce,uint40 deadline)`,
/// `SetConfigurationPart(bytes32 patient,uint8 part,bytes32 digest,uint32 nonce,uint40 deadline)`,
/// `CancelContacts(bytes32 patient,uint32 nonce,uint40 deadline)`,
/// `Link(bytes32 retired,bytes32 survivor,uint32 retiredNonce,uint32 survivorNonce,uint40 deadline)`.
interface IPatientRegistry is IVersioned {
    /// @notice What a registration states. `configurationDigest` may be zero.
    struct Registration {
        address controller;
        bytes32 salt;
        uint8 suite;
        bytes publicKey;
        bytes32 configurationDigest;
        bool assisted;
    }

    /// @notice What a takeover of a provisional id states.
    struct TakeOver {
        PatientId patient;
        address newController;
        uint8 suite;
        bytes publicKey;
        bytes32 configurationDigest;
        bool assisted;
    }

    /// @notice That `retired` goes on as `survivor`: the next nonces of both, and the end of the signatures (seconds, inclusive).
    struct LinkRequest {
        PatientId retired;
        PatientId survivor;
        uint32 retiredNonce;
        uint32 survivorNonce;
        uint40 deadline;
    }

    /// @notice The digests of a configuration's parts; zero where the patient named nobody.
    struct Configuration {
        bytes32 trustees;
        bytes32 contacts;
        bytes32 representatives;
    }

    /// @notice A signature by an account, with its end (seconds, inclusive).
    struct Signed {
        uint32 nonce;
        uint40 deadline;
        bytes signature;
    }

    /// @notice A signature by a named operator.
    struct Attestation {
        address operator;
        bytes signature;
    }

    /// @notice A representative's account and term (seconds, inclusive).
    struct Representative {
        address account;
        uint40 notAfter;
    }

    /// @notice Preimage that proves representatives: `representatives = keccak256(abi.encode(salt, list))`.
    struct RepresentativesProof {
        bytes32 salt;
        Representative[] list;
        bytes32 trustees;
        bytes32 contacts;
    }

    /// @notice Who acts for a patient. `until` is a last second (inclusive): of a provisional id, that in which it may act; of
    /// a registered or assisted one, that of its latest freeze, 0 when there was none. It is frozen while the time is not past it.
    struct Authority {
        address controller;
        PatientStatus status;
        uint40 until;
    }

    /// @notice A patient registered; status is Provisional, Registered or Assisted. `sponsor` is 0 unless provisional.
    event PatientRegistered(PatientId indexed patient, address indexed controller, PatientStatus status, MemberId sponsor, uint40 until, bytes32 configurationDigest);
    /// @notice A provisional id lasts until `until` (seconds, inclusive).
    event ProvisionalRenewed(PatientId indexed patient, MemberId indexed registrar, uint40 until);
    /// @notice A provisional id became its patient's; what it granted is void.
    event TakenOver(PatientId indexed patient, address indexed newController, PatientStatus status, bool forced, bytes32 configurationDigest);
    /// @notice The key to seal to; the first has epoch 1.
    event PatientKeyRotated(PatientId indexed patient, uint32 epoch, uint8 suite, bytes publicKey);
    /// @notice Another account acts for the patient.
    event ControllerRotated(PatientId indexed patient, address indexed oldController, address indexed newController);
    /// @notice One part of the configuration changed.
    event ConfigurationPartChanged(PatientId indexed patient, ConfigurationPart indexed part, bytes32 digest);
    /// @notice New contacts take effect when executed at or after `readyAt`.
    event ContactsScheduled(PatientId indexed patient, bytes32 digest, uint40 readyAt);
    /// @notice The scheduled change of contacts was cancelled by the controller, or voided by a recovery.
    event ContactsCancelled(PatientId indexed patient, bytes32 digest);
    /// @notice An id was retired at a desk of `member`; its patient goes on as the survivor.
    event PatientLinked(PatientId indexed retired, PatientId indexed survivor, MemberId indexed member);

    /// @notice The id is registered already.
    error PatientRegistry_AlreadyRegistered(PatientId patient);
    /// @notice No such patient.
    error PatientRegistry_Unknown(PatientId patient);
    /// @notice The patient is not in a state for this.
    error PatientRegistry_WrongStatus(PatientId patient, PatientStatus status);
    /// @notice The controller is the zero address.
    error PatientRegistry_NoController();
    /// @notice The caller is not the controller.
    error PatientRegistry_NotController(PatientId patient, address caller);
    /// @notice The caller does not have this role of an active member.
    error PatientRegistry_Unauthorized(address caller, uint16 role);
    /// @notice The nonce is not the next one.
    error PatientRegistry_BadNonce(PatientId patient, uint32 expected, uint32 given);
    /// @notice A provisional id has no configuration and is not assisted.
    error PatientRegistry_NotForProvisional(PatientId patient);
    /// @notice The given parts are not the present configuration.
    error PatientRegistry_WrongConfiguration(PatientId patient, bytes32 expected, bytes32 given);
    /// @notice The two attesting operators are not DESK operators of two active members: for a takeover other than the
    /// sponsor, for a final recovery hospitals.
    error PatientRegistry_BadAttestation(address operator);
    /// @notice No change of contacts is scheduled.
    error PatientRegistry_NothingScheduled(PatientId patient);
    /// @notice The scheduled change is not ready.
    error PatientRegistry_TooEarly(PatientId patient, uint40 readyAt);
    /// @notice The controller may not do this until `until` (seconds, inclusive) is past.
    error PatientRegistry_Frozen(PatientId patient, uint40 until);
    /// @notice The controller has rotated the key so often that the epochs that are left are for takeovers and recoveries.
    error PatientRegistry_TooManyKeys(PatientId patient, uint16 epoch);
    /// @notice An id cannot go on as itself.
    error PatientRegistry_SameId(PatientId patient);

    /// @notice Registers the caller as controller. Emits {PatientRegistered}, {PatientKeyRotated}.
    function register(Registration calldata registration) external returns (PatientId patient);

    /// @notice Registers by the controller's signature; the caller is any operator of an active member.
    /// @dev Requirements: new id, usable key, valid signature. Emits {PatientRegistered}, {PatientKeyRotated}.
    function registerBySig(Registration calldata registration, uint40 deadline, bytes calldata signature) external returns (PatientId patient);

    /// @notice Registers an unidentified patient or newborn for {PROVISIONAL_PERIOD}; the caller's member becomes sponsor.
    /// @dev Requirements: caller is DESK of an active member; the controller signed `RegisterProvisional`, which names that
    /// member, so that no relayer turns an ordinary registration into a provisional one; no configuration, not assisted.
    function registerProvisional(Registration calldata registration, uint40 deadline, bytes calldata signature) external returns (PatientId patient);

    /// @notice Lets a provisional id last {PROVISIONAL_PERIOD} from now. Caller is REGISTRAR of an active member. Emits {ProvisionalRenewed}.
    function renewProvisional(PatientId patient) external;

    /// @notice Hands a provisional id to its patient, also after its end. Anybody may relay.
    /// @dev Requirements: present and new controller signed the same `TakeOver` with the current nonce. Emits {TakenOver}, {PatientKeyRotated}.
    /// @param consent The present controller's signature.
    /// @param acceptance The new controller's signature.
    function takeOver(TakeOver calldata request, Signed calldata consent, bytes calldata acceptance) external;

    /// @notice The same without the present controller: DESK operators of two active members, neither the sponsor, sign.
    /// @dev The nonce may be any from the current one on, so that the present controller cannot outrun them by acting.
    function forceTakeOver(TakeOver calldata request, Attestation[2] calldata attestations, Signed calldata acceptance) external;

    /// @notice Replaces the key that record keys are sealed to. Emits {PatientKeyRotated}.
    function rotateKey(PatientId patient, uint8 suite, bytes calldata publicKey) external;

    /// @notice {rotateKey} by signature.
    function rotateKeyBySig(PatientId patient, uint8 suite, bytes calldata publicKey, Signed calldata authorization) external;

    /// @notice Replaces the controller, which signed `RotateController` with the current nonce. Emits {ControllerRotated}.
    function rotateController(PatientId patient, address newController, Signed calldata acceptance) external;

    /// @notice {rotateController} by signature of the present controller too.
    function rotateControllerBySig(PatientId patient, address newController, Signed calldata authorization, bytes calldata acceptance) external;

    /// @notice Replaces one part of the configuration: trustees and representatives at once; contacts after {CONTACTS_DELAY}.
    /// @dev Requirements: registered or assisted; `current` is the present configuration.
    /// Contacts do not change while a recovery is pending. Emits {ConfigurationPartChanged} or {ContactsScheduled}; a new
    /// schedule replaces the old one.
    function setConfigurationPart(PatientId patient, ConfigurationPart part, bytes32 digest, Configuration calldata current) external;

    /// @notice {setConfigurationPart} by signature.
    function setConfigurationPartBySig(PatientId patient, ConfigurationPart part, bytes32 digest, Configuration calldata current, Signed calldata authorization) external;

    /// @notice Merges the scheduled contacts into the configuration as it is now. Anybody may call. Emits {ConfigurationPartChanged}.
    /// @dev Requirements: ready; the patient is not frozen. The new contacts recover without attestation again.
    function executeContacts(PatientId patient, Configuration calldata current) external;

    /// @notice Cancels the scheduled contacts. Emits {ContactsCancelled}.
    function cancelContacts(PatientId patient) external;

    /// @notice {cancelContacts} by signature.
    function cancelContactsBySig(PatientId patient, Signed calldata authorization) external;

    /// @notice Retires an id of a patient who goes on as another. Emits {PatientLinked}.
    /// @dev Requirements: caller is DESK of an active member; both controllers signed the same `Link` with both next nonces; the
    /// retired id is provisional (ended or not), registered or assisted, the survivor registered or assisted; neither is
    /// frozen nor has a recovery pending. Both nonces advance. Open episodes of the retired id go on and are filed as ever.
    /// @param retiredConsent Signature of the retired id's controller.
    /// @param survivorConsent Signature of the survivor's controller.
    function link(LinkRequest calldata request, bytes calldata retiredConsent, bytes calldata survivorConsent) external;

    /// @notice Seconds that a provisional id lasts: 30 days.
    function PROVISIONAL_PERIOD() external view returns (uint40);

    /// @notice Seconds that a change of contacts waits: 14 days.
    function CONTACTS_DELAY() external view returns (uint40);

    /// @notice The id that `controller` gets with `salt`.
    function patientIdOf(address controller, bytes32 salt) external pure returns (PatientId);

    /// @notice Who acts for a patient; all zero when unknown.
    function authorityOf(PatientId patient) external view returns (Authority memory);

    /// @notice The key to seal to.
    function keyOf(PatientId patient) external view returns (KeyState memory);

    /// @notice Digest of the configuration; zero when nobody is named.
    function configurationOf(PatientId patient) external view returns (bytes32);

    /// @notice Scheduled contacts and when they may be executed (seconds); zero when none.
    function scheduledContactsOf(PatientId patient) external view returns (bytes32 digest, uint40 readyAt);

    /// @notice Member that keeps a provisional id, or kept it before a takeover.
    function sponsorOf(PatientId patient) external view returns (MemberId);

    /// @notice The id that a retired one goes on as; zero when it is not retired. Readers follow it for a bounded number of steps.
    function survivorOf(PatientId retired) external view returns (PatientId);

    /// @notice Next nonce of the patient's signed actions.
    function nonceOf(PatientId patient) external view returns (uint32);

    /// @notice Whether `account` represents the patient now, by the preimage of the configuration.
    function isRepresentative(PatientId patient, address account, RepresentativesProof calldata proof) external view returns (bool);
}
