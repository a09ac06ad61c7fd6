"""The document of a care plan: a FHIR R4 CarePlan, whose salted digest the ledger has as `contentDigest`.

    CarePlan.activity        one a visit, with its days (`plan_activities`)
    CarePlan.extension       `MAX_PRICE_URL`: the most that a visit's agreement may cost
    contained visit-template the template from which each visit is offered, as JSON (`templates`); in supportingInfo
    contained Goal, Condition what the plan is for, where it is stated here and not referred to
    CarePlan.subject, author under PatientId and member number, beside the provider's own references

`from_fhir` reads what `to_fhir` writes, and what a hospital's own CarePlan becomes by `complete`. A document says more
than the ledger, never something else: `plans.require_same` compares.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from medunion.care import fhir_parts as fhir
from medunion.care.plan_activities import activities_of, schedule_of
from medunion.care.schedule import Schedule
from medunion.care.templates import Code, Template, Window, parse_template
from medunion.errors import InputError
from medunion.fhir import parse_bundle

MAX_PRICE_URL: Final = "urn:medunion:max-price"
"""URL of the extension whose `valueMoney` is the most that a visit may cost."""

_TEMPLATE_ID: Final = "visit-template"
_TEMPLATE_TYPE: Final = "application/json"
_STANDING: Final = ("draft", "active")


@dataclass(frozen=True, slots=True, repr=False)
class PlanDocument:
    """What a care plan's document says. `max_price` of a visit in minor units; `template` has no window of its own."""

    title: str
    description: str
    goals: tuple[str, ...]
    addresses: tuple[Code, ...]
    patient: bytes
    provider: int
    schedule: Schedule
    max_price: int
    currency: str
    template: Template

    def visit_template(self, visit: int, later: Template | None = None) -> Template:
        """From which visit `visit` (from 0) is offered: the template, or a `later` one, with the visit's days.

        InputError (details: path) when the later one is of another service, costs more than a visit may, or has days.
        """
        if later is not None:
            _require_fitting(later, self.max_price)
            if (later.service.system, later.service.code) != (self.template.service.system, self.template.service.code):
                raise InputError("service: the plan is for another one", path="service")
        first, last = (date.fromisoformat(fhir.day(each)) for each in self.schedule.days_of(visit))
        return (later or self.template).within(Window(first, last))


def to_fhir(document: PlanDocument) -> dict[str, Any]:
    """The CarePlan, for `documents.seal_document`; its numbers are `Decimal`."""
    patient = fhir.patient_reference(document.patient)
    conditions = [
        {"resourceType": "Condition", "id": f"condition-{number}", "code": fhir.concept(code), "subject": patient}
        for number, code in enumerate(document.addresses, 1)
    ]
    goals = [
        {
            "resourceType": "Goal",
            "id": f"goal-{number}",
            "lifecycleStatus": "active",
            "description": {"text": text},
            "subject": patient,
        }
        for number, text in enumerate(document.goals, 1)
    ]
    schedule, service = document.schedule, document.template.service
    plan: dict[str, Any] = {
        "resourceType": "CarePlan",
        "contained": [*conditions, *goals],
        "status": "active",
        "intent": "plan",
        "title": document.title,
        "description": document.description,
        "subject": patient,
        "period": {"start": fhir.day(schedule.first_day), "end": fhir.day(schedule.last_day)},
        "author": fhir.member_reference(document.provider),
        "addresses": [{"reference": f"#{each['id']}"} for each in conditions],
        "goal": [{"reference": f"#{each['id']}"} for each in goals],
        "activity": activities_of(schedule, service, document.template.why),
    }
    stated = {name: value for name, value in plan.items() if value}
    return _with_price_and_template(stated, document.max_price, document.currency, document.template)


def read_care_plan(data: bytes) -> dict[str, Any]:
    """The CarePlan in a file (JSON, or gzip of it), its decimal numbers as `Decimal`; FhirError (details: path)."""
    bundle = parse_bundle(data)
    if bundle.type is not None or bundle.entries[0].resource_type != "CarePlan":
        raise fhir.refused("CarePlan", "the file must hold one CarePlan")
    found: dict[str, Any] = json.loads(bundle.entries[0].body, parse_float=Decimal)
    return found


def complete(
    resource: dict[str, Any], template: Template, *, patient: bytes, provider: int, max_price: int, currency: str
) -> dict[str, Any]:
    """A provider's own CarePlan with what the document of a plan needs: who, price and template; the rest stays.

    FhirError (details: path) when it states one of them already, or something that the ledger cannot express.
    InputError (details: path in the template) when the template has a window or costs more than `max_price`.
    """
    for path, names in (("contained", ("id", _TEMPLATE_ID)), ("extension", ("url", MAX_PRICE_URL))):
        if any(each.get(names[0]) == names[1] for each in resource.get(path, [])):
            raise fhir.refused(f"CarePlan.{path}", "this plan is complete already")
    named = {
        **resource,
        "subject": _named(resource["subject"], fhir.patient_reference(patient), "CarePlan.subject"),
        "author": _named(resource.get("author", {}), fhir.member_reference(provider), "CarePlan.author"),
    }
    completed = _with_price_and_template(named, max_price, currency, template)
    from_fhir(completed)
    return completed


