"""A member's way in, from its folder; and a connection without one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion import Account, Category, Consortium, MemberKind, Network, Role, Wallet
from medunion.chain import devnet
from medunion.errors import ChainError, RpcUnavailable, UnknownMember, UsageError, WrongPassphrase
from medunion.ledger import AccessReason, WriteReason
from medunion.settlement.token import Standing
from medunion.vocabulary import PatientStatus

pytestmark = pytest.mark.devnet
SECRET = "a passphrase"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A devnet with a hospital and a regulator that attested its clinician."""
    home = tmp_path_factory.mktemp("network")
    with Network.start_devnet(home, SECRET, keep=False, detached=False) as opened:
        opened.admit_all([("hospital", MemberKind.HOSPITAL), ("regulator", MemberKind.REGULATOR)])
        opened.attest("hospital", "clinician", by="regulator", licence="licence 1")
        yield opened


@pytest.fixture
def hospital(network: Network) -> Iterator[Consortium]:
    with Consortium.open(network.home.path / "members" / "hospital", SECRET) as opened:
        yield opened


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return Wallet.create(tmp_path / "wallet.json", SECRET, scrypt_cost=2**10)


class TestOpen:
    def test_a_desk_registers_checks_in_and_relays(self, hospital: Consortium, wallet: Wallet) -> None:
        identity = wallet.identity()
        hospital.patients.relay(hospital.patients.sign_registration(identity))
        assert hospital.patients.get(identity.patient).status is PatientStatus.REGISTERED
        episodes = hospital.episodes
        episodes.relay(episodes.sign_check_in(identity, identity.patient, hospital.member))
        assert episodes.may_write(identity.patient, hospital.member)[0] is WriteReason.ALLOWED
        assert hospital.tokens.holding(identity.payer.address).standing is Standing.NONE
        grants = hospital.grants
        scope = grants.scope([Category.LABORATORY])
        grants.relay(grants.sign(identity, identity.patient, hospital.member, 0, scope))
        allowed = grants.check(identity.patient, hospital.member, 0, [Category.LABORATORY])
        assert allowed is AccessReason.ALLOWED
        assert len(hospital.records.read(identity.patient)) == 0

    def test_each_service_sends_from_the_account_with_its_role(self, network: Network, hospital: Consortium) -> None:
        handle = network.member("hospital")
        assert hospital.members.sender.address == handle.address("admin")
        assert hospital.patients.sender.address == handle.address("desk")
        assert hospital.emergencies.sender.address == handle.address("clinician")
        assert hospital.sender(Role.RECORDS).address == handle.address("records")
        with Consortium.open(network.home.path / "members" / "regulator", SECRET) as regulator:
            assert regulator.emergencies.sender.address == network.member("regulator").address("registrar")
            with pytest.raises(UnknownMember):
                regulator.sender(Role.DESK)

    def test_its_endpoint_may_be_named(self, network: Network) -> None:
        folder = network.home.path / "members" / "hospital"
        with pytest.raises(RpcUnavailable):
            Consortium.open(folder, SECRET, rpc=["http://127.0.0.1:9"])

    def test_a_wrong_passphrase_or_folder_is_told(self, network: Network) -> None:
        with pytest.raises(WrongPassphrase):
            Consortium.open(network.home.path / "members" / "hospital", "another")
        with pytest.raises(UnknownMember):
            Consortium.open(network.home.path / "members" / "nobody", SECRET)


class TestConnect:
    def test_reads_and_signs_without_a_member(self, network: Network, wallet: Wallet) -> None:
        with Consortium.connect(network.connection.urls, network.home.deployment) as reader:
            assert [member.kind for member in reader.members.all()] == [MemberKind.HOSPITAL, MemberKind.REGULATOR]
            action = reader.patients.sign_registration(wallet.identity())
            with pytest.raises(UsageError):
                reader.patients.relay(action)
            with pytest.raises(UsageError):
                _ = reader.records

    def test_a_patient_with_gas_acts_itself(self, network: Network, wallet: Wallet) -> None:
        identity = wallet.identity()
        devnet.fund(network.connection, identity.address)
        with Consortium.connect(network.connection.urls, network.home.deployment, account=identity.account) as own:
            own.patients.register(identity)
            own.episodes.check_in(identity.patient, 1)
            assert own.episodes.may_write(identity.patient, 1)[0] is WriteReason.ALLOWED

    def test_an_account_without_funds_is_told(self, network: Network) -> None:
        account = Account.create()
        with (
            Consortium.connect(network.connection.urls, network.home.deployment, account=account) as own,
            pytest.raises(ChainError) as refused,
        ):
            own.sender().transfer(account.address, 1)
        assert refused.value.details == {"reason": "insufficient-funds", "account": account.address}
