// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ConsortiumRegistry} from "../../../contracts/governance/ConsortiumRegistry.sol";
import {IConsortiumRegistry} from "../../../contracts/interfaces/IConsortiumRegistry.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {MemberKind, MemberStatus} from "../../../contracts/types/Types.sol";
import {OwnedWallet, RefusingWallet, RevertingWallet} from "../mocks/Wallets.sol";
import {RegistryBase} from "./RegistryBase.sol";

/// @notice {ConsortiumRegistry.addOperator}: who may add whom, and what the account must have signed.
contract ConsortiumRegistryConsentTest is RegistryBase {
    function test_AddOperator_RevertWhen_CallerActsForNobody() public {
        bytes memory signature = _consent(newcomer, Roles.DESK);
        _expectUnauthorized(stranger, Roles.ADMIN);
        registry.addOperator(newcomer, Roles.DESK, deadline, signature);
    }

    function test_AddOperator_RevertWhen_CallerIsNoAdmin() public {
        bytes memory signature = _consent(newcomer, Roles.DESK);
        _expectUnauthorized(clinic.desk, Roles.ADMIN);
        registry.addOperator(newcomer, Roles.DESK, deadline, signature);
    }

    function test_AddOperator_RevertWhen_CallerWasRemoved() public {
        bytes memory signature = _consent(newcomer, Roles.DESK);
        _removeOperator(clinic.admin, clinic.admin);
        _expectUnauthorized(clinic.admin, Roles.ADMIN);
        registry.addOperator(newcomer, Roles.DESK, deadline, signature);
    }

    function test_AddOperator_RevertWhen_MemberIsSuspended() public {
        bytes memory signature = _consent(newcomer, Roles.DESK);
        _suspend(CLINIC);
        _expectUnauthorized(clinic.admin, Roles.ADMIN);
        registry.addOperator(newcomer, Roles.DESK, deadline, signature);
    }

    function test_AddOperator_RevertWhen_MemberLeft() public {
        bytes memory signature = _consent(newcomer, Roles.DESK);
        _remove(CLINIC);
        _expectUnauthorized(clinic.admin, Roles.ADMIN);
        registry.addOperator(newcomer, Roles.DESK, deadline, signature);
    }

    function test_AddOperator_RevertWhen_AccountIsZero() public {
        _expectTaken(address(0), NOBODY);
        _add(address(0), Roles.DESK, "");
    }

    function test_AddOperator_RevertWhen_AccountActsForThisMember() public {
        bytes memory signature = _consent(clinic.desk, Roles.RECORDS);
        _expectTaken(clinic.desk, CLINIC);
        _add(clinic.desk, Roles.RECORDS, signature);
    }

    function test_AddOperator_RevertWhen_AccountActsForAnotherMember() public {
        bytes memory signature = _consent(hospitalA.desk, Roles.DESK);
        _expectTaken(hospitalA.desk, HOSPITAL_A);
        _add(hospitalA.desk, Roles.DESK, signature);
    }

    function test_AddOperator_RevertWhen_NoRoles() public {
        _assertRolesRefused(0);
    }

    function test_AddOperator_RevertWhen_RolesHoldClinician() public {
        _assertRolesRefused(Roles.DESK | Roles.CLINICIAN);
    }

    function test_AddOperator_RevertWhen_RolesHoldAnUnknownBit() public {
        _assertRolesRefused(Roles.DESK | 256);
    }

    function test_AddOperator_RevertWhen_RegistrarOutsideARegulator() public {
        _assertRolesRefused(Roles.REGISTRAR);
    }

    function test_AddOperator_RevertWhen_DeadlinePassed() public {
        bytes memory signature = _consent(newcomer, Roles.DESK);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Expired.selector, deadline));
        _add(newcomer, Roles.DESK, signature);
    }

    function test_AddOperator_AtTheDeadline() public {
        bytes memory signature = _consent(newcomer, Roles.DESK);
        vm.warp(deadline);
        _add(newcomer, Roles.DESK, signature);
        assertEq(registry.actorOf(newcomer).roles, Roles.DESK);
    }

    function test_AddOperator_RevertWhen_AnotherAccountSigned() public {
        bytes32 digest = _consentDigest(CLINIC, newcomer, Roles.DESK, 0, deadline);
        _assertSignatureRefused(_sign(stranger, digest));
    }

    function test_AddOperator_RevertWhen_SignedForAnotherMember() public {
        _assertSignatureRefused(_signConsent(HOSPITAL_A, newcomer, Roles.DESK, 0, deadline));
    }

    function test_AddOperator_RevertWhen_SignedForAnotherAccount() public {
        _assertSignatureRefused(_sign(newcomer, _consentDigest(CLINIC, stranger, Roles.DESK, 0, deadline)));
    }

    function test_AddOperator_RevertWhen_SignedForOtherRoles() public {
        _assertSignatureRefused(_consent(newcomer, Roles.READER));
    }

    function test_AddOperator_RevertWhen_SignedForAnotherDeadline() public {
        _assertSignatureRefused(_signConsent(CLINIC, newcomer, Roles.DESK, 0, deadline + 1));
    }

    function test_AddOperator_RevertWhen_SignedForALaterNonce() public {
        _assertSignatureRefused(_signConsent(CLINIC, newcomer, Roles.DESK, 1, deadline));
    }

    function test_AddOperator_RevertWhen_ReplayedAfterRemoval() public {
        bytes memory signature = _consent(newcomer, Roles.DESK);
        _add(newcomer, Roles.DESK, signature);
        _removeOperator(clinic.admin, newcomer);
        _assertSignatureRefused(signature);
    }

    function test_AddOperator_RevertWhen_SignedForAnotherChain() public {
        bytes memory signature = _consent(newcomer, Roles.DESK);
        vm.chainId(block.chainid + 1);
        _assertSignatureRefused(signature);
    }

    function test_AddOperator_RevertWhen_SignedForAnotherContract() public {
        ConsortiumRegistry original = registry;
        registry = new ConsortiumRegistry(address(manager));
        bytes memory signature = _consent(newcomer, Roles.DESK);
        registry = original;
        _assertSignatureRefused(signature);
    }

    function test_AddOperator_RevertWhen_SignatureIsMalleated() public {
        _assertSignatureRefused(_malleate(_consent(newcomer, Roles.DESK)));
    }

    function test_AddOperator_RevertWhen_SignatureIsEmpty() public {
        _assertSignatureRefused("");
    }

    function test_AddOperator_RevertWhen_ContractAccountRefuses() public {
        newcomer = address(new RefusingWallet());
        _assertSignatureRefused(_sign(stranger, _consentDigest(CLINIC, newcomer, Roles.DESK, 0, deadline)));
    }

    function test_AddOperator_RevertWhen_ContractAccountReverts() public {
        newcomer = address(new RevertingWallet());
        _assertSignatureRefused(_sign(stranger, _consentDigest(CLINIC, newcomer, Roles.DESK, 0, deadline)));
    }

    function test_AddOperator_OfAContractAccount() public {
        newcomer = address(new OwnedWallet(stranger));
        _add(newcomer, Roles.DESK, _sign(stranger, _consentDigest(CLINIC, newcomer, Roles.DESK, 0, deadline)));
        assertEq(registry.actorOf(newcomer).roles, Roles.DESK);
    }

    function test_AddOperator_OfAnAccountWithDelegatedCode() public {
        _delegate(newcomer, address(new RefusingWallet()));
        _add(newcomer, Roles.DESK, _consent(newcomer, Roles.DESK));
        assertEq(registry.actorOf(newcomer).roles, Roles.DESK);
    }

    function test_AddOperator_OfAnAccountThroughItsDelegatedCode() public {
        _delegate(newcomer, address(new OwnedWallet(stranger)));
        _add(newcomer, Roles.DESK, _sign(stranger, _consentDigest(CLINIC, newcomer, Roles.DESK, 0, deadline)));
        assertEq(registry.actorOf(newcomer).roles, Roles.DESK);
    }

    function test_AddOperator_RevertWhen_DelegatedCodeRefusesAForeignSignature() public {
        _delegate(newcomer, address(new RefusingWallet()));
        _assertSignatureRefused(_sign(stranger, _consentDigest(CLINIC, newcomer, Roles.DESK, 0, deadline)));
    }

    function test_AddOperator_RecordsItsRoles() public {
        bytes memory signature = _consent(newcomer, Roles.DESK | Roles.READER);
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.OperatorChanged(CLINIC, newcomer, Roles.DESK | Roles.READER);
        _add(newcomer, Roles.DESK | Roles.READER, signature);
        _assertActor(newcomer, IConsortiumRegistry.Actor(CLINIC, Roles.DESK | Roles.READER, MemberStatus.Active, MemberKind.Clinic));
        assertEq(registry.nonceOf(newcomer), 1);
    }

    function test_AddOperator_RegistrarOfARegulator() public {
        bytes memory signature = _signConsent(REGULATOR, newcomer, Roles.REGISTRAR, 0, deadline);
        vm.prank(regulator.admin);
        registry.addOperator(newcomer, Roles.REGISTRAR, deadline, signature);
        assertEq(registry.actorOf(newcomer).roles, Roles.REGISTRAR);
    }

    function test_AddOperator_AgainElsewhereAfterRemoval() public {
        _add(newcomer, Roles.DESK, _consent(newcomer, Roles.DESK));
        _removeOperator(clinic.admin, newcomer);
        bytes memory signature = _signConsent(HOSPITAL_A, newcomer, Roles.RECORDS, 1, deadline);
        vm.prank(hospitalA.admin);
        registry.addOperator(newcomer, Roles.RECORDS, deadline, signature);
        _assertActor(newcomer, IConsortiumRegistry.Actor(HOSPITAL_A, Roles.RECORDS, MemberStatus.Active, MemberKind.Hospital));
    }

    function testFuzz_AddOperator_OnlyRolesThatAMemberGives(uint16 roles) public {
        uint16 allowed = Roles.ADMIN | Roles.DESK | Roles.RECORDS | Roles.READER | Roles.FINANCE | Roles.ADJUDICATOR;
        bool usable = roles != 0 && roles & ~allowed == 0;
        bytes memory signature = _consent(newcomer, roles);
        if (!usable) _expectBadRoles(roles);
        _add(newcomer, roles, signature);
        assertEq(registry.actorOf(newcomer).roles, usable ? roles : 0);
    }

    function _consent(address operator, uint16 roles) private view returns (bytes memory) {
        return _signConsent(CLINIC, operator, roles, registry.nonceOf(operator), deadline);
    }

    function _add(address operator, uint16 roles, bytes memory signature) private {
        vm.prank(clinic.admin);
        registry.addOperator(operator, roles, deadline, signature);
    }

    function _assertRolesRefused(uint16 roles) private {
        bytes memory signature = _consent(newcomer, roles);
        _expectBadRoles(roles);
        _add(newcomer, roles, signature);
    }

    function _assertSignatureRefused(bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, newcomer));
        _add(newcomer, Roles.DESK, signature);
    }
}
