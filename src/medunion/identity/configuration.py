"""Whom a patient named, and the salted digests that stand on the ledger for it.

    part          = keccak256(abi.encode(bytes32 salt, ...)), zero when nobody is named
    configuration = keccak256(abi.encode(trustees, contacts, representatives)), zero when all three are zero

Each part's preimage is kept by the patient and by everybody that it names.
"""

import secrets
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, TypeVar

from medunion.crypto.encoding import abi_words
from medunion.crypto.hashing import keccak256
from medunion.errors import InputError

ZERO = bytes(32)

MAX_CONTACTS = 16
"""As `IPatientRecovery.MAX_CONTACTS`."""


class Part(IntEnum):
    """Parts of a configuration, as `ConfigurationPart` numbers them."""

    TRUSTEES = 0
    CONTACTS = 1
    REPRESENTATIVES = 2


def new_salt() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(32)


def configuration_digest(trustees: bytes, contacts: bytes, representatives: bytes) -> bytes:
    """The digest of a configuration whose parts have these digests."""
    parts = (trustees, contacts, representatives)
    return ZERO if parts == (ZERO, ZERO, ZERO) else keccak256(abi_words(*parts))


@dataclass(frozen=True, slots=True)
class Trustees:
    """Key trustees: none, one (a reader, then) or three members. Digest over (salt, uint32[])."""

    salt: bytes
    members: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.members) not in (1, 3) or len(set(self.members)) != len(self.members) or min(self.members) < 1:
            raise InputError("name no key trustee, one, or three different ones", trustees=list(self.members))

    @property
    def digest(self) -> bytes:
        """What the ledger shows."""
        return keccak256(abi_words(self.salt, 64, len(self.members), *self.members))


@dataclass(frozen=True, slots=True)
class Contacts:
    """Recovery contacts, of which `threshold` recover: digest over (salt, uint256 threshold, address[])."""

    salt: bytes
    threshold: int
    accounts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= len(self.accounts) or len(set(self.accounts)) != len(self.accounts):
            raise InputError("the threshold must be between one and the number of different contacts")
        if len(self.accounts) > MAX_CONTACTS:
            raise InputError(f"a patient names at most {MAX_CONTACTS} recovery contacts", given=len(self.accounts))

    @property
    def digest(self) -> bytes:
        """What the ledger shows."""
        accounts = [int(account, 16) for account in self.accounts]
        return keccak256(abi_words(self.salt, self.threshold, 96, len(accounts), *accounts))


@dataclass(frozen=True, slots=True)
class Representatives:
    """Accounts that act for the patient, each until a second (inclusive): digest over (salt, (address,uint40)[])."""

    salt: bytes
    terms: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        if not self.terms or len({account for account, _ in self.terms}) != len(self.terms):
            raise InputError("name at least one representative, each once")

    @property
    def digest(self) -> bytes:
        """What the ledger shows."""
        words = [word for account, until in self.terms for word in (int(account, 16), until)]
        return keccak256(abi_words(self.salt, 64, len(self.terms), *words))


Named = Trustees | Contacts | Representatives
_Part = TypeVar("_Part", Trustees, Contacts, Representatives)


Digests = tuple[bytes, bytes, bytes]
"""Digests of trustees, contacts and representatives; zero where nobody is named."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The preimages of a patient's configuration; of a part without one, `undisclosed` holds the digest.

    A recovered wallet knows no more than that of parts that nobody has told it yet.
    """

    trustees: Trustees | None = None
    contacts: Contacts | None = None
    representatives: Representatives | None = None
    undisclosed: Digests = (ZERO, ZERO, ZERO)

    @property
    def digests(self) -> Digests:
        """Digests of trustees, contacts and representatives; zero where nobody is named."""
        parts = (self.trustees, self.contacts, self.representatives)
        known = zip(parts, self.undisclosed, strict=True)
        digests = [digest if part is None else part.digest for part, digest in known]
        return digests[0], digests[1], digests[2]

    @property
    def digest(self) -> bytes:
        """What `IPatientRegistry.configurationOf` shows."""
        return configuration_digest(*self.digests)

    def with_part(self, part: Part, value: Named | None) -> "Configuration":
        """The same with one part replaced; InputError when the value is of another part."""
        trustees, contacts, representatives = (
            ZERO if part is each else digest for each, digest in zip(Part, self.undisclosed, strict=True)
        )
        told = replace(self, undisclosed=(trustees, contacts, representatives))
        match part, value:
            case Part.TRUSTEES, Trustees() | None:
                return replace(told, trustees=value)
            case Part.CONTACTS, Contacts() | None:
                return replace(told, contacts=value)
            case Part.REPRESENTATIVES, Representatives() | None:
                return replace(told, representatives=value)
        raise InputError(f"that is no value for {part.name.lower()}")

    def as_shown(self, digests: Digests) -> "Configuration":
        """The same where the ledger shows these digests: preimages of other values are forgotten."""
        known = (
            _matching(self.trustees, digests[Part.TRUSTEES]),
            _matching(self.contacts, digests[Part.CONTACTS]),
            _matching(self.representatives, digests[Part.REPRESENTATIVES]),
        )
        one, two, three = (digest if part is None else ZERO for part, digest in zip(known, digests, strict=True))
        return Configuration(*known, (one, two, three))

    def as_dict(self) -> dict[str, Any]:
        """The preimages as JSON; secret, because they name people."""
        found: dict[str, Any] = {}
        if self.trustees:
            found["trustees"] = {"salt": self.trustees.salt.hex(), "members": list(self.trustees.members)}
        if self.contacts:
            found["contacts"] = {
                "salt": self.contacts.salt.hex(),
                "threshold": self.contacts.threshold,
                "accounts": list(self.contacts.accounts),
            }
        if self.representatives:
            terms = [[account, until] for account, until in self.representatives.terms]
            found["representatives"] = {"salt": self.representatives.salt.hex(), "terms": terms}
        if any(map(any, self.undisclosed)):
            found["undisclosed"] = [digest.hex() for digest in self.undisclosed]
        return found

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> "Configuration":
        """The inverse of `as_dict`; KeyError, TypeError or ValueError when it is none."""
        trustees, contacts, named = (document.get(name) for name in ("trustees", "contacts", "representatives"))
        one, two, three = (bytes.fromhex(each) for each in document.get("undisclosed", [ZERO.hex()] * 3))
        return cls(
            trustees and Trustees(bytes.fromhex(trustees["salt"]), tuple(trustees["members"])),
            contacts and Contacts(bytes.fromhex(contacts["salt"]), contacts["threshold"], tuple(contacts["accounts"])),
            named
            and Representatives(bytes.fromhex(named["salt"]), tuple((who, until) for who, until in named["terms"])),
            (one, two, three),
        )


def _matching(part: _Part | None, digest: bytes) -> _Part | None:
    return part if part is not None and part.digest == digest else None
