"""What a member keeps: as author batch keys and shares, as trustee pairs of shares, and patients' appointments."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from medunion.blobs import dagcbor
from medunion.crypto import keys
from medunion.crypto.shares import TRUSTEES, Shares
from medunion.errors import CryptoError, InputError


@dataclass(frozen=True, slots=True, repr=False)
class AuthorSection:
    """A section of an own batch: its opaque id, what it holds, and the three shares of its key."""

    section_id: bytes
    category: int
    mask: int
    shares: Shares


@dataclass(frozen=True, slots=True, repr=False)
class AuthorBatch:
    """An own batch: from its key every section key follows."""

    patient: bytes
    author: int
    root: bytes
    manifest_digest: bytes
    batch_key: bytes
    sections: tuple[AuthorSection, ...]

    def section_key(self, section: AuthorSection) -> bytes:
        """The key of one of its sections."""
        return keys.section_key(self.batch_key, section.category, section.mask)

    def encode(self) -> bytes:
        """As DAG-CBOR, to be sealed."""
        return dagcbor.encode(
            {
                "manifestDigest": self.manifest_digest,
                "batchKey": self.batch_key,
                "sections": [[each.section_id, each.category, each.mask, *each.shares] for each in self.sections],
            }
        )

    @classmethod
    def decode(cls, patient: bytes, author: int, root: bytes, data: bytes) -> "AuthorBatch":
        """What `encode` wrote."""
        stored = dagcbor.decode(data)
        sections = tuple(
            AuthorSection(section_id, category, mask, (one, two, three))
            for section_id, category, mask, one, two, three in stored["sections"]
        )
        return cls(patient, author, root, stored["manifestDigest"], stored["batchKey"], sections)


@dataclass(frozen=True, slots=True, repr=False)
class HeldSection:
    """A section of another's batch, as its author labelled it, and the shares that this trustee holds of its key."""

    section_id: bytes
    category: int
    mask: int
    shares: Mapping[int, bytes]


@dataclass(frozen=True, slots=True, repr=False)
class HeldBatch:
    """A trustee's shares of one batch."""

    patient: bytes
    author: int
    root: bytes
    manifest_digest: bytes
    sections: tuple[HeldSection, ...]

    @property
    def place(self) -> tuple[int, bytes]:
        """Author and root."""
        return self.author, self.root

    @property
    def indices(self) -> frozenset[int]:
        """Which shares (1-3) it holds of every section."""
        return frozenset(TRUSTEES).intersection(*(each.shares for each in self.sections))

    def only(self, indices: frozenset[int]) -> "HeldBatch":
        """The same with no other shares than these."""
        sections = tuple(
            replace(each, shares={index: share for index, share in each.shares.items() if index in indices})
            for each in self.sections
        )
        return replace(self, sections=sections)

    def joined(self, earlier: "HeldBatch | None") -> "HeldBatch":
        """The same with the shares that `earlier` has of it too: each is the one that the manifest commits to."""
        if earlier is None or earlier.manifest_digest != self.manifest_digest:
            return self
        known = {each.section_id: each.shares for each in earlier.sections}
        sections = tuple(
            replace(each, shares={**known.get(each.section_id, {}), **each.shares}) for each in self.sections
        )
        return replace(self, sections=sections)

    def as_values(self) -> dict[str, Any]:
        """As DAG-CBOR values: what travels in a deposit, and what is stored."""
        sections = [
            [
                each.section_id,
                each.category,
                each.mask,
                [[index, share] for index, share in sorted(each.shares.items())],
            ]
            for each in self.sections
        ]
        return {"root": self.root, "manifestDigest": self.manifest_digest, "sections": sections}

    @classmethod
    def from_values(cls, patient: bytes, author: int, values: Any) -> "HeldBatch":
        """What `as_values` gave; InputError when `values` are malformed."""
        try:
            sections = tuple(
                HeldSection(_sized(section_id, 16), _label(category), _label(mask), _shares(shares))
                for section_id, category, mask, shares in values["sections"]
            )
            return cls(patient, author, _sized(values["root"], 32), _sized(values["manifestDigest"], 32), sections)
        except (KeyError, TypeError, ValueError, CryptoError) as cause:
            raise InputError("the shares are malformed") from cause


@dataclass(frozen=True, slots=True, repr=False)
class Appointment:
    """Preimage of the trustees in a patient's configuration: none, one (who then reads), or three, in order.

    `former` are members that served before and may still hold shares: whom a new trustee may ask. The ledger does not
    vouch for it.
    """

    patient: bytes
    salt: bytes
    trustees: tuple[int, ...]
    contacts: bytes
    representatives: bytes
    former: tuple[int, ...] = ()


def _sized(value: Any, size: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != size:
        raise ValueError("wrong size")
    return value


def _label(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < 16:
        raise ValueError("no such label")
    return value


def _shares(pairs: Any) -> dict[int, bytes]:
    shares = {index: _sized(share, 32) for index, share in pairs}
    if not shares or len(shares) != len(pairs) or not shares.keys() <= set(TRUSTEES):
        raise ValueError("no such shares")
    return shares
