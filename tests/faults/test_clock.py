"""Clocks that go ahead or behind, and a chain whose clock stands still: no access lasts longer than it was granted."""

import time
from collections.abc import Iterator

import pytest

from medunion.access.grants import Grants
from medunion.chain import devnet
from medunion.errors import AccessRefused, ContractRefused
from medunion.ledger import Scope
from medunion.network import Network, Passphrases
from medunion.vocabulary import ALL_CATEGORIES, Purpose

from ..unit.records.world import workplace
from .hospital import AUTHOR, SECRET, Hospital, bundle

pytestmark = pytest.mark.devnet
HOUR, DAY = 3600, 86_400


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    with workplace() as path:
        made = Hospital(path, 1)
        with made.network() as network:
            network.member(AUTHOR).records().commit(made.patient, bundle(1, "first"))
        yield made
        made.stop()


def opened(hospital: Hospital, offset: int) -> Network:
    """The network as seen by members whose machines' clocks are `offset` seconds off."""
    return Network.open(hospital.home, Passphrases.fixed(SECRET), clock=lambda: int(time.time()) + offset)


def granted(network: Network, name: str, seconds: int) -> Scope:
    now = int(time.time())
    scope = Scope(ALL_CATEGORIES, Purpose.TREAT.value, 0, now - 60, now + seconds)
    network.desk(AUTHOR).grant(network.identity("patient"), network.member(name).id, 0, scope)
    return scope


def refused(network: Network, hospital: Hospital) -> str:
    with pytest.raises(AccessRefused) as failure:
        network.member("hospital-b").records().read(hospital.patient)
    return str(failure.value.details["reason"])


def test_a_grant_ends_on_an_idle_chain_whose_clock_stands_still(hospital: Hospital) -> None:
    with hospital.network() as network:
        scope = granted(network, "hospital-b", 3)
        assert len(network.member("hospital-b").records().read(hospital.patient)) == 3
        number, before = network.ledger.head()
        while time.time() <= scope.not_after + 1:
            time.sleep(0.1)
        assert network.ledger.head() == (number, before)
        assert before <= scope.not_after
        assert refused(network, hospital) == "expired"
        assert network.ledger.head() == (number, before)


def test_a_clock_behind_does_not_prolong_a_grant_on_a_chain_that_goes_on(hospital: Hospital) -> None:
    with opened(hospital, 0) as network:
        granted(network, "hospital-b", HOUR)
    with hospital.chain_connection() as connection:
        devnet.advance(connection, 2 * HOUR)
    with opened(hospital, -DAY) as network:
        assert refused(network, hospital) == "expired"


def test_a_clock_ahead_ends_a_grant_early_and_never_late(hospital: Hospital) -> None:
    with opened(hospital, 0) as network:
        granted(network, "hospital-b", 30 * DAY)
        assert len(network.member("hospital-b").records().read(hospital.patient)) == 3
    with opened(hospital, 31 * DAY) as network:
        assert refused(network, hospital) == "expired"


@pytest.mark.parametrize("offset", [-2 * DAY, 2 * DAY])
def test_two_members_whose_clocks_differ_refuse_each_other_and_say_why(hospital: Hospital, offset: int) -> None:
    """A request lives minutes; the release point's own clock decides."""
    with opened(hospital, 0) as network, opened(hospital, offset) as other:
        granted(network, "hospital-b", 30 * DAY)
        for name in ("hospital-a", "clinic", "laboratory"):
            handle = other.member(name)
            network.session.directory.add(handle.id, handle.path, handle.release_point)
        expected = "request-expired" if offset > 0 else "request-expires-too-late"
        assert refused(network, hospital) == expected


@pytest.mark.parametrize("offset", [-DAY, DAY])
def test_commits_do_not_depend_on_the_members_clock(hospital: Hospital, offset: int) -> None:
    number = 10 + (offset > 0)
    with opened(hospital, offset) as network:
        receipt = network.member(AUTHOR).records().commit(hospital.patient, bundle(number, "first"))
        assert (receipt.records, receipt.state) == (3, "replicated")
    hospital.begun[number] = hospital.acknowledged[number] = "first"
    hospital.settle()


def test_a_signature_that_a_clock_behind_made_too_short_is_refused_by_the_chain(hospital: Hospital) -> None:
    with hospital.network() as network:
        now = network.ledger.head()[1]
        scope = Scope(ALL_CATEGORIES, Purpose.TREAT.value, 0, now - 60, now + HOUR)
        identity = network.identity("patient")
        clinic = network.member("clinic").id
        signed = network.grants.sign(identity, hospital.patient, clinic, 0, scope, deadline=now - 1)
        with pytest.raises(ContractRefused):
            Grants(network.ledger, network.member(AUTHOR).sender("desk")).relay(signed)
        assert network.ledger.grant_of(hospital.patient, clinic, 0) is None
