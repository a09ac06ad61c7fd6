// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {ClaimStage} from "../../../contracts/types/Care.sol";
import {DisputeId, DisputeStage} from "../../../contracts/types/Disputes.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {MemberId} from "../../../contracts/types/Types.sol";
import {DisputesBase} from "./DisputesBase.sol";

contract DisputeResolutionOpenTest is DisputesBase {
    function test_Open_RevertWhen_CallerIsNobody() public {
        _expectMayNotOpen(stranger);
        _openBy(stranger);
    }

    function test_Open_RevertWhen_CallerHasAnotherRole() public {
        _expectMayNotOpen(insurer.reader);
        _openBy(insurer.reader);
    }

    function test_Open_RevertWhen_MemberHasNoPolicyOfIt() public {
        _expectMayNotOpen(hospitalB.finance);
        _openBy(hospitalB.finance);
    }

    function test_Open_RevertWhen_MemberLeft() public {
        _remove(INSURER);
        _expectMayNotOpen(insurer.finance);
        _openBy(insurer.finance);
    }

    function test_Open_RevertWhen_PatientIsFrozen() public {
        _freeze();
        vm.expectRevert(
            abi.encodeWithSelector(
                IDisputeResolution.DisputeResolution_PatientFrozen.selector, patient, block.timestamp + 10 days
            )
        );
        _openBy(alice);
    }

    function test_Open_RevertWhen_ProviderDisputesAPendingClaim() public {
        _expectMayNotOpen(hospitalA.finance);
        _openBy(hospitalA.finance);
    }

    function test_Open_RevertWhen_ProviderDisputesASettledClaim() public {
        _claimIs(ClaimStage.Settled, 0);
        _expectMayNotOpen(hospitalA.finance);
        _openBy(hospitalA.finance);
    }

    function test_Open_RevertWhen_AnInsurerDisputesAContest() public {
        _claimIs(ClaimStage.Contested, 1);
        _expectMayNotOpen(clinic.finance);
        _openBy(clinic.finance);
        _expectMayNotOpen(insurer.finance);
        _openBy(insurer.finance);
    }

    function test_Open_RevertWhen_TheProviderContestsItself() public {
        policies.set(terms.policies[0], HOSPITAL_A);
        _claimIs(ClaimStage.Contested, 1);
        _expectMayNotOpen(hospitalA.finance);
        _openBy(hospitalA.finance);
    }

    function test_Open_RevertWhen_ClaimIsUnknown() public {
        _claimIs(ClaimStage.None, 0);
        _expectNotDisputable(ClaimStage.None);
        _openBy(alice);
    }

    function test_Open_RevertWhen_ClaimIsLocked() public {
        _open();
        _expectNotDisputable(ClaimStage.Disputed);
        _openBy(insurer.adjudicator);
    }

    function test_Open_RevertWhen_ClaimIsReversed() public {
        _claimIs(ClaimStage.Reversed, 0);
        _expectNotDisputable(ClaimStage.Reversed);
        _openBy(alice);
    }

    function test_Open_RevertWhen_OpenedBefore() public {
        DisputeId id = _open();
        _claimIs(ClaimStage.Settled, 0);
        vm.expectRevert(abi.encodeWithSelector(IDisputeResolution.DisputeResolution_AlreadyOpened.selector, id));
        _openBy(alice);
    }

    function test_Open_RevertWhen_MoreIsClaimedThanAPolicyPays() public {
        _expectBadRuling();
        vm.prank(alice);
        disputes.open(terms, _removing(500_01), REASON);
    }

    function test_Open_RevertWhen_MoreIsClaimedThanThePatientOwes() public {
        IClaimSettlement.Ruling memory claimed;
        claimed.refund = 200_01;
        _expectBadRuling();
        vm.prank(alice);
        disputes.open(terms, claimed, REASON);
    }

    function test_Open_RevertWhen_AReversalNamesAmounts() public {
        IClaimSettlement.Ruling memory claimed;
        claimed.reversed = true;
        claimed.refund = 1;
        _expectBadRuling();
        vm.prank(alice);
        disputes.open(terms, claimed, REASON);
        claimed.refund = 0;
        claimed.removed[1] = 1;
        _expectBadRuling();
        vm.prank(alice);
        disputes.open(terms, claimed, REASON);
    }

    function test_Open_ByThePatientOfAPendingClaim() public {
        uint40 until = uint40(block.timestamp) + STEP;
        DisputeId id = disputes.disputeIdOf(claim, PATIENT);
        vm.expectEmit(address(disputes));
        emit IDisputeResolution.DisputeOpened(id, claim, PATIENT, HOSPITAL_A, _removing(100_00), REASON, until);
        assertEq(DisputeId.unwrap(_open()), DisputeId.unwrap(id), "id");

        IDisputeResolution.Dispute memory found = disputes.disputeOf(id);
        assertTrue(found.claim == claim && found.patient == patient && found.provider == HOSPITAL_A, "claim");
        assertTrue(found.opener == PATIENT && found.respondent == HOSPITAL_A, "parties");
        assertEq(found.endsAt, until, "endsAt");
        _assertStage(id, DisputeStage.Commit);
        assertEq(settlement.locks(), 1, "locks");
        assertEq(
            DisputeId.unwrap(id), keccak256(abi.encode(claim, PATIENT)), "the id is the hash of claim and opener"
        );
    }

    function test_Open_ByThePatientOfASettledClaim() public {
        _claimIs(ClaimStage.Settled, 0);
        assertTrue(disputes.disputeOf(_openBy(alice)).respondent == HOSPITAL_A);
    }

    function test_Open_ByThePatientAgainstAContest() public {
        _claimIs(ClaimStage.Contested, 2);
        assertTrue(disputes.disputeOf(_openBy(alice)).respondent == CLINIC);
    }

    function test_Open_ByTheProviderAgainstAContest() public {
        DisputeId id = _openByProvider();
        IDisputeResolution.Dispute memory found = disputes.disputeOf(id);
        assertTrue(found.opener == HOSPITAL_A && found.respondent == INSURER, "parties");
    }

    function test_Open_ByAnInsurersAdjudicator() public {
        IDisputeResolution.Dispute memory found = disputes.disputeOf(_openBy(insurer.adjudicator));
        assertTrue(found.opener == INSURER && found.respondent == HOSPITAL_A, "parties");
    }

    function test_Open_ByTheSecondInsurersFinance() public {
        _claimIs(ClaimStage.Settled, 0);
        assertTrue(disputes.disputeOf(_openBy(clinic.finance)).opener == CLINIC);
    }

    function test_Open_WhileSuspended() public {
        _suspend(INSURER);
        assertTrue(disputes.disputeOf(_openBy(insurer.finance)).opener == INSURER);
    }

    function test_Open_ByTheProvidersAdjudicatorDoesNot() public {
        address adjudicator = _account("hospital A adjudicator");
        _addOperator(hospitalA.admin, adjudicator, Roles.ADJUDICATOR);
        _claimIs(ClaimStage.Contested, 1);
        _expectMayNotOpen(adjudicator);
        _openBy(adjudicator);
    }

    function test_Open_TwoPartiesOneAfterTheOther() public {
        DisputeId first = _open();
        vm.prank(hospitalA.finance);
        disputes.settle(first, terms, _nothing());
        vm.prank(alice);
        disputes.settle(first, terms, _nothing());
        DisputeId second = _openBy(insurer.finance);
        assertTrue(DisputeId.unwrap(first) != DisputeId.unwrap(second), "ids");
        _assertStage(first, DisputeStage.Agreed);
        _assertStage(second, DisputeStage.Commit);
    }

    function _openBy(address account) private returns (DisputeId) {
        vm.prank(account);
        return disputes.open(terms, _nothing(), REASON);
    }

    function _expectNotDisputable(ClaimStage stage) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_NotDisputable.selector, claim, stage)
        );
    }
}
