// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {ICareAgreements} from "../interfaces/ICareAgreements.sol";
import {ICarePlans} from "../interfaces/ICarePlans.sol";
import {IClaimSettlement} from "../interfaces/IClaimSettlement.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IInsurancePlans} from "../interfaces/IInsurancePlans.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {ISettlementToken} from "../interfaces/ISettlementToken.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {Days} from "../libraries/Days.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {AgreementId, AgreementState, CarePlanId, PolicyId, Terms} from "../types/Care.sol";
import {Cover, Line} from "../types/Insurance.sol";
import {Purposes} from "../types/Purposes.sol";
import {Roles} from "../types/Roles.sol";
import {AccessReason, MemberId, MemberStatus, PatientId, PatientStatus} from "../types/Types.sol";
import {AgreementTerms} from "./AgreementTerms.sol";

/// @title CareAgreements
/// @notice Offers and informed consent: see {ICareAgreements}.
contract CareAgreements is AgreementTerms, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev The contracts that this one asks and pays through.
    struct Links {
        IConsortiumRegistry consortium;
        IPatientRegistry patients;
        IAccessGrants grants;
        ISettlementToken token;
        ICarePlans carePlans;
        IInsurancePlans plans;
        IClaimSettlement settlement;
    }

    /// @dev An insurer that asks for evidence within a day of its turn reads it a day later at the latest.
    uint40 private constant _REVIEW_START = 2 days;
    /// @dev What the first insurer's silence may hold the others up beyond that: it is told after the contest window of 7 days.
    uint40 private constant _SILENCE = 5 days;

    IConsortiumRegistry private immutable _CONSORTIUM;
    IPatientRegistry private immutable _PATIENTS;
    IAccessGrants private immutable _GRANTS;
    ISettlementToken private immutable _TOKEN;
    ICarePlans private immutable _CARE_PLANS;
    IInsurancePlans private immutable _PLANS;
    IClaimSettlement private immutable _SETTLEMENT;

    mapping(AgreementId agreement => Agreement) private _agreements;

    modifier onlySettlement() {
        _requireSettlement();
        _;
    }

    constructor(Links memory links) EIP712("CareAgreements", "1") {
        _CONSORTIUM = links.consortium;
        _PATIENTS = links.patients;
        _GRANTS = links.grants;
        _TOKEN = links.token;
        _CARE_PLANS = links.carePlans;
        _PLANS = links.plans;
        _SETTLEMENT = links.settlement;
    }

    /// @inheritdoc ICareAgreements
    function offer(
        Terms calldata terms,
        Line[] calldata lines,
        Cover[] calldata covers,
        Predetermination[] calldata predeterminations
    ) external nonReentrant returns (AgreementId agreement) {
        agreement = _idOf(terms);
        AgreementState state = _agreements[agreement].state;
        if (state != AgreementState.None) revert CareAgreements_WrongState(agreement, state);
        _requireFinance(terms.provider);
        _requireActiveProvider(terms.provider);
        uint256 debt = _SETTLEMENT.debtOf(terms.provider);
        if (debt != 0) revert CareAgreements_ProviderInDebt(terms.provider, debt);
        _requirePatient(terms.patient);
        _requireTerms(terms);
        uint256 policies = _countPolicies(terms);
        _requireLines(agreement, terms, lines, covers, policies);
        _requirePredetermined(agreement, terms, policies, predeterminations);

        Agreement storage standing = _agreements[agreement];
        standing.state = AgreementState.Offered;
        standing.provider = terms.provider;
        standing.offeredAt = SafeCast.toUint40(block.timestamp);
        standing.policies = uint8(policies); // at most 4
        emit AgreementOffered(agreement, terms.patient, terms.provider, terms, lines, covers);
        if (CarePlanId.unwrap(terms.carePlan) != 0) _CARE_PLANS.useVisit(agreement, terms);
    }

    /// @inheritdoc ICareAgreements
    function accept(Terms calldata terms, Line[] calldata lines, Cover[] calldata covers, Acceptance calldata acceptance)
        external
        nonReentrant
    {
        if (msg.sender != _unfrozenController(terms.patient)) {
            revert CareAgreements_NotController(terms.patient, msg.sender);
        }
        if (block.timestamp > acceptance.deadline) revert Signatures.Signatures_Expired(acceptance.deadline);
        _accept(terms, lines, covers, acceptance);
    }

    /// @inheritdoc ICareAgreements
    function acceptBySig(
        Terms calldata terms,
        Line[] calldata lines,
        Cover[] calldata covers,
        Acceptance calldata acceptance,
        bytes calldata signature
    ) external nonReentrant {
        address controller = _unfrozenController(terms.patient);
        Signatures.requireValid(controller, _acceptanceDigest(terms, acceptance), acceptance.deadline, signature);
        _accept(terms, lines, covers, acceptance);
    }

    /// @inheritdoc ICareAgreements
    function cancel(Terms calldata terms) external nonReentrant {
        if (msg.sender != _PATIENTS.authorityOf(terms.patient).controller) {
            revert CareAgreements_NotController(terms.patient, msg.sender);
        }
        _cancel(_idOf(terms), terms);
    }

    /// @inheritdoc ICareAgreements
    function cancelBySig(Terms calldata terms, bool accepted, uint40 deadline, bytes calldata signature)
        external
        nonReentrant
    {
        address controller = _PATIENTS.authorityOf(terms.patient).controller;
        AgreementId agreement = _idOf(terms);
        Signatures.requireValid(controller, _cancellationDigest(agreement, accepted, deadline), deadline, signature);
        AgreementState state = _agreements[agreement].state;
        if (!accepted && state != AgreementState.Offered) revert CareAgreements_WrongState(agreement, state);
        _cancel(agreement, terms);
    }

    /// @inheritdoc ICareAgreements
    function withdraw(Terms calldata terms) external nonReentrant {
        _requireFinance(terms.provider);
        _end(_idOf(terms), terms, AgreementState.Withdrawn);
    }

    /// @inheritdoc ICareAgreements
    function expire(Terms calldata terms) external nonReentrant {
        AgreementId agreement = _idOf(terms);
        Agreement storage standing = _agreements[agreement];
        uint40 last = standing.state == AgreementState.Accepted
            ? _completeUntil(terms.serviceUntil, standing.acceptedAt)
            : terms.acceptUntil;
        if (block.timestamp <= last && !_hasLeft(terms.provider)) revert CareAgreements_NotNow(agreement, last + 1);
        _end(agreement, terms, AgreementState.Expired);
    }

    /// @inheritdoc ICareAgreements
    function releaseReservations(Terms calldata terms) external {
        AgreementId agreement = _idOf(terms);
        Agreement storage standing = _agreements[agreement];
        AgreementState state = standing.state;
        if (state != AgreementState.Accepted) revert CareAgreements_WrongState(agreement, state);
        if (block.timestamp <= terms.reservedUntil) revert CareAgreements_NotNow(agreement, terms.reservedUntil + 1);
        uint48[4] memory reserved = standing.reserved;
        delete standing.reserved;
        emit ReservationsReleased(agreement);
        _PLANS.unreserve(terms.policies, terms.serviceFrom, reserved);
    }

    /// @inheritdoc ICareAgreements
    function complete(AgreementId agreement, PatientId patient, uint32 serviceUntil)
        external
        onlySettlement
        returns (uint48 deposit, uint48[4] memory reserved)
    {
        Agreement storage standing = _agreements[agreement];
        AgreementState state = standing.state;
        if (state != AgreementState.Accepted) revert CareAgreements_WrongState(agreement, state);
        uint40 last = _completeUntil(serviceUntil, standing.acceptedAt);
        if (block.timestamp > last) revert CareAgreements_NotNow(agreement, last + 1);
        standing.state = AgreementState.Completed;
        deposit = standing.deposit;
        reserved = standing.reserved;
        delete standing.reserved;
        emit AgreementCompleted(agreement, patient, standing.provider);
    }

    /// @inheritdoc ICareAgreements
    function disburse(AgreementId agreement, address to, uint48 amount) external onlySettlement nonReentrant {
        Agreement storage standing = _agreements[agreement];
        AgreementState state = standing.state;
        if (state != AgreementState.Completed) revert CareAgreements_WrongState(agreement, state);
        uint48 deposit = standing.deposit;
        uint48 refund = deposit - amount; // the settlement pays at most the deposit; more fails
        standing.state = AgreementState.Settled;
        standing.deposit = 0;
        emit DepositDisbursed(agreement, amount, refund);
        _transfer(to, amount);
        _transfer(standing.payer, refund);
    }

    /// @inheritdoc ICareAgreements
    function agreementOf(AgreementId agreement) external view returns (Agreement memory) {
        return _agreements[agreement];
    }

    /// @inheritdoc ICareAgreements
    function completeUntil(Terms calldata terms) external view returns (uint40) {
        return _completeUntil(terms.serviceUntil, _agreements[_idOf(terms)].acceptedAt);
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    function _accept(Terms calldata terms, Line[] calldata lines, Cover[] calldata covers, Acceptance calldata acceptance)
        internal
    {
        AgreementId agreement = _idOf(terms);
        Agreement storage standing = _agreements[agreement];
        AgreementState state = standing.state;
        if (state != AgreementState.Offered) revert CareAgreements_WrongState(agreement, state);
        if (block.timestamp > terms.acceptUntil || acceptance.payer == address(0)) {
            revert CareAgreements_BadAcceptance(agreement);
        }
        _requireActiveProvider(terms.provider);
        _requireReadable(terms, standing.policies, _requireLines(agreement, terms, lines, covers, standing.policies), acceptance);

        standing.state = AgreementState.Accepted;
        standing.acceptedAt = SafeCast.toUint40(block.timestamp);
        standing.payer = acceptance.payer;
        standing.deposit = terms.deposit;
        uint48[4] memory reserved;
        if (standing.policies != 0) {
            reserved = _PLANS.reserve(terms.policies, terms.serviceFrom, lines, covers);
            standing.reserved = reserved;
        }
        emit AgreementAccepted(agreement, terms.patient, terms.provider, acceptance.payer, terms.deposit, reserved);
        if (terms.deposit != 0) _pullDeposit(terms, acceptance);
    }

    /// @dev The payer's signature names this very acceptance, and only this contract can use it.
    function _pullDeposit(Terms calldata terms, Acceptance calldata acceptance) private {
        uint256 validBefore = uint256(acceptance.deadline) + 1;
        bytes32 nonce = _acceptanceDigest(terms, acceptance);
        uint256 expected = _TOKEN.balanceOf(address(this)) + terms.deposit;
        _TOKEN.receiveWithAuthorization(
            acceptance.payer, address(this), terms.deposit, 0, validBefore, nonce, acceptance.authorization
        );
        uint256 held = _TOKEN.balanceOf(address(this));
        if (held < expected) revert CareAgreements_DepositMissing(expected, held);
    }

    /// @dev The patient's exit: an offer at any time, an accepted agreement before its first service day.
    function _cancel(AgreementId agreement, Terms calldata terms) internal {
        if (_agreements[agreement].state == AgreementState.Offered) {
            _end(agreement, terms, AgreementState.Declined);
            return;
        }
        uint40 begin = Days.begin(terms.serviceFrom);
        if (block.timestamp >= begin) revert CareAgreements_NotNow(agreement, begin);
        _end(agreement, terms, AgreementState.Cancelled);
    }

    /// @dev Ends what is offered or accepted: frees what is reserved, returns the deposit.
    function _end(AgreementId agreement, Terms calldata terms, AgreementState end) internal {
        Agreement storage standing = _agreements[agreement];
        AgreementState state = standing.state;
        if (state != AgreementState.Offered && state != AgreementState.Accepted) {
            revert CareAgreements_WrongState(agreement, state);
        }
        uint48 refund = standing.deposit;
        uint48[4] memory reserved = standing.reserved;
        standing.state = end;
        standing.deposit = 0;
        delete standing.reserved;
        emit AgreementEnded(agreement, terms.patient, terms.provider, end, refund);
        if (state == AgreementState.Accepted) _PLANS.unreserve(terms.policies, terms.serviceFrom, reserved);
        _transfer(standing.payer, refund);
    }

    function _transfer(address to, uint48 amount) internal {
        if (amount != 0) IERC20(address(_TOKEN)).safeTransfer(to, amount);
    }

    /// @dev Each policy may be offered, at most one by case, and its insurer answered for these lines.
    function _requirePredetermined(
        AgreementId agreement,
        Terms calldata terms,
        uint256 policies,
        Predetermination[] calldata predeterminations
    ) internal view {
        if (predeterminations.length != policies) revert CareAgreements_BadTerms(_POLICIES);
        bool hasCase = false;
        for (uint256 i = 0; i < policies; ++i) {
            PolicyId policy = terms.policies[i];
            // slither-disable-next-line calls-loop: at most four policies; the callees are ours and fixed at construction.
            (MemberId insurer, bool byCase,) = _PLANS.requireOfferable(
                policy, terms.patient, terms.provider, terms.serviceFrom, terms.serviceUntil
            );
            if (byCase && hasCase) revert CareAgreements_BadTerms(_POLICIES);
            hasCase = hasCase || byCase;
            Predetermination calldata answer = predeterminations[i];
            // slither-disable-next-line calls-loop: as above.
            IConsortiumRegistry.Actor memory actor = _CONSORTIUM.actorOf(answer.signer);
            bytes32 digest = _predeterminationDigest(agreement, policy, terms.linesDigest, answer.validUntil);
            if (
                actor.member != insurer || actor.roles & Roles.ADJUDICATOR == 0 || answer.validUntil < terms.acceptUntil
                    || !Signatures.isValid(answer.signer, digest, answer.signature)
            ) revert CareAgreements_BadPredetermination(policy, answer.signer);
        }
    }

    /// @dev Each policy may still be offered, and its insurer reads what it needs until its review ends, one after the other.
    function _requireReadable(Terms calldata terms, uint256 policies, uint16 categories, Acceptance calldata acceptance)
        internal
        view
    {
        uint40 last = _completeUntil(terms.serviceUntil, SafeCast.toUint40(block.timestamp));
        for (uint256 i = 0; i < policies; ++i) {
            PolicyId policy = terms.policies[i];
            // slither-disable-next-line calls-loop: at most four policies; the callees are ours and fixed at construction.
            (MemberId insurer,, uint32 reviewPeriod) = _PLANS.requireOfferable(
                policy, terms.patient, terms.provider, terms.serviceFrom, terms.serviceUntil
            );
            last += (i == 1 ? _REVIEW_START + _SILENCE : _REVIEW_START) + reviewPeriod;
            // slither-disable-next-line calls-loop: as above.
            AccessReason reason = _GRANTS.allowsAt(
                terms.patient, insurer, acceptance.lanes[i], Purposes.HPAYMT, categories, 0, last
            );
            if (reason != AccessReason.Allowed) revert CareAgreements_NotReadable(policy, reason);
        }
    }

    /// @dev The caller has FINANCE of the provider, whatever the provider's state.
    function _requireFinance(MemberId provider) internal view {
        IConsortiumRegistry.Actor memory actor = _CONSORTIUM.actorOf(msg.sender);
        if (actor.member != provider || actor.roles & Roles.FINANCE == 0) {
            revert CareAgreements_NotProvider(provider, msg.sender);
        }
    }

    function _requireActiveProvider(MemberId provider) internal view {
        (MemberStatus status,) = _CONSORTIUM.statusOf(provider);
        if (status != MemberStatus.Active) revert CareAgreements_ProviderNotActive(provider, status);
    }

    /// @dev Whether a member left, which is for good: it completes nothing any more.
    function _hasLeft(MemberId member) internal view returns (bool) {
        (MemberStatus status,) = _CONSORTIUM.statusOf(member);
        return status == MemberStatus.Left;
    }

    /// @dev Who acts for a patient that makes agreements: no provisional id.
    function _requirePatient(PatientId patient) internal view returns (IPatientRegistry.Authority memory authority) {
        authority = _PATIENTS.authorityOf(patient);
        if (authority.status != PatientStatus.Registered && authority.status != PatientStatus.Assisted) {
            revert CareAgreements_PatientNotActive(patient, authority.status);
        }
    }

    function _unfrozenController(PatientId patient) internal view returns (address) {
        IPatientRegistry.Authority memory authority = _requirePatient(patient);
        if (block.timestamp <= authority.until) revert CareAgreements_PatientFrozen(patient, authority.until);
        return authority.controller;
    }

    function _requireSettlement() internal view {
        if (msg.sender != address(_SETTLEMENT)) revert CareAgreements_NotSettlement(msg.sender);
    }
}
