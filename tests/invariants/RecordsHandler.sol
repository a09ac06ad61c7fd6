// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CareEpisodes} from "../../contracts/care/CareEpisodes.sol";
import {IRecordRegistry} from "../../contracts/interfaces/IRecordRegistry.sol";
import {RecordRegistry} from "../../contracts/records/RecordRegistry.sol";
import {MemberId, PatientId} from "../../contracts/types/Types.sol";
import {LeafTrees} from "../contracts/records/LeafTrees.sol";
import {CallCounter} from "./CallCounter.sol";

/// @notice Commits and corrects at random, and keeps by itself every batch, and every record's versions.
contract RecordsHandler is CallCounter {
    struct Author {
        MemberId member;
        address operator;
    }

    struct Person {
        PatientId patient;
        address controller;
    }

    /// @dev A batch that was committed, with what was true at that moment.
    struct Ghost {
        PatientId patient;
        MemberId author;
        bytes32 root;
        uint40 committedAt;
        uint32 count;
        uint32 episode;
    }

    uint256 private constant _NO_ONE = type(uint256).max;

    CareEpisodes private immutable _EPISODES;
    RecordRegistry private immutable _RECORDS;

    /// @notice Calls that succeeded against the rules, and calls that failed although the rules allow them.
    uint256 public wrongSuccesses;
    uint256 public wrongRefusals;

    Author[] public authors;
    Person[] public persons;
    Ghost[] private _batches;
    /// @dev Each record's linked versions, in order; the first of each was committed in a tree of two.
    IRecordRegistry.Leaf[][] private _versions;
    mapping(uint256 record => bytes32 sibling) private _siblings;
    /// @dev Number of the latest episode, and the last second in which its member may file (0: open).
    mapping(uint256 person => mapping(uint256 author => uint32)) private _numbers;
    mapping(uint256 person => mapping(uint256 author => uint256)) private _fileUntil;
    uint256 private _salt;

    constructor(CareEpisodes episodes, RecordRegistry records, Author[] memory authors_, Person[] memory persons_) {
        (_EPISODES, _RECORDS) = (episodes, records);
        for (uint256 i = 0; i < authors_.length; ++i) {
            authors.push(authors_[i]);
        }
        for (uint256 i = 0; i < persons_.length; ++i) {
            persons.push(persons_[i]);
        }
    }

    /// @notice The patient checks in, or out when an episode is open.
    function comeOrGo(uint256 seed) external {
        seed = _spread(seed);
        (uint256 p, uint256 a) = _pair(seed);
        (PatientId patient, MemberId member) = (persons[p].patient, authors[a].member);
        vm.prank(persons[p].controller);
        if (_numbers[p][a] != 0 && _fileUntil[p][a] == 0) {
            _EPISODES.close(patient, member);
            _fileUntil[p][a] = block.timestamp + 30 days;
        } else {
            _EPISODES.open(patient, member);
            ++_numbers[p][a];
            _fileUntil[p][a] = 0;
        }
        _count(true);
    }

    function wait(uint256 seed) external {
        seed = _spread(seed);
        skip(bound(seed, 1 hours, 12 days));
        _count(true);
    }

    /// @notice Commits a new record beside another one; once in eight times a root that is there already.
    function commit(uint256 seed) external {
        seed = _spread(seed);
        (uint256 p, uint256 a) = _pairThatMayWrite(seed);
        if (p == _NO_ONE) return;
        if (seed % 8 == 0 && _batches.length != 0) {
            Ghost memory former = _batches[(seed >> 8) % _batches.length];
            if (former.author != authors[a].member) return;
            _compare(_commit(a, IRecordRegistry.Batch(former.patient, former.root, 1, "manifest")), false);
            return;
        }
        IRecordRegistry.Leaf memory leaf = _newLeaf(p, a);
        bytes32 sibling = keccak256(abi.encode("sibling", _salt));
        bytes32 root = LeafTrees.build(_two(LeafTrees.hash(leaf), sibling))[0];
        bool success = _commit(a, IRecordRegistry.Batch(leaf.patient, root, 2, "manifest"));
        _compare(success, _mayWrite(p, a));
        if (!success) return;
        _siblings[_versions.length] = sibling;
        _versions.push().push(leaf);
        _batches.push(Ghost(leaf.patient, leaf.author, root, uint40(block.timestamp), 2, _numbers[p][a]));
    }

    /// @notice Commits for every patient at once; what the rules refuse must be skipped, nothing else.
    function commitMany(uint256 seed) external {
        seed = _spread(seed);
        uint256 a = seed % authors.length;
        IRecordRegistry.Batch[] memory batches = new IRecordRegistry.Batch[](persons.length);
        for (uint256 p = 0; p < persons.length; ++p) {
            bytes32 root = keccak256(abi.encode("one of many", ++_salt));
            batches[p] = IRecordRegistry.Batch(persons[p].patient, root, 9, "manifest");
        }
        vm.prank(authors[a].operator);
        IRecordRegistry.Refusal[] memory refusals = _RECORDS.commitMany(batches);
        for (uint256 p = 0; p < persons.length; ++p) {
            bool success = refusals[p] == IRecordRegistry.Refusal.None;
            _compare(success, _mayWrite(p, a));
            if (!success) continue;
            _batches.push(
                Ghost(batches[p].patient, authors[a].member, batches[p].root, uint40(block.timestamp), 9, _numbers[p][a])
            );
        }
    }

    /// @notice Corrects a record's last version; once in four times wrongly.
    function supersede(uint256 seed) external {
        seed = _spread(seed);
        if (_versions.length == 0) return;
        uint256 record = (seed >> 8) % _versions.length;
        uint256 last = _versions[record].length - 1;
        uint256 place = seed % 16 == 0 ? (seed >> 64) % (last + 1) : last;
        IRecordRegistry.Leaf memory previous = _versions[record][place];
        IRecordRegistry.Leaf memory next = _nextLeaf(previous);
        uint256 caller = _authorOf(previous.author);
        bool allowed = place == last;
        if (seed % 16 == 1) (next.version, allowed) = (next.version + 1, false);
        if (seed % 16 == 2) (next.previousLeaf, allowed) = ("another", false);
        if (seed % 16 == 3) (caller, allowed) = ((caller + 1) % authors.length, false);
        bool success = _supersede(caller, record, place, previous, next);
        _compare(success, allowed);
        if (!success) return;
        _versions[record].push(next);
        _batches.push(Ghost(next.patient, next.author, LeafTrees.hash(next), uint40(block.timestamp), 1, 0));
    }

    /// @notice Whether the contract holds the last `count` batches as they were committed.
    function batchesStand(uint256 count) external view returns (bool) {
        for (uint256 i = _firstOf(count, _batches.length); i < _batches.length; ++i) {
            Ghost memory ghost = _batches[i];
            IRecordRegistry.BatchState memory state = _RECORDS.batchOf(ghost.patient, ghost.author, ghost.root);
            if (state.committedAt != ghost.committedAt || state.count != ghost.count || state.episode != ghost.episode) {
                return false;
            }
        }
        return true;
    }

    /// @notice Whether, in the last `count` records, each version's only successor is the next one, and each is linked.
    function versionsAreChained(uint256 count) external view returns (bool) {
        for (uint256 record = _firstOf(count, _versions.length); record < _versions.length; ++record) {
            for (uint256 i = 0; i < _versions[record].length; ++i) {
                (bytes32 root, bytes32[] memory proof) = _proofOf(record, i);
                IRecordRegistry.Verification memory said = _RECORDS.verify(root, _versions[record][i], proof);
                bytes32 successor =
                    i + 1 < _versions[record].length ? LeafTrees.hash(_versions[record][i + 1]) : bytes32(0);
                if (!said.committed || !said.linked || said.successor != successor) return false;
                if (_versions[record][i].version != i + 1) return false;
            }
        }
        return true;
    }

    function _supersede(
        uint256 caller,
        uint256 record,
        uint256 place,
        IRecordRegistry.Leaf memory previous,
        IRecordRegistry.Leaf memory next
    ) private returns (bool) {
        (bytes32 root, bytes32[] memory proof) = _proofOf(record, place);
        return _try(caller, abi.encodeCall(_RECORDS.supersede, (root, previous, proof, next, "manifest")));
    }

    function _commit(uint256 a, IRecordRegistry.Batch memory batch) private returns (bool) {
        return _try(a, abi.encodeCall(_RECORDS.commit, (batch)));
    }

    function _try(uint256 a, bytes memory data) private returns (bool success) {
        vm.prank(authors[a].operator);
        (success,) = address(_RECORDS).call(data);
    }

    function _compare(bool success, bool allowed) private {
        _count(success);
        if (success && !allowed) ++wrongSuccesses;
        if (!success && allowed) ++wrongRefusals;
    }

    function _newLeaf(uint256 p, uint256 a) private returns (IRecordRegistry.Leaf memory leaf) {
        bytes32 unique = keccak256(abi.encode("record", ++_salt));
        (leaf.patient, leaf.author, leaf.version) = (persons[p].patient, authors[a].member, 1);
        (leaf.recordId, leaf.bodyDigest, leaf.contentCommitment) = (unique, unique, unique);
    }

    function _nextLeaf(IRecordRegistry.Leaf memory previous) private returns (IRecordRegistry.Leaf memory next) {
        next = abi.decode(abi.encode(previous), (IRecordRegistry.Leaf));
        ++next.version;
        next.previousLeaf = LeafTrees.hash(previous);
        next.bodyDigest = keccak256(abi.encode("body", ++_salt));
    }

    function _proofOf(uint256 record, uint256 place) private view returns (bytes32 root, bytes32[] memory proof) {
        bytes32 leafHash = LeafTrees.hash(_versions[record][place]);
        if (place > 0) return (leafHash, new bytes32[](0));
        proof = new bytes32[](1);
        proof[0] = _siblings[record];
        root = LeafTrees.build(_two(leafHash, proof[0]))[0];
    }

    function _mayWrite(uint256 p, uint256 a) private view returns (bool) {
        return _numbers[p][a] != 0 && (_fileUntil[p][a] == 0 || block.timestamp <= _fileUntil[p][a]);
    }

    function _pair(uint256 seed) private view returns (uint256 p, uint256 a) {
        return ((seed >> 8) % persons.length, (seed >> 16) % authors.length);
    }

    /// @dev A pair that may write, {_NO_ONE} when there is none; any pair once in eight times.
    function _pairThatMayWrite(uint256 seed) private view returns (uint256 p, uint256 a) {
        uint256 pairs = persons.length * authors.length;
        for (uint256 i = 0; i < pairs; ++i) {
            uint256 pair = ((seed >> 8) + i) % pairs;
            (p, a) = (pair / authors.length, pair % authors.length);
            if (_mayWrite(p, a) || seed % 8 == 1) return (p, a);
        }
        p = _NO_ONE;
    }

    function _firstOf(uint256 count, uint256 length) private pure returns (uint256) {
        return count < length ? length - count : 0;
    }

    function _authorOf(MemberId member) private view returns (uint256 a) {
        while (authors[a].member != member) {
            ++a;
        }
    }

    function _two(bytes32 a, bytes32 b) private pure returns (bytes32[] memory two) {
        two = new bytes32[](2);
        (two[0], two[1]) = (a, b);
    }
}
