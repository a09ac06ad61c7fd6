"""Committing as a journalled state machine: whatever stops it, `resume` finishes what was begun, once.

Every step is written before the next begins, and each may be repeated: storing the same CAR, sending the same bytes and
depositing the same shares change nothing. A transaction whose nonce another one took is void: its batches are looked up
on the ledger and, where absent, signed anew. A transaction that the chain had and has no more is sent again.
"""

import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from medunion.blobs.store import BlobStore
from medunion.errors import ContractRefused, InputError, MedUnionError, UsageError
from medunion.fhir import BODY_LIMIT, PreparedBatch, PreparedBundle, PreparedRecord
from medunion.fhir import Directory as CareDirectory
from medunion.keys.ports import Directory
from medunion.keys.store import KeyStore
from medunion.ledger import Ledger, RecordWriter, Signer, WriteReason
from medunion.records.depositing import Depositing
from medunion.records.journal import Journal, JournalBatch, State
from medunion.records.opened import wrong
from medunion.records.receipt import CommitReceipt
from medunion.records.sealing import Intake, Progress, SealedPlan, Sealer, silent
from medunion.records.sending import Sending
from medunion.vocabulary import RestrictedClass

FINALITY = 64
"""Blocks after which a transaction is taken to be final."""

STATES = ("committed", "recoverable", "replicated")
"""How well batches are kept, least first."""

_OPEN = (State.PREPARED, State.STORED, State.SIGNED, State.COMMITTED)


