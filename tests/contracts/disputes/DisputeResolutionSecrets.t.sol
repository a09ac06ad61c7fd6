// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {DisputeId, DisputeStage} from "../../../contracts/types/Disputes.sol";
import {DisputesBase} from "./DisputesBase.sol";

/// @notice Commitments and secrets.
contract DisputeResolutionSecretsTest is DisputesBase {
    function test_Commit_RevertWhen_CallerIsNoParty() public {
        DisputeId id = _open();
        _expectNotParty(id, insurer.finance);
        vm.prank(insurer.finance);
        disputes.commit(id, keccak256("commitment"));
        _expectNotParty(id, stranger);
        vm.prank(stranger);
        disputes.commit(id, keccak256("commitment"));
    }

    function test_Commit_RevertWhen_CallerHasAnotherRole() public {
        DisputeId id = _open();
        _expectNotParty(id, hospitalA.desk);
        vm.prank(hospitalA.desk);
        disputes.commit(id, keccak256("commitment"));
    }

    function test_Commit_RevertWhen_ThePatientIsNoParty() public {
        DisputeId id = _openByProvider();
        _expectNotParty(id, alice);
        vm.prank(alice);
        disputes.commit(id, keccak256("commitment"));
    }

    function test_Commit_RevertWhen_PartyLeft() public {
        DisputeId id = _open();
        _remove(HOSPITAL_A);
        _expectNotParty(id, hospitalA.finance);
        vm.prank(hospitalA.finance);
        disputes.commit(id, keccak256("commitment"));
    }

    function test_Commit_RevertWhen_Zero() public {
        DisputeId id = _open();
        _expectBadCommitment(id);
        vm.prank(alice);
        disputes.commit(id, 0);
    }

    function test_Commit_RevertWhen_CommittedBefore() public {
        DisputeId id = _open();
        _commit(id, alice, PATIENT, SECRET);
        _expectBadCommitment(id);
        vm.prank(alice);
        disputes.commit(id, keccak256("another"));
    }

    function test_Commit_RevertWhen_TimeIsOver() public {
        DisputeId id = _open();
        skip(STEP + 1);
        _expectWrongStage(id, DisputeStage.Reveal);
        vm.prank(alice);
        disputes.commit(id, keccak256("late"));
    }

    function test_Commit_RevertWhen_Unknown() public {
        DisputeId id = DisputeId.wrap(keccak256("unknown"));
        _expectWrongStage(id, DisputeStage.None);
        vm.prank(alice);
        disputes.commit(id, keccak256("commitment"));
    }

    function test_Commit_InTheLastSecond() public {
        DisputeId id = _open();
        skip(STEP);
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.DrawCommitted(id, HOSPITAL_A, keccak256(abi.encode(id, HOSPITAL_A, OTHER_SECRET)));
        _commit(id, hospitalA.finance, HOSPITAL_A, OTHER_SECRET);
        assertEq(
            disputes.sideOf(id, HOSPITAL_A).hidden, disputes.commitmentOf(id, HOSPITAL_A, OTHER_SECRET), "commitment"
        );
        _assertStage(id, DisputeStage.Commit);
    }

    function test_Commit_OfASuspendedMember() public {
        DisputeId id = _open();
        _suspend(HOSPITAL_A);
        _commit(id, hospitalA.finance, HOSPITAL_A, OTHER_SECRET);
        assertTrue(disputes.sideOf(id, HOSPITAL_A).hidden != 0);
    }

    function test_Commit_OfAFrozenPatient() public {
        DisputeId id = _open();
        _freeze();
        _commit(id, alice, PATIENT, SECRET);
        assertTrue(disputes.sideOf(id, PATIENT).hidden != 0);
    }

    function test_Commit_TheSecondEndsTheStage() public {
        DisputeId id = _committed();
        _assertStage(id, DisputeStage.Reveal);
        assertEq(disputes.disputeOf(id).endsAt, block.timestamp + STEP);
    }

    function test_Reveal_RevertWhen_TooEarly() public {
        DisputeId id = _open();
        _commit(id, alice, PATIENT, SECRET);
        _expectWrongStage(id, DisputeStage.Commit);
        disputes.reveal(id, PATIENT, SECRET);
    }

    function test_Reveal_RevertWhen_TimeIsOver() public {
        DisputeId id = _committed();
        skip(STEP + 1);
        _expectWrongStage(id, DisputeStage.Draw);
        disputes.reveal(id, PATIENT, SECRET);
    }

    function test_Reveal_RevertWhen_SecretIsAnother() public {
        DisputeId id = _committed();
        _expectBadSecret(id);
        disputes.reveal(id, PATIENT, OTHER_SECRET);
    }

    function test_Reveal_RevertWhen_RevealedBefore() public {
        DisputeId id = _committed();
        disputes.reveal(id, PATIENT, SECRET);
        _expectBadSecret(id);
        disputes.reveal(id, PATIENT, SECRET);
    }

    function test_Reveal_RevertWhen_ASecretIsTakenForACommitment() public {
        bytes32 inner = keccak256("inner");
        DisputeId id = _open();
        bytes32 outer = keccak256(abi.encode(id, PATIENT, inner));
        _commit(id, alice, PATIENT, outer);
        _commit(id, hospitalA.finance, HOSPITAL_A, OTHER_SECRET);
        disputes.reveal(id, PATIENT, outer);
        _expectBadSecret(id);
        disputes.reveal(id, PATIENT, inner);
    }

    function test_Reveal_RevertWhen_TheCommitmentWasCopied() public {
        DisputeId id = _open();
        _commit(id, alice, PATIENT, SECRET);
        _commit(id, hospitalA.finance, PATIENT, SECRET);
        _expectBadSecret(id);
        disputes.reveal(id, HOSPITAL_A, SECRET);
    }

    function test_Reveal_RevertWhen_PartyDidNotCommit() public {
        DisputeId id = _open();
        _commit(id, alice, PATIENT, SECRET);
        skip(STEP + 1);
        _expectBadSecret(id);
        disputes.reveal(id, HOSPITAL_A, OTHER_SECRET);
    }

    function test_Reveal_TheFirstWaitsForTheSecond() public {
        DisputeId id = _committed();
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.DrawRevealed(id, PATIENT, SECRET);
        vm.prank(stranger);
        disputes.reveal(id, PATIENT, SECRET);
        _assertStage(id, DisputeStage.Reveal);
        assertTrue(disputes.sideOf(id, PATIENT).revealed);
        assertEq(disputes.sideOf(id, PATIENT).hidden, SECRET);
        assertEq(disputes.disputeOf(id).anchor, 0);
    }

    function test_Reveal_TheLastAnchorsTheDraw() public {
        DisputeId id = _committed();
        disputes.reveal(id, HOSPITAL_A, OTHER_SECRET);
        skip(STEP);
        vm.roll(77);
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.DrawAnchored(id, 77, uint40(block.timestamp) + STEP);
        disputes.reveal(id, PATIENT, SECRET);
        _assertStage(id, DisputeStage.Draw);
        assertEq(disputes.disputeOf(id).anchor, 77);
        assertEq(disputes.disputeOf(id).endsAt, block.timestamp + STEP);
    }

    function test_Reveal_TheOnlyOneThatCommittedAnchorsTheDraw() public {
        DisputeId id = _open();
        _commit(id, hospitalA.finance, HOSPITAL_A, OTHER_SECRET);
        skip(STEP + 1);
        disputes.reveal(id, HOSPITAL_A, OTHER_SECRET);
        assertEq(disputes.disputeOf(id).anchor, block.number);
    }

    function _expectBadCommitment(DisputeId id) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputeResolution.DisputeResolution_BadCommitment.selector, id));
    }

    function _expectBadSecret(DisputeId id) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputeResolution.DisputeResolution_BadSecret.selector, id));
    }
}
