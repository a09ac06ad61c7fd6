"""A node that is away, slow, wrong or full: what a store says, and that nothing acknowledged is lost."""

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from medunion import processes
from medunion.blobs import car, kubo_daemon, unixfs
from medunion.blobs.cid import Cid
from medunion.blobs.kubo import KuboStore
from medunion.blobs.kubo_daemon import KuboDaemon
from medunion.errors import BlobCorrupted, BlobNotFound, BlobStoreUnavailable, BodyTooLarge, UsageError
from tests.unit.blobs.contract import batch, batch_car, content

from .conftest import block_file, emptied, flip, init
from .proxy import Proxy

ABSENT = unixfs.file_cid(b"never stored")
ASKING: dict[str, Callable[[KuboStore], object]] = {
    "put": lambda store: store.put(b"x"),
    "put_car": lambda store: store.put_car(batch_car(b"x")[1]),
    "get": lambda store: store.get(ABSENT),
    "has": lambda store: store.has(ABSENT),
    "export_car": lambda store: b"".join(store.export_car(ABSENT)),
    "pin": lambda store: store.pin(ABSENT),
    "unpin": lambda store: store.unpin(ABSENT),
    "pins": lambda store: store.pins(),
    "collect": lambda store: store.collect(),
    "stat": lambda store: store.stat(),
}


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


@contextmanager
def opened(daemon: KuboDaemon, timeout: float = 30) -> Iterator[KuboStore]:
    store = KuboStore(daemon.rpc, name="hospital-a", timeout=timeout)
    yield store
    store.close()


def kill(daemon: KuboDaemon) -> None:
    """Kills a node at once, and waits until it is gone."""
    os.kill(daemon.pid, signal.SIGKILL)
    while processes.alive(daemon.pid):
        time.sleep(0.01)


@contextmanager
def stopped(daemon: KuboDaemon) -> Iterator[None]:
    """A node that does nothing, though its kernel accepts connections for it."""
    os.kill(daemon.pid, signal.SIGSTOP)
    os.waitpid(daemon.pid, os.WUNTRACED)
    try:
        yield
    finally:
        os.kill(daemon.pid, signal.SIGCONT)


def unavailable(store: KuboStore, ask: Callable[[KuboStore], object], reason: str) -> str:
    """The message of a refusal for `reason`; it names store and address."""
    with pytest.raises(BlobStoreUnavailable) as caught:
        ask(store)
    assert caught.value.details == {"store": store.name, "address": store.address, "reason": reason}
    return caught.value.message


