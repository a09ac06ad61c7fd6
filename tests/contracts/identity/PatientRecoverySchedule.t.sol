// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PublicKeys} from "../../../contracts/libraries/PublicKeys.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {ConfigurationPart, PatientId, PatientStatus, RecoveryStage} from "../../../contracts/types/Types.sol";
import {RecoveryScheduling} from "./RecoveryScheduling.sol";

/// @notice Which recoveries begin, and what they do; see {PatientRecoveryContactsTest} for whose.
contract PatientRecoveryScheduleTest is RecoveryScheduling {
    function test_ScheduleRecovery_OfAnUnknownPatient() public {
        patient = PatientId.wrap(SALT);
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unknown.selector, patient));
        _schedule();
    }

    function test_ScheduleRecovery_OfAProvisionalPatient() public {
        patient = foundling;
        _expectStatus(PatientStatus.Provisional);
        _schedule();
    }

    function test_ScheduleRecovery_OfARetiredPatient() public {
        _retire(patient);
        _expectStatus(PatientStatus.Retired);
        _schedule();
    }

    function test_ScheduleRecovery_WhileAnotherIsPending() public {
        _schedule();
        _expectStage(RecoveryStage.Pending);
        _schedule();
    }

    function test_ScheduleRecovery_WhileAFinalOneIsPending() public {
        _schedule();
        _cancel();
        _scheduleFinal();
        _expectStage(RecoveryStage.Final);
        _schedule();
    }

    function test_ScheduleRecovery_AfterACancelledOne() public {
        _schedule();
        _cancel();
        _expectStage(RecoveryStage.Cancelled);
        _schedule();
    }

    function test_ScheduleRecovery_WithTheRoundOfAnExecutedOne() public {
        IPatientRecovery.RecoveryRequest memory request = _request();
        bytes32 digest = _recoverDigest(request, 0);
        IPatientRegistry.Signed memory acceptance = _signed(newPhone, digest, 0, _deadline());
        IPatientRecovery.ContactApproval[] memory approvals = _quorum(digest);
        _schedule();
        vm.warp(START + 7 days);
        _execute();
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRecovery.PatientRecovery_BadRound.selector, patient, 1, 0)
        );
        patients.scheduleRecovery(request, _proof(), approvals, acceptance);
    }

    function test_ScheduleRecovery_ToNobody() public {
        IPatientRecovery.RecoveryRequest memory request = _request();
        request.newController = address(0);
        bytes32 digest = _recoverDigest(request, 0);
        vm.expectRevert(IPatientRegistry.PatientRegistry_NoController.selector);
        patients.scheduleRecovery(
            request, _proof(), _quorum(digest), IPatientRegistry.Signed(0, _deadline(), "")
        );
    }

    function test_ScheduleRecovery_WithAnUnusableKey() public {
        IPatientRecovery.RecoveryRequest memory request = _request();
        request.publicKey = hex"01";
        vm.expectRevert(abi.encodeWithSelector(PublicKeys.PublicKeys_Unusable.selector, 1, 1));
        _schedule(request);
    }

    function testFuzz_ScheduleRecovery_WithAFieldThatWasNotSigned(uint8 field) public {
        IPatientRecovery.RecoveryRequest memory request = _request();
        bytes32 digest = _recoverDigest(request, 0);
        IPatientRegistry.Signed memory acceptance = _signed(newPhone, digest, 0, _deadline());
        IPatientRecovery.ContactApproval[] memory approvals = _quorum(digest);
        field = uint8(bound(field, 0, 3));
        if (field == 0) request.newController = stranger;
        else if (field == 1) request.suite = 7;
        else if (field == 2) request.publicKey = _keyFor("thief", stranger);
        else request.patient = _registerWith(REASON, false);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, contacts[0]));
        patients.scheduleRecovery(request, _proof(), approvals, acceptance);
    }

    function test_ScheduleRecovery_ByAQuorum() public {
        vm.expectEmit(address(patients));
        emit IPatientRecovery.RecoveryScheduled(
            patient, newPhone, 0, 1, _keyFor("recovered", newPhone), START + 7 days, false
        );
        vm.prank(stranger);
        _schedule();
        _assertScheduled(RecoveryStage.Pending, 1);
        assertEq(patients.authorityOf(patient).controller, alice);
        assertEq(patients.nonceOf(patient), 0);
        assertEq(patients.keyOf(patient).epoch, 1);
    }

    function test_ScheduleRecovery_OfAnAssistedPatient() public {
        patient = _registerWith(REASON, true);
        _schedule();
        _assertScheduled(RecoveryStage.Pending, 1);
    }

    function test_ScheduleRecovery_WhileFrozen() public {
        _freeze();
        _schedule();
        _assertScheduled(RecoveryStage.Pending, 1);
    }

    function test_ScheduleRecovery_AThiefWhoActsSpoilsNoApproval() public {
        bytes32 digest = _recoverDigest(_request(), 0);
        IPatientRecovery.ContactApproval[] memory approvals = _quorum(digest);
        vm.startPrank(alice);
        patients.rotateKey(patient, 1, _keyFor("thief", stranger));
        patients.setConfigurationPart(patient, ConfigurationPart.Trustees, REASON, _parts());
        vm.stopPrank();
        IPatientRecovery.ContactsProof memory proof = _proof();
        proof.trustees = REASON;
        _scheduleBy(proof, approvals);
        _assertScheduled(RecoveryStage.Pending, 1);
    }

    function test_ScheduleRecovery_VoidsScheduledContacts() public {
        _changeContacts();
        vm.expectEmit(address(patients));
        emit IPatientRegistry.ContactsCancelled(patient, REASON);
        _schedule();
        (bytes32 digest, uint40 readyAt) = patients.scheduledContactsOf(patient);
        assertEq(digest, 0);
        assertEq(readyAt, 0);
        vm.warp(START + 14 days);
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_NothingScheduled.selector, patient)
        );
        patients.executeContacts(patient, _parts());
    }

    function test_ScheduleRecovery_NoContactsAreScheduledWhilePending() public {
        _schedule();
        _expectStage(RecoveryStage.Pending);
        _changeContacts();
        _cancel();
        _scheduleFinal();
        _expectStage(RecoveryStage.Final);
        _changeContacts();
    }

    function test_ScheduleRecovery_OtherPartsChangeWhilePending() public {
        _schedule();
        vm.prank(alice);
        patients.setConfigurationPart(patient, ConfigurationPart.Representatives, REASON, _parts());
        assertTrue(patients.configurationOf(patient) != _digestOf(_proof()));
    }

    function test_ScheduleRecovery_ByNewContactsAfterACancelledOne() public {
        _schedule();
        _cancel();
        IPatientRecovery.ContactsProof memory proof = _named(2, 4);
        vm.prank(alice);
        patients.setConfigurationPart(patient, ConfigurationPart.Contacts, _contactsOf(proof), _parts());
        assertTrue(patients.recoveryOf(patient).stage == RecoveryStage.Cancelled);
        skip(14 days);
        patients.executeContacts(patient, _parts());
        bytes32 digest = _recoverDigest(_request(), 1);
        IPatientRegistry.Signed memory acceptance = _signed(newPhone, digest, 1, _deadline());
        patients.scheduleRecovery(_request(), proof, _quorum(digest), acceptance);
        assertTrue(patients.recoveryOf(patient).stage == RecoveryStage.Pending);
    }

    function _changeContacts() private {
        IPatientRegistry.Configuration memory parts = _parts();
        vm.prank(alice);
        patients.setConfigurationPart(patient, ConfigurationPart.Contacts, REASON, parts);
    }

    function _expectStatus(PatientStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_WrongStatus.selector, patient, status)
        );
    }
}
