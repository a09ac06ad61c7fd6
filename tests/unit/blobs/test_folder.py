"""The embedded folder store: the contract, and what is its own (atomic packs, a rebuildable index, bad disks)."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from medunion.blobs import unixfs
from medunion.blobs.cid import Cid
from medunion.blobs.folder import FolderStore
from medunion.errors import BlobCorrupted, BlobNotFound, BlobStoreUnavailable
from tests.unit.blobs.contract import BlobStoreContract, Damage, batch_car, content


def flip(store: FolderStore, cid: Cid) -> None:
    """Flip one bit of a block where it lies."""
    path, offset, length = store.locate(cid)
    data = bytearray(path.read_bytes())
    data[offset + length // 2] ^= 1
    path.write_bytes(data)


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.glob("packs/*/*") if path.is_file()]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FolderStore]:
    opened = FolderStore(tmp_path / "a", name="hospital-a")
    yield opened
    opened.close()


class TestContract(BlobStoreContract):
    @pytest.fixture
    def other(self, tmp_path: Path) -> Iterator[FolderStore]:
        opened = FolderStore(tmp_path / "b")
        yield opened
        opened.close()

    @pytest.fixture
    def damage(self, store: FolderStore) -> Damage:
        return lambda cid: flip(store, cid)


class TestReopening:
    def test_everything_is_there(self, tmp_path: Path) -> None:
        root, data = batch_car(b"one", content(300_000))
        first = FolderStore(tmp_path / "s")
        first.put_car(data)
        first.unpin(root)
        first.close()
        again = FolderStore(tmp_path / "s")
        assert again.get(unixfs.file_cid(content(300_000))) == content(300_000)
        assert again.pins() == []
        again.close()

    @pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"no database " * 1000)])
    def test_lost_index_is_rebuilt_from_the_packs(self, tmp_path: Path, harm: Callable[[Path], Any]) -> None:
        store = FolderStore(tmp_path / "s")
        roots = sorted([store.put_car(batch_car(b"one", content(300_000))[1]), store.put(b"three")])
        before = store.stat()
        store.close()
        harm(tmp_path / "s" / "index.sqlite")
        again = FolderStore(tmp_path / "s")
        assert again.pins() == roots
        assert again.stat() == before
        assert again.get(unixfs.file_cid(content(300_000))) == content(300_000)
        again.close()

    def test_pack_damaged_beyond_reading_does_not_stop_a_rebuild(self, tmp_path: Path) -> None:
        store = FolderStore(tmp_path / "s")
        torn, kept = store.put(content(1000)), store.put(b"kept")
        path, _, _ = store.locate(torn)
        store.close()
        (tmp_path / "s" / "index.sqlite").unlink()
        path.write_bytes(path.read_bytes()[:200])
        (path.parent / "nonsense.car").write_bytes(b"nonsense")
        again = FolderStore(tmp_path / "s")
        assert again.get(kept) == b"kept"
        with pytest.raises(BlobNotFound):
            again.get(torn)
        again.close()

    def test_two_open_stores_see_each_others_batches(self, store: FolderStore, tmp_path: Path) -> None:
        with_store = FolderStore(tmp_path / "a")
        cid = with_store.put(b"from the other process")
        assert store.get(cid) == b"from the other process"
        with_store.close()


class TestDamage:
    def test_second_copy_of_a_block_serves_when_the_first_is_damaged(self, store: FolderStore) -> None:
        store.put_car(batch_car(b"shared", b"one")[1])
        store.put_car(batch_car(b"shared", b"two")[1])
        flip(store, unixfs.file_cid(b"shared"))
        assert store.get(unixfs.file_cid(b"shared")) == b"shared"

    def test_putting_again_mends(self, store: FolderStore) -> None:
        cid = store.put(content(4168))
        flip(store, cid)
        with pytest.raises(BlobCorrupted):
            store.get(cid)
        store.put(content(4168))
        assert store.get(cid) == content(4168)
        assert len(leftovers(store.locate(cid)[0].parent.parent.parent)) == 1

    def test_deleted_pack_is_not_found(self, store: FolderStore) -> None:
        cid = store.put(b"gone")
        store.locate(cid)[0].unlink()
        with pytest.raises(BlobNotFound):
            store.get(cid)
        with pytest.raises(BlobNotFound):
            b"".join(store.export_car(cid))

    def test_truncated_pack_is_corrupted(self, store: FolderStore) -> None:
        cid = store.put(content(1000))
        path = store.locate(cid)[0]
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(BlobCorrupted):
            store.get(cid)


class TestBadDisk:
    def test_folder_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        for path in (tmp_path / "file", tmp_path / "file" / "below"):
            with pytest.raises(BlobStoreUnavailable) as caught:
                FolderStore(path, name="hospital-a")
            assert caught.value.details["store"] == "hospital-a"

    def test_folder_that_vanished(self, store: FolderStore, tmp_path: Path) -> None:
        (tmp_path / "a" / "packs").rmdir()
        with pytest.raises(BlobStoreUnavailable):
            store.put(b"x")

    @pytest.mark.parametrize("failing_call", [1, 2, 3])
    def test_full_disk_leaves_nothing_half_done(
        self, store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing_call: int
    ) -> None:
        # Three syncs make a batch durable: of its new folder, of its pack, of the pack's name.
        real, calls = os.fsync, []

        def failing(descriptor: int) -> None:
            calls.append(descriptor)
            if len(calls) == failing_call:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", failing)
        root, data = batch_car(content(4168))
        with pytest.raises(BlobStoreUnavailable, match="No space left") as caught:
            store.put_car(data)
        assert caught.value.details == {"store": "hospital-a", "reason": "No space left on device"}
        assert leftovers(tmp_path / "a") == []
        assert not store.has(root)
        assert store.put_car(data) == root
        assert store.get(unixfs.file_cid(content(4168))) == content(4168)

    def test_failed_replacement_keeps_the_batch_that_was_there(
        self, store: FolderStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root, data = batch_car(content(4168))
        store.put_car(data)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(PermissionError(errno.EACCES, "denied")))
            with pytest.raises(BlobStoreUnavailable, match="denied"):
                store.put_car(data)
        assert store.pins() == [root]
        assert store.get(unixfs.file_cid(content(4168))) == content(4168)

    def test_real_write_failure_in_the_middle_of_a_batch(self, tmp_path: Path) -> None:
        # The system refuses to let any file of this process grow beyond 100 kB.
        script = f"""
