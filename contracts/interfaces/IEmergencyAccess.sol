// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessReason, EmergencyId, MemberId, PatientId} from "../types/Types.sol";

/// @title IEmergencyAccess
/// @notice Break-the-glass: a licensed clinician reads without a grant, in public, for a short time, and is reviewed.
/// @dev Assumes: (1) it is never simply refused to an attested clinician of an active member: at worst an attested
/// clinician of another member must approve; (2) approval is needed for restricted classes, from the
/// {UNREVIEWED_CAP}th unreviewed emergency of a member on, and while the member's last one for this patient is unreviewed;
/// (3) the latest emergency of (patient, member) is the live one, until its own end; (4) the event is the notice to the
/// patient; (5) reason and finding are salted digests.
/// Typed data (EIP-712, domain "AccessGrants", "1"):
/// `ApproveEmergency(bytes32 patient,uint32 member,address clinician,bytes32 reasonDigest,uint8 restricted,uint32 number,uint40 deadline)`.
interface IEmergencyAccess {
    /// @notice One break-the-glass event; times in seconds, `notAfter` inclusive.
    struct Emergency {
        PatientId patient;
        MemberId member;
        uint32 number;
        uint40 openedAt;
        uint40 notAfter;
        uint8 restricted;
        bool reviewed;
    }

    /// @notice An approving clinician of another member; all zero when none is needed.
    struct Approval {
        address clinician;
        uint40 deadline;
        bytes signature;
    }

    /// @notice A clinician broke the glass. `approver` is zero when none was needed.
    event EmergencyOpened(EmergencyId indexed emergencyId, PatientId indexed patient, MemberId indexed member, address clinician, address approver, uint32 number, bytes32 reasonDigest, uint8 restricted, uint40 notAfter);
    /// @notice A registrar reviewed it.
    event EmergencyReviewed(EmergencyId indexed emergencyId, MemberId indexed registrar, address reviewer, bool justified, bytes32 findingDigest);

    /// @notice The caller is no attested clinician, or no registrar, of an active member.
    error EmergencyAccess_Unauthorized(address caller, uint16 role);
    /// @notice The patient is unknown or retired.
    error EmergencyAccess_UnknownPatient(PatientId patient);
    /// @notice The restricted classes are above the four.
    error EmergencyAccess_BadRestricted(uint8 restricted);
    /// @notice The reason or finding digest is zero.
    error EmergencyAccess_NoReason();
    /// @notice An attested clinician of another member must approve.
    error EmergencyAccess_ApprovalRequired(PatientId patient, MemberId member, uint32 unreviewed);
    /// @notice The approver is no attested clinician of another active member.
    error EmergencyAccess_BadApprover(address clinician);
    /// @notice No such emergency.
    error EmergencyAccess_Unknown(EmergencyId emergencyId);
    /// @notice Reviewed already.
    error EmergencyAccess_AlreadyReviewed(EmergencyId emergencyId);

    /// @notice Breaks the glass for {EMERGENCY_PERIOD}; the caller is an attested clinician of an active member.
    /// @dev Emits {EmergencyOpened}.
    function openEmergency(PatientId patient, bytes32 reasonDigest, uint8 restricted, Approval calldata approval) external returns (EmergencyId emergencyId);

    /// @notice Closes the review; the caller is REGISTRAR of an active member. Emits {EmergencyReviewed}.
    function reviewEmergency(EmergencyId emergencyId, bool justified, bytes32 findingDigest) external;

    /// @notice Whether a live emergency allows `restricted` at the later of `clock` and the block's time.
    /// @return reason Allowed, MemberNotActive, NoEmergency, Expired or RestrictedNotGranted.
    function emergencyAllowsAt(PatientId patient, MemberId member, uint8 restricted, uint40 clock) external view returns (AccessReason reason);

    /// @notice The latest emergency of (patient, member); all zero when none.
    function latestEmergencyOf(PatientId patient, MemberId member) external view returns (Emergency memory);

    /// @notice An emergency; all zero when unknown.
    function emergencyOf(EmergencyId emergencyId) external view returns (Emergency memory);

    /// @notice Number of a member's unreviewed emergencies.
    function unreviewedOf(MemberId member) external view returns (uint32);

    /// @notice Seconds that an emergency lasts: 4 hours.
    function EMERGENCY_PERIOD() external view returns (uint40);

    /// @notice Unreviewed emergencies of a member from which on each needs an approval: 3.
    function UNREVIEWED_CAP() external view returns (uint32);
}
