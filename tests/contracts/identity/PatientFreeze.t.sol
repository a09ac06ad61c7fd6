// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {ConfigurationPart, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {RecoveryActions} from "../RecoveryActions.sol";

contract PatientFreezeTest is RecoveryActions {
    uint40 private constant _UNTIL = START + 10 days;

    function setUp() public override {
        super.setUp();
        _nameContacts();
    }

    function test_Freeze_OfAnUnknownPatient() public {
        patient = PatientId.wrap(SALT);
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unknown.selector, patient));
        _freeze();
    }

    function test_Freeze_OfAProvisionalPatient() public {
        patient = foundling;
        _expectStatus(PatientStatus.Provisional);
        _freeze();
    }

    function test_Freeze_OfARetiredPatient() public {
        _retire(patient);
        _expectStatus(PatientStatus.Retired);
        _freeze();
    }

    function test_Freeze_WithOneApprovalTooFew() public {
        bytes32 digest = _patientDigest(_hashFreeze(patient, 0, _deadline()));
        IPatientRecovery.ContactApproval[] memory approvals = new IPatientRecovery.ContactApproval[](1);
        approvals[0] = _approval(contacts[0], digest);
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRecovery.PatientRecovery_TooFewApprovals.selector, patient, 2, 1)
        );
        patients.freeze(patient, _proof(), approvals, 0, _deadline());
    }

    function test_Freeze_ByAQuorum() public {
        vm.expectEmit(address(patients));
        emit IPatientRecovery.PatientFrozen(patient, 0, _UNTIL);
        vm.prank(stranger);
        _freeze();
        assertEq(patients.authorityOf(patient).until, _UNTIL);
        assertEq(patients.authorityOf(patient).controller, alice);
        assertEq(patients.recoveryOf(patient).freezes, 1);
        assertEq(patients.recoveryOf(patient).round, 0);
        assertEq(patients.nonceOf(patient), 0);
    }

    function test_Freeze_OfAnAssistedPatient() public {
        patient = _registerWith(REASON, true);
        _freeze();
        assertEq(patients.authorityOf(patient).until, _UNTIL);
    }

    function test_Freeze_WhileFrozen() public {
        _freeze();
        skip(1 days);
        _expectFrozenLately();
        _freeze();
    }

    function test_Freeze_AtTheLastSecondOfThePause() public {
        _freeze();
        vm.warp(_UNTIL + 16 days);
        _expectFrozenLately();
        _freeze();
    }

    function test_Freeze_AfterThePause() public {
        _freeze();
        vm.warp(_UNTIL + 16 days + 1);
        vm.expectEmit(address(patients));
        emit IPatientRecovery.PatientFrozen(patient, 1, _UNTIL + 26 days + 1);
        _freeze();
    }

    function test_Freeze_LeavesRoomToChangeContactsBeforeTheNext() public {
        _freeze();
        vm.warp(_UNTIL + 1);
        vm.prank(alice);
        patients.setConfigurationPart(patient, ConfigurationPart.Contacts, REASON, _parts());
        skip(14 days);
        patients.executeContacts(patient, _parts());
        vm.warp(_UNTIL + 16 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRegistry.PatientRegistry_WrongConfiguration.selector,
                patient,
                keccak256(abi.encode(TRUSTEES, REASON, REPRESENTATIVES)),
                _digestOf(_proof())
            )
        );
        _freeze();
    }

    function test_Freeze_RefusesKeysUntilItsEnd() public {
        _freeze();
        vm.warp(_UNTIL);
        bytes memory publicKey = _keyFor("next", alice);
        bytes32 digest = _patientDigest(_hashRotateKey(patient, publicKey, 0, _deadline()));
        IPatientRegistry.Signed memory authorization = _signed(alice, digest, 0, _deadline());
        _expectFrozen(_UNTIL);
        vm.prank(alice);
        patients.rotateKey(patient, 1, publicKey);
        _expectFrozen(_UNTIL);
        patients.rotateKeyBySig(patient, 1, publicKey, authorization);
        vm.warp(_UNTIL + 1);
        patients.rotateKeyBySig(patient, 1, publicKey, authorization);
        assertEq(patients.keyOf(patient).epoch, 2);
    }

    function test_Freeze_RefusesAnotherController() public {
        _freeze();
        bytes32 digest = _patientDigest(_hashRotateController(patient, bob, 0, _deadline()));
        IPatientRegistry.Signed memory acceptance = _signed(bob, digest, 0, _deadline());
        IPatientRegistry.Signed memory authorization = _signed(alice, digest, 0, _deadline());
        _expectFrozen(_UNTIL);
        vm.prank(alice);
        patients.rotateController(patient, bob, acceptance);
        _expectFrozen(_UNTIL);
        patients.rotateControllerBySig(patient, bob, authorization, acceptance.signature);
    }

    function test_Freeze_RefusesEveryPartOfTheConfiguration() public {
        _freeze();
        for (uint256 part = 0; part < 3; ++part) {
            _expectFrozen(_UNTIL);
            vm.prank(alice);
            patients.setConfigurationPart(patient, ConfigurationPart(part), REASON, _parts());
        }
        bytes32 typeHash =
            keccak256("SetConfigurationPart(bytes32 patient,uint8 part,bytes32 digest,uint32 nonce,uint40 deadline)");
        bytes32 digest = _patientDigest(keccak256(abi.encode(typeHash, patient, 0, REASON, 0, _deadline())));
        IPatientRegistry.Signed memory authorization = _signed(alice, digest, 0, _deadline());
        _expectFrozen(_UNTIL);
        patients.setConfigurationPartBySig(patient, ConfigurationPart.Trustees, REASON, _parts(), authorization);
    }

    function test_Freeze_HoldsScheduledContacts() public {
        vm.prank(alice);
        patients.setConfigurationPart(patient, ConfigurationPart.Contacts, REASON, _parts());
        skip(13 days);
        _freeze();
        skip(1 days);
        _expectFrozen(START + 23 days);
        patients.executeContacts(patient, _parts());
        bytes32 typeHash = keccak256("CancelContacts(bytes32 patient,uint32 nonce,uint40 deadline)");
        bytes32 digest = _patientDigest(keccak256(abi.encode(typeHash, patient, 1, _deadline())));
        IPatientRegistry.Signed memory authorization = _signed(alice, digest, 1, _deadline());
        _expectFrozen(START + 23 days);
        patients.cancelContactsBySig(patient, authorization);
        _expectFrozen(START + 23 days);
        vm.prank(alice);
        patients.cancelContacts(patient);
        vm.warp(START + 23 days + 1);
        patients.executeContacts(patient, _parts());
        assertEq(patients.configurationOf(patient), keccak256(abi.encode(TRUSTEES, REASON, REPRESENTATIVES)));
    }

    function _expectFrozenLately() private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRecovery.PatientRecovery_FrozenLately.selector, patient, _UNTIL + 16 days
            )
        );
    }

    function _expectStatus(PatientStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_WrongStatus.selector, patient, status)
        );
    }
}
