// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVersioned} from "./IVersioned.sol";

/// @title IDeployer
/// @notice Creates contracts that need each other's addresses, in a fixed order, and is inert afterwards.
/// @dev Assumes: (1) the plan is the list of `keccak256(creation code with constructor arguments)`, fixed at construction,
/// so that whoever completes a deployment completes the same one; (2) step `i` (from 0) is created by CREATE with nonce
/// `i + 1`, so every address is known before the first step; (3) an interrupted deployment resumes at {step}.
interface IDeployer is IVersioned {
    /// @notice Step `step` created `deployed`.
    event Deployed(uint256 indexed step, address indexed deployed);

    /// @notice Every step has its code; no further call changes anything.
    event Finished(uint256 steps);

    /// @notice The plan names nothing.
    error Deployer_EmptyPlan();
    /// @notice The creation code is not the one that the plan names for this step.
    error Deployer_UnplannedCode(uint256 step, bytes32 planned, bytes32 given);
    /// @notice The constructor of this step failed, or left no code, or landed elsewhere.
    error Deployer_CreationFailed(uint256 step, address expected);
    /// @notice Every step is done already.
    error Deployer_Finished();

    /// @notice Creates the next step.
    /// @dev Anybody may call: the plan leaves no choice. The last step checks that each address has its code.
    /// Requirements: not finished; the code's hash is the planned one. Emits {Deployed}, and {Finished} after the last.
    /// @param creationCode Creation bytecode followed by the ABI-encoded constructor arguments.
    function deploy(bytes calldata creationCode) external returns (address deployed);

    /// @notice Number of steps done.
    function step() external view returns (uint256);

    /// @notice Number of steps in the plan.
    function steps() external view returns (uint256);

    /// @notice Hash of the creation code planned for `index`.
    function planned(uint256 index) external view returns (bytes32);

    /// @notice Address of step `index`, deployed or not.
    function addressOf(uint256 index) external view returns (address);
}
