// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "forge-std/Test.sol";
import {IdentityHandler} from "./IdentityHandler.sol";

/// @notice See README.md, Identity.
contract IdentityInvariants is Test {
    IdentityHandler private _handler;

    function setUp() public {
        _handler = new IdentityHandler();
        _handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](14);
        (selectors[0], selectors[1]) = (_handler.register.selector, _handler.registerProvisional.selector);
        (selectors[2], selectors[3]) = (_handler.renew.selector, _handler.takeOver.selector);
        (selectors[4], selectors[5]) = (_handler.rotateKey.selector, _handler.rotateController.selector);
        (selectors[6], selectors[7]) = (_handler.setPart.selector, _handler.setPart.selector);
        (selectors[8], selectors[9]) = (_handler.executeContacts.selector, _handler.cancelContacts.selector);
        (selectors[10], selectors[11]) = (_handler.wait.selector, _handler.rotateKey.selector);
        (selectors[12], selectors[13]) = (_handler.replay.selector, _handler.strangers.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @dev One campaign for all: forge would run each invariant function in a campaign of its own.
    function invariant_PatientsFollowTheRules() public view {
        assertEq(_handler.surprises(), 0, "done against the rules, or refused what they allow");
        assertTrue(_handler.agrees(), "controller, status, end, nonce, key, configuration, schedule or sponsor");
    }

    function afterInvariant() public view {
        _handler.assertMostlySucceeds("identity");
    }
}
