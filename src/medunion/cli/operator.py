"""`medunion operator`: accounts that act for a member."""

import click

from medunion.cli.choices import ROLE, words
from medunion.cli.output import emit_rows
from medunion.cli.support import argument, done, group, json_option, moment, network
from medunion.locale import translate as t
from medunion.vocabulary import Role


@group("operator")
def command() -> None:
    """Add, remove, attest, list."""


@command.command(help=t("operator.add.help"))
@argument("member")
@argument("operator")
@click.option(
    "--role", "roles", type=ROLE, multiple=True, required=True, metavar=t("metavar.role"), help=t("operator.add.role")
)
@json_option
def add(member: str, operator: str, roles: tuple[Role, ...], as_json: bool) -> None:
    """A new account that acts for a member, or other roles for one that does."""
    granted = Role(0)
    for role in roles:
        granted |= role
    with network() as opened:
        handle = opened.member(member)
        if operator not in handle.operators:
            opened.admission.create_account(member, operator)
        if opened.ledger.actor_of(handle.address(operator)).member == handle.id:
            receipt = opened.operators.acting(handle.acting(Role.ADMIN)).set_roles(handle.address(operator), granted)
        else:
            receipt = opened.admission.add_operator(handle, operator, granted)
        address = handle.address(operator)
    done(
        "operator.add.done",
        receipt,
        as_json,
        member=member,
        operator=operator,
        account=address,
        roles=_listed(granted, as_json),
    )


@command.command(help=t("operator.remove.help"))
@argument("member")
@argument("operator")
@json_option
def remove(member: str, operator: str, as_json: bool) -> None:
    """Take an account's right to act for a member."""
    with network() as opened:
        handle = opened.member(member)
        receipt = opened.operators.acting(handle.acting(Role.ADMIN)).remove(handle.address(operator))
    done("operator.remove.done", receipt, as_json, member=member, operator=operator)


@command.command(help=t("operator.attest.help"))
@argument("member")
@argument("operator")
@click.option("--by", required=True, metavar=t("metavar.member"), help=t("operator.attest.by"))
@click.option("--licence", required=True, metavar=t("metavar.text"), help=t("operator.attest.licence"))
@click.option(
    "--days",
    type=click.IntRange(1, 3660),
    default=365,
    show_default=True,
    metavar=t("metavar.days"),
    help=t("operator.attest.days"),
)
@json_option
def attest(member: str, operator: str, by: str, licence: str, days: int, as_json: bool) -> None:
    """A regulator attests that an account is a licensed clinician's."""
    with network() as opened:
        until = opened.ledger.now() + days * 86_400
        receipt = opened.attest(member, operator, by=by, licence=licence, until=until)
    done(
        "operator.attest.done",
        receipt,
        as_json,
        member=member,
        operator=operator,
        until=until if as_json else moment(until),
    )


@command.command("list", help=t("operator.list.help"))
@argument("member")
@json_option
def list_(member: str, as_json: bool) -> None:
    """Who acts for a member."""
    with network() as opened:
        number = opened.member_id(member)
        names = {}
        if member in opened.home.members():
            handle = opened.member(member)
            names = {handle.address(name): name for name in handle.operators}
        rows = [
            {
                "operator": names.get(each.address),
                "account": each.address,
                "roles": words(Role, each.roles),
                "attestedUntil": each.attested_until if as_json else moment(each.attested_until),
            }
            for each in opened.operators.of(number)
        ]
    emit_rows(rows, ("operator", "account", "roles", "attestedUntil"), as_json=as_json)


def _listed(roles: Role, as_json: bool) -> object:
    found = words(Role, roles)
    return found if as_json else ", ".join(found)