class TestAway:
    @pytest.mark.parametrize("name", ASKING)
    def test_every_request_says_so(self, name: str, tmp_path: Path) -> None:
        with kubo_daemon.running(tmp_path) as gone:
            pass
        with opened(gone) as store:
            assert gone.rpc in unavailable(store, ASKING[name], "connection")

    def test_killed_between_calls_it_goes_on_when_it_is_back(self, own: KuboDaemon) -> None:
        with opened(own) as store:
            root = store.put_car(batch_car(b"one", content(300_000))[1])
            kill(own)
            unavailable(store, ASKING["put"], "connection")
            kubo_daemon.start(own.home, detached=False)
            assert store.get(unixfs.file_cid(content(300_000))) == content(300_000)
            assert store.pins() == [root]

    def test_killed_in_the_middle_of_writing_it_keeps_all_that_was_acknowledged(self, own: KuboDaemon) -> None:
        files = {number: [b"%d %d" % (number, item) + content(4000) for item in range(200)] for number in range(60)}
        acknowledged: list[Cid] = []
        with opened(own) as store:

            def write() -> None:
                for number in files:
                    acknowledged.append(store.put_car(batch_car(*files[number])[1]))

            killer = threading.Timer(0.3, kill, (own,))
            killer.start()
            with pytest.raises(BlobStoreUnavailable) as caught:
                write()
            killer.join()
            assert caught.value.details["reason"] == "connection"
            interrupted = len(acknowledged)
            kubo_daemon.start(own.home, detached=False)
            pins = store.pins()
            assert set(acknowledged) <= set(pins) <= {batch(*each)[0] for each in files.values()}
            assert len(pins) - interrupted in (0, 1)
            for number in range(interrupted):
                assert store.get(unixfs.file_cid(files[number][-1])) == files[number][-1]
                assert len(b"".join(store.export_car(acknowledged[number]))) > 200 * 4000
            assert store.put_car(batch_car(*files[interrupted])[1]) == batch(*files[interrupted])[0]

    @pytest.mark.parametrize(
        ("command", "ask"),
        [
            ("block/get", lambda store: store.get(unixfs.file_cid(content(5000)))),
            ("dag/export", lambda store: b"".join(store.export_car(unixfs.file_cid(content(5000))))),
            ("dag/import", ASKING["put"]),
            ("pin/ls", ASKING["pins"]),
            ("repo/stat", ASKING["stat"]),
        ],
    )
    def test_an_answer_that_breaks_off(
        self, store: KuboStore, proxy: Proxy, command: str, ask: Callable[[KuboStore], object]
    ) -> None:
        store.put(content(5000))
        proxy.cut[command] = 10
        unavailable(store, ask, "connection")

    def test_an_export_that_ends_early_but_well(self, store: KuboStore, proxy: Proxy) -> None:
        cid = store.put(content(5000))
        proxy.alter = lambda command, _argument, answer: answer[:3000] if command == "dag/export" else answer
        with pytest.raises(BlobCorrupted, match="ends within a block"):
            b"".join(store.export_car(cid))

    def test_a_closed_store(self, own: KuboDaemon) -> None:
        with opened(own) as store:
            store.close()
            assert "closed" in unavailable(store, ASKING["put"], "answer")


class TestSlow:
    @pytest.mark.parametrize("name", [name for name in ASKING if name != "collect"])
    def test_a_silent_node_is_given_up_after_the_stated_time(self, own: KuboDaemon, name: str) -> None:
        with opened(own, timeout=0.3) as store:
            store.put(b"awake")
            with stopped(own):
                assert "silent for 0.3 s" in unavailable(store, ASKING[name], "timeout")
            assert store.get(unixfs.file_cid(b"awake")) == b"awake"

    def test_a_large_import_that_stalls(self, own: KuboDaemon) -> None:
        with opened(own, timeout=0.3) as store, stopped(own):
            unavailable(store, lambda store: store.put(content(30_000_000)), "timeout")

    def test_a_late_answer_within_the_time_is_one(self, store: KuboStore, proxy: Proxy) -> None:
        cid = store.put(b"x")
        proxy.release.clear()
        waker = threading.Timer(0.3, proxy.release.set)
        waker.start()
        assert store.get(cid) == b"x"
        waker.join()


