import secrets
from collections.abc import Iterator

import pytest

from medunion.chain.accounts import Account
from medunion.chain.sender import Sender
from medunion.chain.service import SignedAction
from medunion.errors import ChainError, ContractRefused
from medunion.governance.council import Council
from medunion.identity.wallet import Identity
from medunion.settlement.token import Standing, Tokens

from .conftest import BANK, Member, World

pytestmark = pytest.mark.devnet
RECEIVE = "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"


@pytest.fixture
def tokens(bank: Member, world: World) -> Tokens:
    """The token, with the bank's finance account sending."""
    return Tokens(world.ledger, bank.staff)


@pytest.fixture
def holder(tokens: Tokens, world: World) -> Sender:
    """An admitted account with gas that holds 100.00."""
    account = world.account()
    tokens.admit(account.address)
    tokens.issue(account.address, 100_00, secrets.token_bytes(32))
    return account


@pytest.fixture
def payer(tokens: Tokens, patient: Identity) -> Account:
    """A patient's payer account without gas, admitted, that holds 20.00."""
    tokens.admit(patient.payer.address)
    tokens.issue(patient.payer.address, 20_00, secrets.token_bytes(32))
    return patient.payer


class TestAdmission:
    def test_a_bank_admits_and_ends_it(self, tokens: Tokens, world: World) -> None:
        account = world.account().address
        assert tokens.holding(account).standing is Standing.NONE
        tokens.admit(account)
        found = tokens.holding(account)
        assert (found.standing, found.bank, found.amount) == (Standing.ADMITTED, BANK, 0)
        tokens.deadmit(account)
        found = tokens.holding(account)
        assert (found.standing, found.bank) == (Standing.DEADMITTED, BANK)

    def test_finance_of_another_member_admits_nobody(self, tokens: Tokens, hospital: Member) -> None:
        with pytest.raises(ContractRefused) as refused:
            tokens.acting(hospital.staff).admit(hospital.admin.address)
        assert refused.value.details["error"] == "SettlementToken_NotBank"

    def test_contracts_of_the_deployment_settle(self, tokens: Tokens) -> None:
        for name in ("CareAgreements", "InsurancePlans", "ClaimSettlement"):
            assert tokens.holding(tokens.ledger.contracts.address(name)).standing is Standing.SETTLEMENT
        assert tokens.holding(tokens.ledger.contracts.address("CarePlans")).standing is Standing.NONE

    def test_the_council_adds_a_successor(self, tokens: Tokens, world: World) -> None:
        successor = tokens.ledger.contracts.address("CareEpisodes")
        Council(world.ledger).decide(tokens.add_settlement(successor), world.seats)
        assert tokens.holding(successor).standing is Standing.SETTLEMENT


class TestIssue:
    def test_a_booking_is_issued_once(self, tokens: Tokens, holder: Sender) -> None:
        booking = secrets.token_bytes(32)
        tokens.issue(holder.address, 5, booking)
        with pytest.raises(ContractRefused) as refused:
            tokens.issue(holder.address, 5, booking)
        assert refused.value.details["error"] == "SettlementToken_BookingUsed"
        assert tokens.holding(holder.address).amount == 100_05

    def test_only_to_admitted_accounts(self, tokens: Tokens, world: World) -> None:
        with pytest.raises(ContractRefused) as refused:
            tokens.issue(world.account().address, 5, secrets.token_bytes(32))
        assert refused.value.details["error"] == "SettlementToken_NotAdmitted"


class TestTransfer:
    def test_between_admitted_accounts(self, tokens: Tokens, holder: Sender, payer: Account) -> None:
        tokens.acting(holder).transfer(payer.address, 1_50)
        assert tokens.holding(payer.address).amount == 21_50

    def test_not_after_de_admission(self, tokens: Tokens, holder: Sender, payer: Account) -> None:
        tokens.deadmit(holder.address)
        with pytest.raises(ContractRefused, match="NotAdmitted"):
            tokens.acting(holder).transfer(payer.address, 1)

    def test_a_contract_takes_no_more_than_was_approved(self, tokens: Tokens, holder: Sender) -> None:
        plans = tokens.ledger.contracts.address("InsurancePlans")
        tokens.acting(holder).approve(plans, 7)
        assert tokens.ledger.call("SettlementToken", "allowance", holder.address, plans) == 7


