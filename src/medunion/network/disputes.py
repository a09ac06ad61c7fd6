"""Disputes from a folder: what members do with their own accounts, what patients sign and a desk relays, and arbiters.

A party's secret for the draw is kept where its keys are: a member's follows from its record secret and the dispute, a
patient's is drawn at random and stands in its wallet.
"""

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from medunion.access.emergency import Statement
from medunion.care.terms import Terms
from medunion.chain.service import SignedAction
from medunion.disputes.dispute import PATIENT, Dispute
from medunion.disputes.exhibits import Exhibits
from medunion.disputes.ruling import Ruling
from medunion.disputes.service import Disputes, commitment
from medunion.identity.wallet import Identity
from medunion.ledger import Receipt
from medunion.network.member import MemberHandle, Session
from medunion.records.patient import PatientReader
from medunion.vocabulary import Role

if TYPE_CHECKING:
    from medunion.network.network import Network

_SECRET = b"medunion/dispute/v1/"


class Party(Protocol):
    """A party of disputes, whichever way its transactions are sent. All refuse as the contract does."""

    @property
    def number(self) -> int:
        """Its member id; `PATIENT` for the patient."""

    def open(self, terms: Terms, claimed: Ruling, reason: Statement) -> Receipt:
        """Opens a dispute about a claim."""

    def commit(self, dispute: bytes) -> Receipt:
        """Commits to its secret."""

    def reveal(self, dispute: bytes) -> Receipt:
        """Brings its secret."""

    def strike(self, dispute: bytes, arbiter: str) -> Receipt:
        """Strikes one of the drawn."""

    def submit(self, dispute: Dispute, record_id: bytes) -> Receipt:
        """Puts one of the records that it can read before the panel."""

    def state(self, dispute: bytes, statement: Statement) -> Receipt:
        """Puts the digest of a statement before the panel."""

    def settle(self, dispute: Dispute, ruling: Ruling) -> Receipt:
        """Agrees to a ruling."""


class MemberParty:
    """A member: it sends itself, with an account that has FINANCE, else one with ADJUDICATOR."""

    def __init__(self, session: Session, member: MemberHandle) -> None:
        """UnknownMember when the member has no such account here."""
        self._session = session
        self._member = member
        self._sender = member.sender(member.find_role(Role.FINANCE) or member.with_role(Role.ADJUDICATOR))
        self._disputes = Disputes(session.ledger, self._sender)

    @property
    def number(self) -> int:
        """Its member id."""
        return self._member.id

    def open(self, terms: Terms, claimed: Ruling, reason: Statement) -> Receipt:
        """Opens; the reason is kept sealed."""
        self._member.keep_statement(reason)
        return self._disputes.open(terms, claimed, reason.digest)

    def commit(self, dispute: bytes) -> Receipt:
        """Commits to its secret."""
        return self._disputes.commit(dispute, commitment(dispute, self.number, self._secret(dispute)))

    def reveal(self, dispute: bytes) -> Receipt:
        """Brings its secret."""
        return self._disputes.reveal(dispute, self.number, self._secret(dispute))

    def strike(self, dispute: bytes, arbiter: str) -> Receipt:
        """Strikes one of the drawn."""
        return self._disputes.strike(dispute, arbiter)

    def submit(self, dispute: Dispute, record_id: bytes) -> Receipt:
        """Puts a record that it wrote or was granted before the panel; AccessRefused, InputError."""
        party = self._disputes.party_of(dispute, self.number)
        record = self._member.records().verify(dispute.patient, record_id)
        exhibits = Exhibits(self._session.ledger, self._sender)
        return exhibits.submit(dispute.id, exhibits.next_number(dispute.id, party), record)

    def state(self, dispute: bytes, statement: Statement) -> Receipt:
        """Puts the digest of a statement before the panel; the text is kept sealed."""
        self._member.keep_statement(statement)
        exhibits = Exhibits(self._session.ledger, self._sender)
        return exhibits.state(dispute, exhibits.next_number(dispute, self.number), statement.digest)

    def settle(self, dispute: Dispute, ruling: Ruling) -> Receipt:
        """Agrees to a ruling."""
        return self._disputes.settle(dispute, ruling)

    def _secret(self, dispute: bytes) -> bytes:
        return hmac.digest(self._member.home.record_secret, _SECRET + dispute, "sha256")


class PatientParty:
    """A patient: its wallet signs, and any member's account relays."""

    def __init__(
        self, session: Session, identity: Identity, relay: MemberHandle, records: Callable[[], PatientReader]
    ) -> None:
        """`records` opens what the patient reads, when a record is put before a panel."""
        self._ledger = session.ledger
        self._identity = identity
        self._records = records
        self._disputes = Disputes(session.ledger, relay.acting(Role.DESK))

    @property
    def number(self) -> int:
        """`PATIENT`."""
        return PATIENT

    def open(self, terms: Terms, claimed: Ruling, reason: Statement) -> Receipt:
        """Opens; whoever calls keeps the reason."""
        return self._relay(self._disputes.sign_open(self._identity, terms, claimed, reason.digest))

    def commit(self, dispute: bytes) -> Receipt:
        """Commits to its secret, which the wallet keeps."""
        hidden = commitment(dispute, PATIENT, self._identity.dispute_secret(dispute))
        return self._relay(self._disputes.sign_commit(self._identity, dispute, hidden))

    def reveal(self, dispute: bytes) -> Receipt:
        """Brings its secret; that needs no signature."""
        return self._disputes.reveal(dispute, PATIENT, self._identity.dispute_secret(dispute))

    def strike(self, dispute: bytes, arbiter: str) -> Receipt:
        """Strikes one of the drawn."""
        return self._relay(self._disputes.sign_strike(self._identity, dispute, arbiter))

    def submit(self, dispute: Dispute, record_id: bytes) -> Receipt:
        """Puts one of the patient's records before the panel."""
        record = self._records().verify(record_id)
        exhibits = Exhibits(self._ledger)
        number = exhibits.next_number(dispute.id, PATIENT)
        return self._relay(exhibits.sign_submit(self._identity, dispute.id, number, record))

    def state(self, dispute: bytes, statement: Statement) -> Receipt:
        """Puts the digest of a statement before the panel; whoever calls keeps the text."""
        exhibits = Exhibits(self._ledger)
        number = exhibits.next_number(dispute, PATIENT)
        return self._relay(exhibits.sign_state(self._identity, dispute, number, statement.digest))

    def settle(self, dispute: Dispute, ruling: Ruling) -> Receipt:
        """Agrees to a ruling."""
        return self._relay(self._disputes.sign_settle(self._identity, dispute, ruling))

    def _relay(self, action: SignedAction) -> Receipt:
        return self._disputes.relay(action)


def party(network: "Network", name: str, relay: str) -> Party:
    """A party of disputes: a member whose folder is here, or the id of a wallet here, for which `relay` sends."""
    if not network.holders.is_wallet(name):
        return MemberParty(network.session, network.member(name))
    identity = network.identity(name)
    return PatientParty(network.session, identity, network.member(relay), lambda: network.patient_records(identity))


def judge(network: "Network", name: str) -> Disputes:
    """Disputes, for who rules: a person acts by the payer account of its wallet, a regulator by its registrar's."""
    if not network.holders.is_wallet(name):
        return Disputes(network.ledger, network.member(name).acting(Role.REGISTRAR))
    sender = network.ledger.sender(network.identity(name).payer)
    network.session.funds.require(sender)
    return Disputes(network.ledger, sender)
