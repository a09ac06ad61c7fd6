"""Treatments of the story: what hospital B offers and proves, and how the insurer's plans take it."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from medunion.care.fhir_parts import day
from medunion.care.templates import Code, Template, TemplateLine, Window
from medunion.demo.inputs import Case
from medunion.vocabulary import Category

SNOMED = "http://snomed.info/sct"
SIGMOIDOSCOPY = Code(SNOMED, "44441009", "Flexible fiberoptic sigmoidoscopy")
BIOPSY = Code(SNOMED, "76164006", "Biopsy of colon")
SEDATION = Code(SNOMED, "72641008", "Administration of sedative")
REPLACEMENT = Code(SNOMED, "609588000", "Total knee replacement")
CHECK_UP = Code(SNOMED, "185349003", "Encounter for check up")

CATALOGUE = f"""system,code,class,allowed,category,uses,days
{SNOMED},{SIGMOIDOSCOPY.code},A,400.00,procedures,,
{SNOMED},{BIOPSY.code},B,250.00,procedures,,
{SNOMED},{SEDATION.code},C,100.00,procedures,,
{SNOMED},{REPLACEMENT.code},A,8000.00,procedures,1,365
""".encode()
"""How the insurer takes each item; a knee is replaced once a year at most."""

_BASIC: dict[str, Any] = {
    "name": "Resident basic insurance",
    "autoAdjudicationLimit": "5000.00",
    "reviewDays": 3,
    "rules": ["recordsWithheld", "frequency"],
    "benefit": {
        "deductible": "100.00",
        "annualLimit": "50000.00",
        "outOfPocketMax": None,
        "caseRate": None,
        "bands": [{"upTo": None, "pays": "80"}],
    },
    "classes": {"A": "0", "B": "10", "C": "100"},
}


def plans(today: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A basic and a supplementary plan whose years begin in this month: no treatment of these days lies in two."""
    basic = {**_BASIC, "periodMonth": window_of(today).first.month}
    half = {**basic["benefit"], "deductible": "0.00", "bands": [{"upTo": None, "pays": "50"}]}
    return basic, {**basic, "name": "Supplementary insurance", "benefit": half}


def examination(policies: tuple[bytes, ...], window: Window) -> Template:
    """A sigmoidoscopy with biopsy and sedation: 750.00."""
    lines = ((SIGMOIDOSCOPY, 400_00), (BIOPSY, 250_00), (SEDATION, 100_00))
    return _template(SIGMOIDOSCOPY, lines, policies, window, deposit=350_00)


def operation(policies: tuple[bytes, ...], window: Window) -> Template:
    """A knee replacement: 8,000.00, above the limit up to which the basic plan pays without a review."""
    return _template(REPLACEMENT, ((REPLACEMENT, 8_000_00),), policies, window, deposit=1_000_00)


def check_up() -> Template:
    """A check-up that the patient pays: 80.00; its days are those of a visit."""
    visit = _template(CHECK_UP, ((CHECK_UP, 80_00),), (), None, deposit=80_00)
    return replace(visit, lines=tuple(replace(line, category=Category.ENCOUNTERS) for line in visit.lines))


def care_plan(case: Case, first: date) -> dict[str, Any]:
    """A yearly check-up as hospital B's own CarePlan: twice, each within 30 days of its date."""
    yearly = {"count": 2, "period": 365, "periodMax": 395, "periodUnit": "d"}
    repeat = {"boundsPeriod": {"start": first.isoformat()}, **yearly}
    coding = {"system": CHECK_UP.system, "code": CHECK_UP.code, "display": CHECK_UP.display}
    detail = {"status": "scheduled", "code": {"coding": [coding]}, "scheduledTiming": {"repeat": repeat}}
    return {
        "resourceType": "CarePlan",
        "id": "yearly-check-up",
        "status": "active",
        "intent": "plan",
        "title": "Yearly check-up",
        "subject": {"reference": case.patient, "type": "Patient"},
        "activity": [{"detail": detail}],
    }


def procedures(case: Case, codes: tuple[Code, ...], served: int, name: str) -> bytes:
    """Records of what was done, a Procedure for each code, as a Bundle; `name` makes their ids."""
    return _bundle(
        {
            "resourceType": "Procedure",
            "id": f"{name}-{number}",
            "status": "completed",
            "code": {"coding": [{"system": code.system, "code": code.code, "display": code.display}]},
            "subject": {"reference": case.patient, "type": "Patient"},
            "performedDateTime": day(served),
        }
        for number, code in enumerate(codes, 1)
    )


def encounter(case: Case, served: int, name: str) -> bytes:
    """The record of a check-up."""
    coding = {"system": CHECK_UP.system, "code": CHECK_UP.code, "display": CHECK_UP.display}
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    resource = {
        "resourceType": "Encounter",
        "id": name,
        "status": "finished",
        "class": kind,
        "type": [{"coding": [coding]}],
        "subject": {"reference": case.patient, "type": "Patient"},
        "period": {"start": day(served), "end": day(served)},
    }
    return _bundle([resource])


def window_of(today: int, days: int = 10) -> Window:
    """From today on."""
    first = date(1900, 1, 1) + timedelta(days=today)
    return Window(first, first + timedelta(days=days))


def _bundle(resources: Any) -> bytes:
    document = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    return json.dumps(document).encode()


def _template(
    service: Code,
    lines: tuple[tuple[Code, int], ...],
    policies: tuple[bytes, ...],
    window: Window | None,
    *,
    deposit: int,
) -> Template:
    price = sum(amount for _, amount in lines)
    return Template(
        provider="Hospital B",
        service=service,
        given_at="Hospital B, day clinic",
        why="The findings of the last visit",
        expected_effect="A finding within a week, and treatment where one is needed",
        risks=("Bleeding, in one of a thousand",),
        alternatives=("Waiting, with a visit in three months",),
        lines=tuple(TemplateLine(code, 1, amount, Category.PROCEDURES) for code, amount in lines),
        policies=tuple("0x" + policy.hex() for policy in policies),
        max_patient_share=price,
        deposit=deposit,
        window=window,
    )
