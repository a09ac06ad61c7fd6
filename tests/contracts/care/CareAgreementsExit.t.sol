// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgreementState} from "../../../contracts/types/Care.sol";
import {CareAgreementsBase} from "./CareAgreementsBase.sol";

/// @notice How an agreement ends without completion: by the patient, by the provider, by time.
contract CareAgreementsExitTest is CareAgreementsBase {
    function test_Cancel_RevertWhen_CallerIsAStranger() public {
        _refuseCancelBy(stranger);
    }

    function test_Cancel_RevertWhen_CallerIsTheProvider() public {
        _refuseCancelBy(hospitalA.finance);
    }

    function test_Cancel_RevertWhen_CallerIsThePayer() public {
        _refuseCancelBy(payer);
    }

    function test_Cancel_DeclinesAnOffer() public {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        _expectEnded(treatment, AgreementState.Declined, 0);
        _cancel(treatment);
        _assertState(treatment, AgreementState.Declined);
    }

    /// @dev Also in the window, which is over for cancelling only.
    function test_Cancel_DeclinesAnOfferInItsWindow() public {
        Treatment memory treatment = _selfPaid();
        _offer(treatment);
        vm.warp(treatment.terms.acceptUntil + 100 days);
        _cancel(treatment);
        _assertState(treatment, AgreementState.Declined);
    }

    function test_Cancel_ReturnsDepositAndReservations() public {
        Treatment memory treatment = _agreedForTomorrow();
        _assertHeld(375_00, 625_00);
        _expectEnded(treatment, AgreementState.Cancelled, 375_00);
        _cancel(treatment);
        _assertCleared(treatment, AgreementState.Cancelled);
    }

    function test_Cancel_RevertWhen_TheFirstServiceDayBegan() public {
        Treatment memory treatment = _agreedForTomorrow();
        uint40 begin = _endOf(TODAY);
        vm.warp(begin);
        _expectNotNow(treatment, begin);
        _cancel(treatment);
        vm.warp(begin - 1);
        _cancel(treatment);
        _assertState(treatment, AgreementState.Cancelled);
    }

    function test_Cancel_RevertWhen_TheWindowIsPast() public {
        Treatment memory treatment = _selfPaid();
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (18_262, 18_262);
        _agree(treatment);
        _expectNotNow(treatment, 0);
        _cancel(treatment);
    }

    function test_Cancel_RevertWhen_CancelledAlready() public {
        Treatment memory treatment = _agreedForTomorrow();
        _cancel(treatment);
        _expectWrongState(treatment, AgreementState.Cancelled);
        _cancel(treatment);
    }

    function test_Cancel_RevertWhen_NothingIsOffered() public {
        Treatment memory treatment = _tomorrow();
        _expectWrongState(treatment, AgreementState.None);
        _cancel(treatment);
    }

    function test_Cancel_AtSuspendedMembers() public {
        Treatment memory treatment = _agreedForTomorrow();
        _suspend(HOSPITAL_A);
        _suspend(INSURER);
        _cancel(treatment);
        _assertCleared(treatment, AgreementState.Cancelled);
    }

    function test_Cancel_OfARetiredPatient() public {
        Treatment memory treatment = _agreedForTomorrow();
        _retire(patient);
        _cancel(treatment);
        _assertCleared(treatment, AgreementState.Cancelled);
    }

    function test_Cancel_LeavesOtherAgreements() public {
        Treatment memory other = _insuredTreatment();
        _agree(other);
        _cancel(_agreedForTomorrow());
        _assertState(other, AgreementState.Accepted);
        _assertHeld(375_00, 625_00);
    }

    function test_Withdraw_RevertWhen_CallerIsAStranger() public {
        _refuseWithdrawBy(stranger);
    }

    function test_Withdraw_RevertWhen_CallerHasAnotherRole() public {
        _refuseWithdrawBy(hospitalA.desk);
    }

    function test_Withdraw_RevertWhen_CallerIsAnotherMembers() public {
        _refuseWithdrawBy(hospitalB.finance);
    }

    function test_Withdraw_AnOffer() public {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        _expectEnded(treatment, AgreementState.Withdrawn, 0);
        _withdraw(treatment);
        _assertState(treatment, AgreementState.Withdrawn);
    }

    function test_Withdraw_ReturnsDepositAndReservations() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        skip(5 days);
        _expectEnded(treatment, AgreementState.Withdrawn, 375_00);
        _withdraw(treatment);
        _assertCleared(treatment, AgreementState.Withdrawn);
    }

    function test_Withdraw_WhileSuspended() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _suspend(HOSPITAL_A);
        _withdraw(treatment);
        _assertCleared(treatment, AgreementState.Withdrawn);
    }

    function test_Withdraw_AfterLeaving() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _remove(HOSPITAL_A);
        _withdraw(treatment);
        _assertCleared(treatment, AgreementState.Withdrawn);
    }

    function test_Withdraw_RevertWhen_Completed() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _complete(treatment, false);
        _expectWrongState(treatment, AgreementState.Completed);
        _withdraw(treatment);
    }

    function test_Expire_RevertWhen_TheOfferStands() public {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        vm.warp(treatment.terms.acceptUntil);
        _expectNotNow(treatment, treatment.terms.acceptUntil + 1);
        agreements.expire(treatment.terms);
    }

    function test_Expire_AnOfferByAnybody() public {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        vm.warp(treatment.terms.acceptUntil + 1);
        _expectEnded(treatment, AgreementState.Expired, 0);
        vm.prank(stranger);
        agreements.expire(treatment.terms);
        _assertState(treatment, AgreementState.Expired);
    }

    function test_Expire_RevertWhen_ItMayStillBeCompleted() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        uint40 last = _endOf(TODAY + 10) - 1 + 30 days;
        vm.warp(last);
        _expectNotNow(treatment, last + 1);
        agreements.expire(treatment.terms);
    }

    function test_Expire_ReturnsDepositAndReservations() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        vm.warp(_endOf(TODAY + 10) + 30 days);
        _expectEnded(treatment, AgreementState.Expired, 375_00);
        vm.prank(stranger);
        agreements.expire(treatment.terms);
        _assertCleared(treatment, AgreementState.Expired);
    }

    /// @dev Care of the past is filed within 30 days of its acceptance.
    function test_Expire_CareOfThePast() public {
        Treatment memory treatment = _selfPaid();
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (18_262, 18_262);
        _agree(treatment);
        vm.warp(START + 30 days);
        _expectNotNow(treatment, START + 30 days + 1);
        agreements.expire(treatment.terms);
        vm.warp(START + 30 days + 1);
        agreements.expire(treatment.terms);
        _assertState(treatment, AgreementState.Expired);
    }

    function test_Expire_AfterTheReservationsWereReleased() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        vm.warp(_endOf(TODAY + 10) + 30 days);
        agreements.releaseReservations(treatment.terms);
        agreements.expire(treatment.terms);
        _assertCleared(treatment, AgreementState.Expired);
    }

    /// @dev It completes nothing any more; a suspended one may.
    function test_Expire_AtOnceWhenTheProviderLeft() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _suspend(HOSPITAL_A);
        _expectNotNow(treatment, _endOf(TODAY + 10) + 30 days);
        agreements.expire(treatment.terms);
        _remove(HOSPITAL_A);
        vm.prank(stranger);
        agreements.expire(treatment.terms);
        _assertCleared(treatment, AgreementState.Expired);
    }

    function test_Expire_RevertWhen_ExpiredAlready() public {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        vm.warp(treatment.terms.acceptUntil + 1);
        agreements.expire(treatment.terms);
        _expectWrongState(treatment, AgreementState.Expired);
        agreements.expire(treatment.terms);
    }

    function test_Expire_RevertWhen_NothingIsOffered() public {
        Treatment memory treatment = _insuredTreatment();
        vm.warp(treatment.terms.acceptUntil + 1);
        _expectWrongState(treatment, AgreementState.None);
        agreements.expire(treatment.terms);
    }

    function test_Expire_RevertWhen_Settled() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        _complete(treatment, true);
        vm.warp(_endOf(TODAY + 10) + 30 days);
        _expectWrongState(treatment, AgreementState.Settled);
        agreements.expire(treatment.terms);
    }

    function _agreedForTomorrow() private returns (Treatment memory treatment) {
        treatment = _insuredTreatment();
        treatment.terms.serviceFrom = TODAY + 1;
        _agree(treatment);
    }

    function _cancel(Treatment memory treatment) private {
        vm.prank(alice);
        agreements.cancel(treatment.terms);
    }

    function _withdraw(Treatment memory treatment) private {
        vm.prank(hospitalA.finance);
        agreements.withdraw(treatment.terms);
    }

    function _refuseCancelBy(address caller) private {
        Treatment memory treatment = _agreedForTomorrow();
        _expectNotController(caller);
        vm.prank(caller);
        agreements.cancel(treatment.terms);
    }

    function _refuseWithdrawBy(address caller) private {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        _expectNotProvider(HOSPITAL_A, caller);
        vm.prank(caller);
        agreements.withdraw(treatment.terms);
    }

    /// @dev Everything is where it was before.
    function _assertCleared(Treatment memory treatment, AgreementState state) private view {
        _assertState(treatment, state);
        _assertHeld(0, 0);
        assertEq(agreements.agreementOf(_idOf(treatment)).deposit, 0);
        assertEq(token.balanceOf(payer), SAVINGS);
        assertEq(plans.poolOf(INSURER).free, POOL);
        (, uint48 reserved) = plans.accumulatorsOf(policy, 2027);
        assertEq(reserved, 0);
    }
}
