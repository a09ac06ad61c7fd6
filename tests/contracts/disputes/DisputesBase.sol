// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {DisputeResolution} from "../../../contracts/disputes/DisputeResolution.sol";
import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {AgreementId, ClaimStage, PolicyId, Terms} from "../../../contracts/types/Care.sol";
import {DisputeId, DisputeStage} from "../../../contracts/types/Disputes.sol";
import {MemberId} from "../../../contracts/types/Types.sol";
import {KnownPayer, KnownPolicies, RecordingSettlement} from "../mocks/Settlements.sol";
import {RecordsBase} from "../RecordsBase.sol";

/// @notice A claim of alice's treatment at hospital A, with a policy of the insurer that pays 500.00 and one of the clinic,
/// which stands for a second insurer, that pays 100.00; alice owes 200.00. Eight persons are appointed.
abstract contract DisputesBase is RecordsBase {
    uint40 internal constant STEP = 3 days;
    uint40 internal constant RULING_TIME = 14 days;
    uint40 internal constant TERM_END = START + 365 days;
    uint256 internal constant APPOINTED = 8;
    MemberId internal constant PATIENT = MemberId.wrap(0);
    bytes32 internal constant SECRET = keccak256("alice's secret");
    bytes32 internal constant OTHER_SECRET = keccak256("the other party's secret");

    RecordingSettlement internal settlement;
    KnownPolicies internal policies;
    KnownPayer internal agreements;
    DisputeResolution internal disputes;
    Terms internal terms;
    AgreementId internal claim;
    address[] internal people;

    function setUp() public virtual override {
        super.setUp();
        settlement = new RecordingSettlement();
        policies = new KnownPolicies();
        agreements = new KnownPayer();
        disputes = new DisputeResolution(
            address(manager),
            registry,
            patients,
            records,
            ICareAgreements(address(agreements)),
            IClaimSettlement(address(settlement)),
            IInsurancePlans(address(policies))
        );
        for (uint256 i = 0; i < APPOINTED; ++i) {
            people.push(_account(string.concat("arbiter ", vm.toString(i))));
            _appoint(people[i], TERM_END);
        }
        terms.patient = patient;
        terms.provider = HOSPITAL_A;
        terms.policies[0] = PolicyId.wrap(keccak256("basic"));
        terms.policies[1] = PolicyId.wrap(keccak256("supplementary"));
        policies.set(terms.policies[0], INSURER);
        policies.set(terms.policies[1], CLINIC);
        claim = AgreementId.wrap(keccak256(abi.encode(terms)));
        settlement.setPaid(claim, 0, 500_00);
        settlement.setPaid(claim, 1, 100_00);
        _claimIs(ClaimStage.Pending, 0);
    }

    function _claimIs(ClaimStage stage, uint8 reviews) internal {
        settlement.set(claim, stage, reviews, 200_00);
    }

    /// @dev The council's decision without its vote, so that the clock stays.
    function _appoint(address arbiter, uint40 until) internal {
        vm.prank(address(council));
        disputes.appointArbiter(arbiter, until);
    }

    function _dismiss(address arbiter) internal {
        vm.prank(address(council));
        disputes.removeArbiter(arbiter);
    }

    function _nothing() internal pure returns (IClaimSettlement.Ruling memory ruling) {}

    /// @dev Takes this of the first policy's payment.
    function _removing(uint48 amount) internal pure returns (IClaimSettlement.Ruling memory ruling) {
        ruling.removed[0] = amount;
    }

    /// @dev Alice disputes the provider's pending claim.
    function _open() internal returns (DisputeId) {
        vm.prank(alice);
        return disputes.open(terms, _removing(100_00), REASON);
    }

    /// @dev Hospital A disputes the insurer's contest.
    function _openByProvider() internal returns (DisputeId) {
        _claimIs(ClaimStage.Contested, 1);
        vm.prank(hospitalA.finance);
        return disputes.open(terms, _nothing(), REASON);
    }

    function _commit(DisputeId id, address account, MemberId party, bytes32 secret) internal {
        bytes32 commitment = keccak256(abi.encode(id, party, secret));
        vm.prank(account);
        disputes.commit(id, commitment);
    }

    /// @dev An open dispute of alice's in which both have committed.
    function _committed() internal returns (DisputeId id) {
        id = _open();
        _commit(id, alice, PATIENT, SECRET);
        _commit(id, hospitalA.finance, HOSPITAL_A, OTHER_SECRET);
    }

    /// @dev One in which both secrets are known, and the draw is open.
    function _revealed() internal returns (DisputeId id) {
        id = _committed();
        disputes.reveal(id, PATIENT, SECRET);
        disputes.reveal(id, HOSPITAL_A, OTHER_SECRET);
    }

    function _nextBlock() internal {
        vm.roll(block.number + 1);
    }

    /// @dev One whose panel is drawn.
    function _drawn() internal returns (DisputeId id) {
        id = _revealed();
        _nextBlock();
        disputes.draw(id);
    }

    /// @dev One whose panel sits, without strikes: the first three of the drawn.
    function _seated() internal returns (DisputeId id) {
        id = _drawn();
        skip(STEP + 1);
    }

    /// @dev One that a regulator decides, because nobody can be drawn.
    function _beforeTheRegulator() internal returns (DisputeId id) {
        id = _revealed();
        for (uint256 i = 0; i < 4; ++i) {
            _dismiss(people[i]);
        }
        _nextBlock();
        disputes.draw(id);
    }

    function _drawnAt(DisputeId id, uint256 place) internal view returns (address) {
        (address[5] memory drawn,) = disputes.panelOf(id);
        return drawn[place];
    }

    function _rule(DisputeId id, uint256 place, IClaimSettlement.Ruling memory ruling) internal {
        address arbiter = _drawnAt(id, place);
        vm.prank(arbiter);
        disputes.rule(id, terms, ruling);
    }

    function _assertStage(DisputeId id, DisputeStage stage) internal view {
        assertEq(uint256(disputes.disputeOf(id).stage), uint256(stage), "stage");
    }

    function _assertApplied(IClaimSettlement.Ruling memory ruling) internal view {
        assertEq(settlement.rulings(), 1, "rulings");
        assertEq(AgreementId.unwrap(settlement.lastClaim()), AgreementId.unwrap(claim), "claim");
        assertEq(settlement.lastRuling(), keccak256(abi.encode(ruling)), "ruling");
    }

    function _expectWrongStage(DisputeId id, DisputeStage stage) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_WrongStage.selector, id, stage)
        );
    }

    function _expectMayNotOpen(address caller) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_MayNotOpen.selector, claim, caller)
        );
    }

    function _expectNotParty(DisputeId id, address caller) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeResolution.DisputeResolution_NotParty.selector, id, caller)
        );
    }

    function _expectBadRuling() internal {
        vm.expectRevert(abi.encodeWithSelector(IDisputeResolution.DisputeResolution_BadRuling.selector, claim));
    }

    /// @dev Alice's contacts freeze her id.
    function _freeze() internal {
        bytes memory frozen = abi.encode(alice, uint8(2), uint40(block.timestamp + 10 days));
        vm.mockCall(address(patients), abi.encodeCall(patients.authorityOf, (patient)), frozen);
    }
}
