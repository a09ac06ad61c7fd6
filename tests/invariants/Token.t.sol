// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ISettlementToken} from "../../contracts/interfaces/ISettlementToken.sol";
import {TokenBase} from "../contracts/settlement/TokenBase.sol";
import {TokenHandler} from "./TokenHandler.sol";

/// @notice See README.md, Settlement.
contract TokenInvariants is TokenBase {
    TokenHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = new TokenHandler(
            token, registry, BANK, bank.finance, address(council), settlements, address(deployer)
        );
        _handler.begin();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](12);
        (selectors[0], selectors[1]) = (_handler.admitOrEnd.selector, _handler.issue.selector);
        (selectors[2], selectors[3]) = (_handler.issue.selector, _handler.redeem.selector);
        (selectors[4], selectors[5]) = (_handler.transfer.selector, _handler.transfer.selector);
        (selectors[6], selectors[7]) = (_handler.sign.selector, _handler.collect.selector);
        (selectors[8], selectors[9]) = (_handler.cancel.selector, _handler.strangers.selector);
        (selectors[10], selectors[11]) = (_handler.govern.selector, _handler.wait.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @dev One campaign for all: forge would run each invariant function in a campaign of its own.
    function invariant_TokensAreConserved() public view {
        assertEq(_handler.wrongSuccesses(), 0, "moved, issued or admitted against the rules");
        assertEq(_handler.wrongRefusals(), 0, "refused what the rules allow");
        // What {TokenBase} issued to its payer is nobody's in the handler.
        uint256 sum = FUNDS;
        for (uint256 i = 0; i < _handler.count(); ++i) {
            address account = _handler.accounts(i);
            assertEq(token.balanceOf(account), _handler.held(account), "another balance than the account's history");
            (ISettlementToken.Standing standing,) = token.standingOf(account);
            assertTrue(standing == _handler.standingOf(account), "another standing than the account's history");
            sum += token.balanceOf(account);
        }
        assertEq(token.balanceOf(payer), FUNDS, "an account that signed nothing lost money");
        assertEq(sum, token.totalSupply(), "the supply is not the sum of the balances");
        _assertTotals(_handler.issued() + FUNDS, _handler.redeemed());
    }

    function afterInvariant() public view {
        _handler.assertMostlySucceeds("token");
    }
}
