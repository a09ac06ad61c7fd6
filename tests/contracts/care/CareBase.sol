// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CareEpisodes} from "../../../contracts/care/CareEpisodes.sol";
import {ICareEpisodes} from "../../../contracts/interfaces/ICareEpisodes.sol";
import {
    EpisodeOrigin,
    MemberId,
    MemberStatus,
    PatientId,
    PatientStatus,
    WriteReason
} from "../../../contracts/types/Types.sol";
import {RecordsBase} from "../RecordsBase.sol";

/// @notice Assertions on episodes, and the errors that tests expect.
abstract contract CareBase is RecordsBase {
    function _expectOpened(MemberId member, uint32 number, EpisodeOrigin origin, MemberId opener, uint40 closedAt) internal {
        vm.expectEmit(address(episodes));
        emit ICareEpisodes.EpisodeOpened(patient, member, number, origin, opener, closedAt);
    }

    function _expectClosed(MemberId member, uint32 number, address closedBy) internal {
        vm.expectEmit(address(episodes));
        emit ICareEpisodes.EpisodeClosed(patient, member, number, closedBy);
    }

    function _expectBadNonce(MemberId member, uint32 expected, uint32 given) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ICareEpisodes.CareEpisodes_BadNonce.selector, patient, member, expected, given)
        );
    }

    function _expectUnauthorized(address caller, uint16 role) internal {
        vm.expectRevert(abi.encodeWithSelector(ICareEpisodes.CareEpisodes_Unauthorized.selector, caller, role));
    }

    function _expectNotController(PatientId of_, address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(ICareEpisodes.CareEpisodes_NotController.selector, of_, caller));
    }

    function _expectPatientNotActive(PatientId of_, PatientStatus status) internal {
        vm.expectRevert(abi.encodeWithSelector(ICareEpisodes.CareEpisodes_PatientNotActive.selector, of_, status));
    }

    function _expectMemberNotActive(MemberId member, MemberStatus status) internal {
        vm.expectRevert(abi.encodeWithSelector(ICareEpisodes.CareEpisodes_MemberNotActive.selector, member, status));
    }

    function _expectAlreadyOpen(MemberId member, uint32 number) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ICareEpisodes.CareEpisodes_AlreadyOpen.selector, patient, member, number)
        );
    }

    function _expectNotOpen(MemberId member) internal {
        vm.expectRevert(abi.encodeWithSelector(ICareEpisodes.CareEpisodes_NotOpen.selector, patient, member));
    }

    function _assertEpisode(MemberId member, ICareEpisodes.Episode memory expected) internal view {
        assertEq(abi.encode(episodes.episodeOf(patient, member)), abi.encode(expected));
    }

    function _assertMayWrite(MemberId member, WriteReason expected, uint32 expectedNumber) internal view {
        (WriteReason reason, uint32 number) = episodes.mayWrite(patient, member);
        assertEq(uint256(reason), uint256(expected), "reason");
        assertEq(number, expectedNumber, "number");
    }

    /// @dev The same contract at another address.
    function _otherEpisodes() internal returns (CareEpisodes) {
        return new CareEpisodes(registry, patients, grants, insurance);
    }
}
