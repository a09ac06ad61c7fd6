// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../../contracts/interfaces/IPatientRecovery.sol";
import {RecoveryActions} from "../RecoveryActions.sol";
import {SignedWithNonceBehaviour} from "../SignedBehaviour.sol";

/// @notice Signatures of contacts under a freeze; the behaviour itself is {SignedBehaviour}.
contract FreezeApprovalTest is SignedWithNonceBehaviour, RecoveryActions {
    function test_FreezeApproval_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_FreezeApproval_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_FreezeApproval_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_FreezeApproval_Replayed() public {
        _refusesAReplay();
    }

    function test_FreezeApproval_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_FreezeApproval_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_FreezeApproval_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_FreezeApproval_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_FreezeApproval_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_FreezeApproval_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_FreezeApproval_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_FreezeApproval_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_FreezeApproval_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_FreezeApproval_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_FreezeApproval_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function setUp() public override {
        super.setUp();
        _nameContacts();
    }

    function _signer() internal view override returns (address) {
        return contacts[2];
    }

    function _domain() internal view override returns (address, string memory) {
        return (address(patients), "PatientRegistry");
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashFreeze(patient, nonce, deadline);
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        IPatientRecovery.ContactApproval[] memory approvals = _quorum(_patientDigest(_structHash(nonce, deadline)));
        approvals[1].signature = signature;
        patients.freeze(patient, _proof(), approvals, nonce, deadline);
    }

    function _isDone() internal view override returns (bool) {
        return patients.authorityOf(patient).until >= block.timestamp;
    }

    function _nonceError(uint32 expected, uint32 given) internal view override returns (bytes memory) {
        return
            abi.encodeWithSelector(IPatientRecovery.PatientRecovery_BadRound.selector, patient, expected, given);
    }

    function _replayError() internal view override returns (bytes memory) {
        return _nonceError(1, 0);
    }
}
