"""A chain in memory that decides as the contracts do, can lose blocks, lag and fall silent."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

from medunion.chain.accounts import recover
from medunion.crypto.hashing import keccak256
from medunion.errors import ChainError, ContractRefused, RpcUnavailable, UnknownMember, UnknownPatient
from medunion.ledger import (
    AccessReason,
    Actor,
    BatchCommitment,
    CommittedBatch,
    Event,
    Leaf,
    Member,
    Patient,
    Receipt,
    Scope,
    SignedTransaction,
    Verification,
    WriteReason,
)
from medunion.records.leaf import hash_leaf
from medunion.records.merkle import root_from_proof
from medunion.vocabulary import MemberKind, MemberStatus, PatientStatus, Role

CHAIN_ID = 31337
REGISTRY = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
NOBODY = Actor(0, Role(0), MemberStatus.NONE, None)


@dataclass
class State:
    """Everything that the contracts store."""

    members: dict[int, Member] = field(default_factory=dict)
    operators: dict[str, tuple[int, Role]] = field(default_factory=dict)
    patients: dict[bytes, Patient] = field(default_factory=dict)
    grants: dict[tuple[bytes, int, int], Scope] = field(default_factory=dict)
    emergencies: dict[tuple[bytes, int], tuple[int, int]] = field(default_factory=dict)
    episodes: set[tuple[bytes, int]] = field(default_factory=set)
    batches: list[CommittedBatch] = field(default_factory=list)
    linked: set[bytes] = field(default_factory=set)
    successors: dict[bytes, bytes] = field(default_factory=dict)
    survivors: dict[bytes, bytes] = field(default_factory=dict)
    nonces: dict[str, int] = field(default_factory=dict)
    parts: dict[bytes, dict[int, bytes]] = field(default_factory=dict)
    changed: dict[tuple[bytes, int], int] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)


class FakeChain:
    """Blocks of one transaction each; `time` is the clock of everybody."""

    def __init__(self) -> None:
        self.time = 1_800_000_000
        self.blocks = [State()]
        self.down = False

    @property
    def state(self) -> State:
        return self.blocks[-1]

    def mine(self) -> State:
        """A new block, to be written to."""
        self.blocks.append(copy.copy(self.state))
        for name, value in vars(self.state).items():
            setattr(self.state, name, copy.copy(value))
        return self.state

    def lose(self, blocks: int) -> None:
        del self.blocks[-blocks:]


class FakeLedger:
    """`medunion.ledger.Ledger` over a chain, `lag` blocks behind."""

    def __init__(self, chain: FakeChain) -> None:
        self.chain = chain
        self.lag = 0
        self.chain_id = CHAIN_ID
        self.registry = REGISTRY

    def _state(self) -> State:
        if self.chain.down:
            raise RpcUnavailable("no answer")
        return self.chain.blocks[len(self.chain.blocks) - 1 - self.lag]

    def head(self) -> tuple[int, int]:
        self._state()
        return len(self.chain.blocks) - 1 - self.lag, self.chain.time

    def actor_of(self, account: str) -> Actor:
        state = self._state()
        if account not in state.operators:
            return NOBODY
        number, roles = state.operators[account]
        return Actor(number, roles, state.members[number].status, state.members[number].kind)

    def member(self, member: int) -> Member:
        if member not in self._state().members:
            raise UnknownMember("no such member", member=member)
        return self._state().members[member]

    def patient(self, patient: bytes) -> Patient:
        if patient not in self._state().patients:
            raise UnknownPatient("no such patient")
        return self._state().patients[patient]

    def survivor(self, patient: bytes) -> bytes:
        survivors = self._state().survivors
        while patient in survivors:
            patient = survivors[patient]
        return patient

    def retired(self, patient: bytes) -> list[bytes]:
        return [each for each in self._state().survivors if self.survivor(each) == patient]

    def configuration_parts(self, patient: bytes) -> dict[int, bytes]:
        return dict(self._state().parts.get(patient, {}))

    def part_changed_at(self, patient: bytes, part: int) -> int:
        return self._state().changed.get((patient, part), 0)

    def grant_of(self, patient: bytes, member: int, lane: int) -> Scope | None:
        return self._state().grants.get((patient, member, lane))

    def allows_at(
        self, patient: bytes, member: int, lane: int, purposes: int, categories: int, restricted: int, at: int
    ) -> AccessReason:
        if self.member(member).status is not MemberStatus.ACTIVE:
            return AccessReason.MEMBER_NOT_ACTIVE
        scope = self.grant_of(patient, member, lane)
        if scope is None:
            return AccessReason.NO_GRANT
        checks = (
            (at >= scope.not_before, AccessReason.NOT_YET_VALID),
            (at <= scope.not_after, AccessReason.EXPIRED),
            (not purposes & ~scope.purposes, AccessReason.PURPOSE_NOT_GRANTED),
            (not categories & ~scope.categories, AccessReason.CATEGORY_NOT_GRANTED),
            (not restricted & ~scope.restricted, AccessReason.RESTRICTED_NOT_GRANTED),
        )
        return next((reason for passed, reason in checks if not passed), AccessReason.ALLOWED)

    def emergency_allows_at(self, patient: bytes, member: int, restricted: int, at: int) -> AccessReason:
        found = self._state().emergencies.get((patient, member))
        if found is None:
            return AccessReason.NO_EMERGENCY
        if at > found[0]:
            return AccessReason.EXPIRED
        return AccessReason.RESTRICTED_NOT_GRANTED if restricted & ~found[1] else AccessReason.ALLOWED

    def may_write(self, patient: bytes, member: int) -> tuple[WriteReason, int]:
        opened = (patient, member) in self._state().episodes
        return (WriteReason.ALLOWED, 1) if opened else (WriteReason.NO_EPISODE, 0)

    def batch(self, patient: bytes, author: int, root: bytes) -> tuple[int, int, int] | None:
        for each in self._state().batches:
            if (each.patient, each.author, each.root) == (patient, author, root):
                return each.committed_at, each.count, each.episode
        return None

    def slots(self, patient: bytes, places: Sequence[tuple[int, bytes]]) -> list[tuple[int, int, int] | None]:
        return [self.batch(patient, author, root) for author, root in places]

    def batches(self, patient: bytes) -> list[CommittedBatch]:
        return [each for each in self._state().batches if each.patient == patient]

    def verify(self, root: bytes, leaf: Leaf, proof: Sequence[bytes]) -> Verification:
        hashed = hash_leaf(leaf)
        slot = self.batch(leaf.patient, leaf.author, root) if root_from_proof(hashed, proof) == root else None
        linked = leaf.version == 1 or hashed in self._state().linked
        successor = self._state().successors.get(hashed, bytes(32))
        return Verification(slot is not None, linked, slot[0] if slot else 0, hashed, successor)

    def successors(self, patient: bytes) -> dict[bytes, bytes]:
        self.patient(patient)
        return dict(self._state().successors)

    def is_valid_signature(self, signer: str, digest: bytes, signature: bytes) -> bool:
        self._state()
        return recover(digest, signature) == signer


@dataclass(frozen=True)
class _Pending:
    nonce: int
    account: str
    batches: tuple[BatchCommitment, ...] = ()
    correction: tuple[bytes, Leaf, Leaf, bytes] | None = None


class FakeWriter:
    """`medunion.ledger.RecordWriter` of one account. Gas is 21,000 and 40,000 for each batch."""

    def __init__(self, ledger: FakeLedger, account: str) -> None:
        self.ledger = ledger
        self.account = account
        self.member = ledger.actor_of(account).member
        self.signed: dict[str, _Pending] = {}
        self.sent: list[str] = []

    def sign_commit(self, batches: Sequence[BatchCommitment]) -> SignedTransaction:
        for each in batches:
            self._require(each)
        return self._sign(_Pending(self._next(), self.account, tuple(batches)))

    def sign_supersede(
        self, root: bytes, previous: Leaf, proof: Sequence[bytes], following: Leaf, manifest_digest: bytes
    ) -> SignedTransaction:
        found = self.ledger.verify(root, previous, proof)
        if not found.committed or not found.linked or any(found.successor):
            raise ContractRefused("cannot supersede", error="RecordRegistry_Conflict")
        return self._sign(_Pending(self._next(), self.account, (), (root, previous, following, manifest_digest)))

    def send(self, signed: SignedTransaction) -> Receipt:
        self.sent.append(signed.transaction)
        found = self.receipt(signed.transaction)
        if found is not None:
            return found
        pending = self.signed[signed.transaction]
        expected = self.ledger.chain.state.nonces.get(self.account, 0)
        if pending.nonce < expected:
            raise ChainError("nonce used", reason="nonce-used")
        if pending.nonce > expected:
            raise ChainError("not mined", reason="not-mined")
        return self._execute(signed.transaction, pending)

    def receipt(self, transaction: str) -> Receipt | None:
        self.ledger.head()
        return self.ledger.chain.state.receipts.get(transaction)

    def burn_nonce(self) -> None:
        """Another process sends from this account."""
        self.ledger.chain.mine().nonces[self.account] = self._next() + 1

    def _next(self) -> int:
        return self.ledger.chain.state.nonces.get(self.account, 0)

    def _require(self, batch: BatchCommitment) -> None:
        if self.ledger.may_write(batch.patient, self.member)[0] is not WriteReason.ALLOWED:
            raise ContractRefused("no episode", error="RecordRegistry_Refused", reason=3)
        if self.ledger.batch(batch.patient, self.member, batch.root) is not None:
            raise ContractRefused("committed already", error="RecordRegistry_Refused", reason=2)

    def _sign(self, pending: _Pending) -> SignedTransaction:
        raw = repr(pending).encode()
        name = "0x" + keccak256(raw).hex()
        self.signed[name] = pending
        return SignedTransaction(raw, name)

    def _execute(self, name: str, pending: _Pending) -> Receipt:
        chain = self.ledger.chain
        events: list[Event] = []
        state, block = chain.mine(), len(chain.blocks) - 1

        def add(patient: bytes, root: bytes, count: int, digest: bytes, episode: int) -> None:
            state.batches.append(
                CommittedBatch(patient, self.member, root, count, episode, digest, chain.time, block, name)
            )
            arguments = {"patient": patient, "root": root}
            events.append(Event("RecordRegistry", "Committed", arguments, block, len(events), name, chain.time))

        for each in pending.batches:
            if (each.patient, self.member) in state.episodes and not self.ledger.batch(
                each.patient, self.member, each.root
            ):
                add(each.patient, each.root, each.count, each.manifest_digest, 1)
        if pending.correction is not None:
            _, previous, following, digest = pending.correction
            add(following.patient, hash_leaf(following), 1, digest, 0)
            state.successors[hash_leaf(previous)] = hash_leaf(following)
            state.linked.add(hash_leaf(following))
        state.nonces[self.account] = pending.nonce + 1
        receipt = Receipt(name, block, 21_000 + 40_000 * len(events), tuple(events))
        state.receipts[name] = receipt
        return receipt


def registered(patient: bytes, controller: str, public_key: bytes, configuration: bytes = bytes(32)) -> Patient:
    return Patient(patient, controller, PatientStatus.REGISTERED, 0, 1, public_key, configuration, 0)


def admitted(number: int, kind: MemberKind, public_key: bytes, status: MemberStatus = MemberStatus.ACTIVE) -> Member:
    return Member(number, kind, status, 1, public_key, "")
