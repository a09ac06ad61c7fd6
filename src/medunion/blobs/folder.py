"""The embedded `BlobStore`: a folder, no daemon.

    packs/xx/<root>-<random>.car   one CAR per batch or file; xx shards by the root's last characters
    index.sqlite                   which pack holds which block; rebuilt from the packs when it is missing or damaged

One pack, one fsync: a file per block would cost an fsync each, a tenth of the speed. A pack is written under a
temporary name in its final folder, synced, renamed, its folder synced, and then named in the index, in one transaction.
Whatever happens before leaves a file that nothing refers to; `collect` removes it.
"""

import os
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from medunion.blobs import car, unixfs
from medunion.blobs.cid import Block, Cid
from medunion.blobs.pack_index import PackIndex, Place
from medunion.blobs.store import StoreStat
from medunion.blobs.unixfs import MAX_FILE
from medunion.errors import BlobCorrupted, BlobNotFound, BlobStoreUnavailable

_PACKS, _INDEX, _SUFFIX, _TEMPORARY = "packs", "index.sqlite", ".car", ".writing"
_BUFFER = 1024 * 1024
# A writer that has been silent for so long is dead.
_STALE_SECONDS = 3600


class FolderStore:
    """A `BlobStore` in `folder`, which is made when it is not there.

    `name` is whose store it is, as errors name it (default: the folder's name). BlobStoreUnavailable when the folder
    cannot be used.
    """

    def __init__(self, folder: str | Path, *, name: str | None = None) -> None:
        self._folder = Path(folder)
        self._name = name or self._folder.name
        self._packs = self._folder / _PACKS
        with self._available("opened"):
            self._packs.mkdir(parents=True, exist_ok=True)
            self._index = self._open_index()

    @property
    def name(self) -> str:
        """Whose store it is."""
        return self._name

    def put(self, data: bytes) -> Cid:
        """Store one file; see `BlobStore.put`."""
        blocks = list(unixfs.blocks_of(data))
        root = blocks[-1].cid
        self._store(root, blocks)
        return root

    def put_car(self, source: bytes | Path) -> Cid:
        """Store a CAR; see `BlobStore.put_car`."""
        with car.opened(source) as stream:
            root, blocks = car.read(stream)
            self._store(root, blocks)
        return root

    def get(self, cid: Cid, max_size: int = MAX_FILE) -> bytes:
        """The verified file; see `BlobSource.get`."""
        try:
            return unixfs.read_file(cid, self._fetch, max_size)
        except BlobCorrupted as error:
            error.details.setdefault("store", self._name)
            raise

    def has(self, cid: Cid) -> bool:
        """Whether the block is here; see `BlobSource.has`."""
        with self._available("read"):
            return bool(self._index.find(cid))

    def export_car(self, root: Cid) -> Iterator[bytes]:
        """The pack of `root`, verified; see `BlobSource.export_car`."""
        with self._available("read"):
            file = self._index.pack_of(root)
        if file is None:
            raise self._not_found(root)
        return self._export(root, self._packs / file)

    def pin(self, root: Cid) -> None:
        """Keep a root; see `BlobStore.pin`."""
        with self._available("written"):
            held = self._index.set_pinned(root, True)
        if not held:
            raise self._not_found(root)

    def unpin(self, root: Cid) -> None:
        """Let go of a root; see `BlobStore.unpin`."""
        with self._available("written"):
            self._index.set_pinned(root, False)

    def pins(self) -> list[Cid]:
        """The pinned roots; see `BlobStore.pins`."""
        with self._available("read"):
            return self._index.pins()

    def collect(self) -> int:
        """Delete unpinned packs, and what dead writers left; see `BlobStore.collect`."""
        with self._available("written"), self._index.writing():
            # No writer is between its rename and its row while this transaction is open.
            _, before, _ = self._index.totals()
            self._index.drop_unpinned()
            _, after, _ = self._index.totals()
            kept = self._index.files()
            garbage = [path for path in self._packs.glob(f"*/*{_SUFFIX}") if _relative(path) not in kept]
            stale = time.time() - _STALE_SECONDS
            garbage += [path for path in self._packs.glob(f"*/*{_TEMPORARY}") if path.stat().st_mtime < stale]
        with self._available("written"):
            for path in garbage:
                path.unlink()
        return before - after

    def stat(self) -> StoreStat:
        """What the store holds."""
        with self._available("read"):
            return StoreStat(*self._index.totals())

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    def locate(self, cid: Cid) -> tuple[Path, int, int]:
        """(pack file, offset, length) of a block's bytes, for whoever inspects a store; BlobNotFound when not here."""
        file, offset, length = self._places(cid)[0]
        return self._packs / file, offset, length

    def _store(self, root: Cid, blocks: Iterable[Block]) -> None:
        text = str(root)
        shard = self._packs / text[-2:]
        final = shard / f"{text}-{secrets.token_hex(4)}{_SUFFIX}"
        temporary = final.with_suffix(_TEMPORARY)
        with self._available("written"):
            try:
                _make_durable_folder(shard)
                with temporary.open("xb", buffering=_BUFFER) as stream:
                    entries = _write_pack(stream, root, blocks)
                    stream.flush()
                    os.fsync(stream.fileno())
                with self._index.writing():
                    before = self._index.replace(root, _relative(final), temporary.stat().st_size, entries)
                    temporary.rename(final)
                    _sync_folder(shard)
            except BaseException:
                temporary.unlink(missing_ok=True)
                if self._index.pack_of(root) != _relative(final):
                    final.unlink(missing_ok=True)
                raise
            if before is not None:
                (self._packs / before).unlink(missing_ok=True)

    def _fetch(self, cid: Cid) -> bytes:
        places = self._places(cid)
        data = b""
        for place in places:
            data = self._read(cid, place)
            if len(places) == 1 or Cid.of(cid.codec, data) == cid:
                break
        return data

    def _places(self, cid: Cid) -> list[Place]:
        with self._available("read"):
            places = self._index.find(cid)
        if not places:
            raise self._not_found(cid)
        return places

    def _read(self, cid: Cid, place: Place) -> bytes:
        try:
            with self._available("read"), (self._packs / place.file).open("rb", buffering=0) as stream:
                stream.seek(place.offset)
                return stream.read(place.length)
        except FileNotFoundError:
            raise self._not_found(cid) from None

    def _export(self, root: Cid, path: Path) -> Iterator[bytes]:
        try:
            with self._available("read"), path.open("rb") as stream:
                _, blocks = car.read(stream)
                yield from car.write(root, blocks)
        except FileNotFoundError:
            raise self._not_found(root) from None
        except BlobCorrupted as error:
            error.details.setdefault("store", self._name)
            raise

    def _open_index(self) -> PackIndex:
        path = self._folder / _INDEX
        try:
            index = PackIndex(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            # Not a database any more: it holds nothing that the packs do not say.
            for file in self._folder.glob(f"{_INDEX}*"):
                file.unlink()
            index = PackIndex(path)
        if index.is_empty():
            self._rebuild(index)
        return index

    def _rebuild(self, index: PackIndex) -> None:
        packs = sorted(self._packs.glob(f"*/*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)
        if not packs:
            return
        with index.writing():
            for path in packs:
                with path.open("rb") as stream:
                    try:
                        root, entries = car.scan(stream)
                    except BlobCorrupted:
                        continue
                    index.replace(root, _relative(path), path.stat().st_size, entries)

    @contextmanager
    def _available(self, verb: str) -> Iterator[None]:
        """Turns what the disk or the index says into BlobStoreUnavailable; a missing file passes."""
        try:
            yield
        except FileNotFoundError:
            if verb == "read":
                raise
            raise self._unavailable(verb, "the folder is gone") from None
        except OSError as error:
            raise self._unavailable(verb, error.strerror or str(error)) from None
        except sqlite3.Error as error:
            raise self._unavailable(verb, str(error)) from None

    def _unavailable(self, verb: str, reason: str) -> BlobStoreUnavailable:
        return BlobStoreUnavailable(
            f"the blob folder {self._folder} cannot be {verb}: {reason}", store=self._name, reason=reason
        )

    def _not_found(self, cid: Cid) -> BlobNotFound:
        return BlobNotFound(f"{cid} is not in the store {self._name}", cid=str(cid), store=self._name)


def _write_pack(stream: BinaryIO, root: Cid, blocks: Iterable[Block]) -> list[car.Entry]:
    """Writes a whole CAR; returns where its blocks are."""
    position = stream.write(car.header(root))
    entries = []
    for block in car.complete(root, blocks):
        position += stream.write(car.section(block))
        entries.append(car.Entry(block.cid, position - len(block.data), len(block.data)))
    return entries


def _relative(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _make_durable_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
