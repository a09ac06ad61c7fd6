"""`medunion episode`: the right to write for a patient."""

from typing import TYPE_CHECKING

import click

from medunion.cli.choices import camel
from medunion.cli.output import emit_rows
from medunion.cli.support import argument, done, group, json_option, moment, network, relaying, via_option
from medunion.locale import translate as t
from medunion.vocabulary import Role

if TYPE_CHECKING:
    from medunion.network import Network


@group("episode")
def command() -> None:
    """Open, close, list."""


@command.command("open", help=t("episode.open.help"))
@argument("patient")
@argument("member")
@click.option("--dependent-of", metavar=t("metavar.member"), help=t("episode.open.dependent_of"))
@click.option("--emergency", is_flag=True, help=t("episode.open.emergency"))
@via_option
@json_option
def open_(patient: str, member: str, dependent_of: str | None, emergency: bool, via: str | None, as_json: bool) -> None:
    """Check a patient in at a member."""
    with network() as opened:
        number = opened.member_id(member)
        if dependent_of:
            sender = opened.member(dependent_of).acting(Role.DESK)
            receipt = opened.episodes.acting(sender).open_dependent(opened.patient_id(patient), number)
        elif emergency:
            sender = opened.member(member).acting(Role.CLINICIAN)
            receipt = opened.episodes.acting(sender).open_in_emergency(opened.patient_id(patient))
        else:
            identity = opened.identity(patient)
            receipt = opened.desk(via or _desk_of(opened, member)).check_in(identity, number)
        _, episode = opened.episodes.may_write(opened.patient_id(patient), number)
    done("episode.open.done", receipt, as_json, patient=patient, member=member, episode=episode)


@command.command(help=t("episode.close.help"))
@argument("patient")
@argument("member")
@click.option("--by-patient", is_flag=True, help=t("episode.close.by_patient"))
@click.option("--dependent-of", metavar=t("metavar.member"), help=t("episode.close.dependent_of"))
@via_option
@json_option
def close(
    patient: str, member: str, by_patient: bool, dependent_of: str | None, via: str | None, as_json: bool
) -> None:
    """Check a patient out."""
    with network() as opened:
        if by_patient:
            number, identity = opened.member_id(member), opened.identity(patient)
            receipt = opened.desk(via or _desk_of(opened, member)).check_out(identity, number)
        elif dependent_of:
            sender = opened.member(dependent_of).acting(Role.DESK)
            service = opened.episodes.acting(sender)
            receipt = service.close_dependent(opened.patient_id(patient), opened.member_id(member))
        else:
            sender = opened.member(member).acting(Role.DESK)
            receipt = opened.episodes.acting(sender).close(opened.patient_id(patient))
    done("episode.close.done", receipt, as_json, patient=patient, member=member)


@command.command("list", help=t("episode.list.help"))
@argument("patient")
@json_option
def list_(patient: str, as_json: bool) -> None:
    """The latest episode at each member."""
    with network() as opened:
        now = opened.ledger.now()
        rows = [
            {
                "member": opened.member_name(each.member),
                "episode": each.number,
                "open": each.is_open(now),
                "openedAt": each.opened_at if as_json else moment(each.opened_at),
                "closedAt": (each.closed_at or None) if as_json else moment(each.closed_at),
                "origin": camel(each.origin.name),
            }
            for each in opened.episodes.of(opened.patient_id(patient))
        ]
    emit_rows(rows, ("member", "episode", "open", "openedAt", "closedAt", "origin"), as_json=as_json)


def _desk_of(opened: "Network", member: str) -> str:
    """The member's own desk when its folder is here, else any."""
    return member if member in opened.home.members() else relaying(opened, None)
