"""Small FHIR resources and bundles for the tests."""

import json
from typing import Any

OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1980-02-03", **more}


def encounter(name: str = "e1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": name,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2024-03-04T08:00:00+08:00"},
        **more,
    }


def observation(name: str = "o1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"text": "weight"},
        "subject": {"reference": "Patient/p1"},
        **more,
    }


def condition(name: str = "c1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": name, "subject": {"reference": "Patient/p1"}, **more}


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def labelled(code: str) -> dict[str, Any]:
    """`meta` with one sensitivity label."""
    return {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code}]}


def ref(reference: str) -> dict[str, str]:
    return {"reference": reference}


def bundle(*resources: dict[str, Any], kind: str = "collection") -> bytes:
    entries = [{"resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}, ensure_ascii=False).encode()
