// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {AgreementState, ClaimStage, PolicyId} from "../../../contracts/types/Care.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @notice What is paid, to whom and when: with the patient's receipt at once, without it after the contest window.
contract ClaimSettlementPaidTest is SettlementBase {
    function test_Complete_WithTheReceipt_PaysAtOnce() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        uint256 savings = token.balanceOf(payer);
        _complete(treatment, true);
        assertEq(token.balanceOf(payee), PRICE);
        assertEq(token.balanceOf(payer), savings + PRICE / 2 - (PRICE - BASIC_PAYS));
        _assertPool(POOL - BASIC_PAYS, 0);
        _assertStage(treatment, ClaimStage.Settled);
        _assertAgreement(treatment, AgreementState.Settled);
    }

    function test_Complete_WithTwoPolicies_PaysInTheirOrder() public {
        PolicyId[] memory both = new PolicyId[](2);
        (both[0], both[1]) = (policy, secondPolicy);
        Treatment memory treatment = _insuredTreatment(both);
        _agree(treatment);
        _complete(treatment, true);
        // Of 400 - 240 = 160 half; of 250 - 180 = 70 less 7, half up: 31.50; of the third line nothing.
        assertEq(_share(treatment, 0).paid, BASIC_PAYS);
        assertEq(_share(treatment, 1).paid, 111_50);
        assertEq(token.balanceOf(payee), PRICE);
        _assertPool(POOL - BASIC_PAYS - 111_50, 0);
    }

    function test_Complete_WithoutPolicies() public {
        uint48[] memory prices = new uint48[](1);
        prices[0] = 80_00;
        Treatment memory treatment = _treatment(prices);
        treatment.terms.deposit = 80_00;
        _agree(treatment);
        _complete(treatment, true);
        assertEq(token.balanceOf(payee), 80_00);
        _assertStage(treatment, ClaimStage.Settled);
    }

    function test_Complete_EmitsWhatWasFiled() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        uint48[4] memory paid = [BASIC_PAYS, 0, 0, 0];
        IClaimSettlement.Evidence memory piece = _evidence();
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.EvidenceUsed(_idOf(treatment), piece.leaf.recordId, piece.root);
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.ClaimFiled(
            _idOf(treatment), patient, HOSPITAL_A, [_today(), _today()], paid, PRICE - BASIC_PAYS, 0, 0
        );
        _completeWith(treatment, piece, _noReceipt());
    }

    function test_Complete_AboveTheMostThatThePatientOwes() public {
        Treatment memory treatment = _insuredTreatment();
        treatment.terms.maxPatientShare = 200_00;
        treatment.terms.deposit = 150_00;
        _agree(treatment);
        _complete(treatment, true);
        // 330 remain for the patient: 200 are owed, 50 of them receivable, 130 written off.
        assertEq(_claim(treatment).owed, 200_00);
        assertEq(_claim(treatment).receivable, 50_00);
        assertEq(token.balanceOf(payee), BASIC_PAYS + 150_00);
    }

    function test_Complete_RevertWhen_TheReceiptIsNotThePatients() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        IClaimSettlement.SignedReceipt memory receipt =
            IClaimSettlement.SignedReceipt(_deadline(), _sign(bob, _receiptDigest(treatment, _deadline())));
        IClaimSettlement.Evidence memory piece = _evidence();
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, alice));
        _completeWith(treatment, piece, receipt);
    }

    function test_Complete_RevertWhen_TheReceiptIsOfAnotherClaim() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        Treatment memory other = _insuredTreatment();
        IClaimSettlement.Evidence memory piece = _evidence();
        IClaimSettlement.SignedReceipt memory receipt = _receipt(other);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, alice));
        _completeWith(treatment, piece, receipt);
    }

    function test_Complete_RevertWhen_TheReceiptExpired() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        IClaimSettlement.SignedReceipt memory receipt = _receipt(treatment);
        IClaimSettlement.Evidence memory piece = _evidence();
        vm.warp(receipt.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Expired.selector, receipt.deadline));
        _completeWith(treatment, piece, receipt);
    }

    function test_Complete_WithoutAReceipt_Waits() public {
        Treatment memory treatment = _waiting();
        assertEq(token.balanceOf(payee), 0);
        _assertPool(POOL - BASIC_PAYS, BASIC_PAYS);
        _assertStage(treatment, ClaimStage.Pending);
        _assertAgreement(treatment, AgreementState.Completed);
    }

    function test_Release_RevertWhen_TheWindowIsOpen() public {
        Treatment memory treatment = _waiting();
        uint256 end = block.timestamp + 7 days;
        vm.warp(end - 1);
        _expectNotNow(treatment, end);
        settlement.release(treatment.terms);
    }

    function test_Release_ByAnybodyAfterTheWindow() public {
        Treatment memory treatment = _waiting();
        skip(7 days);
        vm.prank(stranger);
        settlement.release(treatment.terms);
        assertEq(token.balanceOf(payee), PRICE);
        _assertStage(treatment, ClaimStage.Settled);
    }

    function test_Release_RevertWhen_ThereIsNoClaim() public {
        Treatment memory treatment = _insuredTreatment();
        _expectWrongStage(treatment, ClaimStage.None);
        settlement.release(treatment.terms);
    }

    function test_Release_RevertWhen_Settled() public {
        Treatment memory treatment = _paid();
        _expectWrongStage(treatment, ClaimStage.Settled);
        settlement.release(treatment.terms);
    }

    function test_Confirm_PaysAtOnce() public {
        Treatment memory treatment = _waiting();
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.ReceiptGiven(_idOf(treatment));
        vm.prank(alice);
        settlement.confirm(treatment.terms);
        assertEq(token.balanceOf(payee), PRICE);
    }

    function test_Confirm_RevertWhen_CallerIsNotTheController() public {
        Treatment memory treatment = _waiting();
        vm.expectRevert(
            abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_NotController.selector, patient, bob)
        );
        vm.prank(bob);
        settlement.confirm(treatment.terms);
    }

    function test_Confirm_RevertWhen_ItIsPayableAlready() public {
        Treatment memory treatment = _waiting();
        uint40 payableAt = _claim(treatment).payableAt;
        vm.warp(payableAt);
        _expectNotNow(treatment, payableAt);
        vm.prank(alice);
        settlement.confirm(treatment.terms);
    }

    function test_Confirm_RevertWhen_Settled() public {
        Treatment memory treatment = _paid();
        _expectWrongStage(treatment, ClaimStage.Settled);
        vm.prank(alice);
        settlement.confirm(treatment.terms);
    }

    function test_ConfirmBySig_IsRelayedByAnybody() public {
        Treatment memory treatment = _waiting();
        IClaimSettlement.SignedReceipt memory receipt = _receipt(treatment);
        vm.prank(stranger);
        settlement.confirmBySig(treatment.terms, receipt);
        assertEq(token.balanceOf(payee), PRICE);
    }

    function test_ConfirmBySig_RevertWhen_SignedByAnother() public {
        Treatment memory treatment = _waiting();
        IClaimSettlement.SignedReceipt memory receipt =
            IClaimSettlement.SignedReceipt(_deadline(), _sign(bob, _receiptDigest(treatment, _deadline())));
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, alice));
        settlement.confirmBySig(treatment.terms, receipt);
    }

    function test_ConfirmBySig_RevertWhen_Replayed() public {
        Treatment memory treatment = _waiting();
        IClaimSettlement.SignedReceipt memory receipt = _receipt(treatment);
        settlement.confirmBySig(treatment.terms, receipt);
        _expectWrongStage(treatment, ClaimStage.Settled);
        settlement.confirmBySig(treatment.terms, receipt);
    }

    function test_Confirm_RevertWhen_ThePatientIsFrozen() public {
        Treatment memory treatment = _waiting();
        uint40 until = uint40(block.timestamp) + 10 days;
        _freeze(until);
        vm.expectRevert(
            abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_PatientFrozen.selector, patient, until)
        );
        vm.prank(alice);
        settlement.confirm(treatment.terms);
    }

    function test_Confirm_RevertWhen_ItIsTheLastSecondOfAFreeze() public {
        Treatment memory treatment = _waiting();
        uint40 until = uint40(block.timestamp);
        _freeze(until);
        vm.expectRevert(
            abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_PatientFrozen.selector, patient, until)
        );
        vm.prank(alice);
        settlement.confirm(treatment.terms);
    }

    function test_PayReceivable_ToThePayee() public {
        Treatment memory treatment = _withReceivable();
        vm.startPrank(payer);
        token.approve(address(settlement), 50_00);
        settlement.payReceivable(treatment.terms, 20_00);
        settlement.payReceivable(treatment.terms, 30_00);
        vm.stopPrank();
        assertEq(_claim(treatment).receivable, 0);
        assertEq(token.balanceOf(payee), BASIC_PAYS + 200_00);
    }

    function test_PayReceivable_RevertWhen_NothingIsPaid() public {
        Treatment memory treatment = _withReceivable();
        _expectBadAmount(treatment, 0);
        settlement.payReceivable(treatment.terms, 0);
    }

    function test_PayReceivable_RevertWhen_ItIsMoreThanIsOwed() public {
        Treatment memory treatment = _withReceivable();
        _expectBadAmount(treatment, 50_01);
        settlement.payReceivable(treatment.terms, 50_01);
    }

    function test_PayReceivable_RevertWhen_TheDepositIsNotPaidYet() public {
        Treatment memory treatment = _short();
        _complete(treatment, false);
        _expectWrongStage(treatment, ClaimStage.Pending);
        settlement.payReceivable(treatment.terms, 1);
    }

    function testFuzz_Complete_SharesAddUpToThePrice(uint32 first, uint32 second, uint32 allowed) public {
        uint48[] memory prices = new uint48[](2);
        (prices[0], prices[1]) = (uint48(first), uint48(second) % 1_000_00);
        Treatment memory treatment = _treatment(prices);
        treatment.terms.deposit = 0;
        PolicyId[] memory one = new PolicyId[](1);
        one[0] = policy;
        _cover(treatment, one);
        treatment.covers[0].allowed = allowed;
        _seal(treatment);
        _agree(treatment);
        _complete(treatment, true);
        assertEq(_share(treatment, 0).paid + _claim(treatment).owed, treatment.terms.price);
        assertEq(token.balanceOf(payee), _claim(treatment).reviews == 0 ? _share(treatment, 0).paid : 0);
    }

    /// @dev A treatment whose patient will owe 200.00, 50.00 beyond the deposit.
    function _short() private returns (Treatment memory treatment) {
        treatment = _insuredTreatment();
        treatment.terms.maxPatientShare = 200_00;
        treatment.terms.deposit = 150_00;
        _agree(treatment);
    }

    function _withReceivable() private returns (Treatment memory treatment) {
        treatment = _short();
        _complete(treatment, true);
    }

    /// @dev As the registry answers for a frozen id; freezing itself is tested where it belongs.
    function _freeze(uint40 until) private {
        bytes memory answer = abi.encode(alice, 2, until);
        vm.mockCall(address(patients), abi.encodeCall(patients.authorityOf, (patient)), answer);
    }
}
