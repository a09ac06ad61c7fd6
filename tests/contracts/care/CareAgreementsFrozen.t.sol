// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {AgreementState} from "../../../contracts/types/Care.sol";
import {IdentityBase} from "../IdentityBase.sol";
import {MoneyBase} from "../MoneyBase.sol";
import {RecoveryActions} from "../RecoveryActions.sol";
import {CareAgreementsBase} from "./CareAgreementsBase.sol";

/// @notice A patient whom contacts froze: offers come, exits stay open, nothing is accepted.
contract CareAgreementsFrozenTest is CareAgreementsBase, RecoveryActions {
    uint40 private constant _UNTIL = START + 10 days;

    function setUp() public override(IdentityBase, MoneyBase) {
        super.setUp();
        _nameContacts();
    }

    function test_Offer_ToAFrozenPatient() public {
        _freeze();
        Treatment memory treatment = _selfPaid();
        _offer(treatment);
        _assertState(treatment, AgreementState.Offered);
    }

    function test_Accept_RevertWhen_PatientIsFrozen() public {
        Treatment memory treatment = _offered();
        _freeze();
        vm.warp(_UNTIL);
        _expectFrozen();
        _accept(treatment);
        vm.warp(_UNTIL + 1);
        _accept(treatment);
        _assertState(treatment, AgreementState.Accepted);
    }

    function test_AcceptBySig_RevertWhen_PatientIsFrozen() public {
        Treatment memory treatment = _offered();
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        bytes memory signature = _sign(alice, _acceptDigest(treatment, acceptance));
        _freeze();
        _expectFrozen();
        agreements.acceptBySig(treatment.terms, treatment.lines, treatment.covers, acceptance, signature);
    }

    function test_Cancel_WhileFrozen() public {
        Treatment memory treatment = _offered();
        _freeze();
        vm.prank(alice);
        agreements.cancel(treatment.terms);
        _assertState(treatment, AgreementState.Declined);
    }

    function test_CancelBySig_WhileFrozen() public {
        Treatment memory treatment = _offered();
        bytes32 structHash =
            keccak256(abi.encode(keccak256("Cancel(bytes32 agreement,bool accepted,uint40 deadline)"), _idOf(treatment), true, _UNTIL));
        _freeze();
        agreements.cancelBySig(treatment.terms, true, _UNTIL, _sign(alice, _agreementsDigest(structHash)));
        _assertState(treatment, AgreementState.Declined);
    }

    function _plan() internal override(IdentityBase, MoneyBase) {
        super._plan();
    }

    function _offered() private returns (Treatment memory treatment) {
        treatment = _selfPaid();
        treatment.terms.acceptUntil = START + 20 days;
        _offer(treatment);
    }

    function _expectFrozen() private {
        vm.expectRevert(
            abi.encodeWithSelector(ICareAgreements.CareAgreements_PatientFrozen.selector, patient, _UNTIL)
        );
    }
}
