// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ConsortiumCouncil} from "../../contracts/governance/ConsortiumCouncil.sol";
import {ConsortiumRegistry} from "../../contracts/governance/ConsortiumRegistry.sol";
import {IConsortiumCouncil} from "../../contracts/interfaces/IConsortiumCouncil.sol";
import {MemberId, MemberStatus} from "../../contracts/types/Types.sol";
import {Target} from "../contracts/mocks/Target.sol";
import {CallCounter} from "./CallCounter.sol";

/// @notice Votes at random, and keeps by itself who approved what since when.
contract CouncilHandler is CallCounter {
    /// @dev `passedAt` is when the approvals reached the majority, 0 while they do not.
    struct Ghost {
        address target;
        bytes data;
        bytes32 salt;
        uint256 epoch;
        uint256 proposedAt;
        uint256 passedAt;
        uint256 approvals;
        bool executed;
        bool suspension;
    }

    MemberId private constant _SUSPENDED_AT_TIMES = MemberId.wrap(3);
    uint256 private constant _RECENT = 6;

    ConsortiumCouncil private immutable _COUNCIL;
    ConsortiumRegistry private immutable _REGISTRY;
    Target private immutable _TARGET;

    uint256 public epoch = 1;
    uint256 public majority;
    uint256 public delay;
    uint256 public setValueCalls;
    /// @notice Executions that the ghost store does not allow, and refusals that it does not explain.
    uint256 public wrongExecutions;
    uint256 public wrongRefusals;
    uint256 public executions;

    bytes32[] public proposals;
    mapping(bytes32 proposalId => Ghost) private _ghosts;
    mapping(bytes32 proposalId => mapping(address holder => bool)) private _approved;
    address[] private _pool;
    address[] private _holders;

    constructor(ConsortiumCouncil council, ConsortiumRegistry registry, Target target) {
        _COUNCIL = council;
        _REGISTRY = registry;
        _TARGET = target;
        IConsortiumCouncil.Seat[] memory seats = council.seats();
        for (uint256 i = 0; i < seats.length; ++i) {
            _holders.push(seats[i].holder);
        }
        for (uint256 i = 0; i < 7; ++i) {
            _pool.push(makeAddr(string.concat("pool ", vm.toString(i))));
        }
        majority = council.threshold();
        delay = council.delay();
    }

    function propose(uint256 seed) external {
        seed = _spread(seed);
        (address callee, bytes memory data) = _call(seed);
        bytes32 salt = bytes32(proposals.length);
        address proposer = _holders[seed % _holders.length];
        vm.prank(proposer);
        bytes32 id = _COUNCIL.propose(callee, data, salt);
        _count(true);
        proposals.push(id);
        Ghost storage ghost = _ghosts[id];
        (ghost.target, ghost.data, ghost.salt, ghost.epoch) = (callee, data, salt, epoch);
        ghost.proposedAt = block.timestamp;
        ghost.suspension = callee == address(_REGISTRY) && bytes4(data) == _REGISTRY.suspendMember.selector;
        _ghostApprove(id, proposer);
    }

    function approve(uint256 seed) external {
        seed = _spread(seed);
        (bytes32 id, address holder) = _choose(seed, false);
        bool allowed = _isOpen(id) && _holds(holder) && !_approved[id][holder];
        if (_isIdle(allowed, seed)) return;
        vm.prank(holder);
        try _COUNCIL.approve(id) {
            if (!allowed) ++wrongExecutions;
            _ghostApprove(id, holder);
            _count(true);
        } catch {
            if (allowed) ++wrongRefusals;
            _count(false);
        }
    }

    function withdraw(uint256 seed) external {
        seed = _spread(seed);
        if ((seed >> 128) % 3 != 0) return; // votes stand more often than they fall
        (bytes32 id, address holder) = _choose(seed, true);
        bool allowed = _isOpen(id) && _holds(holder) && _approved[id][holder];
        if (_isIdle(allowed, seed)) return;
        vm.prank(holder);
        try _COUNCIL.withdraw(id) {
            if (!allowed) ++wrongExecutions;
            _approved[id][holder] = false;
            if (--_ghosts[id].approvals < majority) _ghosts[id].passedAt = 0;
            _count(true);
        } catch {
            if (allowed) ++wrongRefusals;
            _count(false);
        }
    }

    function execute(uint256 seed) external {
        seed = _spread(seed);
        bytes32 id = _chooseExecutable(seed);
        Ghost storage ghost = _ghosts[id];
        bool allowed = _isOpen(id) && ghost.passedAt != 0
            && block.timestamp >= ghost.passedAt + (ghost.suspension ? 0 : delay) && _wouldSucceed(ghost);
        if (_isIdle(allowed, seed)) return;
        try _COUNCIL.execute(ghost.target, ghost.data, ghost.salt) {
            if (!allowed) ++wrongExecutions;
            ghost.executed = true;
            ++executions;
            if (ghost.target == address(_TARGET)) ++setValueCalls;
            if (ghost.target == address(_COUNCIL)) _readCouncil(bytes4(ghost.data));
            _count(true);
        } catch {
            if (allowed) ++wrongRefusals;
            _count(false);
        }
    }

    function strangers(uint256 seed) external {
        seed = _spread(seed);
        if (_isIdle(false, seed)) return;
        bytes32 id = proposals.length == 0 ? bytes32(0) : proposals[seed % proposals.length];
        vm.prank(address(uint160(seed)));
        try _COUNCIL.approve(id) {
            ++wrongExecutions;
            _count(true);
        } catch {
            _count(false);
        }
    }

    function wait(uint256 seed) external {
        skip(bound(seed, 6 hours, 4 days));
    }

    /// @notice Whether the council's own reading of a proposal equals the ghost's.
    function agrees(bytes32 id) external view returns (bool) {
        Ghost storage ghost = _ghosts[id];
        IConsortiumCouncil.Proposal memory standing = _COUNCIL.proposal(id);
        return standing.passedAt == ghost.passedAt && standing.executed == ghost.executed
            && standing.seatsEpoch == ghost.epoch && standing.proposedAt == ghost.proposedAt;
    }

    function proposalCount() external view returns (uint256) {
        return proposals.length;
    }

    function _ghostApprove(bytes32 id, address holder) private {
        _approved[id][holder] = true;
        if (++_ghosts[id].approvals == majority) _ghosts[id].passedAt = block.timestamp;
    }

    /// @dev What an executed proposal of the council about itself changed.
    function _readCouncil(bytes4 selector) private {
        if (selector == _COUNCIL.setDelay.selector) {
            delay = _COUNCIL.delay();
            return;
        }
        ++epoch;
        majority = _COUNCIL.threshold();
        delete _holders;
        IConsortiumCouncil.Seat[] memory seats = _COUNCIL.seats();
        for (uint256 i = 0; i < seats.length; ++i) {
            _holders.push(seats[i].holder);
        }
    }

    function _call(uint256 seed) private view returns (address, bytes memory) {
        uint256 kind = (seed >> 64) % 8;
        if (kind == 0) return (address(_COUNCIL), abi.encodeCall(_COUNCIL.setDelay, (uint40(seed % 3 days))));
        if (kind == 1) return (address(_COUNCIL), _newSeats(seed));
        if (kind > 4) return (address(_TARGET), abi.encodeCall(Target.setValue, (seed)));
        if (_isSuspended()) {
            return (address(_REGISTRY), abi.encodeCall(_REGISTRY.reinstateMember, (_SUSPENDED_AT_TIMES)));
        }
        return (address(_REGISTRY), abi.encodeCall(_REGISTRY.suspendMember, (_SUSPENDED_AT_TIMES)));
    }

    function _newSeats(uint256 seed) private view returns (bytes memory) {
        uint256 count = 1 + (seed >> 8) % 5;
        IConsortiumCouncil.Seat[] memory seats = new IConsortiumCouncil.Seat[](count);
        for (uint256 i = 0; i < count; ++i) {
            seats[i] = IConsortiumCouncil.Seat(MemberId.wrap(uint32(i + 1)), _pool[(seed + i) % _pool.length]);
        }
        return abi.encodeCall(_COUNCIL.setSeats, (seats, count / 2 + 1));
    }

    /// @dev A recent proposal and a seat of which approving (or withdrawing) is allowed, when there is one.
    function _choose(uint256 seed, bool approved) private view returns (bytes32 id, address holder) {
        if (proposals.length == 0) return (0, _holders[0]);
        for (uint256 i = 0; i < _RECENT * _holders.length; ++i) {
            id = _recent(seed + i / _holders.length);
            holder = _holders[(seed + i) % _holders.length];
            if (_isOpen(id) && _approved[id][holder] == approved) return (id, holder);
        }
    }

    function _chooseExecutable(uint256 seed) private view returns (bytes32 id) {
        if (proposals.length == 0) return 0;
        for (uint256 i = 0; i < _RECENT; ++i) {
            id = _recent(seed + i);
            uint256 passedAt = _ghosts[id].passedAt;
            if (_isOpen(id) && passedAt != 0 && (_ghosts[id].suspension || block.timestamp >= passedAt + delay)) return id;
        }
    }

    function _recent(uint256 seed) private view returns (bytes32) {
        uint256 window = proposals.length < _RECENT ? proposals.length : _RECENT;
        return proposals[proposals.length - 1 - seed % window];
    }

    function _isOpen(bytes32 id) private view returns (bool) {
        Ghost storage ghost = _ghosts[id];
        return ghost.proposedAt != 0 && ghost.epoch == epoch && !ghost.executed
            && block.timestamp <= ghost.proposedAt + 30 days;
    }

    function _holds(address account) private view returns (bool) {
        for (uint256 i = 0; i < _holders.length; ++i) {
            if (_holders[i] == account) return true;
        }
        return false;
    }

    function _isSuspended() private view returns (bool) {
        (MemberStatus status,) = _REGISTRY.statusOf(_SUSPENDED_AT_TIMES);
        return status == MemberStatus.Suspended;
    }

    /// @dev Of the calls that must fail, every twelfth is made.
    function _isIdle(bool allowed, uint256 seed) private pure returns (bool) {
        return !allowed && (seed >> 96) % 12 != 0;
    }

    /// @dev The registry refuses to suspend twice, and to reinstate who is active.
    function _wouldSucceed(Ghost storage ghost) private view returns (bool) {
        return ghost.target != address(_REGISTRY) || ghost.suspension != _isSuspended();
    }
}
