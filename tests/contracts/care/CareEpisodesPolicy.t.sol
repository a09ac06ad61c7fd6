// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareEpisodes} from "../../../contracts/interfaces/ICareEpisodes.sol";
import {EpisodeOrigin, WriteReason} from "../../../contracts/types/Types.sol";
import {CareBase} from "./CareBase.sol";

/// @notice Episodes of insurers under policies that patients accepted.
contract CareEpisodesPolicyTest is CareBase {
    uint40 private constant _END = START + 100 days;

    function test_OpenByPolicy_RevertWhen_CallerIsAStranger() public {
        _expectNotInsurance(stranger);
        vm.prank(stranger);
        episodes.openByPolicy(patient, INSURER, _END);
    }

    function test_OpenByPolicy_RevertWhen_CallerIsTheInsurer() public {
        _expectNotInsurance(insurer.desk);
        vm.prank(insurer.desk);
        episodes.openByPolicy(patient, INSURER, _END);
    }

    function test_OpenByPolicy_UntilThePolicysEnd() public {
        _expectOpened(INSURER, 1, EpisodeOrigin.Policy, NOBODY, _END);
        _open(_END);
        _assertEpisode(INSURER, ICareEpisodes.Episode(1, START, _END, EpisodeOrigin.Policy, NOBODY));
        vm.warp(_END - 1 + 30 days);
        _assertMayWrite(INSURER, WriteReason.Allowed, 1);
        vm.warp(_END + 30 days + 1);
        _assertMayWrite(INSURER, WriteReason.FilingPeriodOver, 1);
    }

    function test_OpenByPolicy_LaterPoliciesExtendIt() public {
        _open(_END);
        _open(_END + 1);
        _assertEpisode(INSURER, ICareEpisodes.Episode(2, START, _END + 1, EpisodeOrigin.Policy, NOBODY));
    }

    function test_OpenByPolicy_NoEarlierOneShortensIt() public {
        _open(_END);
        _open(_END - 1);
        _open(_END);
        _assertEpisode(INSURER, ICareEpisodes.Episode(1, START, _END, EpisodeOrigin.Policy, NOBODY));
    }

    function test_OpenByPolicy_LeavesThePatientsOwnCheckIn() public {
        _checkIn(INSURER);
        _open(_END);
        _assertEpisode(INSURER, ICareEpisodes.Episode(1, START, 0, EpisodeOrigin.CheckIn, NOBODY));
    }

    function test_OpenByPolicy_AfterACheckOut() public {
        _checkIn(INSURER);
        _checkOut(INSURER);
        skip(1 hours);
        _open(_END);
        _assertEpisode(INSURER, ICareEpisodes.Episode(2, START + 1 hours, _END, EpisodeOrigin.Policy, NOBODY));
        _checkOut(INSURER);
        _open(_END - 1);
        _assertEpisode(INSURER, ICareEpisodes.Episode(3, START + 1 hours, _END - 1, EpisodeOrigin.Policy, NOBODY));
    }

    function test_OpenByPolicy_AfterTheFormerPolicysEnd() public {
        _open(_END);
        vm.warp(_END);
        _open(_END + 10 days);
        _assertEpisode(INSURER, ICareEpisodes.Episode(2, _END, _END + 10 days, EpisodeOrigin.Policy, NOBODY));
    }

    function test_OpenByPolicy_LeavesThePatientsNonce() public {
        _open(_END);
        assertEq(episodes.nonceOf(patient, INSURER), 0);
    }

    function test_Open_ReplacesAPolicysEpisode() public {
        _open(_END);
        _checkIn(INSURER);
        _assertEpisode(INSURER, ICareEpisodes.Episode(2, START, 0, EpisodeOrigin.CheckIn, NOBODY));
    }

    function test_CloseOwn_OfAPolicysEpisode() public {
        _open(_END);
        vm.prank(insurer.desk);
        episodes.closeOwn(patient);
        assertEq(episodes.episodeOf(patient, INSURER).closedAt, START);
    }

    function test_OpenDependent_RevertWhen_OpenersEpisodeIsAPolicys() public {
        _open(_END);
        _expectNotOpen(INSURER);
        vm.prank(insurer.desk);
        episodes.openDependent(patient, LABORATORY);
    }

    function _open(uint40 closedAt) private {
        vm.prank(insurance);
        episodes.openByPolicy(patient, INSURER, closedAt);
    }

    function _expectNotInsurance(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(ICareEpisodes.CareEpisodes_NotInsurance.selector, caller));
    }
}
