// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Vm} from "forge-std/Vm.sol";
import {IClaimSettlement} from "../../contracts/interfaces/IClaimSettlement.sol";
import {AgreementState, ClaimStage, PolicyId} from "../../contracts/types/Care.sol";
import {Share} from "../../contracts/types/Insurance.sol";
import {MoneyGhosts} from "./MoneyGhosts.sol";

/// @notice Reviews, contests, disputes, reversals and strangers at random, and the exit of everything by time.
abstract contract MoneyRulings is MoneyGhosts {
    uint256 internal constant OFFERED = 1 << 0;
    uint256 internal constant ACCEPTED = 1 << 1;
    uint256 internal constant PENDING = 1 << 2;
    uint256 internal constant CONTESTED = 1 << 3;
    uint256 internal constant DISPUTED = 1 << 4;
    uint256 internal constant SETTLED = 1 << 5;
    uint256 internal constant REVERSED = 1 << 6;
    uint256 internal constant ENDED = 1 << 7;

    /// @notice See {MoneyHandler}; a call that finds nothing to do on its way makes what it needs.
    function complete(uint256 seed) public virtual;

    /// @notice Anybody has what is due paid; of a disputed claim nothing is.
    function release(uint256 seed) public {
        seed = _spread(seed);
        uint256 deal = _find(seed, seed % 8 == 0 ? DISPUTED : PENDING | CONTESTED);
        if (deal == NOBODYS) return complete(seed);
        Deal storage d = deals[deal];
        if (block.timestamp < d.payableAt && (seed >> 8) % 8 != 0) return complete(seed);
        _releaseBy(stranger, deal);
    }

    /// @notice The insurer whose turn it is asks for the evidence, has it, approves or contests.
    function review(uint256 seed) public {
        seed = _spread(seed);
        uint256 deal = _find(seed, PENDING);
        for (uint256 i = 0; i < deals.length && deal != NOBODYS && deals[deal].reviews == 0; ++i) {
            deal = _find(seed + i, PENDING);
        }
        if (deal == NOBODYS || deals[deal].reviews == 0) return complete(seed);
        Deal storage d = deals[deal];
        uint256 turn = _turn(d);
        bytes memory data = _answer((seed >> 8) % 4, _treatmentOf(d));
        address caller = insurers[insurerOfPolicy[d.policies[turn]]].adjudicator;
        (bool success, Vm.Log[] memory logs) = _call(caller, address(settlement), data);
        if (!success) return;
        if ((seed >> 8) % 4 == 2) d.reviews &= ~(1 << turn);
        if ((seed >> 8) % 4 == 3) d.contested = true;
        _observe(deal, d.provider, address(0), logs);
    }

    /// @notice The provider gives in to a contest, or anybody says so after 14 days.
    function concede(uint256 seed) public {
        seed = _spread(seed);
        uint256 deal = _find(seed, CONTESTED);
        if (deal == NOBODYS) return review(seed);
        Deal storage d = deals[deal];
        bool silent = block.timestamp > settlement.claimOf(d.id).clock;
        _concedeBy(silent ? stranger : hospitals[d.provider].finance, deal);
    }

    function lock(uint256 seed) public {
        seed = _spread(seed);
        uint256 deal = _find(seed, PENDING | CONTESTED | SETTLED);
        if (deal == NOBODYS) return complete(seed);
        Deal storage d = deals[deal];
        bytes memory data = abi.encodeCall(settlement.lock, (_treatmentOf(d).terms));
        uint256 clock = settlement.claimOf(d.id).clock;
        (bool success, Vm.Log[] memory logs) = _call(disputes, address(settlement), data);
        if (!success) return;
        if (d.contested && block.timestamp > clock) ++wrongTimes;
        bool silent = d.reviews != 0 && block.timestamp > clock + REVIEW_PERIOD;
        if (d.contested || silent) d.reviews &= ~(1 << _turn(d));
        d.contested = false;
        _observe(deal, d.provider, address(0), logs);
    }

    /// @notice A panel rules on a locked claim: a part, all, or more than there is.
    function rule(uint256 seed) public {
        seed = _spread(seed);
        uint256 deal = _find(seed, DISPUTED);
        if (deal == NOBODYS) return lock(seed);
        Deal storage d = deals[deal];
        IClaimSettlement.Ruling memory ruling;
        ruling.reversed = (seed >> 8) % 8 == 0;
        bool tooMuch = !ruling.reversed && (seed >> 8) % 8 == 1;
        for (uint256 i = 0; i < d.count; ++i) {
            ruling.removed[i] = uint48(uint256(d.shares[i].paid) * ((seed >> (16 + 8 * i)) % 5) / 4);
        }
        ruling.refund = uint48(d.owed * ((seed >> 64) % 5) / 4 + (tooMuch ? d.owed + 1 : 0));
        if (_ruleBy(deal, ruling) && tooMuch) ++wrongSuccesses;
    }

    /// @notice The provider gives everything back.
    function reverse(uint256 seed) public {
        seed = _spread(seed);
        if (seed % 2 == 0) return complete(seed);
        uint256 deal = _find(seed, seed % 16 == 1 ? DISPUTED : PENDING | CONTESTED | SETTLED);
        if (deal == NOBODYS) return complete(seed);
        Deal storage d = deals[deal];
        bool locked = _phase(d) == DISPUTED;
        address caller = hospitals[d.provider].finance;
        bytes memory data = abi.encodeCall(settlement.reverse, (_treatmentOf(d).terms));
        (bool success, Vm.Log[] memory logs) = _call(caller, address(settlement), data);
        if (success && locked) ++wrongSuccesses;
        if (!success) return;
        _giveBack(d);
        _observe(deal, d.provider, caller, logs);
    }

    /// @notice Everybody tries what only another may, where that other might: nothing succeeds.
    function strangers(uint256 seed) public {
        seed = _spread(seed);
        uint256 deal = _find(seed, _open((seed >> 16) % 15));
        if (deal == NOBODYS) deal = _find(seed, ~uint256(0));
        if (deal == NOBODYS) return;
        Deal storage d = deals[deal];
        Treatment memory treatment = _treatmentOf(d);
        address[6] memory callers = [
            stranger,
            bank.finance,
            address(council),
            people[1 - d.person].controller,
            hospitals[1 - d.provider].finance,
            people[d.person].payer
        ];
        (address target, bytes memory data) = _attempt(d, treatment, seed >> 16);
        (bool success,) = _call(callers[(seed >> 8) % 6], target, data);
        if (success) ++wrongSuccesses;
    }

    /// @notice Without anybody's help every agreement and claim ends, and nothing of them stays locked.
    function leave() external {
        for (uint256 round = 0; round < 6; ++round) {
            skip(60 days);
            for (uint256 i = 0; i < deals.length; ++i) {
                _leave(i);
            }
        }
        for (uint256 i = 0; i < deals.length; ++i) {
            assertTrue(_phase(deals[i]) & (SETTLED | REVERSED | ENDED) != 0, "no exit by time");
        }
        assertEq(token.balanceOf(address(agreements)), 0, "a deposit without an exit");
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(plans.poolOf(insurers[i].member).reserved, 0, "a reservation without an exit");
        }
    }

    function _leave(uint256 i) private {
        Deal storage d = deals[i];
        if (_phase(d) & (OFFERED | ACCEPTED) != 0) {
            bytes memory data = abi.encodeCall(agreements.expire, (_treatmentOf(d).terms));
            (bool success, Vm.Log[] memory logs) = _call(stranger, address(agreements), data);
            assertTrue(success, "cannot expire");
            d.state = AgreementState.Expired;
            d.deposit = 0;
            _observe(i, d.provider, address(0), logs);
        }
        IClaimSettlement.Ruling memory nothing;
        if (_phase(d) == DISPUTED) assertTrue(_ruleBy(i, nothing), "cannot lapse");
        if (_phase(d) == CONTESTED) assertTrue(_concedeBy(stranger, i), "cannot be conceded");
        if (_phase(d) == PENDING) assertTrue(_releaseBy(stranger, i), "cannot be released");
    }

    function _releaseBy(address caller, uint256 deal) private returns (bool success) {
        Deal storage d = deals[deal];
        bool locked = _phase(d) == DISPUTED;
        Vm.Log[] memory logs;
        bytes memory data = abi.encodeCall(settlement.release, (_treatmentOf(d).terms));
        (success, logs) = _call(caller, address(settlement), data);
        if (success && locked) ++wrongSuccesses;
        if (success) _observe(deal, d.provider, address(0), logs);
    }

    function _concedeBy(address caller, uint256 deal) private returns (bool success) {
        Deal storage d = deals[deal];
        Vm.Log[] memory logs;
        bytes memory data = abi.encodeCall(settlement.concede, (_treatmentOf(d).terms));
        (success, logs) = _call(caller, address(settlement), data);
        if (!success) return false;
        uint256 turn = _turn(d);
        d.lost += d.shares[turn].paid;
        d.shares[turn].paid = 0;
        d.reviews &= ~(1 << turn);
        d.contested = false;
        _observe(deal, d.provider, address(0), logs);
    }

    function _ruleBy(uint256 deal, IClaimSettlement.Ruling memory ruling) private returns (bool success) {
        Deal storage d = deals[deal];
        Vm.Log[] memory logs;
        bytes memory data = abi.encodeCall(settlement.applyRuling, (_treatmentOf(d).terms, ruling));
        (success, logs) = _call(disputes, address(settlement), data);
        if (!success) return false;
        for (uint256 i = 0; i < d.count; ++i) {
            uint48 removed = ruling.reversed ? d.shares[i].paid : ruling.removed[i];
            d.shares[i].paid -= removed;
            if (d.shares[i].paid == 0) d.reviews &= ~(1 << i);
            _take(d, i < d.next, removed);
            if (i < d.next) poolDebts[d.provider] += removed;
        }
        uint256 refund = ruling.reversed ? d.owed : ruling.refund;
        uint256 unpaid = refund < d.receivable ? refund : d.receivable;
        d.owed -= refund;
        d.receivable -= unpaid;
        _take(d, false, unpaid);
        _take(d, d.depositPaid, refund - unpaid);
        if (ruling.reversed) _giveBack(d);
        _observe(deal, d.provider, address(0), logs);
    }

    /// @dev What was paid becomes the provider's debt, what was not is its loss.
    function _take(Deal storage d, bool paid, uint256 amount) private {
        if (!paid) {
            d.lost += amount;
            return;
        }
        d.indebted += amount;
        debts[d.provider] += amount;
    }

    function _answer(uint256 choice, Treatment memory treatment) private view returns (bytes memory) {
        if (choice == 0) return abi.encodeCall(settlement.requestEvidence, (treatment.terms));
        if (choice == 1) return abi.encodeCall(settlement.receiveEvidence, (treatment.terms));
        if (choice == 2) return abi.encodeCall(settlement.approve, (treatment.terms));
        return abi.encodeCall(settlement.contest, (treatment.terms, 3, keccak256("finding")));
    }

    /// @dev The phases in which an attempt of {_attempt} would succeed, were the right one to make it.
    function _open(uint256 choice) private pure returns (uint256) {
        if (choice == 0) return OFFERED | ACCEPTED;
        if (choice == 1) return OFFERED;
        if (choice == 3) return ACCEPTED;
        if (choice == 9) return DISPUTED;
        return PENDING;
    }

    function _attempt(Deal storage d, Treatment memory treatment, uint256 seed)
        private
        view
        returns (address target, bytes memory data)
    {
        uint256 choice = seed % 15;
        target = choice < 4 ? address(agreements) : choice < 8 ? address(plans) : address(settlement);
        Share memory share;
        IClaimSettlement.Ruling memory ruling;
        PolicyId policyId = people[d.person].policies[0];
        if (choice == 0) data = abi.encodeCall(agreements.withdraw, (treatment.terms));
        if (choice == 1) data = abi.encodeCall(agreements.cancel, (treatment.terms));
        if (choice == 2) data = abi.encodeCall(agreements.disburse, (d.id, stranger, 1));
        if (choice == 3) data = abi.encodeCall(agreements.complete, (d.id, treatment.terms.patient, TODAY));
        if (choice == 4) data = abi.encodeCall(plans.pay, (d.id, policyId, stranger, 1));
        if (choice == 5) data = abi.encodeCall(plans.giveBack, (d.id, policyId, TODAY, share, 1));
        if (choice == 6) data = abi.encodeCall(plans.credit, (insurers[0].member, 1));
        if (choice == 7) data = abi.encodeCall(plans.withdraw, (1));
        if (choice == 8) data = abi.encodeCall(settlement.lock, (treatment.terms));
        if (choice == 9) data = abi.encodeCall(settlement.applyRuling, (treatment.terms, ruling));
        if (choice == 10) data = abi.encodeCall(settlement.reverse, (treatment.terms));
        if (choice == 11) data = abi.encodeCall(settlement.approve, (treatment.terms));
        if (choice == 12) data = abi.encodeCall(settlement.contest, (treatment.terms, 3, 0));
        if (choice == 13) data = abi.encodeCall(settlement.confirm, (treatment.terms));
        if (choice == 14) {
            target = address(token);
            data = abi.encodeCall(token.transferFrom, (hospitals[d.provider].finance, stranger, 1));
        }
    }

    function _call(address caller, address target, bytes memory data)
        internal
        returns (bool success, Vm.Log[] memory logs)
    {
        vm.recordLogs();
        vm.prank(caller);
        (success,) = target.call(data);
        logs = vm.getRecordedLogs();
        _count(success);
    }

    function _treatmentOf(Deal storage d) internal view returns (Treatment memory) {
        return abi.decode(d.treatment, (Treatment));
    }

    /// @dev A treatment in one of these phases, from any on; {NOBODYS} when there is none.
    function _find(uint256 seed, uint256 phases) internal view returns (uint256 deal) {
        for (uint256 i = 0; i < deals.length; ++i) {
            deal = ((seed >> 160) + i) % deals.length;
            if (_phase(deals[deal]) & phases != 0) return deal;
        }
        return NOBODYS;
    }

    function _phase(Deal storage d) internal view returns (uint256) {
        if (d.state == AgreementState.Offered) return OFFERED;
        if (d.state == AgreementState.Accepted) return ACCEPTED;
        ClaimStage stage = settlement.claimOf(d.id).stage;
        if (stage == ClaimStage.Pending) return PENDING;
        if (stage == ClaimStage.Contested) return CONTESTED;
        if (stage == ClaimStage.Disputed) return DISPUTED;
        if (stage == ClaimStage.Settled) return SETTLED;
        return stage == ClaimStage.Reversed ? REVERSED : ENDED;
    }
}
