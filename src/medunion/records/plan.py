"""What of a bundle is new, what changed, what is known already.

A record is its author's by `local_id`. Its idempotency key, HMAC-SHA256(record secret, patient, local id,
sha256(plaintext)), is kept with every version: the same plaintext as the latest version's is no new version. A
reference is resolved to the record id that it means when the author has that record, in this bundle or from before. A
next version keeps the restricted classes of the one before: a correction never opens what was closed.
"""

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medunion.crypto.encoding import uint
from medunion.crypto.hashing import record_id, sha256
from medunion.fhir import PreparedBundle, PreparedRecord
from medunion.records.batch import MAX_LIST_BYTES, MAX_RECORDS, RecordDraft
from medunion.records.journal import Journal, JournalRecord
from medunion.records.leaf import ZERO, hash_leaf
from medunion.vocabulary import RestrictedClass


@dataclass(frozen=True, slots=True)
class Change:
    """The next version of a record that was committed before."""

    draft: RecordDraft
    tag: bytes
    previous: JournalRecord


@dataclass(frozen=True, slots=True)
class NewBatch:
    """Records that become a batch, with their idempotency keys."""

    drafts: tuple[RecordDraft, ...]
    tags: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a commit has to do. `aliases` are tags of references and the record ids that they mean."""

    batches: tuple[NewBatch, ...]
    changes: tuple[Change, ...]
    unchanged: int
    aliases: tuple[tuple[bytes, bytes], ...]


class Names:
    """Ids and tags that only this author can compute, for one patient."""

    def __init__(self, patient: bytes, author: int, record_secret: bytes, journal: Journal) -> None:
        self._patient = patient
        self._author = author
        self._secret = record_secret
        self._journal = journal

    def record_id(self, local_id: str) -> bytes:
        """The id of the record with this local id."""
        return record_id(self._patient, self._author, self._secret, local_id)

    def tag(self, local_id: str, plaintext: bytes) -> bytes:
        """The idempotency key of a record's content."""
        return self._hmac(b"medunion/idempotency/v1", local_id, sha256(plaintext))

    def alias(self, reference: str) -> bytes:
        """The tag of a reference."""
        return self._hmac(b"medunion/reference/v1", reference, b"")[:16]

    def find(self, reference: str) -> JournalRecord | None:
        """The record that a reference out of the bundle means: by local id, or as an earlier bundle called it."""
        found = self._journal.record(self.record_id(reference))
        if found is None:
            known = self._journal.alias(self.alias(reference))
            found = None if known is None else self._journal.record(known)
        return found

    def knows(self, reference: str) -> bool:
        """Whether `find` finds one."""
        return self.find(reference) is not None

    def mask(self, reference: str) -> RestrictedClass:
        """The restricted classes of what a reference means."""
        found = self.find(reference)
        return RestrictedClass(0 if found is None else found.mask)

    def _hmac(self, label: bytes, text: str, rest: bytes) -> bytes:
        data = text.encode()
        message = label + self._patient + uint(len(data), 4, "length") + data + rest
        return hmac.digest(self._secret, message, "sha256")


def make_plan(names: Names, journal: Journal, prepared: PreparedBundle) -> Plan:
    """What committing `prepared` takes."""
    ids = {record.local_id: names.record_id(record.local_id) for record in prepared.records}
    resolved: dict[str, bytes | None] = {}
    batches: list[NewBatch] = []
    changes: list[Change] = []
    aliases: dict[str, bytes] = {}
    unchanged = 0
    for group in prepared.batches:
        drafts, tags = [], []
        for record in group.records:
            known = journal.record(ids[record.local_id])
            tag = names.tag(record.local_id, record.body)
            if known is not None and hmac.compare_digest(known.tag, tag):
                unchanged += 1
                continue
            draft = _draft(record, ids, names, resolved, known)
            aliases.update((text, target) for text, target in draft.references.items())
            if known is None:
                drafts.append(draft)
                tags.append(tag)
            else:
                changes.append(Change(draft, tag, known))
        batches += _split(drafts, tags)
    tagged = tuple((names.alias(text), target) for text, target in aliases.items())
    return Plan(tuple(batches), tuple(changes), unchanged, tagged)


def _draft(
    record: PreparedRecord,
    ids: dict[str, bytes],
    names: Names,
    resolved: dict[str, bytes | None],
    known: JournalRecord | None,
) -> RecordDraft:
    references = {}
    for text, local_id in record.references.items():
        target = ids.get(local_id)
        if target is None:
            if text not in resolved:
                found = names.find(local_id) or names.find(text)
                resolved[text] = None if found is None else found.leaf.record_id
            target = resolved[text]
        if target is not None:
            references[text] = target
    return RecordDraft(
        local_id=record.local_id,
        resource_type=record.resource_type,
        content_type=record.content_type,
        body=record.body,
        category=record.category.value,
        mask=record.mask.value | (0 if known is None else known.mask),
        service_day=record.service_day,
        references=references,
        record_id=ids[record.local_id],
        version=1 if known is None else known.leaf.version + 1,
        previous_leaf=ZERO if known is None else hash_leaf(known.leaf),
    )


def _split(drafts: Sequence[RecordDraft], tags: Sequence[bytes]) -> Iterator[NewBatch]:
    """Batches that fit: a manifest is one block."""
    start, size = 0, 0
    for position, draft in enumerate(drafts):
        if position > start and (position - start == MAX_RECORDS or size + draft.list_bytes > MAX_LIST_BYTES):
            yield NewBatch(tuple(drafts[start:position]), tuple(tags[start:position]))
            start, size = position, 0
        size += draft.list_bytes
    if start < len(drafts):
        yield NewBatch(tuple(drafts[start:]), tuple(tags[start:]))
