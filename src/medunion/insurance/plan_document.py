"""The document that an insurer publishes of a plan version: what the ledger holds of it, and names that it does not.

A file (JSON), amounts as decimals of the settlement currency, rates as percent:

    {"name": "Resident basic insurance 2026", "periodMonth": 1, "autoAdjudicationLimit": "5000.00", "reviewDays": 3,
     "rules": ["recordsWithheld", "diagnosis"], "benefit": {"deductible": "100.00", "annualLimit": "50000.00",
     "outOfPocketMax": null, "caseRate": null, "bands": [{"upTo": null, "pays": "80"}]},
     "classes": {"A": "0", "B": "10", "C": "100"}}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from medunion.crypto.hashing import keccak256
from medunion.errors import InputError
from medunion.insurance.fields import fields, items, member, refuse, whole
from medunion.insurance.plan import MAX_BANDS, MAX_CLASSES, NONE, Band, PlanTerms
from medunion.settlement import money

_DAY = 86_400
_LONGEST_REVIEW = 30
_MEMBERS = ("name", "periodMonth", "autoAdjudicationLimit", "reviewDays", "rules", "benefit", "classes")
_BENEFIT = ("deductible", "annualLimit", "outOfPocketMax", "caseRate", "bands")


@dataclass(frozen=True)
class PlanDocument:
    """A plan version as it is published. `review_period` in seconds; `rules` a mask of the rules' bits."""

    name: str
    period_month: int
    auto_adjudication_limit: int
    review_period: int
    rules: int
    terms: PlanTerms
    source: bytes

    @property
    def digest(self) -> bytes:
        """What the ledger says of the document: keccak256 of its bytes; a published document has no secret."""
        return keccak256(self.source)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes by their index on the ledger."""
        return tuple(self.terms.class_self_pay_bps)

    def as_arguments(self) -> tuple[Any, ...]:
        """`IInsurancePlans.Plan`."""
        return (
            self.terms.benefit(),
            self.terms.ledger_bands(),
            list(self.terms.class_self_pay_bps.values()),
            self.period_month,
            self.auto_adjudication_limit,
            self.review_period,
            self.rules,
            self.digest,
        )


def read_plan(source: bytes, rules: Mapping[str, int]) -> PlanDocument:
    """The plan in a document; `rules` gives the bit of each rule's name.

    InputError that names the field: no JSON object, an unknown or missing member, an amount or rate out of its bounds.
    """
    try:
        document = json.loads(source, parse_float=Decimal)
    except ValueError:
        raise InputError("the plan is no JSON", field="plan") from None
    found = fields(document, "plan", _MEMBERS)
    if not isinstance(found["name"], str) or not found["name"].strip():
        refuse("plan.name", "is no text")
    month = whole(found["periodMonth"], "plan.periodMonth")
    if not 1 <= month <= 12:
        refuse("plan.periodMonth", "is no month, 1 to 12")
    days = whole(found["reviewDays"], "plan.reviewDays")
    if not 1 <= days <= _LONGEST_REVIEW:
        refuse("plan.reviewDays", f"is not 1 to {_LONGEST_REVIEW} days")
    return PlanDocument(
        name=found["name"],
        period_month=month,
        auto_adjudication_limit=_amount(found["autoAdjudicationLimit"], "plan.autoAdjudicationLimit"),
        review_period=days * _DAY,
        rules=_mask(found["rules"], rules),
        terms=_terms(found["benefit"], found["classes"]),
        source=source,
    )


def _terms(benefit: Any, classes: Any) -> PlanTerms:
    place = "plan.benefit"
    found = fields(benefit, place, _BENEFIT)
    bands: list[Band] = []
    listed = items(found["bands"], f"{place}.bands", 1, MAX_BANDS)
    for index, each in enumerate(listed):
        here = f"{place}.bands[{index}]"
        band = fields(each, here, ("upTo", "pays"))
        up_to = None if band["upTo"] is None else _amount(band["upTo"], member(here, "upTo"))
        last = index + 1 == len(listed)
        below = bands[-1].up_to or 0 if bands else 0
        if (up_to is None and not last) or (up_to is not None and up_to <= below):
            refuse(member(here, "upTo"), "does not ascend, or is open before the last band")
        bands.append(Band(up_to, _rate(band["pays"], member(here, "pays"))))
    if not isinstance(classes, dict) or len(classes) > MAX_CLASSES:
        refuse("plan.classes", f"is no object of at most {MAX_CLASSES} classes")
    return PlanTerms(
        deductible=_amount(found["deductible"], f"{place}.deductible"),
        bands=tuple(bands),
        annual_limit=_amount(found["annualLimit"], f"{place}.annualLimit"),
        out_of_pocket_max=_or_none(found["outOfPocketMax"], f"{place}.outOfPocketMax"),
        case_rate=_or_none(found["caseRate"], f"{place}.caseRate"),
        class_self_pay_bps={name: _rate(each, member("plan.classes", name)) for name, each in classes.items()},
    )


def _mask(names: Any, rules: Mapping[str, int]) -> int:
    mask = 0
    for index, name in enumerate(items(names, "plan.rules", 0, 32)):
        if name not in rules:
            refuse(f"plan.rules[{index}]", f"is none of {', '.join(rules)}")
        mask |= 1 << rules[name]
    return mask


def _amount(value: Any, place: str) -> int:
    if not isinstance(value, str):
        refuse(place, 'is no amount in quotation marks, such as "12.50"')
    amount = money.parse(value, place)
    if amount >= NONE:
        refuse(place, "is too large")
    return amount


def _or_none(value: Any, place: str) -> int | None:
    return None if value is None else _amount(value, place)


def _rate(value: Any, place: str) -> int:
    """Basis points of a rate in percent."""
    try:
        points = Decimal(value) * 100 if isinstance(value, str) else None
    except InvalidOperation:
        points = None
    if points is None or points != points.to_integral_value() or not 0 <= points <= 10_000:
        refuse(place, 'is no rate in percent with at most two decimals, such as "80"')
    return int(points)
