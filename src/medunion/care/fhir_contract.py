"""An agreement as a FHIR R4 Contract, and back.

    identifier   the agreement's id            applies      the service window
    status       from its state, which `legalState` says exactly
    subject      the patient                   author       the provider
    legal        the disclosure, by the digest that stands on the ledger
    term         one: until when it is accepted, and the price lines as valued items with net money
    signer       the patient, once it has accepted

What R4 has no element for (digests, policies, covers, `maxPatientShare`, deposit) stands in extensions. A Contract that
says anything else is refused: nothing of a contract may be lost on the way.
"""

from dataclasses import dataclass
from typing import Any, Final

from medunion.care import fhir_parts as fhir
from medunion.care.items import Item, require_items
from medunion.care.offers import Agreement, Offer, State
from medunion.care.templates import Code
from medunion.care.terms import ZERO, Cover, Line, Terms
from medunion.errors import FhirError, InputError
from medunion.vocabulary import Category, camel

_STATUS: Final = {
    State.OFFERED: "offered",
    State.ACCEPTED: "executed",
    State.COMPLETED: "executed",
    State.SETTLED: "resolved",
    State.DECLINED: "rejected",
    State.WITHDRAWN: "revoked",
    State.CANCELLED: "cancelled",
    State.EXPIRED: "terminated",
}
_STATES: Final = {camel(state.name): state for state in _STATUS}
_CATEGORIES: Final = {camel(category.name): category for category in Category}
_STATE_SYSTEM: Final = "urn:medunion:agreement-state"
_TYPE: Final = {"system": "http://terminology.hl7.org/CodeSystem/contract-type", "code": "consent"}
_CONSENTER: Final = {"system": "http://terminology.hl7.org/CodeSystem/contractsignertypecodes", "code": "CONSENTER"}
_CONSENT_SIGNATURE: Final = {"system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840.10065.1.12.1.7"}
_OFFEROR: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleClass", "code": "PROV"}]}
_URL: Final = "urn:medunion:{}"
_PATHS: Final = {
    "serviceUntil": "Contract.applies",
    "lines": "Contract.term[0].asset",
    "covers": "Contract.term[0].asset",
    "price": "Contract.term[0].asset",
}
"""Where the terms stand that are in no extension, by the name of their field."""


@dataclass(frozen=True, slots=True, repr=False)
class Contracted:
    """What a Contract says: the offer, its items in clear, where it stands; times in seconds, 0 for never."""

    offer: Offer
    items: tuple[Item, ...]
    state: State
    offered_at: int
    accepted_at: int
    currency: str

    @classmethod
    def of(cls, agreement: Agreement, items: tuple[Item, ...], currency: str, at: int) -> "Contracted":
        """An agreement at a second; InputError unless these are its items."""
        require_items(items, agreement.offer.lines)
        standing = agreement.standing
        return cls(agreement.offer, items, agreement.state_at(at), standing.offered_at, standing.accepted_at, currency)


def to_fhir(contracted: Contracted) -> dict[str, Any]:
    """The Contract; its numbers are `Decimal` (`documents.to_text` writes them)."""
    offer, terms = contracted.offer, contracted.offer.terms
    patient = fhir.patient_reference(terms.patient)
    resource: dict[str, Any] = {
        "resourceType": "Contract",
        "identifier": [fhir.identifier("agreement", offer.id)],
        "status": _STATUS[contracted.state],
        "legalState": {"coding": [{"system": _STATE_SYSTEM, "code": camel(contracted.state.name)}]},
        "issued": fhir.instant(contracted.offered_at),
        "applies": {"start": fhir.day(terms.service_from), "end": fhir.day(terms.service_until)},
        "subject": [patient],
        "author": fhir.member_reference(terms.provider),
        "type": {"coding": [_TYPE]},
        "term": [_term(contracted)],
    }
    if contracted.accepted_at:
        signature = {
            "type": [_CONSENT_SIGNATURE],
            "when": fhir.instant(contracted.accepted_at),
            "who": patient,
        }
        resource["signer"] = [{"type": _CONSENTER, "party": patient, "signature": [signature]}]
    disclosure = {"type": "Composition", "identifier": fhir.identifier("disclosure", terms.disclosure_digest)}
    resource["legal"] = [{"contentReference": disclosure}]
    return resource


