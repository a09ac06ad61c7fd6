"""A store that reads from its peers what it lacks, as an IPFS node does; it writes to itself only."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from medunion.blobs.cid import Cid
from medunion.blobs.store import BlobSource, BlobStore, StoreStat
from medunion.blobs.unixfs import MAX_FILE
from medunion.errors import BlobCorrupted, BlobError, BlobNotFound, BlobStoreUnavailable


class NetworkStore:
    """`own`, with reads that fall back on `peers` in order.

    Peers are not trusted: every one verifies against the CID, so a wrong answer is as good as none. When nobody has a
    good copy, the error is the first BlobCorrupted (its details name the store), else BlobNotFound.
    """

    def __init__(self, own: BlobStore, peers: Sequence[BlobSource] = ()) -> None:
        self._own = own
        self._sources: list[BlobSource] = [own, *peers]

    @property
    def name(self) -> str:
        """Whose store it is."""
        return self._own.name

    def get(self, cid: Cid, max_size: int = MAX_FILE) -> bytes:
        """The verified file, from whoever has it; see `BlobSource.get`."""
        failures: list[BlobError] = []
        for source in self._sources:
            try:
                return source.get(cid, max_size)
            except BlobError as error:
                failures.append(error)
        raise self._worst(cid, failures)

    def has(self, cid: Cid) -> bool:
        """Whether anybody has the block; see `BlobSource.has`."""
        return next(self._holders(cid), None) is not None

    def export_car(self, root: Cid) -> Iterator[bytes]:
        """The CAR of `root`, from the first who has it; see `BlobSource.export_car`."""
        holder = next(self._holders(root), None)
        if holder is None:
            raise self._worst(root, [])
        return holder.export_car(root)

    def put(self, data: bytes) -> Cid:
        """See `BlobStore.put`."""
        return self._own.put(data)

    def put_car(self, car: bytes | Path) -> Cid:
        """See `BlobStore.put_car`."""
        return self._own.put_car(car)

    def pin(self, root: Cid) -> None:
        """See `BlobStore.pin`; only what is in the own store can be pinned."""
        self._own.pin(root)

    def unpin(self, root: Cid) -> None:
        """See `BlobStore.unpin`."""
        self._own.unpin(root)

    def pins(self) -> list[Cid]:
        """See `BlobStore.pins`."""
        return self._own.pins()

    def collect(self) -> int:
        """See `BlobStore.collect`."""
        return self._own.collect()

    def stat(self) -> StoreStat:
        """See `BlobStore.stat`."""
        return self._own.stat()

    def close(self) -> None:
        """Close the own store; peers belong to others."""
        self._own.close()

    def _holders(self, cid: Cid) -> Iterator[BlobSource]:
        for source in self._sources:
            try:
                if source.has(cid):
                    yield source
            except BlobStoreUnavailable:
                # A peer may be away; that one's own store cannot be used must be said.
                if source is self._own:
                    raise

    def _worst(self, cid: Cid, failures: list[BlobError]) -> BlobError:
        corrupted = [error for error in failures if isinstance(error, BlobCorrupted)]
        others = [error for error in failures if not isinstance(error, BlobNotFound)]
        if corrupted or others:
            return (corrupted or others)[0]
        return BlobNotFound(f"{cid} is nowhere among {len(self._sources)} stores", cid=str(cid), store=self.name)
