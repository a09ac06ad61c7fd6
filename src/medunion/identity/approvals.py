"""What recovery contacts are asked to sign, and what they answer: texts that any way may carry between machines.

    request  = MUR1 text of {"v": 1, "struct": "Recover" or "Freeze", "place": 28 bytes, "message": the EIP-712 message}
    approval = MUA1 text of {"v": 1, "request": bytes, "contact": account, "signature": 65 bytes, "sealed": bytes}

The approval of a recovery brings the new wallet, sealed to its X25519 key, what the contact keeps (`contacts`): the
patient's lost device was the only other place of it.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from medunion.blobs import dagcbor
from medunion.crypto import hpke
from medunion.crypto.hashing import keccak256
from medunion.errors import CryptoError, InputError
from medunion.identity.checked_text import as_text, from_text
from medunion.identity.contacts import HeldContacts, Place

SUITE = 1
_REQUEST, _APPROVAL = "MUR1", "MUA1"
_VERSION = 1
_CHECKS: dict[str, Any] = {
    "bytes32": lambda value: isinstance(value, bytes) and len(value) == 32,
    "bytes": lambda value: isinstance(value, bytes) and len(value) == 32,
    "address": lambda value: isinstance(value, str) and re.fullmatch("0x[0-9a-fA-F]{40}", value) is not None,
    "number": lambda value: isinstance(value, int) and 0 <= value < 1 << 40,
}


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """What contacts sign, until `deadline` (seconds), in the `round` that the ledger counts."""

    STRUCT: ClassVar[str]
    FIELDS: ClassVar[dict[str, str]]

    patient: bytes
    round: int
    deadline: int

    def message(self) -> dict[str, Any]:
        """The EIP-712 message."""
        return {"patient": self.patient, "round": self.round, "deadline": self.deadline}

    def encode(self, place: Place) -> bytes:
        """As DAG-CBOR."""
        return dagcbor.encode(
            {"v": _VERSION, "struct": self.STRUCT, "place": place.encode(), "message": self.message()}
        )

    def text(self, place: Place) -> str:
        """The request as text."""
        return as_text(_REQUEST, self.encode(place))


@dataclass(frozen=True, slots=True)
class FreezeRequest(ContactRequest):
    """That the patient's controller be stopped for ten days."""

    STRUCT = "Freeze"
    FIELDS = {"patient": "bytes32", "round": "number", "deadline": "number"}


@dataclass(frozen=True, slots=True)
class RecoveryRequest(ContactRequest):
    """That the patient get another controller, with another X25519 key."""

    STRUCT = "Recover"
    FIELDS = {
        "patient": "bytes32",
        "newController": "address",
        "suite": "number",
        "publicKey": "bytes",
        "round": "number",
        "deadline": "number",
    }

    new_controller: str
    public_key: bytes

    def message(self) -> dict[str, Any]:
        """The EIP-712 message."""
        return {
            "patient": self.patient,
            "newController": self.new_controller,
            "suite": SUITE,
            "publicKey": self.public_key,
            "round": self.round,
            "deadline": self.deadline,
        }

    def values(self) -> tuple[Any, ...]:
        """The contract's `RecoveryRequest` struct."""
        return self.patient, self.new_controller, SUITE, self.public_key


def parse_request(text: str, place: Place) -> ContactRequest:
    """The request in a text; InputError when it is none, or for another network."""
    return _decode_request(from_text(_REQUEST, text, "request to a recovery contact"), place)


def _decode_request(data: bytes, place: Place) -> ContactRequest:
    values = dagcbor.decode(data)
    if not isinstance(values, dict) or values.get("v") != _VERSION:
        raise InputError("that is no request of this version")
    if values.get("place") != place.encode():
        raise InputError("the request is for another network")
    message = values.get("message")
    for kind in (RecoveryRequest, FreezeRequest):
        fields = kind.FIELDS
        if values.get("struct") != kind.STRUCT or not isinstance(message, dict) or message.keys() != fields.keys():
            continue
        if all(_CHECKS[fields[name]](value) for name, value in message.items()) and message.get("suite", 1) == SUITE:
            named = (message["patient"], message["round"], message["deadline"])
            if kind is FreezeRequest:
                return FreezeRequest(*named)
            return RecoveryRequest(*named, message["newController"], message["publicKey"])
    raise InputError("the request is not whole")


@dataclass(frozen=True, slots=True, repr=False)
class Approval:
    """A contact's signature under a request; `sealed` is what it keeps, for the new wallet, empty under a freeze."""

    request: ContactRequest
    contact: str
    signature: bytes
    sealed: bytes

    @classmethod
    def make(
        cls, request: ContactRequest, place: Place, contact: str, signature: bytes, held: HeldContacts
    ) -> "Approval":
        """The approval of a contact that signed and keeps `held`."""
        sealed = b""
        if isinstance(request, RecoveryRequest):
            sealed = hpke.seal(request.public_key, _info(request, place, contact), held.encode())
        return cls(request, contact, signature, sealed)

    def text(self, place: Place) -> str:
        """The approval as text."""
        values = {
            "v": _VERSION,
            "request": self.request.encode(place),
            "contact": self.contact,
            "signature": self.signature,
            "sealed": self.sealed,
        }
        return as_text(_APPROVAL, dagcbor.encode(values))

    @classmethod
    def parse(cls, text: str, place: Place) -> "Approval":
        """The approval in a text; InputError when it is none, or for another network."""
        values = dagcbor.decode(from_text(_APPROVAL, text, "approval of a recovery contact"))
        if not isinstance(values, dict) or values.get("v") != _VERSION:
            raise InputError("that is no approval of this version")
        request, contact, signature, sealed = (
            values.get(name) for name in ("request", "contact", "signature", "sealed")
        )
        parts = (request, signature, sealed)
        if not all(isinstance(part, bytes) for part in parts) or not _CHECKS["address"](contact):
            raise InputError("the approval is not whole")
        return cls(_decode_request(values["request"], place), values["contact"], values["signature"], values["sealed"])

    def open(self, place: Place, private_key: bytes) -> HeldContacts:
        """What the contact keeps, as the new wallet whose key the request states; InputError when it does not open."""
        try:
            return HeldContacts.decode(hpke.open(private_key, _info(self.request, place, self.contact), self.sealed))
        except CryptoError:
            raise InputError("the approval was sealed to another wallet", contact=self.contact) from None


def _info(request: ContactRequest, place: Place, contact: str) -> bytes:
    return b"medunion/approval/v1" + keccak256(request.encode(place)) + bytes.fromhex(contact[2:])
