"""What every `BlobStore` must do. The tests of an implementation subclass `BlobStoreContract` and give its fixtures.

`store` is an empty store, `other` another empty one, `damage` flips a byte of a stored block behind the store's back.
"""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from medunion.blobs import car, dagcbor, unixfs
from medunion.blobs.cid import MAX_BLOCK, Block, Cid, Codec
from medunion.blobs.store import BlobSource, BlobStore
from medunion.errors import BlobCorrupted, BlobNotFound, BodyTooLarge, InputError

Damage = Callable[[Cid], None]


def content(size: int) -> bytes:
    """`size` bytes without repetition; a longer one begins with a shorter one."""
    return hashlib.shake_256(b"medunion").digest(size)


def batch(*files: bytes) -> tuple[Cid, list[Block]]:
    """A batch as commits make it: files, and a manifest that links to them. The manifest comes first."""
    blocks = [block for file in files for block in unixfs.blocks_of(file)]
    manifest = dagcbor.encode({"v": 1, "bodies": sorted(unixfs.file_cid(file) for file in files)})
    root = Cid.of(Codec.DAG_CBOR, manifest)
    return root, [Block(root, manifest), *blocks]


def batch_car(*files: bytes) -> tuple[Cid, bytes]:
    """A batch as a CAR."""
    root, blocks = batch(*files)
    return root, b"".join(car.write(root, blocks))


class Storing:
    """Files and batches come back as they went in, or not at all."""

    def test_is_a_blob_store(self, store: BlobStore) -> None:
        assert isinstance(store, BlobStore)
        assert isinstance(store, BlobSource)
        assert store.name

    @pytest.mark.parametrize("size", [0, 1, 4168, 262_143, 262_144, 262_145, 1_048_576, 10_000_000])
    def test_file_comes_back_under_its_ipfs_cid(self, store: BlobStore, size: int) -> None:
        data = content(size)
        cid = store.put(data)
        assert cid == unixfs.file_cid(data)
        assert store.get(cid) == data
        assert store.has(cid)

    def test_batch_comes_back_file_by_file(self, store: BlobStore) -> None:
        files = [content(4168), content(300_000), b""]
        root, data = batch_car(*files)
        assert store.put_car(data) == root
        assert [store.get(unixfs.file_cid(file)) for file in files] == files
        assert dagcbor.decode(store.get(root))["v"] == 1

    def test_batch_can_be_a_file(self, store: BlobStore, tmp_path: Path) -> None:
        root, data = batch_car(content(10))
        (tmp_path / "batch.car").write_bytes(data)
        assert store.put_car(tmp_path / "batch.car") == root
        assert store.get(unixfs.file_cid(content(10))) == content(10)

    def test_missing_car_file_is_the_callers_mistake(self, store: BlobStore, tmp_path: Path) -> None:
        with pytest.raises(InputError):
            store.put_car(tmp_path / "nowhere.car")

    def test_unknown_cid_is_not_found(self, store: BlobStore) -> None:
        cid = unixfs.file_cid(b"never stored")
        assert not store.has(cid)
        with pytest.raises(BlobNotFound) as caught:
            store.get(cid)
        assert caught.value.details == {"cid": str(cid), "store": store.name}

    @pytest.mark.parametrize("size", [1000, 300_000])
    def test_file_over_the_readers_limit_is_refused(self, store: BlobStore, size: int) -> None:
        cid = store.put(content(size))
        assert store.get(cid, size) == content(size)
        with pytest.raises(BodyTooLarge) as caught:
            store.get(cid, size - 1)
        assert caught.value.details == {"cid": str(cid), "size": size, "limit": size - 1}

    @pytest.mark.parametrize("size", [1, 4168, 300_000])
    def test_flipped_byte_is_noticed_and_named(self, store: BlobStore, damage: Damage, size: int) -> None:
        cid = store.put(content(size))
        leaf = next(iter(unixfs.blocks_of(content(size)))).cid
        damage(leaf)
        with pytest.raises(BlobCorrupted) as caught:
            store.get(cid)
        assert caught.value.details == {"cid": str(leaf), "store": store.name}

    def test_damage_does_not_reach_neighbours(self, store: BlobStore, damage: Damage) -> None:
        store.put_car(batch_car(b"one", b"two")[1])
        damage(unixfs.file_cid(b"one"))
        assert store.get(unixfs.file_cid(b"two")) == b"two"

    def test_putting_again_changes_nothing(self, store: BlobStore) -> None:
        root, data = batch_car(content(4168))
        store.put_car(data)
        before = store.stat()
        assert store.put_car(data) == root
        assert store.put(b"x") == store.put(b"x")
        assert store.pins() == sorted([root, unixfs.file_cid(b"x")])
        assert store.stat().blocks == before.blocks + 1


