"""Episodes of care: the right of a member to write for a patient, one at a time.

Source of the rules: `contracts/interfaces/ICareEpisodes.sol`; the shape follows FHIR R4 EpisodeOfCare.
"""

from dataclasses import dataclass
from enum import IntEnum

from medunion.chain.service import Service, SignedAction
from medunion.identity.configuration import Configuration
from medunion.identity.patients import representatives_proof
from medunion.ledger import Event, Receipt, Signer, WriteReason

_CONTRACT = "CareEpisodes"


class Origin(IntEnum):
    """How an episode came to be, as `EpisodeOrigin` numbers it."""

    NONE = 0
    CHECK_IN = 1
    REPRESENTATIVE = 2
    EMERGENCY = 3
    DEPENDENT = 4


@dataclass(frozen=True, slots=True)
class Episode:
    """The latest episode of (patient, member); `closed_at` is 0 while it has no end, else the first second after it."""

    patient: bytes
    member: int
    number: int
    opened_at: int
    closed_at: int
    origin: Origin
    opener: int

    def is_open(self, at: int) -> bool:
        """Whether it runs in a second."""
        return self.closed_at == 0 or at < self.closed_at


class Episodes(Service):
    """Episodes on the ledger."""

    def get(self, patient: bytes, member: int) -> Episode | None:
        """The latest episode of (patient, member), or None."""
        found = self.ledger.call(_CONTRACT, "episodeOf", patient, member)
        if not found["number"]:
            return None
        return Episode(
            patient,
            member,
            found["number"],
            found["openedAt"],
            found["closedAt"],
            Origin(found["origin"]),
            found["opener"],
        )

    def of(self, patient: bytes) -> list[Episode]:
        """The latest episode at each member that ever had one, by member."""
        members = {
            event.arguments["member"] for event in self.ledger.events(_CONTRACT, "EpisodeOpened", patient=patient)
        }
        found = (self.get(patient, member) for member in sorted(members))
        return [episode for episode in found if episode is not None]

    def history(self, patient: bytes) -> list[Event]:
        """Every opening and closing, oldest first."""
        return self.ledger.events(_CONTRACT, ("EpisodeOpened", "EpisodeClosed"), patient=patient)

    def may_write(self, patient: bytes, member: int) -> tuple[WriteReason, int]:
        """Whether a member may write now, and in which episode."""
        return self.ledger.may_write(patient, member)

    def sign_check_in(
        self, signer: Signer, patient: bytes, member: int, *, deadline: int | None = None
    ) -> SignedAction:
        """Signs a check-in as the controller, for anybody to `relay`."""
        return self._sign(signer, "CheckIn", "openBySig", patient, member, deadline)

    def check_in(self, patient: bytes, member: int) -> Receipt:
        """Checks in. The sender is the controller."""
        return self.sender.transact(_CONTRACT, "open", patient, member)

    def sign_check_in_by_representative(
        self,
        signer: Signer,
        patient: bytes,
        member: int,
        configuration: Configuration,
        *,
        deadline: int | None = None,
    ) -> SignedAction:
        """Signs a check-in as a representative, proved by the preimages of the patient's configuration."""
        nonce, until = self.nonce(patient, member), deadline or self.ledger.deadline()
        message = {"patient": patient, "member": member, "nonce": nonce, "deadline": until}
        signature = self.ledger.sign(signer, "CheckIn", message)
        proof = representatives_proof(configuration)
        arguments = (patient, member, signer.address, proof, nonce, until, signature)
        return SignedAction(_CONTRACT, "openByRepresentative", arguments, until)

    def open_in_emergency(self, patient: bytes) -> Receipt:
        """Opens one that ends with the live emergency of the sender's member. The sender is desk or clinician."""
        return self.sender.transact(_CONTRACT, "openInEmergency", patient)

    def open_dependent(self, patient: bytes, member: int) -> Receipt:
        """Opens one for a laboratory or pharmacy. The sender is desk of a member with an open episode of its own."""
        return self.sender.transact(_CONTRACT, "openDependent", patient, member)

    def sign_check_out(
        self, signer: Signer, patient: bytes, member: int, *, deadline: int | None = None
    ) -> SignedAction:
        """Signs a check-out as the controller, for anybody to `relay`."""
        return self._sign(signer, "CheckOut", "closeBySig", patient, member, deadline)

    def check_out(self, patient: bytes, member: int) -> Receipt:
        """Checks out. The sender is the controller."""
        return self.sender.transact(_CONTRACT, "close", patient, member)

    def close(self, patient: bytes) -> Receipt:
        """Closes the episode of the sender's member. The sender is desk."""
        return self.sender.transact(_CONTRACT, "closeOwn", patient)

    def close_dependent(self, patient: bytes, member: int) -> Receipt:
        """Closes a dependent episode that the sender's member opened. The sender is desk."""
        return self.sender.transact(_CONTRACT, "closeDependent", patient, member)

    def nonce(self, patient: bytes, member: int) -> int:
        """The next nonce of (patient, member)."""
        return int(self.ledger.call(_CONTRACT, "nonceOf", patient, member))

    def _sign(
        self, signer: Signer, struct: str, function: str, patient: bytes, member: int, deadline: int | None
    ) -> SignedAction:
        nonce, until = self.nonce(patient, member), deadline or self.ledger.deadline()
        message = {"patient": patient, "member": member, "nonce": nonce, "deadline": until}
        signature = self.ledger.sign(signer, struct, message)
        return SignedAction(_CONTRACT, function, (patient, member, nonce, until, signature), until)
