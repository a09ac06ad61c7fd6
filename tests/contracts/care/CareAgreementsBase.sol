// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {AgreementId, AgreementState, PolicyId} from "../../../contracts/types/Care.sol";
import {AccessReason, MemberId, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {MoneyBase} from "../MoneyBase.sol";

/// @notice Treatments, assertions on agreements, and the errors that tests expect.
abstract contract CareAgreementsBase is MoneyBase {
    /// @dev Positions in {Terms}.
    uint8 internal constant PAYEE = 2;
    uint8 internal constant DISCLOSURE_DIGEST = 3;
    uint8 internal constant POLICIES = 5;
    uint8 internal constant MAX_PATIENT_SHARE = 7;
    uint8 internal constant DEPOSIT = 8;
    uint8 internal constant SERVICE_UNTIL = 10;
    uint8 internal constant ACCEPT_UNTIL = 11;
    uint8 internal constant RESERVED_UNTIL = 12;

    /// @dev One line of 500.00 that the patient pays, half of it as a deposit.
    function _selfPaid() internal returns (Treatment memory) {
        uint48[] memory prices = new uint48[](1);
        prices[0] = 500_00;
        return _treatment(prices);
    }

    /// @dev {_selfPaid} that begins tomorrow.
    function _tomorrow() internal returns (Treatment memory treatment) {
        treatment = _selfPaid();
        treatment.terms.serviceFrom = TODAY + 1;
    }

    /// @dev {_insuredTreatment} with both policies.
    function _doublyInsured() internal returns (Treatment memory) {
        PolicyId[] memory both = new PolicyId[](2);
        (both[0], both[1]) = (policy, secondPolicy);
        return _insuredTreatment(both);
    }

    function _noPredetermination() internal pure returns (ICareAgreements.Predetermination[] memory) {
        return new ICareAgreements.Predetermination[](0);
    }

    /// @dev The first second after a day.
    function _endOf(uint32 day) internal pure returns (uint40) {
        return uint40((uint256(day) + 1 - 25_567) * 1 days);
    }

    function _stateOf(Treatment memory treatment) internal view returns (AgreementState) {
        return agreements.agreementOf(_idOf(treatment)).state;
    }

    function _assertState(Treatment memory treatment, AgreementState expected) internal view {
        assertEq(uint256(_stateOf(treatment)), uint256(expected), "state");
    }

    /// @dev What the agreements hold and what the insurer's pool keeps reserved.
    function _assertHeld(uint256 deposits, uint256 reserved) internal view {
        assertEq(token.balanceOf(address(agreements)), deposits, "deposits");
        assertEq(plans.poolOf(INSURER).reserved, reserved, "reserved");
    }

    function _expectEnded(Treatment memory treatment, AgreementState state, uint48 refund) internal {
        vm.expectEmit(address(agreements));
        emit ICareAgreements.AgreementEnded(_idOf(treatment), patient, HOSPITAL_A, state, refund);
    }

    function _expectWrongState(Treatment memory treatment, AgreementState state) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_WrongState.selector, _idOf(treatment), state)
        );
    }

    function _expectNotProvider(MemberId provider, address caller) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_NotProvider.selector, provider, caller)
        );
    }

    function _expectNotController(address caller) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_NotController.selector, patient, caller)
        );
    }

    function _expectNotSettlement(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(ICareAgreements.CareAgreements_NotSettlement.selector, caller));
    }

    function _expectPatientNotActive(PatientId of_, PatientStatus status) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_PatientNotActive.selector, of_, status)
        );
    }

    function _expectBadTerms(uint8 field) internal {
        vm.expectRevert(abi.encodeWithSelector(ICareAgreements.CareAgreements_BadTerms.selector, field));
    }

    function _expectBadLines(Treatment memory treatment) internal {
        vm.expectRevert(abi.encodeWithSelector(ICareAgreements.CareAgreements_BadLines.selector, _idOf(treatment)));
    }

    function _expectBadPredetermination(address signer) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_BadPredetermination.selector, policy, signer)
        );
    }

    function _expectBadAcceptance(Treatment memory treatment) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_BadAcceptance.selector, _idOf(treatment))
        );
    }

    function _expectNotReadable(PolicyId of_, AccessReason reason) internal {
        vm.expectRevert(abi.encodeWithSelector(ICareAgreements.CareAgreements_NotReadable.selector, of_, reason));
    }

    function _expectNotNow(Treatment memory treatment, uint40 from) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_NotNow.selector, _idOf(treatment), from)
        );
    }
}
