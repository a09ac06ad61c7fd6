// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IRecordRegistry} from "../../../contracts/interfaces/IRecordRegistry.sol";
import {LeafTrees} from "./LeafTrees.sol";
import {RecordRegistryBase} from "./RecordRegistryBase.sol";

/// @notice The author's correction of a record.
contract RecordRegistrySupersedeTest is RecordRegistryBase {
    IRecordRegistry.Leaf private first;
    IRecordRegistry.Leaf private second;
    bytes32 private firstHash;
    bytes32 private secondHash;

    function setUp() public override {
        super.setUp();
        first = _leaf(0);
        second = _next(first);
        firstHash = _commitAlone(first);
        secondHash = LeafTrees.hash(second);
    }

    function test_Supersede_RevertWhen_CallerIsAStranger() public {
        _expectUnauthorized(stranger);
        vm.prank(stranger);
        records.supersede(firstHash, first, _noProof(), second, MANIFEST);
    }

    function test_Supersede_RevertWhen_CallerHasAnotherRole() public {
        _expectUnauthorized(hospitalA.desk);
        vm.prank(hospitalA.desk);
        records.supersede(firstHash, first, _noProof(), second, MANIFEST);
    }

    function test_Supersede_RevertWhen_OperatorRemoved() public {
        _removeOperator(hospitalA.admin, hospitalA.records);
        _expectUnauthorized(hospitalA.records);
        _supersede(first, second);
    }

    function test_Supersede_RevertWhen_MemberLeft() public {
        _remove(HOSPITAL_A);
        _expectUnauthorized(hospitalA.records);
        _supersede(first, second);
    }

    function test_Supersede_WhileSuspended() public {
        _suspend(HOSPITAL_A);
        _supersede(first, second);
        assertEq(records.successorOf(firstHash), secondHash);
    }

    function test_Supersede_LongAfterTheEpisode() public {
        _checkOut(HOSPITAL_A);
        skip(1000 days);
        _supersede(first, second);
        assertEq(records.successorOf(firstHash), secondHash);
    }

    function test_Supersede_RevertWhen_CallersMemberIsNotTheAuthor() public {
        _checkIn(HOSPITAL_B);
        vm.expectRevert(
            abi.encodeWithSelector(IRecordRegistry.RecordRegistry_NotAuthor.selector, HOSPITAL_A, HOSPITAL_B)
        );
        vm.prank(hospitalB.records);
        records.supersede(firstHash, first, _noProof(), second, MANIFEST);
    }

    function test_Supersede_RevertWhen_AnotherMemberClaimsTheLeaf() public {
        first.author = HOSPITAL_B;
        second = _next(first);
        _expectNotCommitted(LeafTrees.hash(first), firstHash);
        vm.prank(hospitalB.records);
        records.supersede(firstHash, first, _noProof(), second, MANIFEST);
    }

    function test_Supersede_RevertWhen_TheRootIsUnknown() public {
        IRecordRegistry.Leaf memory other = _leaf(1);
        bytes32 leafHash = LeafTrees.hash(other);
        _expectNotCommitted(leafHash, leafHash);
        _supersede(other, _next(other));
    }

    function test_Supersede_RevertWhen_TheLeafIsNotUnderTheRoot() public {
        IRecordRegistry.Leaf memory other = _leaf(1);
        _expectNotCommitted(LeafTrees.hash(other), firstHash);
        vm.prank(hospitalA.records);
        records.supersede(firstHash, other, _noProof(), _next(other), MANIFEST);
    }

    function test_Supersede_RevertWhen_TheProofIsOfAnotherLeaf() public {
        bytes32[] memory tree = _commitTree(5);
        bytes32[] memory proof = LeafTrees.prove(tree, LeafTrees.hash(_leaf(2)));
        _expectNotCommitted(LeafTrees.hash(_leaf(3)), tree[0]);
        vm.prank(hospitalA.records);
        records.supersede(tree[0], _leaf(3), proof, _next(_leaf(3)), MANIFEST);
    }

    function test_Supersede_RevertWhen_TheRootIsOfAnotherPatient() public {
        first.patient = bobsId;
        bytes32 leafHash = LeafTrees.hash(first);
        _commit(_batch(leafHash)); // under alice's id
        _expectNotCommitted(leafHash, leafHash);
        _supersede(first, _next(first));
    }

    function test_Supersede_RevertWhen_TheRootIsOfAnotherAuthor() public {
        _checkIn(HOSPITAL_B);
        IRecordRegistry.Leaf memory other = _leaf(1);
        bytes32 leafHash = LeafTrees.hash(other);
        vm.prank(hospitalB.records);
        records.commit(_batch(leafHash));
        _expectNotCommitted(leafHash, leafHash);
        _supersede(other, _next(other));
    }

    function test_Supersede_RevertWhen_AHigherVersionWasNeverLinked() public {
        _commitAlone(second);
        _expectNotLinked(secondHash);
        _supersede(second, _next(second));
    }

    function test_Supersede_RevertWhen_AFirstVersionNamesAPrevious() public {
        IRecordRegistry.Leaf memory odd = _leaf(1);
        odd.previousLeaf = keccak256("a previous leaf");
        _commitAlone(odd);
        _expectNotLinked(LeafTrees.hash(odd));
        _supersede(odd, _next(odd));
    }

    function test_Supersede_RevertWhen_TheVersionIsZero() public {
        IRecordRegistry.Leaf memory odd = _leaf(1);
        odd.version = 0;
        _commitAlone(odd);
        _expectNotLinked(LeafTrees.hash(odd));
        _supersede(odd, _next(odd));
    }

    function test_Supersede_RevertWhen_SupersededBefore() public {
        _supersede(first, second);
        IRecordRegistry.Leaf memory rival = _next(first);
        rival.bodyDigest = keccak256("a rival's body");
        vm.expectRevert(
            abi.encodeWithSelector(IRecordRegistry.RecordRegistry_Conflict.selector, firstHash, secondHash)
        );
        _supersede(first, rival);
    }

    function test_Supersede_RevertWhen_SupersededByTheSame() public {
        _supersede(first, second);
        vm.expectRevert(
            abi.encodeWithSelector(IRecordRegistry.RecordRegistry_Conflict.selector, firstHash, secondHash)
        );
        _supersede(first, second);
    }

    function test_Supersede_RevertWhen_TheNextIsOfAnotherPatient() public {
        second.patient = bobsId;
        _expectNotNext();
        _supersede(first, second);
    }

    function test_Supersede_RevertWhen_TheNextIsOfAnotherAuthor() public {
        second.author = HOSPITAL_B;
        _expectNotNext();
        _supersede(first, second);
    }

    function test_Supersede_RevertWhen_TheNextIsAnotherRecord() public {
        second.recordId = keccak256("another record");
        _expectNotNext();
        _supersede(first, second);
    }

    function testFuzz_Supersede_RevertWhen_AVersionIsSkippedOrRepeated(uint32 version) public {
        vm.assume(version != 2);
        second.version = version;
        _expectNotNext();
        _supersede(first, second);
    }

    function testFuzz_Supersede_RevertWhen_TheNextNamesAnotherPrevious(bytes32 previousLeaf) public {
        vm.assume(previousLeaf != firstHash);
        second.previousLeaf = previousLeaf;
        _expectNotNext();
        _supersede(first, second);
    }

    /// @dev The last version is reached by writing the link that 2^32 corrections would have left.
    function test_Supersede_RevertWhen_VersionsAreUsedUp() public {
        second.version = type(uint32).max;
        secondHash = _commitAlone(second);
        vm.store(address(records), keccak256(abi.encode(firstHash, uint256(1))), secondHash);
        assertEq(records.successorOf(firstHash), secondHash);
        IRecordRegistry.Leaf memory third = abi.decode(abi.encode(second), (IRecordRegistry.Leaf));
        third.version = 0;
        third.previousLeaf = secondHash;
        vm.expectRevert(
            abi.encodeWithSelector(
                IRecordRegistry.RecordRegistry_NotNextVersion.selector, secondHash, LeafTrees.hash(third)
            )
        );
        _supersede(second, third);
    }

    function test_Supersede_RevertWhen_ManifestDigestIsZero() public {
        _expectRefused(HOSPITAL_A, secondHash, IRecordRegistry.Refusal.Malformed);
        vm.prank(hospitalA.records);
        records.supersede(firstHash, first, _noProof(), second, 0);
    }

    function test_Supersede_RevertWhen_TheNextWasCommittedAsABatch() public {
        _commitAlone(second);
        _expectRefused(HOSPITAL_A, secondHash, IRecordRegistry.Refusal.AlreadyCommitted);
        _supersede(first, second);
    }

    function test_Supersede_CommitsTheNextAloneAndLinksIt() public {
        skip(1 hours);
        _expectCommitted(patient, HOSPITAL_A, secondHash, 1, 0);
        vm.expectEmit(address(records));
        emit IRecordRegistry.Superseded(patient, HOSPITAL_A, first.recordId, 2, firstHash, secondHash);
        _supersede(first, second);
        _assertBatch(patient, HOSPITAL_A, secondHash, IRecordRegistry.BatchState(START + 1 hours, 1, 0));
        _assertBatch(patient, HOSPITAL_A, firstHash, IRecordRegistry.BatchState(START, 1, 1));
        assertEq(records.successorOf(firstHash), secondHash);
        assertEq(records.successorOf(secondHash), 0);
    }

    function test_Supersede_MayChangeCategoryAndServiceDay() public {
        second.category = 3;
        second.serviceDay = 45_999;
        _supersede(first, second);
        assertEq(records.successorOf(firstHash), LeafTrees.hash(second));
    }

    function testFuzz_Supersede_ALeafOfATree(uint8 count, uint8 index) public {
        count = uint8(bound(count, 2, 40));
        index = uint8(bound(index, 1, count - 1));
        bytes32[] memory tree = _commitTree(count);
        IRecordRegistry.Leaf memory previous = _leaf(index);
        bytes32 leafHash = LeafTrees.hash(previous);
        IRecordRegistry.Leaf memory next = _next(previous);
        vm.prank(hospitalA.records);
        records.supersede(tree[0], previous, LeafTrees.prove(tree, leafHash), next, MANIFEST);
        assertEq(records.successorOf(leafHash), LeafTrees.hash(next));
    }

    function test_Supersede_VersionAfterVersion() public {
        IRecordRegistry.Leaf memory present = first;
        for (uint32 version = 2; version < 8; ++version) {
            IRecordRegistry.Leaf memory next = _next(present);
            _supersede(present, next);
            assertEq(next.version, version);
            assertEq(records.successorOf(LeafTrees.hash(present)), LeafTrees.hash(next));
            present = next;
        }
    }

    function _expectNotLinked(bytes32 leafHash) private {
        vm.expectRevert(abi.encodeWithSelector(IRecordRegistry.RecordRegistry_NotLinked.selector, leafHash));
    }

    function _expectNotNext() private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IRecordRegistry.RecordRegistry_NotNextVersion.selector, firstHash, LeafTrees.hash(second)
            )
        );
    }
}
