// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title IVersioned
/// @notice Contracts are immutable: a new version is a new deployment, told apart by this number.
interface IVersioned {
    /// @notice Semantic version of the contract's interface and rules.
    function version() external view returns (string memory);
}
