"""The rule by which keys leave a member, for everybody the same. Each release point asks its own ledger at that moment.

A request passes when all of this holds; the first that fails is the reason of the refusal:
  asked member is this one, one purpose, known categories and classes, within its term, ledger up and not behind,
  signature by the named account, which is the patient's controller on the ledger or an operator of the asking member,
  nonce not seen before, the patient's id not frozen when its controller asks, and for a member
  - the account is READER or CLINICIAN of the asking member, which is active; and a lane allows the whole
    request, or (purpose ETREAT without a lane, by a CLINICIAN) a live emergency does.
For a retired id the controller and the grants are those of the id that it was linked to.
What leaves are the keys of exactly those sections whose category was asked and whose restricted classes were all asked.
Of what others entrusted to it a member gives nothing unless the ledger shows it as a key trustee of the patient now,
and then no more than is due to its position: what it keeps beyond that, from a position before, stays where it is.
"""

from collections.abc import Callable
from typing import Any

from medunion.errors import AccessRefused, ChainError, UnknownMember, UnknownPatient
from medunion.keys.appointment import current_appointment, due_shares, served
from medunion.keys.holdings import AuthorBatch, HeldBatch
from medunion.keys.messages import (
    NO_LANE,
    AccessLogRequest,
    AppointmentRequest,
    Envelope,
    KeyRequest,
    ShareRequest,
)
from medunion.keys.store import KeyStore
from medunion.ledger import AccessReason, Ledger
from medunion.vocabulary import MemberStatus, Purpose, Role

MAX_TERM = 3600
"""How far ahead of this member's clock a request may expire, in seconds: nonces are kept that long."""

Clock = Callable[[], int]


class ReleaseRule:
    """The rule at one member, with its own view of the ledger and its own clock."""

    def __init__(self, member: int, ledger: Ledger, store: KeyStore, clock: Clock) -> None:
        self._member = member
        self._ledger = ledger
        self._store = store
        self._clock = clock

    def require_healthy(self) -> None:
        """AccessRefused when the ledger does not answer, or answers with less than this member saw before."""
        try:
            number, _ = self._ledger.head()
        except ChainError:
            raise AccessRefused("the ledger does not answer", reason="ledger-unavailable", by=self._member) from None
        if not self._store.see_head(number):
            raise AccessRefused("the ledger is behind what was seen before", reason="ledger-behind", by=self._member)

    def check(self, request: Envelope[KeyRequest]) -> None:
        """AccessRefused (details: reason, by) unless the request passes."""
        asked = request.message
        purpose = Purpose(asked.purpose)
        if asked.purpose.bit_count() != 1 or not asked.categories or asked.restricted > 0xF:
            raise self._refused("malformed")
        self.check_envelope(request)
        try:
            reason = self._stranger(asked)
            if not reason:
                self.use_nonce(asked)
                reason = "" if asked.requester == 0 else self._member_reason(asked, purpose)
        except (UnknownPatient, UnknownMember) as unknown:
            raise self._refused(unknown.code) from None
        except ChainError:
            raise self._refused("ledger-unavailable") from None
        if reason:
            raise self._refused(reason)

    def may_serve(self, patient: bytes) -> frozenset[int]:
        """The shares due to this member as a trustee of the patient now, as far as it knows; none when it has left."""
        try:
            appointment = current_appointment(self._ledger, self._store, patient)
            if appointment is None or self._ledger.member(self._member).status is MemberStatus.LEFT:
                return frozenset()
            return due_shares(appointment, self._member)
        except ChainError:
            raise self._refused("ledger-unavailable") from None

    def signed(self, request: Envelope[KeyRequest] | Envelope[ShareRequest]) -> bool:
        """Whether the account that a request names has signed it, as far as the ledger can tell now."""
        try:
            return request.signed_by(self._ledger, request.message.signer)
        except ChainError:
            return False

    def check_patient_request(self, request: Envelope[AccessLogRequest] | Envelope[AppointmentRequest]) -> None:
        """AccessRefused unless the patient's controller asks."""
        self.check_envelope(request)
        try:
            reason = self.not_the_patient(request.message.patient, request.message.signer)
        except UnknownPatient as unknown:
            raise self._refused(unknown.code) from None
        except ChainError:
            raise self._refused("ledger-unavailable") from None
        if reason:
            raise self._refused(reason)
        self.use_nonce(request.message)

    def check_envelope(self, request: Envelope[Any]) -> None:
        """AccessRefused unless a request is for this member, in its term, signed, and the ledger up to date here."""
        asked, now = request.message, self._clock()
        if asked.release_point != self._member:
            raise self._refused("wrong-release-point")
        if asked.expiry < now:
            raise self._refused("request-expired")
        if asked.expiry > now + MAX_TERM:
            raise self._refused("request-expires-too-late")
        self.require_healthy()
        try:
            signed = request.signed_by(self._ledger, asked.signer)
        except ChainError:
            raise self._refused("ledger-unavailable") from None
        if not signed:
            raise self._refused("bad-signature")

    def use_nonce(self, asked: KeyRequest | ShareRequest | AccessLogRequest | AppointmentRequest) -> None:
        """Keeps the nonce, once the account is known: whoever is nobody on the ledger leaves nothing behind."""
        if not self._store.use_nonce(asked.signer, asked.nonce, asked.expiry, self._clock()):
            raise self._refused("replayed")

    def _stranger(self, asked: KeyRequest) -> str:
        """Why the account cannot ask as whom it says it is; empty when it can."""
        if asked.requester:
            known = self._ledger.actor_of(asked.signer).member == asked.requester
            return "" if known else "unknown-operator"
        if asked.lane != NO_LANE:
            return "malformed"
        return self.not_the_patient(asked.patient, asked.signer)

    def not_the_patient(self, patient: bytes, account: str) -> str:
        """Why an account cannot ask as the patient; empty when it can."""
        speaking = self._ledger.patient(self._ledger.survivor(patient))
        if not _same(speaking.controller, account):
            return "not-the-patient"
        return "frozen" if speaking.frozen_at(self._clock()) else ""

    def _member_reason(self, asked: KeyRequest, purpose: Purpose) -> str:
        actor = self._ledger.actor_of(asked.signer)
        if actor.status is not MemberStatus.ACTIVE:
            return "member-not-active"
        if not actor.roles & (Role.READER | Role.CLINICIAN):
            return "not-a-reader"
        now, patient = self._clock(), self._ledger.survivor(asked.patient)
        if asked.lane == NO_LANE:
            if purpose is not Purpose.ETREAT:
                return "no-grant"
            if not actor.roles & Role.CLINICIAN:
                return "not-a-clinician"
            return reason_text(self._ledger.emergency_allows_at(patient, asked.requester, asked.restricted, now))
        return reason_text(
            self._ledger.allows_at(
                patient, asked.requester, asked.lane, asked.purpose, asked.categories, asked.restricted, now
            )
        )

    def _refused(self, reason: str) -> AccessRefused:
        return AccessRefused(f"member {self._member} refuses: {reason}", reason=reason, by=self._member)


