// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../interfaces/IClaimSettlement.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IDisputeResolution} from "../interfaces/IDisputeResolution.sol";
import {AgreementId, Terms} from "../types/Care.sol";
import {DisputeId, DisputeStage} from "../types/Disputes.sol";
import {Roles} from "../types/Roles.sol";
import {MemberId, MemberStatus} from "../types/Types.sol";
import {Panel} from "./Panel.sol";

/// @title Verdicts
/// @notice The part of {DisputeResolution} that ends disputes: by a ruling, by agreement, by time.
abstract contract Verdicts is Panel {
    IClaimSettlement internal immutable _SETTLEMENT;

    constructor(IClaimSettlement settlement) {
        _SETTLEMENT = settlement;
    }

    /// @inheritdoc IDisputeResolution
    function rule(DisputeId id, Terms calldata terms, IClaimSettlement.Ruling calldata ruling) external {
        Dispute memory dispute = _current(id);
        bool panel = dispute.stage == DisputeStage.Seated;
        if (!panel && dispute.stage != DisputeStage.Regulator) revert DisputeResolution_WrongStage(id, dispute.stage);
        _requireInTime(id, dispute);
        _requireTerms(id, dispute, terms);
        _requireWithin(dispute.claim, ruling);
        emit RulingGiven(id, msg.sender, ruling);
        if (panel && !_isDecided(id, dispute, ruling)) return;
        if (!panel) _requireRegulator(id, dispute);
        _end(id, dispute, DisputeStage.Ruled, terms, ruling);
    }

    /// @inheritdoc IDisputeResolution
    function lapse(DisputeId id, Terms calldata terms) external {
        Dispute memory dispute = _unended(id);
        if (dispute.stage < DisputeStage.Draw || block.timestamp <= dispute.endsAt) {
            revert DisputeResolution_TooEarly(id, dispute.endsAt);
        }
        _requireTerms(id, dispute, terms);
        _end(id, dispute, DisputeStage.Lapsed, terms, _nothing());
    }

    function _settle(
        DisputeId id,
        Dispute memory dispute,
        MemberId party,
        Terms calldata terms,
        IClaimSettlement.Ruling calldata ruling
    ) internal {
        _requireTerms(id, dispute, terms);
        _requireWithin(dispute.claim, ruling);
        bytes32 digest = keccak256(abi.encode(ruling));
        bool absent = dispute.opener != dispute.provider && dispute.respondent != dispute.provider;
        if (absent && digest != keccak256(abi.encode(_nothing()))) revert DisputeResolution_BadRuling(dispute.claim);
        _sides[id][party].settlement = digest;
        emit SettlementOffered(id, party, ruling);
        MemberId other = party == dispute.opener ? dispute.respondent : dispute.opener;
        if (_sides[id][other].settlement == digest) _end(id, dispute, DisputeStage.Agreed, terms, ruling);
    }

    /// @dev No amount is above what was adjudicated, and a reversal, which takes all, names none: equal rulings look equal.
    function _requireWithin(AgreementId claim, IClaimSettlement.Ruling calldata ruling) internal view {
        bool within = ruling.refund <= (ruling.reversed ? 0 : _SETTLEMENT.claimOf(claim).owed);
        for (uint8 i = 0; i < ruling.removed.length; ++i) {
            uint48 removed = ruling.removed[i];
            if (removed == 0) continue;
            // slither-disable-next-line calls-loop: at most four policies; the callee is ours and fixed at construction.
            within = within && !ruling.reversed && removed <= _SETTLEMENT.shareOf(claim, i).paid;
        }
        if (!within) revert DisputeResolution_BadRuling(claim);
    }

    function _claimOf(Terms calldata terms) internal pure returns (AgreementId) {
        return AgreementId.wrap(keccak256(abi.encode(terms)));
    }

    /// @dev The ruling that removes nothing.
    function _nothing() private pure returns (IClaimSettlement.Ruling memory) {
        return IClaimSettlement.Ruling({reversed: false, removed: [uint48(0), 0, 0, 0], refund: 0});
    }

    /// @dev Notes the ruling of an arbiter that sits; whether another that sits gave the same.
    function _isDecided(DisputeId id, Dispute memory dispute, IClaimSettlement.Ruling calldata ruling)
        private
        returns (bool)
    {
        bool[_DRAWN] memory seated = _seated(dispute, _drawn[id]);
        uint256 place = _placeOf(id, msg.sender);
        if (!seated[place]) revert DisputeResolution_NotSeated(id, msg.sender);
        bytes32 digest = keccak256(abi.encode(ruling));
        _rulings[id][place] = digest;
        for (uint256 i = 0; i < _DRAWN; ++i) {
            if (i != place && seated[i] && _rulings[id][i] == digest) return true;
        }
        return false;
    }

    function _end(
        DisputeId id,
        Dispute memory dispute,
        DisputeStage outcome,
        Terms calldata terms,
        IClaimSettlement.Ruling memory ruling
    ) private {
        dispute.stage = outcome;
        _store(id, dispute);
        emit DisputeEnded(id, dispute.claim, outcome, ruling);
        _SETTLEMENT.applyRuling(terms, ruling);
    }

    function _requireRegulator(DisputeId id, Dispute memory dispute) private view {
        IConsortiumRegistry.Actor memory actor = _CONSORTIUM.actorOf(msg.sender);
        bool registrar = actor.status == MemberStatus.Active && actor.roles & Roles.REGISTRAR != 0;
        if (!registrar || _isConcerned(dispute, _patientsAccounts(dispute), msg.sender)) {
            revert DisputeResolution_NotRegulator(id, msg.sender);
        }
    }

    function _requireTerms(DisputeId id, Dispute memory dispute, Terms calldata terms) private pure {
        AgreementId claim = _claimOf(terms);
        if (!(claim == dispute.claim)) revert DisputeResolution_OtherTerms(id, claim);
    }
}
