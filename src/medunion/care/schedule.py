"""When the visits of a care plan fall due: equal steps of days, and how much later each may be.

Source of the bounds: `contracts/interfaces/ICarePlans.sol`. Days count from 1900-01-01; a month or a year is no fixed
number of days, so a schedule knows neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from medunion.care.terms import require_uint
from medunion.errors import InputError

MAX_VISITS: Final = 366
"""As `ICarePlans.MAX_VISITS`."""

LAST_DAY: Final = 2_958_463
"""9999-12-31, the last day that a FHIR date can name; the ledger itself counts on to 2^32 - 1."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Visit v (from 0) falls on `first_day + v * interval_days`, up to `tolerance_days` later, inclusive.

    One visit has the interval 0. InputError (details: field) when the ledger would refuse it.
    """

    first_day: int
    interval_days: int
    tolerance_days: int
    visits: int

    def __post_init__(self) -> None:
        for field in ("first_day", "interval_days", "tolerance_days", "visits"):
            require_uint(getattr(self, field), 32, field)
        if not 1 <= self.visits <= MAX_VISITS:
            raise InputError(f"a care plan has 1 to {MAX_VISITS} visits", field="visits")
        if self.visits == 1 and self.interval_days:
            raise InputError("one visit has no interval", field="interval_days")
        if self.visits > 1 and self.tolerance_days >= self.interval_days:
            raise InputError("a visit's days end before the next one's begin", field="tolerance_days")
        if self.last_day > LAST_DAY:
            raise InputError("the last visit is later than any calendar's day", field="first_day")

    @property
    def last_day(self) -> int:
        """The last day of the last visit."""
        return self.first_day + (self.visits - 1) * self.interval_days + self.tolerance_days

    def days_of(self, visit: int) -> tuple[int, int]:
        """First and last day of a visit, counted from 0; InputError when there is none of this number."""
        if not 0 <= visit < self.visits:
            raise InputError(f"visits are counted from 0 to {self.visits - 1}", field="visit", given=visit)
        first = self.first_day + visit * self.interval_days
        return first, first + self.tolerance_days

    def visit_on(self, day: int) -> int | None:
        """The visit whose days include this one: no two do; None when there is none."""
        visit = 0 if self.visits == 1 else (day - self.first_day) // self.interval_days
        if not 0 <= visit < self.visits:
            return None
        first, last = self.days_of(visit)
        return visit if first <= day <= last else None

    @classmethod
    def of_days(cls, days: Sequence[tuple[int, int]]) -> Self:
        """The schedule with these first and last days, in order; InputError (details: visit) without equal steps."""
        first, last = days[0]
        interval = days[1][0] - first if len(days) > 1 else 0
        for visit, (begin, end) in enumerate(days):
            if (begin, end) != (first + visit * interval, last + visit * interval):
                raise InputError("the visits of a care plan are equally far apart and equally long", visit=visit)
        return cls(first, interval, last - first, len(days))
