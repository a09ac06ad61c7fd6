// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EpisodeOrigin, MemberId, MemberKind, MemberStatus, PatientId, PatientStatus, WriteReason} from "../types/Types.sol";
import {IPatientRegistry} from "./IPatientRegistry.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title ICareEpisodes
/// @notice The right to write (FHIR R4 EpisodeOfCare): one slot per (patient, member).
/// @dev Assumes: (1) an episode is open until closed, or until the end fixed at opening (emergency); (2) a member files
/// for {FILING_PERIOD} after closing; (3) a patient's check-in replaces an emergency or dependent episode by a new number;
/// (4) a dependent episode is opened by a member with an open episode of its own origin (not dependent, not a policy's) for a laboratory
/// or pharmacy, takes over that episode's fixed end, and does not open further ones; (5) suspension stops opening, never filing or closing; (6) one nonce per
/// (patient, member), advanced by the patient's direct actions too; (7) a policy that the patient accepted opens one for its insurer until the policy's end, by {IInsurancePlans} only; one
/// that the patient opened itself stays as it is; (8) a freeze stops the controller's check-ins, not a
/// representative's, nor emergencies and dependent episodes; a retired id has nothing opened, but its episodes are filed.
/// Typed data (EIP-712, domain "CareEpisodes", "1"):
/// `CheckIn(bytes32 patient,uint32 member,uint32 nonce,uint40 deadline)`, `CheckOut(bytes32 patient,uint32 member,uint32 nonce,uint40 deadline)`.
interface ICareEpisodes is IVersioned {
    /// @notice An episode; times in seconds, `closedAt` 0 while open without a fixed end, else the first second in which it is not open, `opener` the member that opened a dependent one.
    struct Episode {
        uint32 number;
        uint40 openedAt;
        uint40 closedAt;
        EpisodeOrigin origin;
        MemberId opener;
    }

    /// @notice An episode began; `closedAt` is its fixed end (exclusive) or 0. It ends the former episode, if one was open.
    event EpisodeOpened(PatientId indexed patient, MemberId indexed member, uint32 number, EpisodeOrigin origin, MemberId opener, uint40 closedAt);
    /// @notice An episode ended.
    event EpisodeClosed(PatientId indexed patient, MemberId indexed member, uint32 number, address closedBy);

    /// @notice The caller is not the controller.
    error CareEpisodes_NotController(PatientId patient, address caller);
    /// @notice The patient is unknown or retired, or a provisional id has ended.
    error CareEpisodes_PatientNotActive(PatientId patient, PatientStatus status);
    /// @notice The patient's contacts froze it until `until` (seconds, inclusive): it checks out, but not in.
    error CareEpisodes_PatientFrozen(PatientId patient, uint40 until);
    /// @notice The member is not active.
    error CareEpisodes_MemberNotActive(MemberId member, MemberStatus status);
    /// @notice The caller does not have this role of a member that may do this.
    error CareEpisodes_Unauthorized(address caller, uint16 role);
    /// @notice The account does not represent the patient now.
    error CareEpisodes_NotRepresentative(PatientId patient, address account);
    /// @notice The nonce is not the next one.
    error CareEpisodes_BadNonce(PatientId patient, MemberId member, uint32 expected, uint32 given);
    /// @notice An episode that this would not replace is open.
    error CareEpisodes_AlreadyOpen(PatientId patient, MemberId member, uint32 number);
    /// @notice No episode is open.
    error CareEpisodes_NotOpen(PatientId patient, MemberId member);
    /// @notice The caller is not the contract of insurance plans.
    error CareEpisodes_NotInsurance(address caller);
    /// @notice The member has no live emergency for the patient.
    error CareEpisodes_NoEmergency(PatientId patient, MemberId member);
    /// @notice Dependent episodes are for laboratories and pharmacies.
    error CareEpisodes_BadKind(MemberId member, MemberKind kind);
    /// @notice The caller's member did not open this dependent episode.
    error CareEpisodes_NotOpener(PatientId patient, MemberId member, MemberId caller);

    /// @notice Checks in at a member. Caller is the controller, who is not frozen. Emits {EpisodeOpened}.
    function open(PatientId patient, MemberId member) external;

    /// @notice {open} by the controller's signature; anybody may relay.
    function openBySig(PatientId patient, MemberId member, uint32 nonce, uint40 deadline, bytes calldata signature) external;

    /// @notice {openBySig} signed by a representative, who is proved from the patient's configuration.
    function openByRepresentative(PatientId patient, MemberId member, address representative, IPatientRegistry.RepresentativesProof calldata proof, uint32 nonce, uint40 deadline, bytes calldata signature) external;

    /// @notice Opens an episode that ends with the caller's live emergency. Caller is DESK or CLINICIAN of an active member.
    function openInEmergency(PatientId patient) external;

    /// @notice Opens a dependent episode for a laboratory or pharmacy. Caller is DESK of an active member with an open, non-dependent episode.
    function openDependent(PatientId patient, MemberId member) external;

    /// @notice Opens an episode for the insurer of an accepted policy, closed from `closedAt` on. Only {IInsurancePlans}.
    /// @dev Where one is open already, it is replaced only if it is an earlier policy's and ends earlier.
    function openByPolicy(PatientId patient, MemberId insurer, uint40 closedAt) external;

    /// @notice Checks out. Caller is the controller. Emits {EpisodeClosed}.
    function close(PatientId patient, MemberId member) external;

    /// @notice {close} by the controller's signature; anybody may relay.
    function closeBySig(PatientId patient, MemberId member, uint32 nonce, uint40 deadline, bytes calldata signature) external;

    /// @notice Closes the episode of the caller's member. Caller is DESK of an active or suspended member.
    function closeOwn(PatientId patient) external;

    /// @notice Closes a dependent episode that the caller's member opened. Caller is DESK of an active or suspended member.
    function closeDependent(PatientId patient, MemberId member) external;

    /// @notice Whether a member may write at the block's time, and in which episode.
    function mayWrite(PatientId patient, MemberId member) external view returns (WriteReason reason, uint32 number);

    /// @notice The latest episode of (patient, member); all zero when none.
    function episodeOf(PatientId patient, MemberId member) external view returns (Episode memory);

    /// @notice Next nonce of (patient, member).
    function nonceOf(PatientId patient, MemberId member) external view returns (uint32);

    /// @notice Seconds of late filing after closing: 30 days.
    function FILING_PERIOD() external view returns (uint40);
}
