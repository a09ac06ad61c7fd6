"""Milliseconds from a grant's confirmation to a patient's first and last record readable at another member.

./dev bench share              at 10, 100 and 1,000 records
./dev bench share --quick      a few repetitions at 10 and 100
./dev bench share --json FILE  also as JSON

What each figure means is in bench/README.md.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench._histories import history
from bench._meter import best_cpu, p95, table
from bench._sizes import run
from bench._ward import Ward, ward
from medunion.blobs.cid import Cid
from medunion.fhir import prepare
from medunion.keys.scope import Access
from medunion.vocabulary import ALL_CATEGORIES, Purpose

SIZES = (10, 100, 1_000)
BUDGET_MS = 1_000
"""For the first record of a patient with 1,000, p95 (design, section 10)."""
_ACCESS = Access(Purpose.TREAT, 0, ALL_CATEGORIES, 0)


def measure(home: Path, sizes: Sequence[int], repetitions: int) -> dict[str, Any]:
    """All figures, on a devnet of its own in `home`; the objects' keys are numbers of records."""
    figures: dict[str, Any] = {}
    with ward(home) as hospital:
        for size in sizes:
            for name, value in _of_size(hospital, size, repetitions).items():
                figures.setdefault(name, {})[str(size)] = value
    return figures


def _of_size(hospital: Ward, size: int, repetitions: int) -> dict[str, float]:
    bundle = history(size)
    (patient,) = hospital.admit(1)
    with hospital.records() as records:
        receipt = records.commit(patient, bundle)
    if (receipt.records, receipt.state) != (size, "replicated"):
        raise SystemExit(f"{receipt.records} of {size} records are {receipt.state}")
    expected = sorted(record.body for record in prepare(bundle).records)
    firsts, lasts, processor = [], [], []
    for _ in range(repetitions):
        first, last, cpu, bodies = _once(hospital, patient)
        if sorted(bodies) != expected:
            raise SystemExit(f"{len(bodies)} of {size} records came back, or not as they went in")
        firsts.append(first)
        lasts.append(last)
        processor.append(cpu)
    return {
        "first_ms_p95": p95(firsts),
        "last_ms_p95": p95(lasts),
        "first_ms": median(firsts),
        "last_ms": median(lasts),
        "cpu_ms": min(processor),
        "json_loads_ms": best_cpu(lambda: [json.loads(body) for body in expected]) * 1000,
        "fetch_ms": _fetch(hospital, patient),
        "batches": len(receipt.batches),
    }


def _once(hospital: Ward, patient: bytes) -> tuple[float, float, float, list[bytes]]:
    """Milliseconds to the first and the last record, of processor time, and all bodies, at a reader that knows nothing.

    The author's node and B's are in this process; between them goes what a network would carry.
    """
    hospital.revoke(patient)
    with hospital.stranger() as reader:
        hospital.grant([patient])
        begun, busy = time.perf_counter(), time.process_time()
        listing = reader.list(patient, _ACCESS)
        bodies = [reader.open(listing[0]).body]
        first = time.perf_counter() - begun
        bodies += [reader.open(entry).body for entry in listing[1:]]
        last, cpu = time.perf_counter() - begun, time.process_time() - busy
    return first * 1000, last * 1000, cpu * 1000, bodies


def _fetch(hospital: Ward, patient: bytes) -> float:
    """Milliseconds of processor time to take all blobs of the patient out of the store, unread."""
    blobs = hospital.network.session.blobs
    with hospital.stranger() as reader:
        cids: list[Cid] = [entry.listed.body for entry in reader.list(patient, _ACCESS)]
    return best_cpu(lambda: [blobs.get(cid) for cid in cids]) * 1000


def report(figures: dict[str, Any]) -> str:
    """All of it as text."""
    columns = ("records", "batches", "first ms p95", "last ms p95", "first ms", "last ms", "CPU ms", "x json.loads",
               "x fetching blobs")  # fmt: skip
    rows = [
        [
            int(size), figures["batches"][size], figures["first_ms_p95"][size], figures["last_ms_p95"][size],
            figures["first_ms"][size], figures["last_ms"][size], figures["cpu_ms"][size],
            figures["cpu_ms"][size] / figures["json_loads_ms"][size],
            figures["cpu_ms"][size] / figures["fetch_ms"][size],
        ]
        for size in figures["first_ms_p95"]
    ]  # fmt: skip
    largest = max(figures["first_ms_p95"], key=int)
    value = figures["first_ms_p95"][largest]
    judged = "within" if value <= BUDGET_MS else "over"
    verdict = f"first of {int(largest):,} records, p95: {value:,.0f} ms, {judged} {BUDGET_MS:,} ms"
    return f"{table(columns, rows)}\n\n{verdict}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, and writes what is asked for."""
    return run("share", (__doc__ or "").partition("\n")[0], arguments, measure, report, SIZES)


if __name__ == "__main__":
    sys.exit(main())
