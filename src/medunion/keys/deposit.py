"""Shares of an author's sections at its patient's key trustees.

Trustee i of three holds the two shares other than share i; a single trustee holds all three, and so reads. One deposit
carries all batches of a patient that were committed together: one signature, one sealing. A trustee keeps it only when
each share is the one that the batch's manifest, which the ledger names, commits to. What a new trustee asks for itself,
of the author or of former trustees, is checked in the same way (`transfer`).
"""

from collections.abc import Mapping, Sequence

from medunion.blobs import dagcbor
from medunion.blobs.store import BlobSource
from medunion.crypto import hpke, shares
from medunion.crypto.hpke import Unseal
from medunion.crypto.shares import TRUSTEES, Shares
from medunion.errors import AccessRefused, BlobError, ChainError, CryptoError, InputError
from medunion.keys.appointment import current_appointment, due_shares, position
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
from medunion.keys.ports import Directory
from medunion.keys.store import KeyStore
from medunion.ledger import Ledger, Member, Signer
from medunion.records.manifest import MAX_MANIFEST, Manifest, manifest_cid
from medunion.vocabulary import MemberStatus, Role


def all_shares(batch: AuthorBatch) -> HeldBatch:
    """An own batch as the three shares of each of its sections."""
    sections = tuple(
        HeldSection(each.section_id, each.category, each.mask, dict(zip(TRUSTEES, each.shares, strict=True)))
        for each in batch.sections
    )
    return HeldBatch(batch.patient, batch.author, batch.root, batch.manifest_digest, sections)


def shares_for(batch: AuthorBatch, appointment: Appointment, trustee: int) -> HeldBatch:
    """What `trustee` of an appointment holds of a batch."""
    return all_shares(batch).only(due_shares(appointment, trustee))


def make_deposit(
    ledger: Ledger, signer: Signer, batches: Sequence[AuthorBatch], appointment: Appointment, trustee: int
) -> bytes:
    """The message that brings `trustee` its shares of `batches`, all of one patient and author.

    AccessRefused when it is no active member: nothing is given to one that is suspended or has left.
    """
    receiver = ledger.member(trustee)
    require_active(receiver)
    held = [shares_for(batch, appointment, trustee) for batch in batches]
    place = {"position": position(appointment, trustee), "batches": [each.as_values() for each in held]}
    names = tuple(DepositedBatch(each.root, each.manifest_digest) for each in batches)
    first = batches[0]
    draft = ShareDeposit(first.author, trustee, signer.address, first.patient, names, bytes(32))
    payload = hpke.seal(receiver.public_key, deposit_info(ledger, draft), dagcbor.encode(place))
    message = ShareDeposit(draft.author, trustee, draft.signer, draft.patient, names, payload_digest(payload))
    return seal_envelope(message, signer, ledger, payload)


def require_active(member: Member) -> None:
    """AccessRefused unless the ledger shows the member as active."""
    if member.status is not MemberStatus.ACTIVE:
        raise AccessRefused(f"member {member.member} is not active", reason="member-not-active", by=member.member)


def load_commitments(blobs: BlobSource, manifest_digest: bytes) -> dict[bytes, Shares]:
    """The share commitments of a manifest by section id; AccessRefused when it is out of reach or none."""
    try:
        manifest = Manifest.decode(blobs.get(manifest_cid(manifest_digest), MAX_MANIFEST))
    except BlobError:
        raise AccessRefused("the manifest is out of reach", reason="manifest-unavailable") from None
    except InputError:
        raise AccessRefused("the author wrote no manifest", reason="wrong-manifest") from None
    return {each.section_id: each.shares for each in manifest.sections}


def are_committed(batch: HeldBatch, committed: Mapping[bytes, Shares]) -> bool:
    """Whether each share of a batch is the one that its manifest commits to."""
    return all(
        section.section_id in committed
        and shares.commitment(section.section_id, index, share) == committed[section.section_id][index - 1]
        for section in batch.sections
        for index, share in section.shares.items()
    )


def require_receipt(ledger: Ledger, answer: bytes, deposit: bytes, trustee: int) -> None:
    """AccessRefused with the trustee's reason, or InputError, unless `answer` is its signed receipt of `deposit`."""
    try:
        receipt = open_envelope(KeyReceipt, answer)
    except AccessRefused as refused:
        raise AccessRefused(refused.message, **{**refused.details, "by": trustee}) from None
    digest = open_envelope(ShareDeposit, deposit).message.digest(ledger)
    ours = receipt.message.message_digest == digest and receipt.message.responder == trustee
    if not ours or ledger.actor_of(receipt.message.signer).member != trustee:
        raise InputError("the receipt is for something else, or by somebody else", by=trustee)
    if not receipt.signed_by(ledger, receipt.message.signer):
        raise InputError("the receipt is not signed by whom it names", by=trustee)


def deposit_at(
    ledger: Ledger,
    signer: Signer,
    directory: Directory,
    batches: Sequence[AuthorBatch],
    appointment: Appointment,
    trustee: int,
) -> None:
    """Brings `trustee` its shares; AccessRefused (details: reason, by) or KeysUnavailable unless it acknowledged them.

    What was sealed to a key that it rotated meanwhile is sealed once more, to the one that the ledger shows now.
    """
    point = directory.release_point(trustee)
    for last in (False, True):
        message = make_deposit(ledger, signer, batches, appointment, trustee)
        try:
            require_receipt(ledger, point.deposit(message), message, trustee)
        except AccessRefused as refused:
            if last or refused.details["reason"] != "wrong-key":
                raise
        else:
            return


class DepositDesk:
    """Takes deposits as trustee `member`."""

    def __init__(self, member: int, ledger: Ledger, store: KeyStore, blobs: BlobSource, unseal: Unseal) -> None:
        self._member = member
        self._ledger = ledger
        self._store = store
        self._blobs = blobs
        self._unseal = unseal

    def take(self, deposit: Envelope[ShareDeposit]) -> None:
        """Keeps the shares; AccessRefused (details: reason, by, for a wrong share culprit) when anything is wrong."""
        message = deposit.message
        try:
            self._check_sender(deposit)
            require_active(self._ledger.member(self._member))
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
            opened = self._unseal(deposit_info(self._ledger, message), deposit.payload)
        except CryptoError:
            raise self._refused("wrong-key") from None
        try:
            payload = dagcbor.decode(opened)
            return [HeldBatch.from_values(message.patient, message.author, each) for each in payload["batches"]]
        except (InputError, KeyError, TypeError):
            raise self._refused("malformed") from None

    def _check_shares(self, batch: HeldBatch, appointment: Appointment) -> None:
        committed = load_commitments(self._blobs, batch.manifest_digest)
        if committed.keys() != {each.section_id for each in batch.sections} or len(committed) != len(batch.sections):
            raise self._refused("incomplete")
        expected = due_shares(appointment, self._member)
        if any(section.shares.keys() != expected for section in batch.sections):
            raise self._refused("incomplete")
        if not are_committed(batch, committed):
            raise self._refused("wrong-share", culprit=batch.author)

    def _refused(self, reason: str, **details: int) -> AccessRefused:
        return AccessRefused(
            f"member {self._member} refuses the deposit: {reason}", reason=reason, by=self._member, **details
        )
