// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PublicKeys} from "../../../contracts/libraries/PublicKeys.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {ConfigurationPart, PatientId, PatientStatus, RecoveryStage} from "../../../contracts/types/Types.sol";
import {RecoveryActions} from "../RecoveryActions.sol";

contract PatientRecoveryScheduleTest is RecoveryActions {
    function setUp() public override {
        super.setUp();
        _nameContacts();
    }

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

    function testFuzz_ScheduleRecovery_ByAnotherPreimage(uint8 field) public {
        IPatientRecovery.ContactsProof memory proof = _proof();
        field = uint8(bound(field, 0, 5));
        if (field == 0) proof.salt = REASON;
        else if (field == 1) proof.threshold = 1;
        else if (field == 2) proof.contacts[1] = stranger;
        else if (field == 3) proof.trustees = REASON;
        else if (field == 4) proof.representatives = REASON;
        else (proof.contacts[0], proof.contacts[1]) = (proof.contacts[1], proof.contacts[0]);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRegistry.PatientRegistry_WrongConfiguration.selector,
                patient,
                _digestOf(_proof()),
                _digestOf(proof)
            )
        );
        _scheduleBy(proof, _quorumOfRequest());
    }

    function test_ScheduleRecovery_OfAPatientThatNamesNobody() public {
        patient = _registerBySig(_registration(bob));
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRegistry.PatientRegistry_WrongConfiguration.selector, patient, 0, _digestOf(_proof())
            )
        );
        _schedule();
    }

    function test_ScheduleRecovery_WithAThresholdOfZero() public {
        _refuseContacts(0, 3);
    }

    function test_ScheduleRecovery_WithAThresholdAboveTheCount() public {
        _refuseContacts(4, 3);
    }

    function test_ScheduleRecovery_WithSeventeenContacts() public {
        _refuseContacts(2, 17);
    }

    function test_ScheduleRecovery_WithSixteenContacts() public {
        IPatientRecovery.ContactsProof memory proof = _named(2, 16);
        _register(proof);
        _scheduleBy(proof, _quorumOfRequest());
        assertTrue(patients.recoveryOf(patient).stage == RecoveryStage.Pending);
    }

    function test_ScheduleRecovery_WithOneApprovalTooFew() public {
        IPatientRecovery.ContactApproval[] memory approvals = new IPatientRecovery.ContactApproval[](1);
        approvals[0] = _quorumOfRequest()[0];
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRecovery.PatientRecovery_TooFewApprovals.selector, patient, 2, 1)
        );
        _scheduleBy(_proof(), approvals);
    }

    function test_ScheduleRecovery_ApprovedByAStranger() public {
        _refuseApprovals([contacts[0], stranger], contacts[0] < stranger ? stranger : contacts[0]);
    }

    function test_ScheduleRecovery_ApprovedTwiceByOneContact() public {
        _refuseApprovals([contacts[1], contacts[1]], contacts[1]);
    }

    function test_ScheduleRecovery_ApprovedInDescendingOrder() public {
        _refuseApprovals([contacts[2], contacts[0]], contacts[0]);
    }

    function test_ScheduleRecovery_ApprovedByOneThatIsListedTwice() public {
        IPatientRecovery.ContactsProof memory proof = _named(2, 3);
        proof.contacts[0] = contacts[1];
        _register(proof);
        IPatientRecovery.ContactApproval[] memory approvals = _quorumOfRequest();
        approvals[0] = _approval(contacts[1], _recoverDigest(_request(), 0));
        approvals[1] = approvals[0];
        _expectBadApproval(contacts[1]);
        _scheduleBy(proof, approvals);
    }

    function test_ScheduleRecovery_ApprovedByTheZeroAccount() public {
        IPatientRecovery.ContactsProof memory proof = _named(2, 3);
        proof.contacts[0] = address(0);
        _register(proof);
        IPatientRecovery.ContactApproval[] memory approvals = _quorumOfRequest();
        approvals[0].contact = address(0);
        _expectBadApproval(address(0));
        _scheduleBy(proof, approvals);
    }

    function test_ScheduleRecovery_WithAnInvalidOneBesideAQuorum() public {
        bytes32 digest = _recoverDigest(_request(), 0);
        IPatientRecovery.ContactApproval[] memory approvals = _all(digest);
        approvals[2].signature = _sign(stranger, digest);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, contacts[2]));
        _scheduleBy(_proof(), approvals);
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

    function test_ScheduleRecovery_ByAllContacts() public {
        _scheduleBy(_proof(), _all(_recoverDigest(_request(), 0)));
        _assertScheduled(RecoveryStage.Pending, 1);
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

    /// @dev A preimage with alice's contacts and strangers up to `count`.
    function _named(uint256 threshold, uint256 count)
        private
        view
        returns (IPatientRecovery.ContactsProof memory proof)
    {
        proof = _proof();
        proof.threshold = threshold;
        address[] memory three = proof.contacts;
        proof.contacts = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            proof.contacts[i] = i < 3 ? three[i] : address(uint160(i));
        }
    }

    /// @dev Makes `patient` an id with these contacts.
    function _register(IPatientRecovery.ContactsProof memory proof) private {
        IPatientRegistry.Registration memory registration = _registration(alice);
        registration.salt = _digestOf(proof);
        registration.configurationDigest = _digestOf(proof);
        patient = _registerBySig(registration);
    }

    function _changeContacts() private {
        IPatientRegistry.Configuration memory parts = _parts();
        vm.prank(alice);
        patients.setConfigurationPart(patient, ConfigurationPart.Contacts, REASON, parts);
    }

    /// @dev The new controller agrees, in the first round; the only external call is the schedule.
    function _scheduleBy(
        IPatientRecovery.ContactsProof memory proof,
        IPatientRecovery.ContactApproval[] memory approvals
    ) private {
        bytes32 digest = _recoverDigest(_request(), 0);
        patients.scheduleRecovery(_request(), proof, approvals, _signed(newPhone, digest, 0, _deadline()));
    }

    function _quorumOfRequest() private view returns (IPatientRecovery.ContactApproval[] memory) {
        return _quorum(_recoverDigest(_request(), 0));
    }

    function _all(bytes32 digest) private view returns (IPatientRecovery.ContactApproval[] memory approvals) {
        approvals = new IPatientRecovery.ContactApproval[](3);
        for (uint256 i = 0; i < 3; ++i) {
            approvals[i] = _approval(contacts[i], digest);
        }
    }

    function _refuseApprovals(address[2] memory signers, address refused) private {
        bytes32 digest = _recoverDigest(_request(), 0);
        IPatientRecovery.ContactApproval[] memory approvals = new IPatientRecovery.ContactApproval[](2);
        approvals[0] = _approval(signers[0], digest);
        approvals[1] = _approval(signers[1], digest);
        _expectBadApproval(refused);
        _scheduleBy(_proof(), approvals);
    }

    function _expectBadApproval(address refused) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRecovery.PatientRecovery_BadApproval.selector, patient, refused)
        );
    }

    function _refuseContacts(uint256 threshold, uint256 count) private {
        IPatientRecovery.ContactsProof memory proof = _named(threshold, count);
        _register(proof);
        IPatientRecovery.ContactApproval[] memory approvals = _quorumOfRequest();
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRecovery.PatientRecovery_BadContacts.selector, patient, threshold, count
            )
        );
        _scheduleBy(proof, approvals);
    }

    function _expectStatus(PatientStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_WrongStatus.selector, patient, status)
        );
    }

    function _assertScheduled(RecoveryStage stage, uint32 round) private view {
        IPatientRecovery.Recovery memory recovery = patients.recoveryOf(patient);
        assertEq(recovery.newController, newPhone);
        assertEq(recovery.readyAt, START + 7 days);
        assertEq(recovery.round, round);
        assertTrue(recovery.stage == stage);
        assertEq(recovery.keyDigest, _keyDigest(_keyFor("recovered", newPhone)));
    }
}
