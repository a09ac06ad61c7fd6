// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ConsortiumCouncil} from "../../../contracts/governance/ConsortiumCouncil.sol";
import {IConsortiumCouncil} from "../../../contracts/interfaces/IConsortiumCouncil.sol";
import {CouncilBase} from "./CouncilBase.sol";

contract ConsortiumCouncilSeatsTest is CouncilBase {
    function test_Constructor_RevertWhen_MoreThanSixteenSeats() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(17);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadSeats.selector, 16));
        _create(seats, 9, 0);
    }

    function test_Constructor_RevertWhen_HolderIsZero() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(3);
        seats[1].holder = address(0);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadSeats.selector, 1));
        _create(seats, 2, 0);
    }

    function test_Constructor_RevertWhen_MemberIsZero() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(3);
        seats[0].member = NOBODY;
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadSeats.selector, 0));
        _create(seats, 2, 0);
    }

    function test_Constructor_RevertWhen_HolderAppearsTwice() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(3);
        seats[2].holder = seats[0].holder;
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadSeats.selector, 2));
        _create(seats, 2, 0);
    }

    function test_Constructor_RevertWhen_MemberAppearsTwice() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(3);
        seats[2].member = seats[1].member;
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadSeats.selector, 2));
        _create(seats, 2, 0);
    }

    function test_Constructor_RevertWhen_NoSeats() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(0);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadThreshold.selector, 0, 0));
        _create(seats, 0, 0);
    }

    function test_Constructor_RevertWhen_ThresholdIsHalf() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(4);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadThreshold.selector, 2, 4));
        _create(seats, 2, 0);
    }

    function test_Constructor_RevertWhen_ThresholdIsAboveTheSeats() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(3);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadThreshold.selector, 4, 3));
        _create(seats, 4, 0);
    }

    function test_Constructor_RevertWhen_DelayIsAboveFourteenDays() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(3);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadDelay.selector, 14 days + 1));
        _create(seats, 2, 14 days + 1);
    }

    function test_Constructor_AcceptsSixteenSeatsAndFourteenDays() public {
        ConsortiumCouncil created = _create(_seatsOf(16), 9, 14 days);
        assertEq(created.seats().length, 16);
        assertEq(created.delay(), 14 days);
    }

    function test_Constructor_SetsSeatsThresholdDelay() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(3);
        vm.expectEmit();
        emit IConsortiumCouncil.SeatsChanged(1, seats, 2);
        vm.expectEmit();
        emit IConsortiumCouncil.DelayChanged(1 days);
        ConsortiumCouncil created = _create(seats, 2, 1 days);
        _assertSeats(created, seats);
        assertEq(created.threshold(), 2);
        assertEq(created.delay(), 1 days);
        assertEq(created.seatsEpoch(), 1);
    }

    function test_SetSeats_RevertWhen_CallerIsNotTheCouncil() public {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotTheCouncil.selector, seatHolders[0]));
        vm.prank(seatHolders[0]);
        council.setSeats(_seats(), 2);
    }

    function test_SetSeats_RevertWhen_SeatsAreBad() public {
        IConsortiumCouncil.Seat[] memory seats = _seats();
        seats[1].holder = seats[0].holder;
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadSeats.selector, 1));
        _changeSeats(seats, 2);
    }

    function test_SetSeats_RevertWhen_ThresholdIsNoMajority() public {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadThreshold.selector, 1, 3));
        _changeSeats(_seats(), 1);
    }

    function test_SetSeats_ReplacesAllByProposal() public {
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(5);
        bytes memory call = abi.encodeCall(council.setSeats, (seats, 4));
        _passed(address(council), call);
        skip(COUNCIL_DELAY);
        vm.expectEmit(address(council));
        emit IConsortiumCouncil.SeatsChanged(2, seats, 4);
        council.execute(address(council), call, SALT);
        _assertSeats(council, seats);
        assertEq(council.threshold(), 4);
        assertEq(council.seatsEpoch(), 2);
    }

    function test_SetSeats_EndsAFormerSeat() public {
        _changeSeats(_seatsWithNewThird(), 2);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotASeat.selector, seatHolders[2]));
        _propose(2);
    }

    function test_SetSeats_LetsAHolderMoveToAnotherSeat() public {
        IConsortiumCouncil.Seat[] memory seats = _seats();
        (seats[0].holder, seats[2].holder) = (seats[2].holder, seats[0].holder);
        _changeSeats(seats, 2);
        assertEq(council.proposal(_propose(0)).approvals, 4);
    }

    function test_SetDelay_RevertWhen_CallerIsNotTheCouncil() public {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotTheCouncil.selector, stranger));
        vm.prank(stranger);
        council.setDelay(0);
    }

    function test_SetDelay_RevertWhen_DelayIsAboveFourteenDays() public {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadDelay.selector, 14 days + 1));
        vm.prank(address(council));
        council.setDelay(14 days + 1);
    }

    function test_SetDelay_ReplacesItByProposal() public {
        bytes memory call = abi.encodeCall(council.setDelay, (14 days));
        _passed(address(council), call);
        skip(COUNCIL_DELAY);
        vm.expectEmit(address(council));
        emit IConsortiumCouncil.DelayChanged(14 days);
        council.execute(address(council), call, SALT);
        assertEq(council.delay(), 14 days);
    }

    function test_SetDelay_CountsForProposalsThatPassedBefore() public {
        bytes32 proposalId = _passed();
        vm.prank(address(council));
        council.setDelay(COUNCIL_DELAY + 1);
        skip(COUNCIL_DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_TooEarly.selector, proposalId, START + COUNCIL_DELAY + 1)
        );
        council.execute(address(target), data, SALT);
    }

    function test_Version_IsTheFirst() public view {
        assertEq(council.version(), "1.0.0");
    }

    function testFuzz_Constructor_AcceptsOnlyAMajority(uint256 count, uint256 threshold) public {
        count = bound(count, 0, 16);
        threshold = bound(threshold, 0, 20);
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(count);
        bool majority = threshold * 2 > count && threshold <= count;
        if (!majority) {
            vm.expectRevert(
                abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadThreshold.selector, threshold, count)
            );
        }
        ConsortiumCouncil created = _create(seats, threshold, 0);
        if (majority) assertEq(created.threshold(), threshold);
    }

    function testFuzz_Constructor_RefusesAnyRepeatedHolder(uint256 count, uint256 first, uint256 second) public {
        count = bound(count, 2, 16);
        second = bound(second, 1, count - 1);
        first = bound(first, 0, second - 1);
        IConsortiumCouncil.Seat[] memory seats = _seatsOf(count);
        seats[second].holder = seats[first].holder;
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_BadSeats.selector, second));
        _create(seats, count, 0);
    }

    function _assertSeats(ConsortiumCouncil of_, IConsortiumCouncil.Seat[] memory expected) private view {
        assertEq(abi.encode(of_.seats()), abi.encode(expected));
    }
}
