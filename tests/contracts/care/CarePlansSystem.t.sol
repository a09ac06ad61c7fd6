// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICarePlans} from "../../../contracts/interfaces/ICarePlans.sol";
import {AgreementId, AgreementState, CarePlanId} from "../../../contracts/types/Care.sol";
import {MoneyBase} from "../MoneyBase.sol";

/// @notice Recurring care with the contracts of money as they are: hospital A's yearly check-up of alice, twice.
contract CarePlansSystemTest is MoneyBase {
    uint48 private constant _PRICE = 120_00;

    CarePlanId private _carePlan;

    function setUp() public override {
        super.setUp();
        ICarePlans.Plan memory plan = _yearly();
        vm.prank(hospitalA.finance);
        _carePlan = carePlans.propose(plan);
        vm.prank(alice);
        carePlans.accept(plan);
    }

    function test_System_ThePlanAloneMovesNoMoney() public {
        vm.prank(alice);
        carePlans.end(_yearly());
        assertEq(token.balanceOf(payer), SAVINGS);
        assertEq(token.balanceOf(address(agreements)), 0);
        assertEq(token.balanceOf(address(carePlans)), 0);
    }

    function test_System_ACheckUpTwiceAYearApart() public {
        for (uint16 visit = 0; visit < 2; ++visit) {
            Treatment memory treatment = _visit(visit);
            AgreementId id = _agree(treatment);
            assertEq(AgreementId.unwrap(carePlans.agreementOf(_carePlan, visit)), AgreementId.unwrap(id));
            _complete(treatment, true);
            assertEq(uint256(agreements.agreementOf(id).state), uint256(AgreementState.Settled));
            _expectTaken(visit, id);
            _offer(_visit(visit));
            skip(365 days);
        }
        // Half of the price was the deposit, the patient owes the rest.
        assertEq(token.balanceOf(payee), uint256(_PRICE));
        assertEq(token.balanceOf(payer), SAVINGS - _PRICE);
    }

    function test_System_ACompletedVisitIsTakenBeforeItIsPaid() public {
        Treatment memory treatment = _visit(0);
        AgreementId id = _agree(treatment);
        _complete(treatment, false);
        assertEq(uint256(agreements.agreementOf(id).state), uint256(AgreementState.Completed));
        _expectTaken(0, id);
        _offer(_visit(0));
    }

    function test_System_AVisitIsOfferedAgainAfterItWasDeclinedOrCancelled() public {
        Treatment memory declined = _visit(1);
        _offer(declined);
        vm.prank(alice);
        agreements.cancel(declined.terms);
        Treatment memory cancelled = _visit(1);
        _agree(cancelled);
        vm.prank(alice);
        agreements.cancel(cancelled.terms);
        Treatment memory withdrawn = _visit(1);
        _agree(withdrawn);
        vm.prank(hospitalA.finance);
        agreements.withdraw(withdrawn.terms);
        AgreementId last = _offer(_visit(1));
        assertEq(AgreementId.unwrap(carePlans.agreementOf(_carePlan, 1)), AgreementId.unwrap(last));
        assertEq(token.balanceOf(payer), SAVINGS);
    }

    function test_System_AnOfferThatRanOutIsEndedFirst() public {
        Treatment memory treatment = _visit(0);
        AgreementId id = _offer(treatment);
        vm.warp(treatment.terms.acceptUntil + 1);
        Treatment memory following = _visit(0);
        _expectTaken(0, id);
        _offer(following);
        vm.prank(stranger);
        agreements.expire(treatment.terms);
        _offer(following);
    }

    function test_System_EndingThePlanLeavesWhatWasOfferedAndAccepted() public {
        Treatment memory agreed = _visit(0);
        _agree(agreed);
        Treatment memory offered = _visit(1);
        _offer(offered);
        vm.prank(hospitalA.finance);
        carePlans.end(_yearly());
        _complete(agreed, true);
        assertEq(uint256(agreements.agreementOf(_idOf(agreed)).state), uint256(AgreementState.Settled));
        _accept(offered);
        assertEq(uint256(agreements.agreementOf(_idOf(offered)).state), uint256(AgreementState.Accepted));
    }

    function test_System_RevertWhen_TheVisitIsOutOfThePlan() public {
        Treatment memory treatment = _visit(0);
        treatment.terms.serviceUntil = TODAY + 31;
        vm.expectRevert(
            abi.encodeWithSelector(ICarePlans.CarePlans_OutsideVisit.selector, _carePlan, 0, TODAY, TODAY + 30)
        );
        _offer(treatment);
        assertEq(uint256(agreements.agreementOf(_idOf(treatment)).state), uint256(AgreementState.None));
    }

    /// @dev From today, a year apart, each up to 30 days later, at a visit's price.
    function _yearly() private view returns (ICarePlans.Plan memory) {
        return ICarePlans.Plan({
            patient: patient,
            provider: HOSPITAL_A,
            contentDigest: keccak256("salted digest of the document"),
            firstDay: TODAY,
            intervalDays: 365,
            toleranceDays: 30,
            visits: 2,
            maxPrice: _PRICE,
            acceptUntil: START + 1 days,
            salt: SALT
        });
    }

    /// @dev A visit's treatment, on its first ten days, half of the price as deposit.
    function _visit(uint16 visit) private returns (Treatment memory treatment) {
        uint48[] memory prices = new uint48[](1);
        prices[0] = _PRICE;
        treatment = _treatment(prices);
        (treatment.terms.carePlan, treatment.terms.visit) = (_carePlan, visit);
        treatment.terms.serviceFrom = TODAY + visit * 365;
        treatment.terms.serviceUntil = treatment.terms.serviceFrom + 10;
    }

    function _expectTaken(uint16 visit, AgreementId id) private {
        vm.expectRevert(abi.encodeWithSelector(ICarePlans.CarePlans_VisitTaken.selector, _carePlan, visit, id));
    }
}
