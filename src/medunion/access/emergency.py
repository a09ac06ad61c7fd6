"""Break-the-glass: a clinician opens in public, one of another member approves where needed, a registrar reviews.

Source of the rules: `contracts/interfaces/IEmergencyAccess.sol`.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from medunion.chain.service import Service
from medunion.crypto.hashing import keccak256, sha256
from medunion.errors import InputError
from medunion.ledger import AccessReason, Event, Receipt, Signer
from medunion.vocabulary import RestrictedClass

_CONTRACT = "AccessGrants"
_NO_APPROVAL = ("0x" + "00" * 20, 0, b"")


@dataclass(frozen=True, slots=True)
class Statement:
    """A reason or finding as its writer keeps it; on the ledger is its digest, `keccak256(salt || sha256(text))`."""

    text: str
    salt: bytes

    @classmethod
    def new(cls, text: str) -> "Statement":
        """A statement with a fresh salt; InputError when it is empty."""
        if not text.strip():
            raise InputError("a reason must be given, in words", field="reason")
        return cls(text, secrets.token_bytes(32))

    @property
    def digest(self) -> bytes:
        """What stands on the ledger."""
        return keccak256(self.salt + sha256(self.text.encode()))


@dataclass(frozen=True, slots=True)
class EmergencyRequest:
    """What an approving clinician signs: who opens which emergency, and until when the approval may be used."""

    patient: bytes
    member: int
    clinician: str
    reason_digest: bytes
    restricted: int
    number: int
    deadline: int


@dataclass(frozen=True, slots=True)
class Approval:
    """A clinician of another member approved an EmergencyRequest."""

    clinician: str
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Emergency:
    """A break-the-glass event; times in seconds, `not_after` inclusive."""

    emergency_id: bytes
    patient: bytes
    member: int
    number: int
    opened_at: int
    not_after: int
    restricted: int
    reviewed: bool


class Emergencies(Service):
    """Break-the-glass events on the ledger."""

    def request(
        self, patient: bytes, reason: Statement, restricted: RestrictedClass | int = 0, *, deadline: int | None = None
    ) -> EmergencyRequest:
        """States the next emergency of the sender, who is an attested clinician, to open or to have approved first."""
        member = self.ledger.actor_of(self.sender.address).member
        latest = self.latest(patient, member)
        return EmergencyRequest(
            patient,
            member,
            self.sender.address,
            reason.digest,
            int(restricted),
            latest.number + 1 if latest else 1,
            deadline or self.ledger.deadline(),
        )

    def approve(self, signer: Signer, request: EmergencyRequest) -> Approval:
        """Signs an approval as an attested clinician of another member."""
        message = {
            "patient": request.patient,
            "member": request.member,
            "clinician": request.clinician,
            "reasonDigest": request.reason_digest,
            "restricted": request.restricted,
            "number": request.number,
            "deadline": request.deadline,
        }
        return Approval(signer.address, request.deadline, self.ledger.sign(signer, "ApproveEmergency", message))

    def open(self, request: EmergencyRequest, approval: Approval | None = None) -> tuple[Emergency, Receipt]:
        """Breaks the glass for four hours; ContractRefused (`EmergencyAccess_ApprovalRequired`) when one is needed."""
        given = (approval.clinician, approval.deadline, approval.signature) if approval else _NO_APPROVAL
        receipt = self.sender.transact(
            _CONTRACT, "openEmergency", request.patient, request.reason_digest, request.restricted, given
        )
        opened = next(event for event in receipt.events if event.name == "EmergencyOpened")
        emergency = self.get(opened.arguments["emergencyId"])
        if emergency is None:
            raise AssertionError("an opened emergency is on the ledger")
        return emergency, receipt

    def review(self, emergency_id: bytes, justified: bool, finding: Statement) -> Receipt:
        """Closes the review. The sender is a registrar."""
        return self.sender.transact(_CONTRACT, "reviewEmergency", emergency_id, justified, finding.digest)

    def get(self, emergency_id: bytes) -> Emergency | None:
        """An emergency, or None when there is none."""
        found = self.ledger.call(_CONTRACT, "emergencyOf", emergency_id)
        if not found["number"]:
            return None
        return Emergency(
            emergency_id,
            found["patient"],
            found["member"],
            found["number"],
            found["openedAt"],
            found["notAfter"],
            found["restricted"],
            found["reviewed"],
        )

    def latest(self, patient: bytes, member: int) -> Emergency | None:
        """A member's latest emergency for a patient."""
        number = self.ledger.call(_CONTRACT, "latestEmergencyOf", patient, member)["number"]
        return self.get(emergency_id_of(patient, member, number)) if number else None

    def allows(
        self, patient: bytes, member: int, restricted: RestrictedClass | int = 0, at: int | None = None
    ) -> AccessReason:
        """Whether a live emergency allows reading at a second, now unless given."""
        moment = self.ledger.now() if at is None else at
        return self.ledger.emergency_allows_at(patient, member, int(restricted), moment)

    def unreviewed(self, member: int) -> int:
        """How many emergencies of a member wait for review."""
        return int(self.ledger.call(_CONTRACT, "unreviewedOf", member))

    def of(self, patient: bytes | None = None, member: int | None = None) -> list[Emergency]:
        """Emergencies, oldest first; of a patient, of a member, or all."""
        fixed: dict[str, Any] = {}
        if patient is not None:
            fixed["patient"] = patient
        if member is not None:
            fixed["member"] = member
        events = self.ledger.events(_CONTRACT, "EmergencyOpened", **fixed)
        found = (self.get(event.arguments["emergencyId"]) for event in events)
        return [emergency for emergency in found if emergency is not None]

    def history(self, patient: bytes) -> list[Event]:
        """The notices to a patient: every emergency and its review, oldest first."""
        opened = self.ledger.events(_CONTRACT, "EmergencyOpened", patient=patient)
        ids = {event.arguments["emergencyId"] for event in opened}
        reviewed = [
            event
            for emergency_id in sorted(ids)
            for event in self.ledger.events(_CONTRACT, "EmergencyReviewed", emergencyId=emergency_id)
        ]
        return sorted([*opened, *reviewed], key=lambda event: (event.block, event.log_index))


def emergency_id_of(patient: bytes, member: int, number: int) -> bytes:
    """`keccak256(abi.encode(patient, member, number))`."""
    return keccak256(patient + member.to_bytes(32, "big") + number.to_bytes(32, "big"))
