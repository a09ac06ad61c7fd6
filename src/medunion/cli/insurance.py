"""`medunion insurance`: an insurer's answer to a Claim; the benefit arithmetic against results of others."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from medunion.cli.files import read_file
from medunion.cli.output import emit_json, printable, progress, say
from medunion.cli.support import argument, group, json_option, network
from medunion.locale import translate as t


@group("insurance")
def command() -> None:
    """Predetermine; check and replay."""


@command.command(help=t("insurance.predetermine.help"))
@argument("insurer", "member")
@argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def predetermine(insurer: str, file: Path) -> None:
    """Answer a Claim (predetermination) as an insurer whose folder is here: its ClaimResponse."""
    from medunion.care.documents import to_text
    from medunion.settlement.fhir_predetermination import to_fhir

    with network() as opened:
        answered = opened.insurer_desk(insurer).predetermine(read_file(file))
    click.echo(to_text(to_fhir(answered)))


@command.command(help=t("insurance.check.help"))
@click.argument("table", metavar=t("metavar.file"), type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def check(table: Path, as_json: bool) -> None:
    """Run a table of cases through the contracts and the preview; exit code 1 when one does not match."""
    from medunion.insurance.check import check as run
    from medunion.insurance.table import read_table

    read = read_table(table)
    with progress("progress.cases") as advance:
        report = run(read, advance)
    if as_json:
        emit_json(report.as_dict())
    else:
        say(
            "insurance.check.done",
            cases=report.cases, claims=report.claims, contract=report.matched_contract, preview=report.matched_preview,
        )
        for each in report.mismatches:
            say("insurance.mismatch", **_told(each))
    if report.mismatches:
        sys.exit(1)


@command.command(help=t("insurance.replay.help"))
@click.argument("folder", metavar=t("metavar.folder"), type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
def replay(folder: Path, as_json: bool) -> None:
    """Settle a folder's explanations of benefits by the contracts; exit code 1 when a line does not match."""
    from medunion.insurance.replay.settle import settle

    with progress("progress.claims") as advance:
        report = settle(folder, advance)
    if as_json:
        emit_json(report.as_dict())
    else:
        say(
            "insurance.replay.done",
            eobs=report.eobs, lines=report.lines, matched=report.lines_matched, claims=report.claims_settled,
        )
        for each in report.mismatches:
            say("insurance.replay.mismatch", **vars(each))
        if report.unread:
            say("insurance.replay.unread", count=len(report.unread))
    if report.mismatches:
        sys.exit(1)


def _told(mismatch: dict[str, Any]) -> dict[str, Any]:
    """A mismatch in one line."""
    what = mismatch["error"]["message"] if "error" in mismatch else _differs(**mismatch)
    return {**mismatch, "case": printable(mismatch["case"]), "what": printable(what)}


def _differs(*, claim: int, place: str, expected: Any, found: Any, **_others: Any) -> str:
    values = {name: json.dumps(each, ensure_ascii=False) for name, each in (("expected", expected), ("found", found))}
    return t("insurance.check.differs", claim=claim, place=place, **values)
