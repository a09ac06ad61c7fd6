// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MemberId} from "../types/Types.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title IConsortiumCouncil
/// @notice m of n seats decide on members; the only administrator of the access manager.
/// @dev Assumes: (1) m > n / 2 and n <= 16; (2) seats are persons or services of distinct members, each with its own address;
/// (3) a change of seats voids every open proposal; (4) the delay gives members time to see a decision before it takes
/// effect, and suspending a member does not wait; (5) a proposal unexecuted 30 days after it was made is void.
interface IConsortiumCouncil is IVersioned {
    /// @notice A vote: `holder` votes for `member`.
    struct Seat {
        MemberId member;
        address holder;
    }

    /// @notice A proposal's standing. `approvals` has bit i for seat i of `seatsEpoch`; `passedAt` is 0 below the threshold.
    struct Proposal {
        uint40 proposedAt;
        uint40 passedAt;
        uint32 seatsEpoch;
        uint16 approvals;
        bool executed;
    }

    /// @notice `proposer` proposed to call `target` with `data`, and thereby approved it.
    event Proposed(bytes32 indexed proposalId, address indexed proposer, address indexed target, bytes data, bytes32 salt);
    /// @notice `holder` approved.
    event Approved(bytes32 indexed proposalId, address indexed holder, uint256 approvals);
    /// @notice `holder` took its approval back.
    event Withdrawn(bytes32 indexed proposalId, address indexed holder, uint256 approvals);
    /// @notice The call was made.
    event Executed(bytes32 indexed proposalId);
    /// @notice New seats and threshold.
    event SeatsChanged(uint32 indexed seatsEpoch, Seat[] seats, uint256 threshold);
    /// @notice New delay in seconds.
    event DelayChanged(uint40 delay);

    /// @notice The caller holds no seat.
    error ConsortiumCouncil_NotASeat(address caller);
    /// @notice Only a proposal of the council may call this.
    error ConsortiumCouncil_NotTheCouncil(address caller);
    /// @notice The seats are too many, or a holder or member is zero or appears twice.
    error ConsortiumCouncil_BadSeats(uint256 index);
    /// @notice The threshold is not a majority of the seats, or above their number.
    error ConsortiumCouncil_BadThreshold(uint256 threshold, uint256 seats);
    /// @notice The delay is above 30 days less the time to execute.
    error ConsortiumCouncil_BadDelay(uint40 delay);
    /// @notice The same proposal exists already.
    error ConsortiumCouncil_Exists(bytes32 proposalId);
    /// @notice No such proposal.
    error ConsortiumCouncil_Unknown(bytes32 proposalId);
    /// @notice Already executed.
    error ConsortiumCouncil_AlreadyExecuted(bytes32 proposalId);
    /// @notice Made before the last change of seats, or more than 30 days ago.
    error ConsortiumCouncil_Void(bytes32 proposalId);
    /// @notice The seat has approved already.
    error ConsortiumCouncil_AlreadyApproved(bytes32 proposalId, address holder);
    /// @notice The seat has not approved.
    error ConsortiumCouncil_NotApproved(bytes32 proposalId, address holder);
    /// @notice Fewer approvals than the threshold.
    error ConsortiumCouncil_NotPassed(bytes32 proposalId, uint256 approvals, uint256 threshold);
    /// @notice The delay is not over.
    error ConsortiumCouncil_TooEarly(bytes32 proposalId, uint40 executableAt);

    /// @notice Proposes a call and approves it.
    /// @dev Requirements: the caller holds a seat; no equal proposal in this epoch of seats. Emits {Proposed}, {Approved}.
    /// @param salt Tells equal calls apart.
    /// @return proposalId `keccak256(abi.encode(target, data, salt, seatsEpoch))`.
    function propose(address target, bytes calldata data, bytes32 salt) external returns (bytes32 proposalId);

    /// @notice Approves a proposal. Emits {Approved}.
    function approve(bytes32 proposalId) external;

    /// @notice Takes an approval back; a proposal that falls below the threshold starts its delay anew later. Emits {Withdrawn}.
    function withdraw(bytes32 proposalId) external;

    /// @notice Makes the call of a passed proposal.
    /// @dev Anybody may call. Requirements: passed, delay over (not for suspensions), not void, not executed. A failing call
    /// reverts with its own error. Emits {Executed}.
    function execute(address target, bytes calldata data, bytes32 salt) external returns (bytes memory result);

    /// @notice Replaces all seats and the threshold; only by proposal. Emits {SeatsChanged}.
    function setSeats(Seat[] calldata newSeats, uint256 newThreshold) external;

    /// @notice Replaces the delay (seconds, at most 14 days); only by proposal. Emits {DelayChanged}.
    function setDelay(uint40 newDelay) external;

    /// @notice All seats.
    function seats() external view returns (Seat[] memory);

    /// @notice Approvals that a proposal needs.
    function threshold() external view returns (uint256);

    /// @notice Seconds between passing and execution.
    function delay() external view returns (uint40);

    /// @notice Number of the present set of seats.
    function seatsEpoch() external view returns (uint32);

    /// @notice A proposal's standing; all zero when unknown.
    function proposal(bytes32 proposalId) external view returns (Proposal memory);
}
