// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgreementId, ClaimStage, Terms} from "../../contracts/types/Care.sol";
import {DisputesBase} from "../contracts/disputes/DisputesBase.sol";
import {DisputesHandler} from "./DisputesHandler.sol";

/// @notice See README.md, Disputes.
contract DisputesInvariants is DisputesBase {
    uint256 private constant _CLAIMS = 24;

    DisputesHandler private _handler;

    function setUp() public override {
        super.setUp();
        Terms[] memory claims = new Terms[](_CLAIMS);
        for (uint256 i = 0; i < _CLAIMS; ++i) {
            claims[i] = terms;
            claims[i].salt = bytes32(i);
            AgreementId id = AgreementId.wrap(keccak256(abi.encode(claims[i])));
            settlement.setPaid(id, 0, 500_00);
            settlement.set(id, i % 3 == 0 ? ClaimStage.Contested : ClaimStage.Pending, i % 3 == 0 ? 1 : 0, 200_00);
        }
        DisputesHandler.Actor[] memory actors = new DisputesHandler.Actor[](4);
        actors[0] = DisputesHandler.Actor(PATIENT, alice);
        actors[1] = DisputesHandler.Actor(HOSPITAL_A, hospitalA.finance);
        actors[2] = DisputesHandler.Actor(INSURER, insurer.finance);
        actors[3] = DisputesHandler.Actor(CLINIC, clinic.finance);
        address[] memory strangers = new address[](4);
        (strangers[0], strangers[1]) = (stranger, bob);
        (strangers[2], strangers[3]) = (hospitalB.finance, hospitalA.desk);
        for (uint256 i = 0; i < APPOINTED; ++i) {
            // The campaign is longer than a year.
            _appoint(people[i], type(uint40).max);
        }
        _handler = new DisputesHandler(disputes, regulator.registrar, claims, actors, strangers);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](8);
        (selectors[0], selectors[1]) = (_handler.open.selector, _handler.carryOn.selector);
        (selectors[2], selectors[3]) = (_handler.carryOn.selector, _handler.carryOn.selector);
        (selectors[4], selectors[5]) = (_handler.carryOn.selector, _handler.decline.selector);
        (selectors[6], selectors[7]) = (_handler.wait.selector, _handler.strangers.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @dev One campaign for all: forge would run each invariant function in a campaign of its own.
    function invariant_DisputesFollowTheRules() public view {
        assertEq(_handler.wrongSuccesses(), 0, "somebody without a part acted");
        assertEq(_handler.wrongEnds(), 0, "ended, or not, against the rules");
        assertEq(settlement.locks(), _handler.count(), "a claim is locked by each opening");
        assertEq(settlement.rulings(), _handler.ended(), "and freed once, by its end");
        uint256 count = _handler.count();
        if (count != 0) assertTrue(_handler.isBounded(_handler.calls() % count), "a stage without an end");
    }

    function afterInvariant() public {
        _handler.endAll();
        assertEq(settlement.rulings(), _handler.count(), "a claim is locked for ever");
        _handler.assertMostlySucceeds("disputes");
    }
}
