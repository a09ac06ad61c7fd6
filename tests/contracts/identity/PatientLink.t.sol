// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {ConfigurationPart, PatientId, PatientStatus, RecoveryStage} from "../../../contracts/types/Types.sol";
import {RecoveryActions} from "../RecoveryActions.sol";

/// @notice Mostly the foundling, who turns out to be alice, whose id has contacts.
contract PatientLinkTest is RecoveryActions {
    PatientId private constant _UNKNOWN = PatientId.wrap(SALT);
    PatientId private _bobs;

    function setUp() public override {
        super.setUp();
        _nameContacts();
        _bobs = _registerBySig(_registration(bob));
    }

    function test_Link_ByAStranger() public {
        _refuseCaller(stranger);
        _refuseCaller(alice);
    }

    function test_Link_ByAnOperatorWithoutDesk() public {
        _refuseCaller(hospitalA.records);
    }

    function test_Link_ByASuspendedMember() public {
        _suspend(HOSPITAL_A);
        _refuseCaller(hospitalA.desk);
    }

    function test_Link_AnIdWithItself() public {
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_SameId.selector, patient));
        _attempt(patient, patient);
    }

    function test_Link_OfAnUnknownPatient() public {
        _expectUnknown();
        _attempt(_UNKNOWN, patient);
        _expectUnknown();
        _attempt(foundling, _UNKNOWN);
    }

    function test_Link_OfARetiredPatient() public {
        _retire(foundling);
        _expectStatus(foundling, PatientStatus.Retired);
        _attempt(foundling, patient);
    }

    function test_Link_IntoARetiredPatient() public {
        _retire(patient);
        _expectStatus(patient, PatientStatus.Retired);
        _attempt(foundling, patient);
    }

    function test_Link_IntoAProvisionalPatient() public {
        _expectStatus(foundling, PatientStatus.Provisional);
        _attempt(patient, foundling);
    }

    function test_Link_OfAFrozenPatient() public {
        _freeze();
        _expectFrozen(START + 10 days);
        _attempt(patient, _bobs);
    }

    function test_Link_IntoAFrozenPatient() public {
        _freeze();
        _expectFrozen(START + 10 days);
        _attempt(foundling, patient);
    }

    function test_Link_OfAPatientWhoseRecoveryIsPending() public {
        _schedule();
        _expectStage(RecoveryStage.Pending);
        _attempt(patient, _bobs);
        _cancel();
        _scheduleFinal();
        _expectStage(RecoveryStage.Final);
        _attempt(patient, _bobs);
    }

    function test_Link_IntoAPatientWhoseRecoveryIsPending() public {
        _schedule();
        _expectStage(RecoveryStage.Pending);
        _attempt(foundling, patient);
    }

    function testFuzz_Link_WithAFieldThatWasNotSigned(bool retired) public {
        IPatientRegistry.LinkRequest memory request = _linkRequest(foundling, _bobs);
        bytes32 digest = _patientDigest(_hashLink(request));
        address signer = foundlingKeeper;
        if (retired) (request.retired, signer) = (patient, alice);
        else request.survivor = patient;
        bytes memory signature = _sign(signer, digest);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, signer));
        vm.prank(hospitalA.desk);
        patients.link(request, signature, signature);
    }

    function test_Link_AProvisionalIdIntoANamedOne() public {
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientLinked(foundling, patient, HOSPITAL_A);
        _attempt(foundling, patient);
        assertTrue(patients.authorityOf(foundling).status == PatientStatus.Retired);
        assertEq(patients.authorityOf(foundling).controller, foundlingKeeper);
        assertTrue(patients.survivorOf(foundling) == patient);
        assertTrue(patients.survivorOf(patient) == PatientId.wrap(0));
        assertTrue(patients.authorityOf(patient).status == PatientStatus.Registered);
        assertEq(patients.nonceOf(foundling), 1);
        assertEq(patients.nonceOf(patient), 1);
    }

    function test_Link_AProvisionalIdAfterItsEnd() public {
        vm.warp(START + 60 days);
        _attempt(foundling, patient);
        assertTrue(patients.survivorOf(foundling) == patient);
    }

    function test_Link_IntoAnAssistedPatient() public {
        PatientId assisted = _registerWith(REASON, true);
        _attempt(patient, assisted);
        assertTrue(patients.survivorOf(patient) == assisted);
    }

    function test_Link_AfterAFreezeAndACancelledRecovery() public {
        _freeze();
        _schedule();
        _cancel();
        vm.warp(START + 10 days + 1);
        _attempt(patient, _bobs);
        assertTrue(patients.survivorOf(patient) == _bobs);
    }

    function test_Link_OfASurvivor() public {
        _attempt(foundling, patient);
        _attempt(patient, _bobs);
        assertTrue(patients.survivorOf(foundling) == patient);
        assertTrue(patients.survivorOf(patient) == _bobs);
    }

    function test_Link_ARetiredIdNeverChangesAgain() public {
        vm.prank(alice);
        patients.setConfigurationPart(patient, ConfigurationPart.Contacts, REASON, _parts());
        _attempt(patient, _bobs);
        skip(14 days);
        _expectStatus(patient, PatientStatus.Retired);
        patients.executeContacts(patient, _parts());
        _expectStatus(patient, PatientStatus.Retired);
        vm.prank(alice);
        patients.cancelRecovery(patient);
        bytes32 digest = _patientDigest(_hashCancelRecovery(patient, 2, _deadline()));
        IPatientRegistry.Signed memory authorization = _signed(alice, digest, 2, _deadline());
        _expectStatus(patient, PatientStatus.Retired);
        patients.cancelRecoveryBySig(patient, authorization);
        _expectStage(RecoveryStage.None);
        _execute();
        _expectStatus(patient, PatientStatus.Retired);
        _schedule();
        _expectStatus(patient, PatientStatus.Retired);
        _freeze();
    }

    /// @dev The nonces come from storage and the signers are known: the only external call is the link.
    function _attempt(PatientId retired, PatientId survivor) private {
        IPatientRegistry.LinkRequest memory request =
            IPatientRegistry.LinkRequest(retired, survivor, _nonce(retired), _nonce(survivor), _deadline());
        bytes32 digest = _patientDigest(_hashLink(request));
        bytes memory retiredConsent = _sign(_controller(retired), digest);
        bytes memory survivorConsent = _sign(_controller(survivor), digest);
        vm.prank(hospitalA.desk);
        patients.link(request, retiredConsent, survivorConsent);
    }

    function _nonce(PatientId of_) private view returns (uint32) {
        return uint32(uint256(vm.load(address(patients), keccak256(abi.encode(of_, uint256(0))))) >> 160);
    }

    function _controller(PatientId of_) private view returns (address) {
        return of_ == foundling ? foundlingKeeper : of_ == _bobs ? bob : alice;
    }

    function _refuseCaller(address caller) private {
        IPatientRegistry.LinkRequest memory request = _linkRequest(foundling, patient);
        bytes32 digest = _patientDigest(_hashLink(request));
        bytes memory retiredConsent = _sign(foundlingKeeper, digest);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRegistry.PatientRegistry_Unauthorized.selector, caller, Roles.DESK
            )
        );
        vm.prank(caller);
        patients.link(request, retiredConsent, _sign(alice, digest));
    }

    function _expectUnknown() private {
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unknown.selector, _UNKNOWN));
    }

    function _expectStatus(PatientId of_, PatientStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_WrongStatus.selector, of_, status)
        );
    }
}
