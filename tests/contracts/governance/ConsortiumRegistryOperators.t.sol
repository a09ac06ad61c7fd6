// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IConsortiumRegistry} from "../../../contracts/interfaces/IConsortiumRegistry.sol";
import {PublicKeys} from "../../../contracts/libraries/PublicKeys.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {KeyState, MemberKind, MemberStatus} from "../../../contracts/types/Types.sol";
import {RegistryBase} from "./RegistryBase.sol";

/// @notice What a member's administrators do after an account was added.
contract ConsortiumRegistryOperatorsTest is RegistryBase {
    function test_SetOperatorRoles_RevertWhen_CallerIsNoAdmin() public {
        _expectUnauthorized(clinic.desk, Roles.ADMIN);
        registry.setOperatorRoles(clinic.desk, Roles.RECORDS);
    }

    function test_SetOperatorRoles_RevertWhen_CallerActsForNobody() public {
        _expectUnauthorized(stranger, Roles.ADMIN);
        registry.setOperatorRoles(clinic.desk, Roles.RECORDS);
    }

    function test_SetOperatorRoles_RevertWhen_CallerWasRemoved() public {
        _removeOperator(clinic.admin, clinic.admin);
        _expectUnauthorized(clinic.admin, Roles.ADMIN);
        registry.setOperatorRoles(clinic.desk, Roles.RECORDS);
    }

    function test_SetOperatorRoles_RevertWhen_MemberIsSuspended() public {
        _suspend(CLINIC);
        _expectUnauthorized(clinic.admin, Roles.ADMIN);
        registry.setOperatorRoles(clinic.desk, Roles.RECORDS);
    }

    function test_SetOperatorRoles_RevertWhen_OperatorOfAnotherMember() public {
        _expectNotYours(hospitalA.desk, CLINIC);
        _setRoles(hospitalA.desk, Roles.RECORDS);
    }

    function test_SetOperatorRoles_RevertWhen_AccountActsForNobody() public {
        _expectNotYours(newcomer, CLINIC);
        _setRoles(newcomer, Roles.RECORDS);
    }

    function test_SetOperatorRoles_RevertWhen_NoRoles() public {
        _expectBadRoles(0);
        _setRoles(clinic.desk, 0);
    }

    function test_SetOperatorRoles_RevertWhen_RolesHoldClinician() public {
        _expectBadRoles(Roles.CLINICIAN);
        _setRoles(clinic.desk, Roles.CLINICIAN);
    }

    function test_SetOperatorRoles_RevertWhen_RegistrarOutsideARegulator() public {
        _expectBadRoles(Roles.REGISTRAR);
        _setRoles(clinic.desk, Roles.REGISTRAR);
    }

    function test_SetOperatorRoles_ReplacesThem() public {
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.OperatorChanged(CLINIC, clinic.desk, Roles.RECORDS);
        _setRoles(clinic.desk, Roles.RECORDS);
        _assertActor(clinic.desk, IConsortiumRegistry.Actor(CLINIC, Roles.RECORDS, MemberStatus.Active, MemberKind.Clinic));
    }

    function test_SetOperatorRoles_KeepsTheAttestation() public {
        _setRoles(clinic.clinician, Roles.DESK);
        assertEq(registry.actorOf(clinic.clinician).roles, Roles.DESK | Roles.CLINICIAN);
    }

    function test_RemoveOperator_RevertWhen_CallerActsForNobody() public {
        _expectUnauthorized(stranger, Roles.ADMIN);
        registry.removeOperator(clinic.desk);
    }

    function test_RemoveOperator_RevertWhen_CallerIsNoAdmin() public {
        _expectUnauthorized(clinic.desk, Roles.ADMIN);
        registry.removeOperator(clinic.desk);
    }

    function test_RemoveOperator_RevertWhen_MemberLeft() public {
        _remove(CLINIC);
        _expectUnauthorized(clinic.admin, Roles.ADMIN);
        registry.removeOperator(clinic.desk);
    }

    function test_RemoveOperator_RevertWhen_OperatorOfAnotherMember() public {
        _expectNotYours(hospitalA.desk, CLINIC);
        _removeOperator(clinic.admin, hospitalA.desk);
    }

    function test_RemoveOperator_RevertWhen_AccountActsForNobody() public {
        _expectNotYours(newcomer, CLINIC);
        _removeOperator(clinic.admin, newcomer);
    }

    function test_RemoveOperator_EndsAllItsRights() public {
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.OperatorRemoved(CLINIC, clinic.clinician);
        _removeOperator(clinic.admin, clinic.clinician);
        _assertNobody(clinic.clinician);
        assertEq(registry.attestedUntil(clinic.clinician), 0);
    }

    function test_RemoveOperator_KeepsTheNonce() public {
        _removeOperator(clinic.admin, clinic.desk);
        assertEq(registry.nonceOf(clinic.desk), 1);
    }

    function test_RemoveOperator_OfASuspendedMember() public {
        _suspend(CLINIC);
        _removeOperator(clinic.admin, clinic.desk);
        _assertNobody(clinic.desk);
    }

    function test_RemoveOperator_OfTheAdminItself() public {
        _removeOperator(clinic.admin, clinic.admin);
        _assertNobody(clinic.admin);
    }

    function test_RotateKey_RevertWhen_CallerIsNoAdmin() public {
        _expectUnauthorized(clinic.records, Roles.ADMIN);
        registry.rotateKey(SUITE, _publicKeyOf(NEW_MEMBER));
    }

    function test_RotateKey_RevertWhen_MemberIsSuspended() public {
        _suspend(CLINIC);
        _expectUnauthorized(clinic.admin, Roles.ADMIN);
        registry.rotateKey(SUITE, _publicKeyOf(NEW_MEMBER));
    }

    function test_RotateKey_RevertWhen_KeyIsUnusable() public {
        vm.expectRevert(abi.encodeWithSelector(PublicKeys.PublicKeys_Unusable.selector, SUITE, 32));
        vm.prank(clinic.admin);
        registry.rotateKey(SUITE, new bytes(32));
    }

    function test_RotateKey_AdvancesTheEpoch() public {
        bytes memory key = _publicKeyOf(NEW_MEMBER);
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.MemberKeyRotated(CLINIC, 2, SUITE, key);
        vm.prank(clinic.admin);
        registry.rotateKey(SUITE, key);
        KeyState memory state = registry.keyOf(CLINIC);
        assertEq(state.epoch, 2);
        assertEq(state.digest, keccak256(abi.encodePacked(SUITE, key)));
    }

    function test_SetNodeUrl_RevertWhen_CallerIsNoAdmin() public {
        _expectUnauthorized(clinic.reader, Roles.ADMIN);
        registry.setNodeUrl(URL);
    }

    function test_SetNodeUrl_RevertWhen_MemberIsSuspended() public {
        _suspend(CLINIC);
        _expectUnauthorized(clinic.admin, Roles.ADMIN);
        registry.setNodeUrl(URL);
    }

    function test_SetNodeUrl_ReplacesIt() public {
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.NodeUrlChanged(CLINIC, URL);
        vm.prank(clinic.admin);
        registry.setNodeUrl(URL);
        assertEq(registry.memberOf(CLINIC).nodeUrl, URL);
    }

    function test_ActorOf_IsNobodyForAStranger() public view {
        _assertNobody(stranger);
    }

    function test_ActorOf_TellsMemberRolesStatusKind() public view {
        _assertActor(insurer.desk, IConsortiumRegistry.Actor(INSURER, Roles.DESK, MemberStatus.Active, MemberKind.Insurer));
    }

    function test_NonceOf_IsZeroForAStranger() public view {
        assertEq(registry.nonceOf(stranger), 0);
    }

    function _setRoles(address operator, uint16 roles) private {
        vm.prank(clinic.admin);
        registry.setOperatorRoles(operator, roles);
    }
}
