"""What an insurer has answered and counted, to look up: items behind digests, decisions, uses of items.

SQLite, every item sealed under the member's key-encryption key and bound to its row; ids stand in clear, as on the
ledger. The answers' file is the truth for items and decisions: what it has and this index lacks is put in when both are
opened. Uses of claims that needed no review come from the ledger again when the index is lost.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from medunion.care.items import Item
from medunion.care.templates import Code
from medunion.crypto import sealed
from medunion.insurance.catalogue import Coding
from medunion.keys.home import MemberHome
from medunion.keys.store import open_database, writing
from medunion.vocabulary import Category

from .answers import BEGINNING, AnswerLog, Position, SignedAnswer, canonical
from .facts import Use

_SCHEMA: Final = """
CREATE TABLE seen (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL, offset INTEGER NOT NULL);
CREATE TABLE counted (id INTEGER PRIMARY KEY CHECK (id = 1), until INTEGER NOT NULL);
CREATE TABLE items (digest BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE decisions (
    claim BLOB, policy BLOB, number INTEGER NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (claim, policy)
) WITHOUT ROWID;
CREATE TABLE uses (
    patient BLOB, claim BLOB, line INTEGER, sealed BLOB NOT NULL, PRIMARY KEY (patient, claim, line)
) WITHOUT ROWID;
CREATE INDEX uses_of_claim ON uses (claim);
"""


@dataclass(frozen=True, slots=True, repr=False)
class KnownItem:
    """An item that a provider told of, and the diagnoses that it stated for it."""

    item: Item
    diagnoses: frozenset[Coding] = frozenset()

    @property
    def coding(self) -> Coding:
        """Its system and code."""
        return self.item.code.system, self.item.code.code

    def as_dict(self) -> dict[str, Any]:
        """As an answer's document has it."""
        return {
            "system": self.item.code.system,
            "code": self.item.code.code,
            "quantity": self.item.quantity,
            "price": self.item.price,
            "category": int(self.item.category),
            "salt": self.item.salt.hex(),
            "diagnoses": sorted(map(list, self.diagnoses)),
        }

    @classmethod
    def read(cls, value: dict[str, Any]) -> "KnownItem":
        """What `as_dict` made."""
        code = Code(value["system"], value["code"], "")
        salt = bytes.fromhex(value["salt"])
        item = Item(code, value["quantity"], value["price"], Category(value["category"]), salt)
        return cls(item, frozenset((system, code) for system, code in value["diagnoses"]))


class History:
    """The index at `path` over `log`, under a 32-byte key-encryption key."""

    def __init__(self, path: Path, log: AnswerLog, kek: bytes) -> None:
        self._db = open_database(path, _SCHEMA)
        self._db.execute("PRAGMA secure_delete = ON")
        self._log = log
        self._kek = kek
        self._catch_up()

    @classmethod
    def of(cls, home: MemberHome) -> "History":
        """The one in an insurer's folder: `insurance/answers.jsonl`, indexed by `insurance/history.sqlite`."""
        folder = home.path / "insurance"
        return cls(folder / "history.sqlite", AnswerLog(folder / "answers.jsonl", home.kek), home.kek)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def keep(self, answer: SignedAnswer) -> None:
        """Keeps an answer: in the file first, then here."""
        self._log.append(answer)
        self._catch_up()

    def answers(self) -> Iterator[SignedAnswer]:
        """All answers, oldest first."""
        return (answer for _, answer in self._log.entries())

    def item(self, digest: bytes) -> KnownItem | None:
        """The item behind a line's digest; None when nobody told this insurer."""
        row = self._db.execute("SELECT sealed FROM items WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else KnownItem.read(self._open(b"item", digest, row[0]))

    def decision(self, claim: bytes, policy: bytes) -> SignedAnswer | None:
        """What was decided about a claim for a policy."""
        query = "SELECT number, offset FROM decisions WHERE claim = ? AND policy = ?"
        row = self._db.execute(query, (claim, policy)).fetchone()
        return None if row is None else next(answer for _, answer in self._log.entries(Position(*row)))

    def uses(self, patient: bytes) -> list[Use]:
        """What was counted of a patient."""
        rows = self._db.execute("SELECT claim, line, sealed FROM uses WHERE patient = ?", (patient,)).fetchall()
        return [_use(claim, self._open(b"use", patient + claim + bytes([line]), data)) for claim, line, data in rows]

    def counted_until(self) -> int:
        """The second until which claims that needed no review were counted."""
        row = self._db.execute("SELECT until FROM counted").fetchone()
        return 0 if row is None else int(row[0])

    def count(self, uses: Iterable[tuple[bytes, list[Use]]], given_back: Iterable[bytes], until: int) -> None:
        """Counts uses by patient, forgets those of claims that were given back, and remembers until when this was."""
        with writing(self._db):
            for patient, counted in uses:
                self._put_uses(patient, counted)
            self._db.executemany("DELETE FROM uses WHERE claim = ?", [(claim,) for claim in given_back])
            self._db.execute("INSERT OR REPLACE INTO counted VALUES (1, ?)", (until,))

    def _catch_up(self) -> None:
        row = self._db.execute("SELECT number, offset FROM seen").fetchone()
        before = BEGINNING if row is None else Position(*row)
        for behind, answer in self._log.entries(before):
            with writing(self._db):
                self._put(before, answer)
                self._db.execute("INSERT OR REPLACE INTO seen VALUES (1, ?, ?)", (behind.number, behind.offset))
            before = behind

    def _put(self, place: Position, answer: SignedAnswer) -> None:
        for value in answer.document.get("items", ()):
            known = KnownItem.read(value)
            digest = known.item.digest
            # What was told first stays: later tellings of the same digest may lack the diagnoses.
            self._db.execute(
                "INSERT OR IGNORE INTO items VALUES (?, ?)", (digest, self._seal(b"item", digest, known.as_dict()))
            )
        if answer.document.get("decision"):
            row = (answer.subject, answer.policy, place.number, place.offset)
            self._db.execute("INSERT OR IGNORE INTO decisions VALUES (?, ?, ?, ?)", row)
            uses = [_use(answer.subject, each) for each in answer.document["uses"]]
            self._put_uses(bytes.fromhex(answer.document["patient"]), uses)

    def _put_uses(self, patient: bytes, uses: list[Use]) -> None:
        rows = [
            (patient, use.claim, line, self._seal(b"use", patient + use.claim + bytes([line]), use_as_dict(use)))
            for line, use in enumerate(uses)
        ]
        self._db.executemany("INSERT OR IGNORE INTO uses VALUES (?, ?, ?, ?)", rows)

    def _seal(self, table: bytes, place: bytes, value: dict[str, Any]) -> bytes:
        return sealed.seal(self._kek, b"insurance/" + table + b"/" + place, canonical(value))

    def _open(self, table: bytes, place: bytes, data: bytes) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(sealed.open(self._kek, b"insurance/" + table + b"/" + place, data))
        return value


def use_as_dict(use: Use) -> dict[str, Any]:
    """A use as an answer's document has it; the claim is the answer's."""
    author, record_id = use.evidence
    return {
        "system": use.item[0],
        "code": use.item[1],
        "day": use.day,
        "author": author,
        "recordId": record_id.hex(),
        "fingerprint": use.fingerprint.hex(),
    }


def _use(claim: bytes, value: dict[str, Any]) -> Use:
    evidence = (value["author"], bytes.fromhex(value["recordId"]))
    item = (value["system"], value["code"])
    return Use(claim, item, value["day"], evidence, bytes.fromhex(value["fingerprint"]))
