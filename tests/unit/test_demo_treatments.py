"""What the demo treats and insures, whatever the day on which it runs."""

import json
from datetime import date, timedelta

import pytest

from medunion.care.terms import day_number
from medunion.demo.treatments import plans, window_of
from medunion.insurance.engine.published import RULE_BITS
from medunion.insurance.plan_document import read_plan


def years_of(month: int, *days: date) -> set[int]:
    """The plan years of days, by the year in which each begins."""
    return {day.year - (day.month < month) for day in days}


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 12, 25), date(2026, 12, 31), date(2028, 2, 29)])
def test_no_treatment_of_these_days_lies_in_two_plan_years(today: date) -> None:
    for document in plans(day_number(today)):
        month = read_plan(json.dumps(document).encode(), RULE_BITS).period_month
        for later in (0, 7, 30):
            window = window_of(day_number(today + timedelta(days=later)))
            assert len(years_of(month, today, window.first, window.last)) == 1
