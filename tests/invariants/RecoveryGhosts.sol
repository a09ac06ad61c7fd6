// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../contracts/interfaces/IPatientRegistry.sol";
import {PatientId, RecoveryStage} from "../../contracts/types/Types.sol";
import {RecoveryActions} from "../contracts/RecoveryActions.sol";

/// @notice What {RecoveryHandler} keeps of each patient, which of them it picks, and what their contacts sign.
abstract contract RecoveryGhosts is RecoveryActions {
    /// @dev What the rules say of a patient. `salt` is that of the contacts' preimage, `scheduledSalt` of the scheduled one.
    struct Ghost {
        PatientId id;
        address controller;
        bool retired;
        bool granted;
        bool checkedIn;
        uint40 until;
        uint32 nonce;
        uint32 epoch;
        bytes32 key;
        bytes32 trustees;
        bytes32 salt;
        bytes32 scheduledSalt;
        uint40 contactsAt;
        RecoveryStage stage;
        address next;
        uint40 recoveryAt;
        bytes nextKey;
        uint32 round;
        uint16 freezes;
        PatientId survivor;
    }

    Ghost[] internal _ghosts;

    function _approvals(bytes32 digest, uint256 signers)
        internal
        view
        returns (IPatientRecovery.ContactApproval[] memory approvals)
    {
        approvals = new IPatientRecovery.ContactApproval[](signers);
        for (uint256 i = 0; i < signers; ++i) {
            approvals[i] = _approval(contacts[i], digest);
        }
    }

    function _proofOf(Ghost storage ghost) internal view returns (IPatientRecovery.ContactsProof memory proof) {
        proof = _proof();
        (proof.salt, proof.trustees) = (ghost.salt, ghost.trustees);
    }

    function _contactsWith(bytes32 salt) internal view returns (bytes32) {
        IPatientRecovery.ContactsProof memory proof = _proof();
        proof.salt = salt;
        return _contactsOf(proof);
    }

    function _partsOf(Ghost storage ghost) internal view returns (IPatientRegistry.Configuration memory) {
        return IPatientRegistry.Configuration(ghost.trustees, _contactsWith(ghost.salt), REPRESENTATIVES);
    }

    function _isPending(Ghost storage ghost) internal view returns (bool) {
        return ghost.stage == RecoveryStage.Pending || ghost.stage == RecoveryStage.Final;
    }

    function _isFrozen(Ghost storage ghost) internal view returns (bool) {
        return block.timestamp <= ghost.until;
    }

    function _isFree(Ghost storage ghost) internal view returns (bool) {
        return !ghost.retired && !_isFrozen(ghost);
    }

    function _isLinkable(Ghost storage ghost) internal view returns (bool) {
        return _isFree(ghost) && !_isPending(ghost);
    }

    /// @dev Mostly one that is not retired.
    function _pick(uint256 chance) internal view returns (Ghost storage ghost) {
        ghost = _ghosts[(chance >> 32) % _ghosts.length];
        for (uint256 i = 1; i < _ghosts.length && ghost.retired && (chance >> 48) & 7 != 0; ++i) {
            ghost = _ghosts[((chance >> 32) + i) % _ghosts.length];
        }
    }

    /// @dev Mostly one whose controller may act.
    function _pickFree(uint256 chance) internal view returns (Ghost storage ghost) {
        ghost = _pick(chance);
        for (uint256 i = 1; i < _ghosts.length && !_isFree(ghost) && (chance >> 48) & 7 != 0; ++i) {
            ghost = _ghosts[((chance >> 32) + i) % _ghosts.length];
        }
    }

    /// @dev One with a pending recovery when there is one.
    function _pickPending(uint256 chance) internal view returns (Ghost storage ghost) {
        ghost = _pick(chance);
        for (uint256 i = 1; i < _ghosts.length && !_isPending(ghost); ++i) {
            ghost = _ghosts[((chance >> 32) + i) % _ghosts.length];
        }
    }
}
