// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {DisputeResolution} from "../../contracts/disputes/DisputeResolution.sol";
import {IClaimSettlement} from "../../contracts/interfaces/IClaimSettlement.sol";
import {IDisputeResolution} from "../../contracts/interfaces/IDisputeResolution.sol";
import {Terms} from "../../contracts/types/Care.sol";
import {DisputeId, DisputeStage} from "../../contracts/types/Disputes.sol";
import {MemberId} from "../../contracts/types/Types.sol";
import {CallCounter} from "./CallCounter.sol";

/// @notice Opens disputes and carries them on at random, and keeps how each ended and whether it may have.
contract DisputesHandler is CallCounter {
    /// @dev A party that takes part, with the account that acts for it.
    struct Actor {
        MemberId party;
        address account;
    }

    uint256 private constant _LONGEST = 4 * 3 days + 14 days + 4;

    DisputeResolution private immutable _DISPUTES;
    address private immutable _REGISTRAR;

    /// @notice Calls that succeeded although nobody might make them, and disputes that ended as they must not.
    uint256 public wrongSuccesses;
    uint256 public wrongEnds;
    uint256 public ended;

    Terms[] private _claims;
    Actor[] private _actors;
    address[] private _strangers;
    DisputeId[] public opened;
    mapping(DisputeId id => Terms) private _termsOf;
    mapping(DisputeId id => uint256) public openedAt;

    constructor(
        DisputeResolution disputes,
        address registrar,
        Terms[] memory claims,
        Actor[] memory actors,
        address[] memory strangers_
    ) {
        (_DISPUTES, _REGISTRAR) = (disputes, registrar);
        for (uint256 i = 0; i < claims.length; ++i) {
            _claims.push(claims[i]);
        }
        for (uint256 i = 0; i < actors.length; ++i) {
            _actors.push(actors[i]);
        }
        _strangers = strangers_;
    }

    /// @dev Opens about the first claim, from a random one on, that this party may dispute.
    function open(uint256 seed) external {
        seed = _spread(seed);
        Actor memory actor = _actors[seed % _actors.length];
        for (uint256 i = 0; i < _claims.length; ++i) {
            Terms memory terms = _claims[(seed / 8 + i) % _claims.length];
            vm.prank(actor.account);
            try _DISPUTES.open(terms, _ruling(0), bytes32(seed)) returns (DisputeId id) {
                opened.push(id);
                _termsOf[id] = terms;
                openedAt[id] = block.timestamp;
                _count(true);
                return;
            } catch {}
        }
    }

    /// @dev Does what is next in a dispute; once in eight times a party agrees to something instead.
    function carryOn(uint256 seed) external {
        seed = _spread(seed);
        DisputeId id = _live(seed);
        if (DisputeId.unwrap(id) == 0) return;
        IDisputeResolution.Dispute memory dispute = _DISPUTES.disputeOf(id);
        MemberId party = seed / 8 % 2 == 0 ? dispute.opener : dispute.respondent;
        if (seed / 16 % 8 == 0) return _settle(id, party, seed);
        if (dispute.stage == DisputeStage.Commit) {
            _try(_accountOf(party), abi.encodeCall(_DISPUTES.commit, (id, _commitment(id, party))));
        } else if (dispute.stage == DisputeStage.Reveal) {
            _try(_strangers[0], abi.encodeCall(_DISPUTES.reveal, (id, party, _secret(id, party))));
        } else if (block.timestamp > dispute.endsAt && dispute.stage != DisputeStage.Strike) {
            _lapse(id);
        } else if (dispute.stage == DisputeStage.Draw) {
            if (dispute.anchor == 0) _try(_strangers[0], abi.encodeCall(_DISPUTES.anchor, (id)));
            vm.roll(block.number + 1);
            _try(_strangers[0], abi.encodeCall(_DISPUTES.draw, (id)));
        } else if (dispute.stage == DisputeStage.Strike) {
            (address[5] memory drawn,) = _DISPUTES.panelOf(id);
            _try(_accountOf(party), abi.encodeCall(_DISPUTES.strike, (id, drawn[seed / 128 % 5])));
        } else {
            _rule(id, dispute.stage, seed);
        }
    }

    /// @dev One of the drawn declines.
    function decline(uint256 seed) external {
        seed = _spread(seed);
        DisputeId id = _live(seed);
        if (DisputeId.unwrap(id) == 0 || seed / 8 % 4 != 0) return;
        (address[5] memory drawn,) = _DISPUTES.panelOf(id);
        if (drawn[0] == address(0)) return;
        _try(drawn[seed / 32 % 5], abi.encodeCall(_DISPUTES.decline, (id)));
    }

    function wait(uint256 seed) external {
        seed = _spread(seed);
        skip(seed % 4 == 0 ? 1 + seed / 4 % 15 days : 1 + seed / 4 % 1 days);
        vm.roll(block.number + 1 + seed % 300);
        _count(true);
    }

    /// @dev Who is neither party nor drawn nor a registrar tries everything.
    function strangers(uint256 seed) external {
        seed = _spread(seed);
        DisputeId id = _live(seed);
        if (DisputeId.unwrap(id) == 0) return;
        address who = _strangers[seed / 8 % _strangers.length];
        (address[5] memory drawn,) = _DISPUTES.panelOf(id);
        Terms memory terms = _termsOf[id];
        bytes[5] memory tried = [
            abi.encodeCall(_DISPUTES.commit, (id, bytes32(seed))),
            abi.encodeCall(_DISPUTES.strike, (id, drawn[seed / 64 % 5])),
            abi.encodeCall(_DISPUTES.rule, (id, terms, _ruling(seed))),
            abi.encodeCall(_DISPUTES.settle, (id, terms, _ruling(0))),
            abi.encodeCall(_DISPUTES.decline, (id))
        ];
        vm.prank(who);
        (bool success,) = address(_DISPUTES).call(tried[seed / 512 % 5]);
        if (success) ++wrongSuccesses;
    }

    /// @notice Ends every dispute by time alone, as anybody can; fails when one cannot be ended.
    function endAll() external {
        skip(_LONGEST);
        for (uint256 i = 0; i < opened.length; ++i) {
            if (_isLive(opened[i])) _lapse(opened[i]);
            assertFalse(_isLive(opened[i]), "a dispute without an exit");
        }
    }

    function count() external view returns (uint256) {
        return opened.length;
    }

    /// @notice Whether the end of a dispute's stage is in sight.
    function isBounded(uint256 index) external view returns (bool) {
        DisputeId id = opened[index % opened.length];
        return _DISPUTES.disputeOf(id).endsAt <= openedAt[id] + _LONGEST;
    }

    function _rule(DisputeId id, DisputeStage stage, uint256 seed) private {
        IClaimSettlement.Ruling memory ruling = _ruling(seed / 1024 % 2);
        bytes memory data = abi.encodeCall(_DISPUTES.rule, (id, _termsOf[id], ruling));
        if (stage == DisputeStage.Regulator) return _note(id, _try(_REGISTRAR, data), true);
        (address[5] memory drawn, bool[5] memory seated) = _DISPUTES.panelOf(id);
        uint256 place = seed / 128 % 5;
        while (place < 5 && !seated[place]) ++place;
        if (place == 5) return;
        bool isSecond = false;
        for (uint256 i = 0; i < 5; ++i) {
            bool same = _DISPUTES.rulingOf(id, i) == keccak256(abi.encode(ruling));
            isSecond = isSecond || (i != place && seated[i] && same);
        }
        _note(id, _try(drawn[place], data), isSecond);
    }

    function _settle(DisputeId id, MemberId party, uint256 seed) private {
        IDisputeResolution.Dispute memory dispute = _DISPUTES.disputeOf(id);
        MemberId other = party == dispute.opener ? dispute.respondent : dispute.opener;
        IClaimSettlement.Ruling memory ruling = _ruling(seed / 128 % 8 == 0 ? 1 : 0);
        bool same = _DISPUTES.sideOf(id, other).settlement == keccak256(abi.encode(ruling));
        bytes memory data = abi.encodeCall(_DISPUTES.settle, (id, _termsOf[id], ruling));
        _note(id, _try(_accountOf(party), data), same);
    }

    function _lapse(DisputeId id) private {
        bool isOver = block.timestamp > _DISPUTES.disputeOf(id).endsAt;
        _note(id, _try(_strangers[0], abi.encodeCall(_DISPUTES.lapse, (id, _termsOf[id]))), isOver);
    }

    /// @dev Counts an end, and compares whether there may be one now.
    function _note(DisputeId id, bool success, bool mayEnd) private {
        if (!success) return;
        bool isEnd = !_isLive(id);
        if (isEnd) ++ended;
        if (isEnd != mayEnd) ++wrongEnds;
    }

    function _try(address account, bytes memory data) private returns (bool success) {
        vm.prank(account);
        (success,) = address(_DISPUTES).call(data);
        _count(success);
    }

    function _live(uint256 seed) private view returns (DisputeId) {
        for (uint256 i = 0; i < opened.length; ++i) {
            DisputeId id = opened[(seed + i) % opened.length];
            if (_isLive(id)) return id;
        }
        return DisputeId.wrap(0);
    }

    function _isLive(DisputeId id) private view returns (bool) {
        return _DISPUTES.disputeOf(id).stage < DisputeStage.Ruled;
    }

    function _accountOf(MemberId party) private view returns (address) {
        for (uint256 i = 0; i < _actors.length; ++i) {
            if (_actors[i].party == party) return _actors[i].account;
        }
        revert("no such party");
    }

    function _secret(DisputeId id, MemberId party) private pure returns (bytes32) {
        return keccak256(abi.encode("secret", id, party));
    }

    function _commitment(DisputeId id, MemberId party) private pure returns (bytes32) {
        return keccak256(abi.encode(id, party, _secret(id, party)));
    }

    function _ruling(uint256 kind) private pure returns (IClaimSettlement.Ruling memory ruling) {
        if (kind != 0) ruling.removed[0] = 100_00;
    }
}
