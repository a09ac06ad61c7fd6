"""Milliseconds in which an insurer's engine decides a claim of 40 lines for a patient with 100 and 1,000 records.

./dev bench review              20 claims at each size
./dev bench review --quick      3 claims at 100 records
./dev bench review --json FILE  also as JSON

What each figure means is in bench/README.md.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench._meter import p95, table
from bench._sizes import run
from bench._ward import HOSPITAL, READER, Ward, ward
from medunion.care.items import Item
from medunion.care.templates import Code
from medunion.care.terms import MAX_LINES, ZERO
from medunion.insurance.catalogue import Catalogue, CatalogueEntry, Limits
from medunion.insurance.engine.answers import AnswerLog, AnswerSigner
from medunion.insurance.engine.granted import Granted
from medunion.insurance.engine.history import History, KnownItem
from medunion.insurance.engine.ports import FiledClaim, record_reader
from medunion.insurance.engine.published import ALL_RULES
from medunion.insurance.engine.review import APPROVED, ReviewEngine
from medunion.vocabulary import Category, Purpose

SIZES = (100, 1_000)
BUDGET_MS = 5_000
"""An answer comes in seconds."""

_SYSTEM, _DIAGNOSIS = "urn:bench", ("http://hl7.org/fhir/sid/icd-10", "K62.5")
_LIMITS = Limits(frozenset({_DIAGNOSIS}), 18, 80, "female", 10_000, 30)
_CATALOGUE = Catalogue(
    CatalogueEntry((_SYSTEM, str(number)), "A", 1_000, Category.PROCEDURES, _LIMITS) for number in range(MAX_LINES)
)
_NOTE = "The patient was prepared as usual; nothing out of the ordinary was seen, and there were no complications. " * 8


@dataclass
class _Desk:
    """Claims that wait; what is decided is not sent, for that is the chain's time."""

    waiting: list[FiledClaim] = field(default_factory=list)

    def awaiting(self) -> list[FiledClaim]:
        return self.waiting

    def settled(self, since: int) -> list[FiledClaim]:  # noqa: ARG002  the port's
        return []

    def given_back(self, since: int) -> list[bytes]:  # noqa: ARG002
        return []

    def request_evidence(self, claim: FiledClaim) -> None:
        raise SystemExit(f"the evidence of {claim.claim.hex()} cannot be read")

    def approve(self, claim: FiledClaim) -> None:
        self.waiting.remove(claim)

    def contest(self, claim: FiledClaim, rule: int, reason_digest: bytes) -> None:
        raise SystemExit(f"{claim.claim.hex()} is contested by rule {rule}: {reason_digest.hex()}")


def measure(home: Path, sizes: Sequence[int], repetitions: int) -> dict[str, Any]:
    """All figures, on a devnet of its own in `home`; the objects' keys are numbers of records."""
    figures: dict[str, Any] = {}
    with ward(home) as hospital:
        for size in sizes:
            for name, value in _of_size(hospital, home / f"insurer-{size}", size, repetitions).items():
                figures.setdefault(name, {})[str(size)] = value
    return figures


def _of_size(hospital: Ward, folder: Path, size: int, repetitions: int) -> dict[str, float]:
    (patient,) = hospital.admit(1)
    with hospital.records() as records:
        records.commit(patient, _bundle(size))
    hospital.grant([patient], READER, Purpose.HPAYMT)
    member = hospital.network.member(READER)
    reader = record_reader(member.records(), member.account("reader"))
    signer, granted = AnswerSigner(hospital.ledger, member.account("reader")), reader(_filed(hospital, patient))
    if len(granted) != size:
        raise SystemExit(f"{len(granted)} of {size} records were read")
    spans: dict[str, list[float]] = {"wall": [], "cpu": [], "read": []}
    for number in range(repetitions):
        begun = time.perf_counter()
        reader(_filed(hospital, patient))
        spans["read"].append((time.perf_counter() - begun) * 1000)
        key, desk = os.urandom(32), _Desk()
        history = History(folder / f"{number}.sqlite", AnswerLog(folder / f"{number}.jsonl", key), key)
        engine = ReviewEngine(
            catalogue=_CATALOGUE, desk=desk, evidence=reader, history=history, answers=signer, clock=hospital.ledger.now
        )
        desk.waiting.append(_claim(hospital, patient, granted, history, signer))
        begun, busy = time.perf_counter(), time.process_time()
        (outcome,) = engine.run_once()
        spans["wall"].append((time.perf_counter() - begun) * 1000)
        spans["cpu"].append((time.process_time() - busy) * 1000)
        if outcome.state != APPROVED:
            raise SystemExit(f"the claim is {outcome.state}: {outcome.failure}")
        history.close()
    return {
        "review_ms": median(spans["wall"]),
        "review_ms_p95": p95(spans["wall"]),
        "cpu_ms": min(spans["cpu"]),
        "read_ms": median(spans["read"]),
    }


