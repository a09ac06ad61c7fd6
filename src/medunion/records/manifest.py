"""The manifest: what a batch publishes, as one DAG-CBOR block.

    {"v": 1, "suite": 1,
     "leaves":   all leaf hashes, ascending: root and count follow from them,
     "bodies":   links to the bodies, ascending: their order says nothing about the leaves',
     "sections": [{"id": 16 random bytes, "shares": [three commitments], "list": sealed}], by id}

A section's list is sealed under its list key and bound to chain, registry, patient, author and section id. Its entries
hold the leaf's fields, the link to the body, and what the author calls the record: type, local id, content type, and
which record a reference within the bundle means.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medunion.blobs import dagcbor
from medunion.blobs.cid import Cid, Codec
from medunion.crypto import SUITE, aead
from medunion.crypto.encoding import exact, uint
from medunion.crypto.shares import Shares
from medunion.errors import InputError
from medunion.ledger import Leaf
from medunion.records.leaf import leaf_fields, leaf_from_fields

MAX_MANIFEST = 2 * 1024 * 1024
"""What a manifest's block may hold, in bytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a batch stands: part of every cipher context."""

    chain_id: int
    registry: bytes
    patient: bytes
    author: int


@dataclass(frozen=True, slots=True)
class ManifestSection:
    """A section as everybody sees it."""

    section_id: bytes
    shares: Shares
    sealed_list: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """A batch as everybody sees it."""

    leaves: tuple[bytes, ...]
    bodies: tuple[Cid, ...]
    sections: tuple[ManifestSection, ...]

    def encode(self) -> bytes:
        """The block."""
        return dagcbor.encode(
            {
                "v": 1,
                "suite": SUITE,
                "leaves": sorted(self.leaves),
                "bodies": sorted(self.bodies, key=bytes),
                "sections": [
                    {"id": each.section_id, "shares": list(each.shares), "list": each.sealed_list}
                    for each in sorted(self.sections, key=lambda each: each.section_id)
                ],
            }
        )

    @classmethod
    def decode(cls, block: bytes) -> "Manifest":
        """The manifest in a block; InputError when it is not exactly what `encode` writes."""
        values = dagcbor.decode_unchecked(block)  # compared below with what `encode` writes
        try:
            if values["v"] != 1 or values["suite"] != SUITE:
                raise InputError("the manifest is of an unknown version or suite")
            sections = tuple(_section(each) for each in values["sections"])
            manifest = cls(tuple(values["leaves"]), tuple(values["bodies"]), sections)
            # Before anything is done with them: `bytes` of a large integer takes that much memory.
            if not all(isinstance(each, Cid) for each in manifest.bodies) or not all(
                isinstance(each, bytes) and len(each) == 32 for each in manifest.leaves
            ):
                raise InputError("the manifest is malformed")
            whole = manifest.encode() == block and len(manifest.leaves) == len(manifest.bodies)
            distinct = len(set(manifest.leaves)) == len(manifest.leaves)
            whole = whole and distinct and len({each.section_id for each in sections}) == len(sections)
        except (KeyError, TypeError, ValueError) as cause:
            raise InputError("the manifest is malformed") from cause
        if not whole:
            raise InputError("the manifest is malformed")
        return manifest

    def section(self, section_id: bytes) -> ManifestSection | None:
        """The section with this id."""
        return next((each for each in self.sections if each.section_id == section_id), None)


@dataclass(frozen=True, slots=True, repr=False)
class ListEntry:
    """One record in a section's list. `references` maps a reference in the body to the record id that it means."""

    leaf: Leaf
    body: Cid
    resource_type: str
    local_id: str
    content_type: str
    references: Mapping[str, bytes]


def manifest_cid(digest: bytes) -> Cid:
    """The CID of the manifest with this digest."""
    return Cid(Codec.DAG_CBOR, digest)


def seal_list(list_key: bytes, place: Place, section_id: bytes, entries: list[ListEntry]) -> bytes:
    """A section's list, sealed."""
    values = [
        {
            **leaf_fields(entry.leaf),
            "cid": entry.body,
            "resourceType": entry.resource_type,
            "localId": entry.local_id,
            "contentType": entry.content_type,
            "references": dict(entry.references),
        }
        for entry in entries
    ]
    return aead.encrypt(list_key, _context(place, section_id), dagcbor.encode(values))


def open_list(list_key: bytes, place: Place, section: ManifestSection) -> list[ListEntry]:
    """A section's list; CryptoError when the key is not its key, InputError when the author wrote no list."""
    values = dagcbor.decode(aead.decrypt(list_key, _context(place, section.section_id), section.sealed_list))
    if not isinstance(values, list) or not values:
        raise InputError("the section's list is malformed")
    return [_entry(place, each) for each in values]


def _entry(place: Place, fields: Any) -> ListEntry:
    try:
        body, references = fields["cid"], fields["references"]
        texts = [fields[name] for name in ("resourceType", "localId", "contentType")]
        if not isinstance(body, Cid) or not isinstance(references, dict):
            raise InputError("the section's list is malformed")
        if not all(isinstance(text, str) for text in texts) or not all(
            isinstance(each, bytes) and len(each) == 32 for each in references.values()
        ):
            raise InputError("the section's list is malformed")
        leaf = leaf_from_fields(fields, place.patient, place.author, body.digest)
    except (KeyError, TypeError) as cause:
        raise InputError("the section's list is malformed") from cause
    return ListEntry(leaf, body, texts[0], texts[1], texts[2], references)


def _context(place: Place, section_id: bytes) -> bytes:
    parts = (
        b"medunion/list/v1",
        uint(SUITE, 1, "suite"),
        uint(place.chain_id, 8, "chain id"),
        exact(place.registry, 20, "registry address"),
        exact(place.patient, 32, "patient"),
        uint(place.author, 4, "author"),
        exact(section_id, 16, "section id"),
    )
    return b"".join(parts)


def _section(values: Any) -> ManifestSection:
    one, two, three = values["shares"]
    parts = (values["id"], one, two, three, values["list"])
    if not all(isinstance(each, bytes) for each in parts) or len(values["id"]) != 16:
        raise InputError("the manifest is malformed")
    if not len(one) == len(two) == len(three) == 32:
        raise InputError("the manifest is malformed")
    return ManifestSection(values["id"], (one, two, three), values["list"])
