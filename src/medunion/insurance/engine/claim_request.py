"""A FHIR R4 Claim with `use` = predetermination, as an enquiry about one policy.

Patient, provider and policy stand in it as identifiers of this network (`urn:medunion:patient`, `…:member`,
`…:policy`; `care.fhir_parts`); of several `insurance` elements the focal one is asked. Per item: one code of
`productOrService` (the first that the catalogue knows), a whole `quantity` (1 when absent), `unitPrice` or `net`, and
`servicedDate` or `servicedPeriod` (else the Claim's `billablePeriod`). Diagnoses are those of the item's
`diagnosisSequence`, all of the Claim's when it has none; as codes, or as contained Conditions.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from medunion.care.fhir_parts import amount_of, id_of, member_of, patient_of, refused
from medunion.care.items import Item
from medunion.care.predetermination import Enquiry
from medunion.care.templates import Code
from medunion.fhir import parse_bundle
from medunion.fhir.service_day import day_number
from medunion.insurance.catalogue import Catalogue, Coding
from medunion.insurance.catalogue_learned import codings_of, system_category
from medunion.settlement.claim import ClaimType
from medunion.settlement.fhir_codes import HL7, code_in, one_of

_MOST_QUANTITY = 1_000_000


@dataclass(frozen=True, slots=True, repr=False)
class ClaimRequest:
    """An enquiry, and the diagnoses that its provider states for each line. The items have new salts.

    Of the Claim that asks: its type, its `identifier` (system and value; None where it has none), and the `sequence` of
    the insurance that is asked.
    """

    enquiry: Enquiry
    diagnoses: tuple[frozenset[Coding], ...]
    type: ClaimType
    identifier: tuple[str, str] | None
    sequence: int


def read_claim_request(data: bytes, catalogue: Catalogue, currency: str) -> ClaimRequest:
    """The enquiry in a Claim; all its amounts are in `currency`. FhirError (details: path) for what cannot be taken."""
    bundle = parse_bundle(data)
    if len(bundle) != 1 or bundle.entries[0].resource_type != "Claim":
        raise refused("Claim", "a predetermination is asked for by one Claim")
    claim = json.loads(bundle.entries[0].body, parse_float=Decimal)
    if claim["use"] != "predetermination" or claim["status"] != "active":
        raise refused("Claim.use", "must be predetermination, of an active Claim")
    lines = claim.get("item", [])
    days = [_days(line, claim, f"Claim.item[{index}]") for index, line in enumerate(lines)]
    if not days:
        raise refused("Claim.item", "is empty")
    policy, sequence = _policy(claim)
    enquiry = Enquiry(
        policy=policy,
        patient=patient_of(claim["patient"], "Claim.patient"),
        provider=member_of(claim["provider"], "Claim.provider"),
        service_from=min(first for first, _ in days),
        service_until=max(last for _, last in days),
        items=tuple(_item(line, f"Claim.item[{index}]", catalogue, currency) for index, line in enumerate(lines)),
    )
    identifiers = [each for each in claim.get("identifier", ()) if {"system", "value"} <= each.keys()]
    kind = code_in(claim["type"], HL7 + "claim-type", "Claim.type")
    return ClaimRequest(
        enquiry,
        tuple(frozenset(_diagnoses(line, claim)) for line in lines),
        one_of(ClaimType, kind, "Claim.type"),
        (identifiers[0]["system"], identifiers[0]["value"]) if identifiers else None,
        sequence,
    )


def _policy(claim: dict[str, Any]) -> tuple[bytes, int]:
    """The policy that is asked, and its place among the Claim's."""
    listed = claim["insurance"]
    focal = [index for index, each in enumerate(listed) if each["focal"] or len(listed) == 1]
    if len(focal) != 1:
        raise refused("Claim.insurance", "one of them must be focal")
    path = f"Claim.insurance[{focal[0]}].coverage.identifier"
    asked = listed[focal[0]]
    return id_of(asked["coverage"].get("identifier"), "policy", path), asked["sequence"]


def _item(line: dict[str, Any], path: str, catalogue: Catalogue, currency: str) -> Item:
    codings = list(codings_of(line["productOrService"]))
    if not codings:
        raise refused(f"{path}.productOrService", "must have a code of a code system")
    system, code = next((each for each in codings if each in catalogue), codings[0])
    display = next(
        (each.get("display", "") for each in line["productOrService"]["coding"] if each.get("code") == code), ""
    )
    entry = catalogue.get((system, code))
    category = system_category(system) if entry is None else entry.category
    quantity, price = _price(line, path, currency)
    return Item(Code(system, code, display), quantity, price, category, secrets.token_bytes(32))


def _price(line: dict[str, Any], path: str, currency: str) -> tuple[int, int]:
    """Quantity, and minor units of one."""
    stated = Decimal(line.get("quantity", {}).get("value", 1))
    if not 1 <= stated <= _MOST_QUANTITY or stated != int(stated):
        raise refused(f"{path}.quantity", f"must be a whole number from 1 to {_MOST_QUANTITY}")
    if Decimal(line.get("factor", 1)) != 1:
        raise refused(f"{path}.factor", "prices are given without a factor")
    quantity = int(stated)
    amounts = {name: _money(line[name], f"{path}.{name}", currency) for name in ("unitPrice", "net") if name in line}
    if not amounts:
        raise refused(path, "must have unitPrice or net")
    price = amounts.get("unitPrice", amounts.get("net", 0) // quantity)
    if amounts.get("net", price * quantity) != price * quantity:
        raise refused(f"{path}.net", "must be quantity times a price in whole minor units")
    return quantity, price


def _money(element: Any, path: str, currency: str) -> int:
    amount, given = amount_of(element, path)
    if given != currency:
        raise refused(f"{path}.currency", f"must be the plan's, {currency}")
    return amount


def _days(line: dict[str, Any], claim: dict[str, Any], path: str) -> tuple[int, int]:
    """First and last service day of a line."""
    if "servicedDate" in line:
        texts = (line["servicedDate"],) * 2
    else:
        period = line.get("servicedPeriod", claim.get("billablePeriod", {}))
        texts = (period.get("start", ""), period.get("end", period.get("start", "")))
    first, last = (day_number(text) if len(text) >= len("2026-11-26") else None for text in texts)
    if first is None or last is None or last < first:
        raise refused(f"{path}.serviced", "must say on which days")
    return first, last


def _diagnoses(line: dict[str, Any], claim: dict[str, Any]) -> Iterator[Coding]:
    wanted = line.get("diagnosisSequence", [])
    contained = {f"#{each.get('id')}": each for each in claim.get("contained", ())}
    for stated in claim.get("diagnosis", ()):
        if not wanted or stated["sequence"] in wanted:
            yield from codings_of(stated.get("diagnosisCodeableConcept"))
            reference = stated.get("diagnosisReference", {}).get("reference")
            yield from codings_of(contained.get(reference, {}).get("code"))