class TestWrong:
    def test_a_leaf_that_comes_empty_is_named(self, store: KuboStore, proxy: Proxy) -> None:
        cid = store.put(content(600_000))
        leaf = next(iter(unixfs.blocks_of(content(600_000)))).cid
        proxy.alter = lambda _command, argument, answer: b"" if argument == str(leaf) else answer
        with pytest.raises(BlobCorrupted) as caught:
            store.get(cid)
        assert caught.value.details == {"cid": str(leaf), "store": "hospital-a"}

    def test_a_lost_leaf_is_named(self, flatfs: KuboDaemon) -> None:
        with emptied(flatfs.rpc) as store:
            data = content(600_000)
            cid = store.put(data)
            leaf = next(iter(unixfs.blocks_of(data))).cid
            block_file(flatfs.home, leaf).unlink()
            with pytest.raises(BlobNotFound) as caught:
                store.get(cid)
            assert caught.value.details == {"cid": str(leaf), "store": "hospital-a"}
            with pytest.raises(BlobCorrupted, match="lacks 3 of the blocks that it links to"):
                b"".join(store.export_car(cid))
            with pytest.raises(BlobNotFound):
                store.pin(cid)

    def test_a_damaged_block_is_dropped_by_kubo_and_stored_again(self, flatfs: KuboDaemon) -> None:
        with emptied(flatfs.rpc) as store:
            _, data = batch_car(b"one", b"two")
            store.put_car(data)
            flip(block_file(flatfs.home, unixfs.file_cid(b"one")))
            store.put_car(data)
            with pytest.raises(BlobCorrupted):
                store.get(unixfs.file_cid(b"one"))
            ipfs = [str(kubo_daemon.find_ipfs()), "--repo-dir", str(flatfs.home / "ipfs")]
            _run(*ipfs, "repo", "verify", "--drop")
            assert not store.has(unixfs.file_cid(b"one"))
            store.put_car(data)
            assert store.get(unixfs.file_cid(b"one")) == b"one"

    def test_nothing_is_collected_while_a_manifest_is_lost(self, flatfs: KuboDaemon) -> None:
        with emptied(flatfs.rpc) as store:
            root, data = batch_car(b"one", b"two")
            store.put_car(data)
            store.unpin(store.put(b"nobody's"))
            block_file(flatfs.home, root).unlink()
            with pytest.raises(BlobStoreUnavailable, match=f"could not find {root}|could not collect"):
                store.collect()
            assert [store.get(unixfs.file_cid(each)) for each in (b"one", b"two")] == [b"one", b"two"]
            assert store.put_car(data) == root
            assert store.collect() == 1

    def test_a_node_that_checks_its_own_disk_finds_the_damage_too(self, tmp_path: Path) -> None:
        init(tmp_path, "test")
        config = tmp_path / "ipfs" / "config"
        config.write_text(config.read_text().replace('"HashOnRead": false', '"HashOnRead": true'))
        with kubo_daemon.running(tmp_path) as node, opened(node) as store:
            cid = store.put(content(5000))
            flip(block_file(tmp_path, cid))
            with pytest.raises(BlobCorrupted) as caught:
                store.get(cid)
            assert caught.value.details == {"cid": str(cid), "store": "hospital-a"}
            assert store.has(cid)
            with pytest.raises(BlobCorrupted):
                store.pin(cid)

    def test_more_than_a_block_is_not_read_to_its_end(self, store: KuboStore, proxy: Proxy) -> None:
        cid = store.put(b"x")
        proxy.alter = lambda _command, _argument, _answer: bytes(64 * 1024 * 1024)
        with pytest.raises(BlobCorrupted, match="more than a block"):
            store.get(cid)

    def test_nothing_over_the_limit_is_fetched(self, store: KuboStore, proxy: Proxy) -> None:
        cid = store.put(content(10_000_000))
        proxy.asked.clear()
        with pytest.raises(BodyTooLarge):
            store.get(cid, 9_999_999)
        assert proxy.asked == ["block/get"]

    def test_nothing_of_an_incomplete_car_is_sent(self, store: KuboStore, proxy: Proxy) -> None:
        root, blocks = batch(b"here", b"missing")
        with pytest.raises(BlobCorrupted):
            store.put_car(b"".join(car.write(root, blocks[:-1])))
        assert proxy.asked == []

    def test_a_batch_of_another_root(self, store: KuboStore, proxy: Proxy) -> None:
        root, data = batch_car(b"one")
        other, more = batch_car(b"two")
        store.put_car(data)
        exported = b"".join(store.export_car(root))
        store.put_car(more)
        proxy.alter = lambda command, _argument, answer: exported if command == "dag/export" else answer
        with pytest.raises(BlobCorrupted) as caught:
            b"".join(store.export_car(other))
        assert (caught.value.details["cid"], caught.value.details["store"]) == (str(other), "hospital-a")

    def test_an_import_that_was_not_pinned(self, store: KuboStore, proxy: Proxy) -> None:
        proxy.alter = lambda _command, _argument, answer: answer.replace(b'PinErrorMsg":""', b'PinErrorMsg":"no"')
        assert "did not pin" in unavailable(store, ASKING["put_car"], "no")

    def test_an_import_of_another_root(self, store: KuboStore, proxy: Proxy) -> None:
        cid = str(unixfs.file_cid(b"x"))
        proxy.alter = lambda _command, _argument, answer: answer.replace(cid.encode(), str(ABSENT).encode())
        assert "instead of" in unavailable(store, ASKING["put"], "root")

    @pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"{}", b'{"Keys":1}{"Root":1}', b"\xff"])
    @pytest.mark.parametrize("name", ["put", "pins", "stat"])
    def test_an_answer_of_something_else(self, store: KuboStore, proxy: Proxy, name: str, answer: bytes) -> None:
        proxy.alter = lambda _command, _argument, _answer: answer
        unavailable(store, ASKING[name], "answer")

    def test_a_server_that_is_no_ipfs_node(self) -> None:
        with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            store = KuboStore(f"http://127.0.0.1:{server.server_address[1]}")
            try:
                assert "as no RPC of an IPFS node does" in unavailable(store, ASKING["stat"], "HTTP 501")
            finally:
                store.close()
                server.shutdown()
                thread.join()

    @pytest.mark.parametrize(
        "address",
        ["", "localhost:5001", "ftp://x", "http://", "http://x/api", "http://u:p@x", "http://x:y", "/ip4/x", "/a"],
    )
    def test_no_address(self, address: str) -> None:
        with pytest.raises(UsageError, match="is not the address of an IPFS node"):
            KuboStore(address)

    @pytest.mark.parametrize("form", ["/ip4/127.0.0.1/tcp/{}", "/ip4/127.0.0.1/tcp/{}/http", "http://127.0.0.1:{}/"])
    def test_forms_of_an_address(self, daemon: KuboDaemon, form: str) -> None:
        store = KuboStore(form.format(daemon.rpc.rpartition(":")[2]))
        assert store.version() == "0.43.0"
        store.close()

    def test_a_proxy_of_the_environment_is_not_asked(self, daemon: KuboDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        for address in (daemon.rpc, daemon.rpc.replace("127.0.0.1", "localhost")):
            store = KuboStore(address)
            assert store.version() == "0.43.0"
            store.close()


class SmallDisk:
    """A disk of 24 MB where the system lets a test mount one, else a limit on every file that the node writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.mounted = _run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder))

    def fill(self, node: KuboDaemon) -> None:
        if not self.mounted:
            resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))

    def free(self, node: KuboDaemon) -> None:
        if self.mounted:
            assert _run("mount", "-o", "remount,size=256m", str(self.folder))
        elif kubo_daemon.status(self.folder):
            resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def remove(self) -> None:
        assert not self.mounted or _run("umount", str(self.folder))


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
    except FileNotFoundError:
        return False


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
            disk.fill(node)

            def write() -> None:
                for number in range(100):
                    files = [b"%d %d" % (number, item) + content(250_000) for item in range(4)]
                    kept.append(store.put_car(batch_car(*files)[1]))

            with pytest.raises(BlobStoreUnavailable) as caught:
                write()
            told = caught.value.details["reason"]
            # Out of space, pebble tries again for ever, and says so in the node's log only.
            assert told in ("timeout", "connection") if profile == "pebbleds" else "no space" in told or "large" in told
            disk.free(node)
            if not kubo_daemon.status(disk.folder):
                kubo_daemon.start(disk.folder, detached=False)
            assert set(store.pins()) == set(kept)
            for root in kept:
                assert len(b"".join(store.export_car(root))) > 50_000
            assert store.put_car(batch_car(b"again")[1]) in store.pins()
