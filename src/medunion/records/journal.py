"""What a member's commits have done so far: SQLite, written before each step that cannot be undone.

    prepared   keys are in the key store; CAR, root and manifest digest are here
    stored     the blob store has the CAR and keeps it
    signed     the signed transaction is here; it may or may not have been sent
    committed  the chain has it; it may still be lost while it is not final
    deposited  every key trustee of the patient has acknowledged its shares

A row says nothing of a patient in clear: what labels a record (category, class, day) is sealed, names are keyed hashes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from medunion.blobs import dagcbor
from medunion.crypto import sealed
from medunion.keys.store import open_database, writing
from medunion.ledger import Leaf, SignedTransaction
from medunion.records.batch import RecordDraft, SealedBatch
from medunion.records.leaf import leaf_fields, leaf_from_fields

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
    position INTEGER PRIMARY KEY, root BLOB UNIQUE NOT NULL, patient BLOB NOT NULL, count INTEGER NOT NULL,
    manifest_digest BLOB NOT NULL, previous_leaf BLOB, car BLOB, state TEXT NOT NULL, hash TEXT
);
CREATE INDEX IF NOT EXISTS batches_by_state ON batches (state);
CREATE INDEX IF NOT EXISTS batches_by_patient ON batches (patient, state);
CREATE INDEX IF NOT EXISTS batches_by_hash ON batches (hash);
CREATE TABLE IF NOT EXISTS records (
    record_id BLOB, version INTEGER, tag BLOB NOT NULL, leaf_hash BLOB UNIQUE NOT NULL, root BLOB NOT NULL,
    sealed BLOB NOT NULL, PRIMARY KEY (record_id, version)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_by_root ON records (root);
CREATE TABLE IF NOT EXISTS aliases (tag BLOB PRIMARY KEY, record_id BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS transactions (
    position INTEGER PRIMARY KEY, hash TEXT UNIQUE NOT NULL, raw BLOB NOT NULL, block INTEGER, gas INTEGER,
    final INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS transactions_unsettled ON transactions (position) WHERE NOT final;
CREATE TABLE IF NOT EXISTS receipts (
    root BLOB, trustee INTEGER, position INTEGER NOT NULL, acknowledged INTEGER NOT NULL, PRIMARY KEY (root, trustee)
) WITHOUT ROWID;
"""


_SELECT = "SELECT root, patient, count, manifest_digest, previous_leaf, state, hash FROM batches"


Receipts = dict[int, tuple[int, bool]]
"""Trustee that may hold shares of a batch -> at which position (0 for the only one), and whether it acknowledged."""


class State(StrEnum):
    """How far a batch is."""

    PREPARED = "prepared"
    STORED = "stored"
    SIGNED = "signed"
    COMMITTED = "committed"
    DEPOSITED = "deposited"


@dataclass(frozen=True, slots=True)
class JournalBatch:
    """A batch in the journal; `previous_leaf` is empty unless it is a correction; `transaction` once signed."""

    root: bytes
    patient: bytes
    count: int
    manifest_digest: bytes
    previous_leaf: bytes
    state: State
    transaction: str


@dataclass(frozen=True, slots=True, repr=False)
class JournalRecord:
    """A version of a record as its author remembers it. `tag` is its idempotency key."""

    leaf: Leaf
    local_id: str
    mask: int
    root: bytes
    tag: bytes


@dataclass(frozen=True, slots=True)
class JournalTransaction:
    """A signed transaction; `block` and `gas` are 0 until it was seen on the chain, `raw` empty when it was adopted."""

    signed: SignedTransaction
    block: int
    gas: int


@dataclass(frozen=True, slots=True)
class Intent:
    """A sealed batch, the drafts it was made of, and their idempotency keys; `previous_leaf` set for a correction."""

    batch: SealedBatch
    drafts: tuple[RecordDraft, ...]
    tags: tuple[bytes, ...]
    previous_leaf: bytes = b""


@dataclass(frozen=True, slots=True, repr=False)
class JournalEntry:
    """An intent as the journal keeps it: a row of the batch, and a row for each record, whose labels are sealed."""

    batch: tuple[bytes, bytes, int, bytes, bytes | None, bytes]
    records: tuple[tuple[bytes, int, bytes, bytes, bytes, bytes], ...]

    @property
    def root(self) -> bytes:
        """The batch's root."""
        return self.batch[0]

    @property
    def corrects(self) -> bool:
        """Whether it is a correction."""
        return self.batch[4] is not None


