"""Small secrets at rest (section keys, shares, label tables) under a local 32-byte key-encryption key."""

from medunion.crypto import aead

_LABEL = b"medunion/sealed/v1"


def seal(key: bytes, context: bytes, plaintext: bytes) -> bytes:
    """`plaintext` encrypted under `key`, bound to `context` (the row or file it belongs to), 72 bytes longer."""
    return aead.encrypt(key, _LABEL + context, plaintext)


def open(key: bytes, context: bytes, sealed: bytes) -> bytes:
    """The plaintext of `sealed`; CryptoError when key, context or a single bit is wrong."""
    return aead.decrypt(key, _LABEL + context, sealed)
