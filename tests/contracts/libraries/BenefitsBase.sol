// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Accumulators, Band, Benefit, Cover, Line} from "../../../contracts/types/Insurance.sol";
import {Test} from "../forge/Test.sol";
import {BenefitsHarness} from "../mocks/BenefitsHarness.sol";

/// @notice Claims for the tests of {Benefits}: one policy that pays 80 percent of everything, changed field by field.
abstract contract BenefitsBase is Test {
    uint48 internal constant NONE = type(uint48).max;

    BenefitsHarness internal harness;

    function setUp() public {
        harness = new BenefitsHarness();
    }

    /// @dev Classes 0, 1 and 2 with 0, 10 and 100 percent self-pay; one open band.
    function plan() internal pure returns (BenefitsHarness.Policy memory policy) {
        policy.benefit = Benefit(0, NONE, NONE, NONE);
        policy.bands = new Band[](1);
        policy.bands[0] = Band(NONE, 8_000);
        policy.selfPayBps = new uint16[](3);
        policy.selfPayBps[1] = 1_000;
        policy.selfPayBps[2] = 10_000;
        policy.left = NONE;
    }

    /// @dev A claim of one policy, with lines of `class` whose whole price is allowed.
    function claimOf(BenefitsHarness.Policy memory policy, uint8 class, uint48[] memory billed)
        internal
        pure
        returns (BenefitsHarness.Claim memory claim)
    {
        claim.policies = new BenefitsHarness.Policy[](1);
        claim.policies[0] = policy;
        claim.lines = new Line[](billed.length);
        claim.covers = new Cover[](billed.length);
        for (uint256 k = 0; k < billed.length; ++k) {
            claim.lines[k].billed = billed[k];
            claim.covers[k] = Cover(class, billed[k]);
        }
    }

    function lineOf(BenefitsHarness.Policy memory policy, uint8 class, uint48 billed)
        internal
        pure
        returns (BenefitsHarness.Claim memory)
    {
        return claimOf(policy, class, amounts(billed));
    }

    /// @dev A claim of two policies and one line, which both take whole.
    function shared(BenefitsHarness.Policy memory first, BenefitsHarness.Policy memory second, uint48 billed)
        internal
        pure
        returns (BenefitsHarness.Claim memory claim)
    {
        claim = lineOf(first, 0, billed);
        claim.policies = new BenefitsHarness.Policy[](2);
        (claim.policies[0], claim.policies[1]) = (first, second);
        claim.covers = new Cover[](2);
        claim.covers[0] = claim.covers[1] = Cover(0, billed);
    }

    function amounts(uint48 a) internal pure returns (uint48[] memory list) {
        list = new uint48[](1);
        list[0] = a;
    }

    function amounts(uint48 a, uint48 b) internal pure returns (uint48[] memory list) {
        list = new uint48[](2);
        (list[0], list[1]) = (a, b);
    }

    /// @dev Bands that pay 60, 80 and 90 percent up to 1,000, 3,000 and, if it is open, all.
    function banded(bool open) internal pure returns (BenefitsHarness.Policy memory policy) {
        policy = plan();
        policy.bands = new Band[](3);
        policy.bands[0] = Band(1_000, 6_000);
        policy.bands[1] = Band(3_000, 8_000);
        policy.bands[2] = Band(open ? NONE : 5_000, 9_000);
    }

    function eligibleOf(uint256 line) internal pure returns (uint256) {
        return uint48(line);
    }

    function selfPayOf(uint256 line) internal pure returns (uint256) {
        return uint48(line >> 48);
    }

    function deductibleOf(uint256 line) internal pure returns (uint256) {
        return uint48(line >> 96);
    }

    function paidOf(uint256 line) internal pure returns (uint256) {
        return line >> 144;
    }

    /// @dev One policy's result of a claim's first line.
    function requireLine(BenefitsHarness.Claim memory claim, uint256 eligible, uint256 selfPay, uint256 deductible, uint256 paid)
        internal
        view
    {
        uint256 line = harness.adjudicate(claim).lines[0][0];
        assertEq(eligibleOf(line), eligible, "eligible");
        assertEq(selfPayOf(line), selfPay, "self-pay");
        assertEq(deductibleOf(line), deductible, "deductible");
        assertEq(paidOf(line), paid, "paid");
    }

    /// @dev The first policy's share of a claim.
    function requireShare(
        BenefitsHarness.Claim memory claim,
        uint256 deductible,
        uint256 covered,
        uint256 outOfPocket,
        uint256 paid
    ) internal view {
        BenefitsHarness.Result memory result = harness.adjudicate(claim);
        assertEq(result.shares[0].deductible, deductible, "share: deductible");
        assertEq(result.shares[0].covered, covered, "share: covered");
        assertEq(result.shares[0].outOfPocket, outOfPocket, "share: out of pocket");
        assertEq(result.shares[0].paid, paid, "share: paid");
    }

    function used(uint48 deductible, uint48 covered, uint48 outOfPocket, uint48 paid) internal pure returns (Accumulators memory) {
        return Accumulators(deductible, covered, outOfPocket, paid);
    }
}
