// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IConsortiumCouncil} from "../interfaces/IConsortiumCouncil.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {MemberId} from "../types/Types.sol";

/// @title ConsortiumCouncil
contract ConsortiumCouncil is IConsortiumCouncil {
    /// @dev A proposal's approvals are 16 bits.
    uint256 private constant _MAX_SEATS = 16;
    uint40 private constant _MAX_DELAY = 14 days;
    uint40 private constant _LIFETIME = 30 days;

    IConsortiumRegistry private immutable _REGISTRY;

    mapping(uint32 seatsEpoch => mapping(address holder => uint256 indexFromOne)) private _seatOf;
    mapping(bytes32 proposalId => Proposal) private _proposals;
    Seat[] private _seats;
    uint32 private _seatsEpoch;
    uint40 private _delay;
    uint8 private _threshold;

    modifier onlyCouncil() {
        _requireCouncil();
        _;
    }

    /// @param registry Where suspending a member does not wait.
    constructor(Seat[] memory initialSeats, uint256 initialThreshold, uint40 initialDelay, IConsortiumRegistry registry) {
        _REGISTRY = registry;
        _setSeats(initialSeats, initialThreshold);
        _setDelay(initialDelay);
    }

    /// @inheritdoc IConsortiumCouncil
    function propose(address target, bytes calldata data, bytes32 salt) external returns (bytes32 proposalId) {
        _requireSeat(msg.sender);
        proposalId = _idOf(target, data, salt);
        Proposal storage standing = _proposals[proposalId];
        if (standing.proposedAt != 0) revert ConsortiumCouncil_Exists(proposalId);

        standing.proposedAt = uint40(block.timestamp); // seconds fit 40 bits for 34,000 years
        standing.seatsEpoch = _seatsEpoch;
        emit Proposed(proposalId, msg.sender, target, data, salt);
        _approve(proposalId, standing, msg.sender);
    }

    /// @inheritdoc IConsortiumCouncil
    function approve(bytes32 proposalId) external {
        _requireSeat(msg.sender);
        _approve(proposalId, _requireOpen(proposalId), msg.sender);
    }

    /// @inheritdoc IConsortiumCouncil
    function withdraw(bytes32 proposalId) external {
        uint16 bit = _bitOf(_requireSeat(msg.sender));
        Proposal storage standing = _requireOpen(proposalId);
        uint16 approvals = standing.approvals;
        if (approvals & bit == 0) revert ConsortiumCouncil_NotApproved(proposalId, msg.sender);

        approvals ^= bit;
        uint256 count = _count(approvals);
        standing.approvals = approvals;
        if (count < _threshold) standing.passedAt = 0;
        emit Withdrawn(proposalId, msg.sender, count);
    }

    /// @inheritdoc IConsortiumCouncil
    function execute(address target, bytes calldata data, bytes32 salt) external returns (bytes memory result) {
        bytes32 proposalId = _idOf(target, data, salt);
        Proposal storage standing = _requireOpen(proposalId);
        uint40 passedAt = standing.passedAt;
        if (passedAt == 0) revert ConsortiumCouncil_NotPassed(proposalId, _count(standing.approvals), _threshold);
        uint40 executableAt = passedAt + (_isSuspension(target, data) ? 0 : _delay);
        if (block.timestamp < executableAt) revert ConsortiumCouncil_TooEarly(proposalId, executableAt);

        standing.executed = true;
        emit Executed(proposalId);
        result = Address.functionCall(target, data);
    }

    /// @inheritdoc IConsortiumCouncil
    function setSeats(Seat[] calldata newSeats, uint256 newThreshold) external onlyCouncil {
        _setSeats(newSeats, newThreshold);
    }

    /// @inheritdoc IConsortiumCouncil
    function setDelay(uint40 newDelay) external onlyCouncil {
        _setDelay(newDelay);
    }

    /// @inheritdoc IConsortiumCouncil
    function seats() external view returns (Seat[] memory) {
        return _seats;
    }

    /// @inheritdoc IConsortiumCouncil
    function threshold() external view returns (uint256) {
        return _threshold;
    }

    /// @inheritdoc IConsortiumCouncil
    function delay() external view returns (uint40) {
        return _delay;
    }

    /// @inheritdoc IConsortiumCouncil
    function seatsEpoch() external view returns (uint32) {
        return _seatsEpoch;
    }

    /// @inheritdoc IConsortiumCouncil
    function proposal(bytes32 proposalId) external view returns (Proposal memory) {
        return _proposals[proposalId];
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    function _approve(bytes32 proposalId, Proposal storage standing, address holder) internal {
        uint16 approvals = standing.approvals;
        uint16 bit = _bitOf(_seatOf[_seatsEpoch][holder]);
        if (approvals & bit != 0) revert ConsortiumCouncil_AlreadyApproved(proposalId, holder);

        approvals |= bit;
        uint256 count = _count(approvals);
        standing.approvals = approvals;
        if (count == _threshold) standing.passedAt = uint40(block.timestamp);
        emit Approved(proposalId, holder, count);
    }

    function _setSeats(Seat[] memory newSeats, uint256 newThreshold) internal {
        uint256 count = newSeats.length;
        if (count > _MAX_SEATS) revert ConsortiumCouncil_BadSeats(_MAX_SEATS);
        if (newThreshold * 2 <= count || newThreshold > count) {
            revert ConsortiumCouncil_BadThreshold(newThreshold, count);
        }

        uint32 epoch = _seatsEpoch + 1;
        delete _seats;
        for (uint256 i = 0; i < count; ++i) {
            Seat memory seat = newSeats[i];
            if (_isBadSeat(epoch, newSeats, i)) revert ConsortiumCouncil_BadSeats(i);
            _seats.push(seat);
            _seatOf[epoch][seat.holder] = i + 1;
        }
        _seatsEpoch = epoch;
        _threshold = uint8(newThreshold); // at most 16 by the check above
        emit SeatsChanged(epoch, newSeats, newThreshold);
    }

    function _setDelay(uint40 newDelay) internal {
        if (newDelay > _MAX_DELAY) revert ConsortiumCouncil_BadDelay(newDelay);
        _delay = newDelay;
        emit DelayChanged(newDelay);
    }

    function _requireCouncil() internal view {
        if (msg.sender != address(this)) revert ConsortiumCouncil_NotTheCouncil(msg.sender);
    }

    function _requireSeat(address holder) internal view returns (uint256 indexFromOne) {
        indexFromOne = _seatOf[_seatsEpoch][holder];
        if (indexFromOne == 0) revert ConsortiumCouncil_NotASeat(holder);
    }

    function _requireOpen(bytes32 proposalId) internal view returns (Proposal storage standing) {
        standing = _proposals[proposalId];
        if (standing.proposedAt == 0) revert ConsortiumCouncil_Unknown(proposalId);
        if (standing.executed) revert ConsortiumCouncil_AlreadyExecuted(proposalId);
        if (standing.seatsEpoch != _seatsEpoch || block.timestamp > standing.proposedAt + _LIFETIME) {
            revert ConsortiumCouncil_Void(proposalId);
        }
    }

    /// @dev Whether seat `i` has no member or holder, or repeats one of an earlier seat.
    function _isBadSeat(uint32 epoch, Seat[] memory newSeats, uint256 i) internal view returns (bool) {
        Seat memory seat = newSeats[i];
        if (MemberId.unwrap(seat.member) == 0 || seat.holder == address(0)) return true;
        if (_seatOf[epoch][seat.holder] != 0) return true;
        for (uint256 j = 0; j < i; ++j) {
            if (newSeats[j].member == seat.member) return true;
        }
        return false;
    }

    function _isSuspension(address target, bytes calldata data) internal view returns (bool) {
        return target == address(_REGISTRY) && bytes4(data) == IConsortiumRegistry.suspendMember.selector;
    }

    function _idOf(address target, bytes calldata data, bytes32 salt) internal view returns (bytes32) {
        return keccak256(abi.encode(target, data, salt, _seatsEpoch));
    }

    function _bitOf(uint256 indexFromOne) internal pure returns (uint16) {
        return uint16(1 << (indexFromOne - 1)); // a seat's index is below 16
    }

    function _count(uint16 approvals) internal pure returns (uint256 count) {
        for (; approvals != 0; approvals &= approvals - 1) {
            ++count;
        }
    }
}
