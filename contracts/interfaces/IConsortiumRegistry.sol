// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {KeyState, MemberId, MemberKind, MemberStatus} from "../types/Types.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title IConsortiumRegistry
/// @notice Members, the accounts that act for them, and the attestation of clinicians.
/// @dev Assumes: (1) the council admits, suspends, reinstates, removes, and appoints an administrator, nothing else;
/// (2) an account acts for one member only, and agreed to it by EIP-712, so that nobody can occupy another's account;
/// (3) a member gives its operators any role but CLINICIAN, which takes a registrar's attestation with an end;
/// (4) suspension takes effect through {actorOf} and {statusOf}: each contract decides what a suspended member may finish.
/// Consent: `OperatorConsent(uint32 member,address operator,uint16 roles,uint32 nonce,uint40 deadline)`.
interface IConsortiumRegistry is IVersioned {
    /// @notice A member. The key digest is `keccak256(suite || publicKey)`.
    struct Member {
        MemberKind kind;
        MemberStatus status;
        uint40 admittedAt;
        uint32 keyEpoch;
        bytes32 keyDigest;
        string nodeUrl;
    }

    /// @notice Whom an account acts for, now: an attestation that has ended shows no CLINICIAN bit.
    struct Actor {
        MemberId member;
        uint16 roles;
        MemberStatus status;
        MemberKind kind;
    }

    /// @notice A member was admitted.
    event MemberAdmitted(MemberId indexed member, MemberKind kind, address indexed admin);
    /// @notice A member was suspended, reinstated or removed.
    event MemberStatusChanged(MemberId indexed member, MemberStatus status);
    /// @notice A member's key; the first at admission has epoch 1.
    event MemberKeyRotated(MemberId indexed member, uint32 epoch, uint8 suite, bytes publicKey);
    /// @notice Where a member's node answers.
    event NodeUrlChanged(MemberId indexed member, string nodeUrl);
    /// @notice An account acts for a member with these roles.
    event OperatorChanged(MemberId indexed member, address indexed operator, uint16 roles);
    /// @notice An account acts for nobody any more.
    event OperatorRemoved(MemberId indexed member, address indexed operator);
    /// @notice A registrar attested a clinician until `notAfter` (seconds, inclusive).
    event ClinicianAttested(MemberId indexed member, address indexed operator, MemberId indexed registrar, bytes32 licenceDigest, uint40 notAfter);
    /// @notice A registrar withdrew an attestation.
    event AttestationWithdrawn(MemberId indexed member, address indexed operator, MemberId indexed registrar);

    /// @notice The member id is zero or taken, or the kind is none.
    error ConsortiumRegistry_BadMember(MemberId member, MemberKind kind);
    /// @notice The member is not in a state for this.
    error ConsortiumRegistry_WrongStatus(MemberId member, MemberStatus status);
    /// @notice The caller does not have this role of an active member.
    error ConsortiumRegistry_Unauthorized(address caller, uint16 role);
    /// @notice The account is zero or acts for a member already.
    error ConsortiumRegistry_OperatorTaken(address operator, MemberId member);
    /// @notice The account does not act for the caller's member.
    error ConsortiumRegistry_NotYourOperator(address operator, MemberId member);
    /// @notice The account acts for nobody.
    error ConsortiumRegistry_NotAnOperator(address operator);
    /// @notice A member may not give these roles.
    error ConsortiumRegistry_BadRoles(uint16 roles);
    /// @notice The attestation would end in the past.
    error ConsortiumRegistry_BadTerm(uint40 notAfter);
    /// @notice The account is no attested clinician.
    error ConsortiumRegistry_NotAttested(address operator);

    /// @notice Admits a member with its administrator, key and node. Only the council.
    /// @dev Requirements: free non-zero id, a kind, a free administrator account, a usable key.
    /// Emits {MemberAdmitted}, {MemberKeyRotated}, {NodeUrlChanged}, {OperatorChanged}.
    function admitMember(MemberId member, MemberKind kind, address admin, uint8 suite, bytes calldata publicKey, string calldata nodeUrl) external;

    /// @notice Suspends an active member. Only the council, without delay. Emits {MemberStatusChanged}.
    function suspendMember(MemberId member) external;

    /// @notice Reinstates a suspended member. Only the council. Emits {MemberStatusChanged}.
    function reinstateMember(MemberId member) external;

    /// @notice Removes an active or suspended member for good. Only the council. Emits {MemberStatusChanged}.
    function removeMember(MemberId member) external;

    /// @notice Gives a member a further administrator, when its own are lost. Only the council. Emits {OperatorChanged}.
    /// @dev Requirements: the member is active or suspended; the account is free.
    function appointAdmin(MemberId member, address admin) external;

    /// @notice Adds an operator to the caller's member.
    /// @dev Requirements: caller is ADMIN of an active member; the account is free and signed the consent with its next
    /// nonce; roles are not empty, without CLINICIAN, REGISTRAR only at a regulator. Emits {OperatorChanged}.
    function addOperator(address operator, uint16 roles, uint40 deadline, bytes calldata signature) external;

    /// @notice Replaces the roles of an operator of the caller's member; an attestation stays. Emits {OperatorChanged}.
    function setOperatorRoles(address operator, uint16 roles) external;

    /// @notice Removes an operator (and its attestation) of the caller's member, suspended or not. Emits {OperatorRemoved}.
    function removeOperator(address operator) external;

    /// @notice Attests that an operator of any active member is a licensed clinician until `notAfter` (seconds, inclusive).
    /// @dev Requirements: caller is REGISTRAR of an active regulator; `notAfter` not in the past. Emits {ClinicianAttested}.
    /// @param licenceDigest Salted digest of the licence.
    function attestClinician(address operator, bytes32 licenceDigest, uint40 notAfter) external;

    /// @notice Ends an attestation now. Caller as in {attestClinician}. Emits {AttestationWithdrawn}.
    function withdrawAttestation(address operator) external;

    /// @notice Replaces the key of the caller's member. Caller is ADMIN of an active member. Emits {MemberKeyRotated}.
    function rotateKey(uint8 suite, bytes calldata publicKey) external;

    /// @notice Replaces the node URL of the caller's member. Caller is ADMIN of an active member. Emits {NodeUrlChanged}.
    function setNodeUrl(string calldata nodeUrl) external;

    /// @notice Whom `account` acts for, now; all zero when nobody.
    function actorOf(address account) external view returns (Actor memory);

    /// @notice A member; all zero when unknown.
    function memberOf(MemberId member) external view returns (Member memory);

    /// @notice A member's status and kind.
    function statusOf(MemberId member) external view returns (MemberStatus status, MemberKind kind);

    /// @notice A member's key.
    function keyOf(MemberId member) external view returns (KeyState memory);

    /// @notice End of an account's attestation (seconds, inclusive); 0 when none.
    function attestedUntil(address operator) external view returns (uint40);

    /// @notice Next nonce of an account's consent.
    function nonceOf(address operator) external view returns (uint32);
}
