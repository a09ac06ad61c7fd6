"""Files claims through the deployed contracts: each is offered, accepted, completed on a committed leaf, and paid.

The records behind the leaves are left out: what this proves is the arithmetic and the money.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from medunion.care import terms as care
from medunion.care.agreements import Agreements
from medunion.care.offers import Offer
from medunion.care.predetermination import Predetermination, Proposal
from medunion.care.terms import Line, Terms, lines_digest
from medunion.chain import devnet
from medunion.chain.ledger import leaf_values
from medunion.errors import IntegrityError
from medunion.insurance.benefit import Adjudication, ClaimLine, LineResult, PolicyResult
from medunion.insurance.claims import Runner, Series
from medunion.insurance.plan import Accumulators, PlanTerms
from medunion.insurance.policies import Policies
from medunion.insurance.proving_ground import HOSPITAL, LANE, ProvingGround, proving_ground
from medunion.ledger import Leaf, Receipt
from medunion.records.leaf import hash_leaf
from medunion.settlement.claims import Claims
from medunion.vocabulary import Category

_DAY = 86_400
_CATEGORY = Category.CLAIMS
_REVIEW = 3 * _DAY
_FIELD = 2**48 - 1
_CLAIMS = 100
"""Claims of one devnet."""


@dataclass(frozen=True)
class InsuredPolicy:
    """A policy that was issued and accepted, with its plan's terms."""

    policy: bytes
    terms: PlanTerms


@contextmanager
def contracts(renewed_after: int = _CLAIMS) -> Iterator[Runner]:
    """The runner by the contracts of a devnet, which is a new one after so many claims; DevnetError when none starts.

    Anvil's next block costs as much as all that is on its chain: ten small chains are several times faster than one.
    """
    with ExitStack() as ground:
        runner = ClaimRunner(ground.enter_context(proving_ground()))
        filed = 0

        def run(series: Series) -> Iterator[Adjudication]:
            nonlocal runner, filed
            if filed >= renewed_after:
                ground.close()
                runner, filed = ClaimRunner(ground.enter_context(proving_ground())), 0
            filed += len(series.claims)
            return runner.run(series)

        yield run


