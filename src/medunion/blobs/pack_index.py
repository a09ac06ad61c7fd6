"""Which pack file holds which block: an SQLite table that can be rebuilt from the packs at any time."""

import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from medunion.blobs.car import Entry
from medunion.blobs.cid import Cid

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pack (
    id INTEGER PRIMARY KEY,
    root BLOB NOT NULL UNIQUE, file TEXT NOT NULL, size INTEGER NOT NULL, pinned INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS block (
    digest BLOB NOT NULL, pack INTEGER NOT NULL REFERENCES pack (id), offset INTEGER NOT NULL, length INTEGER NOT NULL,
    PRIMARY KEY (digest, pack)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS block_pack ON block (pack);
"""


class Place(NamedTuple):
    """Where a block's bytes are: a pack file's name, and the range in it."""

    file: str
    offset: int
    length: int


class PackIndex:
    """One connection to the index, safe for several threads; sqlite3.Error passes through."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        # Closes it also where the owner forgot to: an open connection is a warning when it is collected.
        self._finalizer = weakref.finalize(self, self._connection.close)
        self._lock = threading.RLock()
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A pack is acknowledged only when its rows are on disk.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the connection."""
        self._finalizer()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that no other process or thread writes beside; rolled back on any error."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def replace(self, root: Cid, file: str, size: int, entries: Iterable[Entry]) -> str | None:
        """Name `file` as the pinned pack of `root`; returns the file that was it before. Within `writing`."""
        before = self.pack_of(root)
        self._forget("root = ?", bytes(root))
        pack = self._connection.execute(
            "INSERT INTO pack (root, file, size, pinned) VALUES (?, ?, ?, 1)", (bytes(root), file, size)
        ).lastrowid
        self._connection.executemany(
            "INSERT OR IGNORE INTO block (digest, pack, offset, length) VALUES (?, ?, ?, ?)",
            sorted((entry.cid.digest, pack, entry.offset, entry.length) for entry in entries),
        )
        return before

    def find(self, cid: Cid) -> list[Place]:
        """Every copy of a block."""
        with self._lock:
            return [
                Place(*row)
                for row in self._connection.execute(
                    "SELECT file, offset, length FROM block JOIN pack ON pack.id = block.pack WHERE digest = ?",
                    (cid.digest,),
                )
            ]

    def pack_of(self, root: Cid) -> str | None:
        """The pack file of a root."""
        with self._lock:
            row = self._connection.execute("SELECT file FROM pack WHERE root = ?", (bytes(root),)).fetchone()
        return None if row is None else str(row[0])

    def set_pinned(self, root: Cid, pinned: bool) -> bool:
        """Pin or unpin a root; False when it is not here."""
        with self.writing():
            return (
                self._connection.execute("UPDATE pack SET pinned = ? WHERE root = ?", (pinned, bytes(root))).rowcount
                > 0
            )

    def pins(self) -> list[Cid]:
        """The pinned roots, in order of their bytes."""
        with self._lock:
            rows = self._connection.execute("SELECT root FROM pack WHERE pinned ORDER BY root").fetchall()
        return [Cid.from_bytes(row[0]) for row in rows]

    def drop_unpinned(self) -> None:
        """Forget the packs that no pin keeps. Within `writing`."""
        self._forget("NOT pinned")

    def is_empty(self) -> bool:
        """Whether no pack is known."""
        with self._lock:
            return self._connection.execute("SELECT 1 FROM pack LIMIT 1").fetchone() is None

    def files(self) -> set[str]:
        """The pack files in use."""
        with self._lock:
            return {row[0] for row in self._connection.execute("SELECT file FROM pack")}

    def totals(self) -> tuple[int, int, int]:
        """(pinned roots, different blocks, bytes of packs)."""
        with self._lock:
            pins, size = self._connection.execute("SELECT total(pinned), total(size) FROM pack").fetchone()
            (blocks,) = self._connection.execute("SELECT count(DISTINCT digest) FROM block").fetchone()
        return int(pins), int(blocks), int(size)

    def _forget(self, which: str, *values: bytes) -> None:
        # `which` is one of the two literals above.
        self._connection.execute(f"DELETE FROM block WHERE pack IN (SELECT id FROM pack WHERE {which})", values)  # noqa: S608
        self._connection.execute(f"DELETE FROM pack WHERE {which}", values)  # noqa: S608
