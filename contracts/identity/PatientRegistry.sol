// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MemberId, PatientId, PatientStatus} from "../types/Types.sol";
import {Roles} from "../types/Roles.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {PatientIds} from "../libraries/PatientIds.sol";
import {PublicKeys} from "../libraries/PublicKeys.sol";
import {PatientAuthority} from "./PatientAuthority.sol";
import {PatientConfiguration} from "./PatientConfiguration.sol";
import {PatientFreeze} from "./PatientFreeze.sol";
import {PatientLink} from "./PatientLink.sol";
import {PatientRecovery} from "./PatientRecovery.sol";

/// @title PatientRegistry
/// @notice Rules of {IPatientRegistry}; storage is in {PatientRegistryState}, who may act in {PatientAuthority}.
contract PatientRegistry is PatientConfiguration, PatientRecovery, PatientFreeze, PatientLink {
    bytes32 private constant _REGISTER_TYPEHASH = keccak256(
        "Register(address controller,bytes32 salt,uint8 suite,bytes publicKey,bytes32 configurationDigest,bool assisted,uint40 deadline)"
    );
    bytes32 private constant _REGISTER_PROVISIONAL_TYPEHASH = keccak256(
        "RegisterProvisional(address controller,bytes32 salt,uint8 suite,bytes publicKey,uint32 sponsor,uint40 deadline)"
    );
    bytes32 private constant _TAKE_OVER_TYPEHASH = keccak256(
        "TakeOver(bytes32 patient,address newController,uint8 suite,bytes publicKey,bytes32 configurationDigest,bool assisted,uint32 nonce,uint40 deadline)"
    );
    bytes32 private constant _ROTATE_KEY_TYPEHASH =
        keccak256("RotateKey(bytes32 patient,uint8 suite,bytes publicKey,uint32 nonce,uint40 deadline)");
    bytes32 private constant _ROTATE_CONTROLLER_TYPEHASH =
        keccak256("RotateController(bytes32 patient,address newController,uint32 nonce,uint40 deadline)");

    /// @dev The last 1,000 epochs are for takeovers and recoveries: a thief who rotates without end cannot make one fail.
    uint16 private constant _LAST_OWN_EPOCH = type(uint16).max - 1000;

    /// @param consortium Tells which accounts act for an active member.
    constructor(IConsortiumRegistry consortium) PatientAuthority(consortium) {}

    /// @inheritdoc IPatientRegistry
    function register(Registration calldata registration) external returns (PatientId patient) {
        patient = PatientIds.derive(registration.controller, registration.salt);
        if (registration.controller != msg.sender) revert PatientRegistry_NotController(patient, msg.sender);
        _register(patient, registration, _statusFor(registration.assisted), MemberId.wrap(0), 0);
    }

    /// @inheritdoc IPatientRegistry
    function registerBySig(Registration calldata registration, uint40 deadline, bytes calldata signature)
        external
        returns (PatientId patient)
    {
        _requireRole(msg.sender, 0);
        bytes32 structHash = keccak256(
            abi.encode(
                _REGISTER_TYPEHASH,
                registration.controller,
                registration.salt,
                registration.suite,
                keccak256(registration.publicKey),
                registration.configurationDigest,
                registration.assisted,
                deadline
            )
        );
        _requireSigned(registration.controller, structHash, deadline, signature);
        patient = PatientIds.derive(registration.controller, registration.salt);
        _register(patient, registration, _statusFor(registration.assisted), MemberId.wrap(0), 0);
    }

    /// @inheritdoc IPatientRegistry
    function registerProvisional(Registration calldata registration, uint40 deadline, bytes calldata signature)
        external
        returns (PatientId patient)
    {
        MemberId sponsor = _requireRole(msg.sender, Roles.DESK);
        patient = PatientIds.derive(registration.controller, registration.salt);
        if (registration.configurationDigest != 0 || registration.assisted) {
            revert PatientRegistry_NotForProvisional(patient);
        }
        bytes32 structHash = keccak256(
            abi.encode(
                _REGISTER_PROVISIONAL_TYPEHASH,
                registration.controller,
                registration.salt,
                registration.suite,
                keccak256(registration.publicKey),
                sponsor,
                deadline
            )
        );
        _requireSigned(registration.controller, structHash, deadline, signature);
        _register(patient, registration, PatientStatus.Provisional, sponsor, _after(PROVISIONAL_PERIOD));
        _sponsors[patient] = sponsor;
    }

    /// @inheritdoc IPatientRegistry
    function renewProvisional(PatientId patient) external {
        MemberId registrar = _requireRole(msg.sender, Roles.REGISTRAR);
        _requireProvisional(patient);
        uint40 until = _after(PROVISIONAL_PERIOD);
        _records[patient].until = until;
        emit ProvisionalRenewed(patient, registrar, until);
    }

    /// @inheritdoc IPatientRegistry
    function takeOver(TakeOver calldata request, Signed calldata consent, bytes calldata acceptance) external {
        PatientRecord memory record = _requireProvisional(request.patient);
        _requireNonce(request.patient, record.nonce, consent.nonce);
        bytes32 structHash = _hashTakeOver(request, consent.nonce, consent.deadline);
        _requireSigned(record.controller, structHash, consent.deadline, consent.signature);
        _requireSigned(request.newController, structHash, consent.deadline, acceptance);
        _takeOver(request, record, false);
    }

    /// @inheritdoc IPatientRegistry
    function forceTakeOver(
        TakeOver calldata request,
        Attestation[2] calldata attestations,
        Signed calldata acceptance
    ) external {
        PatientRecord memory record = _requireProvisional(request.patient);
        if (acceptance.nonce < record.nonce) {
            revert PatientRegistry_BadNonce(request.patient, record.nonce, acceptance.nonce);
        }
        record.nonce = acceptance.nonce;
        bytes32 structHash = _hashTakeOver(request, acceptance.nonce, acceptance.deadline);
        MemberId sponsor = _sponsors[request.patient];
        MemberId first = _requireOutsider(attestations[0], structHash, acceptance.deadline, sponsor, sponsor);
        _requireOutsider(attestations[1], structHash, acceptance.deadline, sponsor, first);
        _requireSigned(request.newController, structHash, acceptance.deadline, acceptance.signature);
        _takeOver(request, record, true);
    }

    /// @inheritdoc IPatientRegistry
    function rotateKey(PatientId patient, uint8 suite, bytes calldata publicKey) external {
        _requireController(patient, msg.sender);
        _rotateKey(patient, suite, publicKey);
    }

    /// @inheritdoc IPatientRegistry
    function rotateKeyBySig(PatientId patient, uint8 suite, bytes calldata publicKey, Signed calldata authorization)
        external
    {
        bytes32 structHash = keccak256(
            abi.encode(
                _ROTATE_KEY_TYPEHASH,
                patient,
                suite,
                keccak256(publicKey),
                authorization.nonce,
                authorization.deadline
            )
        );
        _requireAuthorized(patient, structHash, authorization);
        _rotateKey(patient, suite, publicKey);
    }

    /// @inheritdoc IPatientRegistry
    function rotateController(PatientId patient, address newController, Signed calldata acceptance) external {
        _requireController(patient, msg.sender);
        _requireNonce(patient, _records[patient].nonce, acceptance.nonce);
        bytes32 structHash = _hashRotateController(patient, newController, acceptance);
        _rotateController(patient, newController, structHash, acceptance.deadline, acceptance.signature);
    }

    /// @inheritdoc IPatientRegistry
    function rotateControllerBySig(
        PatientId patient,
        address newController,
        Signed calldata authorization,
        bytes calldata acceptance
    ) external {
        bytes32 structHash = _hashRotateController(patient, newController, authorization);
        _requireAuthorized(patient, structHash, authorization);
        _rotateController(patient, newController, structHash, authorization.deadline, acceptance);
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    /// @dev Writes the first state of an id; the caller has checked who asks.
    function _register(
        PatientId patient,
        Registration calldata registration,
        PatientStatus status,
        MemberId sponsor,
        uint40 until
    ) internal {
        if (_records[patient].status != PatientStatus.None) revert PatientRegistry_AlreadyRegistered(patient);
        _keyDigests[patient] = PublicKeys.digestOf(registration.suite, registration.publicKey);
        _records[patient] =
            PatientRecord({controller: registration.controller, nonce: 0, keyEpoch: 1, status: status, until: until});
        bytes32 digest = registration.configurationDigest;
        if (digest != 0) _configurations[patient] = digest;
        emit PatientRegistered(patient, registration.controller, status, sponsor, until, digest);
        emit PatientKeyRotated(patient, 1, registration.suite, registration.publicKey);
    }

    /// @dev Hands a provisional id over; the caller has checked every signature.
    function _takeOver(TakeOver calldata request, PatientRecord memory record, bool forced) internal {
        record.controller = request.newController;
        record.status = _statusFor(request.assisted);
        record.until = 0;
        ++record.nonce;
        ++record.keyEpoch;
        _records[request.patient] = record;
        _keyDigests[request.patient] = PublicKeys.digestOf(request.suite, request.publicKey);
        bytes32 digest = request.configurationDigest;
        if (digest != 0) _configurations[request.patient] = digest;
        emit TakenOver(request.patient, request.newController, record.status, forced, digest);
        emit PatientKeyRotated(request.patient, record.keyEpoch, request.suite, request.publicKey);
    }

    /// @dev Replaces the key and advances the nonce.
    function _rotateKey(PatientId patient, uint8 suite, bytes calldata publicKey) internal {
        PatientRecord memory record = _records[patient];
        if (record.keyEpoch >= _LAST_OWN_EPOCH) revert PatientRegistry_TooManyKeys(patient, record.keyEpoch);
        ++record.nonce;
        ++record.keyEpoch;
        _records[patient] = record;
        _keyDigests[patient] = PublicKeys.digestOf(suite, publicKey);
        emit PatientKeyRotated(patient, record.keyEpoch, suite, publicKey);
    }

    /// @dev Replaces the controller, if the new one signed, and advances the nonce.
    function _rotateController(
        PatientId patient,
        address newController,
        bytes32 structHash,
        uint40 deadline,
        bytes calldata acceptance
    ) internal {
        _requireSigned(newController, structHash, deadline, acceptance);
        PatientRecord memory record = _records[patient];
        address oldController = record.controller;
        record.controller = newController;
        ++record.nonce;
        _records[patient] = record;
        emit ControllerRotated(patient, oldController, newController);
    }

    /// @dev A DESK operator of an active member, neither the sponsor nor `other`, signed.
    function _requireOutsider(
        Attestation calldata attestation,
        bytes32 structHash,
        uint40 deadline,
        MemberId sponsor,
        MemberId other
    ) internal view returns (MemberId member) {
        member = _requireAttestation(attestation, structHash, deadline).member;
        if (member == sponsor || member == other) revert PatientRegistry_BadAttestation(attestation.operator);
    }

    /// @dev The record of a provisional patient, ended or not.
    function _requireProvisional(PatientId patient) internal view returns (PatientRecord memory record) {
        record = _requireActive(patient);
        if (record.status != PatientStatus.Provisional) revert PatientRegistry_WrongStatus(patient, record.status);
    }

    function _hashTakeOver(TakeOver calldata request, uint32 nonce, uint40 deadline) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                _TAKE_OVER_TYPEHASH,
                request.patient,
                request.newController,
                request.suite,
                keccak256(request.publicKey),
                request.configurationDigest,
                request.assisted,
                nonce,
                deadline
            )
        );
    }

    function _hashRotateController(PatientId patient, address newController, Signed calldata signed)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(_ROTATE_CONTROLLER_TYPEHASH, patient, newController, signed.nonce, signed.deadline)
        );
    }

    function _statusFor(bool assisted) internal pure returns (PatientStatus) {
        return assisted ? PatientStatus.Assisted : PatientStatus.Registered;
    }
}
