// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeResolution} from "../interfaces/IDisputeResolution.sol";
import {IRecordRegistry} from "../interfaces/IRecordRegistry.sol";
import {DisputeId} from "../types/Disputes.sol";
import {MemberId} from "../types/Types.sol";
import {DisputeState} from "./DisputeState.sol";

/// @title Exhibits
/// @notice The part of {DisputeResolution} that takes what parties put before the panel. Only counts are stored.
abstract contract Exhibits is DisputeState {
    /// @inheritdoc IDisputeResolution
    uint8 public constant MAX_SUBMISSIONS = 64;

    IRecordRegistry private immutable _RECORDS;

    constructor(IRecordRegistry records) {
        _RECORDS = records;
    }

    /// @dev Takes a record of the patient that is committed and, above version 1, linked; one that was superseded shows its successor.
    function _exhibit(
        DisputeId id,
        Dispute memory dispute,
        MemberId party,
        uint8 number,
        bytes32 root,
        IRecordRegistry.Leaf calldata leaf,
        bytes32[] calldata proof
    ) internal returns (bytes32 leafHash) {
        _count(id, party, number);
        IRecordRegistry.Verification memory found = _RECORDS.verify(root, leaf, proof);
        leafHash = found.leafHash;
        if (!found.committed || !found.linked || !(leaf.patient == dispute.patient)) {
            revert DisputeResolution_BadEvidence(id, leafHash);
        }
        emit EvidenceSubmitted(id, party, number, root, leafHash, found.successor);
    }

    function _state(DisputeId id, MemberId party, uint8 number, bytes32 digest) internal {
        _count(id, party, number);
        emit StatementSubmitted(id, party, number, digest);
    }

    /// @dev Counts a submission, which is the party's next.
    function _count(DisputeId id, MemberId party, uint8 number) private {
        Side storage side = _sides[id][party];
        uint8 expected = side.submissions + 1; // at most {MAX_SUBMISSIONS} + 1
        if (number != expected || number > MAX_SUBMISSIONS) revert DisputeResolution_BadNumber(id, expected, number);
        side.submissions = number;
    }
}
