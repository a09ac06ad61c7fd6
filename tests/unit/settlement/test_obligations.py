"""Obligations from the ledger's events: payments, what rulings and reversals take back, and to whom it is owed."""

from typing import Any

from medunion.chain.abi import checksum
from medunion.ledger import Event
from medunion.settlement.obligations import Kind, Party, net, read_obligations

CLAIM, OTHER = b"\x01" * 32, b"\x02" * 32
PAYER = checksum("0x" + "0a" * 20)
FRIEND = checksum("0x" + "0b" * 20)
PROVIDER, INSURER = Party.member(2), Party.member(4)


class Shown:
    """A ledger that shows these events, a second apart from 100 on."""

    def __init__(self, *happened: tuple[str, dict[str, Any]]) -> None:
        began = [("ClaimFiled", {"claim": claim, "provider": 2}) for claim in (CLAIM, OTHER)] + [
            ("AgreementAccepted", {"agreement": claim, "payer": PAYER}) for claim in (CLAIM, OTHER)
        ]
        self._events = [
            Event("", name, arguments, 1 + at // 2, at % 2, f"0x{at:02x}", 100 + at)
            for at, (name, arguments) in enumerate([*began, *happened])
        ]
        self.first = 100 + len(began)

    def events(self, _contract: str, name: str) -> list[Event]:
        return [event for event in self._events if event.name == name]

    def read(self, first: int | None = None, end: int = 1_000) -> list[tuple[Kind, Party, Party, int]]:
        start = self.first if first is None else first
        found = read_obligations(self, start, end)  # type: ignore[arg-type]
        return [(each.kind, each.debtor, each.creditor, each.amount) for each in found]


def pool(amount: int, claim: bytes = CLAIM) -> tuple[str, dict[str, Any]]:
    return "PoolPaid", {"agreement": claim, "insurer": 4, "amount": amount}


def deposit(paid: int) -> tuple[str, dict[str, Any]]:
    return "DepositDisbursed", {"agreement": CLAIM, "paid": paid, "refunded": 7}


def debt(name: str, insurer: int, amount: int) -> tuple[str, dict[str, Any]]:
    return name, {"provider": 2, "claim": CLAIM, "insurer": insurer, "amount": amount}


REVERSED = ("ClaimReversed", {"claim": CLAIM, "byRuling": False})
RECEIVABLE = ("ReceivablePaid", {"claim": CLAIM, "from": FRIEND, "amount": 30})


class TestReadObligations:
    def test_who_paid_whom(self) -> None:
        payer, friend = Party.account(PAYER), Party.account(FRIEND)
        assert Shown(deposit(20), pool(80), RECEIVABLE).read() == [
            (Kind.DEPOSIT, payer, PROVIDER, 20),
            (Kind.INSURER, INSURER, PROVIDER, 80),
            (Kind.RECEIVABLE, friend, PROVIDER, 30),
        ]

    def test_a_deposit_that_went_back_whole_is_nobodys_debt(self) -> None:
        assert Shown(deposit(0)).read() == []

    def test_a_debt_is_owed_when_it_is_paid_not_when_a_ruling_makes_it(self) -> None:
        shown = Shown(pool(80), debt("DebtIncurred", 4, 50), pool(60, OTHER), debt("DebtPaid", 4, 50))
        found = shown.read()
        assert found[-1] == (Kind.DEBT, PROVIDER, INSURER, 50)
        assert [each[0] for each in found] == [Kind.INSURER, Kind.INSURER, Kind.DEBT]
        (payment,) = net(read_obligations(shown, 0, 1_000))  # type: ignore[arg-type]
        assert (payment.debtor, payment.amount) == (INSURER, 90)

    def test_a_debt_to_the_patient_is_owed_to_who_paid_the_deposit(self) -> None:
        found = Shown(deposit(20), debt("DebtIncurred", 0, 5), debt("DebtPaid", 0, 5)).read()
        assert found[-1] == (Kind.DEBT, PROVIDER, Party.account(PAYER), 5)

    def test_a_reversal_gives_back_what_was_paid_receivables_to_the_deposits_payer(self) -> None:
        found = Shown(deposit(20), pool(80), RECEIVABLE, REVERSED).read()
        assert sorted(found[-2:]) == sorted(
            [(Kind.REVERSAL, PROVIDER, Party.account(PAYER), 50), (Kind.REVERSAL, PROVIDER, INSURER, 80)]
        )

    def test_after_a_ruling_only_what_it_left(self) -> None:
        found = Shown(deposit(20), pool(80), debt("DebtIncurred", 4, 50), debt("DebtIncurred", 0, 20), REVERSED).read()
        assert found[-1] == (Kind.REVERSAL, PROVIDER, INSURER, 30)
        assert [each[0] for each in found].count(Kind.REVERSAL) == 1

    def test_a_reversal_by_ruling_is_its_debts(self) -> None:
        by_ruling = ("ClaimReversed", {"claim": CLAIM, "byRuling": True})
        assert [each[0] for each in Shown(pool(80), debt("DebtIncurred", 4, 80), by_ruling).read()] == [Kind.INSURER]

    def test_the_period_ends_before_its_end(self) -> None:
        shown = Shown(deposit(20), pool(80), RECEIVABLE)
        at = shown.first + 1
        assert [each[0] for each in shown.read(at, at + 1)] == [Kind.INSURER]
        assert shown.read(at, at) == []
