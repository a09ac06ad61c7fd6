"""A catalogue learned from what a payer has paid: ExplanationOfBenefit and Claim resources in FHIR bundles.

The allowed amount of an item is what the EOB of its latest service day says, per unit, rounded half up to the minor
unit (exporters write 108.80000000000001); of several amounts on that day the highest. Amounts that differed are
counted. An item that no EOB adjudicated is named, not guessed.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from medunion.errors import FhirError, InputError
from medunion.fhir import Bundle, Entry, category_of, parse_bundle
from medunion.fhir.patient import local_ids_of
from medunion.fhir.references import Resolver
from medunion.fhir.service_day import day_number
from medunion.settlement import money
from medunion.vocabulary import Category

from .catalogue import Catalogue, CatalogueEntry, Coding
from .fields import WHOLE_RATE

_BILLS: Final = ("ExplanationOfBenefit", "Claim")
_KINDS: Final = {
    "eligible": "allowed",
    "allowed": "allowed",
    "line_alowd_chrg_amt": "allowed",
    "deductible": "deductible",
    "line_bene_ptb_ddctbl_amt": "deductible",
    "copay": "share",
    "coinsurance": "share",
    "line_coinsrnc_amt": "share",
}
"""Adjudication categories: of http://terminology.hl7.org/CodeSystem/adjudication, of CARIN's C4BB, and the last part of
CMS Blue Button's variables."""

_BY_SYSTEM: Final = {
    "http://snomed.info/sct": Category.PROCEDURES,
    "http://www.nlm.nih.gov/research/umls/rxnorm": Category.MEDICATIONS,
    "http://hl7.org/fhir/sid/ndc": Category.MEDICATIONS,
    "http://hl7.org/fhir/sid/cvx": Category.IMMUNIZATIONS,
    "http://loinc.org": Category.LABORATORY,
}
_MAIN: Final = ("code", "vaccineCode", "medicationCodeableConcept", "type", "serviceType")
"""Elements that say what a resource is about."""

_UNIT: Final = Decimal(1).scaleb(-money.DECIMALS)


@dataclass(frozen=True, slots=True)
class Learned:
    """A learned catalogue, the items whose EOBs differ (item -> number of amounts), and those that none adjudicated."""

    catalogue: Catalogue
    conflicts: Mapping[Coding, int]
    unpriced: frozenset[Coding]


@dataclass(slots=True)
class _Evidence:
    """What was seen of one item."""

    latest: tuple[int, int] = (-1, 0)
    amounts: set[int] = field(default_factory=set)
    base: int = 0
    share: int = 0
    referred: Counter[Category] = field(default_factory=Counter)
    found: Counter[Category] = field(default_factory=Counter)


def learn_catalogue(
    bundles: Iterable[bytes],
    *,
    payer: str | None = None,
    classes: Mapping[str, int] | None = None,
    default_class: str = "A",
) -> Learned:
    """The catalogue that the EOBs of these bundles show, of one `payer` (its display text) or of all.

    An item's class is the one of `classes` (name -> basis points that the patient pays first) next to what patients
    paid of it after the deductible; without `classes`, or where nothing shows it, `default_class`. FhirError for what
    is no bundle of R4 resources.
    """
    seen: dict[Coding, _Evidence] = defaultdict(_Evidence)
    for data in bundles:
        bundle = parse_bundle(data)
        _see_categories(bundle, seen)
        for entry in bundle:
            if entry.resource_type == "ExplanationOfBenefit":
                bill = json.loads(entry.body, parse_float=Decimal)
                if payer is None or payer in _payers(bill):
                    _see_amounts(bill, seen, entry.index)
    priced = {item: each for item, each in seen.items() if each.amounts}
    catalogue = Catalogue(
        CatalogueEntry(item, _class(each, classes, default_class), each.latest[1], _category(item, each))
        for item, each in priced.items()
    )
    conflicts = {item: len(each.amounts) for item, each in priced.items() if len(each.amounts) > 1}
    return Learned(catalogue, conflicts, frozenset(seen.keys() - priced.keys()))


def system_category(system: str) -> Category:
    """The category that records of a code system's items usually have."""
    return _BY_SYSTEM.get(system, Category.OTHER)


def codings_of(concept: Any) -> Iterator[Coding]:
    """The codes of a CodeableConcept that have a system."""
    for coding in concept.get("coding", ()) if isinstance(concept, dict) else ():
        if "system" in coding and "code" in coding:
            yield coding["system"], coding["code"]


