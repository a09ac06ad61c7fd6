// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Benefits} from "../libraries/Benefits.sol";
import {AgreementId, PlanId, PolicyId, Terms} from "../types/Care.sol";
import {Accumulators, Cover, Line, Share} from "../types/Insurance.sol";
import {MemberId} from "../types/Types.sol";
import {Policies} from "./Policies.sol";

/// @title Adjudicator
/// @notice The part of {InsurancePlans} that reserves for an agreement and adjudicates its claim.
abstract contract Adjudicator is Policies {
    /// @dev One policy of a claim while the claim is adjudicated.
    struct Turn {
        PolicyId policy;
        MemberId insurer;
        PlanId plan;
        uint32 period;
        uint48 reserved;
        uint48 caseRate;
        Used used;
    }

    function _reserve(Terms calldata terms, Line[] calldata lines, Cover[] calldata covers)
        internal
        returns (uint48[4] memory reserved)
    {
        uint256 count = covers.length / lines.length;
        for (uint256 i = 0; i < count; ++i) {
            PolicyId policy = terms.policies[i];
            PlanId plan = _policies[policy].plan;
            PlanSlot memory slot = _plans[plan];
            Used storage used = _used[policy][_periodOf(plan, terms.serviceFrom)];
            uint256 needed = Benefits.reservationOf(lines, covers, count, i, _rulesOf(plan, slot));
            uint256 left = _left(slot.annualLimit, used.paid, used.reserved);
            uint48 amount = SafeCast.toUint48(needed < left ? needed : left);
            Pool memory pool = _pools[slot.insurer];
            if (amount > pool.free) revert InsurancePlans_PoolExhausted(slot.insurer, pool.free, amount);
            used.reserved += amount;
            _pools[slot.insurer] = Pool(pool.free - amount, pool.reserved + amount);
            reserved[i] = amount;
        }
    }

    /// @dev Policies one after the other over all lines; a policy by case pays last, from what the others and the patient pay.
    function _adjudicate(
        AgreementId agreement,
        Terms calldata terms,
        Line[] calldata lines,
        Cover[] calldata covers,
        uint48[4] calldata reserved,
        uint32[2] memory daysServed
    ) internal returns (Outcome[] memory outcomes, uint256 patientShare) {
        // … (arithmetic by {Benefits})
    }

    /// @dev What a limit leaves; after a ruling or by opening accumulators more may be used than the limit.
    function _left(uint256 limit, uint256 paid, uint256 reserved) private pure returns (uint256) {
        return limit > paid + reserved ? limit - paid - reserved : 0;
    }
}
