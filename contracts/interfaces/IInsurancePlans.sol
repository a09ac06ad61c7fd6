// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgreementId, PlanId, PolicyId} from "../types/Care.sol";
import {Accumulators, Band, Benefit, Cover, Line, Share} from "../types/Insurance.sol";
import {MemberId, MemberKind, MemberStatus, PatientId, PatientStatus} from "../types/Types.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title IInsurancePlans
/// @notice Insurers' plan versions, the policies of patients (FHIR R4 InsurancePlan, Coverage), the pools that pay, and how
/// much of each policy's period is used.
/// @dev Assumes: (1) a published plan never changes: another version is another plan; (2) an insurer issues a policy with its
/// opening accumulators, the patient accepts it by signature and thereby checks in at the insurer until the policy's end and
/// its filing period; (3) accumulators belong to (policy, period); a period is a plan year; (4) an insurer's money is free
/// or reserved: only free money is withdrawn, reserved money leaves only to be paid or to become free again; (5) ends of policies
/// and networks are never retroactive: a policy ends tomorrow in UTC at the earliest, because somewhere that day has begun; a claim with a service day after
/// the end is not paid for its earlier days either; (6) the arithmetic is {Benefits}; it never fails on an accepted agreement: what a
/// policy cannot pay, it does not pay; by case the lines move no money, and neither pool nor its withdrawals change them; (7) suspension of an insurer, or its leaving, stops publishing, issuing and new reservations, nothing else;
/// (8) the token is fixed at construction; the plan's currency is the token's; what funds a pool is counted all the same;
/// (9) an accumulator stays at 2^48 - 1 once it is there, so that no opening value and no sum can stop a completion.
/// Typed data (EIP-712, domain "InsurancePlans", "1"): `AcceptPolicy(bytes32 policy,bytes32 patient,uint32 insurer,uint32 plan,uint32 firstDay,uint32 lastDay,uint40 deadline)`,
/// `EndPolicy(bytes32 policy,uint32 lastDay,uint40 deadline)`.
interface IInsurancePlans is IVersioned {
    /// @notice A plan version. `classSelfPayBps` by class index (at most 16), `bands` ascending (1 to 8), `periodMonth` 1 to 12.
    /// Claims for which it pays more than `autoAdjudicationLimit` are reviewed for `reviewPeriod` seconds (1 hour to 30 days). `rules` has bit i
    /// for each published rule i by which it may contest; bit 0 is "records withheld". `documentDigest` names the published document.
    struct Plan {
        Benefit benefit;
        Band[] bands;
        uint16[] classSelfPayBps;
        uint8 periodMonth;
        uint48 autoAdjudicationLimit;
        uint32 reviewPeriod;
        uint32 rules;
        bytes32 documentDigest;
    }

    /// @notice A policy as it is issued: days inclusive; `opening` are the accumulators of the first day's period; the patient accepts until `acceptUntil`.
    struct PolicyRequest {
        PlanId plan;
        PatientId patient;
        uint32 firstDay;
        uint32 lastDay;
        Accumulators opening;
        uint40 acceptUntil;
        bytes32 salt;
    }

    /// @notice A policy; zero `acceptedAt` until the patient accepted.
    struct Policy {
        PatientId patient;
        MemberId insurer;
        PlanId plan;
        uint32 firstDay;
        uint32 lastDay;
        uint40 acceptUntil;
        uint40 acceptedAt;
    }

    /// @notice An insurer's money in minor units.
    struct Pool {
        uint128 free;
        uint128 reserved;
    }

    /// @notice How a claim is contested: see {Plan}.
    struct ReviewTerms {
        uint48 autoAdjudicationLimit;
        uint32 reviewPeriod;
        uint32 rules;
    }

    /// @notice What one policy pays for a claim. `covered` is false when the policy did not cover the service days.
    struct Outcome {
        MemberId insurer;
        bool covered;
        bool reviewed;
        Share share;
    }

