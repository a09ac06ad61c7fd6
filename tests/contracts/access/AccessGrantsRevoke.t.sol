// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessGrants} from "../../../contracts/interfaces/IAccessGrants.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {AccessReason, MemberId, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";

contract AccessGrantsRevokeTest is IdentityBase {
    uint32 private constant _LARGEST = type(uint32).max;
    uint32 private constant _MOST_AHEAD = 100;

    function test_Revoke_ByAStranger() public {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessGrants.AccessGrants_NotController.selector, patient, stranger)
        );
        vm.prank(stranger);
        grants.revoke(patient, HOSPITAL_B, 1);
    }

    function test_Revoke_OfAnUnknownPatient() public {
        PatientId unknown = PatientId.wrap(SALT);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessGrants.AccessGrants_NotController.selector, unknown, alice)
        );
        vm.prank(alice);
        grants.revoke(unknown, HOSPITAL_B, 1);
    }

    function test_Revoke_OfNoLane() public {
        vm.expectRevert(IAccessGrants.AccessGrants_NoLanes.selector);
        _revoke(0);
    }

    function test_Revoke_OfLaneZeroKeepsTheNonce() public {
        _grant(HOSPITAL_B, 0, _scope());
        _grant(HOSPITAL_B, 1, _scope());
        vm.expectEmit(address(grants));
        emit IAccessGrants.GrantRevoked(patient, HOSPITAL_B, 1, 3);
        _revoke(1);
        _assertEmpty(0);
        assertFalse(_isEmpty(1));
        assertEq(grants.nonceOf(patient, HOSPITAL_B), 3);
    }

    function test_Revoke_OfALaterLaneLeavesLaneZero() public {
        _grant(HOSPITAL_B, 0, _scope());
        _grant(HOSPITAL_B, 7, _scope());
        vm.expectEmit(address(grants));
        emit IAccessGrants.GrantRevoked(patient, HOSPITAL_B, 1 << 7, 3);
        _revoke(1 << 7);
        _assertEmpty(7);
        assertEq(grants.grantOf(patient, HOSPITAL_B, 0).scope.categories, _scope().categories);
        assertEq(grants.nonceOf(patient, HOSPITAL_B), 3);
    }

    function test_Revoke_LeavesOtherMembers() public {
        _grant(HOSPITAL_A, 0, _scope());
        _grant(HOSPITAL_B, 0, _scope());
        _revoke(255);
        assertEq(grants.grantOf(patient, HOSPITAL_A, 0).scope.categories, _scope().categories);
        assertEq(grants.nonceOf(patient, HOSPITAL_A), 1);
    }

    function test_Revoke_OfLanesThatWereNeverSet() public {
        _revoke(6);
        _assertEmpty(1);
        assertEq(grants.nonceOf(patient, HOSPITAL_B), 1);
    }

    function test_Revoke_FromASuspendedMember() public {
        _grant(HOSPITAL_B, 0, _scope());
        _suspend(HOSPITAL_B);
        _revoke(1);
        _assertEmpty(0);
    }

    function test_Revoke_OfAProvisionalPatientAfterItsEnd() public {
        IAccessGrants.Scope memory scope = _scope();
        scope.notAfter = START + 30 days;
        vm.startPrank(foundlingKeeper);
        grants.setGrant(foundling, HOSPITAL_B, 0, scope);
        vm.warp(START + 31 days);
        grants.revoke(foundling, HOSPITAL_B, 1);
        assertEq(grants.grantOf(foundling, HOSPITAL_B, 0).scope.categories, 0);
        assertFalse(grants.grantOf(foundling, HOSPITAL_B, 0).provisional);
    }

    function test_Revoke_OfARetiredPatient() public {
        _grant(HOSPITAL_B, 0, _scope());
        _retire(patient);
        _revoke(1);
        _assertEmpty(0);
    }

    function testFuzz_Revoke_DeletesExactlyTheMask(uint8 set, uint8 mask) public {
        mask = uint8(bound(mask, 1, 255));
        for (uint8 lane = 0; lane < 8; ++lane) {
            if (set >> lane & 1 != 0) _grant(HOSPITAL_B, lane, _scope());
        }
        _revoke(mask);
        for (uint8 lane = 0; lane < 8; ++lane) {
            assertEq(_isEmpty(lane), (set & ~mask) >> lane & 1 == 0);
        }
    }

    function test_RevokeBySig_BelowTheNonce() public {
        bytes memory signature = _signRevocation(0);
        _grant(HOSPITAL_B, 0, _scope());
        _expectBadNonce(1, 0);
        _relay(0, signature);
    }

    function test_RevokeBySig_AtTheNonce() public {
        _grant(HOSPITAL_B, 0, _scope());
        bytes memory signature = _signRevocation(1);
        vm.expectEmit(address(grants));
        emit IAccessGrants.GrantRevoked(patient, HOSPITAL_B, 1, 2);
        _relay(1, signature);
        _assertEmpty(0);
        assertEq(grants.nonceOf(patient, HOSPITAL_B), 2);
    }

    function test_RevokeBySig_AboveTheNonce() public {
        _grant(HOSPITAL_B, 0, _scope());
        bytes memory signature = _signRevocation(9);
        vm.expectEmit(address(grants));
        emit IAccessGrants.GrantRevoked(patient, HOSPITAL_B, 1, 10);
        _relay(9, signature);
        _assertEmpty(0);
        assertEq(grants.nonceOf(patient, HOSPITAL_B), 10);
    }

    function test_RevokeBySig_OfNoLane() public {
        bytes32 hash = _hashRevoke(patient, HOSPITAL_B, 0, 0, _deadline());
        bytes memory signature = _sign(alice, _grantsDigest(hash));
        vm.expectRevert(IAccessGrants.AccessGrants_NoLanes.selector);
        grants.revokeBySig(patient, HOSPITAL_B, 0, 0, _deadline(), signature);
    }

    function test_RevokeBySig_OfAnUnknownPatient() public {
        PatientId unknown = PatientId.wrap(SALT);
        bytes32 hash = _hashRevoke(unknown, HOSPITAL_B, 1, 0, _deadline());
        bytes memory signature = _sign(alice, _grantsDigest(hash));
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, address(0)));
        grants.revokeBySig(unknown, HOSPITAL_B, 1, 0, _deadline(), signature);
    }

    function test_RevokeBySig_SignedForAnotherMember() public {
        bytes32 hash = _hashRevoke(patient, HOSPITAL_A, 1, 0, _deadline());
        bytes memory signature = _sign(alice, _grantsDigest(hash));
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, alice));
        _relay(0, signature);
    }

    function test_RevokeBySig_OfOtherLanesThanSigned() public {
        bytes memory signature = _signRevocation(0);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, alice));
        grants.revokeBySig(patient, HOSPITAL_B, 3, 0, _deadline(), signature);
    }

    function test_RevokeBySig_FromASuspendedMember() public {
        _grant(HOSPITAL_B, 0, _scope());
        _suspend(HOSPITAL_B);
        _relay(1, _signRevocation(1));
        _assertEmpty(0);
    }

    function test_Withheld_GrantRelayedBeforeTheRevocation() public {
        bytes memory grant = _signGrant(0);
        bytes memory revocation = _signRevocation(0);
        _relayGrant(0, grant);
        _expectBadNonce(1, 0);
        _relay(0, revocation);
        _relay(1, _signRevocation(1));
        _assertEmpty(0);
    }

    function test_Withheld_GrantRelayedBeforeARevocationWithALaterNonce() public {
        bytes memory grant = _signGrant(0);
        bytes memory revocation = _signRevocation(5);
        _relayGrant(0, grant);
        _relay(5, revocation);
        _assertEmpty(0);
        assertEq(uint8(_allows()), uint8(AccessReason.NoGrant));
    }

    function test_Withheld_GrantRelayedAfterTheRevocation() public {
        bytes memory grant = _signGrant(0);
        _relay(0, _signRevocation(0));
        _expectBadNonce(1, 0);
        _relayGrant(0, grant);
    }

    function test_Withheld_GrantRelayedAfterADirectRevocation() public {
        bytes memory grant = _signGrant(0);
        _revoke(1);
        _expectBadNonce(1, 0);
        _relayGrant(0, grant);
    }

    function testFuzz_Withheld_GrantsUpToTheRevocationsNonceAreDead(uint32 granted, uint32 revoked) public {
        revoked = uint32(bound(revoked, 0, _MOST_AHEAD));
        granted = uint32(bound(granted, 0, revoked));
        bytes memory grant = _signGrant(granted);
        _relay(revoked, _signRevocation(revoked));
        _expectBadNonce(revoked + 1, granted);
        _relayGrant(granted, grant);
    }

    function test_RevokeBySig_FarAboveTheNonce() public {
        _relay(_MOST_AHEAD, _signRevocation(_MOST_AHEAD));
        uint32 next = _MOST_AHEAD + 1;
        uint32 tooFar = next + _MOST_AHEAD + 1;
        bytes memory revocation = _signRevocation(tooFar);
        _expectBadNonce(next, tooFar);
        _relay(tooFar, revocation);
        revocation = _signRevocation(_LARGEST);
        _expectBadNonce(next, _LARGEST);
        _relay(_LARGEST, revocation);
    }

    function test_LargestNonce_RevokesAgainAndAgain() public {
        _setNonce(_LARGEST - 1);
        _grant(HOSPITAL_B, 0, _scope());
        _relay(_LARGEST, _signRevocation(_LARGEST));
        _assertEmpty(0);
        assertEq(grants.nonceOf(patient, HOSPITAL_B), _LARGEST);
        _grant(HOSPITAL_B, 0, _scope());
        assertEq(uint8(_allows()), uint8(AccessReason.Allowed));
        _revoke(1);
        _assertEmpty(0);
        assertEq(grants.nonceOf(patient, HOSPITAL_B), _LARGEST);
    }

    function test_LargestNonce_GrantsNothingBySignature() public {
        _setNonce(_LARGEST);
        bytes memory grant = _signGrant(_LARGEST);
        _expectBadNonce(_LARGEST, _LARGEST);
        _relayGrant(_LARGEST, grant);
    }

    /// @dev Brings (patient, hospital B) to a nonce that nobody reaches by acting.
    function _setNonce(uint32 nonce) private {
        bytes32 ofPatient = keccak256(abi.encode(patient, uint256(5)));
        bytes32 lanes = keccak256(abi.encode(HOSPITAL_B, ofPatient));
        vm.store(address(grants), lanes, bytes32(uint256(nonce) << 128));
        assertEq(grants.nonceOf(patient, HOSPITAL_B), nonce);
    }

    function _revoke(uint8 laneMask) private {
        vm.prank(alice);
        grants.revoke(patient, HOSPITAL_B, laneMask);
    }

    function _signRevocation(uint32 nonce) private view returns (bytes memory) {
        return _sign(alice, _grantsDigest(_hashRevoke(patient, HOSPITAL_B, 1, nonce, _deadline())));
    }

    function _relay(uint32 nonce, bytes memory signature) private {
        vm.prank(stranger);
        grants.revokeBySig(patient, HOSPITAL_B, 1, nonce, _deadline(), signature);
    }

    function _signGrant(uint32 nonce) private view returns (bytes memory) {
        return _sign(alice, _grantsDigest(_hashSetGrant(patient, HOSPITAL_B, 0, _scope(), nonce, _deadline())));
    }

    function _relayGrant(uint32 nonce, bytes memory signature) private {
        vm.prank(stranger);
        grants.setGrantBySig(patient, HOSPITAL_B, 0, _scope(), nonce, _deadline(), signature);
    }

    function _allows() private view returns (AccessReason) {
        return grants.allowsAt(patient, HOSPITAL_B, 0, 1, LABORATORY_RESULTS, 0, 0);
    }

    function _isEmpty(uint8 lane) private view returns (bool) {
        IAccessGrants.Grant memory nothing;
        bytes32 stored = keccak256(abi.encode(grants.grantOf(patient, HOSPITAL_B, lane)));
        return stored == keccak256(abi.encode(nothing));
    }

    function _assertEmpty(uint8 lane) private view {
        assertTrue(_isEmpty(lane));
    }

    function _expectBadNonce(uint32 expected, uint32 given) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessGrants.AccessGrants_BadNonce.selector, patient, HOSPITAL_B, expected, given
            )
        );
    }
}
