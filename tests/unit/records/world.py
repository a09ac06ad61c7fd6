"""A consortium in memory: members with folders on disk, one patient, sample bundles."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from medunion.blobs.folder import FolderStore
from medunion.chain.accounts import Account
from medunion.crypto import hpke
from medunion.crypto.passphrase import KdfCost
from medunion.errors import AccessRefused, MedUnionError
from medunion.identity.configuration import Part
from medunion.keys.appointment import RETENTION, appoint, configuration_digest, seal_appointment
from medunion.keys.holdings import Appointment
from medunion.keys.home import MemberHome
from medunion.keys.local import LocalDirectory, LocalMember
from medunion.ledger import Scope
from medunion.records.patient import PatientReader
from medunion.records.service import RecordService
from medunion.vocabulary import ALL_CATEGORIES, MemberKind, MemberStatus, Purpose, Role

from .fake import FakeChain, FakeLedger, FakeWriter, admitted, registered

CHEAP = KdfCost(1, 1, 8 * 1024)
PASSPHRASE = "correct horse"
HOSPITAL_A, HOSPITAL_B, CLINIC, LABORATORY, INSURER, PHARMACY, HOSPITAL_C, REGULATOR = range(1, 9)
KINDS = {
    HOSPITAL_A: MemberKind.HOSPITAL,
    HOSPITAL_B: MemberKind.HOSPITAL,
    CLINIC: MemberKind.CLINIC,
    LABORATORY: MemberKind.LABORATORY,
    INSURER: MemberKind.INSURER,
    PHARMACY: MemberKind.PHARMACY,
    HOSPITAL_C: MemberKind.HOSPITAL,
    REGULATOR: MemberKind.REGULATOR,
}
ROLES = {"records": Role.RECORDS, "reader": Role.READER, "clinician": Role.CLINICIAN, "desk": Role.DESK}
YEAR = 365 * 86400


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder in memory where the system has such: durable writes cost most of these tests' time."""
    memory = Path("/dev/shm")  # noqa: S108  a fresh folder of unguessable name in it
    place = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as path:
        yield Path(path)


@dataclass
class Site:
    """One member: its folder, its operators, its view of the ledger."""

    number: int
    home: MemberHome
    operators: dict[str, Account]
    ledger: FakeLedger
    writer: FakeWriter
    point: LocalMember
    records: RecordService


