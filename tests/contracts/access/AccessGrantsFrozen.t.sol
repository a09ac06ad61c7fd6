// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessGrants} from "../../../contracts/interfaces/IAccessGrants.sol";
import {Purposes} from "../../../contracts/types/Purposes.sol";
import {AccessReason, PatientId} from "../../../contracts/types/Types.sol";
import {RecoveryActions} from "../RecoveryActions.sol";

/// @notice A patient whom contacts froze, and one that was retired.
contract AccessGrantsFrozenTest is RecoveryActions {
    uint40 private constant _UNTIL = START + 10 days;

    function setUp() public override {
        super.setUp();
        _nameContacts();
        _grant(HOSPITAL_B, 0, _scope());
    }

    function test_SetGrant_WhileFrozen() public {
        _freeze();
        vm.warp(_UNTIL);
        _expectPatientFrozen();
        _grant(HOSPITAL_B, 1, _scope());
        vm.warp(_UNTIL + 1);
        _grant(HOSPITAL_B, 1, _scope());
        assertTrue(_reasonOf(patient, 1) == AccessReason.Allowed);
    }

    function test_SetGrantBySig_WhileFrozen() public {
        _freeze();
        bytes32 digest = _grantsDigest(_hashSetGrant(patient, HOSPITAL_B, 1, _scope(), 1, _deadline()));
        bytes memory signature = _sign(alice, digest);
        _expectPatientFrozen();
        grants.setGrantBySig(patient, HOSPITAL_B, 1, _scope(), 1, _deadline(), signature);
    }

    function test_Revoke_WhileFrozen() public {
        _freeze();
        vm.prank(alice);
        grants.revoke(patient, HOSPITAL_B, 1);
        assertTrue(_reasonOf(patient, 0) == AccessReason.NoGrant);
    }

    function test_RevokeBySig_WhileFrozen() public {
        _freeze();
        bytes memory signature = _sign(alice, _grantsDigest(_hashRevoke(patient, HOSPITAL_B, 1, 1, _deadline())));
        grants.revokeBySig(patient, HOSPITAL_B, 1, 1, _deadline(), signature);
        assertTrue(_reasonOf(patient, 0) == AccessReason.NoGrant);
    }

    function test_AllowsAt_WhileFrozen() public {
        _freeze();
        assertTrue(_reasonOf(patient, 0) == AccessReason.Allowed);
    }

    function test_OpenEmergency_WhileFrozen() public {
        _freeze();
        vm.prank(hospitalB.clinician);
        grants.openEmergency(patient, REASON, 0, _noApproval());
        assertTrue(
            grants.emergencyAllowsAt(patient, HOSPITAL_B, 0, uint40(block.timestamp)) == AccessReason.Allowed
        );
    }

    function test_AllowsAt_AGrantOfARetiredPatient() public {
        PatientId survivor = _retire(patient);
        assertTrue(_reasonOf(patient, 0) == AccessReason.Retired);
        assertTrue(_reasonOf(patient, 1) == AccessReason.NoGrant);
        assertTrue(_reasonOf(survivor, 0) == AccessReason.NoGrant);
        _suspend(HOSPITAL_B);
        assertTrue(_reasonOf(patient, 0) == AccessReason.MemberNotActive);
    }

    function test_AllowsAt_AProvisionalGrantOfARetiredPatient() public {
        IAccessGrants.Scope memory scope = _scope();
        scope.notAfter = START + 30 days;
        vm.prank(foundlingKeeper);
        grants.setGrant(foundling, HOSPITAL_B, 0, scope);
        _link(_linkRequest(foundling, patient));
        vm.warp(START + 31 days);
        assertTrue(_reasonOf(foundling, 0) == AccessReason.Retired);
    }

    function _reasonOf(PatientId of_, uint8 lane) private view returns (AccessReason) {
        return grants.allowsAt(of_, HOSPITAL_B, lane, Purposes.TREAT, MEDICATIONS, 0, uint40(block.timestamp));
    }

    function _expectPatientFrozen() private {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessGrants.AccessGrants_PatientFrozen.selector, patient, _UNTIL)
        );
    }
}
