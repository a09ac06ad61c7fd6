// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {AgreementState, ClaimStage} from "../../../contracts/types/Care.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @notice Review above the auto-adjudication limit: approval, contest, silence, and what becomes of a contest.
contract ClaimSettlementReviewTest is SettlementBase {
    function test_Complete_AboveTheLimit_PaysThePatientsPartOnly() public {
        Treatment memory treatment = _underReview();
        assertEq(_claim(treatment).reviews, 1);
        assertEq(token.balanceOf(payee), LARGE - LARGE_PAYS - SECOND_PAYS);
        _assertPool(POOL - LARGE_PAYS - SECOND_PAYS, LARGE_PAYS + SECOND_PAYS);
        _assertAgreement(treatment, AgreementState.Settled);
    }

    function test_Approve_PaysWhatIsDue() public {
        Treatment memory treatment = _underReview();
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.ClaimApproved(_idOf(treatment), 0, INSURER);
        vm.prank(insurer.adjudicator);
        settlement.approve(treatment.terms);
        assertEq(token.balanceOf(payee), LARGE);
        _assertStage(treatment, ClaimStage.Settled);
    }

    function test_Approve_BeforeTheWindowEnds_PaysNothingYet() public {
        Treatment memory treatment = _large();
        _agree(treatment);
        _complete(treatment, false);
        vm.prank(insurer.adjudicator);
        settlement.approve(treatment.terms);
        assertEq(token.balanceOf(payee), 0);
        skip(7 days);
        settlement.release(treatment.terms);
        assertEq(token.balanceOf(payee), LARGE);
    }

    function test_Approve_RevertWhen_CallerIsNoAdjudicator() public {
        Treatment memory treatment = _underReview();
        _expectUnauthorized(insurer.finance, INSURER);
        vm.prank(insurer.finance);
        settlement.approve(treatment.terms);
    }

    function test_Approve_RevertWhen_CallerIsOfTheProvider() public {
        Treatment memory treatment = _underReview();
        _expectUnauthorized(hospitalA.finance, INSURER);
        vm.prank(hospitalA.finance);
        settlement.approve(treatment.terms);
    }

    function test_Approve_RevertWhen_NothingIsReviewed() public {
        Treatment memory treatment = _waiting();
        _expectNoReview(treatment, 0);
        vm.prank(insurer.adjudicator);
        settlement.approve(treatment.terms);
    }

    function test_Approve_InTheLastSecond() public {
        Treatment memory treatment = _underReview();
        vm.warp(_claim(treatment).clock + REVIEW_PERIOD);
        vm.prank(insurer.adjudicator);
        settlement.approve(treatment.terms);
        _assertStage(treatment, ClaimStage.Settled);
    }

    function test_Approve_RevertWhen_TheReviewIsOver() public {
        Treatment memory treatment = _underReview();
        vm.warp(_claim(treatment).clock + REVIEW_PERIOD + 1);
        _expectNoReview(treatment, 0);
        vm.prank(insurer.adjudicator);
        settlement.approve(treatment.terms);
    }

    function test_Approve_BySuspendedInsurer() public {
        Treatment memory treatment = _underReview();
        _suspend(INSURER);
        vm.prank(insurer.adjudicator);
        settlement.approve(treatment.terms);
        _assertStage(treatment, ClaimStage.Settled);
    }

    function test_Release_AfterASilentReview_Pays() public {
        Treatment memory treatment = _underReview();
        vm.warp(_claim(treatment).clock + REVIEW_PERIOD);
        settlement.release(treatment.terms);
        _assertStage(treatment, ClaimStage.Pending);
        skip(1);
        settlement.release(treatment.terms);
        assertEq(token.balanceOf(payee), LARGE);
        _assertStage(treatment, ClaimStage.Settled);
    }

    function test_RequestEvidence_LetsTheReviewRunADayLater() public {
        Treatment memory treatment = _underReview();
        skip(20 hours);
        vm.prank(insurer.adjudicator);
        settlement.requestEvidence(treatment.terms);
        assertEq(_claim(treatment).clock, block.timestamp + 24 hours);
        assertTrue(_claim(treatment).withheld);
    }

    function test_RequestEvidence_RevertWhen_RequestedBefore() public {
        Treatment memory treatment = _underReview();
        vm.startPrank(insurer.adjudicator);
        settlement.requestEvidence(treatment.terms);
        _expectNotNow(treatment, block.timestamp + 24 hours);
        settlement.requestEvidence(treatment.terms);
    }

    function test_RequestEvidence_RevertWhen_TheReviewHasBegun() public {
        Treatment memory treatment = _underReview();
        uint40 clock = _claim(treatment).clock;
        vm.warp(clock);
        _expectNotNow(treatment, clock);
        vm.prank(insurer.adjudicator);
        settlement.requestEvidence(treatment.terms);
    }

    function test_RequestEvidence_RevertWhen_CallerIsAStranger() public {
        Treatment memory treatment = _underReview();
        _expectUnauthorized(stranger, INSURER);
        vm.prank(stranger);
        settlement.requestEvidence(treatment.terms);
    }

    function test_ReceiveEvidence_LetsTheReviewRunNow() public {
        Treatment memory treatment = _underReview();
        vm.startPrank(insurer.adjudicator);
        settlement.requestEvidence(treatment.terms);
        skip(1 hours);
        settlement.receiveEvidence(treatment.terms);
        assertEq(_claim(treatment).clock, block.timestamp);
        assertFalse(_claim(treatment).withheld);
    }

    function test_ReceiveEvidence_RevertWhen_TheReviewHasBegun() public {
        Treatment memory treatment = _underReview();
        uint40 clock = _claim(treatment).clock;
        vm.warp(clock);
        _expectNotNow(treatment, clock);
        vm.prank(insurer.adjudicator);
        settlement.receiveEvidence(treatment.terms);
    }

    function test_ReceiveEvidence_RevertWhen_CallerIsAStranger() public {
        Treatment memory treatment = _underReview();
        _expectUnauthorized(stranger, INSURER);
        vm.prank(stranger);
        settlement.receiveEvidence(treatment.terms);
    }

    function test_Contest_HoldsItsOwnAndLaterPayments() public {
        Treatment memory treatment = _underReview();
        uint40 objectUntil = uint40(block.timestamp) + 14 days;
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.ClaimContested(_idOf(treatment), 0, INSURER, 3, keccak256("finding"), objectUntil);
        vm.prank(insurer.adjudicator);
        settlement.contest(treatment.terms, 3, keccak256("finding"));
        skip(30 days);
        settlement.release(treatment.terms);
        _assertStage(treatment, ClaimStage.Contested);
        assertEq(token.balanceOf(payee), LARGE - LARGE_PAYS - SECOND_PAYS);
    }

    function test_Contest_RevertWhen_ThePlanDoesNotPublishTheRule() public {
        _refuseRule(4);
    }

    function testFuzz_Contest_RevertWhen_ThereIsNoSuchRule(uint8 rule) public {
        _refuseRule(uint8(bound(rule, 32, 255)));
    }

    function test_Contest_RevertWhen_NoRecordsWereAskedFor() public {
        _refuseRule(0);
    }

    function test_Contest_RevertWhen_TheRequestIsNotADayOld() public {
        Treatment memory treatment = _underReview();
        vm.startPrank(insurer.adjudicator);
        settlement.requestEvidence(treatment.terms);
        skip(24 hours - 1);
        _expectBadRule(treatment, 0);
        settlement.contest(treatment.terms, 0, 0);
    }

    function test_Contest_WhenRecordsAreWithheld() public {
        Treatment memory treatment = _underReview();
        vm.startPrank(insurer.adjudicator);
        settlement.requestEvidence(treatment.terms);
        skip(24 hours);
        settlement.contest(treatment.terms, 0, 0);
        _assertStage(treatment, ClaimStage.Contested);
    }

    function test_Contest_RevertWhen_CallerIsAStranger() public {
        Treatment memory treatment = _underReview();
        _expectUnauthorized(stranger, INSURER);
        vm.prank(stranger);
        settlement.contest(treatment.terms, 3, 0);
    }

    function test_Contest_RevertWhen_TheReviewIsOver() public {
        Treatment memory treatment = _underReview();
        vm.warp(_claim(treatment).clock + REVIEW_PERIOD + 1);
        _expectNoReview(treatment, 0);
        vm.prank(insurer.adjudicator);
        settlement.contest(treatment.terms, 3, 0);
    }

    function test_Contest_RevertWhen_ContestedBefore() public {
        Treatment memory treatment = _contested();
        _expectWrongStage(treatment, ClaimStage.Contested);
        vm.prank(insurer.adjudicator);
        settlement.contest(treatment.terms, 3, 0);
    }

    function test_Concede_ByTheProvider_FreesTheContestedPayment() public {
        Treatment memory treatment = _contested();
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.ContestConceded(_idOf(treatment), 0, LARGE_PAYS);
        vm.prank(hospitalA.finance);
        settlement.concede(treatment.terms);
        // The second policy pays what it did: it is never computed anew.
        assertEq(token.balanceOf(payee), LARGE - LARGE_PAYS);
        _assertPool(POOL - SECOND_PAYS, 0);
        _assertStage(treatment, ClaimStage.Settled);
        assertEq(_share(treatment, 0).paid, 0);
    }

    function test_Concede_RevertWhen_AnybodySaysSoTooEarly() public {
        Treatment memory treatment = _contested();
        vm.warp(_claim(treatment).clock);
        _expectUnauthorized(stranger, HOSPITAL_A);
        vm.prank(stranger);
        settlement.concede(treatment.terms);
    }

    function test_Concede_ByAnybodyAfterTheObjectionPeriod() public {
        Treatment memory treatment = _contested();
        vm.warp(_claim(treatment).clock + 1);
        vm.prank(stranger);
        settlement.concede(treatment.terms);
        _assertStage(treatment, ClaimStage.Settled);
    }

    function test_Concede_RevertWhen_NothingIsContested() public {
        Treatment memory treatment = _underReview();
        _expectWrongStage(treatment, ClaimStage.Pending);
        vm.prank(hospitalA.finance);
        settlement.concede(treatment.terms);
    }

    function _refuseRule(uint8 rule) private {
        Treatment memory treatment = _underReview();
        skip(2 days);
        _expectBadRule(treatment, rule);
        vm.prank(insurer.adjudicator);
        settlement.contest(treatment.terms, rule, 0);
    }

    function _expectBadRule(Treatment memory treatment, uint8 rule) private {
        vm.expectRevert(
            abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_BadRule.selector, _idOf(treatment), rule)
        );
    }
}
