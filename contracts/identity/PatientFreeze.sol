// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {PatientId} from "../types/Types.sol";
import {IPatientRecovery} from "../interfaces/IPatientRecovery.sol";
import {PatientContacts} from "./PatientContacts.sol";

/// @title PatientFreeze
/// @notice The part of {PatientRegistry} in which contacts stop a controller whose key may be stolen.
abstract contract PatientFreeze is PatientContacts {
    bytes32 private constant _FREEZE_TYPEHASH = keccak256("Freeze(bytes32 patient,uint32 round,uint40 deadline)");

    /// @inheritdoc IPatientRecovery
    function freeze(
        PatientId patient,
        ContactsProof calldata proof,
        ContactApproval[] calldata approvals,
        uint32 round,
        uint40 deadline
    ) external {
        uint32 expected = _recoveries[patient].freezes;
        if (round != expected) revert PatientRecovery_BadRound(patient, expected, round);
        bytes32 structHash = keccak256(abi.encode(_FREEZE_TYPEHASH, patient, round, deadline));
        _requireQuorum(patient, proof, approvals, structHash, deadline);
        uint40 last = _records[patient].until;
        if (block.timestamp <= last + FREEZE_PAUSE) {
            revert PatientRecovery_FrozenLately(patient, last + FREEZE_PAUSE);
        }
        uint40 until = _after(FREEZE_PERIOD);
        _records[patient].until = until;
        ++_recoveries[patient].freezes; // 65,536 freezes take 4,600 years
        emit PatientFrozen(patient, round, until);
    }
}
