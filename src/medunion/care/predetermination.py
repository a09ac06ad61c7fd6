"""How an insurer answers an offer for one policy: a port, because the answer comes from the insurer's own node.

Two questions, because the digest that is signed is over the covers of all policies together: `covers` says how the
policy takes each line, `sign` then signs the finished agreement. Source: `contracts/interfaces/ICareAgreements.sol`
(`Predetermination`); FHIR R4 `Claim.use` = predetermination.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from medunion.care.items import Item
from medunion.care.terms import Cover, Line, Terms, agreement_id


@dataclass(frozen=True, slots=True)
class Enquiry:
    """A treatment as an insurer is asked about it: for one policy of a patient, by a provider, on days of a window."""

    policy: bytes
    patient: bytes
    provider: int
    service_from: int
    service_until: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A finished agreement that an insurer is to sign for the policy at `position` of its terms."""

    position: int
    terms: Terms
    lines: tuple[Line, ...]
    covers: tuple[Cover, ...]
    items: tuple[Item, ...]

    @property
    def policy(self) -> bytes:
        """The policy that is asked about."""
        return self.terms.policies[self.position]

    @property
    def own_covers(self) -> tuple[Cover, ...]:
        """How this policy takes each line."""
        return self.covers[self.position :: len(self.terms.policies)]

    def message(self, valid_until: int) -> dict[str, Any]:
        """The EIP-712 message of `Predetermination`."""
        return {
            "agreement": agreement_id(self.terms),
            "policy": self.policy,
            "linesDigest": self.terms.lines_digest,
            "validUntil": valid_until,
        }


@dataclass(frozen=True, slots=True)
class Predetermination:
    """An insurer's answer: `signer` is an ADJUDICATOR of it; binding until `valid_until` (seconds, inclusive)."""

    signer: str
    valid_until: int
    signature: bytes

    def as_arguments(self) -> tuple[Any, ...]:
        """The contract's `Predetermination` struct."""
        return self.signer, self.valid_until, self.signature


class Predeterminer(Protocol):
    """An insurer's answers; InputError or AccessRefused where it gives none."""

    def covers(self, enquiry: Enquiry) -> Sequence[Cover]:
        """How the policy takes each line, in their order."""

    def sign(self, proposal: Proposal) -> Predetermination:
        """Signs when its own covers stand in the proposal, the items are those of the lines, and it may answer."""
