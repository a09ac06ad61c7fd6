"""Time and gas of one bundle while the patients on the chain, and in the hospital's own stores, grow."""

import os
import time
from statistics import median

from bench._histories import visit
from bench._meter import p95, table
from bench._ward import READER, Ward
from medunion.chain import devnet
from medunion.chain.sender import Sender
from medunion.records.ingest import Submission

POINTS = (1, 10, 100, 1_000, 10_000)


def measure(ward: Ward, points: tuple[int, ...], bundle: bytes, repetitions: int) -> list[dict[str, float]]:
    """At each number of patients: committing `bundle` for a patient with three trustees, and reading it at B.

    The patients in between are real ones: registered, checked in, with three records that the hospital ingested.
    """
    rows, there = [], 0
    service = ward.network.member(READER).records()
    payer = ward.ledger.sender(devnet.account(9))
    with ward.records() as records:
        for patients in points:
            probes = ward.admit(min(repetitions, patients - there))
            fillers = ward.admit(patients - there - len(probes), trusted=False)
            records.ingest(
                (Submission(patient, visit(there + number)) for number, patient in enumerate(fillers)),
                processes=2 if len(fillers) > 100 else 0,
            )
            ward.grant(probes)
            commits, busy, reads, gas, count = [], [], [], 0, 0
            for patient in probes:
                begun, used = time.perf_counter(), time.process_time()
                receipt = records.commit(patient, bundle)
                commits.append((time.perf_counter() - begun) * 1000)
                busy.append((time.process_time() - used) * 1000)
                begun = time.perf_counter()
                read = len(service.read(patient))
                reads.append((time.perf_counter() - begun) * 1000)
                if receipt.state != "replicated" or read != receipt.records:
                    raise SystemExit(f"{receipt.records} records are {receipt.state}, {read} were read back")
                gas, count = gas + receipt.gas, count + receipt.records
            there = patients
            rows.append(
                {
                    "patients": patients,
                    "commit_ms": median(commits),
                    "commit_ms_p95": p95(commits),
                    "commit_cpu_ms": median(busy),
                    "read_ms": median(reads),
                    "node_ms": median(_node(ward, payer) for _ in range(5)),
                    "gas_per_record": gas / count,
                }
            )
    return rows


def _node(ward: Ward, payer: Sender) -> float:
    """Milliseconds that the node alone takes for what a commit asks of it: one payment mined, three looks for events.

    Anvil keeps no index of events and computes the state anew for each block: it slows down as its chain grows.
    """
    begun = time.perf_counter()
    payer.transfer(payer.address, 1)
    for _ in range(3):
        ward.ledger.batches(os.urandom(32))
    return (time.perf_counter() - begun) * 1000


def show(rows: list[dict[str, float]]) -> str:
    """The curve, and the last point as a multiple of the first that has several samples."""
    columns = ("patients", "commit_ms", "commit_ms_p95", "commit_cpu_ms", "read_ms", "node_ms", "gas_per_record")
    first = rows[1] if len(rows) > 2 else rows[0]
    ratio = [f"{rows[-1]['patients']:,} / {first['patients']:,}"]
    ratio += [f"{rows[-1][name] / first[name]:.2f}x" for name in columns[1:]]
    return table(columns, [*([row[name] for name in columns] for row in rows), ratio])
