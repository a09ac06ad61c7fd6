"""Money through commands: for people, and as JSON."""

from collections.abc import Iterator
from itertools import count

import pytest

from .commands import Cli

pytestmark = pytest.mark.devnet
NUMBERS = count(1)


@pytest.fixture(scope="module")
def bank(cli: Cli) -> Iterator[str]:
    """The only bank, suspended afterwards: other files know the members that they need."""
    cli.said("member", "propose", "bank", "--kind", "bank", "--seat", 1, "--seat", 2)
    yield "bank"
    cli.said("member", "suspend", "bank", "--seat", 1, "--seat", 2)


@pytest.fixture
def wallet(cli: Cli, bank: str) -> str:
    """A wallet whose payer account is admitted and holds 20.00."""
    name = f"payer-{next(NUMBERS)}"
    cli.said("wallet", "new", name)
    cli.said("token", "admit", name, "--by", bank)
    cli.said("token", "issue", name, "20", "--booking", f"paid in by {name}")
    return name


class TestAdmission:
    def test_a_member_a_wallet_and_an_account(self, cli: Cli, bank: str) -> None:
        cli.said("wallet", "new", "newcomer")
        for who in ("hospital-a", "newcomer", "0x" + "12" * 20):
            assert cli.data("token", "balance", who)["standing"] == "none"
            done = cli.data("token", "admit", who)
            found = cli.data("token", "balance", who)
            assert done["account"] == found["account"]
            assert (found["standing"], found["bank"], found["amount"]) == ("admitted", bank, 0)
            assert "is no longer admitted" in cli.said("token", "deadmit", who)
            assert "de-admitted" in cli.said("token", "balance", who)

    def test_a_member_holds_its_money_in_its_finance_account(self, cli: Cli, bank: str) -> None:
        operators = {each["operator"]: each["account"] for each in cli.data("operator", "list", bank)}
        assert cli.data("token", "balance", bank)["account"] == operators["finance"]

    def test_each_id_of_a_wallet_has_a_payer_account_of_its_own(self, cli: Cli, wallet: str) -> None:
        cli.said("wallet", "new", wallet, "--id", "travel")
        accounts = [cli.data("token", "balance", who)["account"] for who in (wallet, f"{wallet}:1", f"{wallet}:travel")]
        assert accounts[0] == accounts[1] != accounts[2]
        shown = {each["account"] for each in cli.data("wallet", "show", wallet)}
        assert not shown & set(accounts)

    @pytest.mark.usefixtures("bank")
    def test_who_is_nobody_is_refused(self, cli: Cli) -> None:
        assert "nobody is no member, wallet or account here" in cli.refused("token", "balance", "nobody")
        assert "only a finance account of an active bank" in cli.refused("token", "admit", "clinic", "--by", "clinic")

    @pytest.mark.usefixtures("bank")
    def test_a_name_that_means_two_is_refused(self, cli: Cli) -> None:
        cli.said("wallet", "new", "clinic")
        try:
            assert "both a member and a wallet" in cli.refused("token", "balance", "clinic")
        finally:
            (cli.home / "wallets" / "clinic.json").unlink()


class TestIssue:
    def test_says_who_received_what(self, cli: Cli, wallet: str) -> None:
        assert f"{wallet} received 12.50 CNY." in cli.said("token", "issue", wallet, "12.5", "--booking", "a cheque")
        assert cli.data("token", "balance", wallet)["amount"] == 32_50
        assert "32.50 CNY" in cli.said("token", "balance", wallet)

    def test_a_booking_is_issued_once(self, cli: Cli, wallet: str) -> None:
        error = cli.refused("token", "issue", wallet, "20", "--booking", f"paid in by {wallet}")
        assert "issued for this booking before" in error
        assert cli.data("token", "balance", wallet)["amount"] == 20_00

    @pytest.mark.parametrize("amount", ["12,50", "0.001", "1e3", "lots", "0", "0.00", "", "1,000.00"])
    def test_what_is_no_amount_changes_nothing(self, cli: Cli, wallet: str, amount: str) -> None:
        assert "amount" in cli.refused("token", "issue", wallet, amount, "--booking", "another")
        assert cli.data("token", "balance", wallet)["amount"] == 20_00


class TestRedeem:
    def test_a_wallet_without_gas(self, cli: Cli, wallet: str) -> None:
        done = cli.data("token", "redeem", wallet, "7.25", "--to", "account 12-3", "--via", "hospital-a")
        assert done["amount"] == 7_25
        assert "account 12" not in str(done)
        assert cli.data("token", "balance", wallet)["amount"] == 12_75

    def test_the_bank_is_told_the_salt(self, cli: Cli, wallet: str) -> None:
        cli.said("token", "deadmit", wallet)
        said = cli.said("token", "redeem", wallet, "20", "--to", "account 12-3")
        assert f"{wallet} gave back 20.00 CNY." in said
        assert "this salt: 0x" in said

    def test_a_member(self, cli: Cli, bank: str) -> None:
        cli.said("token", "admit", "laboratory", "--by", bank)
        cli.said("token", "issue", "laboratory", "5", "--booking", "paid in by the laboratory")
        cli.said("token", "redeem", "laboratory", "2", "--to", "our account")
        assert cli.data("token", "balance", "laboratory")["amount"] == 3_00

    def test_more_than_there_is(self, cli: Cli, wallet: str) -> None:
        said = cli.refused("token", "redeem", wallet, "20.01", "--to", "account 12-3")
        assert "holds less than that" in said
        assert "balance: 20.00" in said

    def test_nowhere(self, cli: Cli, wallet: str) -> None:
        assert "where the bank is to pay must be named" in cli.refused("token", "redeem", wallet, "1.00", "--to", " ")


class TestSupply:
    def test_is_conserved_and_names_the_holders(self, cli: Cli, wallet: str) -> None:
        found = cli.data("token", "supply")
        holders = {each["name"]: each["amount"] for each in found["holders"]}
        assert holders[f"{wallet}:1"] == 20_00
        assert found["currency"] == "CNY"
        assert found["conserved"]
        assert found["issued"] - found["redeemed"] == found["held"] == sum(holders.values())
        said = cli.said("token", "supply")
        assert "Conserved: issued less redeemed is what the holders have." in said
        assert f"{wallet}:1" in said


class TestSettlementContracts:
    @pytest.mark.usefixtures("bank")
    def test_the_council_adds_one(self, cli: Cli) -> None:
        deployment = (cli.home / "deployment.json").read_text()
        successor = next(each for each in deployment.split('"') if each.startswith("0x") and len(each) == 42)
        waiting = cli.data("token", "add-settlement", successor, "--seat", 1)
        assert waiting["action"] == "addSettlement"
        cli.said("member", "approve", waiting["proposal"], "--seat", 2)
        assert cli.data("token", "balance", successor)["standing"] == "settlement"
