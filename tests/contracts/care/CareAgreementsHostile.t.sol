// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {CareAgreements} from "../../../contracts/care/CareAgreements.sol";
import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {AgreementState} from "../../../contracts/types/Care.sol";
import {HostileToken} from "../mocks/HostileToken.sol";
import {CareAgreementsBase} from "./CareAgreementsBase.sol";

/// @notice A token that cheats: no deposit is counted that did not come, and nobody gets in between.
contract CareAgreementsHostileTest is CareAgreementsBase {
    HostileToken private _hostile;

    function setUp() public override {
        super.setUp();
        vm.etch(address(token), address(new HostileToken()).code);
        _hostile = HostileToken(address(token));
        _hostile.give(payer, SAVINGS);
        _hostile.give(address(plans), POOL);
    }

    function test_Accept_RevertWhen_TheTokenMovesNothing() public {
        Treatment memory treatment = _offered();
        _hostile.play(HostileToken.Trick.MoveNothing);
        _expectDepositMissing(250_00, 0);
        _accept(treatment);
    }

    /// @dev What another patient deposited does not count.
    function test_Accept_RevertWhen_TheTokenTakesAFee() public {
        _agree(_tomorrow());
        Treatment memory treatment = _offered();
        _hostile.play(HostileToken.Trick.TakeAFee);
        _expectDepositMissing(500_00, 499_99);
        _accept(treatment);
    }

    function test_Withdraw_RevertWhen_TheTokenRefuses() public {
        Treatment memory treatment = _offered();
        _accept(treatment);
        _hostile.play(HostileToken.Trick.ReturnFalse);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        _withdraw(treatment);
        _hostile.play(HostileToken.Trick.None);
        _withdraw(treatment);
        assertEq(token.balanceOf(payer), SAVINGS);
    }

    function test_Accept_WhenTheTokenReenters() public {
        Treatment memory treatment = _offered();
        _reenterExpire();
        _accept(treatment);
        _assertGuarded(treatment, AgreementState.Accepted);
    }

    function test_AcceptBySig_WhenTheTokenReenters() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        _reenterExpire();
        bytes memory signature = _sign(alice, _acceptDigest(treatment, acceptance));
        agreements.acceptBySig(treatment.terms, treatment.lines, treatment.covers, acceptance, signature);
        _assertGuarded(treatment, AgreementState.Accepted);
    }

    function test_Cancel_WhenTheTokenReenters() public {
        Treatment memory treatment = _agreed();
        _reenterExpire();
        vm.prank(alice);
        agreements.cancel(treatment.terms);
        _assertGuarded(treatment, AgreementState.Cancelled);
    }

    function test_CancelBySig_WhenTheTokenReenters() public {
        Treatment memory treatment = _agreed();
        _reenterExpire();
        bytes32 structHash = keccak256(
            abi.encode(keccak256("Cancel(bytes32 agreement,bool accepted,uint40 deadline)"), _idOf(treatment), true, _deadline())
        );
        agreements.cancelBySig(treatment.terms, true, _deadline(), _sign(alice, _agreementsDigest(structHash)));
        _assertGuarded(treatment, AgreementState.Cancelled);
    }

    function test_Withdraw_WhenTheTokenReenters() public {
        Treatment memory treatment = _agreed();
        _reenterExpire();
        _withdraw(treatment);
        _assertGuarded(treatment, AgreementState.Withdrawn);
    }

    function test_Expire_WhenTheTokenReenters() public {
        Treatment memory treatment = _agreed();
        _reenterExpire();
        vm.warp(_endOf(TODAY + 10) + 30 days);
        agreements.expire(treatment.terms);
        _assertGuarded(treatment, AgreementState.Expired);
    }

    function test_Disburse_WhenTheTokenReenters() public {
        Treatment memory treatment = _agreed();
        _reenterExpire();
        vm.startPrank(address(settlement));
        agreements.complete(_idOf(treatment), patient, TODAY + 10);
        agreements.disburse(_idOf(treatment), payee, 100_00);
        vm.stopPrank();
        _assertGuarded(treatment, AgreementState.Settled);
        assertEq(token.balanceOf(payer), SAVINGS - 100_00);
    }

    /// @dev Within a transfer nothing can be offered, either.
    function test_Offer_WhenTheTokenReenters() public {
        Treatment memory treatment = _agreed();
        Treatment memory other = _selfPaid();
        bytes memory data = abi.encodeCall(
            CareAgreements.offer, (other.terms, other.lines, other.covers, _noPredetermination())
        );
        _hostile.reenter(address(agreements), data);
        _withdraw(treatment);
        _assertGuarded(treatment, AgreementState.Withdrawn);
    }

    /// @dev Anybody may expire an offer that ended, but not now.
    function _reenterExpire() private {
        Treatment memory other = _selfPaid();
        other.terms.acceptUntil = START;
        _offer(other);
        vm.warp(START + 1);
        _hostile.reenter(address(agreements), abi.encodeCall(CareAgreements.expire, (other.terms)));
    }

    function _offered() private returns (Treatment memory treatment) {
        treatment = _tomorrow();
        _offer(treatment);
    }

    function _agreed() private returns (Treatment memory treatment) {
        treatment = _offered();
        _accept(treatment);
    }

    function _withdraw(Treatment memory treatment) private {
        vm.prank(hospitalA.finance);
        agreements.withdraw(treatment.terms);
    }

    function _assertGuarded(Treatment memory treatment, AgreementState state) private view {
        bytes4 expected = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        assertEq(_hostile.answer(), abi.encodePacked(expected));
        _assertState(treatment, state);
    }

    function _expectDepositMissing(uint256 expected, uint256 held) private {
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_DepositMissing.selector, expected, held)
        );
    }
}
