"""What the rest of MedUnion knows of the ledger: plain values and one protocol, without any chain library.

`chain/` implements `Ledger` over JSON-RPC. Ids are `bytes` of 32 (patients, roots, leaves, digests) or `int` (members);
addresses are EIP-55 text; times are seconds since 1970; days are since 1900-01-01.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

from medunion.vocabulary import MemberKind, MemberStatus, PatientStatus, Role


class AccessReason(IntEnum):
    """Why access is allowed or not, as `IAccessGrants` and `IEmergencyAccess` answer it."""

    ALLOWED = 0
    NO_GRANT = 1
    NOT_YET_VALID = 2
    EXPIRED = 3
    PURPOSE_NOT_GRANTED = 4
    CATEGORY_NOT_GRANTED = 5
    RESTRICTED_NOT_GRANTED = 6
    MEMBER_NOT_ACTIVE = 7
    VOIDED = 8
    NO_EMERGENCY = 9
    RETIRED = 10


class WriteReason(IntEnum):
    """Why a member may write for a patient or not, as `ICareEpisodes` answers it."""

    ALLOWED = 0
    NO_EPISODE = 1
    FILING_PERIOD_OVER = 2


@dataclass(frozen=True, slots=True)
class Actor:
    """Whom an account acts for; member 0 is nobody."""

    member: int
    roles: Role
    status: MemberStatus
    kind: MemberKind | None


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the ledger shows it; `public_key` (32 bytes, X25519) is the one of `key_epoch`."""

    member: int
    kind: MemberKind
    status: MemberStatus
    key_epoch: int
    public_key: bytes
    node_url: str


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient id as the ledger shows it. `until` is a last second: of a provisional id, else of its latest freeze."""

    patient: bytes
    controller: str
    status: PatientStatus
    until: int
    key_epoch: int
    public_key: bytes
    configuration: bytes
    nonce: int

    def frozen_at(self, second: int) -> bool:
        """Whether its recovery contacts have stopped its controller in this second."""
        return self.status is not PatientStatus.PROVISIONAL and second <= self.until


@dataclass(frozen=True, slots=True)
class Scope:
    """What a grant's lane allows: bit masks and a term in seconds, inclusive."""

    categories: int
    purposes: int
    restricted: int
    not_before: int
    not_after: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """One record's fields in the Merkle tree, in the order of `IRecordRegistry.Leaf`."""

    patient: bytes
    author: int
    record_id: bytes
    version: int
    category: int
    service_day: int
    body_digest: bytes
    content_commitment: bytes
    previous_leaf: bytes


@dataclass(frozen=True, slots=True)
class Verification:
    """What the ledger says of a leaf under a root."""

    committed: bool
    linked: bool
    committed_at: int
    leaf_hash: bytes
    successor: bytes


@dataclass(frozen=True, slots=True)
class CommittedBatch:
    """A `Committed` event."""

    patient: bytes
    author: int
    root: bytes
    count: int
    episode: int
    manifest_digest: bytes
    committed_at: int
    block: int
    transaction: str


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded event: contract and event name, arguments by Solidity name, and where it stands."""

    contract: str
    name: str
    arguments: dict[str, Any]
    block: int
    log_index: int
    transaction: str
    time: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction; `events` are those of MedUnion's contracts, in order."""

    transaction: str
    block: int
    gas_used: int
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """Signed bytes, kept before they are sent and sent again unchanged."""

    raw: bytes
    transaction: str


@dataclass(frozen=True, slots=True)
class BatchCommitment:
    """What `RecordRegistry.commit` takes."""

    patient: bytes
    root: bytes
    count: int
    manifest_digest: bytes


class Signer(Protocol):
    """An account that signs EIP-712 typed data; wallets and operators are signers."""

    @property
    def address(self) -> str:
        """EIP-55 address."""

    def sign_typed(
        self, domain: dict[str, Any], types: dict[str, list[dict[str, str]]], message: dict[str, Any]
    ) -> bytes:
        """65-byte signature (r, s, v) over the EIP-712 digest."""


class Ledger(Protocol):
    """Reads of the contracts. Every read is of the latest block; failures are `ChainError`s."""

    @property
    def chain_id(self) -> int:
        """The chain's id."""

    @property
    def registry(self) -> str:
        """Address of `RecordRegistry`: the `verifyingContract` of key messages and part of every body's context."""

    def head(self) -> tuple[int, int]:
        """Number and timestamp of the latest block."""

    def actor_of(self, account: str) -> Actor:
        """Whom an account acts for."""

    def member(self, member: int) -> Member:
        """A member; `UnknownMember` when there is none."""

    def patient(self, patient: bytes) -> Patient:
        """A patient id; `UnknownPatient` when there is none."""

    def survivor(self, patient: bytes) -> bytes:
        """The id that speaks for this one: itself, or for a retired one the id that it was linked to in the end."""

    def retired(self, patient: bytes) -> list[bytes]:
        """The retired ids that were linked to this one, directly or through one another."""

    def configuration_parts(self, patient: bytes) -> dict[int, bytes]:
        """The latest digest of each part of a patient's configuration that changed since registration, by number."""

    def part_changed_at(self, patient: bytes, part: int) -> int:
        """When a part of a patient's configuration changed last; 0 when it never did since registration."""

    def grant_of(self, patient: bytes, member: int, lane: int) -> Scope | None:
        """A lane as set."""

    def allows_at(
        self, patient: bytes, member: int, lane: int, purposes: int, categories: int, restricted: int, at: int
    ) -> AccessReason:
        """`IAccessGrants.allowsAt`."""

    def emergency_allows_at(self, patient: bytes, member: int, restricted: int, at: int) -> AccessReason:
        """`IEmergencyAccess.emergencyAllowsAt`."""

    def may_write(self, patient: bytes, member: int) -> tuple[WriteReason, int]:
        """`ICareEpisodes.mayWrite`: reason and episode number."""

    def batch(self, patient: bytes, author: int, root: bytes) -> tuple[int, int, int] | None:
        """Commit time, count and episode of a batch, or None."""

    def slots(self, patient: bytes, places: Sequence[tuple[int, bytes]]) -> list[tuple[int, int, int] | None]:
        """`batch` of several, by author and root, asked for together."""

    def batches(self, patient: bytes) -> list[CommittedBatch]:
        """All batches of a patient, oldest first."""

    def verify(self, root: bytes, leaf: Leaf, proof: Sequence[bytes]) -> Verification:
        """`IRecordRegistry.verify`."""

    def successors(self, patient: bytes) -> dict[bytes, bytes]:
        """Previous leaf -> leaf that superseded it, for all records of a patient."""

    def is_valid_signature(self, signer: str, digest: bytes, signature: bytes) -> bool:
        """Whether `signer` signed `digest`: ECDSA first, then ERC-1271, as `Signatures.sol` decides it."""


class RecordWriter(Protocol):
    """Writes of `RecordRegistry` by one operator: signed first, sent after the caller has stored the bytes."""

    @property
    def member(self) -> int:
        """The operator's member."""

    def sign_commit(self, batches: Sequence[BatchCommitment]) -> SignedTransaction:
        """Signs one transaction that commits all; `ContractRefused` when a simulation refuses any."""

    def sign_supersede(
        self, root: bytes, previous: Leaf, proof: Sequence[bytes], following: Leaf, manifest_digest: bytes
    ) -> SignedTransaction:
        """Signs a correction."""

    def send(self, signed: SignedTransaction) -> Receipt:
        """Sends (or sends again) and waits until mined; `ContractRefused` when it reverted."""

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction, when the chain has it."""
