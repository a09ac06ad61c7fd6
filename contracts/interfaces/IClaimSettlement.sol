// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgreementId, ClaimStage, PolicyId, Terms} from "../types/Care.sol";
import {Cover, Line, Share} from "../types/Insurance.sol";
import {MemberId, PatientId} from "../types/Types.sol";
import {IRecordRegistry} from "./IRecordRegistry.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title IClaimSettlement
/// @notice Completion of a treatment: its claim is filed on committed records, verified, adjudicated and, with the patient's
/// receipt, paid in one transaction.
/// @dev Assumes: (1) evidence shows that a record was committed by this provider, for this patient, in the episode of completion;
/// that the record is true is not proved; (2) a record supports the lines of one claim and no other claim; (3) without the
/// patient's receipt payments wait for {CONTEST_WINDOW}; above a plan's auto-adjudication limit they wait for the insurer's review, which
/// runs from its receipt of the evidence, from 24 hours after its logged request, or from 24 hours after its turn, whichever it brought
/// about first; silence settles; (4) policies are paid in their order: a contest holds its own and later policies' payments,
/// never the patient's part or earlier policies'; (5) a contest that the provider does not dispute for {OBJECTION_PERIOD} stands, and is not disputed later;
/// (6) a ruling moves money and never computes a claim anew: what it takes is the provider's loss; what was paid already becomes a debt; it
/// decides what was contested, while reviews that were still open when it was locked go on after it, where it left something to pay;
/// (7) debts are netted from the provider's next payouts, oldest first, at most {MAX_NETTED} a payout, and block new offers; (8) this contract holds tokens only within a transaction.
/// Typed data (EIP-712, domain "ClaimSettlement", "1"): `Receipt(bytes32 agreement,uint40 deadline)`.
interface IClaimSettlement is IVersioned {
    /// @notice A committed record under a root.
    struct Evidence {
        bytes32 root;
        IRecordRegistry.Leaf leaf;
        bytes32[] proof;
    }

    /// @notice The patient's signed receipt; an empty signature is none.
    struct SignedReceipt {
        uint40 deadline;
        bytes signature;
    }

    /// @notice A completed treatment: the agreement's terms and lines, the evidence, for each line the index of its piece of
    /// evidence, and the patient's receipt.
    struct Completion {
        Terms terms;
        Line[] lines;
        Cover[] covers;
        Evidence[] evidence;
        uint8[] evidenceOf;
        SignedReceipt receipt;
    }

    /// @notice A claim. `next` is the first policy that is not paid; `reviews` has a bit for each policy whose review is open, the lowest is
    /// the one whose turn it is; `withheld` tells that its insurer logged a request for evidence; `clock` is when its review begins, or,
    /// contested, the last second for an objection; payments wait until `payableAt`; `owed` is the patient's part, `receivable` what
    /// of it is not paid by the deposit or since; times in seconds.
    struct Claim {
        ClaimStage stage;
        uint8 next;
        uint8 reviews;
        bool withheld;
        bool depositPaid;
        uint40 filedAt;
        uint40 payableAt;
        uint40 clock;
        uint48 owed;
        uint48 receivable;
    }

    /// @notice What a panel decided: `removed` of each policy's payment, `refund` of the patient's part; `reversed` gives everything back.
    struct Ruling {
        bool reversed;
        uint48[4] removed;
        uint48 refund;
    }

