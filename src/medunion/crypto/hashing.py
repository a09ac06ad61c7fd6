"""Hashes and the record id, as the contracts compute them."""

import hashlib
import hmac

from medunion.crypto.encoding import abi_words, exact

try:
    from eth_hash.backends.pysha3 import keccak256 as keccak
except ImportError:  # no wheel of it for this system: the other needs ten times as long
    from eth_hash.backends.pycryptodome import keccak256 as keccak


def keccak256(data: bytes) -> bytes:
    """The 32-byte Keccak-256 digest that Solidity's `keccak256` gives."""
    return keccak(data)


def sha256(data: bytes | memoryview) -> bytes:
    """The 32-byte SHA-256 digest."""
    return hashlib.sha256(data).digest()


def record_id(patient: bytes, author: int, record_secret: bytes, local_id: str) -> bytes:
    """The 32-byte id of a record: `keccak256(abi.encode(patient, author, HMAC-SHA256(record_secret, local_id)))`.

    `patient` is a 32-byte PatientId, `author` a MemberId, `record_secret` the author's own 32-byte secret: without it
    nobody can test a guessed `local_id` against the ledger.
    """
    tag = hmac.digest(exact(record_secret, 32, "record secret"), local_id.encode(), "sha256")
    return keccak(abi_words(exact(patient, 32, "patient"), author, tag))
