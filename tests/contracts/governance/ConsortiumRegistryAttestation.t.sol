// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IConsortiumRegistry} from "../../../contracts/interfaces/IConsortiumRegistry.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {MemberStatus} from "../../../contracts/types/Types.sol";
import {RegistryBase} from "./RegistryBase.sol";

/// @notice Who is a licensed clinician, and until when.
contract ConsortiumRegistryAttestationTest is RegistryBase {
    bytes32 private constant LICENCE = keccak256("licence");

    function test_AttestClinician_RevertWhen_CallerIsNoRegistrar() public {
        _expectUnauthorized(regulator.admin, Roles.REGISTRAR);
        registry.attestClinician(clinic.desk, LICENCE, ATTESTED_UNTIL);
    }

    function test_AttestClinician_RevertWhen_CallerIsTheMembersOwnAdmin() public {
        _expectUnauthorized(clinic.admin, Roles.REGISTRAR);
        registry.attestClinician(clinic.desk, LICENCE, ATTESTED_UNTIL);
    }

    function test_AttestClinician_RevertWhen_CallerWasRemoved() public {
        _removeOperator(regulator.admin, regulator.registrar);
        _expectUnauthorized(regulator.registrar, Roles.REGISTRAR);
        registry.attestClinician(clinic.desk, LICENCE, ATTESTED_UNTIL);
    }

    function test_AttestClinician_RevertWhen_RegulatorIsSuspended() public {
        _suspend(REGULATOR);
        _expectUnauthorized(regulator.registrar, Roles.REGISTRAR);
        registry.attestClinician(clinic.desk, LICENCE, ATTESTED_UNTIL);
    }

    function test_AttestClinician_RevertWhen_AccountActsForNobody() public {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumRegistry.ConsortiumRegistry_NotAnOperator.selector, newcomer));
        _attest(newcomer, ATTESTED_UNTIL);
    }

    function test_AttestClinician_RevertWhen_MemberIsSuspended() public {
        _suspend(CLINIC);
        _expectWrongStatus(CLINIC, MemberStatus.Suspended);
        _attest(clinic.desk, ATTESTED_UNTIL);
    }

    function test_AttestClinician_RevertWhen_MemberLeft() public {
        _remove(CLINIC);
        _expectWrongStatus(CLINIC, MemberStatus.Left);
        _attest(clinic.desk, ATTESTED_UNTIL);
    }

    function test_AttestClinician_RevertWhen_TermIsOver() public {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumRegistry.ConsortiumRegistry_BadTerm.selector, START - 1));
        _attest(clinic.desk, START - 1);
    }

    function test_AttestClinician_ForThisSecondOnly() public {
        _attest(clinic.desk, START);
        assertEq(registry.actorOf(clinic.desk).roles, Roles.DESK | Roles.CLINICIAN);
    }

    function test_AttestClinician_GivesTheRoleUntilItsEnd() public {
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.ClinicianAttested(CLINIC, clinic.desk, REGULATOR, LICENCE, ATTESTED_UNTIL);
        _attest(clinic.desk, ATTESTED_UNTIL);
        assertEq(registry.attestedUntil(clinic.desk), ATTESTED_UNTIL);
        vm.warp(ATTESTED_UNTIL);
        assertEq(registry.actorOf(clinic.desk).roles, Roles.DESK | Roles.CLINICIAN);
        vm.warp(ATTESTED_UNTIL + 1);
        assertEq(registry.actorOf(clinic.desk).roles, Roles.DESK);
    }

    function test_AttestClinician_AgainReplacesTheEnd() public {
        _attest(clinic.clinician, START + 5);
        assertEq(registry.attestedUntil(clinic.clinician), START + 5);
    }

    function test_AttestClinician_DoesNotOutliveARemoval() public {
        _removeOperator(clinic.admin, clinic.clinician);
        _addOperator(clinic.admin, clinic.clinician, Roles.READER);
        assertEq(registry.actorOf(clinic.clinician).roles, Roles.READER);
    }

    function test_WithdrawAttestation_RevertWhen_CallerIsNoRegistrar() public {
        _expectUnauthorized(clinic.admin, Roles.REGISTRAR);
        registry.withdrawAttestation(clinic.clinician);
    }

    function test_WithdrawAttestation_RevertWhen_RegulatorIsSuspended() public {
        _suspend(REGULATOR);
        _expectUnauthorized(regulator.registrar, Roles.REGISTRAR);
        registry.withdrawAttestation(clinic.clinician);
    }

    function test_WithdrawAttestation_RevertWhen_NotAttested() public {
        _expectNotAttested(clinic.desk);
        _withdrawAttestation(clinic.desk);
    }

    function test_WithdrawAttestation_RevertWhen_WithdrawnAlready() public {
        _withdrawAttestation(clinic.clinician);
        _expectNotAttested(clinic.clinician);
        _withdrawAttestation(clinic.clinician);
    }

    function test_WithdrawAttestation_RevertWhen_ItEnded() public {
        vm.warp(ATTESTED_UNTIL + 1);
        _expectNotAttested(clinic.clinician);
        _withdrawAttestation(clinic.clinician);
    }

    function test_WithdrawAttestation_EndsItNow() public {
        vm.warp(ATTESTED_UNTIL);
        vm.expectEmit(address(registry));
        emit IConsortiumRegistry.AttestationWithdrawn(CLINIC, clinic.clinician, REGULATOR);
        _withdrawAttestation(clinic.clinician);
        assertEq(registry.actorOf(clinic.clinician).roles, Roles.READER);
        assertEq(registry.attestedUntil(clinic.clinician), 0);
    }

    function test_WithdrawAttestation_OfASuspendedMember() public {
        _suspend(CLINIC);
        _withdrawAttestation(clinic.clinician);
        assertEq(registry.attestedUntil(clinic.clinician), 0);
    }

    function test_AttestedUntil_IsZeroWhenNone() public view {
        assertEq(registry.attestedUntil(clinic.desk), 0);
    }

    function testFuzz_ActorOf_ShowsClinicianWithinTheTermOnly(uint40 notAfter, uint40 time) public {
        notAfter = uint40(bound(notAfter, START, type(uint40).max));
        time = uint40(bound(time, START, type(uint40).max));
        _attest(clinic.desk, notAfter);
        vm.warp(time);
        assertEq(registry.actorOf(clinic.desk).roles & Roles.CLINICIAN != 0, time <= notAfter);
    }

    function _withdrawAttestation(address operator) private {
        vm.prank(regulator.registrar);
        registry.withdrawAttestation(operator);
    }

    function _expectNotAttested(address operator) private {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumRegistry.ConsortiumRegistry_NotAttested.selector, operator));
    }
}
