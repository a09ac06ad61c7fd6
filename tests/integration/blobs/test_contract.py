"""The contract of `BlobStore` on real nodes, on both datastores that Kubo offers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion.blobs.cid import Cid
from medunion.blobs.folder import FolderStore
from medunion.blobs.kubo import KuboStore
from medunion.blobs.kubo_daemon import KuboDaemon
from tests.unit.blobs.contract import BlobStoreContract, Damage

from .conftest import block_file, emptied, flip
from .proxy import Proxy


@pytest.fixture
def other(tmp_path: Path) -> Iterator[FolderStore]:
    """A folder: batches travel between the two kinds of store."""
    opened = FolderStore(tmp_path / "other")
    yield opened
    opened.close()


class TestPebble(BlobStoreContract):
    """As devnets run it; damage is done on the way from the node, whose files no test can write into."""

    @pytest.fixture
    def store(self, proxy: Proxy) -> Iterator[KuboStore]:
        with emptied(proxy.url) as found:
            yield found

    @pytest.fixture
    def damage(self, daemon: KuboDaemon, proxy: Proxy) -> Damage:
        def damage(cid: Cid) -> None:
            direct = KuboStore(daemon.rpc)
            right = direct.get(cid)
            direct.close()
            wrong = right[:-1] + bytes([right[-1] ^ 1])

            def alter(command: str, argument: str, answer: bytes) -> bytes:
                concerned = command == "dag/export" or (command, argument) == ("block/get", str(cid))
                return answer.replace(right, wrong) if concerned else answer

            proxy.alter = alter

        return damage


class TestFlatfs(BlobStoreContract):
    """As Kubo is installed; damage is done to the file of a block."""

    @pytest.fixture
    def store(self, flatfs: KuboDaemon) -> Iterator[KuboStore]:
        with emptied(flatfs.rpc) as found:
            yield found

    @pytest.fixture
    def damage(self, flatfs: KuboDaemon) -> Damage:
        return lambda cid: flip(block_file(flatfs.home, cid))
