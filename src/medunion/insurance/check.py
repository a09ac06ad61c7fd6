"""Runs a table of cases twice: through the deployed contracts on a devnet, and through the Python preview."""

import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from medunion.care.terms import day_of
from medunion.errors import MedUnionError
from medunion.insurance.benefit import Adjudication
from medunion.insurance.claims import preview
from medunion.insurance.runner import contracts
from medunion.insurance.table import Case, Table, as_expected, mismatches

Progress = Callable[[int, int], None]
"""Told of cases done, and of how many there are."""


@dataclass(frozen=True)
class CheckReport:
    """`matched_…` count the cases all of whose claims came out as the table expects, by the contracts and in Python.

    `cases` has those that could not be read too: each is a mismatch `by` the table. `claims` are the others'.
    """

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


def check(table: Table, progress: Progress = lambda _done, _all: None) -> CheckReport:
    """Runs all cases; a claim that one of the two cannot run is a mismatch of its case, and ends the case there."""
    found = [
        {"by": "table", "index": each.index, "case": each.name, "error": each.flaw.as_dict()} for each in table.unread
    ]
    matched = {"contract": 0, "preview": 0}
    today = day_of(int(time.time()))
    with contracts() if table.cases else nullcontext(preview) as by_contracts:
        for done, case in enumerate(table.cases, 1):
            series = case.series(today)
            for by, runner in (("preview", preview), ("contract", by_contracts)):
                wrong = _compared(by, case, runner(series))
                matched[by] += not wrong
                found += wrong
            progress(done, len(table.cases))
    claims = sum(len(case.claims) for case in table.cases)
    cases = len(table.cases) + len(table.unread)
    return CheckReport(cases, claims, matched["contract"], matched["preview"], tuple(found))


def _compared(by: str, case: Case, results: Iterable[Adjudication]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    claim = 0
    try:
        for result in results:
            found += [{"by": by, **each.as_dict()} for each in mismatches(case, claim, as_expected(result))]
            claim += 1
    except MedUnionError as failure:
        told = {"index": case.index, "case": case.name, "claim": claim, "error": failure.as_dict()}
        found.append({"by": by, **told})
    return found
