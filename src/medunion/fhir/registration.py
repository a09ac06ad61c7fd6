"""What a registration desk asks for, read from a patient's own records: Patient, AllergyIntolerance and Coverage.

Hospitals that hold no Coverage of their own still state it inside claims: a Coverage contained in a Claim or
ExplanationOfBenefit is read too, the one of the latest service day winning. Values are shown as the patient's records
state them; nothing is guessed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Final

from .service_day import service_day

REQUIRED: Final = ("name", "gender", "birth_date", "identifiers", "phone", "address", "payor")
"""Fields that a desk cannot leave empty. No allergies on record, for one, is an answer."""


@dataclass(slots=True, frozen=True)
class Identifier:
    """A business identifier: what kind it is, its system, its value."""

    kind: str
    system: str
    value: str


@dataclass(slots=True, frozen=True)
class Registration:
    """The fields of a registration form; empty when the records say nothing."""

    name: str = ""
    gender: str = ""
    birth_date: str = ""
    identifiers: tuple[Identifier, ...] = ()
    phone: str = ""
    address: str = ""
    language: str = ""
    marital_status: str = ""
    allergies: tuple[str, ...] = ()
    """Substances or findings of allergies that are not refuted, inactive or resolved."""
    payor: str = ""

    @property
    def filled(self) -> tuple[str, ...]:
        """Names of the fields that have a value."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name))

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the required fields that somebody would have to type."""
        return tuple(name for name in REQUIRED if not getattr(self, name))


def registration(resources: Iterable[dict[str, Any]]) -> Registration:
    """The form of one patient from parsed resources; types that say nothing about registration are skipped."""
    patient: dict[str, Any] = {}
    allergies: dict[str, None] = {}
    coverages: list[tuple[int, str]] = []
    for resource in resources:
        kind = resource.get("resourceType")
        if kind == "Patient":
            patient = resource
        elif kind == "AllergyIntolerance" and _stands(resource):
            allergies[_concept(resource.get("code"))] = None
        for coverage in [resource, *resource.get("contained", ())]:
            if coverage.get("resourceType") == "Coverage" and (name := _payor(coverage)):
                # Own Coverage resources before the ones inside claims.
                coverages.append((10**9 if coverage is resource else service_day(resource), name))
    return Registration(
        name=_name(patient.get("name", ())),
        gender=patient.get("gender", ""),
        birth_date=patient.get("birthDate", ""),
        identifiers=tuple(_identifiers(patient.get("identifier", ()))),
        phone=next((one["value"] for one in patient.get("telecom", ()) if _is_phone(one)), ""),
        address=_address(patient.get("address", ())),
        language=next((_concept(one.get("language")) for one in patient.get("communication", ())), ""),
        marital_status=_concept(patient.get("maritalStatus")),
        allergies=tuple(one for one in allergies if one),
        payor=max(coverages, default=(0, ""))[1],
    )


def _stands(allergy: dict[str, Any]) -> bool:
    states = {
        coding.get("code")
        for key in ("clinicalStatus", "verificationStatus")
        for coding in allergy.get(key, {}).get("coding", ())
    }
    return not states & {"inactive", "resolved", "refuted", "entered-in-error"}


def _concept(concept: dict[str, Any] | None) -> str:
    """Text of a CodeableConcept, else the display or code of its first coding."""
    if concept is None:
        return ""
    if concept.get("text"):
        return str(concept["text"])
    return next((str(one.get("display") or one.get("code", "")) for one in concept.get("coding", ())), "")


def _name(names: Iterable[dict[str, Any]]) -> str:
    """The official name, else the first that is not old."""
    ranked = sorted(
        (one for one in names if one.get("use") not in ("old", "maiden")),
        key=lambda one: one.get("use") != "official",
    )
    for one in ranked:
        text = one.get("text") or " ".join([*one.get("given", ()), one.get("family", "")]).strip()
        if text:
            return str(text)
    return ""


def _identifiers(found: Iterable[dict[str, Any]]) -> Iterable[Identifier]:
    for one in found:
        if one.get("value"):
            yield Identifier(_concept(one.get("type")), one.get("system", ""), one["value"])


def _is_phone(contact: dict[str, Any]) -> bool:
    return contact.get("system") == "phone" and bool(contact.get("value")) and contact.get("use") != "old"


def _address(found: Iterable[dict[str, Any]]) -> str:
    for one in found:
        if one.get("use") in ("old", "billing"):
            continue
        parts = [*one.get("line", ()), *(one.get(key, "") for key in ("city", "state", "postalCode", "country"))]
        text = one.get("text") or ", ".join(part for part in parts if part)
        if text:
            return str(text)
    return ""


def _payor(coverage: dict[str, Any]) -> str:
    if coverage.get("status") not in (None, "active"):
        return ""
    named = next((one["display"] for one in coverage.get("payor", ()) if one.get("display")), "")
    return str(named) or _concept(coverage.get("type"))
