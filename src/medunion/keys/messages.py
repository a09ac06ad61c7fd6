"""The messages between members: EIP-712 for the signature, DAG-CBOR on the wire.

    envelope = {"v": 1, "kind": name, "message": {Solidity field name: value}, "signature": bytes, "payload": bytes}

A payload is sealed by HPKE and named in the message by its keccak256. A refusal is `{"v": 1, "kind": "Refusal", "code",
"reason", "by", "culprit"}` and is not signed: who refuses to answer cannot be made to sign that.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, Self, TypeVar

from medunion.blobs import dagcbor
from medunion.crypto.encoding import uint
from medunion.crypto.hashing import keccak256
from medunion.errors import AccessRefused, InputError, MedUnionError
from medunion.keys import typed_data
from medunion.ledger import Ledger, Signer

NO_LANE = 255
"""The lane of a request that stands on no grant: the patient's own, or an emergency."""

MAX_BATCHES = 4096
"""The most batches in one request or deposit."""


_NAMED = ("by", "culprit")
"""Members that a refusal may name: who refuses, and whose wrong the reason is."""

_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")


def _typed(kind: str) -> Any:
    return field(metadata={"type": kind})


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


_LAYOUTS: dict[str, tuple[tuple[str, str, str], ...]] = {}


def _layout(kind: type["Struct"]) -> tuple[tuple[str, str, str], ...]:
    """(attribute, Solidity name, Solidity type) of each field."""
    known = _LAYOUTS.get(kind.__name__)
    if known is None:
        known = tuple((each.name, _camel(each.name), each.metadata["type"]) for each in fields(kind))
        _LAYOUTS[kind.__name__] = known
    return known


@dataclass(frozen=True, slots=True)
class Struct:
    """A flat EIP-712 struct; its fields are named in Solidity as here, in camel case."""

    LISTS: ClassVar[Mapping[str, type["Struct"]]] = {}

    @classmethod
    def types(cls) -> dict[str, list[dict[str, str]]]:
        """EIP-712 types of this struct and of those in its lists."""
        found = {cls.__name__: [{"name": name, "type": kind} for _, name, kind in _layout(cls)]}
        for inner in cls.LISTS.values():
            found |= inner.types()
        return found

    def message(self) -> dict[str, Any]:
        """The values by Solidity name."""
        return {
            name: [each.message() for each in getattr(self, attribute)]
            if kind.endswith("[]")
            else getattr(self, attribute)
            for attribute, name, kind in _layout(type(self))
        }

    @classmethod
    def parse(cls, message: Any) -> Self:
        """The struct with these values; InputError when one is missing, unknown or out of range."""
        layout = _layout(cls)
        if not isinstance(message, dict) or set(message) != {name for _, name, _ in layout}:
            raise InputError(f"the fields are not those of {cls.__name__}")
        return cls(**{attribute: cls._value(name, kind, message[name]) for attribute, name, kind in layout})

    @classmethod
    def _value(cls, name: str, kind: str, value: Any) -> Any:
        if kind.endswith("[]"):
            if isinstance(value, list) and 0 < len(value) <= MAX_BATCHES:
                return tuple(map(cls.LISTS[name].parse, value))
        elif kind == "address":
            if isinstance(value, str) and _ADDRESS.fullmatch(value):
                return value
        elif kind == "bytes32":
            if isinstance(value, bytes) and len(value) == 32:
                return value
        elif isinstance(value, int) and 0 <= value < 1 << int(kind.removeprefix("uint")):
            return value
        raise InputError(f"{name} of {cls.__name__} is malformed", field=name)

    def digest(self, ledger: Ledger) -> bytes:
        """The EIP-712 digest in the domain of this ledger's `RecordRegistry`."""
        in_domain = typed_data.domain(ledger.chain_id, ledger.registry)
        return typed_data.digest(in_domain, self.types(), type(self).__name__, self.message())


@dataclass(frozen=True, slots=True)
class BatchRef(Struct):
    """A batch of the patient that the message is about."""

    author: int = _typed("uint32")
    root: bytes = _typed("bytes32")


@dataclass(frozen=True, slots=True)
class KeyRequest(Struct):
    """Asks one release point for section keys. `requester` 0 is the patient; `purpose` one bit; `expiry` in seconds."""

    LISTS = {"batches": BatchRef}

    release_point: int = _typed("uint32")
    requester: int = _typed("uint32")
    signer: str = _typed("address")
    patient: bytes = _typed("bytes32")
    lane: int = _typed("uint8")
    purpose: int = _typed("uint16")
    categories: int = _typed("uint16")
    restricted: int = _typed("uint8")
    batches: tuple[BatchRef, ...] = _typed("BatchRef[]")
    nonce: bytes = _typed("bytes32")
    expiry: int = _typed("uint40")


@dataclass(frozen=True, slots=True)
class ShareRequest(Struct):
    """Asks a holder for what a trustee must hold of these batches, and what it holds. `requester` 0 is the patient."""

    LISTS = {"batches": BatchRef}

    release_point: int = _typed("uint32")
    requester: int = _typed("uint32")
    signer: str = _typed("address")
    patient: bytes = _typed("bytes32")
    batches: tuple[BatchRef, ...] = _typed("BatchRef[]")
    nonce: bytes = _typed("bytes32")
    expiry: int = _typed("uint40")


