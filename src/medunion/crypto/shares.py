"""A section key in three XOR shares for the patient's three key trustees.

    section key = share 1 XOR share 2 XOR share 3;  trustee i holds the two shares other than share i
    commitment i = SHA-256("medunion/share/v1" || section id 16 || i u8 || share i), published in the manifest

One trustee lacks a whole share, which is a one-time pad: it learns nothing. Any two trustees hold all three. Who
receives a pair checks it against the manifest's commitments, so a wrong share is noticed and its sender named.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from medunion.crypto.encoding import exact, uint
from medunion.crypto.hashing import sha256
from medunion.errors import CryptoError

TRUSTEES = (1, 2, 3)
SHARE_BYTES = 32
_LABEL = b"medunion/share/v1"

Shares = tuple[bytes, bytes, bytes]


@dataclass(frozen=True, slots=True, repr=False)
class SharePair:
    """What trustee `trustee` (1-3) holds: the two other shares, in ascending order of their index."""

    trustee: int
    first: bytes
    second: bytes

    def __post_init__(self) -> None:
        _position(self.trustee)
        exact(self.first, SHARE_BYTES, "share")
        exact(self.second, SHARE_BYTES, "share")

    def by_index(self) -> dict[int, bytes]:
        """The two shares by their index (1-3)."""
        first, second = (index for index in TRUSTEES if index != self.trustee)
        return {first: self.first, second: self.second}

    def to_bytes(self) -> bytes:
        """trustee u8 || first || second: 65 bytes."""
        return uint(self.trustee, 1, "trustee") + self.first + self.second

    @classmethod
    def from_bytes(cls, data: bytes) -> "SharePair":
        """The pair that `to_bytes` wrote; CryptoError when it is none."""
        exact(data, 1 + 2 * SHARE_BYTES, "share pair")
        return cls(data[0], data[1 : 1 + SHARE_BYTES], data[1 + SHARE_BYTES :])


def split(section_key: bytes) -> Shares:
    """Three shares of a 32-byte section key."""
    first, second = secrets.token_bytes(SHARE_BYTES), secrets.token_bytes(SHARE_BYTES)
    return first, second, _xor(exact(section_key, SHARE_BYTES, "section key"), first, second)


def commitment(section_id: bytes, index: int, share: bytes) -> bytes:
    """The 32-byte commitment to share `index` (1-3) of a section."""
    _position(index)
    place = exact(section_id, 16, "section id") + uint(index, 1, "index")
    return sha256(_LABEL + place + exact(share, SHARE_BYTES, "share"))


def commitments(section_id: bytes, shares: Shares) -> Shares:
    """The three commitments of a section, in order."""
    first, second, third = (commitment(section_id, index, share) for index, share in zip(TRUSTEES, shares, strict=True))
    return first, second, third


def pair_for(trustee: int, shares: Shares) -> SharePair:
    """The pair that goes to `trustee` (1-3)."""
    _position(trustee)
    first, second = (share for index, share in zip(TRUSTEES, shares, strict=True) if index != trustee)
    return SharePair(trustee, first, second)


def verify(section_id: bytes, committed: Sequence[bytes], pair: SharePair) -> None:
    """CryptoError (details: share, trustee) when a share of `pair` is not the one that the manifest commits to."""
    if len(committed) != len(TRUSTEES):
        raise CryptoError("a section has three share commitments", expected=len(TRUSTEES), actual=len(committed))
    for index, share in pair.by_index().items():
        if not hmac.compare_digest(commitment(section_id, index, share), committed[index - 1]):
            raise CryptoError(
                f"share {index} from trustee {pair.trustee} is not the committed one", share=index, trustee=pair.trustee
            )


def combine(section_id: bytes, committed: Sequence[bytes], one: SharePair, other: SharePair) -> bytes:
    """The section key from the pairs of two different trustees, each share verified first (see `verify`)."""
    if one.trustee == other.trustee:
        raise CryptoError("two different trustees are needed", trustee=one.trustee)
    for pair in (one, other):
        verify(section_id, committed, pair)
    first, second, third = (share for _, share in sorted((one.by_index() | other.by_index()).items()))
    return _xor(first, second, third)


def _position(index: int) -> None:
    if index not in TRUSTEES:
        raise CryptoError(f"there is no share or trustee {index}", trustee=index)


def _xor(*values: bytes) -> bytes:
    mixed = 0
    for value in values:
        mixed ^= int.from_bytes(value, "big")
    return mixed.to_bytes(SHARE_BYTES, "big")
