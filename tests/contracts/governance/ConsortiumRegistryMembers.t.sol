// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IConsortiumRegistry} from "../../../contracts/interfaces/IConsortiumRegistry.sol";
import {PublicKeys} from "../../../contracts/libraries/PublicKeys.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {KeyState, MemberId, MemberKind, MemberStatus} from "../../../contracts/types/Types.sol";
import {RegistryBase} from "./RegistryBase.sol";

contract ConsortiumRegistryMembersTest is RegistryBase {
    function test_AdmitMember_RevertWhen_CallerIsNotTheCouncil() public {
        _expectNotCouncil(hospitalA.admin);
        registry.admitMember(NEW_MEMBER, MemberKind.Bank, newcomer, SUITE, _publicKeyOf(NEW_MEMBER), URL);
    }

    function test_AdmitMember_RevertWhen_CallerIsASeatAlone() public {
        _expectNotCouncil(seatHolders[0]);
        registry.admitMember(NEW_MEMBER, MemberKind.Bank, newcomer, SUITE, _publicKeyOf(NEW_MEMBER), URL);
    }

    function test_AdmitMember_RevertWhen_IdIsZero() public {
        _expectBadMember(NOBODY, MemberKind.Bank);
        _admit(NOBODY, MemberKind.Bank, newcomer);
    }

    function test_AdmitMember_RevertWhen_IdIsTaken() public {
        _expectBadMember(CLINIC, MemberKind.Bank);
        _admit(CLINIC, MemberKind.Bank, newcomer);
    }

    function test_AdmitMember_RevertWhen_IdIsOfAMemberThatLeft() public {
        _remove(CLINIC);
        _expectBadMember(CLINIC, MemberKind.Clinic);
        _admit(CLINIC, MemberKind.Clinic, newcomer);
    }

    function test_AdmitMember_RevertWhen_KindIsNone() public {
        _expectBadMember(NEW_MEMBER, MemberKind.None);
        _admit(NEW_MEMBER, MemberKind.None, newcomer);
    }

    function test_AdmitMember_RevertWhen_AdminIsZero() public {
        _expectTaken(address(0), NOBODY);
        _admit(NEW_MEMBER, MemberKind.Bank, address(0));
    }

    function test_AdmitMember_RevertWhen_AdminActsForAnother() public {
        _expectTaken(clinic.desk, CLINIC);
        _admit(NEW_MEMBER, MemberKind.Bank, clinic.desk);
    }

    function test_AdmitMember_RevertWhen_SuiteIsReserved() public {
        _expectUnusable(2, 32);
        _admitWithKey(2, _publicKeyOf(NEW_MEMBER));
    }

    function test_AdmitMember_RevertWhen_KeyHasTheWrongLength() public {
        _expectUnusable(SUITE, 33);
        _admitWithKey(SUITE, abi.encodePacked(_publicKeyOf(NEW_MEMBER), uint8(1)));
    }

    function test_AdmitMember_RevertWhen_KeyIsZero() public {
        _expectUnusable(SUITE, 32);
        _admitWithKey(SUITE, new bytes(32));
    }

    function test_AdmitMember_RecordsItWithAdminKeyAndNode() public {
        bytes memory key = _publicKeyOf(NEW_MEMBER);
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.MemberAdmitted(NEW_MEMBER, MemberKind.Bank, newcomer);
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.MemberKeyRotated(NEW_MEMBER, 1, SUITE, key);
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.NodeUrlChanged(NEW_MEMBER, URL);
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.OperatorChanged(NEW_MEMBER, newcomer, Roles.ADMIN);
        vm.prank(address(council));
        registry.admitMember(NEW_MEMBER, MemberKind.Bank, newcomer, SUITE, key, URL);

        bytes32 digest = keccak256(abi.encodePacked(SUITE, key));
        IConsortiumRegistry.Member memory expected =
            IConsortiumRegistry.Member(MemberKind.Bank, MemberStatus.Active, START, 1, digest, URL);
        assertEq(abi.encode(registry.memberOf(NEW_MEMBER)), abi.encode(expected));
        _assertActor(newcomer, IConsortiumRegistry.Actor(NEW_MEMBER, Roles.ADMIN, MemberStatus.Active, MemberKind.Bank));
    }

    function test_AdmitMember_ByTheCouncilsVote() public {
        bytes memory key = _publicKeyOf(NEW_MEMBER);
        _govern(address(registry), abi.encodeCall(registry.admitMember, (NEW_MEMBER, MemberKind.Bank, newcomer, SUITE, key, URL)));
        _assertStatus(NEW_MEMBER, MemberStatus.Active);
    }

    function test_SuspendMember_RevertWhen_CallerIsNotTheCouncil() public {
        _expectNotCouncil(seatHolders[0]);
        registry.suspendMember(CLINIC);
    }

    function test_SuspendMember_RevertWhen_Unknown() public {
        _expectWrongStatus(UNKNOWN_MEMBER, MemberStatus.None);
        _suspend(UNKNOWN_MEMBER);
    }

    function test_SuspendMember_RevertWhen_Suspended() public {
        _suspend(CLINIC);
        _expectWrongStatus(CLINIC, MemberStatus.Suspended);
        _suspend(CLINIC);
    }

    function test_SuspendMember_RevertWhen_Left() public {
        _remove(CLINIC);
        _expectWrongStatus(CLINIC, MemberStatus.Left);
        _suspend(CLINIC);
    }

    function test_SuspendMember_ShowsInItsOperators() public {
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.MemberStatusChanged(CLINIC, MemberStatus.Suspended);
        _suspend(CLINIC);
        _assertStatus(CLINIC, MemberStatus.Suspended);
        _assertActor(clinic.desk, IConsortiumRegistry.Actor(CLINIC, Roles.DESK, MemberStatus.Suspended, MemberKind.Clinic));
    }

    function test_ReinstateMember_RevertWhen_CallerIsNotTheCouncil() public {
        _suspend(CLINIC);
        _expectNotCouncil(clinic.admin);
        registry.reinstateMember(CLINIC);
    }

    function test_ReinstateMember_RevertWhen_Active() public {
        _expectWrongStatus(CLINIC, MemberStatus.Active);
        _reinstate(CLINIC);
    }

    function test_ReinstateMember_RevertWhen_Unknown() public {
        _expectWrongStatus(UNKNOWN_MEMBER, MemberStatus.None);
        _reinstate(UNKNOWN_MEMBER);
    }

    function test_ReinstateMember_RevertWhen_Left() public {
        _remove(CLINIC);
        _expectWrongStatus(CLINIC, MemberStatus.Left);
        _reinstate(CLINIC);
    }

    function test_ReinstateMember_MakesASuspendedMemberActive() public {
        _suspend(CLINIC);
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.MemberStatusChanged(CLINIC, MemberStatus.Active);
        _reinstate(CLINIC);
        _assertStatus(CLINIC, MemberStatus.Active);
    }

    function test_RemoveMember_RevertWhen_CallerIsNotTheCouncil() public {
        _expectNotCouncil(stranger);
        registry.removeMember(CLINIC);
    }

    function test_RemoveMember_RevertWhen_Unknown() public {
        _expectWrongStatus(UNKNOWN_MEMBER, MemberStatus.None);
        _remove(UNKNOWN_MEMBER);
    }

    function test_RemoveMember_RevertWhen_Left() public {
        _remove(CLINIC);
        _expectWrongStatus(CLINIC, MemberStatus.Left);
        _remove(CLINIC);
    }

    function test_RemoveMember_OfAnActiveOne() public {
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.MemberStatusChanged(CLINIC, MemberStatus.Left);
        _remove(CLINIC);
        _assertActor(clinic.desk, IConsortiumRegistry.Actor(CLINIC, Roles.DESK, MemberStatus.Left, MemberKind.Clinic));
    }

    function test_RemoveMember_OfASuspendedOne() public {
        _suspend(CLINIC);
        _remove(CLINIC);
        _assertStatus(CLINIC, MemberStatus.Left);
    }

    function test_AppointAdmin_RevertWhen_CallerIsNotTheCouncil() public {
        _expectNotCouncil(clinic.admin);
        registry.appointAdmin(CLINIC, newcomer);
    }

    function test_AppointAdmin_RevertWhen_Unknown() public {
        _expectWrongStatus(UNKNOWN_MEMBER, MemberStatus.None);
        _appoint(UNKNOWN_MEMBER, newcomer);
    }

    function test_AppointAdmin_RevertWhen_Left() public {
        _remove(CLINIC);
        _expectWrongStatus(CLINIC, MemberStatus.Left);
        _appoint(CLINIC, newcomer);
    }

    function test_AppointAdmin_RevertWhen_AccountIsZero() public {
        _expectTaken(address(0), NOBODY);
        _appoint(CLINIC, address(0));
    }

    function test_AppointAdmin_RevertWhen_AccountActsForAMember() public {
        _expectTaken(hospitalB.desk, HOSPITAL_B);
        _appoint(CLINIC, hospitalB.desk);
    }

    function test_AppointAdmin_OfAnActiveMember() public {
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.OperatorChanged(CLINIC, newcomer, Roles.ADMIN);
        _appoint(CLINIC, newcomer);
        _assertActor(newcomer, IConsortiumRegistry.Actor(CLINIC, Roles.ADMIN, MemberStatus.Active, MemberKind.Clinic));
    }

    function test_AppointAdmin_OfASuspendedMember() public {
        _suspend(CLINIC);
        _appoint(CLINIC, newcomer);
        assertEq(registry.actorOf(newcomer).roles, Roles.ADMIN);
    }

    function test_MemberOf_IsZeroWhenUnknown() public view {
        IConsortiumRegistry.Member memory nothing;
        assertEq(abi.encode(registry.memberOf(UNKNOWN_MEMBER)), abi.encode(nothing));
    }

    function test_StatusOf_IsNoneWhenUnknown() public view {
        (MemberStatus status, MemberKind kind) = registry.statusOf(UNKNOWN_MEMBER);
        assertTrue(status == MemberStatus.None && kind == MemberKind.None);
    }

    function test_StatusOf_TellsKind() public view {
        (MemberStatus status, MemberKind kind) = registry.statusOf(PHARMACY);
        assertTrue(status == MemberStatus.Active && kind == MemberKind.Pharmacy);
    }

    function test_KeyOf_IsZeroWhenUnknown() public view {
        KeyState memory key = registry.keyOf(UNKNOWN_MEMBER);
        assertEq(key.digest, bytes32(0));
        assertEq(key.epoch, 0);
    }

    function test_Version_IsTheFirst() public view {
        assertEq(registry.version(), "1.0.0");
    }

    function testFuzz_AdmitMember_AnyFreeIdAndKind(uint32 id, uint8 kind, bytes32 key) public {
        MemberId member = MemberId.wrap(uint32(bound(id, MemberId.unwrap(NEW_MEMBER), type(uint32).max)));
        kind = uint8(bound(kind, 1, uint8(type(MemberKind).max)));
        vm.assume(key != 0);
        vm.prank(address(council));
        registry.admitMember(member, MemberKind(kind), newcomer, SUITE, abi.encodePacked(key), URL);
        (MemberStatus status, MemberKind given) = registry.statusOf(member);
        assertTrue(status == MemberStatus.Active && uint8(given) == kind);
        assertEq(registry.keyOf(member).digest, keccak256(abi.encodePacked(SUITE, key)));
    }

    function _appoint(MemberId member, address admin) private {
        vm.prank(address(council));
        registry.appointAdmin(member, admin);
    }

    function _admitWithKey(uint8 suite, bytes memory key) private {
        vm.prank(address(council));
        registry.admitMember(NEW_MEMBER, MemberKind.Bank, newcomer, suite, key, URL);
    }

    function _expectBadMember(MemberId member, MemberKind kind) private {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumRegistry.ConsortiumRegistry_BadMember.selector, member, kind));
    }

    function _expectUnusable(uint8 suite, uint256 length) private {
        vm.expectRevert(abi.encodeWithSelector(PublicKeys.PublicKeys_Unusable.selector, suite, length));
    }
}
