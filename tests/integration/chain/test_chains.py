"""Chains that are not as the devnet's: without cancun, with interval mining, with accounts that have delegated code."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from medunion.access.grants import Grants
from medunion.chain import devnet
from medunion.chain.accounts import Account
from medunion.chain.connection import Connection
from medunion.chain.deployment import deploy, open_deployment
from medunion.chain.ledger import ChainLedger
from medunion.errors import RpcUnavailable, UnsupportedChain
from medunion.identity.patients import Patients
from medunion.identity.wallet import Wallet
from medunion.vocabulary import Category

from .conftest import CHEAP, CLINIC, HOSPITAL, World

pytestmark = pytest.mark.devnet
ROOT = Path(__file__).parents[3]
PARAMETERS = replace(devnet.parameters(), delay=0)


@pytest.fixture
def ganache(tmp_path: Path) -> Iterator[Connection]:
    """Ganache 7.9, whose newest rules are shanghai's."""
    installed = ROOT / ".build" / "bin" / "node"
    node = installed if installed.exists() else shutil.which("node")
    assert node is not None, "the tool chain brings node"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = ROOT / "node_modules" / "ganache" / "dist" / "node" / "cli.js"
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(
        [str(node), str(program), "--server.port", str(port), "--chain.chainId", "31337"],
        stdout=log,
        stderr=subprocess.STDOUT,
    ) as process:
        connection = Connection(f"http://127.0.0.1:{port}")
        try:
            until = time.monotonic() + 60
            while True:
                try:
                    connection.head()
                    break
                except RpcUnavailable:
                    assert time.monotonic() < until, (tmp_path / "log").read_text()
                    time.sleep(0.2)
            yield connection
        finally:
            connection.close()
            process.terminate()


class TestWithoutCancun:
    def test_anvil_under_shanghai_is_refused(self, tmp_path: Path) -> None:
        with devnet.running(tmp_path, hardfork="shanghai") as running, running.connect() as connection:
            with pytest.raises(UnsupportedChain) as refused:
                deploy(connection, devnet.account(0), PARAMETERS, tmp_path / "deployment.json")
            assert refused.value.details["needs"] == "cancun"
            assert connection.head().number == 0

    def test_ganache_is_refused_with_its_reason(self, ganache: Connection, tmp_path: Path) -> None:
        with pytest.raises(UnsupportedChain) as refused:
            deploy(ganache, devnet.account(0), PARAMETERS, tmp_path / "deployment.json")
        assert refused.value.details["needs"] == "cancun"
        assert "invalid opcode" in refused.value.details["reason"]
        assert not (tmp_path / "deployment.json").exists()


class TestIntervalMining:
    def test_a_consortium_is_deployed_and_used(self, tmp_path: Path) -> None:
        running = devnet.start(tmp_path, block_time=0.3, keep=False)
        try:
            with running.connect() as connection:
                deploy(connection, devnet.account(0), PARAMETERS, tmp_path / "deployment.json")
                ledger = open_deployment(connection, tmp_path / "deployment.json")
                identity = Wallet.create(tmp_path / "wallet.json", "passphrase", **CHEAP).identity()
                devnet.fund(connection, identity.address)
                Patients(ledger, ledger.sender(identity.account)).register(identity)
                assert ledger.patient(identity.patient).controller == identity.address
        finally:
            running.stop()


class TestDelegatedCode:
    """EIP-7702: an account that has delegated its code still signs with its own key."""

    @pytest.fixture
    def prague(self, tmp_path: Path) -> Iterator[ChainLedger]:
        with devnet.running(tmp_path, hardfork="prague") as running, running.connect() as connection:
            deploy(connection, devnet.account(0), PARAMETERS, tmp_path / "deployment.json")
            yield open_deployment(connection, tmp_path / "deployment.json")

    def test_its_grant_is_accepted_whatever_the_delegate_answers(self, prague: ChainLedger, tmp_path: Path) -> None:
        world = World(prague)
        identity = Wallet.create(tmp_path / "wallet.json", "passphrase", **CHEAP).identity()
        desk = world.members[HOSPITAL].staff
        patients, grants = Patients(prague, desk), Grants(prague, desk)
        patients.relay(patients.sign_registration(identity))
        # The registry knows nothing of ERC-1271: as a delegate it answers every signature with a revert.
        delegate(prague, identity.account, prague.registry)
        assert prague.connection.code(identity.address) == bytes.fromhex("ef0100" + prague.registry[2:])

        action = grants.sign(identity, identity.patient, CLINIC, 0, grants.scope([Category.LABORATORY]))
        grants.relay(action)
        assert [grant.member for grant in grants.of(identity.patient)] == [CLINIC]
        value = b"\x05" * 32
        assert prague.is_valid_signature(identity.address, value, identity.account.sign_digest(value))
        assert not prague.is_valid_signature(identity.address, value, Account.create().sign_digest(value))


def delegate(ledger: ChainLedger, account: Account, to: str) -> None:
    """Delegates an account's code by an authorization that another account sends."""
    payer = devnet.account(9)
    connection = ledger.connection
    transaction = {
        "chainId": ledger.chain_id,
        "nonce": int(connection.request("eth_getTransactionCount", payer.address, "latest"), 16),
        "gas": 200_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 10**9,
        "to": payer.address,
        "value": 0,
        "data": b"",
        "authorizationList": [account.authorize(ledger.chain_id, to, 0)],
    }
    ledger.sender(payer).send(payer.sign_transaction(transaction))
