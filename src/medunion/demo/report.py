"""What a told story is worth to a program: counts, gas, refusals, times, and how many records were read back equal."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medunion.errors import MedUnionError, UsageError
from medunion.records.receipt import CommitReceipt


@dataclass(slots=True)
class Report:
    """Filled while the story is told. `gas` in units of gas, `timings_ms` in milliseconds by step.

    Money is in minor units. `disputes` say how each ended; `token_conservation` is what the chain says of all tokens.
    """

    patients: int = 0
    records_committed: int = 0
    batches: int = 0
    resources_by_type: Counter[str] = field(default_factory=Counter)
    gas: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    refusals: list[dict[str, Any]] = field(default_factory=list)
    timings_ms: dict[str, int] = field(default_factory=dict)
    verified_records: int = 0
    claims: dict[str, int] = field(default_factory=dict)
    disputes: list[dict[str, Any]] = field(default_factory=list)
    care_plan_visits: int = 0
    token_conservation: dict[str, Any] = field(default_factory=dict)

    def committed(self, receipt: CommitReceipt, operation: str = "commit") -> None:
        """Counts what a commit did; `operation` is the key of its gas."""
        self.records_committed += receipt.records
        self.batches += len(receipt.batches)
        self.resources_by_type.update(receipt.resources_by_type)
        self.gas[operation].append(receipt.gas)

    def documented(self, resource_type: str) -> None:
        """Counts a document that was committed with an offer or a care plan."""
        self.records_committed += 1
        self.batches += 1
        self.resources_by_type[resource_type] += 1

    def refused(self, step: int, failure: MedUnionError) -> None:
        """Notes a refusal with its reason: a contract's or release point's, else the error's code."""
        reason = str(failure.details.get("reason") or failure.details.get("error") or failure.code)
        self.refusals.append({"step": step, "reason": reason})

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Measures a step."""
        start = time.perf_counter()
        yield
        self.timings_ms[name] = round((time.perf_counter() - start) * 1000)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "patients": self.patients,
            "records_committed": self.records_committed,
            "batches": self.batches,
            "resources_by_type": dict(sorted(self.resources_by_type.items())),
            "gas": dict(sorted(self.gas.items())),
            "refusals": self.refusals,
            "timings_ms": self.timings_ms,
            "verified_records": self.verified_records,
            "claims": self.claims,
            "disputes": self.disputes,
            "care_plan_visits": self.care_plan_visits,
            "token_conservation": self.token_conservation,
        }

    def write(self, path: Path) -> None:
        """Writes the report; UsageError when the file cannot be written."""
        try:
            path.write_text(json.dumps(self.as_dict(), indent=2) + "\n", encoding="utf-8")
        except OSError as failure:
            raise UsageError(f"{path} cannot be written: {failure.strerror}", path=str(path)) from None
