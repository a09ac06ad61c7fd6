// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {TakeOverSignedBehaviour} from "./TakeOverBehaviour.sol";

/// @notice Signatures under a takeover; the behaviour itself is {SignedBehaviour}.
contract TakeOverConsentTest is TakeOverSignedBehaviour {
    function test_TakeOverConsent_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_TakeOverConsent_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_TakeOverConsent_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_TakeOverConsent_Replayed() public {
        _refusesAReplay();
    }

    function test_TakeOverConsent_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_TakeOverConsent_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_TakeOverConsent_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_TakeOverConsent_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_TakeOverConsent_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_TakeOverConsent_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_TakeOverConsent_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_TakeOverConsent_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_TakeOverConsent_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_TakeOverConsent_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_TakeOverConsent_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _signer() internal view override returns (address) {
        return foundlingKeeper;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes memory acceptance = _rightSignature(alice, nonce, deadline);
        IPatientRegistry.Signed memory consent = IPatientRegistry.Signed(nonce, deadline, signature);
        patients.takeOver(_takeOverRequest(alice), consent, acceptance);
    }
}

contract TakeOverAcceptanceTest is TakeOverSignedBehaviour {
    function test_TakeOverAcceptance_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_TakeOverAcceptance_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_TakeOverAcceptance_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_TakeOverAcceptance_Replayed() public {
        _refusesAReplay();
    }

    function test_TakeOverAcceptance_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_TakeOverAcceptance_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_TakeOverAcceptance_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_TakeOverAcceptance_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_TakeOverAcceptance_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_TakeOverAcceptance_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_TakeOverAcceptance_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_TakeOverAcceptance_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_TakeOverAcceptance_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_TakeOverAcceptance_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_TakeOverAcceptance_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _signer() internal view override returns (address) {
        return alice;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes32 digest = _patientDigest(_structHash(nonce, deadline));
        patients.takeOver(
            _takeOverRequest(alice), _signed(foundlingKeeper, digest, nonce, deadline), signature
        );
    }
}
