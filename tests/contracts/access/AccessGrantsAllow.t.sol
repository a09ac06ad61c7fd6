// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessGrants} from "../../../contracts/interfaces/IAccessGrants.sol";
import {Purposes} from "../../../contracts/types/Purposes.sol";
import {AccessReason} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";

contract AccessGrantsAllowTest is IdentityBase {
    uint8 private constant _LANE = 2;

    IAccessGrants.Scope private _granted;

    /// @dev A grant with two restricted classes that begins in an hour and lasts a day.
    function setUp() public override {
        super.setUp();
        _granted = _scope();
        _granted.restricted = 5;
        _granted.notBefore = START + 1 hours;
        _granted.notAfter = START + 1 days;
        _grant(HOSPITAL_B, _LANE, _granted);
        vm.warp(START + 2 hours);
    }

    function test_AllowsAt_AMemberThatIsSuspended() public {
        _suspend(HOSPITAL_B);
        _assertReason(AccessReason.MemberNotActive, 0);
        _reinstate(HOSPITAL_B);
        _assertReason(AccessReason.Allowed, 0);
    }

    function test_AllowsAt_AMemberThatLeft() public {
        _remove(HOSPITAL_B);
        _assertReason(AccessReason.MemberNotActive, 0);
    }

    function test_AllowsAt_AnUnknownMember() public view {
        AccessReason reason = grants.allowsAt(patient, UNKNOWN_MEMBER, _LANE, 1, MEDICATIONS, 0, 0);
        assertEq(uint8(reason), uint8(AccessReason.MemberNotActive));
    }

    function test_AllowsAt_InAnotherLane() public view {
        AccessReason reason = grants.allowsAt(patient, HOSPITAL_B, 1, 1, MEDICATIONS, 0, 0);
        assertEq(uint8(reason), uint8(AccessReason.NoGrant));
    }

    function test_AllowsAt_InALaneThatCannotBe() public view {
        AccessReason reason = grants.allowsAt(patient, HOSPITAL_B, 200, 1, MEDICATIONS, 0, 0);
        assertEq(uint8(reason), uint8(AccessReason.NoGrant));
    }

    function test_AllowsAt_AnotherMember() public view {
        AccessReason reason = grants.allowsAt(patient, CLINIC, _LANE, 1, MEDICATIONS, 0, 0);
        assertEq(uint8(reason), uint8(AccessReason.NoGrant));
    }

    function test_AllowsAt_AfterARevocation() public {
        vm.prank(alice);
        grants.revoke(patient, HOSPITAL_B, uint8(1) << _LANE);
        _assertReason(AccessReason.NoGrant, 0);
    }

    function test_AllowsAt_AProvisionalGrant() public {
        _grantProvisionally();
        assertEq(uint8(_provisional()), uint8(AccessReason.Allowed));
    }

    function test_AllowsAt_AProvisionalGrantAfterTheTakeover() public {
        _grantProvisionally();
        _takeOver(bob);
        assertEq(uint8(_provisional()), uint8(AccessReason.Voided));
    }

    function test_AllowsAt_AnEndedProvisionalGrantAfterTheTakeoverIsVoidFirst() public {
        _grantProvisionally();
        _takeOver(bob);
        vm.warp(START + 31 days);
        assertEq(uint8(_provisional()), uint8(AccessReason.Voided));
    }

    function test_AllowsAt_AGrantOfTheNewControllerAfterTheTakeover() public {
        _grantProvisionally();
        _takeOver(bob);
        vm.prank(bob);
        grants.setGrant(foundling, HOSPITAL_B, 0, _scope());
        assertEq(uint8(_provisional()), uint8(AccessReason.Allowed));
    }

    function test_AllowsAt_BeforeItsBeginning() public {
        vm.warp(START + 1 hours - 1);
        _assertReason(AccessReason.NotYetValid, 0);
        _assertReason(AccessReason.NotYetValid, START + 1 hours - 1);
    }

    function test_AllowsAt_AtItsBeginning() public {
        vm.warp(START + 1 hours);
        _assertReason(AccessReason.Allowed, 0);
    }

    function test_AllowsAt_AtItsEnd() public {
        vm.warp(START + 1 days);
        _assertReason(AccessReason.Allowed, 0);
    }

    function test_AllowsAt_AfterItsEnd() public {
        vm.warp(START + 1 days + 1);
        _assertReason(AccessReason.Expired, 0);
    }

    function test_AllowsAt_AfterItsEndByACallersClockOnAnIdleChain() public view {
        _assertReason(AccessReason.Allowed, START + 1 days);
        _assertReason(AccessReason.Expired, START + 1 days + 1);
    }

    function test_AllowsAt_AfterItsEndDespiteACallersClockThatIsBehind() public {
        vm.warp(START + 1 days + 1);
        _assertReason(AccessReason.Expired, START + 2 hours);
    }

    function test_AllowsAt_AnotherPurpose() public view {
        uint16 purposes = Purposes.TREAT | Purposes.HPAYMT;
        AccessReason reason = grants.allowsAt(patient, HOSPITAL_B, _LANE, purposes, MEDICATIONS, 0, 0);
        assertEq(uint8(reason), uint8(AccessReason.PurposeNotGranted));
    }

    function test_AllowsAt_AnotherCategory() public view {
        AccessReason reason = grants.allowsAt(patient, HOSPITAL_B, _LANE, 1, MEDICATIONS | 1, 0, 0);
        assertEq(uint8(reason), uint8(AccessReason.CategoryNotGranted));
    }

    function test_AllowsAt_AnotherRestrictedClass() public view {
        AccessReason reason = grants.allowsAt(patient, HOSPITAL_B, _LANE, 1, MEDICATIONS, 3, 0);
        assertEq(uint8(reason), uint8(AccessReason.RestrictedNotGranted));
    }

    function test_AllowsAt_AllThatIsGranted() public view {
        AccessReason reason = grants.allowsAt(
            patient, HOSPITAL_B, _LANE, _granted.purposes, _granted.categories, _granted.restricted, 0
        );
        assertEq(uint8(reason), uint8(AccessReason.Allowed));
    }

    /// @dev Each check of the interface's order hides those after it.
    function test_AllowsAt_TellsTheFirstThatFails() public {
        vm.warp(START + 1 days + 1);
        assertEq(uint8(_askTooMuch(15)), uint8(AccessReason.Expired));
        vm.warp(START + 2 hours);
        assertEq(uint8(_askTooMuch(15)), uint8(AccessReason.PurposeNotGranted));
        AccessReason reason = grants.allowsAt(patient, HOSPITAL_B, _LANE, 1, type(uint16).max, 15, 0);
        assertEq(uint8(reason), uint8(AccessReason.CategoryNotGranted));
        _suspend(HOSPITAL_B);
        assertEq(uint8(_askTooMuch(15)), uint8(AccessReason.MemberNotActive));
    }

    function testFuzz_AllowsAt_OnlySubsets(uint16 purposes, uint16 categories, uint8 restricted) public view {
        AccessReason reason =
            grants.allowsAt(patient, HOSPITAL_B, _LANE, purposes, categories, restricted, START + 2 hours);
        bool subset = purposes & ~_granted.purposes == 0 && categories & ~_granted.categories == 0
            && restricted & ~_granted.restricted == 0;
        assertEq(reason == AccessReason.Allowed, subset);
    }

    function testFuzz_AllowsAt_OnlyWithinTheTerm(uint40 time, uint40 clock) public {
        time = uint40(bound(time, START, START + 3 days));
        clock = uint40(bound(clock, START, START + 3 days));
        vm.warp(time);
        AccessReason reason = grants.allowsAt(patient, HOSPITAL_B, _LANE, 1, MEDICATIONS, 0, clock);
        uint40 later = clock > time ? clock : time;
        assertEq(reason == AccessReason.Allowed, later >= _granted.notBefore && later <= _granted.notAfter);
    }

    function _assertReason(AccessReason expected, uint40 clock) private view {
        AccessReason reason = grants.allowsAt(patient, HOSPITAL_B, _LANE, 1, MEDICATIONS, 0, clock);
        assertEq(uint8(reason), uint8(expected));
    }

    function _askTooMuch(uint8 restricted) private view returns (AccessReason) {
        return grants.allowsAt(
            patient, HOSPITAL_B, _LANE, type(uint16).max, type(uint16).max, restricted, uint40(block.timestamp)
        );
    }

    function _grantProvisionally() private {
        IAccessGrants.Scope memory scope = _scope();
        scope.notAfter = START + 30 days;
        vm.prank(foundlingKeeper);
        grants.setGrant(foundling, HOSPITAL_B, 0, scope);
    }

    function _provisional() private view returns (AccessReason) {
        return grants.allowsAt(foundling, HOSPITAL_B, 0, 1, MEDICATIONS, 0, 0);
    }
}
