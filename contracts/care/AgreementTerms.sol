// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {ICareAgreements} from "../interfaces/ICareAgreements.sol";
import {Days} from "../libraries/Days.sol";
import {AgreementId, PolicyId, Terms} from "../types/Care.sol";
import {Cover, Line} from "../types/Insurance.sol";

/// @title AgreementTerms
/// @notice What an offer's terms and lines may be, and the digests that are signed over them.
abstract contract AgreementTerms is ICareAgreements, EIP712 {
    /// @inheritdoc ICareAgreements
    uint256 public constant MAX_LINES = 40;
    /// @inheritdoc ICareAgreements
    uint40 public constant FILING_PERIOD = 30 days;

    uint256 internal constant _MAX_POLICIES = 4;
    uint256 private constant _CATEGORIES = 16;
    uint40 private constant _OFFER_PERIOD = 90 days;
    uint32 private constant _WINDOW_DAYS = 366;
    uint32 private constant _AHEAD_DAYS = 731;

    // Positions of {Terms}' fields, for {CareAgreements_BadTerms}.
    uint8 private constant _PAYEE = 2;
    uint8 private constant _DISCLOSURE_DIGEST = 3;
    uint8 internal constant _POLICIES = 5;
    uint8 private constant _MAX_PATIENT_SHARE = 7;
    uint8 private constant _DEPOSIT = 8;
    uint8 private constant _SERVICE_UNTIL = 10;
    uint8 private constant _ACCEPT_UNTIL = 11;
    uint8 private constant _RESERVED_UNTIL = 12;

    bytes32 private constant _PREDETERMINATION_TYPEHASH =
        keccak256("Predetermination(bytes32 agreement,bytes32 policy,bytes32 linesDigest,uint40 validUntil)");
    bytes32 private constant _ACCEPT_TYPEHASH = keccak256(
        "Accept(bytes32 agreement,bytes32 disclosureDigest,bytes32 linesDigest,uint48 price,uint48 maxPatientShare,uint48 deposit,address payer,uint40 deadline)"
    );
    bytes32 private constant _CANCEL_TYPEHASH = keccak256("Cancel(bytes32 agreement,bool accepted,uint40 deadline)");

    /// @inheritdoc ICareAgreements
    function agreementIdOf(Terms calldata terms) external pure returns (AgreementId) {
        return _idOf(terms);
    }

    function _idOf(Terms calldata terms) internal pure returns (AgreementId) {
        return AgreementId.wrap(keccak256(abi.encode(terms)));
    }

    /// @dev Reverts unless every field that needs no other contract is within its bounds.
    function _requireTerms(Terms calldata terms) internal view {
        if (terms.payee == address(0)) revert CareAgreements_BadTerms(_PAYEE);
        if (terms.disclosureDigest == 0) revert CareAgreements_BadTerms(_DISCLOSURE_DIGEST);
        if (terms.maxPatientShare > terms.price) revert CareAgreements_BadTerms(_MAX_PATIENT_SHARE);
        if (terms.deposit > terms.maxPatientShare) revert CareAgreements_BadTerms(_DEPOSIT);
        uint256 from = terms.serviceFrom;
        uint256 until = terms.serviceUntil;
        if (until < from || until - from >= _WINDOW_DAYS || until > uint256(Days.today()) + _AHEAD_DAYS) {
            revert CareAgreements_BadTerms(_SERVICE_UNTIL);
        }
        uint256 acceptUntil = terms.acceptUntil;
        if (acceptUntil < block.timestamp || acceptUntil > block.timestamp + _OFFER_PERIOD) {
            revert CareAgreements_BadTerms(_ACCEPT_UNTIL);
        }
        // A reservation that outlives the time for completion would only hold money back.
        uint40 latest = _completeUntil(terms.serviceUntil, terms.acceptUntil);
        if (terms.reservedUntil < acceptUntil || terms.reservedUntil > latest) {
            revert CareAgreements_BadTerms(_RESERVED_UNTIL);
        }
    }

    /// @dev Number of policies: distinct ones, then zeros.
    function _countPolicies(Terms calldata terms) internal pure returns (uint256 count) {
        PolicyId none = PolicyId.wrap(0);
        for (uint256 i = 0; i < _MAX_POLICIES; ++i) {
            PolicyId policy = terms.policies[i];
            if (policy == none) continue;
            if (i != count) revert CareAgreements_BadTerms(_POLICIES);
            for (uint256 j = 0; j < i; ++j) {
                if (terms.policies[j] == policy) revert CareAgreements_BadTerms(_POLICIES);
            }
            ++count;
        }
    }

    /// @dev Reverts unless the lines are those of the terms; returns the mask of their categories.
    function _requireLines(AgreementId agreement, Terms calldata terms, Line[] calldata lines, Cover[] calldata covers, uint256 policies)
        internal
        pure
        returns (uint16 categories)
    {
        uint256 count = lines.length;
        if (
            count == 0 || count > MAX_LINES || covers.length != count * policies
                || keccak256(abi.encode(lines, covers)) != terms.linesDigest
        ) revert CareAgreements_BadLines(agreement);
        uint256 price = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (lines[i].category >= _CATEGORIES) revert CareAgreements_BadLines(agreement);
            price += lines[i].billed;
            categories |= uint16(1 << lines[i].category); // a bit below 16
        }
        if (price != terms.price) revert CareAgreements_BadLines(agreement);
    }

    /// @dev Last second in which an agreement that was accepted at `acceptedAt` is completed.
    function _completeUntil(uint32 serviceUntil, uint40 acceptedAt) internal pure returns (uint40) {
        uint40 over = Days.begin(serviceUntil + 1); // of days that {offer} takes; 0 before 1970
        return (over > acceptedAt ? over - 1 : acceptedAt) + FILING_PERIOD;
    }

    function _predeterminationDigest(AgreementId agreement, PolicyId policy, bytes32 linesDigest, uint40 validUntil)
        internal
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(_PREDETERMINATION_TYPEHASH, agreement, policy, linesDigest, validUntil)));
    }

    function _acceptanceDigest(Terms calldata terms, Acceptance calldata acceptance) internal view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    _ACCEPT_TYPEHASH,
                    _idOf(terms),
                    terms.disclosureDigest,
                    terms.linesDigest,
                    terms.price,
                    terms.maxPatientShare,
                    terms.deposit,
                    acceptance.payer,
                    acceptance.deadline
                )
            )
        );
    }

    function _cancellationDigest(AgreementId agreement, bool accepted, uint40 deadline) internal view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(_CANCEL_TYPEHASH, agreement, accepted, deadline)));
    }
}
