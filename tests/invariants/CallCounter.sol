// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "forge-std/Test.sol";
import {console} from "forge-std/console.sol";

/// @notice Counts a handler's calls and how many of them did not revert.
abstract contract CallCounter is Test {
    /// @dev A shorter campaign, such as one that forge shrinks, shows no share.
    uint256 private constant _ENOUGH = 12;

    uint256 public calls;
    uint256 public succeeded;

    function _count(bool success) internal {
        ++calls;
        if (success) ++succeeded;
    }

    /// @dev Evenly spread choices: forge prefers small and special numbers, whose upper bits are all zero.
    function _spread(uint256 seed) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed))) >> 32; // room to add to it
    }

    /// @notice Prints the share of calls that did not revert; fails when it is below a half. For `afterInvariant`.
    function assertMostlySucceeds(string calldata name) external view {
        uint256 percent = calls == 0 ? 100 : succeeded * 100 / calls;
        console.log(string.concat(name, ": % of calls that did not revert, of"), percent, calls);
        if (calls >= _ENOUGH) assertGe(percent, 50, "most calls of the handler revert");
    }
}
