"""Explanations of benefits to claims for a runner, and what it makes of them compared with what they say."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from medunion.errors import MedUnionError
from medunion.insurance.benefit import ClaimLine, Cover, LineResult
from medunion.insurance.claims import FiledClaim, Runner, Series, preview
from medunion.insurance.plan import MAX_LINES, Accumulators, PlanTerms

from .folder import read_folder
from .inference import CLASS, currency_of, eligible, infer, shows_terms, units, within
from .reading import ExplainedLine, Explanation, UnreadItem

_EPOCH: Final = date(1900, 1, 1)
_CLAIM: Final = "claim"
_HALF: Final = Decimal("0.5")


Progress = Callable[[int, int], None]
"""Told of series done, and of how many there are."""

Part = tuple[tuple[str, ExplainedLine], ...]
"""The lines of one claim, each with its explanation's id."""


@dataclass(frozen=True)
class Mismatch:
    """A line whose figure is not what its explanation says; amounts in minor units.

    `field` is `claim` and `found` an error where a claim could not be run; what follows it was not run either.
    """

    eob: str
    item: int
    field: str
    expected: str
    found: str


@dataclass(frozen=True)
class Report:
    """What a replay came to. `claims_settled` the runner brought to their end; `unread` items were not replayed."""

    eobs: int
    lines: int
    lines_matched: int
    claims_settled: int
    mismatches: tuple[Mismatch, ...]
    unread: tuple[UnreadItem, ...]

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Replay:
    """The claims of a folder: a series for each (payer, year, patient), and the explained lines of its claims."""

    eobs: int
    series: tuple[Series, ...]
    explained: tuple[tuple[Part, ...], ...]
    unread: tuple[UnreadItem, ...]

    @classmethod
    def of(cls, explanations: Iterable[Explanation]) -> "Replay":
        """Terms from the first explanation that shows any of each payer and year; accumulators begin at nothing."""
        ordered = sorted(explanations, key=lambda each: (each.day, each.moment, each.eob))
        shown: dict[tuple[str, int], Explanation] = {}
        for each in ordered:
            if shows_terms(each):
                shown.setdefault((each.payer, _year(each)), each)
        terms = {key: _terms(first) for key, first in shown.items()}
        groups: dict[tuple[str, int, str], list[Explanation]] = {}
        unread: list[UnreadItem] = []
        for found in ordered:
            key = found.payer, _year(found)
            each = within(found, currency_of(shown.get(key, found)))
            unread += each.unread
            if each.lines:
                groups.setdefault((*key, each.patient), []).append(each)
        series = []
        explained = []
        for number, ((payer, year, _), members) in enumerate(groups.items()):
            plan = terms.get((payer, year)) or _terms(members[0])
            parts = [(each.day, part) for each in members for part in _parts(each)]
            claims = tuple(FiledClaim(tuple(_claim_line(line) for _, line in part), day) for day, part in parts)
            series.append(Series(f"{payer} {year} #{number + 1}", (plan,), (Accumulators(),), claims))
            explained.append(tuple(part for _, part in parts))
        return cls(len(ordered), tuple(series), tuple(explained), tuple(unread))

    def run(self, runner: Runner = preview, progress: Progress = lambda _done, _all: None) -> Report:
        """Runs all series and compares every line."""
        lines = sum(len(part) for explained in self.explained for part in explained)
        matched = settled = 0
        found: list[Mismatch] = []
        for number, (series, explained) in enumerate(zip(self.series, self.explained, strict=True)):
            for differences in _compared(runner, series, explained):
                settled += not _failed(differences)
                matched += sum(not line for line in differences)
                found += [each for line in differences for each in line]
            progress(number + 1, len(self.series))
        return Report(self.eobs, lines, matched, settled, tuple(found), self.unread)


def replay(folder: Path) -> Report:
    """Predicts all explanations of benefits of a folder of FHIR bundles; errors as `folder.read_folder`."""
    return Replay.of(read_folder(folder)).run()


def _terms(first: Explanation) -> PlanTerms:
    return infer(within(first, currency_of(first)).lines)


def _year(explanation: Explanation) -> int:
    return (_EPOCH + timedelta(explanation.day)).year


def _compared(runner: Runner, series: Series, explained: tuple[Part, ...]) -> Iterator[list[list[Mismatch]]]:
    """For each claim the mismatches of each of its lines; a claim that fails is the series' last."""
    done = 0
    results = runner(series)
    try:
        for result in results:
            figures = zip(explained[done], result.policies[0].lines, strict=True)
            yield [list(_differences(eob, line, found)) for (eob, line), found in figures]
            done += 1
    except MedUnionError as failure:
        eob, line = explained[done][0]
        yield [[Mismatch(eob, line.item, _CLAIM, "settled", failure.message)]]


def _failed(differences: list[list[Mismatch]]) -> bool:
    return any(each.field == _CLAIM for line in differences for each in line)


def _parts(explanation: Explanation) -> Iterator[Part]:
    """The lines as claims take them: a longer explanation becomes consecutive claims."""
    lines = tuple((explanation.eob, line) for line in explanation.lines)
    for begin in range(0, len(lines), MAX_LINES):
        yield lines[begin : begin + MAX_LINES]


def _claim_line(line: ExplainedLine) -> ClaimLine:
    return ClaimLine(units(line.submitted), (Cover(CLASS, units(line.allowed)),))


def _differences(eob: str, line: ExplainedLine, found: LineResult) -> Iterator[Mismatch]:
    """Payments are compared as rounded; a coinsurance is what the rounded payment leaves, half a unit off at most.

    A price of fractions of a unit is filed as rounded, so what follows from it is off by as much.
    """
    slack = max(abs(stated - units(stated)) for stated in (line.submitted, line.allowed))
    exact: Mapping[str, tuple[Decimal | None, int]] = {
        "eligible": (eligible(line), found.eligible),
        "deductible": (line.deductible, found.deductible),
        "paid": (line.paid, found.paid),
    }
    for field, (stated, figure) in exact.items():
        if stated is not None and units(stated) != figure and not (slack and abs(stated - figure) <= _HALF + slack):
            yield Mismatch(eob, line.item, field, str(units(stated)), str(figure))
    left = found.eligible - found.self_pay - found.deductible - found.paid
    if line.coinsurance is not None and abs(line.coinsurance - left) > _HALF + slack:
        yield Mismatch(eob, line.item, "coinsurance", str(units(line.coinsurance)), str(left))
