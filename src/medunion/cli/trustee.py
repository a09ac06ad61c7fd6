"""`medunion trustee`: how well a patient's keys are kept, and bringing shares to new key trustees."""

from typing import TYPE_CHECKING, Any

import click

from medunion.cli.choices import camel
from medunion.cli.output import emit_json, emit_rows, report_warning, say
from medunion.cli.support import argument, group, json_option, moment, network, relaying, via_option
from medunion.locale import known
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.errors import MedUnionError


@group("trustee")
def command() -> None:
    """Status, announce, transfer."""


@command.command(help=t("trustee.status.help"))
@argument("wallet", "identity")
@json_option
def status(wallet: str, as_json: bool) -> None:
    """Ask a patient's key trustees what they hold."""
    with network() as opened:
        found = opened.patient_records(opened.identity(wallet)).custody()
        kept_until = found.kept_until if found.kept_until > opened.session.clock() else 0
        rows = [
            {
                "trustee": opened.member_name(each.trustee),
                "status": camel(each.status.name),
                "confirmed": each.confirmed,
                "batches": found.batches,
                "reason": _reason(each.failure),
            }
            for each in found.trustees
        ]
    if as_json:
        counts = {"batches": found.batches, "recoverable": found.recoverable, "replicated": found.replicated}
        failures = [each.failure.as_dict() if each.failure else None for each in found.trustees]
        listed = [{**row, "failure": failure} for row, failure in zip(rows, failures, strict=True)]
        emit_json({**counts, "keptUntil": kept_until, "trustees": listed})
        return
    emit_rows(rows, ("trustee", "status", "confirmed", "batches", "reason"), as_json=False)
    say("trustee.status.count", batches=found.batches, recoverable=found.recoverable, replicated=found.replicated)
    if kept_until:
        say("trustee.status.kept", until=moment(kept_until))


@command.command(help=t("trustee.announce.help"))
@argument("wallet", "identity")
@via_option
@json_option
def announce(wallet: str, via: str | None, as_json: bool) -> None:
    """Tell trustees and treating members once more who the key trustees are."""
    with network() as opened:
        identity = opened.identity(wallet)
        treating = [each.member for each in opened.episodes.of(identity.patient)]
        failures = opened.desk(relaying(opened, via)).announce(identity, treating)
    if as_json:
        emit_json({"patient": identity.patient, "failures": [failure.as_dict() for failure in failures]})
        return
    say("trustee.announce.done", failures=len(failures))
    for failure in failures:
        report_warning(failure)


@command.command(help=t("trustee.transfer.help"))
@argument("member")
@argument("patient")
@click.option("--from", "former", multiple=True, metavar=t("metavar.member"), help=t("trustee.transfer.from"))
@json_option
def transfer(member: str, patient: str, former: tuple[str, ...], as_json: bool) -> None:
    """Do a member's part of bringing shares to where they belong."""
    with network() as opened:
        asked = [opened.member_id(each) for each in former]
        done = opened.member(member).records().transfer(opened.patient_id(patient), asked)
    counts: dict[str, Any] = {
        "due": done.held.due,
        "received": done.held.received,
        "missing": done.held.missing,
        "forgotten": done.held.forgotten,
        "kept": done.held.kept,
    }
    if as_json:
        failures = [failure.as_dict() for failure in done.failures]
        state = {"keptUntil": done.held.kept_until, "state": done.deposited.state}
        emit_json({"member": member, "patient": patient, **counts, **state, "failures": failures})
        return
    say("trustee.transfer.held", member=member, **counts)
    if done.held.kept:
        say("trustee.transfer.kept", member=member, kept=done.held.kept, until=moment(done.held.kept_until))
    if done.deposited.state != "unchanged":
        say(f"record.state.{done.deposited.state}")
    for failure in done.failures:
        report_warning(failure)


def _reason(failure: "MedUnionError | None") -> str:
    """Why a trustee said nothing, in the user's language."""
    if failure is None:
        return ""
    for key in (f"reason.{failure.details.get('reason')}", f"error.{failure.code}"):
        if known(key):
            return t(key)
    return failure.message
