"""Restricted classes of a resource: from security labels and from a table of codes, never from display texts.

`data/restricted.csv` lists, with the source of every line, HL7 v3 sensitivity labels, ICD-10(-CM) ranges, and
single LOINC, SNOMED CT and RxNorm codes that public value sets and Synthea's public modules use. It is a starting
point that a consortium extends, not a code system: no list with a restrictive licence is part of it. A code counts
wherever it stands in the resource or its contained resources: `meta.security`, `code`, `reasonCode`, a claim's
`productOrService`, a diagnosis.
"""

import csv
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple

from medunion.vocabulary import RestrictedClass

_CLASSES: Final = {
    "mentalHealth": RestrictedClass.MENTAL_HEALTH,
    "sexualHealthAndHiv": RestrictedClass.SEXUAL_HEALTH_AND_HIV,
    "reproductive": RestrictedClass.REPRODUCTIVE,
    "genetic": RestrictedClass.GENETIC,
}
_ALIASES: Final = {
    "http://hl7.org/fhir/sid/icd-10": "icd-10",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd-10",
    "http://hl7.org/fhir/sid/icd-10-us": "icd-10",
    "urn:oid:2.16.840.1.113883.6.3": "icd-10",
    "urn:oid:2.16.840.1.113883.6.90": "icd-10",
    "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
    "urn:oid:2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "urn:oid:2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "urn:oid:2.16.840.1.113883.5.4": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "http://hl7.org/fhir/v3/ActCode": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
}
"""Other names of the table's code systems."""


class _Range(NamedTuple):
    first: str
    last: str
    mask: RestrictedClass


@cache
def _table() -> tuple[dict[tuple[str, str], RestrictedClass], dict[str, list[_Range]]]:
    codes: dict[tuple[str, str], RestrictedClass] = {}
    ranges: dict[str, list[_Range]] = {}
    text = resources.files("medunion.fhir").joinpath("data/restricted.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        mask, system = _CLASSES[row["class"]], row["system"]
        if row["match"] == "range":
            first, _, last = row["code"].partition("-")
            ranges.setdefault(system, []).append(_Range(first.replace(".", ""), last.replace(".", ""), mask))
        else:
            codes[system, row["code"]] = codes.get((system, row["code"]), RestrictedClass(0)) | mask
    return codes, ranges


@lru_cache(maxsize=65_536)
def mask_of_code(system: str | None, code: str | None) -> RestrictedClass:
    """Classes of one code. ICD-10 ranges include every subdivision of their last code (`F01-F99` holds `F99.9`)."""
    mask = RestrictedClass(0)
    if system is None or code is None:
        return mask
    system = _ALIASES.get(system, system)
    codes, ranges = _table()
    mask |= codes.get((system, code), mask)
    bare = code.replace(".", "").upper()
    for first, last, found in ranges.get(system, ()):
        if first <= bare[: len(first)] and bare[: len(last)] <= last and len(bare) >= len(first):
            mask |= found
    return mask


def mask_of(codings: Iterable[tuple[str | None, str | None]]) -> RestrictedClass:
    """Union of the classes of all codings of a resource."""
    mask = RestrictedClass(0)
    for system, code in codings:
        if found := mask_of_code(system, code):  # few have one, and joining flags is slow
            mask |= found
    return mask
