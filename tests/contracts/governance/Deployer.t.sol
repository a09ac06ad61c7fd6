// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Deployer} from "../../../contracts/governance/Deployer.sol";
import {IDeployer} from "../../../contracts/interfaces/IDeployer.sol";
import {Test} from "forge-std/Test.sol";
import {CallingBack, Hesitant, Switch, Vanishing} from "../mocks/Steps.sol";

contract DeployerTest is Test {
    bytes internal first;
    bytes internal second;
    bytes internal third;
    address internal stranger;

    function setUp() public {
        first = type(Switch).creationCode;
        second = bytes.concat(type(Hesitant).creationCode, abi.encode(_switchOn()));
        third = type(Switch).creationCode;
        stranger = makeAddr("stranger");
    }

    function test_Constructor_RevertWhen_PlanIsEmpty() public {
        bytes32[] memory nothing = new bytes32[](0);
        vm.expectRevert(IDeployer.Deployer_EmptyPlan.selector);
        new Deployer(nothing);
    }

    function test_Constructor_KeepsThePlan() public {
        Deployer deployer = _deployer();
        assertEq(deployer.steps(), 3);
        assertEq(deployer.step(), 0);
        assertEq(deployer.planned(0), keccak256(first));
        assertEq(deployer.planned(1), keccak256(second));
        assertEq(deployer.planned(2), keccak256(third));
    }

    function test_Deploy_RevertWhen_CodeIsNotPlanned() public {
        Deployer deployer = _deployer();
        bytes memory other = type(Vanishing).creationCode;
        _expectUnplanned(0, keccak256(first), keccak256(other));
        deployer.deploy(other);
    }

    function test_Deploy_RevertWhen_CodeIsOfALaterStep() public {
        Deployer deployer = _deployer();
        _expectUnplanned(0, keccak256(first), keccak256(second));
        deployer.deploy(second);
    }

    function test_Deploy_RevertWhen_CodeIsOfAStepDone() public {
        Deployer deployer = _deployer();
        deployer.deploy(first);
        _expectUnplanned(1, keccak256(second), keccak256(first));
        deployer.deploy(first);
    }

    function test_Deploy_RevertWhen_ArgumentsDiffer() public {
        Deployer deployer = _deployer();
        deployer.deploy(first);
        bytes memory other = bytes.concat(type(Hesitant).creationCode, abi.encode(stranger));
        _expectUnplanned(1, keccak256(second), keccak256(other));
        deployer.deploy(other);
    }

    function test_Deploy_RevertWhen_ConstructorFails() public {
        Switch gate = new Switch();
        second = bytes.concat(type(Hesitant).creationCode, abi.encode(gate));
        Deployer deployer = _deployer();
        deployer.deploy(first);
        _expectFailed(1, deployer.addressOf(1));
        deployer.deploy(second);
        assertEq(deployer.step(), 1);
    }

    function test_Deploy_RevertWhen_ConstructorLeavesNoCode() public {
        first = type(Vanishing).creationCode;
        Deployer deployer = _deployer();
        _expectFailed(0, deployer.addressOf(0));
        deployer.deploy(first);
    }

    function test_Deploy_RevertWhen_ItLandsElsewhere() public {
        Deployer deployer = _deployer();
        vm.setNonce(address(deployer), 9);
        _expectFailed(0, deployer.addressOf(0));
        deployer.deploy(first);
    }

    function test_Deploy_RevertWhen_AnEarlierStepHasNoCodeAtTheEnd() public {
        Deployer deployer = _deployer();
        address lost = deployer.deploy(first);
        deployer.deploy(second);
        vm.etch(lost, "");
        _expectFailed(0, lost);
        deployer.deploy(third);
    }

    function test_Deploy_RevertWhen_AConstructorWouldFinish() public {
        bytes32[] memory plan = new bytes32[](2);
        bytes memory outer = bytes.concat(type(CallingBack).creationCode, abi.encode(first));
        (plan[0], plan[1]) = (keccak256(outer), keccak256(first));
        Deployer deployer = new Deployer(plan);
        _expectFailed(0, deployer.addressOf(0));
        deployer.deploy(outer);
    }

    function test_Deploy_RevertWhen_Finished() public {
        Deployer deployer = _finished();
        vm.expectRevert(IDeployer.Deployer_Finished.selector);
        deployer.deploy(third);
    }

    function test_Deploy_ByAnybody() public {
        Deployer deployer = _deployer();
        address expected = deployer.addressOf(0);
        vm.expectEmit(address(deployer));
        emit IDeployer.Deployed(0, expected);
        vm.prank(stranger);
        assertEq(deployer.deploy(first), expected);
        assertEq(expected.code, type(Switch).runtimeCode);
        assertEq(deployer.step(), 1);
    }

    function test_Deploy_ResumesAfterAFailedStep() public {
        Switch gate = new Switch();
        second = bytes.concat(type(Hesitant).creationCode, abi.encode(gate));
        Deployer deployer = _deployer();
        deployer.deploy(first);
        address expected = deployer.addressOf(1);
        _expectFailed(1, expected);
        deployer.deploy(second);
        gate.turn(true);
        assertEq(deployer.deploy(second), expected);
        assertEq(deployer.step(), 2);
    }

    function test_Deploy_OfAConstructorThatCallsBackTakesTheNextStep() public {
        bytes32[] memory plan = new bytes32[](3);
        bytes memory outer = bytes.concat(type(CallingBack).creationCode, abi.encode(first));
        (plan[0], plan[1], plan[2]) = (keccak256(outer), keccak256(first), keccak256(third));
        Deployer deployer = new Deployer(plan);
        CallingBack created = CallingBack(deployer.deploy(outer));
        assertEq(created.NEXT(), deployer.addressOf(1));
        assertEq(deployer.step(), 2);
    }

    function test_Deploy_OfTheLastStepFinishes() public {
        Deployer deployer = _deployer();
        deployer.deploy(first);
        deployer.deploy(second);
        vm.expectEmit(address(deployer));
        emit IDeployer.Deployed(2, deployer.addressOf(2));
        vm.expectEmit(address(deployer));
        emit IDeployer.Finished(3);
        deployer.deploy(third);
        assertEq(deployer.step(), 3);
    }

    function test_Planned_RevertWhen_ThereIsNoSuchStep() public {
        Deployer deployer = _deployer();
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x32));
        deployer.planned(3);
    }

    function test_AddressOf_AcrossTheLengthsOfANonce() public {
        Deployer deployer = _deployer();
        uint256[6] memory nonces = [uint256(1), 127, 128, 255, 256, 65536];
        for (uint256 i = 0; i < nonces.length; ++i) {
            assertEq(deployer.addressOf(nonces[i] - 1), vm.computeCreateAddress(address(deployer), nonces[i]));
        }
    }

    function test_Version_IsTheFirst() public {
        assertEq(_deployer().version(), "1.0.0");
    }

    function testFuzz_AddressOf_IsThatOfCreate(uint256 index) public {
        Deployer deployer = _deployer();
        index = bound(index, 0, type(uint64).max - 2);
        assertEq(deployer.addressOf(index), vm.computeCreateAddress(address(deployer), index + 1));
    }

    function testFuzz_Deploy_OnlyPlannedCode(bytes memory code) public {
        vm.assume(keccak256(code) != keccak256(first));
        Deployer deployer = _deployer();
        _expectUnplanned(0, keccak256(first), keccak256(code));
        deployer.deploy(code);
    }

    function _deployer() private returns (Deployer) {
        bytes32[] memory plan = new bytes32[](3);
        (plan[0], plan[1], plan[2]) = (keccak256(first), keccak256(second), keccak256(third));
        return new Deployer(plan);
    }

    function _finished() private returns (Deployer deployer) {
        deployer = _deployer();
        deployer.deploy(first);
        deployer.deploy(second);
        deployer.deploy(third);
    }

    function _switchOn() private returns (Switch gate) {
        gate = new Switch();
        gate.turn(true);
    }

    function _expectFailed(uint256 step, address expected) private {
        vm.expectRevert(abi.encodeWithSelector(IDeployer.Deployer_CreationFailed.selector, step, expected));
    }

    function _expectUnplanned(uint256 step, bytes32 planned, bytes32 given) private {
        vm.expectRevert(abi.encodeWithSelector(IDeployer.Deployer_UnplannedCode.selector, step, planned, given));
    }
}
