// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "forge-std/Test.sol";
import {AccessHandler} from "./AccessHandler.sol";

/// @notice See README.md, Access.
contract AccessInvariants is Test {
    AccessHandler private _handler;

    function setUp() public {
        _handler = new AccessHandler();
        _handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](12);
        (selectors[0], selectors[1], selectors[2]) =
            (_handler.grant.selector, _handler.grant.selector, _handler.grant.selector);
        (selectors[3], selectors[4]) = (_handler.withhold.selector, _handler.relayWithheld.selector);
        (selectors[5], selectors[6]) = (_handler.revoke.selector, _handler.takeOverFoundling.selector);
        (selectors[7], selectors[8]) = (_handler.openEmergency.selector, _handler.openEmergency.selector);
        (selectors[9], selectors[10]) = (_handler.review.selector, _handler.suspendOrReinstate.selector);
        selectors[11] = _handler.wait.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @dev One campaign for all: forge would run each invariant function in a campaign of its own.
    function invariant_AccessFollowsTheRules() public view {
        assertEq(_handler.surprises(), 0, "done against the rules, or refused what they allow");
        assertTrue(_handler.agrees(), "a lane, a nonce, an emergency or the count of unreviewed ones");
    }

    function afterInvariant() public view {
        _handler.assertMostlySucceeds("access");
    }
}
