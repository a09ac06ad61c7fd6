// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ConsortiumCouncil} from "../../../contracts/governance/ConsortiumCouncil.sol";
import {IConsortiumCouncil} from "../../../contracts/interfaces/IConsortiumCouncil.sol";
import {CouncilBase} from "./CouncilBase.sol";

contract ConsortiumCouncilProposalsTest is CouncilBase {
    function test_Propose_RevertWhen_CallerHoldsNoSeat() public {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotASeat.selector, stranger));
        vm.prank(stranger);
        council.propose(address(target), data, SALT);
    }

    function test_Propose_RevertWhen_TheSameProposalExists() public {
        bytes32 proposalId = _propose(0);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_Exists.selector, proposalId));
        _propose(1);
    }

    function test_Propose_TellsEqualCallsApartBySalt() public {
        bytes32 first = _propose(0);
        vm.prank(seatHolders[0]);
        bytes32 second = council.propose(address(target), data, "another salt");
        assertNotEq(first, second);
        assertEq(council.proposal(second).approvals, 1);
    }

    function test_Propose_AllowsTheSameCallUnderNewSeats() public {
        bytes32 first = _propose(0);
        _changeSeats(_seatsWithNewThird(), 2);
        bytes32 second = _propose(0);
        assertNotEq(first, second);
        assertEq(council.proposal(second).seatsEpoch, 2);
    }

    function test_Propose_RecordsAndApproves() public {
        bytes32 expected = _idOf(address(target), data, SALT, 1);
        vm.expectEmit(address(council));
        emit IConsortiumCouncil.Proposed(expected, seatHolders[1], address(target), data, SALT);
        vm.expectEmit(address(council));
        emit IConsortiumCouncil.Approved(expected, seatHolders[1], 1);
        assertEq(_propose(1), expected);
        _assertStanding(expected, IConsortiumCouncil.Proposal(START, 0, 1, 2, false));
    }

    function test_Propose_PassesAtOnceInACouncilOfOne() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(1);
        ConsortiumCouncil single = _create(seats, 1, 0);
        vm.prank(seats[0].holder);
        bytes32 proposalId = single.propose(address(target), data, SALT);
        assertEq(single.proposal(proposalId).passedAt, START);
    }

    function test_Approve_RevertWhen_CallerHoldsNoSeat() public {
        bytes32 proposalId = _propose(0);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotASeat.selector, stranger));
        vm.prank(stranger);
        council.approve(proposalId);
    }

    function test_Approve_RevertWhen_CallerHeldASeatBefore() public {
        _changeSeats(_seatsWithNewThird(), 2);
        bytes32 proposalId = _propose(0);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotASeat.selector, seatHolders[2]));
        _approve(2, proposalId);
    }

    function test_Approve_RevertWhen_Unknown() public {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_Unknown.selector, SALT));
        _approve(0, SALT);
    }

    function test_Approve_RevertWhen_Executed() public {
        bytes32 proposalId = _executed();
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_AlreadyExecuted.selector, proposalId));
        _approve(2, proposalId);
    }

    function test_Approve_RevertWhen_SeatsChanged() public {
        bytes32 proposalId = _propose(0);
        _changeSeats(_seats(), 2);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_Void.selector, proposalId));
        _approve(1, proposalId);
    }

    function test_Approve_RevertWhen_OlderThanThirtyDays() public {
        bytes32 proposalId = _propose(0);
        skip(LIFETIME + 1);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_Void.selector, proposalId));
        _approve(1, proposalId);
    }

    function test_Approve_AtTheLastSecond() public {
        bytes32 proposalId = _propose(0);
        skip(LIFETIME);
        _approve(1, proposalId);
        assertEq(council.proposal(proposalId).approvals, 3);
    }

    function test_Approve_RevertWhen_ApprovedAlready() public {
        bytes32 proposalId = _propose(0);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_AlreadyApproved.selector, proposalId, seatHolders[0])
        );
        _approve(0, proposalId);
    }

    function test_Approve_BelowTheThresholdDoesNotPass() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(5);
        ConsortiumCouncil five = _create(seats, 3, 0);
        vm.prank(seats[0].holder);
        bytes32 proposalId = five.propose(address(target), data, SALT);
        vm.prank(seats[1].holder);
        five.approve(proposalId);
        assertEq(five.proposal(proposalId).passedAt, 0);
    }

    function test_Approve_AtTheThresholdPasses() public {
        bytes32 proposalId = _propose(0);
        skip(5);
        vm.expectEmit(address(council));
        emit IConsortiumCouncil.Approved(proposalId, seatHolders[2], 2);
        _approve(2, proposalId);
        _assertStanding(proposalId, IConsortiumCouncil.Proposal(START, START + 5, 1, 5, false));
    }

    function test_Approve_AboveTheThresholdKeepsTheDelayRunning() public {
        bytes32 proposalId = _passed();
        skip(5);
        _approve(2, proposalId);
        _assertStanding(proposalId, IConsortiumCouncil.Proposal(START, START, 1, 7, false));
    }

    function test_Withdraw_RevertWhen_CallerHoldsNoSeat() public {
        bytes32 proposalId = _propose(0);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotASeat.selector, stranger));
        vm.prank(stranger);
        council.withdraw(proposalId);
    }

    function test_Withdraw_RevertWhen_Unknown() public {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_Unknown.selector, SALT));
        _withdraw(0, SALT);
    }

    function test_Withdraw_RevertWhen_Executed() public {
        bytes32 proposalId = _executed();
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_AlreadyExecuted.selector, proposalId));
        _withdraw(0, proposalId);
    }

    function test_Withdraw_RevertWhen_SeatsChanged() public {
        bytes32 proposalId = _propose(0);
        _changeSeats(_seats(), 2);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_Void.selector, proposalId));
        _withdraw(0, proposalId);
    }

    function test_Withdraw_RevertWhen_OlderThanThirtyDays() public {
        bytes32 proposalId = _propose(0);
        skip(LIFETIME + 1);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_Void.selector, proposalId));
        _withdraw(0, proposalId);
    }

    function test_Withdraw_RevertWhen_NotApproved() public {
        bytes32 proposalId = _propose(0);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotApproved.selector, proposalId, seatHolders[1])
        );
        _withdraw(1, proposalId);
    }

    function test_Withdraw_RevertWhen_WithdrawnAlready() public {
        bytes32 proposalId = _passed();
        _withdraw(1, proposalId);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotApproved.selector, proposalId, seatHolders[1])
        );
        _withdraw(1, proposalId);
    }

    function test_Withdraw_BelowTheThresholdStopsTheDelay() public {
        bytes32 proposalId = _passed();
        vm.expectEmit(address(council));
        emit IConsortiumCouncil.Withdrawn(proposalId, seatHolders[0], 1);
        _withdraw(0, proposalId);
        _assertStanding(proposalId, IConsortiumCouncil.Proposal(START, 0, 1, 2, false));
    }

    function test_Withdraw_AtOrAboveTheThresholdKeepsTheDelayRunning() public {
        bytes32 proposalId = _passed();
        _approve(2, proposalId);
        skip(5);
        _withdraw(0, proposalId);
        _assertStanding(proposalId, IConsortiumCouncil.Proposal(START, START, 1, 6, false));
    }

    function test_Withdraw_ThenApproveStartsTheDelayAnew() public {
        bytes32 proposalId = _passed();
        skip(1 days);
        _withdraw(0, proposalId);
        _approve(0, proposalId);
        assertEq(council.proposal(proposalId).passedAt, START + 1 days);
    }

    function test_Proposal_IsZeroWhenUnknown() public view {
        _assertStanding(SALT, IConsortiumCouncil.Proposal(0, 0, 0, 0, false));
    }

    function testFuzz_Approve_PassesExactlyAtTheThreshold(uint256 count, uint256 threshold, uint256 order) public {
        count = bound(count, 1, 16);
        threshold = bound(threshold, count / 2 + 1, count);
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(count);
        ConsortiumCouncil any = _create(seats, threshold, 0);
        uint256 first = order % count;
        vm.prank(seats[first].holder);
        bytes32 proposalId = any.propose(address(target), data, SALT);
        for (uint256 i = 1; i < count; ++i) {
            assertEq(any.proposal(proposalId).passedAt != 0, i >= threshold);
            vm.prank(seats[(first + i) % count].holder);
            any.approve(proposalId);
        }
        assertEq(any.proposal(proposalId).passedAt, START);
        assertEq(any.proposal(proposalId).approvals, (1 << count) - 1);
    }

    function _assertStanding(bytes32 proposalId, IConsortiumCouncil.Proposal memory expected) private view {
        assertEq(abi.encode(council.proposal(proposalId)), abi.encode(expected));
    }
}