class TestRedeem:
    def test_by_the_holder_even_de_admitted(self, tokens: Tokens, holder: Sender) -> None:
        tokens.deadmit(holder.address)
        receipt = tokens.acting(holder).redeem(40_00, b"\x05" * 32)
        event = next(each for each in receipt.events if each.name == "TokensRedeemed")
        assert (event.arguments["amount"], event.arguments["bank"]) == (40_00, BANK)
        assert event.arguments["bookingDigest"] == b"\x05" * 32
        assert tokens.holding(holder.address).amount == 60_00

    def test_by_a_signature_that_a_member_relays(self, tokens: Tokens, payer: Account, hospital: Member) -> None:
        action = SignedAction.decode(tokens.sign_redemption(payer, 8_00, b"\x06" * 32).encode())
        tokens.acting(hospital.staff).relay(action)
        assert tokens.holding(payer.address).amount == 12_00
        with pytest.raises(ContractRefused) as refused:
            tokens.relay(action)
        assert refused.value.details["error"] == "ERC3009UsedAuthorization"

    def test_more_than_there_is(self, tokens: Tokens, payer: Account) -> None:
        with pytest.raises(ContractRefused, match="ERC20InsufficientBalance"):
            tokens.relay(tokens.sign_redemption(payer, 20_01, bytes(32)))


class TestPayment:
    def test_only_its_receiver_collects_it_once(self, tokens: Tokens, payer: Account, holder: Sender) -> None:
        nonce, before = secrets.token_bytes(32), tokens.ledger.deadline()
        signature = tokens.sign_payment(payer, holder.address, 3_00, nonce, before)
        arguments = (payer.address, holder.address, 3_00, 0, before, nonce, signature)
        with pytest.raises(ContractRefused, match="ERC20InvalidReceiver"):
            tokens.sender.transact("SettlementToken", RECEIVE, *arguments)
        assert not tokens.is_used(payer.address, nonce)
        holder.transact("SettlementToken", RECEIVE, *arguments)
        assert tokens.is_used(payer.address, nonce)
        assert tokens.holding(holder.address).amount == 103_00
        with pytest.raises(ContractRefused, match="ERC3009UsedAuthorization"):
            holder.transact("SettlementToken", RECEIVE, *arguments)

    def test_is_void_when_cancelled(self, tokens: Tokens, payer: Account, holder: Sender, hospital: Member) -> None:
        nonce, before = secrets.token_bytes(32), tokens.ledger.deadline()
        signature = tokens.sign_payment(payer, holder.address, 3_00, nonce, before)
        action = SignedAction.decode(tokens.sign_cancellation(payer, nonce).encode())
        tokens.acting(hospital.staff).relay(action)
        assert tokens.is_used(payer.address, nonce)
        with pytest.raises(ContractRefused, match="ERC3009UsedAuthorization"):
            holder.transact(
                "SettlementToken", RECEIVE, payer.address, holder.address, 3_00, 0, before, nonce, signature
            )


class TestSupply:
    def test_what_was_issued_less_what_was_redeemed_is_held(self, tokens: Tokens, holder: Sender) -> None:
        before = tokens.supply()
        emptied = tokens.acting(holder)
        emptied.redeem(100_00, bytes(32))
        after = tokens.supply()
        assert before.currency == "CNY"
        assert before.conserved
        assert after.conserved
        assert before.balances[holder.address] == 100_00
        assert holder.address not in after.balances
        assert (after.issued, after.redeemed) == (before.issued, before.redeemed + 100_00)
        assert after.held == after.total_supply == before.held - 100_00

    @pytest.mark.usefixtures("holder")
    def test_a_chain_that_moves_on_is_read_again(self, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
        heads: Iterator[int] = iter([1, 2, 3, 3])
        monkeypatch.setattr(tokens.ledger, "head", lambda: (next(heads), 0))
        assert tokens.supply().block == 3

    def test_one_that_never_rests_is_told(self, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
        heads: Iterator[int] = iter(range(100))
        monkeypatch.setattr(tokens.ledger, "head", lambda: (next(heads), 0))
        with pytest.raises(ChainError, match="stand still"):
            tokens.supply()
