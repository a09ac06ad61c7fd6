// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ConsortiumRegistry} from "../../contracts/governance/ConsortiumRegistry.sol";
import {IConsortiumRegistry} from "../../contracts/interfaces/IConsortiumRegistry.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {MemberId, MemberKind, MemberStatus} from "../../contracts/types/Types.sol";
import {Consents} from "../contracts/Consents.sol";
import {CallCounter} from "./CallCounter.sol";

/// @notice Members come and go and hire from one small pool of accounts, so that they meet each other's.
contract RegistryHandler is CallCounter, Consents {
    /// @dev What an account may do by the history of its calls.
    struct GhostOperator {
        uint32 member;
        uint16 roles;
        uint40 attestedUntil;
        uint32 nonce;
    }

    /// @dev What a member is by the history of its calls.
    struct GhostMember {
        MemberKind kind;
        MemberStatus status;
        uint32 keyEpoch;
    }

    uint32 public constant MEMBERS = 5;
    uint256 public constant ACCOUNTS = 12;

    ConsortiumRegistry private immutable _REGISTRY;
    address private immutable _COUNCIL;
    address private immutable _REGISTRAR;

    /// @notice Calls that succeeded against the rules, and refusals that they do not explain.
    uint256 public wrongSuccesses;
    uint256 public wrongRefusals;

    address[] public accounts;
    mapping(address account => GhostOperator) private _operators;
    mapping(uint32 member => GhostMember) private _members;

    /// @param registrar Of a regulator outside this handler's members.
    constructor(ConsortiumRegistry registry, address council, address registrar) {
        _REGISTRY = registry;
        _COUNCIL = council;
        _REGISTRAR = registrar;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            accounts.push(_account(string.concat("pool account ", vm.toString(i))));
        }
    }

    function admit(uint256 seed) external {
        seed = _spread(seed);
        (uint32 member, MemberKind kind) = (_memberFrom(seed), MemberKind(1 + (seed >> 16) % 9));
        address admin = _accountFrom(seed >> 32);
        bool allowed = _members[member].status == MemberStatus.None && _isFree(admin);
        bytes memory data = abi.encodeCall(
            _REGISTRY.admitMember, (MemberId.wrap(member), kind, admin, 1, abi.encodePacked(bytes32(seed + 1)), "")
        );
        if (!_try(_COUNCIL, data, allowed, seed)) return;
        _members[member] = GhostMember(kind, MemberStatus.Active, 1);
        (_operators[admin].member, _operators[admin].roles) = (member, Roles.ADMIN);
    }

    function setStatus(uint256 seed) external {
        seed = _spread(seed);
        uint32 member = _memberFrom(seed);
        MemberStatus now_ = _members[member].status;
        uint256 action = (seed >> 16) % 12; // leaving is for good, so it is rare
        bytes4 selector = action == 0
            ? _REGISTRY.removeMember.selector
            : action < 5 ? _REGISTRY.suspendMember.selector : _REGISTRY.reinstateMember.selector;
        MemberStatus next = action == 0 ? MemberStatus.Left : action < 5 ? MemberStatus.Suspended : MemberStatus.Active;
        bool present = now_ == MemberStatus.Active || now_ == MemberStatus.Suspended;
        bytes memory data = abi.encodeWithSelector(selector, member);
        if (_try(_COUNCIL, data, present && now_ != next, seed)) _members[member].status = next;
    }

    function appoint(uint256 seed) external {
        seed = _spread(seed);
        uint32 member = _memberFrom(seed);
        address admin = _accountFrom(seed >> 16);
        bytes memory data = abi.encodeCall(_REGISTRY.appointAdmin, (MemberId.wrap(member), admin));
        if (!_try(_COUNCIL, data, _isPresent(member) && _isFree(admin), seed)) return;
        (_operators[admin].member, _operators[admin].roles) = (member, Roles.ADMIN);
    }

    function hire(uint256 seed) external {
        seed = _spread(seed);
        (address admin, address operator) = (_adminFrom(seed), _freeFrom(seed >> 16));
        (uint32 member, uint16 roles) = (_operators[admin].member, _rolesFrom(seed >> 32));
        uint40 deadline = uint40(block.timestamp);
        GhostOperator storage ghost = _operators[operator];
        bool allowed = _isActiveAdmin(admin) && _isFree(operator) && _mayGive(member, roles);
        bytes32 consent =
            _consentDigest(address(_REGISTRY), MemberId.wrap(member), operator, roles, ghost.nonce, deadline);
        bytes memory data = abi.encodeCall(_REGISTRY.addOperator, (operator, roles, deadline, _sign(operator, consent)));
        if (!_try(admin, data, allowed, seed)) return;
        (ghost.member, ghost.roles) = (member, roles);
        ++ghost.nonce;
    }

    function setRoles(uint256 seed) external {
        seed = _spread(seed);
        address admin = _adminFrom(seed);
        address operator = _colleagueFrom(admin, seed >> 16);
        uint16 roles = _rolesFrom(seed >> 32);
        uint32 member = _operators[admin].member;
        bool allowed = _isActiveAdmin(admin) && _operators[operator].member == member && _mayGive(member, roles);
        bytes memory data = abi.encodeCall(_REGISTRY.setOperatorRoles, (operator, roles));
        if (_try(admin, data, allowed, seed)) _operators[operator].roles = roles;
    }

    function dismiss(uint256 seed) external {
        seed = _spread(seed);
        address admin = _adminFrom(seed);
        address operator = _colleagueFrom(admin, seed >> 16);
        GhostOperator storage ghost = _operators[admin];
        bool allowed =
            ghost.roles & Roles.ADMIN != 0 && _isPresent(ghost.member) && _operators[operator].member == ghost.member;
        if (!_try(admin, abi.encodeCall(_REGISTRY.removeOperator, (operator)), allowed, seed)) return;
        _operators[operator] = GhostOperator(0, 0, 0, _operators[operator].nonce);
    }

    function attest(uint256 seed) external {
        seed = _spread(seed);
        address operator = _accountFrom(seed);
        uint40 notAfter = uint40(block.timestamp + (seed >> 16) % 10 days);
        bool allowed = _members[_operators[operator].member].status == MemberStatus.Active;
        bytes memory data = abi.encodeCall(_REGISTRY.attestClinician, (operator, "licence", notAfter));
        if (_try(_REGISTRAR, data, allowed, seed)) _operators[operator].attestedUntil = notAfter;
    }

    function withdrawAttestation(uint256 seed) external {
        seed = _spread(seed);
        address operator = _accountFrom(seed);
        bool allowed = _operators[operator].attestedUntil >= block.timestamp;
        if (_try(_REGISTRAR, abi.encodeCall(_REGISTRY.withdrawAttestation, (operator)), allowed, seed)) {
            _operators[operator].attestedUntil = 0;
        }
    }

    function rotateKey(uint256 seed) external {
        seed = _spread(seed);
        address admin = _adminFrom(seed);
        bytes memory data = abi.encodeCall(_REGISTRY.rotateKey, (1, abi.encodePacked(bytes32(seed + 1))));
        if (_try(admin, data, _isActiveAdmin(admin), seed)) ++_members[_operators[admin].member].keyEpoch;
    }

    function wait(uint256 seed) external {
        skip(bound(seed, 1 hours, 4 days));
    }

    /// @notice An operator tries what is the council's.
    function usurp(uint256 seed) external {
        seed = _spread(seed);
        _try(_accountFrom(seed), abi.encodeCall(_REGISTRY.suspendMember, (MemberId.wrap(_memberFrom(seed)))), false, seed);
    }

    /// @notice What the registry should answer for an account.
    function expectedActor(address account) external view returns (IConsortiumRegistry.Actor memory actor) {
        GhostOperator storage ghost = _operators[account];
        if (ghost.member == 0) return actor;
        uint16 clinician = ghost.attestedUntil >= block.timestamp ? Roles.CLINICIAN : 0;
        GhostMember storage member = _members[ghost.member];
        return IConsortiumRegistry.Actor(MemberId.wrap(ghost.member), ghost.roles | clinician, member.status, member.kind);
    }

    function expectedMember(uint32 member) external view returns (GhostMember memory) {
        return _members[member];
    }

    function expectedNonce(address account) external view returns (uint32) {
        return _operators[account].nonce;
    }

    /// @dev Makes the call, of those that must fail only every twelfth; whether it succeeded.
    function _try(address caller, bytes memory data, bool allowed, uint256 seed) private returns (bool success) {
        if (!allowed && (seed >> 64) % 12 != 0) return false;
        vm.prank(caller);
        (success,) = address(_REGISTRY).call(data);
        _count(success);
        if (success && !allowed) ++wrongSuccesses;
        if (!success && allowed) ++wrongRefusals;
    }

    /// @dev A present member's administrator, when there is one.
    function _adminFrom(uint256 seed) private view returns (address account) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            account = _accountFrom(seed + i);
            if (_operators[account].roles & Roles.ADMIN != 0 && _isPresent(_operators[account].member)) return account;
        }
    }

    /// @dev Mostly an account of the same member; at times anybody.
    function _colleagueFrom(address admin, uint256 seed) private view returns (address account) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            account = _accountFrom(seed + i);
            if (_operators[account].member == _operators[admin].member && account != admin) return account;
        }
    }

    function _freeFrom(uint256 seed) private view returns (address account) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            account = _accountFrom(seed + i);
            if (_isFree(account)) return account;
        }
    }

    function _accountFrom(uint256 seed) private view returns (address) {
        return accounts[seed % ACCOUNTS];
    }

    /// @dev Ids far from those of the consortium that surrounds the handler.
    function _memberFrom(uint256 seed) private pure returns (uint32) {
        return uint32(100 + seed % MEMBERS);
    }

    /// @dev Any of the low nine bits; CLINICIAN, an unknown bit and none at all are among them.
    function _rolesFrom(uint256 seed) private pure returns (uint16) {
        uint16 own = uint16(seed % 16);
        return seed % 5 == 0 ? uint16(seed >> 8) % 512 : own == 0 ? Roles.DESK : own;
    }

    function _mayGive(uint32 member, uint16 roles) private view returns (bool) {
        uint16 own = Roles.ADMIN | Roles.DESK | Roles.RECORDS | Roles.READER | Roles.FINANCE | Roles.ADJUDICATOR;
        if (_members[member].kind == MemberKind.Regulator) own |= Roles.REGISTRAR;
        return roles != 0 && roles & ~own == 0;
    }

    function _isActiveAdmin(address account) private view returns (bool) {
        GhostOperator storage ghost = _operators[account];
        return ghost.roles & Roles.ADMIN != 0 && _members[ghost.member].status == MemberStatus.Active;
    }

    function _isPresent(uint32 member) private view returns (bool) {
        MemberStatus status = _members[member].status;
        return status == MemberStatus.Active || status == MemberStatus.Suspended;
    }

    function _isFree(address account) private view returns (bool) {
        return _operators[account].member == 0;
    }
}
