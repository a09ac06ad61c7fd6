// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {AgreementId, AgreementState} from "../../../contracts/types/Care.sol";
import {MemberStatus, PatientStatus} from "../../../contracts/types/Types.sol";
import {CareAgreementsBase} from "./CareAgreementsBase.sol";

/// @notice The patient's informed consent, given directly.
contract CareAgreementsAcceptTest is CareAgreementsBase {
    function test_Accept_RevertWhen_CallerIsAStranger() public {
        _refuseCaller(stranger);
    }

    function test_Accept_RevertWhen_CallerIsTheProvider() public {
        _refuseCaller(hospitalA.finance);
    }

    function test_Accept_RevertWhen_CallerIsThePayer() public {
        _refuseCaller(payer);
    }

    function test_Accept_RevertWhen_PatientIsRetiredSince() public {
        Treatment memory treatment = _offered();
        _retire(patient);
        _expectPatientNotActive(patient, PatientStatus.Retired);
        _accept(treatment);
    }

    function test_Accept_RevertWhen_ItsDeadlinePassed() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptanceUntil(treatment, START + 1 hours);
        vm.warp(START + 1 hours + 1);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Expired.selector, START + 1 hours));
        _acceptBy(alice, treatment, acceptance);
    }

    function test_Accept_AtItsDeadline() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptanceUntil(treatment, START + 1 hours);
        vm.warp(START + 1 hours);
        _acceptBy(alice, treatment, acceptance);
        _assertState(treatment, AgreementState.Accepted);
    }

    function test_Accept_RevertWhen_TheOfferEnded() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptanceUntil(treatment, START + 30 days);
        vm.warp(treatment.terms.acceptUntil + 1);
        _expectBadAcceptance(treatment);
        _acceptBy(alice, treatment, acceptance);
    }

    function test_Accept_InTheOffersLastSecond() public {
        Treatment memory treatment = _offered();
        vm.warp(treatment.terms.acceptUntil);
        _accept(treatment);
        assertEq(agreements.agreementOf(_idOf(treatment)).acceptedAt, treatment.terms.acceptUntil);
    }

    function test_Accept_RevertWhen_NobodyPays() public {
        Treatment memory treatment = _selfPaid();
        treatment.terms.deposit = 0;
        _offer(treatment);
        ICareAgreements.Acceptance memory acceptance;
        acceptance.deadline = treatment.terms.acceptUntil;
        _expectBadAcceptance(treatment);
        _acceptBy(alice, treatment, acceptance);
    }

    function test_Accept_RevertWhen_NothingIsOffered() public {
        Treatment memory treatment = _insuredTreatment();
        _expectWrongState(treatment, AgreementState.None);
        _accept(treatment);
    }

    function test_Accept_RevertWhen_AcceptedAlready() public {
        Treatment memory treatment = _offered();
        _accept(treatment);
        _expectWrongState(treatment, AgreementState.Accepted);
        _accept(treatment);
    }

    function test_Accept_RevertWhen_ItWasWithdrawn() public {
        Treatment memory treatment = _offered();
        vm.prank(hospitalA.finance);
        agreements.withdraw(treatment.terms);
        _expectWrongState(treatment, AgreementState.Withdrawn);
        _accept(treatment);
    }

    function test_Accept_RevertWhen_TheTermsAreOthers() public {
        Treatment memory treatment = _offered();
        treatment.terms.price -= 1;
        _expectWrongState(treatment, AgreementState.None);
        _accept(treatment);
    }

    function test_Accept_RevertWhen_TheLinesAreOthers() public {
        Treatment memory treatment = _offered();
        treatment.lines[0].itemDigest = keccak256("another item");
        _expectBadLines(treatment);
        _accept(treatment);
    }

    function test_Accept_RevertWhen_TheCoversAreOthers() public {
        Treatment memory treatment = _offered();
        treatment.covers[0].class = 2;
        _expectBadLines(treatment);
        _accept(treatment);
    }

    function test_Accept_RevertWhen_TheProviderIsSuspendedSince() public {
        Treatment memory treatment = _offered();
        _suspend(HOSPITAL_A);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICareAgreements.CareAgreements_ProviderNotActive.selector, HOSPITAL_A, MemberStatus.Suspended
            )
        );
        _accept(treatment);
    }

    function test_Accept_RevertWhen_TheInsurerIsSuspendedSince() public {
        Treatment memory treatment = _offered();
        _suspend(INSURER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInsurancePlans.InsurancePlans_InsurerNotActive.selector, INSURER, MemberStatus.Suspended
            )
        );
        _accept(treatment);
    }

    function test_Accept_RevertWhen_TheProviderLeftTheNetworkSince() public {
        Treatment memory treatment = _offered();
        vm.prank(insurer.finance);
        plans.setNetwork(basic, HOSPITAL_A, false);
        vm.expectRevert(
            abi.encodeWithSelector(IInsurancePlans.InsurancePlans_NotInNetwork.selector, basic, HOSPITAL_A)
        );
        _accept(treatment);
    }

    function test_Accept_RevertWhen_ThePolicyEndedSince() public {
        Treatment memory treatment = _offered();
        vm.prank(insurer.finance);
        plans.endPolicy(policy, treatment.terms.serviceUntil - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInsurancePlans.InsurancePlans_NotCovered.selector,
                policy,
                treatment.terms.serviceFrom,
                treatment.terms.serviceUntil
            )
        );
        _accept(treatment);
    }

    /// @dev The insurer's word binds it until the offer ends, whoever signed it.
    function test_Accept_WhenThePredeterminationsSignerLeftSince() public {
        Treatment memory treatment = _offered();
        _removeOperator(insurer.admin, insurer.adjudicator);
        _accept(treatment);
        _assertState(treatment, AgreementState.Accepted);
    }

    function test_Accept_WithoutAnEpisode() public {
        Treatment memory treatment = _offered();
        _checkOut(HOSPITAL_A);
        _accept(treatment);
        _assertState(treatment, AgreementState.Accepted);
    }

    /// @dev 400.00 + 250.00 - 10 % of it, and nothing of what is not covered; then the same without a deductible.
    function test_Accept_IsKeptAndTold() public {
        Treatment memory treatment = _doublyInsured();
        AgreementId id = _offer(treatment);
        ICareAgreements.Agreement memory expected = agreements.agreementOf(id);
        (expected.state, expected.payer) = (AgreementState.Accepted, payer);
        (expected.acceptedAt, expected.deposit) = (START, 375_00);
        (expected.reserved[0], expected.reserved[1]) = (625_00, 625_00);
        vm.expectEmit(address(agreements));
        emit ICareAgreements.AgreementAccepted(id, patient, HOSPITAL_A, payer, 375_00, expected.reserved);
        _accept(treatment);
        assertEq(abi.encode(agreements.agreementOf(id)), abi.encode(expected));
        _assertHeld(375_00, 1_250_00);
    }

    function test_Accept_WithoutAPolicyReservesNothing() public {
        Treatment memory treatment = _selfPaid();
        AgreementId id = _agree(treatment);
        uint48[4] memory none;
        assertEq(abi.encode(agreements.agreementOf(id).reserved), abi.encode(none));
        _assertHeld(250_00, 0);
    }

    function _offered() private returns (Treatment memory treatment) {
        treatment = _insuredTreatment();
        _offer(treatment);
    }

    /// @dev {_acceptance} with another deadline.
    function _acceptanceUntil(Treatment memory treatment, uint40 deadline)
        private
        view
        returns (ICareAgreements.Acceptance memory acceptance)
    {
        acceptance = _acceptance(treatment);
        acceptance.deadline = deadline;
        bytes32 nonce = _acceptDigest(treatment, acceptance);
        acceptance.authorization =
            _sign(payer, _depositDigest(payer, treatment.terms.deposit, uint256(deadline) + 1, nonce));
    }

    function _refuseCaller(address caller) private {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        _expectNotController(caller);
        _acceptBy(caller, treatment, acceptance);
    }

    function _acceptBy(address caller, Treatment memory treatment, ICareAgreements.Acceptance memory acceptance)
        private
    {
        vm.prank(caller);
        agreements.accept(treatment.terms, treatment.lines, treatment.covers, acceptance);
    }
}
