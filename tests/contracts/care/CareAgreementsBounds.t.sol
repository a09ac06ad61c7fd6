// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgreementState, PolicyId} from "../../../contracts/types/Care.sol";
import {Cover} from "../../../contracts/types/Insurance.sol";
import {CareAgreementsBase} from "./CareAgreementsBase.sol";

/// @notice What the terms and lines of an offer may be.
contract CareAgreementsBoundsTest is CareAgreementsBase {
    function test_Offer_RevertWhen_NobodyIsPaid() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.payee = address(0);
        _refuse(treatment, PAYEE);
    }

    function test_Offer_RevertWhen_NothingIsDisclosed() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.disclosureDigest = 0;
        _refuse(treatment, DISCLOSURE_DIGEST);
    }

    function test_Offer_RevertWhen_TheShareMayExceedThePrice() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.maxPatientShare = treatment.terms.price + 1;
        _refuse(treatment, MAX_PATIENT_SHARE);
    }

    function test_Offer_RevertWhen_TheDepositExceedsTheShare() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.maxPatientShare = treatment.terms.deposit - 1;
        _refuse(treatment, DEPOSIT);
    }

    function test_Offer_WithTheWholePriceAsDeposit() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.deposit = treatment.terms.price;
        _take(treatment);
    }

    function test_Offer_RevertWhen_TheWindowEndsBeforeItBegins() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.serviceUntil = treatment.terms.serviceFrom - 1;
        _refuse(treatment, SERVICE_UNTIL);
    }

    function test_Offer_RevertWhen_TheWindowIsLongerThanAYear() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.serviceUntil = treatment.terms.serviceFrom + 366;
        _refuse(treatment, SERVICE_UNTIL);
        treatment.terms.serviceUntil = treatment.terms.serviceFrom + 365;
        _take(treatment);
    }

    function test_Offer_RevertWhen_TheWindowEndsInMoreThanTwoYears() public {
        Treatment memory treatment = _selfPaid();
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (TODAY + 732, TODAY + 732);
        _refuse(treatment, SERVICE_UNTIL);
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (TODAY + 731, TODAY + 731);
        _take(treatment);
    }

    function test_Offer_ForTheFirstDayOf1950() public {
        Treatment memory treatment = _selfPaid();
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (18_262, 18_262);
        treatment.terms.reservedUntil = treatment.terms.acceptUntil;
        _take(treatment);
    }

    function test_Offer_RevertWhen_ItEndedASecondAgo() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.acceptUntil = START - 1;
        _refuse(treatment, ACCEPT_UNTIL);
        treatment.terms.acceptUntil = START;
        _take(treatment);
    }

    function test_Offer_RevertWhen_ItWaitsForMoreThan90Days() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.acceptUntil = START + 90 days + 1;
        treatment.terms.reservedUntil = START + 90 days + 1;
        _refuse(treatment, ACCEPT_UNTIL);
        (treatment.terms.acceptUntil, treatment.terms.reservedUntil) = (START + 90 days, START + 90 days);
        _take(treatment);
    }

    function test_Offer_RevertWhen_TheReservationEndsBeforeTheOffer() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.reservedUntil = treatment.terms.acceptUntil - 1;
        _refuse(treatment, RESERVED_UNTIL);
        treatment.terms.reservedUntil = treatment.terms.acceptUntil;
        _take(treatment);
    }

    function test_Offer_RevertWhen_TheReservationOutlivesCompletion() public {
        Treatment memory treatment = _selfPaid();
        uint40 last = _endOf(treatment.terms.serviceUntil) - 1 + 30 days;
        treatment.terms.reservedUntil = last + 1;
        _refuse(treatment, RESERVED_UNTIL);
        treatment.terms.reservedUntil = last;
        _take(treatment);
    }

    function test_Offer_RevertWhen_TheReservationOutlivesLateFiling() public {
        Treatment memory treatment = _selfPaid();
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (TODAY - 100, TODAY - 90);
        treatment.terms.reservedUntil = treatment.terms.acceptUntil + 30 days + 1;
        _refuse(treatment, RESERVED_UNTIL);
        treatment.terms.reservedUntil = treatment.terms.acceptUntil + 30 days;
        _take(treatment);
    }

    function test_Offer_RevertWhen_APolicyFollowsAGap() public {
        Treatment memory treatment = _insuredTreatment();
        (treatment.terms.policies[0], treatment.terms.policies[1]) = (PolicyId.wrap(0), policy);
        _refuse(treatment, POLICIES);
    }

    function test_Offer_RevertWhen_APolicyIsNamedTwice() public {
        Treatment memory treatment = _doublyInsured();
        treatment.terms.policies[1] = policy;
        _refuse(treatment, POLICIES);
    }

    function test_Offer_RevertWhen_ThereIsNoLine() public {
        Treatment memory treatment = _treatment(new uint48[](0));
        _expectBadLines(treatment);
        vm.prank(hospitalA.finance);
        agreements.offer(treatment.terms, treatment.lines, treatment.covers, _noPredetermination());
    }

    function test_Offer_RevertWhen_ThereAre41Lines() public {
        _refuseLines(_treatment(new uint48[](41)));
        _take(_treatment(new uint48[](40)));
    }

    function test_Offer_RevertWhen_TheLinesAreNotThoseOfTheTerms() public {
        Treatment memory treatment = _insuredTreatment();
        treatment.lines[0].itemDigest = keccak256("another item");
        _refuseLines(treatment);
    }

    function test_Offer_RevertWhen_TheCoversAreNotThoseOfTheTerms() public {
        Treatment memory treatment = _insuredTreatment();
        ++treatment.covers[0].allowed;
        _refuseLines(treatment);
    }

    function test_Offer_RevertWhen_ThePriceIsNotTheSum() public {
        Treatment memory treatment = _selfPaid();
        --treatment.terms.price;
        treatment.terms.maxPatientShare = treatment.terms.price;
        _refuseLines(treatment);
    }

    function test_Offer_RevertWhen_TheSumExceeds48Bits() public {
        uint48[] memory prices = new uint48[](2);
        prices[0] = type(uint48).max;
        Treatment memory treatment = _treatment(prices);
        treatment.lines[1].billed = 1;
        _seal(treatment);
        treatment.terms.price = 0;
        (treatment.terms.maxPatientShare, treatment.terms.deposit) = (0, 0);
        _refuseLines(treatment);
    }

    function test_Offer_RevertWhen_ALineHasA17thCategory() public {
        Treatment memory treatment = _selfPaid();
        treatment.lines[0].category = 16;
        _seal(treatment);
        _refuseLines(treatment);
        treatment.lines[0].category = 15;
        _seal(treatment);
        _take(treatment);
    }

    function test_Offer_RevertWhen_ACoverIsMissing() public {
        Treatment memory treatment = _insuredTreatment();
        treatment.covers = new Cover[](2);
        _seal(treatment);
        _refuseLines(treatment);
    }

    function test_Offer_RevertWhen_ThereAreCoversWithoutAPolicy() public {
        Treatment memory treatment = _selfPaid();
        treatment.covers = new Cover[](1);
        _seal(treatment);
        _expectBadLines(treatment);
        vm.prank(hospitalA.finance);
        agreements.offer(treatment.terms, treatment.lines, treatment.covers, _noPredetermination());
    }

    function testFuzz_Offer_AnyPricesWithTheirSum(uint48[12] memory amounts, uint8 count) public {
        uint48[] memory prices = new uint48[](bound(count, 1, 12));
        for (uint256 i = 0; i < prices.length; ++i) {
            prices[i] = amounts[i] >> 4;
        }
        _take(_treatment(prices));
    }

    function _take(Treatment memory treatment) private {
        _offer(treatment);
        _assertState(treatment, AgreementState.Offered);
    }

    function _refuse(Treatment memory treatment, uint8 field) private {
        _expectBadTerms(field);
        _offer(treatment);
        _assertState(treatment, AgreementState.None);
    }

    function _refuseLines(Treatment memory treatment) private {
        _expectBadLines(treatment);
        _offer(treatment);
    }
}
