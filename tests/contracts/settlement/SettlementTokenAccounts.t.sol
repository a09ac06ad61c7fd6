// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ISettlementToken} from "../../../contracts/interfaces/ISettlementToken.sol";
import {SettlementToken} from "../../../contracts/settlement/SettlementToken.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {MemberId, MemberKind} from "../../../contracts/types/Types.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Construction, and how accounts stand.
contract SettlementTokenAccountsTest is TokenBase {
    MemberId private constant _OTHER_BANK = MemberId.wrap(20);

    function test_Constructor_StatesWhatItIs() public view {
        assertEq(token.name(), "MedUnion Settlement Token");
        assertEq(token.symbol(), "muCNY");
        assertEq(token.decimals(), 2);
        assertEq(token.currency(), CURRENCY);
        assertEq(token.version(), "1.0.0");
        (, string memory name, string memory version,,,,) = token.eip712Domain();
        assertEq(name, "SettlementToken");
        assertEq(version, "1");
        assertEq(token.authority(), address(manager));
    }

    function test_Constructor_FixesTheSettlementContracts() public {
        for (uint256 i = 0; i < settlements.length; ++i) {
            vm.expectEmit();
            emit ISettlementToken.SettlementAdded(settlements[i]);
        }
        SettlementToken other = _construct(CURRENCY);
        for (uint256 i = 0; i < settlements.length; ++i) {
            (ISettlementToken.Standing standing, MemberId by) = other.standingOf(settlements[i]);
            assertTrue(standing == ISettlementToken.Standing.Settlement && by == NOBODY);
        }
    }

    function test_Constructor_RevertWhen_CurrencyIsEmpty() public {
        _assertCurrencyRefused("");
    }

    function test_Constructor_RevertWhen_CurrencyIsNotCapitalLetters() public {
        bytes3[5] memory refused = [bytes3("cny"), "CN", "CN[", "@NY", "C1Y"];
        for (uint256 i = 0; i < refused.length; ++i) {
            _assertCurrencyRefused(refused[i]);
        }
    }

    function test_Admit_RevertWhen_CallerIsAStranger() public {
        _assertNeitherAdmitsNorEnds(stranger);
    }

    function test_Admit_RevertWhen_CallerHasAnotherRoleOfTheBank() public {
        _assertNeitherAdmitsNorEnds(bank.admin);
        _assertNeitherAdmitsNorEnds(bank.records);
    }

    function test_Admit_RevertWhen_CallerHasFinanceOfNoBank() public {
        _assertNeitherAdmitsNorEnds(insurer.finance);
        _assertNeitherAdmitsNorEnds(hospitalA.finance);
        _assertNeitherAdmitsNorEnds(regulator.finance);
    }

    function test_Admit_RevertWhen_TheBankIsSuspended() public {
        _suspend(BANK);
        _assertNeitherAdmitsNorEnds(bank.finance);
        _reinstate(BANK);
        _admitAccount(outsider);
    }

    function test_Admit_RevertWhen_TheBankLeft() public {
        _remove(BANK);
        _assertNeitherAdmitsNorEnds(bank.finance);
    }

    function test_Admit_RevertWhen_TheCallerIsTheCouncil() public {
        _assertNeitherAdmitsNorEnds(address(council));
    }

    function test_Admit_RevertWhen_AdmittedAlready() public {
        _expectWrongStanding(payer, ISettlementToken.Standing.Admitted);
        _admitAccount(payer);
    }

    function test_Admit_RevertWhen_ItIsASettlementContract() public {
        for (uint256 i = 0; i < settlements.length; ++i) {
            _expectWrongStanding(settlements[i], ISettlementToken.Standing.Settlement);
            _admitAccount(settlements[i]);
        }
        _addSettlement(address(deployer));
        _expectWrongStanding(address(deployer), ISettlementToken.Standing.Settlement);
        _admitAccount(address(deployer));
    }

    function test_Admit_KeepsWhichBankDid() public {
        vm.expectEmit(address(token));
        emit ISettlementToken.AccountAdmitted(outsider, BANK);
        _admitAccount(outsider);
        _assertStanding(outsider, ISettlementToken.Standing.Admitted, BANK);
    }

    function test_Admit_AgainByAnotherBank() public {
        address finance = _secondBank();
        _deadmitAccount(payer);
        vm.prank(finance);
        token.admit(payer);
        _assertStanding(payer, ISettlementToken.Standing.Admitted, _OTHER_BANK);
        _transfer(payer, payee, 1);
    }

    function test_Deadmit_RevertWhen_NotAdmitted() public {
        _expectWrongStanding(outsider, ISettlementToken.Standing.None);
        _deadmitAccount(outsider);
    }

    function test_Deadmit_RevertWhen_DeadmittedAlready() public {
        _deadmitAccount(payer);
        _expectWrongStanding(payer, ISettlementToken.Standing.Deadmitted);
        _deadmitAccount(payer);
    }

    function test_Deadmit_RevertWhen_ItIsASettlementContract() public {
        _expectWrongStanding(settlements[0], ISettlementToken.Standing.Settlement);
        _deadmitAccount(settlements[0]);
        _addSettlement(address(deployer));
        _expectWrongStanding(address(deployer), ISettlementToken.Standing.Settlement);
        _deadmitAccount(address(deployer));
    }

    function test_Deadmit_KeepsTheBankAndTheBalance() public {
        vm.expectEmit(address(token));
        emit ISettlementToken.AccountDeadmitted(payer, BANK);
        _deadmitAccount(payer);
        _assertStanding(payer, ISettlementToken.Standing.Deadmitted, BANK);
        assertEq(token.balanceOf(payer), FUNDS);
    }

    function test_Deadmit_ByAnotherBank() public {
        address finance = _secondBank();
        vm.expectEmit(address(token));
        emit ISettlementToken.AccountDeadmitted(payer, _OTHER_BANK);
        vm.prank(finance);
        token.deadmit(payer);
        _assertStanding(payer, ISettlementToken.Standing.Deadmitted, BANK);
    }

    function test_AddSettlement_RevertWhen_CallerIsNotTheCouncil() public {
        address[4] memory callers = [stranger, bank.finance, seatHolders[0], regulator.admin];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, callers[i]));
            vm.prank(callers[i]);
            token.addSettlement(address(deployer));
        }
    }

    function test_AddSettlement_RevertWhen_ThereIsNoCode() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.SettlementToken_NoContract.selector, outsider));
        _addSettlement(outsider);
    }

    function test_AddSettlement_RevertWhen_ItIsOneAlready() public {
        _addSettlement(address(deployer));
        _expectWrongStanding(address(deployer), ISettlementToken.Standing.Settlement);
        _addSettlement(address(deployer));
        vm.etch(settlements[2], address(deployer).code);
        _expectWrongStanding(settlements[2], ISettlementToken.Standing.Settlement);
        _addSettlement(settlements[2]);
    }

    function test_AddSettlement_ThroughTheCouncilsVote() public {
        _govern(address(token), abi.encodeCall(token.addSettlement, (address(deployer))));
        _assertStanding(address(deployer), ISettlementToken.Standing.Settlement, NOBODY);
        _deposit(address(deployer), 5);
        _expectTransfer(address(deployer), outsider, 5);
        _transfer(address(deployer), outsider, 5);
    }

    function test_AddSettlement_OfAnAdmittedAccount() public {
        _admitAccount(address(deployer));
        vm.expectEmit(address(token));
        emit ISettlementToken.SettlementAdded(address(deployer));
        _addSettlement(address(deployer));
        _assertStanding(address(deployer), ISettlementToken.Standing.Settlement, BANK);
    }

    function _addSettlement(address settlement) private {
        vm.prank(address(council));
        token.addSettlement(settlement);
    }

    function _secondBank() private returns (address finance) {
        address admin = _account("second bank admin");
        finance = _account("second bank finance");
        _admit(_OTHER_BANK, MemberKind.Bank, admin);
        _addOperator(admin, finance, Roles.FINANCE);
    }

    function _construct(bytes3 currency) private returns (SettlementToken) {
        return new SettlementToken(address(manager), registry, settlements, currency);
    }

    function _assertCurrencyRefused(bytes3 currency) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.SettlementToken_BadCurrency.selector, currency));
        _construct(currency);
    }

    function _assertNeitherAdmitsNorEnds(address caller) private {
        _expectNotBank(caller);
        vm.prank(caller);
        token.admit(outsider);
        _expectNotBank(caller);
        vm.prank(caller);
        token.deadmit(payer);
    }
}
