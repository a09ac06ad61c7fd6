// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgreementId, ClaimStage, Terms} from "../types/Care.sol";
import {DisputeId, DisputeStage} from "../types/Disputes.sol";
import {MemberId, PatientId} from "../types/Types.sol";
import {IClaimSettlement} from "./IClaimSettlement.sol";
import {IRecordRegistry} from "./IRecordRegistry.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title IDisputeResolution
/// @notice Disputes about claims: two parties, a panel of three persons drawn from those whom the council appointed, and a ruling
/// that {IClaimSettlement} executes.
/// @dev Assumes: (1) a dispute has two parties: the opener, and the provider, or of a contested claim the insurer that contests it; member 0 is
/// the patient; each party opens one dispute about a claim, and one is open at a time, since opening locks the claim; (2) every
/// stage ends by time, and nothing waits for anybody: the longest dispute lasts four {STEP_PERIOD}s and the {RULING_PERIOD},
/// then anybody calls {lapse} and the computed adjudication stands; (3) the draw takes both secrets and the hash of a block that
/// nobody knew when the last secret could still be withheld: who withholds its own learns nothing by it and loses its strike; the
/// proposer of that very block can choose among blocks, and when nobody draws within 256 blocks the draw goes by the
/// secrets alone, which who is the only one awake may prefer and wait for; once it is known, who leaves, or joins a party, makes room
/// for one other person and moves nobody else; (4) operators of the provider and of both parties, the patient's controller, and the
/// account that paid the claim's deposit neither sit nor rule; those of other insurers of the claim may; (5) an arbiter is eligible who was appointed
/// before the draw's time began and whose term reaches the latest end of the ruling; the council can remove one that sits, and the next drawn takes the seat, so it can
/// delay a panel but not name its judges; (6) five are drawn, or, of fewer eligible, none and a registrar of any active
/// regulator rules alone; (7) a ruling moves money within what was adjudicated and binds nobody but the settlement; an arbiter's
/// later ruling replaces its earlier one until two are equal; what the patient and an insurer agree without the
/// provider removes nothing, because it would be the provider's loss; the provider is heard in every dispute; (8) signatures carry no nonce: a dispute's id is used once,
/// a commitment and a strike are made once, evidence and statements are numbered, and a signed settlement stands until its deadline, also after
/// another one; a secret proves itself, so anybody may bring it; (9) a frozen patient neither opens nor settles and does everything
/// else; a suspended member takes part as ever, one that left does not; (10) evidence shows that a record was committed, not that it is true.
/// Typed data (EIP-712, domain "DisputeResolution", "1"): `OpenDispute(bytes32 claim,Ruling claimed,bytes32 reasonDigest,uint40 deadline)Ruling(bool reversed,uint48[4] removed,uint48 refund)`,
/// `CommitDraw(bytes32 dispute,bytes32 commitment,uint40 deadline)`, `StrikeArbiter(bytes32 dispute,address arbiter,uint40 deadline)`,
/// `SubmitEvidence(bytes32 dispute,uint8 number,bytes32 root,bytes32 leafHash,uint40 deadline)`, `SubmitStatement(bytes32 dispute,uint8 number,bytes32 digest,uint40 deadline)`,
/// `SettleDispute(bytes32 dispute,Ruling ruling,uint40 deadline)Ruling(bool reversed,uint48[4] removed,uint48 refund)`.
interface IDisputeResolution is IVersioned {
    /// @notice A dispute. `endsAt` is the stage's last second; `anchor` the block whose hash enters the draw, 0 before it is fixed;
    /// `out` has bit i when the i-th drawn was struck or declined.
    struct Dispute {
        AgreementId claim;
        PatientId patient;
        MemberId provider;
        MemberId opener;
        MemberId respondent;
        DisputeStage stage;
        uint40 endsAt;
        uint64 anchor;
        uint8 out;
    }

    /// @notice One party's part: `hidden` is its commitment, once `revealed` the secret; `settlement` the digest of the ruling to which it
    /// would agree; `submissions` counts its evidence and statements.
    struct Side {
        bytes32 hidden;
        bytes32 settlement;
        uint8 submissions;
        bool revealed;
        bool struck;
    }

