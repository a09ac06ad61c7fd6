// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {AccessReason, EmergencyId, MemberId, MemberStatus, PatientId, PatientStatus} from "../types/Types.sol";
import {Roles} from "../types/Roles.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IEmergencyAccess} from "../interfaces/IEmergencyAccess.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {Signatures} from "../libraries/Signatures.sol";

/// @title EmergencyAccess
/// @notice Rules of {IEmergencyAccess}; part of {AccessGrants}.
abstract contract EmergencyAccess is IEmergencyAccess, EIP712 {
    bytes32 private constant _APPROVE_EMERGENCY_TYPEHASH = keccak256(
        "ApproveEmergency(bytes32 patient,uint32 member,address clinician,bytes32 reasonDigest,uint8 restricted,uint32 number,uint40 deadline)"
    );

    /// @inheritdoc IEmergencyAccess
    uint40 public constant EMERGENCY_PERIOD = 4 hours;

    /// @inheritdoc IEmergencyAccess
    uint32 public constant UNREVIEWED_CAP = 3;

    /// @dev The four restricted classes.
    uint8 internal constant _ALL_RESTRICTED = 15;

    IConsortiumRegistry internal immutable _consortium;
    IPatientRegistry internal immutable _patients;

    mapping(EmergencyId emergencyId => Emergency emergency) private _emergencies;
    mapping(PatientId patient => mapping(MemberId member => uint32 number)) private _latestNumbers;
    mapping(MemberId member => uint32 count) private _unreviewed;

    constructor(IConsortiumRegistry consortium, IPatientRegistry patients) {
        _consortium = consortium;
        _patients = patients;
    }

    /// @inheritdoc IEmergencyAccess
    function openEmergency(PatientId patient, bytes32 reasonDigest, uint8 restricted, Approval calldata approval)
        external
        returns (EmergencyId emergencyId)
    {
        MemberId member = _requireRole(msg.sender, Roles.CLINICIAN);
        if (!_isKnown(_patients.authorityOf(patient).status)) revert EmergencyAccess_UnknownPatient(patient);
        if (restricted > _ALL_RESTRICTED) revert EmergencyAccess_BadRestricted(restricted);
        if (reasonDigest == 0) revert EmergencyAccess_NoReason();
        uint32 number = _latestNumbers[patient][member] + 1;
        bytes32 structHash = keccak256(
            abi.encode(
                _APPROVE_EMERGENCY_TYPEHASH,
                patient,
                member,
                msg.sender,
                reasonDigest,
                restricted,
                number,
                approval.deadline
            )
        );
        _requireApproval(patient, member, restricted, structHash, approval);
        emergencyId = _open(patient, member, number, restricted);
        emit EmergencyOpened(
            emergencyId,
            patient,
            member,
            msg.sender,
            approval.clinician,
            number,
            reasonDigest,
            restricted,
            _emergencies[emergencyId].notAfter
        );
    }

    /// @inheritdoc IEmergencyAccess
    function reviewEmergency(EmergencyId emergencyId, bool justified, bytes32 findingDigest) external {
        MemberId registrar = _requireRole(msg.sender, Roles.REGISTRAR);
        Emergency storage emergency = _emergencies[emergencyId];
        if (emergency.number == 0) revert EmergencyAccess_Unknown(emergencyId);
        if (emergency.reviewed) revert EmergencyAccess_AlreadyReviewed(emergencyId);
        if (findingDigest == 0) revert EmergencyAccess_NoReason();
        emergency.reviewed = true;
        --_unreviewed[emergency.member];
        emit EmergencyReviewed(emergencyId, registrar, msg.sender, justified, findingDigest);
    }

    /// @inheritdoc IEmergencyAccess
    function emergencyAllowsAt(PatientId patient, MemberId member, uint8 restricted, uint40 clock)
        external
        view
        returns (AccessReason reason)
    {
        if (!_isActive(member)) return AccessReason.MemberNotActive;
        Emergency memory emergency = _emergencies[_idOf(patient, member, _latestNumbers[patient][member])];
        if (emergency.number == 0) return AccessReason.NoEmergency;
        if (_later(clock) > emergency.notAfter) return AccessReason.Expired;
        if (restricted & ~emergency.restricted != 0) return AccessReason.RestrictedNotGranted;
        return AccessReason.Allowed;
    }

    /// @inheritdoc IEmergencyAccess
    function latestEmergencyOf(PatientId patient, MemberId member) external view returns (Emergency memory) {
        return _emergencies[_idOf(patient, member, _latestNumbers[patient][member])];
    }

    /// @inheritdoc IEmergencyAccess
    function emergencyOf(EmergencyId emergencyId) external view returns (Emergency memory) {
        return _emergencies[emergencyId];
    }

    /// @inheritdoc IEmergencyAccess
    function unreviewedOf(MemberId member) external view returns (uint32) {
        return _unreviewed[member];
    }

    /// @dev Stores the emergency as the latest; the caller has checked who asks.
    function _open(PatientId patient, MemberId member, uint32 number, uint8 restricted)
        internal
        returns (EmergencyId emergencyId)
    {
        emergencyId = _idOf(patient, member, number);
        _emergencies[emergencyId] = Emergency({
            patient: patient,
            member: member,
            number: number,
            openedAt: SafeCast.toUint40(block.timestamp),
            notAfter: SafeCast.toUint40(block.timestamp + EMERGENCY_PERIOD),
            restricted: restricted,
            reviewed: false
        });
        _latestNumbers[patient][member] = number;
        ++_unreviewed[member];
    }

    /// @dev The member for which `account` has `role` while the member is active.
    function _requireRole(address account, uint16 role) internal view returns (MemberId) {
        IConsortiumRegistry.Actor memory actor = _consortium.actorOf(account);
        if (actor.status != MemberStatus.Active || actor.roles & role == 0) {
            revert EmergencyAccess_Unauthorized(account, role);
        }
        return actor.member;
    }

    /// @dev An attested clinician of another active member signed, or nobody had to. One that is given is always checked.
    function _requireApproval(
        PatientId patient,
        MemberId member,
        uint8 restricted,
        bytes32 structHash,
        Approval calldata approval
    ) internal view {
        if (approval.clinician == address(0)) {
            if (restricted != 0 || _unreviewed[member] >= UNREVIEWED_CAP || _isLatestUnreviewed(patient, member)) {
                revert EmergencyAccess_ApprovalRequired(patient, member, _unreviewed[member]);
            }
            return;
        }
        IConsortiumRegistry.Actor memory actor = _consortium.actorOf(approval.clinician);
        if (
            actor.status != MemberStatus.Active || actor.roles & Roles.CLINICIAN == 0 || actor.member == member
        ) revert EmergencyAccess_BadApprover(approval.clinician);
        Signatures.requireValid(
            approval.clinician, _hashTypedDataV4(structHash), approval.deadline, approval.signature
        );
    }

    function _isLatestUnreviewed(PatientId patient, MemberId member) internal view returns (bool) {
        uint32 number = _latestNumbers[patient][member];
        return number != 0 && !_emergencies[_idOf(patient, member, number)].reviewed;
    }

    function _isActive(MemberId member) internal view returns (bool) {
        (MemberStatus status,) = _consortium.statusOf(member);
        return status == MemberStatus.Active;
    }

    /// @dev The later of a caller's clock and the block's, because an idle chain's clock stands still.
    function _later(uint40 clock) internal view returns (uint256) {
        return Math.max(clock, block.timestamp);
    }

    function _isKnown(PatientStatus status) internal pure returns (bool) {
        return status != PatientStatus.None && status != PatientStatus.Retired;
    }

    function _idOf(PatientId patient, MemberId member, uint32 number) internal pure returns (EmergencyId) {
        return EmergencyId.wrap(keccak256(abi.encode(patient, member, number)));
    }
}
