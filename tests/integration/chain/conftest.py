"""One devnet with one consortium on it, for all tests of the services: actors are fixtures named by role."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from medunion.chain import devnet
from medunion.chain.accounts import Account
from medunion.chain.connection import Connection
from medunion.chain.deployment import deploy, open_deployment
from medunion.chain.ledger import ChainLedger
from medunion.chain.sender import Sender
from medunion.crypto import hpke
from medunion.crypto.passphrase import KdfCost
from medunion.governance.council import Council
from medunion.governance.members import Members
from medunion.governance.operators import Operators
from medunion.identity.patients import Patients
from medunion.identity.wallet import Identity, Wallet
from medunion.vocabulary import MemberKind, Role

CHEAP = {"scrypt_cost": 2**10, "argon_cost": KdfCost(iterations=1, lanes=1, memory_kib=8 * 1024)}

HOSPITAL, CLINIC, LABORATORY, INSURER, REGULATOR, BANK = 1, 2, 3, 4, 5, 6
KINDS = {
    HOSPITAL: MemberKind.HOSPITAL,
    CLINIC: MemberKind.CLINIC,
    LABORATORY: MemberKind.LABORATORY,
    INSURER: MemberKind.INSURER,
    REGULATOR: MemberKind.REGULATOR,
    BANK: MemberKind.BANK,
}


@dataclass(frozen=True)
class Member:
    """An admitted member with its administrator, one operator that does everything else, and a clinician."""

    member: int
    private_key: bytes
    admin: Sender
    staff: Sender
    clinician: Sender


class World:
    """A deployed consortium with six members."""

    def __init__(self, ledger: ChainLedger) -> None:
        self.ledger = ledger
        self.seats = [ledger.sender(devnet.account(index)) for index in (1, 2, 3)]
        self.members = {member: self._admit(member) for member in KINDS}
        registrar = Operators(ledger, self.members[REGULATOR].staff)
        for member in (HOSPITAL, CLINIC):
            registrar.attest(self.members[member].clinician.address, b"\x01" * 32, ledger.now() + 10 * 365 * 86_400)

    def account(self) -> Sender:
        """A fresh, funded account."""
        account = Account.create()
        devnet.fund(self.ledger.connection, account.address)
        return self.ledger.sender(account)

    def _admit(self, member: int) -> Member:
        admin, staff, clinician, key = self.account(), self.account(), self.account(), hpke.generate_private_key()
        call = Members(self.ledger).admit(member, KINDS[member], admin.address, hpke.public_key(key), "https://node.example")
        Council(self.ledger).decide(call, self.seats)
        operators = Operators(self.ledger, admin)
        roles = Role.DESK | Role.RECORDS | Role.READER | Role.FINANCE
        if member == REGULATOR:
            roles |= Role.REGISTRAR
        operators.add(operators.consent(staff.account, member, roles))
        operators.add(operators.consent(clinician.account, member, Role.READER))
        return Member(member, key, admin, staff, clinician)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[devnet.Devnet]:
    with devnet.running(tmp_path_factory.mktemp("devnet")) as found:
        yield found


@pytest.fixture(scope="session")
def connection(running: devnet.Devnet) -> Iterator[Connection]:
    with running.connect() as found:
        yield found


@pytest.fixture(scope="session")
def ledger(running: devnet.Devnet, connection: Connection) -> ChainLedger:
    path = running.home / "deployment.json"
    deploy(connection, devnet.account(0), replace(devnet.parameters(), delay=0), path)
    return open_deployment(connection, path)


@pytest.fixture(scope="session")
def world(ledger: ChainLedger) -> World:
    return World(ledger)


@pytest.fixture(scope="session")
def hospital(world: World) -> Member:
    return world.members[HOSPITAL]


@pytest.fixture(scope="session")
def clinic(world: World) -> Member:
    return world.members[CLINIC]


@pytest.fixture(scope="session")
def laboratory(world: World) -> Member:
    return world.members[LABORATORY]


@pytest.fixture(scope="session")
def regulator(world: World) -> Member:
    return world.members[REGULATOR]


@pytest.fixture(scope="session")
def bank(world: World) -> Member:
    return world.members[BANK]


@pytest.fixture
def new_identity(tmp_path: Path) -> Callable[[], Identity]:
    """Draws the id of a new wallet."""
    drawn = iter(range(100))
    return lambda: Wallet.create(tmp_path / f"wallet-{next(drawn)}.json", "passphrase", **CHEAP).identity()


@pytest.fixture
def patient(new_identity: Callable[[], Identity], ledger: ChainLedger, hospital: Member) -> Identity:
    """A registered patient without gas."""
    identity = new_identity()
    patients = Patients(ledger, hospital.staff)
    patients.relay(patients.sign_registration(identity))
    return identity
