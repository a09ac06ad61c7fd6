"""What the events about a claim's money add up to."""

from dataclasses import replace
from typing import Any

from medunion.care.offers import Agreement, Offer, Standing, State
from medunion.care.terms import Cover
from medunion.ledger import Event
from medunion.settlement.claim import LineAdjudication, Outcome, Stage, Totals, allowed_of
from medunion.settlement.facts import Filing, adjudications_of, totals_of
from medunion.settlement.standing import Standing as ClaimStanding
from tests.unit.care.offers import COVERS, PAYEE, disclosure, terms_of

TOLD = disclosure()
TERMS = terms_of(TOLD, b"\x01" * 32)
AGREEMENT = Agreement(
    Offer(TERMS, tuple(item.line for item in TOLD.items), COVERS), Standing(State.COMPLETED, 1, 2, PAYEE, 0, (0, 0))
)
STANDING = ClaimStanding(Stage.SETTLED, 2, 0, False, True, 10, 10, 10, 5_000, 3_000)
FILING = Filing(10, "0x01", 46_350, 46_350, (7_200, 100), 5_000, 300)


def event(name: str, **arguments: Any) -> Event:
    return Event("ClaimSettlement", name, arguments, 1, 0, "0x01", 10)


PAID = [
    event("PoolPaid", insurer=4, amount=7_200),
    event("PoolPaid", insurer=5, amount=100),
    event("DepositDisbursed", paid=2_000, refunded=50),
    event("ReceivablePaid", amount=500, left=2_500),
]


class TestTotals:
    def test_what_was_paid_by_whom(self) -> None:
        assert totals_of(AGREEMENT, STANDING, FILING, PAID) == Totals(12_800, 10_800, 7_300, 2_500, 50, 300, 3_000)

    def test_a_ruling_takes_back_at_once_what_the_provider_may_still_owe(self) -> None:
        ruled = [*PAID, event("DebtIncurred", insurer=4, amount=200), event("DebtIncurred", insurer=0, amount=30)]
        later = [*ruled, event("DebtPaid", insurer=4, amount=200)]
        for events in (ruled, later):
            found = totals_of(AGREEMENT, STANDING, FILING, events)
            assert (found.insurer_paid, found.patient_paid, found.refunded) == (7_100, 2_470, 80)

    def test_a_reversal_gives_everything_back(self) -> None:
        reversed_ = replace(STANDING, stage=Stage.REVERSED, owed=0, receivable=0)
        found = totals_of(AGREEMENT, reversed_, FILING, [*PAID, event("ClaimReversed", byRuling=False)])
        assert found == Totals(12_800, 10_800, 0, 0, 2_550, 0, 0)

    def test_a_reversal_by_ruling_is_told_by_its_debts(self) -> None:
        owed = {4: 7_200, 5: 100, 0: 2_500}
        debts = [event("DebtIncurred", insurer=each, amount=amount) for each, amount in owed.items()]
        found = totals_of(AGREEMENT, STANDING, FILING, [*PAID, *debts, event("ClaimReversed", byRuling=True)])
        assert (found.insurer_paid, found.patient_paid, found.refunded) == (0, 0, 2_550)

    def test_allowed_is_the_most_of_each_line_that_a_policy_allows(self) -> None:
        assert allowed_of([100, 50], [Cover(0, 80), Cover(0, 90), Cover(0, 70), Cover(255, 0)], 2) == 140
        assert allowed_of([100], [], 0) == 0


class TestAdjudications:
    SHARES = ({"paid": 7_200}, {"paid": 0})

    def adjudicated(self, standing: ClaimStanding, contested: list[Event]) -> list[tuple[Outcome, int, int]]:
        events = [
            event("Adjudicated", policy=TERMS.policies[0], lines=[10_000 | 1_000 << 48 | 500 << 96 | 7_200 << 144, 0]),
            event("Adjudicated", policy=TERMS.policies[1], lines=[]),
        ]
        found = adjudications_of(AGREEMENT, standing, FILING, (4, 5), self.SHARES, events, contested)
        assert found[0].lines[0] == LineAdjudication(0, 10_000, 10_000, 1_000, 500, 7_200)
        assert found[0].lines[0].coinsurance == 1_300
        # A policy that did not cover the days ran over no line.
        assert [(line.eligible, line.paid) for line in found[1].lines] == [(0, 0), (0, 0)]
        return [(each.outcome, each.adjudicated, each.paid) for each in found]

    def test_what_was_taken_since(self) -> None:
        assert self.adjudicated(STANDING, []) == [(Outcome.COMPLETE, 7_200, 7_200), (Outcome.PARTIAL, 100, 0)]

    def test_under_review_and_contested(self) -> None:
        pending = replace(STANDING, stage=Stage.PENDING, reviews=0b11)
        assert [each[0] for each in self.adjudicated(pending, [])] == [Outcome.QUEUED, Outcome.QUEUED]
        contest = event("ClaimContested", index=0, rule=3, reasonDigest=b"\x05" * 32, objectUntil=99)
        contested = replace(pending, stage=Stage.CONTESTED)
        assert [each[0] for each in self.adjudicated(contested, [contest])] == [Outcome.ERROR, Outcome.QUEUED]
