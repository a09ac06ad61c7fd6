"""The insurer's desk for claims: what its engine is told of filed claims, and the way of its answers to the ledger.

Implements `insurance.engine.ports.ClaimDesk`.
"""

from collections.abc import Collection, Sequence

from medunion.access.grants import LANES
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
                found.append(self._filed(facts, turn))
        return found

    def settled(self, since: int) -> Sequence[FiledClaim]:
        """See `ClaimDesk.settled`."""
        settled = self._told("ClaimSettled", since)
        return [
            self._filed(facts, position)
            for facts in self._claims.of(insurer=self._insurer, among=settled)
            for position, insurer in enumerate(facts.insurers)
            if insurer == self._insurer
        ]

    def given_back(self, since: int) -> Collection[bytes]:
        """See `ClaimDesk.given_back`."""
        return self._told("ClaimReversed", since)

    def request_evidence(self, claim: FiledClaim) -> None:
        """See `ClaimDesk.request_evidence`."""
        self._claims.request_evidence(self._claims.get(claim.claim).agreement.terms)

    def approve(self, claim: FiledClaim) -> None:
        """See `ClaimDesk.approve`."""
        self._claims.approve(self._claims.get(claim.claim).agreement.terms)

    def contest(self, claim: FiledClaim, rule: int, reason_digest: bytes) -> None:
        """See `ClaimDesk.contest`."""
        self._claims.contest(self._claims.get(claim.claim).agreement.terms, rule, reason_digest)

    def _told(self, name: str, since: int) -> set[bytes]:
        events = self._claims.ledger.events("ClaimSettlement", name)
        return {event.arguments["claim"] for event in events if event.time >= since}

    def _filed(self, facts: ClaimFacts, position: int) -> FiledClaim:
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
            lane=self._lane(terms.patient, offer.categories),
            requested=facts.standing.withheld,
            review_from=facts.standing.clock,
        )

    def _lane(self, patient: bytes, categories: int) -> int:
        """The first lane by which the insurer may read these categories for payment now; 0 when none lets it."""
        ledger = self._claims.ledger
        asked = (int(Purpose.HPAYMT), categories, 0, ledger.now())
        for lane in range(LANES):
            if ledger.allows_at(patient, self._insurer, lane, *asked) is AccessReason.ALLOWED:
                return lane
        return 0
