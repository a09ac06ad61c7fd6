// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {ConfigurationPart, PatientId, PatientStatus, RecoveryStage} from "../../../contracts/types/Types.sol";
import {RecoveryActions} from "../RecoveryActions.sol";

/// @notice Where everything is: what reads a slot by its number, and how many words an action writes, depend on it.
contract PatientRegistryStorageTest is RecoveryActions {
    function test_Storage_ARecordIsOneWord() public {
        vm.prank(foundlingKeeper);
        patients.rotateKey(foundling, 1, _keyFor("next", foundlingKeeper));
        uint256 expected = uint256(uint160(foundlingKeeper)) | uint256(1) << 160 | uint256(2) << 192
            | uint256(PatientStatus.Provisional) << 208 | uint256(START + 30 days) << 216;
        assertEq(uint256(_word(foundling, 0)), expected);
    }

    function test_Storage_TheKeyDigestFollows() public view {
        assertEq(_word(patient, 1), _keyDigest(_keyFor("first", alice)));
    }

    function test_Storage_AConfigurationIsThirdAndUntouchedWithoutOne() public {
        assertEq(_word(patient, 2), bytes32(0));
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.configurationDigest = REASON;
        assertEq(_word(_registerBySig(registration), 2), REASON);
    }

    function test_Storage_TheSponsorIsFourthAndUntouchedWithoutOne() public view {
        assertEq(_word(patient, 3), bytes32(0));
        assertEq(uint256(_word(foundling, 3)), 1);
    }

    function test_Storage_ScheduledContactsAreFifth() public {
        IPatientRegistry.Configuration memory current;
        vm.startPrank(alice);
        patients.setConfigurationPart(patient, ConfigurationPart.Contacts, REASON, current);
        current.contacts = REASON;
        patients.setConfigurationPart(patient, ConfigurationPart.Contacts, SALT, current);
        assertEq(_word(patient, 4), SALT);
        assertEq(uint256(vm.load(address(patients), bytes32(uint256(_slot(patient, 4)) + 1))), START + 14 days);
    }

    function test_Storage_ARecoveryIsSixthAndTwoWords() public {
        _nameContacts();
        _freeze();
        _schedule();
        uint256 expected = uint256(uint160(newPhone)) | uint256(START + 7 days) << 160 | uint256(1) << 200
            | uint256(1) << 232 | uint256(RecoveryStage.Pending) << 248;
        assertEq(uint256(_word(patient, 5)), expected);
        bytes32 second = vm.load(address(patients), bytes32(uint256(_slot(patient, 5)) + 1));
        assertEq(second, _keyDigest(_keyFor("recovered", newPhone)));
    }

    function test_Storage_TheSurvivorIsSeventh() public {
        PatientId survivor = _retire(patient);
        assertEq(_word(patient, 6), PatientId.unwrap(survivor));
    }

    function _slot(PatientId of_, uint256 position) private pure returns (bytes32) {
        return keccak256(abi.encode(of_, position));
    }

    function _word(PatientId of_, uint256 position) private view returns (bytes32) {
        return vm.load(address(patients), _slot(of_, position));
    }
}
