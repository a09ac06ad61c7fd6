// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {RecoverySignedBehaviour} from "./RecoveryBehaviour.sol";

contract ScheduleRecoveryApprovalTest is RecoverySignedBehaviour {
    function test_ScheduleRecoveryApproval_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_ScheduleRecoveryApproval_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_ScheduleRecoveryApproval_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_ScheduleRecoveryApproval_Replayed() public {
        _refusesAReplay();
    }

    function test_ScheduleRecoveryApproval_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_ScheduleRecoveryApproval_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_ScheduleRecoveryApproval_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_ScheduleRecoveryApproval_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_ScheduleRecoveryApproval_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_ScheduleRecoveryApproval_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_ScheduleRecoveryApproval_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_ScheduleRecoveryApproval_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_ScheduleRecoveryApproval_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_ScheduleRecoveryApproval_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_ScheduleRecoveryApproval_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _signer() internal view override returns (address) {
        return contacts[2];
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes32 digest = _patientDigest(_structHash(nonce, deadline));
        IPatientRecovery.ContactApproval[] memory approvals = _quorum(digest);
        approvals[1].signature = signature;
        patients.scheduleRecovery(_request(), _proof(), approvals, _signed(newPhone, digest, nonce, deadline));
    }
}

contract ScheduleRecoveryAcceptanceTest is RecoverySignedBehaviour {
    function test_ScheduleRecoveryAcceptance_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_ScheduleRecoveryAcceptance_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_ScheduleRecoveryAcceptance_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_ScheduleRecoveryAcceptance_Replayed() public {
        _refusesAReplay();
    }

    function test_ScheduleRecoveryAcceptance_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_ScheduleRecoveryAcceptance_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_ScheduleRecoveryAcceptance_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_ScheduleRecoveryAcceptance_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_ScheduleRecoveryAcceptance_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_ScheduleRecoveryAcceptance_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_ScheduleRecoveryAcceptance_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_ScheduleRecoveryAcceptance_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_ScheduleRecoveryAcceptance_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_ScheduleRecoveryAcceptance_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_ScheduleRecoveryAcceptance_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _signer() internal view override returns (address) {
        return newPhone;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes32 digest = _patientDigest(_structHash(nonce, deadline));
        IPatientRegistry.Signed memory acceptance = IPatientRegistry.Signed(nonce, deadline, signature);
        patients.scheduleRecovery(_request(), _proof(), _quorum(digest), acceptance);
    }
}
