"""Reading from peers: own copy first, nobody trusted, the culprit named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion.blobs import unixfs
from medunion.blobs.cid import Cid
from medunion.blobs.folder import FolderStore
from medunion.blobs.network import NetworkStore
from medunion.errors import BlobCorrupted, BlobNotFound, BlobStoreUnavailable, BodyTooLarge
from tests.unit.blobs.contract import BlobStoreContract, Damage, batch_car
from tests.unit.blobs.test_folder import flip


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[list[FolderStore]]:
    opened = [FolderStore(tmp_path / name) for name in ("own", "near", "far")]
    yield opened
    for store in opened:
        store.close()


class TestContract(BlobStoreContract):
    @pytest.fixture
    def store(self, folders: list[FolderStore]) -> NetworkStore:
        return NetworkStore(folders[0], folders[1:])

    @pytest.fixture
    def other(self, tmp_path: Path) -> Iterator[FolderStore]:
        opened = FolderStore(tmp_path / "another")
        yield opened
        opened.close()

    @pytest.fixture
    def damage(self, folders: list[FolderStore]) -> Damage:
        return lambda cid: flip(folders[0], cid)


class TestPeers:
    @pytest.fixture
    def network(self, folders: list[FolderStore]) -> NetworkStore:
        return NetworkStore(folders[0], folders[1:])

    def test_read_finds_what_a_peer_has(self, folders: list[FolderStore], network: NetworkStore) -> None:
        cid = folders[2].put(b"far away")
        assert network.has(cid)
        assert network.get(cid) == b"far away"
        assert not folders[0].has(cid)

    def test_good_copy_replaces_a_damaged_one(self, folders: list[FolderStore], network: NetworkStore) -> None:
        cid = [folder.put(b"everywhere") for folder in folders][0]
        flip(folders[0], cid)
        flip(folders[1], cid)
        assert network.get(cid) == b"everywhere"

    def test_holder_of_the_only_damaged_copy_is_named(self, folders: list[FolderStore], network: NetworkStore) -> None:
        cid = folders[1].put(b"one copy")
        flip(folders[1], cid)
        with pytest.raises(BlobCorrupted) as caught:
            network.get(cid)
        assert caught.value.details == {"cid": str(cid), "store": "near"}

    def test_vanished_peer_does_not_hide_the_others(self, folders: list[FolderStore], network: NetworkStore) -> None:
        cid = folders[2].put(b"far away")
        folders[1].close()
        assert network.get(cid) == b"far away"
        assert network.has(cid)
        assert b"".join(network.export_car(cid)) == b"".join(folders[2].export_car(cid))

    def test_own_store_that_is_gone_is_said(self, folders: list[FolderStore], network: NetworkStore) -> None:
        folders[0].close()
        with pytest.raises(BlobStoreUnavailable) as caught:
            network.get(unixfs.file_cid(b"never stored"))
        assert caught.value.details["store"] == "own"
        with pytest.raises(BlobStoreUnavailable):
            network.has(unixfs.file_cid(b"never stored"))

    def test_what_nobody_has_is_not_found(self, network: NetworkStore) -> None:
        cid = unixfs.file_cid(b"never stored")
        with pytest.raises(BlobNotFound) as caught:
            network.get(cid)
        assert caught.value.details == {"cid": str(cid), "store": "own"}

    def test_limit_is_the_readers_whoever_serves(self, folders: list[FolderStore], network: NetworkStore) -> None:
        cid: Cid = folders[2].put(b"far away")
        with pytest.raises(BodyTooLarge):
            network.get(cid, 3)

    def test_batch_of_a_peer_can_be_fetched_and_kept(self, folders: list[FolderStore], network: NetworkStore) -> None:
        root, data = batch_car(b"one", b"two")
        folders[1].put_car(data)
        network.put_car(b"".join(network.export_car(root)))
        assert folders[0].get(unixfs.file_cid(b"two")) == b"two"
        assert network.pins() == [root]
