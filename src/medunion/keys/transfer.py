"""Bringing shares to where they belong after a patient changed its trustees: each member does its part by itself.

    present trustee   asks the author, else two holders, for what it lacks, keeps a batch only once all of its shares
                      are those of the manifest and its labels are the same from everybody
    former trustee    releases nothing any more, and keeps its shares until the change has stood for `RETENTION`; then
                      it deletes them, once every present trustee confirms that it holds its own. So does a present
                      one with shares of a position that it had before
    author            deposits what its receipts say is missing (`records.commit`)

No change of trustees destroys keys sooner than a recovery undoes it: a thief cannot make honest members delete theirs.
Every step may be repeated, and the ledger says what there is to do: a transfer that was stopped is simply run again.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from medunion.blobs.store import BlobSource
from medunion.crypto.hpke import Unseal
from medunion.errors import AccessRefused, IntegrityError, MedUnionError
from medunion.keys.appointment import current_appointment, due_shares, kept_until
from medunion.keys.custody import HolderClient, Place
from medunion.keys.deposit import are_committed, load_commitments
from medunion.keys.holdings import Appointment, HeldBatch, HeldSection
from medunion.keys.ports import Directory
from medunion.keys.release import Clock
from medunion.keys.store import KeyStore
from medunion.ledger import Ledger, Signer
from medunion.vocabulary import MemberStatus


@dataclass(slots=True)
class TransferReport:
    """What a member did as trustee: batches that it is to hold, that it now got, that it lacks, that it deleted.

    Of `kept` batches it holds shares that are not due to it any more, until `kept_until` (seconds since 1970, else 0).
    `failures` stopped nothing: holders out of reach, refusals, wrong shares and who sent them.
    """

    due: int = 0
    received: int = 0
    missing: int = 0
    forgotten: int = 0
    kept: int = 0
    kept_until: int = 0
    failures: list[MedUnionError] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether nothing is left to do now, at least until `kept_until`."""
        return not self.missing


class ShareTransfer:
    """The part of one member, as present or former trustee. `signer` is any of its operators."""

    def __init__(
        self,
        *,
        member: int,
        ledger: Ledger,
        store: KeyStore,
        blobs: BlobSource,
        directory: Directory,
        signer: Signer,
        unseal: Unseal,
        clock: Clock,
    ) -> None:
        self._member = member
        self._ledger = ledger
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._client = HolderClient(
            ledger=ledger, directory=directory, requester=member, signer=signer, unseal=unseal, clock=clock
        )

    def due(self, patient: bytes | None = None) -> list[bytes]:
        """Patients, or this one, for whom there is something to do now; asks for the time only when any waits."""
        return self._store.due_transfers(patient, self._clock()) if self._store.due_transfers(patient) else []

    def settle(self, patient: bytes, former: Iterable[int] = ()) -> TransferReport:
        """Does what there is to do for a patient; `former` are further members to ask.

        AccessRefused when this member does not know the present trustees, ChainError when the ledger does not answer.
        """
        appointment = current_appointment(self._ledger, self._store, patient)
        if appointment is None:
            raise AccessRefused(
                "who the patient's trustees are was not told to this member",
                reason="unknown-appointment",
                by=self._member,
            )
        report = TransferReport()
        if self._member in appointment.trustees:
            report = self._receive(appointment, former)
        self._forget(appointment, report)
        if report.done and not any(True for _ in self._store.batches(patient)):
            self._store.end_transfer(patient, report.kept_until)
        return report

    def _receive(self, appointment: Appointment, former: Iterable[int]) -> TransferReport:
        due = due_shares(appointment, self._member)
        committed = {(batch.author, batch.root): batch for batch in self._ledger.batches(appointment.patient)}
        others = {place: batch.manifest_digest for place, batch in committed.items() if place[0] != self._member}
        missing = dict[Place, bytes]()
        for place, digest in others.items():
            held = self._store.shares(appointment.patient, *place)
            if held is None or not due <= held.indices:
                missing[place] = digest
        report = TransferReport(due=len(others))
        if missing and self._ledger.member(self._member).status is not MemberStatus.ACTIVE:
            report.failures.append(
                AccessRefused("this member is not active", reason="member-not-active", by=self._member)
            )
        elif missing:
            self._collect(appointment, due, missing, former, report)
        report.missing = len(missing)
        return report

    def _collect(
        self,
        appointment: Appointment,
        due: frozenset[int],
        missing: dict[Place, bytes],
        former: Iterable[int],
        report: TransferReport,
    ) -> None:
        """Asks authors, then whoever may hold shares, until nothing is missing; takes what is whole off `missing`."""
        assembly = _Assembly(appointment.patient, due, self._blobs)
        authors = sorted({author for author, _ in missing})
        served = [member for each in self._store.appointments(appointment.patient) for member in each.trustees]
        holders = [*appointment.trustees, *former, *appointment.former, *served]
        for holder in dict.fromkeys([*authors, *holders]):
            of_author = [place for place in missing if place[0] == holder]
            wanted = of_author if holder in authors and holder not in holders else list(missing)
            if not wanted or holder == self._member:
                continue
            try:
                given = self._client.ask(holder, appointment.patient, wanted).given
            except MedUnionError as failure:
                report.failures.append(failure)
                continue
            for batch in given:
                assembly.add(holder, batch, missing[batch.place])
            whole = assembly.take_whole()
            self._store.put_shares(whole)
            report.received += len(whole)
            for batch in whole:
                del missing[batch.place]
        report.failures += assembly.failures

    def _forget(self, appointment: Appointment, report: TransferReport) -> None:
        """Deletes what is held beyond what is due, once the trustees did not change for long and all confirm their own.

        Without any present trustee the author confirms.
        """
        due = due_shares(appointment, self._member)
        surplus = {batch.place: batch for batch in self._store.held(appointment.patient) if batch.indices > due}
        until = kept_until(self._ledger, appointment.patient) if surplus else 0
        if not until:
            return
        if self._clock() < until:
            report.kept, report.kept_until = len(surplus), until
            return
        confirmed = set(surplus)
        by_confirmer: dict[int, list[Place]] = defaultdict(list)
        for place in surplus:
            for confirmer in appointment.trustees or (place[0],):
                if confirmer != self._member:
                    by_confirmer[confirmer].append(place)
        for confirmer, places in by_confirmer.items():
            try:
                said = self._client.ask(confirmer, appointment.patient, places).held
            except MedUnionError as failure:
                report.failures.append(failure)
                said = {}
            needed = due_shares(appointment, confirmer)
            confirmed -= {place for place in places if place not in said or not needed <= said[place]}
        self._store.forget_shares([surplus[place] for place in confirmed], due)
        report.forgotten = len(confirmed)
        report.missing += len(surplus) - len(confirmed)


