// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {PublicKeys} from "../libraries/PublicKeys.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Roles} from "../types/Roles.sol";
import {KeyState, MemberId, MemberKind, MemberStatus} from "../types/Types.sol";

/// @title ConsortiumRegistry
/// @dev `restricted` functions are the council's: nobody else is given a role of the access manager.
contract ConsortiumRegistry is IConsortiumRegistry, AccessManaged, EIP712 {
    /// @dev One slot. `roles` never holds CLINICIAN, which follows from `attestedUntil`; the nonce outlives a removal.
    struct Operator {
        MemberId member;
        uint16 roles;
        uint40 attestedUntil;
        uint32 nonce;
    }

    bytes32 private constant _CONSENT_TYPEHASH =
        keccak256("OperatorConsent(uint32 member,address operator,uint16 roles,uint32 nonce,uint40 deadline)");

    mapping(MemberId member => Member) private _members;
    mapping(address account => Operator) private _operators;

    constructor(address accessManager) AccessManaged(accessManager) EIP712("ConsortiumRegistry", "1") {}

    /// @inheritdoc IConsortiumRegistry
    function admitMember(
        MemberId member,
        MemberKind kind,
        address admin,
        uint8 suite,
        bytes calldata publicKey,
        string calldata nodeUrl
    ) external restricted {
        Member storage state = _members[member];
        if (MemberId.unwrap(member) == 0 || kind == MemberKind.None || state.status != MemberStatus.None) {
            revert ConsortiumRegistry_BadMember(member, kind);
        }
        _requireFree(admin);

        state.kind = kind;
        state.status = MemberStatus.Active;
        state.admittedAt = uint40(block.timestamp); // seconds fit 40 bits for 34,000 years
        emit MemberAdmitted(member, kind, admin);
        _setKey(member, suite, publicKey);
        _setNodeUrl(member, nodeUrl);
        _assign(member, admin, Roles.ADMIN);
    }

    /// @inheritdoc IConsortiumRegistry
    function suspendMember(MemberId member) external restricted {
        MemberStatus status = _members[member].status;
        if (status != MemberStatus.Active) revert ConsortiumRegistry_WrongStatus(member, status);
        _setStatus(member, MemberStatus.Suspended);
    }

    /// @inheritdoc IConsortiumRegistry
    function reinstateMember(MemberId member) external restricted {
        MemberStatus status = _members[member].status;
        if (status != MemberStatus.Suspended) revert ConsortiumRegistry_WrongStatus(member, status);
        _setStatus(member, MemberStatus.Active);
    }

    /// @inheritdoc IConsortiumRegistry
    function removeMember(MemberId member) external restricted {
        _requirePresent(member);
        _setStatus(member, MemberStatus.Left);
    }

    /// @inheritdoc IConsortiumRegistry
    function appointAdmin(MemberId member, address admin) external restricted {
        _requirePresent(member);
        _requireFree(admin);
        _assign(member, admin, Roles.ADMIN);
    }

    /// @inheritdoc IConsortiumRegistry
    function addOperator(address operator, uint16 roles, uint40 deadline, bytes calldata signature) external {
        MemberId member = _requireActiveRole(msg.sender, Roles.ADMIN);
        _requireFree(operator);
        _requireOwnRoles(member, roles);
        uint32 nonce = _operators[operator].nonce++;
        bytes32 consent = keccak256(abi.encode(_CONSENT_TYPEHASH, member, operator, roles, nonce, deadline));
        Signatures.requireValid(operator, _hashTypedDataV4(consent), deadline, signature);
        _assign(member, operator, roles);
    }

    /// @inheritdoc IConsortiumRegistry
    function setOperatorRoles(address operator, uint16 roles) external {
        MemberId member = _requireActiveRole(msg.sender, Roles.ADMIN);
        _requireOperatorOf(operator, member);
        _requireOwnRoles(member, roles);
        _assign(member, operator, roles);
    }

    /// @inheritdoc IConsortiumRegistry
    function removeOperator(address operator) external {
        MemberId member = _operators[msg.sender].member;
        if (_lacksRole(msg.sender, Roles.ADMIN) || !_isPresent(_members[member].status)) {
            revert ConsortiumRegistry_Unauthorized(msg.sender, Roles.ADMIN);
        }
        _requireOperatorOf(operator, member);

        Operator storage state = _operators[operator];
        state.member = MemberId.wrap(0);
        state.roles = 0;
        state.attestedUntil = 0;
        emit OperatorRemoved(member, operator);
    }

    /// @inheritdoc IConsortiumRegistry
    function attestClinician(address operator, bytes32 licenceDigest, uint40 notAfter) external {
        MemberId registrar = _requireActiveRole(msg.sender, Roles.REGISTRAR);
        MemberId member = _operators[operator].member;
        if (MemberId.unwrap(member) == 0) revert ConsortiumRegistry_NotAnOperator(operator);
        MemberStatus status = _members[member].status;
        if (status != MemberStatus.Active) revert ConsortiumRegistry_WrongStatus(member, status);
        if (notAfter < block.timestamp) revert ConsortiumRegistry_BadTerm(notAfter);

        _operators[operator].attestedUntil = notAfter;
        emit ClinicianAttested(member, operator, registrar, licenceDigest, notAfter);
    }

    /// @inheritdoc IConsortiumRegistry
    function withdrawAttestation(address operator) external {
        MemberId registrar = _requireActiveRole(msg.sender, Roles.REGISTRAR);
        Operator storage state = _operators[operator];
        if (state.attestedUntil < block.timestamp) revert ConsortiumRegistry_NotAttested(operator);

        state.attestedUntil = 0;
        emit AttestationWithdrawn(state.member, operator, registrar);
    }

    /// @inheritdoc IConsortiumRegistry
    function rotateKey(uint8 suite, bytes calldata publicKey) external {
        _setKey(_requireActiveRole(msg.sender, Roles.ADMIN), suite, publicKey);
    }

    /// @inheritdoc IConsortiumRegistry
    function setNodeUrl(string calldata nodeUrl) external {
        _setNodeUrl(_requireActiveRole(msg.sender, Roles.ADMIN), nodeUrl);
    }

    /// @inheritdoc IConsortiumRegistry
    function actorOf(address account) external view returns (Actor memory actor) {
        Operator storage operator = _operators[account];
        MemberId member = operator.member;
        if (MemberId.unwrap(member) == 0) return actor;
        Member storage state = _members[member];
        uint16 clinician = operator.attestedUntil < block.timestamp ? 0 : Roles.CLINICIAN;
        return Actor({member: member, roles: operator.roles | clinician, status: state.status, kind: state.kind});
    }

    /// @inheritdoc IConsortiumRegistry
    function memberOf(MemberId member) external view returns (Member memory) {
        return _members[member];
    }

    /// @inheritdoc IConsortiumRegistry
    function statusOf(MemberId member) external view returns (MemberStatus status, MemberKind kind) {
        Member storage state = _members[member];
        return (state.status, state.kind);
    }

    /// @inheritdoc IConsortiumRegistry
    function keyOf(MemberId member) external view returns (KeyState memory) {
        Member storage state = _members[member];
        return KeyState({digest: state.keyDigest, epoch: state.keyEpoch});
    }

    /// @inheritdoc IConsortiumRegistry
    function attestedUntil(address operator) external view returns (uint40) {
        return _operators[operator].attestedUntil;
    }

    /// @inheritdoc IConsortiumRegistry
    function nonceOf(address operator) external view returns (uint32) {
        return _operators[operator].nonce;
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    function _assign(MemberId member, address operator, uint16 roles) internal {
        _operators[operator].member = member;
        _operators[operator].roles = roles;
        emit OperatorChanged(member, operator, roles);
    }

    function _setStatus(MemberId member, MemberStatus status) internal {
        _members[member].status = status;
        emit MemberStatusChanged(member, status);
    }

    function _setKey(MemberId member, uint8 suite, bytes calldata publicKey) internal {
        Member storage state = _members[member];
        state.keyDigest = PublicKeys.digestOf(suite, publicKey);
        uint32 epoch = ++state.keyEpoch;
        emit MemberKeyRotated(member, epoch, suite, publicKey);
    }

    function _setNodeUrl(MemberId member, string calldata nodeUrl) internal {
        _members[member].nodeUrl = nodeUrl;
        emit NodeUrlChanged(member, nodeUrl);
    }

    function _requireActiveRole(address caller, uint16 role) internal view returns (MemberId member) {
        member = _operators[caller].member;
        if (_lacksRole(caller, role) || _members[member].status != MemberStatus.Active) {
            revert ConsortiumRegistry_Unauthorized(caller, role);
        }
    }

    function _requirePresent(MemberId member) internal view {
        MemberStatus status = _members[member].status;
        if (!_isPresent(status)) revert ConsortiumRegistry_WrongStatus(member, status);
    }

    function _requireFree(address account) internal view {
        MemberId member = _operators[account].member;
        if (account == address(0) || MemberId.unwrap(member) != 0) {
            revert ConsortiumRegistry_OperatorTaken(account, member);
        }
    }

    function _requireOperatorOf(address operator, MemberId member) internal view {
        if (_operators[operator].member != member) revert ConsortiumRegistry_NotYourOperator(operator, member);
    }

    /// @dev REGISTRAR is only for regulators, whose kind never changes: whoever has the role belongs to one.
    function _requireOwnRoles(MemberId member, uint16 roles) internal view {
        bool foreign = roles & ~Roles.OWN != 0;
        bool registrar = roles & Roles.REGISTRAR != 0 && _members[member].kind != MemberKind.Regulator;
        if (roles == 0 || foreign || registrar) revert ConsortiumRegistry_BadRoles(roles);
    }

    function _lacksRole(address account, uint16 role) internal view returns (bool) {
        return _operators[account].roles & role == 0;
    }

    function _isPresent(MemberStatus status) internal pure returns (bool) {
        return status == MemberStatus.Active || status == MemberStatus.Suspended;
    }
}
