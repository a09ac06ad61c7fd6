// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {PatientId, RecoveryStage} from "../../../contracts/types/Types.sol";
import {RecoveryActions} from "../RecoveryActions.sol";

/// @notice Cancelling, and what contacts and hospitals do then.
contract PatientRecoveryFinalTest is RecoveryActions {
    function setUp() public override {
        super.setUp();
        _nameContacts();
    }

    function test_ScheduleFinalRecovery_WithoutACancelledOne() public {
        _expectStage(RecoveryStage.None);
        _scheduleFinal();
    }

    function test_ScheduleFinalRecovery_WhileOneIsPending() public {
        _schedule();
        _expectStage(RecoveryStage.Pending);
        _scheduleFinal();
    }

    function test_ScheduleFinalRecovery_WhileAFinalOneIsPending() public {
        _scheduleAndCancel();
        _scheduleFinal();
        _expectStage(RecoveryStage.Final);
        _scheduleFinal();
    }

    function test_ScheduleFinalRecovery_WithoutAQuorum() public {
        _scheduleAndCancel();
        bytes32 digest = _recoverDigest(_request(), 1);
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRecovery.PatientRecovery_TooFewApprovals.selector, patient, 2, 0)
        );
        patients.scheduleFinalRecovery(
            _request(),
            _proof(),
            new IPatientRecovery.ContactApproval[](0),
            _signed(newPhone, digest, 1, _deadline()),
            _attestations(digest)
        );
    }

    function test_ScheduleFinalRecovery_NotAcceptedByTheNewController() public {
        _scheduleAndCancel();
        bytes32 digest = _recoverDigest(_request(), 1);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, newPhone));
        patients.scheduleFinalRecovery(
            _request(), _proof(), _quorum(digest), _signed(stranger, digest, 1, _deadline()), _attestations(digest)
        );
    }

    function test_ScheduleFinalRecovery_AttestedByAStranger() public {
        _refuseAttestation([stranger, hospitalB.desk], stranger);
        _refuseAttestation([hospitalA.desk, stranger], stranger);
    }

    function test_ScheduleFinalRecovery_AttestedWithoutDesk() public {
        _refuseAttestation([hospitalA.records, hospitalB.desk], hospitalA.records);
        _refuseAttestation([hospitalA.desk, hospitalB.records], hospitalB.records);
    }

    function test_ScheduleFinalRecovery_AttestedByAClinic() public {
        _refuseAttestation([clinic.desk, hospitalB.desk], clinic.desk);
        _refuseAttestation([hospitalA.desk, clinic.desk], clinic.desk);
    }

    function test_ScheduleFinalRecovery_AttestedTwiceByOneHospital() public {
        address second = _account("second desk of hospital A");
        _addOperator(hospitalA.admin, second, Roles.DESK);
        _refuseAttestation([hospitalA.desk, second], second);
    }

    function test_ScheduleFinalRecovery_AttestedByASuspendedHospital() public {
        _suspend(HOSPITAL_B);
        _refuseAttestation([hospitalA.desk, hospitalB.desk], hospitalB.desk);
        _refuseAttestation([hospitalB.desk, hospitalA.desk], hospitalB.desk);
    }

    function test_ScheduleFinalRecovery_AttestedByARemovedOperator() public {
        _removeOperator(hospitalB.admin, hospitalB.desk);
        _refuseAttestation([hospitalA.desk, hospitalB.desk], hospitalB.desk);
    }

    function test_ScheduleFinalRecovery_WithTwoAttestations() public {
        _scheduleAndCancel();
        skip(1 days);
        vm.expectEmit(address(patients));
        emit IPatientRecovery.RecoveryScheduled(
            patient, newPhone, 1, 1, _keyFor("recovered", newPhone), START + 8 days, true
        );
        _scheduleFinal([hospitalB.desk, hospitalA.desk]);
        IPatientRecovery.Recovery memory recovery = patients.recoveryOf(patient);
        assertTrue(recovery.stage == RecoveryStage.Final);
        assertEq(recovery.newController, newPhone);
        assertEq(recovery.readyAt, START + 8 days);
        assertEq(recovery.round, 2);
    }

    function test_CancelRecovery_OfAnUnknownPatient() public {
        patient = PatientId.wrap(SALT);
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unknown.selector, patient));
        _cancel();
    }

    function test_CancelRecovery_ByAStranger() public {
        _schedule();
        _refuseCanceller(stranger);
        _refuseCanceller(contacts[0]);
        _refuseCanceller(newPhone);
    }

    function test_CancelRecovery_WithoutOne() public {
        _expectStage(RecoveryStage.None);
        _cancel();
    }

    function test_CancelRecovery_Twice() public {
        _scheduleAndCancel();
        _expectStage(RecoveryStage.Cancelled);
        _cancel();
    }

    function test_CancelRecovery_OfAFinalOne() public {
        _scheduleAndCancel();
        _scheduleFinal();
        _expectStage(RecoveryStage.Final);
        _cancel();
    }

    function test_CancelRecovery_ByTheController() public {
        _schedule();
        vm.expectEmit(address(patients));
        emit IPatientRecovery.RecoveryCancelled(patient, newPhone, 0);
        _cancel();
        IPatientRecovery.Recovery memory recovery = patients.recoveryOf(patient);
        assertTrue(recovery.stage == RecoveryStage.Cancelled);
        assertEq(recovery.newController, address(0));
        assertEq(recovery.readyAt, 0);
        assertEq(recovery.keyDigest, 0);
        assertEq(recovery.round, 1);
        assertEq(patients.nonceOf(patient), 1);
        vm.warp(START + 7 days);
        _expectStage(RecoveryStage.Cancelled);
        _execute();
    }

    function test_CancelRecovery_WhileFrozen() public {
        _schedule();
        _freeze();
        _cancel();
        assertTrue(patients.recoveryOf(patient).stage == RecoveryStage.Cancelled);
    }

    function test_CancelRecovery_WhenItIsReady() public {
        _schedule();
        vm.warp(START + 7 days);
        _cancel();
        assertTrue(patients.recoveryOf(patient).stage == RecoveryStage.Cancelled);
    }

    function _scheduleAndCancel() private {
        _schedule();
        _cancel();
    }

    function _attestations(bytes32 digest) private view returns (IPatientRegistry.Attestation[2] memory) {
        return [
            IPatientRegistry.Attestation(hospitalA.desk, _sign(hospitalA.desk, digest)),
            IPatientRegistry.Attestation(hospitalB.desk, _sign(hospitalB.desk, digest))
        ];
    }

    function _refuseAttestation(address[2] memory desks, address refused) private {
        if (patients.recoveryOf(patient).stage == RecoveryStage.None) _scheduleAndCancel();
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_BadAttestation.selector, refused)
        );
        _scheduleFinal(desks);
    }

    function _refuseCanceller(address caller) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_NotController.selector, patient, caller)
        );
        vm.prank(caller);
        patients.cancelRecovery(patient);
    }
}
