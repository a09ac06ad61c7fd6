// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @dev `keccak256(abi.encode(claim, opener))`: a party opens one dispute about a claim; the opener is 0 for the patient.
type DisputeId is bytes32;

/// @dev Where a dispute stands. The last three are its ends.
enum DisputeStage {
    None,
    Commit,
    Reveal,
    Draw,
    Strike,
    Seated,
    Regulator,
    Ruled,
    Agreed,
    Lapsed
}
