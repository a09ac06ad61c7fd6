// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {AgreementId, AgreementState, ClaimStage, PolicyId} from "../../../contracts/types/Care.sol";
import {Share} from "../../../contracts/types/Insurance.sol";
import {MemberId} from "../../../contracts/types/Types.sol";
import {MoneyBase} from "../MoneyBase.sol";

/// @notice Claims in every stage, and the errors and balances that tests expect.
abstract contract SettlementBase is MoneyBase {
    /// @dev Of {_insuredTreatment}: 400.00 - 100.00 at 80 % and 250.00 - 25.00 at 80 %; the third line is not covered.
    uint48 internal constant BASIC_PAYS = 420_00;
    uint48 internal constant PRICE = 750_00;
    /// @dev A line of {_large} at 80 % above the deductible.
    uint48 internal constant LARGE = 10_000_00;
    uint48 internal constant LARGE_PAYS = 7_920_00;
    /// @dev Half of what the basic plan leaves of {LARGE}.
    uint48 internal constant SECOND_PAYS = 1_040_00;

    /// @dev A treatment above the basic plan's limit, paid by both policies; the deposit is the whole share.
    function _large() internal returns (Treatment memory treatment) {
        uint48[] memory prices = new uint48[](1);
        prices[0] = LARGE;
        treatment = _treatment(prices);
        PolicyId[] memory both = new PolicyId[](2);
        (both[0], both[1]) = (policy, secondPolicy);
        treatment.terms.deposit = LARGE - LARGE_PAYS - SECOND_PAYS;
        _cover(treatment, both);
    }

    /// @dev A large claim that was filed with the patient's receipt: its first policy is under review.
    function _underReview() internal returns (Treatment memory treatment) {
        treatment = _large();
        _agree(treatment);
        _complete(treatment, true);
    }

    /// @dev A large claim that the insurer contested by rule 3.
    function _contested() internal returns (Treatment memory treatment) {
        treatment = _underReview();
        vm.prank(insurer.adjudicator);
        settlement.contest(treatment.terms, 3, keccak256("finding"));
    }

    /// @dev An insured claim without a receipt.
    function _waiting() internal returns (Treatment memory treatment) {
        treatment = _insuredTreatment();
        _agree(treatment);
        _complete(treatment, false);
    }

    /// @dev An insured claim that was paid.
    function _paid() internal returns (Treatment memory treatment) {
        treatment = _insuredTreatment();
        _agree(treatment);
        _complete(treatment, true);
    }

    function _lock(Treatment memory treatment) internal {
        vm.prank(disputes);
        settlement.lock(treatment.terms);
    }

    function _rule(Treatment memory treatment, IClaimSettlement.Ruling memory ruling) internal {
        vm.prank(disputes);
        settlement.applyRuling(treatment.terms, ruling);
    }

    function _ruling(uint48 first, uint48 second, uint48 refund) internal pure returns (IClaimSettlement.Ruling memory ruling) {
        ruling.removed[0] = first;
        ruling.removed[1] = second;
        ruling.refund = refund;
    }

    /// @dev Hospital A's finance account has money, and lets the settlement take it.
    function _fundProvider(uint128 amount) internal {
        vm.prank(bank.finance);
        token.issue(hospitalA.finance, amount, keccak256(abi.encode("booking", amount, block.timestamp)));
        vm.prank(hospitalA.finance);
        token.approve(address(settlement), amount);
    }

    function _claim(Treatment memory treatment) internal view returns (IClaimSettlement.Claim memory) {
        return settlement.claimOf(_idOf(treatment));
    }

    function _share(Treatment memory treatment, uint8 index) internal view returns (Share memory) {
        return settlement.shareOf(_idOf(treatment), index);
    }

    function _assertStage(Treatment memory treatment, ClaimStage expected) internal view {
        assertEq(uint256(_claim(treatment).stage), uint256(expected), "stage");
    }

    function _assertPool(uint256 free, uint256 reserved) internal view {
        IInsurancePlans.Pool memory pool = plans.poolOf(INSURER);
        assertEq(pool.free, free, "free");
        assertEq(pool.reserved, reserved, "reserved");
        assertEq(token.balanceOf(address(plans)), free + reserved, "pool's tokens");
    }

    function _assertAgreement(Treatment memory treatment, AgreementState expected) internal view {
        assertEq(uint256(agreements.agreementOf(_idOf(treatment)).state), uint256(expected), "agreement");
    }

    function _expectWrongStage(Treatment memory treatment, ClaimStage stage) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_WrongStage.selector, _idOf(treatment), stage)
        );
    }

    function _expectNotNow(Treatment memory treatment, uint256 from) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_NotNow.selector, _idOf(treatment), uint40(from))
        );
    }

    function _expectUnauthorized(address caller, MemberId member) internal {
        vm.expectRevert(abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_Unauthorized.selector, caller, member));
    }

    function _expectBadEvidence(uint256 index, IClaimSettlement.EvidenceFlaw flaw) internal {
        vm.expectRevert(abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_BadEvidence.selector, index, flaw));
    }

    function _expectBadAmount(Treatment memory treatment, uint256 amount) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_BadAmount.selector, _idOf(treatment), amount)
        );
    }

    function _expectNoReview(Treatment memory treatment, uint8 index) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_NoReview.selector, _idOf(treatment), index)
        );
    }
}
