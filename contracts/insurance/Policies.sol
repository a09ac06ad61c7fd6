// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ICareEpisodes} from "../interfaces/ICareEpisodes.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IInsurancePlans} from "../interfaces/IInsurancePlans.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {Days} from "../libraries/Days.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {PlanId, PolicyId} from "../types/Care.sol";
import {Roles} from "../types/Roles.sol";
import {MemberId, MemberKind, MemberStatus, PatientId, PatientStatus} from "../types/Types.sol";
import {InsurancePlansState} from "./InsurancePlansState.sol";

/// @title Policies
/// @notice The part of {InsurancePlans} that publishes plans and issues, accepts and ends policies.
abstract contract Policies is InsurancePlansState, EIP712 {
    uint256 internal constant _BPS = 10_000;
    uint48 internal constant _NONE = type(uint48).max;
    uint40 private constant _ISSUE_PERIOD = 90 days;
    uint32 private constant _POLICY_DAYS = 3_660;
    uint32 private constant _SHORTEST_REVIEW = 1 hours;
    uint32 private constant _LONGEST_REVIEW = 30 days;

    // Positions of {Plan}'s fields, for {InsurancePlans_BadPlan}.
    uint8 private constant _BANDS = 1;
    uint8 private constant _CLASS_SELF_PAY_BPS = 2;
    uint8 private constant _PERIOD_MONTH = 3;
    uint8 private constant _REVIEW_PERIOD = 5;
    uint8 private constant _DOCUMENT_DIGEST = 7;

    bytes32 private constant _ACCEPT_TYPEHASH = keccak256(
        "AcceptPolicy(bytes32 policy,bytes32 patient,uint32 insurer,uint32 plan,uint32 firstDay,uint32 lastDay,uint40 deadline)"
    );
    bytes32 private constant _END_TYPEHASH = keccak256("EndPolicy(bytes32 policy,uint32 lastDay,uint40 deadline)");

    IConsortiumRegistry internal immutable _CONSORTIUM;
    IPatientRegistry private immutable _PATIENTS;
    ICareEpisodes private immutable _EPISODES;

    constructor(IConsortiumRegistry consortium, IPatientRegistry patients, ICareEpisodes episodes)
        EIP712("InsurancePlans", "1")
    {
        _CONSORTIUM = consortium;
        _PATIENTS = patients;
        _EPISODES = episodes;
    }

    /// @inheritdoc IInsurancePlans
    function publish(Plan calldata terms) external returns (PlanId plan) {
        IConsortiumRegistry.Actor memory actor = _financeOf(msg.sender);
        if (actor.kind != MemberKind.Insurer) revert InsurancePlans_NotInsurer(actor.member, actor.kind);
        if (actor.status != MemberStatus.Active) revert InsurancePlans_InsurerNotActive(actor.member, actor.status);
        _requirePlan(terms);
        plan = PlanId.wrap(++_planCount);
        _plans[plan] = PlanSlot({
            insurer: actor.member,
            periodMonth: terms.periodMonth,
            bands: uint8(terms.bands.length), // at most 8
            classes: uint8(terms.classSelfPayBps.length), // at most 16
            deductible: terms.benefit.deductible,
            annualLimit: terms.benefit.annualLimit,
            outOfPocketMax: terms.benefit.outOfPocketMax,
            caseRate: terms.benefit.caseRate
        });
        _reviews[plan] = ReviewTerms(terms.autoAdjudicationLimit, terms.reviewPeriod, terms.rules);
        _documents[plan] = terms.documentDigest;
        uint256 rates = 0;
        for (uint256 i = 0; i < terms.classSelfPayBps.length; ++i) {
            rates |= uint256(terms.classSelfPayBps[i]) << (16 * i);
        }
        _classes[plan] = rates;
        _storeBands(plan, terms.bands);
        emit PlanPublished(plan, actor.member, terms);
    }

    /// @inheritdoc IInsurancePlans
    function setNetwork(PlanId plan, MemberId provider, bool isMember) external {
        if (_financeOf(msg.sender).member != _insurerOf(plan)) {
            revert InsurancePlans_Unauthorized(msg.sender, Roles.FINANCE);
        }
        _networks[plan][provider] = isMember;
        emit NetworkChanged(plan, provider, isMember);
    }

    /// @inheritdoc IInsurancePlans
    function issue(PolicyRequest calldata request) external returns (PolicyId policy) {
        MemberId insurer = _insurerOf(request.plan);
        if (_financeOf(msg.sender).member != insurer) revert InsurancePlans_Unauthorized(msg.sender, Roles.FINANCE);
        _requireActiveInsurer(insurer);
        _requirePatient(request.patient);
        policy = _idOf(request);
        if (
            _policies[policy].acceptUntil != 0 || request.lastDay < request.firstDay
                || request.lastDay - request.firstDay > _POLICY_DAYS || request.lastDay > Days.today() + _POLICY_DAYS
                || request.acceptUntil < block.timestamp || request.acceptUntil > block.timestamp + _ISSUE_PERIOD
        ) revert InsurancePlans_BadPolicy(policy);
        _policies[policy] = Policy({
            patient: request.patient,
            insurer: insurer,
            plan: request.plan,
            firstDay: request.firstDay,
            lastDay: request.lastDay,
            acceptUntil: request.acceptUntil,
            acceptedAt: 0
        });
        _used[policy][_periodOf(request.plan, request.firstDay)] = Used({
            deductible: request.opening.deductibleUsed,
            covered: request.opening.coveredUsed,
            outOfPocket: request.opening.outOfPocketUsed,
            paid: request.opening.paid,
            reserved: 0
        });
        emit PolicyIssued(policy, request.patient, insurer, request);
    }

    /// @inheritdoc IInsurancePlans
    function acceptPolicy(PolicyId policy) external {
        PatientId patient = _policies[policy].patient;
        if (msg.sender != _unfrozenController(patient)) revert InsurancePlans_NotController(patient, msg.sender);
        _acceptPolicy(policy);
    }

    /// @inheritdoc IInsurancePlans
    function acceptPolicyBySig(PolicyId policy, uint40 deadline, bytes calldata signature) external {
        Policy memory found = _policies[policy];
        bytes32 structHash = keccak256(
            abi.encode(
                _ACCEPT_TYPEHASH, policy, found.patient, found.insurer, found.plan, found.firstDay, found.lastDay, deadline
            )
        );
        Signatures.requireValid(_unfrozenController(found.patient), _hashTypedDataV4(structHash), deadline, signature);
        _acceptPolicy(policy);
    }

    /// @inheritdoc IInsurancePlans
    function endPolicy(PolicyId policy, uint32 lastDay) external {
        if (_financeOf(msg.sender).member != _policies[policy].insurer) {
            revert InsurancePlans_Unauthorized(msg.sender, Roles.FINANCE);
        }
        _endPolicy(policy, lastDay, false);
    }

    /// @inheritdoc IInsurancePlans
    function endPolicyByPatient(PolicyId policy, uint32 lastDay) external {
        PatientId patient = _policies[policy].patient;
        if (msg.sender != _unfrozenController(patient)) revert InsurancePlans_NotController(patient, msg.sender);
        _endPolicy(policy, lastDay, true);
    }

    /// @inheritdoc IInsurancePlans
    function endPolicyBySig(PolicyId policy, uint32 lastDay, uint40 deadline, bytes calldata signature) external {
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(_END_TYPEHASH, policy, lastDay, deadline)));
        Signatures.requireValid(_unfrozenController(_policies[policy].patient), digest, deadline, signature);
        _endPolicy(policy, lastDay, true);
    }

    /// @inheritdoc IInsurancePlans
    function requireOfferable(PolicyId policy, PatientId patient, MemberId provider, uint32 firstDay, uint32 lastDay)
        external
        view
        returns (MemberId insurer, bool byCase, uint32 reviewPeriod)
    {
        Policy memory found = _policies[policy];
        if (found.acceptedAt == 0 || !(found.patient == patient)) revert InsurancePlans_BadPolicy(policy);
        bool onePeriod = _periodOf(found.plan, firstDay) == _periodOf(found.plan, lastDay);
        if (firstDay < found.firstDay || lastDay > found.lastDay || !onePeriod) {
            revert InsurancePlans_NotCovered(policy, firstDay, lastDay);
        }
        if (!_networks[found.plan][provider]) revert InsurancePlans_NotInNetwork(found.plan, provider);
        _requireActiveInsurer(found.insurer);
        return (found.insurer, _plans[found.plan].caseRate != _NONE, _reviews[found.plan].reviewPeriod);
    }

    function _acceptPolicy(PolicyId policy) internal {
        Policy storage found = _policies[policy];
        if (found.acceptedAt != 0 || block.timestamp > found.acceptUntil) revert InsurancePlans_NotOffered(policy);
        _requireActiveInsurer(found.insurer);
        found.acceptedAt = SafeCast.toUint40(block.timestamp);
        emit PolicyAccepted(policy, found.patient, found.insurer);
        // A policy for days that are over needs no episode of its own.
        uint40 end = Days.begin(found.lastDay + 1);
        if (end > block.timestamp) _EPISODES.openByPolicy(found.patient, found.insurer, end);
    }

    function _endPolicy(PolicyId policy, uint32 lastDay, bool byPatient) internal {
        Policy storage found = _policies[policy];
        // In places it is tomorrow already: care of that day is under way, and its evidence may be filed now.
        if (lastDay <= Days.today() || lastDay >= found.lastDay) revert InsurancePlans_BadEnd(policy, lastDay);
        found.lastDay = lastDay;
        emit PolicyEnded(policy, lastDay, byPatient);
    }

    /// @dev Whom an account with FINANCE acts for.
    function _financeOf(address account) internal view returns (IConsortiumRegistry.Actor memory actor) {
        actor = _CONSORTIUM.actorOf(account);
        if (actor.roles & Roles.FINANCE == 0) revert InsurancePlans_Unauthorized(account, Roles.FINANCE);
    }

    function _insurerOf(PlanId plan) internal view returns (MemberId insurer) {
        insurer = _plans[plan].insurer;
        if (MemberId.unwrap(insurer) == 0) revert InsurancePlans_UnknownPlan(plan);
    }

    function _requireActiveInsurer(MemberId insurer) internal view {
        // slither-disable-next-line calls-loop: at most four policies an agreement; the callee is ours and fixed at construction.
        (MemberStatus status,) = _CONSORTIUM.statusOf(insurer);
        if (status != MemberStatus.Active) revert InsurancePlans_InsurerNotActive(insurer, status);
    }

    function _requirePatient(PatientId patient) internal view returns (IPatientRegistry.Authority memory authority) {
        authority = _PATIENTS.authorityOf(patient);
        if (authority.status != PatientStatus.Registered && authority.status != PatientStatus.Assisted) {
            revert InsurancePlans_PatientNotActive(patient, authority.status);
        }
    }

    function _unfrozenController(PatientId patient) internal view returns (address) {
        IPatientRegistry.Authority memory authority = _requirePatient(patient);
        if (block.timestamp <= authority.until) revert InsurancePlans_PatientFrozen(patient, authority.until);
        return authority.controller;
    }

    /// @dev Reverts unless a plan's terms are within their bounds.
    function _requirePlan(Plan calldata terms) internal pure {
        uint256 bands = terms.bands.length;
        if (bands == 0 || bands > _MAX_BANDS) revert InsurancePlans_BadPlan(_BANDS);
        uint256 below = 0;
        for (uint256 i = 0; i < bands; ++i) {
            if (terms.bands[i].upTo <= below || terms.bands[i].payBps > _BPS) revert InsurancePlans_BadPlan(_BANDS);
            below = terms.bands[i].upTo;
        }
        if (terms.classSelfPayBps.length > _MAX_CLASSES) revert InsurancePlans_BadPlan(_CLASS_SELF_PAY_BPS);
        for (uint256 i = 0; i < terms.classSelfPayBps.length; ++i) {
            if (terms.classSelfPayBps[i] > _BPS) revert InsurancePlans_BadPlan(_CLASS_SELF_PAY_BPS);
        }
        if (terms.periodMonth == 0 || terms.periodMonth > 12) revert InsurancePlans_BadPlan(_PERIOD_MONTH);
        if (terms.reviewPeriod < _SHORTEST_REVIEW || terms.reviewPeriod > _LONGEST_REVIEW) {
            revert InsurancePlans_BadPlan(_REVIEW_PERIOD);
        }
        if (terms.documentDigest == 0) revert InsurancePlans_BadPlan(_DOCUMENT_DIGEST);
    }
}
