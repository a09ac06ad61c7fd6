// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessReason, MemberId, MemberStatus, PatientId, PatientStatus} from "../types/Types.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title IAccessGrants
/// @notice Who may read what, for which purpose, until when: one slot per (patient, member, lane).
/// @dev Assumes: (1) a grant is absolute state: setting a lane replaces it, revoking deletes it, history is in events;
/// (2) a lane number (0-7) means nothing, it keeps grants from merging; (3) one nonce per (patient, member) is shared by
/// the lanes, kept in lane 0's slot, and advanced by direct actions too, so that a withheld signature cannot be used after
/// the patient acted; (4) a signed revocation may carry a nonce of up to 100 above the current one and sets it to that + 1, so
/// that no withheld grant blocks or outlives it; not further, so that a thief with the key cannot use the nonces up and
/// leave a recovered patient without signed grants (the largest nonce never advances and only revokes); (5) times are seconds, inclusive, and are compared with the later of the
/// caller's clock and the block's, because an idle chain's clock stands still; (6) a provisional patient grants only
/// TREAT, until the end of the provisional id, and a takeover voids it; (7) a frozen patient sets no grant, those that are
/// set go on and may be revoked; (8) grants of a retired id allow nothing: who it goes on as grants anew.
/// Typed data (EIP-712, domain "AccessGrants", "1"):
/// `SetGrant(bytes32 patient,uint32 member,uint8 lane,uint16 categories,uint16 purposes,uint8 restricted,uint40 notBefore,uint40 notAfter,uint32 nonce,uint40 deadline)`,
/// `Revoke(bytes32 patient,uint32 member,uint8 laneMask,uint32 nonce,uint40 deadline)`.
interface IAccessGrants is IVersioned {
    /// @notice What a lane allows: category bits, purpose bits, restricted class bits (4), and its term in seconds.
    struct Scope {
        uint16 categories;
        uint16 purposes;
        uint8 restricted;
        uint40 notBefore;
        uint40 notAfter;
    }

    /// @notice A lane's grant; `provisional` tells that a provisional patient gave it.
    struct Grant {
        Scope scope;
        bool provisional;
    }

    /// @notice The patient set a lane.
    event GrantSet(PatientId indexed patient, MemberId indexed member, uint8 lane, Scope scope, uint32 nextNonce);
    /// @notice The patient deleted the lanes of `laneMask` (bit i is lane i).
    event GrantRevoked(PatientId indexed patient, MemberId indexed member, uint8 laneMask, uint32 nextNonce);

    /// @notice The caller is not the controller.
    error AccessGrants_NotController(PatientId patient, address caller);
    /// @notice The patient is unknown or retired, or a provisional id has ended.
    error AccessGrants_PatientNotActive(PatientId patient, PatientStatus status);
    /// @notice The patient's contacts froze it until `until` (seconds, inclusive): it revokes, but grants nothing.
    error AccessGrants_PatientFrozen(PatientId patient, uint40 until);
    /// @notice The member is not active.
    error AccessGrants_MemberNotActive(MemberId member, MemberStatus status);
    /// @notice Lanes are 0 to 7.
    error AccessGrants_BadLane(uint8 lane);
    /// @notice The mask names no lane.
    error AccessGrants_NoLanes();
    /// @notice The scope names no category or purpose, a restricted class above the four, or a term that is empty or over.
    error AccessGrants_BadScope(Scope scope);
    /// @notice A provisional patient grants TREAT only, within its term.
    error AccessGrants_NotForProvisional(PatientId patient, uint16 purposes, uint40 notAfter);
    /// @notice The nonce is not the next one (for a revocation: below it, or more than 100 above).
    error AccessGrants_BadNonce(PatientId patient, MemberId member, uint32 expected, uint32 given);

    /// @notice Sets a lane. Caller is the controller. Emits {GrantSet}.
    /// @dev Requirements: patient active and not frozen, member active, lane below 8, usable scope.
    function setGrant(PatientId patient, MemberId member, uint8 lane, Scope calldata scope) external;

    /// @notice {setGrant} by the controller's signature; anybody may relay.
    function setGrantBySig(PatientId patient, MemberId member, uint8 lane, Scope calldata scope, uint32 nonce, uint40 deadline, bytes calldata signature) external;

    /// @notice Deletes lanes, whatever the state of the member. Caller is the controller. Emits {GrantRevoked}.
    function revoke(PatientId patient, MemberId member, uint8 laneMask) external;

    /// @notice {revoke} by the controller's signature; anybody may relay.
    function revokeBySig(PatientId patient, MemberId member, uint8 laneMask, uint32 nonce, uint40 deadline, bytes calldata signature) external;

    /// @notice Whether a lane allows all of `purposes`, `categories` and `restricted` at the later of `clock` and the block's time.
    /// @return reason The first that fails of: member, grant, retired, void, term, purpose, category, restricted class.
    function allowsAt(PatientId patient, MemberId member, uint8 lane, uint16 purposes, uint16 categories, uint8 restricted, uint40 clock) external view returns (AccessReason reason);

    /// @notice A lane as set; all zero when none.
    function grantOf(PatientId patient, MemberId member, uint8 lane) external view returns (Grant memory);

    /// @notice Next nonce of (patient, member).
    function nonceOf(PatientId patient, MemberId member) external view returns (uint32);
}
