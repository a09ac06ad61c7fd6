// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {ClaimStage} from "../../../contracts/types/Care.sol";
import {Accumulators} from "../../../contracts/types/Insurance.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @notice A provider gives everything back: money and accumulators are exactly as before.
contract ClaimSettlementReverseTest is SettlementBase {
    function test_Reverse_OfAPaidClaim_IsFundedByTheProvider() public {
        uint256 savings = token.balanceOf(payer);
        Treatment memory treatment = _paid();
        _fundProvider(PRICE);
        vm.expectEmit(address(settlement));
        emit IClaimSettlement.ClaimReversed(_idOf(treatment), false);
        vm.prank(hospitalA.finance);
        settlement.reverse(treatment.terms);
        _assertStage(treatment, ClaimStage.Reversed);
        _assertPool(POOL, 0);
        assertEq(token.balanceOf(payer), savings);
        assertEq(token.balanceOf(hospitalA.finance), 0);
        assertEq(token.balanceOf(payee), PRICE);
        _assertUnused();
    }

    function test_Reverse_OfAWaitingClaim_CostsNothing() public {
        uint256 savings = token.balanceOf(payer);
        Treatment memory treatment = _waiting();
        vm.prank(hospitalA.finance);
        settlement.reverse(treatment.terms);
        _assertPool(POOL, 0);
        assertEq(token.balanceOf(payer), savings);
        _assertUnused();
    }

    function test_Reverse_OfAContestedClaim_ReturnsThePatientsPart() public {
        uint256 savings = token.balanceOf(payer);
        Treatment memory treatment = _contested();
        _fundProvider(LARGE - LARGE_PAYS - SECOND_PAYS);
        vm.prank(hospitalA.finance);
        settlement.reverse(treatment.terms);
        _assertPool(POOL, 0);
        assertEq(token.balanceOf(payer), savings);
        _assertUnused();
    }

    /// @dev A de-admitted account receives refunds as ever: it comes by the settlement.
    function test_Reverse_ToAPayerThatIsNoLongerAdmitted() public {
        uint256 savings = token.balanceOf(payer);
        Treatment memory treatment = _paid();
        _fundProvider(PRICE);
        vm.prank(bank.finance);
        token.deadmit(payer);
        vm.prank(hospitalA.finance);
        settlement.reverse(treatment.terms);
        assertEq(token.balanceOf(payer), savings);
        assertEq(token.balanceOf(address(settlement)), 0);
        _assertUnused();
    }

    function test_Reverse_RevertWhen_ItIsNotFunded() public {
        Treatment memory treatment = _paid();
        _fundProvider(PRICE - 1);
        uint256 left = PRICE - BASIC_PAYS - 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(settlement), left, PRICE - BASIC_PAYS
            )
        );
        vm.prank(hospitalA.finance);
        settlement.reverse(treatment.terms);
    }

    function test_Reverse_RevertWhen_CallerIsNotTheProvider() public {
        Treatment memory treatment = _paid();
        _expectUnauthorized(hospitalB.finance, HOSPITAL_A);
        vm.prank(hospitalB.finance);
        settlement.reverse(treatment.terms);
    }

    function test_Reverse_RevertWhen_ThereIsNoClaim() public {
        Treatment memory treatment = _insuredTreatment();
        _expectWrongStage(treatment, ClaimStage.None);
        vm.prank(hospitalA.finance);
        settlement.reverse(treatment.terms);
    }

    function test_Reverse_RevertWhen_ReversedBefore() public {
        Treatment memory treatment = _waiting();
        vm.startPrank(hospitalA.finance);
        settlement.reverse(treatment.terms);
        _expectWrongStage(treatment, ClaimStage.Reversed);
        settlement.reverse(treatment.terms);
    }

    function test_Reverse_AfterThePatientPaidAReceivable_ReturnsIt() public {
        uint256 savings = token.balanceOf(payer);
        Treatment memory treatment = _insuredTreatment();
        treatment.terms.deposit = 300_00;
        _agree(treatment);
        _complete(treatment, true);
        vm.startPrank(payer);
        token.approve(address(settlement), 30_00);
        settlement.payReceivable(treatment.terms, 30_00);
        vm.stopPrank();
        _fundProvider(PRICE);
        vm.prank(hospitalA.finance);
        settlement.reverse(treatment.terms);
        assertEq(token.balanceOf(payer), savings);
    }

    function test_Version() public view {
        assertEq(settlement.version(), "1.0.0");
    }

    function _assertUnused() private view {
        (Accumulators memory used, uint48 reserved) = plans.accumulatorsOf(policy, plans.periodOf(policy, _today()));
        assertEq(abi.encode(used), abi.encode(Accumulators(0, 0, 0, 0)));
        assertEq(reserved, 0);
    }
}
