"""A member's keys at rest: SQLite, every secret sealed under the member's key-encryption key and bound to its row.

Ids and roots stand in clear, as they do on the ledger; labels of sections, keys, shares and names of trustees do not.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from medunion.blobs import dagcbor
from medunion.crypto import sealed
from medunion.crypto.encoding import uint
from medunion.errors import UsageError
from medunion.keys.holdings import Appointment, AuthorBatch, HeldBatch

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
    patient BLOB, author INTEGER, root BLOB, sealed BLOB NOT NULL, PRIMARY KEY (patient, author, root)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shares (
    patient BLOB, author INTEGER, root BLOB, sealed BLOB NOT NULL, PRIMARY KEY (patient, author, root)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS appointments (
    patient BLOB, number INTEGER, sealed BLOB NOT NULL, PRIMARY KEY (patient, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS transfers (patient BLOB PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nonces (signer TEXT, nonce BLOB, expiry INTEGER, PRIMARY KEY (signer, nonce)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL);
"""


class KeyStore:
    """The store of one member, at `path`, under a 32-byte key-encryption key."""

    def __init__(self, path: Path, kek: bytes) -> None:
        self._kek = kek
        self._db = open_database(path, _SCHEMA)
        self._db.execute("PRAGMA secure_delete = ON")

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def put_batches(self, batches: Iterable[AuthorBatch]) -> None:
        """Keeps own batches, all or none."""
        rows = [
            (each.patient, each.author, each.root, self._seal(b"batch", _place(each), each.encode()))
            for each in batches
        ]
        with writing(self._db):
            self._db.executemany("INSERT OR REPLACE INTO batches VALUES (?, ?, ?, ?)", rows)

    def batch(self, patient: bytes, author: int, root: bytes) -> AuthorBatch | None:
        """An own batch."""
        row = self._row("batches", patient, author, root)
        if row is None:
            return None
        place = patient + uint(author, 4, "author") + root
        return AuthorBatch.decode(patient, author, root, self._open(b"batch", place, row))

    def batches(self, patient: bytes) -> Iterator[AuthorBatch]:
        """All own batches of a patient."""
        rows = self._db.execute("SELECT author, root, sealed FROM batches WHERE patient = ?", (patient,)).fetchall()
        for author, root, data in rows:
            place = patient + uint(author, 4, "author") + root
            yield AuthorBatch.decode(patient, author, root, self._open(b"batch", place, data))

    def put_shares(self, batches: Iterable[HeldBatch]) -> None:
        """Keeps shares as trustee, all or none, beside those that it holds of the same batches; later labels count."""
        with writing(self._db):
            self._db.execute("BEGIN IMMEDIATE")
            for each in batches:
                self._put_shares(each.joined(self.shares(each.patient, *each.place)))

    def shares(self, patient: bytes, author: int, root: bytes) -> HeldBatch | None:
        """The shares held of a batch."""
        row = self._row("shares", patient, author, root)
        if row is None:
            return None
        place = patient + uint(author, 4, "author") + root
        return HeldBatch.from_values(patient, author, dagcbor.decode(self._open(b"shares", place, row)))

    def held(self, patient: bytes) -> list[HeldBatch]:
        """All batches of a patient of which shares are held."""
        rows = self._db.execute("SELECT author, root, sealed FROM shares WHERE patient = ?", (patient,)).fetchall()
        return [
            HeldBatch.from_values(
                patient, author, dagcbor.decode(self._open(b"shares", patient + uint(author, 4, "author") + root, data))
            )
            for author, root, data in rows
        ]

    def forget_shares(self, batches: Iterable[HeldBatch], due: frozenset[int] = frozenset()) -> None:
        """Deletes the shares of these batches but those that are `due`, in all of them or none."""
        with writing(self._db):
            for each in batches:
                row = (each.patient, each.author, each.root)
                self._db.execute("DELETE FROM shares WHERE patient = ? AND author = ? AND root = ?", row)
                if due:
                    self._put_shares(each.only(due))

    def put_appointment(self, appointment: Appointment) -> None:
        """Keeps who a patient's trustees are, beside who they were; a transfer is due when that is news."""
        if self.appointment(appointment.patient) == appointment:
            return
        values = [
            appointment.salt,
            list(appointment.trustees),
            appointment.contacts,
            appointment.representatives,
            list(appointment.former),
        ]
        data = self._seal(b"appointment", appointment.patient, dagcbor.encode(values))
        with writing(self._db):
            self._db.execute(
                "INSERT INTO appointments SELECT ?1, count(*) + 1, ?2 FROM appointments WHERE patient = ?1",
                (appointment.patient, data),
            )
            self._db.execute("INSERT OR REPLACE INTO transfers VALUES (?, 0)", (appointment.patient,))

    def appointment(self, patient: bytes) -> Appointment | None:
        """Who a patient's trustees were when it last told this member; compare with the ledger before use."""
        return next(iter(self.appointments(patient)), None)

    def appointments(self, patient: bytes) -> list[Appointment]:
        """Who a patient's trustees were, as it told this member, the latest first; the ledger says which one holds."""
        rows = self._db.execute("SELECT sealed FROM appointments WHERE patient = ? ORDER BY number DESC", (patient,))
        found = []
        for (data,) in rows.fetchall():
            values = dagcbor.decode(self._open(b"appointment", patient, data))
            salt, trustees, contacts, representatives, former = values
            found.append(Appointment(patient, salt, tuple(trustees), contacts, representatives, tuple(former)))
        return found

    def due_transfers(self, patient: bytes | None = None, now: int | None = None) -> list[bytes]:
        """Patients whose trustees changed, until the shares are where they belong; all, or this one if it is due.

        With `now` only those for whom there is something to do by then (see `end_transfer`).
        """
        query = "SELECT patient FROM transfers WHERE (patient = ?1 OR ?1 IS NULL) AND (due <= ?2 OR ?2 IS NULL)"
        return [bytes(row[0]) for row in self._db.execute(query, (patient, now)).fetchall()]

    def end_transfer(self, patient: bytes, until: int = 0) -> None:
        """The shares of a patient are where they belong; with `until`, from then on there is something left to do."""
        if self.due_transfers(patient):
            with writing(self._db):
                self._db.execute("DELETE FROM transfers WHERE patient = ?", (patient,))
                if until:
                    self._db.execute("INSERT INTO transfers VALUES (?, ?)", (patient, until))

    def use_nonce(self, signer: str, nonce: bytes, expiry: int, now: int) -> bool:
        """Marks a request's nonce as used; False when it was. Nonces of requests that expired are forgotten."""
        with writing(self._db):
            self._db.execute("DELETE FROM nonces WHERE expiry < ?", (now,))
            row = (signer.lower(), nonce, expiry)
            return self._db.execute("INSERT OR IGNORE INTO nonces VALUES (?, ?, ?)", row).rowcount == 1

    def see_head(self, number: int) -> bool:
        """Remembers the highest block seen; False when `number` is below it."""
        with writing(self._db):
            row = self._db.execute("SELECT number FROM head").fetchone()
            if row is not None and number < row[0]:
                return False
            if row is None or number > row[0]:
                self._db.execute("INSERT OR REPLACE INTO head VALUES (1, ?)", (number,))
            return True

    def _put_shares(self, batch: HeldBatch) -> None:
        data = self._seal(b"shares", _place(batch), dagcbor.encode(batch.as_values()))
        row = (batch.patient, batch.author, batch.root, data)
        self._db.execute("INSERT OR REPLACE INTO shares VALUES (?, ?, ?, ?)", row)

    def _row(self, table: str, patient: bytes, author: int, root: bytes) -> bytes | None:
        query = f"SELECT sealed FROM {table} WHERE patient = ? AND author = ? AND root = ?"  # noqa: S608  own table names
        row = self._db.execute(query, (patient, author, root)).fetchone()
        return None if row is None else bytes(row[0])

    def _seal(self, table: bytes, place: bytes, plaintext: bytes) -> bytes:
        return sealed.seal(self._kek, b"keys/" + table + b"/" + place, plaintext)

    def _open(self, table: bytes, place: bytes, data: bytes) -> bytes:
        return sealed.open(self._kek, b"keys/" + table + b"/" + place, data)


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """A durable SQLite database with this schema; UsageError when the file cannot be used."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, timeout=30)
        database.execute("PRAGMA synchronous = FULL")
        if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(f"BEGIN; {schema} COMMIT;")
    except (sqlite3.Error, OSError) as cause:
        raise UsageError(f"the database cannot be used: {cause}", path=str(path)) from cause
    path.chmod(0o600)
    return database


@contextmanager
def writing(database: sqlite3.Connection) -> Iterator[None]:
    """One transaction, all or nothing; UsageError when it cannot be written (disk full, folder gone)."""
    try:
        with database:
            yield
    except sqlite3.Error as cause:
        raise UsageError(f"the database cannot be written: {cause}") from cause


def _place(batch: AuthorBatch | HeldBatch) -> bytes:
    return batch.patient + uint(batch.author, 4, "author") + batch.root
