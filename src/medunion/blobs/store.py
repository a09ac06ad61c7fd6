"""The `BlobStore` port. What is stored is public to whoever holds the store: only ciphertext and opaque digests go in.

Contract (`tests/unit/blobs/contract.py` runs it against every implementation):
- A CID here is the CID in IPFS: a file is cut as `unixfs` says, other blocks are stored as they are.
- Nothing is returned that has not been hashed: bytes that are not the CID's are BlobCorrupted, never data.
- `put` and `put_car` are all or nothing and durable when they return; what they stored is pinned under its root.
- Putting the same again is no error and pins it again.
- A CAR holds everything that its root links to, or it is refused: a store never depends on another batch.
- Unpinned blocks stay readable until `collect`; `collect` never takes a block that a pinned root needs.
- Methods may be called from several threads and processes at once.

Errors: BlobNotFound (not here), BlobCorrupted (here, but damaged), BodyTooLarge (longer than the caller accepts),
InputError (a block over 2 MiB), BlobStoreUnavailable (folder, disk or daemon: nothing was stored). Their details name
`cid` and `store`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from medunion.blobs.cid import Cid
from medunion.blobs.unixfs import MAX_FILE


@dataclass(frozen=True, slots=True)
class StoreStat:
    """What a store holds: pinned roots, blocks, and bytes used on its disk, by its own account."""

    pins: int
    blocks: int
    size: int


@runtime_checkable
class BlobSource(Protocol):
    """What one may ask of a store that is not one's own."""

    @property
    def name(self) -> str:
        """Whose store it is, as errors name it."""

    def get(self, cid: Cid, max_size: int = MAX_FILE) -> bytes:
        """The whole, verified file at `cid` (of a dag-cbor CID: the block), of at most `max_size` bytes."""

    def has(self, cid: Cid) -> bool:
        """Whether the block that `cid` names is here. Says nothing about its state: `get` does."""

    def export_car(self, root: Cid) -> Iterator[bytes]:
        """The CAR of everything under a root that was put here, verified piece by piece."""


@runtime_checkable
class BlobStore(BlobSource, Protocol):
    """A member's own store. See the module's contract."""

    def put(self, data: bytes) -> Cid:
        """Store one file under a pin of its own; returns its root."""

    def put_car(self, car: bytes | Path) -> Cid:
        """Store a CAR (its bytes, or the file that holds it) as one unit, pinned; returns its root."""

    def pin(self, root: Cid) -> None:
        """Keep what was put under `root`; BlobNotFound when it is not here. Pinning twice is pinning once."""

    def unpin(self, root: Cid) -> None:
        """Let go of what was put under `root`; no error when it is not pinned."""

    def pins(self) -> list[Cid]:
        """The pinned roots, in order of their bytes."""

    def collect(self) -> int:
        """Delete what no pin keeps; returns how many blocks went."""

    def stat(self) -> StoreStat:
        """What the store holds."""

    def close(self) -> None:
        """Release files and connections; the store is not used afterwards."""