    /// @notice A plan version was published.
    event PlanPublished(PlanId indexed plan, MemberId indexed insurer, Plan terms);
    /// @notice A provider joined or left a plan's network, from now on.
    event NetworkChanged(PlanId indexed plan, MemberId indexed provider, bool member);
    /// @notice A policy waits for the patient's acceptance.
    event PolicyIssued(PolicyId indexed policy, PatientId indexed patient, MemberId indexed insurer, PolicyRequest request);
    /// @notice The patient accepted a policy and its opening accumulators.
    event PolicyAccepted(PolicyId indexed policy, PatientId indexed patient, MemberId indexed insurer);
    /// @notice A policy ends earlier: `lastDay` is its last day now.
    event PolicyEnded(PolicyId indexed policy, uint32 lastDay, bool byPatient);
    /// @notice A pool received free money, from an account or, what a provider gave back, from {IClaimSettlement}.
    event PoolFunded(MemberId indexed insurer, address indexed from, uint128 amount);
    /// @notice An insurer took free money out of its pool.
    event PoolWithdrawn(MemberId indexed insurer, address indexed to, uint128 amount);
    /// @notice One policy's adjudication of a claim; a line is `eligible | selfPay << 48 | deductible << 96 | paid << 144`.
    event Adjudicated(AgreementId indexed agreement, PolicyId indexed policy, uint32 period, Share share, uint256[] lines);
    /// @notice A claim's `share` is in the policy's accumulators no longer.
    event AccumulatorsReturned(PolicyId indexed policy, AgreementId indexed agreement, Share share);
    /// @notice A pool paid for a claim.
    event PoolPaid(MemberId indexed insurer, AgreementId indexed agreement, address to, uint48 amount);

    /// @notice The caller does not have this role of the insurer.
    error InsurancePlans_Unauthorized(address caller, uint16 role);
    /// @notice The member is no insurer.
    error InsurancePlans_NotInsurer(MemberId member, MemberKind kind);
    /// @notice The insurer is not active.
    error InsurancePlans_InsurerNotActive(MemberId insurer, MemberStatus status);
    /// @notice The caller is not {ICareAgreements}, or not {IClaimSettlement}, whose this is.
    error InsurancePlans_NotCore(address caller);
    /// @notice A plan's term is out of its bounds: `field` is its position in {Plan}, from 0.
    error InsurancePlans_BadPlan(uint8 field);
    /// @notice No plan of this number is published.
    error InsurancePlans_UnknownPlan(PlanId plan);
    /// @notice Issuing: the days or the time of acceptance are out of their bounds, or it was issued before. Offering: it is not the patient's, or not accepted.
    error InsurancePlans_BadPolicy(PolicyId policy);
    /// @notice The caller is not the patient's controller.
    error InsurancePlans_NotController(PatientId patient, address caller);
    /// @notice The patient is unknown, provisional or retired.
    error InsurancePlans_PatientNotActive(PatientId patient, PatientStatus status);
    /// @notice The patient's contacts froze it until `until` (seconds, inclusive): it neither accepts nor ends policies.
    error InsurancePlans_PatientFrozen(PatientId patient, uint40 until);
    /// @notice The policy was accepted already, or lapsed at its `acceptUntil`.
    error InsurancePlans_NotOffered(PolicyId policy);
    /// @notice The last day is before tomorrow (UTC), or not earlier than the policy's.
    error InsurancePlans_BadEnd(PolicyId policy, uint32 lastDay);
    /// @notice The days are not all the policy's, or not of one period.
    error InsurancePlans_NotCovered(PolicyId policy, uint32 firstDay, uint32 lastDay);
    /// @notice The provider is not in the plan's network.
    error InsurancePlans_NotInNetwork(PlanId plan, MemberId provider);
    /// @notice The pool has `free` where `needed` is to be taken or reserved.
    error InsurancePlans_PoolExhausted(MemberId insurer, uint128 free, uint256 needed);
    /// @notice The token did not move what funds a pool: this contract holds `held` where it should hold `expected`.
    error InsurancePlans_FundsMissing(uint256 expected, uint256 held);

    /// @notice Publishes a plan version. Caller has FINANCE of an active insurer. Emits {PlanPublished}.
    /// @dev Requirements (with the position that {InsurancePlans_BadPlan} names): 1 to 8 bands, strictly ascending, their rates at most
    /// 10,000 (1); at most 16 classes, their rates at most 10,000 (2); `periodMonth` 1 to 12 (3); `reviewPeriod` 1 hour to 30 days
    /// (5); a document (7).
    function publish(Plan calldata terms) external returns (PlanId plan);
    /// @notice Adds or removes a provider of a plan's network, from now on. Caller has FINANCE of the insurer. Emits {NetworkChanged}.
    function setNetwork(PlanId plan, MemberId provider, bool isMember) external;
    /// @notice Issues a policy. Caller has FINANCE of the plan's active insurer. Emits {PolicyIssued}.
    /// @dev Requirements: patient registered or assisted; not issued before; `firstDay <= lastDay`, at most 3,660 days apart, and `lastDay` at
    /// most as many from today: the days may lie in the past; `acceptUntil` within 90 days.
    function issue(PolicyRequest calldata request) external returns (PolicyId policy);
    /// @notice Accepts a policy, with its opening accumulators. Caller is the controller, who is not frozen. Emits {PolicyAccepted}.
    /// @dev Requirements: issued, not accepted, not lapsed; insurer active. Until the policy's end the insurer has an episode: see
    /// {ICareEpisodes-openByPolicy}; for days that are over it needs none.
    function acceptPolicy(PolicyId policy) external;
    /// @notice {acceptPolicy} by signature; anybody may relay.
    function acceptPolicyBySig(PolicyId policy, uint40 deadline, bytes calldata signature) external;
    /// @notice Ends a policy after `lastDay`, tomorrow (UTC) at the earliest. Caller has FINANCE of its insurer. Emits {PolicyEnded}.
    function endPolicy(PolicyId policy, uint32 lastDay) external;
    /// @notice {endPolicy} by the patient's controller, who is not frozen. Emits {PolicyEnded}.
    function endPolicyByPatient(PolicyId policy, uint32 lastDay) external;
    /// @notice {endPolicyByPatient} by signature; anybody may relay.
    function endPolicyBySig(PolicyId policy, uint32 lastDay, uint40 deadline, bytes calldata signature) external;
    /// @notice Adds the caller's tokens, of which it approved `amount`, to the pool of an active insurer. Anybody may. Emits {PoolFunded}.
    function fund(MemberId insurer, uint128 amount) external;
    /// @notice Takes free money out of the pool to the caller, who has FINANCE of the insurer, whatever its standing. Emits {PoolWithdrawn}.
    function withdraw(uint128 amount) external;

