// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {ISettlementToken} from "../../../contracts/interfaces/ISettlementToken.sol";
import {AgreementState} from "../../../contracts/types/Care.sol";
import {CareAgreementsBase} from "./CareAgreementsBase.sol";

/// @notice The deposit and the payer's signature under it, which serves one acceptance and nothing else.
contract CareAgreementsDepositTest is CareAgreementsBase {
    function test_Accept_TakesTheDepositFromThePayer() public {
        Treatment memory treatment = _selfPaid();
        _agree(treatment);
        assertEq(token.balanceOf(payer), SAVINGS - 250_00);
        assertEq(token.balanceOf(address(agreements)), 250_00);
        assertEq(agreements.agreementOf(_idOf(treatment)).deposit, 250_00);
    }

    function test_Accept_WithoutADepositMovesNothing() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.deposit = 0;
        _offer(treatment);
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        acceptance.authorization = "";
        _acceptWith(treatment, acceptance);
        _assertState(treatment, AgreementState.Accepted);
        assertEq(token.balanceOf(payer), SAVINGS);
    }

    function test_Accept_RevertWhen_SomebodyElseAuthorizedTheDeposit() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        acceptance.authorization = _sign(stranger, _authorization(treatment, acceptance, 250_00));
        _refuse(treatment, acceptance);
    }

    function test_Accept_RevertWhen_AnotherAmountIsAuthorized() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        acceptance.authorization = _sign(payer, _authorization(treatment, acceptance, 249_99));
        _refuse(treatment, acceptance);
    }

    /// @dev Alice names a payer who authorized a deposit of hers before.
    function test_Accept_RevertWhen_TheDepositOfAnotherAgreementIsAuthorized() public {
        ICareAgreements.Acceptance memory former = _acceptance(_offered());
        Treatment memory treatment = _offered();
        _refuse(treatment, former);
    }

    /// @dev The hospital's account is admitted and has approved nothing.
    function test_Accept_RevertWhen_TheNamedPayerAuthorizedNothing() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        acceptance.payer = hospitalA.finance;
        _refuse(treatment, acceptance);
    }

    function test_Accept_RevertWhen_ThePayerCancelledTheAuthorization() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        bytes32 nonce = _acceptDigest(treatment, acceptance);
        bytes32 typeHash = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
        bytes32 structHash = keccak256(abi.encode(typeHash, payer, nonce));
        token.cancelAuthorization(
            payer, nonce, _sign(payer, _typedDigest(address(token), "SettlementToken", structHash))
        );
        vm.expectRevert(
            abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, payer, nonce)
        );
        _acceptWith(treatment, acceptance);
    }

    function test_Accept_RevertWhen_ThePayerHasLess() public {
        Treatment memory treatment = _offered();
        vm.prank(payer);
        token.transfer(payee, SAVINGS - 249_99);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, payer, 249_99, 250_00)
        );
        _accept(treatment);
    }

    function test_Accept_RevertWhen_ThePayersAdmissionEnded() public {
        Treatment memory treatment = _offered();
        vm.prank(bank.finance);
        token.deadmit(payer);
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.SettlementToken_NotAdmitted.selector, payer));
        _accept(treatment);
    }

    /// @dev Whoever sees the authorization in a pending transaction can do nothing else with it.
    function test_Accept_ItsAuthorizationServesNobodyElse() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        bytes32 nonce = _acceptDigest(treatment, acceptance);
        uint256 validBefore = uint256(acceptance.deadline) + 1;
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(agreements)));
        token.receiveWithAuthorization(
            payer, address(agreements), 250_00, 0, validBefore, nonce, acceptance.authorization
        );
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        token.receiveWithAuthorization(payer, stranger, 250_00, 0, validBefore, nonce, acceptance.authorization);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        token.transferWithAuthorization(
            payer, address(agreements), 250_00, 0, validBefore, nonce, acceptance.authorization
        );
        vm.stopPrank();
        _acceptWith(treatment, acceptance);
        assertEq(token.balanceOf(address(agreements)), 250_00);
    }

    function test_AcceptBySig_TakesTheDepositWhoeverRelays() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        bytes memory signature = _sign(alice, _acceptDigest(treatment, acceptance));
        vm.prank(stranger);
        agreements.acceptBySig(treatment.terms, treatment.lines, treatment.covers, acceptance, signature);
        assertEq(token.balanceOf(payer), SAVINGS - 250_00);
        _assertState(treatment, AgreementState.Accepted);
    }

    function test_AcceptBySig_RevertWhen_TheRelayerNamesItsOwnPayer() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        bytes memory signature = _sign(alice, _acceptDigest(treatment, acceptance));
        acceptance.payer = stranger;
        vm.expectRevert(abi.encodeWithSelector(bytes4(keccak256("Signatures_Invalid(address)")), alice));
        agreements.acceptBySig(treatment.terms, treatment.lines, treatment.covers, acceptance, signature);
    }

    function _offered() private returns (Treatment memory treatment) {
        treatment = _selfPaid();
        _offer(treatment);
    }

    function _authorization(Treatment memory treatment, ICareAgreements.Acceptance memory acceptance, uint256 amount)
        private
        view
        returns (bytes32)
    {
        bytes32 nonce = _acceptDigest(treatment, acceptance);
        return _depositDigest(payer, amount, uint256(acceptance.deadline) + 1, nonce);
    }

    function _refuse(Treatment memory treatment, ICareAgreements.Acceptance memory acceptance) private {
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        _acceptWith(treatment, acceptance);
    }

    function _acceptWith(Treatment memory treatment, ICareAgreements.Acceptance memory acceptance) private {
        vm.prank(alice);
        agreements.accept(treatment.terms, treatment.lines, treatment.covers, acceptance);
    }
}
