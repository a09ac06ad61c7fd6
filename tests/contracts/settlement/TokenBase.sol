// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ISettlementToken} from "../../../contracts/interfaces/ISettlementToken.sol";
import {SettlementToken} from "../../../contracts/settlement/SettlementToken.sol";
import {MemberId} from "../../../contracts/types/Types.sol";
import {GovernanceBase} from "../Base.sol";

/// @notice The token with two admitted accounts, one that is not, and three settlement contracts: accounts act as these.
abstract contract TokenBase is GovernanceBase {
    bytes3 internal constant CURRENCY = "CNY";
    uint128 internal constant FUNDS = 1_000_00;
    bytes32 internal constant BOOKING = keccak256("a booking");

    SettlementToken internal token;

    address internal payer;
    address internal payee;
    address internal outsider;
    /// @dev What CareAgreements, InsurancePlans and ClaimSettlement are in a deployment.
    address[3] internal settlements;

    function setUp() public virtual override {
        settlements = [_account("agreements"), _account("plans"), _account("claims")];
        (payer, payee, outsider) = (_account("payer"), _account("payee"), _account("outsider"));
        super.setUp();
        _admitAccount(payer);
        _admitAccount(payee);
        _issue(payer, FUNDS, "the payer's first booking");
    }

    function _plan() internal virtual override {
        super._plan();
        bytes memory arguments = abi.encode(manager, registry, settlements, CURRENCY);
        token = SettlementToken(_add(type(SettlementToken).creationCode, arguments));
    }

    function _admitAccount(address account) internal {
        vm.prank(bank.finance);
        token.admit(account);
    }

    function _deadmitAccount(address account) internal {
        vm.prank(bank.finance);
        token.deadmit(account);
    }

    function _issue(address account, uint128 amount, bytes32 bookingDigest) internal {
        vm.prank(bank.finance);
        token.issue(account, amount, bookingDigest);
    }

    function _transfer(address from, address to, uint256 amount) internal {
        vm.prank(from);
        token.transfer(to, amount); // forge-lint: disable-line(erc20-unchecked-transfer)
    }

    /// @dev Makes a settlement contract hold money, as a deposit or a pool does.
    function _deposit(address settlement, uint256 amount) internal {
        _transfer(payer, settlement, amount);
    }

    function _expectTransfer(address from, address to, uint256 amount) internal {
        vm.expectEmit(address(token));
        emit IERC20.Transfer(from, to, amount);
    }

    function _expectNotAdmitted(address account) internal {
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.SettlementToken_NotAdmitted.selector, account));
    }

    function _expectNotBank(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.SettlementToken_NotBank.selector, caller));
    }

    function _expectWrongStanding(address account, ISettlementToken.Standing standing) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementToken.SettlementToken_WrongStanding.selector, account, standing)
        );
    }

    function _assertStanding(address account, ISettlementToken.Standing expected, MemberId expectedBank) internal view {
        (ISettlementToken.Standing standing, MemberId by) = token.standingOf(account);
        assertEq(uint256(standing), uint256(expected), "standing");
        assertTrue(by == expectedBank, "bank");
    }

    /// @dev What the token says of all its money.
    function _assertTotals(uint256 issued, uint256 redeemed) internal view {
        assertEq(token.totalIssued(), issued, "issued");
        assertEq(token.totalRedeemed(), redeemed, "redeemed");
        assertEq(token.totalSupply(), issued - redeemed, "supply");
    }
}
