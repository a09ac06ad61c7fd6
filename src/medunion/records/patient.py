"""A patient's own records, read with its own key: what the wallet and the command line use."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from medunion.blobs.store import BlobSource
from medunion.crypto import hpke
from medunion.identity.configuration import ZERO
from medunion.keys.appointment import configuration_digest
from medunion.keys.client import KeyClient
from medunion.keys.custody import Custody, HolderClient, custody
from medunion.keys.holdings import Appointment
from medunion.keys.local import system_clock
from medunion.keys.ports import Directory
from medunion.keys.release import Clock
from medunion.keys.scope import Access
from medunion.ledger import Ledger, Signer
from medunion.records.export import Export, Names, export_records, member_number, unwatched
from medunion.records.export import Progress as ReadProgress
from medunion.records.opened import RecordEntry
from medunion.records.read import Listing, Reading, RecordReader, VerifiedRecord
from medunion.vocabulary import ALL_CATEGORIES


class PatientReader:
    """Reads as a patient: `controller` is the patient id's account, `private_key` its X25519 key.

    `trustees` are those that the patient's wallet knows it named. Those of ids that were linked to this one are asked
    of `members`, the first time that such an id is read.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        blobs: BlobSource,
        directory: Directory,
        patient: bytes,
        controller: Signer,
        private_key: bytes,
        trustees: Sequence[int] = (),
        members: Callable[[], Iterable[int]] = tuple,
        clock: Clock = system_clock,
    ) -> None:
        self._ledger = ledger
        self._patient = patient
        self._clock = clock
        self._members = members
        self._linked: dict[bytes, Sequence[int]] = {}
        self._trustees = tuple(trustees)
        unseal = hpke.opener(private_key)
        self._client = KeyClient(
            ledger=ledger, directory=directory, requester=0, signer=controller, unseal=unseal, clock=clock
        )
        self._holders = HolderClient(
            ledger=ledger, directory=directory, requester=0, signer=controller, unseal=unseal, clock=clock
        )
        self._reader = RecordReader(ledger=ledger, blobs=blobs, client=self._client, trustees_of=self._trustees_of)

    def list(
        self, access: Access | None = None, *, authors: Collection[int] | None = None, versions: bool = False
    ) -> Listing:
        """The patient's records; see `RecordReader.list`."""
        wanted = access or Access.by_patient()
        return self._reader.list(self._patient, wanted, trustees=self._trustees, authors=authors, versions=versions)

    def read(
        self,
        access: Access | None = None,
        *,
        records: Collection[bytes] | None = None,
        authors: Collection[int] | None = None,
        versions: bool = False,
    ) -> Reading:
        """The patient's records with bodies; see `RecordReader.read`."""
        wanted = access or Access.by_patient()
        return self._reader.read(
            self._patient, wanted, trustees=self._trustees, records=records, authors=authors, versions=versions
        )

    def history(self, record_id: bytes, *, author: int | None = None) -> Reading:
        """All versions of a record; see `RecordReader.history`."""
        wanted = Access.by_patient()
        return self._reader.history(self._patient, record_id, wanted, trustees=self._trustees, author=author)

    def verify(self, record_id: bytes, *, author: int | None = None) -> VerifiedRecord:
        """A record with every check made; see `RecordReader.verify`."""
        wanted = Access.by_patient()
        return self._reader.verify(self._patient, record_id, wanted, trustees=self._trustees, author=author)

    def check(self, entry: RecordEntry) -> VerifiedRecord:
        """A listed record with every check made; see `RecordReader.check`."""
        return self._reader.check(entry)

    def custody(self) -> Custody:
        """Asks each of the patient's trustees which shares it holds: how well every batch is kept now."""
        return custody(self._ledger, self._holders, Appointment(self._patient, ZERO, self._trustees, ZERO, ZERO))

    def export(
        self,
        *,
        categories: int = ALL_CATEGORIES,
        authors: Collection[int] | None = None,
        versions: bool = False,
        names: Names = member_number,
        progress: ReadProgress = unwatched,
    ) -> Export:
        """All that is the patient's, or what of it is of these categories and by these authors, to write as files."""
        return export_records(
            self._reader,
            self._patient,
            Access.by_patient(),
            member=0,
            allowed=ALL_CATEGORIES,
            at=self._clock(),
            categories=categories,
            trustees=self._trustees,
            authors=authors,
            versions=versions,
            names=names,
            progress=progress,
        )

    def access_log(self, member: int) -> Sequence[dict[str, Any]]:
        """Who asked `member` for this patient's keys, under any linked id: FHIR AuditEvents, oldest first."""
        ids = [self._patient, *self._ledger.retired(self._patient)]
        events = [event for patient in ids for event in self._client.access_log(patient, member)]
        return sorted(events, key=lambda event: str(event["recorded"]))

    def _trustees_of(self, retired: bytes) -> Sequence[int]:
        if retired not in self._linked:
            shown = self._ledger.patient(retired).configuration
            told = self._client.appointment(
                retired, self._members(), lambda known: configuration_digest(known) == shown
            )
            self._linked[retired] = told.trustees if told is not None else ()
        return self._linked[retired]
