// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {PolicyId} from "../../../contracts/types/Care.sol";
import {IdentityBase} from "../IdentityBase.sol";
import {MoneyBase} from "../MoneyBase.sol";
import {SignedBehaviour} from "../SignedBehaviour.sol";
import {InsurancePlansBase} from "./InsurancePlansBase.sol";

/// @notice Alice's signatures under policies, which carry no nonce; the behaviour itself is {SignedBehaviour}.
abstract contract PlansSignedBehaviour is InsurancePlansBase, SignedBehaviour {
    PolicyId internal issued;

    function setUp() public virtual override(IdentityBase, MoneyBase) {
        super.setUp();
        issued = _issue(_policyRequest(basic));
    }

    function _plan() internal override(IdentityBase, MoneyBase) {
        super._plan();
    }

    function _signer() internal view override returns (address) {
        return alice;
    }

    function _domain() internal view override returns (address, string memory) {
        return (address(plans), "InsurancePlans");
    }
}

contract AcceptPolicyBySigSignatureTest is PlansSignedBehaviour {
    function test_AcceptPolicyBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_AcceptPolicyBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_AcceptPolicyBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_AcceptPolicyBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_AcceptPolicyBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_AcceptPolicyBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_AcceptPolicyBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_AcceptPolicyBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_AcceptPolicyBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_AcceptPolicyBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_AcceptPolicyBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_AcceptPolicyBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_AcceptPolicyBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_AcceptPolicyBySig_SignedForAnotherPolicy() public {
        bytes memory signature = _signatureOf(alice, _deadline());
        issued = _issue(_policyRequest(basic));
        _refuse(_deadline(), signature);
    }

    /// @dev The signature names the last day: it does not serve a policy that the insurer shortened since.
    function test_AcceptPolicyBySig_AfterTheInsurerShortenedIt() public {
        bytes memory signature = _signatureOf(alice, _deadline());
        vm.prank(insurer.finance);
        plans.endPolicy(issued, TODAY + 1);
        _refuse(_deadline(), signature);
    }

    function _structHash(uint32, uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash = keccak256(
            "AcceptPolicy(bytes32 policy,bytes32 patient,uint32 insurer,uint32 plan,uint32 firstDay,uint32 lastDay,uint40 deadline)"
        );
        return keccak256(abi.encode(typeHash, issued, patient, INSURER, basic, YEAR_BEGIN, YEAR_END, deadline));
    }

    function _relay(uint32, uint40 deadline, bytes memory signature) internal override {
        plans.acceptPolicyBySig(issued, deadline, signature);
    }

    function _isDone() internal view override returns (bool) {
        return plans.policyOf(issued).acceptedAt != 0;
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IInsurancePlans.InsurancePlans_NotOffered.selector, issued);
    }
}

contract EndPolicyBySigSignatureTest is PlansSignedBehaviour {
    function test_EndPolicyBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_EndPolicyBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_EndPolicyBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_EndPolicyBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_EndPolicyBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_EndPolicyBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_EndPolicyBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_EndPolicyBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_EndPolicyBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_EndPolicyBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_EndPolicyBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_EndPolicyBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_EndPolicyBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_EndPolicyBySig_SignedForAnotherPolicy() public {
        bytes memory signature = _signatureOf(alice, _deadline());
        issued = policy;
        _refuse(_deadline(), signature);
    }

    function test_EndPolicyBySig_SignedForAnotherDay() public {
        bytes memory signature = _signatureOf(alice, _deadline());
        _expectInvalid();
        plans.endPolicyBySig(issued, TODAY + 2, _deadline(), signature);
    }

    function _expectInvalid() private {
        vm.expectRevert(abi.encodeWithSignature("Signatures_Invalid(address)", alice));
    }

    function _structHash(uint32, uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash = keccak256("EndPolicy(bytes32 policy,uint32 lastDay,uint40 deadline)");
        return keccak256(abi.encode(typeHash, issued, TODAY + 1, deadline));
    }

    function _relay(uint32, uint40 deadline, bytes memory signature) internal override {
        plans.endPolicyBySig(issued, TODAY + 1, deadline, signature);
    }

    function _isDone() internal view override returns (bool) {
        return plans.policyOf(issued).lastDay == TODAY + 1;
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IInsurancePlans.InsurancePlans_BadEnd.selector, issued, TODAY + 1);
    }
}
