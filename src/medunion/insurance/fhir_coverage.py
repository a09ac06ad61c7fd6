"""A policy as FHIR R4 Coverage, and back.

Source: https://hl7.org/fhir/R4/coverage.html. Payor is the insurer, class `plan` the plan version by its number.
"""

from collections.abc import Mapping
from typing import Any, Final

from medunion.care import fhir_parts as parts
from medunion.insurance.policies import Policy

_CLASS: Final = "http://terminology.hl7.org/CodeSystem/coverage-class"
_ACCEPTED: Final = "urn:medunion:policy-accepted"
_OFFERED: Final = "urn:medunion:policy-offered-until"


def to_fhir(policy: Policy) -> dict[str, Any]:
    """The Coverage of a policy: active when it is accepted, else draft."""
    return {
        "resourceType": "Coverage",
        "extension": [
            {"url": url, "valueDateTime": parts.instant(moment)}
            for url, moment in ((_OFFERED, policy.accept_until), (_ACCEPTED, policy.accepted_at))
            if moment
        ],
        "identifier": [parts.identifier("policy", policy.policy)],
        "status": "active" if policy.accepted_at else "draft",
        "subscriberId": "0x" + policy.policy.hex(),
        "beneficiary": parts.patient_reference(policy.patient),
        "period": {"start": parts.day(policy.first_day), "end": parts.day(policy.last_day)},
        "payor": [parts.member_reference(policy.insurer)],
        "class": [{"type": {"coding": [{"system": _CLASS, "code": "plan"}]}, "value": str(policy.plan)}],
    }


def from_fhir(coverage: Mapping[str, Any]) -> Policy:
    """The policy of such a Coverage; FhirError that names the path of what the ledger cannot express."""
    if coverage.get("resourceType") != "Coverage":
        raise parts.refused("resourceType", "must be Coverage")
    if coverage.get("status") not in ("active", "draft"):
        raise parts.refused("status", "must be active or draft")
    period = coverage.get("period", {})
    return Policy(
        policy=parts.id_of(parts.only(coverage, "identifier"), "policy", "identifier[0]"),
        patient=parts.patient_of(coverage.get("beneficiary"), "beneficiary"),
        insurer=parts.member_of(parts.only(coverage, "payor"), "payor[0]"),
        plan=_plan(coverage),
        first_day=parts.day_of(period.get("start"), "period.start"),
        last_day=parts.day_of(period.get("end"), "period.end"),
        accept_until=_moment(coverage, _OFFERED, required=True),
        accepted_at=_moment(coverage, _ACCEPTED, required=coverage["status"] == "active"),
    )


def _plan(coverage: Mapping[str, Any]) -> int:
    found = parts.only(coverage, "class")
    text = found.get("value", "")
    if parts.code_of(found.get("type"), "class[0].type").code != "plan" or not text.isascii() or not text.isdecimal():
        raise parts.refused("class[0]", "must be a plan by its number")
    return int(text)


def _moment(coverage: Mapping[str, Any], url: str, *, required: bool) -> int:
    found = [each for each in coverage.get("extension", []) if each.get("url") == url]
    if len(found) > 1 or (required and not found):
        raise parts.refused("extension", f"must have one {url}")
    return parts.seconds(found[0].get("valueDateTime"), "extension.valueDateTime") if found else 0
