"""A `BlobStore` on an IPFS node: Kubo 0.43, or another daemon with its RPC.

A batch is one `dag/import` of one CAR, pinned recursively by the CAR's root: a manifest links to its bodies, so its pin
holds everything. Reads ask the node's own disk and nobody else (`offline`): a missing block is BlobNotFound at once.
Of an import that failed, blocks may stay without a pin until `collect`, like those of a batch that was unpinned.
Durable when it returns only where the node's datastore is (docs/ipfs.md): pebble is, flatfs with `sync` is.
"""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from medunion.blobs import car, unixfs
from medunion.blobs.cid import Cid
from medunion.blobs.kubo_rpc import DEFAULT_TIMEOUT, Absent, Damaged, KuboRpc
from medunion.blobs.store import StoreStat
from medunion.blobs.unixfs import MAX_FILE
from medunion.errors import BlobCorrupted, BlobNotFound


class KuboStore:
    """A `BlobStore` on the node whose RPC is at `address`; asks nothing until it is used.

    `name` is whose store it is, as errors name it (default: the address). BlobStoreUnavailable, whenever the node is
    away, has been silent for `timeout` seconds, or refuses.
    """

    def __init__(self, address: str, *, name: str | None = None, timeout: float = DEFAULT_TIMEOUT) -> None:
        """UsageError when `address` is none."""
        self._name = name or address
        self._rpc = KuboRpc(address, self._name, timeout)

    @property
    def name(self) -> str:
        """Whose store it is."""
        return self._name

    @property
    def address(self) -> str:
        """Where the node's RPC is."""
        return self._rpc.address

    def version(self) -> str:
        """The node's version."""
        return self._rpc.version()

    def put(self, data: bytes) -> Cid:
        """Store one file; see `BlobStore.put`."""
        blocks = list(unixfs.blocks_of(data))
        root = blocks[-1].cid
        self._rpc.import_car(io.BytesIO(b"".join(car.write(root, blocks))), root)
        return root

    def put_car(self, source: bytes | Path) -> Cid:
        """Store a CAR, which is read through before anything is sent; see `BlobStore.put_car`."""
        with car.opened(source) as stream:
            root, blocks = car.read(stream)
            for _ in car.complete(root, blocks):
                pass
            stream.seek(0)
            self._rpc.import_car(stream, root)
        return root

    def get(self, cid: Cid, max_size: int = MAX_FILE) -> bytes:
        """The verified file, fetched block by block; see `BlobSource.get`."""
        with self._naming():
            return unixfs.read_file(cid, self._fetch, max_size)

    def has(self, cid: Cid) -> bool:
        """Whether the block is on the node's disk; see `BlobSource.has`."""
        try:
            self._rpc.require(cid)
        except Absent:
            return False
        except Damaged:
            pass
        return True

    def export_car(self, root: Cid) -> Iterator[bytes]:
        """What is under `root`, verified; see `BlobSource.export_car`."""
        if not self.has(root):
            raise self._not_found(root)
        return self._export(root)

    def pin(self, root: Cid) -> None:
        """Keep a root; see `BlobStore.pin`."""
        try:
            self._rpc.pin(root)
        except Absent:
            raise self._not_found(root) from None
        except Damaged:
            raise self._corrupted(root) from None

    def unpin(self, root: Cid) -> None:
        """Let go of a root; see `BlobStore.unpin`."""
        self._rpc.unpin(root)

    def pins(self) -> list[Cid]:
        """The roots pinned on the node; see `BlobStore.pins`."""
        return sorted(self._rpc.pins())

    def collect(self) -> int:
        """Have the node collect its garbage, whoever stored it; see `BlobStore.collect`."""
        return self._rpc.collect()

    def stat(self) -> StoreStat:
        """What the node holds; counts all its blocks."""
        return StoreStat(len(self._rpc.pins()), *self._rpc.totals())

    def close(self) -> None:
        """Close the connections; the node goes on."""
        self._rpc.close()

    def _fetch(self, cid: Cid) -> bytes:
        try:
            return self._rpc.block(cid)
        except Absent:
            raise self._not_found(cid) from None
        except Damaged:
            raise self._corrupted(cid) from None

    def _export(self, root: Cid) -> Iterator[bytes]:
        with self._naming():
            try:
                found, blocks = car.read(io.BufferedReader(_Pieces(self._rpc.export(root))))
                if found != root:
                    raise BlobCorrupted(f"a CAR of {found} came for {root}", cid=str(root), step="header")
                yield from car.write(root, car.complete(root, blocks))
            except Absent:
                raise self._not_found(root) from None
            except Damaged:
                raise self._corrupted(root) from None

    @contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except BlobCorrupted as error:
            error.details.setdefault("store", self._name)
            raise

    def _corrupted(self, cid: Cid) -> BlobCorrupted:
        return BlobCorrupted(f"the node found {cid} damaged on its disk", cid=str(cid), store=self._name)

    def _not_found(self, cid: Cid) -> BlobNotFound:
        return BlobNotFound(f"{cid} is not in the store {self._name}", cid=str(cid), store=self._name)


class _Pieces(io.RawIOBase):
    """Pieces of bytes as they come, as a file to read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)
