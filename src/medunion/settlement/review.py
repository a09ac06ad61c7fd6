"""The insurer's desk for claims: what its engine is told of filed claims, and the way of its answers to the ledger.

Implements `insurance.engine.ports.ClaimDesk`.
"""

from collections.abc import Collection, Sequence

from medunion.access.grants import LANES
from medunion.care.agreements import Agreements
from medunion.care.terms import Terms
from medunion.insurance.engine.ports import FiledClaim
from medunion.ledger import AccessReason
from medunion.settlement.claim import Stage
from medunion.settlement.claims import Claims
from medunion.settlement.facts import ClaimFacts
from medunion.vocabulary import Purpose


class ReviewDesk:
    """Claims on one insurer's policies; `claims` sends as an account with ADJUDICATOR."""

    def __init__(self, claims: Claims, insurer: int) -> None:
        self._claims = claims
        self._insurer = insurer

    def awaiting(self) -> Sequence[FiledClaim]:
        """See `ClaimDesk.awaiting`."""
        now = self._claims.ledger.now()
        found = []
        for facts in self._claims.of(insurer=self._insurer, is_open=True):
            standing, turn = facts.standing, facts.standing.turn
            if standing.stage is not Stage.PENDING or turn is None or now > standing.review_until(facts.review_periods):
                continue
            if facts.insurers[turn] == self._insurer:
                found.append((facts, turn))
        return self._filed(found)

    def settled(self, since: int) -> Sequence[FiledClaim]:
        """See `ClaimDesk.settled`."""
        settled = self._told("ClaimSettled", since)
        return self._filed(
            [
                (facts, position)
                for facts in self._claims.of(insurer=self._insurer, among=settled)
                for position, insurer in enumerate(facts.insurers)
                if insurer == self._insurer
            ]
        )

    def given_back(self, since: int) -> Collection[bytes]:
        """See `ClaimDesk.given_back`."""
        return self._told("ClaimReversed", since)

    def request_evidence(self, claim: FiledClaim) -> None:
        """See `ClaimDesk.request_evidence`."""
        self._claims.request_evidence(self._terms(claim))

    def approve(self, claim: FiledClaim) -> None:
        """See `ClaimDesk.approve`."""
        self._claims.approve(self._terms(claim))

    def contest(self, claim: FiledClaim, rule: int, reason_digest: bytes) -> None:
        """See `ClaimDesk.contest`."""
        self._claims.contest(self._terms(claim), rule, reason_digest)

    def _told(self, name: str, since: int) -> set[bytes]:
        events = self._claims.ledger.events("ClaimSettlement", name)
        return {event.arguments["claim"] for event in events if event.time >= since}

    def _terms(self, claim: FiledClaim) -> Terms:
        return Agreements(self._claims.ledger).get(claim.claim).terms

    def _filed(self, found: Sequence[tuple[ClaimFacts, int]]) -> list[FiledClaim]:
        """Claims, each by the policy at a position."""
        scopes = [(facts.agreement.terms.patient, facts.agreement.offer.categories) for facts, _ in found]
        lanes = self._lanes(sorted(set(scopes)))
        return [_filed(*each, lanes[scope]) for each, scope in zip(found, scopes, strict=True)]

    def _lanes(self, scopes: Sequence[tuple[bytes, int]]) -> dict[tuple[bytes, int], int]:
        """The first lane by which the insurer may read a patient's categories for payment now; 0 when none lets it."""
        ledger = self._claims.ledger
        now, purpose = ledger.now(), int(Purpose.HPAYMT)
        asked = [
            ("AccessGrants", "allowsAt", patient, self._insurer, lane, purpose, categories, 0, now)
            for patient, categories in scopes
            for lane in range(LANES)
        ]
        answers = ledger.calls(asked) if asked else []
        allowed = [answer == AccessReason.ALLOWED for answer in answers]
        return {
            scope: next((lane for lane in range(LANES) if allowed[index * LANES + lane]), 0)
            for index, scope in enumerate(scopes)
        }


def _filed(facts: ClaimFacts, position: int, lane: int) -> FiledClaim:
    terms, offer, used = facts.agreement.terms, facts.agreement.offer, facts.evidence
    return FiledClaim(
        claim=facts.id,
        policy=terms.policies[position],
        patient=terms.patient,
        provider=terms.provider,
        lines=offer.lines,
        evidence=tuple((terms.provider, record) for record in used.records),
        evidence_of=tuple(used.records.index(record) for record in used.of_line),
        served_from=facts.filing.first_day,
        service_from=terms.service_from,
        service_until=terms.service_until,
        rules=facts.rules[position],
        lane=lane,
        requested=facts.standing.withheld,
        review_from=facts.standing.clock,
    )
