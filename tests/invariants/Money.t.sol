// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "forge-std/Test.sol";
import {MoneyHandler} from "./MoneyHandler.sol";

/// @notice See README.md, Money. The two campaigns differ in how often there is a quarrel.
abstract contract MoneyCampaign is Test {
    MoneyHandler internal handler;

    function setUp() public {
        handler = new MoneyHandler();
        handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), _selectors());
    }

    function _selectors() internal view virtual returns (bytes4[] memory selectors);
}

/// @notice Treatments are offered, agreed, completed and paid; seldom is one disputed.
contract MoneyInvariants is MoneyCampaign {
    /// A handler that reverts found what its ghost store cannot express.
    /// forge-config: default.invariant.fail-on-revert = true
    /// forge-config: ci.invariant.fail-on-revert = true
    /// forge-config: nightly.invariant.fail-on-revert = true
    /// forge-config: nightly.invariant.runs = 2000
    function invariant_MoneyIsWhereTheRulesSay() public view {
        handler.assertMoney();
    }

    function afterInvariant() public {
        handler.assertMostlySucceeds("money");
        handler.assertAllMoney();
        handler.leave();
        handler.assertAllMoney();
    }

    function _selectors() internal view override returns (bytes4[] memory selectors) {
        selectors = new bytes4[](20);
        (selectors[0], selectors[1], selectors[2]) = (handler.offer.selector, handler.offer.selector, handler.offer.selector);
        (selectors[3], selectors[4], selectors[5]) = (handler.accept.selector, handler.accept.selector, handler.accept.selector);
        (selectors[6], selectors[7]) = (handler.complete.selector, handler.complete.selector);
        (selectors[8], selectors[9]) = (handler.end.selector, handler.confirm.selector);
        (selectors[10], selectors[11]) = (handler.release.selector, handler.review.selector);
        (selectors[12], selectors[13]) = (handler.payReceivable.selector, handler.repay.selector);
        (selectors[14], selectors[15]) = (handler.pool.selector, handler.lock.selector);
        (selectors[16], selectors[17]) = (handler.rule.selector, handler.reverse.selector);
        (selectors[18], selectors[19]) = (handler.strangers.selector, handler.wait.selector);
    }
}

/// @notice Most claims are reviewed, contested, disputed, ruled or reversed.
contract MoneyInQuarrelInvariants is MoneyCampaign {
    /// A handler that reverts found what its ghost store cannot express.
    /// forge-config: default.invariant.fail-on-revert = true
    /// forge-config: ci.invariant.fail-on-revert = true
    /// forge-config: nightly.invariant.fail-on-revert = true
    /// forge-config: nightly.invariant.runs = 2000
    function invariant_MoneyInQuarrelIsWhereTheRulesSay() public view {
        handler.assertMoney();
    }

    function afterInvariant() public {
        handler.assertMostlySucceeds("money in quarrel");
        handler.assertAllMoney();
        handler.leave();
        handler.assertAllMoney();
    }

    function _selectors() internal view override returns (bytes4[] memory selectors) {
        selectors = new bytes4[](20);
        (selectors[0], selectors[1], selectors[2]) = (handler.offer.selector, handler.offer.selector, handler.accept.selector);
        (selectors[3], selectors[4], selectors[5]) = (handler.accept.selector, handler.complete.selector, handler.complete.selector);
        (selectors[6], selectors[7]) = (handler.review.selector, handler.review.selector);
        (selectors[8], selectors[9]) = (handler.review.selector, handler.concede.selector);
        (selectors[10], selectors[11]) = (handler.release.selector, handler.lock.selector);
        (selectors[12], selectors[13]) = (handler.lock.selector, handler.rule.selector);
        (selectors[14], selectors[15]) = (handler.rule.selector, handler.reverse.selector);
        (selectors[16], selectors[17]) = (handler.repay.selector, handler.payReceivable.selector);
        (selectors[18], selectors[19]) = (handler.strangers.selector, handler.wait.selector);
    }
}
