// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "../forge/Test.sol";
import {BenefitsHarness} from "../mocks/BenefitsHarness.sol";

/// @notice {Periods} against a calendar that counts years and months one by one.
contract PeriodsTest is Test {
    BenefitsHarness private _harness;

    function setUp() public {
        _harness = new BenefitsHarness();
    }

    function test_PeriodOf_KnownDays() public view {
        assertEq(_harness.periodOf(0, 1), 1900); // 1900-01-01
        assertEq(_harness.periodOf(0, 2), 1899);
        assertEq(_harness.periodOf(58, 3), 1899); // 1900-02-28: 1900 is no leap year
        assertEq(_harness.periodOf(59, 3), 1900); // 1900-03-01
        assertEq(_harness.periodOf(36_583, 3), 1999); // 2000-02-29: 2000 is one
        assertEq(_harness.periodOf(36_584, 3), 2000); // 2000-03-01
        assertEq(_harness.periodOf(46_350, 12), 2025); // 2026-11-26
        assertEq(_harness.periodOf(46_354, 11), 2026); // 2026-11-30
        assertEq(_harness.periodOf(46_355, 12), 2026); // 2026-12-01
    }

    function test_PeriodOf_EdgesOfYears() public view {
        uint32 day = 0;
        for (uint32 year = 1900; year < 2305; ++year) {
            assertEq(_harness.periodOf(day, 1), year);
            if (day > 0) assertEq(_harness.periodOf(day - 1, 1), year - 1);
            uint32 march = day + (_isLeap(year) ? 60 : 59);
            assertEq(_harness.periodOf(march, 3), year);
            assertEq(_harness.periodOf(march - 1, 3), year - 1);
            day += _isLeap(year) ? 366 : 365;
        }
    }

    function testFuzz_PeriodOf_CountsMonthByMonth(uint32 day, uint8 month) public view {
        day = uint32(bound(day, 0, 150_000));
        month = uint8(bound(month, 1, 12));
        (uint32 year, uint8 reached) = _calendar(day);
        assertEq(_harness.periodOf(day, month), reached < month ? year - 1 : year);
    }

    function _calendar(uint32 day) private pure returns (uint32 year, uint8 month) {
        year = 1900;
        while (day >= (_isLeap(year) ? 366 : 365)) {
            day -= _isLeap(year) ? 366 : 365;
            ++year;
        }
        uint8[12] memory lengths = [31, _isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        while (day >= lengths[month]) {
            day -= lengths[month];
            ++month;
        }
        ++month;
    }

    function _isLeap(uint32 year) private pure returns (bool) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }
}
