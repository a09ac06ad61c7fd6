// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MemberId, PatientId} from "./Types.sol";

/// @dev `keccak256(abi.encode(terms))` of an agreement; the claim of a completed agreement has the same id.
type AgreementId is bytes32;

/// @dev `keccak256(abi.encode(request))` of a policy as it was issued; zero is none.
type PolicyId is bytes32;

/// @dev Counted from 1 as plan versions are published.
type PlanId is uint32;

/// @dev `keccak256(abi.encode(plan))` of a care plan; zero is none.
type CarePlanId is bytes32;

using {equalAgreement as ==} for AgreementId global;
using {equalPolicy as ==} for PolicyId global;

function equalAgreement(AgreementId a, AgreementId b) pure returns (bool) {
    return AgreementId.unwrap(a) == AgreementId.unwrap(b);
}

function equalPolicy(PolicyId a, PolicyId b) pure returns (bool) {
    return PolicyId.unwrap(a) == PolicyId.unwrap(b);
}

/// @dev Where an agreement stands. Everything after `Accepted` but `Completed` is an end; `Settled` is the good one.
enum AgreementState {
    None,
    Offered,
    Accepted,
    Completed,
    Settled,
    Declined,
    Withdrawn,
    Cancelled,
    Expired
}

/// @dev Where a claim stands: `Pending` waits for a receipt, the contest window or a review; `Contested` for the provider's
/// objection; `Disputed` for a ruling. `Settled` paid what is to be paid; `Reversed` gave everything back.
enum ClaimStage {
    None,
    Pending,
    Contested,
    Disputed,
    Settled,
    Reversed
}

/// @dev What a provider offers and a patient agrees to. Amounts in minor units of the token's currency; days since
/// 1900-01-01, inclusive; times in seconds, inclusive. `policies` in order of payment, the unused last ones zero. `payee`
/// receives what the provider earns. `linesDigest = keccak256(abi.encode(lines, covers))`. `carePlan` zero, or the accepted
/// plan of which this is visit `visit`.
struct Terms {
    PatientId patient;
    MemberId provider;
    address payee;
    bytes32 disclosureDigest;
    bytes32 linesDigest;
    PolicyId[4] policies;
    uint48 price;
    uint48 maxPatientShare;
    uint48 deposit;
    uint32 serviceFrom;
    uint32 serviceUntil;
    uint40 acceptUntil;
    uint40 reservedUntil;
    CarePlanId carePlan;
    uint16 visit;
    bytes32 salt;
}
