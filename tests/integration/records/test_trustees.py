"""Key trustees on a real chain, each with a node of its own: who releases, who refuses, and transfers between them."""

import itertools
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from medunion.chain import devnet
from medunion.chain.connection import Connection
from medunion.chain.deployment import open_deployment
from medunion.chain.ledger import ChainLedger
from medunion.crypto import hpke
from medunion.demo import samples
from medunion.errors import AccessRefused, CryptoError, KeysUnavailable
from medunion.fhir import Directory, prepare
from medunion.identity.patients import Patients
from medunion.identity.wallet import Identity
from medunion.keys.appointment import RETENTION
from medunion.keys.local import LocalMember
from medunion.keys.scope import Access
from medunion.ledger import Scope
from medunion.network import MemberHandle, Network
from medunion.network.home import patient_id
from medunion.vocabulary import ALL_CATEGORIES, MemberKind, MemberStatus, Purpose

from .nodes import Node, node

pytestmark = pytest.mark.devnet

AUTHOR, READER = "hospital-a", "hospital-b"
TRUSTEES = ("clinic", "laboratory", "pharmacy")
NEW = ("hospital-c", "regulator")
MEMBERS = [
    (AUTHOR, MemberKind.HOSPITAL),
    (READER, MemberKind.HOSPITAL),
    ("clinic", MemberKind.CLINIC),
    ("laboratory", MemberKind.LABORATORY),
    ("pharmacy", MemberKind.PHARMACY),
    ("hospital-c", MemberKind.HOSPITAL),
    ("regulator", MemberKind.REGULATOR),
]


@dataclass
class Kept:
    """A network, a patient with three trustees, and the sample bundle that hospital A committed."""

    network: Network
    identity: Identity
    records: int
    members: dict[str, int]
    nodes: dict[str, Node] = field(default_factory=dict)

    @property
    def patient(self) -> bytes:
        return self.identity.patient

    def ids(self, *names: str) -> tuple[int, ...]:
        return tuple(self.members[name] for name in names)

    def grant(self) -> None:
        now = self.network.ledger.now()
        scope = Scope(ALL_CATEGORIES, Purpose.TREAT.value, 0xF, now - 60, now + 86_400)
        self.network.desk(READER).grant(self.identity, self.members[READER], 0, scope)

    def revoke(self) -> None:
        self.network.desk(READER).revoke(self.identity, self.members[READER])

    def read(self, *trustees: str) -> int:
        """How many records hospital B reads for treatment, everything asked."""
        records = self.network.member(READER).records()
        everything = Access(Purpose.TREAT, 0, ALL_CATEGORIES, 0xF)
        return len(records.read(self.patient, everything, trustees=self.ids(*trustees)))

    def read_as_patient(self) -> int:
        return len(self.network.patient_records(self.identity).read())


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    opened = Network.start_devnet(tmp_path_factory.mktemp("trustees"), "passphrase", detached=False)
    with opened:
        opened.admit_all(MEMBERS)
        yield opened


@pytest.fixture
def kept(network: Network, request: pytest.FixtureRequest) -> Iterator[Kept]:
    """A patient of its own for a test."""
    with patient(network, request.node.name[:40].strip("_[]").replace("[", "_")) as found:
        yield found


@pytest.fixture(scope="class")
def shared(network: Network) -> Iterator[Kept]:
    """A patient for tests that change no trustees."""
    with patient(network, "shared") as found:
        yield found


@pytest.fixture
def asked(shared: Kept) -> Iterator[Kept]:
    """The same, nobody granted anything, every node up to date; hospital A is gone."""
    with gone(shared, AUTHOR):
        yield shared
    for each in shared.nodes.values():
        each.behind, each.silent, each.lie = 0, False, None
    shared.revoke()


@contextmanager
def patient(network: Network, name: str) -> Iterator[Kept]:
    """A patient whose three trustees have nodes of their own; the smallest sample bundle is committed."""
    bundle = min(samples.patients().values(), key=len)
    directory = Directory.from_bundles(*samples.directory_bundles())
    identity = network.create_wallet(name).identity()
    members = {each: number for number, each in network.home.member_ids().items()}
    found = Kept(network, identity, len(list(prepare(bundle, directory=directory).records)), members)
    desk = network.desk(AUTHOR)
    desk.register(identity, trustees=found.ids(*TRUSTEES))
    desk.check_in(identity)
    receipt = network.member(AUTHOR).records().commit(identity.patient, bundle, care_directory=directory)
    assert (receipt.records, receipt.state, receipt.failures) == (found.records, "replicated", [])
    with ExitStack() as nodes:
        upstream = network.connection.urls[0]
        for name in TRUSTEES:
            found.nodes[name] = nodes.enter_context(node(upstream))
            handle, connection = network.member(name), nodes.enter_context(Connection(found.nodes[name].url))
            ledger = open_deployment(connection, network.home.deployment)
            network.session.directory.add(handle.id, handle.path, partial(release_point, handle, ledger))
        network.session.directory.close()
        yield found
        network.session.directory.close()
    network._introduce_members()


