"""Recovery: m of n contacts give a patient a new controller, or freeze the present one. Anybody relays.

Source of the rules: `contracts/interfaces/IPatientRecovery.sol`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from medunion.chain.service import Service, SignedAction
from medunion.chain.typed_data import STRUCTS, digest
from medunion.errors import InputError, UnknownPatient
from medunion.identity.approvals import SUITE, Approval, ContactRequest, FreezeRequest, RecoveryRequest
from medunion.identity.configuration import Digests, Part, configuration_digest
from medunion.identity.contacts import HeldContacts, Packet, Place
from medunion.identity.wallet import Identity
from medunion.ledger import Event, Receipt, Signer
from medunion.vocabulary import RecoveryStage

APPROVAL_TERM = 7 * 86_400
"""Seconds that contacts, who are people elsewhere, have to sign, unless the caller says otherwise."""

_CONTRACT = "PatientRegistry"
_LIVE = (RecoveryStage.PENDING, RecoveryStage.FINAL)


@dataclass(frozen=True, slots=True)
class Recovery:
    """A patient's recovery as the ledger shows it. `round` and `freezes` are the next rounds of either request."""

    stage: RecoveryStage
    new_controller: str
    ready_at: int
    round: int
    freezes: int

    @property
    def live(self) -> bool:
        """Whether one waits to be executed."""
        return self.stage in _LIVE


