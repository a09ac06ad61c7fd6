"""CIDv1 (https://github.com/multiformats/cid): the name of a block is its codec and the SHA-256 of its bytes.

Written out rather than taken from `multiformats`, which needs 0.3 ms per CID: more than a whole record may cost. Only
what this platform and `ipfs add` make is known: version 1, sha2-256, codecs raw, dag-pb and dag-cbor.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from medunion.errors import BlobCorrupted, InputError

MAX_BLOCK = 2 * 1024 * 1024
"""The largest block that IPFS peers exchange (https://specs.ipfs.tech/bitswap-protocol/#block-sizes), in bytes."""

BYTES = 36
"""Length of a binary CID: version, codec, hash code, hash length, 32-byte digest."""

_VERSION = 1
_SHA2_256 = b"\x12\x20"


class Codec(IntEnum):
    """What a block holds (https://github.com/multiformats/multicodec)."""

    RAW = 0x55
    DAG_PB = 0x70
    DAG_CBOR = 0x71


_CODECS = {codec.value: codec for codec in Codec}


@dataclass(frozen=True, slots=True, order=True, repr=False)
class Cid:
    """A content identifier. Orders as its bytes do; `str` gives base32 text (`bafy…`), `bytes` the 36-byte form."""

    codec: Codec
    digest: bytes

    @classmethod
    def of(cls, codec: Codec, block: bytes) -> "Cid":
        """The CID of a block."""
        return cls(codec, hashlib.sha256(block).digest())

    @classmethod
    def from_bytes(cls, data: bytes) -> "Cid":
        """The CID in its 36-byte form; InputError when it is none, or of a kind that is not used here."""
        codec = _CODECS.get(data[1]) if len(data) == BYTES and data[0] == _VERSION else None
        if codec is None or data[2:4] != _SHA2_256:
            raise InputError("not a CIDv1 of a raw, dag-pb or dag-cbor block under sha2-256", field="cid")
        return cls(codec, bytes(data[4:]))

    @classmethod
    def parse(cls, text: str) -> "Cid":
        """The CID in base32 text; InputError when it is none."""
        try:
            data = base64.b32decode(text[1:].upper() + "=" * (-len(text[1:]) % 8))
        except (binascii.Error, ValueError):
            data = b""
        cid = cls.from_bytes(data)
        if str(cid) != text:
            raise InputError("not the canonical base32 text of a CID", field="cid")
        return cid

    def verify(self, block: bytes) -> bytes:
        """`block` itself when it is what this CID names; BlobCorrupted otherwise."""
        if hashlib.sha256(block).digest() != self.digest:
            raise BlobCorrupted(f"the bytes are not those of {self}", cid=str(self))
        return block

    def __bytes__(self) -> bytes:
        return bytes((_VERSION, self.codec)) + _SHA2_256 + self.digest

    def __str__(self) -> str:
        return "b" + base64.b32encode(bytes(self)).decode("ascii").rstrip("=").lower()

    def __repr__(self) -> str:
        return f"Cid({self})"


class Block(NamedTuple):
    """A block and its name."""

    cid: Cid
    data: bytes
