// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {AuthorizationBehaviour} from "./AuthorizationBehaviour.sol";

/// @notice A payment that its payer signed and only its receiver hands in: nobody takes it out of the transaction that it is for.
contract SettlementTokenAuthorizedReceiptTest is AuthorizationBehaviour {
    string private constant _TRANSFER =
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";

    function test_ReceiveWithAuthorization_MovesOnce() public {
        _moves();
    }

    function test_ReceiveWithAuthorization_RevertWhen_Replayed() public {
        _refusesAReplay();
    }

    function test_ReceiveWithAuthorization_RevertWhen_NotYetValid() public {
        _isValidOnlyAfterItsBeginning();
    }

    function test_ReceiveWithAuthorization_RevertWhen_Expired() public {
        _isValidOnlyBeforeItsEnd();
    }

    function test_ReceiveWithAuthorization_RevertWhen_TermIsInBlocks() public {
        _countsNoBlocks();
    }

    function test_ReceiveWithAuthorization_RevertWhen_AFieldWasNotSigned() public {
        _refusesWhatWasNotSigned();
    }

    function test_ReceiveWithAuthorization_RevertWhen_AStrangerSigned() public {
        _refusesAStranger();
    }

    function test_ReceiveWithAuthorization_RevertWhen_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_ReceiveWithAuthorization_RevertWhen_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_ReceiveWithAuthorization_RevertWhen_SignedAsTransfer() public {
        _refusesAnotherAction(_TRANSFER);
    }

    function test_ReceiveWithAuthorization_RevertWhen_SignatureIsMalleated() public {
        _refusesHighS();
    }

    function test_ReceiveWithAuthorization_RevertWhen_ThePayerIsNobody() public {
        _refusesNobodysSignature();
    }

    function test_ReceiveWithAuthorization_ByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_ReceiveWithAuthorization_RevertWhen_TheContractAccountRefuses() public {
        _refusesAnotherThanTheOwner();
    }

    function test_ReceiveWithAuthorization_ByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_ReceiveWithAuthorization_RevertWhen_ThePayerIsDeadmitted() public {
        _refusesADeadmittedPayer();
    }

    function test_ReceiveWithAuthorization_RevertWhen_ItIsMoreThanThePayerHas() public {
        _refusesMoreThanThePayerHas();
    }

    function test_ReceiveWithAuthorization_RevertWhen_AnotherThanTheReceiverCalls() public {
        _open();
        Authorization memory authorization = _authorization("front-run");
        bytes memory signature = _signatureOf(payer, authorization);
        (uint8 v, bytes32 r, bytes32 s) = _partsOf(signature);
        address[4] memory callers = [stranger, payer, settlements[1], bank.finance];
        for (uint256 i = 0; i < callers.length; ++i) {
            _expectWrongReceiver();
            vm.prank(callers[i]);
            token.receiveWithAuthorization(
                payer, settlements[0], VALUE, VALID_AFTER, VALID_BEFORE, "front-run", signature
            );
            _expectWrongReceiver();
            vm.prank(callers[i]);
            token.receiveWithAuthorization(
                payer, settlements[0], VALUE, VALID_AFTER, VALID_BEFORE, "front-run", v, r, s
            );
        }
        _submit(authorization, signature);
        assertEq(token.balanceOf(settlements[0]), VALUE);
    }

    function test_ReceiveWithAuthorization_RevertWhen_TheReceiverIsNotAdmitted() public {
        _open();
        Authorization memory authorization = _authorization("outside");
        authorization.to = outsider;
        bytes memory signature = _signatureOf(payer, authorization);
        for (uint256 form = 0; form < 2; ++form) {
            _expectNotAdmitted(outsider);
            _handIn(form, authorization, signature);
        }
    }

    function _expectWrongReceiver() private {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, settlements[0]));
    }

    function _typeOf() internal pure override returns (string memory) {
        return "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";
    }

    function _submit(Authorization memory a, bytes memory signature) internal override {
        vm.prank(a.to);
        token.receiveWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, signature);
    }

    function _submitParts(Authorization memory a, uint8 v, bytes32 r, bytes32 s) internal override {
        vm.prank(a.to);
        token.receiveWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, v, r, s);
    }
}