def from_fhir(resource: dict[str, Any]) -> PlanDocument:
    """What a care plan's document says; FhirError (details: path) when the ledger cannot express it."""
    if resource.get("resourceType") != "CarePlan":
        raise fhir.refused("CarePlan", "a care plan's document is a CarePlan")
    if resource["status"] not in _STANDING:
        raise fhir.refused("CarePlan.status", f"must be one of {', '.join(_STANDING)}")
    if resource["intent"] == "option":
        raise fhir.refused("CarePlan.intent", "one plan is agreed to, not options")
    if not resource.get("title", "").strip():
        raise fhir.refused("CarePlan.title", "is required")
    schedule, service = schedule_of(resource)
    template = _template_of(resource)
    if (template.service.system, template.service.code) != (service.system, service.code):
        raise fhir.refused("CarePlan.activity[0].detail.code", "is another service than the template's")
    max_price, currency = _max_price_of(resource)
    if template.price > max_price:
        raise fhir.refused("CarePlan.extension", "the template costs more than a visit may")
    return PlanDocument(
        title=resource["title"],
        description=resource.get("description", ""),
        goals=_goals_of(resource),
        addresses=_addresses_of(resource),
        patient=fhir.patient_of(resource.get("subject"), "CarePlan.subject"),
        provider=fhir.member_of(resource.get("author"), "CarePlan.author"),
        schedule=schedule,
        max_price=max_price,
        currency=currency,
        template=template,
    )


def _with_price_and_template(
    resource: dict[str, Any], max_price: int, currency: str, template: Template
) -> dict[str, Any]:
    _require_fitting(template, max_price)
    attachment = {"contentType": _TEMPLATE_TYPE, "data": b64encode(template.to_json()).decode()}
    holder = {
        "resourceType": "DocumentReference",
        "id": _TEMPLATE_ID,
        "status": "current",
        "content": [{"attachment": attachment}],
    }
    return {
        **resource,
        "contained": [*resource.get("contained", []), holder],
        "extension": [
            *resource.get("extension", []),
            {"url": MAX_PRICE_URL, "valueMoney": fhir.amount(max_price, currency)},
        ],
        "supportingInfo": [*resource.get("supportingInfo", []), {"reference": f"#{_TEMPLATE_ID}"}],
    }


def _require_fitting(template: Template, max_price: int) -> None:
    if template.window is not None:
        raise InputError("window: each visit of a care plan has its own days", path="window")
    if template.price > max_price:
        raise InputError("lines: together they cost more than a visit of the plan may", path="lines")


def _named(reference: dict[str, Any], own: dict[str, Any], path: str) -> dict[str, Any]:
    """A reference of the provider's with our identifier; FhirError when it has another."""
    if reference.get("identifier", own["identifier"]) != own["identifier"]:
        raise fhir.refused(f"{path}.identifier", "names somebody else")
    return {**own, **reference, "identifier": own["identifier"]}


def _template_of(resource: dict[str, Any]) -> Template:
    path = "CarePlan.contained"
    held = [each for each in resource.get("contained", []) if each.get("id") == _TEMPLATE_ID]
    if len(held) != 1 or held[0]["resourceType"] != "DocumentReference":
        raise fhir.refused(path, f"one DocumentReference {_TEMPLATE_ID} holds the template of the visits")
    attachment = fhir.only(held[0], "content").get("attachment", {})
    if attachment.get("contentType") != _TEMPLATE_TYPE or "data" not in attachment:
        raise fhir.refused(path, f"the template is an attachment of type {_TEMPLATE_TYPE}")
    try:
        template = parse_template(b64decode(attachment["data"]))
    except (InputError, ValueError) as failure:
        raise fhir.refused(path, f"the template is refused: {failure}") from None
    if template.window is not None:
        raise fhir.refused(path, "each visit has its own days, the template has none")
    return template


def _max_price_of(resource: dict[str, Any]) -> tuple[int, str]:
    found = [each for each in resource.get("extension", []) if each.get("url") == MAX_PRICE_URL]
    if len(found) != 1:
        raise fhir.refused("CarePlan.extension", f"one {MAX_PRICE_URL} states the most that a visit may cost")
    return fhir.amount_of(found[0].get("valueMoney"), "CarePlan.extension.valueMoney")


def _goals_of(resource: dict[str, Any]) -> tuple[str, ...]:
    texts = (
        _contained(resource, reference, "Goal").get("description", {}).get("text") or reference.get("display")
        for reference in resource.get("goal", [])
    )
    return tuple(text for text in texts if text)


def _addresses_of(resource: dict[str, Any]) -> tuple[Code, ...]:
    held = (_contained(resource, reference, "Condition") for reference in resource.get("addresses", []))
    return tuple(fhir.code_of(each["code"], "CarePlan.contained.code") for each in held if "code" in each)


def _contained(resource: dict[str, Any], reference: dict[str, Any], kind: str) -> dict[str, Any]:
    """What a reference means, if it is contained and of this type; empty otherwise."""
    for each in resource.get("contained", []):
        if each["resourceType"] == kind and f"#{each.get('id')}" == reference.get("reference"):
            found: dict[str, Any] = each
            return found
    return {}