    /// @notice Refuses what a policy of an offer must not be. View for {ICareAgreements}.
    /// @dev Requirements: the patient's, accepted; the days are the policy's and of one period; provider in the network; insurer active.
    /// @return insurer Whose predetermination the offer needs.
    /// @return byCase Whether the plan pays by case.
    /// @return reviewPeriod Seconds of the plan's review.
    function requireOfferable(PolicyId policy, PatientId patient, MemberId provider, uint32 firstDay, uint32 lastDay) external view returns (MemberId insurer, bool byCase, uint32 reviewPeriod);
    /// @notice Reserves each policy's part of an accepted agreement: what its annual limit leaves of what no rule can exceed. Only {ICareAgreements}.
    /// @dev Requirements: the pools have it free.
    function reserve(PolicyId[4] calldata policies, uint32 serviceDay, Line[] calldata lines, Cover[] calldata covers) external returns (uint48[4] memory reserved);
    /// @notice Frees reservations. Only {ICareAgreements}.
    function unreserve(PolicyId[4] calldata policies, uint32 serviceDay, uint48[4] calldata reserved) external;
    /// @notice Adjudicates a claim: uses up reservations, moves accumulators, keeps what is to be paid reserved. Only {IClaimSettlement}. Emits {Adjudicated}.
    /// @param served First and last service day of the evidence.
    /// @return outcomes One for each policy.
    /// @return patientShare What remains for the patient.
    function adjudicate(AgreementId agreement, PolicyId[4] calldata policies, Line[] calldata lines, Cover[] calldata covers, uint48[4] calldata reserved, uint32[2] calldata served) external returns (Outcome[] memory outcomes, uint256 patientShare);
    /// @notice Pays reserved money out. Only {IClaimSettlement}. Emits {PoolPaid}.
    function pay(AgreementId agreement, PolicyId policy, address to, uint48 amount) external;
    /// @notice Gives `share` back to the accumulators and `unpaid` of the reserved money to the pool's free part. Only {IClaimSettlement}. Emits {AccumulatorsReturned}.
    function giveBack(AgreementId agreement, PolicyId policy, uint32 serviceDay, Share calldata share, uint48 unpaid) external;
    /// @notice Counts tokens that {IClaimSettlement} has just sent here as free money of an insurer. Only {IClaimSettlement}. Emits {PoolFunded}.
    function credit(MemberId insurer, uint48 amount) external;

    /// @notice A plan version; all zero when unknown.
    function planOf(PlanId plan) external view returns (MemberId insurer, Plan memory terms);
    /// @notice The insurer of a policy, and how its claims are reviewed; all zero when unknown.
    function reviewOf(PolicyId policy) external view returns (MemberId insurer, ReviewTerms memory);
    /// @notice A policy; all zero when unknown.
    function policyOf(PolicyId policy) external view returns (Policy memory);
    /// @notice What a policy used in a period, and what live agreements have reserved of its annual limit (minor units).
    function accumulatorsOf(PolicyId policy, uint32 period) external view returns (Accumulators memory, uint48 reserved);
    /// @notice The period of a day: the year in which its plan year begins.
    function periodOf(PolicyId policy, uint32 day) external view returns (uint32);
    /// @notice An insurer's money.
    function poolOf(MemberId insurer) external view returns (Pool memory);
    /// @notice Whether a provider is in a plan's network now.
    function isInNetwork(PlanId plan, MemberId provider) external view returns (bool);
    /// @notice `keccak256(abi.encode(request))`.
    function policyIdOf(PolicyRequest calldata request) external pure returns (PolicyId);
}
