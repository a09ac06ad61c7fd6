// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PatientId, RecoveryStage} from "../../../contracts/types/Types.sol";
import {RecoveryActions} from "../RecoveryActions.sol";
import {PatientSignedBehaviour} from "../SignedBehaviour.sol";

/// @notice Signatures under the cancelling of a recovery; the behaviour itself is {SignedBehaviour}.
contract CancelRecoveryBySigSignatureTest is PatientSignedBehaviour, RecoveryActions {
    function test_CancelRecoveryBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_CancelRecoveryBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_CancelRecoveryBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_CancelRecoveryBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_CancelRecoveryBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_CancelRecoveryBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_CancelRecoveryBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_CancelRecoveryBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_CancelRecoveryBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_CancelRecoveryBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_CancelRecoveryBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_CancelRecoveryBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_CancelRecoveryBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_CancelRecoveryBySig_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_CancelRecoveryBySig_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function setUp() public override {
        super.setUp();
        _nameContacts();
        _schedule();
    }

    function test_CancelRecoveryBySig_WhileFrozen() public {
        _freeze();
        _relay(0, _deadline(), _signatureOf(alice, _deadline()));
        assertTrue(_isDone());
    }

    function test_CancelRecoveryBySig_OfAFinalOne() public {
        _cancel();
        _scheduleFinal();
        bytes32 digest = _patientDigest(_hashCancelRecovery(patient, 1, _deadline()));
        IPatientRegistry.Signed memory authorization = _signed(alice, digest, 1, _deadline());
        _expectStage(RecoveryStage.Final);
        patients.cancelRecoveryBySig(patient, authorization);
    }

    function test_CancelRecoveryBySig_OfAnUnknownPatient() public {
        patient = PatientId.wrap(SALT);
        bytes memory signature = _signatureOf(alice, _deadline());
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unknown.selector, patient));
        _relay(0, _deadline(), signature);
    }

    function _signer() internal view override returns (address) {
        return alice;
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashCancelRecovery(patient, nonce, deadline);
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        patients.cancelRecoveryBySig(patient, IPatientRegistry.Signed(nonce, deadline, signature));
    }

    function _isDone() internal view override returns (bool) {
        return patients.recoveryOf(patient).stage == RecoveryStage.Cancelled;
    }
}
