"""A node that lies, lost or damaged what it holds, or is none."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from medunion.blobs import car, kubo_daemon, unixfs
from medunion.blobs.kubo import KuboStore
from medunion.blobs.kubo_daemon import KuboDaemon
from medunion.errors import BlobCorrupted, BlobNotFound, BlobStoreUnavailable, BodyTooLarge, UsageError
from tests.unit.blobs.contract import batch, batch_car, content

from .asking import ABSENT, ASKING, opened, run, unavailable
from .conftest import block_file, emptied, flip, init
from .proxy import Proxy


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
            run(*ipfs, "repo", "verify", "--drop")
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
