// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {AgreementId, AgreementState} from "../../../contracts/types/Care.sol";
import {CareAgreementsBase} from "./CareAgreementsBase.sol";

/// @notice What the settlement does with an agreement, the release of reservations, and the views.
contract CareAgreementsSettleTest is CareAgreementsBase {
    function test_ReleaseReservations_RevertWhen_TheyStand() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        vm.warp(treatment.terms.reservedUntil);
        _expectNotNow(treatment, treatment.terms.reservedUntil + 1);
        agreements.releaseReservations(treatment.terms);
    }

    function test_ReleaseReservations_ByAnybodyAfterTheirEnd() public {
        Treatment memory treatment = _released();
        ICareAgreements.Agreement memory standing = agreements.agreementOf(_idOf(treatment));
        uint48[4] memory none;
        assertEq(abi.encode(standing.reserved), abi.encode(none));
        assertEq(standing.deposit, 375_00);
        assertEq(plans.poolOf(INSURER).free, POOL);
        _assertState(treatment, AgreementState.Accepted);
        _assertHeld(375_00, 0);
    }

    function test_ReleaseReservations_OnceOnly() public {
        Treatment memory other = _insuredTreatment();
        other.terms.reservedUntil += 1 days;
        _agree(other);
        Treatment memory treatment = _released();
        agreements.releaseReservations(treatment.terms);
        _assertHeld(750_00, 625_00);
    }

    function test_ReleaseReservations_RevertWhen_NotAccepted() public {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        vm.warp(treatment.terms.reservedUntil + 1);
        _expectWrongState(treatment, AgreementState.Offered);
        agreements.releaseReservations(treatment.terms);
    }

    function test_ReleaseReservations_RevertWhen_Completed() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _complete(treatment, false);
        vm.warp(treatment.terms.reservedUntil + 1);
        _expectWrongState(treatment, AgreementState.Completed);
        agreements.releaseReservations(treatment.terms);
    }

    function test_Complete_RevertWhen_CallerIsNotTheSettlement() public {
        Treatment memory treatment = _selfPaid();
        AgreementId id = _agree(treatment);
        _expectNotSettlement(hospitalA.finance);
        vm.prank(hospitalA.finance);
        agreements.complete(id, patient, TODAY + 10);
    }

    function test_Complete_RevertWhen_NotAccepted() public {
        Treatment memory treatment = _selfPaid();
        AgreementId id = _offer(treatment);
        _expectWrongState(treatment, AgreementState.Offered);
        vm.prank(address(settlement));
        agreements.complete(id, patient, TODAY + 10);
    }

    function test_Complete_RevertWhen_CompletedAlready() public {
        Treatment memory treatment = _selfPaid();
        AgreementId id = _agree(treatment);
        vm.startPrank(address(settlement));
        agreements.complete(id, patient, TODAY + 10);
        _expectWrongState(treatment, AgreementState.Completed);
        agreements.complete(id, patient, TODAY + 10);
        vm.stopPrank();
    }

    function test_Complete_RevertWhen_ItIsTooLate() public {
        Treatment memory treatment = _selfPaid();
        AgreementId id = _agree(treatment);
        uint40 last = _endOf(TODAY + 10) - 1 + 30 days;
        vm.warp(last + 1);
        _expectNotNow(treatment, last + 1);
        vm.prank(address(settlement));
        agreements.complete(id, patient, TODAY + 10);
    }

    function test_Complete_InTheLastSecond() public {
        Treatment memory treatment = _insuredTreatment();
        AgreementId id = _agree(treatment);
        vm.warp(_endOf(TODAY + 10) - 1 + 30 days);
        vm.expectEmit(address(agreements));
        emit ICareAgreements.AgreementCompleted(id, patient, HOSPITAL_A);
        vm.prank(address(settlement));
        (uint48 deposit, uint48[4] memory reserved) = agreements.complete(id, patient, TODAY + 10);
        assertEq(deposit, 375_00);
        assertEq(reserved[0], 625_00);
        uint48[4] memory none;
        ICareAgreements.Agreement memory standing = agreements.agreementOf(id);
        assertEq(abi.encode(standing.reserved), abi.encode(none));
        assertEq(standing.deposit, 375_00);
        _assertState(treatment, AgreementState.Completed);
    }

    function test_Disburse_RevertWhen_CallerIsNotTheSettlement() public {
        (AgreementId id,) = _completed();
        _expectNotSettlement(hospitalA.finance);
        vm.prank(hospitalA.finance);
        agreements.disburse(id, payee, 1_00);
    }

    function test_Disburse_RevertWhen_NotCompleted() public {
        Treatment memory treatment = _selfPaid();
        AgreementId id = _agree(treatment);
        _expectWrongState(treatment, AgreementState.Accepted);
        vm.prank(address(settlement));
        agreements.disburse(id, payee, 1_00);
    }

    function test_Disburse_RevertWhen_ItIsMoreThanTheDeposit() public {
        _agree(_selfPaid());
        (AgreementId id,) = _completed();
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        vm.prank(address(settlement));
        agreements.disburse(id, payee, 250_01);
    }

    function test_Disburse_PaysAndRefundsOnce() public {
        (AgreementId id, Treatment memory treatment) = _completed();
        vm.expectEmit(address(agreements));
        emit ICareAgreements.DepositDisbursed(id, 100_00, 150_00);
        vm.startPrank(address(settlement));
        agreements.disburse(id, payee, 100_00);
        assertEq(token.balanceOf(payee), 100_00);
        assertEq(token.balanceOf(payer), SAVINGS - 100_00);
        assertEq(agreements.agreementOf(id).deposit, 0);
        _expectWrongState(treatment, AgreementState.Settled);
        agreements.disburse(id, payee, 0);
        vm.stopPrank();
    }

    function test_Disburse_TheWholeDeposit() public {
        (AgreementId id,) = _completed();
        vm.prank(address(settlement));
        agreements.disburse(id, payee, 250_00);
        assertEq(token.balanceOf(payee), 250_00);
        _assertHeld(0, 0);
    }

    /// @dev A de-admitted payer and a payee that was never admitted receive what is theirs.
    function test_Disburse_ToAccountsThatAreNotAdmitted() public {
        vm.prank(bank.finance);
        token.deadmit(payee);
        (AgreementId id,) = _completed();
        vm.prank(bank.finance);
        token.deadmit(payer);
        vm.prank(address(settlement));
        agreements.disburse(id, payee, 100_00);
        assertEq(token.balanceOf(payee), 100_00);
        assertEq(token.balanceOf(payer), SAVINGS - 100_00);
    }

    function test_AgreementOf_IsZeroWhenUnknown() public view {
        ICareAgreements.Agreement memory none;
        assertEq(abi.encode(agreements.agreementOf(AgreementId.wrap(keccak256("none")))), abi.encode(none));
    }

    function test_CompleteUntil_FollowsTheWindowOrTheAcceptance() public {
        Treatment memory treatment = _selfPaid();
        assertEq(agreements.completeUntil(treatment.terms), _endOf(TODAY + 10) - 1 + 30 days);
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (TODAY - 1, TODAY - 1);
        _agree(treatment);
        assertEq(agreements.completeUntil(treatment.terms), START + 30 days);
    }

    function test_AgreementIdOf_IsTheHashOfTheTerms() public {
        Treatment memory treatment = _insuredTreatment();
        assertTrue(agreements.agreementIdOf(treatment.terms) == _idOf(treatment));
    }

    function test_Constants_AreAsDocumented() public view {
        assertEq(agreements.MAX_LINES(), 40);
        assertEq(agreements.FILING_PERIOD(), 30 days);
        assertEq(agreements.version(), "1.0.0");
    }

    function _released() private returns (Treatment memory treatment) {
        treatment = _insuredTreatment();
        AgreementId id = _agree(treatment);
        vm.warp(treatment.terms.reservedUntil + 1);
        vm.expectEmit(address(agreements));
        emit ICareAgreements.ReservationsReleased(id);
        vm.prank(stranger);
        agreements.releaseReservations(treatment.terms);
    }

    function _completed() private returns (AgreementId id, Treatment memory treatment) {
        treatment = _selfPaid();
        id = _agree(treatment);
        vm.prank(address(settlement));
        agreements.complete(id, patient, TODAY + 10);
    }
}