class Committer:
    """Commits and corrects as one member. One at a time per journal, also between processes.

    `signer` is the operator that signs deposits (RECORDS); `directory` finds trustees; `writer` signs transactions.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        writer: RecordWriter,
        blobs: BlobStore,
        journal: Journal,
        store: KeyStore,
        directory: Directory,
        signer: Signer,
        record_secret: bytes,
        lock: Path,
        finality: int = FINALITY,
    ) -> None:
        self._ledger = ledger
        self._sending = Sending(ledger, writer, journal, finality)
        self._writer = writer
        self._blobs = blobs
        self._journal = journal
        self._store = store
        self._depositing = Depositing(ledger, journal, store, directory, signer, writer.member)
        self._sealer = Sealer(
            journal, record_secret, ledger.chain_id, bytes.fromhex(ledger.registry[2:]), writer.member
        )
        self._lock = lock

    def commit(
        self,
        patient: bytes,
        bundle: bytes,
        *,
        care_directory: CareDirectory | None = None,
        extra_masks: Mapping[str, RestrictedClass] | None = None,
        validated: bool = True,
        body_limit: int = BODY_LIMIT,
        progress: Progress = silent,
    ) -> CommitReceipt:
        """Commits a FHIR bundle or resource (JSON, plain or gzip) of `patient`: what is new, and what changed.

        The same bundle again changes nothing and costs no gas. FhirError or BodyTooLarge before anything is written;
        ContractRefused when the member may not write for the patient; other errors leave what `resume` finishes.
        `care_directory` knows organizations and practitioners; `extra_masks` restricts records by local id.
        """
        intake = Intake(care_directory, extra_masks or {}, validated, body_limit)
        prepared = self._sealer.read(patient, bundle, intake)
        with self._locked():
            return self._commit(patient, prepared, progress)

    def correct(
        self, record_id: bytes, body: bytes, *, care_directory: CareDirectory | None = None, progress: Progress = silent
    ) -> CommitReceipt:
        """Commits `body` (one FHIR resource) as the next version of an own record; InputError for another record."""
        known = self._journal.record(record_id)
        if known is None:
            raise InputError("this member is not the author of that record", record=record_id.hex())
        prepared = self._sealer.read(known.leaf.patient, body, Intake(care_directory))
        records = list(prepared.records)
        if len(records) != 1 or not _same_record(records[0], known.local_id):
            raise InputError("the correction is another record", record=record_id.hex())
        named = replace(records[0], local_id=known.local_id)
        prepared = replace(prepared, batches=(PreparedBatch(named.encounter, (named,)),))
        with self._locked():
            return self._commit(known.leaf.patient, prepared, progress)

    def resume(self, progress: Progress = silent) -> CommitReceipt:
        """Finishes what was begun, and sends again what the chain lost. Failures of single patients are listed."""
        with self._locked():
            receipt, states = CommitReceipt(), []
            self._sending.recheck(receipt, every=True)
            for patient in dict.fromkeys(batch.patient for batch in self._journal.batches(_OPEN)):
                try:
                    states.append(self._finish(patient, (), receipt, progress))
                except MedUnionError as failure:
                    receipt.failures.append(failure)
            if states:
                receipt.state = min(states, key=STATES.index)
            return receipt

    def deposit(self, patient: bytes, *, wait: bool = True) -> CommitReceipt:
        """Brings every batch of `patient` to the trustees that it names now: after it named or changed them.

        UsageError when another process is committing and this one is not to `wait` for it.
        """
        with self._locked(wait=wait):
            receipt = CommitReceipt()
            self._journal.reopen(patient)
            committed = self._journal.batches([State.COMMITTED], patient)
            receipt.state = self._depositing.finish(patient, committed, receipt, silent)
            return receipt

    def deposited(self, patient: bytes) -> bool:
        """Whether every trustee of `patient` acknowledged its shares of every batch."""
        return not self._journal.batches([State.COMMITTED], patient)

    def _commit(self, patient: bytes, prepared: PreparedBundle, progress: Progress) -> CommitReceipt:
        receipt = CommitReceipt(resources_by_type=prepared.counts_by_type)
        self._sending.recheck(receipt, every=False)
        plan = self._sealer.plan(patient, prepared)
        receipt.unchanged = plan.unchanged
        if plan.batches:
            self._require_write(patient)
        begun = bool(self._journal.batches([State.PREPARED, State.STORED], patient))
        if begun and plan.changes:
            self._finish(patient, (), receipt, progress)
        fresh = self._prepare([self._sealer.seal(patient, prepared, plan, progress)])
        if fresh or begun:
            receipt.state = self._finish(patient, fresh, receipt, progress)
        else:
            self._depositing.finish(patient, self._journal.batches([State.COMMITTED], patient), receipt, progress)
        return receipt

    def _prepare(self, plans: Sequence[SealedPlan]) -> list[bytes]:
        """Journals what was sealed; keys first, for keys of a batch that never was are harmless. The new roots."""
        fresh = [root for plan in plans for root in plan.roots]
        if fresh:
            self._store.put_batches(secret for plan in plans for secret in plan.secrets)
            self._journal.prepare(
                (entry for plan in plans for entry in plan.entries),
                (alias for plan in plans for alias in plan.aliases),
            )
        return fresh

    def _finish(self, patient: bytes, fresh: Sequence[bytes], receipt: CommitReceipt, progress: Progress) -> str:
        """Takes every open batch of `patient` to its end; the state that all of them reached."""
        self._put(self._journal.batches([State.PREPARED], patient), progress)
        self._sending.finish(patient, fresh, receipt, progress)
        return self._depositing.finish(patient, self._journal.batches([State.COMMITTED], patient), receipt, progress)

    def _put(self, prepared: Sequence[JournalBatch], progress: Progress) -> None:
        """Takes prepared batches to stored."""
        for done, batch in enumerate(prepared, 1):
            root = self._blobs.put_car(self._journal.car(batch.root))
            if root.digest != batch.manifest_digest:
                raise wrong("store", batch.root, self._blobs.name)
            progress("store", done, len(prepared))
        # Once for all: storing a CAR again after a crash costs less than a durable write for each.
        self._journal.mark_stored(batch.root for batch in prepared)

    def _require_write(self, patient: bytes) -> None:
        reason, _ = self._ledger.may_write(patient, self._writer.member)
        if reason is not WriteReason.ALLOWED:
            raise ContractRefused(
                f"member {self._writer.member} may not write for this patient: {reason.name}",
                error="RecordRegistry_Refused",
                reason=reason.name.lower().replace("_", "-"),
            )

    @contextmanager
    def _locked(self, *, wait: bool = True) -> Iterator[None]:
        with ExitStack() as held:
            try:
                fcntl.flock(held.enter_context(self._lock.open("a")), fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except OSError as failure:
                raise UsageError(f"{self._lock} cannot be locked: {failure.strerror}", path=str(self._lock)) from None
            yield


def _same_record(record: PreparedRecord, local_id: str) -> bool:
    """Whether a corrected body may be the record with this local id; one without an id of its own is taken for it.

    A local id that is an address (a bundle's fullUrl, with a colon) does not say the type.
    """
    named = "id" in json.loads(record.body)
    fits = ":" in local_id or local_id.startswith(record.resource_type + "/")
    return record.local_id == local_id or (not named and fits)
