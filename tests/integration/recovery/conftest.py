"""A devnet with four members; each test has a patient of its own with three contacts, three trustees and records."""

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from medunion.chain import devnet
from medunion.errors import AccessRefused, MedUnionError
from medunion.identity.approvals import Approval, FreezeRequest, RecoveryRequest
from medunion.identity.wallet import Identity
from medunion.keys.messages import NO_LANE, BatchRef, KeyRelease, KeyRequest, open_envelope, seal_envelope
from medunion.ledger import Receipt, Scope
from medunion.network import Network
from medunion.network.recovery import RecoveryDesk
from medunion.vocabulary import ALL_CATEGORIES, MemberKind, Purpose

DAY = 86_400
MEMBERS = [
    ("hospital-a", MemberKind.HOSPITAL),
    ("hospital-b", MemberKind.HOSPITAL),
    ("clinic", MemberKind.CLINIC),
    ("laboratory", MemberKind.LABORATORY),
]
_SECURITY = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}
_numbers = count(1)


def bundle(name: str) -> bytes:
    """Three records: a person, an allergy, a restricted diagnosis."""
    subject = {"reference": f"Patient/{name}"}
    resources: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": name, "gender": "female", "birthDate": "1980-02-03"},
        {"resourceType": "AllergyIntolerance", "id": f"a1-{name}", "code": {"text": "nuts"}, "patient": subject},
        {"resourceType": "Condition", "id": f"c1-{name}", "meta": {"security": [_SECURITY]}, "subject": subject},
    ]
    entries = [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


@dataclass
class Scene:
    """A patient who named two of three contacts, and was treated at hospital A. Contacts' wallets are here."""

    network: Network
    name: str
    alice: Identity
    contacts: dict[str, Identity]
    bodies: dict[str, bytes]

    @property
    def patient(self) -> bytes:
        return self.alice.patient

    @property
    def desk(self) -> RecoveryDesk:
        return self.network.recovery_desk("hospital-a")

    def stolen(self) -> Identity:
        """The patient's keys in somebody else's hands, who knows the passphrase too."""
        name = f"{self.name}-stolen"
        shutil.copy(self.network.home.wallet(self.name), self.network.home.wallet(name))
        return self.network.wallet(name).identity()

    def new_phone(self) -> Identity:
        """A new wallet that adopts the id."""
        return self.network.create_wallet(f"{self.name}-new-{next(_numbers)}").adopt("mine", self.patient)

    def request(self, phone: Identity) -> RecoveryRequest:
        return self.network.recoveries.request(self.patient, phone.address, phone.public_key)

    def approve(self, request: RecoveryRequest | FreezeRequest, *names: str) -> list[Approval]:
        return [self.network.recoveries.approve(self.contacts[name], request) for name in names]

    def start(self, phone: Identity, *names: str, attesting: tuple[str, ...] = ()) -> Receipt:
        request = self.request(phone)
        members = [self.network.member(name) for name in attesting]
        return self.desk.start(phone, request, self.approve(request, *names), members)

    def freeze(self, *names: str) -> Receipt:
        request = self.network.recoveries.freeze_request(self.patient)
        held = self.network.recoveries.held_by(self.contacts[names[0]], self.patient)
        return self.desk.freeze(request, held, self.approve(request, *names))

    def wait(self, seconds: int) -> None:
        """Lets the chain's clock, and with it everybody's, go on."""
        devnet.advance(self.network.connection, seconds)

    def wait_until(self, second: int) -> None:
        self.wait(second - self.network.ledger.head()[1])

    def recover(self, phone: Identity, *names: str) -> None:
        """The whole way: schedule, wait, execute, adopt."""
        self.start(phone, *names)
        self.wait_until(self.network.recoveries.get(self.patient).ready_at)
        self.desk.execute(self.patient)
        assert self.desk.adopt(phone)

    def read(self, identity: Identity) -> dict[str, bytes]:
        """What somebody reads as the patient, by local id."""
        return {record.entry.local_id: record.body for record in self.network.patient_records(identity).read()}

    def answer(self, identity: Identity, member: str) -> str:
        """What one release point answers to these keys when they ask, as the patient, for everything."""
        ledger, number = self.network.ledger, self.network.member(member).id
        asked = KeyRequest(
            release_point=number,
            requester=0,
            signer=identity.address,
            patient=self.patient,
            lane=NO_LANE,
            purpose=Purpose.PATRQT.value,
            categories=ALL_CATEGORIES,
            restricted=0xF,
            batches=tuple(BatchRef(each.author, each.root) for each in ledger.batches(self.patient)),
            nonce=secrets.token_bytes(32),
            expiry=self.network.session.clock() + 60,
        )
        point = self.network.session.directory.release_point(number)
        sealed = seal_envelope(asked, identity, ledger)
        return refused(lambda: open_envelope(KeyRelease, point.release(sealed)))

    def answers(self, identity: Identity) -> set[str]:
        """What the author and all trustees answer."""
        return {self.answer(identity, member) for member, _ in MEMBERS}

    def read_as(self, member: str, patient: bytes | None = None) -> dict[str, bytes]:
        """What a member reads by its grant."""
        reading = self.network.member(member).records().read(patient or self.patient)
        return {record.entry.local_id: record.body for record in reading}

    def grant(self, identity: Identity, member: str, lane: int = 0) -> Receipt:
        scope = Scope(ALL_CATEGORIES, Purpose.TREAT.value, 0xF, 0, 2**40 - 1)
        desk = self.network.desk("hospital-a")
        return desk.grant(identity, self.network.member(member).id, lane, scope)


def refused(act: Callable[[], Any]) -> str:
    """Why something does not happen: the contract's error, a release point's reason, or the error's code."""
    try:
        act()
    except AccessRefused as failure:
        return str(failure.details["reason"])
    except MedUnionError as failure:
        return str(failure.details.get("error", failure.code))
    return "done"


@pytest.fixture(scope="package")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    opened = Network.start_devnet(tmp_path_factory.mktemp("recovery"), "passphrase", detached=False)
    with opened:
        opened.admit_all(MEMBERS)
        yield opened


@pytest.fixture
def scene(network: Network) -> Scene:
    name = f"alice-{next(_numbers)}"
    alice = network.create_wallet(name).identity()
    desk = network.desk("hospital-a")
    desk.register(alice, trustees=[network.member(each).id for each, _ in MEMBERS[1:]])
    desk.check_in(alice)
    bodies = {}
    network.member("hospital-a").records().commit(alice.patient, bundle(name))
    contacts = {each: network.create_wallet(f"{each}-of-{name}").identity() for each in ("bob", "carol", "dave")}
    for each in contacts.values():
        desk.register(each)
    found = Scene(network, name, alice, contacts, bodies)
    named = [network.contact(f"{each}-of-{name}")[0] for each in contacts]
    _, packets = found.desk.set_contacts(alice, named, 2)
    for contact, packet in zip(contacts.values(), packets, strict=True):
        network.recoveries.keep(contact, packet)
    found.bodies |= found.read(alice)
    assert len(found.bodies) == 3
    return found
