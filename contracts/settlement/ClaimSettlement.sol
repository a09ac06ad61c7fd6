// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ICareAgreements} from "../interfaces/ICareAgreements.sol";
import {ICareEpisodes} from "../interfaces/ICareEpisodes.sol";
import {IClaimSettlement} from "../interfaces/IClaimSettlement.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IInsurancePlans} from "../interfaces/IInsurancePlans.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {IRecordRegistry} from "../interfaces/IRecordRegistry.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {AgreementId, ClaimStage, Terms} from "../types/Care.sol";
import {Share} from "../types/Insurance.sol";
import {Roles} from "../types/Roles.sol";
import {MemberId, MemberStatus, PatientId} from "../types/Types.sol";
import {ClaimFiling} from "./ClaimFiling.sol";
import {ProviderDebts} from "./ProviderDebts.sol";
import {Rulings} from "./Rulings.sol";

/// @title ClaimSettlement
/// @notice Completion, adjudication and payment of treatments: see {IClaimSettlement}.
contract ClaimSettlement is ClaimFiling, Rulings, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev The contracts that this one asks and pays through; `disputes` may lock claims and rule.
    struct Links {
        IConsortiumRegistry consortium;
        IPatientRegistry patients;
        ICareEpisodes episodes;
        IRecordRegistry records;
        IERC20 token;
        ICareAgreements agreements;
        IInsurancePlans plans;
        address disputes;
    }

    bytes32 private constant _RECEIPT_TYPEHASH = keccak256("Receipt(bytes32 agreement,uint40 deadline)");

    IConsortiumRegistry private immutable _CONSORTIUM;
    IPatientRegistry private immutable _PATIENTS;
    address private immutable _DISPUTES;

    modifier onlyDisputes() {
        _requireDisputes();
        _;
    }

    constructor(Links memory links)
        EIP712("ClaimSettlement", "1")
        ProviderDebts(links.token, links.agreements, links.plans)
        ClaimFiling(links.episodes, links.records)
    {
        _CONSORTIUM = links.consortium;
        _PATIENTS = links.patients;
        _DISPUTES = links.disputes;
    }

    /// @inheritdoc IClaimSettlement
    function complete(Completion calldata completion) external nonReentrant {
        Terms calldata terms = completion.terms;
        _requireProvider(terms.provider);
        AgreementId id = _idOf(terms);
        if (keccak256(abi.encode(completion.lines, completion.covers)) != terms.linesDigest) revert ClaimSettlement_BadLines(id);
        Claim memory claim = _file(id, completion);
        if (completion.receipt.signature.length != 0) {
            _requireReceipt(id, terms.patient, completion.receipt);
            claim.payableAt = claim.filedAt;
            emit ReceiptGiven(id);
        }
        _advance(id, terms, claim);
    }

    /// @inheritdoc IClaimSettlement
    function confirm(Terms calldata terms) external nonReentrant {
        if (msg.sender != _unfrozenController(terms.patient)) {
            revert ClaimSettlement_NotController(terms.patient, msg.sender);
        }
        _confirm(_idOf(terms), terms);
    }

    /// @inheritdoc IClaimSettlement
    function confirmBySig(Terms calldata terms, SignedReceipt calldata receipt) external nonReentrant {
        AgreementId id = _idOf(terms);
        _requireReceipt(id, terms.patient, receipt);
        _confirm(id, terms);
    }

    /// @inheritdoc IClaimSettlement
    function release(Terms calldata terms) external nonReentrant {
        AgreementId id = _idOf(terms);
        Claim memory claim = _movable(id);
        if (block.timestamp < claim.payableAt) revert ClaimSettlement_NotNow(id, claim.payableAt);
        _advance(id, terms, claim);
    }

    /// @inheritdoc IClaimSettlement
    function requestEvidence(Terms calldata terms) external {
        (AgreementId id, Claim memory claim,, MemberId insurer,) = _reviewing(terms);
        if (claim.withheld || block.timestamp >= claim.clock) revert ClaimSettlement_NotNow(id, claim.clock);
        claim.withheld = true;
        claim.clock = SafeCast.toUint40(block.timestamp) + _EVIDENCE_PERIOD;
        _claims[id] = claim;
        emit EvidenceRequested(id, insurer, claim.clock);
    }

    /// @inheritdoc IClaimSettlement
    function receiveEvidence(Terms calldata terms) external {
        (AgreementId id, Claim memory claim,, MemberId insurer,) = _reviewing(terms);
        if (block.timestamp >= claim.clock) revert ClaimSettlement_NotNow(id, claim.clock);
        claim.withheld = false;
        claim.clock = SafeCast.toUint40(block.timestamp);
        _claims[id] = claim;
        emit EvidenceReceived(id, insurer);
    }

    /// @inheritdoc IClaimSettlement
    function approve(Terms calldata terms) external nonReentrant {
        (AgreementId id, Claim memory claim, uint8 index, MemberId insurer,) = _reviewing(terms);
        _closeReview(claim, uint8(1 << index)); // at most the fourth
        emit ClaimApproved(id, index, insurer);
        _advance(id, terms, claim);
    }

    /// @inheritdoc IClaimSettlement
    function contest(Terms calldata terms, uint8 rule, bytes32 reasonDigest) external {
        (AgreementId id, Claim memory claim, uint8 index, MemberId insurer, uint32 rules) = _reviewing(terms);
        bool withheld = claim.withheld && block.timestamp >= claim.clock;
        if (rules >> rule & 1 == 0 || (rule == 0 && !withheld)) revert ClaimSettlement_BadRule(id, rule);
        claim.stage = ClaimStage.Contested;
        claim.clock = SafeCast.toUint40(block.timestamp) + OBJECTION_PERIOD;
        _claims[id] = claim;
        emit ClaimContested(id, index, insurer, rule, reasonDigest, claim.clock);
    }

    /// @inheritdoc IClaimSettlement
    function concede(Terms calldata terms) external nonReentrant {
        AgreementId id = _idOf(terms);
        Claim memory claim = _claims[id];
        if (claim.stage != ClaimStage.Contested) revert ClaimSettlement_WrongStage(id, claim.stage);
        if (block.timestamp <= claim.clock) _requireProvider(terms.provider);
        uint8 index = _turnOf(id, claim);
        uint48 returned = _shares[id][index].paid;
        _shares[id][index].paid = 0;
        emit ContestConceded(id, index, returned);
        _PLANS.giveBack(id, terms.policies[index], terms.serviceFrom, Share(0, 0, 0, returned), returned);
        claim.stage = ClaimStage.Pending;
        _closeReview(claim, uint8(1 << index)); // at most the fourth
        _advance(id, terms, claim);
    }

    /// @inheritdoc IClaimSettlement
    function reverse(Terms calldata terms) external nonReentrant {
        _requireProvider(terms.provider);
        AgreementId id = _idOf(terms);
        ClaimStage stage = _claims[id].stage;
        if (stage != ClaimStage.Pending && stage != ClaimStage.Contested && stage != ClaimStage.Settled) {
            revert ClaimSettlement_WrongStage(id, stage);
        }
        _reverse(id, terms, msg.sender);
    }

    /// @inheritdoc IClaimSettlement
    function payReceivable(Terms calldata terms, uint48 amount) external nonReentrant {
        AgreementId id = _idOf(terms);
        Claim storage claim = _claims[id];
        uint48 receivable = claim.receivable;
        if (amount == 0 || amount > receivable) revert ClaimSettlement_BadAmount(id, amount);
        // Before that, what the deposit pays is told by what is receivable.
        if (!claim.depositPaid) revert ClaimSettlement_WrongStage(id, claim.stage);
        claim.receivable = receivable - amount;
        emit ReceivablePaid(id, msg.sender, amount, receivable - amount);
        _TOKEN.safeTransferFrom(msg.sender, terms.payee, amount);
    }

    /// @inheritdoc IClaimSettlement
    function repay(MemberId provider, uint48 amount) external nonReentrant {
        _TOKEN.safeTransferFrom(msg.sender, address(this), amount);
        uint256 left = _payDebts(provider, amount);
        if (left != 0) _TOKEN.safeTransfer(msg.sender, left);
    }

    /// @inheritdoc IClaimSettlement
    function lock(Terms calldata terms) external onlyDisputes {
        AgreementId id = _idOf(terms);
        Claim memory claim = _claims[id];
        ClaimStage stage = claim.stage;
        bool late = block.timestamp > uint256(claim.filedAt) + DISPUTE_PERIOD;
        bool lockable = stage == ClaimStage.Pending || stage == ClaimStage.Contested || stage == ClaimStage.Settled;
        if (!lockable || (stage == ClaimStage.Settled && late)) revert ClaimSettlement_WrongStage(id, stage);
        bool contested = stage == ClaimStage.Contested;
        if (contested && block.timestamp > claim.clock) revert ClaimSettlement_NotNow(id, claim.clock + 1);
        if (claim.reviews != 0) {
            uint8 index = _turnOf(id, claim);
            // The panel decides what was contested; silence has approved; what else is not reviewed yet is reviewed afterwards.
            if (contested || _isReviewOver(terms, claim, index)) _closeReview(claim, uint8(1 << index)); // at most the fourth
        }
        claim.stage = ClaimStage.Disputed;
        _claims[id] = claim;
        emit ClaimLocked(id);
    }

    /// @inheritdoc IClaimSettlement
    function applyRuling(Terms calldata terms, Ruling calldata ruling) external onlyDisputes nonReentrant {
        AgreementId id = _idOf(terms);
        ClaimStage stage = _claims[id].stage;
        if (stage != ClaimStage.Disputed) revert ClaimSettlement_WrongStage(id, stage);
        _rule(id, terms, ruling);
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    /// @dev Uses up the agreement and the evidence, and has the claim adjudicated: the claim as it begins.
    function _file(AgreementId id, Completion calldata completion) private returns (Claim memory claim) {
        Terms calldata terms = completion.terms;
        (uint48 deposit, uint48[4] memory reserved) = _AGREEMENTS.complete(id, terms.patient, terms.serviceUntil);
        uint32[2] memory served = _useEvidence(id, completion);
        (IInsurancePlans.Outcome[] memory outcomes, uint256 share) =
            _PLANS.adjudicate(id, terms.policies, completion.lines, completion.covers, reserved, served);
        claim = _begin(share < terms.maxPatientShare ? share : terms.maxPatientShare, deposit);
        uint48[4] memory paid;
        for (uint256 i = 0; i < outcomes.length; ++i) {
            _shares[id][i] = outcomes[i].share;
            paid[i] = outcomes[i].share.paid;
            if (outcomes[i].reviewed) claim.reviews |= uint8(1 << i); // at most the fourth
        }
        share -= claim.owed;
        emit ClaimFiled(
            id, terms.patient, terms.provider, served, paid, claim.owed, SafeCast.toUint48(share), claim.reviews
        );
    }

    function _begin(uint256 owed, uint48 deposit) private view returns (Claim memory claim) {
        claim.stage = ClaimStage.Pending;
        claim.filedAt = SafeCast.toUint40(block.timestamp);
        claim.payableAt = claim.filedAt + CONTEST_WINDOW;
        claim.clock = claim.filedAt + _EVIDENCE_PERIOD;
        claim.owed = uint48(owed); // at most `maxPatientShare`
        claim.receivable = owed > deposit ? uint48(owed - deposit) : 0;
    }

    function _confirm(AgreementId id, Terms calldata terms) private {
        Claim memory claim = _movable(id);
        if (block.timestamp >= claim.payableAt) revert ClaimSettlement_NotNow(id, claim.payableAt);
        claim.payableAt = SafeCast.toUint40(block.timestamp);
        emit ReceiptGiven(id);
        _advance(id, terms, claim);
    }

    /// @dev A claim whose payments may go on.
    function _movable(AgreementId id) private view returns (Claim memory claim) {
        claim = _claims[id];
        if (claim.stage != ClaimStage.Pending && claim.stage != ClaimStage.Contested) {
            revert ClaimSettlement_WrongStage(id, claim.stage);
        }
    }

    /// @dev A pending claim under review, the policy whose turn it is, and its insurer, for whom the caller has ADJUDICATOR.
    function _reviewing(Terms calldata terms)
        private
        view
        returns (AgreementId id, Claim memory claim, uint8 index, MemberId insurer, uint32 rules)
    {
        id = _idOf(terms);
        claim = _claims[id];
        if (claim.stage != ClaimStage.Pending) revert ClaimSettlement_WrongStage(id, claim.stage);
        index = _turnOf(id, claim);
        IInsurancePlans.ReviewTerms memory review;
        (insurer, review) = _PLANS.reviewOf(terms.policies[index]);
        rules = review.rules;
        IConsortiumRegistry.Actor memory actor = _CONSORTIUM.actorOf(msg.sender);
        if (actor.member != insurer || actor.roles & Roles.ADJUDICATOR == 0) {
            revert ClaimSettlement_Unauthorized(msg.sender, insurer);
        }
        uint256 last = uint256(claim.clock) + review.reviewPeriod;
        if (block.timestamp > last) revert ClaimSettlement_NoReview(id, index);
    }

    /// @dev The caller has FINANCE of the provider, which may be suspended, but has not left.
    function _requireProvider(MemberId provider) private view {
        IConsortiumRegistry.Actor memory actor = _CONSORTIUM.actorOf(msg.sender);
        bool present = actor.status == MemberStatus.Active || actor.status == MemberStatus.Suspended;
        if (!present || actor.member != provider || actor.roles & Roles.FINANCE == 0) {
            revert ClaimSettlement_Unauthorized(msg.sender, provider);
        }
    }

    function _requireReceipt(AgreementId id, PatientId patient, SignedReceipt calldata receipt) private view {
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(_RECEIPT_TYPEHASH, id, receipt.deadline)));
        Signatures.requireValid(_unfrozenController(patient), digest, receipt.deadline, receipt.signature);
    }

    function _unfrozenController(PatientId patient) private view returns (address) {
        IPatientRegistry.Authority memory authority = _PATIENTS.authorityOf(patient);
        if (block.timestamp <= authority.until) revert ClaimSettlement_PatientFrozen(patient, authority.until);
        return authority.controller;
    }

    function _requireDisputes() private view {
        if (msg.sender != _DISPUTES) revert ClaimSettlement_NotDisputes(msg.sender);
    }
}
