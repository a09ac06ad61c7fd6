import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.care.schedule import LAST_DAY, MAX_VISITS, Schedule
from medunion.errors import InputError

YEARLY = Schedule(46_400, 365, 30, 2)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    visits = draw(st.integers(1, MAX_VISITS))
    interval = draw(st.integers(1, 4_000)) if visits > 1 else 0
    tolerance = draw(st.integers(0, max(interval - 1, 0) if visits > 1 else 4_000))
    return Schedule(draw(st.integers(0, 100_000)), interval, tolerance, visits)


class TestBounds:
    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ((46_400, 365, 30, 0), "visits"),
            ((46_400, 365, 30, 367), "visits"),
            ((46_400, 1, 0, 1), "interval_days"),
            ((46_400, 365, 365, 2), "tolerance_days"),
            ((46_400, 0, 0, 2), "tolerance_days"),
            ((-1, 365, 30, 2), "first_day"),
            ((LAST_DAY, 365, 30, 2), "first_day"),
            ((46_400, 2**32, 30, 2), "interval_days"),
        ],
    )
    def test_names_the_field(self, values: tuple[int, int, int, int], field: str) -> None:
        with pytest.raises(InputError) as caught:
            Schedule(*values)
        assert caught.value.details["field"] == field

    def test_up_to_the_last_day_of_the_calendar(self) -> None:
        assert Schedule(LAST_DAY - 395, 365, 30, 2).last_day == LAST_DAY


class TestDaysOf:
    def test_counts_visits_from_zero(self) -> None:
        assert YEARLY.days_of(0) == (46_400, 46_430)
        assert YEARLY.days_of(1) == (46_765, 46_795)

    @pytest.mark.parametrize("visit", [-1, 2])
    def test_refuses_a_visit_that_is_none(self, visit: int) -> None:
        with pytest.raises(InputError):
            YEARLY.days_of(visit)


class TestVisitOn:
    @pytest.mark.parametrize(
        ("day", "visit"), [(46_399, None), (46_400, 0), (46_430, 0), (46_431, None), (46_765, 1), (46_796, None)]
    )
    def test_the_one_whose_days_include_it(self, day: int, visit: int | None) -> None:
        assert YEARLY.visit_on(day) == visit

    def test_of_one_visit(self) -> None:
        once = Schedule(100, 0, 500, 1)
        assert [once.visit_on(day) for day in (99, 100, 600, 601)] == [None, 0, 0, None]

    @given(schedules(), st.integers(0, 200_000))
    def test_agrees_with_the_visits_days(self, schedule: Schedule, day: int) -> None:
        including = [
            visit for visit in range(schedule.visits) if schedule.days_of(visit)[0] <= day <= schedule.days_of(visit)[1]
        ]
        assert including == ([] if schedule.visit_on(day) is None else [schedule.visit_on(day)])


class TestOfDays:
    @given(schedules())
    def test_finds_the_schedule_of_its_visits(self, schedule: Schedule) -> None:
        days = [schedule.days_of(visit) for visit in range(schedule.visits)]
        assert Schedule.of_days(days) == schedule

    @pytest.mark.parametrize(
        ("days", "visit"),
        [([(1, 2), (11, 12), (22, 23)], 2), ([(1, 2), (11, 13)], 1), ([(1, 2), (11, 12), (21, 22), (31, 33)], 3)],
    )
    def test_names_the_visit_that_falls_out_of_step(self, days: list[tuple[int, int]], visit: int) -> None:
        with pytest.raises(InputError) as caught:
            Schedule.of_days(days)
        assert caught.value.details["visit"] == visit

    def test_refuses_visits_in_another_order(self) -> None:
        with pytest.raises(InputError):
            Schedule.of_days([(11, 12), (1, 2)])