    /// @notice A person may be drawn until `until` (seconds, inclusive).
    event ArbiterAppointed(address indexed arbiter, uint40 until);
    /// @notice A person may not be drawn any more, and sits no more.
    event ArbiterRemoved(address indexed arbiter, bool resigned);
    /// @notice A dispute was opened: what the opener claims, and the salted digest of its reasons.
    event DisputeOpened(DisputeId indexed dispute, AgreementId indexed claim, MemberId indexed opener, MemberId respondent, IClaimSettlement.Ruling claimed, bytes32 reasonDigest, uint40 commitUntil);
    /// @notice A party committed to its secret.
    event DrawCommitted(DisputeId indexed dispute, MemberId indexed party, bytes32 commitment);
    /// @notice A party's secret came.
    event DrawRevealed(DisputeId indexed dispute, MemberId indexed party, bytes32 secret);
    /// @notice The hash of block `number` enters the draw, which is open until `drawUntil`.
    event DrawAnchored(DisputeId indexed dispute, uint64 number, uint40 drawUntil);
    /// @notice Five were drawn, in this order; each party strikes one until `strikeUntil` (seconds, inclusive).
    event PanelDrawn(DisputeId indexed dispute, address[5] drawn, uint40 strikeUntil);
    /// @notice Too few were eligible: a regulator rules.
    event RegulatorCalled(DisputeId indexed dispute, uint256 eligible, uint40 ruleUntil);
    /// @notice A party struck one of the drawn.
    event ArbiterStruck(DisputeId indexed dispute, MemberId indexed party, address indexed arbiter);
    /// @notice One of the drawn does not sit in this dispute.
    event ArbiterDeclined(DisputeId indexed dispute, address indexed arbiter);
    /// @notice Strikes are over: the first three that are left sit.
    event PanelSeated(DisputeId indexed dispute, uint40 ruleUntil);
    /// @notice A committed record was put before the panel; `successor` superseded it, or is zero.
    event EvidenceSubmitted(DisputeId indexed dispute, MemberId indexed party, uint8 number, bytes32 root, bytes32 leafHash, bytes32 successor);
    /// @notice The salted digest of a statement was put before the panel.
    event StatementSubmitted(DisputeId indexed dispute, MemberId indexed party, uint8 number, bytes32 digest);
    /// @notice An arbiter that sits, or a registrar, ruled.
    event RulingGiven(DisputeId indexed dispute, address indexed arbiter, IClaimSettlement.Ruling ruling);
    /// @notice A party would agree to this ruling.
    event SettlementOffered(DisputeId indexed dispute, MemberId indexed party, IClaimSettlement.Ruling ruling);
    /// @notice A dispute ended: `outcome` is Ruled, Agreed or Lapsed.
    event DisputeEnded(DisputeId indexed dispute, AgreementId indexed claim, DisputeStage outcome, IClaimSettlement.Ruling ruling);

