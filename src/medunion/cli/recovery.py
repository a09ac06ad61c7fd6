"""`medunion recovery`: when a phone is lost or stolen, people whom the patient trusts give the id back."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.choices import camel
from medunion.cli.contacts import contacts, keep, packet
from medunion.cli.files import read_text, write_text
from medunion.cli.output import emit_json, emit_rows, report_warning, say
from medunion.cli.support import argument, at_option, done, group, json_option, moment, network, relaying
from medunion.errors import UsageError, WalletError
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.identity.approvals import Approval, ContactRequest
    from medunion.network import Network

DAY = 86_400

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_output = click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar=t("metavar.file"),
    help=t("recovery.output"),
)
_by = click.option("--by", multiple=True, metavar=t("metavar.identity"), help=t("recovery.by"))
_approvals = click.option(
    "--approval", "files", type=_file, multiple=True, metavar=t("metavar.file"), help=t("recovery.approval")
)


@group("recovery")
def command() -> None:
    """Contacts, approvals, recovery, freeze."""


for each in (contacts, packet, keep):
    command.add_command(each)


@command.command(help=t("recovery.request.help"))
@argument("patient")
@click.option("--new-wallet", metavar=t("metavar.identity"), help=t("recovery.new_wallet"))
@click.option("--freeze", is_flag=True, help=t("recovery.request.freeze"))
@click.option(
    "--days",
    type=click.FloatRange(min=0, min_open=True),
    default=7,
    show_default=True,
    metavar=t("metavar.days"),
    help=t("recovery.request.days"),
)
@_output
def request(patient: str, new_wallet: str | None, freeze: bool, days: float, output: Path) -> None:
    """Write down what contacts elsewhere are to sign."""
    if freeze == (new_wallet is not None):
        raise UsageError("name either the new wallet, or --freeze")
    with network() as opened:
        number = opened.patient_id(patient)
        until = opened.ledger.deadline(round(days * DAY))
        asked: ContactRequest
        if new_wallet is None:
            asked = opened.recoveries.freeze_request(number, deadline=until)
        else:
            phone = opened.adopting(new_wallet, number)
            asked = opened.recoveries.request(number, phone.address, phone.public_key, deadline=until)
        write_text(output, asked.text(opened.recoveries.place))
    say("recovery.request.done", file=output, until=moment(until))


@command.command(help=t("recovery.approve.help"))
@argument("file", type=_file)
@click.option("--by", required=True, metavar=t("metavar.identity"), help=t("recovery.approve.by"))
@_output
def approve(file: Path, by: str, output: Path) -> None:
    """Sign as a contact, on one's own machine."""
    from medunion.identity.approvals import RecoveryRequest, parse_request

    with network() as opened:
        recoveries = opened.recoveries
        asked = parse_request(read_text(file), recoveries.place)
        write_text(output, recoveries.approve(opened.identity(by), asked).text(recoveries.place))
    shown = {"patient": "0x" + asked.patient.hex(), "until": moment(asked.deadline), "file": output}
    if isinstance(asked, RecoveryRequest):
        say("recovery.approve.done", account=asked.new_controller, **shown)
    else:
        say("recovery.approve.freeze", **shown)


@command.command(help=t("recovery.start.help"))
@argument("patient")
@click.option("--new-wallet", required=True, metavar=t("metavar.identity"), help=t("recovery.new_wallet"))
@_by
@_approvals
@click.option("--attest", "attesting", multiple=True, metavar=t("metavar.member"), help=t("recovery.start.attest"))
@at_option
@json_option
def start(
    patient: str,
    new_wallet: str,
    by: tuple[str, ...],
    files: tuple[Path, ...],
    attesting: tuple[str, ...],
    at: str | None,
    as_json: bool,
) -> None:
    """Schedule the recovery that enough contacts approved."""
    from medunion.identity.approvals import RecoveryRequest
    from medunion.identity.recovery import require_enough

    with network() as opened:
        number = opened.patient_id(patient)
        opened.ledger.patient(number)
        hospitals = [opened.member(each) for each in attesting]
        desk = opened.recovery_desk(relaying(opened, at))
        approvals = _read(opened, files)
        for each in by:
            require_enough(opened.recoveries.held_by(opened.identity(each), number), len({*by, *files}))
        phone = opened.adopting(new_wallet, number)
        asked = approvals[0].request if approvals else None
        if asked is None:
            asked = opened.recoveries.request(number, phone.address, phone.public_key)
        if not isinstance(asked, RecoveryRequest) or asked.patient != number:
            raise UsageError("the approval is not of a recovery of this patient", file=str(files[0]))
        approvals += _approved(opened, asked, by)
        receipt = desk.start(phone, asked, approvals, hospitals)
        ready = opened.recoveries.get(number).ready_at
    done(
        "recovery.start.final" if attesting else "recovery.start.done",
        receipt,
        as_json,
        patient=patient,
        wallet=new_wallet,
        ready=ready if as_json else moment(ready),
    )


