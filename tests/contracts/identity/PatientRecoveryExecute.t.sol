// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {IAccessGrants} from "../../../contracts/interfaces/IAccessGrants.sol";
import {PublicKeys} from "../../../contracts/libraries/PublicKeys.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {AccessReason, PatientId, RecoveryStage} from "../../../contracts/types/Types.sol";
import {RecoveryActions} from "../RecoveryActions.sol";

contract PatientRecoveryExecuteTest is RecoveryActions {
    uint40 private constant _READY_AT = START + 7 days;

    function setUp() public override {
        super.setUp();
        _nameContacts();
    }

    function test_ExecuteRecovery_OfAnUnknownPatient() public {
        patient = PatientId.wrap(SALT);
        _expectStage(RecoveryStage.None);
        _execute();
    }

    function test_ExecuteRecovery_WithoutOne() public {
        _expectStage(RecoveryStage.None);
        _execute();
    }

    function test_ExecuteRecovery_OneSecondEarly() public {
        _schedule();
        vm.warp(_READY_AT - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_TooEarly.selector, patient, _READY_AT)
        );
        _execute();
    }

    function test_ExecuteRecovery_WithAnotherKey() public {
        _schedule();
        vm.warp(_READY_AT);
        bytes memory other = _keyFor("thief", stranger);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRecovery.PatientRecovery_WrongKey.selector,
                patient,
                _keyDigest(_keyFor("recovered", newPhone)),
                _keyDigest(other)
            )
        );
        patients.executeRecovery(patient, 1, other);
    }

    function test_ExecuteRecovery_WithAnotherSuite() public {
        _schedule();
        vm.warp(_READY_AT);
        vm.expectRevert(abi.encodeWithSelector(PublicKeys.PublicKeys_Unusable.selector, 2, 32));
        patients.executeRecovery(patient, 2, _keyFor("recovered", newPhone));
    }

    function test_ExecuteRecovery_Twice() public {
        _recover();
        _expectStage(RecoveryStage.None);
        _execute();
    }

    function test_ExecuteRecovery_AtItsTimeByAnybody() public {
        _schedule();
        vm.warp(_READY_AT);
        vm.expectEmit(address(patients));
        emit IPatientRecovery.Recovered(patient, alice, newPhone, false);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientKeyRotated(patient, 2, 1, _keyFor("recovered", newPhone));
        vm.prank(stranger);
        _execute();
        assertEq(patients.authorityOf(patient).controller, newPhone);
        assertEq(patients.authorityOf(patient).until, 0);
        assertEq(patients.nonceOf(patient), 1);
        assertEq(patients.keyOf(patient).epoch, 2);
        assertEq(patients.keyOf(patient).digest, _keyDigest(_keyFor("recovered", newPhone)));
        assertEq(patients.configurationOf(patient), _digestOf(_proof()));
        IPatientRecovery.Recovery memory recovery = patients.recoveryOf(patient);
        assertTrue(recovery.stage == RecoveryStage.None);
        assertEq(recovery.newController, address(0));
        assertEq(recovery.readyAt, 0);
        assertEq(recovery.keyDigest, 0);
        assertEq(recovery.round, 1);
    }

    function test_ExecuteRecovery_OfAFinalOneBeginsAnew() public {
        _schedule();
        _cancel();
        _scheduleFinal();
        vm.warp(_READY_AT);
        vm.expectEmit(address(patients));
        emit IPatientRecovery.Recovered(patient, alice, newPhone, true);
        _execute();
        _schedule();
        assertTrue(patients.recoveryOf(patient).stage == RecoveryStage.Pending);
        assertEq(patients.recoveryOf(patient).round, 3);
    }

    function test_ExecuteRecovery_KeepsGrants() public {
        _grant(HOSPITAL_B, 0, _scope());
        _recover();
        assertTrue(
            grants.allowsAt(patient, HOSPITAL_B, 0, 1, MEDICATIONS, 0, uint40(block.timestamp)) == AccessReason.Allowed
        );
        vm.prank(newPhone);
        grants.revoke(patient, HOSPITAL_B, 1);
        assertTrue(
            grants.allowsAt(patient, HOSPITAL_B, 0, 1, MEDICATIONS, 0, uint40(block.timestamp)) == AccessReason.NoGrant
        );
    }

    function test_ExecuteRecovery_EndsTheFormerController() public {
        _recover();
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_NotController.selector, patient, alice)
        );
        vm.prank(alice);
        patients.rotateKey(patient, 1, _keyFor("thief", alice));
        vm.expectRevert(
            abi.encodeWithSelector(IAccessGrants.AccessGrants_NotController.selector, patient, alice)
        );
        vm.prank(alice);
        grants.setGrant(patient, HOSPITAL_B, 0, _scope());
    }

    function test_ExecuteRecovery_WhatTheFormerControllerSignedIsVoid() public {
        uint40 deadline = _READY_AT + HOUR;
        bytes32 withheld = _patientDigest(_hashRotateController(patient, stranger, 0, deadline));
        bytes32 ahead = _patientDigest(_hashRotateController(patient, stranger, 1, deadline));
        _recover();
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_BadNonce.selector, patient, 1, 0)
        );
        patients.rotateControllerBySig(
            patient, stranger, _signed(alice, withheld, 0, deadline), _sign(stranger, withheld)
        );
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, newPhone));
        patients.rotateControllerBySig(patient, stranger, _signed(alice, ahead, 1, deadline), _sign(stranger, ahead));
    }

    function test_ExecuteRecovery_FromAThiefWhoTookTheIdMeanwhile() public {
        _schedule();
        vm.startPrank(alice);
        patients.rotateKey(patient, 1, _keyFor("thief", stranger));
        bytes32 digest = _patientDigest(_hashRotateController(patient, stranger, 1, _deadline()));
        patients.rotateController(patient, stranger, _signed(stranger, digest, 1, _deadline()));
        vm.stopPrank();
        vm.warp(_READY_AT);
        vm.expectEmit(address(patients));
        emit IPatientRecovery.Recovered(patient, stranger, newPhone, false);
        _execute();
        assertEq(patients.nonceOf(patient), 3);
        assertEq(patients.keyOf(patient).epoch, 3);
    }

    function test_ExecuteRecovery_FromAThiefWhoUsedUpTheEpochs() public {
        uint256 last = type(uint16).max - 1000;
        bytes32 slot = keccak256(abi.encode(patient, uint256(0)));
        uint256 word = uint256(vm.load(address(patients), slot)) & ~(uint256(type(uint16).max) << 192);
        vm.store(address(patients), slot, bytes32(word | (last - 1) << 192));
        vm.startPrank(alice);
        patients.rotateKey(patient, 1, _keyFor("thief", stranger));
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_TooManyKeys.selector, patient, last)
        );
        patients.rotateKey(patient, 1, _keyFor("thief", stranger));
        vm.stopPrank();
        _recover();
        assertEq(patients.keyOf(patient).epoch, last + 1);
    }

    function test_ExecuteRecovery_EndsAFreezeWhosePauseCountsFromThere() public {
        _schedule();
        skip(1 days);
        _freeze();
        vm.warp(_READY_AT);
        _execute();
        assertEq(patients.authorityOf(patient).until, _READY_AT - 1);
        vm.prank(newPhone);
        patients.rotateKey(patient, 1, _keyFor("next", newPhone));
        vm.warp(_READY_AT - 1 + 16 days);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRecovery.PatientRecovery_FrozenLately.selector, patient, _READY_AT - 1 + 16 days
            )
        );
        _freeze();
        skip(1);
        _freeze();
        assertEq(patients.authorityOf(patient).until, _READY_AT + 26 days);
    }

    function test_ExecuteRecovery_AtTheLastSecondOfAFreeze() public {
        _freeze();
        skip(3 days);
        _schedule();
        vm.warp(START + 10 days);
        _execute();
        assertEq(patients.authorityOf(patient).until, START + 10 days - 1);
    }

    function test_ExecuteRecovery_AfterAFreezeKeepsItsEnd() public {
        _freeze();
        skip(10 days);
        _schedule();
        skip(7 days);
        _execute();
        assertEq(patients.authorityOf(patient).until, START + 10 days);
    }

    function _recover() private {
        _schedule();
        vm.warp(_READY_AT);
        _execute();
    }
}
