"""Explanations of benefits out of FHIR bundles, amounts exact to the author's digits.

Codes of adjudications, by the end of the code after the last `/`: those of HL7
(http://terminology.hl7.org/CodeSystem/adjudication), of CARIN's Blue Button profile
(http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication), and of CMS's Blue Button, which Synthea writes
(https://bluebutton.cms.gov/resources/codesystem/adjudication).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from medunion.errors import FhirError, InputError
from medunion.fhir.bundle import text_of
from medunion.fhir.service_day import day_number
from medunion.settlement.money import DECIMALS, MAX_AMOUNT
from medunion.summary.elements import Element, each, first, string

SUBMITTED: Final = "submitted"
ALLOWED: Final = "allowed"
DEDUCTIBLE: Final = "deductible"
COINSURANCE: Final = "coinsurance"
PAID: Final = "paid"

_CODES: Final[Mapping[str, str]] = {
    "submitted": SUBMITTED, "line_sbmtd_chrg_amt": SUBMITTED,
    "eligible": ALLOWED, "allowed": ALLOWED, "line_alowd_chrg_amt": ALLOWED,
    "deductible": DEDUCTIBLE, "line_bene_ptb_ddctbl_amt": DEDUCTIBLE,
    "coinsurance": COINSURANCE, "line_coinsrnc_amt": COINSURANCE,
    "benefit": PAID, "paidtoprovider": PAID, "line_prvdr_pmt_amt": PAID,
}  # fmt: skip

_NOT_IN_FORCE: Final = ("cancelled", "draft", "entered-in-error")
_NO_CLAIM: Final = ("predetermination", "preauthorization")
_LARGEST: Final = Decimal(MAX_AMOUNT).scaleb(-DECIMALS)
_NOISE: Final = Decimal("1e-8")
"""Amounts come from binary floating point: 7237.400000000001 is 7237.4. What is further behind is no money."""


@dataclass(frozen=True)
class ExplainedLine:
    """An item with its adjudication, in minor units that may have a fraction; None where it states nothing."""

    item: int
    code: str
    submitted: Decimal
    allowed: Decimal
    paid: Decimal
    deductible: Decimal | None
    coinsurance: Decimal | None


@dataclass(frozen=True)
class UnreadItem:
    """An item that is listed and not replayed, and why; item 0 is the whole explanation."""

    eob: str
    item: int
    reason: str


@dataclass(frozen=True)
class Explanation:
    """One explanation of benefits; `day` (since 1900-01-01) is its first, `moment` orders those of a day."""

    eob: str
    patient: str
    payer: str
    day: int
    moment: str
    lines: tuple[ExplainedLine, ...]
    unread: tuple[UnreadItem, ...]


def read_folder(folder: Path) -> list[Explanation]:
    """All explanations of the `.json` and `.json.gz` files of a folder, in their order.

    InputError when it is no folder or has no such file; FhirError that names the file and what is wrong.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder", field="folder")
    files = sorted(path for path in folder.iterdir() if path.name.endswith((".json", ".json.gz")) and path.is_file())
    if not files:
        raise InputError(f"{folder} has no .json or .json.gz file", field="folder")
    return [found for path in files for found in _read_file(path)]


def _read_file(path: Path) -> Iterator[Explanation]:
    try:
        document = json.loads(text_of(path.read_bytes()), parse_float=Decimal)
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or error}", field="file") from None
    except FhirError as error:
        raise FhirError(f"{path.name}: {error.message}", **error.details) from None
    except (ValueError, RecursionError, InvalidOperation):
        raise FhirError(f"{path.name} is no JSON", field="file") from None
    if not isinstance(document, dict):
        raise FhirError(f"{path.name} is no FHIR Bundle or resource", field="file")
    entries = each(document, "entry") if document.get("resourceType") == "Bundle" else [{"resource": document}]
    for index, entry in enumerate(entries):
        resource = entry.get("resource")
        if isinstance(resource, dict) and resource.get("resourceType") == "ExplanationOfBenefit":
            yield explanation(resource, f"{path.name} entry {index}")


