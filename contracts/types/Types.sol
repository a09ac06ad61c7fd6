// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @dev `keccak256(abi.encode(controller, salt))`; derived only in {PatientIds}.
type PatientId is bytes32;

/// @dev Assigned by the council at admission; 0 is nobody.
type MemberId is uint32;

/// @dev `keccak256(abi.encode(patient, member, number))` of one break-the-glass event.
type EmergencyId is bytes32;

using {equalPatient as ==} for PatientId global;
using {equalMember as ==, differMember as !=} for MemberId global;

function equalPatient(PatientId a, PatientId b) pure returns (bool) {
    return PatientId.unwrap(a) == PatientId.unwrap(b);
}

function equalMember(MemberId a, MemberId b) pure returns (bool) {
    return MemberId.unwrap(a) == MemberId.unwrap(b);
}

function differMember(MemberId a, MemberId b) pure returns (bool) {
    return MemberId.unwrap(a) != MemberId.unwrap(b);
}

enum MemberKind {
    None,
    Hospital,
    Clinic,
    Laboratory,
    Pharmacy,
    DrugManufacturer,
    DeviceMaker,
    Insurer,
    Regulator,
    Bank
}

enum MemberStatus {
    None,
    Active,
    Suspended,
    Left
}

enum PatientStatus {
    None,
    Provisional,
    Registered,
    Assisted,
    Retired
}

/// @dev Parts of a patient's configuration; each is named by a salted digest of its preimage.
enum ConfigurationPart {
    Trustees,
    Contacts,
    Representatives
}

/// @dev Where a recovery stands. After a `Cancelled` one the same contacts recover with two hospitals' attestation only.
enum RecoveryStage {
    None,
    Pending,
    Cancelled,
    Final
}

/// @dev Why access is allowed or not; `Allowed` is the only yes.
enum AccessReason {
    Allowed,
    NoGrant,
    NotYetValid,
    Expired,
    PurposeNotGranted,
    CategoryNotGranted,
    RestrictedNotGranted,
    MemberNotActive,
    Voided,
    NoEmergency,
    Retired
}

/// @dev Why a member may write for a patient or not; `Allowed` is the only yes.
enum WriteReason {
    Allowed,
    NoEpisode,
    FilingPeriodOver
}

/// @dev How an episode came to be.
enum EpisodeOrigin {
    None,
    CheckIn,
    Representative,
    Emergency,
    Dependent,
    Policy
}

/// @dev An X25519 key (or that of a later suite): `digest = keccak256(abi.encodePacked(suite, publicKey))`.
struct KeyState {
    bytes32 digest;
    uint32 epoch;
}