@dataclass(frozen=True, slots=True)
class AccessLogRequest(Struct):
    """The patient asks a member who asked it for keys."""

    release_point: int = _typed("uint32")
    signer: str = _typed("address")
    patient: bytes = _typed("bytes32")
    nonce: bytes = _typed("bytes32")
    expiry: int = _typed("uint40")


@dataclass(frozen=True, slots=True)
class AppointmentRequest(Struct):
    """The patient, whose wallet was lost, asks a member who her key trustees are."""

    release_point: int = _typed("uint32")
    signer: str = _typed("address")
    patient: bytes = _typed("bytes32")
    nonce: bytes = _typed("bytes32")
    expiry: int = _typed("uint40")


@dataclass(frozen=True, slots=True)
class KeyRelease(Struct):
    """The signed answer to a request, over the sealed payload."""

    request_digest: bytes = _typed("bytes32")
    responder: int = _typed("uint32")
    signer: str = _typed("address")
    payload_digest: bytes = _typed("bytes32")


@dataclass(frozen=True, slots=True)
class DepositedBatch(Struct):
    """A batch whose shares a deposit holds."""

    root: bytes = _typed("bytes32")
    manifest_digest: bytes = _typed("bytes32")


@dataclass(frozen=True, slots=True)
class ShareDeposit(Struct):
    """An author's shares for one trustee of a patient, for all batches that it committed together."""

    LISTS = {"batches": DepositedBatch}

    author: int = _typed("uint32")
    trustee: int = _typed("uint32")
    signer: str = _typed("address")
    patient: bytes = _typed("bytes32")
    batches: tuple[DepositedBatch, ...] = _typed("DepositedBatch[]")
    payload_digest: bytes = _typed("bytes32")


@dataclass(frozen=True, slots=True)
class KeyReceipt(Struct):
    """A member's signed acknowledgement of a deposit or an appointment, by that message's digest."""

    message_digest: bytes = _typed("bytes32")
    responder: int = _typed("uint32")
    signer: str = _typed("address")


M = TypeVar("M", bound=Struct)


@dataclass(frozen=True, slots=True)
class Envelope(Generic[M]):
    """A received message."""

    message: M
    signature: bytes
    payload: bytes

    def signed_by(self, ledger: Ledger, account: str) -> bool:
        """Whether `account` signed the message in this ledger's domain."""
        return ledger.is_valid_signature(account, self.message.digest(ledger), self.signature)


def seal_envelope(message: Struct, signer: Signer, ledger: Ledger, payload: bytes = b"") -> bytes:
    """The message, signed, as bytes."""
    in_domain = typed_data.domain(ledger.chain_id, ledger.registry)
    return dagcbor.encode(
        {
            "v": 1,
            "kind": type(message).__name__,
            "message": message.message(),
            "signature": signer.sign_typed(in_domain, message.types(), message.message()),
            "payload": payload,
        }
    )


def open_envelope(kind: type[M], data: bytes) -> Envelope[M]:
    """The message of this kind in `data`; InputError when it is none, AccessRefused when it is a refusal."""
    envelope = dagcbor.decode(data)
    if not isinstance(envelope, dict) or envelope.get("v") != 1:
        raise InputError("the message is of an unknown version")
    if envelope.get("kind") == "Refusal":
        reason = str(envelope.get("reason"))
        named = {name: envelope[name] for name in _NAMED if isinstance(envelope.get(name), int)}
        raise AccessRefused(f"refused: {reason}", reason=reason, **named)
    signature, payload = envelope.get("signature"), envelope.get("payload")
    if envelope.get("kind") != kind.__name__ or not isinstance(signature, bytes) or not isinstance(payload, bytes):
        raise InputError(f"the message is no {kind.__name__}")
    return Envelope(kind.parse(envelope.get("message")), signature, payload)


def refusal(failure: MedUnionError) -> bytes:
    """A refusal as bytes."""
    reason = str(failure.details.get("reason", failure.code))
    named = {name: failure.details[name] for name in _NAMED if isinstance(failure.details.get(name), int)}
    return dagcbor.encode({"v": 1, "kind": "Refusal", "code": failure.code, "reason": reason, **named})


def payload_digest(payload: bytes) -> bytes:
    """The digest by which a message names its payload."""
    return keccak256(payload)


def release_info(request_digest: bytes, responder: int) -> bytes:
    """HPKE info of a release: which request it answers, and who answers."""
    return b"medunion/release/v1" + request_digest + uint(responder, 4, "responder")


def deposit_info(ledger: Ledger, deposit: "ShareDeposit") -> bytes:
    """HPKE info of a deposit: chain, registry, all that its message says but the signer and the payload's digest."""
    parts = [b"medunion/deposit/v1", uint(ledger.chain_id, 8, "chain id"), bytes.fromhex(ledger.registry[2:])]
    parts += [deposit.patient, uint(deposit.author, 4, "author"), uint(deposit.trustee, 4, "trustee")]
    parts += [batch.root + batch.manifest_digest for batch in deposit.batches]
    return b"".join(parts)
