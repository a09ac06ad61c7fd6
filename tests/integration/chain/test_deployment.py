import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from medunion.chain import deployment as deployment_module
from medunion.chain import devnet
from medunion.chain.connection import Connection
from medunion.chain.contracts import CONTRACTS
from medunion.chain.deployment import Deployment, addresses_of, deploy, open_deployment
from medunion.chain.sender import Sender
from medunion.errors import ChainError, DeploymentError, RpcUnavailable, WrongChain
from medunion.ledger import Receipt, SignedTransaction

pytestmark = pytest.mark.devnet
PARAMETERS = devnet.parameters()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deployment.json"


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Sending fails after as many transactions as the list says; with a second number, before the node has the last."""
    plan: list[int] = []
    send = Sender.send

    def unreliable(self: Sender, signed: SignedTransaction) -> Receipt:
        if plan:
            plan[0] -= 1
            if plan[0] < 0:
                if len(plan) == 1:
                    send(self, signed)
                raise RpcUnavailable("the connection broke")
        return send(self, signed)

    monkeypatch.setattr(Sender, "send", unreliable)
    return plan


class TestDeploy:
    def test_contracts_stand_where_they_were_computed(self, connection: Connection, path: Path) -> None:
        told: list[tuple[str, int, int]] = []
        found = deploy(connection, devnet.account(0), PARAMETERS, path, lambda *step: told.append(step))
        assert [name for name, _, _ in told] == [*CONTRACTS, ""]
        assert found == Deployment.load(path)
        assert found.addresses == addresses_of(found.deployer)
        ledger = open_deployment(connection, path)
        assert ledger.contracts.addresses == found.addresses
        assert ledger.call("AccessManager", "hasRole", 0, found.addresses["ConsortiumCouncil"]) == (True, 0)
        assert ledger.call("AccessManager", "hasRole", 0, devnet.account(0).address) == (False, 0)

    def test_again_changes_nothing(self, connection: Connection, path: Path) -> None:
        first = deploy(connection, devnet.account(0), PARAMETERS, path)
        head = connection.head()
        assert deploy(connection, devnet.account(1), PARAMETERS, path) == first
        assert connection.head() == head

    @pytest.mark.parametrize("arrived", [True, False], ids=["after it arrived", "before it arrived"])
    @pytest.mark.parametrize("sent", range(len(CONTRACTS) + 1))
    def test_an_interrupted_one_is_finished_not_repeated(
        self, connection: Connection, path: Path, interrupted: list[int], sent: int, arrived: bool
    ) -> None:
        interrupted[:] = [sent] if arrived else [sent, 0]
        with pytest.raises(RpcUnavailable):
            deploy(connection, devnet.account(0), PARAMETERS, path)
        begun = Deployment.load(path)
        assert not begun.complete
        with pytest.raises(DeploymentError, match="unfinished"):
            open_deployment(connection, path)
        interrupted.clear()
        finished = deploy(connection, devnet.account(0), PARAMETERS, path)
        assert finished == replace(begun, complete=True)
        open_deployment(connection, path)

    def test_one_whose_first_transaction_lost_its_nonce_begins_anew(
        self, connection: Connection, path: Path, interrupted: list[int]
    ) -> None:
        interrupted[:] = [0, 0]
        with pytest.raises(RpcUnavailable):
            deploy(connection, devnet.account(0), PARAMETERS, path)
        interrupted.clear()
        begun = Deployment.load(path)
        connection_sender = open_deployment_sender(connection)
        connection_sender.transfer(devnet.account(1).address, 1)
        finished = deploy(connection, devnet.account(0), PARAMETERS, path)
        assert finished.complete
        assert finished.deployer != begun.deployer

    def test_another_account_finishes_it(self, connection: Connection, path: Path, interrupted: list[int]) -> None:
        interrupted[:] = [4]
        with pytest.raises(RpcUnavailable):
            deploy(connection, devnet.account(0), PARAMETERS, path)
        interrupted.clear()
        assert deploy(connection, devnet.account(5), PARAMETERS, path).complete

    def test_other_parameters_than_it_began_with_are_refused(self, connection: Connection, path: Path) -> None:
        deploy(connection, devnet.account(0), PARAMETERS, path)
        with pytest.raises(DeploymentError, match="began with"):
            deploy(connection, devnet.account(0), replace(PARAMETERS, delay=9), path)

    def test_parameters_for_another_chain_are_refused(self, connection: Connection, path: Path) -> None:
        with pytest.raises(WrongChain):
            deploy(connection, devnet.account(0), replace(PARAMETERS, chain_id=5), path)
        assert not path.exists()

    def test_an_account_without_funds_is_told_and_nothing_is_left(self, connection: Connection, path: Path) -> None:
        with pytest.raises(ChainError) as refused:
            deploy(connection, devnet.Account.create(), PARAMETERS, path)
        assert refused.value.details["reason"] == "insufficient-funds"
        assert not path.exists()

    def test_a_folder_that_cannot_be_written_is_told_before_anything_is_sent(
        self, connection: Connection, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("in the way")
        head = connection.head()
        with pytest.raises(DeploymentError, match="cannot be written"):
            deploy(connection, devnet.account(0), PARAMETERS, tmp_path / "file" / "deployment.json")
        assert connection.head() == head


def open_deployment_sender(connection: Connection) -> Sender:
    """A sender of the deploying account."""
    return Sender(connection, devnet.account(0), deployment_module.Contracts({}))


class TestOpen:
    def test_another_chain_of_the_same_id_is_refused(
        self, connection: Connection, path: Path, tmp_path: Path
    ) -> None:
        deploy(connection, devnet.account(0), PARAMETERS, path)
        with devnet.running(tmp_path / "other") as other, other.connect() as elsewhere:
            with pytest.raises(WrongChain, match="first block differs"):
                open_deployment(elsewhere, path)
            with pytest.raises(WrongChain, match="first block differs"):
                deploy(elsewhere, devnet.account(0), PARAMETERS, path)

    def test_another_chain_id_is_refused(self, connection: Connection, path: Path) -> None:
        found = replace(deploy(connection, devnet.account(0), PARAMETERS, path), chain_id=7)
        with pytest.raises(WrongChain):
            open_deployment(connection, found)

    def test_contracts_that_are_not_there_are_named(self, connection: Connection, path: Path) -> None:
        found = deploy(connection, devnet.account(0), PARAMETERS, path)
        elsewhere = {**found.addresses, "RecordRegistry": "0x" + "11" * 20}
        with pytest.raises(WrongChain) as wrong:
            open_deployment(connection, replace(found, addresses=elsewhere))
        assert wrong.value.details["contract"] == "RecordRegistry"

    def test_another_version_is_refused(
        self, connection: Connection, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deploy(connection, devnet.account(0), PARAMETERS, path)
        monkeypatch.setattr(deployment_module, "VERSION", "2.0.0")
        with pytest.raises(DeploymentError) as refused:
            open_deployment(connection, path)
        assert refused.value.details == {"contract": "ConsortiumCouncil", "version": "1.0.0"}

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"network": "devnet"}'])
    def test_what_is_no_deployment_is_refused(self, connection: Connection, path: Path, text: str) -> None:
        path.write_text(text)
        with pytest.raises(DeploymentError, match="no deployment"):
            open_deployment(connection, path)

    def test_a_missing_file_is_told(self, connection: Connection, path: Path) -> None:
        with pytest.raises(DeploymentError, match="cannot be read"):
            open_deployment(connection, path)

    def test_the_file_is_plain_json(self, connection: Connection, path: Path) -> None:
        deploy(connection, devnet.account(0), PARAMETERS, path)
        document = json.loads(path.read_text())
        assert document["chainId"] == 31337
        assert document["complete"] is True
        assert set(document["addresses"]) == set(CONTRACTS)
