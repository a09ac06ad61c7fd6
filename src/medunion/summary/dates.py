"""FHIR dates and times (R4 datatypes: date, dateTime, instant), possibly partial, as their authors wrote them.

What is shown is the author's local time; zones only count for the order.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

_FORM = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?")


def shown(text: str) -> str:
    """`2024-03-04T08:05:09.1+08:00` -> `2024-03-04 08:05`; a partial date, or what is no date, as it is."""
    found = _FORM.fullmatch(text)
    if found is None or found[4] is None:
        return text
    return f"{found[1]}-{found[2]}-{found[3]} {found[4]}:{found[5]}"


def day(text: str) -> str:
    """The date without its time."""
    return text[:10] if _FORM.fullmatch(text) else text


def moment(text: str) -> float | None:
    """Seconds since 1970, to order and plot by; a partial date counts as its beginning, a time without zone as UTC."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    year, month, date, hour, minute, second = (int(found[n] or (1 if n in (2, 3) else 0)) for n in range(1, 7))
    try:
        # A leap second is the last second of its minute.
        made = datetime(year, month, date, hour, minute, min(second, 59), tzinfo=_zone(found[7]))
    except (ValueError, OverflowError):
        return None
    return (made - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def wall_clock(text: str) -> float | None:
    """The same by the author's own clock, to plot by: the date that is shown is the date that was written."""
    found = _FORM.fullmatch(text)
    return None if found is None else moment(text.removesuffix(found[7] or ""))


def order(text: str) -> tuple[float, str]:
    """What to sort by, the oldest first; what is no date comes before all."""
    seconds = moment(text)
    return (float("-inf") if seconds is None else seconds, text)


def years_between(birth: str, seconds: int) -> int | None:
    """Whole years from a full birth date to a time in seconds; None when it is partial, or later."""
    try:
        born, now = datetime.strptime(birth, "%Y-%m-%d"), datetime.fromtimestamp(seconds, UTC)  # noqa: DTZ007
    except ValueError:
        return None
    age = now.year - born.year - ((now.month, now.day) < (born.month, born.day))
    return age if age >= 0 else None


def of_seconds(seconds: float) -> str:
    """A time in seconds as `2024-03-04 08:05 UTC`."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M UTC")


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-offset if text[0] == "-" else offset)
