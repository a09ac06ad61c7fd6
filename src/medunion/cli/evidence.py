"""`medunion evidence`: export, verify offline, seal."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.output import emit_json, progress, say
from medunion.cli.reading import Wanted, find, reading_options
from medunion.cli.support import argument, group, json_option, moment, network
from medunion.errors import InputError, UsageError
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.evidence.document import Evidence
    from medunion.evidence.report import Report, Statement
    from medunion.evidence.seals import SealSheet
    from medunion.network import Network

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_new_file = click.Path(dir_okay=False, path_type=Path)


@group("evidence")
def command() -> None:
    """Export, verify, seal."""


@command.command(help=t("evidence.export.help"))
@argument("patient")
@argument("record")
@reading_options
@click.option("--output", "-o", type=_new_file, required=True, metavar=t("metavar.file"), help=t("evidence.output"))
@click.option("--with-ciphertext", is_flag=True, help=t("evidence.export.with_ciphertext"))
@click.option("--force", is_flag=True, help=t("evidence.force"))
@json_option
def export(
    patient: str, record: str, wanted: Wanted, output: Path, with_ciphertext: bool, force: bool, as_json: bool
) -> None:
    """A record's evidence, into one file."""
    from medunion.evidence.export import export_evidence

    _require_new(output, force)
    with network() as opened, progress("progress.read"):
        entry = find(wanted.list(opened, patient), record)
        history = wanted.history(opened, patient, entry)
        member, account = wanted.account(opened, patient)
        blobs = opened.session.blobs if with_ciphertext else None
        evidence = export_evidence(
            history, wanted.checker(opened, patient), opened.ledger, account, member, ciphertexts=blobs
        )
    data = evidence.encode()
    _write(output, data)
    versions = [version.leaf.version for version in evidence.versions]
    if as_json:
        emit_json({"file": output, "size": len(data), "versions": versions, "account": account.address})
        return
    say("evidence.export.done", file=output, size=f"{len(data):,}", versions=", ".join(map(str, versions)))
    say("evidence.export.holds_plaintext")


@command.command(help=t("evidence.verify.help"))
@argument("file", type=_file)
@click.option("--block-hash", "hashes", multiple=True, metavar=t("metavar.hash"), help=t("evidence.verify.block_hash"))
@click.option("--validators", type=_file, metavar=t("metavar.file"), help=t("evidence.verify.validators"))
@click.option("--output", "-o", type=_new_file, metavar=t("metavar.file"), help=t("evidence.verify.output"))
@click.option("--force", is_flag=True, help=t("evidence.force"))
@json_option
def verify(
    file: Path, hashes: tuple[str, ...], validators: Path | None, output: Path | None, force: bool, as_json: bool
) -> None:
    """Every check, from the file alone; exits 1 when one fails."""
    from medunion.evidence.seals import ValidatorSet
    from medunion.evidence.verify import verify as check

    if output is not None:
        _require_new(output, force)
    known = None if validators is None else ValidatorSet.decode(_read(validators))
    report = check(_read(file), validators=known, block_hashes=[_hash(each) for each in hashes])
    if as_json:
        emit_json(report.as_dict())
    else:
        _show(report)
    if not report.ok or report.evidence is None:
        sys.exit(1)
    if output is not None:
        content = report.evidence.versions[-1].content
        _write(output, content)
        if not as_json:
            say("record.show.written", file=output, size=len(content))


