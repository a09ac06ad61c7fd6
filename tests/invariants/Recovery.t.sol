// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "forge-std/Test.sol";
import {RecoveryHandler} from "./RecoveryHandler.sol";

/// @notice See README.md, Recovery.
contract RecoveryInvariants is Test {
    RecoveryHandler private _handler;

    function setUp() public {
        _handler = new RecoveryHandler();
        _handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](16);
        (selectors[0], selectors[1]) = (_handler.register.selector, _handler.schedule.selector);
        (selectors[2], selectors[3]) = (_handler.schedule.selector, _handler.cancel.selector);
        (selectors[4], selectors[5]) = (_handler.execute.selector, _handler.freeze.selector);
        (selectors[6], selectors[7]) = (_handler.rotate.selector, _handler.rotate.selector);
        (selectors[8], selectors[9]) = (_handler.setPart.selector, _handler.executeContacts.selector);
        (selectors[10], selectors[11]) = (_handler.use.selector, _handler.use.selector);
        (selectors[12], selectors[13]) = (_handler.link.selector, _handler.wait.selector);
        (selectors[14], selectors[15]) = (_handler.strangers.selector, _handler.setPart.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @dev One campaign for all: forge would run each invariant function in a campaign of its own.
    function invariant_RecoveryFollowsTheRules() public view {
        assertEq(_handler.surprises(), 0, "done against the rules, or refused what they allow");
        assertTrue(_handler.agrees(), "controller, freeze, nonce, key, configuration, recovery, grant or survivor");
    }

    function afterInvariant() public view {
        _handler.assertMostlySucceeds("recovery");
    }
}
