"""Who owes whom from claims, in a period: read from the ledger's events, netted between each two parties.

    insurer      a policy's payment              insurer -> provider    PoolPaid
    deposit      the patient's part, deposited   payer -> provider      DepositDisbursed
    receivable   the patient's part since        payer -> provider      ReceivablePaid
    debt         set off or paid, from rulings   provider -> creditor   DebtPaid
    reversal     a claim given back (退费/冲正)  provider -> both       ClaimReversed, by the provider

Members stand under their number, payers under their account. What was deposited and went back unused is nobody's debt.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from medunion.care.terms import is_account
from medunion.chain.ledger import ChainLedger
from medunion.ledger import Event

_SETTLEMENT: Final = "ClaimSettlement"


class Kind(StrEnum):
    """What an obligation comes from."""

    INSURER = "insurer"
    DEPOSIT = "deposit"
    RECEIVABLE = "receivable"
    DEBT = "debt"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True, order=True)
class Party:
    """A `member` by its number, or an `account` by its address; accounts come first in order."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def member(cls, number: int) -> Self:
        """A member."""
        return cls("member", str(number))

    @classmethod
    def account(cls, address: str) -> Self:
        """A payer's account."""
        return cls("account", address)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """A party as it is written (`member:7`); None when it is none."""
        kind, _, name = text.partition(":")
        if kind == "member" and name.isascii() and name.isdecimal() and name == str(int(name)):
            return cls(kind, name)
        return cls(kind, name) if kind == "account" and is_account(name) else None


@dataclass(frozen=True, slots=True)
class Obligation:
    """One amount that one party owes another for a claim, since a transaction at a time in seconds."""

    claim: bytes
    kind: Kind
    debtor: Party
    creditor: Party
    amount: int
    transaction: str
    at: int


@dataclass(frozen=True, slots=True)
class Payment:
    """What remains between two parties: `amount` from debtor to creditor; zero when all was set off."""

    debtor: Party
    creditor: Party
    obligations: tuple[Obligation, ...]

    @property
    def gross(self) -> int:
        """What the debtor owes before what is set off."""
        return sum(each.amount for each in self.obligations if each.debtor == self.debtor)

    @property
    def set_off(self) -> int:
        """What the creditor owes the debtor."""
        return sum(each.amount for each in self.obligations if each.debtor != self.debtor)

    @property
    def amount(self) -> int:
        """What is to be paid."""
        return self.gross - self.set_off


def net(obligations: Iterable[Obligation]) -> tuple[Payment, ...]:
    """One payment for each two parties, from the one that owes more, in the parties' order; obligations keep theirs."""
    between: dict[tuple[Party, Party], list[Obligation]] = {}
    for each in obligations:
        first, second = sorted((each.debtor, each.creditor))
        between.setdefault((first, second), []).append(each)
    payments = []
    for (first, second), found in between.items():
        payment = Payment(first, second, tuple(found))
        payments.append(payment if payment.amount >= 0 else Payment(second, first, tuple(found)))
    return tuple(sorted(payments, key=lambda each: (each.debtor, each.creditor)))


def read_obligations(ledger: ChainLedger, first: int, end: int) -> tuple[Obligation, ...]:
    """The obligations of blocks from `first` on and before `end` (seconds), in the ledger's order."""
    found = _Reader(ledger).obligations()
    return tuple(each for each in found if first <= each.at < end)


class _Reader:
    """All events about money of claims, in the ledger's order, with whom they are between."""

    def __init__(self, ledger: ChainLedger) -> None:
        filed = ledger.events(_SETTLEMENT, "ClaimFiled")
        accepted = ledger.events("CareAgreements", "AgreementAccepted")
        self._providers = {each.arguments["claim"]: Party.member(each.arguments["provider"]) for each in filed}
        self._payers = {each.arguments["agreement"]: Party.account(each.arguments["payer"]) for each in accepted}
        names = ("ReceivablePaid", "DebtIncurred", "DebtPaid", "ClaimReversed")
        events = [
            *ledger.events("InsurancePlans", "PoolPaid"),
            *ledger.events("CareAgreements", "DepositDisbursed"),
            *(event for name in names for event in ledger.events(_SETTLEMENT, name)),
        ]
        self._events = sorted(events, key=lambda event: (event.block, event.log_index))
        self._paid: dict[bytes, dict[Party, int]] = {}

    def obligations(self) -> list[Obligation]:
        found = []
        for event in self._events:
            found += self._of(event)
        return found

    def _of(self, event: Event) -> list[Obligation]:
        values = event.arguments
        claim: bytes = values["agreement"] if "agreement" in values else values["claim"]
        if event.name == "ClaimReversed":
            return [] if values["byRuling"] else self._given_back(event, claim)
        if event.name == "DebtIncurred":
            # Owed from now on, set off later: what a reversal gives back is less by it.
            self._count(claim, self._creditor(claim, values), -values["amount"])
            return []
        if event.name == "DebtPaid":
            provider = Party.member(values["provider"])
            return _some(event, claim, Kind.DEBT, provider, self._creditor(claim, values), values["amount"])
        if event.name == "PoolPaid":
            kind, debtor, amount = Kind.INSURER, Party.member(values["insurer"]), values["amount"]
        elif event.name == "ReceivablePaid":
            kind, debtor, amount = Kind.RECEIVABLE, Party.account(values["from"]), values["amount"]
        else:
            kind, debtor, amount = Kind.DEPOSIT, self._payers[claim], values["paid"]
        # Whoever paid of a receivable, a reversal gives it to the account that paid the deposit.
        self._count(claim, self._payers[claim] if kind is not Kind.INSURER else debtor, amount)
        return _some(event, claim, kind, debtor, self._providers[claim], amount)

    def _given_back(self, event: Event, claim: bytes) -> list[Obligation]:
        provider = self._providers[claim]
        found = []
        for party, amount in self._paid.pop(claim, {}).items():
            found += _some(event, claim, Kind.REVERSAL, provider, party, amount)
        return found

    def _creditor(self, claim: bytes, values: Mapping[str, Any]) -> Party:
        return Party.member(values["insurer"]) if values["insurer"] else self._payers[claim]

    def _count(self, claim: bytes, party: Party, amount: int) -> None:
        paid = self._paid.setdefault(claim, {})
        paid[party] = paid.get(party, 0) + amount


def _some(event: Event, claim: bytes, kind: Kind, debtor: Party, creditor: Party, amount: int) -> list[Obligation]:
    if not amount:
        return []
    return [Obligation(claim, kind, debtor, creditor, amount, event.transaction, event.time)]