class Refusing:
    """What a store must not accept, and that it then holds nothing of it."""

    def refused(self, store: BlobStore, data: bytes, *cids: Cid) -> None:
        before = store.stat()
        with pytest.raises(BlobCorrupted):
            store.put_car(data)
        assert not any(store.has(cid) for cid in cids)
        assert store.stat() == before
        assert store.pins() == []

    def test_car_with_a_wrong_block(self, store: BlobStore) -> None:
        root, blocks = batch(b"right", b"wrong")
        forged = [*blocks[:-1], Block(blocks[-1].cid, b"wr0ng")]
        self.refused(store, b"".join(car.write(root, forged)), *(block.cid for block in blocks))

    def test_car_without_a_linked_block(self, store: BlobStore) -> None:
        root, blocks = batch(b"here", b"missing")
        self.refused(store, b"".join(car.write(root, blocks[:-1])), *(block.cid for block in blocks))

    def test_car_without_a_leaf_of_a_file(self, store: BlobStore) -> None:
        root, blocks = batch(content(600_000))
        without = [block for block in blocks if block is not blocks[2]]
        self.refused(store, b"".join(car.write(root, without)), *(block.cid for block in blocks))

    def test_car_without_its_root(self, store: BlobStore) -> None:
        root, blocks = batch(b"here")
        self.refused(store, b"".join(car.write(root, blocks[1:])), *(block.cid for block in blocks))

    @pytest.mark.parametrize("cut", [0, 10, 60, -1])
    def test_truncated_car(self, store: BlobStore, cut: int) -> None:
        root, data = batch_car(content(4168))
        self.refused(store, data[:cut], root, unixfs.file_cid(content(4168)))

    def test_block_over_the_exchange_limit(self, store: BlobStore) -> None:
        manifest = dagcbor.encode({"filler": bytes(MAX_BLOCK)})
        root = Cid.of(Codec.DAG_CBOR, manifest)
        with pytest.raises(InputError):
            store.put_car(b"".join(car.write(root, [Block(root, manifest)])))
        assert not store.has(root)


