"""`medunion grant`: who may read what, why, until when."""

from typing import Any

import click

from medunion.cli.choices import CATEGORY, PURPOSE, RESTRICTED, camel, categories, word, words
from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.support import FOREVER, argument, done, group, json_option, moment, network, relaying, via_option
from medunion.ledger import AccessReason
from medunion.locale import translate as t
from medunion.vocabulary import Category, Purpose, RestrictedClass

category_option = click.option(
    "--category", "chosen", type=CATEGORY, multiple=True, metavar=t("metavar.category"), help=t("option.category")
)
restricted_option = click.option(
    "--restricted", type=RESTRICTED, multiple=True, metavar=t("metavar.restricted"), help=t("option.restricted")
)
lane_option = click.option(
    "--lane", type=click.IntRange(0, 7), default=0, show_default=True, metavar=t("metavar.lane"), help=t("option.lane")
)


@group("grant")
def command() -> None:
    """Set, revoke, list, check."""


@command.command("set", help=t("grant.set.help"))
@argument("wallet", "identity")
@argument("member")
@category_option
@click.option(
    "--purpose",
    "purposes",
    type=PURPOSE,
    multiple=True,
    default=["TREAT"],
    show_default=True,
    metavar=t("metavar.purpose"),
    help=t("option.purpose"),
)
@restricted_option
@click.option(
    "--days", type=click.FloatRange(min=0, min_open=True), metavar=t("metavar.days"), help=t("grant.set.days")
)
@lane_option
@via_option
@json_option
def set_(
    wallet: str,
    member: str,
    chosen: tuple[Category, ...],
    purposes: tuple[Purpose, ...],
    restricted: tuple[RestrictedClass, ...],
    days: float | None,
    lane: int,
    via: str | None,
    as_json: bool,
) -> None:
    """Allow a member to read."""
    with network() as opened:
        scope = opened.grants.scope(
            chosen or None,
            _together(Purpose, purposes),
            _together(RestrictedClass, restricted),
            seconds=None if days is None else round(days * 86_400),
        )
        number, identity = opened.member_id(member), opened.identity(wallet)
        receipt = opened.desk(relaying(opened, via)).grant(identity, number, lane, scope)
    until: Any = (None if scope.not_after >= FOREVER else scope.not_after) if as_json else moment(scope.not_after)
    what = categories(scope.categories)
    done(
        "grant.set.done",
        receipt,
        as_json,
        member=member,
        lane=lane,
        until=until,
        categories=what if as_json else t("cli.everything") if not chosen else ", ".join(what),
    )


@command.command(help=t("grant.revoke.help"))
@argument("wallet", "identity")
@argument("member")
@click.option(
    "--lane", "lanes", type=click.IntRange(0, 7), multiple=True, metavar=t("metavar.lane"), help=t("grant.revoke.lane")
)
@via_option
@json_option
def revoke(wallet: str, member: str, lanes: tuple[int, ...], via: str | None, as_json: bool) -> None:
    """End what a member may read."""
    with network() as opened:
        number, identity = opened.member_id(member), opened.identity(wallet)
        receipt = opened.desk(relaying(opened, via)).revoke(identity, number, lanes or range(8))
    done("grant.revoke.done", receipt, as_json, member=member, lanes=list(lanes or range(8)))


@command.command("list", help=t("grant.list.help"))
@argument("patient")
@json_option
def list_(patient: str, as_json: bool) -> None:
    """All lanes that are set."""
    with network() as opened:
        rows: list[dict[str, Any]] = []
        for each in opened.grants.of(opened.patient_id(patient)):
            scope = each.scope
            every = scope.categories == 0xFFFF and not as_json
            rows.append(
                {
                    "member": opened.member_name(each.member),
                    "lane": each.lane,
                    "categories": t("cli.everything") if every else categories(scope.categories),
                    "restricted": words(RestrictedClass, scope.restricted),
                    "purposes": words(Purpose, scope.purposes),
                    "notBefore": scope.not_before if as_json else moment(scope.not_before),
                    "notAfter": scope.not_after if as_json else moment(scope.not_after),
                }
            )
    columns = ("member", "lane", "categories", "restricted", "purposes", "notBefore", "notAfter")
    emit_rows(rows, columns, as_json=as_json)


@command.command(help=t("grant.check.help"))
@argument("patient")
@argument("member")
@category_option
@click.option(
    "--purpose",
    type=PURPOSE,
    default="TREAT",
    show_default=True,
    metavar=t("metavar.purpose"),
    help=t("option.purpose_one"),
)
@restricted_option
@lane_option
@json_option
def check(
    patient: str,
    member: str,
    chosen: tuple[Category, ...],
    purpose: Purpose,
    restricted: tuple[RestrictedClass, ...],
    lane: int,
    as_json: bool,
) -> None:
    """Whether a member may read, and if not, why."""
    with network() as opened:
        mask = _together(RestrictedClass, restricted)
        reason = opened.grants.check(
            opened.patient_id(patient), opened.member_id(member), lane, chosen or tuple(Category), purpose, mask
        )
    if as_json:
        emit_json({"allowed": reason is AccessReason.ALLOWED, "reason": camel(reason.name), "purpose": word(purpose)})
        return
    if reason is AccessReason.ALLOWED:
        say("grant.check.allowed", member=member)
    else:
        say("grant.check.refused", member=member, reason=t(f"reason.{reason.name.lower().replace('_', '-')}"))


def _together(kind: Any, flags: Any) -> Any:
    """Flags as one value."""
    combined = kind(0)
    for flag in flags:
        combined |= flag
    return combined
