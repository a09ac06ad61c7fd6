// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {ISettlementToken} from "../interfaces/ISettlementToken.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Roles} from "../types/Roles.sol";
import {MemberId, MemberKind, MemberStatus} from "../types/Types.sol";

/// @title SettlementToken
/// @notice The consortium's money on the ledger: see {ISettlementToken}.
/// @dev `restricted` is the council's. The (v, r, s) forms of EIP-3009 are OpenZeppelin's.
contract SettlementToken is ISettlementToken, ERC3009, AccessManaged {
    /// @dev `bank` admitted the account last; it outlives a de-admission.
    struct Account {
        MemberId bank;
        Standing standing;
    }

    /// @dev One slot: `issued - redeemed` is the total supply.
    struct Totals {
        uint128 issued;
        uint128 redeemed;
    }

    bytes32 private constant _REDEEM_TYPEHASH =
        keccak256("Redeem(address account,uint128 amount,bytes32 bookingDigest,bytes32 nonce,uint40 deadline)");

    IConsortiumRegistry private immutable _CONSORTIUM;
    address private immutable _AGREEMENTS;
    address private immutable _PLANS;
    address private immutable _CLAIMS;
    bytes3 private immutable _CURRENCY;

    Totals private _totals;
    mapping(address account => Account) private _accounts;
    mapping(MemberId bank => mapping(bytes32 bookingDigest => bool)) private _booked;

    /// @param accessManager Whose administrator is the council.
    /// @param consortium Tells members' states and operators.
    /// @param settlements CareAgreements, InsurancePlans and ClaimSettlement.
    /// @param isoCode The currency's ISO 4217 code.
    constructor(address accessManager, IConsortiumRegistry consortium, address[3] memory settlements, bytes3 isoCode)
        ERC20("MedUnion Settlement Token", string.concat("mu", string(abi.encodePacked(isoCode))))
        EIP712("SettlementToken", "1")
        AccessManaged(accessManager)
    {
        _requireCurrency(isoCode);
        _CONSORTIUM = consortium;
        _CURRENCY = isoCode;
        (_AGREEMENTS, _PLANS, _CLAIMS) = (settlements[0], settlements[1], settlements[2]);
        for (uint256 i = 0; i < settlements.length; ++i) {
            emit SettlementAdded(settlements[i]);
        }
    }

    /// @inheritdoc ISettlementToken
    function admit(address account) external {
        MemberId bank = _bank();
        Standing standing = _standingOf(account);
        if (standing != Standing.None && standing != Standing.Deadmitted) {
            revert SettlementToken_WrongStanding(account, standing);
        }
        _accounts[account] = Account({bank: bank, standing: Standing.Admitted});
        emit AccountAdmitted(account, bank);
    }

    /// @inheritdoc ISettlementToken
    function deadmit(address account) external {
        MemberId bank = _bank();
        Standing standing = _standingOf(account);
        if (standing != Standing.Admitted) revert SettlementToken_WrongStanding(account, standing);
        _accounts[account].standing = Standing.Deadmitted;
        emit AccountDeadmitted(account, bank);
    }

    /// @inheritdoc ISettlementToken
    function issue(address account, uint128 amount, bytes32 bookingDigest) external {
        MemberId bank = _bank();
        if (_accounts[account].standing != Standing.Admitted) revert SettlementToken_NotAdmitted(account);
        if (_booked[bank][bookingDigest]) revert SettlementToken_BookingUsed(bank, bookingDigest);
        _booked[bank][bookingDigest] = true;
        _totals.issued += amount;
        _mint(account, amount);
        emit TokensIssued(bank, account, amount, bookingDigest);
    }

    /// @inheritdoc ISettlementToken
    function redeem(uint128 amount, bytes32 bookingDigest) external {
        _redeem(msg.sender, amount, bookingDigest);
    }

    /// @inheritdoc ISettlementToken
    function redeemBySig(
        address account,
        uint128 amount,
        bytes32 bookingDigest,
        bytes32 nonce,
        uint40 deadline,
        bytes calldata signature
    ) external {
        bytes32 structHash = keccak256(abi.encode(_REDEEM_TYPEHASH, account, amount, bookingDigest, nonce, deadline));
        Signatures.requireValid(account, _hashTypedDataV4(structHash), deadline, signature);
        _consumeNonce(account, nonce);
        emit AuthorizationUsed(account, nonce);
        _redeem(account, amount, bookingDigest);
    }

    /// @inheritdoc ISettlementToken
    function addSettlement(address settlement) external restricted {
        if (settlement.code.length == 0) revert SettlementToken_NoContract(settlement);
        if (_standingOf(settlement) == Standing.Settlement) {
            revert SettlementToken_WrongStanding(settlement, Standing.Settlement);
        }
        _accounts[settlement].standing = Standing.Settlement;
        emit SettlementAdded(settlement);
    }

    /// @inheritdoc ISettlementToken
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        bytes32 typehash = TRANSFER_WITH_AUTHORIZATION_TYPEHASH;
        _requireSigned(from, keccak256(abi.encode(typehash, from, to, value, validAfter, validBefore, nonce)), signature);
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc ISettlementToken
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        if (msg.sender != to) revert ERC20InvalidReceiver(to);
        bytes32 typehash = RECEIVE_WITH_AUTHORIZATION_TYPEHASH;
        _requireSigned(from, keccak256(abi.encode(typehash, from, to, value, validAfter, validBefore, nonce)), signature);
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc ISettlementToken
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external {
        _requireSigned(authorizer, keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce)), signature);
        _cancelAuthorization(authorizer, nonce);
    }

    /// @inheritdoc ISettlementToken
    function standingOf(address account) external view returns (Standing standing, MemberId bank) {
        return (_standingOf(account), _accounts[account].bank);
    }

    /// @inheritdoc ISettlementToken
    function currency() external view returns (bytes3) {
        return _CURRENCY;
    }

    /// @inheritdoc ISettlementToken
    function totalIssued() external view returns (uint256) {
        return _totals.issued;
    }

    /// @inheritdoc ISettlementToken
    function totalRedeemed() external view returns (uint256) {
        return _totals.redeemed;
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    /// @inheritdoc IERC20Metadata
    function decimals() public pure override(ERC20, IERC20Metadata) returns (uint8) {
        return 2;
    }

    /// @dev Tokens come from {issue} and end in {redeem}, which check for themselves. The rest are transfers.
    function _update(address from, address to, uint256 value) internal override {
        if (from != address(0) && to != address(0) && !_isFixed(from)) _requireMovable(from, to);
        super._update(from, to, value);
    }

    /// @dev EIP-3009 to the letter; OpenZeppelin's also takes block numbers.
    function _checkValidity(uint256 validAfter, uint256 validBefore) internal view override {
        if (block.timestamp <= validAfter || block.timestamp >= validBefore) {
            revert ERC3009InvalidAuthorizationTime(validAfter, validBefore);
        }
    }

    function _redeem(address account, uint128 amount, bytes32 bookingDigest) private {
        _burn(account, amount);
        _totals.redeemed += amount;
        emit TokensRedeemed(account, _accounts[account].bank, amount, bookingDigest);
    }

    /// @dev Between what is admitted and settlement contracts; out of a settlement contract to anybody.
    function _requireMovable(address from, address to) private view {
        Standing sender = _accounts[from].standing;
        if (sender == Standing.Settlement) return;
        if (sender != Standing.Admitted) revert SettlementToken_NotAdmitted(from);
        if (_isFixed(to)) return;
        Standing receiver = _accounts[to].standing;
        if (receiver != Standing.Admitted && receiver != Standing.Settlement) revert SettlementToken_NotAdmitted(to);
    }

    function _requireSigned(address signer, bytes32 structHash, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, _hashTypedDataV4(structHash), signature)) revert ERC3009InvalidSignature();
    }

    /// @dev The bank for which the caller acts.
    function _bank() private view returns (MemberId) {
        IConsortiumRegistry.Actor memory actor = _CONSORTIUM.actorOf(msg.sender);
        bool finance = actor.roles & Roles.FINANCE != 0;
        if (!finance || actor.kind != MemberKind.Bank || actor.status != MemberStatus.Active) {
            revert SettlementToken_NotBank(msg.sender);
        }
        return actor.member;
    }

    function _standingOf(address account) private view returns (Standing) {
        return _isFixed(account) ? Standing.Settlement : _accounts[account].standing;
    }

    /// @dev Whether it is a settlement contract of this deployment: without a read of storage.
    function _isFixed(address account) private view returns (bool) {
        return account == _AGREEMENTS || account == _PLANS || account == _CLAIMS;
    }

    function _requireCurrency(bytes3 isoCode) private pure {
        for (uint256 i = 0; i < 3; ++i) {
            if (isoCode[i] < "A" || isoCode[i] > "Z") revert SettlementToken_BadCurrency(isoCode);
        }
    }
}
