// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Days
/// @notice Days since 1900-01-01 (the ledger's service days) against seconds since 1970-01-01 (the block's clock), in UTC.
library Days {
    /// @dev 1970-01-01 as days since 1900-01-01.
    uint256 internal constant EPOCH = 25_567;

    /// @notice The first second of a day; 0 for days before 1970.
    function begin(uint32 day) internal pure returns (uint40) {
        // At most 2^32 days of 86,400 seconds: 2^49; days that the ledger takes end with 2^31 seconds, see {ICareAgreements}.
        return day <= EPOCH ? 0 : uint40((uint256(day) - EPOCH) * 1 days);
    }

    /// @notice The present day.
    function today() internal view returns (uint32) {
        return uint32(block.timestamp / 1 days + EPOCH); // seconds of 40 bits are days of 24
    }
}
