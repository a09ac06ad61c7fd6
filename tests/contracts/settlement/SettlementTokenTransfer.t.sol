// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ISettlementToken} from "../../../contracts/interfaces/ISettlementToken.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Between whom tokens move.
contract SettlementTokenTransferTest is TokenBase {
    function test_Transfer_BetweenAdmittedAccounts() public {
        _expectTransfer(payer, payee, 4_00);
        _transfer(payer, payee, 4_00);
        assertEq(token.balanceOf(payee), 4_00);
        assertEq(token.balanceOf(payer), FUNDS - 4_00);
        _assertTotals(FUNDS, 0);
    }

    function test_Transfer_RevertWhen_ItIsMoreThanTheSenderHas() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, payee, 0, 1));
        _transfer(payee, payer, 1);
    }

    function test_Transfer_RevertWhen_TheSenderIsDeadmitted() public {
        _deadmitAccount(payer);
        _expectNotAdmitted(payer);
        _transfer(payer, payee, 1);
        _expectNotAdmitted(payer);
        _transfer(payer, settlements[0], 1);
    }

    function test_Transfer_RevertWhen_TheSenderWasNeverAdmitted() public {
        _fund(outsider);
        _expectNotAdmitted(outsider);
        _transfer(outsider, payee, 1);
        _expectNotAdmitted(outsider);
        _transfer(outsider, settlements[0], 1);
    }

    function test_Transfer_RevertWhen_TheReceiverWasNeverAdmitted() public {
        _expectNotAdmitted(outsider);
        _transfer(payer, outsider, 1);
    }

    function test_Transfer_RevertWhen_TheReceiverIsDeadmitted() public {
        _deadmitAccount(payee);
        _expectNotAdmitted(payee);
        _transfer(payer, payee, 1);
    }

    function test_Transfer_RevertWhen_TheReceiverIsNobody() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        _transfer(payer, address(0), 1);
    }

    function test_Transfer_ToEverySettlementContract() public {
        for (uint256 i = 0; i < settlements.length; ++i) {
            _deposit(settlements[i], 1_00);
            assertEq(token.balanceOf(settlements[i]), 1_00);
        }
    }

    function test_Transfer_FromEverySettlementContractToAnybody() public {
        _deadmitAccount(payee);
        for (uint256 i = 0; i < settlements.length; ++i) {
            _deposit(settlements[i], 3_00);
            _transfer(settlements[i], outsider, 1_00);
            _transfer(settlements[i], payee, 1_00);
            _transfer(settlements[i], settlements[(i + 1) % 3], 1_00);
        }
        assertEq(token.balanceOf(outsider), 3_00);
        assertEq(token.balanceOf(payee), 3_00);
    }

    function test_Transfer_ToAndFromASuccessor() public {
        _expectNotAdmitted(address(deployer));
        _transfer(payer, address(deployer), 1);
        vm.prank(address(council));
        token.addSettlement(address(deployer));
        _transfer(payer, address(deployer), 2);
        _transfer(address(deployer), outsider, 1);
        _transfer(address(deployer), settlements[0], 1);
        assertEq(token.balanceOf(outsider), 1);
    }

    function test_Transfer_FixedSettlementToASuccessor() public {
        vm.prank(address(council));
        token.addSettlement(address(deployer));
        _deposit(settlements[1], 2);
        _transfer(settlements[1], address(deployer), 2);
        assertEq(token.balanceOf(address(deployer)), 2);
    }

    function test_TransferFrom_MovesByAllowanceOfAnAdmittedOwner() public {
        vm.prank(payer);
        token.approve(settlements[1], 5);
        vm.prank(settlements[1]);
        token.transferFrom(payer, settlements[1], 5);
        assertEq(token.balanceOf(settlements[1]), 5);
    }

    function test_TransferFrom_RevertWhen_TheOwnerIsDeadmitted() public {
        vm.prank(payer);
        token.approve(payee, 5);
        _deadmitAccount(payer);
        _expectNotAdmitted(payer);
        vm.prank(payee);
        token.transferFrom(payer, payee, 5);
    }

    function test_TransferFrom_RevertWhen_TheReceiverIsNotAdmitted() public {
        vm.prank(payer);
        token.approve(outsider, 5);
        _expectNotAdmitted(outsider);
        vm.prank(outsider);
        token.transferFrom(payer, outsider, 5);
    }

    function test_TransferFrom_RevertWhen_ThereIsNoAllowance() public {
        address[4] memory spenders = [bank.finance, address(council), settlements[0], payee];
        for (uint256 i = 0; i < spenders.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, spenders[i], 0, 1)
            );
            vm.prank(spenders[i]);
            token.transferFrom(payer, settlements[0], 1);
        }
    }

    /// @dev The rule in one line, for each pair of standings.
    function testFuzz_Transfer_ExactlyBetweenWhomTheRulesSay(uint8 from, uint8 to, uint256 amount) public {
        address sender = _inStanding(from, "sender");
        address receiver = _inStanding(to, "receiver");
        amount = bound(amount, 0, 1_00);
        (ISettlementToken.Standing a,) = token.standingOf(sender);
        (ISettlementToken.Standing b,) = token.standingOf(receiver);
        bool open = b == ISettlementToken.Standing.Admitted || b == ISettlementToken.Standing.Settlement;
        bool allowed =
            a == ISettlementToken.Standing.Settlement || (a == ISettlementToken.Standing.Admitted && open);
        vm.prank(sender);
        (bool success,) = address(token).call(abi.encodeCall(token.transfer, (receiver, amount)));
        assertEq(success, allowed);
        assertEq(token.balanceOf(receiver), 1_00 + (allowed ? amount : 0));
        assertEq(token.balanceOf(sender), 1_00 - (allowed ? amount : 0));
    }

    /// @dev An account of a standing that holds 1.00; fixed settlement contracts and successors are two cases.
    function _inStanding(uint8 standing, string memory name) private returns (address account) {
        standing = standing % 5;
        if (standing == 4) {
            account = bytes(name).length == 6 ? settlements[0] : settlements[2];
            _fund(account);
            return account;
        }
        account = _account(name);
        _fund(account);
        if (standing == 1 || standing == 2) _admitAccount(account);
        if (standing == 2) _deadmitAccount(account);
        if (standing == 3) {
            vm.etch(account, address(deployer).code);
            vm.prank(address(council));
            token.addSettlement(account);
        }
    }

    /// @dev 1.00 out of a settlement contract, which pays anybody.
    function _fund(address account) private {
        _deposit(settlements[1], 1_00);
        _transfer(settlements[1], account, 1_00);
    }
}
