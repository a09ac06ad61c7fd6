"""Members of one process: `ReleasePoint` and `Directory` over member folders. What crosses is bytes."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from medunion.blobs import dagcbor
from medunion.blobs.store import BlobSource
from medunion.crypto import hpke
from medunion.crypto.hashing import keccak256
from medunion.crypto.hpke import Unseal
from medunion.errors import AccessRefused, ChainError, InputError, KeysUnavailable, MedUnionError
from medunion.keys.appointment import current_appointment, open_appointment, preimage
from medunion.keys.audit import AuditLog, Disclosure
from medunion.keys.deposit import DepositDesk
from medunion.keys.handover import HandoverDesk
from medunion.keys.home import MemberHome
from medunion.keys.messages import (
    NO_LANE,
    AccessLogRequest,
    AppointmentRequest,
    Envelope,
    KeyReceipt,
    KeyRelease,
    KeyRequest,
    ShareDeposit,
    ShareRequest,
    open_envelope,
    payload_digest,
    refusal,
    release_info,
    seal_envelope,
)
from medunion.keys.ports import Directory, ReleasePoint
from medunion.keys.release import Clock, ReleaseRule, collect
from medunion.keys.scope import ALL_CLASSES
from medunion.keys.store import KeyStore
from medunion.keys.transfer import ShareTransfer
from medunion.ledger import Ledger, Signer
from medunion.vocabulary import ALL_CATEGORIES


def system_clock() -> int:
    """Seconds since 1970 by this machine."""
    return int(time.time())


class LocalMember:
    """A member's release point in this process; implements `ReleasePoint`.

    `signer` is any operator of the member: it signs answers and receipts. `blobs` is where it reads manifests. With a
    `directory` it asks other members for its shares as soon as it is named a trustee.
    """

    def __init__(
        self,
        *,
        member: int,
        ledger: Ledger,
        blobs: BlobSource,
        store: KeyStore,
        audit: AuditLog,
        signer: Signer,
        unseal: Unseal,
        directory: Directory | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._member = member
        self._ledger = ledger
        self._store = store
        self._audit = audit
        self._signer = signer
        self._unseal = unseal
        self._time = clock
        self._rule = ReleaseRule(member, ledger, store, self._clock)
        self._desk = DepositDesk(member, ledger, store, blobs, unseal)
        self._handover = HandoverDesk(member, ledger, store, self._rule)
        self._transfer: ShareTransfer | None = None
        if directory is not None:
            self._transfer = ShareTransfer(
                member=member,
                ledger=ledger,
                store=store,
                blobs=blobs,
                directory=directory,
                signer=signer,
                unseal=unseal,
                clock=clock,
            )

    @classmethod
    def from_home(
        cls,
        home: MemberHome,
        ledger: Ledger,
        blobs: BlobSource,
        signer: Signer,
        clock: Clock = system_clock,
        directory: Directory | None = None,
    ) -> "LocalMember":
        """The release point of an opened member folder."""
        return cls(
            member=home.member,
            ledger=ledger,
            blobs=blobs,
            store=home.key_store(),
            audit=home.audit_log(),
            signer=signer,
            unseal=home.unseal,
            directory=directory,
            clock=clock,
        )

    @property
    def member(self) -> int:
        """Its member id."""
        return self._member

    def close(self) -> None:
        """Closes its key store."""
        self._store.close()

    def release(self, request: bytes) -> bytes:
        """See `ReleasePoint.release`; writes one audit entry whatever the outcome, or nothing leaves."""
        try:
            envelope = open_envelope(KeyRequest, request)
        except MedUnionError:
            return refusal(self._malformed())
        reason = ""
        try:
            answer = self._release(envelope)
        except MedUnionError as failure:
            reason, answer = str(failure.details.get("reason", failure.code)), refusal(failure)
        try:
            self._log(envelope.message, reason, not reason or self._rule.signed(envelope))
        except OSError:
            return refusal(self._unlogged())
        return answer

    def deposit(self, deposit: bytes) -> bytes:
        """See `ReleasePoint.deposit`."""
        try:
            envelope = open_envelope(ShareDeposit, deposit)
            self._rule.require_healthy()
            self._desk.take(envelope)
            return self._receipt(envelope.message.digest(self._ledger))
        except InputError:
            return refusal(self._malformed())
        except MedUnionError as failure:
            return refusal(failure)

    def appoint(self, message: bytes) -> bytes:
        """See `ReleasePoint.appoint`."""
        try:
            self._rule.require_healthy()
            appointment = open_appointment(message, self._ledger, self._member, self._unseal)
            self._store.put_appointment(appointment)
            self._settle(appointment.patient)
            return self._receipt(keccak256(message))
        except InputError:
            return refusal(self._malformed())
        except MedUnionError as failure:
            return refusal(failure)

    def appointment(self, request: bytes) -> bytes:
        """See `ReleasePoint.appointment`."""
        try:
            envelope = open_envelope(AppointmentRequest, request)
            self._rule.check_patient_request(envelope)
            known = current_appointment(self._ledger, self._store, envelope.message.patient)
            if known is None or not known.trustees:
                raise AccessRefused("knows no key trustees of this patient", reason="not-told", by=self._member)
            recipient = self._key_of(envelope.message.patient)
            return self._answer(envelope.message.digest(self._ledger), recipient, dagcbor.encode(preimage(known)))
        except InputError:
            return refusal(self._malformed())
        except MedUnionError as failure:
            return refusal(failure)

    def hand_over(self, request: bytes) -> bytes:
        """See `ReleasePoint.hand_over`; writes an audit entry whenever a member asks, or nothing leaves."""
        try:
            envelope = open_envelope(ShareRequest, request)
        except MedUnionError:
            return refusal(self._malformed())
        asked, reason = envelope.message, ""
        try:
            payload = dagcbor.encode(self._handover.answer(envelope))
            recipient = (
                self._ledger.member(asked.requester).public_key if asked.requester else self._key_of(asked.patient)
            )
            answer = self._answer(asked.digest(self._ledger), recipient, payload)
        except MedUnionError as failure:
            reason, answer = str(failure.details.get("reason", failure.code)), refusal(failure)
        if asked.requester:
            try:
                self._log(asked, reason, not reason or self._rule.signed(envelope))
            except OSError:
                return refusal(self._unlogged())
        return answer

    def access_log(self, request: bytes) -> bytes:
        """See `ReleasePoint.access_log`."""
        try:
            envelope = open_envelope(AccessLogRequest, request)
            self._rule.check_patient_request(envelope)
            patient = envelope.message.patient
            payload = dagcbor.encode({"events": self._audit.of_patient(patient)})
            return self._answer(envelope.message.digest(self._ledger), self._key_of(patient), payload)
        except InputError:
            return refusal(self._malformed())
        except MedUnionError as failure:
            return refusal(failure)

    def _release(self, envelope: Envelope[KeyRequest]) -> bytes:
        request = envelope.message
        self._rule.check(envelope)
        found = collect(self._store, request, lambda: self._rule.may_serve(request.patient))
        if request.requester:
            recipient = self._ledger.member(request.requester).public_key
        else:
            recipient = self._key_of(request.patient)
        return self._answer(request.digest(self._ledger), recipient, dagcbor.encode(found))

    def _key_of(self, patient: bytes) -> bytes:
        """The key on the ledger of a patient id, or of the id that a retired one was linked to."""
        return self._ledger.patient(self._ledger.survivor(patient)).public_key

    def _answer(self, request_digest: bytes, recipient: bytes, payload: bytes) -> bytes:
        sealed = hpke.seal(recipient, release_info(request_digest, self._member), payload)
        message = KeyRelease(request_digest, self._member, self._signer.address, payload_digest(sealed))
        return seal_envelope(message, self._signer, self._ledger, sealed)

    def _receipt(self, digest: bytes) -> bytes:
        return seal_envelope(KeyReceipt(digest, self._member, self._signer.address), self._signer, self._ledger)

    def _clock(self) -> int:
        """Its clock; this machine's when a clock that asks the ledger gets no answer: a refusal is logged too."""
        try:
            return self._time()
        except ChainError:
            return system_clock()

    def _settle(self, patient: bytes) -> None:
        """Does this member's part of a transfer that is due; what could not be done now stays due."""
        with suppress(MedUnionError):
            if self._transfer is not None and self._transfer.due(patient):
                self._transfer.settle(patient)

    def _log(self, request: KeyRequest | ShareRequest, reason: str, verified: bool) -> None:
        asked = request if isinstance(request, KeyRequest) else None
        self._audit.append(
            Disclosure(
                responder=self._member,
                requester=request.requester,
                account=request.signer,
                patient=request.patient,
                purpose=asked.purpose if asked else 0,
                lane=asked.lane if asked else NO_LANE,
                categories=asked.categories if asked else ALL_CATEGORIES,
                restricted=asked.restricted if asked else ALL_CLASSES,
                batches=tuple(each.root for each in request.batches),
                request_digest=request.digest(self._ledger),
                reason=reason,
                time=self._clock(),
                verified=verified,
            )
        )

    def _unlogged(self) -> AccessRefused:
        return AccessRefused("the audit log cannot be written", reason="log-unavailable", by=self._member)

    def _malformed(self) -> AccessRefused:
        return AccessRefused("the message is malformed", reason="malformed", by=self._member)


class LocalDirectory:
    """Members by id, each opened from its folder when first asked; a folder that is gone is a member out of reach."""

    def __init__(self) -> None:
        self._homes: dict[int, tuple[Path, Callable[[], LocalMember]]] = {}
        self._open: dict[int, LocalMember] = {}

    def add(self, member: int, path: Path, opener: Callable[[], LocalMember]) -> None:
        """Makes a member known by its folder and how to open it."""
        self._homes[member] = (path, opener)

    def release_point(self, member: int) -> ReleasePoint:
        """See `Directory.release_point`."""
        path, opener = self._homes.get(member, (None, None))
        if path is None or opener is None or not (path / "kek.json").is_file():
            self._forget(member)
            raise KeysUnavailable(f"member {member} cannot be reached", by=member)
        if member not in self._open:
            try:
                self._open[member] = opener()
            except MedUnionError as cause:
                raise KeysUnavailable(f"member {member} cannot be reached", by=member) from cause
        return self._open[member]

    def close(self) -> None:
        """Closes all members."""
        for member in list(self._open):
            self._forget(member)

    def _forget(self, member: int) -> None:
        opened = self._open.pop(member, None)
        if opened is not None:
            opened.close()