class Recoveries(Service):
    """Recoveries and freezes on the ledger."""

    @property
    def place(self) -> Place:
        """What texts between patient and contacts are bound to."""
        return Place(self.ledger.chain_id, self.ledger.contracts.address(_CONTRACT))

    def get(self, patient: bytes) -> Recovery:
        """Where the patient's recovery stands; `ready_at` is the first second in which it may be executed."""
        found = self.ledger.call(_CONTRACT, "recoveryOf", patient)
        stage = RecoveryStage(found["stage"])
        return Recovery(stage, found["newController"], found["readyAt"], found["round"], found["freezes"])

    def history(self, patient: bytes) -> list[Event]:
        """Every recovery and freeze, oldest first."""
        names = ("RecoveryScheduled", "RecoveryCancelled", "Recovered", "PatientFrozen")
        return self.ledger.events(_CONTRACT, names, patient=patient)

    def present(self, held: HeldContacts) -> Digests:
        """The configuration's digests as they are now, by what a contact keeps and what changed on the ledger since.

        InputError when the contacts themselves were changed: what is kept is of no use then.
        """
        trustees, contacts, representatives = self._shown(held)
        if contacts != held.contacts.digest or self.ledger.patient(held.patient).configuration != configuration_digest(
            trustees, contacts, representatives
        ):
            raise InputError(
                "the patient's recovery contacts are not those of this packet (any more, or yet): "
                "let the contacts act that the patient named last, each with the packet that names them",
                patient="0x" + held.patient.hex(),
            )
        return trustees, contacts, representatives

    def is_present(self, held: HeldContacts) -> bool:
        """Whether these contacts are the patient's now."""
        try:
            self.present(held)
        except InputError:
            return False
        return True

    def is_named(self, held: HeldContacts) -> bool:
        """Whether these contacts are the patient's now, or are scheduled to be."""
        _, contacts, _ = self._shown(held)
        scheduled, _ = self.ledger.call(_CONTRACT, "scheduledContactsOf", held.patient)
        return held.contacts.digest == scheduled or self.is_present(held)

    def keep(self, identity: Identity, text: str) -> HeldContacts:
        """Keeps in a contact's wallet what a patient's wallet sealed to it, in place of what is no longer right.

        InputError when the packet is for somebody else, or the patient neither has nor scheduled these contacts.
        """
        packet = Packet.parse(text)
        if packet.account not in identity.addresses:
            raise InputError("the packet is for another account", account=packet.account)
        try:
            shown = self.ledger.patient(identity.patient).public_key
        except UnknownPatient:
            shown = None
        held = packet.open(self.place, identity.private_key(shown))
        if not self.is_named(held):
            self.present(held)
        others = [each for each in identity.held if each.patient != held.patient or self.is_named(each)]
        identity.set_held([*(each for each in others if each != held), held])
        return held

    def held_by(self, identity: Identity, patient: bytes) -> HeldContacts:
        """What a contact's id keeps for a patient and is right now; InputError saying what to do when there is none."""
        kept = [held for held in identity.held if held.patient == patient]
        if not kept:
            raise InputError(
                "this wallet keeps no packet of the patient: either it is no contact, or it has to keep one first",
                patient="0x" + patient.hex(),
            )
        named = [held for held in kept if self.is_present(held)]
        if not named:
            self.present(kept[-1])
        return named[0]

    def request(
        self, patient: bytes, new_controller: str, public_key: bytes, *, deadline: int | None = None
    ) -> RecoveryRequest:
        """What the contacts are to sign so that this account becomes the controller, with this X25519 key."""
        until = deadline or self.ledger.deadline(APPROVAL_TERM)
        return RecoveryRequest(patient, self.get(patient).round, until, new_controller, public_key)

    def freeze_request(self, patient: bytes, *, deadline: int | None = None) -> FreezeRequest:
        """What the contacts are to sign so that the controller is stopped."""
        return FreezeRequest(patient, self.get(patient).freezes, deadline or self.ledger.deadline(APPROVAL_TERM))

    def sign(self, signer: Signer, request: ContactRequest) -> bytes:
        """A signature under a request: by a contact, the new controller, or an attesting desk operator."""
        return self.ledger.sign(signer, request.STRUCT, request.message())

    def approve(self, identity: Identity, request: ContactRequest) -> Approval:
        """A contact's approval, with what it keeps; InputError when it is no contact now, or its account changed."""
        held = self.held_by(identity, request.patient)
        account = next((each for each in identity.addresses if each in held.contacts.accounts), None)
        if account is None:
            raise InputError(
                "the account that the patient named is not in this wallet any more: "
                "the patient must name its present account as contact",
                patient="0x" + request.patient.hex(),
            )
        signature = self.sign(identity.account_at(account), request)
        return Approval.make(request, self.place, account, signature, held)

    def schedule(
        self,
        request: RecoveryRequest,
        held: HeldContacts,
        approvals: Sequence[Approval],
        acceptance: bytes,
        attestations: Sequence[tuple[str, bytes]] = (),
    ) -> SignedAction:
        """The recovery, to `relay`; with two hospitals' `attestations` (desk operator, signature) it is final.

        InputError when approvals are too few, for another request, by nobody that is a contact, or not signed.
        """
        if len(attestations) not in (0, 2):
            raise InputError("a final recovery takes the attestation of two hospitals", given=len(attestations))
        arguments = (
            request.values(),
            self._proof(held),
            self._checked(request, held, approvals),
            (request.round, request.deadline, acceptance),
        )
        if not attestations:
            return SignedAction(_CONTRACT, "scheduleRecovery", arguments, request.deadline)
        attested = [tuple(each) for each in attestations]
        return SignedAction(_CONTRACT, "scheduleFinalRecovery", (*arguments, attested), request.deadline)

    def freeze(self, request: FreezeRequest, held: HeldContacts, approvals: Sequence[Approval]) -> SignedAction:
        """The freeze, to `relay`; InputError as `schedule`."""
        signed = self._checked(request, held, approvals)
        arguments = (request.patient, self._proof(held), signed, request.round, request.deadline)
        return SignedAction(_CONTRACT, "freeze", arguments, request.deadline)

    def sign_cancellation(self, identity: Identity, *, deadline: int | None = None) -> SignedAction:
        """Signs as the controller that the pending recovery shall not take place."""
        nonce = int(self.ledger.call(_CONTRACT, "nonceOf", identity.patient))
        until = deadline or self.ledger.deadline()
        message = {"patient": identity.patient, "nonce": nonce, "deadline": until}
        signature = self.ledger.sign(identity, "CancelRecovery", message)
        return SignedAction(_CONTRACT, "cancelRecoveryBySig", (identity.patient, (nonce, until, signature)), until)

    def execute(self, patient: bytes) -> Receipt:
        """Makes the new controller the patient's; ContractRefused before its time. Anybody may."""
        scheduled = self.ledger.events(_CONTRACT, "RecoveryScheduled", patient=patient)
        if not scheduled or not self.get(patient).live:
            raise InputError("no recovery of this patient waits", patient="0x" + patient.hex())
        return self.sender.transact(_CONTRACT, "executeRecovery", patient, SUITE, scheduled[-1].arguments["publicKey"])

    def _shown(self, held: HeldContacts) -> Digests:
        """Each part as it was set last: in an event, else as it was when the packet was made."""
        changed = self.ledger.configuration_parts(held.patient)
        return (
            changed.get(Part.TRUSTEES, held.trustees),
            changed.get(Part.CONTACTS, held.contacts.digest),
            changed.get(Part.REPRESENTATIVES, held.representatives),
        )

    def _proof(self, held: HeldContacts) -> tuple[object, ...]:
        """`IPatientRecovery.ContactsProof`."""
        trustees, _, representatives = self.present(held)
        contacts = held.contacts
        return contacts.salt, contacts.threshold, list(contacts.accounts), trustees, representatives

    def _checked(
        self, request: ContactRequest, held: HeldContacts, approvals: Sequence[Approval]
    ) -> list[tuple[str, bytes]]:
        """(contact, signature) as the contract wants them: enough, all valid, by account."""
        signed_in, types = STRUCTS[request.STRUCT]
        wanted = digest(self.ledger.domain(signed_in), types, request.message())
        found: dict[int, tuple[str, bytes]] = {}
        for each in approvals:
            if each.request != request:
                raise InputError("an approval is of another request: it must be given anew", contact=each.contact)
            if each.contact.lower() not in {account.lower() for account in held.contacts.accounts}:
                raise InputError("an approval is by an account that is no contact of the patient", contact=each.contact)
            if not self.ledger.is_valid_signature(each.contact, wanted, each.signature):
                raise InputError("an approval is not signed by the contact that it names", contact=each.contact)
            found[int(each.contact, 16)] = (each.contact, each.signature)
        require_enough(held, len(found))
        return [found[account] for account in sorted(found)]


def require_enough(held: HeldContacts, given: int) -> None:
    """InputError when fewer contacts approve than are needed."""
    if given < held.contacts.threshold:
        raise InputError("too few contacts approved", needed=held.contacts.threshold, given=given)
