// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../interfaces/IClaimSettlement.sol";
import {AgreementId, PolicyId, Terms} from "../types/Care.sol";
import {Share} from "../types/Insurance.sol";
import {MemberId} from "../types/Types.sol";

/// @title ClaimState
/// @notice What {ClaimSettlement} stores: claims, what each policy pays for them, and which claim a record supports.
abstract contract ClaimState is IClaimSettlement {
    /// @inheritdoc IClaimSettlement
    uint40 public constant CONTEST_WINDOW = 7 days;
    /// @inheritdoc IClaimSettlement
    uint40 public constant OBJECTION_PERIOD = 14 days;
    /// @inheritdoc IClaimSettlement
    uint40 public constant DISPUTE_PERIOD = 180 days;

    /// @dev From a request for evidence, or from the insurer's turn, to the beginning of its review.
    uint40 internal constant _EVIDENCE_PERIOD = 24 hours;
    uint256 internal constant _MAX_POLICIES = 4;

    mapping(AgreementId claim => Claim) internal _claims;
    mapping(AgreementId claim => mapping(uint256 index => Share share)) internal _shares;
    mapping(bytes32 recordId => AgreementId claim) internal _claimOfRecord;

    /// @inheritdoc IClaimSettlement
    function claimOf(AgreementId claim) external view returns (Claim memory) {
        return _claims[claim];
    }

    /// @inheritdoc IClaimSettlement
    function shareOf(AgreementId claim, uint8 index) external view returns (Share memory) {
        return _shares[claim][index];
    }

    /// @inheritdoc IClaimSettlement
    function claimOfRecord(bytes32 recordId) external view returns (AgreementId) {
        return _claimOfRecord[recordId];
    }

    function _idOf(Terms calldata terms) internal pure returns (AgreementId) {
        return AgreementId.wrap(keccak256(abi.encode(terms)));
    }

    /// @dev Number of policies; {ICareAgreements} took only terms whose zeros come last.
    function _countOf(Terms calldata terms) internal pure returns (uint256 count) {
        while (count < _MAX_POLICIES && PolicyId.unwrap(terms.policies[count]) != 0) ++count;
    }

    /// @dev The policy whose review is open and comes first; reverts when there is none.
    function _turnOf(AgreementId id, Claim memory claim) internal pure returns (uint8 index) {
        if (claim.reviews == 0) revert ClaimSettlement_NoReview(id, claim.next);
        while (claim.reviews >> index & 1 == 0) ++index;
    }
}
