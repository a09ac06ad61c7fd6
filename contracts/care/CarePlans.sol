// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ICareAgreements} from "../interfaces/ICareAgreements.sol";
import {ICarePlans} from "../interfaces/ICarePlans.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {AgreementId, AgreementState, CarePlanId, Terms} from "../types/Care.sol";
import {Roles} from "../types/Roles.sol";
import {MemberId, MemberStatus, PatientId, PatientStatus} from "../types/Types.sol";

/// @title CarePlans
/// @notice Terms and dates of recurring care: see {ICarePlans}.
contract CarePlans is ICarePlans, EIP712 {
    /// @dev What a visit's offer is held against: the patient, and one slot.
    struct Standing {
        PatientId patient;
        MemberId provider;
        uint32 firstDay;
        uint32 intervalDays;
        uint32 toleranceDays;
        uint16 visits;
        uint48 maxPrice;
        PlanState state;
    }

    /// @inheritdoc ICarePlans
    uint16 public constant MAX_VISITS = 366;
    /// @inheritdoc ICarePlans
    uint40 public constant PROPOSAL_PERIOD = 90 days;

    // Positions of {Plan}'s fields, for {CarePlans_BadPlan}.
    uint8 private constant _CONTENT_DIGEST = 2;
    uint8 private constant _FIRST_DAY = 3;
    uint8 private constant _INTERVAL_DAYS = 4;
    uint8 private constant _TOLERANCE_DAYS = 5;
    uint8 private constant _VISITS = 6;
    uint8 private constant _ACCEPT_UNTIL = 8;

    uint16 private constant _PROVIDER_ROLES = Roles.FINANCE | Roles.CLINICIAN;

    bytes32 private constant _ACCEPT_TYPEHASH =
        keccak256("AcceptCarePlan(bytes32 carePlan,bytes32 contentDigest,uint40 deadline)");
    bytes32 private constant _END_TYPEHASH = keccak256("EndCarePlan(bytes32 carePlan,uint40 deadline)");

    IConsortiumRegistry private immutable _CONSORTIUM;
    IPatientRegistry private immutable _PATIENTS;
    ICareAgreements private immutable _AGREEMENTS;

    mapping(CarePlanId carePlan => Standing standing) private _plans;
    mapping(CarePlanId carePlan => mapping(uint16 visit => AgreementId agreement)) private _visits;

    /// @param consortium Tells members' states and operators.
    /// @param patients Tells who acts for a patient.
    /// @param agreements Offers the visits, and tells how they ended.
    constructor(IConsortiumRegistry consortium, IPatientRegistry patients, ICareAgreements agreements)
        EIP712("CarePlans", "1")
    {
        _CONSORTIUM = consortium;
        _PATIENTS = patients;
        _AGREEMENTS = agreements;
    }

    /// @inheritdoc ICarePlans
    function propose(Plan calldata plan) external returns (CarePlanId carePlan) {
        carePlan = _idOf(plan);
        _requireState(carePlan, PlanState.None);
        if (!_actsFor(plan.provider, msg.sender)) revert CarePlans_NotProvider(plan.provider, msg.sender);
        _requireActiveProvider(plan.provider);
        _requirePatient(plan.patient);
        _requireBounds(plan);
        _plans[carePlan] = Standing({
            patient: plan.patient,
            provider: plan.provider,
            firstDay: plan.firstDay,
            intervalDays: plan.intervalDays,
            toleranceDays: plan.toleranceDays,
            visits: plan.visits,
            maxPrice: plan.maxPrice,
            state: PlanState.Proposed
        });
        emit CarePlanProposed(carePlan, plan.patient, plan.provider, plan);
    }

    /// @inheritdoc ICarePlans
    function accept(Plan calldata plan) external {
        if (msg.sender != _unfrozenController(plan.patient)) revert CarePlans_NotController(plan.patient, msg.sender);
        _accept(_idOf(plan), plan);
    }

    /// @inheritdoc ICarePlans
    function acceptBySig(Plan calldata plan, uint40 deadline, bytes calldata signature) external {
        address controller = _unfrozenController(plan.patient);
        CarePlanId carePlan = _idOf(plan);
        bytes32 structHash = keccak256(abi.encode(_ACCEPT_TYPEHASH, carePlan, plan.contentDigest, deadline));
        Signatures.requireValid(controller, _hashTypedDataV4(structHash), deadline, signature);
        _accept(carePlan, plan);
    }

    /// @inheritdoc ICarePlans
    function end(Plan calldata plan) external {
        bool byPatient = msg.sender == _PATIENTS.authorityOf(plan.patient).controller;
        if (!byPatient && !_actsFor(plan.provider, msg.sender)) revert CarePlans_NotProvider(plan.provider, msg.sender);
        _end(_idOf(plan), plan, byPatient);
    }

    /// @inheritdoc ICarePlans
    function endBySig(Plan calldata plan, uint40 deadline, bytes calldata signature) external {
        address controller = _PATIENTS.authorityOf(plan.patient).controller;
        CarePlanId carePlan = _idOf(plan);
        bytes32 structHash = keccak256(abi.encode(_END_TYPEHASH, carePlan, deadline));
        Signatures.requireValid(controller, _hashTypedDataV4(structHash), deadline, signature);
        _end(carePlan, plan, true);
    }

    /// @inheritdoc ICarePlans
    function useVisit(AgreementId agreement, Terms calldata terms) external {
        if (msg.sender != address(_AGREEMENTS)) revert CarePlans_NotAgreements(msg.sender);
        CarePlanId carePlan = terms.carePlan;
        uint16 visit = terms.visit;
        _requireState(carePlan, PlanState.Accepted);
        _requireWithin(_plans[carePlan], terms);
        AgreementId former = _visits[carePlan][visit];
        if (!_isFree(former)) revert CarePlans_VisitTaken(carePlan, visit, former);
        _visits[carePlan][visit] = agreement;
        emit VisitOffered(carePlan, visit, agreement);
    }

    /// @inheritdoc ICarePlans
    function stateOf(CarePlanId carePlan) external view returns (PlanState) {
        return _plans[carePlan].state;
    }

    /// @inheritdoc ICarePlans
    function agreementOf(CarePlanId carePlan, uint16 visit) external view returns (AgreementId) {
        return _visits[carePlan][visit];
    }

    /// @inheritdoc ICarePlans
    function carePlanIdOf(Plan calldata plan) external pure returns (CarePlanId) {
        return _idOf(plan);
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    function _accept(CarePlanId carePlan, Plan calldata plan) internal {
        _requireState(carePlan, PlanState.Proposed);
        if (block.timestamp > plan.acceptUntil) revert CarePlans_Lapsed(carePlan, plan.acceptUntil);
        _requireActiveProvider(plan.provider);
        _plans[carePlan].state = PlanState.Accepted;
        emit CarePlanAccepted(carePlan, plan.patient, plan.provider);
    }

    function _end(CarePlanId carePlan, Plan calldata plan, bool byPatient) internal {
        PlanState state = _plans[carePlan].state;
        if (state != PlanState.Proposed && state != PlanState.Accepted) revert CarePlans_WrongState(carePlan, state);
        _plans[carePlan].state = PlanState.Ended;
        emit CarePlanEnded(carePlan, plan.patient, plan.provider, byPatient);
    }

    /// @dev Reverts unless every term that needs no other contract is within its bounds.
    function _requireBounds(Plan calldata plan) internal view {
        if (plan.contentDigest == 0) revert CarePlans_BadPlan(_CONTENT_DIGEST);
        uint256 visits = plan.visits;
        if (visits == 0 || visits > MAX_VISITS) revert CarePlans_BadPlan(_VISITS);
        uint256 interval = plan.intervalDays;
        if (visits == 1) {
            if (interval != 0) revert CarePlans_BadPlan(_INTERVAL_DAYS);
        } else if (plan.toleranceDays >= interval) {
            revert CarePlans_BadPlan(_TOLERANCE_DAYS);
        }
        uint256 lastDay = plan.firstDay + (visits - 1) * interval + plan.toleranceDays;
        if (lastDay > type(uint32).max) revert CarePlans_BadPlan(_FIRST_DAY);
        uint256 acceptUntil = plan.acceptUntil;
        if (acceptUntil < block.timestamp || acceptUntil > block.timestamp + PROPOSAL_PERIOD) {
            revert CarePlans_BadPlan(_ACCEPT_UNTIL);
        }
    }

    /// @dev Reverts unless an offer's terms are those of its visit.
    function _requireWithin(Standing storage standing, Terms calldata terms) internal view {
        CarePlanId carePlan = terms.carePlan;
        uint16 visit = terms.visit;
        if (!(standing.patient == terms.patient) || standing.provider != terms.provider) {
            revert CarePlans_OtherParties(carePlan, standing.patient, standing.provider);
        }
        uint16 visits = standing.visits;
        if (visit >= visits) revert CarePlans_NoSuchVisit(carePlan, visit, visits);
        // Not above the plan's last day, which {propose} held below 2^32.
        uint32 first = SafeCast.toUint32(standing.firstDay + uint256(visit) * standing.intervalDays);
        uint32 last = first + standing.toleranceDays;
        if (terms.serviceFrom < first || terms.serviceUntil > last) {
            revert CarePlans_OutsideVisit(carePlan, visit, first, last);
        }
        uint48 maxPrice = standing.maxPrice;
        if (terms.price > maxPrice) revert CarePlans_PriceTooHigh(carePlan, terms.price, maxPrice);
    }

    /// @dev Whether a visit whose last agreement is `former` may be offered: there was none, or it ended without completion.
    function _isFree(AgreementId former) internal view returns (bool) {
        if (AgreementId.unwrap(former) == 0) return true;
        AgreementState state = _AGREEMENTS.agreementOf(former).state;
        return state == AgreementState.Declined || state == AgreementState.Withdrawn || state == AgreementState.Cancelled
            || state == AgreementState.Expired;
    }

    function _requireState(CarePlanId carePlan, PlanState expected) internal view {
        PlanState state = _plans[carePlan].state;
        if (state != expected) revert CarePlans_WrongState(carePlan, state);
    }

    function _idOf(Plan calldata plan) internal pure returns (CarePlanId) {
        return CarePlanId.wrap(keccak256(abi.encode(plan)));
    }

    /// @dev Whether `account` has FINANCE or CLINICIAN of `provider`, whatever the provider's state.
    function _actsFor(MemberId provider, address account) internal view returns (bool) {
        IConsortiumRegistry.Actor memory actor = _CONSORTIUM.actorOf(account);
        return actor.member == provider && actor.roles & _PROVIDER_ROLES != 0;
    }

    function _requireActiveProvider(MemberId provider) internal view {
        (MemberStatus status,) = _CONSORTIUM.statusOf(provider);
        if (status != MemberStatus.Active) revert CarePlans_ProviderNotActive(provider, status);
    }

    /// @dev Who acts for a patient that plans care: no provisional id.
    function _requirePatient(PatientId patient) internal view returns (IPatientRegistry.Authority memory authority) {
        authority = _PATIENTS.authorityOf(patient);
        if (authority.status != PatientStatus.Registered && authority.status != PatientStatus.Assisted) {
            revert CarePlans_PatientNotActive(patient, authority.status);
        }
    }

    function _unfrozenController(PatientId patient) internal view returns (address) {
        IPatientRegistry.Authority memory authority = _requirePatient(patient);
        if (block.timestamp <= authority.until) revert CarePlans_PatientFrozen(patient, authority.until);
        return authority.controller;
    }
}