def explanation(resource: Element, place: str) -> Explanation:
    """An ExplanationOfBenefit; `place` names one without an id. What cannot be replayed is among its `unread`."""
    name = string(resource, "id") or place
    moment = _moment(resource)
    patient = string(resource, "patient", "reference") or _identifier(first(resource, "patient"))
    payer, day = _payer(resource), day_number(moment) or 0
    missing = _missing(resource, patient, payer, day)
    if missing:
        return Explanation(name, patient, payer, day, moment, (), (UnreadItem(name, 0, missing),))
    lines: list[ExplainedLine] = []
    unread: list[UnreadItem] = []
    for index, item in enumerate(each(resource, "item")):
        number = item.get("sequence")
        number = number if isinstance(number, int) else index + 1
        try:
            lines.append(_line(item, number))
        except InputError as error:
            unread.append(UnreadItem(name, number, error.message))
    return Explanation(name, patient, payer, day, moment, tuple(lines), tuple(unread))


def _missing(resource: Element, patient: str, payer: str, day: int) -> str:
    """Why an explanation is not replayed as a whole; empty for one that is."""
    status, use = string(resource, "status"), string(resource, "use")
    if status in _NOT_IN_FORCE or use in _NO_CLAIM:
        return f"is no claim in force but {status} {use}".rstrip()
    stated = {"patient": patient, "insurer": payer, "day of service": day}
    return next((f"has no {name}" for name, value in stated.items() if not value), "")


def _line(item: Element, number: int) -> ExplainedLine:
    """The item's amounts; InputError with the reason when what a line needs is not stated or no amount of money."""
    found: dict[str, Decimal] = {}
    for adjudication in each(item, "adjudication"):
        kind = _kind(adjudication)
        if kind is None or "amount" not in adjudication:
            continue
        amount = _amount(first(adjudication, "amount").get("value"), kind)
        if found.setdefault(kind, amount) != amount:
            raise InputError(f"states two amounts {kind}")
    if SUBMITTED not in found and "net" in item:
        found[SUBMITTED] = _amount(first(item, "net").get("value"), "net")
    if ALLOWED not in found and PAID not in found:
        raise InputError("has no adjudication")
    for kind in (SUBMITTED, ALLOWED, PAID):
        if kind not in found:
            raise InputError(f"states no amount {kind}")
    code = next((string(coding, "code") for coding in each(first(item, "productOrService"), "coding")), "")
    return ExplainedLine(
        number, code, found[SUBMITTED], found[ALLOWED], found[PAID], found.get(DEDUCTIBLE), found.get(COINSURANCE)
    )


def _kind(adjudication: Element) -> str | None:
    codes = (string(coding, "code").rsplit("/", 1)[-1] for coding in each(first(adjudication, "category"), "coding"))
    return next((_CODES[code] for code in codes if code in _CODES), None)


def _amount(value: Any, kind: str) -> Decimal:
    """Minor units of a stated amount, without the noise of floating point."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InputError(f"states no number for {kind}")
    number = Decimal(value)
    if not number.is_finite() or not 0 <= number <= _LARGEST:
        raise InputError(f"states an amount {kind} that is negative or too large")
    return number.quantize(_NOISE, ROUND_HALF_EVEN).scaleb(DECIMALS)


def _moment(resource: Element) -> str:
    """When the service began: the first of the items, else the billable period's start, else when it was created."""
    items = each(resource, "item")
    served = [string(item, "servicedPeriod", "start") or string(item, "servicedDate") for item in items]
    dated = sorted(text for text in served if day_number(text))
    return dated[0] if dated else string(resource, "billablePeriod", "start") or string(resource, "created")


def _payer(resource: Element) -> str:
    """Who pays: the insurer as its author names it, else the payor of the coverage that the explanation contains."""
    insurer = first(resource, "insurer")
    named = _named(insurer)
    if named:
        return named
    coverage = first(resource, "insurance", "coverage")
    reference = string(coverage, "reference").removeprefix("#")
    for contained in each(resource, "contained"):
        if contained.get("resourceType") == "Coverage" and reference in ("", string(contained, "id")):
            return _named(first(contained, "payor")) or _named(coverage)
    return _named(coverage)


def _named(reference: Element) -> str:
    return string(reference, "display") or string(reference, "reference") or _identifier(reference)


def _identifier(reference: Element) -> str:
    return string(reference, "identifier", "value")
