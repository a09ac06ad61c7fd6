// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {ClaimStage, Terms} from "../../../contracts/types/Care.sol";
import {DisputeId, DisputeStage} from "../../../contracts/types/Disputes.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {DisputesBase} from "./DisputesBase.sol";

/// @notice The regulator's ruling, agreement, and the end by time.
contract DisputeResolutionEndTest is DisputesBase {
    function test_RuleByRegulator_RevertWhen_CallerIsNoRegistrar() public {
        DisputeId id = _beforeTheRegulator();
        _expectNotRegulator(id, people[7]);
        vm.prank(people[7]);
        disputes.rule(id, terms, _removing(1));
        _expectNotRegulator(id, regulator.finance);
        vm.prank(regulator.finance);
        disputes.rule(id, terms, _removing(1));
    }

    function test_RuleByRegulator_RevertWhen_Suspended() public {
        DisputeId id = _beforeTheRegulator();
        _suspend(REGULATOR);
        _expectNotRegulator(id, regulator.registrar);
        vm.prank(regulator.registrar);
        disputes.rule(id, terms, _removing(1));
    }

    function test_RuleByRegulator_RevertWhen_TheRegistrarIsThePatient() public {
        DisputeId id = _beforeTheRegulator();
        _addOperator(regulator.admin, alice, Roles.REGISTRAR);
        _expectNotRegulator(id, alice);
        vm.prank(alice);
        disputes.rule(id, terms, _removing(1));
    }

    function test_RuleByRegulator_RevertWhen_TheRegistrarPaidForThePatient() public {
        DisputeId id = _beforeTheRegulator();
        agreements.set(regulator.registrar);
        _expectNotRegulator(id, regulator.registrar);
        vm.prank(regulator.registrar);
        disputes.rule(id, terms, _removing(1));
    }

    function test_RuleByRegulator_RevertWhen_TimeIsOver() public {
        DisputeId id = _beforeTheRegulator();
        uint256 end = disputes.disputeOf(id).endsAt;
        vm.warp(end + 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeResolution.DisputeResolution_TooLate.selector, id, end));
        vm.prank(regulator.registrar);
        disputes.rule(id, terms, _removing(1));
    }

    function test_RuleByRegulator_RevertWhen_AmountIsAboveWhatWasAdjudicated() public {
        DisputeId id = _beforeTheRegulator();
        _expectBadRuling();
        vm.prank(regulator.registrar);
        disputes.rule(id, terms, _removing(500_01));
    }

    function test_RuleByRegulator_DecidesAlone() public {
        DisputeId id = _beforeTheRegulator();
        skip(RULING_TIME);
        vm.prank(regulator.registrar);
        disputes.rule(id, terms, _removing(500_00));
        _assertStage(id, DisputeStage.Ruled);
        _assertApplied(_removing(500_00));
    }

    function test_Lapse_RevertWhen_AStageOfThePartiesRuns() public {
        DisputeId id = _committed();
        skip(STEP);
        _expectTooEarly(id);
        disputes.lapse(id, terms);
        skip(1);
        _expectTooEarly(id);
        disputes.lapse(id, terms);
    }

    function test_Lapse_RevertWhen_TheDrawIsOpen() public {
        DisputeId id = _revealed();
        skip(STEP);
        _expectTooEarly(id);
        disputes.lapse(id, terms);
    }

    function test_Lapse_RevertWhen_ThePanelHasTime() public {
        DisputeId id = _seated();
        vm.warp(disputes.disputeOf(id).endsAt);
        _expectTooEarly(id);
        disputes.lapse(id, terms);
    }

    function test_Lapse_RevertWhen_TermsAreAnotherClaims() public {
        DisputeId id = _seated();
        vm.warp(uint256(disputes.disputeOf(id).endsAt) + 1);
        Terms memory others = terms;
        others.salt = keccak256("another");
        vm.expectRevert(
            abi.encodeWithSelector(
                IDisputeResolution.DisputeResolution_OtherTerms.selector, id, keccak256(abi.encode(others))
            )
        );
        disputes.lapse(id, others);
    }

    function test_Lapse_RevertWhen_UnknownOrEnded() public {
        DisputeId unknown = DisputeId.wrap(keccak256("unknown"));
        _expectWrongStage(unknown, DisputeStage.None);
        disputes.lapse(unknown, terms);
        DisputeId id = _seated();
        vm.warp(uint256(disputes.disputeOf(id).endsAt) + 1);
        disputes.lapse(id, terms);
        _expectWrongStage(id, DisputeStage.Lapsed);
        disputes.lapse(id, terms);
    }

    function test_Lapse_WhenThePanelIsSilent() public {
        DisputeId id = _seated();
        _rule(id, 0, _removing(5));
        vm.warp(uint256(disputes.disputeOf(id).endsAt) + 1);
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.DisputeEnded(id, claim, DisputeStage.Lapsed, _nothing());
        vm.prank(stranger);
        disputes.lapse(id, terms);
        _assertStage(id, DisputeStage.Lapsed);
        _assertApplied(_nothing());
    }

    function test_Lapse_WhenNobodyEverActed() public {
        DisputeId id = _open();
        vm.warp(START + 3 * uint256(STEP) + 1);
        disputes.lapse(id, terms);
        _assertApplied(_nothing());
    }

    function test_Lapse_WhenTheRegulatorIsSilent() public {
        DisputeId id = _beforeTheRegulator();
        skip(RULING_TIME + 1);
        disputes.lapse(id, terms);
        _assertApplied(_nothing());
    }

    function test_Lapse_WithinTheLongestTime() public {
        DisputeId id = _open();
        skip(STEP);
        _commit(id, alice, PATIENT, SECRET);
        skip(STEP);
        disputes.reveal(id, PATIENT, SECRET);
        skip(STEP);
        _nextBlock();
        disputes.draw(id);
        skip(STEP + RULING_TIME + 1);
        assertLe(block.timestamp, START + 4 * uint256(STEP) + RULING_TIME + 2, "the longest dispute");
        disputes.lapse(id, terms);
        _assertApplied(_nothing());
    }

    function test_Settle_RevertWhen_CallerIsNoParty() public {
        DisputeId id = _open();
        _expectNotParty(id, insurer.finance);
        vm.prank(insurer.finance);
        disputes.settle(id, terms, _removing(1));
    }

    function test_Settle_RevertWhen_ThePatientIsFrozen() public {
        DisputeId id = _open();
        _freeze();
        vm.expectRevert(
            abi.encodeWithSelector(
                IDisputeResolution.DisputeResolution_PatientFrozen.selector, patient, block.timestamp + 10 days
            )
        );
        vm.prank(alice);
        disputes.settle(id, terms, _removing(1));
    }

    function test_Settle_RevertWhen_TermsAreAnotherClaims() public {
        DisputeId id = _open();
        Terms memory others = terms;
        others.salt = keccak256("another");
        vm.expectRevert(
            abi.encodeWithSelector(
                IDisputeResolution.DisputeResolution_OtherTerms.selector, id, keccak256(abi.encode(others))
            )
        );
        vm.prank(alice);
        disputes.settle(id, others, _removing(1));
    }

    function test_Settle_RevertWhen_AmountIsAboveWhatWasAdjudicated() public {
        DisputeId id = _open();
        _expectBadRuling();
        vm.prank(alice);
        disputes.settle(id, terms, _removing(500_01));
    }

    function test_Settle_RevertWhen_Ended() public {
        DisputeId id = _open();
        _settleBoth(id, _removing(1));
        _expectWrongStage(id, DisputeStage.Agreed);
        vm.prank(alice);
        disputes.settle(id, terms, _removing(1));
    }

    function test_Settle_RevertWhen_ItTakesFromAnAbsentProvider() public {
        _claimIs(ClaimStage.Contested, 1);
        vm.prank(alice);
        DisputeId id = disputes.open(terms, _nothing(), REASON);
        _expectBadRuling();
        vm.prank(insurer.finance);
        disputes.settle(id, terms, _removing(1));
    }

    function test_Settle_WithoutTheProviderTakesNothing() public {
        _claimIs(ClaimStage.Contested, 1);
        vm.prank(alice);
        DisputeId id = disputes.open(terms, _nothing(), REASON);
        vm.prank(insurer.adjudicator);
        disputes.settle(id, terms, _nothing());
        vm.prank(alice);
        disputes.settle(id, terms, _nothing());
        _assertApplied(_nothing());
    }

    function test_Settle_OneAloneDoesNothing() public {
        DisputeId id = _open();
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.SettlementOffered(id, PATIENT, _removing(9));
        vm.prank(alice);
        disputes.settle(id, terms, _removing(9));
        vm.prank(alice);
        disputes.settle(id, terms, _removing(9));
        vm.prank(hospitalA.finance);
        disputes.settle(id, terms, _removing(8));
        assertEq(settlement.rulings(), 0, "rulings");
        assertEq(disputes.sideOf(id, HOSPITAL_A).settlement, keccak256(abi.encode(_removing(8))));
    }

    function test_Settle_TheSameByBothIsApplied() public {
        DisputeId id = _open();
        vm.prank(alice);
        disputes.settle(id, terms, _removing(9));
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.DisputeEnded(id, claim, DisputeStage.Agreed, _removing(9));
        vm.prank(hospitalA.finance);
        disputes.settle(id, terms, _removing(9));
        _assertStage(id, DisputeStage.Agreed);
        _assertApplied(_removing(9));
    }

    function test_Settle_InEveryStage() public {
        DisputeId[6] memory ids;
        for (uint256 i = 0; i < 6; ++i) {
            uint256 state = vm.snapshotState();
            if (i == 0) ids[i] = _open();
            if (i == 1) ids[i] = _committed();
            if (i == 2) ids[i] = _revealed();
            if (i == 3) ids[i] = _drawn();
            if (i == 4) ids[i] = _seated();
            if (i == 5) ids[i] = _beforeTheRegulator();
            _settleBoth(ids[i], _removing(9));
            _assertApplied(_removing(9));
            vm.revertToState(state);
        }
    }

    function _settleBoth(DisputeId id, IClaimSettlement.Ruling memory ruling) private {
        vm.prank(alice);
        disputes.settle(id, terms, ruling);
        vm.prank(hospitalA.finance);
        disputes.settle(id, terms, ruling);
    }

    function _expectNotRegulator(DisputeId id, address caller) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_NotRegulator.selector, id, caller)
        );
    }

    function _expectTooEarly(DisputeId id) private {
        uint40 endsAt = disputes.disputeOf(id).endsAt;
        vm.expectRevert(abi.encodeWithSelector(IDisputeResolution.DisputeResolution_TooEarly.selector, id, endsAt));
    }
}
