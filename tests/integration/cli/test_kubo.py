"""A devnet whose blobs are on an IPFS node: commit, read, verify, collect, a node that dies, one that is named."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion import processes
from medunion.blobs.kubo import KuboStore

from .commands import ROOT, Cli

pytestmark = pytest.mark.devnet


def bundle(folder: Path, *days: str) -> Path:
    """A patient with a condition for each day."""
    resources: list[dict[str, object]] = [{"resourceType": "Patient", "id": "p", "gender": "female"}]
    for day in days:
        subject = {"reference": "Patient/p"}
        resources.append({"resourceType": "Condition", "id": day, "subject": subject, "recordedDate": day})
    path = folder / f"{len(days)}.json"
    entries = [{"resource": each} for each in resources]
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    return path


def node(cli: Cli) -> dict[str, object]:
    """What status tells of the IPFS node."""
    found: dict[str, object] = cli.data("devnet", "status")["ipfs"]
    return found


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A devnet on an IPFS node, with two hospitals and what hospital A committed of a patient."""
    own = Cli(tmp_path_factory.mktemp("kubo") / "home")
    said = own.said("devnet", "up", "--blobs", "kubo")
    try:
        assert f"Its blobs are on an IPFS node at {node(own)['rpc']}" in said
        for name in ("hospital-a", "hospital-b"):
            own.said("member", "propose", name, "--kind", "hospital", "--seat", 1, "--seat", 2)
        own.said("wallet", "new", "alice")
        own.said("patient", "register", "alice", "--at", "hospital-a")
        own.said("episode", "open", "alice", "hospital-a")
        own.said("record", "commit", "hospital-a", "alice", bundle(own.home.parent, "2024-01-01"))
        yield own
    finally:
        own.run("devnet", "down")


@pytest.fixture
def store(own: Cli) -> Iterator[KuboStore]:
    """The node itself."""
    opened = KuboStore(str(node(own)["rpc"]))
    yield opened
    opened.close()


class TestOnItsOwnNode:
    def test_nothing_is_in_the_folder(self, own: Cli, store: KuboStore) -> None:
        assert len(store.pins()) == 1
        assert not (own.home / "blobs").exists()

    def test_a_member_reads_what_the_patient_granted(self, own: Cli) -> None:
        assert "no grant" in own.refused("record", "list", "alice", "--as", "hospital-b")
        own.said("grant", "set", "alice", "hospital-b", "--via", "hospital-a")
        assert len(own.data("record", "list", "alice", "--as", "hospital-b")) == 2
        assert "Verified: 2 records." in own.said("record", "verify", "alice", "--as", "hospital-b")

    def test_evidence_of_a_record_on_it_verifies_offline(self, own: Cli, tmp_path: Path) -> None:
        own.said("evidence", "export", "alice", "Condition/2024-01-01", "-o", tmp_path / "evidence.json")
        assert "Proved:" in Cli(tmp_path / "nowhere").said("evidence", "verify", tmp_path / "evidence.json")

    def test_collection_takes_nothing_of_a_record(self, own: Cli, store: KuboStore) -> None:
        store.unpin(store.put(b"nobody's"))
        assert store.collect() == 1
        assert "Verified: 2 records." in own.said("record", "verify", "alice")

    def test_a_commit_finishes_when_the_node_is_back(self, own: Cli, tmp_path: Path) -> None:
        before = node(own)
        more = bundle(tmp_path, "2024-01-01", "2024-01-02")
        os.kill(int(str(before["pid"])), signal.SIGKILL)
        while processes.alive(int(str(before["pid"]))):
            pass
        refused = own.refused("record", "commit", "hospital-a", "alice", more)
        assert refused.startswith("Error: The blob store cannot be used\n")
        assert f"address: {before['rpc']}" in refused
        assert node(own)["running"] is False
        assert "which does not answer" in own.said("devnet", "status")
        own.said("devnet", "down")
        assert "stay there" in own.refused("devnet", "up", "--blobs", "folder")
        own.said("devnet", "up")
        assert node(own)["running"] is True
        assert own.data("record", "commit", "hospital-a", "alice", more)["state"] != "unchanged"
        assert "Verified: 3 records." in own.said("record", "verify", "alice")


class TestChoice:
    def test_the_environment_names_another_node(self, own: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MEDUNION_IPFS", "http://127.0.0.1:1")
        assert "address: http://127.0.0.1:1" in own.refused("record", "verify", "alice")
        monkeypatch.setenv("MEDUNION_IPFS", "127.0.0.1:5001")
        assert "is not the address of an IPFS node's RPC" in own.refused("record", "verify", "alice")

    @pytest.mark.parametrize("seconds", ["soon", "0", "-1", "nan", "1e9"])
    def test_a_time_that_is_none(self, own: Cli, monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
        monkeypatch.setenv("MEDUNION_IPFS_TIMEOUT", seconds)
        assert "MEDUNION_IPFS_TIMEOUT is a number of seconds" in own.refused("record", "verify", "alice")

    def test_a_network_names_its_node_when_it_is_deployed(self, own: Cli, store: KuboStore, tmp_path: Path) -> None:
        other = Cli(tmp_path / "other")
        rpc = own.data("devnet", "status")["rpc"]
        parameters = tmp_path / "second.yaml"
        text = (ROOT / "deployments" / "devnet.yaml").read_text()
        parameters.write_text(text.replace("network: devnet", "network: second"))
        deploy = ("deploy", "--network", parameters, "--rpc", rpc)
        assert "cannot be reached" in other.refused(*deploy, "--ipfs", "http://127.0.0.1:1")
        assert not other.home.exists()
        other.said(*deploy, "--ipfs", store.address)
        assert json.loads((other.home / "kubo.json").read_text()) == {"rpc": store.address}
        assert other.data("devnet", "status")["ipfs"] == {"rpc": store.address, "running": True}

    def test_blobs_in_a_folder_stay_there(self, tmp_path: Path) -> None:
        other = Cli(tmp_path / "other")
        pack = other.home / "blobs" / "packs" / "aa" / "x.car"
        pack.parent.mkdir(parents=True)
        pack.touch()
        assert "stay there" in other.refused("devnet", "up", "--blobs", "kubo")
        assert not (other.home / "devnet.json").exists()

    def test_a_store_that_there_is_not(self, tmp_path: Path) -> None:
        assert "--blobs" in Cli(tmp_path).misused("devnet", "up", "--blobs", "ipfs")
