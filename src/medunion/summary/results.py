"""Observations by what they measure: the latest value, the values before it, and trends of equal units."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from . import dates
from .charts import Line, Mark, draw
from .document import Cell, Chart, Row, Section, Table, table
from .elements import Element, Number, codes, each, first, string
from .items import Item
from .values import Values, unit_shown
from .words import Words

SHOWN_CHARTS: Final = 12
"""Charts of a section that are open; the others are folded."""
SHOWN_VALUES: Final = 60
"""Values of one kind of observation in its table; older ones are in the bundle."""
BRIEF: Final = 3
"""Lines of a long value (a questionnaire's answers) that the overview shows; the table of all values has them all."""
_LIMIT: Final = 1e12
"""No measured value is larger; what is, is not drawn."""
_QUIET: Final = ("", "final")
_WITHOUT_VALUE: Final = ("cancelled", "registered")
_SYSTOLIC, _DIASTOLIC = "8480-6", "8462-4"
_MARKS: Final = {
    **dict.fromkeys(("H", "HU", ">", "U"), "high"), **dict.fromkeys(("L", "LU", "<", "D"), "low"),
    **dict.fromkeys(("HH", "LL", "AA", "HX", "LX"), "critical"), **dict.fromkeys(("A", "POS", "R", "W"), "abnormal"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of an observation or of one of its components, with its unit and its reference range."""

    name: str
    digits: str
    """The number as its author wrote it."""
    value: float
    unit: str
    exact: bool
    band: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Result:
    """One observation."""

    when: str
    value: str
    mark: str
    range: str
    remark: str
    counts: bool
    """Whether it has a result that stands; a cancelled test has none."""
    measures: tuple[Measure, ...]
    author: str

    @property
    def row(self) -> Row:
        """Its line in the table of all values."""
        cells = (Cell(dates.shown(self.when)), Cell(self.value, self.mark), Cell(self.range), Cell(self.remark))
        return Row(cells, (self.author,))


class Results:
    """Makes sections of observations."""

    def __init__(self, words: Words, values: Values) -> None:
        self._words = words
        self._values = values

    def fill(self, section: Section, items: Iterable[Item]) -> None:
        """Puts the tables and charts of observations into a section; the tests done last come first."""
        groups: dict[tuple[str, str], list[Item]] = {}
        for item in items:
            groups.setdefault(_kind(item.resource, self._values), []).append(item)
        made = []
        for group in groups.values():
            results = [self.result(item) for item in group]
            results.sort(key=lambda one: dates.order(one.when), reverse=True)
            name = self._values.concept(first(group[0].resource, "code")) or self._words("summary.unnamed")
            made.append((name, results))
        made.sort(key=lambda group: group[0].casefold())
        made.sort(key=lambda group: dates.order(dates.day(group[1][0].when)), reverse=True)
        w = self._words
        columns = [w(f"summary.column.{name}") for name in ("test", "latest", "range", "when", "before", "remark")]
        section.tables.append(table("", columns, [self._overview(*group) for group in made], shown=24))
        charts = [chart for group in made for chart in self._charts(*group)]
        # Where only some can be open, those that show most.
        charts.sort(key=lambda chart: -min(chart.points, 3))
        section.charts, section.folded_charts = charts[:SHOWN_CHARTS], charts[SHOWN_CHARTS:]
        section.details += [self._details(*group) for group in made if len(group[1]) > 1 or _is_long(group[1][0])]

    def result(self, item: Item) -> Result:
        """An observation, whatever its value is."""
        resource, values = item.resource, self._values
        value = values.choice(resource, "value") or values.absent(resource)
        parts = [(component, self._component(component)) for component in each(resource, "component")]
        if pressure := _blood_pressure(resource):
            value = pressure
        elif parts:
            value = "\n".join(filter(None, [value, *(f"{name}: {said}" for _, (name, said) in parts)]))
        if not value and (members := each(resource, "hasMember")):
            value = self._words("summary.panel", count=len(members))
        flags, mark = self._flags(resource)
        for component, (name, _) in parts:
            found, kind = self._flags(component)
            flags += [f"{name}: {one}" for one in found]
            mark = mark or kind
        status = string(resource, "status")
        remark = [] if status in _QUIET else [self._words.code(status)]
        if item.outdated:
            remark.append(self._words("summary.outdated"))
        remark.append(values.notes(resource))
        return Result(
            when=when_observed(resource),
            value="\n".join(filter(None, [value or "—", *flags])),
            mark=mark,
            range="\n".join(filter(None, [self._range(resource), *(self._named_range(c, n) for c, (n, _) in parts)])),
            remark="\n".join(filter(None, remark)),
            counts=status not in _WITHOUT_VALUE,
            measures=tuple(_measures(resource, [(component, name) for component, (name, _) in parts])),
            author=item.author,
        )

    def _component(self, component: Element) -> tuple[str, str]:
        name = self._values.concept(first(component, "code")) or self._words("summary.unnamed")
        return name, self._values.choice(component, "value") or self._values.absent(component) or "—"

    def _flags(self, element: Element) -> tuple[list[str], str]:
        """Interpretations in words and the mark of the first; without any, where the value lies in the range."""
        given = each(element, "interpretation")
        codings = {string(one, "code"): string(one, "display") for concept in given for one in each(concept, "coding")}
        if codings or given:
            said = [self._interpreted(*coding) for coding in codings.items() if coding[0] != "N"]
            said += [string(one, "text") for one in given if not each(one, "coding")]
            return [one for one in said if one], next((_MARKS[code] for code in codings if code in _MARKS), "")
        measure = _measure(element, "")
        if measure is not None and measure.exact:
            low, high = measure.band
            if high is not None and measure.value > high:
                return [self._words("summary.above")], "high"
            if low is not None and measure.value < low:
                return [self._words("summary.below")], "low"
        return [], ""

    def _interpreted(self, code: str, display: str) -> str:
        said = self._words.interpretation(code)
        return said if said != code else display or code

    def _range(self, element: Element) -> str:
        said = []
        for one in each(element, "referenceRange"):
            values = [string(one, "text") or self._values.range(one), self._values.concept(first(one, "type"))]
            said.append(", ".join(filter(None, [*values, self._values.concepts(one, "appliesTo")])))
        return "\n".join(filter(None, said))

    def _named_range(self, component: Element, name: str) -> str:
        found = self._range(component)
        return f"{name}: {found}" if found else ""

    def _overview(self, name: str, results: list[Result]) -> Row:
        standing = [one for one in results if one.counts] or results
        latest, *before = {one.row.cells: one for one in standing}.values()
        earlier = ""
        if before:
            said = "…" if _is_long(before[0]) else before[0].value.partition("\n")[0]
            day = dates.day(before[0].when) or "?"
            earlier = self._words("summary.before", value=said, date=day, count=len(before) + 1)
        value = latest.value
        if _is_long(latest):
            parts = value.split("\n")
            value = "\n".join([*parts[:BRIEF], self._words("summary.more", count=len(parts) - BRIEF)])
        cells = (Cell(name), Cell(value, latest.mark), Cell(latest.range), Cell(dates.shown(latest.when)),
                 Cell(earlier, "muted"), Cell(latest.remark))  # fmt: skip
        same = [one.author for one in standing if one.row.cells == latest.row.cells]
        return Row(cells, tuple(dict.fromkeys(same)))

    def _details(self, name: str, results: list[Result]) -> Table:
        columns = [self._words(f"summary.column.{each}") for each in ("when", "value", "range", "remark")]
        rows = [result.row for result in results[:SHOWN_VALUES]]
        older = len(results) - len(rows)
        note = self._words("summary.older", count=older) if older else ""
        return table(name, columns, rows, closed=True, shown=SHOWN_VALUES, note=note)

    def _charts(self, name: str, results: list[Result]) -> list[Chart]:
        """One chart a unit that has a trend to show."""
        lines: dict[str, dict[str, dict[Mark, Measure]]] = {}
        dated: dict[str, list[str]] = {}
        for result in reversed(results):
            seconds = dates.wall_clock(result.when)
            if seconds is None or not result.counts:
                continue
            for measure in result.measures:
                mark = Mark(seconds, measure.value, measure.exact)
                lines.setdefault(measure.unit, {}).setdefault(measure.name, {})[mark] = measure
                dated.setdefault(measure.unit, []).append(result.when)
        made = []
        for unit, named in lines.items():
            drawn = {line: marks for line, marks in named.items() if len(marks) > 1}
            if drawn:
                made.append(self._chart(name, unit, drawn, dated[unit], several=len(lines) > 1))
        return made

    def _chart(
        self, name: str, unit: str, named: dict[str, dict[Mark, Measure]], when: list[str], *, several: bool
    ) -> Chart:
        w = self._words
        bands = {measure.band for marks in named.values() for measure in marks.values()}
        band = bands.pop() if len(bands) == 1 and len(named) == 1 else (None, None)
        measures = sorted((each for marks in named.values() for each in marks.values()), key=lambda each: each.value)
        said = w(
            "summary.chart.said", count=len(measures), first=dates.day(when[0]), last=dates.day(when[-1]),
            low=measures[0].digits, high=measures[-1].digits, unit=unit,
        ).strip()  # fmt: skip
        if len(named) > 1:
            said += " " + w("summary.chart.lines", names=w.listed([each for each in named if each]))
        if any(end is not None for end in band):
            said += " " + w("summary.chart.band")
        if not all(mark.exact for marks in named.values() for mark in marks):
            said += " " + w("summary.chart.open")
        if several:
            said += " " + w("summary.chart.units")
        named_alone = next(iter(named)) if len(named) == 1 else ""
        title = f"{name}: {named_alone}" if named_alone else name
        title = f"{title} ({unit})" if unit else title
        lines = [Line(line, tuple(marks)) for line, marks in named.items()]
        return Chart(title, said, draw(lines, unit, band, f"{title}: {said}"), len(measures))


def _is_long(result: Result) -> bool:
    return result.value.count("\n") > 2 * BRIEF


def when_observed(resource: Element) -> str:
    """The time of an observation or report: what it is about, else when it was issued."""
    return (
        string(resource, "effectiveDateTime")
        or string(resource, "effectiveInstant")
        or string(resource, "effectivePeriod", "start")
        or string(resource, "issued")
    )


def _kind(resource: Element, values: Values) -> tuple[str, str]:
    """What tells observations of one kind: the LOINC code, else the first code, else the text."""
    code = first(resource, "code")
    codings = [(string(one, "system"), string(one, "code")) for one in each(code, "coding") if string(one, "code")]
    loinc = [one for one in codings if one[0] == "http://loinc.org"]
    return next(iter([*loinc, *codings]), ("", values.concept(code)))


def _measures(resource: Element, components: list[tuple[Element, str]]) -> Iterable[Measure]:
    for element, name in [(resource, ""), *components]:
        measure = _measure(element, name)
        if measure is not None:
            yield measure


def _measure(element: Element, name: str) -> Measure | None:
    quantity = first(element, "valueQuantity")
    number = quantity.get("value", element.get("valueInteger"))
    if not isinstance(number, Number) or number.value is None or abs(number.value) > _LIMIT:
        return None
    unit = unit_shown(quantity)
    ranges = each(element, "referenceRange")
    band: tuple[float | None, float | None] = (None, None)
    if len(ranges) == 1 and _is_for_all(ranges[0]):
        band = (_end(ranges[0], "low", unit), _end(ranges[0], "high", unit))
    return Measure(name, str(number), number.value, unit, not string(quantity, "comparator"), band)


def _is_for_all(range_: Element) -> bool:
    """Whether a reference range is a normal one, whoever and however old the patient is."""
    kinds = codes(range_, "type")
    return not each(range_, "appliesTo") and not each(range_, "age") and kinds <= {"normal"}


def _end(range_: Element, name: str, unit: str) -> float | None:
    """An end of a reference range, when it is in the unit of the value or in none."""
    end = first(range_, name)
    number = end.get("value")
    if not isinstance(number, Number) or number.value is None or abs(number.value) > _LIMIT:
        return None
    return number.value if unit_shown(end) in ("", unit) else None


def _blood_pressure(resource: Element) -> str:
    """`120/80 mmHg` for an observation of both pressures in one unit; empty otherwise."""
    found: dict[str, Element] = {}
    components = each(resource, "component")
    for component in components:
        for coding in each(first(component, "code"), "coding"):
            found[string(coding, "code")] = first(component, "valueQuantity")
    upper, lower = found.get(_SYSTOLIC, {}), found.get(_DIASTOLIC, {})
    values = [string(one, "value") for one in (upper, lower)]
    if len(components) != 2 or not all(values) or unit_shown(upper) != unit_shown(lower):
        return ""
    if string(upper, "comparator") or string(lower, "comparator"):
        return ""
    return f"{values[0]}/{values[1]} {unit_shown(upper)}".rstrip()
