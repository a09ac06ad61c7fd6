// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {MemberId} from "../types/Types.sol";
import {IVersioned} from "./IVersioned.sol";

/// @title ISettlementToken
/// @notice The consortium's money on the ledger: an ERC-20 in minor units of one currency (two decimals), issued by its
/// settlement bank against what was paid in, and redeemed there. It has no price and is not for trade.
/// @dev Assumes: (1) it moves between admitted accounts and settlement contracts only; what a settlement contract pays out
/// goes to any account, so that nobody loses what it is owed; (2) de-admission stops sending, and receiving from ordinary
/// accounts, never receiving from a settlement contract, and never redemption; (3) any active member of kind Bank admits
/// and issues: several banks settle among themselves what the others' customers redeem; (4) the settlement contracts of
/// this deployment are fixed at construction; the council may add a successor and nobody may remove one; (5) a booking of a
/// bank is issued once: a bank that repeats an issue whose answer it lost issues nothing twice; (6) nobody can pause, seize,
/// or move another's tokens; (7) it calls nobody but, for a signature (ERC-1271), the payer.
/// Typed data (EIP-712, domain "SettlementToken", "1"), as in EIP-3009:
/// `TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)`,
/// `ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)`,
/// `CancelAuthorization(address authorizer,bytes32 nonce)`; times in seconds, both exclusive; and, with a nonce of the same
/// kind, `Redeem(address account,uint128 amount,bytes32 bookingDigest,bytes32 nonce,uint40 deadline)`, `deadline` inclusive.
interface ISettlementToken is IERC20Metadata, IERC3009, IERC3009Cancel, IVersioned {
    /// @notice How an account stands: a settlement contract is neither admitted nor de-admitted.
    enum Standing {
        None,
        Admitted,
        Deadmitted,
        Settlement
    }

    /// @notice A bank admitted an account.
    event AccountAdmitted(address indexed account, MemberId indexed bank);
    /// @notice A bank ended an account's admission.
    event AccountDeadmitted(address indexed account, MemberId indexed bank);
    /// @notice A settlement contract, for good.
    event SettlementAdded(address indexed settlement);
    /// @notice A bank issued tokens for its booking.
    event TokensIssued(MemberId indexed bank, address indexed account, uint256 amount, bytes32 bookingDigest);
    /// @notice A holder gave tokens back: `bank`, which admitted it last, pays out. Zero when none did: any bank may.
    event TokensRedeemed(address indexed account, MemberId indexed bank, uint256 amount, bytes32 bookingDigest);

    /// @notice The caller does not have FINANCE of an active bank.
    error SettlementToken_NotBank(address caller);
    /// @notice The account's standing does not permit this.
    error SettlementToken_WrongStanding(address account, Standing standing);
    /// @notice The account is not admitted: it sends nothing, and receives from settlement contracts only.
    error SettlementToken_NotAdmitted(address account);
    /// @notice There is no contract at this address.
    error SettlementToken_NoContract(address settlement);
    /// @notice The currency is not three capital letters.
    error SettlementToken_BadCurrency(bytes3 currency);
    /// @notice The bank issued for this booking before.
    error SettlementToken_BookingUsed(MemberId bank, bytes32 bookingDigest);

    /// @notice Admits an account that is not. Caller has FINANCE of an active bank. Emits {AccountAdmitted}.
    function admit(address account) external;

    /// @notice Ends an account's admission, whichever bank gave it. Caller has FINANCE of an active bank. Emits {AccountDeadmitted}.
    function deadmit(address account) external;

    /// @notice Issues tokens to an admitted account. Caller has FINANCE of an active bank. Emits {TokensIssued}.
    /// @param amount Minor units.
    /// @param bookingDigest Salted digest of the bank's booking; used once per bank.
    function issue(address account, uint128 amount, bytes32 bookingDigest) external;

    /// @notice Gives the caller's own tokens back to the bank. Any holder, whatever its standing. Emits {TokensRedeemed}.
    /// @param amount Minor units.
    /// @param bookingDigest Salted digest of where the bank is to pay.
    function redeem(uint128 amount, bytes32 bookingDigest) external;

    /// @notice {redeem} by the holder's signature over `Redeem`; anybody may relay. Emits {AuthorizationUsed}, {TokensRedeemed}.
    /// @param nonce Any that the holder used for nothing else; {cancelAuthorization} voids it.
    function redeemBySig(address account, uint128 amount, bytes32 bookingDigest, bytes32 nonce, uint40 deadline, bytes calldata signature) external;

    /// @notice Adds a settlement contract. Only the council. Emits {SettlementAdded}.
    /// @dev Requirements: it has code, and is no settlement contract yet.
    function addSettlement(address settlement) external;

    /// @notice {IERC3009-transferWithAuthorization} with a signature as bytes, by ECDSA or ERC-1271.
    function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes calldata signature) external;

    /// @notice {IERC3009-receiveWithAuthorization} with a signature as bytes, by ECDSA or ERC-1271. Caller is `to`.
    function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes calldata signature) external;

    /// @notice {IERC3009Cancel-cancelAuthorization} with a signature as bytes, by ECDSA or ERC-1271.
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external;

    /// @notice How an account stands, and which bank admitted it last (0: none).
    function standingOf(address account) external view returns (Standing standing, MemberId bank);

    /// @notice ISO 4217 code of the currency.
    function currency() external view returns (bytes3);

    /// @notice Minor units ever issued; less {totalRedeemed} it is the total supply.
    function totalIssued() external view returns (uint256);

    /// @notice Minor units ever redeemed.
    function totalRedeemed() external view returns (uint256);
}
