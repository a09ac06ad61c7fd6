// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessGrants} from "../../../contracts/interfaces/IAccessGrants.sol";
import {IEmergencyAccess} from "../../../contracts/interfaces/IEmergencyAccess.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {SignedBehaviour, SignedWithNonceBehaviour} from "../SignedBehaviour.sol";

/// @notice Signatures under grants, revocations and approvals; the behaviour itself is {SignedBehaviour}.
abstract contract GrantsSignedBehaviour is SignedWithNonceBehaviour {
    function _signer() internal view override returns (address) {
        return alice;
    }

    function _domain() internal view override returns (address, string memory) {
        return (address(grants), "AccessGrants");
    }

    function _nonceError(uint32 expected, uint32 given) internal view override returns (bytes memory) {
        return abi.encodeWithSelector(
            IAccessGrants.AccessGrants_BadNonce.selector, patient, HOSPITAL_B, expected, given
        );
    }

    function _replayError() internal view override returns (bytes memory) {
        return _nonceError(1, 0);
    }
}

contract SetGrantBySigSignatureTest is GrantsSignedBehaviour {
    function test_SetGrantBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_SetGrantBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_SetGrantBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_SetGrantBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_SetGrantBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_SetGrantBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_SetGrantBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_SetGrantBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_SetGrantBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_SetGrantBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_SetGrantBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_SetGrantBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_SetGrantBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_SetGrantBySig_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_SetGrantBySig_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashSetGrant(patient, HOSPITAL_B, 0, _scope(), nonce, deadline);
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        grants.setGrantBySig(patient, HOSPITAL_B, 0, _scope(), nonce, deadline, signature);
    }

    function _isDone() internal view override returns (bool) {
        return grants.grantOf(patient, HOSPITAL_B, 0).scope.categories == _scope().categories;
    }
}

contract RevokeBySigSignatureTest is GrantsSignedBehaviour {
    function test_RevokeBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_RevokeBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_RevokeBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_RevokeBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_RevokeBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_RevokeBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_RevokeBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_RevokeBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_RevokeBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_RevokeBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_RevokeBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_RevokeBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_RevokeBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashRevoke(patient, HOSPITAL_B, 1, nonce, deadline);
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        grants.revokeBySig(patient, HOSPITAL_B, 1, nonce, deadline, signature);
    }

    function _isDone() internal view override returns (bool) {
        return grants.nonceOf(patient, HOSPITAL_B) == 1;
    }
}

/// @dev The number of the emergency stands for the nonce: an approval serves one.
contract ApproveEmergencySignatureTest is SignedBehaviour {
    function test_ApproveEmergency_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_ApproveEmergency_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_ApproveEmergency_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_ApproveEmergency_Replayed() public {
        _refusesAReplay();
    }

    function test_ApproveEmergency_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_ApproveEmergency_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_ApproveEmergency_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_ApproveEmergency_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_ApproveEmergency_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_ApproveEmergency_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_ApproveEmergency_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_ApproveEmergency_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_ApproveEmergency_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function _signer() internal view override returns (address) {
        return hospitalA.clinician;
    }

    function _domain() internal view override returns (address, string memory) {
        return (address(grants), "AccessGrants");
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashApproval(REASON, 5, nonce + 1, deadline);
    }

    function _relay(uint32, uint40 deadline, bytes memory signature) internal override {
        IEmergencyAccess.Approval memory approval =
            IEmergencyAccess.Approval(hospitalA.clinician, deadline, signature);
        vm.prank(hospitalB.clinician);
        grants.openEmergency(patient, REASON, 5, approval);
    }

    function _isDone() internal view override returns (bool) {
        return grants.latestEmergencyOf(patient, HOSPITAL_B).number == 1;
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, hospitalA.clinician);
    }
}
