// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ClaimSettlement} from "../../../contracts/settlement/ClaimSettlement.sol";
import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {ClaimStage} from "../../../contracts/types/Care.sol";
import {HostileToken} from "../mocks/HostileToken.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @notice A token that cheats, or a receiver that calls back: nobody gets in between, and nothing is paid twice.
contract ClaimSettlementHostileTest is SettlementBase {
    HostileToken private _hostile;

    function setUp() public override {
        super.setUp();
        vm.etch(address(token), address(new HostileToken()).code);
        _hostile = HostileToken(address(token));
        _hostile.give(payer, SAVINGS);
        _hostile.give(address(plans), POOL);
    }

    function test_Complete_WhenTheTokenReenters() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _reenterRelease(treatment);
        _complete(treatment, true);
        _assertPaidOnce(treatment);
    }

    function test_Release_WhenTheTokenReenters() public {
        Treatment memory treatment = _waiting();
        skip(7 days);
        _reenterRelease(treatment);
        settlement.release(treatment.terms);
        _assertPaidOnce(treatment);
    }

    function test_Confirm_WhenTheTokenReenters() public {
        Treatment memory treatment = _waiting();
        _reenterRelease(treatment);
        vm.prank(alice);
        settlement.confirm(treatment.terms);
        _assertPaidOnce(treatment);
    }

    function test_ConfirmBySig_WhenTheTokenReenters() public {
        Treatment memory treatment = _waiting();
        IClaimSettlement.SignedReceipt memory receipt = _receipt(treatment);
        bytes memory again = abi.encodeCall(ClaimSettlement.confirmBySig, (treatment.terms, receipt));
        _hostile.reenter(address(settlement), again);
        settlement.confirmBySig(treatment.terms, receipt);
        _assertPaidOnce(treatment);
    }

    function test_Approve_WhenTheTokenReenters() public {
        Treatment memory treatment = _underReview();
        _hostile.reenter(address(settlement), abi.encodeCall(ClaimSettlement.approve, (treatment.terms)));
        vm.prank(insurer.adjudicator);
        settlement.approve(treatment.terms);
        _assertGuarded();
        assertEq(token.balanceOf(payee), LARGE);
    }

    function test_Concede_WhenTheTokenReenters() public {
        Treatment memory treatment = _contested();
        vm.warp(_claim(treatment).clock + 1);
        _hostile.reenter(address(settlement), abi.encodeCall(ClaimSettlement.concede, (treatment.terms)));
        settlement.concede(treatment.terms);
        _assertGuarded();
        assertEq(token.balanceOf(payee), LARGE - LARGE_PAYS);
        _assertPool(POOL - SECOND_PAYS, 0);
    }

    function test_Reverse_WhenTheTokenReenters() public {
        Treatment memory treatment = _paid();
        _hostile.give(hospitalA.finance, PRICE);
        _hostile.reenter(address(settlement), abi.encodeCall(ClaimSettlement.reverse, (treatment.terms)));
        _reverse(treatment);
        _assertGuarded();
        _assertPool(POOL, 0);
        assertEq(token.balanceOf(payer), SAVINGS);
    }

    function test_PayReceivable_WhenTheTokenReenters() public {
        Treatment memory treatment = _withReceivable();
        bytes memory again = abi.encodeCall(ClaimSettlement.payReceivable, (treatment.terms, 30_00));
        _hostile.reenter(address(settlement), again);
        vm.prank(payer);
        settlement.payReceivable(treatment.terms, 30_00);
        _assertGuarded();
        assertEq(token.balanceOf(payee), PRICE);
    }

    function test_Repay_WhenTheTokenReenters() public {
        _indebted();
        _hostile.reenter(address(settlement), abi.encodeCall(ClaimSettlement.repay, (HOSPITAL_A, 100_00)));
        _repay();
        _assertGuarded();
        _assertPool(POOL - BASIC_PAYS + 100_00, 0);
        assertEq(settlement.debtOf(HOSPITAL_A), 0);
    }

    function test_ApplyRuling_WhenTheTokenReenters() public {
        Treatment memory treatment = _contested();
        _lock(treatment);
        _reenterRelease(treatment);
        _rule(treatment, _ruling(1_000_00, 0, 0));
        _assertGuarded();
        assertEq(token.balanceOf(payee), LARGE - 1_000_00);
    }

    function test_Release_RevertWhen_TheTokenRefuses() public {
        Treatment memory treatment = _waiting();
        skip(7 days);
        _expectRefused();
        settlement.release(treatment.terms);
        _hostile.play(HostileToken.Trick.None);
        settlement.release(treatment.terms);
        assertEq(token.balanceOf(payee), PRICE);
    }

    function test_Reverse_RevertWhen_TheTokenRefuses() public {
        Treatment memory treatment = _paid();
        _hostile.give(hospitalA.finance, PRICE);
        _expectRefused();
        _reverse(treatment);
        _assertStage(treatment, ClaimStage.Settled);
        assertEq(_share(treatment, 0).paid, BASIC_PAYS);
    }

    function test_PayReceivable_RevertWhen_TheTokenRefuses() public {
        Treatment memory treatment = _withReceivable();
        _expectRefused();
        settlement.payReceivable(treatment.terms, 30_00);
        assertEq(_claim(treatment).receivable, 30_00);
    }

    /// @dev What did not come is not passed on: the settlement has nobody else's money to do it with.
    function test_Repay_RevertWhen_TheTokenTakesAFee() public {
        _indebted();
        _hostile.play(HostileToken.Trick.TakeAFee);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11)); // the token's own arithmetic
        _repay();
        assertEq(settlement.debtOf(HOSPITAL_A), 100_00);
    }

    function _reenterRelease(Treatment memory treatment) private {
        _hostile.reenter(address(settlement), abi.encodeCall(ClaimSettlement.release, (treatment.terms)));
    }

    function _withReceivable() private returns (Treatment memory treatment) {
        treatment = _insuredTreatment();
        treatment.terms.deposit = 300_00;
        _agree(treatment);
        _complete(treatment, true);
    }

    /// @dev Hospital A owes the insurer 100.00, and its account has them.
    function _indebted() private {
        Treatment memory treatment = _paid();
        _lock(treatment);
        _rule(treatment, _ruling(100_00, 0, 0));
        _hostile.give(hospitalA.finance, 100_00);
    }

    function _repay() private {
        vm.prank(hospitalA.finance);
        settlement.repay(HOSPITAL_A, 100_00);
    }

    function _reverse(Treatment memory treatment) private {
        vm.prank(hospitalA.finance);
        settlement.reverse(treatment.terms);
    }

    function _expectRefused() private {
        _hostile.play(HostileToken.Trick.ReturnFalse);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
    }

    function _assertPaidOnce(Treatment memory treatment) private view {
        _assertGuarded();
        _assertStage(treatment, ClaimStage.Settled);
        assertEq(token.balanceOf(payee), PRICE);
        assertEq(token.balanceOf(payer), SAVINGS - (PRICE - BASIC_PAYS));
        _assertPool(POOL - BASIC_PAYS, 0);
    }

    function _assertGuarded() private view {
        bytes4 expected = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        assertEq(_hostile.answer(), abi.encodePacked(expected));
    }
}
