"""A member's records: what the SDK, the command line and the node use."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from medunion.blobs.store import BlobStore
from medunion.errors import MedUnionError, UsageError
from medunion.fhir import BODY_LIMIT
from medunion.fhir import Directory as CareDirectory
from medunion.keys.appointment import current_appointment
from medunion.keys.client import KeyClient
from medunion.keys.home import MemberHome
from medunion.keys.local import system_clock
from medunion.keys.messages import NO_LANE
from medunion.keys.ports import Directory
from medunion.keys.release import Clock
from medunion.keys.scope import ALL_CLASSES, Access
from medunion.keys.transfer import ShareTransfer, TransferReport
from medunion.ledger import Ledger, RecordWriter, Signer
from medunion.records.commit import FINALITY
from medunion.records.export import Export, Names, export_records, member_number, unwatched
from medunion.records.export import Progress as ReadProgress
from medunion.records.ingest import Ingester, IngestReceipt, Submission
from medunion.records.journal import Journal, State
from medunion.records.opened import BatchOpener, RecordEntry
from medunion.records.read import Listing, Reading, RecordReader, VerifiedRecord
from medunion.records.receipt import CommitReceipt
from medunion.records.sealing import Intake, Progress, silent
from medunion.vocabulary import ALL_CATEGORIES, Purpose, RestrictedClass


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a member did of a transfer: as trustee, and as author (`deposited`)."""

    held: TransferReport
    deposited: CommitReceipt

    @property
    def failures(self) -> list[MedUnionError]:
        """What could not be done now."""
        return [*self.held.failures, *self.deposited.failures]


