"""What the engine asks of the rest of the network, and what it is told."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from medunion.care.terms import Line
from medunion.errors import AccessRefused, BlobError, IntegrityError, KeysUnavailable
from medunion.fhir import CONTENT_TYPE
from medunion.insurance.plan import PlanTerms
from medunion.ledger import Signer
from medunion.records.read import Listing
from medunion.records.service import RecordService
from medunion.vocabulary import Purpose

from .granted import Granted, GrantedRecord, RecordKey


@dataclass(frozen=True, slots=True)
class InsuredPolicy:
    """An accepted policy of this insurer. `terms` are its plan's; days since 1900-01-01, inclusive."""

    policy: bytes
    patient: bytes
    plan: int
    first_day: int
    last_day: int
    terms: PlanTerms


class PolicyBook(Protocol):
    """The insurer's policies, as the ledger has them."""

    def find(self, policy: bytes) -> InsuredPolicy | None:
        """A policy that its patient accepted; None when there is none of this id with this insurer."""

    def in_network(self, plan: int, provider: int) -> bool:
        """Whether a provider is in a plan's network now."""


@dataclass(frozen=True, slots=True)
class FiledClaim:
    """A claim on one of the insurer's policies.

    `evidence` are the records that support it, `served_from` the first of their service days; `evidence_of` gives for
    each line the index of its piece, empty when the caller does not know. `rules` is the mask that the plan publishes,
    `lane` the one by which the patient lets the insurer read for payment. `requested` tells that the insurer asked on
    the ledger for evidence that it was not given; `review_from` is when its review begins (seconds).
    """

    claim: bytes
    policy: bytes
    patient: bytes
    provider: int
    lines: tuple[Line, ...]
    evidence: tuple[RecordKey, ...]
    evidence_of: tuple[int, ...]
    served_from: int
    service_from: int
    service_until: int
    rules: int
    lane: int
    requested: bool
    review_from: int


class ClaimDesk(Protocol):
    """Filed claims, and what an insurer does about them. Each answer goes to the ledger once: ContractRefused."""

    def awaiting(self) -> Sequence[FiledClaim]:
        """Claims whose review is this insurer's now, oldest first."""

    def settled(self, since: int) -> Sequence[FiledClaim]:
        """Claims on its policies that were settled in or after this second, reviewed or not."""

    def given_back(self, since: int) -> Collection[bytes]:
        """Claims on its policies that were reversed in or after this second."""

    def request_evidence(self, claim: FiledClaim) -> None:
        """Asks on the ledger for evidence that was not given."""

    def approve(self, claim: FiledClaim) -> None:
        """Approves."""

    def contest(self, claim: FiledClaim, rule: int, reason_digest: bytes) -> None:
        """Contests by a published rule; the digest is that of the signed answer's document."""


EvidenceReader = Callable[[FiledClaim], Granted]
"""The records that an insurer was granted for a claim; AccessRefused, KeysUnavailable, IntegrityError, BlobError."""

UNREADABLE: Final = (AccessRefused, KeysUnavailable, IntegrityError, BlobError)
"""Why records cannot be read: they, or their keys, were not given as they were committed."""


def record_reader(records: RecordService, signer: Signer) -> EvidenceReader:
    """Reads as an operator of the insurer (READER), for payment (HPAYMT), by the lane that the patient granted for it.

    Records of other authors than the claim's provider are left out where they cannot be read: only evidence must be.
    """

    def listed(claim: FiledClaim) -> Listing:
        access = records.access(claim.patient, purpose=Purpose.HPAYMT, lane=claim.lane)
        try:
            return records.list(claim.patient, access)
        except UNREADABLE:
            return records.list(claim.patient, access, authors={claim.provider})

    def opened(claim: FiledClaim) -> Iterator[GrantedRecord]:
        reader = records.acting(signer)
        for entry in listed(claim):
            if entry.listed.content_type == CONTENT_TYPE:
                with suppress(*UNREADABLE):
                    yield GrantedRecord.of(reader.open(entry))

    return lambda claim: Granted(opened(claim))
