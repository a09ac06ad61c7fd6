"""Trends as SVG: axes with dates and units, the reference band, points and lines. Nothing but shapes and escaped text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from markupsafe import Markup

WIDTH: Final = 460
HEIGHT: Final = 176
LEFT, RIGHT, TOP, BOTTOM = 54, 16, 14, 28
MAX_POINTS: Final = 300
"""Points of one line; the newest are drawn."""
MAX_NAME: Final = 32
"""Letters of a line's name that are drawn; the caption has the whole."""
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
    parts = [
        Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}" focusable="false">').format(WIDTH, HEIGHT, label)
    ]
    if ends:
        top = frame.y(band[1]) if band[1] is not None else TOP
        bottom = frame.y(band[0]) if band[0] is not None else HEIGHT - BOTTOM
        shape = '<rect class="band" x="{}" y="{}" width="{}" height="{}"/>'
        parts.append(Markup(shape).format(LEFT, _n(top), WIDTH - LEFT - RIGHT, _n(max(bottom - top, 0))))
    for tick in ticks:
        y = _n(frame.y(tick))
        rule = '<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/><text class="tick end" x="{}" y="{}" dy="4">{}</text>'
        parts.append(Markup(rule).format(LEFT, y, WIDTH - RIGHT, y, LEFT - 6, y, _label(tick, ticks)))
    parts.append(Markup('<text class="tick" x="2" y="10">{}</text>').format(unit))
    for when, anchor in frame.dates():
        text = Markup('<text class="tick {}" x="{}" y="{}">{}</text>')
        parts.append(text.format(anchor, _n(frame.x(when)), HEIGHT - 8, frame.date(when)))
    for number, line in enumerate(lines):
        parts += _line(line, number, frame)
        if len(lines) > 1:
            parts.append(_named(line, number, frame))
    return Markup("").join([*parts, Markup("</svg>")])


def _line(line: Line, number: int, frame: "_Frame") -> list[Markup]:
    exact = " ".join(f"{_n(frame.x(mark.when))},{_n(frame.y(mark.value))}" for mark in line.marks if mark.exact)
    parts = [Markup('<polyline class="line line{}" points="{}"/>').format(number % 3, exact)]
    for mark in line.marks:
        kind = "point" if mark.exact else "point open"
        dot = '<circle class="{} line{}" cx="{}" cy="{}" r="3.2"/>'
        parts.append(Markup(dot).format(kind, number % 3, _n(frame.x(mark.when)), _n(frame.y(mark.value))))
    return parts


def _named(line: Line, number: int, frame: "_Frame") -> Markup:
    """A line's name, at its last point."""
    last = line.marks[-1]
    text = Markup('<text class="name line{}" x="{}" y="{}">{}</text>')
    return text.format(number % 3, _n(frame.x(last.when)), _n(max(frame.y(last.value) - 7, TOP)), line.name[:MAX_NAME])


@dataclass(frozen=True, slots=True)
class _Frame:
    """The plotted area: seconds and values to positions."""

    first: float
    last: float
    low: float
    high: float

    def x(self, when: float) -> float:
        width = WIDTH - LEFT - RIGHT - 16
        return LEFT + 8 + (width / 2 if self.last == self.first else width * (when - self.first) / (self.last - self.first))

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
    if low == high:
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


