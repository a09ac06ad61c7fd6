"""A care plan, its visits and its document as `medunion careplan` shows them."""

import json
from typing import TYPE_CHECKING, Any

from medunion.cli.choices import camel
from medunion.cli.output import emit_rows, say
from medunion.cli.support import moment
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.care.plan_document import PlanDocument
    from medunion.care.plans import CarePlan, Visit
    from medunion.network import Network


def plan_row(opened: "Network", plan: "CarePlan", currency: str, *, as_json: bool) -> dict[str, Any]:
    """A plan's terms: shortened ids, an amount and a time for people; as JSON whole, in minor units and seconds."""
    from medunion.settlement import money

    when = plan.schedule
    return {
        **names(opened, plan, as_json=as_json),
        "visits": when.visits,
        "firstDay": iso(when.first_day),
        "intervalDays": when.interval_days,
        "toleranceDays": when.tolerance_days,
        "maxPrice": plan.max_price if as_json else money.show(plan.max_price, currency),
        "acceptUntil": plan.accept_until if as_json else moment(plan.accept_until),
        **({"currency": currency} if as_json else {}),
    }


def names(opened: "Network", plan: "CarePlan", *, as_json: bool) -> dict[str, Any]:
    """Which plan it is, of whom and by whom."""
    length = None if as_json else 18
    return {
        "carePlan": ("0x" + plan.id.hex())[:length],
        "patient": ("0x" + plan.patient.hex())[:length],
        "provider": opened.member_name(plan.provider),
    }


def visit_row(visit: "Visit", day: int) -> dict[str, Any]:
    """A visit, and what of it is to be done on a day."""
    return {
        "visit": visit.number,
        "from": iso(visit.first_day),
        "until": iso(visit.last_day),
        "state": camel(visit.state_on(day).name),
        "agreement": "0x" + visit.agreement.hex() if any(visit.agreement) else None,
    }


def emit_visits(visits: list[dict[str, Any]]) -> None:
    """Prints visits for people."""
    rows = [
        {**each, "state": t(f"careplan.visit.{each['state']}"), "agreement": (each["agreement"] or "")[:18]}
        for each in visits
    ]
    emit_rows(rows, ("visit", "from", "until", "state", "agreement"), as_json=False)


def described(document: "PlanDocument") -> dict[str, Any]:
    """What a document says beside the plan's terms, as JSON."""
    return {
        "title": document.title,
        "description": document.description,
        "goals": document.goals,
        "addresses": document.addresses,
        "template": json.loads(document.template.to_json()),
    }


def say_document(document: "PlanDocument") -> None:
    """Prints it for people."""
    from medunion.settlement import money
    from medunion.summary.elements import clean

    template = document.template
    said = {
        "title": document.title,
        "description": document.description,
        "service": template.service.display or template.service.code,
        "source": template.given_at,
        "why": template.why,
        "effect": template.expected_effect,
        "price": money.show(template.price, document.currency),
        "share": money.show(template.max_patient_share, document.currency),
    }
    # Others wrote these texts: nothing in them acts on this terminal.
    say("careplan.show.document", **{name: clean(text) for name, text in said.items()})
    for text in document.goals:
        say("careplan.show.goal", text=clean(text))
    for text in template.risks:
        say("careplan.show.risk", text=clean(text))
    for text in template.alternatives:
        say("careplan.show.alternative", text=clean(text))


def iso(day: int) -> str:
    """A day as a date."""
    from medunion.care import fhir_parts

    return fhir_parts.day(day)
