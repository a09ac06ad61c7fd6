"""The stage of a scan: a devnet with six members, and patients whose bundles hospital A committed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from medunion.demo.additions import additions
from medunion.demo.inputs import Case, Inputs
from medunion.errors import IntegrityError
from medunion.fhir import prepare
from medunion.identity.wallet import Identity
from medunion.keys.client import Place
from medunion.keys.local import system_clock
from medunion.network import MemberHandle, Network
from medunion.vocabulary import Category, MemberKind, RestrictedClass

AUTHOR, READER, OTHER = "hospital-a", "hospital-b", "clinic"
LABORATORY, PHARMACY, REGULATOR = "laboratory", "pharmacy", "regulator"
TRUSTEES = (LABORATORY, PHARMACY, REGULATOR)
MEMBERS = [
    (AUTHOR, MemberKind.HOSPITAL),
    (READER, MemberKind.HOSPITAL),
    (OTHER, MemberKind.CLINIC),
    (LABORATORY, MemberKind.LABORATORY),
    (PHARMACY, MemberKind.PHARMACY),
    (REGULATOR, MemberKind.REGULATOR),
]

SectionId = tuple[Place, bytes]
"""A section: its batch, and its id there."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A patient on the ledger, and what hospital A knows of the records: the truth that attempts are held against."""

    identity: Identity
    sections: Mapping[SectionId, tuple[int, int]]
    """Section -> restricted mask, number of records."""
    labels: Mapping[str, tuple[Category, RestrictedClass]]
    """Local id -> category and restricted mask of each record."""
    ids: Mapping[str, bytes]
    """Local id -> record id."""

    @property
    def patient(self) -> bytes:
        """The PatientId."""
        return self.identity.patient

    @property
    def batches(self) -> list[Place]:
        """Author and root of every batch."""
        return sorted({place for place, _ in self.sections})

    @property
    def masks(self) -> Counter[int]:
        """Number of records by mask."""
        return Counter(int(mask) for _, mask in self.labels.values())

    def released(self, sections: Iterable[SectionId]) -> Counter[int]:
        """Number of records by mask in sections."""
        found: Counter[int] = Counter()
        for each in sections:
            mask, number = self.sections[each]
            found[mask] += number
        return found


@contextmanager
def network(folder: Path, passphrase: str) -> Iterator[Network]:
    """A devnet with the members, and clinicians attested at hospital B and the clinic."""
    with Network.start_devnet(folder, passphrase, keep=False, detached=False, clock=system_clock) as opened:
        opened.admit_all(MEMBERS)
        for name in (READER, OTHER):
            opened.attest(name, "clinician", by=REGULATOR, licence=name)
        yield opened


def subject(opened: Network, inputs: Inputs, case: Case, number: int) -> Subject:
    """Registers a patient with three key trustees, and commits its bundle and a record of each restricted class.

    IntegrityError when sections were labelled otherwise than the input says.
    """
    identity = opened.create_wallet(f"patient-{number}").identity()
    desk, author = opened.desk(AUTHOR), opened.member(AUTHOR)
    desk.register(identity, trustees=[opened.member(name).id for name in TRUSTEES])
    desk.check_in(identity)
    for bundle in (case.bundle, additions(case)):
        author.records().commit(identity.patient, bundle, care_directory=inputs.directory)
    labels = _labels(case)
    keys = _section_keys(author, identity.patient)
    counts: Counter[SectionId] = Counter()
    ids = {}
    for entry in author.records().list(identity.patient, versions=True):
        section, mask = keys[entry.section_key]
        counts[section] += 1
        ids[entry.local_id] = entry.record_id
        if labels[entry.local_id] != (entry.category, mask):
            raise IntegrityError(
                "a record lies in a section of another label",
                step="section-label",
                record=entry.record_id.hex(),
                culprit=author.id,
            )
    return Subject(identity, {section: (mask, counts[section]) for section, mask in keys.values()}, labels, ids)


def _labels(case: Case) -> dict[str, tuple[Category, RestrictedClass]]:
    """Category and mask of each record as the input says them."""
    labels = {record.local_id: (record.category, record.mask) for record in case.prepared.records}
    added = prepare(
        additions(case),
        known=lambda reference: reference == case.patient,
        known_mask=lambda reference: labels[reference][1] if reference in labels else RestrictedClass(0),
    )
    return labels | {record.local_id: (record.category, record.mask) for record in added.records}


def _section_keys(author: MemberHandle, patient: bytes) -> dict[bytes, tuple[SectionId, int]]:
    """Section key -> section and its mask, from the author's key store."""
    store = author.home.key_store()
    try:
        return {
            batch.section_key(section): (((batch.author, batch.root), section.section_id), section.mask)
            for batch in store.batches(patient)
            for section in batch.sections
        }
    finally:
        store.close()