def from_fhir(resource: dict[str, Any]) -> Contracted:
    """What a Contract says; FhirError (details: path) when it is no agreement, or says what none can say."""
    if resource.get("resourceType") != "Contract":
        raise fhir.refused("resourceType", "must be Contract")
    term = fhir.only(resource, "term")
    asset = fhir.only(term, "asset")
    valued = asset.get("valuedItem", [])
    read = [_line_of(each, f"Contract.term[0].asset[0].valuedItem[{index}]") for index, each in enumerate(valued)]
    items = tuple(item for item, _ in read)
    currency = fhir.amount_of(valued[0].get("net"), "Contract.term[0].asset[0].valuedItem[0].net")[1] if valued else ""
    covers = tuple(cover for _, row in read for cover in row)
    signature = fhir.only(fhir.only(resource, "signer"), "signature")
    try:
        offer = Offer(_terms_of(resource, term, items), tuple(item.line for item in items), covers)
    except FhirError:
        raise
    except InputError as failure:
        path = _PATHS.get(str(failure.details["field"]), "Contract.term[0].extension")
        raise fhir.refused(path, failure.message) from None
    found = Contracted(
        offer=offer,
        items=items,
        state=_state_of(resource),
        offered_at=fhir.seconds(resource.get("issued"), "Contract.issued"),
        accepted_at=fhir.seconds(signature["when"], "Contract.signer[0].signature[0].when") if signature else 0,
        currency=currency,
    )
    fhir.require_expressed(resource, to_fhir(found))
    return found


def _term(contracted: Contracted) -> dict[str, Any]:
    offer, terms = contracted.offer, contracted.offer.terms
    count = len(terms.policies)
    lines = zip(contracted.items, offer.lines, strict=True)
    items = [
        _valued(item, line, offer.covers[index * count : (index + 1) * count], contracted.currency)
        for index, (item, line) in enumerate(lines)
    ]
    party = {"reference": [fhir.member_reference(terms.provider)], "role": _OFFEROR}
    return {
        "extension": _extensions(terms, contracted.currency),
        "applies": {"end": fhir.instant(terms.accept_until)},
        "offer": {"party": [party]},
        "asset": [{"valuedItem": items}],
    }


def _extensions(terms: Terms, currency: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"url": _URL.format("payee"), "valueString": terms.payee},
        {"url": _URL.format("lines-digest"), "valueString": "0x" + terms.lines_digest.hex()},
        {"url": _URL.format("max-patient-share"), "valueMoney": fhir.amount(terms.max_patient_share, currency)},
        {"url": _URL.format("deposit"), "valueMoney": fhir.amount(terms.deposit, currency)},
        {"url": _URL.format("reserved-until"), "valueInstant": fhir.instant(terms.reserved_until)},
        {"url": _URL.format("salt"), "valueString": "0x" + terms.salt.hex()},
    ]
    for policy in terms.policies:
        found.append({"url": _URL.format("policy"), "valueIdentifier": fhir.identifier("policy", policy)})
    if terms.care_plan != ZERO:
        plan = fhir.identifier("care-plan", terms.care_plan)
        found.append({"url": _URL.format("care-plan"), "valueIdentifier": plan})
    if terms.visit:
        found.append({"url": _URL.format("visit"), "valueUnsignedInt": terms.visit})
    return found


def _valued(item: Item, line: Line, covers: tuple[Cover, ...], currency: str) -> dict[str, Any]:
    extension: list[dict[str, Any]] = [
        {"url": _URL.format("item-salt"), "valueString": "0x" + item.salt.hex()},
        {"url": _URL.format("evidence-category"), "valueCode": camel(line.category.name)},
    ]
    for cover in covers:
        parts = [
            {"url": "class", "valueUnsignedInt": cover.class_index},
            {"url": "allowed", "valueMoney": fhir.amount(cover.allowed, currency)},
        ]
        extension.append({"url": _URL.format("cover"), "extension": parts})
    return {
        "extension": extension,
        "entityCodeableConcept": fhir.concept(item.code),
        "identifier": fhir.identifier("item", line.item_digest),
        "quantity": {"value": item.quantity},
        "unitPrice": fhir.amount(item.price, currency),
        "net": fhir.amount(line.billed, currency),
    }


