// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {ConfigurationPart, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {PatientSignedBehaviour, SignedBehaviour} from "./SignedBehaviour.t.sol";

/// @notice Signatures under each action of {PatientRegistry}; the behaviour itself is {SignedBehaviour}.
contract RegisterBySigSignatureTest is SignedBehaviour {
    function _signer() internal view override returns (address) {
        return bob;
    }

    function _domain() internal view override returns (address, string memory) {
        return (address(patients), "PatientRegistry");
    }

    function _structHash(uint32, uint40 deadline) internal view override returns (bytes32) {
        return _hashRegister(_registration(bob), deadline);
    }

    function _relay(uint32, uint40 deadline, bytes memory signature) internal override {
        vm.prank(hospitalA.desk);
        patients.registerBySig(_registration(bob), deadline, signature);
    }

    function _isDone() internal view override returns (bool) {
        return patients.authorityOf(patients.patientIdOf(bob, SALT)).status == PatientStatus.Registered;
    }

    function _replayError() internal view override returns (bytes memory) {
        PatientId registered = patients.patientIdOf(bob, SALT);
        return abi.encodeWithSelector(IPatientRegistry.PatientRegistry_AlreadyRegistered.selector, registered);
    }
}

contract RegisterProvisionalSignatureTest is SignedBehaviour {
    function _signer() internal view override returns (address) {
        return bob;
    }

    function _domain() internal view override returns (address, string memory) {
        return (address(patients), "PatientRegistry");
    }

    function _structHash(uint32, uint40 deadline) internal view override returns (bytes32) {
        return _hashRegisterProvisional(_registration(bob), HOSPITAL_A, deadline);
    }

    function _relay(uint32, uint40 deadline, bytes memory signature) internal override {
        vm.prank(hospitalA.desk);
        patients.registerProvisional(_registration(bob), deadline, signature);
    }

    function _isDone() internal view override returns (bool) {
        return patients.authorityOf(patients.patientIdOf(bob, SALT)).status == PatientStatus.Provisional;
    }

    function _replayError() internal view override returns (bytes memory) {
        PatientId registered = patients.patientIdOf(bob, SALT);
        return abi.encodeWithSelector(IPatientRegistry.PatientRegistry_AlreadyRegistered.selector, registered);
    }
}

contract RotateKeyBySigSignatureTest is PatientSignedBehaviour {
    function _signer() internal view override returns (address) {
        return alice;
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashRotateKey(patient, _keyFor("next", alice), nonce, deadline);
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        patients.rotateKeyBySig(
            patient, 1, _keyFor("next", alice), IPatientRegistry.Signed(nonce, deadline, signature)
        );
    }

    function _isDone() internal view override returns (bool) {
        return patients.keyOf(patient).digest == _keyDigest(_keyFor("next", alice));
    }
}

contract RotateControllerAcceptanceTest is PatientSignedBehaviour {
    function _signer() internal view override returns (address) {
        return bob;
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashRotateController(patient, bob, nonce, deadline);
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        vm.prank(alice);
        patients.rotateController(patient, bob, IPatientRegistry.Signed(nonce, deadline, signature));
    }

    function _isDone() internal view override returns (bool) {
        return patients.authorityOf(patient).controller == bob;
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IPatientRegistry.PatientRegistry_NotController.selector, patient, alice);
    }
}

contract RotateControllerBySigAuthorizationTest is PatientSignedBehaviour {
    function _signer() internal view override returns (address) {
        return alice;
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashRotateController(patient, foundlingKeeper, nonce, deadline);
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes memory acceptance = _sign(foundlingKeeper, _patientDigest(_structHash(nonce, deadline)));
        IPatientRegistry.Signed memory authorization = IPatientRegistry.Signed(nonce, deadline, signature);
        patients.rotateControllerBySig(patient, foundlingKeeper, authorization, acceptance);
    }

    function _isDone() internal view override returns (bool) {
        return patients.authorityOf(patient).controller == foundlingKeeper;
    }
}

contract RotateControllerBySigAcceptanceTest is PatientSignedBehaviour {
    function _signer() internal view override returns (address) {
        return foundlingKeeper;
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashRotateController(patient, foundlingKeeper, nonce, deadline);
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes32 digest = _patientDigest(_structHash(nonce, deadline));
        patients.rotateControllerBySig(patient, foundlingKeeper, _signed(alice, digest, nonce, deadline), signature);
    }

    function _isDone() internal view override returns (bool) {
        return patients.authorityOf(patient).controller == foundlingKeeper;
    }
}

contract SetConfigurationPartBySigSignatureTest is PatientSignedBehaviour {
    function _signer() internal view override returns (address) {
        return alice;
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash =
            keccak256("SetConfigurationPart(bytes32 patient,uint8 part,bytes32 digest,uint32 nonce,uint40 deadline)");
        return keccak256(abi.encode(typeHash, patient, uint8(0), REASON, nonce, deadline));
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        patients.setConfigurationPartBySig(
            patient,
            ConfigurationPart.Trustees,
            REASON,
            IPatientRegistry.Configuration(0, 0, 0),
            IPatientRegistry.Signed(nonce, deadline, signature)
        );
    }

    function _isDone() internal view override returns (bool) {
        return patients.configurationOf(patient) == keccak256(abi.encode(REASON, bytes32(0), bytes32(0)));
    }
}

contract CancelContactsBySigSignatureTest is PatientSignedBehaviour {
    /// @dev Contacts that are scheduled, with the nonce put back to 0 as the behaviour expects.
    function setUp() public override {
        super.setUp();
        vm.startPrank(alice);
        IPatientRegistry.Configuration memory current = IPatientRegistry.Configuration(0, 0, 0);
        patients.setConfigurationPart(patient, ConfigurationPart.Contacts, REASON, current);
        current.contacts = REASON;
        patients.setConfigurationPart(patient, ConfigurationPart.Contacts, SALT, current);
        vm.stopPrank();
        bytes32 slot = keccak256(abi.encode(patient, uint256(0)));
        uint256 word = uint256(vm.load(address(patients), slot)) & ~(uint256(type(uint32).max) << 160);
        vm.store(address(patients), slot, bytes32(word));
    }

    function _signer() internal view override returns (address) {
        return alice;
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash = keccak256("CancelContacts(bytes32 patient,uint32 nonce,uint40 deadline)");
        return keccak256(abi.encode(typeHash, patient, nonce, deadline));
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        patients.cancelContactsBySig(patient, IPatientRegistry.Signed(nonce, deadline, signature));
    }

    function _isDone() internal view override returns (bool) {
        (, uint40 readyAt) = patients.scheduledContactsOf(patient);
        return readyAt == 0;
    }
}
