// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessGrants} from "../../contracts/interfaces/IAccessGrants.sol";
import {IEmergencyAccess} from "../../contracts/interfaces/IEmergencyAccess.sol";
import {AccessReason, EmergencyId, MemberId, PatientId} from "../../contracts/types/Types.sol";
import {IdentityBase} from "../contracts/IdentityBase.sol";
import {CallCounter} from "./CallCounter.sol";

/// @notice Grants, revokes, withholds and breaks the glass at random in a consortium of its own, and keeps by itself what must be.
contract AccessHandler is IdentityBase, CallCounter {
    /// @dev What the rules say of one lane; `epoch` is that of the patient who granted: a takeover begins another.
    struct Lane {
        IAccessGrants.Scope scope;
        uint256 epoch;
        bool set;
    }

    /// @dev What the rules say of (patient, member).
    struct Ghost {
        uint32 nonce;
        uint32 emergencies;
        uint40 emergencyEnd;
        uint8 emergencyRestricted;
        bool unreviewed;
        Lane[8] lanes;
    }

    /// @dev A signed grant that somebody keeps.
    struct Withheld {
        uint256 person;
        uint256 site;
        uint8 lane;
        uint32 nonce;
        address signer;
        IAccessGrants.Scope scope;
    }

    uint40 private constant _NEVER = type(uint40).max;
    uint40 private constant _FOUNDLING_UNTIL = START + 30 days;
    uint256 private constant _FOUNDLING = 1;

    /// @notice Calls whose outcome was not what the rules say.
    uint256 public surprises;

    PatientId[2] private _persons;
    address[2] private _controllers;
    MemberId[3] private _sites;
    address[3] private _clinicians;
    bool[3] private _suspended;
    uint256 private _foundlingEpoch;
    Ghost[3][2] private _ghosts;
    uint32[3] private _unreviewed;
    EmergencyId[] private _open;
    Withheld[] private _kept;

    function setUp() public override {
        super.setUp();
        _persons = [patient, foundling];
        _controllers = [alice, foundlingKeeper];
        _sites = [HOSPITAL_A, HOSPITAL_B, CLINIC];
        _clinicians = [hospitalA.clinician, hospitalB.clinician, clinic.clinician];
        for (uint256 i = 0; i < 3; ++i) {
            _attest(_clinicians[i], _NEVER);
        }
    }

    function grant(uint128 seed) external {
        (uint256 p, uint256 s) = _choose(seed);
        Ghost storage ghost = _ghosts[p][s];
        uint8 lane = uint8((seed >> 16) % 8);
        IAccessGrants.Scope memory scope = _scopeFor(p, seed);
        bool signed = seed & 1 == 0;
        bytes memory data = signed
            ? _signedGrant(p, s, lane, scope, ghost.nonce)
            : abi.encodeCall(grants.setGrant, (_persons[p], _sites[s], lane, scope));
        bool success = _try(signed ? stranger : _controllers[p], data);
        _expect(success, _mayGrant(p, s, scope));
        if (success) _ghostGrant(p, s, lane, scope);
    }

    /// @dev Signs a grant for the present nonce or one of the next, and keeps it.
    function withhold(uint128 seed) external {
        (uint256 p, uint256 s) = _choose(seed);
        uint32 nonce = _ghosts[p][s].nonce + uint32((seed >> 24) % 2);
        _kept.push(Withheld(p, s, uint8((seed >> 16) % 8), nonce, _controllers[p], _scopeFor(p, seed)));
        _count(true);
    }

    function relayWithheld(uint128 seed) external {
        if (_kept.length == 0) return;
        Withheld memory kept = _kept[_kept.length - 1 - seed % _kept.length];
        (uint256 p, uint256 s) = (kept.person, kept.site);
        bytes32 hash = _hashSetGrant(_persons[p], _sites[s], kept.lane, kept.scope, kept.nonce, _NEVER);
        bytes memory signature = _sign(kept.signer, _grantsDigest(hash));
        bytes memory data = abi.encodeCall(
            grants.setGrantBySig, (_persons[p], _sites[s], kept.lane, kept.scope, kept.nonce, _NEVER, signature)
        );
        bool allowed = kept.nonce == _ghosts[p][s].nonce && kept.signer == _controllers[p] && _mayGrant(p, s, kept.scope);
        bool success = _try(stranger, data);
        _expect(success, allowed);
        if (success) _ghostGrant(p, s, kept.lane, kept.scope);
    }

    function revoke(uint128 seed) external {
        (uint256 p, uint256 s) = _choose(seed);
        Ghost storage ghost = _ghosts[p][s];
        uint8 mask = uint8(bound(seed >> 16, 1, 255));
        uint32 nonce = ghost.nonce;
        if (seed & 1 == 0) {
            nonce += uint32((seed >> 24) % 3);
            bytes32 digest = _grantsDigest(_hashRevoke(_persons[p], _sites[s], mask, nonce, _NEVER));
            bytes memory signature = _sign(_controllers[p], digest);
            _expect(_try(stranger, abi.encodeCall(grants.revokeBySig, (_persons[p], _sites[s], mask, nonce, _NEVER, signature))), true);
        } else {
            _expect(_try(_controllers[p], abi.encodeCall(grants.revoke, (_persons[p], _sites[s], mask))), true);
        }
        ghost.nonce = nonce + 1;
        for (uint8 lane = 0; lane < 8; ++lane) {
            if (mask >> lane & 1 != 0) delete ghost.lanes[lane];
        }
    }

    /// @dev The foundling's patient appears, once.
    function takeOverFoundling(uint128 seed) external {
        if (_foundlingEpoch != 0 || seed % 4 != 0) return;
        _takeOver(bob);
        _controllers[_FOUNDLING] = bob;
        _foundlingEpoch = 1;
        _count(true);
    }

    function openEmergency(uint128 seed) external {
        (uint256 p, uint256 s) = _choose(seed);
        Ghost storage ghost = _ghosts[p][s];
        uint8 restricted = seed & 6 == 0 ? uint8((seed >> 16) % 16) : 0;
        uint256 other = (s + 1) % 3;
        bool approved = seed & 1 == 0;
        IEmergencyAccess.Approval memory approval = _noApproval();
        if (approved) {
            bytes32 digest = _approvalDigest(p, s, restricted, ghost.emergencies + 1);
            approval = IEmergencyAccess.Approval(_clinicians[other], _NEVER, _sign(_clinicians[other], digest));
        }
        bool needed = restricted != 0 || _unreviewed[s] >= 3 || ghost.unreviewed;
        bytes memory data = abi.encodeCall(grants.openEmergency, (_persons[p], REASON, restricted, approval));
        bool success = _try(_clinicians[s], data);
        _expect(success, !_suspended[s] && (approved ? !_suspended[other] : !needed));
        if (!success) return;
        _open.push(EmergencyId.wrap(keccak256(abi.encode(_persons[p], _sites[s], ++ghost.emergencies))));
        (ghost.emergencyEnd, ghost.emergencyRestricted) = (uint40(block.timestamp) + 4 hours, restricted);
        ghost.unreviewed = true;
        ++_unreviewed[s];
    }

    /// @dev The oldest that waits, or none.
    function review(uint128 seed) external {
        if (_open.length == 0) return;
        uint256 i = seed % _open.length;
        EmergencyId id = _open[i];
        IEmergencyAccess.Emergency memory emergency = grants.emergencyOf(id);
        _expect(_try(regulator.registrar, abi.encodeCall(grants.reviewEmergency, (id, true, REASON))), true);
        _open[i] = _open[_open.length - 1];
        _open.pop();
        for (uint256 s = 0; s < 3; ++s) {
            if (emergency.member == _sites[s]) {
                --_unreviewed[s];
                Ghost storage ghost = _ghosts[emergency.patient == _persons[0] ? 0 : 1][s];
                if (ghost.emergencies == emergency.number) ghost.unreviewed = false;
            }
        }
    }

    /// @dev At most one member is suspended, so that most calls can succeed.
    function suspendOrReinstate(uint128 seed) external {
        uint256 s = seed % 3;
        for (uint256 i = 0; i < 3; ++i) {
            if (_suspended[i]) s = i;
        }
        if (_suspended[s]) _reinstate(_sites[s]);
        else _suspend(_sites[s]);
        _suspended[s] = !_suspended[s];
        _count(true);
    }

    function wait(uint128 seed) external {
        skip(seed % 4 == 0 ? bound(seed >> 8, 1 days, 8 days) : bound(seed >> 8, 1, 3 hours));
        _count(true);
    }

    /// @notice Whether the contract allows, now and a day on, exactly what the rules say.
    function agrees() external view returns (bool) {
        for (uint256 p = 0; p < 2; ++p) {
            for (uint256 s = 0; s < 3; ++s) {
                if (grants.nonceOf(_persons[p], _sites[s]) != _ghosts[p][s].nonce) return false;
                for (uint8 lane = 0; lane < 8; ++lane) {
                    if (!_agreesOn(p, s, lane, block.timestamp) || !_agreesOn(p, s, lane, block.timestamp + 1 days)) return false;
                }
                if (!_agreesOnEmergency(p, s)) return false;
            }
        }
        return true;
    }

    function _agreesOn(uint256 p, uint256 s, uint8 lane, uint256 time) private view returns (bool) {
        Lane storage expected = _ghosts[p][s].lanes[lane];
        IAccessGrants.Scope memory scope = expected.scope;
        bool allowed = expected.set && !_suspended[s] && (p != _FOUNDLING || expected.epoch == _foundlingEpoch)
            && time >= scope.notBefore && time <= scope.notAfter;
        uint16 category = scope.categories == 0 ? 1 : scope.categories & (~scope.categories + 1);
        AccessReason reason =
            grants.allowsAt(_persons[p], _sites[s], lane, 1, category, scope.restricted, uint40(time));
        return allowed == (reason == AccessReason.Allowed);
    }

    function _agreesOnEmergency(uint256 p, uint256 s) private view returns (bool) {
        Ghost storage ghost = _ghosts[p][s];
        if (grants.unreviewedOf(_sites[s]) != _unreviewed[s]) return false;
        bool live = ghost.emergencies != 0 && !_suspended[s] && block.timestamp <= ghost.emergencyEnd;
        AccessReason reason = grants.emergencyAllowsAt(_persons[p], _sites[s], ghost.emergencyRestricted, 0);
        if (live != (reason == AccessReason.Allowed)) return false;
        reason = grants.emergencyAllowsAt(_persons[p], _sites[s], 0, ghost.emergencyEnd + 1);
        return reason != AccessReason.Allowed;
    }

    /// @dev A foundling's scope is for treatment within its term; anybody else's begins within three days.
    function _scopeFor(uint256 p, uint128 seed) private view returns (IAccessGrants.Scope memory scope) {
        uint40 now_ = uint40(block.timestamp);
        scope.categories = uint16(bound(seed >> 32, 1, type(uint16).max));
        scope.purposes = 1;
        scope.restricted = uint8((seed >> 48) % 16);
        scope.notBefore = now_ + (seed & 8 == 0 ? uint40((seed >> 52) % 3 days) : 0);
        scope.notAfter = scope.notBefore + uint40((seed >> 72) % 20 days);
        bool within = p == _FOUNDLING && _foundlingEpoch == 0 && now_ <= _FOUNDLING_UNTIL && seed & 48 != 0;
        if (within && scope.notAfter > _FOUNDLING_UNTIL) (scope.notBefore, scope.notAfter) = (now_, _FOUNDLING_UNTIL);
    }

    function _mayGrant(uint256 p, uint256 s, IAccessGrants.Scope memory scope) private view returns (bool) {
        if (_suspended[s] || scope.notAfter < block.timestamp) return false;
        if (p != _FOUNDLING || _foundlingEpoch != 0) return true;
        return block.timestamp <= _FOUNDLING_UNTIL && scope.notAfter <= _FOUNDLING_UNTIL;
    }

    function _ghostGrant(uint256 p, uint256 s, uint8 lane, IAccessGrants.Scope memory scope) private {
        Ghost storage ghost = _ghosts[p][s];
        ghost.lanes[lane] = Lane(scope, _foundlingEpoch, true);
        ++ghost.nonce;
    }

    function _signedGrant(uint256 p, uint256 s, uint8 lane, IAccessGrants.Scope memory scope, uint32 nonce)
        private
        view
        returns (bytes memory)
    {
        bytes32 hash = _hashSetGrant(_persons[p], _sites[s], lane, scope, nonce, _NEVER);
        bytes memory signature = _sign(_controllers[p], _grantsDigest(hash));
        return abi.encodeCall(grants.setGrantBySig, (_persons[p], _sites[s], lane, scope, nonce, _NEVER, signature));
    }

    function _approvalDigest(uint256 p, uint256 s, uint8 restricted, uint32 number) private view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "ApproveEmergency(bytes32 patient,uint32 member,address clinician,bytes32 reasonDigest,uint8 restricted,uint32 number,uint40 deadline)"
        );
        bytes memory head = abi.encode(typeHash, _persons[p], _sites[s], _clinicians[s]);
        return _grantsDigest(keccak256(bytes.concat(head, abi.encode(REASON, restricted, number, _NEVER))));
    }

    function _choose(uint128 seed) private pure returns (uint256 p, uint256 s) {
        return ((seed >> 4) % 2, (seed >> 8) % 3);
    }

    function _try(address caller, bytes memory data) private returns (bool success) {
        vm.prank(caller);
        (success,) = address(grants).call(data);
        _count(success);
    }

    function _expect(bool success, bool expected) private {
        if (success != expected) ++surprises;
    }
}
