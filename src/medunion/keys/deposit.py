"""Shares of an author's sections at its patient's key trustees.

Trustee i of three holds the two shares other than share i; a single trustee holds all three, and so reads. One deposit
carries all batches of a patient that were committed together: one signature, one sealing. A trustee keeps it only when
each share is the one that the batch's manifest, which the ledger names, commits to.
"""

from collections.abc import Sequence

from medunion.blobs import dagcbor
from medunion.blobs.store import BlobSource
from medunion.crypto import hpke, shares
from medunion.crypto.shares import TRUSTEES
from medunion.errors import AccessRefused, BlobError, ChainError, CryptoError, InputError
from medunion.keys.appointment import current_appointment, position
from medunion.keys.holdings import Appointment, AuthorBatch, HeldBatch, HeldSection
from medunion.keys.messages import (
    DepositedBatch,
    Envelope,
    KeyReceipt,
    ShareDeposit,
    deposit_info,
    open_envelope,
    payload_digest,
    seal_envelope,
)
from medunion.keys.store import KeyStore
from medunion.ledger import Ledger, Signer
from medunion.records.manifest import MAX_MANIFEST, Manifest, manifest_cid
from medunion.vocabulary import MemberStatus, Role


def shares_for(batch: AuthorBatch, appointment: Appointment, trustee: int) -> HeldBatch:
    """What `trustee` of an appointment holds of a batch."""
    place = position(appointment, trustee)
    indices = TRUSTEES if len(appointment.trustees) == 1 else [index for index in TRUSTEES if index != place]
    sections = tuple(
        HeldSection(each.section_id, each.category, each.mask, {index: each.shares[index - 1] for index in indices})
        for each in batch.sections
    )
    return HeldBatch(batch.patient, batch.author, batch.root, batch.manifest_digest, sections)


def make_deposit(
    ledger: Ledger, signer: Signer, batches: Sequence[AuthorBatch], appointment: Appointment, trustee: int
) -> bytes:
    """The message that brings `trustee` its shares of `batches`, all of one patient and author."""
    held = [shares_for(batch, appointment, trustee) for batch in batches]
    place = {"position": position(appointment, trustee), "batches": [each.as_values() for each in held]}
    names = tuple(DepositedBatch(each.root, each.manifest_digest) for each in batches)
    first = batches[0]
    draft = ShareDeposit(first.author, trustee, signer.address, first.patient, names, bytes(32))
    payload = hpke.seal(ledger.member(trustee).public_key, deposit_info(ledger, draft), dagcbor.encode(place))
    message = ShareDeposit(draft.author, trustee, draft.signer, draft.patient, names, payload_digest(payload))
    return seal_envelope(message, signer, ledger, payload)


def require_receipt(ledger: Ledger, answer: bytes, deposit: bytes, trustee: int) -> None:
    """AccessRefused with the trustee's reason, or InputError, unless `answer` is its signed receipt of `deposit`."""
    receipt = open_envelope(KeyReceipt, answer)
    digest = open_envelope(ShareDeposit, deposit).message.digest(ledger)
    ours = receipt.message.message_digest == digest and receipt.message.responder == trustee
    if not ours or ledger.actor_of(receipt.message.signer).member != trustee:
        raise InputError("the receipt is for something else, or by somebody else", by=trustee)
    if not receipt.signed_by(ledger, receipt.message.signer):
        raise InputError("the receipt is not signed by whom it names", by=trustee)


class DepositDesk:
    """Takes deposits as trustee `member`."""

    def __init__(self, member: int, ledger: Ledger, store: KeyStore, blobs: BlobSource, private_key: bytes) -> None:
        self._member = member
        self._ledger = ledger
        self._store = store
        self._blobs = blobs
        self._private_key = private_key

    def take(self, deposit: Envelope[ShareDeposit]) -> None:
        """Keeps the shares; AccessRefused (details: reason, by, for a wrong share culprit) when anything is wrong."""
        message = deposit.message
        try:
            self._check_sender(deposit)
            appointment = current_appointment(self._ledger, self._store, message.patient)
            if appointment is None or self._member not in appointment.trustees:
                raise self._refused("not-appointed")
            on_ledger = {
                each.root: each.manifest_digest
                for each in self._ledger.batches(message.patient)
                if each.author == message.author
            }
        except ChainError:
            raise self._refused("ledger-unavailable") from None
        held = self._open(deposit)
        if [(each.root, each.manifest_digest) for each in held] != [
            (each.root, each.manifest_digest) for each in message.batches
        ]:
            raise self._refused("malformed")
        for batch in held:
            if on_ledger.get(batch.root) != batch.manifest_digest:
                raise self._refused("unknown-batch")
            self._check_shares(batch, appointment)
        self._store.put_shares(held)

    def _check_sender(self, deposit: Envelope[ShareDeposit]) -> None:
        message = deposit.message
        if message.trustee != self._member:
            raise self._refused("wrong-release-point")
        if payload_digest(deposit.payload) != message.payload_digest or not deposit.signed_by(
            self._ledger, message.signer
        ):
            raise self._refused("bad-signature")
        actor = self._ledger.actor_of(message.signer)
        standing = actor.status in (MemberStatus.ACTIVE, MemberStatus.SUSPENDED)
        if actor.member != message.author or not standing or not actor.roles & Role.RECORDS:
            raise self._refused("not-the-author")

    def _open(self, deposit: Envelope[ShareDeposit]) -> list[HeldBatch]:
        message = deposit.message
        try:
            payload = dagcbor.decode(hpke.open(self._private_key, deposit_info(self._ledger, message), deposit.payload))
            return [HeldBatch.from_values(message.patient, message.author, each) for each in payload["batches"]]
        except (CryptoError, InputError, KeyError, TypeError):
            raise self._refused("malformed") from None

    def _check_shares(self, batch: HeldBatch, appointment: Appointment) -> None:
        try:
            manifest = Manifest.decode(self._blobs.get(manifest_cid(batch.manifest_digest), MAX_MANIFEST))
        except BlobError:
            raise self._refused("manifest-unavailable") from None
        except InputError:
            raise self._refused("wrong-manifest") from None
        committed = {each.section_id: each.shares for each in manifest.sections}
        if committed.keys() != {each.section_id for each in batch.sections} or len(committed) != len(batch.sections):
            raise self._refused("incomplete")
        place = position(appointment, self._member)
        expected = set(TRUSTEES) if len(appointment.trustees) == 1 else set(TRUSTEES) - {place}
        for section in batch.sections:
            if section.shares.keys() != expected:
                raise self._refused("incomplete")
            for index, share in section.shares.items():
                if shares.commitment(section.section_id, index, share) != committed[section.section_id][index - 1]:
                    raise self._refused("wrong-share", culprit=batch.author)

    def _refused(self, reason: str, **details: int) -> AccessRefused:
        return AccessRefused(
            f"member {self._member} refuses the deposit: {reason}", reason=reason, by=self._member, **details
        )