import resource
from medunion.blobs.folder import FolderStore
from medunion.errors import BlobStoreUnavailable
store = FolderStore({str(tmp_path / "s")!r})
small = store.put(b"small")
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store.put(bytes(200_000))
except BlobStoreUnavailable as error:
    print(error.details["reason"], store.get(small) == b"small", len(store.pins()))
"""
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.strip() == "File too large True 1"
        assert len(leftovers(tmp_path / "s")) == 1

    def test_closed_store_is_unavailable(self, tmp_path: Path) -> None:
        store = FolderStore(tmp_path / "s")
        store.close()
        with pytest.raises(BlobStoreUnavailable):
            store.put(b"x")


class TestKilledWriter:
    def test_every_acknowledged_batch_is_there_and_no_other_is_half_there(self, tmp_path: Path) -> None:
        # The child acknowledges each batch after put_car has returned, until it is killed in the middle of something.
        script = f"""
from medunion.blobs import car, dagcbor, unixfs
from medunion.blobs.cid import Block, Cid, Codec
from medunion.blobs.folder import FolderStore
store = FolderStore({str(tmp_path / "s")!r})
number = len(store.pins())
while True:
    blocks = [block for item in range(50) for block in unixfs.blocks_of(b"%d %d" % (number, item))]
    manifest = dagcbor.encode([block.cid for block in blocks])
    root = Cid.of(Codec.DAG_CBOR, manifest)
    print(store.put_car(b"".join(car.write(root, [Block(root, manifest), *blocks]))), flush=True)
    number += 1
"""
        acknowledged = set()
        for lines in (1, 3, 8):
            child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
            assert child.stdout is not None
            acknowledged |= {child.stdout.readline().strip() for _ in range(lines)}
            child.send_signal(signal.SIGKILL)
            acknowledged |= {line.strip() for line in child.stdout if line.endswith("\n")}
            child.stdout.close()
            child.wait()
        store = FolderStore(tmp_path / "s")
        pins = {str(cid) for cid in store.pins()}
        assert acknowledged <= pins
        for root in store.pins():
            assert len(b"".join(store.export_car(root))) > 50 * 36
        for path in (tmp_path / "s").glob("packs/*/*.writing"):
            os.utime(path, (0, 0))
        store.collect()
        assert len(leftovers(tmp_path / "s")) == len(pins)
        store.close()

    def test_collect_leaves_a_living_writers_file(self, store: FolderStore, tmp_path: Path) -> None:
        store.put(b"x")
        writing = leftovers(tmp_path / "a")[0].with_suffix(".writing")
        writing.write_bytes(b"being written")
        store.collect()
        assert writing.exists()
        os.utime(writing, (0, 0))
        assert store.collect() == 0
        assert not writing.exists()
