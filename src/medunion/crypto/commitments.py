"""The commitment to a record's plaintext that stands on the ledger."""

import hmac

from medunion.crypto.encoding import exact
from medunion.crypto.hashing import keccak256, sha256


def content_commitment(salt: bytes, plaintext: bytes) -> bytes:
    """`keccak256(salt || sha256(plaintext))`, 32 bytes.

    The salt comes from the record key (`keys.content_salt`): who can decrypt can prove the plaintext, and once the keys
    are gone the commitment says nothing.
    """
    return keccak256(exact(salt, 32, "salt") + sha256(plaintext))


def matches(commitment: bytes, salt: bytes, plaintext: bytes) -> bool:
    """Whether `commitment` is the one of `plaintext` under `salt`."""
    return hmac.compare_digest(commitment, content_commitment(salt, plaintext))
