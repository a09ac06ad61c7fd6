// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Periods
/// @notice The plan year of a day. Source of the calendar: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days` (https://howardhinnant.github.io/date_algorithms.html), proleptic Gregorian.
library Periods {
    /// @dev 1900-01-01 as days since 0000-03-01.
    uint256 private constant _SHIFT = 693_901;
    uint256 private constant _ERA = 146_097;

    /// @notice The year in which the plan year of `day` (days since 1900-01-01) begins, which it does on the first day of `month` (1 to 12).
    function periodOf(uint32 day, uint8 month) internal pure returns (uint32) {
        unchecked {
            // `day` is below 2^32: no product reaches 2^53.
            uint256 shifted = uint256(day) + _SHIFT;
            uint256 dayOfEra = shifted % _ERA;
            uint256 yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
            uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
            uint256 fromMarch = (5 * dayOfYear + 2) / 153; // 0 is March
            uint256 civilMonth = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
            uint256 year = shifted / _ERA * 400 + yearOfEra + (civilMonth <= 2 ? 1 : 0);
            return uint32(civilMonth < month ? year - 1 : year); // below 2^24
        }
    }
}
