"""What a patient is told before agreeing: a FHIR R4 document (Bundle of type `document`, R4 §3.3.1), made and read.

    Composition   who provides the service, from where, why, expected effect, risks, alternatives: a section each, with
                  a coded title (a LOINC code where one fits) and its text
    Invoice       the price lines, to which the section "prices" refers; the lines' salts and categories are extensions

The patient stands under the PatientId, the provider under its member number. The provider commits the document as it
commits a record; its salted digest (`documents`) is what the patient signs. A reader takes texts from the sections and
prices from the Invoice, and refuses a document whose table of prices says anything else than its Invoice.
"""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from medunion.care import fhir_parts as fhir
from medunion.care.items import Item
from medunion.care.narrative import narrative, paragraphs_of, table
from medunion.care.templates import Code, Template
from medunion.locale import LANGUAGES, translate_to
from medunion.settlement import money
from medunion.vocabulary import Category, camel

SECTION_SYSTEM: Final = "urn:medunion:disclosure-section"
SALT_URL: Final = "urn:medunion:item-salt"
CATEGORY_URL: Final = "urn:medunion:evidence-category"

_LOINC: Final = "http://loinc.org"
_CONSENT_DOCUMENT: Final = {"system": _LOINC, "code": "59284-0", "display": "Consent Document"}
_SECTION_CODES: Final[dict[str, tuple[str, str] | None]] = {
    "service": ("18776-5", "Plan of care note"),
    "source": None,
    "reason": ("59768-2", "Procedure indications Narrative"),
    "effect": ("61146-7", "Goals Narrative"),
    "risks": ("55109-3", "Complications Document"),
    "alternatives": None,
    "prices": None,
}
"""Sections in their order, and the LOINC code of those that have one."""

SECTIONS: Final = tuple(_SECTION_CODES)
_CATEGORIES: Final = {camel(category.name): category for category in Category}


@dataclass(frozen=True, slots=True, repr=False)
class Disclosure:
    """What a disclosure says. `sections` are paragraphs by name, without "prices"; amounts in minor units."""

    language: str
    title: str
    patient: bytes
    provider: int
    provider_name: str
    made_at: int
    service: Code
    sections: dict[str, tuple[str, ...]]
    items: tuple[Item, ...]
    currency: str

    @property
    def price(self) -> int:
        """The sum of the lines."""
        return sum(item.billed for item in self.items)


def disclosure_of(
    template: Template,
    items: tuple[Item, ...],
    *,
    patient: bytes,
    provider: int,
    currency: str,
    language: str,
    made_at: int,
) -> Disclosure:
    """What an offer of this template tells a patient; where the words are ours in `en` or `zh-CN`."""
    none = (translate_to(language, "disclosure.none"),)
    member = translate_to(language, "disclosure.member", member=provider)
    return Disclosure(
        language=language,
        title=translate_to(language, "disclosure.title", service=_shown(template.service)),
        patient=patient,
        provider=provider,
        provider_name=template.provider,
        made_at=made_at,
        service=template.service,
        sections={
            "service": (_shown(template.service),),
            "source": (f"{template.provider} ({member})", template.given_at),
            "reason": (template.why,),
            "effect": (template.expected_effect,),
            "risks": template.risks or none,
            "alternatives": template.alternatives or none,
        },
        items=items,
        currency=currency,
    )


def to_fhir(disclosure: Disclosure) -> dict[str, Any]:
    """The document, for `documents.seal_document`; its numbers are `Decimal`."""
    invoice = f"urn:uuid:{uuid.uuid4()}"
    timestamp = fhir.instant(disclosure.made_at)
    composition = {
        "resourceType": "Composition",
        "language": disclosure.language,
        "contained": [
            {
                "resourceType": "Organization",
                "id": "provider",
                "identifier": [fhir.identifier("member", disclosure.provider)],
                "name": disclosure.provider_name,
            }
        ],
        "status": "final",
        "type": {"coding": [_CONSENT_DOCUMENT]},
        "subject": fhir.patient_reference(disclosure.patient),
        "date": timestamp,
        "author": [{"reference": "#provider"}],
        "title": disclosure.title,
        "event": [{"code": [fhir.concept(disclosure.service)]}],
        "section": [_section(disclosure, name, invoice) for name in SECTIONS],
    }
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid.uuid4()}"},
        "type": "document",
        "timestamp": timestamp,
        "entry": [
            {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": composition},
            {"fullUrl": invoice, "resource": _invoice(disclosure)},
        ],
    }


def from_fhir(bundle: dict[str, Any]) -> Disclosure:
    """What a disclosure says; FhirError (details: path) when a valid document is none, or contradicts itself."""
    composition, invoice = _parts(bundle)
    sections = {name: section for section in composition.get("section", []) if (name := _name_of(section))}
    if tuple(sections) != SECTIONS:
        raise fhir.refused("Composition.section", f"must be {', '.join(SECTIONS)}, in this order")
    provider = fhir.only(composition, "contained")
    language = composition.get("language")
    if language not in LANGUAGES:
        raise fhir.refused("Composition.language", f"must be one of {', '.join(LANGUAGES)}")
    coded = [code for event in composition.get("event", []) for code in event.get("code", [])]
    if len(coded) != 1:
        raise fhir.refused("Composition.event.code", "must be the one service that is offered")
    items, currency = _items_of(invoice)
    found = Disclosure(
        language=language,
        title=str(composition["title"]),
        patient=fhir.patient_of(composition.get("subject"), "Composition.subject"),
        provider=fhir.member_of({"identifier": fhir.only(provider, "identifier")}, "Composition.contained"),
        provider_name=str(provider.get("name", "")),
        made_at=fhir.seconds(composition["date"], "Composition.date"),
        service=fhir.code_of(coded[0], "Composition.event.code"),
        sections={
            name: paragraphs_of(section.get("text"), f"Composition.section[{index}].text")
            for index, (name, section) in enumerate(sections.items())
            if name != "prices"
        },
        items=items,
        currency=currency,
    )
    if sections["prices"].get("text") != _narrative(found, "prices"):
        raise fhir.refused("Composition.section", "the table of prices says something else than the Invoice")
    return found


