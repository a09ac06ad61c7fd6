"""A local node: what it leaves alone, its life from start to stop, and what is said when it cannot run."""

import json
import os
import socket
from pathlib import Path

import pytest

from medunion.blobs import kubo_daemon
from medunion.blobs.kubo import KuboStore
from medunion.blobs.kubo_daemon import KuboDaemon
from medunion.errors import DevnetError

from .asking import kill

LISTENING = "0A"


def listening(pid: int) -> list[str]:
    """Addresses that a process accepts connections at, as the kernel writes them."""
    sockets = {os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink()}
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if f"socket:[{fields[9]}]" in sockets and (fields[3] == LISTENING or table.startswith("udp")):
                found.append(fields[1])
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="only Linux tells what a process listens on")
class TestPrivacy:
    def test_it_listens_on_loopback_for_its_rpc_and_nothing_else(self, own: KuboDaemon) -> None:
        (address,) = listening(own.pid)
        host, _, port = address.partition(":")
        assert socket.inet_ntoa(bytes.fromhex(host)[::-1]) == "127.0.0.1"
        assert own.rpc == f"http://127.0.0.1:{int(port, 16)}"

    def test_nothing_in_its_configuration_names_another_place(self, own: KuboDaemon) -> None:
        config = json.loads((own.home / "ipfs" / "config").read_text())
        assert (config["Bootstrap"], config["Addresses"]["Swarm"], config["Addresses"]["Gateway"]) == ([], [], [])
        assert not config["AutoConf"]["Enabled"]
        assert config["Plugins"]["Plugins"]["telemetry"]["Disabled"]
        assert "auto" not in json.dumps([config["Bootstrap"], config["DNS"], config["Routing"], config["Ipns"]])


class TestLife:
    def test_blobs_and_address_survive_a_restart(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        with kubo_daemon.running(home) as first:
            store = KuboStore(first.rpc)
            cid = store.put(b"kept")
        assert kubo_daemon.status(home) is None
        with kubo_daemon.running(home) as second:
            assert (second.rpc, second.pid != first.pid) == (first.rpc, True)
            assert store.get(cid) == b"kept"
            assert store.pins() == [cid]
        store.close()

    def test_the_former_port_is_left_to_whoever_took_it(self, tmp_path: Path) -> None:
        with kubo_daemon.running(tmp_path) as first:
            pass
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", int(first.rpc.rpartition(":")[2])))
            taken.listen()
            with kubo_daemon.running(tmp_path) as second:
                assert second.rpc != first.rpc

    def test_status_and_stop(self, own: KuboDaemon) -> None:
        assert kubo_daemon.status(own.home) == own
        with pytest.raises(DevnetError, match="already"):
            kubo_daemon.start(own.home)
        assert kubo_daemon.stop(own.home)
        assert kubo_daemon.status(own.home) is None
        assert not kubo_daemon.stop(own.home)

    def test_a_killed_node_starts_again(self, own: KuboDaemon) -> None:
        kill(own)
        again = kubo_daemon.start(own.home, detached=False)
        assert again.pid != own.pid
        assert kubo_daemon.status(own.home) == again

    def test_only_an_ipfs_is_stopped(self, own: KuboDaemon) -> None:
        path = own.home / kubo_daemon.NODE_FILE
        before = path.read_text()
        path.write_text(json.dumps({"rpc": own.rpc, "pid": os.getpid()}))
        assert kubo_daemon.status(own.home) is None
        assert not kubo_daemon.stop(own.home)
        path.write_text(before)


class TestRefusals:
    def test_a_taken_port(self, own: KuboDaemon, tmp_path: Path) -> None:
        port = int(own.rpc.rpartition(":")[2])
        with pytest.raises(DevnetError, match=f"port {port} is taken"):
            kubo_daemon.start(tmp_path / "other", port=port)

    def test_a_folder_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(DevnetError, match="not writable"):
            kubo_daemon.start(tmp_path / "file")

    def test_a_repository_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "ipfs").mkdir()
        (tmp_path / "ipfs" / "config").write_text("{}")
        with pytest.raises(DevnetError, match=r"did not start; see .*ipfs\.log"):
            kubo_daemon.start(tmp_path)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"rpc": 1}', '{"rpc": "http://127.0.0.1:1", "pid": "1"}'])
    def test_a_node_file_that_is_none(self, tmp_path: Path, text: str) -> None:
        (tmp_path / kubo_daemon.NODE_FILE).write_text(text)
        with pytest.raises(DevnetError, match="cannot be read"):
            kubo_daemon.status(tmp_path)

    def test_no_program(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MEDUNION_IPFS_BINARY", str(tmp_path / "none"))
        with pytest.raises(DevnetError, match="MEDUNION_IPFS_BINARY names"):
            kubo_daemon.start(tmp_path)
        monkeypatch.delenv("MEDUNION_IPFS_BINARY")
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        with pytest.raises(DevnetError, match=r"\./dev run devnet up --blobs kubo"):
            kubo_daemon.start(tmp_path)
        assert list(tmp_path.iterdir()) == []
