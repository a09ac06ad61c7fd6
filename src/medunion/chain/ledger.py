"""`medunion.ledger.Ledger` over JSON-RPC, and what the domain services need beyond it: calls, events, typed data."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from eth_hash.auto import keccak

from medunion.chain.accounts import Account, recover
from medunion.chain.connection import Connection, NodeRefused
from medunion.chain.contracts import Contracts
from medunion.chain.events import Events
from medunion.chain.sender import DEFAULT_TIMEOUT, Sender
from medunion.chain.typed_data import STRUCTS, domain
from medunion.errors import IntegrityError, UnknownMember, UnknownPatient
from medunion.ledger import (
    AccessReason,
    Actor,
    CommittedBatch,
    Event,
    Leaf,
    Member,
    Patient,
    Scope,
    Signer,
    Verification,
    WriteReason,
)
from medunion.vocabulary import MemberKind, MemberStatus, PatientStatus, Role

SIGNATURE_TERM = 3600
"""Seconds that a signed action may wait for its relayer, unless the caller says otherwise."""

MOST_VALUES = 100
"""The most values of an indexed argument that are asked for together."""

_MAX_LINKS = 16
"""The most ids that one patient is followed through."""

_IS_VALID_SIGNATURE = keccak(b"isValidSignature(bytes32,bytes)")[:4]


def leaf_values(leaf: Leaf) -> tuple[Any, ...]:
    """A leaf as the tuple that `IRecordRegistry.Leaf` encodes."""
    return (
        leaf.patient,
        leaf.author,
        leaf.record_id,
        leaf.version,
        leaf.category,
        leaf.service_day,
        leaf.body_digest,
        leaf.content_commitment,
        leaf.previous_leaf,
    )


class ChainLedger:
    """The contracts of one deployment, read at the latest block."""

    def __init__(self, connection: Connection, addresses: Mapping[str, str], first_block: int) -> None:
        """`addresses` by contract name; events are read from `first_block` on. See `open_deployment` for the checks."""
        self.connection = connection
        self.contracts = Contracts(addresses)
        self._first_block = first_block
        self._events = Events(connection, self.contracts, first_block)
        self._keys: dict[bytes, bytes] = {}

    @property
    def chain_id(self) -> int:
        """The chain's id."""
        return self.connection.chain_id

    @property
    def registry(self) -> str:
        """Address of `RecordRegistry`."""
        return self.contracts.address("RecordRegistry")

    def sender(self, account: Account, *, timeout: float = DEFAULT_TIMEOUT) -> Sender:
        """A sender of transactions for an account; use one per account."""
        return Sender(self.connection, account, self.contracts, first_block=self._first_block, timeout=timeout)

    def call(self, contract: str, function: str, *arguments: Any, sender: str | None = None) -> Any:
        """What a function returns; ContractRefused when it reverts."""
        data = self.contracts.call_data(contract, function, arguments)
        try:
            answer = self.connection.call(self.contracts.address(contract), data, sender=sender)
        except NodeRefused as refusal:
            if refusal.data is None:
                raise
            raise self.contracts.refusal(refusal.data, f"{contract}.{function}") from None
        return self.contracts.result(contract, function, answer)

    def calls(self, questions: Sequence[tuple[Any, ...]]) -> list[Any]:
        """What several functions return, asked for together: (contract, function, *arguments) each."""
        asked = [
            (self.contracts.address(contract), self.contracts.call_data(contract, function, arguments))
            for contract, function, *arguments in questions
        ]
        try:
            answers = self.connection.call_many(asked)
        except NodeRefused as refusal:
            if refusal.data is None:
                raise
            raise self.contracts.refusal(refusal.data, f"{questions[0][0]}.{questions[0][1]}") from None
        return [
            self.contracts.result(contract, function, answer)
            for (contract, function, *_), answer in zip(questions, answers, strict=True)
        ]

    def events(self, contract: str, names: str | Sequence[str], *, since: int = 0, **indexed: Any) -> list[Event]:
        """Events of a contract, oldest first; `indexed` fixes indexed arguments by Solidity name.

        To a value, or to any of a list of values: at most `MOST_VALUES` for every node to take it.
        """
        return self._events.find(contract, names, indexed, since=since)

    def domain(self, contract: str) -> dict[str, Any]:
        """The EIP-712 domain of a contract."""
        return domain(contract, self.chain_id, self.contracts.address(contract))

    def sign(self, signer: Signer, struct: str, message: dict[str, Any]) -> bytes:
        """The signer's signature over one of the contracts' EIP-712 structs."""
        contract, types = STRUCTS[struct]
        return signer.sign_typed(self.domain(contract), types, message)

    def now(self) -> int:
        """The later of this machine's clock and the head's time: an idle chain's clock stands still."""
        return max(int(time.time()), self.head()[1])

    def deadline(self, seconds: int = SIGNATURE_TERM) -> int:
        """The last second of a signature that may wait for `seconds`."""
        return self.now() + seconds

    def head(self) -> tuple[int, int]:
        """Number and timestamp of the latest block."""
        head = self.connection.head()
        return head.number, head.time

    def actor_of(self, account: str) -> Actor:
        """Whom an account acts for."""
        found = self.call("ConsortiumRegistry", "actorOf", account)
        kind = MemberKind(found["kind"]) if found["kind"] else None
        return Actor(found["member"], Role(found["roles"]), MemberStatus(found["status"]), kind)

    def member(self, member: int) -> Member:
        """A member; `UnknownMember` when there is none."""
        found = self.call("ConsortiumRegistry", "memberOf", member)
        if found["status"] == MemberStatus.NONE:
            raise UnknownMember(f"the ledger has no member {member}", member=member)
        key = self._public_key("ConsortiumRegistry", "MemberKeyRotated", found["keyDigest"], member=member)
        return Member(
            member, MemberKind(found["kind"]), MemberStatus(found["status"]), found["keyEpoch"], key, found["nodeUrl"]
        )

    def patient(self, patient: bytes) -> Patient:
        """A patient id; `UnknownPatient` when there is none."""
        authority, key, configuration, nonce = self.calls(
            [("PatientRegistry", name, patient) for name in ("authorityOf", "keyOf", "configurationOf", "nonceOf")]
        )
        if authority["status"] == PatientStatus.NONE:
            raise UnknownPatient("the ledger has no such patient id", patient="0x" + patient.hex())
        return Patient(
            patient=patient,
            controller=authority["controller"],
            status=PatientStatus(authority["status"]),
            until=authority["until"],
            key_epoch=key["epoch"],
            public_key=self._public_key("PatientRegistry", "PatientKeyRotated", key["digest"], patient=patient),
            configuration=configuration,
            nonce=nonce,
        )

    def survivor(self, patient: bytes) -> bytes:
        """The id that speaks for this one: itself, or for a retired one the id that it was linked to in the end.

        IntegrityError after 16 links: nobody registers so often, and a node may lie.
        """
        speaking = patient
        for _ in range(_MAX_LINKS):
            following: bytes = self.call("PatientRegistry", "survivorOf", speaking)
            if not any(following):
                return speaking
            speaking = following
        raise IntegrityError("the id was linked too often", step="link", record=patient.hex(), culprit="node")

    def retired(self, patient: bytes) -> list[bytes]:
        """The retired ids that were linked to this one, directly or through one another."""
        found: list[bytes] = []
        waiting = [patient]
        while waiting and len(found) < _MAX_LINKS:
            linked = self.events("PatientRegistry", "PatientLinked", survivor=waiting.pop(0))
            new = [event.arguments["retired"] for event in linked if event.arguments["retired"] not in found]
            found += new
            waiting += new
        return found

    def configuration_parts(self, patient: bytes) -> dict[int, bytes]:
        """The latest digest of each part of a patient's configuration that changed since registration, by number."""
        changed = self.events("PatientRegistry", "ConfigurationPartChanged", patient=patient)
        return {event.arguments["part"]: event.arguments["digest"] for event in changed}

    def part_changed_at(self, patient: bytes, part: int) -> int:
        """When a part of a patient's configuration changed last; 0 when it never did since registration."""
        changed = self.events("PatientRegistry", "ConfigurationPartChanged", patient=patient, part=part)
        return changed[-1].time if changed else 0

    def grant_of(self, patient: bytes, member: int, lane: int) -> Scope | None:
        """A lane as set."""
        scope = self.call("AccessGrants", "grantOf", patient, member, lane)["scope"]
        if not scope["categories"]:
            return None
        return Scope(scope["categories"], scope["purposes"], scope["restricted"], scope["notBefore"], scope["notAfter"])

    def allows_at(
        self, patient: bytes, member: int, lane: int, purposes: int, categories: int, restricted: int, at: int
    ) -> AccessReason:
        """`IAccessGrants.allowsAt`."""
        return AccessReason(
            self.call("AccessGrants", "allowsAt", patient, member, lane, purposes, categories, restricted, at)
        )

    def emergency_allows_at(self, patient: bytes, member: int, restricted: int, at: int) -> AccessReason:
        """`IEmergencyAccess.emergencyAllowsAt`."""
        return AccessReason(self.call("AccessGrants", "emergencyAllowsAt", patient, member, restricted, at))

    def may_write(self, patient: bytes, member: int) -> tuple[WriteReason, int]:
        """`ICareEpisodes.mayWrite`: reason and episode number."""
        reason, number = self.call("CareEpisodes", "mayWrite", patient, member)
        return WriteReason(reason), number

    def batch(self, patient: bytes, author: int, root: bytes) -> tuple[int, int, int] | None:
        """Commit time, count and episode of a batch, or None."""
        return self.slots(patient, [(author, root)])[0]

    def slots(self, patient: bytes, places: Sequence[tuple[int, bytes]]) -> list[tuple[int, int, int] | None]:
        """`batch` of several, by author and root, asked for together."""
        found = self.calls([("RecordRegistry", "batchOf", patient, author, root) for author, root in places])
        return [
            (each["committedAt"], each["count"], each["episode"]) if each["committedAt"] else None for each in found
        ]

    def batches(self, patient: bytes) -> list[CommittedBatch]:
        """All batches of a patient, oldest first."""
        return [
            CommittedBatch(
                patient=patient,
                author=event.arguments["author"],
                root=event.arguments["root"],
                count=event.arguments["count"],
                episode=event.arguments["episode"],
                manifest_digest=event.arguments["manifestDigest"],
                committed_at=event.time,
                block=event.block,
                transaction=event.transaction,
            )
            for event in self.events("RecordRegistry", "Committed", patient=patient)
        ]

    def verify(self, root: bytes, leaf: Leaf, proof: Sequence[bytes]) -> Verification:
        """`IRecordRegistry.verify`."""
        found = self.call("RecordRegistry", "verify", root, leaf_values(leaf), list(proof))
        return Verification(
            found["committed"], found["linked"], found["committedAt"], found["leafHash"], found["successor"]
        )

    def successors(self, patient: bytes) -> dict[bytes, bytes]:
        """Previous leaf -> leaf that superseded it, for all records of a patient."""
        return {
            event.arguments["previousLeaf"]: event.arguments["newLeaf"]
            for event in self.events("RecordRegistry", "Superseded", patient=patient)
        }

    def is_valid_signature(self, signer: str, digest: bytes, signature: bytes) -> bool:
        """Whether `signer` signed `digest`: ECDSA first, then ERC-1271, as `Signatures.sol` decides it."""
        signed_by = recover(digest, signature)
        if signed_by is not None and signed_by.lower() == signer.lower():
            return True
        if not self.connection.code(signer):
            return False
        words = (digest, (64).to_bytes(32, "big"), len(signature).to_bytes(32, "big"))
        data = _IS_VALID_SIGNATURE + b"".join(words) + signature.ljust(-(-len(signature) // 32) * 32, b"\0")
        try:
            answer = self.connection.call(signer, data)
        except NodeRefused as refusal:
            if refusal.data is None:
                raise
            return False
        return answer[:32] == _IS_VALID_SIGNATURE.ljust(32, b"\0")

    def _public_key(self, contract: str, event: str, digest: bytes, **subject: Any) -> bytes:
        """The key with this digest (`keccak256(suite || key)`), from the event that announced it."""
        if digest not in self._keys:
            for rotated in reversed(self.events(contract, event, **subject)):
                key: bytes = rotated.arguments["publicKey"]
                if keccak(bytes([rotated.arguments["suite"]]) + key) == digest:
                    self._keys[digest] = key
                    break
            else:
                raise IntegrityError(
                    f"no {event} event holds the key that the ledger names", step="key", record=None, culprit="node"
                )
        return self._keys[digest]
