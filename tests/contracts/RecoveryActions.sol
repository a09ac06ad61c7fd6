// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../contracts/interfaces/IPatientRegistry.sol";
import {PatientId, RecoveryStage} from "../../contracts/types/Types.sol";
import {IdentityBase} from "./IdentityBase.sol";

/// @notice What recovery contacts do for alice, who named three of which two are enough; typed data is written out again.
abstract contract RecoveryActions is IdentityBase {
    bytes32 internal constant TRUSTEES = keccak256("trustees");
    bytes32 internal constant REPRESENTATIVES = keccak256("representatives");

    /// @dev In ascending order.
    address[3] internal contacts;
    /// @dev What alice recovers to.
    address internal newPhone;

    /// @dev Makes `patient` an id of alice's that has contacts.
    function _nameContacts() internal {
        newPhone = _account("alice's new phone");
        contacts = [_account("sister"), _account("friend"), _account("neighbour")];
        _sort();
        patient = _registerWith(SALT, false);
    }

    /// @dev A further id of alice's with the contacts.
    function _registerWith(bytes32 salt, bool assisted) internal returns (PatientId) {
        IPatientRegistry.Registration memory registration = _registration(alice);
        registration.salt = keccak256(abi.encode("with contacts", salt));
        registration.configurationDigest = _digestOf(_proof());
        registration.assisted = assisted;
        return _registerBySig(registration);
    }

    function _proof() internal view returns (IPatientRecovery.ContactsProof memory proof) {
        proof.salt = SALT;
        proof.threshold = 2;
        proof.contacts = new address[](3);
        (proof.contacts[0], proof.contacts[1], proof.contacts[2]) = (contacts[1], contacts[0], contacts[2]);
        (proof.trustees, proof.representatives) = (TRUSTEES, REPRESENTATIVES);
    }

    /// @dev The parts of alice's configuration.
    function _parts() internal view returns (IPatientRegistry.Configuration memory) {
        return IPatientRegistry.Configuration(TRUSTEES, _contactsOf(_proof()), REPRESENTATIVES);
    }

    function _contactsOf(IPatientRecovery.ContactsProof memory proof) internal pure returns (bytes32) {
        return keccak256(abi.encode(proof.salt, proof.threshold, proof.contacts));
    }

    function _digestOf(IPatientRecovery.ContactsProof memory proof) internal pure returns (bytes32) {
        return keccak256(abi.encode(proof.trustees, _contactsOf(proof), proof.representatives));
    }

    function _request() internal view returns (IPatientRecovery.RecoveryRequest memory) {
        return IPatientRecovery.RecoveryRequest(patient, newPhone, 1, _keyFor("recovered", newPhone));
    }

    /// @dev Two contacts' signatures, which are enough.
    function _quorum(bytes32 digest) internal view returns (IPatientRecovery.ContactApproval[] memory approvals) {
        approvals = new IPatientRecovery.ContactApproval[](2);
        approvals[0] = _approval(contacts[0], digest);
        approvals[1] = _approval(contacts[2], digest);
    }

    function _approval(address contact, bytes32 digest) internal view returns (IPatientRecovery.ContactApproval memory) {
        return IPatientRecovery.ContactApproval(contact, _sign(contact, digest));
    }

    /// @dev The next round of recoveries, and that of freezes, from storage: a call would be the one that a test expects to revert.
    function _rounds() internal view returns (uint32 round, uint16 freezes) {
        uint256 word = uint256(vm.load(address(patients), keccak256(abi.encode(patient, uint256(5)))));
        return (uint32(word >> 200), uint16(word >> 232));
    }

    function _recoverDigest(IPatientRecovery.RecoveryRequest memory request, uint32 round)
        internal
        view
        returns (bytes32)
    {
        return _patientDigest(_hashRecover(request, round, _deadline()));
    }

    function _schedule() internal {
        _schedule(_request());
    }

    /// @dev The contacts and the new controller agree, in the next round.
    function _schedule(IPatientRecovery.RecoveryRequest memory request) internal {
        (uint32 round,) = _rounds();
        bytes32 digest = _recoverDigest(request, round);
        patients.scheduleRecovery(
            request, _proof(), _quorum(digest), _signed(request.newController, digest, round, _deadline())
        );
    }

    /// @dev The same, after alice cancelled one, with two hospitals.
    function _scheduleFinal() internal {
        _scheduleFinal([hospitalA.desk, hospitalB.desk]);
    }

    function _scheduleFinal(address[2] memory desks) internal {
        (uint32 round,) = _rounds();
        bytes32 digest = _recoverDigest(_request(), round);
        patients.scheduleFinalRecovery(
            _request(),
            _proof(),
            _quorum(digest),
            _signed(newPhone, digest, round, _deadline()),
            [
                IPatientRegistry.Attestation(desks[0], _sign(desks[0], digest)),
                IPatientRegistry.Attestation(desks[1], _sign(desks[1], digest))
            ]
        );
    }

    function _cancel() internal {
        vm.prank(alice);
        patients.cancelRecovery(patient);
    }

    function _execute() internal {
        patients.executeRecovery(patient, 1, _keyFor("recovered", newPhone));
    }

    function _freeze() internal {
        _freeze(_proof());
    }

    function _freeze(IPatientRecovery.ContactsProof memory proof) internal {
        (, uint16 round) = _rounds();
        bytes32 digest = _patientDigest(_hashFreeze(patient, round, _deadline()));
        patients.freeze(patient, proof, _quorum(digest), round, _deadline());
    }

    function _expectFrozen(uint40 until) internal {
        vm.expectRevert(abi.encodeWithSelector(IPatientRegistry.PatientRegistry_Frozen.selector, patient, until));
    }

    function _expectStage(RecoveryStage stage) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IPatientRecovery.PatientRecovery_WrongStage.selector, patient, stage)
        );
    }

    function _hashRecover(IPatientRecovery.RecoveryRequest memory request, uint32 round, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typeHash = keccak256(
            "Recover(bytes32 patient,address newController,uint8 suite,bytes publicKey,uint32 round,uint40 deadline)"
        );
        bytes memory head = abi.encode(typeHash, request.patient, request.newController, request.suite);
        return keccak256(bytes.concat(head, abi.encode(keccak256(request.publicKey), round, deadline)));
    }

    function _hashFreeze(PatientId of_, uint32 round, uint40 deadline) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256("Freeze(bytes32 patient,uint32 round,uint40 deadline)");
        return keccak256(abi.encode(typeHash, of_, round, deadline));
    }

    function _hashCancelRecovery(PatientId of_, uint32 nonce, uint40 deadline) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256("CancelRecovery(bytes32 patient,uint32 nonce,uint40 deadline)");
        return keccak256(abi.encode(typeHash, of_, nonce, deadline));
    }

    function _sort() private {
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (contacts[j] < contacts[i]) (contacts[i], contacts[j]) = (contacts[j], contacts[i]);
            }
        }
    }
}
