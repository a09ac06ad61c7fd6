// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Benefits} from "../libraries/Benefits.sol";
import {AgreementId, PlanId, PolicyId} from "../types/Care.sol";
import {Accumulators, Cover, Line} from "../types/Insurance.sol";
import {MemberId} from "../types/Types.sol";
import {Policies} from "./Policies.sol";

/// @title Adjudicator
/// @notice The part of {InsurancePlans} that reserves for an agreement and adjudicates its claim.
abstract contract Adjudicator is Policies {
    /// @dev A claim while it is adjudicated; `remaining` by line after the policies so far, `others` what they pay that are not by case.
    struct Work {
        AgreementId agreement;
        uint32 firstDay;
        uint32 lastDay;
        uint256 count;
        uint256[] remaining;
        uint256 others;
        bool hasCase;
        uint256 caseIndex;
        Turn byCase;
    }

    /// @dev One policy of it: `own` is its reservation for this claim, `limit` what its annual limit leaves.
    struct Turn {
        PolicyId policy;
        PlanId plan;
        uint32 period;
        uint256 own;
        uint256 limit;
        uint256 caseRate;
        Used used;
        uint256[] lines;
    }

    function _reserve(PolicyId[4] calldata policies, uint32 serviceDay, Line[] calldata lines, Cover[] calldata covers)
        internal
        returns (uint48[4] memory reserved)
    {
        uint256 count = covers.length / lines.length;
        for (uint256 i = 0; i < count; ++i) {
            PolicyId policy = policies[i];
            Benefits.Rules memory rules = _rulesOf(_policies[policy].plan);
            uint256 needed = Benefits.reservationOf(lines, covers, i, rules);
            reserved[i] = _hold(policy, serviceDay, needed);
        }
    }

    /// @dev Policies one after the other over all lines; a policy by case pays last, from what the others and the patient pay.
    function _adjudicate(
        Work memory work,
        PolicyId[4] calldata policies,
        Line[] calldata lines,
        Cover[] calldata covers,
        uint48[4] calldata reserved
    ) internal returns (Outcome[] memory outcomes, uint256 patientShare) {
        work.count = covers.length / lines.length;
        work.remaining = new uint256[](lines.length);
        for (uint256 k = 0; k < lines.length; ++k) {
            work.remaining[k] = lines[k].billed;
        }
        outcomes = new Outcome[](work.count);
        for (uint256 i = 0; i < work.count; ++i) {
            _takeTurn(work, policies[i], covers, i, reserved[i], outcomes[i]);
        }
        for (uint256 k = 0; k < lines.length; ++k) {
            patientShare += work.remaining[k];
        }
        if (work.hasCase) {
            Turn memory turn = work.byCase;
            Outcome memory outcome = outcomes[work.caseIndex];
            uint256 left = _inPool(turn, outcome.insurer);
            outcome.share.paid = Benefits.caseOf(turn.caseRate, patientShare, work.others, left);
            _keep(work.agreement, turn, outcome);
        }
    }

    /// @dev Policy `index` runs over the lines; one that does not cover the days that were served pays nothing.
    function _takeTurn(
        Work memory work,
        PolicyId policy,
        Cover[] calldata covers,
        uint256 index,
        uint48 own,
        Outcome memory outcome
    ) private {
        Turn memory turn = _turnOf(work, policy, own, outcome);
        if (outcome.covered) {
            _runOver(work, turn, covers, index, outcome);
            if (turn.caseRate != _NONE) {
                work.hasCase = true;
                work.caseIndex = index;
                work.byCase = turn;
                return;
            }
        }
        work.others += outcome.share.paid;
        _keep(work.agreement, turn, outcome);
    }

    function _turnOf(Work memory work, PolicyId policy, uint48 own, Outcome memory outcome)
        private
        view
        returns (Turn memory turn)
    {
        Policy storage found = _policies[policy];
        outcome.insurer = found.insurer;
        outcome.covered = work.firstDay >= found.firstDay && work.lastDay <= found.lastDay;
        turn.policy = policy;
        turn.plan = found.plan;
        PlanSlot memory slot = _plans[turn.plan];
        turn.own = own;
        turn.period = _periodIn(slot, work.firstDay);
        turn.used = _used[policy][turn.period];
        turn.limit = _left(slot.annualLimit, turn.used.paid, turn.used.reserved - own);
        turn.caseRate = slot.caseRate;
    }

    function _runOver(Work memory work, Turn memory turn, Cover[] calldata covers, uint256 index, Outcome memory outcome)
        private
        view
    {
        Used memory used = turn.used;
        Accumulators memory before = Accumulators(used.deductible, used.covered, used.outOfPocket, used.paid);
        // By case the lines move no money: {_adjudicate} holds what it pays against the pool.
        uint256 left = turn.caseRate == _NONE ? _inPool(turn, outcome.insurer) : turn.limit;
        Benefits.Rules memory rules = _rulesOf(turn.plan);
        (outcome.share, turn.lines) = Benefits.run(work.remaining, covers, index, rules, before, left);
    }

    /// @dev What of a policy's limit its insurer's pool has: what is reserved for this claim, and what is free.
    function _inPool(Turn memory turn, MemberId insurer) private view returns (uint256) {
        return _min(turn.limit, turn.own + _pools[insurer].free);
    }

    /// @dev Writes what a policy adds to its accumulators; what it pays stays reserved in its insurer's pool until it is paid.
    function _keep(AgreementId agreement, Turn memory turn, Outcome memory outcome) private {
        uint48 paid = outcome.share.paid;
        outcome.reviewed = paid > _reviews[turn.plan].autoAdjudicationLimit;
        Used memory used = turn.used;
        // These two have no bound of their own; deductible and payments stay below the plan's.
        outcome.share.covered = _fitting(used.covered, outcome.share.covered);
        outcome.share.outOfPocket = _fitting(used.outOfPocket, outcome.share.outOfPocket);
        used.deductible += outcome.share.deductible;
        used.covered += outcome.share.covered;
        used.outOfPocket += outcome.share.outOfPocket;
        used.paid += paid;
        used.reserved -= uint48(turn.own); // a reservation is an uint48
        _used[turn.policy][turn.period] = used;
        Pool memory pool = _pools[outcome.insurer];
        _pools[outcome.insurer] = Pool(
            SafeCast.toUint128(uint256(pool.free) + turn.own - paid), SafeCast.toUint128(uint256(pool.reserved) - turn.own + paid)
        );
        emit Adjudicated(agreement, turn.policy, turn.period, outcome.share, turn.lines);
    }

    /// @dev Reserves what is needed of what a policy's annual limit leaves; the pool must have it.
    function _hold(PolicyId policy, uint32 serviceDay, uint256 needed) private returns (uint48 amount) {
        Policy storage found = _policies[policy];
        PlanSlot memory slot = _plans[found.plan];
        Used storage used = _used[policy][_periodIn(slot, serviceDay)];
        amount = SafeCast.toUint48(_min(needed, _left(slot.annualLimit, used.paid, used.reserved)));
        Pool memory pool = _pools[slot.insurer];
        if (amount > pool.free) revert InsurancePlans_PoolExhausted(slot.insurer, pool.free, amount);
        used.reserved += amount;
        _pools[slot.insurer] = Pool(pool.free - amount, pool.reserved + amount);
    }

    function _rulesOf(PlanId plan) private view returns (Benefits.Rules memory) {
        PlanSlot memory slot = _plans[plan];
        return Benefits.Rules(_benefitOf(slot), _bandsOf(plan, slot.bands), _classes[plan], slot.classes);
    }

    /// @dev What a limit leaves; opening accumulators may have used more than it.
    function _left(uint256 limit, uint256 paid, uint256 reserved) private pure returns (uint256) {
        return limit > paid + reserved ? limit - paid - reserved : 0;
    }

    /// @dev The part of `added` with which an accumulator still fits 48 bits: nothing may stop a completion.
    function _fitting(uint48 used, uint48 added) private pure returns (uint48) {
        uint48 room = type(uint48).max - used;
        return added < room ? added : room;
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
