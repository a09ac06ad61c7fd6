// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PatientSignedBehaviour} from "../SignedBehaviour.sol";

/// @notice Signatures under rotation; the behaviour itself is {SignedBehaviour}.
contract RotateKeyBySigSignatureTest is PatientSignedBehaviour {
    function test_RotateKeyBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_RotateKeyBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_RotateKeyBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_RotateKeyBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_RotateKeyBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_RotateKeyBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_RotateKeyBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_RotateKeyBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_RotateKeyBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_RotateKeyBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_RotateKeyBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_RotateKeyBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_RotateKeyBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_RotateKeyBySig_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_RotateKeyBySig_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

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
    function test_RotateControllerAcceptance_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_RotateControllerAcceptance_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_RotateControllerAcceptance_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_RotateControllerAcceptance_Replayed() public {
        _refusesAReplay();
    }

    function test_RotateControllerAcceptance_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_RotateControllerAcceptance_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_RotateControllerAcceptance_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_RotateControllerAcceptance_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_RotateControllerAcceptance_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_RotateControllerAcceptance_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_RotateControllerAcceptance_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_RotateControllerAcceptance_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_RotateControllerAcceptance_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_RotateControllerAcceptance_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_RotateControllerAcceptance_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

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
    function test_RotateControllerBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_RotateControllerBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_RotateControllerBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_RotateControllerBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_RotateControllerBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_RotateControllerBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_RotateControllerBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_RotateControllerBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_RotateControllerBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_RotateControllerBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_RotateControllerBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_RotateControllerBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_RotateControllerBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_RotateControllerBySig_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_RotateControllerBySig_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

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
    function test_RotateControllerBySigAcceptance_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_RotateControllerBySigAcceptance_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_RotateControllerBySigAcceptance_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_RotateControllerBySigAcceptance_Replayed() public {
        _refusesAReplay();
    }

    function test_RotateControllerBySigAcceptance_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_RotateControllerBySigAcceptance_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_RotateControllerBySigAcceptance_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_RotateControllerBySigAcceptance_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_RotateControllerBySigAcceptance_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_RotateControllerBySigAcceptance_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_RotateControllerBySigAcceptance_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_RotateControllerBySigAcceptance_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_RotateControllerBySigAcceptance_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_RotateControllerBySigAcceptance_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_RotateControllerBySigAcceptance_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

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
