"""Records of one patient by one author -> encrypted bodies, leaves, manifest, CAR, and keys for the author to keep."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medunion.blobs import car, unixfs
from medunion.blobs.cid import Block, Cid, Codec
from medunion.crypto import commitments, keys, shares
from medunion.crypto.body import BodyContext, encrypt_body
from medunion.errors import BodyTooLarge
from medunion.keys.holdings import AuthorBatch, AuthorSection
from medunion.ledger import Leaf
from medunion.records.leaf import hash_leaf
from medunion.records.manifest import ListEntry, Manifest, ManifestSection, Place, seal_list
from medunion.records.merkle import MerkleTree

MAX_RECORDS = 1000
"""The most records in a batch; with `MAX_LIST_BYTES` it keeps a manifest within one block (2 MiB)."""

MAX_LIST_BYTES = 1_000_000
"""The most bytes that the entries of a batch's lists may take, as `RecordDraft.list_bytes` estimates them."""


@dataclass(frozen=True, slots=True, repr=False)
class RecordDraft:
    """One version of a record about to be committed. `references` maps references in the body to record ids."""

    local_id: str
    resource_type: str
    content_type: str
    body: bytes
    category: int
    mask: int
    service_day: int
    references: Mapping[str, bytes]
    record_id: bytes
    version: int
    previous_leaf: bytes

    @property
    def list_bytes(self) -> int:
        """An upper estimate of what its entry takes in the sealed list."""
        names = len(self.local_id) + len(self.resource_type) + len(self.content_type)
        return 320 + names + sum(len(reference.encode()) + 40 for reference in self.references)


@dataclass(frozen=True, slots=True, repr=False)
class SealedBatch:
    """A batch ready to be stored and committed; `leaves` in the order of the drafts."""

    place: Place
    root: bytes
    manifest: Manifest
    manifest_digest: bytes
    car: bytes
    leaves: tuple[Leaf, ...]
    secret: AuthorBatch


def seal_batch(place: Place, drafts: Sequence[RecordDraft]) -> SealedBatch:
    """Encrypts `drafts` under a fresh batch key; BodyTooLarge names the record whose body is over the limit."""
    batch_key = keys.new_key()
    entries: dict[tuple[int, int], list[ListEntry]] = {}
    section_keys: dict[tuple[int, int], bytes] = {}
    blocks: list[Block] = []
    leaves: list[Leaf] = []
    for draft in drafts:
        label = (draft.category, draft.mask)
        if label not in section_keys:
            section_keys[label] = keys.section_key(batch_key, *label)
        entry = _seal_record(place, draft, section_keys[label], blocks)
        entries.setdefault(label, []).append(entry)
        leaves.append(entry.leaf)
    sections, kept = [], []
    for label, listed in entries.items():
        section_id, split = secrets.token_bytes(16), shares.split(section_keys[label])
        sealed = seal_list(keys.list_key(section_keys[label]), place, section_id, listed)
        sections.append(ManifestSection(section_id, shares.commitments(section_id, split), sealed))
        kept.append(AuthorSection(section_id, *label, split))
    tree = MerkleTree(map(hash_leaf, leaves))
    bodies = tuple(entry.body for listed in entries.values() for entry in listed)
    manifest = Manifest(tuple(tree.leaves), bodies, tuple(sections))
    block = manifest.encode()
    cid = Cid.of(Codec.DAG_CBOR, block)
    # By identifier: the order in which a store gets the bodies says nothing of the bundle's.
    content = b"".join(car.write(cid, [Block(cid, block), *sorted(blocks, key=lambda each: bytes(each.cid))]))
    secret = AuthorBatch(place.patient, place.author, tree.root, cid.digest, batch_key, tuple(kept))
    return SealedBatch(place, tree.root, manifest, cid.digest, content, tuple(leaves), secret)


def body_context(place: Place, record_id: bytes, version: int) -> BodyContext:
    """What the body of a record's version is bound to."""
    return BodyContext(chain_id=place.chain_id, registry=place.registry, record_id=record_id, version=version)


def _seal_record(place: Place, draft: RecordDraft, section_key: bytes, blocks: list[Block]) -> ListEntry:
    record_key = keys.record_key(section_key, draft.record_id, draft.version)
    try:
        body = encrypt_body(record_key, body_context(place, draft.record_id, draft.version), draft.body)
    except BodyTooLarge as failure:
        raise BodyTooLarge(
            f"{draft.resource_type} {draft.record_id.hex()}: {failure.message}",
            **failure.details,
            entry=draft.record_id.hex(),
        ) from None
    cut = list(unixfs.blocks_of(body))
    blocks.extend(cut)
    leaf = Leaf(
        patient=place.patient,
        author=place.author,
        record_id=draft.record_id,
        version=draft.version,
        category=draft.category,
        service_day=draft.service_day,
        body_digest=cut[-1].cid.digest,
        content_commitment=commitments.content_commitment(keys.content_salt(record_key), draft.body),
        previous_leaf=draft.previous_leaf,
    )
    return ListEntry(leaf, cut[-1].cid, draft.resource_type, draft.local_id, draft.content_type, draft.references)
