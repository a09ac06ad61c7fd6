"""Codes of claims and their adjudication, and what the resources about them share.

Sources: the code systems at http://terminology.hl7.org that FHIR R4 binds to these elements as examples (adjudication,
claim-type, processpriority, claiminformationcategory, payment-type, ex-paymenttype, benefit-type, ex-benefitcategory).
Where none says what is meant, a code of MedUnion's own stands first and the nearest standard one beside it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar

from medunion.care import fhir_parts as fhir
from medunion.care.fhir_parts import refused
from medunion.errors import InputError
from medunion.settlement import money

HL7: Final = "http://terminology.hl7.org/CodeSystem/"
OWN: Final = "urn:medunion:adjudication"
RULE: Final = "urn:medunion:review-rule"

_Code = TypeVar("_Code", bound=StrEnum)

_ADJUDICATION: Final = HL7 + "adjudication"
_CATEGORIES: Final[Mapping[str, tuple[str | None, str | None]]] = {
    "submitted": (None, "submitted"),
    "class": ("class", None),
    "allowed": ("allowed", None),
    "eligible": (None, "eligible"),
    "selfPay": ("self-pay", "copay"),
    "deductible": (None, "deductible"),
    "coinsurance": ("coinsurance", "copay"),
    "benefit": (None, "benefit"),
    "adjudicated": ("adjudicated", None),
}
"""What an adjudication states -> MedUnion's own code, and the standard one; own alone where a standard one would say
something else, standard alone where it says exactly what is meant."""


def coding(system: str, code: str) -> dict[str, str]:
    """A Coding."""
    return {"system": system, "code": code}


def standard(system: str, code: str) -> dict[str, Any]:
    """A CodeableConcept of one code of HL7's."""
    return {"coding": [coding(HL7 + system, code)]}


def category(name: str) -> dict[str, Any]:
    """The CodeableConcept of what an adjudication states."""
    own, common = _CATEGORIES[name]
    codings = [coding(OWN, own)] if own else []
    return {"coding": [*codings, *([coding(_ADJUDICATION, common)] if common else [])]}


def category_of(concept: Any, path: str) -> str:
    """What an adjudication states; its own code decides. FhirError when no code is known."""
    given = {(each.get("system"), each.get("code")) for each in _codings(concept)}
    own = [name for name, (code, _) in _CATEGORIES.items() if code and (OWN, code) in given]
    plain = [name for name, (code, common) in _CATEGORIES.items() if not code and (_ADJUDICATION, common) in given]
    found = own or plain
    if len(found) != 1:
        raise refused(path, "must be a category of adjudication that is known here")
    return found[0]


def code_in(concept: Any, system: str, path: str) -> str:
    """The code of a concept in one system."""
    found = [each["code"] for each in _codings(concept) if each.get("system") == system and "code" in each]
    if len(found) != 1:
        raise refused(path, f"must have one code of the system {system}")
    return str(found[0])


def stated(name: str, minor: int, currency: str) -> dict[str, Any]:
    """An adjudication, or a total, of an amount."""
    return {"category": category(name), "amount": fhir.amount(minor, currency)}


def amounts(entries: Sequence[Mapping[str, Any]], currency: str, path: str) -> dict[str, int]:
    """Amounts in minor units by what they state; of `class`, its number. FhirError for doubles and other currencies."""
    found: dict[str, int] = {}
    for index, entry in enumerate(entries):
        here = f"{path}[{index}]"
        name = category_of(entry.get("category"), f"{here}.category")
        if name in found:
            raise refused(f"{here}.category", "is stated twice")
        if name == "class":
            found[name] = whole(entry.get("value"), f"{here}.value", 255)
        else:
            found[name] = amount_in(entry.get("amount"), currency, f"{here}.amount")
    return found


def need(found: Mapping[str, int], names: Sequence[str], path: str) -> list[int]:
    """The amounts of all `names`."""
    for name in names:
        if name not in found:
            raise refused(path, f"does not state {name}")
    return [found[name] for name in names]


def amount_in(element: Any, currency: str, path: str) -> int:
    """Minor units of Money in a currency that is known already."""
    value, found = fhir.amount_of(element, path)
    if found != currency:
        raise refused(f"{path}.currency", f"must be {currency}, as elsewhere in the resource")
    return value


def signed_amount(element: Any, currency: str, path: str) -> int:
    """The same, where it may be negative."""
    if not isinstance(element, dict) or "value" not in element or element.get("currency") != currency:
        raise refused(path, f"must be money in {currency}")
    value = Decimal(element["value"])
    try:
        magnitude = money.minor_units(abs(value), f"{path}.value")
    except InputError as failure:
        raise refused(f"{path}.value", failure.message) from None
    return -magnitude if value < 0 else magnitude


def whole(value: Any, path: str, most: int = 2**31 - 1) -> int:
    """A whole number from 0, given as FHIR decimal or integer."""
    if value is None or isinstance(value, bool) or value != int(value) or not 0 <= value <= most:
        raise refused(path, f"must be a whole number from 0 to {most}")
    return int(value)


def reference(kind: str, type_name: str, value: object) -> dict[str, Any]:
    """A logical reference to what has an identifier of our own."""
    return {"type": type_name, "identifier": fhir.identifier(kind, value)}


def id_in(element: Any, kind: str, path: str) -> bytes:
    """The 32 bytes that a logical reference names."""
    named = element.get("identifier") if isinstance(element, dict) else None
    return fhir.id_of(named, kind, f"{path}.identifier")


def require_type(resource: Mapping[str, Any], name: str) -> None:
    """FhirError unless it is a resource of this type."""
    if resource.get("resourceType") != name:
        raise refused("resourceType", f"must be {name}")


def one_of(values: type[_Code], given: Any, path: str) -> _Code:
    """The member of an enumeration of codes; FhirError when it has none of this code."""
    try:
        return values(given)
    except ValueError:
        raise refused(path, "has a code that is not used here") from None


def _codings(concept: Any) -> list[dict[str, Any]]:
    found = concept.get("coding", []) if isinstance(concept, dict) else []
    return [each for each in found if isinstance(each, dict)]
