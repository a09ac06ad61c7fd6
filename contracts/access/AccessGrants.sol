// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AccessReason, MemberId, MemberStatus, PatientId, PatientStatus} from "../types/Types.sol";
import {Purposes} from "../types/Purposes.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {EmergencyAccess} from "./EmergencyAccess.sol";
import {GrantSlot, GrantSlots} from "./GrantSlots.sol";

/// @title AccessGrants
/// @notice Rules of {IAccessGrants}; break-the-glass is {EmergencyAccess}.
contract AccessGrants is IAccessGrants, EmergencyAccess {
    using GrantSlots for GrantSlot;

    bytes32 private constant _SET_GRANT_TYPEHASH = keccak256(
        "SetGrant(bytes32 patient,uint32 member,uint8 lane,uint16 categories,uint16 purposes,uint8 restricted,uint40 notBefore,uint40 notAfter,uint32 nonce,uint40 deadline)"
    );
    bytes32 private constant _REVOKE_TYPEHASH =
        keccak256("Revoke(bytes32 patient,uint32 member,uint8 laneMask,uint32 nonce,uint40 deadline)");

    uint8 private constant _LANES = 8;

    /// @dev How far above the next nonce a signed revocation may reach: 2^32 nonces are 43 million of them away.
    uint32 private constant _MOST_AHEAD = 100;

    mapping(PatientId patient => mapping(MemberId member => GrantSlot[_LANES] lanes)) private _grants;

    /// @param consortium Tells members' states and operators.
    /// @param patients Tells who acts for a patient.
    constructor(IConsortiumRegistry consortium, IPatientRegistry patients)
        EIP712("AccessGrants", "1")
        EmergencyAccess(consortium, patients)
    {}

    /// @inheritdoc IAccessGrants
    function setGrant(PatientId patient, MemberId member, uint8 lane, Scope calldata scope) external {
        IPatientRegistry.Authority memory authority = _requireActivePatient(patient);
        if (authority.controller != msg.sender) revert AccessGrants_NotController(patient, msg.sender);
        _setGrant(authority, patient, member, lane, scope);
    }

    /// @inheritdoc IAccessGrants
    function setGrantBySig(
        PatientId patient,
        MemberId member,
        uint8 lane,
        Scope calldata scope,
        uint32 nonce,
        uint40 deadline,
        bytes calldata signature
    ) external {
        uint32 expected = _grants[patient][member][0].nonce();
        if (nonce != expected || nonce == type(uint32).max) {
            revert AccessGrants_BadNonce(patient, member, expected, nonce);
        }
        IPatientRegistry.Authority memory authority = _requireActivePatient(patient);
        bytes32 structHash = keccak256(abi.encode(_SET_GRANT_TYPEHASH, patient, member, lane, scope, nonce, deadline));
        Signatures.requireValid(authority.controller, _hashTypedDataV4(structHash), deadline, signature);
        _setGrant(authority, patient, member, lane, scope);
    }

    /// @inheritdoc IAccessGrants
    function revoke(PatientId patient, MemberId member, uint8 laneMask) external {
        if (_patients.authorityOf(patient).controller != msg.sender) {
            revert AccessGrants_NotController(patient, msg.sender);
        }
        _revoke(patient, member, laneMask, _grants[patient][member][0].nonce());
    }

    /// @inheritdoc IAccessGrants
    function revokeBySig(
        PatientId patient,
        MemberId member,
        uint8 laneMask,
        uint32 nonce,
        uint40 deadline,
        bytes calldata signature
    ) external {
        uint32 expected = _grants[patient][member][0].nonce();
        if (nonce < expected || nonce - expected > _MOST_AHEAD) {
            revert AccessGrants_BadNonce(patient, member, expected, nonce);
        }
        bytes32 structHash = keccak256(abi.encode(_REVOKE_TYPEHASH, patient, member, laneMask, nonce, deadline));
        address controller = _patients.authorityOf(patient).controller;
        Signatures.requireValid(controller, _hashTypedDataV4(structHash), deadline, signature);
        _revoke(patient, member, laneMask, nonce);
    }

    /// @inheritdoc IAccessGrants
    function allowsAt(
        PatientId patient,
        MemberId member,
        uint8 lane,
        uint16 purposes,
        uint16 categories,
        uint8 restricted,
        uint40 clock
    ) external view returns (AccessReason reason) {
        if (!_isActive(member)) return AccessReason.MemberNotActive;
        Grant memory grant = _slotOf(patient, member, lane).unpack();
        Scope memory scope = grant.scope;
        if (scope.categories == 0) return AccessReason.NoGrant;
        PatientStatus status = _patients.authorityOf(patient).status;
        if (status == PatientStatus.Retired) return AccessReason.Retired;
        if (grant.provisional && status != PatientStatus.Provisional) return AccessReason.Voided;
        uint256 time = _later(clock);
        if (time < scope.notBefore) return AccessReason.NotYetValid;
        if (time > scope.notAfter) return AccessReason.Expired;
        if (purposes & ~scope.purposes != 0) return AccessReason.PurposeNotGranted;
        if (categories & ~scope.categories != 0) return AccessReason.CategoryNotGranted;
        if (restricted & ~scope.restricted != 0) return AccessReason.RestrictedNotGranted;
        return AccessReason.Allowed;
    }

    /// @inheritdoc IAccessGrants
    function grantOf(PatientId patient, MemberId member, uint8 lane) external view returns (Grant memory) {
        return _slotOf(patient, member, lane).unpack();
    }

    /// @inheritdoc IAccessGrants
    function nonceOf(PatientId patient, MemberId member) external view returns (uint32) {
        return _grants[patient][member][0].nonce();
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    /// @dev Writes a lane and advances the nonce; the caller has checked who asks.
    function _setGrant(
        IPatientRegistry.Authority memory authority,
        PatientId patient,
        MemberId member,
        uint8 lane,
        Scope calldata scope
    ) internal {
        if (lane >= _LANES) revert AccessGrants_BadLane(lane);
        (MemberStatus status,) = _consortium.statusOf(member);
        if (status != MemberStatus.Active) revert AccessGrants_MemberNotActive(member, status);
        _requireUsable(scope);
        bool provisional = authority.status == PatientStatus.Provisional;
        if (provisional && (scope.purposes != Purposes.TREAT || scope.notAfter > authority.until)) {
            revert AccessGrants_NotForProvisional(patient, scope.purposes, scope.notAfter);
        }
        GrantSlot[_LANES] storage lanes = _grants[patient][member];
        GrantSlot first = lanes[0];
        uint32 nextNonce = _next(first.nonce());
        GrantSlot slot = GrantSlots.pack(scope, provisional);
        if (lane == 0) {
            lanes[0] = slot.withNonce(nextNonce);
        } else {
            lanes[0] = first.withNonce(nextNonce);
            lanes[lane] = slot;
        }
        emit GrantSet(patient, member, lane, scope, nextNonce);
    }

    /// @dev Deletes lanes and moves past `nonce`; the caller has checked who asks, and that `nonce` is not below the next one.
    function _revoke(PatientId patient, MemberId member, uint8 laneMask, uint32 nonce) internal {
        if (laneMask == 0) revert AccessGrants_NoLanes();
        GrantSlot[_LANES] storage lanes = _grants[patient][member];
        uint32 nextNonce = _next(nonce);
        GrantSlot kept = laneMask & 1 == 0 ? lanes[0] : GrantSlots.NONE;
        lanes[0] = kept.withNonce(nextNonce);
        uint8 rest = laneMask >> 1;
        for (uint8 lane = 1; rest != 0; ++lane) {
            if (rest & 1 != 0) lanes[lane] = GrantSlots.NONE;
            rest >>= 1;
        }
        emit GrantRevoked(patient, member, laneMask, nextNonce);
    }

    /// @dev Who acts for a patient that can grant: known, not retired, not frozen, and within the term of a provisional id.
    function _requireActivePatient(PatientId patient) internal view returns (IPatientRegistry.Authority memory authority) {
        authority = _patients.authorityOf(patient);
        bool provisional = authority.status == PatientStatus.Provisional;
        bool over = block.timestamp > authority.until; // the provisional id's term, or the latest freeze
        if ((provisional && over) || !_isKnown(authority.status)) {
            revert AccessGrants_PatientNotActive(patient, authority.status);
        }
        if (!provisional && !over) revert AccessGrants_PatientFrozen(patient, authority.until);
    }

    /// @dev A lane above the last holds nothing.
    function _slotOf(PatientId patient, MemberId member, uint8 lane) internal view returns (GrantSlot) {
        return lane < _LANES ? _grants[patient][member][lane] : GrantSlots.NONE;
    }

    /// @dev The scope allows something, at some time from now on.
    function _requireUsable(Scope calldata scope) internal view {
        if (
            scope.categories == 0 || scope.purposes == 0 || scope.restricted > _ALL_RESTRICTED
                || scope.notBefore > scope.notAfter || scope.notAfter < block.timestamp
        ) revert AccessGrants_BadScope(scope);
    }

    /// @dev The largest nonce does not advance, so that a revocation that carries it cannot stop later ones.
    function _next(uint32 nonce) internal pure returns (uint32) {
        return nonce == type(uint32).max ? nonce : nonce + 1;
    }
}
