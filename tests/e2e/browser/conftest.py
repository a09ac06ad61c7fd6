"""A devnet with four members, a patient with three key trustees whose records hospital A committed, and a browser."""

import base64
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from medunion.fhir import prepare
from medunion.identity.wallet import Identity
from medunion.network import Network
from medunion.vocabulary import MemberKind

from .chromium import Chromium, unavailable
from .site import Site

MEMBERS = [
    ("hospital-a", MemberKind.HOSPITAL),
    ("hospital-b", MemberKind.HOSPITAL),
    ("clinic", MemberKind.CLINIC),
    ("laboratory", MemberKind.LABORATORY),
]
PATIENT = {"reference": "Patient/p"}
SCAN = base64.b64encode(random.Random(1).randbytes(300_000)).decode()
RESOURCES = [
    {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"given": ["Mei"], "family": "Lin"}],
        "gender": "female",
        "birthDate": "1980-02-29",
    },
    {
        "resourceType": "Observation",
        "id": "k",
        "status": "final",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
                ]
            }
        ],
        "code": {"text": "Potassium 血钾"},
        "subject": PATIENT,
        "effectiveDateTime": "2026-06-28",
        "valueQuantity": {"value": 4.1, "unit": "mmol/L"},
    },
    {
        "resourceType": "Condition",
        "id": "d",
        "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}]},
        "code": {"text": "Insomnia"},
        "subject": PATIENT,
        "onsetDateTime": "2026-06-29",
        "note": [{"text": "Sleeps badly since the accident. " * 900}],
    },
    {
        "resourceType": "DocumentReference",
        "id": "s",
        "status": "current",
        "type": {"text": "Scanned letter"},
        "subject": PATIENT,
        "content": [{"attachment": {"contentType": "image/png", "data": SCAN}}],
    },
]
BUNDLE = json.dumps(
    {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in RESOURCES]}
).encode()


@dataclass
class Released:
    """What the tests share."""

    network: Network
    identity: Identity
    site: Site

    @contextmanager
    def patient(self, identity: Identity) -> Iterator[None]:
        """The page is this patient's while it lasts."""
        before, self.identity = self.identity, identity
        self.site.description["patient"] = "0x" + identity.patient.hex()
        try:
            yield
        finally:
            self.identity = before
            self.site.description["patient"] = "0x" + before.patient.hex()

    @property
    def bodies(self) -> dict[str, bytes]:
        """What was committed, by local id."""
        return {record.local_id: record.body for record in prepare(BUNDLE).records}

    @property
    def keys(self) -> tuple[str, str]:
        """The patient's account key, which no wallet shows, and X25519 key, as they are typed in."""
        account = bytes(self.identity.account._local.key)
        return "0x" + account.hex(), "0x" + self.identity.private_key().hex()


@pytest.fixture(scope="package")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    network = Network.start_devnet(tmp_path_factory.mktemp("network"), "passphrase", detached=False)
    with network:
        network.admit_all(MEMBERS)
        identity = network.create_wallet("patient").identity()
        desk = network.desk("hospital-a")
        trustees = [network.member(name).id for name, _ in MEMBERS[1:]]
        desk.register(identity, trustees=trustees)
        desk.check_in(identity)
        receipt = network.member("hospital-a").records().commit(identity.patient, BUNDLE)
        assert (receipt.records, receipt.state) == (len(RESOURCES), "replicated")
        with Site(network, identity.patient, trustees) as site:
            yield Released(network, identity, site)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Chromium]:
    if reason := unavailable():
        pytest.skip(reason)
    with Chromium() as browser:
        yield browser