def _line_of(valued: dict[str, Any], path: str) -> tuple[Item, tuple[Cover, ...]]:
    category = _CATEGORIES.get(str(_extension(valued, "evidence-category").get("valueCode")))
    if category is None:
        raise fhir.refused(f"{path}.extension", "must tell the category of the line's evidence")
    quantity = valued.get("quantity", {}).get("value")
    if quantity is None or quantity != int(quantity) or quantity < 1:
        raise fhir.refused(f"{path}.quantity", "must be a whole number")
    code: Code = fhir.code_of(valued.get("entityCodeableConcept"), f"{path}.entityCodeableConcept")
    price, _ = fhir.amount_of(valued.get("unitPrice"), f"{path}.unitPrice")
    salt = _bytes(_extension(valued, "item-salt").get("valueString"), f"{path}.extension")
    covers = tuple(
        _cover_of(each, f"{path}.extension")
        for each in valued.get("extension", [])
        if each.get("url") == _URL.format("cover")
    )
    return Item(code, int(quantity), price, category, salt), covers


def _cover_of(extension: dict[str, Any], path: str) -> Cover:
    parts = {each.get("url"): each for each in extension.get("extension", [])}
    allowed, _ = fhir.amount_of(parts.get("allowed", {}).get("valueMoney"), f"{path}.allowed")
    try:
        return Cover(parts.get("class", {}).get("valueUnsignedInt"), allowed)
    except InputError as failure:
        raise fhir.refused(f"{path}.class", failure.message) from None


def _terms_of(resource: dict[str, Any], term: dict[str, Any], items: tuple[Item, ...]) -> Terms:
    path = "Contract.term[0].extension"
    applies, until = resource.get("applies", {}), term.get("applies", {}).get("end")
    legal = fhir.only(resource, "legal").get("contentReference", {}).get("identifier")
    policies = [each for each in term.get("extension", []) if each.get("url") == _URL.format("policy")]
    care_plan = _extension(term, "care-plan").get("valueIdentifier")
    return Terms(
        patient=fhir.patient_of(fhir.only(resource, "subject"), "Contract.subject[0]"),
        provider=fhir.member_of(resource.get("author"), "Contract.author"),
        payee=_extension(term, "payee").get("valueString", ""),
        disclosure_digest=fhir.id_of(legal, "disclosure", "Contract.legal[0].contentReference.identifier"),
        lines_digest=_bytes(_extension(term, "lines-digest").get("valueString"), path),
        policies=tuple(fhir.id_of(each.get("valueIdentifier"), "policy", path) for each in policies),
        price=sum(item.billed for item in items),
        max_patient_share=fhir.amount_of(_extension(term, "max-patient-share").get("valueMoney"), path)[0],
        deposit=fhir.amount_of(_extension(term, "deposit").get("valueMoney"), path)[0],
        service_from=fhir.day_of(applies.get("start"), "Contract.applies.start"),
        service_until=fhir.day_of(applies.get("end"), "Contract.applies.end"),
        accept_until=fhir.seconds(until, "Contract.term[0].applies.end"),
        reserved_until=fhir.seconds(_extension(term, "reserved-until").get("valueInstant"), path),
        care_plan=fhir.id_of(care_plan, "care-plan", path) if care_plan else ZERO,
        visit=_extension(term, "visit").get("valueUnsignedInt", 0),
        salt=_bytes(_extension(term, "salt").get("valueString"), path),
    )


def _state_of(resource: dict[str, Any]) -> State:
    codings = resource.get("legalState", {}).get("coding", [])
    code = next((each.get("code") for each in codings if each.get("system") == _STATE_SYSTEM), None)
    state = _STATES.get(str(code))
    if state is None:
        raise fhir.refused("Contract.legalState", f"must be one of {', '.join(_STATES)}")
    return state


def _extension(element: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        (each for each in element.get("extension", []) if each.get("url") == _URL.format(name)), {}
    )
    return found


def _bytes(text: Any, path: str) -> bytes:
    return fhir.id_of({"system": _URL.format("bytes"), "value": text}, "bytes", path)