@command.command(help=t("recovery.freeze.help"))
@argument("patient")
@_by
@_approvals
@at_option
@json_option
def freeze(patient: str, by: tuple[str, ...], files: tuple[Path, ...], at: str | None, as_json: bool) -> None:
    """Stop whoever has the patient's key, at once."""
    from medunion.identity.approvals import FreezeRequest

    if not by:
        raise UsageError("one contact's wallet must be here: name it with --by")
    with network() as opened:
        number = opened.patient_id(patient)
        desk = opened.recovery_desk(relaying(opened, at))
        held = opened.recoveries.held_by(opened.identity(by[0]), number)
        approvals = _read(opened, files)
        asked = approvals[0].request if approvals else opened.recoveries.freeze_request(number)
        if not isinstance(asked, FreezeRequest) or asked.patient != number:
            raise UsageError("the approval is not of a freeze of this patient", file=str(files[0]))
        receipt = desk.freeze(asked, held, approvals + _approved(opened, asked, by))
        until = opened.ledger.patient(number).until
    done("recovery.freeze.done", receipt, as_json, patient=patient, until=until if as_json else moment(until))


@command.command(help=t("recovery.show.help"))
@argument("patient")
@json_option
def show(patient: str, as_json: bool) -> None:
    """Where a patient's recovery and freeze stand."""
    with network() as opened:
        number = opened.patient_id(patient)
        found, now = opened.ledger.patient(number), opened.ledger.now()
        recovery = opened.recoveries.get(number)
        scheduled = opened.patients.scheduled_contacts(number)
        history = opened.recoveries.history(number)
        survivor = opened.ledger.survivor(number)
    stage = camel(recovery.stage.name)
    values: dict[str, Any] = {
        "stage": stage if as_json else t(f"recovery.stage.{stage}"),
        "newController": recovery.new_controller if recovery.live else None,
        "readyAt": recovery.ready_at or None,
        "executable": recovery.live and recovery.ready_at <= now,
        "frozenUntil": found.until if found.frozen_at(now) else None,
        "contactsFrom": scheduled[1] if scheduled else None,
        "survivor": survivor if survivor != number else None,
    }
    if as_json:
        events = [{"event": each.name, "time": each.time, "arguments": each.arguments} for each in history]
        emit_json({"patient": number, "controller": found.controller, **values, "events": events})
        return
    for name in ("readyAt", "frozenUntil", "contactsFrom"):
        values[name] = moment(values[name] or 0) or None
    rows = [{"field": t(f"column.{name}"), "value": value} for name, value in values.items() if value is not None]
    emit_rows(rows, ("field", "value"), as_json=False)
    lines = [{"time": moment(each.time), "event": t(f"recovery.event.{each.name}")} for each in history]
    if lines:
        emit_rows(lines, ("time", "event"), as_json=False)


@command.command(help=t("recovery.cancel.help"))
@argument("wallet", "identity")
@at_option
@json_option
def cancel(wallet: str, at: str | None, as_json: bool) -> None:
    """Cancel a recovery that one did not want."""
    with network() as opened:
        identity = opened.identity(wallet)
        receipt = opened.recovery_desk(relaying(opened, at)).cancel(identity)
    done("recovery.cancel.done", receipt, as_json, patient="0x" + identity.patient.hex())


@command.command(help=t("recovery.execute.help"))
@argument("patient")
@at_option
@json_option
def execute(patient: str, at: str | None, as_json: bool) -> None:
    """Make the new wallet's account the patient's, once the time has come."""
    with network() as opened:
        number = opened.patient_id(patient)
        receipt = opened.recovery_desk(relaying(opened, at)).execute(number)
    done("recovery.execute.done", receipt, as_json, patient="0x" + number.hex())


@command.command(help=t("recovery.adopt.help"))
@argument("wallet", "identity")
@json_option
def adopt(wallet: str, as_json: bool) -> None:
    """Make a recovered wallet whole."""
    with network() as opened:
        identity = opened.identity(wallet)
        told = opened.recovery_desk(relaying(opened, None)).adopt(identity)
        named = identity.configuration.trustees
        grants = len(opened.grants.of(identity.patient))
        trustees = [opened.member_name(each) for each in named.members] if named else []
    if as_json:
        emit_json({"patient": identity.patient, "trustees": trustees, "known": told, "grants": grants})
        return
    say("recovery.adopt.done", wallet=wallet, trustees=", ".join(trustees) or t("cli.nobody"), grants=grants)
    if not told:
        report_warning(WalletError("no member knows the key trustees that the ledger shows: name them again"))


def _read(opened: "Network", files: tuple[Path, ...]) -> "list[Approval]":
    from medunion.identity.approvals import Approval

    return [Approval.parse(read_text(file), opened.recoveries.place) for file in files]


def _approved(opened: "Network", asked: "ContactRequest", by: tuple[str, ...]) -> "list[Approval]":
    """The approvals of contacts whose wallets are here."""
    return [opened.recoveries.approve(opened.identity(each), asked) for each in by]
