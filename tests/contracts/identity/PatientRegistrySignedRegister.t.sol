// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {SignedBehaviour} from "../SignedBehaviour.sol";

/// @notice Signatures under registration; the behaviour itself is {SignedBehaviour}.
contract RegisterBySigSignatureTest is SignedBehaviour {
    function test_RegisterBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_RegisterBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_RegisterBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_RegisterBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_RegisterBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_RegisterBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_RegisterBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_RegisterBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_RegisterBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_RegisterBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_RegisterBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_RegisterBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_RegisterBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

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
    function test_RegisterProvisional_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_RegisterProvisional_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_RegisterProvisional_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_RegisterProvisional_Replayed() public {
        _refusesAReplay();
    }

    function test_RegisterProvisional_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_RegisterProvisional_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_RegisterProvisional_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_RegisterProvisional_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_RegisterProvisional_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_RegisterProvisional_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_RegisterProvisional_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_RegisterProvisional_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_RegisterProvisional_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

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
