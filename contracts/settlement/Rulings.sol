// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {AgreementId, ClaimStage, Terms} from "../types/Care.sol";
import {Share} from "../types/Insurance.sol";
import {MemberId} from "../types/Types.sol";
import {Payouts} from "./Payouts.sol";

/// @title Rulings
/// @notice The part of {ClaimSettlement} that takes money back: reversals by the provider and rulings of a panel.
abstract contract Rulings is Payouts {
    using SafeERC20 for IERC20;

    /// @dev Gives everything back; what was paid comes from `provider`.
    function _reverse(AgreementId id, Terms calldata terms, address provider) internal {
        Claim memory claim = _claims[id];
        uint256 count = _countOf(terms);
        _claims[id] = _reversed(claim, count);
        emit ClaimReversed(id, false);
        for (uint256 i = 0; i < count; ++i) {
            Share memory share = _shares[id][i];
            delete _shares[id][i];
            bool paid = i < claim.next;
            // slither-disable-next-line calls-loop: at most four policies; the callees are ours and fixed at construction.
            _PLANS.giveBack(id, terms.policies[i], terms.serviceFrom, share, paid ? 0 : share.paid);
            if (!paid || share.paid == 0) continue;
            _TOKEN.safeTransferFrom(provider, address(_PLANS), share.paid);
            // slither-disable-next-line calls-loop: as above.
            _PLANS.credit(_insurerOf(terms, i), share.paid);
        }
        if (!claim.depositPaid) {
            _AGREEMENTS.disburse(id, terms.payee, 0);
        } else if (claim.owed != claim.receivable) {
            // From here, because from a settlement contract a de-admitted account receives too.
            uint256 patientPart = claim.owed - claim.receivable;
            _TOKEN.safeTransferFrom(provider, address(this), patientPart);
            _TOKEN.safeTransfer(_AGREEMENTS.agreementOf(id).payer, patientPart);
        }
    }

    /// @dev Executes a ruling: what is not paid yet is paid less, what was paid becomes a debt of the provider.
    function _rule(AgreementId id, Terms calldata terms, Ruling calldata ruling) internal {
        Claim memory claim = _claims[id];
        uint256 count = _countOf(terms);
        emit ClaimRuled(id, ruling);
        for (uint256 i = 0; i < count; ++i) {
            _remove(id, terms, i, i < claim.next, ruling);
            // What pays nothing any more has nothing to review.
            if (_shares[id][i].paid == 0) claim.reviews &= ~uint8(1 << i); // at most the fourth
        }
        uint48 refund = _takeFromPatientPart(id, claim, ruling);
        if (claim.depositPaid) _incur(terms.provider, id, MemberId.wrap(0), refund);

        if (ruling.reversed) {
            _claims[id] = _reversed(claim, count);
            emit ClaimReversed(id, true);
            if (!claim.depositPaid) _AGREEMENTS.disburse(id, terms.payee, 0);
            return;
        }
        claim.stage = ClaimStage.Pending;
        _closeReview(claim, 0);
        _advance(id, terms, claim);
    }

    /// @dev Takes from one policy's payment what a ruling removes.
    function _remove(AgreementId id, Terms calldata terms, uint256 index, bool paid, Ruling calldata ruling) private {
        Share memory share = _shares[id][index];
        uint48 removed = ruling.reversed ? share.paid : ruling.removed[index];
        if (removed > share.paid) revert ClaimSettlement_BadAmount(id, removed);
        Share memory back = ruling.reversed ? share : Share(0, 0, 0, removed);
        if (ruling.reversed) delete _shares[id][index];
        else _shares[id][index].paid = share.paid - removed;
        // slither-disable-next-line calls-loop: at most four policies; the callee is ours and fixed at construction.
        _PLANS.giveBack(id, terms.policies[index], terms.serviceFrom, back, paid ? 0 : removed);
        if (paid) _incur(terms.provider, id, _insurerOf(terms, index), removed);
    }

    /// @dev Lowers what the patient owes, first what it has not paid; returns what it has paid, or would pay, too much.
    function _takeFromPatientPart(AgreementId id, Claim memory claim, Ruling calldata ruling)
        private
        pure
        returns (uint48 refund)
    {
        refund = ruling.reversed ? claim.owed : ruling.refund;
        if (refund > claim.owed) revert ClaimSettlement_BadAmount(id, refund);
        claim.owed -= refund;
        uint48 unpaid = refund < claim.receivable ? refund : claim.receivable;
        claim.receivable -= unpaid;
        refund -= unpaid;
    }

    /// @dev A claim that gave everything back: nothing of it is owed or due.
    function _reversed(Claim memory claim, uint256 count) private pure returns (Claim memory) {
        return Claim({
            stage: ClaimStage.Reversed,
            next: uint8(count), // at most 4
            reviews: 0,
            withheld: false,
            depositPaid: true,
            filedAt: claim.filedAt,
            payableAt: claim.payableAt,
            clock: 0,
            owed: 0,
            receivable: 0
        });
    }
}
