// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEmergencyAccess} from "../../../contracts/interfaces/IEmergencyAccess.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {EmergencyId, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";

contract AccessGrantsEmergencyOpenTest is IdentityBase {
    function test_OpenEmergency_ByAStranger() public {
        _refuseCaller(stranger);
    }

    function test_OpenEmergency_ByAnOperatorWhoIsNoClinician() public {
        _refuseCaller(hospitalB.desk);
    }

    function test_OpenEmergency_ByAClinicianWithoutAttestation() public {
        _refuseCaller(insurer.clinician);
    }

    function test_OpenEmergency_AfterTheAttestationEnded() public {
        vm.warp(ATTESTED_UNTIL + 1);
        _refuseCaller(hospitalB.clinician);
    }

    function test_OpenEmergency_InTheLastSecondOfTheAttestation() public {
        vm.warp(ATTESTED_UNTIL);
        EmergencyId emergencyId = _open(_noApproval());
        assertEq(grants.emergencyOf(emergencyId).number, 1);
    }

    function test_OpenEmergency_AfterTheAttestationWasWithdrawn() public {
        vm.prank(regulator.registrar);
        registry.withdrawAttestation(hospitalB.clinician);
        _refuseCaller(hospitalB.clinician);
    }

    function test_OpenEmergency_ByASuspendedMember() public {
        _suspend(HOSPITAL_B);
        _refuseCaller(hospitalB.clinician);
    }

    function test_OpenEmergency_ByARemovedOperator() public {
        _removeOperator(hospitalB.admin, hospitalB.clinician);
        _refuseCaller(hospitalB.clinician);
    }

    function test_OpenEmergency_ForAnUnknownPatient() public {
        PatientId unknown = PatientId.wrap(SALT);
        vm.expectRevert(abi.encodeWithSelector(IEmergencyAccess.EmergencyAccess_UnknownPatient.selector, unknown));
        vm.prank(hospitalB.clinician);
        grants.openEmergency(unknown, REASON, 0, _noApproval());
    }

    function test_OpenEmergency_ForARetiredPatient() public {
        _retire(patient);
        vm.expectRevert(abi.encodeWithSelector(IEmergencyAccess.EmergencyAccess_UnknownPatient.selector, patient));
        _open(_noApproval());
    }

    function test_OpenEmergency_ForAnEndedProvisionalPatient() public {
        vm.warp(START + 31 days);
        vm.prank(hospitalB.clinician);
        EmergencyId emergencyId = grants.openEmergency(foundling, REASON, 0, _noApproval());
        assertTrue(grants.emergencyOf(emergencyId).patient == foundling);
    }

    function test_OpenEmergency_OfAFifthRestrictedClass() public {
        vm.expectRevert(abi.encodeWithSelector(IEmergencyAccess.EmergencyAccess_BadRestricted.selector, 16));
        vm.prank(hospitalB.clinician);
        grants.openEmergency(patient, REASON, 16, _noApproval());
    }

    function test_OpenEmergency_WithoutReason() public {
        vm.expectRevert(IEmergencyAccess.EmergencyAccess_NoReason.selector);
        vm.prank(hospitalB.clinician);
        grants.openEmergency(patient, 0, 0, _noApproval());
    }

    function test_OpenEmergency_WithoutApprovalWhereNoneIsNeeded() public {
        EmergencyId expected = EmergencyId.wrap(keccak256(abi.encode(patient, HOSPITAL_B, uint32(1))));
        vm.expectEmit(address(grants));
        emit IEmergencyAccess.EmergencyOpened(
            expected, patient, HOSPITAL_B, hospitalB.clinician, address(0), 1, REASON, 0, START + 4 hours
        );
        EmergencyId emergencyId = _open(_noApproval());
        assertEq(EmergencyId.unwrap(emergencyId), EmergencyId.unwrap(expected));
        IEmergencyAccess.Emergency memory emergency = grants.emergencyOf(emergencyId);
        assertTrue(emergency.patient == patient);
        assertTrue(emergency.member == HOSPITAL_B);
        assertEq(emergency.number, 1);
        assertEq(emergency.openedAt, START);
        assertEq(emergency.notAfter, START + 4 hours);
        assertEq(emergency.restricted, 0);
        assertFalse(emergency.reviewed);
        assertEq(grants.unreviewedOf(HOSPITAL_B), 1);
        assertEq(grants.unreviewedOf(HOSPITAL_A), 0);
    }

    function test_OpenEmergency_OfRestrictedClassesWithoutApproval() public {
        _expectApprovalRequired(patient, 0);
        vm.prank(hospitalB.clinician);
        grants.openEmergency(patient, REASON, 1, _noApproval());
    }

    function test_OpenEmergency_OfRestrictedClassesWithApproval() public {
        EmergencyId expected = EmergencyId.wrap(keccak256(abi.encode(patient, HOSPITAL_B, uint32(1))));
        IEmergencyAccess.Approval memory approval = _approve(hospitalA.clinician, 5, 1);
        vm.expectEmit(address(grants));
        emit IEmergencyAccess.EmergencyOpened(
            expected,
            patient,
            HOSPITAL_B,
            hospitalB.clinician,
            hospitalA.clinician,
            1,
            REASON,
            5,
            START + 4 hours
        );
        vm.prank(hospitalB.clinician);
        EmergencyId emergencyId = grants.openEmergency(patient, REASON, 5, approval);
        assertEq(grants.emergencyOf(emergencyId).restricted, 5);
    }

    function test_OpenEmergency_AgainBeforeTheLastIsReviewed() public {
        _open(_noApproval());
        _expectApprovalRequired(patient, 1);
        _open(_noApproval());
    }

    function test_OpenEmergency_AgainWithApproval() public {
        _open(_noApproval());
        _open(_approve(hospitalA.clinician, 0, 2));
        assertEq(grants.latestEmergencyOf(patient, HOSPITAL_B).number, 2);
        assertEq(grants.unreviewedOf(HOSPITAL_B), 2);
    }

    function test_OpenEmergency_AgainAfterTheLastIsReviewed() public {
        EmergencyId emergencyId = _open(_noApproval());
        vm.prank(regulator.registrar);
        grants.reviewEmergency(emergencyId, true, REASON);
        _open(_noApproval());
        assertEq(grants.latestEmergencyOf(patient, HOSPITAL_B).number, 2);
    }

    function test_OpenEmergency_AfterThreeUnreviewedOnes() public {
        _openForThreeOthers();
        _expectApprovalRequired(patient, 3);
        _open(_noApproval());
    }

    function test_OpenEmergency_AfterThreeUnreviewedOnesWithApproval() public {
        _openForThreeOthers();
        _open(_approve(hospitalA.clinician, 0, 1));
        assertEq(grants.unreviewedOf(HOSPITAL_B), 4);
        assertEq(grants.UNREVIEWED_CAP(), 3);
    }

    function test_OpenEmergency_WhileAnotherMembersAreUnreviewed() public {
        _openForThreeOthers();
        vm.prank(hospitalA.clinician);
        grants.openEmergency(patient, REASON, 0, _noApproval());
        assertEq(grants.unreviewedOf(HOSPITAL_A), 1);
    }

    function test_OpenEmergency_ApprovedByAColleague() public {
        address colleague = _account("colleague");
        _addOperator(hospitalB.admin, colleague, Roles.READER);
        _attest(colleague, ATTESTED_UNTIL);
        _refuseApprover(colleague);
    }

    function test_OpenEmergency_ApprovedByOneself() public {
        _refuseApprover(hospitalB.clinician);
    }

    function test_OpenEmergency_ApprovedByAStranger() public {
        _refuseApprover(stranger);
    }

    function test_OpenEmergency_ApprovedWithoutAttestation() public {
        _refuseApprover(insurer.clinician);
    }

    function test_OpenEmergency_ApprovedAfterTheApproversAttestationEnded() public {
        _attest(hospitalB.clinician, ATTESTED_UNTIL + 1 days);
        vm.warp(ATTESTED_UNTIL + 1);
        _refuseApprover(hospitalA.clinician);
    }

    function test_OpenEmergency_ApprovedByASuspendedMember() public {
        _suspend(HOSPITAL_A);
        _refuseApprover(hospitalA.clinician);
    }

    function test_OpenEmergency_ApprovedThoughNotNeededIsCheckedAllTheSame() public {
        IEmergencyAccess.Approval memory approval = _approve(hospitalA.clinician, 0, 2);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, hospitalA.clinician));
        _open(approval);
    }

    function testFuzz_OpenEmergency_ApprovedForSomethingElse(uint8 field) public {
        IEmergencyAccess.Approval memory approval = _approve(hospitalA.clinician, 1, 1);
        field = uint8(bound(field, 0, 3));
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, hospitalA.clinician));
        vm.prank(field == 0 ? clinic.clinician : hospitalB.clinician);
        grants.openEmergency(
            field == 1 ? foundling : patient, field == 2 ? SALT : REASON, field == 3 ? 3 : 1, approval
        );
    }

    function _open(IEmergencyAccess.Approval memory approval) private returns (EmergencyId) {
        vm.prank(hospitalB.clinician);
        return grants.openEmergency(patient, REASON, 0, approval);
    }

    /// @dev Emergencies of hospital B for the foundling and two more, none reviewed.
    function _openForThreeOthers() private {
        PatientId bobs = _registerBySig(_registration(bob));
        PatientId strangers = _registerBySig(_registration(stranger));
        vm.startPrank(hospitalB.clinician);
        grants.openEmergency(foundling, REASON, 0, _noApproval());
        grants.openEmergency(bobs, REASON, 0, _noApproval());
        grants.openEmergency(strangers, REASON, 0, _noApproval());
        vm.stopPrank();
    }

    function _approve(address clinician, uint8 restricted, uint32 number)
        private
        view
        returns (IEmergencyAccess.Approval memory)
    {
        bytes32 digest = _grantsDigest(_hashApproval(REASON, restricted, number, _deadline()));
        return IEmergencyAccess.Approval(clinician, _deadline(), _sign(clinician, digest));
    }

    function _refuseCaller(address caller) private {
        vm.expectRevert(
            abi.encodeWithSelector(IEmergencyAccess.EmergencyAccess_Unauthorized.selector, caller, Roles.CLINICIAN)
        );
        vm.prank(caller);
        grants.openEmergency(patient, REASON, 0, _noApproval());
    }

    function _refuseApprover(address clinician) private {
        IEmergencyAccess.Approval memory approval = _approve(clinician, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IEmergencyAccess.EmergencyAccess_BadApprover.selector, clinician));
        _open(approval);
    }

    function _expectApprovalRequired(PatientId of_, uint32 unreviewed) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IEmergencyAccess.EmergencyAccess_ApprovalRequired.selector, of_, HOSPITAL_B, unreviewed
            )
        );
    }
}
