// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ISettlementToken} from "../../../contracts/interfaces/ISettlementToken.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {MemberId, MemberKind} from "../../../contracts/types/Types.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Where tokens come from and end.
contract SettlementTokenSupplyTest is TokenBase {
    function test_Issue_RevertWhen_CallerIsNotABank() public {
        address[6] memory callers =
            [stranger, bank.admin, insurer.finance, hospitalA.finance, payer, address(council)];
        for (uint256 i = 0; i < callers.length; ++i) {
            _expectNotBank(callers[i]);
            vm.prank(callers[i]);
            token.issue(payee, 1, BOOKING);
        }
    }

    function test_Issue_RevertWhen_TheBankIsSuspended() public {
        _suspend(BANK);
        _expectNotBank(bank.finance);
        _issue(payee, 1, BOOKING);
    }

    function test_Issue_RevertWhen_TheAccountWasNeverAdmitted() public {
        _expectNotAdmitted(outsider);
        _issue(outsider, 1, BOOKING);
    }

    function test_Issue_RevertWhen_TheAccountIsDeadmitted() public {
        _deadmitAccount(payee);
        _expectNotAdmitted(payee);
        _issue(payee, 1, BOOKING);
    }

    function test_Issue_RevertWhen_ToASettlementContract() public {
        _expectNotAdmitted(settlements[1]);
        _issue(settlements[1], 1, BOOKING);
        vm.prank(address(council));
        token.addSettlement(address(deployer));
        _expectNotAdmitted(address(deployer));
        _issue(address(deployer), 1, BOOKING);
    }

    function test_Issue_RevertWhen_TheBookingWasIssued() public {
        _issue(payee, 1, BOOKING);
        _expectBookingUsed(BANK);
        _issue(payer, 2, BOOKING);
        _assertTotals(FUNDS + 1, 0);
    }

    function test_Issue_RevertWhen_TheTotalIsFull() public {
        _issue(payee, type(uint128).max - FUNDS, BOOKING);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11)); // overflow
        _issue(payee, 1, "one too many");
    }

    function test_Issue_TheSameDigestByAnotherBank() public {
        address admin = _account("second bank admin");
        address finance = _account("second bank finance");
        _admit(MemberId.wrap(20), MemberKind.Bank, admin);
        _addOperator(admin, finance, Roles.FINANCE);
        _issue(payee, 1, BOOKING);
        vm.prank(finance);
        token.issue(payee, 2, BOOKING);
        assertEq(token.balanceOf(payee), 3);
    }

    function test_Issue_AddsToTheSupply() public {
        _expectTransfer(address(0), payee, 7_50);
        vm.expectEmit(address(token));
        emit ISettlementToken.TokensIssued(BANK, payee, 7_50, BOOKING);
        _issue(payee, 7_50, BOOKING);
        assertEq(token.balanceOf(payee), 7_50);
        _assertTotals(FUNDS + 7_50, 0);
    }

    function test_Redeem_RevertWhen_ItIsMoreThanTheCallerHas() public {
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, payer, FUNDS, FUNDS + 1)
        );
        _redeem(payer, FUNDS + 1);
    }

    function test_Redeem_TakesFromTheSupply() public {
        _expectTransfer(payer, address(0), 2_00);
        vm.expectEmit(address(token));
        emit ISettlementToken.TokensRedeemed(payer, BANK, 2_00, BOOKING);
        _redeem(payer, 2_00);
        assertEq(token.balanceOf(payer), FUNDS - 2_00);
        _assertTotals(FUNDS, 2_00);
    }

    function test_Redeem_WhenDeadmitted() public {
        _deadmitAccount(payer);
        vm.expectEmit(address(token));
        emit ISettlementToken.TokensRedeemed(payer, BANK, FUNDS, BOOKING);
        _redeem(payer, FUNDS);
        _assertTotals(FUNDS, FUNDS);
    }

    function test_Redeem_WhenNeverAdmitted() public {
        _deposit(settlements[0], 3_00);
        _transfer(settlements[0], outsider, 3_00);
        vm.expectEmit(address(token));
        emit ISettlementToken.TokensRedeemed(outsider, NOBODY, 3_00, BOOKING);
        _redeem(outsider, 3_00);
    }

    function test_Redeem_WhenTheBankIsSuspendedOrLeft() public {
        _suspend(BANK);
        _redeem(payer, 1);
        _remove(BANK);
        _redeem(payer, 1);
        _assertTotals(FUNDS, 2);
    }

    function test_Redeem_TwiceForOneBooking() public {
        _redeem(payer, 1);
        _redeem(payer, 2);
        _assertTotals(FUNDS, 3);
    }

    function testFuzz_Supply_IsWhatWasIssuedLessWhatWasRedeemed(uint128 issued, uint128 redeemed) public {
        issued = uint128(bound(issued, 0, type(uint128).max - FUNDS));
        redeemed = uint128(bound(redeemed, 0, issued));
        _issue(payee, issued, BOOKING);
        _redeem(payee, redeemed);
        assertEq(token.balanceOf(payee), issued - redeemed);
        _assertTotals(uint256(FUNDS) + issued, redeemed);
    }

    function _redeem(address holder, uint128 amount) private {
        vm.prank(holder);
        token.redeem(amount, BOOKING);
    }

    function _expectBookingUsed(MemberId by) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.SettlementToken_BookingUsed.selector, by, BOOKING));
    }
}