@command.command(help=t("evidence.seal.help"))
@argument("file", type=_file)
@click.option("--as", "member", metavar=t("metavar.member"), help=t("evidence.seal.as"))
@click.option("--operator", metavar=t("metavar.operator"), help=t("evidence.seal.operator"))
@click.option("--from", "sheet", type=_file, metavar=t("metavar.file"), help=t("evidence.seal.from"))
@json_option
def seal(file: Path, member: str | None, operator: str | None, sheet: Path | None, as_json: bool) -> None:
    """Add a member's seals to an evidence file or a sheet, or a sheet's seals to an evidence file."""
    from medunion.evidence.document import Evidence
    from medunion.evidence.seals import SealSheet, open_sealable, with_seals

    sealed: Evidence | SealSheet
    if sheet is not None and member is None:
        sealed = with_seals(Evidence.decode(_read(file)), SealSheet.decode(_read(sheet)))
    elif member is not None and sheet is None:
        document = open_sealable(_read(file))
        with network() as opened:
            sealed = _sealed(document, opened, member, operator)
    else:
        raise UsageError("name either the member that seals (--as) or the sheet whose seals to take (--from)")
    _write(file, sealed.encode())
    accounts = sorted({each.account for each in sealed.seals})
    if as_json:
        emit_json({"file": file, "seals": len(sealed.seals), "accounts": accounts})
        return
    say("evidence.seal.done", file=file, seals=len(sealed.seals), accounts=", ".join(accounts))


@command.command(help=t("evidence.sheet.help"))
@argument("file", type=_file)
@click.option("--output", "-o", type=_new_file, required=True, metavar=t("metavar.file"), help=t("evidence.output"))
@click.option("--force", is_flag=True, help=t("evidence.force"))
def sheet(file: Path, output: Path, force: bool) -> None:
    """The blocks to be sealed, and nothing of the record."""
    from medunion.evidence.document import Evidence
    from medunion.evidence.seals import SealSheet

    _require_new(output, force)
    found = SealSheet.of(Evidence.decode(_read(file)))
    _write(output, found.encode())
    say("evidence.sheet.done", file=output, blocks=", ".join(str(block.number) for block in found.blocks))


def _sealed(
    document: "Evidence | SealSheet", opened: "Network", member: str, operator: str | None
) -> "Evidence | SealSheet":
    from medunion.evidence.sealing import seal_evidence, seal_sheet
    from medunion.evidence.seals import SealSheet
    from medunion.vocabulary import Role

    sealing = opened.member(member)
    account = sealing.account(operator or sealing.with_role(Role.ADMIN))
    if isinstance(document, SealSheet):
        return seal_sheet(document, opened.ledger, account)
    return seal_evidence(document, opened.ledger, account)


def _show(report: "Report") -> None:
    for step in report.steps:
        said = t(f"evidence.step.{step.name}")
        if step.version is not None:
            said = t("evidence.verify.of_version", version=step.version, step=said)
        mark = t("evidence.verify.ok" if step.ok else "evidence.verify.failed")
        click.secho(f"{mark:8}{step.name:14}{said}", fg=None if step.ok else "red")
        if not step.ok:
            click.echo(f"{'':22}{step.cause}")
    if not report.ok:
        click.secho(t("evidence.verify.nothing"), fg="red", bold=True)
        return
    click.secho("\n" + t("evidence.verify.proved"), bold=True)
    for each in report.proved:
        click.echo("- " + t(f"evidence.proved.{each.name}", **_shown(each)))
    click.secho("\n" + t("evidence.verify.open"), bold=True)
    for each in report.open:
        click.echo("- " + t(f"evidence.open.{each.name}", **_shown(each)))


def _shown(statement: "Statement") -> dict[str, Any]:
    return {name: moment(value) if name == "time" else value for name, value in statement.values.items()}


def _hash(text: str) -> bytes:
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != 32:
        raise UsageError("a block's hash is 0x and 64 hexadecimal digits", given=text)
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failure:
        raise InputError(f"{path} cannot be read: {failure.strerror}", path=str(path)) from None


def _require_new(path: Path, force: bool) -> None:
    if path.exists() and not force:
        raise InputError(f"{path} is there already: name another file, or replace it with --force", path=str(path))


def _write(path: Path, data: bytes) -> None:
    from medunion.files import write_whole

    try:
        write_whole(path, data)
    except OSError as failure:
        raise InputError(f"{path} cannot be written: {failure.strerror}", path=str(path)) from None
