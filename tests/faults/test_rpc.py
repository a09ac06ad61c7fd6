"""A node that loses requests or answers, is late, lags, or serves another chain: nothing is lost or done twice."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from medunion.chain import devnet
from medunion.errors import ChainError, KeysUnavailable, MedUnionError, RpcUnavailable, WrongChain
from medunion.ledger import Scope
from medunion.network import Network, Passphrases
from medunion.vocabulary import ALL_CATEGORIES, Purpose

from ..unit.records.world import workplace
from .hospital import AUTHOR, MEMBERS, SECRET, Hospital, bundle
from .proxy import LOSE_ANSWER, LOSE_REQUEST, PASS, Proxy

pytestmark = pytest.mark.devnet


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    with workplace() as path:
        made = Hospital(path, 1)
        yield made
        made.stop()


@pytest.fixture
def proxy(hospital: Hospital) -> Iterator[Proxy]:
    assert hospital.chain is not None
    with Proxy(hospital.chain.rpc).running() as made:
        yield made


def through(hospital: Hospital, proxy: Proxy) -> Network:
    return Network.open(hospital.home, Passphrases.fixed(SECRET), rpc=[proxy.url])


@pytest.mark.slow
@pytest.mark.parametrize("kind", [LOSE_REQUEST, LOSE_ANSWER])
def test_every_request_of_a_commit_lost_once(
    hospital: Hospital, proxy: Proxy, kind: str, tell: Callable[[str], None]
) -> None:
    """The answer to `eth_sendRawTransaction` among them: the node has the transaction, and nobody knows."""
    lost, ended = Counter[str](), Counter[str]()
    number = 0
    while True:
        number += 1
        hospital.begun[number] = "first"
        with through(hospital, proxy) as network:
            service = network.member(AUTHOR).records()
            proxy.loses(number, kind)
            try:
                service.commit(hospital.patient, bundle(number, "first"))
                ended["acknowledged"] += 1
            except RpcUnavailable:
                ended["failed"] += 1
            asked = list(proxy.asked)
            proxy.fault = lambda _number, _method: PASS
            again = service.commit(hospital.patient, bundle(number, "first"))
            hospital.acknowledged[number] = "first"
            assert again.records in (0, 3)
        if len(asked) < number:
            break
        lost[asked[number - 1]] += 1
    hospital.settle()
    tell(f"requests lost ({kind}): {sum(lost.values())} ({dict(lost)}); commits {dict(ended)}; all whole, once")
    assert lost["eth_sendRawTransaction"] >= 1
    assert sum(lost.values()) >= 10
    assert ended["failed"] >= 10


def test_an_answer_that_comes_too_late_is_no_answer(hospital: Hospital, proxy: Proxy) -> None:
    with through(hospital, proxy) as network:
        service = network.member(AUTHOR).records()
        network.connection._provider._timeout = 0.2
        proxy.delay = 0.6
        with pytest.raises(RpcUnavailable, match="no answer in time"):
            service.commit(hospital.patient, bundle(1, "first"))
        proxy.delay = 0.0
        receipt = service.commit(hospital.patient, bundle(1, "first"))
        assert (receipt.records, receipt.state) == (3, "replicated")
    hospital.begun[1] = hospital.acknowledged[1] = "first"
    hospital.settle()


def test_a_commit_through_a_node_that_lags_waits_and_is_made_once(hospital: Hospital, proxy: Proxy) -> None:
    proxy.behind = 2
    ended = threading.Event()

    def mine() -> None:
        assert hospital.chain is not None
        with hospital.chain.connect() as connection:
            while not ended.wait(0.05):
                connection.request("evm_mine")

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        with through(hospital, proxy) as network:
            receipt = network.member(AUTHOR).records().commit(hospital.patient, bundle(1, "first"))
            assert receipt.records == 3
    finally:
        ended.set()
        miner.join()
    hospital.begun[1] = hospital.acknowledged[1] = "first"
    hospital.settle()


def test_a_member_whose_node_fell_behind_releases_nothing(hospital: Hospital, proxy: Proxy) -> None:
    """It might not see a revocation: whoever knows of a later block than its node does refuses."""
    with hospital.network() as direct:
        direct.member(AUTHOR).records().commit(hospital.patient, bundle(1, "first"))
        reader, now = direct.member("hospital-b"), direct.ledger.now()
        identity = direct.identity("patient")
        scope = Scope(ALL_CATEGORIES, Purpose.TREAT.value, 0, now - 60, now + 3600)
        direct.desk(AUTHOR).grant(identity, reader.id, 0, scope)
        assert len(reader.records().read(hospital.patient)) == 3
        direct.desk(AUTHOR).revoke(identity, reader.id)
        for name, _ in MEMBERS:  # each answers something at this block
            direct.patient_records(identity).access_log(direct.member(name).id)
    proxy.behind = 1
    with through(hospital, proxy) as network:
        # By this node's word the grant still holds; the release points remember a later block.
        records = network.member("hospital-b").records()
        assert network.ledger.grant_of(hospital.patient, network.member("hospital-b").id, 0) == scope
        with pytest.raises(KeysUnavailable) as refused:
            records.read(hospital.patient)
        assert refused.value.details["reason"] == "ledger-behind"


def test_another_chain_is_noticed_at_the_start(hospital: Hospital, proxy: Proxy, tmp_path: Path) -> None:
    with devnet.running(tmp_path / "other") as other:
        proxy.node = other.rpc
        with pytest.raises(WrongChain, match="first block differs"):
            through(hospital, proxy)


def test_another_chain_in_the_middle_commits_and_releases_nothing(
    hospital: Hospital, proxy: Proxy, tmp_path: Path
) -> None:
    assert hospital.chain is not None
    with devnet.running(tmp_path / "other") as other, through(hospital, proxy) as network:
        author = network.member(AUTHOR).records()
        author.commit(hospital.patient, bundle(1, "first"))
        reader = network.patient_records(network.identity("patient"))
        assert len(reader.read()) == 3
        proxy.node = other.rpc
        for action in (lambda: author.commit(hospital.patient, bundle(2, "first")), author.resume, reader.read):
            with pytest.raises(MedUnionError) as failed:
                action()
            assert isinstance(failed.value, ChainError), failed.value
        with other.connect() as connection:
            assert connection.head().number == 0
        proxy.node = hospital.chain.rpc
        author.commit(hospital.patient, bundle(2, "first"))
        assert len(reader.read()) == 6
    hospital.begun |= {1: "first", 2: "first"}
    hospital.acknowledged |= hospital.begun
    hospital.settle()
