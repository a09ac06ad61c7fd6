"""Sealing keys to one recipient: HPKE (RFC 9180), base mode, single shot, DHKEM(X25519), HKDF-SHA256, AES-256-GCM.

Base mode is anonymous: who sealed something must be proved by a signature beside it. Everything that a sealed key
depends on goes into `info`. Keys are raw 32-byte strings (RFC 7748).
"""

from collections.abc import Callable
from functools import partial

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from medunion.crypto.encoding import exact
from medunion.errors import CryptoError

KEY_BYTES = 32
OVERHEAD = 48
"""Bytes that sealing adds: the 32-byte encapsulated key before, the 16-byte tag after."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ZERO = bytes(KEY_BYTES)


Unseal = Callable[[bytes, bytes], bytes]
"""Opens what was sealed to its holder, from `info` and `sealed`; raises as `open` does."""


def generate_private_key() -> bytes:
    """A fresh private key."""
    return X25519PrivateKey.generate().private_bytes_raw()


def public_key(private_key: bytes) -> bytes:
    """The public key of `private_key`."""
    return _private(private_key).public_key().public_bytes_raw()


def seal(recipient: bytes, info: bytes, plaintext: bytes) -> bytes:
    """`enc || ciphertext` that only the holder of the private key of `recipient` opens, and only with the same `info`.

    CryptoError when `recipient` is no usable public key: wrong length, all zero, or of small order.
    """
    if exact(recipient, KEY_BYTES, "public key") == _ZERO:
        raise CryptoError("the public key is all zero")
    try:
        return _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(recipient), info)
    except ValueError:
        raise CryptoError("the public key is of small order") from None


def open(private_key: bytes, info: bytes, sealed: bytes) -> bytes:
    """The plaintext of `sealed`; CryptoError when key, `info` or a bit is wrong, or the input short or degenerate."""
    key = _private(private_key)
    if len(sealed) < OVERHEAD:
        raise CryptoError("the sealed key is too short", expected=OVERHEAD, actual=len(sealed))
    if sealed[:KEY_BYTES] == _ZERO:
        raise CryptoError("the encapsulated key is all zero")
    try:
        return _SUITE.decrypt(sealed, key, info)
    except (InvalidTag, ValueError):
        raise CryptoError("the sealed key does not open with this key and info") from None


def opener(private_key: bytes) -> Unseal:
    """`open` with this key."""
    return partial(open, private_key)


def _private(raw: bytes) -> X25519PrivateKey:
    if exact(raw, KEY_BYTES, "private key") == _ZERO:
        raise CryptoError("the private key is all zero")
    return X25519PrivateKey.from_private_bytes(raw)
