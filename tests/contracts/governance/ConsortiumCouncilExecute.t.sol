// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IConsortiumCouncil} from "../../../contracts/interfaces/IConsortiumCouncil.sol";
import {IConsortiumRegistry} from "../../../contracts/interfaces/IConsortiumRegistry.sol";
import {MemberStatus} from "../../../contracts/types/Types.sol";
import {Target} from "../mocks/Target.sol";
import {CouncilBase} from "./CouncilBase.sol";

contract ConsortiumCouncilExecuteTest is CouncilBase {
    function test_Execute_RevertWhen_NeverProposed() public {
        _expectUnknown(address(target), data, SALT, 1);
        council.execute(address(target), data, SALT);
    }

    function test_Execute_RevertWhen_TargetDiffers() public {
        _passed();
        skip(COUNCIL_DELAY);
        _expectUnknown(address(registry), data, SALT, 1);
        council.execute(address(registry), data, SALT);
    }

    function test_Execute_RevertWhen_DataDiffer() public {
        _passed();
        skip(COUNCIL_DELAY);
        bytes memory other = abi.encodeCall(Target.setValue, (8));
        _expectUnknown(address(target), other, SALT, 1);
        council.execute(address(target), other, SALT);
    }

    function test_Execute_RevertWhen_SaltDiffers() public {
        _passed();
        skip(COUNCIL_DELAY);
        _expectUnknown(address(target), data, "other", 1);
        council.execute(address(target), data, "other");
    }

    function test_Execute_RevertWhen_SeatsChanged() public {
        _passed();
        _changeSeats(_seats(), 2);
        skip(COUNCIL_DELAY);
        _expectUnknown(address(target), data, SALT, 2);
        council.execute(address(target), data, SALT);
    }

    function test_Execute_RevertWhen_NotPassed() public {
        bytes32 proposalId = _propose(0);
        skip(COUNCIL_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotPassed.selector, proposalId, 1, 2));
        council.execute(address(target), data, SALT);
    }

    function test_Execute_RevertWhen_ApprovalWasWithdrawn() public {
        bytes32 proposalId = _passed();
        skip(COUNCIL_DELAY);
        _withdraw(1, proposalId);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotPassed.selector, proposalId, 1, 2));
        council.execute(address(target), data, SALT);
    }

    function test_Execute_RevertWhen_DelayIsNotOver() public {
        bytes32 proposalId = _passed();
        skip(COUNCIL_DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_TooEarly.selector, proposalId, START + COUNCIL_DELAY)
        );
        council.execute(address(target), data, SALT);
    }

    function test_Execute_RevertWhen_Executed() public {
        bytes32 proposalId = _executed();
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_AlreadyExecuted.selector, proposalId));
        council.execute(address(target), data, SALT);
    }

    function test_Execute_RevertWhen_TheCallAsksForItselfAgain() public {
        bytes memory call = abi.encodeCall(Target.reenter, (council, SALT));
        bytes32 proposalId = _passed(address(target), call);
        skip(COUNCIL_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_AlreadyExecuted.selector, proposalId));
        council.execute(address(target), call, SALT);
    }

    function test_Execute_RevertWhen_OlderThanThirtyDays() public {
        bytes32 proposalId = _passed();
        skip(LIFETIME + 1);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_Void.selector, proposalId));
        council.execute(address(target), data, SALT);
    }

    function test_Execute_RevertWhen_TheCallFails() public {
        bytes32 proposalId = _passed();
        target.setBroken(true);
        skip(COUNCIL_DELAY);
        vm.expectRevert(abi.encodeWithSelector(Target.Target_Refused.selector, 7));
        council.execute(address(target), data, SALT);
        assertFalse(council.proposal(proposalId).executed);
    }

    function test_Execute_RevertWhen_TargetHasNoCode() public {
        _passed(stranger, data);
        skip(COUNCIL_DELAY);
        vm.expectRevert(abi.encodeWithSelector(Address.AddressEmptyCode.selector, stranger));
        council.execute(stranger, data, SALT);
    }

    function test_Execute_AgainAfterAFailure() public {
        _passed();
        target.setBroken(true);
        skip(COUNCIL_DELAY);
        vm.expectPartialRevert(Target.Target_Refused.selector);
        council.execute(address(target), data, SALT);
        target.setBroken(false);
        council.execute(address(target), data, SALT);
        assertEq(target.calls(), 1);
    }

    function test_Execute_ByAnybodyWhenTheDelayIsOver() public {
        bytes32 proposalId = _passed();
        skip(COUNCIL_DELAY);
        vm.expectEmit(address(council));
        emit IConsortiumCouncil.Executed(proposalId);
        vm.prank(stranger);
        bytes memory result = council.execute(address(target), data, SALT);
        assertEq(target.value(), 7);
        assertEq(result, abi.encode(uint256(0)));
        assertTrue(council.proposal(proposalId).executed);
    }

    function test_Execute_AtTheLastSecond() public {
        _passed();
        skip(LIFETIME);
        council.execute(address(target), data, SALT);
        assertEq(target.value(), 7);
    }

    function test_Execute_SuspensionDoesNotWait() public {
        bytes memory call = abi.encodeCall(registry.suspendMember, (CLINIC));
        _passed(address(registry), call);
        council.execute(address(registry), call, SALT);
        (MemberStatus status,) = registry.statusOf(CLINIC);
        assertTrue(status == MemberStatus.Suspended);
    }

    function test_Execute_RevertWhen_SuspensionHasNotPassed() public {
        bytes memory call = abi.encodeCall(registry.suspendMember, (CLINIC));
        bytes32 proposalId = _propose(0, address(registry), call);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotPassed.selector, proposalId, 1, 2));
        council.execute(address(registry), call, SALT);
    }

    function test_Execute_RevertWhen_OtherDecisionOfTheRegistryDoesNotWait() public {
        _assertWaits(address(registry), abi.encodeCall(registry.removeMember, (CLINIC)));
    }

    function test_Execute_RevertWhen_SuspensionElsewhereDoesNotWait() public {
        _assertWaits(address(target), abi.encodeCall(IConsortiumRegistry.suspendMember, (CLINIC)));
    }

    function test_Execute_RevertWhen_DataHaveNoSelector() public {
        _assertWaits(address(registry), "");
    }

    function testFuzz_Execute_OnlyAfterTheDelay(uint40 delay, uint40 waited) public {
        delay = uint40(bound(delay, 0, 14 days));
        waited = uint40(bound(waited, 0, LIFETIME));
        vm.prank(address(council));
        council.setDelay(delay);
        bytes32 proposalId = _passed();
        skip(waited);
        if (waited < delay) {
            vm.expectRevert(
                abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_TooEarly.selector, proposalId, START + delay)
            );
        }
        council.execute(address(target), data, SALT);
        assertEq(target.calls(), waited < delay ? 0 : 1);
    }

    function _assertWaits(address callee, bytes memory call) private {
        bytes32 proposalId = _passed(callee, call);
        vm.expectRevert(
            abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_TooEarly.selector, proposalId, START + COUNCIL_DELAY)
        );
        council.execute(callee, call, SALT);
    }

    function _expectUnknown(address callee, bytes memory call, bytes32 salt, uint32 epoch) private {
        bytes32 proposalId = _idOf(callee, call, salt, epoch);
        vm.expectRevert(abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_Unknown.selector, proposalId));
    }
}
