"""What the story writes besides the histories: for any patient, whatever the bundle calls the patient and the rest."""

import json
import uuid
from typing import Any

from medunion.demo import samples
from medunion.demo.inputs import Case
from medunion.fhir import PreparedRecord, prepare
from medunion.fhir.registration import registration

_NAMESPACE = uuid.UUID("4f6a8a10-4a6e-5d54-8f43-0c1d2f0a9b11")
_LANGUAGES = ("zh", "en")


def additions(case: Case) -> bytes:
    """A record of each restricted class, and a Coverage where the patient has none: a collection Bundle."""
    taken = {record.local_id for record in case.prepared.records}
    bundle = json.loads(samples.restricted_bundle(case.patient))
    resources = [json.loads(record.body) for record in case.prepared.records]
    if not any(resource["resourceType"] == "Coverage" for resource in resources):
        coverage = {
            "resourceType": "Coverage",
            "id": str(uuid.uuid5(_NAMESPACE, case.patient)),
            "status": "active",
            "beneficiary": {"reference": case.patient},
            "payor": [{"display": registration(resources).payor or "Self-pay"}],
        }
        bundle["entry"].append({"resource": coverage})
    for entry in bundle["entry"]:
        resource = entry["resource"]
        resource["id"] = _free(resource["resourceType"], resource["id"], taken)
        entry["fullUrl"] = f"urn:uuid:{resource['id']}"
        subject = resource.get("subject") or resource["beneficiary"]
        subject["type"] = "Patient"  # an address that is a urn does not say it
    return json.dumps(bundle, ensure_ascii=False).encode()


def prepared_additions(case: Case) -> list[PreparedRecord]:
    """The records of `additions`, as they will be committed."""
    return list(prepare(additions(case), known=lambda reference: reference == case.patient).records)


def laboratory_report(case: Case, which: str) -> bytes:
    """One laboratory result of another hospital; `which` makes its id."""
    resource = {
        "resourceType": "Observation",
        "id": f"hospital-b-{which}",
        "status": "final",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4", "display": "Hemoglobin A1c"}]},
        "subject": {"reference": case.patient, "type": "Patient"},
        "effectiveDateTime": "2026-11-20",
        "valueQuantity": {"value": 6.1, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    }
    return json.dumps(resource).encode()


def local_id(body: bytes) -> str:
    """`Type/id` of a resource."""
    resource = json.loads(body)
    return f"{resource['resourceType']}/{resource['id']}"


def corrected(body: bytes) -> bytes:
    """A Patient resource whose preferred language is another one."""
    resource: dict[str, Any] = json.loads(body)
    for code in _LANGUAGES:
        spoken = [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]}, "preferred": True}]
        if resource.get("communication") != spoken:
            resource["communication"] = spoken
            break
    return json.dumps(resource, ensure_ascii=False).encode()


def _free(kind: str, wanted: str, taken: set[str]) -> str:
    """`wanted`, or an id made from it that the bundle does not use: its own records must not become versions of it."""
    while f"{kind}/{wanted}" in taken:
        wanted = str(uuid.uuid5(_NAMESPACE, wanted))
    return wanted
