// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {ConfigurationPart} from "../../../contracts/types/Types.sol";
import {PatientSignedBehaviour} from "../SignedBehaviour.sol";

/// @notice Signatures under a change of configuration; the behaviour itself is {SignedBehaviour}.
contract SetConfigurationPartBySigSignatureTest is PatientSignedBehaviour {
    function test_SetPartBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_SetPartBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_SetPartBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_SetPartBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_SetPartBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_SetPartBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_SetPartBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_SetPartBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_SetPartBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_SetPartBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_SetPartBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_SetPartBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_SetPartBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_SetPartBySig_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_SetPartBySig_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

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

    function test_CancelContactsBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_CancelContactsBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_CancelContactsBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_CancelContactsBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_CancelContactsBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_CancelContactsBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_CancelContactsBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_CancelContactsBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_CancelContactsBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_CancelContactsBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_CancelContactsBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_CancelContactsBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_CancelContactsBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_CancelContactsBySig_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_CancelContactsBySig_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
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
