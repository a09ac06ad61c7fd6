// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PublicKeys} from "../../../contracts/libraries/PublicKeys.sol";
import {PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";

contract PatientRegistryRotateTest is IdentityBase {
    PatientId private constant _UNKNOWN = PatientId.wrap(SALT);

    function test_RotateKey_OfAnUnknownPatient() public {
        _expectUnknown();
        patients.rotateKey(_UNKNOWN, 1, _keyFor("next", alice));
    }

    function test_RotateKey_OfARetiredPatient() public {
        _retireAndExpect();
        vm.prank(alice);
        patients.rotateKey(patient, 1, _keyFor("next", alice));
    }

    function test_RotateKey_ByAStranger() public {
        _expectNotController(stranger);
        vm.prank(stranger);
        patients.rotateKey(patient, 1, _keyFor("thief", stranger));
    }

    function test_RotateKey_WithAnUnusableKey() public {
        vm.expectRevert(abi.encodeWithSelector(PublicKeys.PublicKeys_Unusable.selector, 1, 32));
        vm.prank(alice);
        patients.rotateKey(patient, 1, new bytes(32));
    }

    function test_RotateKey_ByTheController() public {
        bytes memory next = _keyFor("next", alice);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientKeyRotated(patient, 2, 1, next);
        vm.prank(alice);
        patients.rotateKey(patient, 1, next);
        assertEq(patients.keyOf(patient).digest, _keyDigest(next));
        assertEq(patients.keyOf(patient).epoch, 2);
        assertEq(patients.nonceOf(patient), 1);
        assertEq(patients.authorityOf(patient).controller, alice);
    }

    function test_RotateKey_OfAProvisionalId() public {
        vm.prank(foundlingKeeper);
        patients.rotateKey(foundling, 1, _keyFor("next", foundlingKeeper));
        assertEq(patients.keyOf(foundling).epoch, 2);
        assertEq(patients.authorityOf(foundling).until, START + 30 days);
    }

    function test_RotateKeyBySig_OfAnUnknownPatient() public {
        IPatientRegistry.Signed memory authorization = _authorizeKey(_keyFor("next", alice));
        _expectUnknown();
        patients.rotateKeyBySig(_UNKNOWN, 1, _keyFor("next", alice), authorization);
    }

    function test_RotateKeyBySig_OfARetiredPatient() public {
        IPatientRegistry.Signed memory authorization = _authorizeKey(_keyFor("next", alice));
        _retireAndExpect();
        patients.rotateKeyBySig(patient, 1, _keyFor("next", alice), authorization);
    }

    function test_RotateKeyBySig_WithAnUnusableKey() public {
        IPatientRegistry.Signed memory authorization = _authorizeKey(new bytes(32));
        vm.expectRevert(abi.encodeWithSelector(PublicKeys.PublicKeys_Unusable.selector, 1, 32));
        patients.rotateKeyBySig(patient, 1, new bytes(32), authorization);
    }

    function test_RotateKeyBySig_WithheldPastADirectAction() public {
        IPatientRegistry.Signed memory authorization = _authorizeKey(_keyFor("withheld", alice));
        vm.prank(alice);
        patients.rotateKey(patient, 1, _keyFor("next", alice));
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_BadNonce.selector, patient, 1, 0)
        );
        patients.rotateKeyBySig(patient, 1, _keyFor("withheld", alice), authorization);
    }

    function test_RotateKeyBySig_RelayedByAnybody() public {
        bytes memory next = _keyFor("next", alice);
        IPatientRegistry.Signed memory authorization = _authorizeKey(next);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.PatientKeyRotated(patient, 2, 1, next);
        vm.prank(stranger);
        patients.rotateKeyBySig(patient, 1, next, authorization);
        assertEq(patients.nonceOf(patient), 1);
    }

    function testFuzz_RotateKey_EachTimeTheNextEpoch(uint8 times) public {
        times = uint8(bound(times, 1, 20));
        vm.startPrank(alice);
        for (uint256 i = 0; i < times; ++i) {
            patients.rotateKey(patient, 1, abi.encodePacked(keccak256(abi.encode(i))));
        }
        assertEq(patients.keyOf(patient).epoch, uint256(times) + 1);
        assertEq(patients.nonceOf(patient), times);
    }

    function test_RotateController_OfAnUnknownPatient() public {
        _expectUnknown();
        patients.rotateController(_UNKNOWN, bob, _accept(bob));
    }

    function test_RotateController_OfARetiredPatient() public {
        IPatientRegistry.Signed memory acceptance = _accept(bob);
        _retireAndExpect();
        vm.prank(alice);
        patients.rotateController(patient, bob, acceptance);
    }

    function test_RotateController_ByAStranger() public {
        IPatientRegistry.Signed memory acceptance = _accept(bob);
        _expectNotController(stranger);
        vm.prank(stranger);
        patients.rotateController(patient, bob, acceptance);
    }

    function test_RotateController_ToNobody() public {
        vm.expectRevert(IPatientRegistry.PatientRegistry_NoController.selector);
        vm.prank(alice);
        patients.rotateController(patient, address(0), IPatientRegistry.Signed(0, _deadline(), ""));
    }

    function test_RotateController_ToOneWhoAccepts() public {
        IPatientRegistry.Signed memory acceptance = _accept(bob);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.ControllerRotated(patient, alice, bob);
        vm.prank(alice);
        patients.rotateController(patient, bob, acceptance);
        _assertController(bob);
    }

    function test_RotateController_EndsTheFormerController() public {
        IPatientRegistry.Signed memory acceptance = _accept(bob);
        vm.prank(alice);
        patients.rotateController(patient, bob, acceptance);
        _expectNotController(alice);
        vm.prank(alice);
        patients.rotateKey(patient, 1, _keyFor("late", alice));
    }

    function test_RotateControllerBySig_OfAnUnknownPatient() public {
        IPatientRegistry.Signed memory authorization = _accept(alice);
        _expectUnknown();
        patients.rotateControllerBySig(_UNKNOWN, bob, authorization, "");
    }

    function test_RotateControllerBySig_OfARetiredPatient() public {
        IPatientRegistry.Signed memory authorization = _accept(alice);
        _retireAndExpect();
        patients.rotateControllerBySig(patient, bob, authorization, "");
    }

    function test_RotateControllerBySig_ToNobody() public {
        bytes32 digest = _patientDigest(_hashRotateController(patient, address(0), 0, _deadline()));
        IPatientRegistry.Signed memory authorization = _signed(alice, digest, 0, _deadline());
        vm.expectRevert(IPatientRegistry.PatientRegistry_NoController.selector);
        patients.rotateControllerBySig(patient, address(0), authorization, "");
    }

    function test_RotateControllerBySig_RelayedByAnybody() public {
        IPatientRegistry.Signed memory authorization = _accept(alice);
        IPatientRegistry.Signed memory acceptance = _accept(bob);
        vm.expectEmit(address(patients));
        emit IPatientRegistry.ControllerRotated(patient, alice, bob);
        vm.prank(stranger);
        patients.rotateControllerBySig(patient, bob, authorization, acceptance.signature);
        _assertController(bob);
    }

    /// @dev A signature of `signer` over the change to bob, with the next nonce.
    function _accept(address signer) private view returns (IPatientRegistry.Signed memory) {
        bytes32 digest = _patientDigest(_hashRotateController(patient, bob, 0, _deadline()));
        return _signed(signer, digest, 0, _deadline());
    }

    function _authorizeKey(bytes memory publicKey) private view returns (IPatientRegistry.Signed memory) {
        bytes32 digest = _patientDigest(_hashRotateKey(patient, publicKey, 0, _deadline()));
        return _signed(alice, digest, 0, _deadline());
    }

    function _assertController(address controller) private view {
        IPatientRegistry.Authority memory authority = patients.authorityOf(patient);
        assertEq(authority.controller, controller);
        assertTrue(authority.status == PatientStatus.Registered);
        assertEq(patients.nonceOf(patient), 1);
        assertEq(patients.keyOf(patient).epoch, 1);
    }

    function _expectUnknown() private {
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Unknown.selector, _UNKNOWN));
    }

    function _expectNotController(address caller) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRegistry.PatientRegistry_NotController.selector, patient, caller)
        );
    }

    function _retireAndExpect() private {
        _retire(patient);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPatientRegistry.PatientRegistry_WrongStatus.selector, patient, PatientStatus.Retired
            )
        );
    }
}
