"""`medunion plan`: an insurer's plan versions, their provider networks, and the pool that pays."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.files import read_file
from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.plan_catalogue import catalogue, learn, rules
from medunion.cli.support import argument, done, group, json_option, network
from medunion.locale import translate as t
from medunion.vocabulary import Role

if TYPE_CHECKING:
    from medunion.insurance.plans import PublishedPlan
    from medunion.network import Network

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
        rows = [_row(opened, each) for each in opened.plans.of()]
    columns = ("plan", "insurer", "deductible", "annualLimit", "outOfPocketMax", "caseRate", "autoAdjudicationLimit")
    emit_rows(rows, columns, as_json=as_json)


@command.command(help=t("plan.show.help"))
@click.argument("plan", type=int, metavar=t("metavar.plan"))
@json_option
def show(plan: int, as_json: bool) -> None:
    """One plan version, and who is in its network."""
    with network() as opened:
        found = opened.plans.get(plan)
        facts = {
            **_row(opened, found),
            "bands": [{"upTo": band.up_to, "payBps": band.pay_bps} for band in found.terms.bands],
            "classSelfPayBps": list(found.terms.class_self_pay_bps.values()),
            "periodMonth": found.period_month,
            "reviewSeconds": found.review_period,
            "documentDigest": found.document_digest,
            "network": [opened.member_name(each) for each in opened.plans.network(plan)],
        }
    if as_json:
        emit_json(facts)
        return
    rows = [{"field": name, "value": str(value)} for name, value in facts.items() if not isinstance(value, bytes)]
    emit_rows(rows, ("field", "value"), as_json=False)


@command.command("network", help=t("plan.network.help"))
@click.argument("plan", type=int, metavar=t("metavar.plan"))
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

    with network() as opened:
        number = opened.member_id(insurer)
        plans = opened.plans
        if funded or withdrawn:
            plans = plans.acting(opened.member(insurer).acting(Role.FINANCE))
        if funded:
            plans.fund(number, money.parse(funded))
        if withdrawn:
            plans.withdraw(money.parse(withdrawn))
        found = plans.pool(number)
    if as_json:
        emit_json({"insurer": insurer, "free": found.free, "reserved": found.reserved})
        return
    say("plan.pool.shown", insurer=insurer, free=money.show(found.free), reserved=money.show(found.reserved))


def _row(opened: "Network", plan: "PublishedPlan") -> dict[str, Any]:
    terms = plan.terms
    return {
        "plan": plan.plan,
        "insurer": opened.member_name(plan.insurer),
        "deductible": terms.deductible,
        "annualLimit": terms.annual_limit,
        "outOfPocketMax": terms.out_of_pocket_max,
        "caseRate": terms.case_rate,
        "autoAdjudicationLimit": plan.auto_adjudication_limit,
    }
