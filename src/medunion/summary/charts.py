"""Trends as SVG: axes with dates and units, the reference band, points and lines; shapes and escaped text only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from markupsafe import Markup

WIDTH: Final = 460
HEIGHT: Final = 186
LEFT, RIGHT, TOP, BOTTOM = 54, 16, 26, 28
MAX_POINTS: Final = 300
"""Points of one line; the newest are drawn."""
MAX_NAME: Final = 26
"""Letters of a line's name that are drawn; the caption has the whole."""
_STROKES: Final = ("━", "╍", "┅")
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Mark:
    """A point: seconds, value, whether it is exact (a comparator such as `<` makes it not)."""

    when: float
    value: float
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A named line, oldest point first."""

    name: str
    marks: tuple[Mark, ...]


def draw(lines: Sequence[Line], unit: str, band: tuple[float | None, float | None], label: str) -> Markup:
    """The SVG of lines in one unit; `band` is the reference range, `label` what a screen reader says."""
    lines = [Line(line.name, line.marks[-MAX_POINTS:]) for line in lines]
    marks = [mark for line in lines for mark in line.marks]
    ends = [each for each in band if each is not None]
    ticks = _ticks(min([*ends, *(mark.value for mark in marks)]), max([*ends, *(mark.value for mark in marks)]))
    frame = _Frame(min(mark.when for mark in marks), max(mark.when for mark in marks), ticks[0], ticks[-1])
    parts = []
    if ends:
        top = frame.y(band[1]) if band[1] is not None else TOP
        bottom = frame.y(band[0]) if band[0] is not None else HEIGHT - BOTTOM
        height = _n(max(bottom - top, 0))
        parts.append(_tag("rect", class_="band", x=LEFT, y=_n(top), width=WIDTH - LEFT - RIGHT, height=height))
    for tick in ticks:
        y = _n(frame.y(tick))
        parts.append(_tag("line", class_="grid", x1=LEFT, y1=y, x2=WIDTH - RIGHT, y2=y))
        parts.append(_tag("text", _label(tick, ticks), class_="tick end", x=LEFT - 6, y=y, dy=4))
    parts.append(_tag("text", unit, class_="tick", x=2, y=12))
    for when, anchor in frame.dates():
        parts.append(_tag("text", frame.date(when), class_=f"tick {anchor}", x=_n(frame.x(when)), y=HEIGHT - 8))
    for number, line in enumerate(lines):
        parts += _line(line, number, frame)
    if len(lines) > 1:
        parts.append(_legend(lines))
    return _tag("svg", Markup("").join(parts), viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label)


def _line(line: Line, number: int, frame: "_Frame") -> list[Markup]:
    exact = " ".join(f"{_n(frame.x(mark.when))},{_n(frame.y(mark.value))}" for mark in line.marks if mark.exact)
    parts = [_tag("polyline", class_=f"line line{number % 3}", points=exact)]
    for mark in line.marks:
        kind = "point" if mark.exact else "point open"
        x, y = _n(frame.x(mark.when)), _n(frame.y(mark.value))
        parts.append(_tag("circle", class_=f"{kind} line{number % 3}", cx=x, cy=y, r=3.2))
    return parts


def _legend(lines: Sequence[Line]) -> Markup:
    names = [
        _tag("tspan", f"{_STROKES[number % 3]} {line.name[:MAX_NAME]}", class_=f"line{number % 3}", dx=8)
        for number, line in enumerate(lines)
    ]
    return _tag("text", Markup("").join(names), class_="name", x=WIDTH - RIGHT, y=12)


def _tag(name: str, inner: str = "", **attributes: object) -> Markup:
    """An element; whatever is no Markup is escaped. `class_` stands for `class`, `aria_label` for `aria-label`."""
    named = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    listed = Markup(" ").join(Markup('{}="{}"').format(key, value) for key, value in named)
    return Markup("<{} {}>{}</{}>").format(name, listed, inner, name)


@dataclass(frozen=True, slots=True)
class _Frame:
    """The plotted area: seconds and values to positions."""

    first: float
    last: float
    low: float
    high: float

    def x(self, when: float) -> float:
        width = WIDTH - LEFT - RIGHT - 16
        span = self.last - self.first
        return LEFT + 8 + width * ((when - self.first) / span if span else 0.5)

    def y(self, value: float) -> float:
        height = HEIGHT - TOP - BOTTOM
        return TOP + height * (self.high - value) / (self.high - self.low)

    def dates(self) -> list[tuple[float, str]]:
        """Labelled times and how their text is anchored."""
        if self.last - self.first < _DAY:
            return [((self.first + self.last) / 2, "middle")]
        return [(self.first, "start"), ((self.first + self.last) / 2, "middle"), (self.last, "end")]

    def date(self, when: float) -> str:
        made = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=when)
        return made.strftime("%Y-%m" if self.last - self.first > 400 * _DAY else "%Y-%m-%d")


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round values around all that is shown."""
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        low, high = low - (abs(low) / 10 or 1), high + (abs(high) / 10 or 1)
    raw = (high - low) / 3
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= raw)
    start = math.floor(low / step)
    return [step * number for number in range(start, math.ceil(high / step - 1e-9) + 1)]


def _label(tick: float, ticks: Sequence[float]) -> str:
    step = ticks[1] - ticks[0]
    if max(map(abs, ticks)) >= 1e6 or step < 1e-4:
        return f"{tick:.3g}"
    places = next(places for places in range(6) if abs(round(step, places) - step) < step / 1000)
    return f"{tick:.{places}f}"


def _n(number: float) -> str:
    return f"{number:.1f}"
