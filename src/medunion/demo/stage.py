"""The stage: one network, its members as they would act, the patients with their wallets, and a voice."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from medunion.blobs.folder import FolderStore
from medunion.chain import devnet
from medunion.chain.writer import ChainRecordWriter
from medunion.demo.inputs import Case, Inputs
from medunion.demo.report import Report
from medunion.demo.voice import Voice, explained
from medunion.errors import AccessRefused, ContractRefused, IntegrityError, KeysUnavailable, MedUnionError
from medunion.identity.wallet import Identity, Wallet
from medunion.ledger import Receipt
from medunion.locale import translate as t
from medunion.network import MemberHandle, Network
from medunion.network.desk import Desk
from medunion.records.patient import PatientReader
from medunion.records.read import Record
from medunion.records.service import RecordService
from medunion.settlement.evidence import Evidence

HOSPITAL_A, HOSPITAL_B, CLINIC = "hospital-a", "hospital-b", "clinic"
LABORATORY, INSURER, REGULATOR, BANK = "laboratory", "insurer", "regulator", "bank"
TRUSTEES = (HOSPITAL_B, LABORATORY, REGULATOR)

_REFUSALS = (AccessRefused, ContractRefused, IntegrityError, KeysUnavailable)
"""What refuses by the rules; any other error ends the story."""


class Clock:
    """The members' clock: the chain's or this machine's, whichever is later, and moved by the story."""

    def __init__(self) -> None:
        self.offset = 0
        self.base: Callable[[], int] | None = None

    def __call__(self) -> int:
        """Seconds since 1970."""
        if self.base is None:
            raise AssertionError("the clock starts with the network")
        return self.base() + self.offset


@dataclass(slots=True)
class Patient:
    """A patient on stage. `expected` maps (author, local id, version) to the bytes that went in."""

    case: Case
    wallet: Wallet
    identity: Identity
    expected: dict[tuple[int, str, int], bytes] = field(default_factory=dict)

    @property
    def id(self) -> bytes:
        """The PatientId."""
        return self.identity.patient


class Stage:
    """What the acts share."""

    def __init__(self, network: Network, inputs: Inputs, report: Report, clock: Clock, voice: Voice) -> None:
        self.network = network
        self.inputs = inputs
        self.report = report
        self.clock = clock
        self.step = 0
        self.patients: list[Patient] = []
        self.voice = voice
        self.policies: list[bytes] = []
        self.claims: list[bytes] = []
        self.used: list[Evidence] = []
        self.transactions = 0
        self._services: dict[str, RecordService] = {}

    @property
    def hero(self) -> Patient:
        """The patient whose story is told in detail."""
        return self.patients[0]

    @property
    def blobs(self) -> FolderStore:
        """The network's blob store, a folder."""
        store = self.network.session.blobs
        if not isinstance(store, FolderStore):
            raise AssertionError("the demo runs on the embedded store")
        return store

    def begin(self, step: int) -> None:
        """Opens a step with its headline."""
        self.step = step
        title = t(f"demo.step{step}.title")
        self.voice.line(f"{step:>2}  {title}", bold=True)
        self.voice.doing(title)

    def say(self, key: str, **values: object) -> None:
        """A line of this step: the catalogue's `demo.step<n>.<key>`."""
        self.voice.line(t(f"demo.step{self.step}.{key}", **values), indent=4)

    def paid(self, operation: str, receipt: Receipt) -> Receipt:
        """Notes the gas of an operation."""
        self.report.gas[operation].append(receipt.gas_used)
        return receipt

    def refused(self, attempt: Callable[[], object], key: str, **values: object) -> MedUnionError:
        """Attempts what must be refused and says why it was: `reason` in the line `key`, `{by}` by whom.

        MedUnionError when it was not refused: then the story is not true.
        """
        try:
            attempt()
        except _REFUSALS as failure:
            self.report.refused(self.step, failure)
            if "by" in failure.details:
                values.setdefault("by", self.network.member_name(failure.details["by"]))
            self.say(key, reason=explained(failure), **values)
            return failure
        raise MedUnionError(f"step {self.step} ({key}) should have been refused and was not", step=self.step)

    def member(self, name: str) -> MemberHandle:
        """A member."""
        return self.network.member(name)

    def desk(self, name: str) -> Desk:
        """A member's desk."""
        return Desk(self.network.session, self.member(name))

    def records(self, name: str) -> RecordService:
        """A member's records, with its own folder and keys."""
        if name not in self._services:
            session, member = self.network.session, self.member(name)
            self._services[name] = RecordService(
                ledger=session.ledger,
                blobs=session.blobs,
                home=member.home,
                directory=session.directory,
                reader=member.account("reader"),
                recorder=member.account("records"),
                writer=ChainRecordWriter(session.ledger, member.sender("records")),
                clock=session.clock,
            )
        return self._services[name]

    def close_records(self, name: str) -> None:
        """Closes a member's stores."""
        service = self._services.pop(name, None)
        if service is not None:
            service.close()

    def reader(self, patient: Patient) -> PatientReader:
        """Reading as the patient."""
        session = self.network.session
        named = patient.identity.configuration.trustees
        return PatientReader(
            ledger=session.ledger,
            blobs=session.blobs,
            directory=session.directory,
            patient=patient.id,
            controller=patient.identity,
            private_key=patient.identity.private_key(session.ledger.patient(patient.id).public_key),
            trustees=named.members if named else (),
            clock=session.clock,
        )

    def advance(self, seconds: int) -> None:
        """Moves the chain's time, which a devnet can."""
        devnet.advance(self.network.connection, seconds)

    def equal(self, patient: Patient, records: list[Record]) -> int:
        """How many of these records are, byte for byte, what went in."""
        return sum(
            patient.expected.get((record.entry.author, record.entry.local_id, record.entry.version)) == record.body
            for record in records
        )

    def moment(self, seconds: int) -> str:
        """A time for people, in UTC."""
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")

    def close(self) -> None:
        """Closes all stores."""
        for name in list(self._services):
            self.close_records(name)
