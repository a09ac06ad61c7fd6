// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AuthorizationBehaviour} from "./AuthorizationBehaviour.sol";

/// @notice A payment that its payer signed and anybody hands in.
contract SettlementTokenAuthorizedTransferTest is AuthorizationBehaviour {
    string private constant _RECEIVE =
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";

    function test_TransferWithAuthorization_MovesOnce() public {
        _moves();
    }

    function test_TransferWithAuthorization_RevertWhen_Replayed() public {
        _refusesAReplay();
    }

    function test_TransferWithAuthorization_RevertWhen_NotYetValid() public {
        _isValidOnlyAfterItsBeginning();
    }

    function test_TransferWithAuthorization_RevertWhen_Expired() public {
        _isValidOnlyBeforeItsEnd();
    }

    function test_TransferWithAuthorization_RevertWhen_TermIsInBlocks() public {
        _countsNoBlocks();
    }

    function test_TransferWithAuthorization_RevertWhen_AFieldWasNotSigned() public {
        _refusesWhatWasNotSigned();
    }

    function test_TransferWithAuthorization_RevertWhen_AStrangerSigned() public {
        _refusesAStranger();
    }

    function test_TransferWithAuthorization_RevertWhen_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_TransferWithAuthorization_RevertWhen_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_TransferWithAuthorization_RevertWhen_SignedAsReceive() public {
        _refusesAnotherAction(_RECEIVE);
    }

    function test_TransferWithAuthorization_RevertWhen_SignatureIsMalleated() public {
        _refusesHighS();
    }

    function test_TransferWithAuthorization_RevertWhen_ThePayerIsNobody() public {
        _refusesNobodysSignature();
    }

    function test_TransferWithAuthorization_ByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_TransferWithAuthorization_RevertWhen_TheContractAccountRefuses() public {
        _refusesAnotherThanTheOwner();
    }

    function test_TransferWithAuthorization_ByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_TransferWithAuthorization_RevertWhen_ThePayerIsDeadmitted() public {
        _refusesADeadmittedPayer();
    }

    function test_TransferWithAuthorization_RevertWhen_ItIsMoreThanThePayerHas() public {
        _refusesMoreThanThePayerHas();
    }

    function test_TransferWithAuthorization_RevertWhen_TheReceiverIsNotAdmitted() public {
        _open();
        Authorization memory authorization = _authorization("outside");
        authorization.to = outsider;
        bytes memory signature = _signatureOf(payer, authorization);
        for (uint256 form = 0; form < 2; ++form) {
            _expectNotAdmitted(outsider);
            _handIn(form, authorization, signature);
        }
    }

    function _typeOf() internal pure override returns (string memory) {
        return "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";
    }

    function _submit(Authorization memory a, bytes memory signature) internal override {
        vm.prank(stranger);
        token.transferWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, signature);
    }

    function _submitParts(Authorization memory a, uint8 v, bytes32 r, bytes32 s) internal override {
        vm.prank(stranger);
        token.transferWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, v, r, s);
    }
}
