"""FHIR elements that care's resources share: who stands under which identifier, money, codes, times; made and read.

Patients stand under their PatientId, members under their number, policies and agreements under their ids, all in
systems `urn:medunion:…`. Whatever is read is a valid R4 resource whose numbers with decimals are `Decimal`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from medunion.care.templates import Code
from medunion.errors import FhirError, InputError
from medunion.settlement import money

_FIRST_DAY: Final = date(1900, 1, 1)
_UNIT: Final = Decimal("0.01")


def refused(path: str, cause: str) -> FhirError:
    """The error for what cannot be taken at a path."""
    return FhirError(f"{path}: {cause}", path=path)


def identifier(kind: str, value: object) -> dict[str, str]:
    """An identifier of our own: of a `patient`, `member`, `policy` or `agreement`; ids as 0x-hex."""
    shown = "0x" + value.hex() if isinstance(value, bytes) else str(value)
    return {"system": f"urn:medunion:{kind}", "value": shown}


def patient_reference(patient: bytes) -> dict[str, Any]:
    """A logical reference to a patient: it leads nowhere by itself (R4 §2.3.0.2)."""
    return {"type": "Patient", "identifier": identifier("patient", patient)}


def member_reference(member: int) -> dict[str, Any]:
    """A logical reference to a member."""
    return {"type": "Organization", "identifier": identifier("member", member)}


def id_of(element: Any, kind: str, path: str) -> bytes:
    """The 32 bytes that an identifier of `kind` names."""
    text = _value(element, kind, path)
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32 or not text.startswith("0x"):
        raise refused(f"{path}.value", "must be 0x and 64 hexadecimal digits")
    return value


def patient_of(reference: Any, path: str) -> bytes:
    """The PatientId that a reference names."""
    return id_of(_identifier(reference, path), "patient", f"{path}.identifier")


def member_of(reference: Any, path: str) -> int:
    """The member that a reference names."""
    text = _value(_identifier(reference, path), "member", f"{path}.identifier")
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 1 << 32:
        raise refused(f"{path}.identifier.value", "must be a member's number")
    return int(text)


def amount(minor: int, currency: str) -> dict[str, Any]:
    """Money of an amount in minor units."""
    return {"value": Decimal(minor) * _UNIT, "currency": currency}


def amount_of(element: Any, path: str) -> tuple[int, str]:
    """Minor units and currency of Money."""
    if not isinstance(element, dict) or "value" not in element or "currency" not in element:
        raise refused(path, "must be money with value and currency")
    try:
        return money.minor_units(Decimal(element["value"]), f"{path}.value"), str(element["currency"])
    except InputError as failure:
        raise refused(f"{path}.value", failure.message) from None


def concept(code: Code) -> dict[str, Any]:
    """A CodeableConcept of one code."""
    shown = {"display": code.display} if code.display else {}
    return {"coding": [{"system": code.system, "code": code.code, **shown}]}


def code_of(element: Any, path: str) -> Code:
    """The one code of a CodeableConcept."""
    codings = element.get("coding", []) if isinstance(element, dict) else []
    if len(codings) != 1 or not {"system", "code"} <= codings[0].keys():
        raise refused(path, "must be one code of a code system")
    return Code(codings[0]["system"], codings[0]["code"], codings[0].get("display", ""))


def only(element: Mapping[str, Any], name: str) -> Any:
    """The one element of a list; empty when there is none, or several."""
    found = element.get(name, [])
    return found[0] if len(found) == 1 else {}


def day(number: int) -> str:
    """A FHIR date of days since 1900-01-01."""
    return (_FIRST_DAY + timedelta(days=number)).isoformat()


def day_of(text: Any, path: str) -> int:
    """Days since 1900-01-01 of a FHIR date that names a day."""
    try:
        found = (date.fromisoformat(text) - _FIRST_DAY).days
    except (TypeError, ValueError):
        found = -1
    if found < 0:
        raise refused(path, "must be a date such as 2026-11-26")
    return found


def instant(seconds_: int) -> str:
    """A FHIR instant of seconds since 1970."""
    return datetime.fromtimestamp(seconds_, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: Any, path: str) -> int:
    """Seconds since 1970 of a FHIR instant or dateTime with a time zone; parts of a second are dropped."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None:
        raise refused(path, "must be a time with a time zone")
    return int(found.timestamp())


def _identifier(reference: Any, path: str) -> Any:
    if not isinstance(reference, dict) or "identifier" not in reference:
        raise refused(path, "must name an identifier of this network")
    return reference["identifier"]


def _value(element: Any, kind: str, path: str) -> str:
    if not isinstance(element, dict) or element.get("system") != f"urn:medunion:{kind}" or "value" not in element:
        raise refused(path, f"must be an identifier of the system urn:medunion:{kind}")
    return str(element["value"])


def require_expressed(given: Mapping[str, Any], understood: Mapping[str, Any]) -> None:
    """FhirError naming the first path at which a resource says something that was not understood of it.

    `understood` is what would be written for it. Elements about the resource itself (id, meta, text) say nothing of
    what was agreed; equal moments in different time zones are equal.
    """
    kind = str(given.get("resourceType"))
    stripped = {name: value for name, value in given.items() if name not in ("id", "meta", "text")}
    if path := _difference(stripped, understood, kind):
        raise refused(path, "is not what an agreement of this network can say")


def _difference(given: Any, understood: Any, path: str) -> str | None:
    if isinstance(given, Mapping) and isinstance(understood, Mapping):
        for name in (*given, *understood):
            if name not in given or name not in understood:
                return f"{path}.{name}"
            if found := _difference(given[name], understood[name], f"{path}.{name}"):
                return found
        return None
    if isinstance(given, list) and isinstance(understood, list):
        for index, pair in enumerate(zip(given, understood, strict=False)):
            if found := _difference(*pair, f"{path}[{index}]"):
                return found
        return None if len(given) == len(understood) else f"{path}[{min(len(given), len(understood))}]"
    return None if given == understood or _same_moment(given, understood) else path


def _same_moment(given: Any, understood: Any) -> bool:
    try:
        first, second = datetime.fromisoformat(given), datetime.fromisoformat(understood)
    except (TypeError, ValueError):
        return False
    return None not in (first.tzinfo, second.tzinfo) and first == second
