"""A claim as the ledger tells it: agreement, standing, what each policy made of it, and the money until now.

Sources: `contracts/interfaces/IClaimSettlement.sol`, `IInsurancePlans.sol` (`Adjudicated`), `ICareAgreements.sol`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medunion.care.items import Item
from medunion.care.offers import Agreement
from medunion.care.templates import Code
from medunion.ledger import Event
from medunion.settlement.claim import (
    ITEM_DIGEST,
    Claim,
    ClaimLine,
    ClaimType,
    Contest,
    Insurance,
    LineAdjudication,
    Outcome,
    PolicyAdjudication,
    Stage,
    Totals,
    Use,
    allowed_of,
)
from medunion.settlement.standing import Standing


@dataclass(frozen=True, slots=True)
class Filing:
    """What was filed: service days of the evidence, each policy's payment, the patient's part, the write-off."""

    at: int
    transaction: str
    first_day: int
    last_day: int
    paid: tuple[int, ...]
    owed: int
    written_off: int

    @classmethod
    def from_event(cls, event: Event, policies: int) -> "Filing":
        """The event `ClaimFiled`."""
        values = event.arguments
        return cls(
            event.time,
            event.transaction,
            values["served"][0],
            values["served"][1],
            tuple(values["paid"][:policies]),
            values["owed"],
            values["writtenOff"],
        )


@dataclass(frozen=True, slots=True, repr=False)
class EvidenceUse:
    """The records that support a claim; `of_line` has the record of each line, empty when that cannot be told."""

    records: tuple[bytes, ...]
    of_line: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, repr=False)
class ClaimFacts:
    """One claim; `adjudications`, `review_periods` (seconds) and `rules` (masks) of its policies in order of payment.

    `changed_at` is the time of its last event.
    """

    agreement: Agreement
    standing: Standing
    filing: Filing
    evidence: EvidenceUse
    adjudications: tuple[PolicyAdjudication, ...]
    review_periods: tuple[int, ...]
    rules: tuple[int, ...]
    totals: Totals
    changed_at: int
    currency: str

    @property
    def id(self) -> bytes:
        """Its id, which is the agreement's."""
        return self.agreement.id

    @property
    def provider(self) -> int:
        """Who claims."""
        return self.agreement.terms.provider

    @property
    def insurers(self) -> tuple[int, ...]:
        """The policies' insurers, in order of payment."""
        return tuple(each.insurance.insurer for each in self.adjudications)

    def claim(self, items: Sequence[Item] | None = None, kind: ClaimType = ClaimType.INSTITUTIONAL) -> Claim:
        """The claim in clear for who knows its `items`; else with the items' digests."""
        terms, lines = self.agreement.terms, self.agreement.offer.lines
        codes = (
            [(each.code, each.quantity) for each in items] if items else [(_digest(x.item_digest), 1) for x in lines]
        )
        proofs = self.evidence.of_line or (b"",) * len(lines)
        return Claim(
            id=self.id,
            use=Use.CLAIM,
            type=kind,
            patient=terms.patient,
            provider=terms.provider,
            created=self.filing.at,
            insurances=tuple(each.insurance for each in self.adjudications),
            lines=tuple(
                ClaimLine(code, quantity, line.billed, line.category, proof)
                for (code, quantity), line, proof in zip(codes, lines, proofs, strict=True)
            ),
            first_day=self.filing.first_day,
            last_day=self.filing.last_day,
            currency=self.currency,
        )


def adjudications_of(
    agreement: Agreement,
    standing: Standing,
    filing: Filing,
    insurers: Sequence[int],
    shares: Sequence[Mapping[str, int]],
    adjudicated: Sequence[Event],
    contested: Sequence[Event],
) -> tuple[PolicyAdjudication, ...]:
    """What each policy made of the claim, from `Adjudicated`, `ClaimContested` (its last counts) and `shareOf`."""
    packed = {event.arguments["policy"]: event.arguments["lines"] for event in adjudicated}
    contests = {event.arguments["index"]: _contest(event.arguments) for event in contested}
    found = []
    for position, policy in enumerate(agreement.terms.policies):
        covers = agreement.offer.covers_of(position)
        # A policy that did not cover the days that were served ran over no line.
        lines = packed[policy] or [0] * len(covers)
        paid = shares[position]["paid"]
        found.append(
            PolicyAdjudication(
                Insurance(policy, insurers[position]),
                tuple(LineAdjudication.unpack(cover, line) for cover, line in zip(covers, lines, strict=True)),
                filing.paid[position],
                paid,
                _outcome(standing, position, paid < filing.paid[position]),
                contests.get(position),
            )
        )
    return tuple(found)


def totals_of(agreement: Agreement, standing: Standing, filing: Filing, money: Sequence[Event]) -> Totals:
    """The sums, from the claim's events about money, oldest first.

    What a ruling took back counts as given back at once, though the provider may still owe it.
    """
    insurers = patient = refunded = 0
    for event in money:
        values = event.arguments
        if event.name == "PoolPaid":
            insurers += values["amount"]
        elif event.name == "DepositDisbursed":
            patient += values["paid"]
            refunded += values["refunded"]
        elif event.name == "ReceivablePaid":
            patient += values["amount"]
        elif event.name == "DebtIncurred" and values["insurer"]:
            insurers -= values["amount"]
        elif event.name == "DebtIncurred":
            patient -= values["amount"]
            refunded += values["amount"]
        elif event.name == "ClaimReversed" and not values["byRuling"]:
            refunded += patient
            insurers = patient = 0
    offer = agreement.offer
    return Totals(
        billed=agreement.terms.price,
        allowed=allowed_of([line.billed for line in offer.lines], offer.covers, len(agreement.terms.policies)),
        insurer_paid=insurers,
        patient_paid=patient,
        refunded=refunded,
        written_off=0 if standing.stage is Stage.REVERSED else filing.written_off,
        receivable=standing.receivable,
    )


def _outcome(standing: Standing, position: int, is_less: bool) -> Outcome:
    if standing.is_open(position):
        contested = standing.stage is Stage.CONTESTED and position == standing.turn
        return Outcome.ERROR if contested else Outcome.QUEUED
    return Outcome.PARTIAL if is_less else Outcome.COMPLETE


def _contest(values: Mapping[str, Any]) -> Contest:
    return Contest(values["rule"], values["reasonDigest"], values["objectUntil"])


def _digest(item_digest: bytes) -> Code:
    return Code(ITEM_DIGEST, "0x" + item_digest.hex(), "")
