"""What a recovery contact keeps: the preimage of the contacts, and of the configuration's other parts the digests.

With it she can act when the patient's device is gone, and learns of the patient no more than the other contacts'
accounts. The patient's wallet seals it to her as a packet, a text that any way may carry:

    packet  = MUC1 text of {"v": 1, "account": the contact's, "sealed": HPKE to the contact's X25519 key}
    sealed  = DAG-CBOR {"patient", "salt", "threshold", "accounts", "trustees", "representatives"}
    info    = "medunion/contact/v1" || chain id u64 || PatientRegistry 20 || account 20

A packet needs no signature: it is right when the ledger shows its digest, and only the patient can put it there.
"""

import re
from dataclasses import dataclass
from typing import Any

from medunion.blobs import dagcbor
from medunion.crypto import hpke
from medunion.crypto.encoding import uint
from medunion.errors import CryptoError, InputError
from medunion.identity.checked_text import as_text, from_text
from medunion.identity.configuration import Contacts

_PREFIX = "MUC1"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Place:
    """The chain and the address of its `PatientRegistry`: what everything sealed or signed for recovery is bound to."""

    chain_id: int
    registry: str

    def encode(self) -> bytes:
        """28 bytes."""
        return uint(self.chain_id, 8, "chain id") + bytes.fromhex(self.registry[2:])


@dataclass(frozen=True, slots=True)
class Contact:
    """A person whom the patient trusts: the account by which it acts, and the X25519 key of what is sealed to it."""

    account: str
    public_key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class HeldContacts:
    """What one contact keeps for one patient; `trustees` and `representatives` are digests when it was made."""

    patient: bytes
    contacts: Contacts
    trustees: bytes
    representatives: bytes

    def encode(self) -> bytes:
        """As DAG-CBOR: what is sealed to the contact, and what her wallet keeps."""
        return dagcbor.encode(
            {
                "patient": self.patient,
                "salt": self.contacts.salt,
                "threshold": self.contacts.threshold,
                "accounts": list(self.contacts.accounts),
                "trustees": self.trustees,
                "representatives": self.representatives,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> "HeldContacts":
        """What `encode` wrote; InputError when it is none."""
        try:
            values = dagcbor.decode(data)
            words = [values[name] for name in ("patient", "salt", "trustees", "representatives")]
            threshold, accounts = values["threshold"], values["accounts"]
            whole = isinstance(threshold, int) and all(map(_is_account, accounts))
            if not whole or not all(isinstance(word, bytes) and len(word) == 32 for word in words):
                raise TypeError
        except (KeyError, TypeError):
            raise InputError("the packet is not whole") from None
        return cls(words[0], Contacts(words[1], threshold, tuple(accounts)), words[2], words[3])


def seal_packet(held: HeldContacts, place: Place, account: str, public_key: bytes) -> str:
    """The packet for the contact with this account and X25519 key."""
    sealed = hpke.seal(public_key, _info(place, account), held.encode())
    return as_text(_PREFIX, dagcbor.encode({"v": _VERSION, "account": account, "sealed": sealed}))


@dataclass(frozen=True, slots=True, repr=False)
class Packet:
    """A packet as it arrives: for which account, and sealed."""

    account: str
    sealed: bytes

    @classmethod
    def parse(cls, text: str) -> "Packet":
        """The packet in a text; InputError when it is none."""
        values = dagcbor.decode(from_text(_PREFIX, text, "packet for a recovery contact"))
        if not isinstance(values, dict) or values.get("v") != _VERSION:
            raise InputError("that is no packet of this version")
        account, sealed = values.get("account"), values.get("sealed")
        if not isinstance(account, str) or not _is_account(account) or not isinstance(sealed, bytes):
            raise InputError("the packet is not whole")
        return cls(account, sealed)

    def open(self, place: Place, private_key: bytes) -> HeldContacts:
        """What the contact is to keep; InputError when the packet is not for this key, or for another network."""
        try:
            return HeldContacts.decode(hpke.open(private_key, _info(place, self.account), self.sealed))
        except CryptoError:
            raise InputError(
                "the packet does not open: it was sealed to another key, or for another network", account=self.account
            ) from None


def _is_account(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("0x[0-9a-fA-F]{40}", value) is not None


def _info(place: Place, account: str) -> bytes:
    return b"medunion/contact/v1" + place.encode() + bytes.fromhex(account[2:])
