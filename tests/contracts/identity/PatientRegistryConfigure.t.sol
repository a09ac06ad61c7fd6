// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {ConfigurationPart, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";

contract PatientRegistryConfigureTest is IdentityBase {
    bytes32 private constant _TRUSTEES = keccak256("trustees");
    bytes32 private constant _CONTACTS = keccak256("contacts");
    bytes32 private constant _NEW_CONTACTS = keccak256("new contacts");
    PatientId private constant _UNKNOWN = PatientId.wrap(SALT);
    uint40 private constant _READY_AT = START + 14 days;

    IPatientRegistry.Configuration private _none;

    function test_SetPart_OfAnUnknownPatient() public {
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unknown.selector, _UNKNOWN));
        vm.prank(alice);
        patients.setConfigurationPart(_UNKNOWN, ConfigurationPart.Trustees, _TRUSTEES, _none);
    }

    function test_SetPart_OfARetiredPatient() public {
        _retire(patient);
        _expectStatus(patient, PatientStatus.Retired);
        _set(ConfigurationPart.Trustees, _TRUSTEES, _none);
    }

    function test_SetPart_OfAProvisionalPatient() public {
        _expectStatus(foundling, PatientStatus.Provisional);
        vm.prank(foundlingKeeper);
        patients.setConfigurationPart(foundling, ConfigurationPart.Trustees, _TRUSTEES, _none);
    }

    function test_SetPart_ByAStranger() public {
        _expectNotController();
        vm.prank(stranger);
        patients.setConfigurationPart(patient, ConfigurationPart.Trustees, _TRUSTEES, _none);
    }

    function test_SetPart_FromAConfigurationThatIsNotThePresentOne() public {
        IPatientRegistry.Configuration memory wrong = IPatientRegistry.Configuration(_TRUSTEES, 0, 0);
        _expectWrongConfiguration(0, wrong);
        _set(ConfigurationPart.Representatives, REASON, wrong);
    }

    function test_SetPart_ContactsFromAConfigurationThatIsNotThePresentOne() public {
        IPatientRegistry.Configuration memory wrong = IPatientRegistry.Configuration(0, _CONTACTS, 0);
        _expectWrongConfiguration(0, wrong);
        _set(ConfigurationPart.Contacts, _NEW_CONTACTS, wrong);
    }

    function test_SetPart_TrusteesAtOnce() public {
        vm.expectEmit(address(patients));
        emit IPatientRegistry.ConfigurationPartChanged(patient, ConfigurationPart.Trustees, _TRUSTEES);
        _set(ConfigurationPart.Trustees, _TRUSTEES, _none);
        _assertConfiguration(_TRUSTEES, 0, 0);
        assertEq(patients.nonceOf(patient), 1);
    }

    function test_SetPart_RepresentativesKeepTheOthers() public {
        _set(ConfigurationPart.Trustees, _TRUSTEES, _none);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.ConfigurationPartChanged(patient, ConfigurationPart.Representatives, REASON);
        _set(ConfigurationPart.Representatives, REASON, IPatientRegistry.Configuration(_TRUSTEES, 0, 0));
        _assertConfiguration(_TRUSTEES, 0, REASON);
    }

    function test_SetPart_FirstContactsAtOnce() public {
        vm.expectEmit(address(patients));
        emit IPatientRegistry.ConfigurationPartChanged(patient, ConfigurationPart.Contacts, _CONTACTS);
        _set(ConfigurationPart.Contacts, _CONTACTS, _none);
        _assertConfiguration(0, _CONTACTS, 0);
        _assertScheduled(0, 0);
    }

    function test_SetPart_OtherContactsAreScheduled() public {
        _set(ConfigurationPart.Contacts, _CONTACTS, _none);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.ContactsScheduled(patient, _NEW_CONTACTS, _READY_AT);
        _set(ConfigurationPart.Contacts, _NEW_CONTACTS, IPatientRegistry.Configuration(0, _CONTACTS, 0));
        _assertConfiguration(0, _CONTACTS, 0);
        _assertScheduled(_NEW_CONTACTS, _READY_AT);
        assertEq(patients.nonceOf(patient), 2);
    }

    function test_SetPart_RemovingContactsIsScheduled() public {
        _set(ConfigurationPart.Contacts, _CONTACTS, _none);
        _set(ConfigurationPart.Contacts, 0, IPatientRegistry.Configuration(0, _CONTACTS, 0));
        _assertConfiguration(0, _CONTACTS, 0);
        _assertScheduled(0, _READY_AT);
    }

    function test_SetPart_ANewScheduleReplacesTheOld() public {
        _scheduleContacts();
        skip(13 days);
        _set(ConfigurationPart.Contacts, REASON, IPatientRegistry.Configuration(0, _CONTACTS, 0));
        _assertScheduled(REASON, START + 27 days);
    }

    function test_SetPart_NamingNobodyIsZero() public {
        _set(ConfigurationPart.Trustees, _TRUSTEES, _none);
        _set(ConfigurationPart.Trustees, 0, IPatientRegistry.Configuration(_TRUSTEES, 0, 0));
        assertEq(patients.configurationOf(patient), bytes32(0));
    }

    function test_SetPartBySig_OfAProvisionalPatient() public {
        IPatientRegistry.Signed memory authorization = _authorize(foundling, foundlingKeeper, _TRUSTEES);
        _expectStatus(foundling, PatientStatus.Provisional);
        patients.setConfigurationPartBySig(foundling, ConfigurationPart.Trustees, _TRUSTEES, _none, authorization);
    }

    function test_SetPartBySig_OfARetiredPatient() public {
        IPatientRegistry.Signed memory authorization = _authorize(patient, alice, _TRUSTEES);
        _retire(patient);
        _expectStatus(patient, PatientStatus.Retired);
        patients.setConfigurationPartBySig(patient, ConfigurationPart.Trustees, _TRUSTEES, _none, authorization);
    }

    function test_SetPartBySig_RelayedByAnybody() public {
        IPatientRegistry.Signed memory authorization = _authorize(patient, alice, _TRUSTEES);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.ConfigurationPartChanged(patient, ConfigurationPart.Trustees, _TRUSTEES);
        vm.prank(stranger);
        patients.setConfigurationPartBySig(patient, ConfigurationPart.Trustees, _TRUSTEES, _none, authorization);
        _assertConfiguration(_TRUSTEES, 0, 0);
    }

    function test_ExecuteContacts_WithoutSchedule() public {
        _expectNothingScheduled();
        patients.executeContacts(patient, _none);
    }

    function test_ExecuteContacts_OneSecondEarly() public {
        _scheduleContacts();
        vm.warp(_READY_AT - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_TooEarly.selector, patient, _READY_AT)
        );
        patients.executeContacts(patient, IPatientRegistry.Configuration(0, _CONTACTS, 0));
    }

    function test_ExecuteContacts_FromAConfigurationThatIsNotThePresentOne() public {
        _scheduleContacts();
        vm.warp(_READY_AT);
        _expectWrongConfiguration(keccak256(abi.encode(bytes32(0), _CONTACTS, bytes32(0))), _none);
        patients.executeContacts(patient, _none);
    }

    function test_ExecuteContacts_MergesIntoTheConfigurationAsItIsThen() public {
        _scheduleContacts();
        _set(ConfigurationPart.Trustees, _TRUSTEES, IPatientRegistry.Configuration(0, _CONTACTS, 0));
        vm.warp(_READY_AT);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.ConfigurationPartChanged(patient, ConfigurationPart.Contacts, _NEW_CONTACTS);
        vm.prank(stranger);
        patients.executeContacts(patient, IPatientRegistry.Configuration(_TRUSTEES, _CONTACTS, 0));
        _assertConfiguration(_TRUSTEES, _NEW_CONTACTS, 0);
        _assertScheduled(0, 0);
    }

    function test_ExecuteContacts_Twice() public {
        _scheduleContacts();
        vm.warp(_READY_AT);
        patients.executeContacts(patient, IPatientRegistry.Configuration(0, _CONTACTS, 0));
        _expectNothingScheduled();
        patients.executeContacts(patient, IPatientRegistry.Configuration(0, _NEW_CONTACTS, 0));
    }

    function test_CancelContacts_ByAStranger() public {
        _scheduleContacts();
        _expectNotController();
        vm.prank(stranger);
        patients.cancelContacts(patient);
    }

    function test_CancelContacts_WithoutSchedule() public {
        _expectNothingScheduled();
        vm.prank(alice);
        patients.cancelContacts(patient);
    }

    function test_CancelContacts_ByTheController() public {
        _scheduleContacts();
        vm.expectEmit(address(patients));
        emit IPatientRegistry.ContactsCancelled(patient, _NEW_CONTACTS);
        vm.prank(alice);
        patients.cancelContacts(patient);
        _assertScheduled(0, 0);
        assertEq(patients.nonceOf(patient), 3);
        vm.warp(_READY_AT);
        _expectNothingScheduled();
        patients.executeContacts(patient, IPatientRegistry.Configuration(0, _CONTACTS, 0));
    }

    function test_CancelContactsBySig_WithoutSchedule() public {
        bytes32 typeHash = keccak256("CancelContacts(bytes32 patient,uint32 nonce,uint40 deadline)");
        bytes32 digest = _patientDigest(keccak256(abi.encode(typeHash, patient, 0, _deadline())));
        IPatientRegistry.Signed memory authorization = _signed(alice, digest, 0, _deadline());
        _expectNothingScheduled();
        patients.cancelContactsBySig(patient, authorization);
    }

    function testFuzz_SetPart_KeepsTheOtherParts(bytes32 trustees, bytes32 contacts, bytes32 representatives) public {
        _set(ConfigurationPart.Trustees, trustees, _none);
        _set(ConfigurationPart.Contacts, contacts, IPatientRegistry.Configuration(trustees, 0, 0));
        IPatientRegistry.Configuration memory current = IPatientRegistry.Configuration(trustees, contacts, 0);
        _set(ConfigurationPart.Representatives, representatives, current);
        _assertConfiguration(trustees, contacts, representatives);
    }

    function _scheduleContacts() private {
        _set(ConfigurationPart.Contacts, _CONTACTS, _none);
        _set(ConfigurationPart.Contacts, _NEW_CONTACTS, IPatientRegistry.Configuration(0, _CONTACTS, 0));
    }

    function _set(ConfigurationPart part, bytes32 digest, IPatientRegistry.Configuration memory current) private {
        vm.prank(alice);
        patients.setConfigurationPart(patient, part, digest, current);
    }

    /// @dev A signature over new trustees, with nonce 0.
    function _authorize(PatientId of_, address controller, bytes32 digest)
        private
        view
        returns (IPatientRegistry.Signed memory)
    {
        bytes32 typeHash =
            keccak256("SetConfigurationPart(bytes32 patient,uint8 part,bytes32 digest,uint32 nonce,uint40 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, of_, uint8(0), digest, 0, _deadline()));
        return _signed(controller, _patientDigest(structHash), 0, _deadline());
    }

    function _assertConfiguration(bytes32 trustees, bytes32 contacts, bytes32 representatives) private view {
        bool nobody = trustees | contacts | representatives == 0;
        bytes32 expected = nobody ? bytes32(0) : keccak256(abi.encode(trustees, contacts, representatives));
        assertEq(patients.configurationOf(patient), expected);
    }

    function _assertScheduled(bytes32 digest, uint40 readyAt) private view {
        (bytes32 scheduled, uint40 at_) = patients.scheduledContactsOf(patient);
        assertEq(scheduled, digest);
        assertEq(at_, readyAt);
    }

    function _expectStatus(PatientId of_, PatientStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_WrongStatus.selector, of_, status)
        );
    }

    function _expectNotController() private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_NotController.selector, patient, stranger)
        );
    }

    function _expectNothingScheduled() private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_NothingScheduled.selector, patient)
        );
    }

    function _expectWrongConfiguration(bytes32 expected, IPatientRegistry.Configuration memory given) private {
        bool nobody = given.trustees | given.contacts | given.representatives == 0;
        bytes32 digest = nobody ? bytes32(0) : keccak256(abi.encode(given));
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRegistry.PatientRegistry_WrongConfiguration.selector, patient, expected, digest
            )
        );
    }
}
