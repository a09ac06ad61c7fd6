// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Accumulators, Band, Benefit, Cover, Line, Share} from "../types/Insurance.sol";

/// @title Benefits
/// @notice The arithmetic of benefits: class self-pay, deductible, bands, out-of-pocket maximum, annual limit, payment by
/// item and by case. Amounts in minor units, rates in basis points; rounded half up, once a line.
/// @dev Unchecked arithmetic rests on these bounds. An amount of a claim, a plan or an accumulator is below 2^48, a rate is at most
/// 10,000 (see {IInsurancePlans}), a claim has at most 40 lines: amounts and their sums stay below 2^54, products with rates
/// below 2^68. What is subtracted is never more than what it is taken from: each subtraction says why.
library Benefits {
    /// @dev A plan as the arithmetic takes it; `rates` has 16 bits a class, the first lowest.
    struct Rules {
        Benefit benefit;
        Band[] bands;
        uint256 rates;
        uint256 classes;
    }

    /// @dev Where a policy stands while it runs over the lines; `left` is what it may still pay.
    struct Run {
        uint256 deductibleLeft;
        uint256 coveredUsed;
        uint256 outOfPocketUsed;
        uint256 left;
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
        uint256 deductible = _above(rules.benefit.deductible, used.deductibleUsed);
        Run memory state = Run(deductible, used.coveredUsed, used.outOfPocketUsed, left);
        lines = new uint256[](remaining.length);
        uint256 count = covers.length / lines.length;
        for (uint256 k = 0; k < lines.length; ++k) {
            uint256 due = remaining[k];
            uint256 paid;
            (lines[k], paid) = _line(due, covers[index], rules, state);
            unchecked {
                remaining[k] = due - paid; // at most what is eligible, which is at most `due`
                index += count;
            }
        }
        share.deductible = _narrow(deductible - state.deductibleLeft);
        share.covered = _narrow(state.coveredUsed - used.coveredUsed);
        share.outOfPocket = _narrow(state.outOfPocketUsed - used.outOfPocketUsed);
        share.paid = _narrow(left - state.left);
    }

    /// @notice What a policy by case pays: the rate less what the patient and the other policies pay, at most `left`.
    function caseOf(uint256 caseRate, uint256 patientShare, uint256 others, uint256 left) internal pure returns (uint48) {
        uint256 beside = patientShare + others;
        return _narrow(_min(_above(caseRate, beside), left));
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
            Cover calldata cover = covers[index];
            uint256 eligible = _min(lines[k].billed, cover.allowed);
            needed += eligible - _selfPay(eligible, cover.class, rules);
            index += count;
        }
    }

    /// @dev One line, of which `remaining` is not paid yet: class self-pay, then {_benefitOf}; moves `state`.
    function _line(uint256 remaining, Cover calldata cover, Rules memory rules, Run memory state)
        private
        pure
        returns (uint256 packed, uint256 paid)
    {
        unchecked {
            uint256 eligible = _min(remaining, cover.allowed);
            uint256 selfPay = _selfPay(eligible, cover.class, rules);
            uint256 deductible;
            (deductible, paid) = _benefitOf(eligible - selfPay, rules, state); // a rate is at most all
            packed = eligible | selfPay << 48 | deductible << 96 | paid << 144;
        }
    }

    /// @dev Deductible, bands, out-of-pocket maximum and limit of one line's covered amount; moves `state`.
    function _benefitOf(uint256 covered, Rules memory rules, Run memory state)
        private
        pure
        returns (uint256 deductible, uint256 paid)
    {
        unchecked {
            deductible = _min(covered, state.deductibleLeft);
            uint256 rest = covered - deductible; // the lesser of the two
            paid = _banded(state.coveredUsed, rest, rules.bands);
            uint256 maximum = rules.benefit.outOfPocketMax;
            if (maximum != NONE) {
                uint256 share = covered - paid; // bands pay at most `rest`
                paid += _min(share, _above(state.outOfPocketUsed + share, maximum));
            }
            paid = _min(paid, state.left);
            state.deductibleLeft -= deductible; // the lesser of the two
            state.coveredUsed += rest;
            state.outOfPocketUsed += covered - paid; // `paid` grew by `share` at most
            state.left -= paid; // the lesser of the two
        }
    }

    /// @dev What the bands pay of `rest`, which lies above `from` in them: no more than `rest`.
    function _banded(uint256 from, uint256 rest, Band[] memory bands) private pure returns (uint256) {
        unchecked {
            if (rest == 0) return 0;
            uint256 until = from + rest;
            uint256 sum = 0;
            for (uint256 i = 0; i < bands.length && from < until; ++i) {
                Band memory band = bands[i];
                uint256 upTo = band.upTo == NONE ? type(uint256).max : band.upTo; // the open last has no end
                if (upTo <= from) continue;
                uint256 high = _min(upTo, until);
                sum += (high - from) * band.payBps; // both above `from`
                from = high;
            }
            return _halfUp(sum);
        }
    }

    /// @dev What the patient pays of a class before the plan begins (先行自付); an unknown class is not covered.
    function _selfPay(uint256 eligible, uint256 class, Rules memory rules) private pure returns (uint256) {
        unchecked {
            uint256 rate = class < rules.classes ? rules.rates >> (16 * class) & 0xffff : _BPS;
            return _halfUp(eligible * rate);
        }
    }

    /// @dev Basis points to units, half up.
    function _halfUp(uint256 product) private pure returns (uint256) {
        unchecked {
            return (2 * product + _BPS) / (2 * _BPS);
        }
    }

    /// @dev What `a` is above `b`, zero when it is not.
    function _above(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return a > b ? a - b : 0;
        }
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _narrow(uint256 value) private pure returns (uint48) {
        if (value > NONE) revert Benefits_Overflow();
        return uint48(value);
    }
}