class Living:
    """Pins, collection, exchange and concurrency."""

    def test_what_was_put_is_pinned_by_its_root(self, store: BlobStore) -> None:
        root, data = batch_car(b"one", b"two")
        store.put_car(data)
        single = store.put(b"three")
        assert store.pins() == sorted([root, single])

    def test_collect_keeps_what_is_pinned(self, store: BlobStore) -> None:
        root, data = batch_car(b"one", content(300_000))
        store.put_car(data)
        store.collect()
        assert store.get(unixfs.file_cid(content(300_000))) == content(300_000)
        assert store.pins() == [root]

    def test_unpinned_batch_is_readable_until_collected(self, store: BlobStore) -> None:
        root, data = batch_car(content(4168))
        store.put_car(data)
        store.unpin(root)
        assert store.pins() == []
        assert store.get(unixfs.file_cid(content(4168))) == content(4168)
        assert store.collect() == 2
        assert not store.has(root)
        with pytest.raises(BlobNotFound):
            store.get(unixfs.file_cid(content(4168)))

    def test_block_of_two_batches_stays_with_the_pinned_one(self, store: BlobStore) -> None:
        first, data = batch_car(b"shared", b"one")
        second, more = batch_car(b"shared", b"two")
        store.put_car(data)
        store.put_car(more)
        store.unpin(first)
        store.collect()
        assert store.get(unixfs.file_cid(b"shared")) == b"shared"
        assert not store.has(unixfs.file_cid(b"one"))
        assert store.pins() == [second]

    def test_pinning_again_saves_a_batch(self, store: BlobStore) -> None:
        root, data = batch_car(b"one")
        store.put_car(data)
        store.unpin(root)
        store.pin(root)
        store.pin(root)
        store.collect()
        assert store.get(unixfs.file_cid(b"one")) == b"one"

    def test_collected_batch_can_be_put_again(self, store: BlobStore) -> None:
        root, data = batch_car(b"one")
        store.put_car(data)
        store.unpin(root)
        store.collect()
        assert store.put_car(data) == root
        assert store.get(unixfs.file_cid(b"one")) == b"one"

    def test_unknown_root_cannot_be_pinned_and_need_not_be_unpinned(self, store: BlobStore) -> None:
        root = unixfs.file_cid(b"never stored")
        with pytest.raises(BlobNotFound):
            store.pin(root)
        store.unpin(root)

    def test_batch_travels_to_another_store(self, store: BlobStore, other: BlobStore) -> None:
        files = [b"one", content(300_000)]
        root, data = batch_car(*files)
        store.put_car(data)
        assert other.put_car(b"".join(store.export_car(root))) == root
        assert [other.get(unixfs.file_cid(file)) for file in files] == files

    def test_unknown_batch_cannot_travel(self, store: BlobStore) -> None:
        with pytest.raises(BlobNotFound):
            b"".join(store.export_car(unixfs.file_cid(b"never stored")))

    def test_damaged_batch_does_not_travel(self, store: BlobStore, damage: Damage) -> None:
        root, data = batch_car(b"one")
        store.put_car(data)
        damage(unixfs.file_cid(b"one"))
        with pytest.raises(BlobCorrupted):
            b"".join(store.export_car(root))

    def test_stat_counts(self, store: BlobStore) -> None:
        empty = store.stat()
        store.put_car(batch_car(b"one", b"two")[1])
        full = store.stat()
        assert full.pins == empty.pins + 1
        assert full.blocks == empty.blocks + 3
        # A node's datastore tells what it takes on disk, which is not what it was given.
        assert full.size >= empty.size

    def test_threads_may_write_and_read_at_once(self, store: BlobStore) -> None:
        failures: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for turn in range(5):
                    files = [f"{number} {turn} {item}".encode() for item in range(5)]
                    store.put_car(batch_car(*files)[1])
                    assert [store.get(unixfs.file_cid(file)) for file in files] == files
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(store.pins()) == 20

    def test_collection_beside_writers_takes_nothing_of_theirs(self, store: BlobStore) -> None:
        batches = {
            number: [[f"{number} {turn} {item}".encode() for item in range(20)] for turn in range(4)]
            for number in range(3)
        }
        failures: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for turn, files in enumerate(batches[number]):
                    store.put_car(batch_car(*files)[1])
                    store.unpin(store.put(f"garbage {number} {turn}".encode()))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in batches]
        for thread in threads:
            thread.start()
        collected = sum(store.collect() for _ in range(4))
        for thread in threads:
            thread.join()
        collected += store.collect()
        assert failures == []
        assert collected == 12
        for files in (each for of_one in batches.values() for each in of_one):
            assert [store.get(unixfs.file_cid(file)) for file in files] == files
        assert len(store.pins()) == 12


class BlobStoreContract(Storing, Refusing, Living):
    """Everything. Subclass it as `Test…`, with the fixtures that the module names."""
