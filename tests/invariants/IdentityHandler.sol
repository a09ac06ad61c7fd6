// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../contracts/interfaces/IPatientRegistry.sol";
import {ConfigurationPart, MemberId, PatientId, PatientStatus} from "../../contracts/types/Types.sol";
import {IdentityBase} from "../contracts/IdentityBase.sol";
import {CallCounter} from "./CallCounter.sol";

/// @notice Registers, hands over and configures patients at random in a consortium of its own, and keeps by itself what must be.
contract IdentityHandler is IdentityBase, CallCounter {
    /// @dev What the rules say of a patient.
    struct Ghost {
        PatientId id;
        address controller;
        PatientStatus status;
        uint40 until;
        uint32 nonce;
        uint32 epoch;
        bytes32 key;
        IPatientRegistry.Configuration parts;
        bytes32 scheduled;
        uint40 readyAt;
        MemberId sponsor;
    }

    uint40 private constant _NEVER = type(uint40).max;
    uint256 private constant _MOST = 10;

    /// @notice Calls whose outcome was not what the rules say.
    uint256 public surprises;

    address[5] private _accounts;
    Ghost[] private _ghosts;
    bytes[] private _used;

    function setUp() public override {
        super.setUp();
        string[5] memory names = ["first", "second", "third", "fourth", "fifth"];
        for (uint256 i = 0; i < 5; ++i) {
            _accounts[i] = _account(string.concat("wallet of the ", names[i]));
        }
        registerProvisional(0);
        register(1);
    }

    function register(uint128 seed) public {
        if (_ghosts.length == _MOST) return;
        IPatientRegistry.Registration memory registration = _newRegistration(seed);
        registration.configurationDigest = seed & 2 == 0 ? bytes32(0) : _digestOf(_seededParts(seed));
        registration.assisted = seed & 4 != 0;
        bytes memory data = abi.encodeCall(patients.register, (registration));
        if (seed & 1 == 0) {
            bytes memory signature = _sign(registration.controller, _patientDigest(_hashRegister(registration, _NEVER)));
            data = abi.encodeCall(patients.registerBySig, (registration, _NEVER, signature));
            _used.push(data);
        }
        _expect(_try(seed & 1 == 0 ? insurer.reader : registration.controller, data), true);
        Ghost storage ghost = _remember(registration);
        ghost.status = registration.assisted ? PatientStatus.Assisted : PatientStatus.Registered;
        if (seed & 2 != 0) ghost.parts = _seededParts(seed);
    }

    function registerProvisional(uint128 seed) public {
        if (_ghosts.length == _MOST) return;
        IPatientRegistry.Registration memory registration = _newRegistration(seed);
        bytes32 hash = _hashRegisterProvisional(registration, HOSPITAL_A, _NEVER);
        bytes memory signature = _sign(registration.controller, _patientDigest(hash));
        bytes memory data = abi.encodeCall(patients.registerProvisional, (registration, _NEVER, signature));
        _used.push(data);
        _expect(_try(hospitalA.desk, data), true);
        Ghost storage ghost = _remember(registration);
        ghost.status = PatientStatus.Provisional;
        ghost.until = uint40(block.timestamp) + 30 days;
        ghost.sponsor = HOSPITAL_A;
    }

    function renew(uint128 seed) external {
        Ghost storage ghost = _pickProvisional(seed);
        if (ghost.status != PatientStatus.Provisional && seed & 7 != 0) return;
        bool success = _try(regulator.registrar, abi.encodeCall(patients.renewProvisional, (ghost.id)));
        _expect(success, ghost.status == PatientStatus.Provisional);
        if (success) ghost.until = uint40(block.timestamp) + 30 days;
    }

    /// @dev With the keeper's consent, or forced by two other members, whose nonce may be ahead.
    function takeOver(uint128 seed) external {
        Ghost storage ghost = _pickProvisional(seed);
        if (ghost.status != PatientStatus.Provisional && seed & 7 != 0) return;
        IPatientRegistry.TakeOver memory request = _takeOverRequest(_accounts[(seed >> 8) % 5]);
        request.patient = ghost.id;
        request.assisted = seed & 4 != 0;
        uint32 nonce = ghost.nonce + (seed & 1 == 0 ? 0 : uint32((seed >> 40) % 3));
        bytes32 digest = _patientDigest(_hashTakeOver(request, nonce, _NEVER));
        IPatientRegistry.Signed memory acceptance = _signed(request.newController, digest, nonce, _NEVER);
        bytes memory data;
        if (seed & 1 == 0) {
            IPatientRegistry.Signed memory consent = _signed(ghost.controller, digest, nonce, _NEVER);
            data = abi.encodeCall(patients.takeOver, (request, consent, acceptance.signature));
        } else {
            IPatientRegistry.Attestation[2] memory attestations = [
                IPatientRegistry.Attestation(hospitalB.desk, _sign(hospitalB.desk, digest)),
                IPatientRegistry.Attestation(clinic.desk, _sign(clinic.desk, digest))
            ];
            data = abi.encodeCall(patients.forceTakeOver, (request, attestations, acceptance));
        }
        bool success = _try(stranger, data);
        _expect(success, ghost.status == PatientStatus.Provisional);
        if (!success) return;
        _used.push(data);
        ghost.controller = request.newController;
        ghost.status = request.assisted ? PatientStatus.Assisted : PatientStatus.Registered;
        ghost.until = 0;
        ghost.key = _keyDigest(request.publicKey);
        ++ghost.epoch;
        ghost.nonce = nonce + 1;
    }

    function rotateKey(uint128 seed) external {
        Ghost storage ghost = _pick(seed);
        bytes memory publicKey = abi.encodePacked(keccak256(abi.encode("key", seed)));
        bytes memory data = abi.encodeCall(patients.rotateKey, (ghost.id, 1, publicKey));
        if (seed & 1 == 0) {
            bytes32 digest = _patientDigest(_hashRotateKey(ghost.id, publicKey, ghost.nonce, _NEVER));
            IPatientRegistry.Signed memory authorization = _signed(ghost.controller, digest, ghost.nonce, _NEVER);
            data = abi.encodeCall(patients.rotateKeyBySig, (ghost.id, 1, publicKey, authorization));
            _used.push(data);
        }
        _expect(_try(seed & 1 == 0 ? stranger : ghost.controller, data), true);
        ghost.key = _keyDigest(publicKey);
        ++ghost.epoch;
        ++ghost.nonce;
    }

    function rotateController(uint128 seed) external {
        Ghost storage ghost = _pick(seed);
        address next = _accounts[(seed >> 8) % 5];
        bytes32 digest = _patientDigest(_hashRotateController(ghost.id, next, ghost.nonce, _NEVER));
        IPatientRegistry.Signed memory acceptance = _signed(next, digest, ghost.nonce, _NEVER);
        bytes memory data = abi.encodeCall(patients.rotateController, (ghost.id, next, acceptance));
        if (seed & 1 == 0) {
            IPatientRegistry.Signed memory authorization = _signed(ghost.controller, digest, ghost.nonce, _NEVER);
            data = abi.encodeCall(patients.rotateControllerBySig, (ghost.id, next, authorization, acceptance.signature));
            _used.push(data);
        }
        _expect(_try(seed & 1 == 0 ? stranger : ghost.controller, data), true);
        ghost.controller = next;
        ++ghost.nonce;
    }

    function setPart(uint128 seed) external {
        Ghost storage ghost = _pick(seed);
        ConfigurationPart part = ConfigurationPart((seed >> 8) % 3);
        bytes32 digest = seed & 7 == 0 ? bytes32(0) : keccak256(abi.encode("part", seed));
        bytes memory data = abi.encodeCall(patients.setConfigurationPart, (ghost.id, part, digest, ghost.parts));
        bool success = _try(ghost.controller, data);
        _expect(success, ghost.status != PatientStatus.Provisional);
        if (!success) return;
        ++ghost.nonce;
        if (part == ConfigurationPart.Contacts && ghost.parts.contacts != 0) {
            (ghost.scheduled, ghost.readyAt) = (digest, uint40(block.timestamp) + 14 days);
        } else if (part == ConfigurationPart.Contacts) {
            ghost.parts.contacts = digest;
        } else if (part == ConfigurationPart.Trustees) {
            ghost.parts.trustees = digest;
        } else {
            ghost.parts.representatives = digest;
        }
    }

    /// @dev Mostly when it is due.
    function executeContacts(uint128 seed) external {
        Ghost storage ghost = _pickScheduled(seed);
        if (ghost.readyAt == 0 && seed & 7 != 0) return;
        if (seed & 3 != 0 && block.timestamp < ghost.readyAt) vm.warp(ghost.readyAt);
        bool due = ghost.readyAt != 0 && block.timestamp >= ghost.readyAt;
        bool success = _try(stranger, abi.encodeCall(patients.executeContacts, (ghost.id, ghost.parts)));
        _expect(success, due);
        if (!success) return;
        ghost.parts.contacts = ghost.scheduled;
        (ghost.scheduled, ghost.readyAt) = (0, 0);
    }

    function cancelContacts(uint128 seed) external {
        Ghost storage ghost = _pickScheduled(seed);
        if (ghost.readyAt == 0 && seed & 7 != 0) return;
        bool success = _try(ghost.controller, abi.encodeCall(patients.cancelContacts, (ghost.id)));
        _expect(success, ghost.readyAt != 0);
        if (!success) return;
        ++ghost.nonce;
        (ghost.scheduled, ghost.readyAt) = (0, 0);
    }

    function wait(uint128 seed) external {
        skip(bound(seed, 1, 10 days));
        _count(true);
    }

    /// @dev Whatever was signed and used is used again.
    function replay(uint128 seed) external {
        if (_used.length == 0) return;
        _expect(_try(hospitalA.desk, _used[seed % _used.length]), false);
    }

    function strangers(uint128 seed) external {
        Ghost storage ghost = _pick(seed);
        address caller = _accounts[(seed >> 8) % 5];
        if (caller == ghost.controller) caller = hospitalA.admin;
        bytes[4] memory attempts = [
            abi.encodeCall(patients.rotateKey, (ghost.id, 1, _keyFor("thief", caller))),
            abi.encodeCall(patients.setConfigurationPart, (ghost.id, ConfigurationPart.Trustees, SALT, ghost.parts)),
            abi.encodeCall(patients.cancelContacts, (ghost.id)),
            _forgery(ghost, caller)
        ];
        _expect(_try(caller, attempts[(seed >> 16) % 4]), false);
    }

    /// @dev The id is to become the forger's, who signs for its controller too.
    function _forgery(Ghost storage ghost, address forger) private view returns (bytes memory) {
        if (ghost.status == PatientStatus.Provisional) {
            IPatientRegistry.TakeOver memory request = _takeOverRequest(forger);
            request.patient = ghost.id;
            bytes32 takeOverDigest = _patientDigest(_hashTakeOver(request, ghost.nonce, _NEVER));
            IPatientRegistry.Signed memory consent = _signed(forger, takeOverDigest, ghost.nonce, _NEVER);
            return abi.encodeCall(patients.takeOver, (request, consent, consent.signature));
        }
        bytes32 digest = _patientDigest(_hashRotateController(ghost.id, forger, ghost.nonce, _NEVER));
        IPatientRegistry.Signed memory authorization = _signed(forger, digest, ghost.nonce, _NEVER);
        return abi.encodeCall(patients.rotateControllerBySig, (ghost.id, forger, authorization, authorization.signature));
    }

    /// @notice Whether the registry says of every patient what the rules say.
    function agrees() external view returns (bool) {
        for (uint256 i = 0; i < _ghosts.length; ++i) {
            if (!_agrees(_ghosts[i])) return false;
        }
        return true;
    }

    function _agrees(Ghost storage ghost) private view returns (bool) {
        IPatientRegistry.Authority memory authority = patients.authorityOf(ghost.id);
        if (authority.controller != ghost.controller || authority.status != ghost.status) return false;
        if (authority.until != ghost.until || patients.nonceOf(ghost.id) != ghost.nonce) return false;
        if (patients.keyOf(ghost.id).digest != ghost.key || patients.keyOf(ghost.id).epoch != ghost.epoch) return false;
        (bytes32 scheduled, uint40 readyAt) = patients.scheduledContactsOf(ghost.id);
        if (scheduled != ghost.scheduled || readyAt != ghost.readyAt) return false;
        if (patients.configurationOf(ghost.id) != _digestOf(ghost.parts)) return false;
        return patients.sponsorOf(ghost.id) == ghost.sponsor;
    }

    function _remember(IPatientRegistry.Registration memory registration) private returns (Ghost storage ghost) {
        ghost = _ghosts.push();
        ghost.id = PatientId.wrap(keccak256(abi.encode(registration.controller, registration.salt)));
        ghost.controller = registration.controller;
        ghost.key = _keyDigest(registration.publicKey);
        ghost.epoch = 1;
    }

    function _newRegistration(uint128 seed) private view returns (IPatientRegistry.Registration memory registration) {
        registration = _registration(_accounts[(seed >> 8) % 5]);
        registration.salt = bytes32(_ghosts.length);
    }

    function _seededParts(uint128 seed) private pure returns (IPatientRegistry.Configuration memory parts) {
        parts.trustees = keccak256(abi.encode("trustees", seed));
        if (seed & 8 != 0) parts.contacts = keccak256(abi.encode("contacts", seed));
    }

    function _digestOf(IPatientRegistry.Configuration memory parts) private pure returns (bytes32) {
        if (parts.trustees | parts.contacts | parts.representatives == 0) return 0;
        return keccak256(abi.encode(parts));
    }

    function _pick(uint128 seed) private view returns (Ghost storage) {
        return _ghosts[(seed >> 32) % _ghosts.length];
    }

    /// @dev A provisional one when there is one.
    function _pickProvisional(uint128 seed) private view returns (Ghost storage ghost) {
        ghost = _pick(seed);
        for (uint256 i = 0; i < _ghosts.length && ghost.status != PatientStatus.Provisional; ++i) {
            ghost = _ghosts[i];
        }
    }

    /// @dev One with scheduled contacts when there is one.
    function _pickScheduled(uint128 seed) private view returns (Ghost storage ghost) {
        ghost = _pick(seed);
        for (uint256 i = 0; i < _ghosts.length && ghost.readyAt == 0; ++i) {
            ghost = _ghosts[i];
        }
    }

    function _try(address caller, bytes memory data) private returns (bool success) {
        vm.prank(caller);
        (success,) = address(patients).call(data);
        _count(success);
    }

    function _expect(bool success, bool expected) private {
        if (success != expected) ++surprises;
    }
}
