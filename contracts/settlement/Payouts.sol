// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IInsurancePlans} from "../interfaces/IInsurancePlans.sol";
import {AgreementId, ClaimStage, Terms} from "../types/Care.sol";
import {MemberId} from "../types/Types.sol";
import {ProviderDebts} from "./ProviderDebts.sol";

/// @title Payouts
/// @notice Which payments of a claim are due, and their way to the provider.
abstract contract Payouts is ProviderDebts {
    using SafeERC20 for IERC20;

    /// @dev Pays of a pending or contested claim what is due now, and stores `claim`, which the caller may have changed.
    function _advance(AgreementId id, Terms calldata terms, Claim memory claim) internal {
        uint256 count = _countOf(terms);
        uint8 first = claim.next;
        bool payDeposit = false;
        if (block.timestamp >= claim.payableAt) {
            payDeposit = !claim.depositPaid;
            claim.depositPaid = true;
            while (claim.next < count && _isPayable(terms, claim)) ++claim.next;
            if (claim.next == count) claim.stage = ClaimStage.Settled;
        }
        _claims[id] = claim;
        if (payDeposit || first != claim.next) _pay(id, terms, claim, payDeposit, first);
        if (claim.stage == ClaimStage.Settled) emit ClaimSettled(id);
    }

    /// @dev Whether nothing holds the payment of the next policy; a review that ended silently is closed.
    function _isPayable(Terms calldata terms, Claim memory claim) private view returns (bool) {
        uint8 bit = uint8(1 << claim.next); // at most the fourth
        if (claim.reviews & bit == 0) return true;
        if (claim.stage == ClaimStage.Contested || !_isReviewOver(terms, claim, claim.next)) return false;
        _closeReview(claim, bit);
        return true;
    }

    /// @dev Whether the time of the review whose turn it is, policy `index`'s, has passed.
    function _isReviewOver(Terms calldata terms, Claim memory claim, uint256 index) internal view returns (bool) {
        // slither-disable-next-line calls-loop: at most four policies; the callee is ours and fixed at construction.
        (, IInsurancePlans.ReviewTerms memory review) = _PLANS.reviewOf(terms.policies[index]);
        return block.timestamp > uint256(claim.clock) + review.reviewPeriod;
    }

    /// @dev Ends the review of `bit`'s policy, if any; the next one's insurer has its own time, from now on.
    function _closeReview(Claim memory claim, uint8 bit) internal view {
        claim.reviews &= ~bit;
        claim.withheld = false;
        claim.clock = SafeCast.toUint40(block.timestamp) + _EVIDENCE_PERIOD;
    }

    /// @dev Pays the deposit's part and the policies from `first` to before `claim.next`, directly or over the provider's debts.
    function _pay(AgreementId id, Terms calldata terms, Claim memory claim, bool payDeposit, uint8 first) private {
        bool direct = !_isInDebt(terms.provider);
        address to = direct ? terms.payee : address(this);
        uint256 total = 0;
        if (payDeposit) {
            total = claim.owed - claim.receivable;
            _AGREEMENTS.disburse(id, to, uint48(total)); // below `owed`
        }
        for (uint256 i = first; i < claim.next; ++i) {
            uint48 amount = _shares[id][i].paid;
            if (amount == 0) continue;
            total += amount;
            // slither-disable-next-line calls-loop: at most four policies; the callee is ours and fixed at construction.
            _PLANS.pay(id, terms.policies[i], to, amount);
        }
        if (direct) return;
        uint256 left = _payDebts(terms.provider, total);
        if (left != 0) _TOKEN.safeTransfer(terms.payee, left);
    }

    /// @dev The insurer of a policy.
    function _insurerOf(Terms calldata terms, uint256 index) internal view returns (MemberId insurer) {
        // slither-disable-next-line calls-loop: at most four policies; the callee is ours and fixed at construction.
        (insurer,) = _PLANS.reviewOf(terms.policies[index]);
    }
}
