"""Chunked committing AEAD: Cobblestone-256 of C2SP's chunked-encryption (https://c2sp.org/chunked-encryption).

A ciphertext is a 56-byte header, then 16 KiB chunks with a 16-byte tag each. Chunks cannot be swapped, dropped or
appended, a ciphertext opens under one key and context only, and nothing is returned before the last chunk has been
verified. Each message draws its own random salt, so a key may encrypt any number of messages.
"""

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from medunion.crypto.encoding import exact
from medunion.errors import CryptoError

# The library copies what it returns; beyond the processor's cache that costs half of the speed.
_STEP = 256 * 1024


def encrypt(key: bytes, context: bytes, plaintext: bytes) -> bytes:
    """The ciphertext of `plaintext` under a 32-byte `key`, bound to `context`."""
    encryptor = Cobblestone256Encryptor(exact(key, 32, "key"), context)
    view = memoryview(plaintext)
    parts = [encryptor.update(view[start : start + _STEP]) for start in range(0, len(view), _STEP)]
    parts.append(encryptor.finalize())
    return b"".join(parts)


def decrypt(key: bytes, context: bytes, ciphertext: bytes) -> bytes:
    """The plaintext of `ciphertext`; CryptoError when key, context or a single bit is wrong, or an end is missing."""
    decryptor = Cobblestone256Decryptor(exact(key, 32, "key"), context)
    view = memoryview(ciphertext)
    try:
        parts = [decryptor.update(view[start : start + _STEP]) for start in range(0, len(view), _STEP)]
        parts.append(decryptor.finalize())
    except InvalidTag:
        raise CryptoError("the ciphertext does not open with this key and context") from None
    return b"".join(parts)
