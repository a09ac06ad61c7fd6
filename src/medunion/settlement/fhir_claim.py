"""FHIR R4 Claim (https://hl7.org/fhir/R4/claim.html) of a claim or a predetermination, both ways.

    identifier          the agreement, whose id is the claim's
    insurance           policies in order of payment: sequence 1 pays first; the one that is addressed is `focal`;
                        in an extension the policy's insurer
    supportingInfo      the records that prove lines; item.informationSequence names a line's
    item                code, quantity, net amount; in an extension the category that the line's evidence must have

What is read is a valid R4 resource whose numbers with decimals are `Decimal`. `billed_items` reads items of Claims that
others wrote, of which less is known.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from medunion.care import fhir_parts as fhir
from medunion.care.fhir_parts import refused
from medunion.care.templates import Code
from medunion.settlement import fhir_codes as codes
from medunion.settlement.claim import Claim, ClaimLine, ClaimType, Insurance, Use
from medunion.vocabulary import Category, camel

CATEGORY_URL: Final = "urn:medunion:evidence-category"
INSURER_URL: Final = "urn:medunion:insurer"

_SEQUENCES: Final = {
    "supportingInfo": "informationSequence",
    "procedure": "procedureSequence",
    "diagnosis": "diagnosisSequence",
}
"""Numbered elements of a Claim, and how its items name them."""

_CLAIM_TYPE: Final = codes.HL7 + "claim-type"
_CATEGORIES: Final = {camel(category.name): category for category in Category}


@dataclass(frozen=True, slots=True, repr=False)
class BilledItem:
    """An item of anybody's Claim: its codes, what it bills (None: not stated), and the references it carries.

    `references` are those of the item itself and of the supporting information, procedures and diagnoses it names.
    """

    sequence: int
    codes: tuple[Code, ...]
    quantity: Decimal
    net: int | None
    currency: str
    references: tuple[str, ...]


def to_fhir(claim: Claim, focal: int = 0) -> dict[str, Any]:
    """The Claim as it goes to the insurer of the policy at position `focal`; amounts are `Decimal`."""
    records = list(dict.fromkeys(line.evidence for line in claim.lines if line.evidence))
    resource: dict[str, Any] = {
        "resourceType": "Claim",
        "identifier": [fhir.identifier("agreement", claim.id)],
        "status": "active",
        "type": codes.standard("claim-type", claim.type),
        "use": str(claim.use),
        "patient": fhir.patient_reference(claim.patient),
        "billablePeriod": {"start": fhir.day(claim.first_day), "end": fhir.day(claim.last_day)},
        "created": fhir.instant(claim.created),
        "provider": fhir.member_reference(claim.provider),
        "priority": codes.standard("processpriority", "normal"),
        "insurance": [_insurance(each, position, position == focal) for position, each in enumerate(claim.insurances)],
        "item": [_item(line, number, records, claim.currency) for number, line in enumerate(claim.lines, 1)],
        "total": fhir.amount(claim.billed, claim.currency),
    }
    if records:
        resource["supportingInfo"] = [_support(record, number) for number, record in enumerate(records, 1)]
    if claim.insurances:
        resource["insurer"] = fhir.member_reference(claim.insurances[focal].insurer)
    else:
        resource["insurance"] = [
            {"sequence": 1, "focal": True, "coverage": {"type": "Coverage", "display": "none"}}
        ]  # R4 requires one; nobody is insured by it
    return resource


def from_fhir(resource: dict[str, Any]) -> Claim:
    """The claim in a resource that `to_fhir` made, or that says as much; FhirError names the path."""
    codes.require_type(resource, "Claim")
    total, currency = fhir.amount_of(resource.get("total"), "Claim.total")
    evidence = {
        entry["sequence"]: codes.id_in(entry.get("valueReference"), "record", f"Claim.supportingInfo[{index}]")
        for index, entry in enumerate(resource.get("supportingInfo", []))
    }
    period = resource.get("billablePeriod", {})
    claim = Claim(
        id=fhir.id_of(fhir.only(resource, "identifier"), "agreement", "Claim.identifier"),
        use=codes.one_of(Use, resource.get("use"), "Claim.use"),
        type=codes.one_of(ClaimType, codes.code_in(resource.get("type"), _CLAIM_TYPE, "Claim.type"), "Claim.type"),
        patient=fhir.patient_of(resource.get("patient"), "Claim.patient"),
        provider=fhir.member_of(resource.get("provider"), "Claim.provider"),
        created=fhir.seconds(resource.get("created"), "Claim.created"),
        insurances=_insurances(resource.get("insurance", [])),
        lines=tuple(
            _line(item, evidence, currency, f"Claim.item[{index}]")
            for index, item in enumerate(resource.get("item", []))
        ),
        first_day=fhir.day_of(period.get("start"), "Claim.billablePeriod.start"),
        last_day=fhir.day_of(period.get("end"), "Claim.billablePeriod.end"),
        currency=currency,
    )
    if not claim.lines:
        raise refused("Claim.item", "is required")
    if claim.billed != total:
        raise refused("Claim.total", "must be the sum of the items")
    return claim


def billed_items(resource: dict[str, Any]) -> tuple[BilledItem, ...]:
    """The items of a Claim that anybody wrote; FhirError names the path of an item without a code, or a bad amount."""
    codes.require_type(resource, "Claim")
    supports = {name: _references_of(resource.get(name, [])) for name in _SEQUENCES}
    return tuple(_billed(item, supports, f"Claim.item[{index}]") for index, item in enumerate(resource.get("item", [])))


def _insurance(insurance: Insurance, position: int, is_focal: bool) -> dict[str, Any]:
    return {
        "extension": [{"url": INSURER_URL, "valueIdentifier": fhir.identifier("member", insurance.insurer)}],
        "sequence": position + 1,
        "focal": is_focal,
        "coverage": codes.reference("policy", "Coverage", insurance.policy),
    }


def _insurances(entries: list[dict[str, Any]]) -> tuple[Insurance, ...]:
    if [entry.get("coverage", {}).get("display") for entry in entries] == ["none"]:
        return ()
    if [entry.get("sequence") for entry in entries] != list(range(1, len(entries) + 1)):
        raise refused("Claim.insurance.sequence", "must count from 1, in order of payment")
    if sum(entry.get("focal") is True for entry in entries) != 1:
        raise refused("Claim.insurance.focal", "must be true for the one policy that is addressed")
    return tuple(
        Insurance(
            codes.id_in(entry.get("coverage"), "policy", f"Claim.insurance[{index}].coverage"),
            _insurer_of(entry, f"Claim.insurance[{index}].extension"),
        )
        for index, entry in enumerate(entries)
    )


def _insurer_of(entry: dict[str, Any], path: str) -> int:
    named = [each.get("valueIdentifier") for each in entry.get("extension", []) if each.get("url") == INSURER_URL]
    if len(named) != 1:
        raise refused(path, "must tell the policy's insurer")
    return fhir.member_of({"identifier": named[0]}, path)


def _support(record: bytes, number: int) -> dict[str, Any]:
    return {
        "sequence": number,
        "category": codes.standard("claiminformationcategory", "attachment"),
        "valueReference": {"identifier": fhir.identifier("record", record)},
    }


def _item(line: ClaimLine, number: int, records: list[bytes], currency: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "extension": [{"url": CATEGORY_URL, "valueCode": camel(line.category.name)}],
        "sequence": number,
        "productOrService": fhir.concept(line.code),
        "quantity": {"value": line.quantity},
        "net": fhir.amount(line.billed, currency),
    }
    if line.evidence:
        item["informationSequence"] = [records.index(line.evidence) + 1]
    return item


def _line(item: dict[str, Any], evidence: dict[int, bytes], currency: str, path: str) -> ClaimLine:
    extensions = {each.get("url"): each for each in item.get("extension", [])}
    category = _CATEGORIES.get(extensions.get(CATEGORY_URL, {}).get("valueCode"))
    if category is None:
        raise refused(f"{path}.extension", "must tell the category of the line's evidence")
    named = item.get("informationSequence", [])
    if len(named) > 1 or not set(named) <= evidence.keys():
        raise refused(f"{path}.informationSequence", "must name the one record that proves the line")
    return ClaimLine(
        code=fhir.code_of(item.get("productOrService"), f"{path}.productOrService"),
        quantity=codes.whole(item.get("quantity", {}).get("value", 1), f"{path}.quantity.value"),
        billed=codes.amount_in(item.get("net"), currency, f"{path}.net"),
        category=category,
        evidence=evidence[named[0]] if named else b"",
    )


def _billed(item: dict[str, Any], supports: dict[str, dict[int, list[str]]], path: str) -> BilledItem:
    concept = item.get("productOrService", {})
    found = tuple(
        Code(each["system"], each["code"], each.get("display", ""))
        for each in concept.get("coding", [])
        if {"system", "code"} <= each.keys()
    )
    if not found:
        raise refused(f"{path}.productOrService", "must have a code of a code system")
    net, currency = fhir.amount_of(item["net"], f"{path}.net") if "net" in item else (None, "")
    carried = [each["reference"] for each in item.get("encounter", []) if "reference" in each]
    for element, known in supports.items():
        for sequence in item.get(_SEQUENCES[element], []):
            if sequence not in known:
                raise refused(path, f"names {element} {sequence}, which the claim does not have")
            carried += known[sequence]
    quantity = Decimal(item.get("quantity", {}).get("value", 1))
    return BilledItem(item["sequence"], found, quantity, net, currency, tuple(dict.fromkeys(carried)))


def _references_of(entries: list[dict[str, Any]]) -> dict[int, list[str]]:
    """References of numbered elements, by number; empty where an element states a code or a value instead."""
    found: dict[int, list[str]] = {}
    for entry in entries:
        values = [entry.get(name) for name in ("valueReference", "procedureReference", "diagnosisReference")]
        found[entry["sequence"]] = [each["reference"] for each in values if each and "reference" in each]
    return found
