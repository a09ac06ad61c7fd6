// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {DisputeId, DisputeStage} from "../../../contracts/types/Disputes.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {Terms} from "../../../contracts/types/Care.sol";
import {DisputesBase} from "./DisputesBase.sol";

/// @notice Strikes, seats and rulings.
contract DisputeResolutionPanelTest is DisputesBase {
    function test_Strike_RevertWhen_CallerIsNoParty() public {
        DisputeId id = _drawn();
        address arbiter = _drawnAt(id, 0);
        _expectNotParty(id, clinic.finance);
        vm.prank(clinic.finance);
        disputes.strike(id, arbiter);
    }

    function test_Strike_RevertWhen_NothingIsDrawn() public {
        DisputeId id = _revealed();
        _expectWrongStage(id, DisputeStage.Draw);
        vm.prank(alice);
        disputes.strike(id, people[0]);
    }

    function test_Strike_RevertWhen_TimeIsOver() public {
        DisputeId id = _seated();
        address arbiter = _drawnAt(id, 0);
        _expectWrongStage(id, DisputeStage.Seated);
        vm.prank(alice);
        disputes.strike(id, arbiter);
    }

    function test_Strike_RevertWhen_ThePartyWithheldItsSecret() public {
        DisputeId id = _withheldByTheProvider();
        address arbiter = _drawnAt(id, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_NoStrike.selector, id, HOSPITAL_A)
        );
        vm.prank(hospitalA.finance);
        disputes.strike(id, arbiter);
    }

    function test_Strike_RevertWhen_StruckBefore() public {
        DisputeId id = _drawn();
        _strike(id, alice, 0);
        address arbiter = _drawnAt(id, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_NoStrike.selector, id, PATIENT)
        );
        vm.prank(alice);
        disputes.strike(id, arbiter);
    }

    function test_Strike_RevertWhen_TheAccountWasNotDrawn() public {
        DisputeId id = _drawn();
        _expectNotDrawn(id, stranger);
        vm.prank(alice);
        disputes.strike(id, stranger);
    }

    function test_Strike_RevertWhen_TheAccountIsOut() public {
        DisputeId id = _drawn();
        _strike(id, alice, 2);
        address arbiter = _drawnAt(id, 2);
        _expectNotDrawn(id, arbiter);
        vm.prank(hospitalA.finance);
        disputes.strike(id, arbiter);
    }

    function test_Strike_BothSeatTheOtherThree() public {
        DisputeId id = _drawn();
        address arbiter = _drawnAt(id, 0);
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.ArbiterStruck(id, PATIENT, arbiter);
        _strike(id, alice, 0);
        _assertStage(id, DisputeStage.Strike);
        skip(1 days);
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.PanelSeated(id, uint40(block.timestamp) + RULING_TIME);
        _strike(id, hospitalA.finance, 3);
        _assertStage(id, DisputeStage.Seated);
        assertEq(disputes.disputeOf(id).endsAt, block.timestamp + RULING_TIME);
        _assertSeated(id, [false, true, true, false, true]);
    }

    function test_Strike_OfTheOnlyOneThatRevealedEndsTheStage() public {
        DisputeId id = _withheldByTheProvider();
        _strike(id, alice, 4);
        _assertStage(id, DisputeStage.Seated);
        _assertSeated(id, [true, true, true, false, false]);
    }

    function test_Strike_NotUsedPasses() public {
        DisputeId id = _drawn();
        _strike(id, alice, 1);
        uint256 end = disputes.disputeOf(id).endsAt;
        skip(STEP);
        _assertStage(id, DisputeStage.Strike);
        _assertSeated(id, [false, false, false, false, false]);
        skip(1);
        _assertStage(id, DisputeStage.Seated);
        assertEq(disputes.disputeOf(id).endsAt, end + RULING_TIME);
        _assertSeated(id, [true, false, true, true, false]);
    }

    function test_Decline_RevertWhen_TheCallerWasNotDrawn() public {
        DisputeId id = _drawn();
        _expectNotDrawn(id, stranger);
        vm.prank(stranger);
        disputes.decline(id);
    }

    function test_Decline_RevertWhen_Declined() public {
        DisputeId id = _drawn();
        address arbiter = _drawnAt(id, 0);
        vm.prank(arbiter);
        disputes.decline(id);
        _expectNotDrawn(id, arbiter);
        vm.prank(arbiter);
        disputes.decline(id);
    }

    function test_Decline_RevertWhen_NothingIsDrawnOrAllIsOver() public {
        DisputeId id = _revealed();
        _expectWrongStage(id, DisputeStage.Draw);
        vm.prank(people[0]);
        disputes.decline(id);
        _nextBlock();
        disputes.draw(id);
        skip(STEP + 1);
        _rule(id, 0, _removing(1));
        _rule(id, 1, _removing(1));
        address arbiter = _drawnAt(id, 2);
        _expectWrongStage(id, DisputeStage.Ruled);
        vm.prank(arbiter);
        disputes.decline(id);
    }

    function test_Decline_TheNextOneSits() public {
        DisputeId id = _seated();
        address arbiter = _drawnAt(id, 1);
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.ArbiterDeclined(id, arbiter);
        vm.prank(arbiter);
        disputes.decline(id);
        _assertSeated(id, [true, false, true, true, false]);
    }

    function test_Rule_RevertWhen_NobodySitsYet() public {
        DisputeId id = _drawn();
        address arbiter = _drawnAt(id, 0);
        _expectWrongStage(id, DisputeStage.Strike);
        vm.prank(arbiter);
        disputes.rule(id, terms, _removing(1));
    }

    function test_Rule_RevertWhen_TimeIsOver() public {
        DisputeId id = _seated();
        uint256 end = disputes.disputeOf(id).endsAt;
        vm.warp(end + 1);
        address arbiter = _drawnAt(id, 0);
        vm.expectRevert(abi.encodeWithSelector(IDisputeResolution.DisputeResolution_TooLate.selector, id, end));
        vm.prank(arbiter);
        disputes.rule(id, terms, _removing(1));
    }

    function test_Rule_RevertWhen_TermsAreAnotherClaims() public {
        DisputeId id = _seated();
        Terms memory others = terms;
        others.salt = keccak256("another");
        address arbiter = _drawnAt(id, 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDisputeResolution.DisputeResolution_OtherTerms.selector, id, keccak256(abi.encode(others))
            )
        );
        vm.prank(arbiter);
        disputes.rule(id, others, _removing(1));
    }

    function test_Rule_RevertWhen_AmountIsAboveWhatWasAdjudicated() public {
        DisputeId id = _seated();
        address arbiter = _drawnAt(id, 0);
        IClaimSettlement.Ruling memory ruling = _removing(500_00);
        ruling.removed[2] = 1;
        _expectBadRuling();
        vm.prank(arbiter);
        disputes.rule(id, terms, ruling);
    }

    function test_Rule_RevertWhen_TheCallerWasNotDrawn() public {
        DisputeId id = _seated();
        _expectNotDrawn(id, regulator.registrar);
        vm.prank(regulator.registrar);
        disputes.rule(id, terms, _removing(1));
    }

    function test_Rule_RevertWhen_TheCallerHasNoSeat() public {
        DisputeId id = _seated();
        address arbiter = _drawnAt(id, 3);
        _expectNotSeated(id, arbiter);
        vm.prank(arbiter);
        disputes.rule(id, terms, _removing(1));
    }

    function test_Rule_RevertWhen_TheCallerWasStruck() public {
        DisputeId id = _drawn();
        _strike(id, alice, 0);
        skip(STEP + 1);
        address arbiter = _drawnAt(id, 0);
        _expectNotSeated(id, arbiter);
        vm.prank(arbiter);
        disputes.rule(id, terms, _removing(1));
    }

    function test_Rule_RevertWhen_TheCallerJoinedAParty() public {
        DisputeId id = _seated();
        address arbiter = _drawnAt(id, 0);
        _addOperator(hospitalA.admin, arbiter, Roles.READER);
        _assertSeated(id, [false, true, true, true, false]);
        _expectNotSeated(id, arbiter);
        vm.prank(arbiter);
        disputes.rule(id, terms, _removing(1));
    }

    function test_Rule_RevertWhen_TheCallerPaidForThePatient() public {
        DisputeId id = _seated();
        address arbiter = _drawnAt(id, 1);
        agreements.set(arbiter);
        _assertSeated(id, [true, false, true, true, false]);
        _expectNotSeated(id, arbiter);
        vm.prank(arbiter);
        disputes.rule(id, terms, _removing(1));
    }

    function test_Rule_TheFirstDecidesNothing() public {
        DisputeId id = _seated();
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.RulingGiven(id, _drawnAt(id, 0), _removing(7));
        _rule(id, 0, _removing(7));
        assertEq(settlement.rulings(), 0, "rulings");
        assertEq(disputes.rulingOf(id, 0), keccak256(abi.encode(_removing(7))), "digest");
        _rule(id, 0, _removing(7));
        assertEq(settlement.rulings(), 0, "the same arbiter again");
    }

    function test_Rule_TwoEqualOnesDecide() public {
        DisputeId id = _seated();
        skip(RULING_TIME - 1);
        _rule(id, 2, _removing(300_00));
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.DisputeEnded(id, claim, DisputeStage.Ruled, _removing(300_00));
        _rule(id, 0, _removing(300_00));
        _assertStage(id, DisputeStage.Ruled);
        _assertApplied(_removing(300_00));
    }

    function test_Rule_DifferentOnesDecideNothingUntilOneChanges() public {
        DisputeId id = _seated();
        _rule(id, 0, _removing(1));
        _rule(id, 1, _removing(2));
        _rule(id, 2, _removing(3));
        assertEq(settlement.rulings(), 0, "rulings");
        _rule(id, 0, _removing(3));
        _assertApplied(_removing(3));
    }

    function test_Rule_AWithdrawnOneDoesNotCount() public {
        DisputeId id = _seated();
        _rule(id, 0, _removing(1));
        _rule(id, 0, _removing(2));
        _rule(id, 1, _removing(1));
        assertEq(settlement.rulings(), 0, "rulings");
    }

    function test_Rule_OfOneThatSitsNoMoreDoesNotCount() public {
        DisputeId id = _seated();
        _rule(id, 0, _removing(5));
        _dismiss(_drawnAt(id, 0));
        _assertSeated(id, [false, true, true, true, false]);
        _rule(id, 3, _removing(5));
        assertEq(settlement.rulings(), 0, "rulings");
        _rule(id, 1, _removing(5));
        _assertApplied(_removing(5));
    }

    function test_Rule_ByTwoOfTwo() public {
        DisputeId id = _drawn();
        _strike(id, alice, 0);
        _strike(id, hospitalA.finance, 1);
        vm.prank(_drawnAt(id, 2));
        disputes.resign();
        _assertSeated(id, [false, false, false, true, true]);
        _rule(id, 3, _removing(5));
        _rule(id, 4, _removing(5));
        _assertApplied(_removing(5));
    }

    function test_Rule_ARefundOrAReversal() public {
        DisputeId id = _seated();
        IClaimSettlement.Ruling memory ruling;
        ruling.refund = 200_00;
        _rule(id, 0, ruling);
        ruling.refund = 0;
        ruling.reversed = true;
        _rule(id, 1, ruling);
        _rule(id, 2, ruling);
        _assertApplied(ruling);
    }

    function test_Rule_RevertWhen_Decided() public {
        DisputeId id = _seated();
        _rule(id, 0, _removing(5));
        _rule(id, 1, _removing(5));
        address arbiter = _drawnAt(id, 2);
        _expectWrongStage(id, DisputeStage.Ruled);
        vm.prank(arbiter);
        disputes.rule(id, terms, _removing(5));
    }

    function _withheldByTheProvider() private returns (DisputeId id) {
        id = _committed();
        disputes.reveal(id, PATIENT, SECRET);
        skip(STEP + 1);
        disputes.anchor(id);
        _nextBlock();
        disputes.draw(id);
    }

    function _strike(DisputeId id, address account, uint256 place) private {
        address arbiter = _drawnAt(id, place);
        vm.prank(account);
        disputes.strike(id, arbiter);
    }

    function _assertSeated(DisputeId id, bool[5] memory expected) private view {
        (, bool[5] memory seated) = disputes.panelOf(id);
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(seated[i], expected[i], vm.toString(i));
        }
    }

    function _expectNotDrawn(DisputeId id, address account) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_NotDrawn.selector, id, account)
        );
    }

    function _expectNotSeated(DisputeId id, address account) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_NotSeated.selector, id, account)
        );
    }
}