def release_point(handle: MemberHandle, ledger: ChainLedger) -> LocalMember:
    """A member's release point over a node of its own."""
    session = handle._session
    signer = handle.account(handle.operators[0])
    return LocalMember.from_home(handle.home, ledger, session.blobs, signer, ledger.now, session.directory)


@contextmanager
def gone(kept: Kept, *names: str) -> Iterator[None]:
    """Members whose folders are away."""
    paths = [kept.network.member(name).path for name in names]
    for path in paths:
        shutil.move(path, path.with_suffix(".away"))
    try:
        yield
    finally:
        for path in paths:
            shutil.move(path.with_suffix(".away"), path)


def refused(asked: Kept) -> tuple[str, list[str]]:
    """Why a read by all trustees is refused, and what the clinic's audit log says of it."""
    log = asked.network.member("clinic").home.audit_log()
    before = log.verify()
    with pytest.raises(AccessRefused) as failure:
        asked.read(*TRUSTEES)
    said = [each["event"]["outcomeDesc"] for each in list(log.entries())[before:]]
    return failure.value.details["reason"], said


class TestEachAsksTheLedgerItself:
    def test_one_that_is_behind_refuses_and_the_other_two_suffice(self, asked: Kept) -> None:
        asked.grant()
        assert asked.read(*TRUSTEES) == asked.records
        asked.nodes["clinic"].behind = 1
        assert asked.read(*TRUSTEES) == asked.records
        with pytest.raises(KeysUnavailable) as failure:
            asked.read("clinic")
        assert failure.value.details["reason"] == "ledger-behind"
        assert asked.read_as_patient() == asked.records

    def test_what_was_revoked_stays_closed_while_nodes_fall_behind(self, asked: Kept) -> None:
        asked.grant()
        assert asked.read(*TRUSTEES) == asked.records
        asked.revoke()
        # Its node stands still at a block that it knows: it cannot tell, and releases alone.
        asked.nodes["clinic"].behind = 1
        assert refused(asked) == ("no-grant", ["granted"])
        # The others have seen the revocation: behind it they refuse.
        for each in asked.nodes.values():
            each.behind = 1
        with pytest.raises(KeysUnavailable) as failure:
            asked.read("laboratory", "pharmacy")
        assert failure.value.details["reason"] == "ledger-behind"

    def test_two_without_a_ledger_leave_the_keys_unavailable_and_nothing_partial(self, asked: Kept) -> None:
        asked.grant()
        asked.nodes["clinic"].silent = True
        assert asked.read(*TRUSTEES) == asked.records
        asked.nodes["laboratory"].silent = True
        for read in (lambda: asked.read(*TRUSTEES), asked.read_as_patient):
            with pytest.raises(KeysUnavailable) as failure:
                read()
            assert failure.value.details["reason"] == "ledger-unavailable"
            assert len(failure.value.details["batches"]) == len(asked.network.ledger.batches(asked.patient))

    def test_one_whose_node_lies_releases_alone_and_that_is_nothing(self, asked: Kept) -> None:
        contracts = asked.network.ledger.contracts
        selector = contracts.call_data("AccessGrants", "allowsAt", [asked.patient, 1, 0, 1, 1, 0, 0])[:4].hex()

        def everything_is_allowed(request: dict[str, Any]) -> str | None:
            said = request["method"] == "eth_call" and request["params"][0].get("data", "")[2:10] == selector
            return "0x" + "00" * 32 if said else None

        asked.nodes["clinic"].lie = everything_is_allowed
        assert refused(asked) == ("no-grant", ["granted"])
        with gone(asked, "laboratory", "pharmacy"), pytest.raises(KeysUnavailable):
            asked.read(*TRUSTEES)


