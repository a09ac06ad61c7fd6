// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEmergencyAccess} from "../../../contracts/interfaces/IEmergencyAccess.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {AccessReason, EmergencyId} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";

contract AccessGrantsEmergencyReviewTest is IdentityBase {
    uint40 private constant _END = START + 4 hours;

    EmergencyId private _emergencyId;

    function setUp() public override {
        super.setUp();
        vm.prank(hospitalB.clinician);
        _emergencyId = grants.openEmergency(patient, REASON, 0, _noApproval());
    }

    function test_ReviewEmergency_ByAStranger() public {
        _refuseReviewer(stranger);
    }

    function test_ReviewEmergency_ByAnOperatorWhoIsNoRegistrar() public {
        _refuseReviewer(regulator.admin);
    }

    function test_ReviewEmergency_ByASuspendedRegulator() public {
        _suspend(REGULATOR);
        _refuseReviewer(regulator.registrar);
    }

    function test_ReviewEmergency_OfAnUnknownEmergency() public {
        EmergencyId unknown = EmergencyId.wrap(SALT);
        vm.expectRevert(abi.encodeWithSelector(IEmergencyAccess.EmergencyAccess_Unknown.selector, unknown));
        vm.prank(regulator.registrar);
        grants.reviewEmergency(unknown, true, REASON);
    }

    function test_ReviewEmergency_Twice() public {
        _review();
        vm.expectRevert(
            abi.encodeWithSelector(IEmergencyAccess.EmergencyAccess_AlreadyReviewed.selector, _emergencyId)
        );
        _review();
    }

    function test_ReviewEmergency_WithoutFinding() public {
        vm.expectRevert(IEmergencyAccess.EmergencyAccess_NoReason.selector);
        vm.prank(regulator.registrar);
        grants.reviewEmergency(_emergencyId, true, 0);
    }

    function test_ReviewEmergency_ByTheRegistrar() public {
        vm.expectEmit(address(grants));
        emit IEmergencyAccess.EmergencyReviewed(_emergencyId, REGULATOR, regulator.registrar, false, SALT);
        vm.prank(regulator.registrar);
        grants.reviewEmergency(_emergencyId, false, SALT);
        assertTrue(grants.emergencyOf(_emergencyId).reviewed);
        assertEq(grants.unreviewedOf(HOSPITAL_B), 0);
    }

    function test_ReviewEmergency_AfterItsEnd() public {
        vm.warp(_END + 1 days);
        _review();
        assertTrue(grants.emergencyOf(_emergencyId).reviewed);
    }

    function test_EmergencyAllowsAt_AMemberThatIsSuspended() public {
        _suspend(HOSPITAL_B);
        _assertReason(AccessReason.MemberNotActive, 0, 0);
    }

    function test_EmergencyAllowsAt_AnotherMember() public view {
        AccessReason reason = grants.emergencyAllowsAt(patient, HOSPITAL_A, 0, 0);
        assertEq(uint8(reason), uint8(AccessReason.NoEmergency));
    }

    function test_EmergencyAllowsAt_AnotherPatient() public view {
        AccessReason reason = grants.emergencyAllowsAt(foundling, HOSPITAL_B, 0, 0);
        assertEq(uint8(reason), uint8(AccessReason.NoEmergency));
    }

    function test_EmergencyAllowsAt_ItsLastSecond() public {
        vm.warp(_END);
        _assertReason(AccessReason.Allowed, 0, 0);
    }

    function test_EmergencyAllowsAt_AfterItsEnd() public {
        vm.warp(_END + 1);
        _assertReason(AccessReason.Expired, 0, 0);
        _assertReason(AccessReason.Expired, 0, START);
    }

    function test_EmergencyAllowsAt_AfterItsEndByACallersClockOnAnIdleChain() public view {
        _assertReason(AccessReason.Allowed, 0, _END);
        _assertReason(AccessReason.Expired, 0, _END + 1);
    }

    function test_EmergencyAllowsAt_RestrictedClassesThatWereNotApproved() public view {
        _assertReason(AccessReason.RestrictedNotGranted, 1, 0);
    }

    function test_EmergencyAllowsAt_RestrictedClassesThatWereApproved() public {
        _openApproved(5);
        _assertReason(AccessReason.Allowed, 5, 0);
        _assertReason(AccessReason.Allowed, 1, 0);
        _assertReason(AccessReason.RestrictedNotGranted, 2, 0);
        _assertReason(AccessReason.RestrictedNotGranted, 16, 0);
    }

    function test_EmergencyAllowsAt_AReviewedOneUntilItsEnd() public {
        _review();
        _assertReason(AccessReason.Allowed, 0, 0);
    }

    function test_EmergencyAllowsAt_ByTheLatestOnly() public {
        _openApproved(5);
        _review();
        vm.warp(START + 1 hours);
        bytes32 digest = _grantsDigest(_hashApproval(REASON, 0, 3, _deadline()));
        IEmergencyAccess.Approval memory approval =
            IEmergencyAccess.Approval(hospitalA.clinician, _deadline(), _sign(hospitalA.clinician, digest));
        vm.prank(hospitalB.clinician);
        grants.openEmergency(patient, REASON, 0, approval);
        _assertReason(AccessReason.RestrictedNotGranted, 5, 0);
        _assertReason(AccessReason.Allowed, 0, START + 5 hours);
        assertEq(grants.latestEmergencyOf(patient, HOSPITAL_B).number, 3);
        assertEq(grants.EMERGENCY_PERIOD(), 4 hours);
    }

    function test_EmergencyViews_AreZeroWhenThereIsNone() public view {
        assertEq(grants.emergencyOf(EmergencyId.wrap(SALT)).number, 0);
        IEmergencyAccess.Emergency memory emergency = grants.latestEmergencyOf(patient, HOSPITAL_A);
        assertEq(emergency.number, 0);
        assertEq(emergency.notAfter, 0);
        assertEq(grants.unreviewedOf(UNKNOWN_MEMBER), 0);
    }

    function testFuzz_EmergencyAllowsAt_NothingAfterItsEnd(uint40 clock, uint8 restricted) public view {
        clock = uint40(bound(clock, _END + 1, type(uint40).max));
        AccessReason reason = grants.emergencyAllowsAt(patient, HOSPITAL_B, restricted, clock);
        assertEq(uint8(reason), uint8(AccessReason.Expired));
    }

    function _review() private {
        vm.prank(regulator.registrar);
        grants.reviewEmergency(_emergencyId, true, REASON);
    }

    function _openApproved(uint8 restricted) private {
        bytes32 digest = _grantsDigest(_hashApproval(REASON, restricted, 2, _deadline()));
        IEmergencyAccess.Approval memory approval =
            IEmergencyAccess.Approval(hospitalA.clinician, _deadline(), _sign(hospitalA.clinician, digest));
        vm.prank(hospitalB.clinician);
        grants.openEmergency(patient, REASON, restricted, approval);
    }

    function _assertReason(AccessReason expected, uint8 restricted, uint40 clock) private view {
        AccessReason reason = grants.emergencyAllowsAt(patient, HOSPITAL_B, restricted, clock);
        assertEq(uint8(reason), uint8(expected));
    }

    function _refuseReviewer(address caller) private {
        vm.expectRevert(
            abi.encodeWithSelector(IEmergencyAccess.EmergencyAccess_Unauthorized.selector, caller, Roles.REGISTRAR)
        );
        vm.prank(caller);
        grants.reviewEmergency(_emergencyId, true, REASON);
    }
}
