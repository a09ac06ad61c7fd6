// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CareAgreements} from "../../contracts/care/CareAgreements.sol";
import {CarePlans} from "../../contracts/care/CarePlans.sol";
import {InsurancePlans} from "../../contracts/insurance/InsurancePlans.sol";
import {ICareAgreements} from "../../contracts/interfaces/ICareAgreements.sol";
import {ClaimSettlement} from "../../contracts/settlement/ClaimSettlement.sol";
import {SettlementToken} from "../../contracts/settlement/SettlementToken.sol";
import {AgreementId, Terms} from "../../contracts/types/Care.sol";
import {Cover, Line} from "../../contracts/types/Insurance.sol";
import {RecordsBase} from "./RecordsBase.sol";

/// @notice The contracts of money, which {MoneyBase} deploys, and what is signed to them: typed data is written out here again.
abstract contract Treatments is RecordsBase {
    /// @dev What the parties keep of an agreement off the ledger.
    struct Treatment {
        Terms terms;
        Line[] lines;
        Cover[] covers;
    }

    SettlementToken internal token;
    CareAgreements internal agreements;
    CarePlans internal carePlans;
    InsurancePlans internal plans;
    ClaimSettlement internal settlement;
    address internal disputes;

    function _idOf(Treatment memory treatment) internal pure returns (AgreementId) {
        return AgreementId.wrap(keccak256(abi.encode(treatment.terms)));
    }

    function _acceptDigest(Treatment memory treatment, ICareAgreements.Acceptance memory acceptance)
        internal
        view
        returns (bytes32)
    {
        bytes32 typeHash = keccak256(
            "Accept(bytes32 agreement,bytes32 disclosureDigest,bytes32 linesDigest,uint48 price,uint48 maxPatientShare,uint48 deposit,address payer,uint40 deadline)"
        );
        Terms memory terms = treatment.terms;
        bytes memory head = abi.encode(typeHash, _idOf(treatment), terms.disclosureDigest, terms.linesDigest);
        bytes memory tail =
            abi.encode(terms.price, terms.maxPatientShare, terms.deposit, acceptance.payer, acceptance.deadline);
        return _agreementsDigest(keccak256(bytes.concat(head, tail)));
    }

    /// @dev EIP-3009 `ReceiveWithAuthorization` to the agreements.
    function _depositDigest(address from, uint256 amount, uint256 validBefore, bytes32 nonce)
        internal
        view
        returns (bytes32)
    {
        bytes32 typeHash = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes32 structHash =
            keccak256(abi.encode(typeHash, from, address(agreements), amount, uint256(0), validBefore, nonce));
        return _typedDigest(address(token), "SettlementToken", structHash);
    }

    function _receiptDigest(Treatment memory treatment, uint40 deadline) internal view returns (bytes32) {
        bytes32 structHash =
            keccak256(abi.encode(keccak256("Receipt(bytes32 agreement,uint40 deadline)"), _idOf(treatment), deadline));
        return _typedDigest(address(settlement), "ClaimSettlement", structHash);
    }

    function _agreementsDigest(bytes32 structHash) internal view returns (bytes32) {
        return _typedDigest(address(agreements), "CareAgreements", structHash);
    }
}