    /// @notice A claim was filed and adjudicated: the first and last day `served`, what each policy pays, the patient owes, and the provider writes off.
    event ClaimFiled(AgreementId indexed claim, PatientId indexed patient, MemberId indexed provider, uint32[2] served, uint48[4] paid, uint48 owed, uint48 writtenOff, uint8 reviews);
    /// @notice A record supports this claim and no other.
    event EvidenceUsed(AgreementId indexed claim, bytes32 indexed recordId, bytes32 leafHash);
    /// @notice The patient confirmed the treatment.
    event ReceiptGiven(AgreementId indexed claim);
    /// @notice The insurer whose turn it is logged a request for evidence: its review runs from `reviewFrom` (seconds).
    event EvidenceRequested(AgreementId indexed claim, MemberId indexed insurer, uint40 reviewFrom);
    /// @notice The insurer has the keys of the evidence: its review runs from now.
    event EvidenceReceived(AgreementId indexed claim, MemberId indexed insurer);
    /// @notice The insurer of policy `index` approved.
    event ClaimApproved(AgreementId indexed claim, uint8 index, MemberId indexed insurer);
    /// @notice The insurer of policy `index` contested by a rule of its plan; `reasonDigest` is the salted digest of its finding, `objectUntil` the last second for a dispute.
    event ClaimContested(AgreementId indexed claim, uint8 index, MemberId indexed insurer, uint8 rule, bytes32 reasonDigest, uint40 objectUntil);
    /// @notice The contest of policy `index` stands: `returned` is free again in the pool.
    event ContestConceded(AgreementId indexed claim, uint8 index, uint48 returned);
    /// @notice A dispute holds everything that is not paid yet.
    event ClaimLocked(AgreementId indexed claim);
    /// @notice A panel's ruling, or what the parties agreed on, was executed.
    event ClaimRuled(AgreementId indexed claim, Ruling ruling);
    /// @notice Everything that is to be paid was paid, but for what the patient owes beyond the deposit.
    event ClaimSettled(AgreementId indexed claim);
    /// @notice The claim gave everything back: by the provider, or by ruling.
    event ClaimReversed(AgreementId indexed claim, bool byRuling);
    /// @notice Somebody paid of what the patient owes beyond the deposit; `left` is still owed.
    event ReceivablePaid(AgreementId indexed claim, address indexed from, uint48 amount, uint48 left);
    /// @notice A ruling on what was paid made the provider a debtor of the insurer's pool, or with insurer 0 of who paid the deposit.
    event DebtIncurred(MemberId indexed provider, AgreementId indexed claim, MemberId indexed insurer, uint48 amount);
    /// @notice The provider's debt was paid, by it or from its payouts.
    event DebtPaid(MemberId indexed provider, AgreementId indexed claim, MemberId indexed insurer, uint48 amount);
    /// @notice The caller does not have the role (FINANCE, or ADJUDICATOR for a review) of this member, or the member has left.
    error ClaimSettlement_Unauthorized(address caller, MemberId member);
    /// @notice The caller is not the patient's controller.
    error ClaimSettlement_NotController(PatientId patient, address caller);
    /// @notice The patient's contacts froze it until `until` (seconds, inclusive): it confirms nothing.
    error ClaimSettlement_PatientFrozen(PatientId patient, uint40 until);
    /// @notice The caller is not the contract of disputes.
    error ClaimSettlement_NotDisputes(address caller);
    /// @notice The claim is not in a stage for this.
    error ClaimSettlement_WrongStage(AgreementId claim, ClaimStage stage);
    /// @notice It is too early, until `from` (seconds), or too late, from it on.
    error ClaimSettlement_NotNow(AgreementId claim, uint40 from);
    /// @notice The lines are not those of the agreement, or do not each name a piece of evidence.
    error ClaimSettlement_BadLines(AgreementId claim);
    /// @notice The provider has no episode of the patient that is open or in its filing period.
    error ClaimSettlement_NoEpisode(PatientId patient, MemberId provider);
    /// @notice A piece of evidence does not support the claim.
    error ClaimSettlement_BadEvidence(uint256 index, EvidenceFlaw flaw);
    /// @notice The record supports another claim.
    error ClaimSettlement_EvidenceUsed(bytes32 recordId, AgreementId claim);
    /// @notice The insurer's plan does not publish this rule, or its request for evidence is not 24 hours old.
    error ClaimSettlement_BadRule(AgreementId claim, uint8 rule);
    /// @notice No review of the claim is open; `index` is the next policy to be paid.
    error ClaimSettlement_NoReview(AgreementId claim, uint8 index);
    /// @notice The amount is zero, or more than there is.
    error ClaimSettlement_BadAmount(AgreementId claim, uint256 amount);
    /// @notice What speaks against a piece of evidence.
    enum EvidenceFlaw {
        None,
        OtherPatient,
        OtherProvider,
        OtherEpisode,
        OutsideWindow,
        OtherCategory,
        NotCommitted,
        Superseded,
        Unused
    }

