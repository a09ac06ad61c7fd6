// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PublicKeys} from "../../../contracts/libraries/PublicKeys.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";

contract PatientRegistryTakeOverTest is IdentityBase {
    function test_TakeOver_OfAnUnknownPatient() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(bob);
        request.patient = PatientId.wrap(SALT);
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unknown.selector, request.patient));
        _relay(request);
    }

    function test_TakeOver_OfARegisteredPatient() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(bob);
        request.patient = patient;
        _expectStatus(patient, PatientStatus.Registered);
        _relay(request);
    }

    function test_TakeOver_OfARetiredPatient() public {
        _retire(foundling);
        _expectStatus(foundling, PatientStatus.Retired);
        _relay(_takeOverRequest(bob));
    }

    function test_TakeOver_ByNobody() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(address(0));
        bytes32 digest = _patientDigest(_hashTakeOver(request, 0, _deadline()));
        vm.expectRevert(IPatientRegistry.PatientRegistry_NoController.selector);
        patients.takeOver(request, _signed(foundlingKeeper, digest, 0, _deadline()), "");
    }

    function test_TakeOver_WithAnUnusableKey() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(bob);
        request.publicKey = hex"01";
        vm.expectRevert(abi.encodeWithSelector(PublicKeys.PublicKeys_Unusable.selector, 1, 1));
        _relay(request);
    }

    function testFuzz_TakeOver_WithAFieldThatWasNotSigned(uint8 field) public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(bob);
        bytes32 digest = _patientDigest(_hashTakeOver(request, 0, _deadline()));
        IPatientRegistry.Signed memory consent = _signed(foundlingKeeper, digest, 0, _deadline());
        bytes memory acceptance = _sign(bob, digest);
        field = uint8(bound(field, 0, 4));
        if (field == 0) request.newController = stranger;
        else if (field == 1) request.suite = 7;
        else if (field == 2) request.publicKey = _keyFor("thief", stranger);
        else if (field == 3) request.configurationDigest = REASON;
        else request.assisted = true;
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, foundlingKeeper));
        patients.takeOver(request, consent, acceptance);
    }

    function test_TakeOver_WithBothSignatures() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(bob);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.TakenOver(foundling, bob, PatientStatus.Registered, false, 0);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientKeyRotated(foundling, 2, 1, request.publicKey);
        _relay(request);
        _assertTakenOver(request, PatientStatus.Registered);
    }

    function test_TakeOver_AfterTheEndOfTheProvisionalId() public {
        vm.warp(START + 60 days);
        _relay(_takeOverRequest(bob));
        _assertTakenOver(_takeOverRequest(bob), PatientStatus.Registered);
    }

    function test_TakeOver_AssistedWithAConfiguration() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(bob);
        request.assisted = true;
        request.configurationDigest = REASON;
        vm.expectEmit(address(patients));
        emit IPatientRegistry.TakenOver(foundling, bob, PatientStatus.Assisted, false, REASON);
        _relay(request);
        _assertTakenOver(request, PatientStatus.Assisted);
    }

    function test_TakeOver_EndsTheFormerController() public {
        _relay(_takeOverRequest(bob));
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRegistry.PatientRegistry_NotController.selector, foundling, foundlingKeeper
            )
        );
        vm.prank(foundlingKeeper);
        patients.rotateKey(foundling, 1, _keyFor("thief", foundlingKeeper));
    }

    function test_ForceTakeOver_OfAnUnknownPatient() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(bob);
        request.patient = PatientId.wrap(SALT);
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unknown.selector, request.patient));
        _force(request, [hospitalB.desk, clinic.desk]);
    }

    function test_ForceTakeOver_OfARegisteredPatient() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(bob);
        request.patient = patient;
        _expectStatus(patient, PatientStatus.Registered);
        _force(request, [hospitalB.desk, clinic.desk]);
    }

    function test_ForceTakeOver_ByNobody() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(address(0));
        bytes32 digest = _patientDigest(_hashTakeOver(request, 0, _deadline()));
        vm.expectRevert(IPatientRegistry.PatientRegistry_NoController.selector);
        patients.forceTakeOver(
            request,
            _attestations(digest, [hospitalB.desk, clinic.desk]),
            IPatientRegistry.Signed(0, _deadline(), "")
        );
    }

    function test_ForceTakeOver_AttestedByAStranger() public {
        _refuseAttestation([stranger, clinic.desk], stranger);
        _refuseAttestation([hospitalB.desk, stranger], stranger);
    }

    function test_ForceTakeOver_AttestedWithoutDesk() public {
        _refuseAttestation([hospitalB.records, clinic.desk], hospitalB.records);
        _refuseAttestation([hospitalB.desk, clinic.records], clinic.records);
    }

    function test_ForceTakeOver_AttestedByTheSponsor() public {
        _refuseAttestation([hospitalA.desk, clinic.desk], hospitalA.desk);
        _refuseAttestation([clinic.desk, hospitalA.desk], hospitalA.desk);
    }

    function test_ForceTakeOver_AttestedTwiceByOneMember() public {
        address second = _account("second desk of the clinic");
        _addOperator(clinic.admin, second, Roles.DESK);
        _refuseAttestation([clinic.desk, second], second);
    }

    function test_ForceTakeOver_AttestedByASuspendedMember() public {
        _suspend(CLINIC);
        _refuseAttestation([hospitalB.desk, clinic.desk], clinic.desk);
        _refuseAttestation([clinic.desk, hospitalB.desk], clinic.desk);
    }

    function test_ForceTakeOver_AttestedByARemovedOperator() public {
        _removeOperator(clinic.admin, clinic.desk);
        _refuseAttestation([hospitalB.desk, clinic.desk], clinic.desk);
    }

    function test_ForceTakeOver_WithANonceBelow() public {
        vm.prank(foundlingKeeper);
        patients.rotateKey(foundling, 1, _keyFor("next", foundlingKeeper));
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_BadNonce.selector, foundling, 1, 0)
        );
        _force(_takeOverRequest(bob), [hospitalB.desk, clinic.desk]);
    }

    function test_ForceTakeOver_WithANonceAboveThatTheKeeperCannotOutrun() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(bob);
        bytes32 digest = _patientDigest(_hashTakeOver(request, 9, _deadline()));
        vm.prank(foundlingKeeper);
        patients.rotateKey(foundling, 1, _keyFor("next", foundlingKeeper));
        patients.forceTakeOver(
            request, _attestations(digest, [hospitalB.desk, clinic.desk]), _signed(bob, digest, 9, _deadline())
        );
        assertEq(patients.authorityOf(foundling).controller, bob);
        assertEq(patients.nonceOf(foundling), 10);
        assertEq(patients.keyOf(foundling).epoch, 3);
    }

    function test_ForceTakeOver_WithAnUnusableKey() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(bob);
        request.publicKey = hex"01";
        vm.expectRevert(abi.encodeWithSelector(PublicKeys.PublicKeys_Unusable.selector, 1, 1));
        _force(request, [hospitalB.desk, clinic.desk]);
    }

    function test_ForceTakeOver_WithTwoAttestations() public {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(bob);
        request.configurationDigest = REASON;
        vm.expectEmit(address(patients));
        emit IPatientRegistry.TakenOver(foundling, bob, PatientStatus.Registered, true, REASON);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientKeyRotated(foundling, 2, 1, request.publicKey);
        _force(request, [hospitalB.desk, clinic.desk]);
        _assertTakenOver(request, PatientStatus.Registered);
    }

    function test_ForceTakeOver_AfterTheEndOfTheProvisionalId() public {
        vm.warp(START + 60 days);
        _force(_takeOverRequest(bob), [clinic.desk, hospitalB.desk]);
        _assertTakenOver(_takeOverRequest(bob), PatientStatus.Registered);
    }

    /// @dev Both parties sign; the only external call is the takeover.
    function _relay(IPatientRegistry.TakeOver memory request) private {
        bytes32 digest = _patientDigest(_hashTakeOver(request, 0, _deadline()));
        patients.takeOver(request, _signed(foundlingKeeper, digest, 0, _deadline()), _sign(bob, digest));
    }

    function _force(IPatientRegistry.TakeOver memory request, address[2] memory operators) private {
        bytes32 digest = _patientDigest(_hashTakeOver(request, 0, _deadline()));
        IPatientRegistry.Signed memory acceptance = _signed(bob, digest, 0, _deadline());
        patients.forceTakeOver(request, _attestations(digest, operators), acceptance);
    }

    function _attestations(bytes32 digest, address[2] memory operators)
        private
        view
        returns (IPatientRegistry.Attestation[2] memory attestations)
    {
        for (uint256 i = 0; i < 2; ++i) {
            attestations[i] = IPatientRegistry.Attestation(operators[i], _sign(operators[i], digest));
        }
    }

    function _refuseAttestation(address[2] memory operators, address refused) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_BadAttestation.selector, refused)
        );
        _force(_takeOverRequest(bob), operators);
    }

    function _expectStatus(PatientId of_, PatientStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_WrongStatus.selector, of_, status)
        );
    }

    function _assertTakenOver(IPatientRegistry.TakeOver memory request, PatientStatus status) private view {
        IPatientRegistry.Authority memory authority = patients.authorityOf(foundling);
        assertEq(authority.controller, bob);
        assertTrue(authority.status == status);
        assertEq(authority.until, 0);
        assertEq(patients.nonceOf(foundling), 1);
        assertEq(patients.keyOf(foundling).epoch, 2);
        assertEq(patients.keyOf(foundling).digest, _keyDigest(request.publicKey));
        assertEq(patients.configurationOf(foundling), request.configurationDigest);
        assertTrue(patients.sponsorOf(foundling) == HOSPITAL_A);
    }
}
