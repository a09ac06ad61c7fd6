"""Bundles of invented patients of any size: visits to a hospital, each an encounter with what was measured there."""

import json
from collections.abc import Iterator
from typing import Any

VISIT = 10
"""Records of one visit in a history: an encounter and nine observations, the median of the sample patients."""

_LABORATORY = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]
}
_NOTE = "Taken fasting; the sample was clear, and the analyser was calibrated on the same morning. " * 8


def visit(number: int) -> bytes:
    """Patient `number`, an encounter and one observation: three records."""
    return _bundle([_patient(number), _encounter(number, 0), _observation(number, 0, 0)])


def history(records: int) -> bytes:
    """A patient with this many records, in visits of `VISIT`; an observation has about 1.3 kB, as in the samples."""
    entries = [_patient(0)]
    while len(entries) < records:
        at, place = divmod(len(entries) - 1, VISIT)
        entries.append(_encounter(0, at) if place == 0 else _observation(0, at, place, _NOTE))
    return _bundle(entries)


def _bundle(resources: list[dict[str, Any]]) -> bytes:
    entries: Iterator[dict[str, Any]] = ({"resource": each} for each in resources)
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": list(entries)}).encode()


def _patient(number: int) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": f"p{number}", "gender": "other", "birthDate": "1970-01-01"}


def _encounter(number: int, at: int) -> dict[str, Any]:
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    return {
        "resourceType": "Encounter", "id": f"e{at}", "status": "finished", "class": kind,
        "subject": {"reference": f"Patient/p{number}"}, "period": {"start": "2024-03-04T08:00:00+08:00"},
    }  # fmt: skip


def _observation(number: int, at: int, place: int, note: str = "") -> dict[str, Any]:
    notes = [{"text": note}] if note else []
    return {
        "resourceType": "Observation", "id": f"o{at}-{place}", "status": "final", "category": [_LABORATORY],
        "code": {"text": "potassium"}, "subject": {"reference": f"Patient/p{number}"},
        "encounter": {"reference": f"Encounter/e{at}"}, "valueQuantity": {"value": 4 + place / 10, "unit": "mmol/L"},
        **({"note": notes} if notes else {}),
    }  # fmt: skip
