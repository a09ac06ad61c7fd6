"""`medunion record ingest`: a hospital's nightly load; and the options that it shares with `record commit`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.files import read_file
from medunion.cli.output import emit_json, emit_rows, progress, report_warning, say
from medunion.cli.support import argument, json_option, network
from medunion.errors import UsageError
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.fhir import Directory
    from medunion.records.ingest import IngestReceipt

directory_option = click.option(
    "--directory",
    "directories",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar=t("metavar.file"),
    help=t("record.commit.directory"),
)
limit_option = click.option(
    "--limit", type=click.IntRange(1), metavar=t("metavar.bytes"), help=t("record.commit.limit")
)


@click.command(help=t("record.ingest.help"))
@argument("member")
@argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@directory_option
@limit_option
@click.option("--processes", type=click.IntRange(0), metavar=t("metavar.count"), help=t("record.ingest.processes"))
@json_option
def ingest(
    member: str, folder: Path, directories: tuple[Path, ...], limit: int | None, processes: int | None, as_json: bool
) -> None:
    """Commit many patients' bundles at once."""
    from medunion.fhir import BODY_LIMIT
    from medunion.records.ingest import Submission

    known = care_directory(directories)
    with network() as opened, progress("progress.commit") as advance:
        receipt = (
            opened.member(member)
            .records()
            .ingest(
                [
                    Submission(opened.patient_id(patient), path, str(path.relative_to(folder)))
                    for patient, path in _bundles(folder)
                ],
                care_directory=known,
                body_limit=limit or BODY_LIMIT,
                processes=processes,
                progress=lambda _step, done, total: advance(done, total),
            )
        )
    _report(receipt, member, as_json)
    if receipt.refused:
        sys.exit(1)


def care_directory(paths: tuple[Path, ...]) -> "Directory | None":
    """The organizations and practitioners of these bundles; None without one."""
    from medunion.fhir import Directory

    return Directory.from_bundles(*map(read_file, paths)) if paths else None


def _report(receipt: "IngestReceipt", member: str, as_json: bool) -> None:
    rows: list[dict[str, Any]] = [
        {
            "file": each.name,
            "patient": each.patient,
            "records": each.records,
            "unchanged": each.unchanged,
            "state": each.state,
            "failure": None if each.failure is None else each.failure.as_dict(),
        }
        for each in receipt.outcomes
    ]
    total = receipt.total
    if as_json:
        emit_json(
            {
                "member": member,
                "files": rows,
                "records": total.records,
                "unchanged": total.unchanged,
                "transactions": total.transactions,
                "gasUsed": total.gas,
                "state": total.state,
                "failures": [failure.as_dict() for failure in total.failures],
            }
        )
        return
    said = [{**row, "state": t(f"record.outcome.{row['state']}")} for row in rows]
    emit_rows(said, ("file", "records", "unchanged", "state"), as_json=False)
    if total.records:
        say(
            "record.commit.done",
            records=total.records,
            batches=len(total.batches),
            transactions=len(total.transactions),
            gas=f"{total.gas:,}",
        )
    else:
        say("record.commit.unchanged", unchanged=total.unchanged)
    for outcome in receipt.refused:
        click.echo(f"{outcome.name}:", err=True)
        if outcome.failure is not None:
            report_warning(outcome.failure)
    for failure in total.failures:
        report_warning(failure)


def _bundles(folder: Path) -> Iterator[tuple[str, Path]]:
    """Patients and their bundles: `PATIENT.json`, or any JSON files in a folder `PATIENT`; gzip of them as well."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.name.endswith((".json", ".json.gz")))
    if not found:
        raise UsageError(f"{folder} holds no *.json or *.json.gz", path=str(folder))
    for path in found:
        first, *rest = path.relative_to(folder).parts
        yield first if rest else first.removesuffix(".gz").removesuffix(".json"), path
