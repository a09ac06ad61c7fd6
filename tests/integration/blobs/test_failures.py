"""A node that is away or slow: what a store says, and that nothing acknowledged is lost."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from medunion.blobs import kubo_daemon, unixfs
from medunion.blobs.cid import Cid
from medunion.blobs.kubo import KuboStore
from medunion.blobs.kubo_daemon import KuboDaemon
from medunion.errors import BlobCorrupted, BlobStoreUnavailable
from tests.unit.blobs.contract import batch, batch_car, content

from .asking import ASKING, kill, opened, stopped, unavailable
from .proxy import Proxy


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
