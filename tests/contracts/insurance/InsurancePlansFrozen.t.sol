// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {PolicyId} from "../../../contracts/types/Care.sol";
import {IdentityBase} from "../IdentityBase.sol";
import {MoneyBase} from "../MoneyBase.sol";
import {RecoveryActions} from "../RecoveryActions.sol";
import {InsurancePlansBase} from "./InsurancePlansBase.sol";

/// @notice A patient whom contacts froze: whoever has its key neither takes nor ends insurance.
contract InsurancePlansFrozenTest is InsurancePlansBase, RecoveryActions {
    uint40 private constant _UNTIL = START + 10 days;
    PolicyId private _issued;

    function setUp() public override(IdentityBase, MoneyBase) {
        super.setUp();
        _nameContacts();
        _issued = _issue(_policyRequest(basic));
    }

    function test_Issue_ToAFrozenPatient() public {
        _freeze();
        PolicyId issued = _issue(_policyRequest(basic));
        assertTrue(plans.policyOf(issued).patient == patient);
    }

    function test_AcceptPolicy_RevertWhen_PatientIsFrozen() public {
        _freeze();
        vm.warp(_UNTIL);
        _expectFrozen();
        _acceptPolicy(_issued);
        vm.warp(_UNTIL + 1);
        _acceptPolicy(_issued);
        assertEq(plans.policyOf(_issued).acceptedAt, _UNTIL + 1);
    }

    function test_AcceptPolicyBySig_RevertWhen_PatientIsFrozen() public {
        _freeze();
        _expectFrozen();
        plans.acceptPolicyBySig(_issued, _deadline(), "");
    }

    function test_EndPolicyByPatient_RevertWhen_PatientIsFrozen() public {
        _acceptPolicy(_issued);
        _freeze();
        _expectFrozen();
        vm.prank(alice);
        plans.endPolicyByPatient(_issued, TODAY + 1);
    }

    function test_EndPolicyBySig_RevertWhen_PatientIsFrozen() public {
        _freeze();
        _expectFrozen();
        plans.endPolicyBySig(_issued, TODAY + 1, _deadline(), "");
    }

    function test_EndPolicy_OfAFrozenPatientByTheInsurer() public {
        _freeze();
        vm.prank(insurer.finance);
        plans.endPolicy(_issued, TODAY + 1);
        assertEq(plans.policyOf(_issued).lastDay, TODAY + 1);
    }

    function _plan() internal override(IdentityBase, MoneyBase) {
        super._plan();
    }

    function _expectFrozen() private {
        vm.expectRevert(
            abi.encodeWithSelector(IInsurancePlans.InsurancePlans_PatientFrozen.selector, patient, _UNTIL)
        );
    }
}
