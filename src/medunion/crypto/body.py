"""A record's body: framed, compressed when that helps, padded, encrypted.

    frame   = compression u8 (0 none, 1 zlib) || payload length u64 || payload || zeros up to padme(all before)
    context = "medunion/body/v1" || suite u8 || chain id u64 || registry 20 || record id 32 || version u32
    body    = Cobblestone-256(record key, context, frame)

Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019), with a
floor of 4,096 bytes, keeps only the leading bits of the length: a body's size tells its class of sizes, for at most
12 % more.
"""

import zlib
from dataclasses import dataclass

from medunion.crypto import SUITE, aead
from medunion.crypto.encoding import exact, uint
from medunion.errors import BodyTooLarge, CryptoError

MAX_PLAINTEXT = 64 * 1024 * 1024
"""The most bytes one body may hold; it also bounds what a compressed body may unfold to."""

FLOOR = 4096
_HEADER = 9
_STORED = 0
_ZLIB = 1
_LABEL = b"medunion/body/v1"
_SAMPLE = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyContext:
    """What a body is bound to: a ciphertext moved to another chain, registry, record or version does not open."""

    chain_id: int
    registry: bytes
    record_id: bytes
    version: int
    suite: int = SUITE

    def encode(self) -> bytes:
        """The context's 81 bytes."""
        if self.suite != SUITE:
            raise CryptoError(f"cipher suite {self.suite} is not known", suite=self.suite)
        return b"".join(
            (
                _LABEL,
                uint(self.suite, 1, "suite"),
                uint(self.chain_id, 8, "chain id"),
                exact(self.registry, 20, "registry address"),
                exact(self.record_id, 32, "record id"),
                uint(self.version, 4, "version"),
            )
        )


def encrypt_body(record_key: bytes, context: BodyContext, plaintext: bytes) -> bytes:
    """The body that holds exactly `plaintext`; BodyTooLarge above MAX_PLAINTEXT bytes."""
    return aead.encrypt(record_key, context.encode(), frame(plaintext))


def decrypt_body(record_key: bytes, context: BodyContext, body: bytes, limit: int = MAX_PLAINTEXT) -> bytes:
    """The plaintext of `body`, whole and verified; CryptoError when anything is wrong or it exceeds `limit` bytes."""
    return unframe(aead.decrypt(record_key, context.encode(), body), limit)


def padme(length: int) -> int:
    """`length` rounded up so that only its leading bits remain, and at least 4,096."""
    if length <= FLOOR:
        return FLOOR
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def frame(plaintext: bytes) -> bytes:
    """The padded frame of `plaintext`, compressed only where the padded frame gets smaller by it.

    A large one is not even tried where samples of it do not compress: an image or a PDF.
    """
    if len(plaintext) > MAX_PLAINTEXT:
        raise BodyTooLarge(
            f"a body of {len(plaintext)} bytes is over the limit of {MAX_PLAINTEXT}",
            size=len(plaintext),
            limit=MAX_PLAINTEXT,
        )
    method, payload, padded = _STORED, plaintext, padme(_HEADER + len(plaintext))
    if padded > FLOOR and _compresses(plaintext):
        packed = zlib.compress(plaintext)
        if padme(_HEADER + len(packed)) < padded:
            method, payload, padded = _ZLIB, packed, padme(_HEADER + len(packed))
    return (bytes((method,)) + uint(len(payload), 8, "payload length") + payload).ljust(padded, b"\0")


def _compresses(plaintext: bytes) -> bool:
    """Whether it is worth trying, which takes fifty times as long as encrypting."""
    if len(plaintext) <= 8 * _SAMPLE:
        return True
    places = (0, len(plaintext) // 2, len(plaintext) - _SAMPLE)
    sample = b"".join(plaintext[place : place + _SAMPLE] for place in places)
    return len(zlib.compress(sample, 1)) < 0.95 * len(sample)


def unframe(framed: bytes, limit: int = MAX_PLAINTEXT) -> bytes:
    """The plaintext in a frame; CryptoError when it is not what `frame` writes, or holds more than `limit` bytes."""
    size = int.from_bytes(framed[1:_HEADER], "big")
    end = _HEADER + size
    if end > len(framed) or padme(end) != len(framed) or framed.count(0, end) != len(framed) - end:
        raise CryptoError("the body's frame is malformed", step="frame")
    if framed[0] == _STORED:
        plaintext = framed[_HEADER:end]
    elif framed[0] == _ZLIB:
        plaintext = _unpack(framed[_HEADER:end], limit)
    else:
        raise CryptoError(f"compression {framed[0]} is not known", step="frame")
    if len(plaintext) > limit:
        raise CryptoError(f"the body holds more than {limit} bytes", step="frame", limit=limit)
    return plaintext


def _unpack(payload: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        plaintext = inflater.decompress(payload, limit + 1)
    except zlib.error:
        raise CryptoError("the body does not decompress", step="frame") from None
    if len(plaintext) <= limit and (not inflater.eof or inflater.unused_data):
        raise CryptoError("the body does not decompress", step="frame")
    return plaintext
