// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Purposes
/// @notice HL7 v3 PurposeOfUse codes as bits of a grant; those that a contract decides on.
library Purposes {
    /// @dev Treatment.
    uint16 internal constant TREAT = 1 << 0;
    /// @dev Emergency treatment.
    uint16 internal constant ETREAT = 1 << 1;
    /// @dev Healthcare payment.
    uint16 internal constant HPAYMT = 1 << 2;
}
