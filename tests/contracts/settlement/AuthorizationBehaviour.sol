// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {OwnedWallet, RefusingWallet, RevertingWallet} from "../mocks/Wallets.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice What holds for a payment that its payer signed (EIP-3009), in both of its forms: signature as bytes or as (v, r, s).
abstract contract AuthorizationBehaviour is TokenBase {
    struct Authorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }

    uint256 internal constant VALUE = 12_50;
    uint256 internal constant VALID_AFTER = START + 1 hours;
    uint256 internal constant VALID_BEFORE = START + 2 hours;
    uint256 private constant _BLOCK_RANGE = 1 << 47;

    /// @dev The EIP-712 struct that is signed.
    function _typeOf() internal pure virtual returns (string memory);

    /// @dev Hands it in, by whom the action is for. Its only external call is the action, after a prank.
    function _submit(Authorization memory authorization, bytes memory signature) internal virtual;

    function _submitParts(Authorization memory authorization, uint8 v, bytes32 r, bytes32 s) internal virtual;

    function _moves() internal {
        _open();
        for (uint256 form = 0; form < 2; ++form) {
            Authorization memory authorization = _authorization(bytes32(form));
            vm.expectEmit(address(token));
            emit IERC3009.AuthorizationUsed(payer, bytes32(form));
            _expectTransfer(payer, authorization.to, VALUE);
            _handIn(form, authorization, _signatureOf(payer, authorization));
            assertTrue(token.authorizationState(payer, bytes32(form)));
            assertEq(token.balanceOf(authorization.to), VALUE * (form + 1));
        }
        assertFalse(token.authorizationState(payer, bytes32(uint256(2))));
        assertFalse(token.authorizationState(payee, 0));
    }

    function _refusesAReplay() internal {
        _open();
        Authorization memory authorization = _authorization("once");
        bytes memory signature = _signatureOf(payer, authorization);
        _submit(authorization, signature);
        for (uint256 form = 0; form < 2; ++form) {
            vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, payer, bytes32("once")));
            _handIn(form, authorization, signature);
        }
    }

    function _isValidOnlyAfterItsBeginning() internal {
        _atItsEdge(VALID_AFTER, VALID_AFTER + 1);
    }

    function _isValidOnlyBeforeItsEnd() internal {
        _atItsEdge(VALID_BEFORE, VALID_BEFORE - 1);
    }

    /// @dev Times with bit 47 are far off, no block numbers.
    function _countsNoBlocks() internal {
        Authorization memory authorization = _authorization("blocks");
        (authorization.validAfter, authorization.validBefore) = (_BLOCK_RANGE, _BLOCK_RANGE | (block.number + 100));
        vm.roll(block.number + 1);
        _expectBadTime(authorization);
        _submit(authorization, _signatureOf(payer, authorization));
    }

    function _refusesWhatWasNotSigned() internal {
        _open();
        Authorization memory signed = _authorization("signed");
        bytes memory signature = _signatureOf(payer, signed);
        for (uint256 field = 0; field < 5; ++field) {
            Authorization memory other = _authorization("signed");
            if (field == 0) other.from = payee;
            if (field == 1) other.value = VALUE - 1;
            if (field == 2) other.validAfter = VALID_AFTER - 1;
            if (field == 3) other.validBefore = VALID_BEFORE + 1;
            if (field == 4) other.nonce = "another";
            _refuse(other, signature);
        }
        Authorization memory elsewhere = _authorization("signed");
        elsewhere.to = settlements[2];
        _refuse(elsewhere, signature);
    }

    function _refusesAStranger() internal {
        _open();
        Authorization memory authorization = _authorization("strange");
        _refuse(authorization, _signatureOf(stranger, authorization));
    }

    function _refusesAnotherChain() internal {
        _open();
        Authorization memory authorization = _authorization("chain");
        bytes memory signature = _signatureOf(payer, authorization);
        vm.chainId(block.chainid + 1);
        _refuse(authorization, signature);
    }

    function _refusesAnotherContract() internal {
        _open();
        Authorization memory authorization = _authorization("contract");
        bytes32 digest = _typedDigest(address(deployer), "SettlementToken", _hashOf(_typeOf(), authorization));
        _refuse(authorization, _sign(payer, digest));
    }

    /// @dev Signed for another action with the same fields.
    function _refusesAnotherAction(string memory type_) internal {
        _open();
        Authorization memory authorization = _authorization("action");
        _refuse(authorization, _sign(payer, _digestOf(type_, authorization)));
    }

    function _refusesHighS() internal {
        _open();
        Authorization memory authorization = _authorization("malleable");
        bytes memory signature = _malleate(_signatureOf(payer, authorization));
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        _submit(authorization, signature);
        (uint8 v, bytes32 r, bytes32 s) = _partsOf(signature);
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, s));
        _submitParts(authorization, v, r, s);
    }

    function _refusesNobodysSignature() internal {
        _open();
        Authorization memory authorization = _authorization("nobody");
        authorization.from = address(0);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        _submit(authorization, new bytes(65));
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        _submit(authorization, "");
        vm.expectRevert(ECDSA.ECDSAInvalidSignature.selector);
        _submitParts(authorization, 0, 0, 0);
    }

    function _acceptsAContractAccount() internal {
        _open();
        vm.etch(payer, address(new OwnedWallet(payee)).code);
        Authorization memory authorization = _authorization("wallet");
        _submit(authorization, _signatureOf(payee, authorization));
        assertEq(token.balanceOf(authorization.to), VALUE);
    }

    function _refusesAnotherThanTheOwner() internal {
        _open();
        Authorization memory authorization = _authorization("wallet");
        vm.etch(payer, address(new OwnedWallet(payee)).code);
        _refuse(authorization, _signatureOf(stranger, authorization));
        vm.etch(payer, address(new RevertingWallet()).code);
        _refuse(authorization, _signatureOf(payee, authorization));
    }

    function _acceptsDelegatedCode() internal {
        _open();
        _delegate(payer, address(new RefusingWallet()));
        for (uint256 form = 0; form < 2; ++form) {
            Authorization memory authorization = _authorization(bytes32(form));
            _handIn(form, authorization, _signatureOf(payer, authorization));
        }
        assertEq(token.balanceOf(_authorization(0).to), 2 * VALUE);
    }

    function _refusesADeadmittedPayer() internal {
        _open();
        Authorization memory authorization = _authorization("barred");
        bytes memory signature = _signatureOf(payer, authorization);
        _deadmitAccount(payer);
        for (uint256 form = 0; form < 2; ++form) {
            _expectNotAdmitted(payer);
            _handIn(form, authorization, signature);
        }
        assertFalse(token.authorizationState(payer, "barred"));
    }

    function _refusesMoreThanThePayerHas() internal {
        _open();
        Authorization memory authorization = _authorization("much");
        authorization.value = FUNDS + 1;
        bytes memory signature = _signatureOf(payer, authorization);
        for (uint256 form = 0; form < 2; ++form) {
            vm.expectRevert(
                abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, payer, FUNDS, FUNDS + 1)
            );
            _handIn(form, authorization, signature);
        }
        assertFalse(token.authorizationState(payer, "much"));
    }

    /// @dev A payment to the first settlement contract.
    function _authorization(bytes32 nonce) internal view returns (Authorization memory) {
        return Authorization(payer, settlements[0], VALUE, VALID_AFTER, VALID_BEFORE, nonce);
    }

    /// @dev Within the authorization's term.
    function _open() internal {
        vm.warp(VALID_AFTER + 1);
    }

    function _handIn(uint256 form, Authorization memory authorization, bytes memory signature) internal {
        (uint8 v, bytes32 r, bytes32 s) = _partsOf(signature);
        if (form == 0) _submit(authorization, signature);
        else _submitParts(authorization, v, r, s);
    }

    function _refuse(Authorization memory authorization, bytes memory signature) internal {
        for (uint256 form = 0; form < 2; ++form) {
            vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
            _handIn(form, authorization, signature);
        }
    }

    function _signatureOf(address account, Authorization memory authorization) internal view returns (bytes memory) {
        return _sign(account, _digestOf(_typeOf(), authorization));
    }

    function _digestOf(string memory type_, Authorization memory authorization) internal view returns (bytes32) {
        return _typedDigest(address(token), "SettlementToken", _hashOf(type_, authorization));
    }

    function _partsOf(bytes memory signature) internal pure returns (uint8 v, bytes32 r, bytes32 s) {
        (r, s) = abi.decode(signature, (bytes32, bytes32));
        v = uint8(signature[64]);
    }

    function _atItsEdge(uint256 refused, uint256 accepted) private {
        for (uint256 form = 0; form < 2; ++form) {
            Authorization memory authorization = _authorization(bytes32(form));
            bytes memory signature = _signatureOf(payer, authorization);
            vm.warp(refused);
            _expectBadTime(authorization);
            _handIn(form, authorization, signature);
            vm.warp(accepted);
            _handIn(form, authorization, signature);
            assertEq(token.balanceOf(authorization.to), VALUE * (form + 1));
        }
    }

    function _expectBadTime(Authorization memory authorization) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                ERC3009.ERC3009InvalidAuthorizationTime.selector, authorization.validAfter, authorization.validBefore
            )
        );
    }

    function _hashOf(string memory type_, Authorization memory a) private pure returns (bytes32) {
        return keccak256(
            abi.encode(keccak256(bytes(type_)), a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce)
        );
    }
}
