// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {DisputesBase} from "./DisputesBase.sol";

contract DisputeResolutionArbitersTest is DisputesBase {
    function test_AppointArbiter_RevertWhen_CallerIsNotTheCouncil() public {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, regulator.registrar)
        );
        vm.prank(regulator.registrar);
        disputes.appointArbiter(stranger, TERM_END);
    }

    function test_AppointArbiter_RevertWhen_AccountIsZero() public {
        _expectBadTerm(address(0), TERM_END);
        _appoint(address(0), TERM_END);
    }

    function test_AppointArbiter_RevertWhen_TermIsOver() public {
        _expectBadTerm(stranger, uint40(block.timestamp) - 1);
        _appoint(stranger, uint40(block.timestamp) - 1);
    }

    function test_AppointArbiter_RevertWhen_TermIsNoLongerThanBefore() public {
        _expectBadTerm(people[0], TERM_END);
        _appoint(people[0], TERM_END);
    }

    function test_AppointArbiter_RevertWhen_SixtyFourStand() public {
        for (uint256 i = APPOINTED; i < 64; ++i) {
            _appoint(_account(string.concat("arbiter ", vm.toString(i))), TERM_END);
        }
        assertEq(disputes.arbiters().length, disputes.MAX_ARBITERS());
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_TooManyArbiters.selector, 65)
        );
        _appoint(stranger, TERM_END);
        _appoint(people[0], TERM_END + 1);
        assertEq(disputes.termOf(people[0]), TERM_END + 1);
    }

    function test_AppointArbiter_AddsAPerson() public {
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.ArbiterAppointed(stranger, uint40(block.timestamp));
        _appoint(stranger, uint40(block.timestamp));
        assertEq(disputes.termOf(stranger), block.timestamp);
        assertEq(disputes.arbiters().length, APPOINTED + 1);
        assertEq(disputes.arbiters()[APPOINTED], stranger);
    }

    function test_AppointArbiter_ProlongsATerm() public {
        _appoint(people[3], TERM_END + 1);
        assertEq(disputes.termOf(people[3]), TERM_END + 1);
        assertEq(disputes.arbiters().length, APPOINTED);
    }

    function test_AppointArbiter_ByTheCouncilsVote() public {
        _govern(address(disputes), abi.encodeCall(disputes.appointArbiter, (stranger, TERM_END)));
        assertEq(disputes.termOf(stranger), TERM_END);
    }

    function test_RemoveArbiter_RevertWhen_CallerIsNotTheCouncil() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, people[1]));
        vm.prank(people[1]);
        disputes.removeArbiter(people[0]);
    }

    function test_RemoveArbiter_RevertWhen_NotAppointed() public {
        _expectNotArbiter(stranger);
        _dismiss(stranger);
    }

    function test_RemoveArbiter_EndsTheTerm() public {
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.ArbiterRemoved(people[0], false);
        _dismiss(people[0]);
        assertEq(disputes.termOf(people[0]), 0);
        assertEq(disputes.arbiters().length, APPOINTED - 1);
    }

    function test_Resign_RevertWhen_NotAppointed() public {
        _expectNotArbiter(stranger);
        vm.prank(stranger);
        disputes.resign();
    }

    function test_Resign_EndsTheTerm() public {
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.ArbiterRemoved(people[0], true);
        vm.prank(people[0]);
        disputes.resign();
        assertEq(disputes.termOf(people[0]), 0);
    }

    function test_Constants_AreTheStatedOnes() public view {
        assertEq(disputes.STEP_PERIOD(), STEP);
        assertEq(disputes.RULING_PERIOD(), RULING_TIME);
        assertEq(disputes.MAX_SUBMISSIONS(), 64);
        assertEq(disputes.MAX_ARBITERS(), 64);
        assertEq(disputes.version(), "1.0.0");
    }

    function _expectBadTerm(address arbiter, uint40 until) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_BadTerm.selector, arbiter, until)
        );
    }

    function _expectNotArbiter(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputeResolution.DisputeResolution_NotArbiter.selector, account));
    }
}
