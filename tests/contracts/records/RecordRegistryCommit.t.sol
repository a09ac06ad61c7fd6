// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IRecordRegistry} from "../../../contracts/interfaces/IRecordRegistry.sol";
import {RecordRegistryBase} from "./RecordRegistryBase.sol";

/// @notice One batch.
contract RecordRegistryCommitTest is RecordRegistryBase {
    function test_Commit_RevertWhen_CallerIsAStranger() public {
        _expectUnauthorized(stranger);
        vm.prank(stranger);
        records.commit(_batch(ROOT));
    }

    function test_Commit_RevertWhen_CallerIsTheController() public {
        _expectUnauthorized(alice);
        vm.prank(alice);
        records.commit(_batch(ROOT));
    }

    function test_Commit_RevertWhen_CallerHasAnotherRole() public {
        _expectUnauthorized(hospitalA.desk);
        vm.prank(hospitalA.desk);
        records.commit(_batch(ROOT));
    }

    function test_Commit_RevertWhen_OperatorRemoved() public {
        _removeOperator(hospitalA.admin, hospitalA.records);
        _expectUnauthorized(hospitalA.records);
        _commit(_batch(ROOT));
    }

    function test_Commit_RevertWhen_MemberLeft() public {
        _remove(HOSPITAL_A);
        _expectUnauthorized(hospitalA.records);
        _commit(_batch(ROOT));
    }

    function test_Commit_WhileSuspended() public {
        _suspend(HOSPITAL_A);
        _expectCommitted(patient, HOSPITAL_A, ROOT, 7, 1);
        _commit(_batch(ROOT));
    }

    function test_Commit_RevertWhen_RootIsZero() public {
        _expectRefused(HOSPITAL_A, 0, IRecordRegistry.Refusal.Malformed);
        _commit(_batch(0));
    }

    function test_Commit_RevertWhen_CountIsZero() public {
        IRecordRegistry.Batch memory batch = _batch(ROOT);
        batch.count = 0;
        _expectRefused(HOSPITAL_A, ROOT, IRecordRegistry.Refusal.Malformed);
        _commit(batch);
    }

    function test_Commit_RevertWhen_ManifestDigestIsZero() public {
        IRecordRegistry.Batch memory batch = _batch(ROOT);
        batch.manifestDigest = 0;
        _expectRefused(HOSPITAL_A, ROOT, IRecordRegistry.Refusal.Malformed);
        _commit(batch);
    }

    function test_Commit_RevertWhen_CommittedBefore() public {
        _commit(_batch(ROOT));
        _expectRefused(HOSPITAL_A, ROOT, IRecordRegistry.Refusal.AlreadyCommitted);
        _commit(_batch(ROOT));
    }

    function test_Commit_TheSameRootByAnotherAuthor() public {
        _checkIn(HOSPITAL_B);
        _commit(_batch(ROOT));
        _expectCommitted(patient, HOSPITAL_B, ROOT, 7, 1);
        vm.prank(hospitalB.records);
        records.commit(_batch(ROOT));
    }

    function test_Commit_TheSameRootForAnotherPatient() public {
        vm.prank(bob);
        episodes.open(bobsId, HOSPITAL_A);
        _commit(_batch(ROOT));
        IRecordRegistry.Batch memory batch = _batch(ROOT);
        batch.patient = bobsId;
        _expectCommitted(bobsId, HOSPITAL_A, ROOT, 7, 1);
        _commit(batch);
    }

    function test_Commit_RevertWhen_TheAuthorHasNoEpisode() public {
        _expectRefused(HOSPITAL_B, ROOT, IRecordRegistry.Refusal.NoEpisode);
        vm.prank(hospitalB.records);
        records.commit(_batch(ROOT));
    }

    function test_Commit_RevertWhen_TheEpisodeIsOfAnotherPatient() public {
        IRecordRegistry.Batch memory batch = _batch(ROOT);
        batch.patient = bobsId;
        vm.expectRevert(
            abi.encodeWithSelector(
                IRecordRegistry.RecordRegistry_Refused.selector,
                bobsId,
                HOSPITAL_A,
                ROOT,
                IRecordRegistry.Refusal.NoEpisode
            )
        );
        _commit(batch);
    }

    function test_Commit_InTheLastSecondOfTheFilingPeriod() public {
        _checkOut(HOSPITAL_A);
        vm.warp(START + 30 days);
        _expectCommitted(patient, HOSPITAL_A, ROOT, 7, 1);
        _commit(_batch(ROOT));
    }

    function test_Commit_RevertWhen_TheFilingPeriodIsOver() public {
        _checkOut(HOSPITAL_A);
        vm.warp(START + 30 days + 1);
        _expectRefused(HOSPITAL_A, ROOT, IRecordRegistry.Refusal.FilingPeriodOver);
        _commit(_batch(ROOT));
    }

    function test_Commit_ByALaboratoryInItsDependentEpisode() public {
        _openForLaboratory();
        _expectCommitted(patient, LABORATORY, ROOT, 7, 1);
        vm.prank(laboratory.records);
        records.commit(_batch(ROOT));
    }

    function test_Commit_InTheNextEpisode() public {
        _checkOut(HOSPITAL_A);
        _checkIn(HOSPITAL_A);
        _expectCommitted(patient, HOSPITAL_A, ROOT, 7, 2);
        _commit(_batch(ROOT));
    }

    function test_Commit_KeepsTimeCountAndEpisode() public {
        skip(1 hours);
        _expectCommitted(patient, HOSPITAL_A, ROOT, 7, 1);
        _commit(_batch(ROOT));
        _assertBatch(patient, HOSPITAL_A, ROOT, IRecordRegistry.BatchState(START + 1 hours, 7, 1));
    }

    function testFuzz_Commit_AnyBatch(bytes32 root, uint32 count, bytes32 manifestDigest) public {
        vm.assume(root != 0 && count != 0 && manifestDigest != 0);
        vm.expectEmit(address(records));
        emit IRecordRegistry.Committed(patient, HOSPITAL_A, root, count, 1, manifestDigest);
        _commit(IRecordRegistry.Batch(patient, root, count, manifestDigest));
        _assertBatch(patient, HOSPITAL_A, root, IRecordRegistry.BatchState(START, count, 1));
    }

    function test_BatchOf_IsZeroWhenNotCommitted() public view {
        _assertBatch(patient, HOSPITAL_A, ROOT, IRecordRegistry.BatchState(0, 0, 0));
    }

    function test_CommitMany_RevertWhen_CallerIsAStranger() public {
        _expectUnauthorized(stranger);
        vm.prank(stranger);
        records.commitMany(new IRecordRegistry.Batch[](1));
    }

    function test_CommitMany_RevertWhen_CallerHasAnotherRole() public {
        _expectUnauthorized(hospitalA.desk);
        vm.prank(hospitalA.desk);
        records.commitMany(new IRecordRegistry.Batch[](1));
    }

    function test_CommitMany_OfNothing() public {
        vm.prank(hospitalA.records);
        assertEq(records.commitMany(new IRecordRegistry.Batch[](0)).length, 0);
    }

    function test_CommitMany_SkipsWhatCommitRefuses() public {
        _commit(_batch(ROOT));
        vm.prank(bob);
        episodes.open(bobsId, HOSPITAL_A);
        vm.prank(bob);
        episodes.close(bobsId, HOSPITAL_A);
        skip(31 days);
        IRecordRegistry.Batch[] memory batches = new IRecordRegistry.Batch[](6);
        batches[0] = _batch("first");
        batches[1] = _batch(0);
        batches[2] = _batch(ROOT);
        batches[3] = _batch("of the foundling");
        batches[3].patient = foundling;
        batches[4] = _batch("of bob");
        batches[4].patient = bobsId;
        batches[5] = _batch("last");

        _expectCommitted(patient, HOSPITAL_A, "first", 7, 1);
        _expectSkipped(batches[1], IRecordRegistry.Refusal.Malformed);
        _expectSkipped(batches[2], IRecordRegistry.Refusal.AlreadyCommitted);
        _expectSkipped(batches[3], IRecordRegistry.Refusal.NoEpisode);
        _expectSkipped(batches[4], IRecordRegistry.Refusal.FilingPeriodOver);
        _expectCommitted(patient, HOSPITAL_A, "last", 7, 1);
        vm.prank(hospitalA.records);
        IRecordRegistry.Refusal[] memory refusals = records.commitMany(batches);

        assertEq(refusals.length, 6);
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(uint256(refusals[i]), i);
        }
        assertEq(uint256(refusals[5]), uint256(IRecordRegistry.Refusal.None));
        assertEq(records.batchOf(foundling, HOSPITAL_A, "of the foundling").count, 0);
        assertEq(records.batchOf(bobsId, HOSPITAL_A, "of bob").count, 0);
        assertEq(records.batchOf(patient, HOSPITAL_A, "last").count, 7);
    }

    function test_CommitMany_SkipsTheSecondOfTwins() public {
        IRecordRegistry.Batch[] memory batches = new IRecordRegistry.Batch[](2);
        batches[0] = _batch(ROOT);
        batches[1] = _batch(ROOT);
        batches[1].count = 8;
        vm.prank(hospitalA.records);
        IRecordRegistry.Refusal[] memory refusals = records.commitMany(batches);
        assertEq(uint256(refusals[1]), uint256(IRecordRegistry.Refusal.AlreadyCommitted));
        assertEq(records.batchOf(patient, HOSPITAL_A, ROOT).count, 7);
    }

    function _expectSkipped(IRecordRegistry.Batch memory batch, IRecordRegistry.Refusal reason) private {
        vm.expectEmit(address(records));
        emit IRecordRegistry.BatchRefused(batch.patient, HOSPITAL_A, batch.root, reason);
    }
}
