// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {IRecordRegistry} from "../../../contracts/interfaces/IRecordRegistry.sol";
import {ClaimStage} from "../../../contracts/types/Care.sol";
import {DisputeId, DisputeStage} from "../../../contracts/types/Disputes.sol";
import {PatientId} from "../../../contracts/types/Types.sol";
import {DisputesBase} from "./DisputesBase.sol";

/// @notice Evidence and statements.
contract DisputeResolutionExhibitsTest is DisputesBase {
    bytes32[] private _noProof;

    function test_SubmitEvidence_RevertWhen_CallerIsNoParty() public {
        DisputeId id = _open();
        IRecordRegistry.Leaf memory leaf = _committedLeaf();
        bytes32 root = records.hashLeaf(leaf);
        _expectNotParty(id, clinic.finance);
        vm.prank(clinic.finance);
        disputes.submitEvidence(id, 1, root, leaf, _noProof);
    }

    function test_SubmitEvidence_RevertWhen_NotCommitted() public {
        DisputeId id = _open();
        IRecordRegistry.Leaf memory leaf = _leaf(patient, 1);
        _refuse(id, leaf);
    }

    function test_SubmitEvidence_RevertWhen_NotLinked() public {
        DisputeId id = _open();
        IRecordRegistry.Leaf memory leaf = _leaf(patient, 2);
        _commitLeaf(leaf);
        _refuse(id, leaf);
    }

    function test_SubmitEvidence_RevertWhen_AnotherPatients() public {
        DisputeId id = _open();
        vm.prank(bob);
        episodes.open(bobsId, HOSPITAL_A);
        IRecordRegistry.Leaf memory leaf = _leaf(bobsId, 1);
        _commitLeaf(leaf);
        _refuse(id, leaf);
    }

    function test_SubmitEvidence_RevertWhen_NumberIsNotTheNext() public {
        DisputeId id = _open();
        IRecordRegistry.Leaf memory leaf = _committedLeaf();
        bytes32 root = records.hashLeaf(leaf);
        _expectBadNumber(id, 1, 2);
        vm.prank(alice);
        disputes.submitEvidence(id, 2, root, leaf, _noProof);
    }

    function test_SubmitEvidence_RevertWhen_Ended() public {
        DisputeId id = _open();
        IRecordRegistry.Leaf memory leaf = _committedLeaf();
        bytes32 root = records.hashLeaf(leaf);
        skip(3 * STEP + 3);
        disputes.lapse(id, terms);
        _expectWrongStage(id, DisputeStage.Lapsed);
        vm.prank(alice);
        disputes.submitEvidence(id, 1, root, leaf, _noProof);
    }

    function test_SubmitEvidence_ByAParty() public {
        DisputeId id = _open();
        IRecordRegistry.Leaf memory leaf = _committedLeaf();
        bytes32 root = records.hashLeaf(leaf);
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.EvidenceSubmitted(id, HOSPITAL_A, 1, root, root, 0);
        vm.prank(hospitalA.finance);
        disputes.submitEvidence(id, 1, root, leaf, _noProof);
        assertEq(disputes.sideOf(id, HOSPITAL_A).submissions, 1);
    }

    function test_SubmitEvidence_ShowsWhatSupersededIt() public {
        DisputeId id = _open();
        IRecordRegistry.Leaf memory leaf = _committedLeaf();
        bytes32 root = records.hashLeaf(leaf);
        IRecordRegistry.Leaf memory next = _leaf(patient, 2);
        next.previousLeaf = root;
        vm.prank(hospitalA.records);
        records.supersede(root, leaf, _noProof, next, keccak256("manifest"));
        bytes32 successor = records.hashLeaf(next);
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.EvidenceSubmitted(id, PATIENT, 1, root, root, successor);
        vm.prank(alice);
        disputes.submitEvidence(id, 1, root, leaf, _noProof);
    }

    function test_SubmitStatement_RevertWhen_CallerIsNoParty() public {
        DisputeId id = _open();
        _expectNotParty(id, stranger);
        vm.prank(stranger);
        disputes.submitStatement(id, 1, keccak256("statement"));
    }

    function test_SubmitStatement_RevertWhen_UnknownOrEnded() public {
        DisputeId unknown = DisputeId.wrap(keccak256("unknown"));
        _expectWrongStage(unknown, DisputeStage.None);
        vm.prank(alice);
        disputes.submitStatement(unknown, 1, keccak256("statement"));
    }

    function test_SubmitStatement_ByAParty() public {
        DisputeId id = _open();
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.StatementSubmitted(id, PATIENT, 1, keccak256("statement"));
        vm.prank(alice);
        disputes.submitStatement(id, 1, keccak256("statement"));
        assertEq(disputes.sideOf(id, PATIENT).submissions, 1);
        assertEq(disputes.sideOf(id, HOSPITAL_A).submissions, 0);
    }

    function test_SubmitStatement_ByTheProviderThatIsNoParty() public {
        _claimIs(ClaimStage.Contested, 1);
        vm.prank(alice);
        DisputeId id = disputes.open(terms, _nothing(), REASON);
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.StatementSubmitted(id, HOSPITAL_A, 1, keccak256("statement"));
        vm.prank(hospitalA.finance);
        disputes.submitStatement(id, 1, keccak256("statement"));
    }

    function test_SubmitStatement_RevertWhen_SixtyFourWereSubmitted() public {
        DisputeId id = _open();
        for (uint8 i = 1; i <= 64; ++i) {
            vm.prank(alice);
            disputes.submitStatement(id, i, keccak256("statement"));
        }
        _expectBadNumber(id, 65, 65);
        vm.prank(alice);
        disputes.submitStatement(id, 65, keccak256("statement"));
    }

    function _refuse(DisputeId id, IRecordRegistry.Leaf memory leaf) private {
        bytes32 root = records.hashLeaf(leaf);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_BadEvidence.selector, id, root)
        );
        vm.prank(alice);
        disputes.submitEvidence(id, 1, root, leaf, _noProof);
    }

    function _committedLeaf() private returns (IRecordRegistry.Leaf memory leaf) {
        leaf = _leaf(patient, 1);
        _commitLeaf(leaf);
    }

    /// @dev Commits a leaf as a batch of one.
    function _commitLeaf(IRecordRegistry.Leaf memory leaf) private {
        if (leaf.patient == patient) _checkIn(HOSPITAL_A);
        bytes32 root = records.hashLeaf(leaf);
        vm.prank(hospitalA.records);
        records.commit(IRecordRegistry.Batch(leaf.patient, root, 1, keccak256("manifest")));
    }

    function _leaf(PatientId of_, uint32 number) private pure returns (IRecordRegistry.Leaf memory) {
        return IRecordRegistry.Leaf({
            patient: of_,
            author: HOSPITAL_A,
            recordId: keccak256("record"),
            version: number,
            category: 9,
            serviceDay: 46_000,
            bodyDigest: keccak256("body"),
            contentCommitment: keccak256("content"),
            previousLeaf: 0
        });
    }

    function _expectBadNumber(DisputeId id, uint8 expected, uint8 given) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_BadNumber.selector, id, expected, given)
        );
    }
}
