// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {AgreementId, ClaimStage, PolicyId, Terms} from "../../../contracts/types/Care.sol";
import {Share} from "../../../contracts/types/Insurance.sol";
import {MemberId} from "../../../contracts/types/Types.sol";

/// @notice What {DisputeResolution} asks of {IClaimSettlement}: claims as a test sets them; keeps what was locked and ruled.
contract RecordingSettlement {
    mapping(AgreementId claim => IClaimSettlement.Claim) private _claims;
    mapping(AgreementId claim => mapping(uint8 index => Share)) private _shares;

    uint256 public locks;
    uint256 public rulings;
    AgreementId public lastClaim;
    bytes32 public lastRuling;

    function set(AgreementId claim, ClaimStage stage, uint8 reviews, uint48 owed) external {
        _claims[claim].stage = stage;
        _claims[claim].reviews = reviews;
        _claims[claim].owed = owed;
    }

    function setPaid(AgreementId claim, uint8 index, uint48 paid) external {
        _shares[claim][index].paid = paid;
    }

    function lock(Terms calldata terms) external {
        AgreementId claim = AgreementId.wrap(keccak256(abi.encode(terms)));
        ++locks;
        lastClaim = claim;
        _claims[claim].stage = ClaimStage.Disputed;
    }

    function applyRuling(Terms calldata terms, IClaimSettlement.Ruling calldata ruling) external {
        AgreementId claim = AgreementId.wrap(keccak256(abi.encode(terms)));
        require(_claims[claim].stage == ClaimStage.Disputed, "not locked");
        ++rulings;
        lastClaim = claim;
        lastRuling = keccak256(abi.encode(ruling));
        _claims[claim].stage = ClaimStage.Pending;
    }

    function claimOf(AgreementId claim) external view returns (IClaimSettlement.Claim memory) {
        return _claims[claim];
    }

    function shareOf(AgreementId claim, uint8 index) external view returns (Share memory) {
        return _shares[claim][index];
    }
}

/// @notice What {DisputeResolution} asks of {ICareAgreements}: who paid the deposits, one account for all.
contract KnownPayer {
    address private _payer;

    function set(address payer) external {
        _payer = payer;
    }

    function agreementOf(AgreementId) external view returns (ICareAgreements.Agreement memory standing) {
        standing.payer = _payer;
    }
}

/// @notice What {DisputeResolution} asks of {IInsurancePlans}: each policy's insurer.
contract KnownPolicies {
    mapping(PolicyId policy => MemberId) private _insurers;

    function set(PolicyId policy, MemberId insurer) external {
        _insurers[policy] = insurer;
    }

    function policyOf(PolicyId policy) external view returns (IInsurancePlans.Policy memory found) {
        found.insurer = _insurers[policy];
    }
}
