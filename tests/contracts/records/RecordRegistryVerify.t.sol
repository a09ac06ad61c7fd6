// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IRecordRegistry} from "../../../contracts/interfaces/IRecordRegistry.sol";
import {MemberId, PatientId} from "../../../contracts/types/Types.sol";
import {LeafTrees} from "./LeafTrees.sol";
import {RecordRegistryBase} from "./RecordRegistryBase.sol";

/// @notice What the ledger says of a leaf.
contract RecordRegistryVerifyTest is RecordRegistryBase {
    function test_Verify_AFirstVersion() public {
        bytes32 root = _commitAlone(_leaf(0));
        _assertVerified(root, _leaf(0), IRecordRegistry.Verification(true, true, START, root, 0));
    }

    function test_Verify_ASupersededVersion() public {
        IRecordRegistry.Leaf memory next = _next(_leaf(0));
        bytes32 root = _commitAlone(_leaf(0));
        skip(1 hours);
        _supersede(_leaf(0), next);
        bytes32 nextHash = LeafTrees.hash(next);
        _assertVerified(root, _leaf(0), IRecordRegistry.Verification(true, true, START, root, nextHash));
        _assertVerified(nextHash, next, IRecordRegistry.Verification(true, true, START + 1 hours, nextHash, 0));
    }

    function test_Verify_AHigherVersionThatWasNotLinked() public {
        _commitAlone(_leaf(0));
        IRecordRegistry.Leaf memory next = _next(_leaf(0));
        bytes32 root = _commitAlone(next);
        _assertVerified(root, next, IRecordRegistry.Verification(true, false, START, root, 0));
    }

    function test_Verify_AFirstVersionThatNamesAPrevious() public {
        IRecordRegistry.Leaf memory odd = _leaf(0);
        odd.previousLeaf = keccak256("a previous leaf");
        bytes32 root = _commitAlone(odd);
        _assertVerified(root, odd, IRecordRegistry.Verification(true, false, START, root, 0));
    }

    function test_Verify_VersionZero() public {
        IRecordRegistry.Leaf memory odd = _leaf(0);
        odd.version = 0;
        bytes32 root = _commitAlone(odd);
        _assertVerified(root, odd, IRecordRegistry.Verification(true, false, START, root, 0));
    }

    function test_Verify_AnUnknownRoot() public view {
        bytes32 leafHash = LeafTrees.hash(_leaf(0));
        _assertVerified(leafHash, _leaf(0), IRecordRegistry.Verification(false, true, 0, leafHash, 0));
    }

    function test_Verify_TheRootOfAnotherAuthor() public {
        _commitAlone(_leaf(0));
        IRecordRegistry.Leaf memory claimed = _leaf(0);
        claimed.author = HOSPITAL_B;
        bytes32 claimedHash = LeafTrees.hash(claimed);
        vm.prank(hospitalA.records);
        records.commit(_batch(claimedHash));
        _assertVerified(claimedHash, claimed, IRecordRegistry.Verification(false, true, 0, claimedHash, 0));
    }

    function test_Verify_TheRootOfAnotherPatient() public {
        IRecordRegistry.Leaf memory claimed = _leaf(0);
        claimed.patient = bobsId;
        bytes32 claimedHash = LeafTrees.hash(claimed);
        _commit(_batch(claimedHash));
        _assertVerified(claimedHash, claimed, IRecordRegistry.Verification(false, true, 0, claimedHash, 0));
    }

    function testFuzz_Verify_AnyLeafOfAnyTree(uint8 count, uint8 index) public {
        count = uint8(bound(count, 1, 60));
        index = uint8(bound(index, 0, count - 1));
        bytes32[] memory tree = _commitTree(count);
        bytes32 leafHash = LeafTrees.hash(_leaf(index));
        IRecordRegistry.Verification memory said =
            records.verify(tree[0], _leaf(index), LeafTrees.prove(tree, leafHash));
        assertEq(abi.encode(said), abi.encode(IRecordRegistry.Verification(true, true, START, leafHash, 0)));
    }

    /// @dev Another value in any one field is another leaf.
    function testFuzz_Verify_NoChangedLeaf(uint8 field, bytes32 salt) public {
        bytes32[] memory tree = _commitTree(9);
        IRecordRegistry.Leaf memory leaf = _leaf(4);
        bytes32[] memory proof = LeafTrees.prove(tree, LeafTrees.hash(leaf));
        _change(leaf, field % 9, salt);
        vm.assume(LeafTrees.hash(leaf) != LeafTrees.hash(_leaf(4)));
        IRecordRegistry.Verification memory said = records.verify(tree[0], leaf, proof);
        assertFalse(said.committed);
        assertEq(said.committedAt, 0);
        assertEq(said.leafHash, LeafTrees.hash(leaf));
    }

    function testFuzz_Verify_NoChangedProof(uint8 place, bytes32 sibling) public {
        bytes32[] memory tree = _commitTree(9);
        bytes32[] memory proof = LeafTrees.prove(tree, LeafTrees.hash(_leaf(4)));
        place = uint8(bound(place, 0, proof.length - 1));
        vm.assume(proof[place] != sibling);
        proof[place] = sibling;
        assertFalse(records.verify(tree[0], _leaf(4), proof).committed);
    }

    function test_Verify_NoInnerNode() public {
        bytes32[] memory tree = _commitTree(4);
        bytes32[] memory shortened = new bytes32[](1);
        shortened[0] = tree[2];
        assertFalse(records.verify(tree[0], _leaf(0), shortened).committed);
    }

    function test_SuccessorOf_IsZeroWhenNone() public view {
        assertEq(records.successorOf(keccak256("a leaf")), 0);
    }

    /// @dev The vector is of eth_abi and pycryptodome: keccak256 twice over the nine fields as 32-byte words.
    function test_HashLeaf_IsTheStandardMerkleTreesHash() public view {
        IRecordRegistry.Leaf memory leaf = IRecordRegistry.Leaf({
            patient: PatientId.wrap(0x1111111111111111111111111111111111111111111111111111111111111111),
            author: MemberId.wrap(1),
            recordId: 0x2222222222222222222222222222222222222222222222222222222222222222,
            version: 3,
            category: 6,
            serviceDay: 46_000,
            bodyDigest: 0x3333333333333333333333333333333333333333333333333333333333333333,
            contentCommitment: 0x4444444444444444444444444444444444444444444444444444444444444444,
            previousLeaf: 0x5555555555555555555555555555555555555555555555555555555555555555
        });
        assertEq(records.hashLeaf(leaf), 0xdab75a6c12d657b25dcdf869113193c20792ec7557a98dde66955d676984ca8a);
    }

    function testFuzz_HashLeaf_CoversEveryField(IRecordRegistry.Leaf memory leaf) public view {
        assertEq(records.hashLeaf(leaf), LeafTrees.hash(leaf));
    }

    function test_Version_IsTheFirst() public view {
        assertEq(records.version(), "1.0.0");
    }

    function _assertVerified(
        bytes32 root,
        IRecordRegistry.Leaf memory leaf,
        IRecordRegistry.Verification memory expected
    ) private view {
        assertEq(abi.encode(records.verify(root, leaf, _noProof())), abi.encode(expected));
    }

    function _change(IRecordRegistry.Leaf memory leaf, uint8 field, bytes32 salt) private pure {
        if (field == 0) leaf.patient = PatientId.wrap(salt);
        else if (field == 1) leaf.author = MemberId.wrap(uint32(uint256(salt)));
        else if (field == 2) leaf.recordId = salt;
        else if (field == 3) leaf.version = uint32(uint256(salt));
        else if (field == 4) leaf.category = uint8(uint256(salt));
        else if (field == 5) leaf.serviceDay = uint32(uint256(salt));
        else if (field == 6) leaf.bodyDigest = salt;
        else if (field == 7) leaf.contentCommitment = salt;
        else leaf.previousLeaf = salt;
    }
}