def _see_amounts(bill: dict[str, Any], seen: dict[Coding, _Evidence], entry: int) -> None:
    for line in bill.get("item", ()):
        amounts = dict(_amounts(line, entry))
        item = next(codings_of(line.get("productOrService")), None)
        if item is None or "allowed" not in amounts:
            continue
        evidence = seen[item]
        allowed = _per_unit(amounts["allowed"], line)
        evidence.amounts.add(allowed)
        evidence.latest = max(evidence.latest, (_day(line, bill), allowed))
        evidence.base += max(0, amounts["allowed"] - amounts.get("deductible", 0))
        evidence.share += amounts.get("share", 0)


def _amounts(line: dict[str, Any], entry: int) -> Iterator[tuple[str, int]]:
    for each in line.get("adjudication", ()):
        names = (code.rpartition("/")[2] for _, code in codings_of(each.get("category")))
        kind = next((_KINDS[name] for name in names if name in _KINDS), None)
        value = each.get("amount", {}).get("value")
        if kind is not None and value is not None:
            try:
                yield kind, _minor(Decimal(value))
            except InputError as failure:
                path = "ExplanationOfBenefit.item.adjudication.amount"
                raise FhirError(f"entry {entry}, {path}: {failure.message}", entry=entry, path=path) from None


def _minor(value: Decimal) -> int:
    if abs(value) > money.MAX_AMOUNT:
        raise InputError("the amount is too large", field="amount")
    return money.minor_units(value.quantize(_UNIT, ROUND_HALF_UP))


def _per_unit(amount: int, line: dict[str, Any]) -> int:
    quantity = Decimal(line.get("quantity", {}).get("value", 1))
    return int((amount / quantity).quantize(Decimal(1), ROUND_HALF_UP)) if quantity > 0 else amount


def _day(line: dict[str, Any], bill: dict[str, Any]) -> int:
    periods = (line.get("servicedPeriod", {}), bill.get("billablePeriod", {}))
    texts = [line.get("servicedDate"), *(period.get("start") for period in periods), bill.get("created")]
    return next((day for text in texts if text and (day := day_number(text)) is not None), 0)


def _payers(bill: dict[str, Any]) -> set[str]:
    named = [bill.get("insurer", {}), *(each.get("coverage", {}) for each in bill.get("insurance", ()))]
    return {each["display"] for each in named if "display" in each}


def _see_categories(bundle: Bundle, seen: dict[Coding, _Evidence]) -> None:
    """Which resources billed items refer to, and which others are about them."""
    resolver = Resolver(bundle.entries, local_ids_of(bundle))
    about: dict[Coding, Counter[Category]] = defaultdict(Counter)
    for entry in bundle:
        if entry.resource_type not in _BILLS:
            for item in _subjects(entry.resource):
                about[item][category_of(entry.resource)] += 1
    for entry in bundle:
        for line in entry.resource.get("item", ()) if entry.resource_type in _BILLS else ():
            billed = next(codings_of(line.get("productOrService")), None)
            if billed is None:
                continue
            seen[billed].found += about.get(billed, Counter())
            for resource in _referred(line, entry, resolver):
                if billed in _subjects(resource):
                    seen[billed].referred[category_of(resource)] += 1


def _subjects(resource: dict[str, Any]) -> set[Coding]:
    concepts = [resource.get(name) for name in _MAIN] + [resource.get("suppliedItem", {}).get("itemCodeableConcept")]
    flat = [each for concept in concepts for each in (concept if isinstance(concept, list) else [concept])]
    return {coding for concept in flat for coding in codings_of(concept)}


def _referred(line: dict[str, Any], owner: Entry, resolver: Resolver) -> Iterator[dict[str, Any]]:
    """The resources of the bundle that a billed item refers to."""
    bill = owner.resource
    elements = [*line.get("encounter", ()), bill.get("prescription")]
    for sequences, listed, reference in (
        ("procedureSequence", "procedure", "procedureReference"),
        ("informationSequence", "supportingInfo", "valueReference"),
    ):
        wanted = set(line.get(sequences, ()))
        elements += [each.get(reference) for each in bill.get(listed, ()) if each.get("sequence") in wanted]
    for element in elements:
        if element and "reference" in element:
            target = resolver.resolve(element, owner)
            if target is not None and target.position >= 0:
                yield resolver.entries[target.position].resource


def _class(evidence: _Evidence, classes: Mapping[str, int] | None, default: str) -> str:
    if not classes or not evidence.base:
        return default
    rate = evidence.share * WHOLE_RATE // evidence.base
    return min(classes, key=lambda name: (abs(classes[name] - rate), classes[name]))


def _category(item: Coding, evidence: _Evidence) -> Category:
    for votes in (evidence.referred, evidence.found):
        if votes:
            return min(votes, key=lambda category: (-votes[category], category))
    return system_category(item[0])
