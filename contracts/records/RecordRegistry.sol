// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ICareEpisodes} from "../interfaces/ICareEpisodes.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IRecordRegistry} from "../interfaces/IRecordRegistry.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {Roles} from "../types/Roles.sol";
import {MemberId, MemberStatus, PatientId, WriteReason} from "../types/Types.sol";

/// @title RecordRegistry
/// @notice Commitments to batches of records: see {IRecordRegistry}.
contract RecordRegistry is IRecordRegistry {
    IConsortiumRegistry private immutable _CONSORTIUM;
    ICareEpisodes private immutable _EPISODES;

    mapping(PatientId patient => mapping(MemberId author => mapping(bytes32 root => BatchState batch))) private _batches;
    mapping(bytes32 leafHash => bytes32 successor) private _successors;

    /// @param consortium Tells members' states and operators.
    /// @param episodes Tells who may write.
    constructor(IConsortiumRegistry consortium, ICareEpisodes episodes) {
        _CONSORTIUM = consortium;
        _EPISODES = episodes;
    }

    /// @inheritdoc IRecordRegistry
    function commit(Batch calldata batch) external {
        MemberId author = _author();
        Refusal reason = _commit(author, batch);
        if (reason != Refusal.None) revert RecordRegistry_Refused(batch.patient, author, batch.root, reason);
    }

    /// @inheritdoc IRecordRegistry
    function commitMany(Batch[] calldata batches) external returns (Refusal[] memory refusals) {
        MemberId author = _author();
        refusals = new Refusal[](batches.length);
        for (uint256 i = 0; i < batches.length; ++i) {
            Refusal reason = _commit(author, batches[i]);
            refusals[i] = reason;
            if (reason != Refusal.None) emit BatchRefused(batches[i].patient, author, batches[i].root, reason);
        }
    }

    /// @inheritdoc IRecordRegistry
    function supersede(
        bytes32 root,
        Leaf calldata previous,
        bytes32[] calldata proof,
        Leaf calldata next,
        bytes32 manifestDigest
    ) external {
        MemberId author = _author();
        if (previous.author != author) revert RecordRegistry_NotAuthor(previous.author, author);
        bytes32 previousLeaf = hashLeaf(previous);
        if (!_isCommitted(root, previous, previousLeaf, proof)) revert RecordRegistry_NotCommitted(previousLeaf, root);
        _supersede(previous, previousLeaf, next, manifestDigest);
    }

    /// @inheritdoc IRecordRegistry
    function verify(bytes32 root, Leaf calldata leaf, bytes32[] calldata proof)
        external
        view
        returns (Verification memory verification)
    {
        bytes32 leafHash = hashLeaf(leaf);
        verification.leafHash = leafHash;
        verification.linked = _isLinked(leaf, leafHash);
        verification.successor = _successors[leafHash];
        if (_isCommitted(root, leaf, leafHash, proof)) {
            verification.committed = true;
            verification.committedAt = _batches[leaf.patient][leaf.author][root].committedAt;
        }
    }

    /// @inheritdoc IRecordRegistry
    function batchOf(PatientId patient, MemberId author, bytes32 root) external view returns (BatchState memory) {
        return _batches[patient][author][root];
    }

    /// @inheritdoc IRecordRegistry
    function successorOf(bytes32 leafHash) external view returns (bytes32) {
        return _successors[leafHash];
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    /// @inheritdoc IRecordRegistry
    function hashLeaf(Leaf calldata leaf) public pure returns (bytes32) {
        // Hashed twice, so that no inner node of a tree can be taken for a leaf.
        return keccak256(bytes.concat(keccak256(abi.encode(leaf))));
    }

    /// @dev Commits a batch under an episode of its author, or tells why not.
    function _commit(MemberId author, Batch calldata batch) internal returns (Refusal) {
        Refusal refusal = _refusalOf(author, batch.patient, batch.root, batch.count, batch.manifestDigest);
        if (refusal != Refusal.None) return refusal;
        // slither-disable-next-line calls-loop: each batch has its own patient; the callee is ours and fixed at construction.
        (WriteReason reason, uint32 episode) = _EPISODES.mayWrite(batch.patient, author);
        if (reason == WriteReason.NoEpisode) return Refusal.NoEpisode;
        if (reason == WriteReason.FilingPeriodOver) return Refusal.FilingPeriodOver;
        _store(author, batch.patient, batch.root, batch.count, episode, batch.manifestDigest);
        return Refusal.None;
    }

    /// @dev Links `next` to the committed leaf `previous` and commits it as a batch of one.
    function _supersede(Leaf calldata previous, bytes32 previousLeaf, Leaf calldata next, bytes32 manifestDigest) internal {
        if (!_isLinked(previous, previousLeaf)) revert RecordRegistry_NotLinked(previousLeaf);
        bytes32 successor = _successors[previousLeaf];
        if (successor != bytes32(0)) revert RecordRegistry_Conflict(previousLeaf, successor);
        bytes32 newLeaf = hashLeaf(next);
        if (!_isNextVersion(previous, previousLeaf, next)) revert RecordRegistry_NotNextVersion(previousLeaf, newLeaf);

        // The root of a tree with a single leaf is that leaf.
        Refusal reason = _refusalOf(next.author, next.patient, newLeaf, 1, manifestDigest);
        if (reason != Refusal.None) revert RecordRegistry_Refused(next.patient, next.author, newLeaf, reason);
        _successors[previousLeaf] = newLeaf;
        _store(next.author, next.patient, newLeaf, 1, 0, manifestDigest);
        emit Superseded(next.patient, next.author, next.recordId, next.version, previousLeaf, newLeaf);
    }

    function _store(
        MemberId author,
        PatientId patient,
        bytes32 root,
        uint32 count,
        uint32 episode,
        bytes32 manifestDigest
    ) internal {
        _batches[patient][author][root] = BatchState(SafeCast.toUint40(block.timestamp), count, episode);
        emit Committed(patient, author, root, count, episode, manifestDigest);
    }

    /// @dev What speaks against a batch, apart from the right to write.
    function _refusalOf(MemberId author, PatientId patient, bytes32 root, uint32 count, bytes32 manifestDigest)
        internal
        view
        returns (Refusal)
    {
        if (root == bytes32(0) || count == 0 || manifestDigest == bytes32(0)) return Refusal.Malformed;
        if (_batches[patient][author][root].committedAt != 0) return Refusal.AlreadyCommitted;
        return Refusal.None;
    }

    /// @dev Member of the caller, who has RECORDS; a suspended one still files what it must record.
    function _author() internal view returns (MemberId) {
        IConsortiumRegistry.Actor memory actor = _CONSORTIUM.actorOf(msg.sender);
        bool present = actor.status == MemberStatus.Active || actor.status == MemberStatus.Suspended;
        if (!present || actor.roles & Roles.RECORDS == 0) revert RecordRegistry_Unauthorized(msg.sender);
        return actor.member;
    }

    function _isCommitted(bytes32 root, Leaf calldata leaf, bytes32 leafHash, bytes32[] calldata proof)
        internal
        view
        returns (bool)
    {
        return _batches[leaf.patient][leaf.author][root].committedAt != 0
            && MerkleProof.verifyCalldata(proof, root, leafHash);
    }

    /// @dev Whether the leaf begins its record or was linked to the version before it.
    function _isLinked(Leaf calldata leaf, bytes32 leafHash) internal view returns (bool) {
        if (leaf.version == 1) return leaf.previousLeaf == bytes32(0);
        return _successors[leaf.previousLeaf] == leafHash;
    }

    function _isNextVersion(Leaf calldata previous, bytes32 previousLeaf, Leaf calldata next) internal pure returns (bool) {
        return next.patient == previous.patient && next.author == previous.author && next.recordId == previous.recordId
            && uint256(next.version) == uint256(previous.version) + 1 && next.previousLeaf == previousLeaf;
    }
}
