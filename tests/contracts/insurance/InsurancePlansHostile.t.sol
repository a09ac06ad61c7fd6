// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {InsurancePlans} from "../../../contracts/insurance/InsurancePlans.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {HostileToken} from "../mocks/HostileToken.sol";
import {InsurancePlansBase} from "./InsurancePlansBase.sol";

/// @notice A token that cheats: no pool counts what did not come, and nobody gets in between.
contract InsurancePlansHostileTest is InsurancePlansBase {
    HostileToken private _hostile;

    function setUp() public override {
        super.setUp();
        vm.etch(address(token), address(new HostileToken()).code);
        _hostile = HostileToken(address(token));
        _hostile.give(payer, SAVINGS);
        _hostile.give(address(plans), POOL);
    }

    function test_Fund_RevertWhen_TheTokenMovesNothing() public {
        _hostile.play(HostileToken.Trick.MoveNothing);
        _expectFundsMissing(POOL + 1_00, POOL);
        _fund();
    }

    function test_Fund_RevertWhen_TheTokenTakesAFee() public {
        _hostile.play(HostileToken.Trick.TakeAFee);
        _expectFundsMissing(POOL + 1_00, POOL + 99);
        _fund();
    }

    function test_Fund_RevertWhen_TheTokenRefuses() public {
        _hostile.play(HostileToken.Trick.ReturnFalse);
        _expectRefused();
        _fund();
        _assertPool(POOL, 0);
    }

    function test_Fund_WhenTheTokenReenters() public {
        _reenter();
        _fund();
        _assertGuarded();
        _assertPool(POOL + 1_00, 0);
    }

    function test_Withdraw_RevertWhen_TheTokenRefuses() public {
        _hostile.play(HostileToken.Trick.ReturnFalse);
        _expectRefused();
        _withdraw();
        _assertPool(POOL, 0);
    }

    function test_Withdraw_WhenTheTokenReenters() public {
        _reenter();
        _withdraw();
        _assertGuarded();
        _assertPool(POOL - 1_00, 0);
    }

    function test_Pay_RevertWhen_TheTokenRefuses() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _hostile.play(HostileToken.Trick.ReturnFalse);
        _expectRefused();
        vm.prank(address(settlement));
        plans.pay(_idOf(treatment), policy, payee, 420_00);
        _assertPool(POOL - 625_00, 625_00);
    }

    function test_Pay_WhenTheTokenReenters() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _reenter();
        vm.prank(address(settlement));
        plans.pay(_idOf(treatment), policy, payee, 420_00);
        _assertGuarded();
        _assertPool(POOL - 625_00, 205_00);
    }

    /// @dev Anybody may fund, but not now.
    function _reenter() private {
        _hostile.reenter(address(plans), abi.encodeCall(InsurancePlans.fund, (INSURER, 0)));
    }

    function _fund() private {
        vm.prank(payer);
        plans.fund(INSURER, 1_00);
    }

    function _withdraw() private {
        vm.prank(insurer.finance);
        plans.withdraw(1_00);
    }

    function _assertGuarded() private view {
        bytes4 expected = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        assertEq(_hostile.answer(), abi.encodePacked(expected));
    }

    function _expectRefused() private {
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
    }

    function _expectFundsMissing(uint256 expected, uint256 held) private {
        vm.expectRevert(
            abi.encodeWithSelector(IInsurancePlans.InsurancePlans_FundsMissing.selector, expected, held)
        );
    }
}
