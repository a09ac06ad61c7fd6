// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareEpisodes} from "../../../contracts/interfaces/ICareEpisodes.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {MemberId, MemberStatus, PatientId, WriteReason} from "../../../contracts/types/Types.sol";
import {CareBase} from "./CareBase.sol";

/// @notice Who ends an episode: the controller, the member, and the opener of a dependent one.
contract CareEpisodesCloseTest is CareBase {
    function test_Close_RevertWhen_CallerIsAStranger() public {
        _checkIn(HOSPITAL_A);
        _expectNotController(patient, stranger);
        vm.prank(stranger);
        episodes.close(patient, HOSPITAL_A);
    }

    function test_Close_RevertWhen_CallerIsTheMembersDesk() public {
        _checkIn(HOSPITAL_A);
        _expectNotController(patient, hospitalA.desk);
        vm.prank(hospitalA.desk);
        episodes.close(patient, HOSPITAL_A);
    }

    function test_Close_RevertWhen_PatientUnknown() public {
        PatientId unknown = PatientId.wrap(keccak256("unknown"));
        _expectNotController(unknown, alice);
        vm.prank(alice);
        episodes.close(unknown, HOSPITAL_A);
    }

    function test_Close_RevertWhen_NeverOpened() public {
        _expectNotOpen(HOSPITAL_A);
        _checkOut(HOSPITAL_A);
    }

    function test_Close_RevertWhen_ClosedAlready() public {
        _checkIn(HOSPITAL_A);
        _checkOut(HOSPITAL_A);
        _expectNotOpen(HOSPITAL_A);
        _checkOut(HOSPITAL_A);
    }

    function test_Close_RevertWhen_TheEmergencyEndedIt() public {
        uint40 notAfter = _openInEmergency(hospitalA);
        vm.warp(notAfter + 1);
        _expectNotOpen(HOSPITAL_A);
        _checkOut(HOSPITAL_A);
    }

    function test_Close_InTheLastSecondOfTheEmergency() public {
        uint40 notAfter = _openInEmergency(hospitalA);
        vm.warp(notAfter);
        _expectClosed(HOSPITAL_A, 1, alice);
        _checkOut(HOSPITAL_A);
        assertEq(episodes.episodeOf(patient, HOSPITAL_A).closedAt, notAfter);
    }

    function test_Close_AtASuspendedMember() public {
        _checkIn(HOSPITAL_A);
        _suspend(HOSPITAL_A);
        _expectClosed(HOSPITAL_A, 1, alice);
        _checkOut(HOSPITAL_A);
    }

    function test_Close_AfterAProvisionalIdEnded() public {
        vm.prank(foundlingKeeper);
        episodes.open(foundling, HOSPITAL_A);
        vm.warp(patients.authorityOf(foundling).until + 1);
        vm.prank(foundlingKeeper);
        episodes.close(foundling, HOSPITAL_A);
        assertEq(episodes.episodeOf(foundling, HOSPITAL_A).closedAt, block.timestamp);
    }

    function test_Close_ByTheController() public {
        _checkIn(HOSPITAL_A);
        skip(1 hours);
        _expectClosed(HOSPITAL_A, 1, alice);
        _checkOut(HOSPITAL_A);
        assertEq(episodes.episodeOf(patient, HOSPITAL_A).closedAt, START + 1 hours);
        assertEq(episodes.nonceOf(patient, HOSPITAL_A), 2);
    }

    function test_Close_LeavesOtherMembersEpisodes() public {
        _checkIn(HOSPITAL_A);
        _checkIn(HOSPITAL_B);
        _checkOut(HOSPITAL_A);
        assertEq(episodes.episodeOf(patient, HOSPITAL_B).closedAt, 0);
    }

    function test_CloseOwn_RevertWhen_CallerIsAStranger() public {
        _checkIn(HOSPITAL_A);
        _expectUnauthorized(stranger, Roles.DESK);
        vm.prank(stranger);
        episodes.closeOwn(patient);
    }

    function test_CloseOwn_RevertWhen_CallerHasAnotherRole() public {
        _checkIn(HOSPITAL_A);
        _expectUnauthorized(hospitalA.records, Roles.DESK);
        vm.prank(hospitalA.records);
        episodes.closeOwn(patient);
    }

    function test_CloseOwn_RevertWhen_OperatorRemoved() public {
        _checkIn(HOSPITAL_A);
        _removeOperator(hospitalA.admin, hospitalA.desk);
        _expectUnauthorized(hospitalA.desk, Roles.DESK);
        vm.prank(hospitalA.desk);
        episodes.closeOwn(patient);
    }

    function test_CloseOwn_RevertWhen_MemberLeft() public {
        _checkIn(HOSPITAL_A);
        _remove(HOSPITAL_A);
        _expectMemberNotActive(HOSPITAL_A, MemberStatus.Left);
        vm.prank(hospitalA.desk);
        episodes.closeOwn(patient);
    }

    function test_CloseOwn_RevertWhen_OnlyAnotherMembersIsOpen() public {
        _checkIn(HOSPITAL_A);
        _expectNotOpen(HOSPITAL_B);
        vm.prank(hospitalB.desk);
        episodes.closeOwn(patient);
    }

    function test_CloseOwn_ByTheDesk() public {
        _checkIn(HOSPITAL_A);
        _expectClosed(HOSPITAL_A, 1, hospitalA.desk);
        vm.prank(hospitalA.desk);
        episodes.closeOwn(patient);
        assertEq(episodes.episodeOf(patient, HOSPITAL_A).closedAt, START);
        assertEq(episodes.nonceOf(patient, HOSPITAL_A), 1);
    }

    function test_CloseOwn_WhileSuspended() public {
        _checkIn(HOSPITAL_A);
        _suspend(HOSPITAL_A);
        _expectClosed(HOSPITAL_A, 1, hospitalA.desk);
        vm.prank(hospitalA.desk);
        episodes.closeOwn(patient);
    }

    function test_CloseDependent_RevertWhen_CallerHasAnotherRole() public {
        _checkIn(HOSPITAL_A);
        _openForLaboratory();
        _expectUnauthorized(hospitalA.reader, Roles.DESK);
        vm.prank(hospitalA.reader);
        episodes.closeDependent(patient, LABORATORY);
    }

    function test_CloseDependent_RevertWhen_CallerIsAStranger() public {
        _checkIn(HOSPITAL_A);
        _expectUnauthorized(stranger, Roles.DESK);
        vm.prank(stranger);
        episodes.closeDependent(patient, LABORATORY);
    }

    function test_CloseDependent_RevertWhen_MemberLeft() public {
        _checkIn(HOSPITAL_A);
        _openForLaboratory();
        _remove(HOSPITAL_A);
        _expectMemberNotActive(HOSPITAL_A, MemberStatus.Left);
        vm.prank(hospitalA.desk);
        episodes.closeDependent(patient, LABORATORY);
    }

    function test_CloseDependent_RevertWhen_AnotherMemberOpenedIt() public {
        _checkIn(HOSPITAL_A);
        _openForLaboratory();
        _expectNotOpener(LABORATORY, HOSPITAL_B);
        vm.prank(hospitalB.desk);
        episodes.closeDependent(patient, LABORATORY);
    }

    function test_CloseDependent_RevertWhen_ThePatientCheckedInSince() public {
        _checkIn(HOSPITAL_A);
        _openForLaboratory();
        _checkIn(LABORATORY);
        _expectNotOpener(LABORATORY, HOSPITAL_A);
        vm.prank(hospitalA.desk);
        episodes.closeDependent(patient, LABORATORY);
    }

    function test_CloseDependent_RevertWhen_ClosedAlready() public {
        _checkIn(HOSPITAL_A);
        _openForLaboratory();
        vm.prank(laboratory.desk);
        episodes.closeOwn(patient);
        _expectNotOpen(LABORATORY);
        vm.prank(hospitalA.desk);
        episodes.closeDependent(patient, LABORATORY);
    }

    function test_CloseDependent_ByTheOpener() public {
        _checkIn(HOSPITAL_A);
        _openForLaboratory();
        _expectClosed(LABORATORY, 1, hospitalA.desk);
        vm.prank(hospitalA.desk);
        episodes.closeDependent(patient, LABORATORY);
        assertEq(episodes.episodeOf(patient, LABORATORY).closedAt, START);
        assertEq(episodes.episodeOf(patient, HOSPITAL_A).closedAt, 0);
    }

    function test_CloseDependent_WhileSuspended() public {
        _checkIn(HOSPITAL_A);
        _openForLaboratory();
        _suspend(HOSPITAL_A);
        _expectClosed(LABORATORY, 1, hospitalA.desk);
        vm.prank(hospitalA.desk);
        episodes.closeDependent(patient, LABORATORY);
    }

    function test_MayWrite_NotWithoutAnEpisode() public {
        _checkIn(HOSPITAL_B);
        vm.prank(bob);
        episodes.open(bobsId, HOSPITAL_A);
        _assertMayWrite(HOSPITAL_A, WriteReason.NoEpisode, 0);
    }

    function test_MayWrite_WhileOpen() public {
        _checkIn(HOSPITAL_A);
        skip(10 * 365 days);
        _assertMayWrite(HOSPITAL_A, WriteReason.Allowed, 1);
    }

    function test_MayWrite_WhileSuspended() public {
        _checkIn(HOSPITAL_A);
        _suspend(HOSPITAL_A);
        _assertMayWrite(HOSPITAL_A, WriteReason.Allowed, 1);
    }

    function test_MayWrite_InTheLastSecondOfTheFilingPeriod() public {
        _checkIn(HOSPITAL_A);
        _checkOut(HOSPITAL_A);
        vm.warp(START + 30 days);
        _assertMayWrite(HOSPITAL_A, WriteReason.Allowed, 1);
    }

    function test_MayWrite_NotAfterTheFilingPeriod() public {
        _checkIn(HOSPITAL_A);
        _checkOut(HOSPITAL_A);
        vm.warp(START + 30 days + 1);
        _assertMayWrite(HOSPITAL_A, WriteReason.FilingPeriodOver, 1);
    }

    function test_MayWrite_FilesAfterAnEmergency() public {
        uint40 notAfter = _openInEmergency(hospitalA);
        vm.warp(notAfter + 1 + 30 days);
        _assertMayWrite(HOSPITAL_A, WriteReason.Allowed, 1);
        vm.warp(notAfter + 2 + 30 days);
        _assertMayWrite(HOSPITAL_A, WriteReason.FilingPeriodOver, 1);
    }

    function test_MayWrite_InTheNextEpisode() public {
        _checkIn(HOSPITAL_A);
        _checkOut(HOSPITAL_A);
        skip(31 days);
        _checkIn(HOSPITAL_A);
        _assertMayWrite(HOSPITAL_A, WriteReason.Allowed, 2);
    }

    function testFuzz_MayWrite_UntilTheFilingPeriodEnds(uint40 stay, uint40 later) public {
        stay = uint40(bound(stay, 0, 3650 days));
        later = uint40(bound(later, 0, 60 days));
        _checkIn(HOSPITAL_A);
        skip(stay);
        _checkOut(HOSPITAL_A);
        skip(later);
        _assertMayWrite(HOSPITAL_A, later <= 30 days ? WriteReason.Allowed : WriteReason.FilingPeriodOver, 1);
    }

    function test_EpisodeOf_IsZeroWhenNone() public view {
        ICareEpisodes.Episode memory none;
        _assertEpisode(HOSPITAL_A, none);
    }

    function test_NonceOf_StartsAtZero() public view {
        assertEq(episodes.nonceOf(patient, HOSPITAL_A), 0);
    }

    function test_FilingPeriod_IsThirtyDays() public view {
        assertEq(episodes.FILING_PERIOD(), 30 days);
    }

    function test_Version_IsTheFirst() public view {
        assertEq(episodes.version(), "1.0.0");
    }

    function _expectNotOpener(MemberId member, MemberId caller) private {
        vm.expectRevert(
            abi.encodeWithSelector(ICareEpisodes.CareEpisodes_NotOpener.selector, patient, member, caller)
        );
    }
}
