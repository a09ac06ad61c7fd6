"""Two nodes for all tests of the store on IPFS: one as devnets run it, one with Kubo's own default datastore."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from medunion.blobs import kubo_daemon
from medunion.blobs.cid import Cid
from medunion.blobs.kubo import KuboStore
from medunion.blobs.kubo_daemon import KuboDaemon

from .proxy import Proxy


def init(home: Path, *profiles: str) -> None:
    """Makes a repository as a member's administrator would, for `kubo_daemon.start` to go on with."""
    subprocess.run(
        [str(kubo_daemon.find_ipfs()), "init", f"--profile={','.join(profiles)}"],
        env={**os.environ, "IPFS_PATH": str(home / "ipfs"), "IPFS_TELEMETRY": "off"}, check=True, capture_output=True,
    )


def configure(home: Path, **datastore: object) -> None:
    """Changes settings of a node's datastore."""
    path = home / "ipfs" / "config"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["Datastore"].update(datastore)
    path.write_text(json.dumps(config), encoding="utf-8")


def block_file(home: Path, cid: Cid) -> Path:
    """Where flatfs keeps a block: its multihash in base32, in a folder named by the last letters but one."""
    name = base64.b32encode(bytes(cid)[2:]).decode().rstrip("=")
    return home / "ipfs" / "blocks" / name[-3:-1] / f"{name}.data"


def flip(path: Path) -> None:
    """Flips one bit of a file in place."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@contextmanager
def emptied(address: str) -> Iterator[KuboStore]:
    """A store on a node that tests share, without anything of an earlier test."""
    store = KuboStore(address, name="hospital-a")
    try:
        for root in store.pins():
            store.unpin(root)
        store.collect()
        yield store
    finally:
        store.close()


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KuboDaemon]:
    """A node as devnets run it (pebble)."""
    with kubo_daemon.running(tmp_path_factory.mktemp("pebble")) as found:
        yield found


@pytest.fixture(scope="session")
def flatfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KuboDaemon]:
    """A node with Kubo's default datastore: a file a block."""
    home = tmp_path_factory.mktemp("flatfs")
    init(home, "test")
    with kubo_daemon.running(home) as found:
        yield found


@pytest.fixture
def proxy(daemon: KuboDaemon) -> Iterator[Proxy]:
    """A proxy before the node."""
    with Proxy(daemon.rpc).running() as found:
        yield found


@pytest.fixture
def own(tmp_path: Path) -> Iterator[KuboDaemon]:
    """A node of this test alone."""
    with kubo_daemon.running(tmp_path / "home") as found:
        yield found


@pytest.fixture
def store(proxy: Proxy) -> Iterator[KuboStore]:
    """A store behind the proxy, on the shared node."""
    with emptied(proxy.url) as found:
        proxy.asked.clear()
        yield found