    /// @notice The term ended, or is no longer than the one that stands.
    error DisputeResolution_BadTerm(address arbiter, uint40 until);
    /// @notice The council appoints at most {MAX_ARBITERS}.
    error DisputeResolution_TooManyArbiters(uint256 standing);
    /// @notice The account is not appointed.
    error DisputeResolution_NotArbiter(address account);
    /// @notice The caller acts for nobody that may open a dispute about this claim now.
    error DisputeResolution_MayNotOpen(AgreementId claim, address caller);
    /// @notice The claim is in no stage for a dispute.
    error DisputeResolution_NotDisputable(AgreementId claim, ClaimStage stage);
    /// @notice This party disputed this claim before.
    error DisputeResolution_AlreadyOpened(DisputeId dispute);
    /// @notice The caller acts for no party, or the patient is none.
    error DisputeResolution_NotParty(DisputeId dispute, address caller);
    /// @notice The patient's contacts froze it until `until` (seconds, inclusive).
    error DisputeResolution_PatientFrozen(PatientId patient, uint40 until);
    /// @notice The dispute is not in a stage for this.
    error DisputeResolution_WrongStage(DisputeId dispute, DisputeStage stage);
    /// @notice The stage lasts until `endsAt` (seconds, inclusive).
    error DisputeResolution_TooEarly(DisputeId dispute, uint40 endsAt);
    /// @notice The stage lasted until `endsAt` (seconds, inclusive).
    error DisputeResolution_TooLate(DisputeId dispute, uint40 endsAt);
    /// @notice The commitment is zero, or the party has one.
    error DisputeResolution_BadCommitment(DisputeId dispute);
    /// @notice The secret is not what the party committed to, or came before.
    error DisputeResolution_BadSecret(DisputeId dispute);
    /// @notice The draw's block is fixed already.
    error DisputeResolution_Anchored(DisputeId dispute, uint64 anchor);
    /// @notice The draw's block is not fixed, or has no hash yet.
    error DisputeResolution_NotAnchored(DisputeId dispute, uint64 anchor);
    /// @notice The party struck already, or did not reveal its secret.
    error DisputeResolution_NoStrike(DisputeId dispute, MemberId party);
    /// @notice The account was not drawn, or is out.
    error DisputeResolution_NotDrawn(DisputeId dispute, address account);
    /// @notice The caller was drawn but does not sit now.
    error DisputeResolution_NotSeated(DisputeId dispute, address caller);
    /// @notice The caller does not have REGISTRAR of an active regulator, or is concerned.
    error DisputeResolution_NotRegulator(DisputeId dispute, address caller);
    /// @notice The terms are another claim's.
    error DisputeResolution_OtherTerms(DisputeId dispute, AgreementId claim);
    /// @notice An amount is above what was adjudicated, stands beside a reversal, or is removed by agreement without the provider.
    error DisputeResolution_BadRuling(AgreementId claim);
    /// @notice The record is not committed, not linked, or not the patient's.
    error DisputeResolution_BadEvidence(DisputeId dispute, bytes32 leafHash);
    /// @notice The submission is not the party's next, or one above {MAX_SUBMISSIONS}.
    error DisputeResolution_BadNumber(DisputeId dispute, uint8 expected, uint8 given);

    /// @notice Appoints a person until `until` (seconds, inclusive), or prolongs its term. Only the council. Emits {ArbiterAppointed}.
    function appointArbiter(address arbiter, uint40 until) external;
    /// @notice Removes a person. Only the council. Emits {ArbiterRemoved}.
    function removeArbiter(address arbiter) external;
    /// @notice The caller is an arbiter no more. Emits {ArbiterRemoved}.
    function resign() external;

    /// @notice Opens a dispute and locks its claim. Emits {DisputeOpened}.
    /// @dev Requirements: of a pending claim, or one settled within {IClaimSettlement.DISPUTE_PERIOD}: caller is the patient's controller, not frozen, or has
    /// FINANCE or ADJUDICATOR of an insurer of it that is not its provider; of a contested one, within
    /// {IClaimSettlement.OBJECTION_PERIOD}: the controller, or FINANCE of the provider. Once for each.
    /// @param claimed The ruling that the opener asks for.
    /// @param reasonDigest Salted digest of its reasons.
    function open(Terms calldata terms, IClaimSettlement.Ruling calldata claimed, bytes32 reasonDigest) external returns (DisputeId dispute);
    /// @notice {open} by the patient's signature; anybody may relay.
    function openBySig(Terms calldata terms, IClaimSettlement.Ruling calldata claimed, bytes32 reasonDigest, uint40 deadline, bytes calldata signature) external returns (DisputeId dispute);

    /// @notice Commits to a secret for the draw. Caller acts for a party: FINANCE, for an insurer also ADJUDICATOR. Emits {DrawCommitted}.
    /// @param commitment {commitmentOf} of the dispute, the party and its secret.
    function commit(DisputeId dispute, bytes32 commitment) external;
    /// @notice {commit} by the patient's signature; anybody may relay.
    function commitBySig(DisputeId dispute, bytes32 commitment, uint40 deadline, bytes calldata signature) external;
    /// @notice Brings a party's secret; anybody who knows it may. Emits {DrawRevealed}, and with the last one {DrawAnchored}.
    function reveal(DisputeId dispute, MemberId party, bytes32 secret) external;
    /// @notice Fixes the draw's block, when the time for secrets ended before all came. Anybody may. Emits {DrawAnchored}.
    function anchor(DisputeId dispute) external;
    /// @notice Draws. Anybody may, from the block after the anchor on. Emits {PanelDrawn}, or {RegulatorCalled}.
    function draw(DisputeId dispute) external;
    /// @notice Strikes one of the drawn. Caller as in {commit}, for a party that revealed its secret. Emits {ArbiterStruck}, and with the last one {PanelSeated}.
    function strike(DisputeId dispute, address arbiter) external;
    /// @notice {strike} by the patient's signature; anybody may relay.
    function strikeBySig(DisputeId dispute, address arbiter, uint40 deadline, bytes calldata signature) external;
    /// @notice The caller, who was drawn, does not sit in this dispute. Emits {ArbiterDeclined}.
    function decline(DisputeId dispute) external;

