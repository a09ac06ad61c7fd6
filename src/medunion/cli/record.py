"""`medunion record`: commit, ingest, list, show, history, verify, export."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.files import read_file, write_file
from medunion.cli.output import emit_json, emit_rows, progress, report_warning, say
from medunion.cli.reading import RESTRICTED, Wanted, described, find, reading_options, warn_noticed
from medunion.cli.record_export import export
from medunion.cli.record_ingest import care_directory, directory_option, ingest, limit_option
from medunion.cli.support import argument, group, json_option, moment, network
from medunion.errors import UsageError
from medunion.locale import translate as t
from medunion.vocabulary import RestrictedClass

if TYPE_CHECKING:
    from medunion.records.receipt import CommitReceipt

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@group("record")
def command() -> None:
    """Commit, ingest, list, show, history, verify, export."""


command.add_command(export)
command.add_command(ingest)


@command.command(help=t("record.commit.help"))
@argument("member")
@argument("patient")
@argument("file", type=_file)
@directory_option
@click.option("--restrict", multiple=True, metavar=t("metavar.restrict"), help=t("record.commit.restrict"))
@limit_option
@json_option
def commit(
    member: str,
    patient: str,
    file: Path,
    directories: tuple[Path, ...],
    restrict: tuple[str, ...],
    limit: int | None,
    as_json: bool,
) -> None:
    """Commit a FHIR bundle or resource as a member."""
    from medunion.fhir import BODY_LIMIT

    masks = _masks(restrict)
    known = care_directory(directories)
    data = read_file(file)
    with network() as opened, progress("progress.commit") as advance:
        receipt = (
            opened.member(member)
            .records()
            .commit(
                opened.patient_id(patient),
                data,
                care_directory=known,
                extra_masks=masks,
                body_limit=limit or BODY_LIMIT,
                progress=lambda _step, done, total: advance(done, total),
            )
        )
    _report(receipt, member, patient, as_json)


@command.command("list", help=t("record.list.help"))
@argument("patient")
@reading_options
@click.option("--versions", is_flag=True, help=t("record.list.versions"))
@json_option
def list_(patient: str, wanted: Wanted, versions: bool, as_json: bool) -> None:
    """What may be read, without bodies."""
    with network() as opened:
        with progress("progress.read"):
            listing = wanted.list(opened, patient, versions=versions)
        rows = [described(entry, opened) for entry in listing]
    warn_noticed(listing.noticed)
    if not as_json:
        for row in rows:
            row["record"] = row["record"].hex()[:16]
    emit_rows(rows, ("record", "version", "type", "category", "serviceDay", "author"), as_json=as_json)
    if not as_json and rows:
        say("record.list.count", count=len(rows))


@command.command(help=t("record.show.help"))
@argument("patient")
@argument("record")
@reading_options
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=t("metavar.file"),
    help=t("record.show.output"),
)
@json_option
def show(patient: str, record: str, wanted: Wanted, output: Path | None, as_json: bool) -> None:
    """The latest version of a record, verified, byte for byte."""
    with network() as opened:
        with progress("progress.read"):
            entry = find(wanted.list(opened, patient), record)
            reading = wanted.history(opened, patient, entry)
        latest = reading[-1]
        described_entry = described(latest.entry, opened)
    warn_noticed(reading.noticed)
    if as_json:
        emit_json({**described_entry, "resource": latest.resource})
    elif output is not None:
        write_file(output, latest.body)
        say("record.show.written", file=output, size=len(latest.body))
    else:
        click.echo(latest.body)


@command.command(help=t("record.history.help"))
@argument("patient")
@argument("record")
@reading_options
@json_option
def history(patient: str, record: str, wanted: Wanted, as_json: bool) -> None:
    """All versions of a record."""
    with network() as opened:
        with progress("progress.read"):
            entry = find(wanted.list(opened, patient, versions=True), record)
            reading = wanted.history(opened, patient, entry)
        rows = []
        for each in reading:
            row = {**described(each.entry, opened), "size": len(each.body), "leaf": each.entry.leaf_hash}
            rows.append(row if as_json else {**row, "committedAt": moment(each.entry.committed_at)})
    warn_noticed(reading.noticed)
    emit_rows(rows, ("version", "type", "committedAt", "size", "author", "leaf", "superseded"), as_json=as_json)


@command.command(help=t("record.verify.help"))
@argument("patient")
@argument("record", required=False)
@reading_options
@json_option
def verify(patient: str, record: str | None, wanted: Wanted, as_json: bool) -> None:
    """Make every check again, for one record or for all that may be read."""
    rows: list[dict[str, Any]] = []
    with network() as opened, progress("progress.verify") as advance:
        listing = wanted.list(opened, patient)
        chosen = list(listing) if record is None else [find(listing, record)]
        check = wanted.checker(opened, patient)
        for position, entry in enumerate(chosen, 1):
            found = check(entry)
            row = described(found.record.entry, opened)
            rows.append({**row, "size": len(found.record.body), "leaf": entry.leaf_hash, "proof": list(found.proof)})
            advance(position, len(chosen))
    if as_json:
        emit_json(rows)
        return
    if record is not None:
        one = rows[0]
        say(
            "record.verify.one",
            type=one["type"],
            version=one["version"],
            author=one["author"],
            committed=moment(one["committedAt"]),
            root="0x" + one["root"].hex(),
            size=one["size"],
        )
    say("record.verify.done", count=len(rows))


def _report(receipt: "CommitReceipt", member: str, patient: str, as_json: bool) -> None:
    if as_json:
        emit_json(
            {
                "member": member,
                "patient": patient,
                "records": receipt.records,
                "unchanged": receipt.unchanged,
                "batches": receipt.batches,
                "transactions": receipt.transactions,
                "gasUsed": receipt.gas,
                "state": receipt.state,
                "resourcesByType": receipt.resources_by_type,
                "failures": [failure.as_dict() for failure in receipt.failures],
            }
        )
        return
    if not receipt.records:
        say("record.commit.unchanged", unchanged=receipt.unchanged)
    else:
        say(
            "record.commit.done",
            records=receipt.records,
            batches=len(receipt.batches),
            transactions=len(receipt.transactions),
            gas=f"{receipt.gas:,}",
        )
        if receipt.unchanged:
            say("record.commit.known", unchanged=receipt.unchanged)
        say(f"record.state.{receipt.state}")
    for failure in receipt.failures:
        report_warning(failure)


def _masks(restrict: tuple[str, ...]) -> dict[str, RestrictedClass]:
    """`Condition/1=mentalHealth` -> restricted classes by local id."""
    masks: dict[str, RestrictedClass] = {}
    for each in restrict:
        local_id, equals, name = each.rpartition("=")
        if not equals or not local_id:
            raise UsageError("--restrict takes RESOURCE=CLASS, as in Condition/1=mentalHealth", given=each)
        masks[local_id] = masks.get(local_id, RestrictedClass(0)) | RESTRICTED.convert(name, None, None)
    return masks
