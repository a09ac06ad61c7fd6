// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ConsortiumCouncil} from "../../../contracts/governance/ConsortiumCouncil.sol";
import {IConsortiumCouncil} from "../../../contracts/interfaces/IConsortiumCouncil.sol";
import {MemberId} from "../../../contracts/types/Types.sol";
import {GovernanceBase} from "../Base.sol";
import {Target} from "../mocks/Target.sol";

/// @notice A council of three with two votes, and a target that it may call.
abstract contract CouncilBase is GovernanceBase {
    bytes32 internal constant SALT = "salt";
    uint40 internal constant LIFETIME = 30 days;

    Target internal target;
    bytes internal data;

    function setUp() public virtual override {
        super.setUp();
        target = new Target();
        data = abi.encodeCall(Target.setValue, (7));
    }

    function _idOf(address callee, bytes memory call, bytes32 salt, uint32 epoch) internal pure returns (bytes32) {
        return keccak256(abi.encode(callee, call, salt, epoch));
    }

    function _propose(uint256 seat) internal returns (bytes32) {
        return _propose(seat, address(target), data);
    }

    function _propose(uint256 seat, address callee, bytes memory call) internal returns (bytes32) {
        vm.prank(seatHolders[seat]);
        return council.propose(callee, call, SALT);
    }

    function _approve(uint256 seat, bytes32 proposalId) internal {
        vm.prank(seatHolders[seat]);
        council.approve(proposalId);
    }

    function _withdraw(uint256 seat, bytes32 proposalId) internal {
        vm.prank(seatHolders[seat]);
        council.withdraw(proposalId);
    }

    function _passed() internal returns (bytes32 proposalId) {
        return _passed(address(target), data);
    }

    function _passed(address callee, bytes memory call) internal returns (bytes32 proposalId) {
        proposalId = _propose(0, callee, call);
        _approve(1, proposalId);
    }

    function _executed() internal returns (bytes32 proposalId) {
        proposalId = _passed();
        skip(COUNCIL_DELAY);
        council.execute(address(target), data, SALT);
    }

    /// @dev Seats of members 1, 2, ... held by accounts of their own.
    function _seatsOf(uint256 count) internal returns (IConsortiumCouncil.Seat[] memory seats) {
        seats = new IConsortiumCouncil.Seat[](count);
        for (uint256 i = 0; i < count; ++i) {
            address holder = _account(string.concat("seat ", vm.toString(i)));
            seats[i] = IConsortiumCouncil.Seat(MemberId.wrap(uint32(i + 1)), holder);
        }
    }

    function _create(IConsortiumCouncil.Seat[] memory seats, uint256 threshold, uint40 delay) internal returns (ConsortiumCouncil) {
        return new ConsortiumCouncil(seats, threshold, delay, registry);
    }

    function _changeSeats(IConsortiumCouncil.Seat[] memory seats, uint256 threshold) internal {
        vm.prank(address(council));
        council.setSeats(seats, threshold);
    }

    /// @dev The third seat passes to another account, the first two stay.
    function _seatsWithNewThird() internal returns (IConsortiumCouncil.Seat[] memory seats) {
        seats = _seats();
        seats[2].holder = _account("new third seat");
    }
}