    /// @notice Completes a treatment, files and adjudicates its claim, and pays it when the patient's receipt is there.
    /// @dev Requirements: caller has FINANCE of the provider, active or suspended; the agreement is accepted and in time; an episode is open or in its
    /// filing period; `evidenceOf[k]` names line k's piece of evidence, of the line's category, in the window, committed, the record's latest
    /// version, in this episode, not used by another claim; every piece is used. Emits {ClaimFiled}, {EvidenceUsed} and what payment emits.
    function complete(Completion calldata completion) external;

    /// @notice The patient confirms the treatment after completion: what needs no review is paid. Caller is the controller, who is not frozen.
    function confirm(Terms calldata terms) external;

    /// @notice {confirm} by signature; anybody may relay.
    function confirmBySig(Terms calldata terms, SignedReceipt calldata receipt) external;

    /// @notice Pays what is due: after the contest window, after a silent review. Anybody may call.
    function release(Terms calldata terms) external;

    /// @notice The insurer asks for the evidence on the ledger, once: its review runs from 24 hours on. Caller has ADJUDICATOR of the insurer whose turn it is.
    function requestEvidence(Terms calldata terms) external;

    /// @notice The insurer has the evidence's keys: its review runs from now. Caller as in {requestEvidence}.
    function receiveEvidence(Terms calldata terms) external;

    /// @notice The insurer approves. Caller as in {requestEvidence}. Pays what is due.
    function approve(Terms calldata terms) external;

    /// @notice The insurer contests by a rule that its plan publishes; 0 is "records withheld", valid 24 hours after a request that was not met.
    /// @param reasonDigest Salted digest of the finding.
    function contest(Terms calldata terms, uint8 rule, bytes32 reasonDigest) external;

    /// @notice The provider gives in to a contest, or anybody says so after {OBJECTION_PERIOD}: the contested payment is free again.
    function concede(Terms calldata terms) external;

    /// @notice Gives everything back (退费/冲正): what was paid is taken from the caller, who approved it. Caller has FINANCE of the provider.
    function reverse(Terms calldata terms) external;

    /// @notice Pays of what the patient owes beyond the deposit, from the caller to the payee.
    function payReceivable(Terms calldata terms, uint48 amount) external;

    /// @notice Pays the provider's oldest debts from the caller.
    function repay(MemberId provider, uint48 amount) external;

    /// @notice Locks a claim for a dispute. Only {IDisputeResolution}.
    /// @dev Requirements: pending, contested at most {OBJECTION_PERIOD} ago, or settled at most {DISPUTE_PERIOD} after its filing. Ends the review
    /// whose turn it is when it was contested, or its time had passed in silence. Emits {ClaimLocked}.
    function lock(Terms calldata terms) external;

    /// @notice Executes a ruling on a locked claim; amounts at most what was adjudicated. Only {IDisputeResolution}. Emits {ClaimRuled}, and what payment emits.
    function applyRuling(Terms calldata terms, Ruling calldata ruling) external;

    /// @notice A claim; stage None when there is none.
    function claimOf(AgreementId claim) external view returns (Claim memory);

    /// @notice What a policy pays for a claim now, and added to its accumulators.
    function shareOf(AgreementId claim, uint8 index) external view returns (Share memory);

    /// @notice The claim that a record supports; zero when none.
    function claimOfRecord(bytes32 recordId) external view returns (AgreementId);

    /// @notice What a provider owes from rulings.
    function debtOf(MemberId provider) external view returns (uint256);

    /// @notice Seconds from filing until a claim without the patient's receipt is paid: 7 days.
    function CONTEST_WINDOW() external view returns (uint40);

    /// @notice Seconds for a dispute after a contest: 14 days.
    function OBJECTION_PERIOD() external view returns (uint40);

    /// @notice Seconds from filing until a settled claim can no longer be disputed: 180 days.
    function DISPUTE_PERIOD() external view returns (uint40);

    /// @notice Most debts that one payout pays: 4.
    function MAX_NETTED() external view returns (uint256);
}
