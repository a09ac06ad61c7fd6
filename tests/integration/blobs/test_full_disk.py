"""A node whose disk is full refuses, and loses nothing."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion.blobs import kubo_daemon
from medunion.blobs.cid import Cid
from medunion.blobs.kubo_daemon import KuboDaemon
from medunion.errors import BlobStoreUnavailable
from tests.unit.blobs.contract import batch_car, content

from .asking import opened, run
from .conftest import init


class SmallDisk:
    """A disk of 24 MB where the system lets a test mount one, else a limit on every file that the node writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.mounted = run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder))

    def fill(self, node: KuboDaemon) -> None:
        if not self.mounted:
            resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))

    def free(self, node: KuboDaemon) -> None:
        if self.mounted:
            assert run("mount", "-o", "remount,size=256m", str(self.folder))
        elif kubo_daemon.status(self.folder):
            resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def remove(self) -> None:
        assert not self.mounted or run("umount", str(self.folder))


class TestFull:
    @pytest.fixture
    def disk(self, tmp_path: Path) -> Iterator[SmallDisk]:
        made = SmallDisk(tmp_path / "small")
        yield made
        made.remove()

    @pytest.mark.parametrize("profile", ["pebbleds", "flatfs"])
    def test_a_full_disk_refuses_and_loses_nothing(self, disk: SmallDisk, profile: str) -> None:
        if profile == "flatfs":
            init(disk.folder, "test")
        with kubo_daemon.running(disk.folder) as node, opened(node, timeout=3) as store:
            kept = [store.put_car(batch_car(b"first", content(50_000))[1])]
            tried = set[Cid]()
            disk.fill(node)

            def write() -> None:
                for number in range(100):
                    files = [b"%d %d" % (number, item) + content(250_000) for item in range(4)]
                    root, car = batch_car(*files)
                    tried.add(root)
                    kept.append(store.put_car(car))

            with pytest.raises(BlobStoreUnavailable) as caught:
                write()
            told = caught.value.details["reason"]
            # Out of space, pebble tries again for ever, and says so in the node's log only.
            assert told in ("timeout", "connection") if profile == "pebbleds" else "no space" in told or "large" in told
            disk.free(node)
            if not kubo_daemon.status(disk.folder):
                kubo_daemon.start(disk.folder, detached=False)
            # What was refused may be finished once there is space again: it was only never acknowledged.
            assert set(kept) <= set(store.pins()) <= set(kept) | tried
            for root in kept:
                assert len(b"".join(store.export_car(root))) > 50_000
            assert store.put_car(batch_car(b"again")[1]) in store.pins()
