"""The patient's share of the data: what may be read, as files in clear, for the patient or for who has a grant.

bundle.json           every record, byte for byte, as one FHIR R4 Bundle; see `export_bundle`
index.json            which author committed each, when, in which batch: enough to find and verify it again
summary.en.html, …    a page for people in each language; see `medunion.summary`
files/                bodies that are no FHIR resource
earlier/              versions that later ones replace, when they were asked for
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medunion.errors import InputError
from medunion.files import write_folder
from medunion.keys.client import Notice
from medunion.keys.scope import Access
from medunion.locale import LANGUAGE_NAMES, LANGUAGES
from medunion.records.export_bundle import Entry, bundle_text, entries_of, file_of, instant
from medunion.records.read import Record, RecordReader, latest_of
from medunion.summary import Item, Scope, build, render
from medunion.summary.elements import parse
from medunion.vocabulary import ALL_CATEGORIES, Category, RestrictedClass, camel

Names = Callable[[int], str]
"""What a member is called."""

Progress = Callable[[int, int], None]
"""How many records of how many were read."""

BUNDLE = "bundle.json"
INDEX = "index.json"


def page_name(language: str) -> str:
    """The file of a language's page."""
    return "summary." + language + ".html"


_ALWAYS = (BUNDLE, INDEX, *map(page_name, LANGUAGES))


def member_number(member: int) -> str:
    """What a member is called where nobody gave it a name."""
    return f"member {member}"


def unwatched(done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True, repr=False)
class Export:
    """Verified records, oldest first, and what they cover. Nothing is written until `write`."""

    entries: tuple[Entry, ...]
    """The latest version of each, as the bundle has them."""
    earlier: tuple[Record, ...]
    """Versions that those replace, when they were asked for."""
    scope: Scope
    reader: int
    """The member that read; 0 for the patient."""
    names: Names = member_number
    noticed: tuple[Notice, ...] = ()

    @property
    def records(self) -> list[Record]:
        """The latest version of each."""
        return [record for entry in self.entries for record in entry.records]

    @property
    def counts_by_type(self) -> dict[str, int]:
        """How many records of each type."""
        return dict(sorted(Counter(record.entry.resource_type for record in self.records).items()))

    def bundle(self) -> bytes:
        """The FHIR R4 Bundle."""
        return bundle_text(self.entries, self.scope.exported_at)

    def summary(self, language: str) -> str:
        """The page in `en` or `zh-CN`."""
        others = [(LANGUAGE_NAMES[each], page_name(each)) for each in LANGUAGES if each != language]
        return render(build(self._items(), self.scope, language), [*others, (BUNDLE, BUNDLE), (INDEX, INDEX)])

    def index(self) -> dict[str, Any]:
        """What `index.json` holds."""
        batch = self.entries[0].records[0].entry.batch
        scope = self.scope
        return {
            "chainId": batch.place.chain_id,
            "registry": "0x" + batch.place.registry.hex(),
            "patient": "0x" + batch.place.patient.hex(),
            "exportedAt": instant(scope.exported_at),
            "reader": self.names(self.reader) if self.reader else "patient",
            "purpose": scope.purpose.name,
            "categories": [camel(each.name) for each in Category if scope.covers(each)],
            "restricted": [camel(each.name or "") for each in RestrictedClass if scope.restricted & each],
            "outside": scope.outside,
            "members": {str(each): self.names(each) for each in sorted(self._authors())},
            "records": [
                _described(record, entry.file or BUNDLE, entry) for entry in self.entries for record in entry.records
            ],
            "earlier": [_described(record, _earlier_file(record)) for record in self.earlier],
        }

    def files(self) -> dict[str, bytes]:
        """All files by their paths."""
        found = {BUNDLE: self.bundle(), INDEX: (json.dumps(self.index(), ensure_ascii=False, indent=1) + "\n").encode()}
        found |= {page_name(language): self.summary(language).encode() for language in LANGUAGES}
        found |= {entry.file: entry.records[0].body for entry in self.entries if entry.file is not None}
        return found | {_earlier_file(record): record.body for record in self.earlier}

    def write(self, folder: str | Path, *, overwrite: bool = False) -> dict[str, int]:
        """Writes all files, for their owner only, and says how large each is.

        All or nothing: InputError when one is there already and may not be replaced, or when they cannot be written.
        """
        folder, files = Path(folder), self.files()
        require_free(folder, files, overwrite=overwrite)
        try:
            write_folder(folder, files)
        except OSError as failure:
            raise InputError(f"{folder} cannot be written: {failure.strerror}", path=str(folder)) from None
        return {name: len(data) for name, data in files.items()}

    def _authors(self) -> set[int]:
        return {record.entry.author for record in (*self.records, *self.earlier)}

    def _items(self) -> list[Item]:
        items = []
        for entry in self.entries:
            resource = parse(entry.resource)
            for record in entry.records:
                listed = record.entry
                author, outdated = self.names(listed.author), bool(listed.successor)
                items.append(Item(resource, author, listed.identity, listed.category, listed.references,
                                  listed.committed_at, outdated))  # fmt: skip
        return items


