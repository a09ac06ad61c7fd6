// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CarePlansBase} from "../contracts/care/CarePlansBase.sol";
import {CarePlansHandler} from "./CarePlansHandler.sol";

/// @notice See README.md, Care plans.
contract CarePlansInvariants is CarePlansBase {
    CarePlansHandler private _handler;

    function setUp() public override {
        super.setUp();
        _attest(hospitalB.clinician, type(uint40).max); // outlasts the campaign
        CarePlansHandler.Parties memory parties = CarePlansHandler.Parties({
            patient: patient,
            controller: alice,
            key: uint256(keccak256("alice")),
            provider: HOSPITAL_B,
            finance: hospitalB.finance,
            clinician: hospitalB.clinician
        });
        _handler = new CarePlansHandler(plans, agreements, registry, address(council), parties);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](12);
        (selectors[0], selectors[1]) = (_handler.propose.selector, _handler.propose.selector);
        (selectors[2], selectors[3]) = (_handler.accept.selector, _handler.accept.selector);
        (selectors[4], selectors[5]) = (_handler.offer.selector, _handler.offer.selector);
        (selectors[6], selectors[7]) = (_handler.advance.selector, _handler.advance.selector);
        (selectors[8], selectors[9]) = (_handler.wait.selector, _handler.end.selector);
        (selectors[10], selectors[11]) = (_handler.suspendOrReinstate.selector, _handler.strangers.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    function invariant_CarePlansFollowTheRules() public view {
        assertEq(_handler.wrongSuccesses(), 0, "proposed, accepted, ended or offered against the rules");
        assertEq(_handler.wrongRefusals(), 0, "refused what the rules allow");
        assertTrue(_handler.agrees(), "a plan's state, a visit's agreement, or two that stand");
    }

    function afterInvariant() public view {
        _handler.assertMostlySucceeds("care plans");
    }
}
