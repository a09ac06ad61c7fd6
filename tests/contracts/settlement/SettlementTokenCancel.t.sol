// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {OwnedWallet} from "../mocks/Wallets.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Taking a signed payment back before it is handed in.
contract SettlementTokenCancelTest is TokenBase {
    bytes32 private constant _NONCE = "a deposit";

    function test_CancelAuthorization_VoidsAPayment() public {
        for (uint256 form = 0; form < 2; ++form) {
            bytes32 nonce = keccak256(abi.encode(form));
            vm.expectEmit(address(token));
            emit IERC3009Cancel.AuthorizationCanceled(payer, nonce);
            _handIn(form, payer, nonce, _signatureOf(payer, nonce));
            assertTrue(token.authorizationState(payer, nonce));
            bytes memory payment = _paymentOf(nonce);
            _expectUsed(nonce);
            _collect(nonce, payment);
        }
        assertEq(token.balanceOf(payer), FUNDS);
    }

    function test_CancelAuthorization_RevertWhen_Replayed() public {
        bytes memory signature = _signatureOf(payer, _NONCE);
        _handIn(0, payer, _NONCE, signature);
        for (uint256 form = 0; form < 2; ++form) {
            _expectUsed(_NONCE);
            _handIn(form, payer, _NONCE, signature);
        }
    }

    function test_CancelAuthorization_RevertWhen_ThePaymentWasMade() public {
        _collect(_NONCE, _paymentOf(_NONCE));
        bytes memory signature = _signatureOf(payer, _NONCE);
        for (uint256 form = 0; form < 2; ++form) {
            _expectUsed(_NONCE);
            _handIn(form, payer, _NONCE, signature);
        }
        assertEq(token.balanceOf(settlements[0]), 1);
    }

    function test_CancelAuthorization_RevertWhen_AStrangerSigned() public {
        _refuse(_NONCE, _signatureOf(stranger, _NONCE));
    }

    function test_CancelAuthorization_RevertWhen_SignedForAnotherNonce() public {
        _refuse(_NONCE, _signatureOf(payer, "another"));
    }

    function test_CancelAuthorization_RevertWhen_SignedForAnotherContract() public {
        _refuse(_NONCE, _sign(payer, _typedDigest(address(deployer), "SettlementToken", _hashOf(payer, _NONCE))));
    }

    function test_CancelAuthorization_ByAContractAccount() public {
        vm.etch(payer, address(new OwnedWallet(payee)).code);
        _refuse(_NONCE, _sign(stranger, _digestOf(_NONCE)));
        _handIn(0, payer, _NONCE, _sign(payee, _digestOf(_NONCE)));
        assertTrue(token.authorizationState(payer, _NONCE));
    }

    function test_CancelAuthorization_WhenDeadmitted() public {
        _deadmitAccount(payer);
        _handIn(1, payer, _NONCE, _signatureOf(payer, _NONCE));
        assertTrue(token.authorizationState(payer, _NONCE));
    }

    function _handIn(uint256 form, address authorizer, bytes32 nonce, bytes memory signature) private {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        uint8 v = uint8(signature[64]);
        vm.prank(stranger);
        if (form == 0) token.cancelAuthorization(authorizer, nonce, signature);
        else token.cancelAuthorization(authorizer, nonce, v, r, s);
    }

    function _refuse(bytes32 nonce, bytes memory signature) private {
        for (uint256 form = 0; form < 2; ++form) {
            vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
            _handIn(form, payer, nonce, signature);
        }
        assertFalse(token.authorizationState(payer, nonce));
    }

    /// @dev A payment of 1 to the first settlement contract, without a term.
    function _paymentOf(bytes32 nonce) private view returns (bytes memory) {
        bytes32 typeHash = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes32 structHash =
            keccak256(abi.encode(typeHash, payer, settlements[0], 1, 0, type(uint256).max, nonce));
        return _sign(payer, _typedDigest(address(token), "SettlementToken", structHash));
    }

    function _collect(bytes32 nonce, bytes memory signature) private {
        vm.prank(settlements[0]);
        token.receiveWithAuthorization(payer, settlements[0], 1, 0, type(uint256).max, nonce, signature);
    }

    function _expectUsed(bytes32 nonce) private {
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, payer, nonce));
    }

    function _signatureOf(address account, bytes32 nonce) private view returns (bytes memory) {
        return _sign(account, _digestOf(nonce));
    }

    function _digestOf(bytes32 nonce) private view returns (bytes32) {
        return _typedDigest(address(token), "SettlementToken", _hashOf(payer, nonce));
    }

    function _hashOf(address authorizer, bytes32 nonce) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("CancelAuthorization(address authorizer,bytes32 nonce)"), authorizer, nonce));
    }
}
