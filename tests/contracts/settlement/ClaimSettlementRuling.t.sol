// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {AgreementState, ClaimStage} from "../../../contracts/types/Care.sol";
import {Accumulators} from "../../../contracts/types/Insurance.sol";
import {MemberId} from "../../../contracts/types/Types.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @notice Disputes lock, rulings move money and never compute a claim anew; what was paid already becomes a debt.
contract ClaimSettlementRulingTest is SettlementBase {
    function test_Lock_RevertWhen_CallerIsNotDisputes() public {
        Treatment memory treatment = _waiting();
        _expectNotDisputes(stranger);
        vm.prank(stranger);
        settlement.lock(treatment.terms);
    }

    function test_Lock_RevertWhen_ThereIsNoClaim() public {
        Treatment memory treatment = _insuredTreatment();
        _expectWrongStage(treatment, ClaimStage.None);
        _lock(treatment);
    }

    function test_Lock_RevertWhen_LockedBefore() public {
        Treatment memory treatment = _waiting();
        _lock(treatment);
        _expectWrongStage(treatment, ClaimStage.Disputed);
        _lock(treatment);
    }

    function test_Lock_InTheLastSecondForASettledClaim() public {
        Treatment memory treatment = _paid();
        skip(settlement.DISPUTE_PERIOD());
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.ClaimLocked(_idOf(treatment));
        _lock(treatment);
        _assertStage(treatment, ClaimStage.Disputed);
    }

    function test_Lock_RevertWhen_SettledTooLongAgo() public {
        Treatment memory treatment = _paid();
        skip(settlement.DISPUTE_PERIOD() + 1);
        _expectWrongStage(treatment, ClaimStage.Settled);
        _lock(treatment);
    }

    function test_Lock_OfAPendingClaim_HoldsEverything() public {
        Treatment memory treatment = _waiting();
        _lock(treatment);
        skip(400 days);
        _expectWrongStage(treatment, ClaimStage.Disputed);
        settlement.release(treatment.terms);
    }

    function test_Lock_StopsTheProvidersReversal() public {
        Treatment memory treatment = _waiting();
        _lock(treatment);
        _expectWrongStage(treatment, ClaimStage.Disputed);
        vm.prank(hospitalA.finance);
        settlement.reverse(treatment.terms);
    }

    function test_Lock_OfAnOpenReview_LeavesItOpen() public {
        Treatment memory treatment = _underReview();
        _lock(treatment);
        _rule(treatment, _ruling(0, 0, 0));
        assertEq(_claim(treatment).reviews, 1);
        _assertStage(treatment, ClaimStage.Pending);
        vm.prank(insurer.adjudicator);
        settlement.approve(treatment.terms);
        assertEq(token.balanceOf(payee), LARGE);
    }

    function test_ApplyRuling_RevertWhen_CallerIsNotDisputes() public {
        Treatment memory treatment = _waiting();
        _lock(treatment);
        _expectNotDisputes(insurer.adjudicator);
        vm.prank(insurer.adjudicator);
        settlement.applyRuling(treatment.terms, _ruling(0, 0, 0));
    }

    function test_ApplyRuling_RevertWhen_NotLocked() public {
        Treatment memory treatment = _waiting();
        _expectWrongStage(treatment, ClaimStage.Pending);
        _rule(treatment, _ruling(0, 0, 0));
    }

    function test_ApplyRuling_ThatRemovesNothing_PaysWhatWasContested() public {
        Treatment memory treatment = _contested();
        _lock(treatment);
        _rule(treatment, _ruling(0, 0, 0));
        assertEq(token.balanceOf(payee), LARGE);
        _assertStage(treatment, ClaimStage.Settled);
    }

    function test_ApplyRuling_ThatRemovesAPart() public {
        Treatment memory treatment = _contested();
        _lock(treatment);
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.ClaimRuled(_idOf(treatment), _ruling(1_000_00, 0, 0));
        _rule(treatment, _ruling(1_000_00, 0, 0));
        assertEq(token.balanceOf(payee), LARGE - 1_000_00);
        _assertPool(POOL - LARGE_PAYS - SECOND_PAYS + 1_000_00, 0);
        // What is removed is the provider's loss: neither the second policy nor the patient pays more.
        assertEq(_share(treatment, 0).paid, LARGE_PAYS - 1_000_00);
        assertEq(_share(treatment, 1).paid, SECOND_PAYS);
        assertEq(_used().paid, LARGE_PAYS - 1_000_00);
    }

    function test_ApplyRuling_RevertWhen_ItRemovesMoreThanWasAdjudicated() public {
        Treatment memory treatment = _contested();
        _lock(treatment);
        _expectBadAmount(treatment, LARGE_PAYS + 1);
        _rule(treatment, _ruling(LARGE_PAYS + 1, 0, 0));
    }

    function test_ApplyRuling_RevertWhen_ItRefundsMoreThanIsOwed() public {
        Treatment memory treatment = _waiting();
        _lock(treatment);
        _expectBadAmount(treatment, PRICE - BASIC_PAYS + 1);
        _rule(treatment, _ruling(0, 0, PRICE - BASIC_PAYS + 1));
    }

    function test_ApplyRuling_BeforePayment_RefundsFromTheDeposit() public {
        Treatment memory treatment = _waiting();
        uint256 savings = token.balanceOf(payer);
        _lock(treatment);
        _rule(treatment, _ruling(0, 0, 130_00));
        skip(7 days);
        settlement.release(treatment.terms);
        assertEq(token.balanceOf(payer), savings + PRICE / 2 - 200_00);
        assertEq(token.balanceOf(payee), BASIC_PAYS + 200_00);
        assertEq(settlement.debtOf(HOSPITAL_A), 0);
    }

    function test_ApplyRuling_OnAPaidClaim_MakesDebts() public {
        Treatment memory treatment = _paid();
        _lock(treatment);
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.DebtIncurred(HOSPITAL_A, _idOf(treatment), INSURER, 100_00);
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.DebtIncurred(HOSPITAL_A, _idOf(treatment), MemberId.wrap(0), 30_00);
        _rule(treatment, _ruling(100_00, 0, 30_00));
        assertEq(settlement.debtOf(HOSPITAL_A), 130_00);
        _assertStage(treatment, ClaimStage.Settled);
        assertEq(token.balanceOf(payee), PRICE);
    }

    function test_ApplyRuling_RefundsTheReceivableFirst() public {
        Treatment memory treatment = _insuredTreatment();
        treatment.terms.deposit = 300_00;
        _agree(treatment);
        _complete(treatment, true);
        assertEq(_claim(treatment).receivable, 30_00);
        _lock(treatment);
        _rule(treatment, _ruling(0, 0, 50_00));
        assertEq(_claim(treatment).receivable, 0);
        assertEq(_claim(treatment).owed, 280_00);
        assertEq(settlement.debtOf(HOSPITAL_A), 20_00);
    }

    function test_ApplyRuling_ThatReverses_BeforePayment() public {
        Treatment memory treatment = _waiting();
        uint256 savings = token.balanceOf(payer);
        _lock(treatment);
        IClaimSettlement.Ruling memory ruling;
        ruling.reversed = true;
        _rule(treatment, ruling);
        _assertStage(treatment, ClaimStage.Reversed);
        _assertAgreement(treatment, AgreementState.Settled);
        _assertPool(POOL, 0);
        assertEq(token.balanceOf(payer), savings + PRICE / 2);
        assertEq(abi.encode(_used()), abi.encode(Accumulators(0, 0, 0, 0)));
    }

    function test_ApplyRuling_ThatReverses_AfterPayment() public {
        Treatment memory treatment = _paid();
        _lock(treatment);
        IClaimSettlement.Ruling memory ruling;
        ruling.reversed = true;
        _rule(treatment, ruling);
        _assertStage(treatment, ClaimStage.Reversed);
        assertEq(settlement.debtOf(HOSPITAL_A), PRICE);
        assertEq(abi.encode(_used()), abi.encode(Accumulators(0, 0, 0, 0)));
    }

    function test_Debts_AreNettedFromTheNextPayout() public {
        _indebted(100_00, 30_00);
        uint256 savings = token.balanceOf(payer);
        Treatment memory next = _before;
        uint256 earned = token.balanceOf(payee);
        _complete(next, true);
        assertEq(settlement.debtOf(HOSPITAL_A), 0);
        assertEq(token.balanceOf(payee), earned + _share(next, 0).paid + _claim(next).owed - 130_00);
        uint256 refunded = next.terms.deposit - _claim(next).owed;
        assertEq(token.balanceOf(payer), savings + 30_00 + refunded);
        assertEq(token.balanceOf(address(settlement)), 0);
    }

    function test_Debts_ThatExceedAPayout_AreLowered() public {
        _indebted(BASIC_PAYS, PRICE - BASIC_PAYS);
        uint256 earned = token.balanceOf(payee);
        _complete(_before, true);
        uint256 payout = _share(_before, 0).paid + _claim(_before).owed;
        assertEq(settlement.debtOf(HOSPITAL_A), PRICE - payout);
        assertEq(token.balanceOf(payee), earned);
    }

    function test_Debts_NettedAtOnceAreAtMostFour() public {
        Treatment memory last = _small();
        _agree(last);
        for (uint256 i = 0; i < 5; ++i) {
            _owe(_priorTo[i]);
        }
        assertEq(settlement.debtOf(HOSPITAL_A), 5_00);
        _complete(last, true);
        assertEq(settlement.debtOf(HOSPITAL_A), 1_00);
    }

    function test_Repay_PaysTheOldestAndReturnsTheRest() public {
        _indebted(100_00, 30_00);
        _fundProvider(500_00);
        vm.prank(hospitalA.finance);
        settlement.repay(HOSPITAL_A, 500_00);
        assertEq(settlement.debtOf(HOSPITAL_A), 0);
        assertEq(token.balanceOf(hospitalA.finance), 500_00 - 130_00);
    }

    function test_Repay_InParts() public {
        _indebted(100_00, 30_00);
        _fundProvider(150_00);
        vm.startPrank(hospitalA.finance);
        settlement.repay(HOSPITAL_A, 40_00);
        assertEq(settlement.debtOf(HOSPITAL_A), 90_00);
        settlement.repay(HOSPITAL_A, 20_00);
        assertEq(settlement.debtOf(HOSPITAL_A), 70_00);
        settlement.repay(HOSPITAL_A, 90_00);
        assertEq(settlement.debtOf(HOSPITAL_A), 0);
        assertEq(token.balanceOf(hospitalA.finance), 20_00);
    }

    Treatment private _before;
    Treatment[5] private _priorTo;

    /// @dev A small treatment that the patient pays alone.
    function _small() private returns (Treatment memory treatment) {
        uint48[] memory prices = new uint48[](1);
        prices[0] = 50_00;
        for (uint256 i = 0; i < 5; ++i) {
            _keep(_priorTo[i], _treatment(prices));
            _agree(_priorTo[i]);
            _complete(_priorTo[i], true);
        }
        treatment = _treatment(prices);
        treatment.terms.deposit = 50_00;
    }

    /// @dev A ruling on a paid claim takes 1.00 of the patient's part.
    function _owe(Treatment memory treatment) private {
        _lock(treatment);
        _rule(treatment, _ruling(0, 0, 25_00 + 1_00));
    }

    /// @dev A paid claim is ruled to give this back; {_before} was agreed before, as no offer is possible after.
    function _indebted(uint48 toInsurer, uint48 toPatient) private {
        Treatment memory paid = _paid();
        _keep(_before, _insuredTreatment());
        _agree(_before);
        _lock(paid);
        _rule(paid, _ruling(toInsurer, 0, toPatient));
    }

    function _keep(Treatment storage kept, Treatment memory treatment) private {
        kept.terms = treatment.terms;
        for (uint256 i = 0; i < treatment.lines.length; ++i) {
            kept.lines.push(treatment.lines[i]);
        }
        for (uint256 i = 0; i < treatment.covers.length; ++i) {
            kept.covers.push(treatment.covers[i]);
        }
    }

    function _used() private view returns (Accumulators memory used) {
        (used,) = plans.accumulatorsOf(policy, plans.periodOf(policy, _today()));
    }

    function _expectNotDisputes(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_NotDisputes.selector, caller));
    }
}
