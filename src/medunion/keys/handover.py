"""The rule by which shares leave a holder for a new key trustee. Each holder asks its own ledger at that moment.

A `ShareRequest` passes when all of this holds; the first that fails is the reason of the refusal:
  asked member is this one, within its term, ledger up and not behind, signature by the named account, which is the
  patient's controller or an operator of the asking member, nonce not seen before;
  the patient's present trustees are known here, as the ledger shows them, and the asking one is
  - the patient, a present or former trustee, or the author of every batch: it learns which shares are held here;
  - a present trustee, active: it also gets those that its position is to hold, of those that are held here.
No member that was one of three trustees gets shares at another position: with what it had it would hold them all.
A member that left the consortium gives nothing that others entrusted to it.
"""

from typing import Any

from medunion.errors import AccessRefused, ChainError, UnknownMember, UnknownPatient
from medunion.keys.appointment import current_appointment, due_shares, moved
from medunion.keys.deposit import all_shares
from medunion.keys.holdings import Appointment
from medunion.keys.messages import Envelope, ShareRequest
from medunion.keys.release import ReleaseRule
from medunion.keys.store import KeyStore
from medunion.ledger import Ledger
from medunion.vocabulary import MemberStatus


class HandoverDesk:
    """Answers `ShareRequest`s as `member`, from what it holds as author and as trustee."""

    def __init__(self, member: int, ledger: Ledger, store: KeyStore, rule: ReleaseRule) -> None:
        self._member = member
        self._ledger = ledger
        self._store = store
        self._rule = rule

    def answer(self, request: Envelope[ShareRequest]) -> dict[str, Any]:
        """The payload: which shares of which batches are held, and those that go to the asking trustee."""
        asked = request.message
        self._rule.check_envelope(request)
        try:
            appointment = self._checked(asked)
            due = due_shares(appointment, asked.requester) if asked.requester else frozenset[int]()
            return self._collected(asked, due)
        except (UnknownPatient, UnknownMember) as unknown:
            raise self._refused(unknown.code) from None
        except ChainError:
            raise self._refused("ledger-unavailable") from None

    def _checked(self, asked: ShareRequest) -> Appointment:
        """The present appointment, once the asking one may know of what is held here."""
        if asked.requester == 0:
            if reason := self._rule.not_the_patient(asked.patient, asked.signer):
                raise self._refused(reason)
        elif self._ledger.actor_of(asked.signer).member != asked.requester:
            raise self._refused("unknown-operator")
        self._rule.use_nonce(asked)
        appointment = current_appointment(self._ledger, self._store, asked.patient)
        if appointment is None:
            raise self._refused("unknown-appointment")
        history = self._store.appointments(asked.patient)
        concerned = any(asked.requester in (*each.trustees, *each.former) for each in [appointment, *history])
        if asked.requester and not concerned and any(each.author != asked.requester for each in asked.batches):
            raise self._refused("not-appointed")
        if asked.requester in appointment.trustees:
            if self._ledger.member(asked.requester).status is not MemberStatus.ACTIVE:
                raise self._refused("member-not-active")
            if moved(history, appointment, asked.requester):
                raise self._refused("former-position")
        return appointment

    def _collected(self, asked: ShareRequest, due: frozenset[int]) -> dict[str, Any]:
        held: list[list[Any]] = []
        given: list[dict[str, Any]] = []
        left = self._ledger.member(self._member).status is MemberStatus.LEFT
        for each in asked.batches:
            own = self._store.batch(asked.patient, each.author, each.root)
            entrusted = None if left else self._store.shares(asked.patient, each.author, each.root)
            batch = all_shares(own) if own is not None else entrusted
            if batch is not None:
                held.append([each.author, each.root, sorted(batch.indices)])
                if batch.indices & due:
                    given.append({"author": each.author, **batch.only(due).as_values()})
        return {"held": held, "batches": given}

    def _refused(self, reason: str) -> AccessRefused:
        return AccessRefused(f"member {self._member} refuses: {reason}", reason=reason, by=self._member)
