"""Batches as a reader checks and opens them: ledger slot, manifest, root and count, sealed lists, supersession."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from medunion.blobs.store import BlobSource
from medunion.crypto import keys
from medunion.errors import BlobCorrupted, BlobNotFound, CryptoError, InputError, IntegrityError
from medunion.ledger import CommittedBatch, Leaf, Ledger
from medunion.records.leaf import hash_leaf
from medunion.records.manifest import MAX_MANIFEST, ListEntry, Manifest, Place, manifest_cid, open_list
from medunion.records.merkle import MerkleTree
from medunion.vocabulary import Category


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch whose manifest gives the root and count that the ledger holds."""

    place: Place
    root: bytes
    manifest: Manifest
    committed_at: int


@dataclass(frozen=True, slots=True, repr=False)
class RecordEntry:
    """One version of a record, as its batch lists it. `successor` is empty for the latest."""

    leaf: Leaf
    leaf_hash: bytes
    listed: ListEntry
    batch: CheckedBatch
    section_key: bytes
    successor: bytes

    @property
    def record_id(self) -> bytes:
        """Its id on the ledger."""
        return self.leaf.record_id

    @property
    def version(self) -> int:
        """From 1."""
        return self.leaf.version

    @property
    def author(self) -> int:
        """The member that committed it."""
        return self.leaf.author

    @property
    def identity(self) -> tuple[int, bytes]:
        """Author and record id: what tells one record from all others."""
        return self.author, self.record_id

    @property
    def category(self) -> Category:
        """What kind of record it is."""
        return Category(self.leaf.category)

    @property
    def service_day(self) -> int:
        """Days since 1900-01-01; 0 when unknown."""
        return self.leaf.service_day

    @property
    def resource_type(self) -> str:
        """FHIR type."""
        return self.listed.resource_type

    @property
    def local_id(self) -> str:
        """What its author calls it."""
        return self.listed.local_id

    @property
    def references(self) -> Mapping[str, bytes]:
        """Reference in the body -> id of the record that it means."""
        return self.listed.references

    @property
    def committed_at(self) -> int:
        """Time of its block, in seconds."""
        return self.batch.committed_at


