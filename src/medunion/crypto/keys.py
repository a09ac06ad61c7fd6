"""The key tree: batch key -> section key -> record key, content salt and list key.

Every step is HKDF-SHA256 (RFC 5869) without salt, 32 bytes out. The infos are fixed-width and begin with a label of
their own, so no two keys of the tree have the same input. A section key opens that section and nothing else: neither
its batch nor its neighbours can be computed from it.
"""

import secrets

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from medunion.crypto.encoding import exact, uint

KEY_BYTES = 32

_SECTION = b"medunion/section/v1"
_RECORD = b"medunion/record/v1"
_SALT = b"medunion/salt/v1"
_LIST = b"medunion/list/v1"
_SHA256 = SHA256()


def new_key() -> bytes:
    """A fresh 32-byte key from the system's random source: a batch key, a record secret, a key-encryption key."""
    return secrets.token_bytes(KEY_BYTES)


def section_key(batch_key: bytes, category: int, class_mask: int) -> bytes:
    """The key of the section (category 0-15, restricted-class mask 0-15) of a batch."""
    return derive(batch_key, _SECTION + uint(category, 1, "category") + uint(class_mask, 1, "class mask"))


def record_key(section: bytes, record_id: bytes, version: int) -> bytes:
    """The key that encrypts the body of one version of a record."""
    return derive(section, _RECORD + exact(record_id, 32, "record id") + uint(version, 4, "version"))


def content_salt(record: bytes) -> bytes:
    """The salt of a record's content commitment, from its record key."""
    return derive(record, _SALT)


def list_key(section: bytes) -> bytes:
    """The key of a section's sealed list in the manifest."""
    return derive(section, _LIST)


def derive(key: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 of a 32-byte `key` with `info`, without salt: 32 bytes."""
    return HKDF(_SHA256, KEY_BYTES, None, info).derive(exact(key, KEY_BYTES, "key"))
