// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {ISettlementToken} from "../../../contracts/interfaces/ISettlementToken.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {OwnedWallet} from "../mocks/Wallets.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Redemption by a holder that pays no gas.
contract SettlementTokenRedeemBySigTest is TokenBase {
    uint128 private constant _AMOUNT = 3_25;
    bytes32 private constant _NONCE = "to my bank";
    uint40 private constant _DEADLINE = START + 1 days;

    function test_RedeemBySig_Redeems() public {
        bytes memory signature = _signature(payer, payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE);
        vm.expectEmit(address(token));
        emit IERC3009.AuthorizationUsed(payer, _NONCE);
        _expectTransfer(payer, address(0), _AMOUNT);
        vm.expectEmit(address(token));
        emit ISettlementToken.TokensRedeemed(payer, BANK, _AMOUNT, BOOKING);
        _relay(signature);
        assertTrue(token.authorizationState(payer, _NONCE));
        assertEq(token.balanceOf(payer), FUNDS - _AMOUNT);
        _assertTotals(FUNDS, _AMOUNT);
    }

    function test_RedeemBySig_WhenDeadmitted() public {
        _deadmitAccount(payer);
        _relay(_signature(payer, payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE));
        assertEq(token.balanceOf(payer), FUNDS - _AMOUNT);
    }

    function test_RedeemBySig_RevertWhen_Replayed() public {
        bytes memory signature = _signature(payer, payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE);
        _relay(signature);
        _expectUsed();
        _relay(signature);
    }

    function test_RedeemBySig_RevertWhen_TheNonceWasCancelled() public {
        bytes32 cancel = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
        bytes memory cancelled = _sign(payer, _digestOf(keccak256(abi.encode(cancel, payer, _NONCE))));
        bytes memory signature = _signature(payer, payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE);
        token.cancelAuthorization(payer, _NONCE, cancelled);
        _expectUsed();
        _relay(signature);
    }

    function test_RedeemBySig_RevertWhen_AStrangerSigned() public {
        _expectInvalid(payer);
        _relay(_signature(stranger, payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE));
        _expectInvalid(payer);
        _relay(_signature(bank.finance, payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE));
    }

    function test_RedeemBySig_RevertWhen_AFieldWasNotSigned() public {
        bytes[5] memory others = [
            _signature(payer, payee, _AMOUNT, BOOKING, _NONCE, _DEADLINE),
            _signature(payer, payer, _AMOUNT + 1, BOOKING, _NONCE, _DEADLINE),
            _signature(payer, payer, _AMOUNT, "another", _NONCE, _DEADLINE),
            _signature(payer, payer, _AMOUNT, BOOKING, "another", _DEADLINE),
            _signature(payer, payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE + 1)
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectInvalid(payer);
            _relay(others[i]);
        }
    }

    function test_RedeemBySig_RevertWhen_DeadlinePassed() public {
        bytes memory signature = _signature(payer, payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE);
        vm.warp(_DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Expired.selector, _DEADLINE));
        _relay(signature);
        vm.warp(_DEADLINE);
        _relay(signature);
        assertEq(token.totalRedeemed(), _AMOUNT);
    }

    function test_RedeemBySig_RevertWhen_SignedForAnotherContract() public {
        bytes32 structHash = _hashOf(payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE);
        _expectInvalid(payer);
        _relay(_sign(payer, _typedDigest(address(deployer), "SettlementToken", structHash)));
    }

    function test_RedeemBySig_ByAContractAccount() public {
        vm.etch(payer, address(new OwnedWallet(payee)).code);
        _expectInvalid(payer);
        _relay(_signature(stranger, payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE));
        _relay(_signature(payee, payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE));
        assertEq(token.balanceOf(payer), FUNDS - _AMOUNT);
    }

    function test_RedeemBySig_RevertWhen_ItIsMoreThanTheHolderHas() public {
        vm.prank(payer);
        token.redeem(FUNDS, BOOKING);
        bytes memory signature = _signature(payer, payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, payer, 0, _AMOUNT));
        _relay(signature);
        assertFalse(token.authorizationState(payer, _NONCE));
    }

    function _relay(bytes memory signature) private {
        vm.prank(stranger);
        token.redeemBySig(payer, _AMOUNT, BOOKING, _NONCE, _DEADLINE, signature);
    }

    function _signature(
        address signer,
        address account,
        uint128 amount,
        bytes32 bookingDigest,
        bytes32 nonce,
        uint40 deadline
    ) private view returns (bytes memory) {
        return _sign(signer, _digestOf(_hashOf(account, amount, bookingDigest, nonce, deadline)));
    }

    function _digestOf(bytes32 structHash) private view returns (bytes32) {
        return _typedDigest(address(token), "SettlementToken", structHash);
    }

    function _hashOf(address account, uint128 amount, bytes32 bookingDigest, bytes32 nonce, uint40 deadline)
        private
        pure
        returns (bytes32)
    {
        bytes32 typeHash =
            keccak256("Redeem(address account,uint128 amount,bytes32 bookingDigest,bytes32 nonce,uint40 deadline)");
        return keccak256(abi.encode(typeHash, account, amount, bookingDigest, nonce, deadline));
    }

    function _expectInvalid(address signer) private {
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, signer));
    }

    function _expectUsed() private {
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, payer, _NONCE));
    }
}
