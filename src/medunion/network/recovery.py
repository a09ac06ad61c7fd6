"""A member's desk for recovery: patients name contacts, contacts freeze and recover, the new wallet is made whole.

Any member's desk will do, as for everything that is signed; only linking and attesting take a desk operator as such.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from medunion.care.episodes import Episodes
from medunion.chain.service import SignedAction
from medunion.crypto import hpke
from medunion.errors import ContractRefused, InputError, WalletError
from medunion.governance.members import Members
from medunion.identity.approvals import Approval, FreezeRequest, RecoveryRequest
from medunion.identity.configuration import Configuration, Contacts, Part, Trustees, new_salt
from medunion.identity.contacts import Contact, HeldContacts, seal_packet
from medunion.identity.patients import Patients
from medunion.identity.recovery import Recoveries
from medunion.identity.wallet import Identity
from medunion.keys.appointment import trustees_digest
from medunion.keys.client import KeyClient
from medunion.ledger import Receipt
from medunion.network.desk import Desk
from medunion.network.member import MemberHandle, Session
from medunion.vocabulary import Role

_ATTEMPTS = 8
"""How often a freeze or recovery is sent whose proof is outrun by changes of the configuration."""


class RecoveryDesk:
    """The desk of one member."""

    def __init__(self, session: Session, member: MemberHandle) -> None:
        self._session = session
        self._member = member
        self._sender = member.acting(Role.DESK)
        self._patients = Patients(session.ledger, self._sender)
        self._recoveries = Recoveries(session.ledger, self._sender)

    def set_contacts(
        self, identity: Identity, contacts: Sequence[Contact], threshold: int
    ) -> tuple[Receipt, list[str]]:
        """Names recovery contacts, at once or (where others are set) in 14 days; the receipt, and a packet for each.

        The wallet keeps what they are before anything is sent: it stays nowhere else until the packets are delivered.
        """
        self._patients.reconcile(identity)
        value = Contacts(new_salt(), threshold, tuple(each.account for each in contacts))
        before = identity.scheduled
        identity.set_scheduled(value)
        try:
            receipt = self._patients.relay(self._patients.sign_configuration(identity, Part.CONTACTS, value))
        except ContractRefused:
            identity.set_scheduled(before)
            raise
        self._settle(identity)
        return receipt, [self._packet(identity, value, each) for each in contacts]

    def remove_contacts(self, identity: Identity) -> Receipt:
        """Names no contacts any more, in 14 days."""
        self._patients.reconcile(identity)
        return self._patients.relay(self._patients.sign_configuration(identity, Part.CONTACTS, None))

    def execute_contacts(self, identity: Identity) -> Receipt:
        """Lets scheduled contacts take effect once their time has come."""
        self._patients.reconcile(identity)
        receipt = self._patients.execute_contacts(identity.patient, identity.configuration)
        self._settle(identity)
        return receipt

    def cancel_contacts(self, identity: Identity) -> Receipt:
        """Stops scheduled contacts from taking effect: those that are set stay."""
        receipt = self._patients.relay(self._patients.sign_contacts_cancellation(identity))
        identity.set_scheduled(None)
        return receipt

    def packet(self, identity: Identity, contact: Contact) -> str:
        """Another packet for a contact that is named, or is scheduled to be; InputError for anybody else."""
        for value in (identity.configuration.contacts, identity.scheduled):
            if value is not None and contact.account in value.accounts:
                return self._packet(identity, value, contact)
        raise InputError("that account is no recovery contact of this id", contact=contact.account)

    def start(
        self,
        identity: Identity,
        request: RecoveryRequest,
        approvals: Sequence[Approval],
        attesting: Sequence[MemberHandle] = (),
    ) -> Receipt:
        """Schedules the recovery to the new wallet's id, which keeps what its contacts told it.

        With two `attesting` hospitals, whose desks saw the patient, it is final.
        """
        held = self._told(identity, approvals)
        acceptance = self._recoveries.sign(identity, request)
        attestations = []
        for each in attesting:
            operator = each.account(each.with_role(Role.DESK))
            attestations.append((operator.address, self._recoveries.sign(operator, request)))
        self._recoveries.schedule(request, held, approvals, acceptance, attestations)
        shown = self._recoveries.present(held)
        identity.set_configuration(Configuration(contacts=held.contacts).as_shown(shown))
        return self._relay(lambda: self._recoveries.schedule(request, held, approvals, acceptance, attestations))

    def execute(self, patient: bytes) -> Receipt:
        """Lets a recovery take effect once its time has come."""
        return self._recoveries.execute(patient)

    def cancel(self, identity: Identity) -> Receipt:
        """Cancels a recovery that the controller did not want."""
        return self._recoveries.relay(self._recoveries.sign_cancellation(identity))

    def freeze(self, request: FreezeRequest, held: HeldContacts, approvals: Sequence[Approval]) -> Receipt:
        """Stops the controller for ten days."""
        return self._relay(lambda: self._recoveries.freeze(request, held, approvals))

    def adopt(self, identity: Identity) -> bool:
        """Makes a recovered wallet whole: asks members who the key trustees are. False when none of them knows.

        The configuration is what the ledger shows now: also what somebody changed who had the former key.
        """
        patient = self._patients.reconcile(identity)
        if patient.controller != identity.address:
            raise WalletError("this wallet's account is not the patient's controller yet: execute the recovery first")
        contacts = identity.configuration.contacts
        if contacts is None:
            raise WalletError("this wallet was not recovered by contacts")
        trustees, _, representatives = identity.configuration.digests
        shown = self._recoveries.present(HeldContacts(identity.patient, contacts, trustees, representatives))
        configuration = identity.configuration.as_shown(shown)
        if any(configuration.undisclosed[Part.TRUSTEES]):
            configuration = self._with_trustees(identity, configuration)
        identity.set_configuration(configuration)
        self._announce(identity)
        return not any(configuration.undisclosed[Part.TRUSTEES])

    def link(self, retired: Identity, survivor: Identity) -> Receipt:
        """Retires an id of a patient that goes on as another. Nothing undoes it."""
        request = self._patients.prepare_link(retired.patient, survivor.patient)
        consents = [self._patients.sign_link(each, request) for each in (retired, survivor)]
        return self._patients.relay(self._patients.link(request, consents[0], consents[1]))

    def _settle(self, identity: Identity) -> None:
        """Keeps contacts that took effect, and tells those who hold the appointment, for the configuration changed."""
        before = identity.configuration
        self._patients.reconcile(identity)
        if identity.configuration != before:
            self._announce(identity)

    def _announce(self, identity: Identity) -> None:
        """Tells trustees and treating members, whose appointment holds for one configuration only."""
        treating = [each.member for each in Episodes(self._session.ledger).of(identity.patient)]
        Desk(self._session, self._member).announce(identity, treating)

    def _relay(self, action: Callable[[], SignedAction]) -> Receipt:
        """Relays what proves the contacts by the configuration as it is now, again when that changed on the way.

        Whoever has the key can name other trustees in every block; the approvals are right all the same.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._recoveries.relay(action())
            except ContractRefused as refused:
                if refused.details.get("error") != "PatientRegistry_WrongConfiguration":
                    raise
        return self._recoveries.relay(action())

    def _packet(self, identity: Identity, value: Contacts, contact: Contact) -> str:
        trustees, _, representatives = identity.configuration.digests
        held = HeldContacts(identity.patient, value, trustees, representatives)
        return seal_packet(held, self._recoveries.place, contact.account, contact.public_key)

    def _told(self, identity: Identity, approvals: Sequence[Approval]) -> HeldContacts:
        """What the contacts keep, as the first approval brings it that the ledger confirms."""
        if not approvals:
            raise InputError("no contact has approved the recovery")
        key = identity.private_key()
        told = [each.open(self._recoveries.place, key) for each in approvals]
        for held in told:
            if held.patient == identity.patient and self._recoveries.is_present(held):
                return held
        self._recoveries.present(replace(told[0], patient=identity.patient))
        return told[0]

    def _with_trustees(self, identity: Identity, configuration: Configuration) -> Configuration:
        """The same with the trustees, when a member knows those that the ledger shows."""
        digest = configuration.undisclosed[Part.TRUSTEES]
        ledger = self._session.ledger
        client = KeyClient(
            ledger=ledger,
            directory=self._session.directory,
            requester=0,
            signer=identity,
            unseal=hpke.opener(identity.private_key(ledger.patient(identity.patient).public_key)),
            clock=self._session.clock,
        )
        treating = [each.member for each in Episodes(ledger).of(identity.patient)]
        others = [each.member for each in Members(ledger).all()]
        asked = dict.fromkeys([*treating, *others])
        told = client.appointment(identity.patient, asked, lambda known: trustees_digest(known) == digest)
        if told is None:
            return configuration
        return configuration.with_part(Part.TRUSTEES, Trustees(told.salt, told.trustees))
