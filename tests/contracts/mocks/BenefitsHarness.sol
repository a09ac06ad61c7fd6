// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Benefits} from "../../../contracts/libraries/Benefits.sol";
import {Periods} from "../../../contracts/libraries/Periods.sol";
import {Accumulators, Band, Benefit, Cover, Line, Share} from "../../../contracts/types/Insurance.sol";

/// @notice {Benefits} and {Periods} from outside: whole claims, and many of them in one call.
contract BenefitsHarness {
    /// @dev A policy as it stands before a claim; `left` is what its limit and its pool leave.
    struct Policy {
        Benefit benefit;
        Band[] bands;
        uint16[] selfPayBps;
        Accumulators used;
        uint256 left;
    }

    struct Claim {
        Line[] lines;
        Cover[] covers;
        Policy[] policies;
    }

    struct Result {
        Share[] shares;
        uint256[][] lines;
        uint256[] remaining;
    }

    /// @notice Policies one after the other over all lines; the one by case pays last.
    function adjudicate(Claim calldata claim) public pure returns (Result memory result) {
        uint256 count = claim.policies.length;
        result.shares = new Share[](count);
        result.lines = new uint256[][](count);
        result.remaining = new uint256[](claim.lines.length);
        for (uint256 k = 0; k < claim.lines.length; ++k) {
            result.remaining[k] = claim.lines[k].billed;
        }
        for (uint256 i = 0; i < count; ++i) {
            Policy calldata policy = claim.policies[i];
            (result.shares[i], result.lines[i]) =
                Benefits.run(result.remaining, claim.covers, i, rulesOf(policy), policy.used, policy.left);
        }
        for (uint256 i = 0; i < count; ++i) {
            uint256 caseRate = claim.policies[i].benefit.caseRate;
            if (caseRate != Benefits.NONE) {
                result.shares[i].paid = Benefits.caseOf(
                    caseRate, _sum(result.remaining), _others(result.shares, i), claim.policies[i].left
                );
            }
        }
    }

    /// @notice What each policy reserves for a claim.
    function reservations(Claim calldata claim) public pure returns (uint256[] memory needed) {
        uint256 count = claim.policies.length;
        needed = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            needed[i] = Benefits.reservationOf(claim.lines, claim.covers, i, rulesOf(claim.policies[i]));
        }
    }

    /// @notice Claims one by one: for each policy its share (48 bits a field, the first lowest), its lines and its reservation, then
    /// what remains of each line.
    function adjudicateMany(Claim[] calldata claims) external pure returns (bytes memory results) {
        for (uint256 c = 0; c < claims.length; ++c) {
            Result memory result = adjudicate(claims[c]);
            uint256[] memory needed = reservations(claims[c]);
            bytes memory one;
            for (uint256 i = 0; i < needed.length; ++i) {
                one = bytes.concat(one, abi.encodePacked(packed(result.shares[i]), result.lines[i], needed[i]));
            }
            results = bytes.concat(results, one, abi.encodePacked(result.remaining));
        }
    }

    function periodOf(uint32 day, uint8 month) external pure returns (uint32) {
        return Periods.periodOf(day, month);
    }

    function packed(Share memory share) public pure returns (uint256) {
        return share.deductible | uint256(share.covered) << 48 | uint256(share.outOfPocket) << 96 | uint256(share.paid) << 144;
    }

    function rulesOf(Policy calldata policy) public pure returns (Benefits.Rules memory) {
        uint256 rates = 0;
        for (uint256 i = 0; i < policy.selfPayBps.length; ++i) {
            rates |= uint256(policy.selfPayBps[i]) << (16 * i);
        }
        return Benefits.Rules(policy.benefit, policy.bands, rates, policy.selfPayBps.length);
    }

    function _sum(uint256[] memory amounts) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < amounts.length; ++i) {
            sum += amounts[i];
        }
    }

    function _others(Share[] memory shares, uint256 index) private pure returns (uint256 paid) {
        for (uint256 i = 0; i < shares.length; ++i) {
            if (i != index) paid += shares[i].paid;
        }
    }
}
