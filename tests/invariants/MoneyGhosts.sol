// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Vm} from "forge-std/Vm.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IClaimSettlement} from "../../contracts/interfaces/IClaimSettlement.sol";
import {AgreementId, AgreementState, ClaimStage, PolicyId} from "../../contracts/types/Care.sol";
import {Accumulators, Share} from "../../contracts/types/Insurance.sol";
import {IInsurancePlans} from "../../contracts/interfaces/IInsurancePlans.sol";
import {MoneyParties} from "./MoneyParties.sol";

/// @notice What becomes of each treatment's money by the rules, told from the handler's calls and the token's transfers.
abstract contract MoneyGhosts is MoneyParties {
    /// @dev What the token moved for a claim, and what of the pools was due.
    struct Flows {
        uint256 fromPools;
        uint256 fromDeposit;
        uint256 refunded;
        uint256 receivablePaid;
        uint256 returned;
        uint256 due;
    }

    /// @dev `gross` is what the claim was adjudicated to; `lost` what was removed before it was paid, `indebted` after.
    struct Deal {
        bytes treatment;
        AgreementId id;
        uint256 person;
        uint256 provider;
        uint256 count;
        PolicyId[4] policies;
        AgreementState state;
        uint256 accepted;
        uint256 deposit;
        uint48[4] reserved;
        uint256 filedAt;
        uint256 payableAt;
        uint256 reviews;
        uint256 next;
        bool depositPaid;
        bool contested;
        bool reversed;
        uint256 gross;
        uint256 owed;
        uint256 receivable;
        uint256 writtenOff;
        uint256 lost;
        uint256 indebted;
        Share[4] shares;
        Flows flows;
    }

    uint256 internal constant NOBODYS = type(uint256).max;

    /// @notice Calls that nobody may make and that succeeded, payments before their time, and money that its holder did not send.
    uint256 public wrongSuccesses;
    uint256 public wrongTimes;
    uint256 public wrongSpenders;

    Deal[] internal deals;
    /// @dev By provider: what it owes, and what of it to pools.
    uint256[2] internal debts;
    uint256[2] internal poolDebts;
    /// @dev What claims that left the store added to their policies' accumulators.
    mapping(PolicyId policy => Share) internal folded;
    uint256 internal issued;
    /// @dev The treatment of the last call.
    uint256 internal touched;

    /// @dev Reads what the token moved in a call on `deal` in which only `spender` may pay; the model has changed before.
    function _observe(uint256 deal, uint256 provider, address spender, Vm.Log[] memory logs) internal {
        uint256 paidBefore = deal == NOBODYS ? 0 : deals[deal].flows.fromPools + deals[deal].flows.fromDeposit;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(token) || logs[i].topics[0] != IERC20.Transfer.selector) continue;
            address from = address(uint160(uint256(logs[i].topics[1])));
            address to = address(uint160(uint256(logs[i].topics[2])));
            _flow(deal, provider, spender, [from, to], abi.decode(logs[i].data, (uint256)));
        }
        if (deal == NOBODYS) return;
        touched = deal;
        Deal storage d = deals[deal];
        if (d.filedAt == 0) return;
        if (d.flows.fromPools + d.flows.fromDeposit != paidBefore && block.timestamp < d.payableAt) ++wrongTimes;
        _follow(d);
    }

    function _flow(uint256 deal, uint256 provider, address spender, address[2] memory way, uint256 amount) private {
        (address from, address to) = (way[0], way[1]);
        address payee_ = hospitals[provider].finance;
        if (from == address(settlement)) {
            // What a reversal returns comes through here too; its way begins at the provider.
            if (deal != NOBODYS && deals[deal].reversed) return;
            if (to != payee_) debts[provider] -= amount;
            if (to == address(plans)) poolDebts[provider] -= amount;
        } else if (from == address(agreements)) {
            if (to == people[deals[deal].person].payer) deals[deal].flows.refunded += amount;
            else deals[deal].flows.fromDeposit += amount;
        } else if (from == address(plans)) {
            if (deal != NOBODYS) deals[deal].flows.fromPools += amount;
            else if (to != spender) ++wrongSpenders;
        } else {
            if (from != spender) ++wrongSpenders;
            if (deal != NOBODYS && to != address(agreements)) {
                if (to == payee_) deals[deal].flows.receivablePaid += amount;
                else deals[deal].flows.returned += amount;
            }
        }
    }

    /// @dev Which policies were paid in the call, and whether their time had come.
    function _follow(Deal storage d) private {
        if (d.reversed) return;
        IClaimSettlement.Claim memory claim = settlement.claimOf(d.id);
        for (; d.next < claim.next; ++d.next) {
            d.flows.due += d.shares[d.next].paid;
            if (d.reviews >> d.next & 1 == 0) continue;
            // Silence: no review ends earlier than its period after filing, and none while it is contested.
            if (d.contested || block.timestamp <= d.filedAt + REVIEW_PERIOD) ++wrongTimes;
            d.reviews &= ~(1 << d.next);
        }
        if (!d.depositPaid && claim.depositPaid) {
            d.depositPaid = true;
            d.deposit = 0;
            d.state = AgreementState.Settled;
        }
    }

    /// @dev The claim gives everything back; `accepted` by the provider, or as a debt.
    function _giveBack(Deal storage d) internal {
        d.reversed = true;
        (d.owed, d.receivable, d.reviews, d.contested) = (0, 0, 0, false);
        delete d.shares;
        d.depositPaid = true;
        d.deposit = 0;
        d.state = AgreementState.Settled;
    }

    /// @dev The review whose turn it is.
    function _turn(Deal storage d) internal view returns (uint256 index) {
        while (d.reviews >> index & 1 == 0) ++index;
    }

    /// @notice {assertMoney}, and that no call changed another treatment than its own.
    function assertAllMoney() external view {
        assertMoney();
        for (uint256 i = 0; i < deals.length; ++i) {
            _assertDeal(deals[i]);
        }
        _assertAccumulators(0);
        _assertAccumulators(1);
    }

    /// @notice Reverts unless everybody's money is where the rules say; of treatments it looks into that of the last call.
    function assertMoney() public view {
        assertEq(wrongSuccesses, 0, "somebody moved another's money");
        assertEq(wrongTimes, 0, "paid before its time");
        assertEq(wrongSpenders, 0, "money left an account that did not send it");
        uint256[2] memory reserved;
        uint256 deposits = 0;
        for (uint256 i = 0; i < deals.length; ++i) {
            Deal storage d = deals[i];
            deposits += d.deposit;
            _addReserved(d, reserved);
        }
        if (touched < deals.length) {
            _assertDeal(deals[touched]);
            _assertAccumulators(deals[touched].person);
        }
        assertEq(token.balanceOf(address(agreements)), deposits, "deposits");
        _assertPools(reserved);
        _assertConserved();
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(settlement.debtOf(hospitals[i].member), debts[i], "debt");
            assertLe(poolDebts[i], debts[i], "what was owed to a pool went to a patient");
        }
    }

    function _addReserved(Deal storage d, uint256[2] memory reserved) private view {
        bool agreed = d.state == AgreementState.Accepted;
        if (!agreed && d.filedAt == 0) return;
        for (uint256 k = agreed ? 0 : d.next; k < d.count; ++k) {
            reserved[insurerOfPolicy[d.policies[k]]] += agreed ? d.reserved[k] : d.shares[k].paid;
        }
    }

    function _assertDeal(Deal storage d) private view {
        assertTrue(agreements.agreementOf(d.id).state == d.state, "agreement's state");
        assertEq(agreements.agreementOf(d.id).deposit, d.deposit, "agreement's deposit");
        assertEq(d.flows.fromDeposit + d.flows.refunded + d.deposit, d.accepted, "a deposit is paid, refunded or held, once");
        if (d.filedAt == 0) return;
        IClaimSettlement.Claim memory claim = settlement.claimOf(d.id);
        assertEq(claim.owed, d.owed, "owed");
        assertEq(claim.receivable, d.receivable, "receivable");
        assertEq(claim.stage == ClaimStage.Reversed, d.reversed, "reversed");
        assertEq(claim.reviews, d.reviews, "open reviews");
        assertEq(d.flows.fromPools, d.flows.due, "a policy's payment is paid once");
        Flows storage flows = d.flows;
        uint256 earned = flows.fromPools + flows.fromDeposit + flows.receivablePaid;
        if (d.reversed) {
            assertEq(earned, flows.returned + d.indebted, "a reversal gives all back");
            return;
        }
        uint256 open = d.depositPaid ? d.receivable : d.owed;
        for (uint256 k = d.next; k < d.count; ++k) {
            open += d.shares[k].paid;
        }
        for (uint8 k = 0; k < d.count; ++k) {
            assertEq(abi.encode(settlement.shareOf(d.id, k)), abi.encode(d.shares[k]), "share");
        }
        assertEq(earned + open + d.writtenOff + d.lost, d.gross, "paid, open, written off and lost are all");
    }

    function _assertPools(uint256[2] memory reserved) private view {
        uint256 sum = 0;
        for (uint256 i = 0; i < 2; ++i) {
            IInsurancePlans.Pool memory pool = plans.poolOf(insurers[i].member);
            assertEq(pool.reserved, reserved[i], "reserved");
            sum += uint256(pool.free) + pool.reserved;
        }
        assertEq(token.balanceOf(address(plans)), sum, "pools");
    }

    /// @dev Of a person's policies: the shares of claims that were not reversed; nothing was used when they were issued.
    function _assertAccumulators(uint256 person) private view {
        for (uint256 k = 0; k < 3; ++k) {
            PolicyId id = people[person].policies[k];
            (Accumulators memory used,) = plans.accumulatorsOf(id, plans.periodOf(id, TODAY));
            assertEq(abi.encode(used), abi.encode(_sumOf(person, id)), "accumulators");
        }
    }

    function _sumOf(uint256 person, PolicyId id) private view returns (Share memory sum) {
        sum = folded[id];
        for (uint256 i = 0; i < deals.length; ++i) {
            Deal storage d = deals[i];
            if (d.person != person || d.filedAt == 0) continue;
            for (uint256 k = 0; k < d.count; ++k) {
                if (d.policies[k] == id) _add(sum, d.shares[k]);
            }
        }
    }

    function _add(Share memory sum, Share memory share) internal pure {
        sum.deductible += share.deductible;
        sum.covered += share.covered;
        sum.outOfPocket += share.outOfPocket;
        sum.paid += share.paid;
    }

    function _assertConserved() private view {
        uint256 sum = token.balanceOf(address(agreements)) + token.balanceOf(address(plans));
        for (uint256 i = 0; i < 2; ++i) {
            sum += token.balanceOf(people[i].payer) + token.balanceOf(hospitals[i].finance);
            sum += token.balanceOf(insurers[i].finance);
        }
        assertEq(token.balanceOf(address(settlement)), 0, "the settlement holds nothing between transactions");
        assertEq(sum, token.totalSupply(), "the supply is the sum of the balances");
        assertEq(token.totalIssued() - token.totalRedeemed(), issued, "issued less redeemed is the supply");
    }
}
