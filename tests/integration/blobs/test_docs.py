"""What docs/ipfs.md tells a member to run makes a node of a private swarm that the store works on."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion import processes
from medunion.blobs import kubo_daemon
from medunion.blobs.kubo import KuboStore

PAGE = Path(__file__).parents[3] / "docs" / "ipfs.md"
LOOPBACK = """
ipfs config --json Bootstrap '[]'
ipfs config --json Addresses '{{"API": "/ip4/127.0.0.1/tcp/{}", "Gateway": [], "Swarm": ["/ip4/127.0.0.1/tcp/0"]}}'
exec ipfs daemon"""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """(address, log) of a node made by the page's commands as they stand there, on loopback."""
    found = re.search(r"^export IPFS_PATH=.*?^ipfs daemon$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    port, log = processes.free_port(), tmp_path / "log"
    script = found[0].replace("/srv/ipfs", str(tmp_path / "ipfs")).replace("\nipfs daemon", LOOPBACK.format(port))
    path = f"{kubo_daemon.find_ipfs().resolve().parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path)}
    with log.open("wb") as stream:
        process = subprocess.Popen(["sh", "-e", "-c", script], env=environment, stdout=stream, stderr=stream)
    try:
        until = time.monotonic() + 60
        while not kubo_daemon.answers(f"http://127.0.0.1:{port}"):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", log
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


class TestMembersNode:
    def test_it_is_private_complains_of_nothing_and_holds_blobs(self, node: tuple[str, Path]) -> None:
        address, log = node
        store = KuboStore(address)
        assert store.get(store.put(b"body")) == b"body"
        store.close()
        told = log.read_text()
        assert "Swarm is limited to private network of peers with the swarm key" in told
        assert "ERROR" not in told
