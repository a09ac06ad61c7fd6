"""`medunion patient`: patient ids on the ledger."""

from typing import Any

import click

from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.support import argument, at_option, done, group, json_option, moment, network, relaying, via_option
from medunion.errors import UsageError
from medunion.locale import translate as t
from medunion.vocabulary import PatientStatus

_trustee_option = click.option(
    "--trustee", "trustees", multiple=True, metavar=t("metavar.member"), help=t("patient.trustee")
)


@group("patient")
def command() -> None:
    """Register, show, rotate."""


@command.command(help=t("patient.register.help"))
@argument("wallet", "identity")
@click.option("--at", required=True, metavar=t("metavar.member"), help=t("patient.register.at"))
@_trustee_option
@click.option("--provisional", is_flag=True, help=t("patient.register.provisional"))
@click.option("--assisted", is_flag=True, help=t("patient.register.assisted"))
@click.option("--take-over", metavar=t("metavar.identity"), help=t("patient.register.take_over"))
@json_option
def register(
    wallet: str,
    at: str,
    trustees: tuple[str, ...],
    provisional: bool,
    assisted: bool,
    take_over: str | None,
    as_json: bool,
) -> None:
    """Register a wallet's id at a member's desk, or take a provisional one over."""
    if provisional and (trustees or assisted or take_over):
        raise UsageError("a provisional id names nobody, is not assisted and takes nothing over")
    with network() as opened:
        named = [opened.member_id(each) for each in trustees]
        opened.member_id(at)
        if take_over:
            present = opened.identity(take_over)
            name, _, label = wallet.partition(":")
            following = opened.wallet(name)
            desk = opened.desk(at)
            identity = following.adopt(label or take_over, present.patient)
            receipt = desk.take_over(present, identity, trustees=named, assisted=assisted)
        else:
            identity = opened.identity(wallet)
            receipt = opened.desk(at).register(identity, trustees=named, provisional=provisional, assisted=assisted)
    done("patient.register.done", receipt, as_json, patient="0x" + identity.patient.hex(), at=at)
    if len(named) == 1 and not as_json:
        say("patient.single_trustee", trustee=trustees[0])


@command.command(help=t("patient.show.help"))
@argument("patient")
@click.option("--accesses", is_flag=True, help=t("patient.show.accesses"))
@json_option
def show(patient: str, accesses: bool, as_json: bool) -> None:
    """What the ledger says of a patient id; with `--accesses`, who asked for its keys."""
    with network() as opened:
        number = opened.patient_id(patient)
        found = opened.patients.get(number)
        sponsor = opened.patients.sponsor(number)
        survivor = opened.ledger.survivor(number)
        shown: dict[str, Any] = {
            "patient": found.patient,
            "status": found.status,
            "until": found.until if found.status is PatientStatus.PROVISIONAL else None,
            "frozenUntil": found.until if found.frozen_at(opened.ledger.now()) else None,
            "controller": found.controller,
            "publicKey": found.public_key,
            "keyEpoch": found.key_epoch,
            "configuration": found.configuration,
            "sponsor": opened.member_name(sponsor) if sponsor else None,
            "survivor": survivor if survivor != number else None,
            "linked": opened.ledger.retired(number) or None,
        }
        events = []
        if accesses:
            reader = opened.patient_records(opened.identity(patient))
            for member, name in opened.home.member_ids().items():
                events += [_access(name, event) for event in reader.access_log(member)]
    if as_json:
        emit_json({**shown, "accesses": events} if accesses else shown)
        return
    for name in ("until", "frozenUntil"):
        shown[name] = moment(shown[name] or 0) or None
    rows = [{"field": t(f"column.{name}"), "value": value} for name, value in shown.items() if value is not None]
    emit_rows(rows, ("field", "value"), as_json=False)
    if accesses:
        say("patient.show.accessed")
        columns = ("time", "at", "by", "purpose", "outcome")
        emit_rows(sorted(events, key=lambda event: str(event["time"])), columns, as_json=False)


@command.command(help=t("patient.rotate.help"))
@argument("wallet", "identity")
@click.argument("what", type=click.Choice(["key", "account", "trustees"]))
@_trustee_option
@via_option
@json_option
def rotate(wallet: str, what: str, trustees: tuple[str, ...], via: str | None, as_json: bool) -> None:
    """Replace a patient id's key, account or key trustees."""
    if trustees and what != "trustees":
        raise UsageError("--trustee goes with `rotate ... trustees`")
    with network() as opened:
        named = [opened.member_id(each) for each in trustees]
        identity = opened.identity(wallet)
        desk, contact_of = opened.desk(relaying(opened, via)), []
        if what == "key":
            receipt = desk.rotate_key(identity)
        elif what == "account":
            contact_of = [each for each in identity.held if identity.address in each.contacts.accounts]
            receipt = desk.rotate_controller(identity)
        else:
            receipt = desk.set_trustees(identity, named)
        kept = opened.patient_records(identity).custody() if named and not as_json else None
    done(f"patient.rotate.{what}", receipt, as_json, patient="0x" + identity.patient.hex())
    if kept is not None:
        say("trustee.status.count", batches=kept.batches, recoverable=kept.recoverable, replicated=kept.replicated)
    if contact_of and not as_json:
        say("patient.rotate.contact", count=len(contact_of))


@command.command(help=t("patient.link.help"))
@argument("retired", "identity")
@argument("survivor", "identity")
@at_option
@click.option("--yes", is_flag=True, help=t("patient.link.yes"))
@json_option
def link(retired: str, survivor: str, at: str | None, yes: bool, as_json: bool) -> None:
    """Retire an id of a patient who is registered twice."""
    if not yes:
        raise UsageError("nothing undoes a link: check both ids, and say --yes")
    with network() as opened:
        one, other = opened.identity(retired), opened.identity(survivor)
        receipt = opened.recovery_desk(relaying(opened, at)).link(one, other)
    done("patient.link.done", receipt, as_json, retired="0x" + one.patient.hex(), survivor="0x" + other.patient.hex())


def _access(name: str, event: dict[str, Any]) -> dict[str, Any]:
    """A line of an access history from a FHIR AuditEvent."""
    who = event["agent"][1]["who"]["identifier"]
    purposes = [each["coding"][0]["code"] for each in event.get("purposeOfEvent", ())]
    return {
        "time": event["recorded"],
        "at": name,
        "by": f"{who['system'].rpartition(':')[2]} {who['value']}",
        "purpose": purposes,
        "outcome": event["outcomeDesc"],
        "event": event,
    }