class World:
    """Members, each with an operator for each role; a patient with an episode at hospital A."""

    def __init__(self, path: Path, members: Iterable[int] = (HOSPITAL_A, HOSPITAL_B)) -> None:
        self.path = path
        self.chain = FakeChain()
        self.ledger = FakeLedger(self.chain)
        self.blobs = FolderStore(path / "blobs")
        self.directory = LocalDirectory()
        self.controller = Account.create()
        self.patient_key = hpke.generate_private_key()
        self.patient = bytes.fromhex("77" * 32)
        self.sites: dict[int, Site] = {}
        for number in members:
            self._add(number)
        state = self.chain.mine()
        state.patients[self.patient] = registered(
            self.patient, self.controller.address, hpke.public_key(self.patient_key)
        )
        state.episodes.add((self.patient, HOSPITAL_A))

    @property
    def a(self) -> Site:
        return self.sites[HOSPITAL_A]

    @property
    def b(self) -> Site:
        return self.sites[HOSPITAL_B]

    def clock(self) -> int:
        return self.chain.time

    def retention_ends(self) -> None:
        """The time goes by after which former trustees delete; everybody does what is due then."""
        self.chain.time += RETENTION
        self.settle_all()

    def settle_all(self) -> None:
        """Every member that is there does what is due after changes of trustees."""
        for site in self.sites.values():
            if site.home.path.exists():
                site.records.settle_due()

    def grant(
        self,
        member: int = HOSPITAL_B,
        categories: int = ALL_CATEGORIES,
        restricted: int = 0,
        purposes: Purpose = Purpose.TREAT,
        lane: int = 0,
        term: tuple[int, int] | None = None,
    ) -> None:
        now = self.chain.time
        begins, ends = term or (now - 1, now + YEAR)
        scope = Scope(categories, purposes.value, restricted, begins, ends)
        self.chain.mine().grants[self.patient, member, lane] = scope

    def revoke(self, member: int = HOSPITAL_B, lane: int = 0) -> None:
        del self.chain.mine().grants[self.patient, member, lane]

    def appoint(
        self, *trustees: int, former: tuple[int, ...] = (), tell: Iterable[int] = (HOSPITAL_A,)
    ) -> Appointment:
        """The patient names trustees, and tells the former ones, `tell`, the new ones, and the former ones again.

        Whose folder is away is not reached.
        """
        appointment = replace(appoint(self.patient, trustees), former=former)
        self.put_on_ledger(appointment)
        for member in (*dict.fromkeys([*former, *tell, *trustees]), *former):
            if self.sites[member].home.path.exists():
                self.tell(appointment, member)
        return appointment

    def tell(self, appointment: Appointment, member: int) -> None:
        """The patient tells a member of an appointment."""
        answer = self.sites[member].point.appoint(seal_appointment(appointment, self.ledger, member))
        assert b"KeyReceipt" in answer

    def put_on_ledger(self, appointment: Appointment) -> None:
        """The ledger shows an appointment that nobody was told of yet."""
        state = self.chain.mine()
        state.patients[self.patient] = replace(
            state.patients[self.patient], configuration=configuration_digest(appointment)
        )
        state.changed[self.patient, Part.TRUSTEES] = self.chain.time

    def set_status(self, member: int, status: MemberStatus) -> None:
        """The council suspends or removes a member."""
        state = self.chain.mine()
        state.members[member] = replace(state.members[member], status=status)

    def rotate_key(self, member: int) -> None:
        """A member replaces its key, as `MemberHandle.rotate_key` does."""
        home = self.sites[member].home
        public_key = home.add_key(self.ledger.member(member).public_key)
        state = self.chain.mine()
        known = state.members[member]
        state.members[member] = replace(known, public_key=public_key, key_epoch=known.key_epoch + 1)
        home.drop_former_keys()

    def patient_reader(self, trustees: tuple[int, ...] = ()) -> PatientReader:
        return PatientReader(
            ledger=self.ledger,
            blobs=self.blobs,
            directory=self.directory,
            patient=self.patient,
            controller=self.controller,
            private_key=self.patient_key,
            trustees=trustees,
            clock=self.clock,
        )

    def reopen(self, number: int = HOSPITAL_A) -> Site:
        """The member's process starts again."""
        site = self.sites[number]
        site.records.close()
        site.records = self._service(site.home, site.ledger, site.operators, site.writer)
        return site

    def close(self) -> None:
        for site in self.sites.values():
            site.records.close()
            site.point.close()
        self.directory.close()
        self.blobs.close()

    def _add(self, number: int) -> None:
        path = self.path / f"member-{number}"
        home = MemberHome.create(path, PASSPHRASE, CHEAP)
        home.assign(number, "test")
        operators = {name: Account.create() for name in ROLES}
        state = self.chain.mine()
        state.members[number] = admitted(number, KINDS[number], home.public_key)
        state.operators |= {operators[name].address: (number, role) for name, role in ROLES.items()}
        ledger = FakeLedger(self.chain)
        writer = FakeWriter(ledger, operators["records"].address)
        point = LocalMember.from_home(home, ledger, self.blobs, operators["desk"], self.clock, self.directory)
        self.directory.add(number, path, lambda: point)
        records = self._service(home, ledger, operators, writer)
        self.sites[number] = Site(number, home, operators, ledger, writer, point, records)

    def _service(
        self, home: MemberHome, ledger: FakeLedger, operators: dict[str, Account], writer: FakeWriter
    ) -> RecordService:
        return RecordService(
            ledger=ledger,
            blobs=self.blobs,
            home=home,
            directory=self.directory,
            reader=operators["reader"],
            recorder=operators["records"],
            writer=writer,
            clock=self.clock,
        )


def refused(call: Any, *arguments: Any, **named: Any) -> str:
    """The reason of the refusal that a call ends in."""
    try:
        call(*arguments, **named)
    except AccessRefused as failure:
        return str(failure.details["reason"])
    except MedUnionError as failure:
        return f"{failure.code}: {failure.message}"
    return "granted"


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": name, **more}


SUBJECT = {"subject": {"reference": "Patient/p1"}}
VISIT = {"encounter": {"reference": "Encounter/e1"}}
LAB = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}]
HIV = {"meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}]}}


def observation(name: str = "o1", value: str = "first", **more: Any) -> dict[str, Any]:
    fields = {"status": "final", "code": {"text": value}, "category": LAB, **SUBJECT, **VISIT, **more}
    return resource("Observation", name, **fields)


def bundle_of(*resources: dict[str, Any]) -> bytes:
    entries = [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def sample(observed: str = "first", **more: Any) -> bytes:
    """A patient, an encounter with a laboratory result and a restricted diagnosis, and an allergy: five records."""
    visit_class = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    encounter: dict[str, Any] = {"status": "finished", "class": visit_class, **SUBJECT}
    return bundle_of(
        resource("Patient", "p1", gender="female", birthDate="1980-02-03"),
        resource("Encounter", "e1", period={"start": "2024-03-04T08:00:00+08:00"}, **encounter),
        observation(value=observed, **more),
        resource("Condition", "c1", code={"text": "restricted"}, **HIV, **SUBJECT, **VISIT),
        resource("AllergyIntolerance", "a1", code={"text": "hazelnuts"}, patient={"reference": "Patient/p1"}),
    )
