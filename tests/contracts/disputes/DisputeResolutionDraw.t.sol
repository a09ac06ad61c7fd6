// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {ClaimStage} from "../../../contracts/types/Care.sol";
import {DisputeId, DisputeStage} from "../../../contracts/types/Disputes.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {DisputesBase} from "./DisputesBase.sol";

/// @notice The draw and its anchor.
contract DisputeResolutionDrawTest is DisputesBase {
    function test_Anchor_RevertWhen_SecretsMayStillCome() public {
        DisputeId id = _committed();
        skip(STEP);
        _expectWrongStage(id, DisputeStage.Reveal);
        disputes.anchor(id);
    }

    function test_Anchor_RevertWhen_Anchored() public {
        DisputeId id = _revealed();
        _nextBlock();
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_Anchored.selector, id, block.number - 1)
        );
        disputes.anchor(id);
    }

    function test_Anchor_RevertWhen_TimeIsOver() public {
        DisputeId id = _open();
        uint256 end = block.timestamp + 3 * uint256(STEP);
        vm.warp(end + 1);
        _expectTooLate(id, end);
        disputes.anchor(id);
    }

    function test_Anchor_WhenASecretWasWithheld() public {
        DisputeId id = _committed();
        disputes.reveal(id, PATIENT, SECRET);
        skip(STEP + 1);
        vm.roll(50);
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.DrawAnchored(id, 50, uint40(block.timestamp) + STEP - 1);
        vm.prank(stranger);
        disputes.anchor(id);
        _assertStage(id, DisputeStage.Draw);
        assertEq(disputes.disputeOf(id).anchor, 50);
    }

    function test_Draw_RevertWhen_SecretsMayStillCome() public {
        DisputeId id = _committed();
        _expectWrongStage(id, DisputeStage.Reveal);
        disputes.draw(id);
    }

    function test_Draw_RevertWhen_NotAnchored() public {
        DisputeId id = _open();
        skip(2 * STEP + 2);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_NotAnchored.selector, id, 0)
        );
        disputes.draw(id);
    }

    function test_Draw_RevertWhen_TheAnchorHasNoHashYet() public {
        DisputeId id = _revealed();
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_NotAnchored.selector, id, block.number)
        );
        disputes.draw(id);
    }

    function test_Draw_RevertWhen_TimeIsOver() public {
        DisputeId id = _revealed();
        _nextBlock();
        skip(STEP + 1);
        _expectTooLate(id, block.timestamp - 1);
        disputes.draw(id);
    }

    function test_Draw_RevertWhen_Drawn() public {
        DisputeId id = _drawn();
        _expectWrongStage(id, DisputeStage.Strike);
        disputes.draw(id);
    }

    function test_Draw_GoesBySecretsAndAnchor() public {
        DisputeId id = _revealed();
        uint256 anchored = block.number;
        _nextBlock();
        address[5] memory expected = _expected(id, SECRET, OTHER_SECRET, blockhash(anchored));
        assertTrue(blockhash(anchored) != 0, "the anchor has a hash");
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.PanelDrawn(id, expected, uint40(block.timestamp) + STEP);
        vm.prank(stranger);
        disputes.draw(id);
        _assertStage(id, DisputeStage.Strike);
        assertEq(disputes.disputeOf(id).endsAt, block.timestamp + STEP);
    }

    function test_Draw_GoesBySecretsAloneOnceTheAnchorIsForgotten() public {
        DisputeId id = _revealed();
        vm.roll(block.number + 257);
        disputes.draw(id);
        _assertDrawn(id, _expected(id, SECRET, OTHER_SECRET, 0));
    }

    function test_Draw_WithoutTheSecretOfWhoWithheldIt() public {
        DisputeId id = _committed();
        disputes.reveal(id, PATIENT, SECRET);
        skip(STEP + 1);
        disputes.anchor(id);
        uint256 anchored = block.number;
        _nextBlock();
        disputes.draw(id);
        _assertDrawn(id, _expected(id, SECRET, 0, blockhash(anchored)));
        _assertStage(id, DisputeStage.Strike);
    }

    function test_Draw_WithoutAnySecretSeatsAtOnce() public {
        DisputeId id = _open();
        skip(2 * STEP + 2);
        disputes.anchor(id);
        _nextBlock();
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.PanelSeated(id, uint40(block.timestamp) + RULING_TIME);
        disputes.draw(id);
        _assertStage(id, DisputeStage.Seated);
    }

    function test_Draw_LeavesOutWhoIsConcerned() public {
        _addOperator(hospitalA.admin, people[0], Roles.READER);
        _addOperator(insurer.admin, people[1], Roles.READER);
        _addOperator(hospitalB.admin, people[2], Roles.READER);
        _appoint(alice, TERM_END);
        DisputeId id = _openByProvider();
        skip(2 * STEP + 2);
        _dismiss(people[7]);
        disputes.anchor(id);
        _nextBlock();
        disputes.draw(id);
        // Of eight and alice five may be drawn: who acts for hospital B is not concerned.
        _assertHas(id, people[2]);
        for (uint256 i = 3; i < 7; ++i) {
            _assertHas(id, people[i]);
        }
    }

    function test_Draw_LeavesOutTheProviderThatIsNoParty() public {
        _addOperator(hospitalA.admin, people[0], Roles.READER);
        for (uint256 i = 5; i < 8; ++i) {
            _dismiss(people[i]);
        }
        _claimIs(ClaimStage.Contested, 1);
        DisputeId id = _open();
        skip(2 * STEP + 2);
        disputes.anchor(id);
        _nextBlock();
        disputes.draw(id);
        _assertStage(id, DisputeStage.Regulator);
    }

    function test_Draw_LeavesOutWhoseTermEndsBeforeTheRuling() public {
        DisputeId id = _revealed();
        _nextBlock();
        for (uint256 i = 0; i < 4; ++i) {
            _dismiss(people[i]);
        }
        uint40 end = disputes.disputeOf(id).endsAt + STEP + RULING_TIME;
        _appoint(people[0], end - 1);
        _appoint(people[1], end);
        disputes.draw(id);
        _assertHas(id, people[1]);
        for (uint256 i = 4; i < 8; ++i) {
            _assertHas(id, people[i]);
        }
    }

    /// @dev Four of eight serve until the latest end of a ruling, whether the draw is made at once or in its last second.
    function test_Draw_IsTheSameWheneverItIsDrawn() public {
        DisputeId id = _revealed();
        uint40 end = disputes.disputeOf(id).endsAt + STEP + RULING_TIME;
        for (uint256 i = 0; i < APPOINTED; ++i) {
            _dismiss(people[i]);
            _appoint(people[i], i < 4 ? end : end - 1);
        }
        _nextBlock();
        uint256 state = vm.snapshotState();
        disputes.draw(id);
        _assertStage(id, DisputeStage.Regulator);
        vm.revertToState(state);
        skip(STEP);
        disputes.draw(id);
        _assertStage(id, DisputeStage.Regulator);
    }

    /// @dev Once the hash is known, an arbiter that was not drawn might leave, or join a party, to have others drawn.
    function test_Draw_WhoLeavesMovesNobodyElse() public {
        DisputeId id = _revealed();
        uint256 anchored = block.number;
        _nextBlock();
        address[5] memory expected = _expected(id, SECRET, OTHER_SECRET, blockhash(anchored));
        for (uint256 i = 0; i < APPOINTED; ++i) {
            if (_isAmong(expected, people[i])) continue;
            if (i % 2 == 0) _dismiss(people[i]);
            else _addOperator(hospitalA.admin, people[i], Roles.READER);
        }
        disputes.draw(id);
        _assertDrawn(id, expected);
    }

    function test_Draw_WhoLeavesMakesRoomForTheNext() public {
        DisputeId id = _revealed();
        uint256 anchored = block.number;
        _nextBlock();
        address[5] memory expected = _expected(id, SECRET, OTHER_SECRET, blockhash(anchored));
        vm.prank(expected[1]);
        disputes.resign();
        disputes.draw(id);
        assertEq(_drawnAt(id, 0), expected[0]);
        for (uint256 i = 1; i < 4; ++i) {
            assertEq(_drawnAt(id, i), expected[i + 1]);
        }
    }

    /// @dev Else the council could appoint accounts whose numbers by the known seed are the lowest.
    function test_Draw_LeavesOutWhoWasAppointedOnceTheSeedIsKnown() public {
        DisputeId id = _revealed();
        _nextBlock();
        skip(1);
        for (uint256 i = 0; i < 4; ++i) {
            _dismiss(people[i]);
            _appoint(people[i], TERM_END);
        }
        _appoint(people[4], TERM_END + 1);
        disputes.draw(id);
        _assertStage(id, DisputeStage.Regulator);
    }

    function test_Draw_OfWhoWasProlongedOnceTheSeedIsKnown() public {
        DisputeId id = _revealed();
        _nextBlock();
        skip(1);
        for (uint256 i = 0; i < 5; ++i) {
            _appoint(people[i], TERM_END + 1);
        }
        for (uint256 i = 5; i < APPOINTED; ++i) {
            _dismiss(people[i]);
        }
        disputes.draw(id);
        _assertStage(id, DisputeStage.Strike);
    }

    /// @dev A person judges by its wallet's payer account, which is another than the one that acts for its patient id.
    function test_Draw_LeavesOutWhoPaidForThePatient() public {
        agreements.set(people[3]);
        for (uint256 i = 5; i < APPOINTED; ++i) {
            _dismiss(people[i]);
        }
        DisputeId id = _revealed();
        _nextBlock();
        disputes.draw(id);
        _assertStage(id, DisputeStage.Regulator);
    }

    function test_Draw_CallsTheRegulatorWhenFewerThanFiveAreEligible() public {
        DisputeId id = _revealed();
        for (uint256 i = 0; i < 4; ++i) {
            _dismiss(people[i]);
        }
        _nextBlock();
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.RegulatorCalled(id, 4, uint40(block.timestamp) + RULING_TIME);
        disputes.draw(id);
        _assertStage(id, DisputeStage.Regulator);
        assertEq(_drawnAt(id, 0), address(0));
    }

    function testFuzz_Draw_FiveDifferentEligiblePersons(bytes32 secret, bytes32 other, uint256 number, uint256 more)
        public
    {
        more = bound(more, 0, 12);
        for (uint256 i = 0; i < more; ++i) {
            _appoint(_account(string.concat("another arbiter ", vm.toString(i))), TERM_END);
        }
        vm.roll(bound(number, 1, 1_000_000));
        _addOperator(hospitalA.admin, people[5], Roles.READER);
        DisputeId id = _open();
        _commit(id, alice, PATIENT, secret);
        _commit(id, hospitalA.finance, HOSPITAL_A, other);
        disputes.reveal(id, PATIENT, secret);
        disputes.reveal(id, HOSPITAL_A, other);
        _nextBlock();
        disputes.draw(id);
        (address[5] memory drawn,) = disputes.panelOf(id);
        for (uint256 i = 0; i < 5; ++i) {
            assertGt(disputes.termOf(drawn[i]), 0, "appointed");
            assertTrue(drawn[i] != people[5], "of the provider");
            for (uint256 k = 0; k < i; ++k) {
                assertTrue(drawn[i] != drawn[k], "different");
            }
        }
        skip(STEP + 1);
        (, bool[5] memory seated) = disputes.panelOf(id);
        assertTrue(seated[0] && seated[1] && seated[2] && !seated[3] && !seated[4], "three sit");
    }

    function test_Draw_FavoursNobody() public {
        uint256 state = vm.snapshotState();
        uint256[APPOINTED] memory counts;
        for (uint256 round = 0; round < 240; ++round) {
            vm.roll(1_000 + round);
            DisputeId id = _again(bytes32(round));
            for (uint256 i = 0; i < 5; ++i) {
                for (uint256 k = 0; k < APPOINTED; ++k) {
                    if (_drawnAt(id, i) == people[k]) ++counts[k];
                }
            }
            vm.revertToState(state);
            state = vm.snapshotState();
        }
        // 240 draws of five of eight: 150 each expected, standard deviation 7.5.
        for (uint256 k = 0; k < APPOINTED; ++k) {
            assertGt(counts[k], 115, "drawn too seldom");
            assertLt(counts[k], 185, "drawn too often");
        }
    }

    /// @dev Another dispute, by the insurer, whose secret is this.
    function _again(bytes32 secret) private returns (DisputeId id) {
        _claimIs(ClaimStage.Pending, 0);
        vm.prank(insurer.finance);
        id = disputes.open(terms, _nothing(), REASON);
        _commit(id, insurer.finance, INSURER, secret);
        skip(STEP + 1);
        disputes.reveal(id, INSURER, secret);
        _nextBlock();
        disputes.draw(id);
    }

    function _expected(DisputeId id, bytes32 first, bytes32 second, bytes32 hash)
        private
        view
        returns (address[5] memory drawn)
    {
        bytes32 seed = keccak256(abi.encode(id, first, second, hash));
        address[] memory all = disputes.arbiters();
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 below = 0;
            for (uint256 k = 0; k < all.length; ++k) {
                if (keccak256(abi.encode(seed, all[k])) < keccak256(abi.encode(seed, all[i]))) ++below;
            }
            if (below < 5) drawn[below] = all[i];
        }
    }

    function _assertDrawn(DisputeId id, address[5] memory expected) private view {
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(_drawnAt(id, i), expected[i], "drawn");
        }
    }

    function _isAmong(address[5] memory drawn, address person) private pure returns (bool found) {
        for (uint256 i = 0; i < 5; ++i) {
            found = found || drawn[i] == person;
        }
    }

    function _assertHas(DisputeId id, address person) private view {
        bool found = false;
        for (uint256 i = 0; i < 5; ++i) {
            found = found || _drawnAt(id, i) == person;
        }
        assertTrue(found, "not drawn");
    }

    function _expectTooLate(DisputeId id, uint256 endsAt) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputeResolution.DisputeResolution_TooLate.selector, id, endsAt));
    }
}
