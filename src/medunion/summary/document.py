"""What a page consists of. All texts are plain: only a chart is markup."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup

SHOWN_ROWS: Final = 12
"""Rows of a table that are open; the rest is folded."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, and a mark (`high`, `low`, `critical`, `muted`) that only stresses what the text says."""

    text: str = ""
    mark: str = ""


@dataclass(slots=True)
class Row:
    """A row, and whose records say so."""

    cells: tuple[Cell, ...]
    authors: tuple[str, ...] = ()
    count: int = 1
    """Records that say the same."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; `folded` ones are in a part that opens."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    folded: tuple[Row, ...] = ()
    closed: bool = False
    """Whether the whole table is in a part that opens."""
    note: str = ""

    @property
    def size(self) -> int:
        """All its rows."""
        return len(self.rows) + len(self.folded)


@dataclass(frozen=True, slots=True)
class Chart:
    """A trend: SVG made by `charts`, and the same in words."""

    title: str
    caption: str
    svg: Markup
    points: int


@dataclass(frozen=True, slots=True)
class Prose:
    """A document's own text, folded."""

    title: str
    text: str
    note: str = ""


@dataclass(slots=True)
class Section:
    """A part of the page."""

    name: str
    """Its anchor."""
    title: str
    count: int
    """Records in it."""
    notes: list[str] = field(default_factory=list)
    warning: str = ""
    """Why it may lack something that a reader would expect."""
    tables: list[Table] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    folded_charts: list[Chart] = field(default_factory=list)
    details: list[Table] = field(default_factory=list)
    """All values behind the tables, folded."""
    prose: list[Prose] = field(default_factory=list)
    """Texts of documents, the newest first."""


@dataclass(frozen=True, slots=True)
class Person:
    """The patient as one author's records describe them."""

    name: str
    facts: tuple[tuple[str, str], ...]
    """Label and value."""
    authors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A page."""

    language: str
    persons: tuple[Person, ...]
    facts: tuple[tuple[str, str], ...]
    """What the page is: label and value."""
    left_out: tuple[str, ...]
    """What is not on it, and why."""
    sections: tuple[Section, ...]
    empty: tuple[tuple[str, str], ...]
    """Title of a section without records, and why it has none."""
    sources: Table
    several_authors: bool


def merged(rows: Iterable[Row]) -> list[Row]:
    """Rows that say the same as one, with all their authors; in the order in which they first come."""
    found: dict[tuple[Cell, ...], Row] = {}
    for row in rows:
        same = found.get(row.cells)
        if same is None:
            found[row.cells] = Row(row.cells, row.authors, row.count)
        else:
            same.authors = tuple(dict.fromkeys((*same.authors, *row.authors)))
            same.count += row.count
    return list(found.values())


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Row],
    *,
    closed: bool = False,
    note: str = "",
    shown: int = SHOWN_ROWS,
) -> Table:
    """A table of merged rows, folded after `shown`; columns without any text are left out."""
    kept = merged(rows)
    used = [n for n in range(len(columns)) if any(row.cells[n].text for row in kept)]
    for row in kept:
        row.cells = tuple(row.cells[n] for n in used)
    # One row behind a fold is not worth opening it.
    open_rows = len(kept) if len(kept) <= shown + 1 else shown
    named = tuple(columns[n] for n in used)
    return Table(title, named, tuple(kept[:open_rows]), tuple(kept[open_rows:]), closed, note)
