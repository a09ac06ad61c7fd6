"""What happens at a member's desk: a patient signs with its wallet, the member relays, and those concerned are told.

Each function also keeps the wallet in line with the ledger, and tells key trustees and treating members who they are.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from medunion.access.grants import LANES, Grants
from medunion.care.episodes import Episodes
from medunion.chain.service import SignedAction
from medunion.errors import AccessRefused, ContractRefused, InputError, MedUnionError
from medunion.identity.configuration import ZERO, Part, Trustees, new_salt
from medunion.identity.patients import Patients
from medunion.identity.wallet import Identity
from medunion.keys.appointment import kept_in_place, require_eligible, seal_appointment
from medunion.keys.holdings import Appointment
from medunion.keys.messages import KeyReceipt, open_envelope
from medunion.ledger import Receipt, Scope
from medunion.network.member import MemberHandle, Session
from medunion.vocabulary import MemberStatus, Role


class Desk:
    """The desk of one member; any member's will do for what a patient signs."""

    def __init__(self, session: Session, member: MemberHandle) -> None:
        self._session = session
        self._member = member
        self._sender = member.acting(Role.DESK)

    def register(
        self,
        identity: Identity,
        *,
        trustees: Sequence[int] = (),
        provisional: bool = False,
        assisted: bool = False,
    ) -> Receipt:
        """Registers a wallet's id with none, one or three key trustees; provisionally with none."""
        ledger = self._session.ledger
        sponsor = self._member.id if provisional else 0
        patients = Patients(ledger, self._sender)
        with self._naming(identity, trustees):
            receipt = patients.relay(patients.sign_registration(identity, assisted=assisted, sponsor=sponsor))
        self.announce(identity)
        return receipt

    def take_over(
        self, present: Identity, following: Identity, *, trustees: Sequence[int] = (), assisted: bool = False
    ) -> Receipt:
        """Hands a provisional id from the member's wallet to the patient's, which has adopted it."""
        ledger = self._session.ledger
        patients = Patients(ledger, self._sender)
        with self._naming(following, trustees):
            request = patients.prepare_take_over(present.patient, following, assisted=assisted)
            consent, acceptance = (patients.sign_take_over(each, request) for each in (present, following))
            receipt = patients.relay(patients.take_over(request, consent, acceptance))
        self.announce(following)
        return receipt

    def rotate_key(self, identity: Identity) -> Receipt:
        """Replaces the wallet's X25519 key; the former one is forgotten once the ledger shows the new one."""
        patients = Patients(self._session.ledger, self._sender)
        patients.reconcile(identity)
        receipt = patients.relay(patients.sign_key_rotation(identity, identity.add_key()))
        identity.drop_former_keys()
        return receipt

    def rotate_controller(self, identity: Identity) -> Receipt:
        """Replaces the wallet's account."""
        patients = Patients(self._session.ledger, self._sender)
        patients.reconcile(identity)
        following = identity.add_account()
        receipt = patients.relay(patients.sign_controller_rotation(identity, following))
        identity.activate_account(following.address)
        return receipt

    def set_trustees(self, identity: Identity, trustees: Sequence[int]) -> Receipt:
        """Names other key trustees, or none, and tells all whom it concerns: each then does its part of the transfer.

        Whoever stays keeps its position. AccessRefused when one is an insurer or has left.
        """
        require_eligible(self._session.ledger, trustees)
        patients = Patients(self._session.ledger, self._sender)
        patients.reconcile(identity)
        named = identity.configuration.trustees
        former = named.members if named else ()
        value = Trustees(new_salt(), kept_in_place(former, trustees)) if trustees else None
        identity.set_intended(value)  # first: whatever stops this, the wallet knows what the ledger may show
        receipt = patients.relay(patients.sign_configuration(identity, Part.TRUSTEES, value))
        identity.set_configuration(identity.configuration.with_part(Part.TRUSTEES, value))
        identity.set_intended(None)
        treating = (each.member for each in Episodes(self._session.ledger).of(identity.patient))
        self.announce(identity, treating, former)
        return receipt

    def check_in(self, identity: Identity, member: int | None = None) -> Receipt:
        """Opens an episode at a member, this one unless named, and tells it who the key trustees are."""
        at = member or self._member.id
        episodes = Episodes(self._session.ledger, self._sender)
        receipt = episodes.relay(episodes.sign_check_in(identity, identity.patient, at))
        self.announce(identity, [at])
        return receipt

    def check_out(self, identity: Identity, member: int | None = None) -> Receipt:
        """Closes an episode by the patient's signature."""
        episodes = Episodes(self._session.ledger, self._sender)
        return episodes.relay(episodes.sign_check_out(identity, identity.patient, member or self._member.id))

    def grant(self, identity: Identity, member: int, lane: int, scope: Scope) -> Receipt:
        """Sets a lane by the patient's signature."""
        grants = Grants(self._session.ledger, self._sender)
        return grants.relay(grants.sign(identity, identity.patient, member, lane, scope))

    def revoke(self, identity: Identity, member: int, lanes: Iterable[int] = range(LANES)) -> Receipt:
        """Ends lanes, all unless named, by the patient's signature."""
        grants = Grants(self._session.ledger, self._sender)
        return grants.relay(grants.sign_revocation(identity, identity.patient, member, lanes))

    def relay(self, action: SignedAction) -> Receipt:
        """Sends any action that a patient signed."""
        return Patients(self._session.ledger, self._sender).relay(action)

    def announce(
        self, identity: Identity, members: Iterable[int] = (), former: Sequence[int] = ()
    ) -> list[MedUnionError]:
        """Tells key trustees, and `members` that treat the patient, who the trustees are; whom it did not reach.

        A member that was not reached learns it at the next check-in. `former` trustees are told as well, unless
        they left the consortium: before the new ones, who ask them for shares, and again after them, to delete theirs.
        """
        configuration = identity.configuration
        named = configuration.trustees
        if named is None and not former:
            return []
        _, contacts, representatives = configuration.digests
        salt, present = (named.salt, named.members) if named else (ZERO, ())
        appointment = Appointment(identity.patient, salt, present, contacts, representatives, tuple(former))
        failures: dict[int, MedUnionError] = {}
        leaving = [each for each in former if each not in present and self._has_not_left(each)]
        staying = [each for each in former if each in present]
        for member in (*dict.fromkeys([*leaving, *staying, *members, *present]), *leaving):
            failures.pop(member, None)
            try:
                self._tell(appointment, member)
            except MedUnionError as failure:
                failures[member] = failure
        return [*failures.values()]

    def _has_not_left(self, member: int) -> bool:
        return self._session.ledger.member(member).status is not MemberStatus.LEFT

    def _tell(self, appointment: Appointment, member: int) -> None:
        """Tells a member of an appointment; once more when it rotated its key meanwhile."""
        ledger, point = self._session.ledger, self._session.directory.release_point(member)
        for last in (False, True):
            answer = point.appoint(seal_appointment(appointment, ledger, member))
            try:
                receipt = open_envelope(KeyReceipt, answer).message
            except AccessRefused as refused:
                if last or refused.details["reason"] != "wrong-key":
                    raise
            else:
                if receipt.responder != member:
                    raise InputError("the receipt is by somebody else", by=member)
                return

    @contextmanager
    def _naming(self, identity: Identity, trustees: Sequence[int]) -> Iterator[None]:
        """Names trustees in the wallet while a registration that states them is sent; undone when it is refused."""
        before = identity.configuration
        if trustees:
            require_eligible(self._session.ledger, trustees)
            named = Trustees(new_salt(), tuple(trustees))
            identity.set_configuration(before.with_part(Part.TRUSTEES, named))
        try:
            yield
        except ContractRefused:
            identity.set_configuration(before)
            raise
