"""Reading a patient's records: every check of the design, and nothing at all when one fails.

The checks, by the `step` that an IntegrityError names: ledger, manifest, cid, merkle-root, section-key, share, release,
completeness, section-list, merkle-proof, supersession, version, body, aead, commitment, fhir.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from medunion.blobs.store import BlobSource
from medunion.crypto import commitments, keys
from medunion.crypto.body import MAX_PLAINTEXT, decrypt_body
from medunion.errors import BlobCorrupted, BlobNotFound, CryptoError, FhirError, InputError
from medunion.fhir import CONTENT_TYPE, parse_resource
from medunion.keys.client import KeyClient, Notice, Place
from medunion.keys.scope import Access
from medunion.keys.store import KeyStore
from medunion.ledger import Ledger, Verification
from medunion.records.batch import body_context
from medunion.records.opened import BatchOpener, CheckedBatch, RecordEntry, blob_error, check_versions, wrong


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """A version of a record, verified, with exactly the bytes that its author committed."""

    entry: RecordEntry
    body: bytes

    @property
    def resource(self) -> dict[str, object]:
        """The body as a FHIR resource."""
        resource: dict[str, object] = json.loads(self.body)
        return resource


@dataclass(frozen=True, slots=True)
class Reading:
    """Verified records, oldest first, and what members did wrong on the way without preventing it."""

    records: tuple[Record, ...]
    noticed: tuple[Notice, ...] = ()

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, position: int) -> Record:
        return self.records[position]


@dataclass(frozen=True, slots=True)
class Listing:
    """Records without their bodies, oldest first, and what was noticed."""

    entries: tuple[RecordEntry, ...]
    noticed: tuple[Notice, ...] = ()
    committed: int = 0
    """Versions of records on the ledger in the batches that were looked at, listed or not."""

    def __iter__(self) -> Iterator[RecordEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, position: int) -> RecordEntry:
        return self.entries[position]


@dataclass(frozen=True, slots=True)
class VerifiedRecord:
    """A record, its Merkle proof, and what the ledger itself says of it."""

    record: Record
    proof: tuple[bytes, ...]
    verification: Verification


def latest_of(entries: Sequence[RecordEntry]) -> list[RecordEntry]:
    """The latest version of each record, in the same order."""
    latest = {entry.identity: entry for entry in sorted(entries, key=lambda entry: entry.version)}
    return [entry for entry in entries if latest[entry.identity] is entry]


class RecordReader:
    """Reads as one account. `own` are the keys of what this member wrote itself: it needs nobody's leave for that."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        blobs: BlobSource,
        client: KeyClient,
        own: KeyStore | None = None,
        opener: BatchOpener | None = None,
        trustees_of: Callable[[bytes], Sequence[int]] = lambda _retired: (),
    ) -> None:
        """`trustees_of` gives the key trustees of an id that was linked to the one that is read."""
        self._ledger = ledger
        self._blobs = blobs
        self._client = client
        self._own = own
        self._opener = opener or BatchOpener(ledger, blobs)
        self._trustees_of = trustees_of

    def list(
        self,
        patient: bytes,
        access: Access,
        *,
        trustees: Sequence[int] = (),
        authors: Collection[int] | None = None,
        versions: bool = False,
    ) -> Listing:
        """The records that `access` covers: the latest version of each, or all `versions`.

        A record whose next version lies outside `access` is listed as it was, with its `successor`. The records of ids
        that were linked to this one come after its own.
        """
        listings = [self._list(patient, access, trustees, authors, versions)]
        for retired in self._ledger.retired(patient):
            listings.append(self._list(retired, access, self._trustees_of(retired), authors, versions))
        return Listing(
            tuple(entry for listing in listings for entry in listing),
            tuple(notice for listing in listings for notice in listing.noticed),
            sum(listing.committed for listing in listings),
        )

    def _list(
        self,
        patient: bytes,
        access: Access,
        trustees: Sequence[int],
        authors: Collection[int] | None,
        versions: bool,
    ) -> Listing:
        checked = self._opener.check(patient, authors)
        successors = self._ledger.successors(patient)
        keys_of, noticed = self._keys(patient, access, checked, trustees)
        found = []
        for batch in checked:
            found += self._opener.entries(batch, keys_of[batch.place.author, batch.root], successors)
        check_versions(found)
        shown = [entry for entry in found if access.categories >> entry.category & 1]
        committed = sum(len(batch.manifest.leaves) for batch in checked)
        return Listing(tuple(shown if versions else latest_of(shown)), noticed, committed)

    def read(
        self,
        patient: bytes,
        access: Access,
        *,
        trustees: Sequence[int] = (),
        authors: Collection[int] | None = None,
        records: Collection[bytes] | None = None,
        versions: bool = False,
    ) -> Reading:
        """The same with bodies, of `records` (ids) only unless None; all, or an IntegrityError naming the failure."""
        listing = self.list(patient, access, trustees=trustees, authors=authors, versions=versions)
        chosen = [entry for entry in listing if records is None or entry.record_id in records]
        return Reading(tuple(self.open(entry) for entry in chosen), listing.noticed)

    def history(
        self,
        patient: bytes,
        record_id: bytes,
        access: Access,
        *,
        trustees: Sequence[int] = (),
        author: int | None = None,
    ) -> Reading:
        """All versions of a record that `access` covers, the first first; InputError when there is none.

        `author` is needed only when several members committed under this id; InputError names them then.
        """
        authors = None if author is None else {author}
        listing = self.list(patient, access, trustees=trustees, authors=authors, versions=True)
        chosen = [entry for entry in listing if entry.record_id == record_id]
        if not chosen:
            raise InputError("no such record in what may be read", record=record_id.hex())
        if len(found := sorted({entry.author for entry in chosen})) > 1:
            raise InputError("several members committed under this id: name one", record=record_id.hex(), authors=found)
        ordered = sorted(chosen, key=lambda entry: entry.version)
        return Reading(tuple(self.open(entry) for entry in ordered), listing.noticed)

    def verify(
        self,
        patient: bytes,
        record_id: bytes,
        access: Access,
        *,
        trustees: Sequence[int] = (),
        author: int | None = None,
    ) -> VerifiedRecord:
        """The latest version of a record, every check made, and its leaf and proof checked by the contract itself."""
        return self.check(self.history(patient, record_id, access, trustees=trustees, author=author).records[-1].entry)

    def check(self, entry: RecordEntry) -> VerifiedRecord:
        """The same for a listed record, whose keys are at hand: nobody is asked again."""
        record = self.open(entry)
        proof = self._opener.tree(entry.batch).proof(entry.leaf_hash)
        verification = self._ledger.verify(entry.batch.root, entry.leaf, proof)
        if not verification.committed or verification.leaf_hash != entry.leaf_hash:
            raise wrong("merkle-proof", entry.record_id, "node")
        if (
            not verification.linked
            or (verification.successor if any(verification.successor) else b"") != entry.successor
        ):
            raise wrong("supersession", entry.record_id, "node")
        return VerifiedRecord(record, proof, verification)

    def open(self, entry: RecordEntry) -> Record:
        """The body of a listed record, verified."""
        leaf, author = entry.leaf, entry.author
        try:
            body = self._blobs.get(entry.listed.body)
        except (BlobCorrupted, BlobNotFound) as cause:
            raise blob_error("body", leaf.record_id, author, cause, self._blobs.name) from cause
        key = keys.record_key(entry.section_key, leaf.record_id, leaf.version)
        try:
            plaintext = decrypt_body(
                key, body_context(entry.batch.place, leaf.record_id, leaf.version), body, MAX_PLAINTEXT
            )
        except CryptoError as cause:
            raise wrong("aead", leaf.record_id, author) from cause
        if not commitments.matches(leaf.content_commitment, keys.content_salt(key), plaintext):
            raise wrong("commitment", leaf.record_id, author)
        if entry.listed.content_type == CONTENT_TYPE:
            try:
                parsed = parse_resource(plaintext)
            except FhirError as cause:
                raise wrong("fhir", leaf.record_id, author) from cause
            if parsed.resource_type != entry.resource_type:
                raise wrong("fhir", leaf.record_id, author)
        return Record(entry, plaintext)

    def _keys(
        self, patient: bytes, access: Access, checked: Sequence[CheckedBatch], trustees: Sequence[int]
    ) -> tuple[dict[Place, dict[bytes, bytes]], tuple[Notice, ...]]:
        found: dict[Place, dict[bytes, bytes]] = {}
        others: dict[Place, CheckedBatch] = {}
        for batch in checked:
            place = (batch.place.author, batch.root)
            kept = self._own.batch(patient, *place) if self._own is not None else None
            if kept is not None:
                found[place] = {each.section_id: kept.section_key(each) for each in kept.sections}
            else:
                others[place] = batch
        if not others:
            return found, ()

        def opens(place: Place, section_id: bytes, key: bytes) -> bool:
            return self._opener.opens(others[place], section_id, key)

        manifests = {place: batch.manifest for place, batch in others.items()}
        released = self._client.fetch(patient, access, manifests, trustees, opens)
        return found | released.keys, tuple(released.noticed)
