// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessGrants} from "../../../contracts/interfaces/IAccessGrants.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {Purposes} from "../../../contracts/types/Purposes.sol";
import {MemberId, MemberStatus, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";

contract AccessGrantsSetTest is IdentityBase {
    function test_SetGrant_OfAnUnknownPatient() public {
        PatientId unknown = PatientId.wrap(SALT);
        _expectPatientNotActive(unknown, PatientStatus.None);
        vm.prank(alice);
        grants.setGrant(unknown, HOSPITAL_B, 0, _scope());
    }

    function test_SetGrant_OfARetiredPatient() public {
        _retire(patient);
        _expectPatientNotActive(patient, PatientStatus.Retired);
        _grant(HOSPITAL_B, 0, _scope());
    }

    function test_SetGrant_OfAProvisionalPatientAfterItsEnd() public {
        vm.warp(START + 30 days + 1);
        _expectPatientNotActive(foundling, PatientStatus.Provisional);
        _grantProvisionally(_scope());
    }

    function test_SetGrant_OfAProvisionalPatientInItsLastSecond() public {
        vm.warp(START + 30 days);
        IAccessGrants.Scope memory scope = _scope();
        scope.notAfter = START + 30 days;
        _grantProvisionally(scope);
        assertTrue(grants.grantOf(foundling, HOSPITAL_B, 0).provisional);
    }

    function test_SetGrant_ByAStranger() public {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessGrants.AccessGrants_NotController.selector, patient, stranger)
        );
        vm.prank(stranger);
        grants.setGrant(patient, HOSPITAL_B, 0, _scope());
    }

    function test_SetGrant_InLaneEight() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessGrants.AccessGrants_BadLane.selector, 8));
        _grant(HOSPITAL_B, 8, _scope());
    }

    function test_SetGrant_ToAnUnknownMember() public {
        _expectMemberNotActive(UNKNOWN_MEMBER, MemberStatus.None);
        _grant(UNKNOWN_MEMBER, 0, _scope());
    }

    function test_SetGrant_ToASuspendedMember() public {
        _suspend(HOSPITAL_B);
        _expectMemberNotActive(HOSPITAL_B, MemberStatus.Suspended);
        _grant(HOSPITAL_B, 0, _scope());
    }

    function test_SetGrant_ToAMemberThatLeft() public {
        _remove(HOSPITAL_B);
        _expectMemberNotActive(HOSPITAL_B, MemberStatus.Left);
        _grant(HOSPITAL_B, 0, _scope());
    }

    function test_SetGrant_OfNoCategory() public {
        IAccessGrants.Scope memory scope = _scope();
        scope.categories = 0;
        _refuse(scope);
    }

    function test_SetGrant_ForNoPurpose() public {
        IAccessGrants.Scope memory scope = _scope();
        scope.purposes = 0;
        _refuse(scope);
    }

    function test_SetGrant_OfAFifthRestrictedClass() public {
        IAccessGrants.Scope memory scope = _scope();
        scope.restricted = 16;
        _refuse(scope);
    }

    function test_SetGrant_ThatEndsBeforeItBegins() public {
        IAccessGrants.Scope memory scope = _scope();
        scope.notBefore = scope.notAfter + 1;
        _refuse(scope);
    }

    function test_SetGrant_ThatIsOver() public {
        IAccessGrants.Scope memory scope = _scope();
        scope.notAfter = START;
        vm.warp(START + 1);
        _refuse(scope);
    }

    function test_SetGrant_ThatEndsThisSecond() public {
        IAccessGrants.Scope memory scope = _scope();
        scope.notAfter = START;
        _grant(HOSPITAL_B, 0, scope);
        assertEq(grants.grantOf(patient, HOSPITAL_B, 0).scope.notAfter, START);
    }

    function test_SetGrant_OfAProvisionalPatientForAnotherPurpose() public {
        IAccessGrants.Scope memory scope = _scope();
        scope.notAfter = START + 1 days;
        scope.purposes = Purposes.TREAT | Purposes.HPAYMT;
        _refuseProvisional(scope);
    }

    function test_SetGrant_OfAProvisionalPatientBeyondItsEnd() public {
        IAccessGrants.Scope memory scope = _scope();
        scope.notAfter = START + 30 days + 1;
        _refuseProvisional(scope);
    }

    function test_SetGrant_InLaneZero() public {
        IAccessGrants.Scope memory scope = _scope();
        scope.restricted = 15;
        vm.expectEmit(address(grants));
        emit IAccessGrants.GrantSet(patient, HOSPITAL_B, 0, scope, 1);
        _grant(HOSPITAL_B, 0, scope);
        _assertGrant(0, scope);
        assertEq(grants.nonceOf(patient, HOSPITAL_B), 1);
        assertEq(grants.nonceOf(patient, HOSPITAL_A), 0);
    }

    function test_SetGrant_InLaneSevenLeavesTheOthers() public {
        IAccessGrants.Scope memory other = _scope();
        other.purposes = Purposes.HPAYMT;
        _grant(HOSPITAL_B, 0, _scope());
        vm.expectEmit(address(grants));
        emit IAccessGrants.GrantSet(patient, HOSPITAL_B, 7, other, 2);
        _grant(HOSPITAL_B, 7, other);
        _assertGrant(0, _scope());
        _assertGrant(7, other);
        assertEq(grants.nonceOf(patient, HOSPITAL_B), 2);
    }

    function test_SetGrant_ReplacesTheLane() public {
        IAccessGrants.Scope memory wide = _scope();
        wide.categories = type(uint16).max;
        wide.purposes = type(uint16).max;
        wide.restricted = 15;
        _grant(HOSPITAL_B, 3, wide);
        _grant(HOSPITAL_B, 3, _scope());
        _assertGrant(3, _scope());
        assertEq(grants.nonceOf(patient, HOSPITAL_B), 2);
    }

    function testFuzz_SetGrant_IsKeptAsGiven(uint8 lane, IAccessGrants.Scope memory scope) public {
        lane = uint8(bound(lane, 0, 7));
        scope.categories = uint16(bound(scope.categories, 1, type(uint16).max));
        scope.purposes = uint16(bound(scope.purposes, 1, type(uint16).max));
        scope.restricted = uint8(bound(scope.restricted, 0, 15));
        scope.notAfter = uint40(bound(scope.notAfter, START, type(uint40).max));
        scope.notBefore = uint40(bound(scope.notBefore, 0, scope.notAfter));
        _grant(HOSPITAL_B, lane, scope);
        _assertGrant(lane, scope);
        assertEq(grants.nonceOf(patient, HOSPITAL_B), 1);
    }

    function test_SetGrantBySig_OfARetiredPatient() public {
        bytes memory signature = _signGrant(HOSPITAL_B, 0);
        _retire(patient);
        _expectPatientNotActive(patient, PatientStatus.Retired);
        _relay(HOSPITAL_B, 0, signature);
    }

    function test_SetGrantBySig_InLaneEight() public {
        bytes32 hash = _hashSetGrant(patient, HOSPITAL_B, 8, _scope(), 0, _deadline());
        bytes memory signature = _sign(alice, _grantsDigest(hash));
        vm.expectRevert(abi.encodeWithSelector(IAccessGrants.AccessGrants_BadLane.selector, 8));
        grants.setGrantBySig(patient, HOSPITAL_B, 8, _scope(), 0, _deadline(), signature);
    }

    function test_SetGrantBySig_SignedForAnotherMember() public {
        bytes memory signature = _signGrant(HOSPITAL_A, 0);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, alice));
        _relay(HOSPITAL_B, 0, signature);
    }

    function test_SetGrantBySig_WithTheNonceOfAnotherMember() public {
        _grant(HOSPITAL_A, 0, _scope());
        bytes memory signature = _signGrant(HOSPITAL_B, 1);
        _expectBadNonce(0, 1);
        _relay(HOSPITAL_B, 1, signature);
    }

    function test_SetGrantBySig_SignedForAnotherPatient() public {
        bytes32 hash = _hashSetGrant(foundling, HOSPITAL_B, 0, _scope(), 0, _deadline());
        bytes memory signature = _sign(alice, _grantsDigest(hash));
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, alice));
        _relay(HOSPITAL_B, 0, signature);
    }

    function testFuzz_SetGrantBySig_WithAFieldThatWasNotSigned(uint8 field) public {
        bytes memory signature = _signGrant(HOSPITAL_B, 0);
        IAccessGrants.Scope memory scope = _scope();
        field = uint8(bound(field, 0, 5));
        if (field == 0) scope.categories = type(uint16).max;
        else if (field == 1) scope.purposes = type(uint16).max;
        else if (field == 2) scope.restricted = 15;
        else if (field == 3) scope.notBefore = 0;
        else if (field == 4) scope.notAfter = type(uint40).max;
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, alice));
        grants.setGrantBySig(patient, HOSPITAL_B, field == 5 ? 1 : 0, scope, 0, _deadline(), signature);
    }

    function test_SetGrantBySig_WithheldPastADirectGrant() public {
        bytes memory withheld = _signGrant(HOSPITAL_B, 0);
        _grant(HOSPITAL_B, 5, _scope());
        _expectBadNonce(1, 0);
        _relay(HOSPITAL_B, 0, withheld);
    }

    function test_SetGrantBySig_SignedByAFormerController() public {
        bytes memory withheld = _signGrant(HOSPITAL_B, 0);
        bytes32 digest = _patientDigest(_hashRotateController(patient, bob, 0, _deadline()));
        vm.startPrank(alice);
        patients.rotateController(patient, bob, _signed(bob, digest, 0, _deadline()));
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, bob));
        _relay(HOSPITAL_B, 0, withheld);
    }

    function test_SetGrantBySig_RelayedByAnybody() public {
        bytes memory signature = _signGrant(HOSPITAL_B, 0);
        vm.expectEmit(address(grants));
        emit IAccessGrants.GrantSet(patient, HOSPITAL_B, 0, _scope(), 1);
        _relay(HOSPITAL_B, 0, signature);
        _assertGrant(0, _scope());
        assertEq(grants.nonceOf(patient, HOSPITAL_B), 1);
    }

    function test_Version_OfGrantsIsTheFirst() public view {
        assertEq(grants.version(), "1.0.0");
    }

    function _signGrant(MemberId member, uint32 nonce) private view returns (bytes memory) {
        bytes32 hash = _hashSetGrant(patient, member, 0, _scope(), nonce, _deadline());
        return _sign(alice, _grantsDigest(hash));
    }

    function _relay(MemberId member, uint32 nonce, bytes memory signature) private {
        vm.prank(stranger);
        grants.setGrantBySig(patient, member, 0, _scope(), nonce, _deadline(), signature);
    }

    function _grantProvisionally(IAccessGrants.Scope memory scope) private {
        vm.prank(foundlingKeeper);
        grants.setGrant(foundling, HOSPITAL_B, 0, scope);
    }

    function _assertGrant(uint8 lane, IAccessGrants.Scope memory scope) private view {
        IAccessGrants.Grant memory grant = grants.grantOf(patient, HOSPITAL_B, lane);
        assertEq(keccak256(abi.encode(grant.scope)), keccak256(abi.encode(scope)));
        assertFalse(grant.provisional);
    }

    function _refuse(IAccessGrants.Scope memory scope) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessGrants.AccessGrants_BadScope.selector, scope));
        _grant(HOSPITAL_B, 0, scope);
    }

    function _refuseProvisional(IAccessGrants.Scope memory scope) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessGrants.AccessGrants_NotForProvisional.selector, foundling, scope.purposes, scope.notAfter
            )
        );
        _grantProvisionally(scope);
    }

    function _expectPatientNotActive(PatientId of_, PatientStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessGrants.AccessGrants_PatientNotActive.selector, of_, status)
        );
    }

    function _expectMemberNotActive(MemberId member, MemberStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessGrants.AccessGrants_MemberNotActive.selector, member, status)
        );
    }

    function _expectBadNonce(uint32 expected, uint32 given) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessGrants.AccessGrants_BadNonce.selector, patient, HOSPITAL_B, expected, given
            )
        );
    }
}
