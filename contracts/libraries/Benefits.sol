// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Accumulators, Band, Benefit, Cover, Line, Share} from "../types/Insurance.sol";

/// @title Benefits
/// @notice The arithmetic of benefits: class self-pay, deductible, bands, out-of-pocket maximum, annual limit, payment by
/// item and by case. Amounts in minor units, rates in basis points; rounded half up, once a line.
/// @dev Every amount is below 2^48, and there are at most 40 lines and 8 bands: products with rates stay below 2^70.
library Benefits {
    /// @dev A plan as the arithmetic takes it; `rates` has 16 bits a class, the first lowest.
    struct Rules {
        Benefit benefit;
        Band[] bands;
        uint256 rates;
        uint256 classes;
    }

    /// @dev Where a policy stands while it runs over the lines; sums of 40 amounts exceed 48 bits.
    struct Run {
        uint256 deductibleUsed;
        uint256 coveredUsed;
        uint256 outOfPocketUsed;
        uint256 left;
        uint256 deductible;
        uint256 covered;
        uint256 outOfPocket;
        uint256 paid;
    }

    uint256 internal constant NONE = type(uint48).max;
    uint256 private constant _BPS = 10_000;

    /// @notice A sum does not fit 48 bits.
    error Benefits_Overflow();

    /// @notice Runs policy `index` over all lines and takes what it pays from `remaining`.
    /// @param left What the annual limit and the pool leave.
    /// @return share What it adds to the accumulators, and pays by item.
    /// @return lines Each `eligible | selfPay << 48 | deductible << 96 | paid << 144`.
    function run(
        uint256[] memory remaining,
        Cover[] calldata covers,
        uint256 index,
        Rules memory rules,
        Accumulators memory used,
        uint256 left
    ) internal pure returns (Share memory share, uint256[] memory lines) {
        Run memory state = Run(used.deductibleUsed, used.coveredUsed, used.outOfPocketUsed, left, 0, 0, 0, 0);
        lines = new uint256[](remaining.length);
        uint256 count = covers.length / remaining.length;
        for (uint256 k = 0; k < lines.length; ++k) {
            lines[k] = _line(remaining, k, covers[k * count + index], rules, state);
        }
        share = Share(_narrow(state.deductible), _narrow(state.covered), _narrow(state.outOfPocket), _narrow(state.paid));
    }

    /// @notice What a policy by case pays: the rate less what the patient and the other policies pay, at most `left`.
    function caseOf(uint256 caseRate, uint256 patientShare, uint256 others, uint256 left) internal pure returns (uint48) {
        uint256 beside = patientShare + others;
        return _narrow(caseRate > beside ? _min(caseRate - beside, left) : 0);
    }

    /// @notice What policy `index` pays for these lines at most: by case its rate, else what no rule can exceed.
    function reservationOf(Line[] calldata lines, Cover[] calldata covers, uint256 index, Rules memory rules)
        internal
        pure
        returns (uint256 needed)
    {
        if (rules.benefit.caseRate != NONE) return rules.benefit.caseRate;
        uint256 count = covers.length / lines.length;
        for (uint256 k = 0; k < lines.length; ++k) {
            Cover calldata cover = covers[k * count + index];
            uint256 eligible = _min(lines[k].billed, cover.allowed);
            needed += eligible - _selfPay(eligible, cover.class, rules);
        }
    }

    /// @dev One line: class self-pay, deductible, bands, out-of-pocket maximum, limit; moves `state` and `remaining`.
    function _line(uint256[] memory remaining, uint256 k, Cover calldata cover, Rules memory rules, Run memory state)
        private
        pure
        returns (uint256 packed)
    {
        uint256 covered = _min(remaining[k], cover.allowed);
        packed = covered;
        {
            uint256 selfPay = _selfPay(covered, cover.class, rules);
            covered -= selfPay;
            packed |= selfPay << 48;
        }
        (uint256 deductible, uint256 paid) = _benefitOf(covered, rules, state);
        remaining[k] -= paid;
        packed |= deductible << 96 | paid << 144;
    }

    /// @dev Deductible, bands, out-of-pocket maximum and limit of one line's covered amount; moves `state`.
    function _benefitOf(uint256 covered, Rules memory rules, Run memory state)
        private
        pure
        returns (uint256 deductible, uint256 paid)
    {
        Benefit memory benefit = rules.benefit;
        if (state.deductibleUsed < benefit.deductible) {
            deductible = _min(covered, benefit.deductible - state.deductibleUsed);
        }
        uint256 rest = covered - deductible;
        paid = _banded(state.coveredUsed, rest, rules.bands);
        if (benefit.outOfPocketMax != NONE) {
            uint256 share = covered - paid;
            uint256 reached = state.outOfPocketUsed + share;
            if (reached > benefit.outOfPocketMax) paid += _min(share, reached - benefit.outOfPocketMax);
        }
        paid = _min(paid, state.left);

        state.deductibleUsed += deductible;
        state.coveredUsed += rest;
        state.outOfPocketUsed += covered - paid;
        state.left -= paid;
        state.deductible += deductible;
        state.covered += rest;
        state.outOfPocket += covered - paid;
        state.paid += paid;
    }

    /// @dev What the bands pay of `rest`, which lies above `from` in them.
    function _banded(uint256 from, uint256 rest, Band[] memory bands) private pure returns (uint256) {
        uint256 until = from + rest;
        uint256 sum = 0;
        uint256 below = 0;
        for (uint256 i = 0; i < bands.length && below < until; ++i) {
            uint256 upTo = bands[i].upTo == NONE ? until : bands[i].upTo;
            uint256 low = from > below ? from : below;
            uint256 high = _min(until, upTo);
            if (high > low) sum += (high - low) * bands[i].payBps;
            below = upTo;
        }
        return _halfUp(sum);
    }

    /// @dev What the patient pays of a class before the plan begins (先行自付); an unknown class is not covered.
    function _selfPay(uint256 eligible, uint256 class, Rules memory rules) private pure returns (uint256) {
        uint256 rate = class < rules.classes ? rules.rates >> (16 * class) & 0xffff : _BPS;
        return _halfUp(eligible * rate);
    }

    /// @dev Basis points to units, half up.
    function _halfUp(uint256 product) private pure returns (uint256) {
        return (2 * product + _BPS) / (2 * _BPS);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _narrow(uint256 value) private pure returns (uint48) {
        if (value > NONE) revert Benefits_Overflow();
        return uint48(value);
    }
}
