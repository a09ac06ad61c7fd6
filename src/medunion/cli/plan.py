"""`medunion plan`: an insurer's plan versions, their provider networks, and the pool that pays."""

from pathlib import Path

import click

from medunion.cli.files import read_file
from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.plan_catalogue import catalogue, learn, rules
from medunion.cli.plan_view import COLUMNS, described, row, say_plan
from medunion.cli.support import PLAN, argument, done, group, json_option, network
from medunion.errors import UsageError
from medunion.locale import translate as t
from medunion.vocabulary import Role

file_argument = click.argument(
    "file", metavar=t("metavar.file"), type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@group("plan")
def command() -> None:
    """Publish, list, show, network, pool, catalogue, learn, rules."""


for each in (catalogue, learn, rules):
    command.add_command(each)


@command.command(help=t("plan.publish.help"))
@argument("insurer", "member")
@file_argument
@json_option
def publish(insurer: str, file: Path, as_json: bool) -> None:
    """Publish a plan version."""
    from medunion.insurance.engine.published import RULE_BITS
    from medunion.insurance.plan_document import read_plan

    document = read_plan(read_file(file), RULE_BITS)
    with network() as opened:
        handle = opened.member(insurer)
        plan, receipt = opened.plans.acting(handle.acting(Role.FINANCE)).publish(document)
        opened.insurer_desk(insurer).keep_plan(document.source)
    done("plan.publish.done", receipt, as_json, plan=plan, name=document.name, insurer=insurer)


@command.command("list", help=t("plan.list.help"))
@json_option
def list_(as_json: bool) -> None:
    """All plan versions."""
    with network() as opened:
        currency = opened.tokens.currency()
        rows = [row(opened, each, currency, as_json=as_json) for each in opened.plans.of()]
    emit_rows(rows, COLUMNS, as_json=as_json)


@command.command(help=t("plan.show.help"))
@click.argument("plan", type=PLAN, metavar=t("metavar.plan"))
@json_option
def show(plan: int, as_json: bool) -> None:
    """One plan version, and who is in its network."""
    with network() as opened:
        found, currency = opened.plans.get(plan), opened.tokens.currency()
        if as_json:
            emit_json(described(opened, found, currency))
        else:
            say_plan(opened, found, currency)


@command.command("network", help=t("plan.network.help"))
@click.argument("plan", type=PLAN, metavar=t("metavar.plan"))
@argument("provider", "member")
@click.option("--remove", is_flag=True, help=t("plan.network.remove"))
@json_option
def network_(plan: int, provider: str, remove: bool, as_json: bool) -> None:
    """Add a provider to a network, or remove it."""
    with network() as opened:
        insurer = opened.member_name(opened.plans.get(plan).insurer)
        sender = opened.member(insurer).acting(Role.FINANCE)
        receipt = opened.plans.acting(sender).set_network(plan, opened.member_id(provider), member=not remove)
    done("plan.network.removed" if remove else "plan.network.added", receipt, as_json, plan=plan, provider=provider)


@command.command(help=t("plan.pool.help"))
@argument("insurer", "member")
@click.option("--fund", "funded", metavar=t("metavar.amount"), help=t("plan.pool.fund"))
@click.option("--withdraw", "withdrawn", metavar=t("metavar.amount"), help=t("plan.pool.withdraw"))
@json_option
def pool(insurer: str, funded: str | None, withdrawn: str | None, as_json: bool) -> None:
    """Show an insurer's pool, after moving money into it or out of it."""
    from medunion.settlement import money

    if funded is not None and withdrawn is not None:
        raise UsageError("money goes into the pool or out of it: name --fund or --withdraw", field="withdraw")
    into = None if funded is None else money.parse_payment(funded, "fund")
    out = None if withdrawn is None else money.parse_payment(withdrawn, "withdraw")
    with network() as opened:
        number = opened.member_id(insurer)
        plans = opened.plans
        if into or out:
            plans = plans.acting(opened.member(insurer).acting(Role.FINANCE))
        if into:
            plans.fund(number, into)
        if out:
            plans.withdraw(out)
        found, currency = plans.pool(number), opened.tokens.currency()
    if as_json:
        emit_json({"insurer": insurer, "currency": currency, "free": found.free, "reserved": found.reserved})
        return
    free, reserved = (money.show(each, currency) for each in (found.free, found.reserved))
    say("plan.pool.shown", insurer=insurer, free=free, reserved=reserved)
