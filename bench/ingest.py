"""Resources a second from bundle to acknowledged: validated, not validated, on Kubo; its stages; its curve.

./dev bench ingest                   everything, about ten minutes
./dev bench ingest --quick           a small run of each part, under half a minute
./dev bench ingest --json FILE       also as JSON
./dev bench ingest --bundles FOLDER  with patients' bundles of one's own (*.json, *.json.gz) instead of the samples

What each figure means is in bench/README.md.
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench import _curve
from bench._histories import visit
from bench._meter import Span, best_cpu, cpu_of, measured, table
from bench._stages import stopwatch
from bench._ward import Ward, ward
from medunion.blobs import kubo_daemon
from medunion.blobs.kubo import KuboStore
from medunion.blobs.store import BlobStore
from medunion.demo import samples
from medunion.errors import DevnetError
from medunion.fhir import Directory
from medunion.records.ingest import IngestReceipt, Submission

BUDGETS = {"validated_per_s": 2_000, "unvalidated_per_s": 5_000}
"""Resources a second on two cores (design, section 10)."""
HAPI_PER_S = 268
"""HAPI FHIR 8.8, Synthea transactions a second in resources, on two cores (measured for the design, section 8)."""


@dataclass(frozen=True)
class Size:
    """How much a run does: patients for each figure, for the stages, points of the curve and commits at each."""

    patients: int
    staged: int
    points: tuple[int, ...]
    repetitions: int
    processes: int


FULL = Size(patients=120, staged=8, points=_curve.POINTS, repetitions=20, processes=os.cpu_count() or 1)
QUICK = Size(patients=4, staged=2, points=(1, 10, 30), repetitions=3, processes=2)


class Inputs:
    """Patients' bundles, and who else they refer to."""

    def __init__(self, folder: Path | None = None) -> None:
        if folder is None:
            self.bundles = list(samples.patients().values())
            self.directory = Directory.from_bundles(*samples.directory_bundles())
            return
        if not folder.is_dir():
            raise SystemExit(f"{folder} is no folder")
        paths = sorted(each for each in folder.iterdir() if each.name.endswith((".json", ".json.gz")))
        shared = [each for each in paths if each.name.startswith(("hospitalInformation", "practitionerInformation"))]
        self.bundles = [each.read_bytes() for each in paths if each not in shared]
        self.directory = Directory.from_bundles(*(each.read_bytes() for each in shared))
        if not self.bundles:
            raise SystemExit(f"{folder} has no patient's bundle (*.json, *.json.gz)")

    def of(self, patients: Sequence[bytes]) -> list[Submission]:
        """A bundle for each patient, in turn."""
        return [Submission(each, self.bundles[at % len(self.bundles)], str(at)) for at, each in enumerate(patients)]


def measure(home: Path, inputs: Inputs, size: Size) -> dict[str, Any]:
    """Every figure, on a devnet of its own in `home`."""
    with ward(home) as hospital:
        figures: dict[str, Any] = {}
        folder = hospital.network.session.blobs
        before = folder.stat().size
        receipt = _run("validated", figures, hospital, inputs, size)
        figures["gas_per_record"] = receipt.total.gas / receipt.total.records
        figures["bytes_per_record"] = (folder.stat().size - before) / receipt.total.records
        figures["records"] = receipt.total.records
        _run("unvalidated", figures, hospital, inputs, size)
        with kubo_daemon.running(home) as daemon, closing(KuboStore(daemon.rpc)) as node:
            _run("kubo_validated", figures, hospital, inputs, size, node, daemon.pid)
        figures["stages_us"] = _stages(hospital, inputs, size)
        figures["baselines"] = _baselines(inputs)
        figures["curve"] = _curve.measure(hospital, size.points, visit(0), size.repetitions)
        return figures


def _run(
    name: str, figures: dict[str, Any], hospital: Ward, inputs: Inputs, size: Size, blobs: BlobStore | None = None,
    daemon: int = 0,
) -> IngestReceipt:  # fmt: skip
    """One ingest of fresh patients, timed, and checked by reading some of them back."""
    submissions = inputs.of(hospital.admit(size.patients))
    with hospital.records(blobs) as records:
        busy = cpu_of(daemon)
        with measured(hospital.anvil) as span:
            receipt = records.ingest(
                submissions,
                care_directory=inputs.directory,
                validated=name != "unvalidated",
                processes=size.processes,
            )
        span.others += cpu_of(daemon) - busy
        if receipt.refused or receipt.total.state != "replicated":
            why = [outcome.failure for outcome in receipt.refused] or receipt.total.failures
            raise SystemExit(f"not everything was acknowledged: {receipt.total.state}, {why}")
        for submission, outcome in list(zip(submissions, receipt.outcomes, strict=True))[: len(inputs.bundles)]:
            read_back(hospital, submission, outcome.records, blobs)
    figures[f"{name}_per_s"] = receipt.total.records / span.wall
    figures[f"{name}_cpu"] = _processors(receipt, span)
    return receipt


