"""`medunion policy`: policies of patients, and what their periods have used."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.days import DAY
from medunion.cli.files import read_file
from medunion.cli.ids import Kind, find_id
from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.support import PLAN, argument, done, group, json_option, moment, network, relaying, via_option
from medunion.errors import InputError
from medunion.locale import translate as t
from medunion.vocabulary import Role

if TYPE_CHECKING:
    from medunion.insurance.policies import Policy
    from medunion.network import Network


COLUMNS = ("policy", "insurer", "plan", "firstDay", "lastDay", "state", "acceptedAt")


@group("policy")
def command() -> None:
    """Issue, accept, end, show, list."""


@command.command(help=t("policy.issue.help"))
@click.argument("plan", type=PLAN, metavar=t("metavar.plan"))
@argument("patient")
@click.option("--from", "first", type=DAY, required=True, metavar=t("metavar.day"), help=t("policy.issue.first"))
@click.option("--until", "last", type=DAY, required=True, metavar=t("metavar.day"), help=t("policy.issue.last"))
@click.option(
    "--opening",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar=t("metavar.file"),
    help=t("policy.issue.opening"),
)
@json_option
def issue(plan: int, patient: str, first: int, last: int, opening: Path | None, as_json: bool) -> None:
    """Issue a policy of a plan to a patient."""
    import json

    from medunion.insurance.plan import Accumulators

    used = None
    if opening is not None:
        try:
            used = Accumulators.read(json.loads(read_file(opening)), "opening")
        except ValueError:
            raise InputError(f"{opening} is no JSON", path=str(opening)) from None
    with network() as opened:
        insurer = opened.member_name(opened.plans.get(plan).insurer)
        policies = opened.policies.acting(opened.member(insurer).acting(Role.FINANCE))
        policy, receipt = policies.issue(plan, opened.patient_id(patient), first, last, opening=used)
    done("policy.issue.done", receipt, as_json, policy="0x" + policy.hex(), plan=plan, insurer=insurer)


@command.command(help=t("policy.accept.help"))
@argument("wallet", "identity")
@argument("policy")
@via_option
@json_option
def accept(wallet: str, policy: str, via: str | None, as_json: bool) -> None:
    """Accept a policy with its opening accumulators."""
    with network() as opened:
        identity = opened.identity(wallet)
        number = find_id(opened, Kind.POLICY, policy, patient=identity.patient)
        receipt = opened.desk(relaying(opened, via)).relay(opened.policies.sign_acceptance(identity, number))
    done("policy.accept.done", receipt, as_json, policy="0x" + number.hex())


@command.command(help=t("policy.end.help"))
@argument("patient", "identity")
@argument("policy")
@click.option("--after", "last", type=DAY, required=True, metavar=t("metavar.day"), help=t("policy.end.after"))
@click.option("--by-insurer", is_flag=True, help=t("policy.end.by_insurer"))
@via_option
@json_option
def end(patient: str, policy: str, last: int, by_insurer: bool, via: str | None, as_json: bool) -> None:
    """End a policy after a day, tomorrow (UTC) at the earliest."""
    with network() as opened:
        number = find_id(opened, Kind.POLICY, policy, patient=opened.patient_id(patient))
        if by_insurer:
            insurer = opened.member_name(opened.policies.get(number).insurer)
            receipt = opened.policies.acting(opened.member(insurer).acting(Role.FINANCE)).end(number, last)
        else:
            action = opened.policies.sign_end(opened.identity(patient), number, last)
            receipt = opened.desk(relaying(opened, via)).relay(action)
    done("policy.end.done", receipt, as_json, policy="0x" + number.hex())


@command.command("list", help=t("policy.list.help"))
@argument("patient")
@json_option
def list_(patient: str, as_json: bool) -> None:
    """All policies that were issued to a patient."""
    with network() as opened:
        rows = [_row(opened, each, as_json) for each in opened.policies.of(opened.patient_id(patient))]
    emit_rows(rows, COLUMNS, as_json=as_json)


@command.command(help=t("policy.show.help"))
@argument("patient")
@argument("policy")
@click.option("--day", type=DAY, metavar=t("metavar.day"), help=t("policy.show.day"))
@click.option("--fhir", "as_fhir", is_flag=True, help=t("policy.show.fhir"))
@json_option
def show(patient: str, policy: str, day: int | None, as_fhir: bool, as_json: bool) -> None:
    """A policy, and what the period of a day (today unless stated) has used."""
    from medunion.care.terms import day_of
    from medunion.insurance.fhir_coverage import to_fhir
    from medunion.settlement import money

    with network() as opened:
        found = opened.policies.get(find_id(opened, Kind.POLICY, policy, patient=opened.patient_id(patient)))
        usage = opened.policies.usage(found.policy, day_of(opened.ledger.now()) if day is None else day)
        row, currency = _row(opened, found, as_json), opened.tokens.currency()
    used = vars(usage.accumulators)
    if as_fhir:
        emit_json(to_fhir(found))
    elif as_json:
        emit_json({**row, "period": usage.period, "currency": currency, "used": used, "reserved": usage.reserved})
    else:
        emit_rows([row], COLUMNS, as_json=False)
        amounts = {name: money.show(amount, currency) for name, amount in {**used, "reserved": usage.reserved}.items()}
        say("policy.show.used", period=usage.period, **amounts)


def _row(opened: "Network", policy: "Policy", as_json: bool) -> dict[str, Any]:
    from medunion.care.fhir_parts import day

    state = policy.state_at(opened.ledger.now())
    return {
        "policy": "0x" + policy.policy.hex(),
        "insurer": opened.member_name(policy.insurer),
        "plan": policy.plan,
        "firstDay": day(policy.first_day),
        "lastDay": day(policy.last_day),
        "state": state if as_json else t(f"policy.state.{state}"),
        "acceptedAt": (policy.accepted_at or None) if as_json else moment(policy.accepted_at),
    }
