// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PublicKeys} from "../../../contracts/libraries/PublicKeys.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";

contract PatientRegistryRegisterTest is IdentityBase {
    function test_Register_ByAnotherThanTheController() public {
        PatientId wanted = patients.patientIdOf(bob, SALT);
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_NotController.selector, wanted, stranger)
        );
        vm.prank(stranger);
        patients.register(_registration(bob));
    }

    function test_Register_TheSameIdTwice() public {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_AlreadyRegistered.selector, patient)
        );
        vm.prank(alice);
        patients.register(_registration(alice));
    }

    function test_Register_WithAnUnknownSuite() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.suite = 2;
        _refuseKey(registration);
    }

    function test_Register_WithAShortKey() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.publicKey = abi.encodePacked(bytes31(keccak256("short")));
        registration.publicKey[0] = 0x01;
        _refuseKey(registration);
    }

    function test_Register_WithALongKey() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.publicKey = bytes.concat(registration.publicKey, hex"00");
        _refuseKey(registration);
    }

    function test_Register_WithAZeroKey() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.publicKey = new bytes(32);
        _refuseKey(registration);
    }

    function test_Register_WithAConfiguration() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.configurationDigest = REASON;
        PatientId wanted = patients.patientIdOf(bob, SALT);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientRegistered(wanted, bob, PatientStatus.Registered, NOBODY, 0, REASON);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientKeyRotated(wanted, 1, 1, registration.publicKey);
        vm.prank(bob);
        PatientId registered = patients.register(registration);
        assertTrue(registered == wanted);
        assertEq(patients.configurationOf(registered), REASON);
        _assertRegistered(registered, bob, PatientStatus.Registered);
    }

    function test_Register_Assisted() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.assisted = true;
        vm.prank(bob);
        PatientId registered = patients.register(registration);
        assertEq(patients.configurationOf(registered), bytes32(0));
        _assertRegistered(registered, bob, PatientStatus.Assisted);
    }

    function testFuzz_Register_EachSaltIsAnotherId(bytes32 salt) public {
        vm.assume(salt != SALT);
        IPatientRegistry.Registration memory registration = _registration(alice);
        registration.salt = salt;
        vm.prank(alice);
        PatientId registered = patients.register(registration);
        assertEq(PatientId.unwrap(registered), keccak256(abi.encode(alice, salt)));
        assertFalse(registered == patient);
    }

    function test_RegisterBySig_ByAStranger() public {
        _refuseRelay(stranger);
    }

    function test_RegisterBySig_ByASuspendedMember() public {
        _suspend(HOSPITAL_A);
        _refuseRelay(hospitalA.desk);
    }

    function test_RegisterBySig_ByARemovedOperator() public {
        _removeOperator(hospitalA.admin, hospitalA.desk);
        _refuseRelay(hospitalA.desk);
    }

    function test_RegisterBySig_WithoutController() public {
        IPatientRegistry.Registration memory registration = _registration(address(0));
        vm.expectRevert(IPatientRegistry.PatientRegistry_NoController.selector);
        vm.prank(hospitalA.desk);
        patients.registerBySig(registration, _deadline(), "");
    }

    function test_RegisterBySig_WithAnUnusableKey() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.suite = 0;
        bytes memory signature = _sign(bob, _patientDigest(_hashRegister(registration, _deadline())));
        vm.expectRevert(abi.encodeWithSelector(PublicKeys.PublicKeys_Unusable.selector, 0, 32));
        vm.prank(hospitalA.desk);
        patients.registerBySig(registration, _deadline(), signature);
    }

    function test_RegisterBySig_WithAProvisionalSignature() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        bytes32 hash = _hashRegisterProvisional(registration, HOSPITAL_A, _deadline());
        _refuseSignature(registration, _sign(bob, _patientDigest(hash)));
    }

    function testFuzz_RegisterBySig_WithAFieldThatWasNotSigned(uint8 field) public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        bytes memory signature = _sign(bob, _patientDigest(_hashRegister(registration, _deadline())));
        field = uint8(bound(field, 0, 4));
        if (field == 0) registration.salt = REASON;
        else if (field == 1) registration.suite = 7;
        else if (field == 2) registration.publicKey = _keyFor("thief", stranger);
        else if (field == 3) registration.configurationDigest = REASON;
        else registration.assisted = true;
        _refuseSignature(registration, signature);
    }

    function test_RegisterBySig_RelayedByAnyOperator() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.configurationDigest = REASON;
        bytes memory signature = _sign(bob, _patientDigest(_hashRegister(registration, _deadline())));
        PatientId wanted = patients.patientIdOf(bob, SALT);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientRegistered(wanted, bob, PatientStatus.Registered, NOBODY, 0, REASON);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientKeyRotated(wanted, 1, 1, registration.publicKey);
        vm.prank(insurer.reader);
        PatientId registered = patients.registerBySig(registration, _deadline(), signature);
        assertTrue(registered == wanted);
        assertEq(patients.configurationOf(registered), REASON);
        _assertRegistered(registered, bob, PatientStatus.Registered);
    }

    function test_RegisterBySig_Assisted() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.assisted = true;
        _assertRegistered(_registerBySig(registration), bob, PatientStatus.Assisted);
    }

    function test_RegisterProvisional_ByAStranger() public {
        _refuseProvisionalRelay(stranger);
    }

    function test_RegisterProvisional_ByAnOperatorWithoutDesk() public {
        _refuseProvisionalRelay(hospitalA.records);
    }

    function test_RegisterProvisional_ByASuspendedMember() public {
        _suspend(HOSPITAL_A);
        _refuseProvisionalRelay(hospitalA.desk);
    }

    function test_RegisterProvisional_ByARemovedOperator() public {
        _removeOperator(hospitalA.admin, hospitalA.desk);
        _refuseProvisionalRelay(hospitalA.desk);
    }

    function test_RegisterProvisional_WithAConfiguration() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.configurationDigest = REASON;
        _refuseProvisional(registration);
    }

    function test_RegisterProvisional_Assisted() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.assisted = true;
        _refuseProvisional(registration);
    }

    function test_RegisterProvisional_SignedForAnotherSponsor() public {
        bytes32 hash = _hashRegisterProvisional(_registration(bob), HOSPITAL_B, _deadline());
        _refuseProvisionalSignature(_sign(bob, _patientDigest(hash)));
    }

    function test_RegisterProvisional_WithAnOrdinarySignature() public {
        _refuseProvisionalSignature(_sign(bob, _patientDigest(_hashRegister(_registration(bob), _deadline()))));
    }

    function test_RegisterProvisional_ByTheDesk() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        bytes32 hash = _hashRegisterProvisional(registration, HOSPITAL_B, _deadline());
        bytes memory signature = _sign(bob, _patientDigest(hash));
        PatientId wanted = patients.patientIdOf(bob, SALT);
        uint40 until = START + 30 days;
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientRegistered(wanted, bob, PatientStatus.Provisional, HOSPITAL_B, until, 0);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientKeyRotated(wanted, 1, 1, registration.publicKey);
        vm.prank(hospitalB.desk);
        PatientId registered = patients.registerProvisional(registration, _deadline(), signature);
        IPatientRegistry.Authority memory authority = patients.authorityOf(registered);
        assertEq(authority.controller, bob);
        assertTrue(authority.status == PatientStatus.Provisional);
        assertEq(authority.until, until);
        assertTrue(patients.sponsorOf(registered) == HOSPITAL_B);
        assertEq(patients.configurationOf(registered), bytes32(0));
    }

    function test_RenewProvisional_ByAnOperatorWhoIsNoRegistrar() public {
        _refuseRenewal(hospitalA.desk);
    }

    function test_RenewProvisional_ByASuspendedRegulator() public {
        _suspend(REGULATOR);
        _refuseRenewal(regulator.registrar);
    }

    function test_RenewProvisional_OfAnUnknownPatient() public {
        PatientId unknown = PatientId.wrap(SALT);
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unknown.selector, unknown));
        vm.prank(regulator.registrar);
        patients.renewProvisional(unknown);
    }

    function test_RenewProvisional_OfARegisteredPatient() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRegistry.PatientRegistry_WrongStatus.selector, patient, PatientStatus.Registered
            )
        );
        vm.prank(regulator.registrar);
        patients.renewProvisional(patient);
    }

    function test_RenewProvisional_AfterItsEnd() public {
        vm.warp(START + 31 days);
        uint40 until = START + 61 days;
        vm.expectEmit(address(patients));
        emit IPatientRegistry.ProvisionalRenewed(foundling, REGULATOR, until);
        vm.prank(regulator.registrar);
        patients.renewProvisional(foundling);
        assertEq(patients.authorityOf(foundling).until, until);
    }

    function test_Views_OfAnUnknownPatientAreZero() public view {
        PatientId unknown = PatientId.wrap(SALT);
        IPatientRegistry.Authority memory authority = patients.authorityOf(unknown);
        assertEq(authority.controller, address(0));
        assertTrue(authority.status == PatientStatus.None);
        assertEq(patients.keyOf(unknown).epoch, 0);
        assertEq(patients.keyOf(unknown).digest, bytes32(0));
        assertEq(patients.nonceOf(unknown), 0);
        assertTrue(patients.sponsorOf(unknown) == NOBODY);
        assertEq(patients.version(), "1.0.0");
        assertEq(patients.PROVISIONAL_PERIOD(), 30 days);
        assertEq(patients.CONTACTS_DELAY(), 14 days);
    }

    function _assertRegistered(PatientId registered, address controller, PatientStatus status) private view {
        IPatientRegistry.Authority memory authority = patients.authorityOf(registered);
        assertEq(authority.controller, controller);
        assertTrue(authority.status == status);
        assertEq(authority.until, 0);
        assertEq(patients.keyOf(registered).digest, _keyDigest(_keyFor("first", controller)));
        assertEq(patients.keyOf(registered).epoch, 1);
        assertEq(patients.nonceOf(registered), 0);
        assertTrue(patients.sponsorOf(registered) == NOBODY);
    }

    function _refuseKey(IPatientRegistry.Registration memory registration) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                PublicKeys.PublicKeys_Unusable.selector, registration.suite, registration.publicKey.length
            )
        );
        vm.prank(bob);
        patients.register(registration);
    }

    function _refuseRelay(address relayer) private {
        bytes memory signature = _sign(bob, _patientDigest(_hashRegister(_registration(bob), _deadline())));
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unauthorized.selector, relayer, uint16(0))
        );
        vm.prank(relayer);
        patients.registerBySig(_registration(bob), _deadline(), signature);
    }

    function _refuseSignature(IPatientRegistry.Registration memory registration, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, bob));
        vm.prank(hospitalA.desk);
        patients.registerBySig(registration, _deadline(), signature);
    }

    function _refuseProvisionalRelay(address relayer) private {
        bytes32 hash = _hashRegisterProvisional(_registration(bob), HOSPITAL_A, _deadline());
        bytes memory signature = _sign(bob, _patientDigest(hash));
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unauthorized.selector, relayer, Roles.DESK)
        );
        vm.prank(relayer);
        patients.registerProvisional(_registration(bob), _deadline(), signature);
    }

    function _refuseProvisional(IPatientRegistry.Registration memory registration) private {
        bytes32 hash = _hashRegisterProvisional(registration, HOSPITAL_A, _deadline());
        bytes memory signature = _sign(bob, _patientDigest(hash));
        PatientId wanted = patients.patientIdOf(bob, SALT);
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_NotForProvisional.selector, wanted)
        );
        vm.prank(hospitalA.desk);
        patients.registerProvisional(registration, _deadline(), signature);
    }

    function _refuseProvisionalSignature(bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, bob));
        vm.prank(hospitalA.desk);
        patients.registerProvisional(_registration(bob), _deadline(), signature);
    }

    function _refuseRenewal(address caller) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unauthorized.selector, caller, Roles.REGISTRAR)
        );
        vm.prank(caller);
        patients.renewProvisional(foundling);
    }
}
