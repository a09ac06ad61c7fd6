// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgreementId, CarePlanId, Terms} from "../types/Care.sol";
import {MemberId, MemberStatus, PatientId, PatientStatus} from "../types/Types.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title ICarePlans
/// @notice Recurring care (FHIR R4 CarePlan): its terms and dates are fixed once; each visit is an agreement of its own.
/// @dev Assumes: (1) a plan alone locks no money and obliges nobody: the patient accepts each visit's agreement by a signature of
/// its own; (2) a visit's agreement keeps the plan's price as its maximum and falls into the visit's days, which no other visit
/// shares; (3) a visit has one agreement that stands at a time: after an exit it may be offered again, after completion never;
/// (4) a plan is named by the hash of its {Plan}; it is accepted once, so its signatures carry no nonce, and ending a proposed
/// plan voids an acceptance that was signed and withheld; (5) either side ends it at any time, also a suspended provider and a
/// frozen patient, which stops new offers only: agreements that were offered go their own way; (6) nothing waits for an end: a
/// proposal lapses at `acceptUntil`, and after the last visit's days only care of those days is left to offer (filed late);
/// (7) a freeze stops accepting, never ending.
/// Typed data (EIP-712, domain "CarePlans", "1"): `AcceptCarePlan(bytes32 carePlan,bytes32 contentDigest,uint40 deadline)`,
/// `EndCarePlan(bytes32 carePlan,uint40 deadline)`.
interface ICarePlans is IVersioned {
    /// @notice Terms of recurring care: visit v (from 0) falls on `firstDay + v * intervalDays`, up to `toleranceDays` later, inclusive.
    /// `contentDigest` is the salted digest of the plan's document; `maxPrice` of each visit in minor units; `acceptUntil` in
    /// seconds, inclusive. A plan of one visit has `intervalDays` 0.
    struct Plan {
        PatientId patient;
        MemberId provider;
        bytes32 contentDigest;
        uint32 firstDay;
        uint32 intervalDays;
        uint32 toleranceDays;
        uint16 visits;
        uint48 maxPrice;
        uint40 acceptUntil;
        bytes32 salt;
    }

    /// @notice Where a plan stands.
    enum PlanState {
        None,
        Proposed,
        Accepted,
        Ended
    }

    /// @notice A member proposed recurring care.
    event CarePlanProposed(CarePlanId indexed carePlan, PatientId indexed patient, MemberId indexed provider, Plan plan);
    /// @notice The patient agreed to the plan.
    event CarePlanAccepted(CarePlanId indexed carePlan, PatientId indexed patient, MemberId indexed provider);
    /// @notice A visit's agreement was offered.
    event VisitOffered(CarePlanId indexed carePlan, uint16 visit, AgreementId indexed agreement);
    /// @notice The plan ended before its time, by the patient or the provider (`byPatient`).
    event CarePlanEnded(CarePlanId indexed carePlan, PatientId indexed patient, MemberId indexed provider, bool byPatient);

    /// @notice The plan is not in a state for this.
    error CarePlans_WrongState(CarePlanId carePlan, PlanState state);
    /// @notice A term is out of its bounds: `field` is its position in {Plan}, from 0.
    error CarePlans_BadPlan(uint8 field);
    /// @notice The caller has neither FINANCE nor CLINICIAN of the provider.
    error CarePlans_NotProvider(MemberId provider, address caller);
    /// @notice The provider is not active.
    error CarePlans_ProviderNotActive(MemberId provider, MemberStatus status);
    /// @notice The caller is not the patient's controller.
    error CarePlans_NotController(PatientId patient, address caller);
    /// @notice The patient is unknown, provisional or retired.
    error CarePlans_PatientNotActive(PatientId patient, PatientStatus status);
    /// @notice The patient's contacts froze it until `until` (seconds, inclusive): it ends plans, but accepts none.
    error CarePlans_PatientFrozen(PatientId patient, uint40 until);
    /// @notice The proposal lapsed at `acceptUntil` (seconds, inclusive).
    error CarePlans_Lapsed(CarePlanId carePlan, uint40 acceptUntil);
    /// @notice The caller is not {ICareAgreements}.
    error CarePlans_NotAgreements(address caller);
    /// @notice The plan is between another patient and another member.
    error CarePlans_OtherParties(CarePlanId carePlan, PatientId patient, MemberId provider);
    /// @notice The plan has `visits` visits, counted from 0.
    error CarePlans_NoSuchVisit(CarePlanId carePlan, uint16 visit, uint16 visits);
    /// @notice The service window is not within the visit's days, `first` to `last` inclusive.
    error CarePlans_OutsideVisit(CarePlanId carePlan, uint16 visit, uint32 first, uint32 last);
    /// @notice The price is above the plan's.
    error CarePlans_PriceTooHigh(CarePlanId carePlan, uint48 price, uint48 maxPrice);
    /// @notice The visit has an agreement that stands or was completed.
    error CarePlans_VisitTaken(CarePlanId carePlan, uint16 visit, AgreementId agreement);

    /// @notice Proposes a plan. Caller has FINANCE or CLINICIAN of the provider, which is active. Emits {CarePlanProposed}.
    /// @dev Requirements: patient registered or assisted; a document; 1 to {MAX_VISITS} visits; with several of them the
    /// tolerance is shorter than the interval, so that no two visits share a day; the last day is a uint32; the proposal ends
    /// within {PROPOSAL_PERIOD}. The days may lie in the past.
    function propose(Plan calldata plan) external returns (CarePlanId carePlan);

    /// @notice Agrees to a plan. Caller is the controller, who is not frozen. Emits {CarePlanAccepted}.
    /// @dev Requirements: proposed and not lapsed; patient registered or assisted; provider active.
    function accept(Plan calldata plan) external;

    /// @notice {accept} by the controller's signature; anybody may relay.
    function acceptBySig(Plan calldata plan, uint40 deadline, bytes calldata signature) external;

    /// @notice Declines, withdraws or ends a plan. Caller is the controller, or has FINANCE or CLINICIAN of the provider, active or not. Emits {CarePlanEnded}.
    function end(Plan calldata plan) external;

    /// @notice {end} by the controller's signature; anybody may relay.
    function endBySig(Plan calldata plan, uint40 deadline, bytes calldata signature) external;

    /// @notice Checks and notes that `agreement` is offered for visit `terms.visit` of `terms.carePlan`. Only {ICareAgreements}. Emits {VisitOffered}.
    /// @dev Requirements: accepted plan of the same patient and provider; the visit exists; the window falls into its days; the price is at
    /// most the plan's; the visit's former agreement, if any, ended without completion.
    function useVisit(AgreementId agreement, Terms calldata terms) external;

    /// @notice A plan's standing; None when unknown.
    function stateOf(CarePlanId carePlan) external view returns (PlanState);

    /// @notice The agreement that was last offered for a visit; zero when none.
    function agreementOf(CarePlanId carePlan, uint16 visit) external view returns (AgreementId);

    /// @notice `keccak256(abi.encode(plan))`.
    function carePlanIdOf(Plan calldata plan) external pure returns (CarePlanId);

    /// @notice Most visits of a plan: 366.
    function MAX_VISITS() external view returns (uint16);

    /// @notice Longest time that a proposal waits for the patient: 90 days.
    function PROPOSAL_PERIOD() external view returns (uint40);
}