class BatchOpener:
    """Checks batches against the ledger and opens their lists. Checked manifests are kept: they cannot change."""

    def __init__(self, ledger: Ledger, blobs: BlobSource) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._manifests: dict[bytes, Manifest] = {}
        self._last_tree: tuple[bytes, MerkleTree] | None = None

    def tree(self, batch: CheckedBatch) -> MerkleTree:
        """The tree of a batch; the one asked for last is kept, because records are checked batch by batch."""
        if self._last_tree is None or self._last_tree[0] != batch.root:
            self._last_tree = (batch.root, MerkleTree(batch.manifest.leaves))
        return self._last_tree[1]

    def check(self, patient: bytes, authors: Collection[int] | None) -> list[CheckedBatch]:
        """The patient's batches (by `authors`, unless None), oldest first; IntegrityError names what is wrong."""
        registry = bytes.fromhex(self._ledger.registry[2:])
        batches = [each for each in self._ledger.batches(patient) if authors is None or each.author in authors]
        slots = self._ledger.slots(patient, [(batch.author, batch.root) for batch in batches])
        checked = []
        for batch, slot in zip(batches, slots, strict=True):
            if slot is None or slot[1] != batch.count:
                raise wrong("ledger", batch.root, "node")
            place = Place(self._ledger.chain_id, registry, patient, batch.author)
            checked.append(CheckedBatch(place, batch.root, self._manifest(batch), slot[0]))
        return checked

    def entries(
        self, batch: CheckedBatch, section_keys: Mapping[bytes, bytes], successors: Mapping[bytes, bytes]
    ) -> list[RecordEntry]:
        """The records in the sections of `batch` whose keys are given."""
        leaves, bodies = set(batch.manifest.leaves), set(batch.manifest.bodies)
        found = []
        for section_id, key in section_keys.items():
            for listed in self.listed(batch, section_id, key):
                hashed = hash_leaf(listed.leaf)
                if hashed not in leaves or listed.body not in bodies:
                    raise wrong("merkle-proof", listed.leaf.record_id, batch.place.author)
                if listed.leaf.version > 1 and successors.get(listed.leaf.previous_leaf) != hashed:
                    raise wrong("supersession", listed.leaf.record_id, batch.place.author)
                successor = successors.get(hashed, b"")
                found.append(RecordEntry(listed.leaf, hashed, listed, batch, key, successor))
        return found

    def listed(self, batch: CheckedBatch, section_id: bytes, key: bytes) -> list[ListEntry]:
        """A section's list; IntegrityError when its key is wrong or its author wrote none."""
        section = batch.manifest.section(section_id)
        try:
            if section is None:
                raise InputError("the manifest has no such section")
            return open_list(keys.list_key(key), batch.place, section)
        except (CryptoError, InputError) as cause:
            raise wrong("section-list", batch.root, batch.place.author) from cause

    def opens(self, batch: CheckedBatch, section_id: bytes, key: bytes) -> bool:
        """Whether a key is the section's."""
        try:
            self.listed(batch, section_id, key)
        except IntegrityError:
            return False
        return True

    def _manifest(self, batch: CommittedBatch) -> Manifest:
        known = self._manifests.get(batch.manifest_digest)
        if known is None:
            known = self._load(batch)
            self._manifests[batch.manifest_digest] = known
        if len(known.leaves) != batch.count or MerkleTree(known.leaves).root != batch.root:
            raise wrong("merkle-root", batch.root, batch.author)
        return known

    def _load(self, batch: CommittedBatch) -> Manifest:
        cid = manifest_cid(batch.manifest_digest)
        try:
            return Manifest.decode(self._blobs.get(cid, MAX_MANIFEST))
        except (BlobCorrupted, BlobNotFound) as cause:
            raise blob_error("manifest", batch.root, batch.author, cause, self._blobs.name) from cause
        except InputError as cause:
            raise wrong("manifest", batch.root, batch.author) from cause


def check_versions(entries: list[RecordEntry]) -> None:
    """IntegrityError when an author committed a version of a record twice, or versions do not follow one another.

    Record ids are public once a correction is linked: what another author commits under one is a record of its own.
    """
    seen: dict[tuple[int, bytes, int], RecordEntry] = {}
    for entry in entries:
        if (*entry.identity, entry.version) in seen:
            raise wrong("version", entry.record_id, entry.author)
        seen[*entry.identity, entry.version] = entry
    for entry in entries:
        before = seen.get((*entry.identity, entry.version - 1))
        if before is not None and entry.leaf.previous_leaf != before.leaf_hash:
            raise wrong("version", entry.record_id, entry.author)


def wrong(step: str, record: bytes, culprit: int | str) -> IntegrityError:
    """What failed, for which record (or batch), and who is to blame: a member's id, or the name of a store or node."""
    blamed = f"member {culprit}" if isinstance(culprit, int) else culprit
    return IntegrityError(
        f"{step} check failed for {record.hex()}: {blamed}", step=step, record=record.hex(), culprit=culprit
    )


def blob_error(
    step: str, record: bytes, author: int, failure: BlobCorrupted | BlobNotFound, store: str
) -> IntegrityError:
    """The same for a blob that is damaged (step cid) or missing (the given step); a store that is away is no liar.

    `author` committed it, perhaps without ever storing it: what the others committed can be read by naming them.
    """
    failed = "cid" if isinstance(failure, BlobCorrupted) else step
    culprit = str(failure.details.get("store", store))
    return IntegrityError(
        f"{failed} check failed for {record.hex()}, which member {author} committed: {culprit}",
        step=failed, record=record.hex(), culprit=culprit, author=author,
    )  # fmt: skip
