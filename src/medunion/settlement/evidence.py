"""Which committed record proves which line of a treatment, and the proof of it that completion takes.

A line wants a record of its category; where its item is known, one in which the item's code stands. A record may prove
several lines of one claim, and no line of another. What is stated explicitly is taken where the ledger would take it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from medunion.care.items import Item
from medunion.care.offers import Agreement
from medunion.care.terms import ZERO, day_of
from medunion.chain.ledger import ChainLedger, leaf_values
from medunion.errors import InputError
from medunion.fhir.collector import collect
from medunion.keys.scope import ALL_CLASSES, Access
from medunion.ledger import WriteReason
from medunion.records.opened import RecordEntry
from medunion.records.read import Listing, VerifiedRecord
from medunion.settlement.claim import Stage
from medunion.vocabulary import ALL_CATEGORIES, Category, Purpose

_CONTRACT = "ClaimSettlement"
_OWN = Access(Purpose.TREAT, 0, ALL_CATEGORIES, ALL_CLASSES)
"""A provider needs nobody's leave for what it wrote itself."""


class OwnRecords(Protocol):
    """The provider's records, as `RecordService` gives them."""

    def list(self, patient: bytes, access: Access, *, trustees: Sequence[int], authors: Collection[int]) -> Listing:
        """The latest versions of these authors' records."""

    def check(self, entry: RecordEntry) -> VerifiedRecord:
        """A record with every check made, and its proof."""


@dataclass(frozen=True, slots=True, repr=False)
class Candidate:
    """A record that may prove a line: its codes (system, code) are what it is matched by."""

    record_id: bytes
    category: Category
    codes: frozenset[tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True, repr=False)
class Evidence:
    """Pieces of evidence, and for each line the index of its piece."""

    pieces: tuple[VerifiedRecord, ...]
    of_line: tuple[int, ...]

    def as_arguments(self) -> tuple[Any, ...]:
        """The contract's `evidence` and `evidenceOf`."""
        found = [
            (each.record.entry.batch.root, leaf_values(each.record.entry.leaf), list(each.proof))
            for each in self.pieces
        ]
        return found, list(self.of_line)


def match(
    categories: Sequence[Category],
    items: Sequence[Item] | None,
    candidates: Sequence[Candidate],
    stated: Mapping[int, bytes],
) -> tuple[bytes, ...]:
    """The record of each line: as `stated` by line (from 0), else the first candidate of its category with its item.

    Without items, or where no record has the item's code, only the one record of the category can be meant. InputError
    (details: line, from 1) when a line has none, or several among which only the caller can choose.
    """
    known = {each.record_id: each for each in candidates}
    found = []
    for index, category in enumerate(categories):
        if index in stated:
            found.append(_stated(index, stated[index], category, known))
            continue
        fitting = [each for each in candidates if each.category is category]
        shown = [each for each in fitting if items and (items[index].code.system, items[index].code.code) in each.codes]
        if not shown and len(fitting) != 1:
            cause = "no record" if not fitting else "several records"
            raise InputError(
                f"line {index + 1}: {cause} of category {category.name.lower()} could prove it: name one",
                line=index + 1,
                records=["0x" + each.record_id.hex() for each in fitting],
            )
        found.append((shown or fitting)[0].record_id)
    return tuple(found)


class EvidenceFinder:
    """Finds a provider's own records for an agreement that it completes."""

    def __init__(self, ledger: ChainLedger, records: OwnRecords) -> None:
        self._ledger = ledger
        self._records = records

    def find(
        self,
        agreement: Agreement,
        *,
        stated: Mapping[int, str] | None = None,
        among: Sequence[str] = (),
        items: Sequence[Item] | None = None,
    ) -> Evidence:
        """The evidence of all lines. Records are named by id, the beginning of one, or what the provider calls them.

        `stated` names a line's record (lines from 0), `among` the only records to look at for the others. InputError.
        """
        lines = [line.category for line in agreement.offer.lines]
        for line in stated or ():
            if not 0 <= line < len(lines):
                raise InputError(f"there is no line {line + 1}: the agreement has {len(lines)}", line=line + 1)
        usable = self._usable(agreement)
        named = {line: _named(usable, text) for line, text in (stated or {}).items()}
        looked_at = [_named(usable, text) for text in among] or [each for each in usable if each.category in lines]
        checked = {each.record_id: self._records.check(each) for each in (*named.values(), *looked_at)}
        candidates = [
            Candidate(record_id, each.record.entry.category, frozenset(collect(each.record.resource).codings))
            for record_id, each in checked.items()
        ]
        records = match(lines, items, candidates, {line: each.record_id for line, each in named.items()})
        used = list(dict.fromkeys(records))
        return Evidence(tuple(checked[each] for each in used), tuple(used.index(each) for each in records))

    def _list(self, agreement: Agreement) -> Listing:
        terms = agreement.terms
        return self._records.list(terms.patient, _OWN, trustees=(), authors={terms.provider})

    def _usable(self, agreement: Agreement) -> list[RecordEntry]:
        """The provider's latest records of this episode and window that no other claim has used, oldest first."""
        terms = agreement.terms
        reason, episode = self._ledger.may_write(terms.patient, terms.provider)
        if reason is not WriteReason.ALLOWED:
            raise InputError("the provider has no episode of this patient, nor its filing period", reason=reason.name)
        # A day ahead of UTC there are places where it is tomorrow already.
        last = min(terms.service_until, day_of(self._ledger.now()) + 1)
        entries = [
            entry
            for entry in self._list(agreement)
            if not entry.successor and terms.service_from <= entry.service_day <= last
        ]
        places = [(entry.author, entry.batch.root) for entry in entries]
        slots = self._ledger.slots(terms.patient, places) if places else []
        kept = [entry for entry, slot in zip(entries, slots, strict=True) if slot is not None and slot[2] == episode]
        claims = self._ledger.calls([(_CONTRACT, "claimOfRecord", entry.record_id) for entry in kept]) if kept else []
        return [entry for entry, claim in zip(kept, claims, strict=True) if self._is_free(claim, agreement.id)]

    def _is_free(self, former: bytes, claim: bytes) -> bool:
        """Whether a record that supported a claim (zero: none) may support another."""
        if former == ZERO:
            return True
        return former != claim and Stage(self._ledger.call(_CONTRACT, "claimOf", former)["stage"]) is Stage.REVERSED


def _stated(index: int, record_id: bytes, category: Category, known: Mapping[bytes, Candidate]) -> bytes:
    if known[record_id].category is not category:
        raise InputError(
            f"line {index + 1}: its evidence is of category {category.name.lower()}, and this record is not",
            line=index + 1,
            record="0x" + record_id.hex(),
        )
    return record_id


def _named(entries: Sequence[RecordEntry], text: str) -> RecordEntry:
    digits = text.removeprefix("0x").lower()
    found = [
        entry for entry in entries if text and (entry.local_id == text or entry.record_id.hex().startswith(digits))
    ]
    if len(found) != 1:
        cause = "several records begin so" if found else "no such record could prove a line of this agreement"
        raise InputError(cause, record=text)
    return found[0]
