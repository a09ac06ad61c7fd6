// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {RecoveryStage} from "../../../contracts/types/Types.sol";
import {RecoveryScheduling} from "./RecoveryScheduling.sol";

/// @notice Which contacts are proved, and how many of them have to sign.
contract PatientRecoveryContactsTest is RecoveryScheduling {
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

    function test_ScheduleRecovery_ByAllContacts() public {
        _scheduleBy(_proof(), _all(_recoverDigest(_request(), 0)));
        _assertScheduled(RecoveryStage.Pending, 1);
    }

    /// @dev Bit i of `signers` is contact i.
    function testFuzz_ScheduleRecovery_ByAnyContactsFromTheThreshold(uint256 signers, uint256 threshold) public {
        signers = bound(signers, 0, 7);
        threshold = bound(threshold, 1, 3);
        IPatientRecovery.ContactsProof memory proof = _named(threshold, 3);
        _register(proof);
        uint256 count = (signers & 1) + (signers >> 1 & 1) + (signers >> 2);
        IPatientRecovery.ContactApproval[] memory all = _all(_recoverDigest(_request(), 0));
        IPatientRecovery.ContactApproval[] memory approvals = new IPatientRecovery.ContactApproval[](count);
        for (uint256 i = 3; i > 0; --i) {
            if (signers >> (i - 1) & 1 != 0) approvals[--count] = all[i - 1];
        }
        if (approvals.length < threshold) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IPatientRecovery.PatientRecovery_TooFewApprovals.selector, patient, threshold, approvals.length
                )
            );
            _scheduleBy(proof, approvals);
            return;
        }
        _scheduleBy(proof, approvals);
        _assertScheduled(RecoveryStage.Pending, 1);
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
}
