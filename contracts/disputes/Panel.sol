// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IDisputeResolution} from "../interfaces/IDisputeResolution.sol";
import {DisputeId, DisputeStage} from "../types/Disputes.sol";
import {MemberId} from "../types/Types.sol";
import {DisputeState} from "./DisputeState.sol";

/// @title Panel
/// @notice The part of {DisputeResolution} that draws arbiters, strikes them, and tells who sits.
abstract contract Panel is DisputeState {
    /// @inheritdoc IDisputeResolution
    function reveal(DisputeId id, MemberId party, bytes32 secret) external {
        Dispute memory dispute = _in(id, DisputeStage.Reveal);
        Side storage side = _sides[id][party];
        if (side.revealed || side.hidden == 0 || side.hidden != _commitmentOf(id, party, secret)) {
            revert DisputeResolution_BadSecret(id);
        }
        side.hidden = secret;
        side.revealed = true;
        emit DrawRevealed(id, party, secret);
        Side storage other = _sides[id][party == dispute.opener ? dispute.respondent : dispute.opener];
        if (!other.revealed && other.hidden != 0) return;
        dispute.stage = DisputeStage.Draw;
        dispute.endsAt = _after(STEP_PERIOD);
        _anchor(id, dispute);
    }

    /// @inheritdoc IDisputeResolution
    function anchor(DisputeId id) external {
        Dispute memory dispute = _in(id, DisputeStage.Draw);
        _requireInTime(id, dispute);
        if (dispute.anchor != 0) revert DisputeResolution_Anchored(id, dispute.anchor);
        _anchor(id, dispute);
    }

    /// @inheritdoc IDisputeResolution
    function draw(DisputeId id) external {
        Dispute memory dispute = _in(id, DisputeStage.Draw);
        _requireInTime(id, dispute);
        if (dispute.anchor == 0 || dispute.anchor >= block.number) {
            revert DisputeResolution_NotAnchored(id, dispute.anchor);
        }
        (address[] memory eligible, uint256 count) = _eligible(dispute);
        if (count < _DRAWN) {
            dispute.stage = DisputeStage.Regulator;
            dispute.endsAt = _after(RULING_PERIOD);
            _store(id, dispute);
            emit RegulatorCalled(id, count, dispute.endsAt);
            return;
        }
        address[_DRAWN] memory drawn = _lowest(eligible, count, _seedOf(id, dispute));
        _drawn[id] = drawn;
        dispute.stage = DisputeStage.Strike;
        dispute.endsAt = _after(STEP_PERIOD);
        emit PanelDrawn(id, drawn, dispute.endsAt);
        _seatUnlessStrikes(id, dispute);
    }

    /// @inheritdoc IDisputeResolution
    function decline(DisputeId id) external {
        Dispute memory dispute = _current(id);
        if (dispute.stage != DisputeStage.Strike && dispute.stage != DisputeStage.Seated) {
            revert DisputeResolution_WrongStage(id, dispute.stage);
        }
        _takeOut(id, dispute, msg.sender);
        _store(id, dispute);
        emit ArbiterDeclined(id, msg.sender);
    }

    /// @inheritdoc IDisputeResolution
    function panelOf(DisputeId id) external view returns (address[_DRAWN] memory drawn, bool[_DRAWN] memory seated) {
        drawn = _drawn[id];
        seated = _seated(_current(id), drawn);
    }

    /// @inheritdoc IDisputeResolution
    function commitmentOf(DisputeId id, MemberId party, bytes32 secret) external pure returns (bytes32) {
        return _commitmentOf(id, party, secret);
    }

    function _commit(DisputeId id, Dispute memory dispute, MemberId party, bytes32 commitment) internal {
        Side storage side = _sides[id][party];
        if (commitment == 0 || side.hidden != 0) revert DisputeResolution_BadCommitment(id);
        side.hidden = commitment;
        emit DrawCommitted(id, party, commitment);
        MemberId other = party == dispute.opener ? dispute.respondent : dispute.opener;
        if (_sides[id][other].hidden == 0) return;
        dispute.stage = DisputeStage.Reveal;
        dispute.endsAt = _after(STEP_PERIOD);
        _store(id, dispute);
    }

    function _strike(DisputeId id, Dispute memory dispute, MemberId party, address arbiter) internal {
        if (!_mayStrike(id, party)) revert DisputeResolution_NoStrike(id, party);
        _takeOut(id, dispute, arbiter);
        _sides[id][party].struck = true;
        emit ArbiterStruck(id, party, arbiter);
        _seatUnlessStrikes(id, dispute);
    }

    /// @dev Which of the drawn sit: the first three that are not out, still serve and are not concerned.
    function _seated(Dispute memory dispute, address[_DRAWN] memory drawn)
        internal
        view
        returns (bool[_DRAWN] memory seated)
    {
        if (dispute.stage != DisputeStage.Seated) return seated;
        address[2] memory own = _patientsAccounts(dispute);
        uint256 seats = 0;
        for (uint256 i = 0; i < _DRAWN && seats < _SEATS; ++i) {
            bool out = dispute.out >> i & 1 != 0;
            if (out || !_servesUntil(drawn[i], block.timestamp) || _isConcerned(dispute, own, drawn[i])) continue;
            seated[i] = true;
            ++seats;
        }
    }

    /// @dev The patient's controller, and the account that paid for the patient: a person judges by such an account.
    function _patientsAccounts(Dispute memory dispute) internal view returns (address[2] memory) {
        return [_PATIENTS.authorityOf(dispute.patient).controller, _AGREEMENTS.agreementOf(dispute.claim).payer];
    }

    /// @dev Whether an account belongs to a party or the provider, or is one of `own`, the patient's.
    function _isConcerned(Dispute memory dispute, address[2] memory own, address account) internal view returns (bool) {
        if (account == own[0] || account == own[1]) return true;
        // slither-disable-next-line calls-loop: at most 64 arbiters; the callee is ours and fixed at construction.
        MemberId member = _CONSORTIUM.actorOf(account).member;
        if (MemberId.unwrap(member) == 0) return false;
        return member == dispute.provider || member == dispute.opener || member == dispute.respondent;
    }

    /// @dev The place of an account among the drawn.
    function _placeOf(DisputeId id, address account) internal view returns (uint256 place) {
        address[_DRAWN] memory drawn = _drawn[id];
        while (place < _DRAWN && drawn[place] != account) ++place;
        if (place == _DRAWN) revert DisputeResolution_NotDrawn(id, account);
    }

    function _after(uint40 period) internal view returns (uint40) {
        return SafeCast.toUint40(block.timestamp + period);
    }

    /// @dev Fixes this block, whose hash nobody knows before the next.
    function _anchor(DisputeId id, Dispute memory dispute) private {
        dispute.anchor = SafeCast.toUint64(block.number);
        _store(id, dispute);
        emit DrawAnchored(id, dispute.anchor, dispute.endsAt);
    }

    function _takeOut(DisputeId id, Dispute memory dispute, address account) private view {
        uint8 bit = uint8(1 << _placeOf(id, account)); // at most the fifth
        if (dispute.out & bit != 0) revert DisputeResolution_NotDrawn(id, account);
        dispute.out |= bit;
    }

    /// @dev Stores a dispute in its Strike stage; when nobody has a strike left, its panel sits.
    function _seatUnlessStrikes(DisputeId id, Dispute memory dispute) private {
        if (!_mayStrike(id, dispute.opener) && !_mayStrike(id, dispute.respondent)) {
            dispute.stage = DisputeStage.Seated;
            dispute.endsAt = _after(RULING_PERIOD);
            emit PanelSeated(id, dispute.endsAt);
        }
        _store(id, dispute);
    }

    function _mayStrike(DisputeId id, MemberId party) private view returns (bool) {
        Side storage side = _sides[id][party];
        return side.revealed && !side.struck;
    }

    /// @dev Arbiters who stood before anybody knew the seed, serve until the ruling's latest end, and are not concerned: the first `count`
    /// of the array.
    function _eligible(Dispute memory dispute) private view returns (address[] memory eligible, uint256 count) {
        eligible = _arbiters();
        address[2] memory own = _patientsAccounts(dispute);
        uint256 begin = dispute.endsAt - STEP_PERIOD;
        uint256 end = uint256(dispute.endsAt) + STEP_PERIOD + RULING_PERIOD;
        for (uint256 i = 0; i < eligible.length; ++i) {
            address arbiter = eligible[i];
            bool serves = _servesSince(arbiter, begin) && _servesUntil(arbiter, end);
            if (!serves || _isConcerned(dispute, own, arbiter)) continue;
            eligible[count++] = arbiter;
        }
    }

    /// @dev Secrets of those who revealed, and the anchor's hash, or zero when the chain no longer has it.
    function _seedOf(DisputeId id, Dispute memory dispute) private view returns (bytes32) {
        Side storage first = _sides[id][dispute.opener];
        Side storage second = _sides[id][dispute.respondent];
        bytes32 secret = first.revealed ? first.hidden : bytes32(0);
        bytes32 otherSecret = second.revealed ? second.hidden : bytes32(0);
        return keccak256(abi.encode(id, secret, otherSecret, blockhash(dispute.anchor)));
    }

    /// @dev Of the first `count`, at least five, those whose numbers by the seed are the lowest, in their order. Nobody's number depends
    /// on who else is there: who leaves once the seed is known makes room for the next, and moves nobody else.
    function _lowest(address[] memory from, uint256 count, bytes32 seed)
        private
        pure
        returns (address[_DRAWN] memory drawn)
    {
        uint256[_DRAWN] memory lowest;
        for (uint256 i = 0; i < count; ++i) {
            address person = from[i];
            uint256 number = uint256(keccak256(abi.encode(seed, person)));
            for (uint256 place = 0; place < _DRAWN; ++place) {
                if (drawn[place] != address(0) && number > lowest[place]) continue;
                (lowest[place], number) = (number, lowest[place]);
                (drawn[place], person) = (person, drawn[place]);
            }
        }
    }

    function _commitmentOf(DisputeId id, MemberId party, bytes32 secret) private pure returns (bytes32) {
        return keccak256(abi.encode(id, party, secret));
    }
}
