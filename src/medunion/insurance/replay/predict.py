"""Explanations of benefits to claims for a runner, and what it makes of them compared with what they say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from medunion.insurance.benefit import ClaimLine, Cover, LineResult
from medunion.insurance.claims import FiledClaim, Runner, Series, preview
from medunion.insurance.plan import MAX_LINES, Accumulators, PlanTerms

from .inference import CLASS, eligible, infer, shows_terms, units
from .reading import ExplainedLine, Explanation, UnreadItem, read_folder

_EPOCH: Final = date(1900, 1, 1)
_HALF: Final = Decimal("0.5")


@dataclass(frozen=True)
class Mismatch:
    """A line whose figure is not what its explanation says; amounts in minor units."""

    eob: str
    item: int
    field: str
    expected: str
    found: int


@dataclass(frozen=True)
class Report:
    """What a replay came to. `claims` were adjudicated; `unread` items were not replayed."""

    eobs: int
    claims: int
    lines: int
    lines_matched: int
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
    explained: tuple[tuple[tuple[tuple[str, ExplainedLine], ...], ...], ...]
    unread: tuple[UnreadItem, ...]

    @classmethod
    def of(cls, explanations: Iterable[Explanation]) -> "Replay":
        """Terms from the first explanation that shows any of each payer and year; accumulators begin at nothing."""
        ordered = sorted(explanations, key=lambda each: (each.day, each.moment, each.eob))
        terms: dict[tuple[str, int], PlanTerms] = {}
        groups: dict[tuple[str, int, str], list[Explanation]] = {}
        for each in ordered:
            year = (_EPOCH + timedelta(each.day)).year
            if shows_terms(each):
                terms.setdefault((each.payer, year), infer(each.lines))
            if each.lines:
                groups.setdefault((each.payer, year, each.patient), []).append(each)
        series = []
        explained = []
        for number, ((payer, year, _), members) in enumerate(groups.items()):
            plan = terms.get((payer, year)) or infer(members[0].lines)
            parts = [(each.day, part) for each in members for part in _parts(each)]
            claims = tuple(FiledClaim(tuple(_claim_line(line) for _, line in part), day) for day, part in parts)
            series.append(Series(f"{payer} {year} #{number + 1}", (plan,), (Accumulators(),), claims))
            explained.append(tuple(part for _, part in parts))
        unread = tuple(item for each in ordered for item in each.unread)
        return cls(len(ordered), tuple(series), tuple(explained), unread)

    @property
    def claims(self) -> int:
        """Claims of all series."""
        return sum(len(series.claims) for series in self.series)

    def run(self, runner: Runner = preview) -> Report:
        """Runs all series and compares every line."""
        claims = lines = matched = 0
        found: list[Mismatch] = []
        for series, explained in zip(self.series, self.explained, strict=True):
            for part, result in zip(explained, runner(series), strict=True):
                claims += 1
                for (eob, line), figures in zip(part, result.policies[0].lines, strict=True):
                    here = list(_differences(eob, line, figures))
                    lines += 1
                    matched += not here
                    found += here
        return Report(self.eobs, claims, lines, matched, tuple(found), self.unread)


def replay(folder: Path, runner: Runner = preview) -> Report:
    """Replays all explanations of benefits of a folder of FHIR bundles; errors as `reading.read_folder`."""
    return Replay.of(read_folder(folder)).run(runner)


def _parts(explanation: Explanation) -> Iterator[tuple[tuple[str, ExplainedLine], ...]]:
    """The lines as claims take them: a longer explanation becomes consecutive claims."""
    lines = tuple((explanation.eob, line) for line in explanation.lines)
    for begin in range(0, len(lines), MAX_LINES):
        yield lines[begin : begin + MAX_LINES]


def _claim_line(line: ExplainedLine) -> ClaimLine:
    return ClaimLine(units(line.submitted), (Cover(CLASS, units(line.allowed)),))


def _differences(eob: str, line: ExplainedLine, found: LineResult) -> Iterator[Mismatch]:
    """Payments are compared as rounded; a coinsurance is what the rounded payment leaves, half a unit off at most."""
    exact: Mapping[str, tuple[Decimal | None, int]] = {
        "eligible": (eligible(line), found.eligible),
        "deductible": (line.deductible, found.deductible),
        "paid": (line.paid, found.paid),
    }
    for field, (stated, figure) in exact.items():
        if stated is not None and units(stated) != figure:
            yield Mismatch(eob, line.item, field, str(units(stated)), figure)
    left = found.eligible - found.self_pay - found.deductible - found.paid
    if line.coinsurance is not None and abs(line.coinsurance - left) > _HALF:
        yield Mismatch(eob, line.item, "coinsurance", str(units(line.coinsurance)), left)
