"""What a review knows of one claim, and what its rules find."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from medunion.insurance.catalogue import NO_LIMITS, CatalogueEntry, Coding, Limits
from medunion.vocabulary import Category

from .granted import Granted, GrantedRecord, RecordKey
from .published import Rule


@dataclass(frozen=True, slots=True, repr=False)
class Use:
    """One line of an earlier claim: the item on a day, proved by a record.

    Of a claim that was never reviewed the records were not read: `fingerprint` is empty, the day is the claim's first.
    """

    claim: bytes
    item: Coding
    day: int
    evidence: RecordKey
    fingerprint: bytes


@dataclass(frozen=True, slots=True, repr=False)
class ReviewLine:
    """One line of the claim. `number` from 1, as FHIR counts; `entry` None when the catalogue has no such item.

    `diagnoses` are those that the provider stated when it asked for a predetermination.
    """

    number: int
    item: Coding
    category: Category
    entry: CatalogueEntry | None
    record: GrantedRecord
    diagnoses: frozenset[Coding] = frozenset()

    @property
    def limits(self) -> Limits:
        """The catalogue's limits of the item."""
        return NO_LIMITS if self.entry is None else self.entry.limits

    def use(self, claim: bytes) -> Use:
        """This line as an earlier one of later claims."""
        return Use(claim, self.item, self.record.day, self.record.key, self.record.fingerprint)


@dataclass(frozen=True, slots=True, repr=False)
class ClaimFacts:
    """A claim whose evidence was opened. Days of the agreement's window are inclusive."""

    claim: bytes
    lines: tuple[ReviewLine, ...]
    service_from: int
    service_until: int
    granted: Granted
    earlier: Sequence[Use] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: numbers of lines, and the records that show it. Nothing in it identifies a patient."""

    rule: Rule
    lines: tuple[int, ...]
    records: tuple[RecordKey, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON: the rule, its reason, line numbers, and records by author and id."""
        return {
            "rule": self.rule.id,
            "reason": self.rule.reason.concept(),
            "lines": list(self.lines),
            "records": [{"author": author, "recordId": record.hex()} for author, record in self.records],
        }


def found(rule: Rule, hits: Sequence[tuple[ReviewLine, Sequence[GrantedRecord]]]) -> Finding | None:
    """The finding of a rule that some lines break, each with the records that show it; None when no line does."""
    if not hits:
        return None
    records = dict.fromkeys(record.key for _, shown in hits for record in shown)
    return Finding(rule, tuple(line.number for line, _ in hits), tuple(records))
