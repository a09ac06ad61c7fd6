// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../interfaces/IClaimSettlement.sol";
import {IInsurancePlans} from "../interfaces/IInsurancePlans.sol";
import {AgreementId, ClaimStage, PolicyId, Terms} from "../types/Care.sol";
import {DisputeId, DisputeStage} from "../types/Disputes.sol";
import {MemberId} from "../types/Types.sol";
import {Verdicts} from "./Verdicts.sol";

/// @title Openings
/// @notice The part of {DisputeResolution} that decides who may dispute a claim, and against whom.
abstract contract Openings is Verdicts {
    uint256 private constant _MAX_POLICIES = 4;

    IInsurancePlans private immutable _PLANS;

    constructor(IInsurancePlans plans) {
        _PLANS = plans;
    }

    function _open(Terms calldata terms, MemberId opener, IClaimSettlement.Ruling calldata claimed, bytes32 reasonDigest)
        internal
        returns (DisputeId id)
    {
        AgreementId claim = _claimOf(terms);
        id = _idOf(claim, opener);
        if (_current(id).stage != DisputeStage.None) revert DisputeResolution_AlreadyOpened(id);
        _requireWithin(claim, claimed);
        MemberId respondent = _respondentTo(claim, terms, opener);
        Dispute memory dispute = Dispute({
            claim: claim,
            patient: terms.patient,
            provider: terms.provider,
            opener: opener,
            respondent: respondent,
            stage: DisputeStage.Commit,
            endsAt: _after(STEP_PERIOD),
            anchor: 0,
            out: 0
        });
        _store(id, dispute);
        emit DisputeOpened(id, claim, opener, respondent, claimed, reasonDigest, dispute.endsAt);
        _SETTLEMENT.lock(terms);
    }

    /// @dev For whom the caller opens: the patient, the provider, or a member that has a policy of the claim.
    function _openerOf(Terms calldata terms) internal view returns (MemberId member) {
        if (msg.sender == _PATIENTS.authorityOf(terms.patient).controller) {
            _unfrozenController(terms.patient);
            return member;
        }
        member = _memberOf(msg.sender, terms.provider);
        bool none = MemberId.unwrap(member) == 0;
        if (none || (member != terms.provider && !_insures(member, terms))) {
            revert DisputeResolution_MayNotOpen(_claimOf(terms), msg.sender);
        }
    }

    /// @dev Whom a dispute of `opener` is against. The provider disputes a contest, an insurer payments, the patient both.
    function _respondentTo(AgreementId claim, Terms calldata terms, MemberId opener)
        private
        view
        returns (MemberId respondent)
    {
        IClaimSettlement.Claim memory standing = _SETTLEMENT.claimOf(claim);
        bool isPatient = MemberId.unwrap(opener) == 0;
        bool isProvider = opener == terms.provider;
        if (standing.stage == ClaimStage.Contested) {
            respondent = _insurerOf(terms, _contestedOf(standing.reviews));
            if (!isPatient && (!isProvider || respondent == opener)) revert DisputeResolution_MayNotOpen(claim, msg.sender);
            return respondent;
        }
        if (standing.stage != ClaimStage.Pending && standing.stage != ClaimStage.Settled) {
            revert DisputeResolution_NotDisputable(claim, standing.stage);
        }
        if (isProvider) revert DisputeResolution_MayNotOpen(claim, msg.sender);
        return terms.provider;
    }

    function _insures(MemberId member, Terms calldata terms) private view returns (bool) {
        for (uint256 i = 0; i < _MAX_POLICIES; ++i) {
            if (PolicyId.unwrap(terms.policies[i]) == 0) return false;
            if (_insurerOf(terms, i) == member) return true;
        }
        return false;
    }

    function _insurerOf(Terms calldata terms, uint256 index) private view returns (MemberId) {
        // slither-disable-next-line calls-loop: at most four policies; the callee is ours and fixed at construction.
        return _PLANS.policyOf(terms.policies[index]).insurer;
    }

    /// @dev The policy whose payment is contested: of the open reviews the first, as in {IClaimSettlement.Claim}.
    function _contestedOf(uint8 reviews) private pure returns (uint256 index) {
        while (reviews >> index & 1 == 0) ++index;
    }
}
