"""An explanation of benefits (FHIR R4), amounts exact to the author's digits.

Codes of adjudications, by the end of the code after the last `/`: those of HL7
(http://terminology.hl7.org/CodeSystem/adjudication), of CARIN's Blue Button profile
(http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication), and of CMS's Blue Button, which Synthea writes
(https://bluebutton.cms.gov/resources/codesystem/adjudication).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from medunion.errors import InputError
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
_LARGEST: Final = Decimal(MAX_AMOUNT)
_DIGITS: Final[Mapping[str, int]] = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
"""Digits of a minor unit of the currencies that have not `DECIMALS` of them (ISO 4217)."""
_NOISE: Final = Decimal("1e-8")
"""Amounts come from binary floating point: 7237.400000000001 is 7237.4. What is further behind is no money."""


@dataclass(frozen=True)
class ExplainedLine:
    """An item with its adjudication, in minor units that may have a fraction; None where it states nothing.

    `currency` is empty where its amounts name none.
    """

    item: int
    code: str
    currency: str
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
    """One explanation of benefits; `day` (since 1900-01-01) is its first, `moment` orders those of a day.

    `patient` and `payer` are as it refers to them.
    """

    eob: str
    patient: str
    payer: str
    day: int
    moment: str
    lines: tuple[ExplainedLine, ...]
    unread: tuple[UnreadItem, ...]


def explanation(resource: Element, place: str) -> Explanation:
    """An ExplanationOfBenefit; `place` names one without an id. What cannot be replayed is among its `unread`."""
    name = string(resource, "id") or place
    moment = _moment(resource)
    patient, payer, day = _patient(resource, name), _payer(resource), day_number(moment) or 0
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


def named(reference: Element) -> str:
    """What a reference calls its target: by display, by address, or by identifier."""
    return string(reference, "display") or string(reference, "reference") or _identifier(reference)


def _missing(resource: Element, patient: str, payer: str, day: int) -> str:
    """Why an explanation is not replayed as a whole; empty for one that is."""
    status, use = string(resource, "status"), string(resource, "use")
    if status in _NOT_IN_FORCE or use in _NO_CLAIM:
        return f"is no claim in force but {status} {use}".rstrip()
    stated = {"patient": patient, "insurer": payer, "day of service": day, "item": each(resource, "item")}
    return next((f"has no {name}" for name, value in stated.items() if not value), "")


def _line(item: Element, number: int) -> ExplainedLine:
    """The item's amounts; InputError with the reason when what a line needs is not stated or no amount of money."""
    found: dict[str, Decimal] = {}
    stated = [(_kind(adjudication), adjudication.get("amount")) for adjudication in each(item, "adjudication")]
    amounts = [(kind, amount) for kind, amount in stated if kind is not None and amount is not None]
    if all(kind != SUBMITTED for kind, _ in amounts) and "net" in item:
        amounts.append((SUBMITTED, item["net"]))
    currencies = set()
    for kind, money in amounts:
        amount, currency = _amount(money, kind)
        if found.setdefault(kind, amount) != amount:
            raise InputError(f"states two amounts {kind}")
        currencies.add(currency)
    if ALLOWED not in found and PAID not in found:
        raise InputError("has no adjudication")
    for kind in (SUBMITTED, ALLOWED, PAID):
        if kind not in found:
            raise InputError(f"states no amount {kind}")
    named_ones = sorted(currencies - {""})
    if len(named_ones) > 1:
        raise InputError(f"states amounts in {' and '.join(named_ones)}")
    code = next((string(coding, "code") for coding in each(first(item, "productOrService"), "coding")), "")
    return ExplainedLine(
        number,
        code,
        "".join(named_ones),
        found[SUBMITTED],
        found[ALLOWED],
        found[PAID],
        found.get(DEDUCTIBLE),
        found.get(COINSURANCE),
    )


def _kind(adjudication: Element) -> str | None:
    codes = (string(coding, "code").rsplit("/", 1)[-1] for coding in each(first(adjudication, "category"), "coding"))
    return next((_CODES[code] for code in codes if code in _CODES), None)


def _amount(money: Any, kind: str) -> tuple[Decimal, str]:
    """Minor units of a stated amount, without the noise of floating point, and its currency."""
    value, currency = (money.get("value"), string(money, "currency")) if isinstance(money, dict) else (None, "")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InputError(f"states no number for {kind}")
    number = Decimal(value)
    if number.is_finite() and 0 <= number <= _LARGEST:
        units = number.quantize(_NOISE, ROUND_HALF_EVEN).scaleb(_DIGITS.get(currency, DECIMALS))
        if units <= _LARGEST:
            return units, currency
    raise InputError(f"states an amount {kind} that is negative or too large")


def _moment(resource: Element) -> str:
    """When the service began: the first of the items, else the billable period's start, else when it was created."""
    items = each(resource, "item")
    served = [string(item, "servicedPeriod", "start") or string(item, "servicedDate") for item in items]
    dated = sorted(text for text in served if day_number(text))
    return dated[0] if dated else string(resource, "billablePeriod", "start") or string(resource, "created")


def _patient(resource: Element, name: str) -> str:
    """A reference or an identifier; a contained patient without an identifier is another in each explanation."""
    patient = first(resource, "patient")
    reference = string(patient, "reference")
    if reference.startswith("#"):
        return _identifier(_contained(resource, reference)) or name + reference
    return reference or _identifier(patient)


def _payer(resource: Element) -> str:
    """Who pays: the insurer as its author names it, else the payor of the (focal) coverage."""
    insurer = _organization(resource, first(resource, "insurer"))
    if insurer:
        return insurer
    insurances = each(resource, "insurance")
    focal = next((one for one in insurances if one.get("focal") is True), insurances[0] if insurances else {})
    coverage = first(focal, "coverage")
    reference = string(coverage, "reference")
    if reference.startswith("#") or not named(coverage):
        payor = first(_contained(resource, reference, "Coverage"), "payor")
        return _organization(resource, payor) or string(coverage, "display")
    return named(coverage)


def _organization(resource: Element, reference: Element) -> str:
    """`named`, and by its own name one that the explanation contains."""
    found = named(reference)
    if found.startswith("#"):
        contained = _contained(resource, found)
        return string(contained, "name") or _identifier(contained)
    return found


def _contained(resource: Element, reference: str, kind: str = "") -> Element:
    """The contained resource that is meant; where nothing is referred to, the first of its kind."""
    wanted = reference.removeprefix("#")
    for one in each(resource, "contained"):
        if string(one, "id") == wanted if wanted else string(one, "resourceType") == kind:
            return one
    return {}


def _identifier(element: Element) -> str:
    return string(element, "identifier", "value")
