"""The contract's clock in Python, second by second around every end."""

from dataclasses import replace

import pytest

from medunion.settlement.claim import Stage
from medunion.settlement.standing import Due, Standing, Step

DAY = 86_400
FILED = 1_800_000_000
PERIODS = (3 * DAY, DAY)
PENDING = Standing(
    stage=Stage.PENDING, next=0, reviews=0, withheld=False, deposit_paid=False,
    filed_at=FILED, payable_at=FILED + 7 * DAY, clock=FILED + DAY, owed=100, receivable=0,
)  # fmt: skip
CONFIRMED = replace(PENDING, payable_at=FILED, deposit_paid=True)


def steps(standing: Standing, second: int) -> list[Step]:
    return [each.step for each in standing.due_at(second, PERIODS)]


class TestPending:
    def test_waits_for_the_patient_until_the_window_ends(self) -> None:
        last = PENDING.payable_at - 1
        assert PENDING.due_at(last, PERIODS) == [Due(Step.CONFIRM, None, last)]
        assert steps(PENDING, last + 1) == [Step.RELEASE]

    def test_the_deposit_is_released_though_the_first_policy_is_reviewed(self) -> None:
        found = replace(PENDING, reviews=0b01, clock=PENDING.payable_at)
        assert steps(found, PENDING.payable_at) == [Step.RELEASE, Step.REVIEW]

    @pytest.mark.parametrize(("reviews", "turn", "until"), [(0b01, 0, 4 * DAY), (0b10, 1, 2 * DAY), (0b11, 0, 4 * DAY)])
    def test_the_lowest_open_review_is_in_turn(self, reviews: int, turn: int, until: int) -> None:
        found = replace(CONFIRMED, reviews=reviews, next=turn)
        assert found.due_at(FILED, PERIODS) == [Due(Step.REVIEW, turn, FILED + until)]
        assert steps(found, FILED + until) == [Step.REVIEW]
        assert steps(found, FILED + until + 1) == [Step.RELEASE]

    def test_policies_before_the_one_under_review_are_due(self) -> None:
        assert steps(replace(CONFIRMED, reviews=0b10), FILED) == [Step.RELEASE, Step.REVIEW]


class TestContested:
    CONTESTED = replace(CONFIRMED, stage=Stage.CONTESTED, reviews=0b01, clock=FILED + 14 * DAY)

    def test_the_provider_objects_until_its_time_is_over(self) -> None:
        assert self.CONTESTED.due_at(FILED, PERIODS) == [Due(Step.OBJECT, 0, FILED + 14 * DAY)]
        assert steps(self.CONTESTED, FILED + 14 * DAY) == [Step.OBJECT]
        assert self.CONTESTED.due_at(FILED + 14 * DAY + 1, PERIODS) == [Due(Step.CONCEDE, 0, 0)]

    def test_no_silence_pays_what_is_contested(self) -> None:
        assert not self.CONTESTED.pays_at(FILED + 400 * DAY, PERIODS)

    def test_the_deposit_is_not_held(self) -> None:
        assert replace(self.CONTESTED, deposit_paid=False).pays_at(FILED, PERIODS)


class TestOthers:
    def test_a_dispute_waits_for_its_panel(self) -> None:
        assert steps(replace(CONFIRMED, stage=Stage.DISPUTED, reviews=0b01), FILED + 400 * DAY) == [Step.RULE]

    @pytest.mark.parametrize("stage", [Stage.SETTLED, Stage.REVERSED, Stage.NONE])
    def test_nothing_is_open_at_an_end(self, stage: Stage) -> None:
        assert steps(replace(CONFIRMED, stage=stage), FILED + 400 * DAY) == []

    def test_what_nobody_in_particular_is_waited_for(self) -> None:
        assert [step for step in Step if Due(step, None, 0).is_anybodys] == [Step.RELEASE, Step.CONCEDE]
