// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {TakeOverSignedBehaviour} from "./TakeOverBehaviour.sol";

/// @notice Signatures under a forced takeover; the behaviour itself is {SignedBehaviour}.
abstract contract ForceTakeOverSignedBehaviour is TakeOverSignedBehaviour {
    function _force(uint32 nonce, uint40 deadline, bytes[3] memory signatures) internal {
        IPatientRegistry.Attestation[2] memory attestations = [
            IPatientRegistry.Attestation(hospitalB.desk, signatures[0]),
            IPatientRegistry.Attestation(clinic.desk, signatures[1])
        ];
        IPatientRegistry.Signed memory acceptance = IPatientRegistry.Signed(nonce, deadline, signatures[2]);
        patients.forceTakeOver(_takeOverRequest(alice), attestations, acceptance);
    }

    function _rightSignatures(uint32 nonce, uint40 deadline) internal view returns (bytes[3] memory) {
        return [
            _rightSignature(hospitalB.desk, nonce, deadline),
            _rightSignature(clinic.desk, nonce, deadline),
            _rightSignature(alice, nonce, deadline)
        ];
    }
}

contract ForceTakeOverFirstAttestationTest is ForceTakeOverSignedBehaviour {
    function test_ForceTakeOverFirst_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_ForceTakeOverFirst_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_ForceTakeOverFirst_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_ForceTakeOverFirst_Replayed() public {
        _refusesAReplay();
    }

    function test_ForceTakeOverFirst_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_ForceTakeOverFirst_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_ForceTakeOverFirst_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_ForceTakeOverFirst_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_ForceTakeOverFirst_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_ForceTakeOverFirst_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_ForceTakeOverFirst_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_ForceTakeOverFirst_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_ForceTakeOverFirst_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_ForceTakeOverFirst_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _signer() internal view override returns (address) {
        return hospitalB.desk;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes[3] memory signatures = _rightSignatures(nonce, deadline);
        signatures[0] = signature;
        _force(nonce, deadline, signatures);
    }
}

contract ForceTakeOverSecondAttestationTest is ForceTakeOverSignedBehaviour {
    function test_ForceTakeOverSecond_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_ForceTakeOverSecond_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_ForceTakeOverSecond_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_ForceTakeOverSecond_Replayed() public {
        _refusesAReplay();
    }

    function test_ForceTakeOverSecond_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_ForceTakeOverSecond_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_ForceTakeOverSecond_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_ForceTakeOverSecond_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_ForceTakeOverSecond_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_ForceTakeOverSecond_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_ForceTakeOverSecond_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_ForceTakeOverSecond_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_ForceTakeOverSecond_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_ForceTakeOverSecond_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _signer() internal view override returns (address) {
        return clinic.desk;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes[3] memory signatures = _rightSignatures(nonce, deadline);
        signatures[1] = signature;
        _force(nonce, deadline, signatures);
    }
}

contract ForceTakeOverAcceptanceTest is ForceTakeOverSignedBehaviour {
    function test_ForceTakeOverAcceptance_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_ForceTakeOverAcceptance_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_ForceTakeOverAcceptance_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_ForceTakeOverAcceptance_Replayed() public {
        _refusesAReplay();
    }

    function test_ForceTakeOverAcceptance_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_ForceTakeOverAcceptance_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_ForceTakeOverAcceptance_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_ForceTakeOverAcceptance_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_ForceTakeOverAcceptance_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_ForceTakeOverAcceptance_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_ForceTakeOverAcceptance_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_ForceTakeOverAcceptance_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_ForceTakeOverAcceptance_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_ForceTakeOverAcceptance_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _signer() internal view override returns (address) {
        return alice;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes[3] memory signatures = _rightSignatures(nonce, deadline);
        signatures[2] = signature;
        _force(nonce, deadline, signatures);
    }
}