def _parts(bundle: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    resources = [entry.get("resource", {}) for entry in bundle.get("entry", [])]
    kinds = [resource.get("resourceType") for resource in resources]
    if bundle.get("type") != "document" or kinds != ["Composition", "Invoice"]:
        raise fhir.refused("Bundle.entry", "a disclosure is a document of one Composition and one Invoice")
    return resources[0], resources[1]


def _section(disclosure: Disclosure, name: str, invoice: str) -> dict[str, Any]:
    coding = [{"system": SECTION_SYSTEM, "code": name}]
    if loinc := _SECTION_CODES[name]:
        coding.append({"system": _LOINC, "code": loinc[0], "display": loinc[1]})
    section: dict[str, Any] = {
        "title": translate_to(disclosure.language, f"disclosure.section.{name}"),
        "code": {"coding": coding},
        "text": _narrative(disclosure, name),
    }
    if name == "prices":
        section["entry"] = [{"reference": invoice}]
    return section


def _name_of(section: dict[str, Any]) -> str | None:
    codings = section.get("code", {}).get("coding", [])
    return next((coding.get("code") for coding in codings if coding.get("system") == SECTION_SYSTEM), None)


def _narrative(disclosure: Disclosure, name: str) -> dict[str, str]:
    if name != "prices":
        return narrative(disclosure.sections[name])
    words = [translate_to(disclosure.language, f"disclosure.column.{each}") for each in ("item", "quantity", "price")]
    rows = [
        [_shown(item.code), str(item.quantity), money.show(item.billed, disclosure.currency)]
        for item in disclosure.items
    ]
    total = translate_to(disclosure.language, "disclosure.total")
    return table([words, *rows, [total, "", money.show(disclosure.price, disclosure.currency)]])


def _invoice(disclosure: Disclosure) -> dict[str, Any]:
    return {
        "resourceType": "Invoice",
        "status": "draft",
        "subject": fhir.patient_reference(disclosure.patient),
        "issuer": fhir.member_reference(disclosure.provider),
        "lineItem": [_line(item, number, disclosure.currency) for number, item in enumerate(disclosure.items, 1)],
        "totalNet": fhir.amount(disclosure.price, disclosure.currency),
    }


def _line(item: Item, number: int, currency: str) -> dict[str, Any]:
    return {
        "extension": [
            {"url": SALT_URL, "valueString": item.salt.hex()},
            {"url": CATEGORY_URL, "valueCode": camel(item.category.name)},
        ],
        "sequence": number,
        "chargeItemCodeableConcept": fhir.concept(item.code),
        # R4: the factor "has been applied on the base price", the amount is "calculated for this component".
        "priceComponent": [{"type": "base", "factor": item.quantity, "amount": fhir.amount(item.billed, currency)}],
    }


def _items_of(invoice: dict[str, Any]) -> tuple[tuple[Item, ...], str]:
    read = [_item_of(line, f"Invoice.lineItem[{index}]") for index, line in enumerate(invoice.get("lineItem", []))]
    total, currency = fhir.amount_of(invoice.get("totalNet"), "Invoice.totalNet")
    if {each for _, each in read} != {currency}:
        raise fhir.refused("Invoice.lineItem", "all amounts are in one currency")
    items = tuple(item for item, _ in read)
    if sum(item.billed for item in items) != total:
        raise fhir.refused("Invoice.totalNet", "must be the sum of the lines")
    return items, currency


def _item_of(line: dict[str, Any], path: str) -> tuple[Item, str]:
    extensions = {each.get("url"): each for each in line.get("extension", [])}
    category = _CATEGORIES.get(extensions.get(CATEGORY_URL, {}).get("valueCode"))
    try:
        salt = bytes.fromhex(extensions.get(SALT_URL, {}).get("valueString", ""))
    except ValueError:
        salt = b""
    if category is None or len(salt) != 32:
        raise fhir.refused(f"{path}.extension", "must tell the item's salt and the category of its evidence")
    component = fhir.only(line, "priceComponent")
    billed, currency = fhir.amount_of(component.get("amount"), f"{path}.priceComponent.amount")
    quantity = component.get("factor")
    if quantity is None or quantity != int(quantity) or quantity < 1 or billed % int(quantity):
        raise fhir.refused(f"{path}.priceComponent.factor", "must be how often the price of one is billed")
    code = fhir.code_of(line.get("chargeItemCodeableConcept"), f"{path}.chargeItemCodeableConcept")
    return Item(code, int(quantity), billed // int(quantity), category, salt), currency


def _shown(code: Code) -> str:
    return code.display or code.code
