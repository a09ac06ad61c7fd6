// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Roles
/// @notice Role bits of a member's operator.
library Roles {
    /// @dev Manages the member's operators, key and node URL.
    uint16 internal constant ADMIN = 1;
    /// @dev Registers patients and opens and closes episodes.
    uint16 internal constant DESK = 2;
    /// @dev Commits and supersedes records.
    uint16 internal constant RECORDS = 4;
    /// @dev Asks for record keys.
    uint16 internal constant READER = 8;
    /// @dev A licensed clinician; only a registrar gives it.
    uint16 internal constant CLINICIAN = 16;
    /// @dev Attests clinicians, renews provisional ids, reviews emergencies; only operators of a regulator.
    uint16 internal constant REGISTRAR = 32;
    /// @dev Acts in matters of money: offers agreements and files claims; publishes plans, issues policies and funds the
    /// pool; issues the token.
    uint16 internal constant FINANCE = 64;
    /// @dev Signs an insurer's predeterminations, and approves or contests claims in its review.
    uint16 internal constant ADJUDICATOR = 128;
    /// @dev All bits that a member may give to its own operators.
    uint16 internal constant OWN = ADMIN | DESK | RECORDS | READER | REGISTRAR | FINANCE | ADJUDICATOR;
}
