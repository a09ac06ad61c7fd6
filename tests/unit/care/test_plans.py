from dataclasses import replace

import pytest

from medunion.care.offers import State
from medunion.care.plan_document import PlanDocument
from medunion.care.plans import CarePlan, Visit, VisitState, next_due, require_same
from medunion.care.schedule import Schedule
from medunion.errors import InputError, IntegrityError

from .test_plan_document import DOCUMENT

NONE, AGREEMENT = bytes(32), b"\x0a" * 32
PLAN = CarePlan(
    patient=DOCUMENT.patient,
    provider=DOCUMENT.provider,
    content_digest=b"\x03" * 32,
    schedule=DOCUMENT.schedule,
    max_price=DOCUMENT.max_price,
    accept_until=1_800_000_000,
    salt=b"\x04" * 32,
)


class TestCarePlan:
    def test_from_its_event(self) -> None:
        names = ("patient", "provider", "contentDigest", "firstDay", "intervalDays", "toleranceDays", "visits",
                 "maxPrice", "acceptUntil", "salt")  # fmt: skip
        assert CarePlan.from_event(dict(zip(names, PLAN.as_arguments(), strict=True))) == PLAN

    def test_each_term_changes_its_id(self) -> None:
        changed = [
            replace(PLAN, patient=b"\x05" * 32),
            replace(PLAN, provider=3),
            replace(PLAN, content_digest=b"\x05" * 32),
            replace(PLAN, schedule=Schedule(46_400, 365, 30, 3)),
            replace(PLAN, max_price=1),
            replace(PLAN, accept_until=1),
            replace(PLAN, salt=b"\x05" * 32),
        ]
        assert len({PLAN.id, *(each.id for each in changed)}) == 8

    @pytest.mark.parametrize(
        ("field", "value"), [("patient", b"1"), ("provider", 2**32), ("max_price", -1), ("accept_until", 2**40)]
    )
    def test_names_a_field_out_of_its_bounds(self, field: str, value: object) -> None:
        with pytest.raises(InputError) as caught:
            replace(PLAN, **{field: value})  # type: ignore[arg-type]  # what the test is about
        assert caught.value.details["field"] == field


class TestVisit:
    @pytest.mark.parametrize(
        ("agreed", "day", "state"),
        [
            (State.NONE, 99, VisitState.UPCOMING),
            (State.NONE, 100, VisitState.DUE),
            (State.NONE, 110, VisitState.DUE),
            (State.NONE, 111, VisitState.MISSED),
            (State.OFFERED, 99, VisitState.OFFERED),
            (State.ACCEPTED, 111, VisitState.AGREED),
            (State.COMPLETED, 99, VisitState.DONE),
            (State.SETTLED, 111, VisitState.DONE),
            (State.DECLINED, 105, VisitState.DUE),
            (State.WITHDRAWN, 99, VisitState.UPCOMING),
            (State.CANCELLED, 111, VisitState.MISSED),
            (State.EXPIRED, 105, VisitState.DUE),
        ],
    )
    def test_what_is_to_be_done_on_a_day(self, agreed: State, day: int, state: VisitState) -> None:
        assert Visit(0, 100, 110, AGREEMENT, agreed).state_on(day) is state


class TestNextDue:
    VISITS = (
        Visit(0, 100, 110, AGREEMENT, State.SETTLED),
        Visit(1, 200, 210, NONE, State.NONE),
        Visit(2, 300, 310, AGREEMENT, State.OFFERED),
    )

    @pytest.mark.parametrize(("day", "number"), [(50, 1), (105, 1), (210, 1), (211, 2), (310, 2), (311, None)])
    def test_the_first_that_is_neither_done_nor_over(self, day: int, number: int | None) -> None:
        found = next_due(self.VISITS, day)
        assert (None if found is None else found.number) == number


class TestRequireSame:
    def test_takes_the_plans_own_document(self) -> None:
        require_same(PLAN, DOCUMENT)

    @pytest.mark.parametrize(
        ("document", "field"),
        [
            (replace(DOCUMENT, patient=b"\x08" * 32), "patient"),
            (replace(DOCUMENT, provider=3), "provider"),
            (replace(DOCUMENT, schedule=Schedule(46_401, 365, 30, 2)), "schedule"),
            (replace(DOCUMENT, max_price=15_001), "maxPrice"),
        ],
    )
    def test_names_what_differs(self, document: PlanDocument, field: str) -> None:
        with pytest.raises(IntegrityError) as caught:
            require_same(PLAN, document)
        assert caught.value.details["field"] == field
