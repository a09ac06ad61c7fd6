// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PatientId} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";

contract PatientRegistryRepresentTest is IdentityBase {
    uint40 private constant _TERM = START + 100 days;

    PatientId private _child;

    function setUp() public override {
        super.setUp();
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.configurationDigest = _digestOf(_proof());
        _child = _registerBySig(registration);
    }

    function test_IsRepresentative_UntilTheEndOfTheTerm() public {
        vm.warp(_TERM);
        assertTrue(patients.isRepresentative(_child, alice, _proof()));
    }

    function test_IsRepresentative_AfterTheEndOfTheTerm() public {
        vm.warp(_TERM + 1);
        assertFalse(patients.isRepresentative(_child, alice, _proof()));
    }

    function test_IsRepresentative_TheSecondOfTheList() public view {
        assertTrue(patients.isRepresentative(_child, foundlingKeeper, _proof()));
    }

    function test_IsRepresentative_OneWhoIsNotInTheList() public view {
        assertFalse(patients.isRepresentative(_child, stranger, _proof()));
    }

    function test_IsRepresentative_WithAnotherPreimage() public view {
        IPatientRegistry.RepresentativesProof memory proof = _proof();
        proof.salt = REASON;
        assertFalse(patients.isRepresentative(_child, alice, proof));
    }

    function test_IsRepresentative_WithOtherTrustees() public view {
        IPatientRegistry.RepresentativesProof memory proof = _proof();
        proof.trustees = 0;
        assertFalse(patients.isRepresentative(_child, alice, proof));
    }

    function test_IsRepresentative_OfAPatientThatNamesNobody() public view {
        assertFalse(patients.isRepresentative(patient, alice, _proof()));
    }

    function test_IsRepresentative_OfARetiredPatient() public {
        _retire(_child);
        assertFalse(patients.isRepresentative(_child, alice, _proof()));
    }

    function test_IsRepresentative_OfAnAssistedPatient() public {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.salt = REASON;
        registration.configurationDigest = _digestOf(_proof());
        registration.assisted = true;
        assertTrue(patients.isRepresentative(_registerBySig(registration), alice, _proof()));
    }

    function _proof() private view returns (IPatientRegistry.RepresentativesProof memory proof) {
        proof.salt = SALT;
        proof.trustees = REASON;
        proof.list = new IPatientRegistry.Representative[](2);
        proof.list[0] = IPatientRegistry.Representative(alice, _TERM);
        proof.list[1] = IPatientRegistry.Representative(foundlingKeeper, _TERM);
    }

    function _digestOf(IPatientRegistry.RepresentativesProof memory proof) private pure returns (bytes32) {
        bytes32 representatives = keccak256(abi.encode(proof.salt, proof.list));
        return keccak256(abi.encode(proof.trustees, proof.contacts, representatives));
    }
}
