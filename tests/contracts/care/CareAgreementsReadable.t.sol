// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessGrants} from "../../../contracts/interfaces/IAccessGrants.sol";
import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {AgreementState} from "../../../contracts/types/Care.sol";
import {Purposes} from "../../../contracts/types/Purposes.sol";
import {AccessReason} from "../../../contracts/types/Types.sol";
import {CareAgreementsBase} from "./CareAgreementsBase.sol";

/// @notice What the insurers must be allowed to read, and until when, before the patient's acceptance counts.
contract CareAgreementsReadableTest is CareAgreementsBase {
    uint8 private constant _OTHER_LANE = 2;

    function test_Accept_RevertWhen_TheLaneHasNoGrant() public {
        _refuse(AccessReason.NoGrant);
    }

    function test_Accept_RevertWhen_TheGrantWasRevokedSince() public {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        vm.prank(alice);
        grants.revoke(patient, INSURER, uint8(1 << LANE));
        _expectNotReadable(policy, AccessReason.NoGrant);
        _accept(treatment);
    }

    function test_Accept_RevertWhen_TheGrantIsForAnotherPurpose() public {
        _grantInOtherLane(ALL_CATEGORIES, Purposes.TREAT, START + 365 days);
        _refuse(AccessReason.PurposeNotGranted);
    }

    function test_Accept_RevertWhen_TheGrantIsOfOtherCategories() public {
        _grantInOtherLane(ALL_CATEGORIES & ~uint16(1 << PROCEDURES), Purposes.HPAYMT, START + 365 days);
        _refuse(AccessReason.CategoryNotGranted);
    }

    /// @dev Any line's category counts, not the last one's alone.
    function test_Accept_RevertWhen_OneLinesCategoryIsNotGranted() public {
        _grantInOtherLane(uint16(1 << PROCEDURES), Purposes.HPAYMT, START + 365 days);
        Treatment memory treatment = _insuredTreatment();
        treatment.lines[0].category = 0;
        _seal(treatment);
        _offer(treatment);
        _expectNotReadable(policy, AccessReason.CategoryNotGranted);
        _acceptIn(_OTHER_LANE, treatment);
    }

    function test_Accept_WithAGrantOfTheLinesCategoryOnly() public {
        _grantInOtherLane(uint16(1 << PROCEDURES), Purposes.HPAYMT, START + 365 days);
        _take();
    }

    /// @dev 30 days for filing, 2 for the evidence, 3 of review.
    function test_Accept_RevertWhen_TheGrantEndsBeforeTheReview() public {
        uint40 last = _endOf(TODAY + 10) - 1 + 35 days;
        _grantInOtherLane(ALL_CATEGORIES, Purposes.HPAYMT, last - 1);
        _refuse(AccessReason.Expired);
        _grantInOtherLane(ALL_CATEGORIES, Purposes.HPAYMT, last);
        _take();
    }

    /// @dev Care of the past is filed up to 30 days after the acceptance.
    function test_Accept_RevertWhen_TheGrantEndsBeforeTheReviewOfLateFiling() public {
        Treatment memory treatment = _insuredTreatment();
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (YEAR_BEGIN, YEAR_BEGIN + 1);
        _offer(treatment);
        _grantInOtherLane(ALL_CATEGORIES, Purposes.HPAYMT, START + 35 days - 1);
        _expectNotReadable(policy, AccessReason.Expired);
        _acceptIn(_OTHER_LANE, treatment);
        _grantInOtherLane(ALL_CATEGORIES, Purposes.HPAYMT, START + 35 days);
        _acceptIn(_OTHER_LANE, treatment);
        _assertState(treatment, AgreementState.Accepted);
    }

    /// @dev The second waits for the first, whose silence is told after the contest window: 30 + (2 + 3) + 5 + (2 + 3) days.
    function test_Accept_RevertWhen_TheGrantEndsBeforeTheSecondReview() public {
        Treatment memory treatment = _doublyInsured();
        _offer(treatment);
        uint40 last = _endOf(TODAY + 10) - 1 + 45 days;
        _grantInOtherLane(ALL_CATEGORIES, Purposes.HPAYMT, last - 1);
        _expectNotReadable(secondPolicy, AccessReason.Expired);
        _acceptIn(_OTHER_LANE, treatment);
        _grantInOtherLane(ALL_CATEGORIES, Purposes.HPAYMT, last);
        _acceptIn(_OTHER_LANE, treatment);
        _assertState(treatment, AgreementState.Accepted);
    }

    function test_Accept_RevertWhen_TheSecondPolicysLaneHasNoGrant() public {
        Treatment memory treatment = _doublyInsured();
        _offer(treatment);
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        acceptance.lanes[1] = _OTHER_LANE;
        _expectNotReadable(secondPolicy, AccessReason.NoGrant);
        vm.prank(alice);
        agreements.accept(treatment.terms, treatment.lines, treatment.covers, acceptance);
    }

    function test_AcceptBySig_RevertWhen_TheRelayerNamesAnotherLane() public {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        bytes memory signature = _sign(alice, _acceptDigest(treatment, acceptance));
        acceptance.lanes[0] = _OTHER_LANE;
        _expectNotReadable(policy, AccessReason.NoGrant);
        vm.prank(stranger);
        agreements.acceptBySig(treatment.terms, treatment.lines, treatment.covers, acceptance, signature);
    }

    function test_Accept_WithoutAPolicyNeedsNoGrant() public {
        Treatment memory treatment = _selfPaid();
        _offer(treatment);
        _acceptIn(_OTHER_LANE, treatment);
        _assertState(treatment, AgreementState.Accepted);
    }

    function _grantInOtherLane(uint16 categories, uint16 purposes, uint40 notAfter) private {
        IAccessGrants.Scope memory scope = IAccessGrants.Scope(categories, purposes, 0, START, notAfter);
        _grant(INSURER, _OTHER_LANE, scope);
    }

    function _refuse(AccessReason reason) private {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        _expectNotReadable(policy, reason);
        _acceptIn(_OTHER_LANE, treatment);
    }

    function _take() private {
        Treatment memory treatment = _insuredTreatment();
        _offer(treatment);
        _acceptIn(_OTHER_LANE, treatment);
        _assertState(treatment, AgreementState.Accepted);
    }

    function _acceptIn(uint8 lane, Treatment memory treatment) private {
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        acceptance.lanes = [lane, lane, lane, lane];
        vm.prank(alice);
        agreements.accept(treatment.terms, treatment.lines, treatment.covers, acceptance);
    }
}
