// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MemberId, PatientId} from "../types/Types.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title IRecordRegistry
/// @notice Commitments to batches of records: one slot per (patient, author, Merkle root). Nothing is deleted.
/// @dev Assumes: (1) a leaf is OpenZeppelin's StandardMerkleTree leaf of {Leaf}'s fields in order; (2) version 1 is whatever
/// a committed batch holds; a version above 1 counts only when {supersede} linked it, so readers refuse it otherwise;
/// (3) only the author supersedes, without an episode, one leaf a call: the new leaf is a batch of its own, so that no
/// other record slips in; (4) a correction by somebody else is a record of its own (addendum); (5) a suspended author
/// finishes its open episodes; one that left does not.
interface IRecordRegistry is IVersioned {
    /// @notice Records of one patient by the caller's member. `manifestDigest` is the sha2-256 of the manifest's CID.
    struct Batch {
        PatientId patient;
        bytes32 root;
        uint32 count;
        bytes32 manifestDigest;
    }

    /// @notice One record: `serviceDay` in days since 1900-01-01, `bodyDigest` the sha2-256 of the body's CID.
    struct Leaf {
        PatientId patient;
        MemberId author;
        bytes32 recordId;
        uint32 version;
        uint8 category;
        uint32 serviceDay;
        bytes32 bodyDigest;
        bytes32 contentCommitment;
        bytes32 previousLeaf;
    }

    /// @notice A committed batch; time in seconds; episode 0 for a correction.
    struct BatchState {
        uint40 committedAt;
        uint32 count;
        uint32 episode;
    }

    /// @notice What the ledger says of a leaf. `committed`: in this committed batch; `linked`: version 1, or linked by
    /// {supersede}; `successor`: the leaf that superseded it, or zero.
    struct Verification {
        bool committed;
        bool linked;
        uint40 committedAt;
        bytes32 leafHash;
        bytes32 successor;
    }

    /// @notice Why a batch is refused.
    enum Refusal {
        None,
        Malformed,
        AlreadyCommitted,
        NoEpisode,
        FilingPeriodOver
    }

    /// @notice A batch was committed.
    event Committed(PatientId indexed patient, MemberId indexed author, bytes32 indexed root, uint32 count, uint32 episode, bytes32 manifestDigest);
    /// @notice {commitMany} skipped a batch.
    event BatchRefused(PatientId indexed patient, MemberId indexed author, bytes32 indexed root, Refusal reason);
    /// @notice The author replaced a record's version.
    event Superseded(PatientId indexed patient, MemberId indexed author, bytes32 indexed recordId, uint32 version, bytes32 previousLeaf, bytes32 newLeaf);

    /// @notice The caller does not have RECORDS of a member that is active or suspended.
    error RecordRegistry_Unauthorized(address caller);
    /// @notice The batch is refused.
    error RecordRegistry_Refused(PatientId patient, MemberId author, bytes32 root, Refusal reason);
    /// @notice The leaf is not in a committed batch of this patient and author.
    error RecordRegistry_NotCommitted(bytes32 leafHash, bytes32 root);
    /// @notice The caller's member is not the author.
    error RecordRegistry_NotAuthor(MemberId author, MemberId caller);
    /// @notice The leaf's version is above 1 and not linked.
    error RecordRegistry_NotLinked(bytes32 leafHash);
    /// @notice The new leaf is not the next version of the same record.
    error RecordRegistry_NotNextVersion(bytes32 previousLeaf, bytes32 newLeaf);
    /// @notice The leaf is superseded already.
    error RecordRegistry_Conflict(bytes32 previousLeaf, bytes32 successor);

    /// @notice Commits a batch. Caller has RECORDS of the author. Emits {Committed}.
    /// @dev Requirements: root, count and manifest digest not zero, not committed before, an episode open or in its filing period.
    function commit(Batch calldata batch) external;

    /// @notice Commits batches; one that {commit} would refuse is skipped. Emits {Committed} or {BatchRefused} for each.
    function commitMany(Batch[] calldata batches) external returns (Refusal[] memory refusals);

    /// @notice Replaces a record's version by the next one, committed as a batch of one.
    /// @dev Requirements: the caller has RECORDS of the author; the old leaf is committed, linked and not superseded; the new
    /// one has the same patient, author and recordId, version + 1, and names it. Emits {Committed}, {Superseded}.
    function supersede(bytes32 root, Leaf calldata previous, bytes32[] calldata proof, Leaf calldata next, bytes32 manifestDigest) external;

    /// @notice What the ledger says of a leaf under a root.
    function verify(bytes32 root, Leaf calldata leaf, bytes32[] calldata proof) external view returns (Verification memory);

    /// @notice A batch; all zero when not committed.
    function batchOf(PatientId patient, MemberId author, bytes32 root) external view returns (BatchState memory);

    /// @notice The leaf that superseded `leafHash`; zero when none.
    function successorOf(bytes32 leafHash) external view returns (bytes32);

    /// @notice StandardMerkleTree hash of a leaf.
    function hashLeaf(Leaf calldata leaf) external pure returns (bytes32);
}