class _Assembly:
    """Shares of batches from several holders, each verified as it comes; one assembly for each labelling of a batch."""

    def __init__(self, patient: bytes, due: frozenset[int], blobs: BlobSource) -> None:
        self.failures: list[MedUnionError] = []
        self._patient = patient
        self._due = due
        self._blobs = blobs
        self._parts: dict[Place, dict[tuple[tuple[bytes, int, int], ...], _Part]] = defaultdict(dict)

    def add(self, holder: int, batch: HeldBatch, digest: bytes) -> None:
        """Takes a holder's shares of a batch; when one is wrong, or a section missing, nothing of it is used."""
        try:
            committed = load_commitments(self._blobs, digest)
        except AccessRefused as refused:
            self.failures.append(refused)
            return
        whole = committed.keys() == {each.section_id for each in batch.sections}
        if batch.manifest_digest != digest or not whole or not are_committed(batch, committed):
            self.failures.append(_wrong("share", batch.root, holder))
            return
        labels = tuple(sorted((each.section_id, each.category, each.mask) for each in batch.sections))
        variants = self._parts[batch.place]
        if variants and labels not in variants:
            earlier = sorted({each for part in variants.values() for each in part.holders})
            self.failures.append(_wrong("section-label", batch.root, holder, *earlier))
        part = variants.setdefault(labels, _Part(digest))
        part.holders.append(holder)
        for section in batch.sections:
            part.shares[section.section_id].update(section.shares)

    def take_whole(self) -> list[HeldBatch]:
        """The batches of which all shares are there now; they leave the assembly."""
        found = []
        for place, variants in list(self._parts.items()):
            for labels, part in variants.items():
                if all(self._due <= part.shares[section_id].keys() for section_id, _, _ in labels):
                    sections = tuple(
                        HeldSection(section_id, category, mask, {i: part.shares[section_id][i] for i in self._due})
                        for section_id, category, mask in labels
                    )
                    found.append(HeldBatch(self._patient, *place, part.digest, sections))
                    del self._parts[place]
                    break
        return found


@dataclass(slots=True, repr=False)
class _Part:
    digest: bytes
    holders: list[int] = field(default_factory=list)
    shares: dict[bytes, dict[int, bytes]] = field(default_factory=lambda: defaultdict(dict))


def _wrong(step: str, root: bytes, *culprits: int) -> IntegrityError:
    named = " or ".join(map(str, culprits))
    culprit = culprits[0] if len(culprits) == 1 else [*culprits]
    return IntegrityError(
        f"{step} check failed for {root.hex()}: member {named}", step=step, record=root.hex(), culprit=culprit
    )
