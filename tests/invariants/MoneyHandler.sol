// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Vm} from "forge-std/Vm.sol";
import {ICareAgreements} from "../../contracts/interfaces/ICareAgreements.sol";
import {IClaimSettlement} from "../../contracts/interfaces/IClaimSettlement.sol";
import {AgreementState} from "../../contracts/types/Care.sol";
import {Share} from "../../contracts/types/Insurance.sol";
import {MoneyRulings} from "./MoneyRulings.sol";

/// @notice Treats, bills and pays at random: offers and acceptances, completions, and what moves money without a quarrel.
contract MoneyHandler is MoneyRulings {
    uint256 private constant _MOST = 10;

    function setUp() public override {
        super.setUp();
        issued = token.totalIssued();
    }

    function offer(uint256 seed) public {
        seed = _spread(seed);
        uint256 slot = _slot(seed);
        uint256 provider = (seed >> 1) % 2;
        if (debts[provider] != 0 && seed % 16 != 0) provider = 1 - provider;
        if (slot == NOBODYS) return end(seed);
        if (debts[provider] != 0 && seed % 16 != 0) return repay(seed);
        uint256 person = seed % 2;
        Treatment memory treatment = _newTreatment(seed >> 8, person, provider);
        uint256 count = treatment.covers.length / 3;
        ICareAgreements.Predetermination[] memory answers = _answers(treatment, count);
        bytes memory data =
            abi.encodeCall(agreements.offer, (treatment.terms, treatment.lines, treatment.covers, answers));
        (bool success,) = _call(hospitals[provider].finance, address(agreements), data);
        if (success && debts[provider] != 0) ++wrongSuccesses;
        if (!success) return;
        _empty(slot);
        Deal storage d = deals[slot];
        d.treatment = abi.encode(treatment);
        d.id = _idOf(treatment);
        (d.person, d.provider, d.count) = (person, provider, count);
        d.policies = treatment.terms.policies;
        d.state = AgreementState.Offered;
        touched = slot;
    }

    function accept(uint256 seed) public {
        seed = _spread(seed);
        uint256 deal = _find(seed, OFFERED);
        if (deal == NOBODYS) return offer(seed);
        Deal storage d = deals[deal];
        Treatment memory treatment = _treatmentOf(d);
        if (block.timestamp > treatment.terms.acceptUntil && seed % 8 != 0) return end(seed);
        payer = people[d.person].payer;
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        bytes memory data = abi.encodeCall(
            agreements.accept, (treatment.terms, treatment.lines, treatment.covers, acceptance)
        );
        address caller = people[d.person].controller;
        if ((seed >> 8) % 2 == 0) {
            bytes memory signature = _sign(caller, _acceptDigest(treatment, acceptance));
            caller = stranger;
            data = abi.encodeCall(
                agreements.acceptBySig, (treatment.terms, treatment.lines, treatment.covers, acceptance, signature)
            );
        }
        (bool success, Vm.Log[] memory logs) = _call(caller, address(agreements), data);
        if (!success) return;
        d.state = AgreementState.Accepted;
        (d.accepted, d.deposit) = (treatment.terms.deposit, treatment.terms.deposit);
        d.reserved = agreements.agreementOf(d.id).reserved;
        _observe(deal, d.provider, payer, logs);
    }

    /// @notice Ends an offer or an agreement: the patient cancels, the provider withdraws, or anybody tells that time is over.
    function end(uint256 seed) public {
        seed = _spread(seed);
        uint256 deal = _find(seed, OFFERED | ACCEPTED);
        if (deal == NOBODYS) return;
        Deal storage d = deals[deal];
        Treatment memory treatment = _treatmentOf(d);
        uint256 last = d.state == AgreementState.Offered
            ? treatment.terms.acceptUntil
            : agreements.completeUntil(treatment.terms);
        AgreementState state = AgreementState.Expired;
        bytes memory data = abi.encodeCall(agreements.expire, (treatment.terms));
        address caller = stranger;
        if (block.timestamp <= last) {
            if (d.state == AgreementState.Accepted && seed % 4 != 0) return _release(deal, treatment);
            bool cancels = (seed >> 8) % 2 == 0;
            (caller, data) = cancels
                ? (people[d.person].controller, abi.encodeCall(agreements.cancel, (treatment.terms)))
                : (hospitals[d.provider].finance, abi.encodeCall(agreements.withdraw, (treatment.terms)));
            state = !cancels
                ? AgreementState.Withdrawn
                : d.state == AgreementState.Offered ? AgreementState.Declined : AgreementState.Cancelled;
        }
        (bool success, Vm.Log[] memory logs) = _call(caller, address(agreements), data);
        if (!success) return;
        d.state = state;
        d.deposit = 0;
        _observe(deal, d.provider, address(0), logs);
    }

    function complete(uint256 seed) public override {
        seed = _spread(seed);
        uint256 deal = _find(seed, ACCEPTED);
        if (deal == NOBODYS) return accept(seed);
        Deal storage d = deals[deal];
        Treatment memory treatment = _treatmentOf(d);
        if (_today() + 1 < treatment.terms.serviceFrom && seed % 8 != 0) return wait(seed);
        if (block.timestamp > agreements.completeUntil(treatment.terms)) return end(seed);
        IClaimSettlement.SignedReceipt memory receipt;
        if ((seed >> 8) % 2 == 0) receipt = _receiptOf(d, treatment);
        IClaimSettlement.Completion memory completion =
            _completion(treatment, _newEvidence(treatment, d.provider), new uint8[](3), receipt);
        bytes memory data = abi.encodeCall(settlement.complete, (completion));
        (bool success, Vm.Log[] memory logs) = _call(hospitals[d.provider].finance, address(settlement), data);
        if (!success) return;
        _file(d, treatment, logs);
        d.filedAt = block.timestamp;
        d.payableAt = receipt.signature.length != 0 ? block.timestamp : block.timestamp + 7 days;
        _observe(deal, d.provider, address(0), logs);
    }

    /// @notice The patient confirms, itself or by signature.
    function confirm(uint256 seed) public {
        seed = _spread(seed);
        uint256 deal = _find(seed, PENDING);
        if (deal == NOBODYS) return complete(seed);
        Deal storage d = deals[deal];
        if (block.timestamp >= d.payableAt && seed % 8 != 0) return release(seed);
        Treatment memory treatment = _treatmentOf(d);
        bool signed = (seed >> 8) % 2 == 0;
        bytes memory data = signed
            ? abi.encodeCall(settlement.confirmBySig, (treatment.terms, _receiptOf(d, treatment)))
            : abi.encodeCall(settlement.confirm, (treatment.terms));
        (bool success, Vm.Log[] memory logs) =
            _call(signed ? stranger : people[d.person].controller, address(settlement), data);
        if (!success) return;
        d.payableAt = block.timestamp;
        _observe(deal, d.provider, address(0), logs);
    }

    function payReceivable(uint256 seed) public {
        seed = _spread(seed);
        for (uint256 i = 0; i < deals.length; ++i) {
            uint256 deal = (seed + i) % deals.length;
            Deal storage d = deals[deal];
            if (!d.depositPaid || d.receivable == 0) continue;
            uint48 amount = uint48(1 + (seed >> 8) % (d.receivable + d.receivable / 8));
            bytes memory data = abi.encodeCall(settlement.payReceivable, (_treatmentOf(d).terms, amount));
            (bool success, Vm.Log[] memory logs) = _call(people[d.person].payer, address(settlement), data);
            if (!success) return;
            d.receivable -= amount;
            _observe(deal, d.provider, people[d.person].payer, logs);
            return;
        }
        complete(seed);
    }

    function repay(uint256 seed) public {
        seed = _spread(seed);
        uint256 provider = seed % 2;
        if (debts[provider] == 0) provider = 1 - provider;
        if (debts[provider] == 0) return rule(seed);
        uint48 amount = uint48(1 + (seed >> 8) % (debts[provider] * 2));
        address caller = hospitals[provider].finance;
        bytes memory data = abi.encodeCall(settlement.repay, (hospitals[provider].member, amount));
        (bool success, Vm.Log[] memory logs) = _call(caller, address(settlement), data);
        if (success) _observe(NOBODYS, provider, caller, logs);
    }

    /// @notice An insurer takes a part of its free money, or brings it back.
    function pool(uint256 seed) public {
        seed = _spread(seed);
        Insurer memory by = insurers[seed % 2];
        uint128 free = plans.poolOf(by.member).free;
        uint128 amount = uint128((seed >> 16) % (uint256(free) / 4 + 1));
        bool funding = (seed >> 8) % 2 == 0 && amount <= token.balanceOf(by.finance);
        bytes memory data =
            funding ? abi.encodeCall(plans.fund, (by.member, amount)) : abi.encodeCall(plans.withdraw, (amount));
        (bool success, Vm.Log[] memory logs) = _call(by.finance, address(plans), data);
        if (success) _observe(NOBODYS, 0, by.finance, logs);
    }

    /// @notice Some hours; seldom so long that a contest would stand.
    function wait(uint256 seed) public {
        seed = _spread(seed);
        skip(bound(seed >> 8, 1 hours, seed % 4 == 0 ? 30 days : 2 days));
        _count(true);
    }

    /// @dev After its time anybody frees what an agreement reserved.
    function _release(uint256 deal, Treatment memory treatment) private {
        if (block.timestamp <= treatment.terms.reservedUntil) return;
        Deal storage d = deals[deal];
        bytes memory data = abi.encodeCall(agreements.releaseReservations, (treatment.terms));
        (bool success, Vm.Log[] memory logs) = _call(stranger, address(agreements), data);
        if (!success) return;
        delete d.reserved;
        _observe(deal, d.provider, address(0), logs);
    }

    /// @dev What the claim was adjudicated to; without a policy by case it is the price.
    function _file(Deal storage d, Treatment memory treatment, Vm.Log[] memory logs) private {
        uint256 paid = 0;
        for (uint8 i = 0; i < d.count; ++i) {
            d.shares[i] = settlement.shareOf(d.id, i);
            paid += d.shares[i].paid;
            if (d.shares[i].paid > AUTO_LIMIT) d.reviews |= 1 << i;
        }
        bool byCase = d.count != 0 && d.policies[d.count - 1] == people[d.person].policies[CASE_POLICY];
        uint256 share = byCase ? _shareIn(logs) : treatment.terms.price - paid;
        uint256 most = treatment.terms.maxPatientShare;
        d.owed = share < most ? share : most;
        d.receivable = d.owed > d.deposit ? d.owed - d.deposit : 0;
        d.writtenOff = share - d.owed;
        d.gross = paid + share;
        d.state = AgreementState.Completed;
    }

    /// @dev The patient's part and what is written off, of the event: a payment by case adds to what the lines are.
    function _shareIn(Vm.Log[] memory logs) private pure returns (uint256) {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IClaimSettlement.ClaimFiled.selector) continue;
            (,, uint48 owed, uint48 writtenOff,) =
                abi.decode(logs[i].data, (uint32[2], uint48[4], uint48, uint48, uint8));
            return uint256(owed) + writtenOff;
        }
        revert("no claim was filed");
    }

    function _receiptOf(Deal storage d, Treatment memory treatment)
        private
        view
        returns (IClaimSettlement.SignedReceipt memory)
    {
        uint40 deadline = _deadline();
        bytes memory signature = _sign(people[d.person].controller, _receiptDigest(treatment, deadline));
        return IClaimSettlement.SignedReceipt(deadline, signature);
    }

    /// @dev A place for a new treatment: at most {_MOST} at a time, the place of one that is over when there are as many.
    function _slot(uint256 seed) private view returns (uint256) {
        return deals.length < _MOST ? deals.length : _find(seed >> 128, SETTLED | REVERSED | ENDED);
    }

    /// @dev What a claim that leaves added to the accumulators stays there.
    function _empty(uint256 slot) private {
        if (slot == deals.length) {
            deals.push();
            return;
        }
        Deal storage d = deals[slot];
        for (uint256 k = 0; k < d.count; ++k) {
            Share memory sum = folded[d.policies[k]];
            _add(sum, d.shares[k]);
            folded[d.policies[k]] = sum;
        }
        delete deals[slot];
    }
}