class TestTransfer:
    def test_one_that_never_heard_of_the_change_hands_nothing_over(self, kept: Kept) -> None:
        with gone(kept, AUTHOR):
            kept.nodes["clinic"].silent = True
            kept.network.desk("hospital-c").set_trustees(kept.identity, kept.ids("hospital-c", "laboratory", "clinic"))
            newcomer = kept.network.member("hospital-c").records()
            report = newcomer.transfer(kept.patient).held
            # Clinic stays at its position and the pharmacy, which leaves, hands over its pair.
            assert (report.missing, kept.identity.configuration.trustees.members) == (  # type: ignore[union-attr]
                0, kept.ids("clinic", "laboratory", "hospital-c"),
            )
            kept.nodes["clinic"].silent = False
            assert kept.network.patient_records(kept.identity).custody().trustees[0].failure is not None
            kept.network.desk("hospital-c").announce(kept.identity)
            custody = kept.network.patient_records(kept.identity).custody()
            assert custody.replicated == custody.batches > 0

    def test_a_change_of_trustees_brings_everything_to_the_new_ones(self, kept: Kept) -> None:
        named = ("hospital-c", "laboratory", "regulator")
        kept.network.desk(READER).set_trustees(kept.identity, kept.ids(*named))
        custody = kept.network.patient_records(kept.identity).custody()
        assert custody.recoverable == custody.replicated == custody.batches > 10
        for seconds in (0, RETENTION):
            devnet.advance(kept.network.connection, seconds)
            for leaving in ("clinic", "pharmacy"):
                kept.network.member(leaving).records().settle_due()
                store = kept.network.member(leaving).home.key_store()
                assert len(store.held(kept.patient)) == (0 if seconds else custody.batches)
                store.close()
        members = [kept.network.member(each) for each in (AUTHOR, *named)]
        with gone(kept, AUTHOR):
            assert kept.read_as_patient() == kept.records
        assert members[0].records().deposit(kept.patient).state == "replicated"

    @pytest.mark.parametrize("mined", [False, True], ids=["before", "after"])
    def test_a_stopped_wallet_follows(
        self, kept: Kept, monkeypatch: pytest.MonkeyPatch, mined: bool
    ) -> None:
        """The salt of what the ledger shows is in the wallet before the ledger shows it."""

        def stop(*_arguments: object) -> None:
            raise KeyboardInterrupt

        named = ("hospital-c", "laboratory", "regulator")
        desk, home = kept.network.desk(READER), kept.network.home
        with monkeypatch.context() as patch:
            patch.setattr(*((Identity, "set_configuration") if mined else (Patients, "relay")), stop)
            with pytest.raises(KeyboardInterrupt):
                desk.set_trustees(kept.identity, kept.ids(*named))
        kept.network._wallets.clear()
        (wallet,) = [each for each in home.wallets() if patient_id(home, each) == kept.patient]
        identity = kept.network.identity(wallet)
        assert len(kept.network.patient_records(identity).read()) == kept.records
        assert identity.configuration.digest == kept.network.ledger.patient(kept.patient).configuration
        held = identity.configuration.trustees
        assert held is not None
        assert set(held.members) == set(kept.ids(*(named if mined else TRUSTEES)))

    def test_without_the_author_the_former_trustees_hand_over(self, kept: Kept) -> None:
        named = ("hospital-c", "laboratory", "regulator")
        with gone(kept, AUTHOR):
            kept.network.desk(READER).set_trustees(kept.identity, kept.ids(*named))
            custody = kept.network.patient_records(kept.identity).custody()
            assert custody.replicated == custody.batches > 10
            for away in itertools.combinations(named, 1):
                with gone(kept, *away):
                    assert kept.read_as_patient() == kept.records
            with gone(kept, "hospital-c", "regulator"), pytest.raises(KeysUnavailable):
                kept.read_as_patient()

    def test_two_that_stay_hand_over_when_author_and_third_are_gone(self, kept: Kept) -> None:
        with gone(kept, AUTHOR, "clinic"):
            kept.network.desk(READER).set_trustees(kept.identity, kept.ids("laboratory", "hospital-c", "pharmacy"))
            custody = kept.network.patient_records(kept.identity).custody()
            assert custody.replicated == custody.batches > 10
            assert [each.trustee for each in custody.trustees] == [*kept.ids("hospital-c", "laboratory", "pharmacy")]
            assert kept.read_as_patient() == kept.records

    def test_a_member_that_is_removed_is_replaced(self, kept: Kept) -> None:
        network = kept.network
        removed = network.admit("pharmacy-2", MemberKind.PHARMACY)
        kept.network.desk(READER).set_trustees(kept.identity, [*kept.ids("clinic", "laboratory"), removed.id])
        seats = network.home.seats()[:2]
        network.admission.propose(network.members.remove(removed.id), seats)
        assert network.ledger.member(removed.id).status is MemberStatus.LEFT
        state = network.patient_records(kept.identity).custody()
        assert state.trustees[2].status is MemberStatus.LEFT
        assert (state.replicated, state.recoverable) == (0, state.batches)
        with pytest.raises(AccessRefused) as failure:
            kept.network.desk(READER).set_trustees(kept.identity, [removed.id, *kept.ids("clinic", "laboratory")])
        assert failure.value.details["by"] == removed.id
        with gone(kept, AUTHOR):
            kept.network.desk(READER).set_trustees(kept.identity, kept.ids("clinic", "laboratory", "regulator"))
            state = network.patient_records(kept.identity).custody()
            assert state.replicated == state.batches > 10
            assert kept.read_as_patient() == kept.records


class TestRotation:
    def test_all_goes_on_after_members_rotated_their_keys(self, kept: Kept) -> None:
        network = kept.network
        for name in (AUTHOR, READER, "laboratory", "hospital-c"):
            handle = network.member(name)
            before = network.ledger.member(handle.id)
            handle.rotate_key()
            after = network.ledger.member(handle.id)
            assert (after.key_epoch, after.public_key) == (before.key_epoch + 1, handle.home.public_key)
            assert after.public_key != before.public_key
            with pytest.raises(CryptoError):
                handle.home.unseal(b"info", hpke.seal(before.public_key, b"info", b"x"))
        kept.grant()
        assert kept.read(*TRUSTEES) == kept.records
        with gone(kept, AUTHOR):
            assert kept.read(*TRUSTEES) == kept.records
        kept.network.desk(READER).set_trustees(kept.identity, kept.ids("hospital-c", "laboratory", "pharmacy"))
        state = network.patient_records(kept.identity).custody()
        assert state.replicated == state.batches > 10
