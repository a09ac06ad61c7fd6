"""A devnet with four members, and one sample patient whose bundle hospital A committed, for all tests here."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from medunion.blobs.cid import Cid
from medunion.demo import samples
from medunion.fhir import Directory, prepare
from medunion.identity.wallet import Identity
from medunion.ledger import Scope
from medunion.network import Network
from medunion.records.receipt import CommitReceipt
from medunion.vocabulary import ALL_CATEGORIES, Category, MemberKind, Purpose

YEAR = 365 * 86_400
MEMBERS = [
    ("hospital-a", MemberKind.HOSPITAL),
    ("hospital-b", MemberKind.HOSPITAL),
    ("clinic", MemberKind.CLINIC),
    ("laboratory", MemberKind.LABORATORY),
]


@dataclass
class Story:
    """What the tests share: the network, a patient with three trustees, its bundle as hospital A committed it."""

    network: Network
    identity: Identity
    bundle: bytes
    directory: Directory
    receipt: CommitReceipt

    @property
    def bodies(self) -> dict[str, bytes]:
        """What went in, by local id."""
        return {record.local_id: record.body for record in prepare(self.bundle, directory=self.directory).records}

    def unrestricted(self, *categories: Category) -> set[str]:
        """Local ids of the bundle's records in these categories that no restricted class covers."""
        records = prepare(self.bundle, directory=self.directory).records
        return {record.local_id for record in records if record.category in categories and not record.mask}

    def grant(self, name: str, categories: int = ALL_CATEGORIES, restricted: int = 0) -> None:
        now = self.network.ledger.now()
        scope = Scope(categories, Purpose.TREAT.value, restricted, now - 60, now + YEAR)
        self.network.desk("hospital-a").grant(self.identity, self.network.member(name).id, 0, scope)

    def revoke(self, name: str) -> None:
        self.network.desk("hospital-a").revoke(self.identity, self.network.member(name).id)

    def flip(self, cid: Cid) -> None:
        """Flips one bit of a blob on disk."""
        path, offset, _ = self.network.session.blobs.locate(cid)  # type: ignore[attr-defined]
        with path.open("r+b") as file:
            file.seek(offset + 100)
            byte = file.read(1)[0]
            file.seek(offset + 100)
            file.write(bytes([byte ^ 1]))


@pytest.fixture(scope="package")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    network = Network.start_devnet(tmp_path_factory.mktemp("network"), "passphrase", detached=False)
    with network:
        network.admit_all(MEMBERS)
        directory = Directory.from_bundles(*samples.directory_bundles())
        bundle = min(samples.patients().values(), key=len)
        identity = network.create_wallet("patient").identity()
        desk = network.desk("hospital-a")
        trustees = [network.member(name).id for name, _ in MEMBERS[1:]]
        desk.register(identity, trustees=trustees)
        desk.check_in(identity)
        receipt = network.member("hospital-a").records().commit(identity.patient, bundle, care_directory=directory)
        yield Story(network, identity, bundle, directory, receipt)


@pytest.fixture
def without_author(story: Story) -> Iterator[Story]:
    """Hospital A's folder is gone while the test runs."""
    path = story.network.member("hospital-a").path
    away = path.with_name("away")
    shutil.move(path, away)
    yield story
    shutil.move(away, path)