def reason_text(reason: AccessReason) -> str:
    """A ledger's reason as refusals name it (`category-not-granted`); empty when allowed."""
    return "" if reason is AccessReason.ALLOWED else reason.name.lower().replace("_", "-")


def covered(category: int, mask: int, request: KeyRequest) -> bool:
    """Whether a section lies within what a request asks."""
    return bool(request.categories >> category & 1) and not mask & ~request.restricted


def released_keys(batch: AuthorBatch, request: KeyRequest) -> list[dict[str, Any]]:
    """The author's part of a payload: the keys of the sections that the request covers."""
    return [
        {"author": batch.author, "root": batch.root, "id": each.section_id, "key": batch.section_key(each)}
        for each in batch.sections
        if covered(each.category, each.mask, request)
    ]


def released_shares(batch: HeldBatch, request: KeyRequest) -> list[dict[str, Any]]:
    """A trustee's part of a payload: its shares of the sections that the request covers."""
    return [
        {
            "author": batch.author,
            "root": batch.root,
            "id": each.section_id,
            "shares": [[index, share] for index, share in sorted(each.shares.items())],
        }
        for each in batch.sections
        if covered(each.category, each.mask, request)
    ]


def collect(store: KeyStore, request: KeyRequest, may_serve: Callable[[], frozenset[int]]) -> dict[str, Any]:
    """The payload of an answer: of which of the batches this member holds keys, and those of the covered sections.

    AccessRefused when it holds keys of none, or of none that it may release as a trustee (`may_serve`).
    """
    held: list[list[Any]] = []
    sections: list[dict[str, Any]] = []
    due: frozenset[int] | None = None
    for each in request.batches:
        own = store.batch(request.patient, each.author, each.root)
        others = None if own is not None else store.shares(request.patient, each.author, each.root)
        if others is not None and due is None:
            due = may_serve()
        if own is not None:
            sections += released_keys(own, request)
        elif others is not None and due:
            sections += released_shares(others.only(served(others.indices, due)), request)
        else:
            continue
        held.append([each.author, each.root])
    if not held:
        reason = "not-held" if due is None else "not-appointed"
        raise AccessRefused(f"holds no keys of these batches to release: {reason}", reason=reason)
    return {"held": held, "sections": sections}


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()
