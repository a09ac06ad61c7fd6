"""Runs a table of cases twice: through the deployed contracts on a devnet, and through the Python preview."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from medunion.care.terms import day_of
from medunion.errors import MedUnionError
from medunion.insurance.benefit import Adjudication
from medunion.insurance.claims import preview
from medunion.insurance.proving_ground import proving_ground
from medunion.insurance.runner import ClaimRunner
from medunion.insurance.table import Case, as_expected, mismatches

Progress = Callable[[int, int], None]
"""Told of cases done, and of how many there are."""


@dataclass(frozen=True)
class CheckReport:
    """`matched_…` count the cases all of whose claims came out as the table expects, by the contracts and in Python."""

    cases: int
    claims: int
    matched_contract: int
    matched_preview: int
    mismatches: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "cases": self.cases,
            "claims": self.claims,
            "matched_contract": self.matched_contract,
            "matched_preview": self.matched_preview,
            "mismatches": list(self.mismatches),
        }


def check(cases: Sequence[Case], progress: Progress = lambda _done, _all: None) -> CheckReport:
    """Runs all cases; a claim that one of the two cannot run is a mismatch of its case, and ends the case there."""
    found: list[dict[str, Any]] = []
    matched = {"contract": 0, "preview": 0}
    with proving_ground() as ground:
        runner = ClaimRunner(ground)
        today = day_of(ground.ledger.now())
        for index, case in enumerate(cases):
            series = case.series(today)
            for by, results in (("preview", preview(series)), ("contract", runner.run(series))):
                wrong = _compared(by, case, results)
                matched[by] += not wrong
                found += wrong
            progress(index + 1, len(cases))
    claims = sum(len(case.claims) for case in cases)
    return CheckReport(len(cases), claims, matched["contract"], matched["preview"], tuple(found))


def _compared(by: str, case: Case, results: Iterable[Adjudication]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    try:
        for at, result in enumerate(results):
            found += [{"by": by, **each.as_dict()} for each in mismatches(case, at, as_expected(result))]
    except MedUnionError as failure:
        found.append({"by": by, "case": case.name, "error": failure.as_dict()})
    return found
