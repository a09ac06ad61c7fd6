// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {AgreementId, ClaimStage, PolicyId} from "../../../contracts/types/Care.sol";
import {DisputeId, DisputeStage} from "../../../contracts/types/Disputes.sol";
import {SystemBase} from "../SystemBase.sol";

/// @notice The worked example of docs/disputes.md, with the contracts that hold the money: 1,000.00, two policies of which
/// the first pays 720.00 and the second 140.00, and 140.00 of the patient's.
contract DisputeResolutionMoneyTest is SystemBase {
    Treatment private _disputed;
    AgreementId private _claim;
    bytes32 private constant _SECRET = keccak256("the provider's secret");

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < 5; ++i) {
            address arbiter = _account(string.concat("arbiter ", vm.toString(i)));
            vm.prank(address(council));
            resolution.appointArbiter(arbiter, START + 365 days);
        }
        IInsurancePlans.Plan memory reviewed = _basicPlan();
        reviewed.autoAdjudicationLimit = 500_00;
        PolicyId first = _insure(_publish(reviewed));
        uint48[] memory prices = new uint48[](1);
        prices[0] = 1_000_00;
        Treatment memory treatment = _treatment(prices);
        PolicyId[] memory both = new PolicyId[](2);
        (both[0], both[1]) = (first, secondPolicy);
        _cover(treatment, both);
        _disputed.terms = treatment.terms;
        _claim = _agree(treatment);
        _complete(treatment, true);
        vm.startPrank(insurer.adjudicator);
        settlement.receiveEvidence(_disputed.terms);
        settlement.contest(_disputed.terms, 3, REASON);
        vm.stopPrank();
    }

    function test_Money_ARulingMovesWhatIsLocked() public {
        assertEq(token.balanceOf(payee), 140_00, "the patient's part is paid and never locked");
        DisputeId id = _seat();
        IClaimSettlement.Ruling memory ruling;
        ruling.removed[0] = 200_00;
        uint128 free = plans.poolOf(INSURER).free;
        _ruleByTwo(id, ruling);
        assertEq(token.balanceOf(payee), 140_00 + 520_00 + 140_00, "the provider");
        assertEq(plans.poolOf(INSURER).free, free + 200_00, "the insurer");
        assertEq(uint256(settlement.claimOf(_claim).stage), uint256(ClaimStage.Settled), "stage");
        assertEq(settlement.debtOf(HOSPITAL_A), 0, "debt");
    }

    function test_Money_AReversalGivesAllBack() public {
        DisputeId id = _seat();
        IClaimSettlement.Ruling memory ruling;
        ruling.reversed = true;
        _ruleByTwo(id, ruling);
        assertEq(uint256(settlement.claimOf(_claim).stage), uint256(ClaimStage.Reversed), "stage");
        assertEq(settlement.debtOf(HOSPITAL_A), 140_00, "what the patient paid is the provider's debt");
        assertEq(plans.poolOf(INSURER).reserved, 0, "reserved");
    }

    function test_Money_ASilentPanelLeavesTheComputedAdjudication() public {
        DisputeId id = _seat();
        vm.warp(uint256(resolution.disputeOf(id).endsAt) + 1);
        resolution.lapse(id, _disputed.terms);
        assertEq(token.balanceOf(payee), 1_000_00, "the provider");
    }

    function test_Money_APaidClaimIsDisputedLater() public {
        DisputeId id = _seat();
        IClaimSettlement.Ruling memory nothing;
        _ruleByTwo(id, nothing);
        skip(90 days);
        vm.prank(alice);
        DisputeId second = resolution.open(_disputed.terms, nothing, REASON);
        IClaimSettlement.Ruling memory agreed;
        agreed.refund = 40_00;
        vm.prank(alice);
        resolution.settle(second, _disputed.terms, agreed);
        vm.prank(hospitalA.finance);
        resolution.settle(second, _disputed.terms, agreed);
        assertEq(settlement.debtOf(HOSPITAL_A), 40_00, "debt");
        assertEq(uint256(settlement.claimOf(_claim).stage), uint256(ClaimStage.Settled), "stage");
    }

    /// @dev Hospital A disputes the contest, reveals, strikes the first drawn; the insurer is silent.
    function _seat() private returns (DisputeId id) {
        IClaimSettlement.Ruling memory nothing;
        vm.prank(hospitalA.finance);
        id = resolution.open(_disputed.terms, nothing, REASON);
        bytes32 commitment = resolution.commitmentOf(id, HOSPITAL_A, _SECRET);
        vm.prank(hospitalA.finance);
        resolution.commit(id, commitment);
        skip(resolution.STEP_PERIOD() + 1);
        resolution.reveal(id, HOSPITAL_A, _SECRET);
        vm.roll(block.number + 1);
        resolution.draw(id);
        (address[5] memory drawn,) = resolution.panelOf(id);
        vm.prank(hospitalA.finance);
        resolution.strike(id, drawn[0]);
    }

    function _ruleByTwo(DisputeId id, IClaimSettlement.Ruling memory ruling) private {
        (address[5] memory drawn,) = resolution.panelOf(id);
        vm.prank(drawn[1]);
        resolution.rule(id, _disputed.terms, ruling);
        vm.prank(drawn[3]);
        resolution.rule(id, _disputed.terms, ruling);
        assertEq(uint256(resolution.disputeOf(id).stage), uint256(DisputeStage.Ruled), "stage");
    }
}
