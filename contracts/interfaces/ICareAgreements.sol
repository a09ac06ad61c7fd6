// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgreementId, AgreementState, PolicyId, Terms} from "../types/Care.sol";
import {Cover, Line} from "../types/Insurance.sol";
import {AccessReason, MemberId, MemberStatus, PatientId, PatientStatus} from "../types/Types.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title ICareAgreements
/// @notice Offers of treatment and the patient's informed consent to one: who provides it, what is expected of it, its
/// price line by line, and the most that the patient will owe. Holds the patients' deposits.
/// @dev Assumes: (1) an agreement is named by the hash of its {Terms}; whoever acts on it gives the terms again, the event
/// {AgreementOffered} has them, and only its state is stored; (2) accepting is the informed consent; an offer is accepted
/// once, so its signatures carry no nonce; cancelling an offer voids an acceptance that was signed and withheld, and accepting it voids
/// a signed decline that was, unless it says that it cancels what was accepted too;
/// (3) offer and acceptance need no episode, completion does; (4) each policy's insurer predetermined these very lines, for
/// this very agreement, by the signature of an ADJUDICATOR that is valid at the offer and until the offer ends;
/// (5) acceptance reserves each policy's part in its pool or fails, so that later events cannot take it; what a provider's
/// leaving of a network or a policy's end changes later does not touch an accepted agreement, except that a policy pays
/// nothing for service days after its last; a reservation lasts until it is used, or released by anybody after `reservedUntil`; (6) every state ends by time: an offer at `acceptUntil`, an accepted agreement
/// {FILING_PERIOD} after its last service day (or its acceptance, if later), both at once when the provider leaves the consortium, a completed one as {IClaimSettlement} says;
/// ends return the deposit to the account that paid it, and a suspended member stops none of them; (7) until its first
/// service day begins in UTC an accepted agreement is the patient's to cancel, from then on the provider's only; (8) a service window may
/// lie in the past (care that is filed late): then the patient signs what was done; (9) the token is fixed at construction
/// and calls nobody back; deposits are counted and guarded all the same.
/// Typed data (EIP-712, domain "CareAgreements", "1"):
/// `Predetermination(bytes32 agreement,bytes32 policy,bytes32 linesDigest,uint40 validUntil)`,
/// `Accept(bytes32 agreement,bytes32 disclosureDigest,bytes32 linesDigest,uint48 price,uint48 maxPatientShare,uint48 deposit,address payer,uint40 deadline)`,
/// `Cancel(bytes32 agreement,bool accepted,uint40 deadline)`. The digest of `Accept` is the nonce of the deposit's EIP-3009 authorization.
interface ICareAgreements is IVersioned {
    /// @notice An insurer's answer for one policy: signed by `signer`, an ADJUDICATOR of it, and binding until `validUntil` (seconds, inclusive).
    struct Predetermination {
        address signer;
        uint40 validUntil;
        bytes signature;
    }

    /// @notice How a patient accepts. `payer` pays the deposit by an EIP-3009 `receiveWithAuthorization` to this contract, valid
    /// after 0 and before `deadline` + 1 (EIP-3009's end is exclusive), whose nonce is the acceptance's digest; whatever is refunded goes to it, also without a deposit. `lanes[i]` is the grant
    /// lane that lets policy i's insurer read for payment.
    struct Acceptance {
        address payer;
        uint40 deadline;
        uint8[4] lanes;
        bytes authorization;
    }

    /// @notice An agreement's standing. `deposit` is what is held now; `reserved` what each policy holds ready; times in seconds.
    struct Agreement {
        AgreementState state;
        MemberId provider;
        uint40 offeredAt;
        uint40 acceptedAt;
        uint8 policies;
        address payer;
        uint48 deposit;
        uint48[4] reserved;
    }

    /// @notice A treatment was offered. Everything that a later step needs is in it.
    event AgreementOffered(AgreementId indexed agreement, PatientId indexed patient, MemberId indexed provider, Terms terms, Line[] lines, Cover[] covers);
    /// @notice The patient agreed; `reserved` by policy.
    event AgreementAccepted(AgreementId indexed agreement, PatientId indexed patient, MemberId indexed provider, address payer, uint48 deposit, uint48[4] reserved);
    /// @notice The treatment is complete; the claim of the same id was filed.
    event AgreementCompleted(AgreementId indexed agreement, PatientId indexed patient, MemberId indexed provider);
    /// @notice The deposit was paid out: `paid` to the provider, `refunded` to the payer. State is Settled.
    event DepositDisbursed(AgreementId indexed agreement, uint48 paid, uint48 refunded);
    /// @notice The agreement ended without completion; `refunded` went to the payer.
    event AgreementEnded(AgreementId indexed agreement, PatientId indexed patient, MemberId indexed provider, AgreementState state, uint48 refunded);
    /// @notice The reservations expired and are free for others.
    event ReservationsReleased(AgreementId indexed agreement);

