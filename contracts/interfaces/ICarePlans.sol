// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgreementId, CarePlanId, Terms} from "../types/Care.sol";
import {MemberId, PatientId} from "../types/Types.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title ICarePlans
/// @notice Recurring care (FHIR R4 CarePlan): its terms and dates are fixed once; each visit is an agreement of its own.
/// @dev Assumes: (1) a plan alone locks no money and obliges nobody: the patient accepts each visit's agreement by a signature of
/// its own; (2) a visit's agreement keeps the plan's price as its maximum and falls into the visit's days; (3) a visit has one
/// agreement that stands at a time: after an exit it may be offered again; (4) a plan is accepted once, so its signatures need no nonce;
/// (5) either side ends it at any time, which stops new offers only; it ends by itself after its last visit's days;
/// (6) a freeze stops accepting, never ending.
/// Typed data (EIP-712, domain "CarePlans", "1"): `AcceptCarePlan(bytes32 carePlan,bytes32 contentDigest,uint40 deadline)`,
/// `EndCarePlan(bytes32 carePlan,uint40 deadline)`.
interface ICarePlans is IVersioned {
    /// @notice Terms of recurring care: visit v (from 0) falls on `firstDay + v * intervalDays`, up to `toleranceDays` later, inclusive.
    /// `contentDigest` is the salted digest of the plan's document; `maxPrice` of each visit in minor units.
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
    event CarePlanEnded(CarePlanId indexed carePlan, bool byPatient);

    /// @notice Proposes a plan. Caller has FINANCE or CLINICIAN of the provider, which is active. Emits {CarePlanProposed}.
    function propose(Plan calldata plan) external returns (CarePlanId carePlan);

    /// @notice Agrees to a plan. Caller is the controller, who is not frozen. Emits {CarePlanAccepted}.
    function accept(Plan calldata plan) external;

    /// @notice {accept} by the controller's signature; anybody may relay.
    function acceptBySig(Plan calldata plan, uint40 deadline, bytes calldata signature) external;

    /// @notice Ends a plan. Caller is the controller, or has FINANCE or CLINICIAN of the provider. Emits {CarePlanEnded}.
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
}
