// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {PatientId, PatientStatus} from "../types/Types.sol";
import {PatientAuthority} from "./PatientAuthority.sol";

/// @title PatientContacts
/// @notice The part of {PatientRegistry} that decides whether a quorum of a patient's contacts signed.
abstract contract PatientContacts is PatientAuthority {
    /// @dev At least the threshold of the patient's contacts signed `structHash`.
    function _requireQuorum(
        PatientId patient,
        ContactsProof calldata proof,
        ContactApproval[] calldata approvals,
        bytes32 structHash,
        uint40 deadline
    ) internal view {
        _requireContacts(patient, proof);
        if (approvals.length < proof.threshold) {
            revert PatientRecovery_TooFewApprovals(patient, proof.threshold, approvals.length);
        }
        address last = address(0);
        for (uint256 i = 0; i < approvals.length; ++i) {
            address contact = approvals[i].contact;
            if (contact <= last || !_isAmong(contact, proof.contacts)) {
                revert PatientRecovery_BadApproval(patient, contact);
            }
            _requireSigned(contact, structHash, deadline, approvals[i].signature);
            last = contact;
        }
    }

    /// @dev `proof` is of the patient's configuration, which can recover.
    function _requireContacts(PatientId patient, ContactsProof calldata proof) private view {
        PatientStatus status = _requireActive(patient).status;
        if (!_isNamed(status)) revert PatientRegistry_WrongStatus(patient, status);
        uint256 count = proof.contacts.length;
        if (proof.threshold == 0 || proof.threshold > count || count > MAX_CONTACTS) {
            revert PatientRecovery_BadContacts(patient, proof.threshold, count);
        }
        bytes32 contacts = keccak256(abi.encode(proof.salt, proof.threshold, proof.contacts));
        bytes32 given = _digestOf(Configuration(proof.trustees, contacts, proof.representatives));
        if (_configurations[patient] != given) {
            revert PatientRegistry_WrongConfiguration(patient, _configurations[patient], given);
        }
    }

    function _isAmong(address account, address[] calldata contacts) private pure returns (bool) {
        for (uint256 i = 0; i < contacts.length; ++i) {
            if (contacts[i] == account) return true;
        }
        return false;
    }
}
