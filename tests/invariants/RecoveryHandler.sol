// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessGrants} from "../../contracts/interfaces/IAccessGrants.sol";
import {IPatientRecovery} from "../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../contracts/interfaces/IPatientRegistry.sol";
import {Purposes} from "../../contracts/types/Purposes.sol";
import {AccessReason, ConfigurationPart, PatientId, PatientStatus, RecoveryStage} from "../../contracts/types/Types.sol";
import {IdentityBase} from "../contracts/IdentityBase.sol";
import {RecordsBase} from "../contracts/RecordsBase.sol";
import {CallCounter} from "./CallCounter.sol";
import {RecoveryGhosts} from "./RecoveryGhosts.sol";

/// @notice Recovers, freezes and links patients at random, while their controllers act, and keeps by itself what must be.
contract RecoveryHandler is RecordsBase, RecoveryGhosts, CallCounter {
    uint40 private constant _NEVER = type(uint40).max;
    uint256 private constant _MOST = 8;

    /// @notice Calls whose outcome was not what the rules say.
    uint256 public surprises;

    address[4] private _accounts;
    bytes[] private _used;

    function setUp() public override(IdentityBase, RecordsBase) {
        super.setUp();
        _nameContacts();
        for (uint128 i = 0; i < 4; ++i) {
            _accounts[i] = _account(string.concat("wallet ", vm.toString(i)));
        }
        for (uint128 i = 0; i < 4; ++i) {
            register(i);
        }
    }

    function _plan() internal override(IdentityBase, RecordsBase) {
        super._plan();
    }

    function register(uint128 seed) public {
        if (_ghosts.length == _MOST) return;
        Ghost storage ghost = _ghosts.push();
        ghost.controller = _accounts[_spread(seed) % 4];
        ghost.salt = bytes32(_ghosts.length);
        ghost.trustees = TRUSTEES;
        ghost.epoch = 1;
        IPatientRegistry.Registration memory registration = _registration(ghost.controller);
        registration.salt = ghost.salt;
        registration.configurationDigest = _digestOf(_proofOf(ghost));
        registration.assisted = seed & 1 == 0;
        ghost.key = _keyDigest(registration.publicKey);
        ghost.id = _registerBySig(registration);
        _count(true);
    }

    /// @dev By one to three contacts; a final one with two hospitals, or with a clinic instead of one.
    function schedule(uint128 seed) external {
        uint256 chance = _spread(seed);
        Ghost storage ghost = _pick(chance);
        if (ghost.stage == RecoveryStage.Pending && chance & 7 != 0) return;
        bool asFinal = (ghost.stage == RecoveryStage.Cancelled) != (chance & 7 == 1);
        bool clinicAttests = chance & 56 == 0;
        uint256 signers = chance & 448 == 0 ? 1 : 2 + (chance >> 6) % 2;
        IPatientRecovery.RecoveryRequest memory request = IPatientRecovery.RecoveryRequest(
            ghost.id, _accounts[(chance >> 8) % 4], 1, abi.encodePacked(keccak256(abi.encode("recovered", seed)))
        );
        bytes memory data = _scheduleData(ghost, request, signers, asFinal, clinicAttests ? clinic.desk : hospitalB.desk);
        bool allowed = !ghost.retired && signers > 1
            && (asFinal ? ghost.stage == RecoveryStage.Cancelled && !clinicAttests : ghost.stage == RecoveryStage.None);
        if (!_attempt(stranger, data, allowed)) return;
        _used.push(data);
        ghost.stage = asFinal ? RecoveryStage.Final : RecoveryStage.Pending;
        (ghost.next, ghost.nextKey) = (request.newController, request.publicKey);
        ghost.recoveryAt = uint40(block.timestamp) + 7 days;
        ++ghost.round;
        (ghost.scheduledSalt, ghost.contactsAt) = (0, 0);
    }

    function cancel(uint128 seed) external {
        uint256 chance = _spread(seed);
        Ghost storage ghost = _pickPending(chance);
        if (ghost.stage != RecoveryStage.Pending && chance & 7 != 0) return;
        bytes memory data = abi.encodeCall(patients.cancelRecovery, (ghost.id));
        if (chance & 1 == 0) {
            bytes32 digest = _patientDigest(_hashCancelRecovery(ghost.id, ghost.nonce, _NEVER));
            data = abi.encodeCall(
                patients.cancelRecoveryBySig, (ghost.id, _signed(ghost.controller, digest, ghost.nonce, _NEVER))
            );
        }
        bool allowed = !ghost.retired && ghost.stage == RecoveryStage.Pending;
        if (!_attempt(chance & 1 == 0 ? stranger : ghost.controller, data, allowed)) return;
        ++ghost.nonce;
        _end(ghost, RecoveryStage.Cancelled);
    }

    /// @dev Mostly when it is due and with the key that was signed.
    function execute(uint128 seed) external {
        uint256 chance = _spread(seed);
        Ghost storage ghost = _pickPending(chance);
        if (!_isPending(ghost) && chance & 7 != 0) return;
        if (chance & 3 != 0 && block.timestamp < ghost.recoveryAt) vm.warp(ghost.recoveryAt);
        bytes memory publicKey = chance & 120 == 0 ? _keyFor("thief", stranger) : ghost.nextKey;
        bool allowed =
            _isPending(ghost) && block.timestamp >= ghost.recoveryAt && keccak256(publicKey) == keccak256(ghost.nextKey);
        if (!_attempt(stranger, abi.encodeCall(patients.executeRecovery, (ghost.id, 1, publicKey)), allowed)) return;
        (ghost.controller, ghost.key) = (ghost.next, _keyDigest(publicKey));
        ++ghost.nonce;
        ++ghost.epoch;
        if (_isFrozen(ghost)) ghost.until = uint40(block.timestamp) - 1;
        _end(ghost, RecoveryStage.None);
    }

    function freeze(uint128 seed) external {
        uint256 chance = _spread(seed);
        Ghost storage ghost = _pick(chance);
        bool due = ghost.until == 0 || block.timestamp > ghost.until + 16 days;
        uint256 signers = chance & 448 == 0 ? 1 : 2 + (chance >> 6) % 2;
        if (!due && chance & 7 != 0) return;
        bytes32 digest = _patientDigest(_hashFreeze(ghost.id, ghost.freezes, _NEVER));
        bytes memory data = abi.encodeCall(
            patients.freeze, (ghost.id, _proofOf(ghost), _approvals(digest, signers), ghost.freezes, _NEVER)
        );
        if (!_attempt(stranger, data, due && !ghost.retired && signers > 1)) return;
        _used.push(data);
        ghost.until = uint40(block.timestamp) + 10 days;
        ++ghost.freezes;
    }

    function rotate(uint128 seed) external {
        uint256 chance = _spread(seed);
        Ghost storage ghost = _pickFree(chance);
        if (chance & 1 == 0) {
            bytes memory publicKey = abi.encodePacked(keccak256(abi.encode("key", seed)));
            if (!_attempt(ghost.controller, abi.encodeCall(patients.rotateKey, (ghost.id, 1, publicKey)), _isFree(ghost))) return;
            ghost.key = _keyDigest(publicKey);
            ++ghost.epoch;
        } else {
            address next = _accounts[(chance >> 8) % 4];
            bytes32 digest = _patientDigest(_hashRotateController(ghost.id, next, ghost.nonce, _NEVER));
            IPatientRegistry.Signed memory acceptance = _signed(next, digest, ghost.nonce, _NEVER);
            bytes memory data = abi.encodeCall(patients.rotateController, (ghost.id, next, acceptance));
            if (!_attempt(ghost.controller, data, _isFree(ghost))) return;
            ghost.controller = next;
        }
        ++ghost.nonce;
    }

    function setPart(uint128 seed) external {
        uint256 chance = _spread(seed);
        Ghost storage ghost = _pickFree(chance);
        bool ofContacts = chance & 1 == 0;
        if (ofContacts && _isPending(ghost) && chance & 14 != 0) return;
        bytes32 value = keccak256(abi.encode("part", seed));
        ConfigurationPart part = ofContacts ? ConfigurationPart.Contacts : ConfigurationPart.Trustees;
        bytes32 digest = ofContacts ? _contactsWith(value) : value;
        bytes memory data = abi.encodeCall(patients.setConfigurationPart, (ghost.id, part, digest, _partsOf(ghost)));
        if (!_attempt(ghost.controller, data, _isFree(ghost) && !(ofContacts && _isPending(ghost)))) return;
        ++ghost.nonce;
        if (ofContacts) (ghost.scheduledSalt, ghost.contactsAt) = (value, uint40(block.timestamp) + 14 days);
        else ghost.trustees = value;
    }

    function executeContacts(uint128 seed) external {
        uint256 chance = _spread(seed);
        Ghost storage ghost = _pick(chance);
        for (uint256 i = 0; i < _ghosts.length && ghost.contactsAt == 0; ++i) {
            ghost = _ghosts[i];
        }
        if (ghost.contactsAt == 0 && chance & 7 != 0) return;
        if (chance & 3 != 0 && block.timestamp < ghost.contactsAt) vm.warp(ghost.contactsAt);
        bool allowed = _isFree(ghost) && ghost.contactsAt != 0 && block.timestamp >= ghost.contactsAt;
        bytes memory data = abi.encodeCall(patients.executeContacts, (ghost.id, _partsOf(ghost)));
        if (!_attempt(stranger, data, allowed)) return;
        ghost.salt = ghost.scheduledSalt;
        ghost.stage = RecoveryStage.None;
        (ghost.scheduledSalt, ghost.contactsAt) = (0, 0);
    }

    /// @dev Gives or takes hospital B's grant, or checks in or out there.
    function use(uint128 seed) external {
        uint256 chance = _spread(seed);
        Ghost storage ghost = _pick(chance);
        if (chance & 1 == 0) {
            IAccessGrants.Scope memory scope = _scope();
            scope.notAfter = _NEVER;
            bool revoking = chance & 2 == 0;
            bytes memory data = revoking
                ? abi.encodeCall(grants.revoke, (ghost.id, HOSPITAL_B, 1))
                : abi.encodeCall(grants.setGrant, (ghost.id, HOSPITAL_B, 0, scope));
            if (_attemptOn(address(grants), ghost.controller, data, revoking || _isFree(ghost))) ghost.granted = !revoking;
        } else {
            bytes memory data = ghost.checkedIn
                ? abi.encodeCall(episodes.close, (ghost.id, HOSPITAL_B))
                : abi.encodeCall(episodes.open, (ghost.id, HOSPITAL_B));
            bool success = _attemptOn(address(episodes), ghost.controller, data, ghost.checkedIn || _isFree(ghost));
            if (success) ghost.checkedIn = !ghost.checkedIn;
        }
    }

    function link(uint128 seed) external {
        uint256 chance = _spread(seed);
        Ghost storage retired = _pick(chance);
        Ghost storage survivor = _pick(chance >> 16);
        bool allowed = _isLinkable(retired) && _isLinkable(survivor) && !(retired.id == survivor.id);
        // Seldom, so that most ids live; and seldom in vain.
        if ((!allowed && chance & 7 != 0) || chance & 8 != 0) return;
        IPatientRegistry.LinkRequest memory request =
            IPatientRegistry.LinkRequest(retired.id, survivor.id, retired.nonce, survivor.nonce, _NEVER);
        bytes32 digest = _patientDigest(_hashLink(request));
        bytes memory data = abi.encodeCall(
            patients.link, (request, _sign(retired.controller, digest), _sign(survivor.controller, digest))
        );
        if (!_attempt(hospitalA.desk, data, allowed)) return;
        _used.push(data);
        (retired.retired, retired.survivor) = (true, survivor.id);
        ++retired.nonce;
        ++survivor.nonce;
    }

    function wait(uint128 seed) external {
        skip(bound(seed, 1, 12 days));
        _count(true);
    }

    /// @dev Whatever was signed and used is used again, or somebody else tries.
    function strangers(uint128 seed) external {
        uint256 chance = _spread(seed);
        Ghost storage ghost = _pick(chance);
        address caller = _accounts[(chance >> 8) % 4];
        if (caller == ghost.controller) caller = contacts[0];
        bytes[4] memory attempts = [
            abi.encodeCall(patients.cancelRecovery, (ghost.id)),
            abi.encodeCall(
                patients.setConfigurationPart, (ghost.id, ConfigurationPart.Contacts, bytes32(0), _partsOf(ghost))
            ),
            abi.encodeCall(patients.rotateKey, (ghost.id, 1, _keyFor("thief", caller))),
            _used.length == 0
                ? abi.encodeCall(patients.cancelContacts, (ghost.id))
                : _used[(chance >> 16) % _used.length]
        ];
        _attempt(caller, attempts[chance % 4], false);
    }

    /// @notice Whether the contracts say of every patient what the rules say.
    function agrees() external view returns (bool) {
        for (uint256 i = 0; i < _ghosts.length; ++i) {
            if (!_agrees(_ghosts[i]) || !_allows(_ghosts[i]) || !_ends(_ghosts[i].id)) return false;
        }
        return true;
    }

    function _agrees(Ghost storage ghost) private view returns (bool) {
        IPatientRegistry.Authority memory authority = patients.authorityOf(ghost.id);
        if (authority.controller != ghost.controller || authority.until != ghost.until) return false;
        if ((authority.status == PatientStatus.Retired) != ghost.retired) return false;
        if (patients.nonceOf(ghost.id) != ghost.nonce) return false;
        if (patients.keyOf(ghost.id).digest != ghost.key || patients.keyOf(ghost.id).epoch != ghost.epoch) return false;
        if (patients.configurationOf(ghost.id) != _digestOf(_proofOf(ghost))) return false;
        (bytes32 scheduled, uint40 readyAt) = patients.scheduledContactsOf(ghost.id);
        if (readyAt != ghost.contactsAt) return false;
        if (scheduled != (readyAt == 0 ? bytes32(0) : _contactsWith(ghost.scheduledSalt))) return false;
        IPatientRecovery.Recovery memory recovery = patients.recoveryOf(ghost.id);
        if (recovery.newController != ghost.next || recovery.readyAt != ghost.recoveryAt) return false;
        if (recovery.round != ghost.round || recovery.freezes != ghost.freezes) return false;
        bytes32 keyDigest = ghost.nextKey.length == 0 ? bytes32(0) : _keyDigest(ghost.nextKey);
        return recovery.stage == ghost.stage && recovery.keyDigest == keyDigest;
    }

    /// @dev A grant allows whether the patient is frozen or not, until it is retired.
    function _allows(Ghost storage ghost) private view returns (bool) {
        AccessReason expected = !ghost.granted
            ? AccessReason.NoGrant
            : ghost.retired ? AccessReason.Retired : AccessReason.Allowed;
        return grants.allowsAt(ghost.id, HOSPITAL_B, 0, Purposes.TREAT, MEDICATIONS, 0, 0) == expected;
    }

    /// @dev Whoever follows the survivors arrives at an id that is not retired.
    function _ends(PatientId id) private view returns (bool) {
        for (uint256 i = 0; i < _MOST; ++i) {
            PatientId next = patients.survivorOf(id);
            bool isRetired = patients.authorityOf(id).status == PatientStatus.Retired;
            if (isRetired == (next == PatientId.wrap(0))) return false;
            if (!isRetired) return true;
            id = next;
        }
        return false;
    }

    function _scheduleData(
        Ghost storage ghost,
        IPatientRecovery.RecoveryRequest memory request,
        uint256 signers,
        bool asFinal,
        address desk
    ) private view returns (bytes memory) {
        bytes32 digest = _patientDigest(_hashRecover(request, ghost.round, _NEVER));
        IPatientRegistry.Signed memory acceptance = _signed(request.newController, digest, ghost.round, _NEVER);
        IPatientRecovery.ContactApproval[] memory approvals = _approvals(digest, signers);
        if (!asFinal) {
            return abi.encodeCall(patients.scheduleRecovery, (request, _proofOf(ghost), approvals, acceptance));
        }
        IPatientRegistry.Attestation[2] memory attestations = [
            IPatientRegistry.Attestation(hospitalA.desk, _sign(hospitalA.desk, digest)),
            IPatientRegistry.Attestation(desk, _sign(desk, digest))
        ];
        return abi.encodeCall(
            patients.scheduleFinalRecovery, (request, _proofOf(ghost), approvals, acceptance, attestations)
        );
    }

    function _end(Ghost storage ghost, RecoveryStage stage) private {
        (ghost.stage, ghost.next, ghost.recoveryAt) = (stage, address(0), 0);
        delete ghost.nextKey;
    }

    function _attempt(address caller, bytes memory data, bool allowed) private returns (bool) {
        return _attemptOn(address(patients), caller, data, allowed);
    }

    function _attemptOn(address target, address caller, bytes memory data, bool allowed) private returns (bool success) {
        vm.prank(caller);
        (success,) = target.call(data);
        _count(success);
        if (success != allowed) ++surprises;
    }
}