def _filed(hospital: Ward, patient: bytes, **more: Any) -> FiledClaim:
    values: dict[str, Any] = {
        "claim": os.urandom(32), "policy": ZERO, "patient": patient,
        "provider": hospital.network.member(HOSPITAL).id, "lines": (), "evidence": (),
        "evidence_of": tuple(range(MAX_LINES)), "served_from": 1, "service_from": 1, "service_until": 60_000,
        "rules": ALL_RULES, "lane": 0, "requested": False, "review_from": 0,
    }  # fmt: skip
    return FiledClaim(**{**values, **more})


def _claim(hospital: Ward, patient: bytes, granted: Granted, history: History, signer: AnswerSigner) -> FiledClaim:
    """A claim of 40 items, each proved by a record of its own, of which the insurer was told before."""
    items = [
        KnownItem(Item(Code(*entry.item, ""), 1, 1_000, Category.PROCEDURES, os.urandom(32)))
        for entry in _CATALOGUE.values()
    ]
    history.keep(signer.sign("covers", ZERO, ZERO, {"items": [each.as_dict() for each in items]}, 1))
    done = granted.of_type("Procedure")
    evidence = tuple(next(each.key for each in done if item.coding in each.codes) for item in items)
    return _filed(hospital, patient, lines=tuple(each.item.line for each in items), evidence=evidence)


def _bundle(size: int) -> bytes:
    """A patient, its diagnosis, and procedures of 1.2 kB on different days."""
    subject = {"subject": {"reference": "Patient/p0"}}
    system, code = _DIAGNOSIS
    resources: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "p0", "gender": "female", "birthDate": "1980-01-01"},
        {"resourceType": "Condition", "id": "c0", "code": {"coding": [{"system": system, "code": code}]}, **subject},
    ]
    for number in range(size - len(resources)):
        item = {"coding": [{"system": _SYSTEM, "code": str(number % MAX_LINES)}]}
        resources.append(
            {"resourceType": "Procedure", "id": f"r{number}", "status": "completed", "code": item, **subject,
             "performedDateTime": f"2024-03-{number % 28 + 1:02d}", "note": [{"text": f"{number}. {_NOTE}"}]}
        )  # fmt: skip
    entries = [{"resource": each} for each in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def report(figures: dict[str, Any]) -> str:
    """All of it as text."""
    columns = ("records", "ms", "ms p95", "CPU ms", "reading alone, ms", "x reading")
    rows = [
        [
            int(size), figures["review_ms"][size], figures["review_ms_p95"][size], figures["cpu_ms"][size],
            figures["read_ms"][size], figures["review_ms"][size] / figures["read_ms"][size],
        ]
        for size in figures["review_ms"]
    ]  # fmt: skip
    largest = max(figures["review_ms_p95"], key=int)
    value = figures["review_ms_p95"][largest]
    judged = "within" if value <= BUDGET_MS else "over"
    verdict = f"{MAX_LINES} lines, {int(largest):,} records, p95: {value:,.0f} ms, {judged} {BUDGET_MS:,} ms"
    return f"{table(columns, rows)}\n\n{verdict}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, and writes what is asked for."""
    return run("review", (__doc__ or "").partition("\n")[0], arguments, measure, report, SIZES)


if __name__ == "__main__":
    sys.exit(main())