class Journal:
    """The journal of one author, at `path`, labels sealed under its key-encryption key.

    Pickled for another process, it is opened there once more, with the same key.
    """

    def __init__(self, path: Path, kek: bytes, author: int) -> None:
        self._path = path
        self._db = open_database(path, _SCHEMA)
        self._kek = kek
        self._author = author

    def __reduce__(self) -> tuple[type["Journal"], tuple[Path, bytes, int]]:
        return Journal, (self._path, self._kek, self._author)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def entry(self, intent: Intent) -> JournalEntry:
        """What `prepare` writes of an intent; changes nothing."""
        batch, records = intent.batch, []
        for leaf, hashed, draft, tag in zip(batch.leaves, batch.leaf_hashes, intent.drafts, intent.tags, strict=True):
            fields = {
                "leaf": leaf_fields(leaf),
                "patient": leaf.patient,
                "body": leaf.body_digest,
                "localId": draft.local_id,
                "mask": draft.mask,
            }
            data = sealed.seal(self._kek, b"journal/record/" + leaf.record_id, dagcbor.encode(fields))
            records.append((leaf.record_id, leaf.version, tag, hashed, batch.root, data))
        place, previous = batch.place, intent.previous_leaf or None
        row = (batch.root, place.patient, len(batch.leaves), batch.manifest_digest, previous, batch.car)
        return JournalEntry(row, tuple(records))

    def prepare(self, entries: Iterable[JournalEntry], aliases: Iterable[tuple[bytes, bytes]]) -> None:
        """Writes new batches and their records, and tags of references by which records are known; all or none."""
        with writing(self._db):
            for entry in entries:
                self._db.execute(
                    "INSERT INTO batches (root, patient, count, manifest_digest, previous_leaf, car, state)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*entry.batch, State.PREPARED),
                )
                self._db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", entry.records)
            self._db.executemany("INSERT OR REPLACE INTO aliases VALUES (?, ?)", aliases)

    def mark_stored(self, roots: Iterable[bytes]) -> None:
        """The blob store keeps these batches; their CARs are not needed any more."""
        with writing(self._db):
            self._db.executemany(
                "UPDATE batches SET state = ?, car = NULL WHERE root = ?", [(State.STORED, root) for root in roots]
            )

    def mark_signed(self, roots: Iterable[bytes], signed: SignedTransaction) -> None:
        """Keeps a signed transaction that commits these batches."""
        with writing(self._db):
            self._db.execute("INSERT INTO transactions (hash, raw) VALUES (?, ?)", (signed.transaction, signed.raw))
            self._set(roots, State.SIGNED, signed.transaction)

    def mark_committed(self, roots: Iterable[bytes], transaction: str, block: int, gas: int) -> None:
        """The chain has these batches, by this transaction."""
        with writing(self._db):
            self._db.execute("UPDATE transactions SET block = ?, gas = ? WHERE hash = ?", (block, gas, transaction))
            self._set(roots, State.COMMITTED, transaction)

    def mark_adopted(self, root: bytes, transaction: str, block: int) -> None:
        """The chain has this batch, by a transaction whose bytes are not here any more."""
        with writing(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO transactions (hash, raw, block) VALUES (?, x'', ?)", (transaction, block)
            )
            self._set([root], State.COMMITTED, transaction)

    def mark_lost(self, transaction: str) -> None:
        """The chain has this transaction no more: it is to be sent again."""
        with writing(self._db):
            self._db.execute("UPDATE transactions SET block = NULL, gas = NULL WHERE hash = ?", (transaction,))
            self._db.execute("UPDATE batches SET state = ? WHERE hash = ?", (State.SIGNED, transaction))

    def mark_void(self, transaction: str) -> None:
        """These bytes can never be mined: what they were to commit is to be signed anew."""
        with writing(self._db):
            self._db.execute("DELETE FROM transactions WHERE hash = ?", (transaction,))
            self._db.execute("UPDATE batches SET state = ?, hash = NULL WHERE hash = ?", (State.STORED, transaction))

    def mark_moved(self, transaction: str, block: int) -> None:
        """The chain has this transaction in another block."""
        with writing(self._db):
            self._db.execute("UPDATE transactions SET block = ? WHERE hash = ?", (block, transaction))

    def mark_skipped(self, root: bytes) -> None:
        """A mined transaction did not commit this batch of it: it is to be signed anew."""
        with writing(self._db):
            self._db.execute("UPDATE batches SET state = ?, hash = NULL WHERE root = ?", (State.STORED, root))

    def mark_final(self, up_to_block: int) -> None:
        """Transactions up to this block cannot be lost."""
        with writing(self._db):
            self._db.execute("UPDATE transactions SET final = 1 WHERE block <= ?", (up_to_block,))

    def mark_deposited(self, roots: Iterable[bytes]) -> None:
        """Every trustee of the patient has acknowledged."""
        with writing(self._db):
            self._db.executemany(
                "UPDATE batches SET state = ? WHERE root = ?", [(State.DEPOSITED, root) for root in roots]
            )

    def reopen(self, patient: bytes) -> None:
        """The patient's trustees changed: what was deposited is looked at again."""
        with writing(self._db):
            self._db.execute(
                "UPDATE batches SET state = ? WHERE state = ? AND patient = ?",
                (State.COMMITTED, State.DEPOSITED, patient),
            )

    def begin_deposits(self, deposits: Iterable[tuple[bytes, int, int]]) -> None:
        """Shares of these batches are about to go to trustees: root, trustee, position (0 for the only one)."""
        with writing(self._db):
            self._db.executemany(
                "INSERT INTO receipts VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE SET"
                " position = excluded.position, acknowledged = 0 WHERE position != excluded.position",
                deposits,
            )

    def add_receipts(self, roots: Iterable[bytes], trustee: int) -> None:
        """A trustee acknowledged its shares of these batches."""
        rows = [(root, trustee) for root in roots]
        with writing(self._db):
            self._db.executemany("UPDATE receipts SET acknowledged = 1 WHERE root = ? AND trustee = ?", rows)

    def receipts(self, root: bytes) -> Receipts:
        """Who may hold shares of a batch."""
        rows = self._db.execute("SELECT trustee, position, acknowledged FROM receipts WHERE root = ?", (root,))
        return {trustee: (position, bool(acknowledged)) for trustee, position, acknowledged in rows}

    def car(self, root: bytes) -> bytes:
        """The CAR of a batch that is not stored yet."""
        return bytes(self._db.execute("SELECT car FROM batches WHERE root = ?", (root,)).fetchone()[0])

    def batches(self, states: Sequence[State], patient: bytes | None = None) -> list[JournalBatch]:
        """Batches in these states, in the order in which they were prepared."""
        marks = ", ".join("?" * len(states))
        query = f"{_SELECT} WHERE state IN ({marks})"
        values: list[str | bytes] = [*states]
        if patient is not None:
            query += " AND patient = ?"
            values.append(patient)
        return [_batch(row) for row in self._db.execute(f"{query} ORDER BY position", values).fetchall()]

    def patients(self) -> list[bytes]:
        """Whose batches these are, in order of their bytes."""
        return [bytes(row[0]) for row in self._db.execute("SELECT DISTINCT patient FROM batches ORDER BY patient")]

    def unsettled(self) -> list[JournalTransaction]:
        """Transactions that are not final, in the order in which they were signed."""
        rows = self._db.execute("SELECT hash, raw, block, gas FROM transactions WHERE NOT final ORDER BY position")
        return [
            JournalTransaction(SignedTransaction(raw, name), block or 0, gas or 0) for name, raw, block, gas in rows
        ]

    def transaction(self, name: str) -> JournalTransaction:
        """A transaction by its hash."""
        row = self._db.execute("SELECT raw, block, gas FROM transactions WHERE hash = ?", (name,)).fetchone()
        return JournalTransaction(SignedTransaction(row[0], name), row[1] or 0, row[2] or 0)

    def by_transaction(self, name: str) -> list[JournalBatch]:
        """The batches of a transaction."""
        rows = self._db.execute(f"{_SELECT} WHERE hash = ? ORDER BY position", (name,)).fetchall()
        return [_batch(row) for row in rows]

    def record(self, record_id: bytes) -> JournalRecord | None:
        """The latest version of a record."""
        query = "SELECT tag, root, sealed FROM records WHERE record_id = ? ORDER BY version DESC LIMIT 1"
        return self._record(self._db.execute(query, (record_id,)).fetchone(), record_id)

    def records(self, root: bytes) -> list[JournalRecord]:
        """The records of a batch."""
        query = "SELECT tag, root, sealed, record_id FROM records WHERE root = ?"
        found = (self._record(row[:3], row[3]) for row in self._db.execute(query, (root,)).fetchall())
        return [each for each in found if each is not None]

    def record_of_leaf(self, leaf_hash: bytes) -> JournalRecord | None:
        """The version of a record that has this leaf."""
        query = "SELECT tag, root, sealed, record_id FROM records WHERE leaf_hash = ?"
        row = self._db.execute(query, (leaf_hash,)).fetchone()
        return None if row is None else self._record(row[:3], row[3])

    def leaf_hashes(self, root: bytes) -> list[bytes]:
        """All leaf hashes of a batch."""
        return [row[0] for row in self._db.execute("SELECT leaf_hash FROM records WHERE root = ?", (root,))]

    def alias(self, tag: bytes) -> bytes | None:
        """The record that a reference with this tag means."""
        row = self._db.execute("SELECT record_id FROM aliases WHERE tag = ?", (tag,)).fetchone()
        return None if row is None else bytes(row[0])

    def _record(self, row: Sequence[bytes] | None, record_id: bytes) -> JournalRecord | None:
        if row is None:
            return None
        tag, root, data = row
        fields = dagcbor.decode(sealed.open(self._kek, b"journal/record/" + record_id, data))
        leaf = leaf_from_fields(fields["leaf"], fields["patient"], self._author, fields["body"])
        return JournalRecord(leaf, fields["localId"], fields["mask"], root, tag)

    def _set(self, roots: Iterable[bytes], state: State, transaction: str) -> None:
        self._db.executemany(
            "UPDATE batches SET state = ?, hash = ? WHERE root = ?", [(state, transaction, root) for root in roots]
        )


def _batch(row: Sequence[Any]) -> JournalBatch:
    root, patient, count, manifest_digest, previous_leaf, state, transaction = row
    return JournalBatch(root, patient, count, manifest_digest, previous_leaf or b"", State(state), transaction or "")