def require_free(folder: Path, names: Iterable[str] = _ALWAYS, *, overwrite: bool = False) -> None:
    """InputError unless files of these names may be written into this folder."""
    if not folder.parent.is_dir():
        raise InputError(f"there is no folder {folder.parent}", path=str(folder))
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is not a folder", path=str(folder))
    for name in names:
        if not overwrite and (folder / name).exists():
            raise InputError(f"{folder / name} is there already and was not to be overwritten", path=str(folder / name))


def export_records(
    reader: RecordReader,
    patient: bytes,
    access: Access,
    *,
    member: int,
    allowed: int,
    at: int,
    categories: int = ALL_CATEGORIES,
    trustees: Sequence[int] = (),
    authors: Collection[int] | None = None,
    versions: bool = False,
    names: Names = member_number,
    progress: Progress = unwatched,
) -> Export:
    """Reads and verifies all that `access` covers, of `categories` and `authors`; all of it, or an error.

    `member` reads (0: the patient) and could have asked for the categories `allowed`; `at` is the time. InputError
    when there is nothing.
    """
    listing = reader.list(patient, access, trustees=trustees, authors=authors, versions=True)
    chosen = [entry for entry in listing if categories & entry.category.bit]
    latest = latest_of(chosen)
    if not latest:
        raise InputError("there is no record in what may be read")
    newest = {id(entry) for entry in latest}
    replaced = [entry for entry in chosen if id(entry) not in newest]
    wanted = [*latest, *replaced] if versions else latest
    opened = []
    for done, entry in enumerate(wanted, 1):
        opened.append(reader.open(entry))
        progress(done, len(wanted))
    scope = Scope(
        exported_at=at,
        reader=names(member) if member else "",
        purpose=access.purpose,
        categories=categories & access.categories,
        allowed=allowed,
        restricted=access.restricted,
        authors=tuple(map(names, sorted(authors or ()))),
        outside=max(listing.committed - len(chosen), 0),
        earlier=len(replaced),
    )
    records, earlier = opened[: len(latest)], opened[len(latest) :]
    return Export(entries_of(records), tuple(earlier), scope, member, names, listing.noticed)


def _described(record: Record, file: str, entry: Entry | None = None) -> dict[str, Any]:
    listed = record.entry
    described: dict[str, Any] = {} if entry is None else {"fullUrl": entry.full_url}
    return described | {
        "file": file,
        "type": listed.resource_type,
        "localId": listed.local_id,
        "record": "0x" + listed.record_id.hex(),
        "version": listed.version,
        "author": listed.author,
        "committedAt": instant(listed.committed_at),
        "root": "0x" + listed.batch.root.hex(),
        "leaf": "0x" + listed.leaf_hash.hex(),
        "category": camel(listed.category.name),
        "newerVersion": bool(listed.successor),
        "size": len(record.body),
        "sha256": hashlib.sha256(record.body).hexdigest(),
    }


def _earlier_file(record: Record) -> str:
    listed = record.entry
    stem, _, extension = file_of(record).removeprefix("files/").rpartition(".")
    return f"earlier/{stem}-v{listed.version}.{extension}"
