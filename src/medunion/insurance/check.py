"""Runs a table of cases twice: through the deployed contracts on a devnet, and through the Python preview."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from medunion.care.terms import day_of
from medunion.errors import MedUnionError
from medunion.insurance.claims import Runner, preview
from medunion.insurance.proving_ground import proving_ground
from medunion.insurance.runner import ClaimRunner
from medunion.insurance.table import Case, compare

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
    """Runs all cases; a case that one of the two cannot run is a mismatch of it."""
    found: list[dict[str, Any]] = []
    matched = {"contract": 0, "preview": 0}
    with proving_ground() as ground:
        today = day_of(ground.ledger.now())
        runners: dict[str, Runner] = {"preview": preview, "contract": ClaimRunner(ground).run}
        for index, case in enumerate(cases):
            for by, run in runners.items():
                wrong = _compared(by, run, case, today)
                matched[by] += not wrong
                found += wrong
            progress(index + 1, len(cases))
    claims = sum(len(case.claims) for case in cases)
    return CheckReport(len(cases), claims, matched["contract"], matched["preview"], tuple(found))


def _compared(by: str, run: Runner, case: Case, day: int) -> list[dict[str, Any]]:
    try:
        return [{"by": by, **each.as_dict()} for each in compare([case], run, day).mismatches]
    except MedUnionError as failure:
        return [{"by": by, "case": case.name, "error": failure.as_dict()}]