def read_back(hospital: Ward, submission: Submission, records: int, blobs: BlobStore | None = None) -> None:
    """Reads a patient's records as the patient: as many as were counted, each byte for byte in the bundle."""
    data = submission.bundle if isinstance(submission.bundle, bytes) else submission.bundle.read_bytes()
    plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    read = hospital.reader(submission.patient, blobs).read()
    if len(read) != records or not all(record.body in plain for record in read):
        raise SystemExit(f"{records} records went in, {len(read)} came back")


def _processors(receipt: IngestReceipt, span: Span) -> dict[str, float]:
    """Microseconds of processor time for each record, by who used them; and what two cores could do at best."""
    records = receipt.total.records
    each = {"this_process": span.own, "workers": span.workers, "nodes": span.others, "all": span.cpu}
    found = {f"{name}_us": seconds / records * 1e6 for name, seconds in each.items()}
    return {**found, "per_cpu_s": records / span.cpu, "projected_on_2_cores_per_s": 2 * records / span.cpu}


def _stages(hospital: Ward, inputs: Inputs, size: Size) -> dict[str, float]:
    """Microseconds of processor time of this process for each record, by stage, after a run that warms it up."""
    submissions = inputs.of(hospital.admit(2 * size.staged))
    with hospital.records() as records:
        records.ingest(submissions[: size.staged], care_directory=inputs.directory, processes=0)
        with stopwatch(records._commits()) as watch:
            receipt = records.ingest(submissions[size.staged :], care_directory=inputs.directory, processes=0)
    return {stage: seconds / receipt.total.records * 1e6 for stage, seconds in watch.seconds.items()}


def _baselines(inputs: Inputs) -> dict[str, float]:
    """What the same input costs others: `json.loads` of it, and AES-GCM alone."""
    plain = [gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data for data in inputs.bundles]
    records = sum(len(json.loads(data).get("entry", [None])) for data in plain)
    cipher, block = AESGCM(os.urandom(32)), os.urandom(65_536)
    sealing = best_cpu(lambda: [cipher.encrypt(os.urandom(12), block, None) for _ in range(500)])
    parsing = best_cpu(lambda: [json.loads(data) for data in plain])
    return {
        "json_loads_per_s": records / parsing,
        "hapi_fhir_per_s": HAPI_PER_S,
        "aes_gcm_mb_per_s": 500 * len(block) / sealing / 1e6,
        "input_bytes_per_record": sum(map(len, plain)) / records,
    }


def report(figures: dict[str, Any]) -> str:
    """All of it as text."""
    base = figures["baselines"]
    rows = []
    for name in ("validated_per_s", "unvalidated_per_s", "kubo_validated_per_s"):
        value = figures.get(name)
        if value is None:
            continue
        budget = BUDGETS.get(name)
        judged = "" if budget is None else f"{'within' if value >= budget else 'under'} {budget:,}"
        rows.append([name, value, judged, f"{value / HAPI_PER_S:.1f}x", f"1/{base['json_loads_per_s'] / value:.0f}"])
    lines = [
        f"{figures['records']:,} records, each acknowledged: mined, and its keys confirmed by three trustees",
        "",
        table(("resources/s", "", "budget", "HAPI FHIR", "json.loads"), rows),
        "",
        "processor time, us/record",
        table(
            ("", "this process", "workers", "Anvil, Kubo", "all", "2 cores at best, records/s"),
            [
                [name, *(figures[f"{name}_cpu"][part] for part in (
                    "this_process_us", "workers_us", "nodes_us", "all_us", "projected_on_2_cores_per_s"))]
                for name in ("validated", "unvalidated", "kubo_validated") if f"{name}_cpu" in figures
            ],
        ),
        "",
        "stages, us/record of this process alone",
        table(
            ("stage", "us", "share", "records/s alone"),
            [
                [stage, spent, f"{spent / sum(figures['stages_us'].values()):.0%}", 1e6 / max(spent, 1e-9)]
                for stage, spent in figures["stages_us"].items()
            ],
        ),
        "",
        f"gas/record {figures['gas_per_record']:,.0f} (a batch for each encounter), stored bytes/record "
        f"{figures['bytes_per_record']:,.0f} ({figures['bytes_per_record'] / base['input_bytes_per_record']:.2f}x the "
        f"input), AES-GCM alone {base['aes_gcm_mb_per_s']:,.0f} MB/s",
        "",
        "patients on the chain and in the hospital's stores; one visit of three records, trustees included",
        _curve.show(figures["curve"]),
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, and writes what is asked for."""
    parser = argparse.ArgumentParser(prog="./dev bench ingest", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--quick", action="store_true", help="a small run of each part")
    parser.add_argument("--bundles", type=Path, metavar="FOLDER", help="patients' bundles instead of the samples")
    options = parser.parse_args(arguments)
    try:
        kubo_daemon.find_ipfs()
    except DevnetError as missing:
        parser.exit(1, f"{missing.message}\n")
    inputs = Inputs(options.bundles)
    with tempfile.TemporaryDirectory(prefix="medunion-ingest-") as home:
        figures = measure(Path(home), inputs, QUICK if options.quick else FULL)
    print(report(figures))
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