    /// @notice Puts a committed record of the patient before the panel. Caller as in {commit}, or FINANCE of the provider. Emits {EvidenceSubmitted}.
    function submitEvidence(DisputeId dispute, uint8 number, bytes32 root, IRecordRegistry.Leaf calldata leaf, bytes32[] calldata proof) external;
    /// @notice {submitEvidence} by the patient's signature; anybody may relay.
    function submitEvidenceBySig(DisputeId dispute, uint8 number, bytes32 root, IRecordRegistry.Leaf calldata leaf, bytes32[] calldata proof, uint40 deadline, bytes calldata signature) external;
    /// @notice Puts the salted digest of a statement before the panel. Caller as in {submitEvidence}. Emits {StatementSubmitted}.
    function submitStatement(DisputeId dispute, uint8 number, bytes32 digest) external;
    /// @notice {submitStatement} by the patient's signature; anybody may relay.
    function submitStatementBySig(DisputeId dispute, uint8 number, bytes32 digest, uint40 deadline, bytes calldata signature) external;

    /// @notice Rules: the second equal ruling of the panel decides, a registrar's alone. Caller sits, or has REGISTRAR of an active
    /// regulator. Emits {RulingGiven}, and deciding {DisputeEnded}.
    function rule(DisputeId dispute, Terms calldata terms, IClaimSettlement.Ruling calldata ruling) external;
    /// @notice Agrees to a ruling, which is executed when the other party agreed to the same. Caller as in {commit}, the patient not frozen.
    /// Emits {SettlementOffered}, and with the second {DisputeEnded}.
    function settle(DisputeId dispute, Terms calldata terms, IClaimSettlement.Ruling calldata ruling) external;
    /// @notice {settle} by the patient's signature; anybody may relay.
    function settleBySig(DisputeId dispute, Terms calldata terms, IClaimSettlement.Ruling calldata ruling, uint40 deadline, bytes calldata signature) external;
    /// @notice Ends a dispute in which nobody drew or ruled in time: the computed adjudication stands. Anybody may. Emits {DisputeEnded}.
    function lapse(DisputeId dispute, Terms calldata terms) external;

    /// @notice A dispute with the stage and end that hold now.
    function disputeOf(DisputeId dispute) external view returns (Dispute memory);
    /// @notice The part of `party`, whose secret or commitment is zero when there is none.
    function sideOf(DisputeId dispute, MemberId party) external view returns (Side memory);
    /// @notice The five drawn in order, all zero before, and which of them sit now.
    function panelOf(DisputeId dispute) external view returns (address[5] memory drawn, bool[5] memory seated);
    /// @notice Digest of the ruling that the arbiter of this place gave; zero when none.
    function rulingOf(DisputeId dispute, uint256 place) external view returns (bytes32);
    /// @notice Everybody appointed, in no order.
    function arbiters() external view returns (address[] memory);
    /// @notice End of an arbiter's term (seconds, inclusive); 0 when none.
    function termOf(address arbiter) external view returns (uint40);
    /// @notice `keccak256(abi.encode(claim, opener))`.
    function disputeIdOf(AgreementId claim, MemberId opener) external pure returns (DisputeId);
    /// @notice `keccak256(abi.encode(dispute, party, secret))`.
    function commitmentOf(DisputeId dispute, MemberId party, bytes32 secret) external pure returns (bytes32);
    /// @notice Seconds for each of commitments, secrets, the draw and strikes: 3 days.
    function STEP_PERIOD() external view returns (uint40);
    /// @notice Seconds for the ruling: 14 days.
    function RULING_PERIOD() external view returns (uint40);
    /// @notice Most evidence and statements of a party: 64.
    function MAX_SUBMISSIONS() external view returns (uint8);
    /// @notice Most arbiters: 64.
    function MAX_ARBITERS() external view returns (uint256);
}
