"""The records that an insurer was granted, as the rules look at them. Nothing of it is kept."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from medunion.fhir import category_of, service_day
from medunion.fhir.collector import collect
from medunion.fhir.flaws import Flaw
from medunion.fhir.validator import validate
from medunion.insurance.catalogue import Coding
from medunion.records.read import Record
from medunion.vocabulary import Category

RecordKey = tuple[int, bytes]
"""Author and record id."""

_NAMES = frozenset({"id", "meta", "text", "identifier", "reference", "display", "fullUrl"})
"""Elements in which two authors' records of one event differ."""


@dataclass(frozen=True, repr=False)
class GrantedRecord:
    """A record in clear. `references` are those of its references that lead to records: text -> record id.

    Nothing but its codes may be asked of one that is not valid. `day` is the author's service day as the resource
    states it, else as its leaf does; 0 when unknown.
    """

    author: int
    record_id: bytes
    resource: Mapping[str, Any]
    references: Mapping[str, bytes]
    leaf_day: int

    @classmethod
    def of(cls, record: Record) -> "GrantedRecord":
        """A record as it was read."""
        entry = record.entry
        return cls(entry.author, entry.record_id, record.resource, entry.references, entry.service_day)

    @property
    def key(self) -> RecordKey:
        """What tells it from all others."""
        return self.author, self.record_id

    @cached_property
    def is_valid(self) -> bool:
        """Whether it is valid R4: authors need not check what they commit, and rules read nothing else."""
        try:
            validate(dict(self.resource))
        except Flaw:
            return False
        return True

    @cached_property
    def category(self) -> Category:
        """Its category by what it is, whatever its leaf says."""
        return category_of(dict(self.resource))

    @cached_property
    def day(self) -> int:
        """Its service day."""
        return service_day(dict(self.resource)) or self.leaf_day

    @cached_property
    def codes(self) -> frozenset[Coding]:
        """Every code in it."""
        return frozenset(
            (system, code) for system, code in collect(dict(self.resource)).codings if system is not None and code
        )

    @cached_property
    def fingerprint(self) -> bytes:
        """32 bytes that two records of the same event, at the same moments, have in common."""
        told = json.dumps(_anonymous(self.resource), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(told.encode()).digest()


class Granted:
    """The records of one patient that an insurer could open."""

    def __init__(self, records: Iterable[GrantedRecord] = ()) -> None:
        self._records = {record.key: record for record in records}
        self._of_id: dict[bytes, list[GrantedRecord]] = {}
        for record in self._records.values():
            self._of_id.setdefault(record.record_id, []).append(record)

    def __iter__(self) -> Iterator[GrantedRecord]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def get(self, key: RecordKey) -> GrantedRecord | None:
        """A record by author and id."""
        return self._records.get(key)

    def of_type(self, resource_type: str) -> list[GrantedRecord]:
        """The valid records of a FHIR type."""
        return [record for record in self._by_type.get(resource_type, ()) if record.is_valid]

    def referred(self, record: GrantedRecord) -> Iterator[GrantedRecord]:
        """The valid records that one refers to, as far as they were granted."""
        for record_id in record.references.values():
            yield from (each for each in self._of_id.get(record_id, ()) if each.is_valid)

    def shows(self, record: GrantedRecord, item: Coding) -> bool:
        """Whether an item's code stands in a record, or in one that it refers to."""
        return item in record.codes or any(item in other.codes for other in self.referred(record))

    def days_of(self, item: Coding, category: Category) -> set[int]:
        """The known days on which a record of the category has the item's code and stands for something done."""
        return {
            record.day
            for record in self._by_code.get(item, ())
            if record.is_valid and record.category is category and record.day and is_done(record.resource)
        }

    @cached_property
    def _by_code(self) -> dict[Coding, list[GrantedRecord]]:
        found: dict[Coding, list[GrantedRecord]] = {}
        for record in self:
            for code in record.codes:
                found.setdefault(code, []).append(record)
        return found

    @cached_property
    def _by_type(self) -> dict[str, list[GrantedRecord]]:
        found: dict[str, list[GrantedRecord]] = {}
        for record in self:
            found.setdefault(str(record.resource["resourceType"]), []).append(record)
        return found


def is_done(resource: Mapping[str, Any]) -> bool:
    """Whether a resource stands for something that was done: not entered in error, not cancelled, not left undone."""
    return resource.get("status") not in ("entered-in-error", "not-done", "cancelled")


def _anonymous(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _anonymous(each) for name, each in value.items() if name not in _NAMES}
    if isinstance(value, list):
        return [_anonymous(each) for each in value]
    return value
