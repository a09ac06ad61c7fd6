// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ICareEpisodes} from "../interfaces/ICareEpisodes.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IEmergencyAccess} from "../interfaces/IEmergencyAccess.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Roles} from "../types/Roles.sol";
import {
    EpisodeOrigin,
    MemberId,
    MemberKind,
    MemberStatus,
    PatientId,
    PatientStatus,
    WriteReason
} from "../types/Types.sol";

/// @title CareEpisodes
/// @notice The right to write for a patient: see {ICareEpisodes}.
contract CareEpisodes is ICareEpisodes, EIP712 {
    /// @dev An episode and the nonce of its (patient, member): 184 bits of one slot.
    struct Slot {
        uint32 number;
        uint40 openedAt;
        uint40 closedAt;
        EpisodeOrigin origin;
        MemberId opener;
        uint32 nonce;
    }

    /// @inheritdoc ICareEpisodes
    uint40 public constant FILING_PERIOD = 30 days;

    bytes32 private constant _CHECK_IN_TYPEHASH =
        keccak256("CheckIn(bytes32 patient,uint32 member,uint32 nonce,uint40 deadline)");
    bytes32 private constant _CHECK_OUT_TYPEHASH =
        keccak256("CheckOut(bytes32 patient,uint32 member,uint32 nonce,uint40 deadline)");

    IConsortiumRegistry private immutable _CONSORTIUM;
    IPatientRegistry private immutable _PATIENTS;
    IEmergencyAccess private immutable _EMERGENCIES;
    address private immutable _INSURANCE;

    mapping(PatientId patient => mapping(MemberId member => Slot slot)) private _slots;

    /// @param consortium Tells members' states and operators.
    /// @param patients Tells who acts for a patient, and who represents it.
    /// @param emergencies Tells live emergencies.
    /// @param insurance {IInsurancePlans}, which tells of accepted policies.
    constructor(
        IConsortiumRegistry consortium,
        IPatientRegistry patients,
        IEmergencyAccess emergencies,
        address insurance
    ) EIP712("CareEpisodes", "1") {
        _CONSORTIUM = consortium;
        _PATIENTS = patients;
        _EMERGENCIES = emergencies;
        _INSURANCE = insurance;
    }

    /// @inheritdoc ICareEpisodes
    function open(PatientId patient, MemberId member) external {
        if (msg.sender != _ownController(patient)) revert CareEpisodes_NotController(patient, msg.sender);
        _checkIn(patient, member, EpisodeOrigin.CheckIn);
    }

    /// @inheritdoc ICareEpisodes
    function openBySig(PatientId patient, MemberId member, uint32 nonce, uint40 deadline, bytes calldata signature)
        external
    {
        address controller = _ownController(patient);
        bytes32 digest = _nextDigest(_CHECK_IN_TYPEHASH, patient, member, nonce, deadline);
        Signatures.requireValid(controller, digest, deadline, signature);
        _checkIn(patient, member, EpisodeOrigin.CheckIn);
    }

    /// @inheritdoc ICareEpisodes
    function openByRepresentative(
        PatientId patient,
        MemberId member,
        address representative,
        IPatientRegistry.RepresentativesProof calldata proof,
        uint32 nonce,
        uint40 deadline,
        bytes calldata signature
    ) external {
        _requireActivePatient(patient);
        if (!_PATIENTS.isRepresentative(patient, representative, proof)) {
            revert CareEpisodes_NotRepresentative(patient, representative);
        }
        bytes32 digest = _nextDigest(_CHECK_IN_TYPEHASH, patient, member, nonce, deadline);
        Signatures.requireValid(representative, digest, deadline, signature);
        _checkIn(patient, member, EpisodeOrigin.Representative);
    }

    /// @inheritdoc ICareEpisodes
    function openInEmergency(PatientId patient) external {
        MemberId member = _activeMember(Roles.DESK | Roles.CLINICIAN);
        // The emergency proves that the patient exists; an ended provisional id does not stop the care that it records.
        uint40 notAfter = _EMERGENCIES.latestEmergencyOf(patient, member).notAfter;
        if (block.timestamp > notAfter) revert CareEpisodes_NoEmergency(patient, member);
        _requireClosed(patient, member);
        // An emergency includes its last second, an episode does not include the second of its closing.
        _open(patient, member, EpisodeOrigin.Emergency, MemberId.wrap(0), notAfter + 1);
    }

    /// @inheritdoc ICareEpisodes
    function openDependent(PatientId patient, MemberId member) external {
        MemberId opener = _activeMember(Roles.DESK);
        Slot storage own = _slots[patient][opener];
        bool derived = own.origin == EpisodeOrigin.Dependent || own.origin == EpisodeOrigin.Policy;
        if (!_isOpen(own) || derived) revert CareEpisodes_NotOpen(patient, opener);
        _requireActivePatient(patient);
        MemberKind kind = _requireActive(member);
        if (kind != MemberKind.Laboratory && kind != MemberKind.Pharmacy) revert CareEpisodes_BadKind(member, kind);
        _requireClosed(patient, member);
        _open(patient, member, EpisodeOrigin.Dependent, opener, own.closedAt);
    }

    /// @inheritdoc ICareEpisodes
    function openByPolicy(PatientId patient, MemberId insurer, uint40 closedAt) external {
        if (msg.sender != _INSURANCE) revert CareEpisodes_NotInsurance(msg.sender);
        Slot storage slot = _slots[patient][insurer];
        bool extends = slot.origin == EpisodeOrigin.Policy && slot.closedAt < closedAt;
        if (_isOpen(slot) && !extends) return;
        _open(patient, insurer, EpisodeOrigin.Policy, MemberId.wrap(0), closedAt);
    }

    /// @inheritdoc ICareEpisodes
    function close(PatientId patient, MemberId member) external {
        if (msg.sender != _PATIENTS.authorityOf(patient).controller) {
            revert CareEpisodes_NotController(patient, msg.sender);
        }
        _checkOut(patient, member, msg.sender);
    }

    /// @inheritdoc ICareEpisodes
    function closeBySig(PatientId patient, MemberId member, uint32 nonce, uint40 deadline, bytes calldata signature)
        external
    {
        address controller = _PATIENTS.authorityOf(patient).controller;
        bytes32 digest = _nextDigest(_CHECK_OUT_TYPEHASH, patient, member, nonce, deadline);
        Signatures.requireValid(controller, digest, deadline, signature);
        _checkOut(patient, member, controller);
    }

    /// @inheritdoc ICareEpisodes
    function closeOwn(PatientId patient) external {
        _close(patient, _closingMember(), msg.sender);
    }

    /// @inheritdoc ICareEpisodes
    function closeDependent(PatientId patient, MemberId member) external {
        MemberId caller = _closingMember();
        // Only a dependent episode has an opener, and member 0 has no operators.
        if (_slots[patient][member].opener != caller) revert CareEpisodes_NotOpener(patient, member, caller);
        _close(patient, member, msg.sender);
    }

    /// @inheritdoc ICareEpisodes
    function mayWrite(PatientId patient, MemberId member) external view returns (WriteReason reason, uint32 number) {
        Slot storage slot = _slots[patient][member];
        number = slot.number;
        uint40 closedAt = slot.closedAt;
        if (number == 0) {
            reason = WriteReason.NoEpisode;
        } else if (closedAt != 0 && block.timestamp > closedAt + FILING_PERIOD) {
            reason = WriteReason.FilingPeriodOver;
        }
    }

    /// @inheritdoc ICareEpisodes
    function episodeOf(PatientId patient, MemberId member) external view returns (Episode memory) {
        Slot memory slot = _slots[patient][member];
        return Episode(slot.number, slot.openedAt, slot.closedAt, slot.origin, slot.opener);
    }

    /// @inheritdoc ICareEpisodes
    function nonceOf(PatientId patient, MemberId member) external view returns (uint32) {
        return _slots[patient][member].nonce;
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    /// @dev The patient's own check-in, or a representative's: replaces what others opened.
    function _checkIn(PatientId patient, MemberId member, EpisodeOrigin origin) internal {
        _requireActive(member);
        Slot storage slot = _slots[patient][member];
        EpisodeOrigin present = slot.origin;
        if (present == EpisodeOrigin.CheckIn || present == EpisodeOrigin.Representative) {
            _requireClosed(patient, member);
        }
        ++slot.nonce;
        _open(patient, member, origin, MemberId.wrap(0), 0);
    }

    /// @dev The patient's own check-out.
    function _checkOut(PatientId patient, MemberId member, address controller) internal {
        ++_slots[patient][member].nonce;
        _close(patient, member, controller);
    }

    function _open(PatientId patient, MemberId member, EpisodeOrigin origin, MemberId opener, uint40 closedAt) internal {
        Slot storage slot = _slots[patient][member];
        uint32 number = slot.number + 1;
        slot.number = number;
        slot.openedAt = SafeCast.toUint40(block.timestamp);
        slot.closedAt = closedAt;
        slot.origin = origin;
        slot.opener = opener;
        emit EpisodeOpened(patient, member, number, origin, opener, closedAt);
    }

    function _close(PatientId patient, MemberId member, address closedBy) internal {
        Slot storage slot = _slots[patient][member];
        if (!_isOpen(slot)) revert CareEpisodes_NotOpen(patient, member);
        slot.closedAt = SafeCast.toUint40(block.timestamp);
        emit EpisodeClosed(patient, member, slot.number, closedBy);
    }

    /// @dev EIP-712 digest of a signed action with the next nonce.
    function _nextDigest(bytes32 typehash, PatientId patient, MemberId member, uint32 nonce, uint40 deadline)
        internal
        view
        returns (bytes32)
    {
        uint32 expected = _slots[patient][member].nonce;
        if (nonce != expected) revert CareEpisodes_BadNonce(patient, member, expected, nonce);
        return _hashTypedDataV4(keccak256(abi.encode(typehash, patient, member, nonce, deadline)));
    }

    /// @dev Controller of a patient that may check in itself: no freeze holds it.
    function _ownController(PatientId patient) internal view returns (address) {
        IPatientRegistry.Authority memory authority = _requireActivePatient(patient);
        if (authority.status != PatientStatus.Provisional && block.timestamp <= authority.until) {
            revert CareEpisodes_PatientFrozen(patient, authority.until);
        }
        return authority.controller;
    }

    /// @dev Who acts for a patient for whom episodes may be opened.
    function _requireActivePatient(PatientId patient) internal view returns (IPatientRegistry.Authority memory authority) {
        authority = _PATIENTS.authorityOf(patient);
        PatientStatus status = authority.status;
        bool ended = status == PatientStatus.Provisional && block.timestamp > authority.until;
        if (status == PatientStatus.None || status == PatientStatus.Retired || ended) {
            revert CareEpisodes_PatientNotActive(patient, status);
        }
    }

    function _requireActive(MemberId member) internal view returns (MemberKind) {
        (MemberStatus status, MemberKind kind) = _CONSORTIUM.statusOf(member);
        if (status != MemberStatus.Active) revert CareEpisodes_MemberNotActive(member, status);
        return kind;
    }

    /// @dev Member of the caller, who has one of `roles`, if it may open.
    function _activeMember(uint16 roles) internal view returns (MemberId) {
        IConsortiumRegistry.Actor memory actor = _CONSORTIUM.actorOf(msg.sender);
        if (actor.roles & roles == 0) revert CareEpisodes_Unauthorized(msg.sender, roles);
        if (actor.status != MemberStatus.Active) revert CareEpisodes_MemberNotActive(actor.member, actor.status);
        return actor.member;
    }

    /// @dev Member of the caller, who is DESK, if it may close: suspension does not keep an episode open.
    function _closingMember() internal view returns (MemberId) {
        IConsortiumRegistry.Actor memory actor = _CONSORTIUM.actorOf(msg.sender);
        if (actor.roles & Roles.DESK == 0) revert CareEpisodes_Unauthorized(msg.sender, Roles.DESK);
        if (actor.status != MemberStatus.Active && actor.status != MemberStatus.Suspended) {
            revert CareEpisodes_MemberNotActive(actor.member, actor.status);
        }
        return actor.member;
    }

    function _requireClosed(PatientId patient, MemberId member) internal view {
        Slot storage slot = _slots[patient][member];
        if (_isOpen(slot)) revert CareEpisodes_AlreadyOpen(patient, member, slot.number);
    }

    function _isOpen(Slot storage slot) internal view returns (bool) {
        uint40 closedAt = slot.closedAt;
        return slot.number != 0 && (closedAt == 0 || block.timestamp < closedAt);
    }
}
