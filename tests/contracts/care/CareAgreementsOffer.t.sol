// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {ICarePlans} from "../../../contracts/interfaces/ICarePlans.sol";
import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {AgreementId, AgreementState, CarePlanId} from "../../../contracts/types/Care.sol";
import {MemberStatus, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {CareAgreementsBase} from "./CareAgreementsBase.sol";

/// @notice Who offers to whom; the terms' bounds are in CareAgreementsBounds.
contract CareAgreementsOfferTest is CareAgreementsBase {
    function test_Offer_RevertWhen_CallerIsAStranger() public {
        Treatment memory treatment = _selfPaid();
        _expectNotProvider(HOSPITAL_A, stranger);
        _offerBy(stranger, treatment);
    }

    function test_Offer_RevertWhen_CallerHasAnotherRole() public {
        Treatment memory treatment = _selfPaid();
        _expectNotProvider(HOSPITAL_A, hospitalA.clinician);
        _offerBy(hospitalA.clinician, treatment);
    }

    function test_Offer_RevertWhen_CallerIsAnotherMembers() public {
        Treatment memory treatment = _selfPaid();
        _expectNotProvider(HOSPITAL_A, hospitalB.finance);
        _offerBy(hospitalB.finance, treatment);
    }

    function test_Offer_RevertWhen_ProviderIsNobody() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.provider = NOBODY;
        _expectNotProvider(NOBODY, stranger);
        _offerBy(stranger, treatment);
    }

    function test_Offer_RevertWhen_ProviderSuspended() public {
        Treatment memory treatment = _selfPaid();
        _suspend(HOSPITAL_A);
        _expectProviderNotActive(MemberStatus.Suspended);
        _offer(treatment);
    }

    function test_Offer_RevertWhen_ProviderLeft() public {
        Treatment memory treatment = _selfPaid();
        _remove(HOSPITAL_A);
        _expectProviderNotActive(MemberStatus.Left);
        _offer(treatment);
    }

    function test_Offer_RevertWhen_ProviderIsInDebt() public {
        Treatment memory treatment = _selfPaid();
        vm.mockCall(address(settlement), abi.encodeCall(IClaimSettlement.debtOf, (HOSPITAL_A)), abi.encode(uint256(1)));
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_ProviderInDebt.selector, HOSPITAL_A, uint256(1))
        );
        _offer(treatment);
    }

    function test_Offer_RevertWhen_PatientIsUnknown() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.patient = PatientId.wrap(keccak256("nobody"));
        _expectPatientNotActive(treatment.terms.patient, PatientStatus.None);
        _offer(treatment);
    }

    function test_Offer_RevertWhen_PatientIsProvisional() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.patient = foundling;
        _expectPatientNotActive(foundling, PatientStatus.Provisional);
        _offer(treatment);
    }

    function test_Offer_RevertWhen_PatientIsRetired() public {
        Treatment memory treatment = _selfPaid();
        _retire(patient);
        _expectPatientNotActive(patient, PatientStatus.Retired);
        _offer(treatment);
    }

    function test_Offer_ToAnAssistedPatient() public {
        IPatientRegistry.Registration memory registration = _registration(carol);
        registration.assisted = true;
        Treatment memory treatment = _selfPaid();
        treatment.terms.patient = _registerBySig(registration);
        _offer(treatment);
        _assertState(treatment, AgreementState.Offered);
    }

    function test_Offer_RevertWhen_OfferedAlready() public {
        Treatment memory treatment = _selfPaid();
        _offer(treatment);
        _expectWrongState(treatment, AgreementState.Offered);
        _offer(treatment);
    }

    function test_Offer_RevertWhen_DeclinedBefore() public {
        Treatment memory treatment = _selfPaid();
        _offer(treatment);
        vm.prank(alice);
        agreements.cancel(treatment.terms);
        _expectWrongState(treatment, AgreementState.Declined);
        _offer(treatment);
    }

    function test_Offer_WithoutAnEpisode() public {
        _checkOut(HOSPITAL_A);
        skip(31 days);
        Treatment memory treatment = _selfPaid();
        _offer(treatment);
        _assertState(treatment, AgreementState.Offered);
    }

    function test_Offer_IsKeptAndTold() public {
        Treatment memory treatment = _doublyInsured();
        vm.expectEmit(address(agreements));
        emit ICareAgreements.AgreementOffered(
            _idOf(treatment), patient, HOSPITAL_A, treatment.terms, treatment.lines, treatment.covers
        );
        AgreementId id = _offer(treatment);
        assertEq(AgreementId.unwrap(id), keccak256(abi.encode(treatment.terms)));
        ICareAgreements.Agreement memory expected;
        (expected.state, expected.provider) = (AgreementState.Offered, HOSPITAL_A);
        (expected.offeredAt, expected.policies) = (START, 2);
        assertEq(abi.encode(agreements.agreementOf(id)), abi.encode(expected));
        _assertHeld(0, 0);
    }

    function test_Offer_UsesTheVisitOfACarePlan() public {
        Treatment memory treatment = _visit(true);
        AgreementId id = _offer(treatment);
        assertTrue(carePlans.agreementOf(treatment.terms.carePlan, 1) == id);
    }

    function test_Offer_RevertWhen_ItsCarePlanIsNotAccepted() public {
        Treatment memory treatment = _visit(false);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICarePlans.CarePlans_WrongState.selector, treatment.terms.carePlan, ICarePlans.PlanState.Proposed
            )
        );
        _offer(treatment);
    }

    function test_Offer_RevertWhen_TheVisitIsTaken() public {
        Treatment memory treatment = _visit(true);
        AgreementId former = _offer(treatment);
        treatment.terms.salt = keccak256("another offer of the same visit");
        vm.expectRevert(
            abi.encodeWithSelector(ICarePlans.CarePlans_VisitTaken.selector, treatment.terms.carePlan, 1, former)
        );
        _offer(treatment);
    }

    /// @dev The second visit of a weekly plan from today on.
    function _visit(bool accepted) private returns (Treatment memory treatment) {
        ICarePlans.Plan memory plan = ICarePlans.Plan({
            patient: patient,
            provider: HOSPITAL_A,
            contentDigest: keccak256("content"),
            firstDay: TODAY,
            intervalDays: 7,
            toleranceDays: 3,
            visits: 4,
            maxPrice: 500_00,
            acceptUntil: START + 1 days,
            salt: SALT
        });
        vm.prank(hospitalA.finance);
        CarePlanId id = carePlans.propose(plan);
        if (accepted) {
            vm.prank(alice);
            carePlans.accept(plan);
        }
        treatment = _selfPaid();
        (treatment.terms.carePlan, treatment.terms.visit) = (id, 1);
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (TODAY + 7, TODAY + 10);
    }

    function _offerBy(address caller, Treatment memory treatment) private {
        vm.prank(caller);
        agreements.offer(treatment.terms, treatment.lines, treatment.covers, _noPredetermination());
    }

    function _expectProviderNotActive(MemberStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_ProviderNotActive.selector, HOSPITAL_A, status)
        );
    }
}
