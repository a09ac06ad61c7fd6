// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {AgreementId, PolicyId} from "../../../contracts/types/Care.sol";
import {Accumulators, Cover, Line, Share} from "../../../contracts/types/Insurance.sol";
import {MemberStatus} from "../../../contracts/types/Types.sol";
import {InsurancePlansBase} from "./InsurancePlansBase.sol";

/// @notice The insurers' money: funded by anybody, withdrawn while free, moved by the core contracts only.
contract InsurancePlansPoolTest is InsurancePlansBase {
    AgreementId private constant _CLAIM = AgreementId.wrap(keccak256("claim"));

    function test_Fund_ByAnybody() public {
        vm.startPrank(payer);
        token.approve(address(plans), 500_00);
        vm.expectEmit(address(plans));
        emit IInsurancePlans.PoolFunded(INSURER, payer, 500_00);
        plans.fund(INSURER, 500_00);
        vm.stopPrank();
        _assertPool(POOL + 500_00, 0);
        assertEq(token.balanceOf(address(plans)), POOL + 500_00);
        assertEq(token.balanceOf(payer), SAVINGS - 500_00);
    }

    function test_Fund_RevertWhen_TheInsurerIsUnknown() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IInsurancePlans.InsurancePlans_InsurerNotActive.selector, UNKNOWN_MEMBER, MemberStatus.None
            )
        );
        vm.prank(payer);
        plans.fund(UNKNOWN_MEMBER, 1_00);
    }

    function test_Fund_RevertWhen_TheInsurerIsSuspended() public {
        _suspend(INSURER);
        _expectInsurerNotActive(MemberStatus.Suspended);
        vm.prank(payer);
        plans.fund(INSURER, 1_00);
    }

    function test_Fund_RevertWhen_NothingIsApproved() public {
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(plans), 0, 1_00)
        );
        vm.prank(payer);
        plans.fund(INSURER, 1_00);
    }

    function test_Withdraw_RevertWhen_CallerIsAStranger() public {
        _expectUnauthorized(stranger);
        vm.prank(stranger);
        plans.withdraw(1_00);
    }

    function test_Withdraw_RevertWhen_CallerHasAnotherRole() public {
        _expectUnauthorized(insurer.adjudicator);
        vm.prank(insurer.adjudicator);
        plans.withdraw(1_00);
    }

    /// @dev It would be its own pool, which is empty.
    function test_Withdraw_RevertWhen_CallerIsAnotherMembers() public {
        _expectPoolExhausted(HOSPITAL_A, 0, 1_00);
        vm.prank(hospitalA.finance);
        plans.withdraw(1_00);
    }

    function test_Withdraw_RevertWhen_ItIsReserved() public {
        _agree(_insuredTreatment());
        _expectPoolExhausted(INSURER, POOL - 625_00, POOL - 625_00 + 1);
        _withdraw(POOL - 625_00 + 1);
        vm.expectEmit(address(plans));
        emit IInsurancePlans.PoolWithdrawn(INSURER, insurer.finance, POOL - 625_00);
        _withdraw(POOL - 625_00);
        _assertPool(0, 625_00);
        assertEq(token.balanceOf(insurer.finance), POOL - 625_00);
        assertEq(token.balanceOf(address(plans)), 625_00);
    }

    function test_Withdraw_WhileSuspended() public {
        _suspend(INSURER);
        _withdraw(POOL);
        assertEq(token.balanceOf(insurer.finance), POOL);
    }

    function test_Withdraw_AfterLeaving() public {
        _remove(INSURER);
        _withdraw(POOL);
        assertEq(token.balanceOf(insurer.finance), POOL);
    }

    function test_Reserve_RevertWhen_CallerIsNotTheAgreements() public {
        PolicyId[4] memory policies;
        _expectNotCore(address(settlement));
        vm.prank(address(settlement));
        plans.reserve(policies, TODAY, new Line[](1), new Cover[](0));
    }

    function test_Unreserve_RevertWhen_CallerIsNotTheAgreements() public {
        PolicyId[4] memory policies;
        uint48[4] memory reserved;
        _expectNotCore(address(settlement));
        vm.prank(address(settlement));
        plans.unreserve(policies, TODAY, reserved);
    }

    function test_Adjudicate_RevertWhen_CallerIsNotTheSettlement() public {
        PolicyId[4] memory policies;
        uint48[4] memory reserved;
        _expectNotCore(address(agreements));
        vm.prank(address(agreements));
        plans.adjudicate(_CLAIM, policies, new Line[](1), new Cover[](0), reserved, [TODAY, TODAY]);
    }

    function test_Pay_RevertWhen_CallerIsNotTheSettlement() public {
        _expectNotCore(insurer.finance);
        vm.prank(insurer.finance);
        plans.pay(_CLAIM, policy, stranger, 1_00);
    }

    function test_Pay_RevertWhen_ItIsMoreThanWhatIsReserved() public {
        _agree(_insuredTreatment());
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        vm.prank(address(settlement));
        plans.pay(_CLAIM, policy, payee, 625_01);
    }

    function test_Pay_FromWhatIsReserved() public {
        _agree(_insuredTreatment());
        vm.expectEmit(address(plans));
        emit IInsurancePlans.PoolPaid(INSURER, _CLAIM, payee, 420_00);
        vm.prank(address(settlement));
        plans.pay(_CLAIM, policy, payee, 420_00);
        _assertPool(POOL - 625_00, 205_00);
        assertEq(token.balanceOf(payee), 420_00);
    }

    function test_GiveBack_RevertWhen_CallerIsNotTheSettlement() public {
        _expectNotCore(insurer.finance);
        vm.prank(insurer.finance);
        plans.giveBack(_CLAIM, policy, TODAY, Share(0, 0, 0, 0), 0);
    }

    /// @dev Deductible 100.00; 525.00 in the bands; 105.00 and the deductible are the patient's; 420.00 paid.
    function test_GiveBack_RestoresAccumulatorsAndPool() public {
        Treatment memory treatment = _insuredTreatment();
        AgreementId id = _agree(treatment);
        (IInsurancePlans.Outcome[] memory outcomes,) = _adjudicate(treatment, TODAY, TODAY);
        _assertUsed(policy, Accumulators(100_00, 525_00, 205_00, 420_00), 0);
        _assertPool(POOL - 420_00, 420_00);
        vm.expectEmit(address(plans));
        emit IInsurancePlans.AccumulatorsReturned(policy, id, outcomes[0].share);
        vm.prank(address(settlement));
        plans.giveBack(id, policy, TODAY, outcomes[0].share, 420_00);
        _assertUsed(policy, Accumulators(0, 0, 0, 0), 0);
        _assertPool(POOL, 0);
    }

    /// @dev What was paid already comes back by {credit}.
    function test_GiveBack_OfWhatWasPaidLeavesThePool() public {
        Treatment memory treatment = _insuredTreatment();
        AgreementId id = _agree(treatment);
        _adjudicate(treatment, TODAY, TODAY);
        vm.prank(address(settlement));
        plans.giveBack(id, policy, TODAY, Share(0, 0, 0, 20_00), 0);
        _assertUsed(policy, Accumulators(100_00, 525_00, 205_00, 400_00), 0);
        _assertPool(POOL - 420_00, 420_00);
    }

    function test_GiveBack_RevertWhen_ItIsMoreThanWhatIsUsed() public {
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        vm.prank(address(settlement));
        plans.giveBack(_CLAIM, policy, TODAY, Share(1, 0, 0, 0), 0);
    }

    function test_Credit_RevertWhen_CallerIsNotTheSettlement() public {
        _expectNotCore(insurer.finance);
        vm.prank(insurer.finance);
        plans.credit(INSURER, 1_00);
    }

    function test_Credit_IsFreeMoneyOfTheInsurer() public {
        vm.expectEmit(address(plans));
        emit IInsurancePlans.PoolFunded(INSURER, address(settlement), 1_00);
        vm.prank(address(settlement));
        plans.credit(INSURER, 1_00);
        _assertPool(POOL + 1_00, 0);
    }

    function _withdraw(uint128 amount) private {
        vm.prank(insurer.finance);
        plans.withdraw(amount);
    }
}
