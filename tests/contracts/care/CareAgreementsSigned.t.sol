// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {AgreementState, Terms} from "../../../contracts/types/Care.sol";
import {Line} from "../../../contracts/types/Insurance.sol";
import {IdentityBase} from "../IdentityBase.sol";
import {MoneyBase} from "../MoneyBase.sol";
import {SignedBehaviour} from "../SignedBehaviour.sol";
import {CareAgreementsBase} from "./CareAgreementsBase.sol";

/// @notice Alice's signatures under agreements, which carry no nonce; the behaviour itself is {SignedBehaviour}.
abstract contract AgreementsSignedBehaviour is CareAgreementsBase, SignedBehaviour {
    Terms internal terms;

    function setUp() public virtual override(IdentityBase, MoneyBase) {
        super.setUp();
        Treatment memory treatment = _tomorrow();
        // Without a deposit there is one signature, the one under test.
        treatment.terms.deposit = 0;
        terms = treatment.terms;
        _offer(treatment);
    }

    function _plan() internal override(IdentityBase, MoneyBase) {
        super._plan();
    }

    /// @dev The treatment of these terms.
    function _offered() internal view returns (Treatment memory treatment) {
        treatment.terms = terms;
        treatment.lines = new Line[](1);
        treatment.lines[0] = Line(keccak256(abi.encode("item", 0)), 500_00, PROCEDURES);
    }

    function _signer() internal view override returns (address) {
        return alice;
    }

    function _domain() internal view override returns (address, string memory) {
        return (address(agreements), "CareAgreements");
    }
}

contract AcceptBySigSignatureTest is AgreementsSignedBehaviour {
    function test_AcceptBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_AcceptBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_AcceptBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_AcceptBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_AcceptBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_AcceptBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_AcceptBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_AcceptBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_AcceptBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_AcceptBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_AcceptBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_AcceptBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_AcceptBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_AcceptBySig_SignedForAnotherPayer() public {
        bytes memory signature = _sign(alice, _acceptDigest(_offered(), _unpaid(_deadline())));
        payer = stranger;
        _refuse(_deadline(), signature);
    }

    function test_AcceptBySig_SignedForAnotherOffer() public {
        bytes memory signature = _sign(alice, _acceptDigest(_offered(), _unpaid(_deadline())));
        terms.salt = keccak256("the same treatment offered again");
        _offer(_offered());
        _refuse(_deadline(), signature);
    }

    /// @dev Declining voids an acceptance that was signed and withheld.
    function test_AcceptBySig_WithheldPastADecline() public {
        bytes memory signature = _signatureOf(alice, _deadline());
        vm.prank(alice);
        agreements.cancel(terms);
        _expectWrongState(_offered(), AgreementState.Declined);
        _relay(0, _deadline(), signature);
    }

    function test_AcceptBySig_SignedByAFormerController() public {
        bytes memory signature = _signatureOf(alice, _deadline());
        _rotateTo(laboratory.desk);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, laboratory.desk));
        _relay(0, _deadline(), signature);
    }

    /// @dev Whoever relays can only help: the lanes are all that is not signed, and a wrong one is refused.
    function test_AcceptBySig_RelayedByAnybodyFirst() public {
        bytes memory signature = _signatureOf(alice, _deadline());
        vm.prank(stranger);
        _relay(0, _deadline(), signature);
        assertEq(agreements.agreementOf(_idOf(_offered())).payer, payer);
        _expectWrongState(_offered(), AgreementState.Accepted);
        vm.prank(hospitalA.finance);
        _relay(0, _deadline(), signature);
    }

    function _rotateTo(address controller) private {
        uint32 nonce = patients.nonceOf(patient);
        bytes32 digest = _patientDigest(_hashRotateController(patient, controller, nonce, _deadline()));
        bytes memory consent = _sign(controller, digest);
        patients.rotateControllerBySig(patient, controller, _signed(alice, digest, nonce, _deadline()), consent);
    }

    function _unpaid(uint40 deadline) private view returns (ICareAgreements.Acceptance memory acceptance) {
        (acceptance.payer, acceptance.deadline) = (payer, deadline);
    }

    function _structHash(uint32, uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Accept(bytes32 agreement,bytes32 disclosureDigest,bytes32 linesDigest,uint48 price,uint48 maxPatientShare,uint48 deposit,address payer,uint40 deadline)"
        );
        bytes memory head =
            abi.encode(typeHash, _idOf(_offered()), terms.disclosureDigest, terms.linesDigest);
        return keccak256(bytes.concat(head, abi.encode(500_00, 500_00, 0, payer, deadline)));
    }

    function _relay(uint32, uint40 deadline, bytes memory signature) internal override {
        Treatment memory treatment = _offered();
        agreements.acceptBySig(treatment.terms, treatment.lines, treatment.covers, _unpaid(deadline), signature);
    }

    function _isDone() internal view override returns (bool) {
        return _stateOf(_offered()) == AgreementState.Accepted;
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(
            ICareAgreements.CareAgreements_WrongState.selector, _idOf(_offered()), AgreementState.Accepted
        );
    }
}

contract CancelBySigSignatureTest is AgreementsSignedBehaviour {
    /// @dev What the signature says of it.
    bool private _accepted;

    function test_CancelBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_CancelBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_CancelBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_CancelBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_CancelBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_CancelBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_CancelBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_CancelBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_CancelBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_CancelBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_CancelBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_CancelBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_CancelBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_CancelBySig_SignedForAnotherAgreement() public {
        bytes memory signature = _signatureOf(alice, _deadline());
        terms.salt = keccak256("another");
        _refuse(_deadline(), signature);
    }

    function test_CancelBySig_OfAnAcceptedAgreement() public {
        _accepted = true;
        _accept(_offered());
        _relay(0, _deadline(), _signatureOf(alice, _deadline()));
        _assertState(_offered(), AgreementState.Cancelled);
    }

    /// @dev Alice declined, thought better of it and accepted: who held the decline back cannot undo that.
    function test_CancelBySig_WithheldPastTheAcceptance() public {
        bytes memory signature = _signatureOf(alice, _deadline());
        _accept(_offered());
        _expectWrongState(_offered(), AgreementState.Accepted);
        _relay(0, _deadline(), signature);
    }

    /// @dev It ends the offer before an acceptance that was withheld comes, or the agreement after it.
    function test_CancelBySig_OfAnOfferAsIfAccepted() public {
        _accepted = true;
        _relay(0, _deadline(), _signatureOf(alice, _deadline()));
        _assertState(_offered(), AgreementState.Declined);
    }

    function test_CancelBySig_OfMoreThanWasSigned() public {
        bytes memory signature = _signatureOf(alice, _deadline());
        _accepted = true;
        _refuse(_deadline(), signature);
    }

    function _structHash(uint32, uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash = keccak256("Cancel(bytes32 agreement,bool accepted,uint40 deadline)");
        return keccak256(abi.encode(typeHash, _idOf(_offered()), _accepted, deadline));
    }

    function _relay(uint32, uint40 deadline, bytes memory signature) internal override {
        agreements.cancelBySig(terms, _accepted, deadline, signature);
    }

    function _isDone() internal view override returns (bool) {
        return _stateOf(_offered()) == AgreementState.Declined;
    }

    /// @dev The service begins tomorrow, so that nothing but the state is in the way.
    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(
            ICareAgreements.CareAgreements_WrongState.selector, _idOf(_offered()), AgreementState.Declined
        );
    }
}
