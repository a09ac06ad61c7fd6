// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {IRecordRegistry} from "../../../contracts/interfaces/IRecordRegistry.sol";
import {AgreementState, ClaimStage, PolicyId} from "../../../contracts/types/Care.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @notice Who completes a treatment, when, and on which evidence.
contract ClaimSettlementCompleteTest is SettlementBase {
    Treatment private _agreed;

    function setUp() public override {
        super.setUp();
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _store(treatment);
    }

    function test_Complete_RevertWhen_CallerHasNoFinance() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        _expectUnauthorized(hospitalA.desk, HOSPITAL_A);
        vm.prank(hospitalA.desk);
        settlement.complete(completion);
    }

    function test_Complete_RevertWhen_CallerIsOfAnotherMember() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        _expectUnauthorized(hospitalB.finance, HOSPITAL_A);
        vm.prank(hospitalB.finance);
        settlement.complete(completion);
    }

    function test_Complete_RevertWhen_TheProviderLeft() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        _remove(HOSPITAL_A);
        _expectUnauthorized(hospitalA.finance, HOSPITAL_A);
        vm.prank(hospitalA.finance);
        settlement.complete(completion);
    }

    function test_Complete_ByASuspendedProvider() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        _suspend(HOSPITAL_A);
        _do(completion);
        _assertStage(_agreed, ClaimStage.Pending);
    }

    function test_Complete_WhenTheInsurerIsSuspended() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        completion.receipt = _receipt(_agreed);
        _suspend(INSURER);
        _do(completion);
        assertEq(token.balanceOf(payee), PRICE);
    }

    function test_Complete_RevertWhen_NotAccepted() public {
        Treatment memory offered = _insuredTreatment();
        _offer(offered);
        _store(offered);
        IClaimSettlement.Completion memory completion = _with(_evidence());
        _expectWrongState(offered, AgreementState.Offered);
        _do(completion);
    }

    function test_Complete_RevertWhen_CompletedBefore() public {
        _do(_with(_evidence()));
        IClaimSettlement.Completion memory completion = _with(_evidence());
        _expectWrongState(_agreed, AgreementState.Completed);
        _do(completion);
    }

    function test_Complete_RevertWhen_TheLinesAreOthers() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        completion.lines[0].billed += 1;
        _expectBadLines(_agreed);
        _do(completion);
    }

    function test_Complete_InTheLastSecond() public {
        vm.warp(agreements.completeUntil(_agreed.terms));
        _do(_with(_evidenceOn(_agreed.terms.serviceUntil)));
        _assertStage(_agreed, ClaimStage.Pending);
    }

    function test_Complete_RevertWhen_ItIsTooLate() public {
        uint40 last = agreements.completeUntil(_agreed.terms);
        IClaimSettlement.Completion memory completion = _with(_evidence());
        vm.warp(last + 1);
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_NotNow.selector, _idOf(_agreed), last + 1)
        );
        _do(completion);
    }

    function test_Complete_RevertWhen_ThereIsNoEpisode() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        _checkOut(HOSPITAL_A);
        skip(episodes.FILING_PERIOD() + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_NoEpisode.selector, patient, HOSPITAL_A)
        );
        _do(completion);
    }

    function test_Complete_InTheFilingPeriod() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        _checkOut(HOSPITAL_A);
        skip(episodes.FILING_PERIOD());
        _do(completion);
        _assertStage(_agreed, ClaimStage.Pending);
    }

    function test_Complete_RevertWhen_TheEvidenceIsOfAnotherPatient() public {
        IClaimSettlement.Evidence memory piece = _evidence();
        piece.leaf.patient = bobsId;
        _expectBadEvidence(0, IClaimSettlement.EvidenceFlaw.OtherPatient);
        _do(_with(piece));
    }

    function test_Complete_RevertWhen_TheEvidenceIsOfAnotherProvider() public {
        IClaimSettlement.Evidence memory piece = _evidence();
        piece.leaf.author = HOSPITAL_B;
        _expectBadEvidence(0, IClaimSettlement.EvidenceFlaw.OtherProvider);
        _do(_with(piece));
    }

    function test_Complete_RevertWhen_TheEvidenceIsOfAnotherEpisode() public {
        IClaimSettlement.Evidence memory piece = _evidence();
        _checkOut(HOSPITAL_A);
        _checkIn(HOSPITAL_A);
        _expectBadEvidence(0, IClaimSettlement.EvidenceFlaw.OtherEpisode);
        _do(_with(piece));
    }

    /// @dev A patient that checks out and in again before the completion gains nothing: the same leaf counts in a batch of the new episode.
    function test_Complete_OnEvidenceCommittedAgainInTheNewEpisode() public {
        IClaimSettlement.Evidence memory piece = _evidence();
        IClaimSettlement.Evidence memory beside = _evidence();
        _checkOut(HOSPITAL_A);
        _checkIn(HOSPITAL_A);
        (bytes32 leaf, bytes32 other) = (piece.root, beside.root);
        piece.root = leaf < other ? keccak256(abi.encode(leaf, other)) : keccak256(abi.encode(other, leaf));
        piece.proof = new bytes32[](1);
        piece.proof[0] = other;
        vm.prank(hospitalA.records);
        records.commit(IRecordRegistry.Batch(patient, piece.root, 2, keccak256("manifest")));
        _do(_with(piece));
        _assertStage(_agreed, ClaimStage.Pending);
    }

    function test_Complete_RevertWhen_TheEvidenceIsBeforeTheWindow() public {
        _refuseDay(_agreed.terms.serviceFrom - 1);
    }

    function test_Complete_RevertWhen_TheEvidenceIsAfterTheWindow() public {
        vm.warp(block.timestamp + 20 days);
        _refuseDay(_agreed.terms.serviceUntil + 1);
    }

    function test_Complete_RevertWhen_TheEvidenceIsOfTheDayAfterTomorrow() public {
        _refuseDay(_today() + 2);
    }

    function test_Complete_OnEvidenceOfTomorrow() public {
        _do(_with(_evidenceOn(_today() + 1)));
        _assertStage(_agreed, ClaimStage.Pending);
    }

    function test_Complete_RevertWhen_TheEvidenceIsOfAnotherCategory() public {
        IClaimSettlement.Evidence memory piece = _evidence();
        piece.leaf.category = 6;
        _expectBadEvidence(0, IClaimSettlement.EvidenceFlaw.OtherCategory);
        _do(_with(piece));
    }

    function test_Complete_RevertWhen_TheEvidenceIsNotCommitted() public {
        IClaimSettlement.Evidence memory piece = _evidence();
        piece.leaf.bodyDigest = keccak256("another body");
        _expectBadEvidence(0, IClaimSettlement.EvidenceFlaw.NotCommitted);
        _do(_with(piece));
    }

    function test_Complete_RevertWhen_TheVersionIsNotLinked() public {
        IClaimSettlement.Evidence memory piece = _evidence();
        piece.leaf.version = 2;
        piece.leaf.previousLeaf = keccak256("never committed");
        piece.root = records.hashLeaf(piece.leaf);
        vm.prank(hospitalA.records);
        records.commit(IRecordRegistry.Batch(patient, piece.root, 1, keccak256("manifest")));
        _expectBadEvidence(0, IClaimSettlement.EvidenceFlaw.NotCommitted);
        _do(_with(piece));
    }

    function test_Complete_RevertWhen_TheEvidenceIsSuperseded() public {
        IClaimSettlement.Evidence memory piece = _evidence();
        IRecordRegistry.Leaf memory next = piece.leaf;
        IRecordRegistry.Leaf memory previous = _copy(piece.leaf);
        next.version = 2;
        next.previousLeaf = piece.root;
        vm.prank(hospitalA.records);
        records.supersede(piece.root, previous, new bytes32[](0), next, keccak256("manifest"));
        piece.leaf = previous;
        _expectBadEvidence(0, IClaimSettlement.EvidenceFlaw.Superseded);
        _do(_with(piece));
    }

    function test_Complete_RevertWhen_APieceSupportsNoLine() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        IClaimSettlement.Evidence[] memory two = new IClaimSettlement.Evidence[](2);
        (two[0], two[1]) = (completion.evidence[0], _evidence());
        completion.evidence = two;
        _expectBadEvidence(1, IClaimSettlement.EvidenceFlaw.Unused);
        _do(completion);
    }

    function test_Complete_RevertWhen_ALineNamesNoPiece() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        completion.evidenceOf[2] = 1;
        _expectBadLines(_agreed);
        _do(completion);
    }

    function test_Complete_RevertWhen_EvidenceIsNotNamedForEachLine() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        completion.evidenceOf = new uint8[](2);
        _expectBadLines(_agreed);
        _do(completion);
    }

    function test_Complete_RevertWhen_ThereAreMorePiecesThanLines() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        completion.evidence = new IClaimSettlement.Evidence[](4);
        _expectBadLines(_agreed);
        _do(completion);
    }

    function test_Complete_OnAPieceForEachLine() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        IClaimSettlement.Evidence[] memory three = new IClaimSettlement.Evidence[](3);
        (three[0], three[1], three[2]) = (completion.evidence[0], _evidence(), _evidence());
        completion.evidence = three;
        (completion.evidenceOf[1], completion.evidenceOf[2]) = (1, 2);
        _do(completion);
        for (uint256 i = 0; i < 3; ++i) {
            assertTrue(settlement.claimOfRecord(three[i].leaf.recordId) == _idOf(_agreed));
        }
    }

    function test_Complete_RevertWhen_APieceIsGivenTwice() public {
        IClaimSettlement.Completion memory completion = _with(_evidence());
        IClaimSettlement.Evidence[] memory two = new IClaimSettlement.Evidence[](2);
        (two[0], two[1]) = (completion.evidence[0], completion.evidence[0]);
        completion.evidence = two;
        completion.evidenceOf[1] = 1;
        _expectUsed(two[0], _agreed);
        _do(completion);
    }

    function test_Complete_RevertWhen_TheEvidenceSupportsAnotherClaim() public {
        IClaimSettlement.Evidence memory piece = _evidence();
        _do(_with(piece));
        Treatment memory other = _insuredTreatment();
        _agree(other);
        _expectUsed(piece, _agreed);
        _completeWith(other, piece, _noReceipt());
    }

    function test_Complete_OnEvidenceOfAReversedClaim() public {
        IClaimSettlement.Evidence memory piece = _evidence();
        _do(_with(piece));
        vm.prank(hospitalA.finance);
        settlement.reverse(_agreed.terms);
        Treatment memory other = _insuredTreatment();
        _agree(other);
        _completeWith(other, piece, _receipt(other));
        assertTrue(settlement.claimOfRecord(piece.leaf.recordId) == _idOf(other));
    }

    function test_Complete_RevertWhen_AReversedClaimsEvidenceIsGivenTwice() public {
        IClaimSettlement.Evidence memory piece = _evidence();
        _do(_with(piece));
        vm.prank(hospitalA.finance);
        settlement.reverse(_agreed.terms);
        Treatment memory other = _insuredTreatment();
        _agree(other);
        _completeWith(other, piece, _noReceipt());
        Treatment memory third = _insuredTreatment();
        _agree(third);
        _expectUsed(piece, other);
        _completeWith(third, piece, _noReceipt());
    }

    function _refuseDay(uint32 day) private {
        IClaimSettlement.Completion memory completion = _with(_evidenceOn(day));
        _expectBadEvidence(0, IClaimSettlement.EvidenceFlaw.OutsideWindow);
        _do(completion);
    }

    function _do(IClaimSettlement.Completion memory completion) private {
        vm.prank(hospitalA.finance);
        settlement.complete(completion);
    }

    function _with(IClaimSettlement.Evidence memory piece) private view returns (IClaimSettlement.Completion memory) {
        IClaimSettlement.Evidence[] memory evidence = new IClaimSettlement.Evidence[](1);
        evidence[0] = piece;
        return _completion(_agreed, evidence, new uint8[](_agreed.lines.length), _noReceipt());
    }

    /// @dev Another place in memory for the same leaf.
    function _copy(IRecordRegistry.Leaf memory leaf) private pure returns (IRecordRegistry.Leaf memory) {
        return abi.decode(abi.encode(leaf), (IRecordRegistry.Leaf));
    }

    function _store(Treatment memory treatment) private {
        _agreed.terms = treatment.terms;
        delete _agreed.lines;
        delete _agreed.covers;
        for (uint256 i = 0; i < treatment.lines.length; ++i) {
            _agreed.lines.push(treatment.lines[i]);
        }
        for (uint256 i = 0; i < treatment.covers.length; ++i) {
            _agreed.covers.push(treatment.covers[i]);
        }
    }

    function _expectWrongState(Treatment memory treatment, AgreementState state) private {
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_WrongState.selector, _idOf(treatment), state)
        );
    }

    function _expectBadLines(Treatment memory treatment) private {
        vm.expectRevert(abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_BadLines.selector, _idOf(treatment)));
    }

    function _expectUsed(IClaimSettlement.Evidence memory piece, Treatment memory by) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IClaimSettlement.ClaimSettlement_EvidenceUsed.selector, piece.leaf.recordId, _idOf(by)
            )
        );
    }
}
