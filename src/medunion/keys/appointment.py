"""A patient's key trustees: named by a salted digest on the ledger, told to those who must know.

    trustees digest = keccak256(abi.encode(bytes32 salt, uint32[] trustees)), zero when nobody is named
    configuration   = keccak256(abi.encode(trustees, contacts, representatives digests)), zero when all three are

The wallet seals the preimage to each trustee, to each former one and to each author that treats the patient. No
signature is needed: the preimage is right when its digest is on the ledger, and only the patient can put it there.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from medunion.blobs import dagcbor
from medunion.crypto import hpke
from medunion.crypto.encoding import uint
from medunion.crypto.hpke import Unseal
from medunion.crypto.shares import TRUSTEES
from medunion.errors import AccessRefused, CryptoError, InputError
from medunion.identity import configuration
from medunion.identity.configuration import ZERO, Part, Trustees
from medunion.keys.holdings import Appointment
from medunion.keys.store import KeyStore
from medunion.ledger import Ledger
from medunion.vocabulary import MemberKind, MemberStatus

RETENTION = 30 * 86_400
"""Seconds that a change of trustees must have stood on the ledger before anybody deletes a share because of it.

Longer than any recovery takes (`IPatientRegistry`, `IPatientRecovery`, in days): a thief who cancels one on its last
day (7) meets a final one (7); a freeze lasts 10, and contacts that he schedules take 14. Two weeks are left to notice.
"""


def appoint(
    patient: bytes, trustees: Sequence[int], contacts: bytes = ZERO, representatives: bytes = ZERO
) -> Appointment:
    """A new appointment with a fresh salt; InputError unless it names none, one, or three different members."""
    if len(trustees) not in (0, 1, 3) or len(set(trustees)) != len(trustees) or 0 in trustees:
        raise InputError("a patient names no key trustee, one, or three different ones", trustees=list(trustees))
    return Appointment(patient, secrets.token_bytes(32), tuple(trustees), contacts, representatives)


def trustees_digest(appointment: Appointment) -> bytes:
    """The digest of the trustees part."""
    return Trustees(appointment.salt, appointment.trustees).digest if appointment.trustees else ZERO


def configuration_digest(appointment: Appointment) -> bytes:
    """What `IPatientRegistry.configurationOf` shows when this appointment holds."""
    return configuration.configuration_digest(
        trustees_digest(appointment), appointment.contacts, appointment.representatives
    )


def position(appointment: Appointment, member: int) -> int:
    """Which trustee (1-3) a member is; 0 when it is none."""
    return appointment.trustees.index(member) + 1 if member in appointment.trustees else 0


def due_shares(appointment: Appointment, member: int) -> frozenset[int]:
    """The shares (1-3) that a trustee holds: all but the one of its position; the only trustee all; nobody else any."""
    place = position(appointment, member)
    if not place:
        return frozenset()
    return frozenset(TRUSTEES) if len(appointment.trustees) == 1 else frozenset(TRUSTEES) - {place}


def served(held: frozenset[int], due: frozenset[int]) -> frozenset[int]:
    """The shares that a trustee gives of those it holds: what is due and no more, once it holds all of that."""
    return due if due <= held else held


def kept_until(ledger: Ledger, patient: bytes) -> int:
    """Until when nobody deletes shares because the trustees changed; 0 when they never did since registration."""
    changed = ledger.part_changed_at(patient, Part.TRUSTEES)
    return changed + RETENTION if changed else 0


def kept_in_place(former: Sequence[int], trustees: Sequence[int]) -> tuple[int, ...]:
    """`trustees` in such an order that whoever was one of the three `former` stays at its position.

    A trustee that moved to another position would come to hold every share.
    """
    if len(former) != 3 or len(trustees) != 3:
        return tuple(trustees)
    fresh = iter([each for each in trustees if each not in former])
    return tuple(each if each in trustees else next(fresh) for each in former)


def moved(history: Sequence[Appointment], appointment: Appointment, member: int) -> bool:
    """Whether a member was one of three trustees at another position than now: it may still hold what it lacks now."""
    place = position(appointment, member)
    earlier = [named for each in (appointment, *history) for named in (each.trustees, each.former)]
    return len(appointment.trustees) == 3 and any(
        len(named) == 3 and member in named and named.index(member) + 1 != place for named in earlier
    )


def current_appointment(ledger: Ledger, store: KeyStore, patient: bytes) -> Appointment | None:
    """The appointment that holds on the ledger now, when this member was told of its trustees."""
    shown = ledger.patient(patient).configuration
    if shown == ZERO:
        return Appointment(patient, ZERO, (), ZERO, ZERO)
    history = store.appointments(patient)
    if history and configuration_digest(history[0]) == shown:
        return history[0]
    # The other parts may have changed since: the ledger tells their digests, and so the trustees need not be told.
    parts = ledger.configuration_parts(patient) if history else {}
    for each in history:
        contacts = parts.get(Part.CONTACTS, each.contacts)
        known = replace(each, contacts=contacts, representatives=parts.get(Part.REPRESENTATIVES, each.representatives))
        if configuration_digest(known) == shown:
            return known
    return None


def require_eligible(ledger: Ledger, trustees: Sequence[int]) -> None:
    """AccessRefused when a trustee is an insurer, whose interest is in the content, or has left the consortium."""
    _refuse_insurers(ledger, trustees)
    for trustee in trustees:
        if ledger.member(trustee).status is MemberStatus.LEFT:
            raise AccessRefused("a member that left cannot be a key trustee", reason="member-not-active", by=trustee)


def preimage(appointment: Appointment) -> dict[str, Any]:
    """An appointment as DAG-CBOR values: what is told to members, and told back to the patient."""
    return {
        "patient": appointment.patient,
        "salt": appointment.salt,
        "trustees": list(appointment.trustees),
        "contacts": appointment.contacts,
        "representatives": appointment.representatives,
        "former": list(appointment.former),
    }


def from_preimage(values: Any) -> Appointment:
    """The appointment in such values; InputError when they are none."""
    try:
        words = [values[name] for name in ("patient", "salt", "contacts", "representatives")]
        trustees, former = tuple(values["trustees"]), tuple(values["former"])
        if any(len(word) != 32 for word in words) or not all(isinstance(each, int) for each in trustees + former):
            raise TypeError
    except (KeyError, TypeError) as cause:
        raise InputError("the appointment is malformed") from cause
    return Appointment(words[0], words[1], trustees, words[2], words[3], former)


def seal_appointment(appointment: Appointment, ledger: Ledger, member: int) -> bytes:
    """The message that tells `member` of an appointment, sealed to the key that the ledger shows now."""
    told = dagcbor.encode(preimage(appointment))
    payload = hpke.seal(ledger.member(member).public_key, _info(ledger, member), told)
    return dagcbor.encode({"v": 1, "kind": "Appointment", "member": member, "payload": payload})


def open_appointment(message: bytes, ledger: Ledger, member: int, unseal: Unseal) -> Appointment:
    """The appointment in a message to `member`, once the ledger shows it; InputError or AccessRefused otherwise."""
    envelope = dagcbor.decode(message)
    if not isinstance(envelope, dict) or envelope.get("kind") != "Appointment" or envelope.get("v") != 1:
        raise InputError("the message is no appointment")
    if envelope.get("member") != member or not isinstance(envelope.get("payload"), bytes):
        raise AccessRefused("the appointment is for another member", reason="wrong-release-point")
    try:
        opened = unseal(_info(ledger, member), envelope["payload"])
    except CryptoError:
        raise AccessRefused("the appointment is sealed to another key", reason="wrong-key", by=member) from None
    appointment = from_preimage(dagcbor.decode(opened))
    trustees = appointment.trustees
    if len(trustees) not in (0, 1, 3) or ledger.patient(appointment.patient).configuration != configuration_digest(
        appointment
    ):
        raise AccessRefused("the ledger shows another configuration", reason="wrong-configuration")
    _refuse_insurers(ledger, trustees)
    return appointment


def _refuse_insurers(ledger: Ledger, trustees: Sequence[int]) -> None:
    for trustee in trustees:
        if ledger.member(trustee).kind is MemberKind.INSURER:
            raise AccessRefused("an insurer cannot be a key trustee", reason="insurer-as-trustee", by=trustee)


def _info(ledger: Ledger, member: int) -> bytes:
    place = uint(ledger.chain_id, 8, "chain id") + bytes.fromhex(ledger.registry[2:])
    return b"medunion/appointment/v1" + place + uint(member, 4, "member")
