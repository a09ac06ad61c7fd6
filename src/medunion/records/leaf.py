"""A record's leaf: hashed as OpenZeppelin's StandardMerkleTree hashes it, carried as DAG-CBOR."""

from typing import Any

from medunion.crypto.encoding import abi_words
from medunion.crypto.hashing import keccak256
from medunion.errors import InputError
from medunion.ledger import Leaf

ZERO = bytes(32)


def hash_leaf(leaf: Leaf) -> bytes:
    """`keccak256(keccak256(abi.encode(fields)))`: 32 bytes, what `IRecordRegistry.hashLeaf` answers."""
    encoded = abi_words(
        leaf.patient,
        leaf.author,
        leaf.record_id,
        leaf.version,
        leaf.category,
        leaf.service_day,
        leaf.body_digest,
        leaf.content_commitment,
        leaf.previous_leaf,
    )
    return keccak256(keccak256(encoded))


def leaf_fields(leaf: Leaf) -> dict[str, Any]:
    """The fields that a section's list holds; patient, author and body digest follow from where the list stands."""
    return {
        "recordId": leaf.record_id,
        "version": leaf.version,
        "category": leaf.category,
        "serviceDay": leaf.service_day,
        "contentCommitment": leaf.content_commitment,
        "previousLeaf": leaf.previous_leaf,
    }


def leaf_from_fields(fields: dict[str, Any], patient: bytes, author: int, body_digest: bytes) -> Leaf:
    """The leaf whose `leaf_fields` are `fields`; InputError when one is missing or out of range."""
    try:
        leaf = Leaf(
            patient=patient,
            author=author,
            record_id=_word(fields["recordId"]),
            version=_below(fields["version"], 1 << 32),
            category=_below(fields["category"], 16),
            service_day=_below(fields["serviceDay"], 1 << 32),
            body_digest=_word(body_digest),
            content_commitment=_word(fields["contentCommitment"]),
            previous_leaf=_word(fields["previousLeaf"]),
        )
    except (KeyError, TypeError, ValueError) as cause:
        raise InputError("the leaf's fields are malformed") from cause
    if (leaf.version == 1) != (leaf.previous_leaf == ZERO) or leaf.version == 0:
        raise InputError("version 1 has no previous leaf, and every other version has one")
    return leaf


def _word(value: bytes) -> bytes:
    if not isinstance(value, bytes) or len(value) != 32:
        raise ValueError("expected 32 bytes")
    return value


def _below(value: int, bound: int) -> int:
    if not isinstance(value, int) or not 0 <= value < bound:
        raise ValueError("out of range")
    return value
