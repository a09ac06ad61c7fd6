"""`medunion careplan`: recurring care: propose, accept, offer, show, list, due, end."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.careplan_view import described, emit_visits, iso, names, plan_row, say_document, visit_row
from medunion.cli.choices import camel
from medunion.cli.days import DAY
from medunion.cli.files import read_file, require_writable, write_file
from medunion.cli.ids import Kind, find_id
from medunion.cli.output import emit_json, emit_rows, progress, say
from medunion.cli.support import argument, done, group, json_option, moment, network, relaying, via_option
from medunion.errors import UsageError
from medunion.locale import active
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.care.plan_document import PlanDocument
    from medunion.care.plans import CarePlan
    from medunion.network import Network

_DAY = 86_400
_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_document_option = click.option("--document", type=_file, metavar=t("metavar.file"), help=t("careplan.option.document"))
_patient_option = click.option("--patient", metavar=t("metavar.patient"), help=t("careplan.option.patient"))
_member_option = click.option("--member", metavar=t("metavar.member"), help=t("careplan.option.member"))


@group("careplan")
def command() -> None:
    """Propose, accept, offer, show, list, due, end."""


@command.command(help=t("careplan.propose.help"))
@argument("member")
@argument("patient")
@argument("file", type=_file)
@click.option("--template", type=_file, required=True, metavar=t("metavar.file"), help=t("careplan.propose.template"))
@click.option("--max-price", metavar=t("metavar.amount"), help=t("careplan.propose.max_price"))
@click.option(
    "--days",
    type=click.IntRange(1, 90),
    default=30,
    show_default=True,
    metavar=t("metavar.days"),
    help=t("careplan.propose.days"),
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=t("metavar.file"),
    help=t("careplan.propose.output"),
)
@click.option("--no-record", is_flag=True, help=t("careplan.propose.no_record"))
@json_option
def propose(
    member: str,
    patient: str,
    file: Path,
    template: Path,
    max_price: str | None,
    days: int,
    output: Path | None,
    no_record: bool,
    as_json: bool,
) -> None:
    """Propose a FHIR CarePlan, whose visits are offered from a template."""
    from medunion.care.plan_document import read_care_plan
    from medunion.care.templates import parse_template
    from medunion.settlement import money

    if no_record and output is None:
        raise UsageError("--no-record keeps the document nowhere: name a file with --output")
    require_writable(output)
    filled = parse_template(read_file(template))
    price = filled.price if max_price is None else money.parse(max_price, "max-price")
    resource = read_care_plan(read_file(file))
    with network() as opened, progress("progress.commit"):
        proposed = opened.care_plan_desk(member).propose(
            opened.patient_id(patient),
            resource,
            filled,
            max_price=price,
            accept_until=opened.ledger.now() + days * _DAY,
            commit=not no_record,
        )
    if output is not None:
        write_file(output, proposed.document.body)
    plan = proposed.plan
    done(
        "careplan.propose.done",
        proposed.receipt,
        as_json,
        carePlan="0x" + plan.id.hex(),
        visits=plan.schedule.visits,
        acceptUntil=plan.accept_until if as_json else moment(plan.accept_until),
    )


@command.command(help=t("careplan.accept.help"))
@argument("wallet", "identity")
@argument("plan")
@_document_option
@via_option
@json_option
def accept(wallet: str, plan: str, document: Path | None, via: str | None, as_json: bool) -> None:
    """Agree to a plan whose document was read."""
    from medunion.network.care_plans import read_plan_document

    with network() as opened:
        identity = opened.identity(wallet)
        found = _find(opened, plan, patient=identity.patient)
        if document is not None:
            body = read_file(document)
        else:
            with progress("progress.read"):
                body = read_plan_document(opened.patient_records(identity), found)
        receipt = opened.care_plan_desk(relaying(opened, via)).accept(identity, found, body)
    done("careplan.accept.done", receipt, as_json, carePlan="0x" + found.id.hex())


@command.command(help=t("careplan.offer.help"))
@argument("plan")
@argument("visit", type=click.IntRange(0, 365))
@click.option("--template", type=_file, metavar=t("metavar.file"), help=t("careplan.offer.template"))
@click.option(
    "--days", type=click.IntRange(1, 90), default=14, show_default=True, metavar=t("metavar.days"),
    help=t("careplan.offer.days"),
)  # fmt: skip
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar=t("metavar.file"),
    help=t("careplan.offer.output"),
)  # fmt: skip
@click.option("--no-record", is_flag=True, help=t("careplan.offer.no_record"))
@_document_option
@json_option
def offer(
    plan: str,
    visit: int,
    template: Path | None,
    days: int,
    output: Path | None,
    no_record: bool,
    document: Path | None,
    as_json: bool,
) -> None:
    """Offer a visit's agreement, as the provider, from the plan's own template or a later one."""
    from medunion.care.templates import parse_template
    from medunion.network.agreements import OfferTerms

    if no_record and output is None:
        raise UsageError("--no-record keeps the disclosure nowhere: name a file with --output")
    require_writable(output)
    later = None if template is None else parse_template(read_file(template))
    with network() as opened:
        found = _find(opened, plan)
        member = opened.member_name(found.provider)
        said = _read(opened, found, member, document)
        stated = OfferTerms(opened.ledger.now() + days * _DAY, active(), care_plan=found.id, visit=visit)
        with progress("progress.commit"):
            offered = opened.agreement_desk(member).offer(
                found.patient, said.visit_template(visit, later), stated, commit=not no_record
            )
    if output is not None:
        write_file(output, offered.document.body)
    until = stated.accept_until
    done("careplan.offer.done", offered.receipt, as_json, agreement="0x" + offered.offer.id.hex(), visit=visit,
         acceptUntil=until if as_json else moment(until))  # fmt: skip


@command.command(help=t("careplan.show.help"))
@argument("plan")
@click.option("--as", "reader", metavar=t("metavar.reader"), help=t("careplan.show.as"))
@_document_option
@json_option
def show(plan: str, reader: str | None, document: Path | None, as_json: bool) -> None:
    """A plan, its visits, and what its document says."""
    from medunion.network.care_plans import currency_of

    with network() as opened:
        found = _find(opened, plan)
        said = None if reader is None and document is None else _read(opened, found, reader or "", document)
        state = opened.care_plans.states([found])[0]
        today = _today(opened)
        visits = [visit_row(each, today) for each in opened.care_plans.visits(found)]
        terms = plan_row(opened, found, currency_of(opened.ledger), as_json=as_json)
    if as_json:
        told = None if said is None else described(said)
        emit_json({**terms, "state": camel(state.name), "document": told, "visitList": visits})
        return
    say("careplan.show.terms", **{**terms, "state": t(f"careplan.state.{camel(state.name)}")})
    if said is not None:
        say_document(said)
    emit_visits(visits)


@command.command("list", help=t("careplan.list.help"))
@_patient_option
@_member_option
@json_option
def list_(patient: str | None, member: str | None, as_json: bool) -> None:
    """Plans of a patient or a member, and when each falls due next."""
    from medunion.care.plans import PlanState, next_due
    from medunion.network.care_plans import currency_of

    with network() as opened:
        plans = opened.care_plans.of(**_whose(opened, patient, member))
        today, currency = _today(opened), currency_of(opened.ledger)
        rows = []
        for plan, state in zip(plans, opened.care_plans.states(plans), strict=True):
            following = next_due(opened.care_plans.visits(plan), today) if state is PlanState.ACCEPTED else None
            row = plan_row(opened, plan, currency, as_json=as_json)
            row["state"] = camel(state.name) if as_json else t(f"careplan.state.{camel(state.name)}")
            row["nextFrom"] = None if following is None else iso(following.first_day)
            rows.append(row)
    columns = ("carePlan", "patient", "provider", "visits", "maxPrice", "state", "acceptUntil", "nextFrom")
    emit_rows(rows, columns, as_json=as_json)


@command.command(help=t("careplan.due.help"))
@_patient_option
@_member_option
@click.option("--on", type=DAY, metavar=t("metavar.day"), help=t("careplan.due.on"))
@json_option
def due(patient: str | None, member: str | None, on: int | None, as_json: bool) -> None:
    """What is due for whom on a day."""
    with network() as opened:
        day = _today(opened) if on is None else on
        rows = []
        for plan, visit in opened.care_plans.due(day, **_whose(opened, patient, member)):
            named = names(opened, plan, as_json=as_json)
            rows.append({**named, **visit_row(visit, day)})
    if not as_json:
        rows = [{**row, "state": t(f"careplan.visit.{row['state']}")} for row in rows]
    emit_rows(rows, ("carePlan", "patient", "provider", "visit", "from", "until", "state"), as_json=as_json)


@command.command(help=t("careplan.end.help"))
@argument("plan")
@click.option("--patient", "wallet", metavar=t("metavar.identity"), help=t("careplan.end.patient"))
@click.option("--member", metavar=t("metavar.member"), help=t("careplan.end.member"))
@via_option
@json_option
def end(plan: str, wallet: str | None, member: str | None, via: str | None, as_json: bool) -> None:
    """End a plan as the patient or as the provider."""
    with network() as opened:
        if wallet is not None and member is None:
            identity = opened.identity(wallet)
            found = _find(opened, plan, patient=identity.patient)
            receipt = opened.care_plan_desk(relaying(opened, via)).end_for(identity, found)
        elif member is not None and wallet is None:
            found = _find(opened, plan)
            receipt = opened.care_plan_desk(member).end(found)
        else:
            raise UsageError("either --patient or --member ends a plan: name one")
    done("careplan.end.done", receipt, as_json, carePlan="0x" + found.id.hex())


def _find(opened: "Network", text: str, *, patient: bytes | None = None) -> "CarePlan":
    """A plan by its id, of this patient where one is named."""
    of = {} if patient is None else {"patient": patient}
    return opened.care_plans.get(find_id(opened, Kind.CARE_PLAN, text, **of))


def _whose(opened: "Network", patient: str | None, member: str | None) -> dict[str, Any]:
    if patient is None and member is None:
        raise UsageError("whose plans? Name --patient, --member, or both")
    return {
        "patient": None if patient is None else opened.patient_id(patient),
        "provider": None if member is None else opened.member_id(member),
    }


def _read(opened: "Network", plan: "CarePlan", reader: str, document: Path | None) -> "PlanDocument":
    """What the plan's document says: from a file, or as a wallet or member here that may read it."""
    from medunion.network.care_plans import open_plan_document, own_plan_document, read_plan_document

    if document is not None:
        return open_plan_document(plan, read_file(document))
    with progress("progress.read"):
        if reader in opened.home.members():
            body = own_plan_document(opened.member(reader).records(), plan)
        else:
            body = read_plan_document(opened.patient_records(opened.identity(reader)), plan)
    return open_plan_document(plan, body)


def _today(opened: "Network") -> int:
    from medunion.care.terms import day_of

    return day_of(opened.ledger.now())
