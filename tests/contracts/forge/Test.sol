// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Assertions} from "./Assertions.sol";
import {Vm} from "./Vm.sol";
import {console} from "./console.sol";

/// @notice Base of every forge test: cheat codes as `vm`, assertions, and a few makers of values.
/// @dev An invariant suite names what forge calls by implementing `targetContracts()`, `targetSelectors()`, `excludeSenders()` and
///      their kin itself; forge looks them up by name.
abstract contract Test is Assertions {
    /// @dev Selectors of one contract that an invariant campaign calls; the return type of `targetSelectors()`.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev Marks the contract as a test for forge.
    bool public constant IS_TEST = true;

    /// @dev An account without a known key, derived from its name and labelled with it.
    function makeAddr(string memory name) internal returns (address account) {
        (account,) = makeAddrAndKey(name);
    }

    /// @dev An account and its private key, derived from its name and labelled with it.
    function makeAddrAndKey(string memory name) internal returns (address account, uint256 privateKey) {
        privateKey = uint256(keccak256(bytes(name)));
        account = vm.addr(privateKey);
        vm.label(account, name);
    }

    /// @dev `value` moved into [low, high], both included, evenly enough for fuzzing; a value already inside stays.
    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        require(low <= high, "bound: low > high");
        if (value >= low && value <= high) return value;
        uint256 size = high - low;
        if (size == type(uint256).max) return value;
        return low + (value % (size + 1));
    }

    /// @dev Moves the clock forward.
    function skip(uint256 time) internal {
        vm.warp(vm.getBlockTimestamp() + time);
    }

    /// @dev Gives `account` wei.
    function deal(address account, uint256 balance) internal {
        vm.deal(account, balance);
    }

    /// @dev The next call comes from `account`, which is given wei first.
    function hoax(address account) internal {
        vm.deal(account, 1 << 128);
        vm.prank(account);
    }

    /// @dev Fails the test with a reason.
    function fail(string memory reason) internal pure {
        vm.assertTrue(false, reason);
    }
}
