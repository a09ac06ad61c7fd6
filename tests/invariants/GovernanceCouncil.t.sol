// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {console} from "forge-std/console.sol";
import {IConsortiumCouncil} from "../../contracts/interfaces/IConsortiumCouncil.sol";
import {GovernanceBase} from "../contracts/Base.sol";
import {Target} from "../contracts/mocks/Target.sol";
import {CouncilHandler} from "./CouncilHandler.sol";

/// @notice See README.md, Governance.
contract GovernanceCouncilInvariants is GovernanceBase {
    CouncilHandler private _handler;
    Target private _target;

    function setUp() public override {
        super.setUp();
        _target = new Target();
        _handler = new CouncilHandler(council, registry, _target);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](9);
        (selectors[0], selectors[1]) = (_handler.propose.selector, _handler.propose.selector);
        (selectors[2], selectors[3]) = (_handler.approve.selector, _handler.approve.selector);
        (selectors[4], selectors[5]) = (_handler.execute.selector, _handler.withdraw.selector);
        (selectors[6], selectors[7]) = (_handler.wait.selector, _handler.strangers.selector);
        selectors[8] = _handler.execute.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @dev One campaign for all sentences: each would repeat the same calls.
    function invariant_Council() public view {
        assertEq(_handler.wrongExecutions(), 0, "executed without a majority that stood for the delay");
        assertEq(_handler.wrongRefusals(), 0, "refused what the rules allow");
        assertEq(_target.calls(), _handler.setValueCalls(), "a call was executed twice");
        _assertSeatsAreDistinctWithAMajority();
        _assertPassedExactlyAtTheThreshold();
    }

    function afterInvariant() public view {
        _handler.assertMostlySucceeds("council");
        console.log("council: executions", _handler.executions());
    }

    function _assertSeatsAreDistinctWithAMajority() private view {
        IConsortiumCouncil.Seat[] memory seats = council.seats();
        assertGt(council.threshold() * 2, seats.length, "no majority");
        assertLe(council.threshold(), seats.length, "a threshold that nobody reaches");
        for (uint256 i = 0; i < seats.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                assertTrue(seats[i].holder != seats[j].holder && seats[i].member != seats[j].member, "two seats of one");
            }
        }
    }

    function _assertPassedExactlyAtTheThreshold() private view {
        uint256 count = _handler.proposalCount();
        for (uint256 i = count > 8 ? count - 8 : 0; i < count; ++i) {
            assertTrue(_handler.agrees(_handler.proposals(i)), "a proposal stands otherwise than its votes");
        }
    }
}