    /// @notice The agreement is not in a state for this.
    error CareAgreements_WrongState(AgreementId agreement, AgreementState state);
    /// @notice The caller does not have FINANCE of the provider.
    error CareAgreements_NotProvider(MemberId provider, address caller);
    /// @notice The caller is not the patient's controller.
    error CareAgreements_NotController(PatientId patient, address caller);
    /// @notice The caller is not the settlement.
    error CareAgreements_NotSettlement(address caller);
    /// @notice The patient is unknown, provisional or retired.
    error CareAgreements_PatientNotActive(PatientId patient, PatientStatus status);
    /// @notice The patient's contacts froze it until `until` (seconds, inclusive): it cancels, but accepts nothing.
    error CareAgreements_PatientFrozen(PatientId patient, uint40 until);
    /// @notice The provider is not active.
    error CareAgreements_ProviderNotActive(MemberId provider, MemberStatus status);
    /// @notice The provider owes from rulings: it offers again when it has paid.
    error CareAgreements_ProviderInDebt(MemberId provider, uint256 debt);
    /// @notice A line's or cover's number, category or amount is out of its bounds, or their digest or sum is not the terms'.
    error CareAgreements_BadLines(AgreementId agreement);
    /// @notice A term is out of its bounds: `field` is its position in {Terms}, from 0. 5: also where there is not one predetermination for each policy.
    error CareAgreements_BadTerms(uint8 field);
    /// @notice The predetermination of a policy is too short, of something else, or not by an ADJUDICATOR of its insurer.
    error CareAgreements_BadPredetermination(PolicyId policy, address signer);
    /// @notice The insurer may not read what it must for payment: see {IAccessGrants.allowsAt}.
    error CareAgreements_NotReadable(PolicyId policy, AccessReason reason);
    /// @notice The offer has ended, or the acceptance names no payer.
    error CareAgreements_BadAcceptance(AgreementId agreement);
    /// @notice The token did not move the deposit: this contract holds `held` where it should hold `expected`.
    error CareAgreements_DepositMissing(uint256 expected, uint256 held);
    /// @notice It is too early, until `from` (seconds), or too late, from it on.
    error CareAgreements_NotNow(AgreementId agreement, uint40 from);

    /// @notice Offers a treatment. Caller has FINANCE of the provider. Emits {AgreementOffered}.
    /// @dev Requirements: provider active and without debt; patient registered or assisted; 1 to {MAX_LINES} lines whose sum is the
    /// price; up to 4 policies, distinct, at most one by case, with a predetermination each, each of this patient, accepted, covering the window in one period, with
    /// the provider in its network and its insurer active; a disclosure; `deposit <= maxPatientShare <= price`; the offer ends within 90 days, the window
    /// within two years; a visit of a care plan as {ICarePlans} says.
    function offer(Terms calldata terms, Line[] calldata lines, Cover[] calldata covers, Predetermination[] calldata predeterminations) external returns (AgreementId agreement);

    /// @notice Agrees. Caller is the controller, who is not frozen. Emits {AgreementAccepted}.
    /// @dev Requirements: offered and not ended; provider and insurers active; each insurer may read the lines' categories for HPAYMT
    /// until its review ends at the latest (policy i, from 0: {completeUntil}, 2 days and a review period for each policy up to i, and 5 days
    /// for the contest window if i > 0; contests and disputes apart); the reservations and the deposit succeed.
    function accept(Terms calldata terms, Line[] calldata lines, Cover[] calldata covers, Acceptance calldata acceptance) external;

    /// @notice {accept} by the controller's signature over `Accept`; anybody may relay.
    function acceptBySig(Terms calldata terms, Line[] calldata lines, Cover[] calldata covers, Acceptance calldata acceptance, bytes calldata signature) external;

    /// @notice Declines an offer, or cancels an accepted agreement before its first service day. Caller is the controller. Emits {AgreementEnded}.
    function cancel(Terms calldata terms) external;

    /// @notice {cancel} by the controller's signature; anybody may relay.
    /// @param accepted Whether it cancels an accepted agreement too; without, it declines the offer and nothing else.
    function cancelBySig(Terms calldata terms, bool accepted, uint40 deadline, bytes calldata signature) external;

    /// @notice Withdraws an offer, or gives up an accepted agreement. Caller has FINANCE of the provider, active or not. Emits {AgreementEnded}.
    function withdraw(Terms calldata terms) external;

    /// @notice Ends an offer that was not accepted, or an agreement that was not completed, in time, or whose provider left. Anybody may call. Emits {AgreementEnded}.
    function expire(Terms calldata terms) external;

    /// @notice Frees reservations after `reservedUntil`. Anybody may call. Emits {ReservationsReleased}.
    function releaseReservations(Terms calldata terms) external;

    /// @notice Marks an accepted agreement completed for the settlement. Only the settlement. Emits {AgreementCompleted}.
    /// @return deposit What is held for it.
    /// @return reserved What each policy holds ready; the settlement uses it up.
    /// @dev Requirements: accepted, and not after {completeUntil}.
    function complete(AgreementId agreement, PatientId patient, uint32 serviceUntil) external returns (uint48 deposit, uint48[4] memory reserved);

    /// @notice Pays `amount` of a completed agreement's deposit to `to` and returns the rest. Only the settlement. Emits {DepositDisbursed}.
    function disburse(AgreementId agreement, address to, uint48 amount) external;

    /// @notice An agreement's standing; state None when unknown.
    function agreementOf(AgreementId agreement) external view returns (Agreement memory);

    /// @notice The last second in which an accepted agreement may be completed.
    function completeUntil(Terms calldata terms) external view returns (uint40);

    /// @notice `keccak256(abi.encode(terms))`.
    function agreementIdOf(Terms calldata terms) external pure returns (AgreementId);

    /// @notice Most lines of an agreement: 40.
    function MAX_LINES() external view returns (uint256);

    /// @notice Seconds for completion after the last service day: 30 days.
    function FILING_PERIOD() external view returns (uint40);
}
