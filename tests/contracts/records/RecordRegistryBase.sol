// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IRecordRegistry} from "../../../contracts/interfaces/IRecordRegistry.sol";
import {MemberId, PatientId} from "../../../contracts/types/Types.sol";
import {RecordsBase} from "../RecordsBase.sol";
import {LeafTrees} from "./LeafTrees.sol";

/// @notice Leaves and batches of hospital A, where alice has checked in, and the errors that tests expect.
abstract contract RecordRegistryBase is RecordsBase {
    bytes32 internal constant MANIFEST = keccak256("manifest");
    bytes32 internal constant ROOT = keccak256("root");

    function setUp() public virtual override {
        super.setUp();
        _checkIn(HOSPITAL_A);
    }

    /// @dev Version 1 of a record of hospital A about alice, different for each `seed`.
    function _leaf(uint256 seed) internal view returns (IRecordRegistry.Leaf memory) {
        return IRecordRegistry.Leaf({
            patient: patient,
            author: HOSPITAL_A,
            recordId: keccak256(abi.encode("record", seed)),
            version: 1,
            category: 6,
            serviceDay: 46_000,
            bodyDigest: keccak256(abi.encode("body", seed)),
            contentCommitment: keccak256(abi.encode("content", seed)),
            previousLeaf: 0
        });
    }

    /// @dev The version after `previous`, as its author would write it.
    function _next(IRecordRegistry.Leaf memory previous) internal pure returns (IRecordRegistry.Leaf memory next) {
        next = abi.decode(abi.encode(previous), (IRecordRegistry.Leaf));
        next.version = previous.version + 1;
        next.bodyDigest = keccak256(abi.encode("corrected body", previous.bodyDigest));
        next.contentCommitment = keccak256(abi.encode("corrected content", previous.contentCommitment));
        next.previousLeaf = LeafTrees.hash(previous);
    }

    function _batch(bytes32 root) internal view returns (IRecordRegistry.Batch memory) {
        return IRecordRegistry.Batch({patient: patient, root: root, count: 7, manifestDigest: MANIFEST});
    }

    function _commit(IRecordRegistry.Batch memory batch) internal {
        vm.prank(hospitalA.records);
        records.commit(batch);
    }

    /// @dev Commits one leaf alone; its root is its hash.
    function _commitAlone(IRecordRegistry.Leaf memory leaf) internal returns (bytes32 root) {
        root = LeafTrees.hash(leaf);
        IRecordRegistry.Batch memory batch = _batch(root);
        batch.count = 1;
        _commit(batch);
    }

    /// @dev Commits `count` leaves of seeds 0 to count - 1 under the tree's root.
    function _commitTree(uint256 count) internal returns (bytes32[] memory tree) {
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = LeafTrees.hash(_leaf(i));
        }
        tree = LeafTrees.build(leaves);
        IRecordRegistry.Batch memory batch = _batch(tree[0]);
        batch.count = uint32(count);
        _commit(batch);
    }

    /// @dev Supersedes a leaf that was committed alone.
    function _supersede(IRecordRegistry.Leaf memory previous, IRecordRegistry.Leaf memory next) internal {
        bytes32 root = LeafTrees.hash(previous);
        vm.prank(hospitalA.records);
        records.supersede(root, previous, _noProof(), next, MANIFEST);
    }

    function _noProof() internal pure returns (bytes32[] memory) {
        return new bytes32[](0);
    }

    function _expectUnauthorized(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(IRecordRegistry.RecordRegistry_Unauthorized.selector, caller));
    }

    function _expectRefused(MemberId author, bytes32 root, IRecordRegistry.Refusal reason) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IRecordRegistry.RecordRegistry_Refused.selector, patient, author, root, reason)
        );
    }

    function _expectNotCommitted(bytes32 leafHash, bytes32 root) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IRecordRegistry.RecordRegistry_NotCommitted.selector, leafHash, root)
        );
    }

    function _expectCommitted(PatientId of_, MemberId author, bytes32 root, uint32 count, uint32 episode) internal {
        vm.expectEmit(address(records));
        emit IRecordRegistry.Committed(of_, author, root, count, episode, MANIFEST);
    }

    function _assertBatch(PatientId of_, MemberId author, bytes32 root, IRecordRegistry.BatchState memory expected)
        internal
        view
    {
        assertEq(abi.encode(records.batchOf(of_, author, root)), abi.encode(expected));
    }
}