class ClaimRunner:
    """Files claims of the proving ground's patient."""

    def __init__(self, ground: ProvingGround) -> None:
        self._on = ground
        self._ledger = ground.ledger
        self._policies = Policies(ground.ledger, ground.insurer)

    def run(self, series: Series) -> Iterator[Adjudication]:
        """What the contracts make of a series, claim by claim (a `Runner` of `medunion.insurance.claims`).

        No service is settled before its day: the devnet's clock moves to the last one, should that lie ahead.
        """
        days = [claim.service_day for claim in series.claims]
        ahead = care.begin_of(max(days)) - self._ledger.now()
        if ahead > 0:
            devnet.advance(self._ledger.connection, ahead)
        opened = zip(series.policies, series.start, strict=True)
        insured = [self.insure(terms, opening, min(days), max(days)) for terms, opening in opened]
        for claim in series.claims:
            yield self.file(claim.lines, insured, claim.service_day)

    def insure(self, terms: PlanTerms, opening: Accumulators, first_day: int, last_day: int) -> InsuredPolicy:
        """Publishes a plan of these terms by calendar years and issues a policy, which the patient accepts."""
        unlimited = _FIELD
        plan = (
            terms.benefit(),
            terms.ledger_bands(),
            list(terms.class_self_pay_bps.values()),
            *(1, unlimited, _REVIEW, 1, secrets.token_bytes(32)),
        )
        published = self._on.insurer.transact("InsurancePlans", "publish", plan)
        number = int(_event(published, "PlanPublished")["plan"])
        self._on.insurer.transact("InsurancePlans", "setNetwork", number, HOSPITAL, True)
        policy, _ = self._policies.issue(number, self._on.patient, first_day, last_day, opening=opening)
        self._policies.acting(self._on.controller).accept(policy)
        return InsuredPolicy(policy, terms)

    def file(self, lines: Sequence[ClaimLine], policies: Sequence[InsuredPolicy], day: int) -> Adjudication:
        """Files one claim of a service day and reads what the contracts made of it.

        IntegrityError when the money that moved is not what the claim says.
        """
        ledger_lines = tuple(Line(secrets.token_bytes(32), line.billed, _CATEGORY) for line in lines)
        covers = tuple(
            care.Cover(policy.terms.class_index(cover.class_name), cover.allowed)
            for line in lines
            for policy, cover in zip(policies, line.covers, strict=True)
        )
        terms = self._terms(ledger_lines, covers, policies, day)
        offer = Offer(terms, ledger_lines, covers)
        agreements = Agreements(self._ledger, self._on.hospital)
        agreements.offer(offer, self._answers(offer))
        acceptance = agreements.authorize(
            self._on.payer.account, offer, [LANE] * len(policies), deadline=terms.accept_until
        )
        agreements.relay(agreements.sign_acceptance(self._on.controller.account, offer, acceptance))
        return self._read(self._complete(offer, day), terms, policies, lines, day)

    def _terms(
        self, lines: Sequence[Line], covers: Sequence[care.Cover], policies: Sequence[InsuredPolicy], day: int
    ) -> Terms:
        price, now = sum(line.billed for line in lines), self._ledger.now()
        return Terms(
            patient=self._on.patient,
            provider=HOSPITAL,
            payee=self._on.payee,
            disclosure_digest=secrets.token_bytes(32),
            lines_digest=lines_digest(lines, covers),
            policies=tuple(policy.policy for policy in policies),
            price=price,
            max_patient_share=price,
            deposit=price,
            service_from=day,
            service_until=day,
            accept_until=now + _DAY,
            reserved_until=now + _DAY,
            care_plan=bytes(32),
            visit=0,
            salt=secrets.token_bytes(32),
        )

    def _answers(self, offer: Offer) -> list[Predetermination]:
        insurer, until = self._on.insurer, offer.terms.accept_until
        answers = []
        for position in range(len(offer.terms.policies)):
            message = Proposal(position, offer.terms, offer.lines, offer.covers, ()).message(until)
            signature = self._ledger.sign(insurer.account, "Predetermination", message)
            answers.append(Predetermination(insurer.address, until, signature))
        return answers

    def _complete(self, offer: Offer, day: int) -> Receipt:
        leaf = Leaf(
            patient=self._on.patient,
            author=HOSPITAL,
            record_id=secrets.token_bytes(32),
            version=1,
            category=int(_CATEGORY),
            service_day=day,
            body_digest=secrets.token_bytes(32),
            content_commitment=secrets.token_bytes(32),
            previous_leaf=bytes(32),
        )
        root = hash_leaf(leaf)
        self._on.hospital.transact("RecordRegistry", "commit", (self._on.patient, root, 1, secrets.token_bytes(32)))
        claims = Claims(self._ledger)
        receipt = claims.sign_receipt(self._on.controller.account, offer.id, deadline=offer.terms.accept_until)
        proof: list[bytes] = []
        evidence = [(root, leaf_values(leaf), proof)]
        completion = (*offer.as_arguments(), evidence, [0] * len(offer.lines), receipt.as_arguments())
        return self._on.hospital.transact("ClaimSettlement", "complete", completion)

    def _read(
        self,
        receipt: Receipt,
        terms: Terms,
        policies: Sequence[InsuredPolicy],
        lines: Sequence[ClaimLine],
        day: int,
    ) -> Adjudication:
        remaining = [line.billed for line in lines]
        events = {event.arguments["policy"]: event.arguments for event in receipt.events if event.name == "Adjudicated"}
        results = []
        for policy in policies:
            found = events[policy.policy]
            parts = [_unpack(packed) for packed in found["lines"]]
            for index, part in enumerate(parts):
                remaining[index] -= part.paid
            used = self._policies.usage(policy.policy, day).accumulators
            results.append(PolicyResult(tuple(parts), found["share"]["paid"], used))
        self._require_paid(receipt, terms, results, sum(remaining))
        return Adjudication(tuple(results), tuple(remaining))

    def _require_paid(self, receipt: Receipt, terms: Terms, results: Sequence[PolicyResult], patient: int) -> None:
        """What the hospital received is what the policies and the patient owe; the rest went back."""
        moved = [event.arguments for event in receipt.events if event.name == "Transfer"]
        received = sum(each["value"] for each in moved if each["to"] == self._on.payee)
        refunded = sum(each["value"] for each in moved if each["to"] == self._on.payer.address)
        expected = sum(result.paid for result in results) + patient
        if received != expected or refunded != terms.deposit - patient:
            raise IntegrityError(
                "the money that moved is not what the claim says",
                step="settle",
                received=received,
                expected=expected,
                refunded=refunded,
            )


def _unpack(packed: int) -> LineResult:
    return LineResult(*(packed >> shift & _FIELD for shift in (0, 48, 96, 144)))


def _event(receipt: Receipt, name: str) -> dict[str, Any]:
    return next(event.arguments for event in receipt.events if event.name == name)
