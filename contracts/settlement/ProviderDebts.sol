// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ICareAgreements} from "../interfaces/ICareAgreements.sol";
import {IClaimSettlement} from "../interfaces/IClaimSettlement.sol";
import {IInsurancePlans} from "../interfaces/IInsurancePlans.sol";
import {AgreementId} from "../types/Care.sol";
import {MemberId} from "../types/Types.sol";
import {ClaimState} from "./ClaimState.sol";

/// @title ProviderDebts
/// @notice What providers owe from rulings on what was paid already: a queue a provider, the oldest first.
abstract contract ProviderDebts is ClaimState {
    using SafeERC20 for IERC20;

    /// @dev Owed to an insurer's pool, or, when `insurer` is 0, to the account that paid the claim's deposit.
    struct Debt {
        AgreementId claim;
        MemberId insurer;
        uint48 amount;
    }

    /// @dev Debts `first` to `last - 1` are open, `total` their sum: one slot, so that a payout reads one.
    struct Queue {
        uint64 first;
        uint64 last;
        uint128 total;
    }

    /// @inheritdoc IClaimSettlement
    uint256 public constant MAX_NETTED = 4;

    IERC20 internal immutable _TOKEN;
    ICareAgreements internal immutable _AGREEMENTS;
    IInsurancePlans internal immutable _PLANS;

    mapping(MemberId provider => Queue) private _queues;
    mapping(MemberId provider => mapping(uint256 position => Debt)) private _debts;

    constructor(IERC20 token, ICareAgreements agreements, IInsurancePlans plans) {
        _TOKEN = token;
        _AGREEMENTS = agreements;
        _PLANS = plans;
    }

    /// @inheritdoc IClaimSettlement
    function debtOf(MemberId provider) external view returns (uint256) {
        return _queues[provider].total;
    }

    function _isInDebt(MemberId provider) internal view returns (bool) {
        return _queues[provider].total != 0;
    }

    function _incur(MemberId provider, AgreementId claim, MemberId insurer, uint48 amount) internal {
        if (amount == 0) return;
        Queue memory queue = _queues[provider];
        _debts[provider][queue.last] = Debt(claim, insurer, amount);
        _queues[provider] = Queue(queue.first, queue.last + 1, SafeCast.toUint128(uint256(queue.total) + amount));
        emit DebtIncurred(provider, claim, insurer, amount);
    }

    /// @dev Pays the oldest debts, at most {MAX_NETTED} of them, from `amount` that is held here; returns what is left.
    function _payDebts(MemberId provider, uint256 amount) internal returns (uint256 left) {
        Queue memory queue = _queues[provider];
        left = amount;
        for (uint256 i = 0; i < MAX_NETTED && left != 0 && queue.first != queue.last; ++i) {
            Debt memory debt = _debts[provider][queue.first];
            uint48 part = left < debt.amount ? uint48(left) : debt.amount; // below an uint48
            left -= part;
            queue.total -= part;
            if (part == debt.amount) {
                delete _debts[provider][queue.first];
                ++queue.first;
            } else {
                _debts[provider][queue.first].amount = debt.amount - part;
            }
            _queues[provider] = queue;
            emit DebtPaid(provider, debt.claim, debt.insurer, part);
            _toCreditor(debt, part);
        }
    }

    /// @dev Sends what is held here to whom it is owed.
    function _toCreditor(Debt memory debt, uint48 amount) private {
        if (MemberId.unwrap(debt.insurer) == 0) {
            // slither-disable-next-line calls-loop: at most {MAX_NETTED}; the callees are ours and fixed at construction.
            _TOKEN.safeTransfer(_AGREEMENTS.agreementOf(debt.claim).payer, amount);
        } else {
            _TOKEN.safeTransfer(address(_PLANS), amount);
            // slither-disable-next-line calls-loop: as above.
            _PLANS.credit(debt.insurer, amount);
        }
    }
}
