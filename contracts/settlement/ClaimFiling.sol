// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IRecordRegistry} from "../interfaces/IRecordRegistry.sol";
import {ICareEpisodes} from "../interfaces/ICareEpisodes.sol";
import {Days} from "../libraries/Days.sol";
import {AgreementId, ClaimStage, Terms} from "../types/Care.sol";
import {Line} from "../types/Insurance.sol";
import {WriteReason} from "../types/Types.sol";
import {Payouts} from "./Payouts.sol";

/// @title ClaimFiling
/// @notice The part of {ClaimSettlement} that checks the evidence of a claim.
abstract contract ClaimFiling is Payouts {
    ICareEpisodes private immutable _EPISODES;
    IRecordRegistry private immutable _RECORDS;

    constructor(ICareEpisodes episodes, IRecordRegistry records) {
        _EPISODES = episodes;
        _RECORDS = records;
    }

    /// @dev Checks and uses up the evidence; returns the first and last service day.
    function _useEvidence(AgreementId id, Completion calldata completion)
        internal
        returns (uint32[2] memory served)
    {
        Terms calldata terms = completion.terms;
        (WriteReason reason, uint32 episode) = _EPISODES.mayWrite(terms.patient, terms.provider);
        if (reason != WriteReason.Allowed) revert ClaimSettlement_NoEpisode(terms.patient, terms.provider);
        _requireMatched(id, completion.lines, completion.evidence, completion.evidenceOf);
        served[0] = type(uint32).max;
        for (uint256 i = 0; i < completion.evidence.length; ++i) {
            Evidence calldata piece = completion.evidence[i];
            (EvidenceFlaw flaw, bytes32 leafHash) = _flawOf(terms, piece, episode);
            if (flaw != EvidenceFlaw.None) revert ClaimSettlement_BadEvidence(i, flaw);
            _use(id, piece.leaf.recordId, leafHash);
            uint32 day = piece.leaf.serviceDay;
            if (day < served[0]) served[0] = day;
            if (day > served[1]) served[1] = day;
        }
    }

    /// @dev Marks a record as this claim's; that of a reversed claim may support another.
    function _use(AgreementId id, bytes32 recordId, bytes32 leafHash) private {
        AgreementId former = _claimOfRecord[recordId];
        if (AgreementId.unwrap(former) != 0 && (former == id || _claims[former].stage != ClaimStage.Reversed)) {
            revert ClaimSettlement_EvidenceUsed(recordId, former);
        }
        _claimOfRecord[recordId] = id;
        emit EvidenceUsed(id, recordId, leafHash);
    }

    /// @dev What speaks against a piece of evidence, apart from its use.
    function _flawOf(Terms calldata terms, Evidence calldata piece, uint32 episode)
        private
        view
        returns (EvidenceFlaw, bytes32)
    {
        IRecordRegistry.Leaf calldata leaf = piece.leaf;
        if (!(leaf.patient == terms.patient)) return (EvidenceFlaw.OtherPatient, 0);
        if (leaf.author != terms.provider) return (EvidenceFlaw.OtherProvider, 0);
        // A day ahead of UTC there are places where it is tomorrow already.
        bool future = leaf.serviceDay > Days.today() + 1;
        if (future || leaf.serviceDay < terms.serviceFrom || leaf.serviceDay > terms.serviceUntil) {
            return (EvidenceFlaw.OutsideWindow, 0);
        }
        // slither-disable-next-line calls-loop: at most one piece a line; the callees are ours and fixed at construction.
        IRecordRegistry.Verification memory found = _RECORDS.verify(piece.root, leaf, piece.proof);
        if (!found.committed || !found.linked) return (EvidenceFlaw.NotCommitted, 0);
        if (found.successor != 0) return (EvidenceFlaw.Superseded, 0);
        // slither-disable-next-line calls-loop: as above.
        if (_RECORDS.batchOf(leaf.patient, leaf.author, piece.root).episode != episode) return (EvidenceFlaw.OtherEpisode, 0);
        return (EvidenceFlaw.None, found.leafHash);
    }

    /// @dev Each line names a piece of its category, and each piece supports a line.
    function _requireMatched(
        AgreementId id,
        Line[] calldata lines,
        Evidence[] calldata evidence,
        uint8[] calldata evidenceOf
    ) private pure {
        uint256 pieces = evidence.length;
        if (evidenceOf.length != lines.length || pieces > lines.length) revert ClaimSettlement_BadLines(id);
        uint256 used = 0;
        for (uint256 i = 0; i < lines.length; ++i) {
            uint256 index = evidenceOf[i];
            if (index >= pieces) revert ClaimSettlement_BadLines(id);
            if (evidence[index].leaf.category != lines[i].category) {
                revert ClaimSettlement_BadEvidence(index, EvidenceFlaw.OtherCategory);
            }
            used |= 1 << index;
        }
        for (uint256 i = 0; i < pieces; ++i) {
            if (used >> i & 1 == 0) revert ClaimSettlement_BadEvidence(i, EvidenceFlaw.Unused);
        }
    }
}
