// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IDisputeResolution} from "../interfaces/IDisputeResolution.sol";

/// @title Arbiters
/// @notice The part of {DisputeResolution} that keeps who may be drawn.
/// @dev `restricted` functions are the council's: nobody else is given a role of the access manager.
abstract contract Arbiters is IDisputeResolution, AccessManaged {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @dev From the appointment to the last second, which may be prolonged.
    struct Term {
        uint40 since;
        uint40 until;
    }

    /// @inheritdoc IDisputeResolution
    uint256 public constant MAX_ARBITERS = 64;

    EnumerableSet.AddressSet private _standing;
    mapping(address arbiter => Term) private _terms;

    /// @inheritdoc IDisputeResolution
    function appointArbiter(address arbiter, uint40 until) external restricted {
        if (arbiter == address(0) || until < block.timestamp || until <= _terms[arbiter].until) {
            revert DisputeResolution_BadTerm(arbiter, until);
        }
        bool isNew = _standing.add(arbiter);
        _terms[arbiter] = Term(isNew ? SafeCast.toUint40(block.timestamp) : _terms[arbiter].since, until);
        uint256 count = _standing.length();
        if (isNew && count > MAX_ARBITERS) revert DisputeResolution_TooManyArbiters(count);
        emit ArbiterAppointed(arbiter, until);
    }

    /// @inheritdoc IDisputeResolution
    function removeArbiter(address arbiter) external restricted {
        _dismiss(arbiter, false);
    }

    /// @inheritdoc IDisputeResolution
    function resign() external {
        _dismiss(msg.sender, true);
    }

    /// @inheritdoc IDisputeResolution
    function arbiters() external view returns (address[] memory) {
        return _arbiters();
    }

    /// @inheritdoc IDisputeResolution
    function termOf(address arbiter) external view returns (uint40) {
        return _terms[arbiter].until;
    }

    /// @dev Everybody appointed; at most {MAX_ARBITERS}.
    function _arbiters() internal view returns (address[] memory) {
        return _standing.values();
    }

    /// @dev Whether an arbiter's term lasts at least until `end` (seconds).
    function _servesUntil(address arbiter, uint256 end) internal view returns (bool) {
        return _terms[arbiter].until >= end;
    }

    /// @dev Whether an arbiter stands since `time` (seconds) at the latest.
    function _servesSince(address arbiter, uint256 time) internal view returns (bool) {
        return _terms[arbiter].since <= time;
    }

    function _dismiss(address arbiter, bool resigned) private {
        if (!_standing.remove(arbiter)) revert DisputeResolution_NotArbiter(arbiter);
        delete _terms[arbiter];
        emit ArbiterRemoved(arbiter, resigned);
    }
}