class RecordService:
    """Commits, corrects and reads as one member.

    `recorder` and `writer` are the same operator (RECORDS): one signs deposits, the other transactions; without them
    the service only reads. `reader` is an operator with READER or CLINICIAN.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        blobs: BlobStore,
        home: MemberHome,
        directory: Directory,
        reader: Signer | None = None,
        recorder: Signer | None = None,
        writer: RecordWriter | None = None,
        clock: Clock = system_clock,
        finality: int = FINALITY,
    ) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._home = home
        self._member = home.member
        self._directory = directory
        self._clock = clock
        self._reader = reader
        self._opener = BatchOpener(ledger, blobs)
        self._store = home.key_store()
        self._journal = Journal(home.path / "journal.sqlite", home.kek, self._member)
        self._committer: Ingester | None = None
        self._shares: ShareTransfer | None = None
        if (signer := recorder or reader) is not None:
            self._shares = ShareTransfer(
                member=self._member,
                ledger=ledger,
                store=self._store,
                blobs=blobs,
                directory=directory,
                signer=signer,
                unseal=home.unseal,
                clock=clock,
            )
        if writer is not None and recorder is not None:
            self._committer = Ingester(
                ledger=ledger,
                writer=writer,
                blobs=blobs,
                journal=self._journal,
                store=self._store,
                directory=directory,
                signer=recorder,
                record_secret=home.record_secret,
                lock=home.path / "journal.lock",
                finality=finality,
            )

    def close(self) -> None:
        """Closes its stores."""
        self._store.close()
        self._journal.close()

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
        """See `Committer.commit`."""
        self.settle_due(patient)
        return self._commits().commit(
            patient,
            bundle,
            care_directory=care_directory,
            extra_masks=extra_masks,
            validated=validated,
            body_limit=body_limit,
            progress=progress,
        )

    def ingest(
        self,
        submissions: Iterable[Submission],
        *,
        care_directory: CareDirectory | None = None,
        validated: bool = True,
        body_limit: int = BODY_LIMIT,
        processes: int | None = None,
        progress: Progress = silent,
    ) -> IngestReceipt:
        """See `Ingester.ingest`; `care_directory`, `validated` and `body_limit` are for all submissions."""
        intake = Intake(care_directory, validated=validated, body_limit=body_limit)
        return self._commits().ingest(submissions, intake, processes=processes, progress=progress)

    def correct(self, record_id: bytes, body: bytes, *, care_directory: CareDirectory | None = None) -> CommitReceipt:
        """See `Committer.correct`."""
        return self._commits().correct(record_id, body, care_directory=care_directory)

    def resume(self, progress: Progress = silent) -> CommitReceipt:
        """See `Committer.resume`; then does what is due after changes of trustees."""
        receipt = self._commits().resume(progress)
        self.settle_due()
        return receipt

    def deposit(self, patient: bytes) -> CommitReceipt:
        """See `Committer.deposit`."""
        return self._commits().deposit(patient)

    def transfer(self, patient: bytes, former: Iterable[int] = (), *, wait: bool = True) -> Transfer:
        """Brings shares to where the patient's present trustees are: this member's part as author and as trustee.

        `former` are further members that may hold shares. AccessRefused when this member does not know the present
        trustees, ChainError, UsageError (see `Committer.deposit`); all else is listed.
        """
        if self._shares is None:
            raise UsageError("an operator of the member is needed to ask for shares")
        held = self._shares.settle(patient, former)
        deposited = CommitReceipt()
        if self._committer is not None and self._journal.batches([State.COMMITTED, State.DEPOSITED], patient):
            deposited = self._committer.deposit(patient, wait=wait)
            if held.done and self._committer.deposited(patient):
                self._store.end_transfer(patient, held.kept_until)
        return Transfer(held, deposited)

    def settle_due(self, patient: bytes | None = None) -> None:
        """Does what is due after changes of trustees, of one patient or of all; what cannot be done now stays due."""
        waiting: list[bytes] = []
        with suppress(MedUnionError):
            waiting = self._shares.due(patient) if self._shares is not None else []
        for each in waiting:
            with suppress(MedUnionError):
                self.transfer(each, wait=False)

    def patients(self) -> list[bytes]:
        """For whom this member has committed records."""
        return self._journal.patients()

    def access(
        self,
        patient: bytes,
        *,
        purpose: Purpose = Purpose.TREAT,
        lane: int = 0,
        categories: int | None = None,
        restricted: int | None = None,
    ) -> Access:
        """What to ask for: the given masks, else all that the lane grants, or without a grant all unrestricted."""
        scope = self._ledger.grant_of(self._ledger.survivor(patient), self._member, lane)
        if categories is None:
            categories = scope.categories if scope is not None else ALL_CATEGORIES
        if restricted is None:
            restricted = scope.restricted if scope is not None else 0
        return Access(purpose, lane, categories, restricted & ALL_CLASSES)

    def acting(self, signer: Signer) -> RecordReader:
        """A reader that asks as this operator of the member."""
        client = KeyClient(
            ledger=self._ledger,
            directory=self._directory,
            requester=self._member,
            signer=signer,
            unseal=self._home.unseal,
            clock=self._clock,
        )
        return RecordReader(
            ledger=self._ledger,
            blobs=self._blobs,
            client=client,
            own=self._store,
            opener=self._opener,
            trustees_of=lambda retired: self._trustees(retired, None),
        )

    def list(
        self,
        patient: bytes,
        access: Access | None = None,
        *,
        trustees: Sequence[int] | None = None,
        authors: Collection[int] | None = None,
        versions: bool = False,
    ) -> Listing:
        """See `RecordReader.list`; `access` None asks for all that lane 0 grants for treatment."""
        known = self._trustees(patient, trustees)
        return self._reads().list(
            patient, access or self.access(patient), trustees=known, authors=authors, versions=versions
        )

    def read(
        self,
        patient: bytes,
        access: Access | None = None,
        *,
        trustees: Sequence[int] | None = None,
        authors: Collection[int] | None = None,
        records: Collection[bytes] | None = None,
        versions: bool = False,
    ) -> Reading:
        """See `RecordReader.read`; `access` None asks for all that lane 0 grants for treatment."""
        known = self._trustees(patient, trustees)
        return self._reads().read(
            patient, access or self.access(patient), trustees=known, authors=authors, records=records, versions=versions
        )

    def history(
        self,
        patient: bytes,
        record_id: bytes,
        access: Access | None = None,
        *,
        trustees: Sequence[int] | None = None,
        author: int | None = None,
    ) -> Reading:
        """See `RecordReader.history`."""
        known = self._trustees(patient, trustees)
        wanted = access or self.access(patient)
        return self._reads().history(patient, record_id, wanted, trustees=known, author=author)

    def verify(
        self,
        patient: bytes,
        record_id: bytes,
        access: Access | None = None,
        *,
        trustees: Sequence[int] | None = None,
        author: int | None = None,
    ) -> VerifiedRecord:
        """See `RecordReader.verify`."""
        known = self._trustees(patient, trustees)
        wanted = access or self.access(patient)
        return self._reads().verify(patient, record_id, wanted, trustees=known, author=author)

    def check(self, entry: RecordEntry) -> VerifiedRecord:
        """See `RecordReader.check`."""
        return self._reads().check(entry)

    def export(
        self,
        patient: bytes,
        access: Access | None = None,
        *,
        trustees: Sequence[int] | None = None,
        authors: Collection[int] | None = None,
        versions: bool = False,
        names: Names = member_number,
        progress: ReadProgress = unwatched,
    ) -> Export:
        """All that `access` covers, to be written as files; `access` None asks for all that lane 0 grants."""
        wanted = access or self.access(patient)
        granting = self._ledger.survivor(patient)
        scope = None if wanted.lane == NO_LANE else self._ledger.grant_of(granting, self._member, wanted.lane)
        return export_records(
            self._reads(),
            patient,
            wanted,
            member=self._member,
            allowed=ALL_CATEGORIES if scope is None else scope.categories,
            at=self._clock(),
            categories=wanted.categories,
            trustees=self._trustees(patient, trustees),
            authors=authors,
            versions=versions,
            names=names,
            progress=progress,
        )

    def _trustees(self, patient: bytes, given: Sequence[int] | None) -> Sequence[int]:
        """The patient's trustees as given, or as this member was told, once what a change of them made due is tried."""
        self.settle_due(patient)
        if given is not None:
            return given
        known = current_appointment(self._ledger, self._store, patient)
        return () if known is None else known.trustees

    def _commits(self) -> Ingester:
        if self._committer is None:
            raise UsageError("an operator with RECORDS is needed to commit")
        return self._committer

    def _reads(self) -> RecordReader:
        if self._reader is None:
            raise UsageError("an operator with READER or CLINICIAN is needed to read")
        return self.acting(self._reader)
