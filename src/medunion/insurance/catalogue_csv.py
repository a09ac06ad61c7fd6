"""Catalogues as CSV (RFC 4180, UTF-8 with or without a byte order mark), one item a row; docs/insurance-rules.md.

An error names the row, counted as a spreadsheet counts it (the header is row 1), and the column.
"""

import csv
import io
import re
from collections.abc import Collection, Iterator
from typing import Final, NoReturn

from medunion.errors import InputError
from medunion.settlement import money
from medunion.vocabulary import Category, camel

from .catalogue import NO_LIMITS, Catalogue, CatalogueEntry, Coding, Limits

NEEDED: Final = ("system", "code", "class", "allowed", "category")
OPTIONAL: Final = ("diagnoses", "minAge", "maxAge", "sex", "uses", "days")
SEXES: Final = ("female", "male")
"""Codes of http://hl7.org/fhir/administrative-gender that an item can be limited to."""

_CATEGORIES: Final = {camel(category.name): category for category in Category}
_WHOLE = re.compile("[0-9]{1,5}")


class _Row:
    """One row, whose cells are read by column."""

    def __init__(self, number: int, cells: dict[str, str]) -> None:
        self.number = number
        self._cells = cells

    def refuse(self, column: str, cause: str) -> NoReturn:
        raise InputError(f"row {self.number}, {column}: {cause}", row=self.number, field=column)

    def text(self, column: str) -> str:
        """A cell that must not be blank."""
        return self.optional(column) or self.refuse(column, "is blank")

    def optional(self, column: str) -> str:
        return self._cells.get(column, "").strip()

    def whole(self, column: str, least: int) -> int | None:
        text = self.optional(column)
        if not text:
            return None
        if not _WHOLE.fullmatch(text) or int(text) < least:
            self.refuse(column, f"is no whole number from {least} to 99999")
        return int(text)


def read_catalogue(data: bytes, classes: Collection[str] | None = None) -> Catalogue:
    """The catalogue in a CSV file. InputError (details: row, field) for what cannot be taken.

    `classes` are those of the plans that use it; None takes any.
    """
    entries: list[CatalogueEntry] = []
    rows: dict[Coding, int] = {}
    for row in _rows(data):
        entry = _entry(row, classes)
        if entry.item in rows:
            row.refuse("code", f"is the item of row {rows[entry.item]} again")
        rows[entry.item] = row.number
        entries.append(entry)
    return Catalogue(entries)


def write_catalogue(catalogue: Catalogue) -> bytes:
    """A CSV file that `read_catalogue` takes; columns of limits only where an item has some."""
    cells = [_cells(entry) for entry in catalogue.values()]
    limits = [column for column in OPTIONAL if any(each[column] for each in cells)]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*NEEDED, *limits], extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(cells)
    return text.getvalue().encode()


def _rows(data: bytes) -> Iterator[_Row]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"the catalogue is not UTF-8 (byte {error.start})", position=error.start) from None
    if "\0" in text:
        raise InputError("the catalogue is no text", field="catalogue")
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        header: list[str] | None = None
        for number, cells in enumerate(lines, 1):
            if header is None:
                header = _header(cells)
            elif not any(cell.strip() for cell in cells):
                continue
            elif len(cells) != len(header):
                raise InputError(
                    f"row {number} has {len(cells)} cells, not {len(header)} as the header", row=number, field="row"
                )
            else:
                yield _Row(number, dict(zip(header, cells, strict=True)))
    except csv.Error as cause:
        raise InputError(f"row {number + 1}: {cause}", row=number + 1, field="row") from None
    if header is None:
        raise InputError("the catalogue has no header", row=1, field=NEEDED[0])


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if name not in (*NEEDED, *OPTIONAL):
            known = ", ".join((*NEEDED, *OPTIONAL))
            raise InputError(f"row 1: {name or 'a blank'} is no column; known are {known}", row=1, field=name)
        if names.count(name) > 1:
            raise InputError(f"row 1: the column {name} comes twice", row=1, field=name)
    for name in NEEDED:
        if name not in names:
            raise InputError(f"row 1: the column {name} is missing", row=1, field=name)
    return names


def _entry(row: _Row, classes: Collection[str] | None) -> CatalogueEntry:
    class_name, category = row.text("class"), row.text("category")
    if classes is not None and class_name not in classes:
        row.refuse("class", f"{class_name} is no class of the plan; those are {', '.join(classes)}")
    if category not in _CATEGORIES:
        row.refuse("category", f"{category} is no category; those are {', '.join(_CATEGORIES)}")
    try:
        allowed = money.parse(row.text("allowed"), "allowed")
    except InputError as failure:
        row.refuse("allowed", failure.message)
    item = (row.text("system"), row.text("code"))
    return CatalogueEntry(item, class_name, allowed, _CATEGORIES[category], _limits(row))


def _limits(row: _Row) -> Limits:
    sex = row.optional("sex") or None
    if sex is not None and sex not in SEXES:
        row.refuse("sex", f"is none of {', '.join(SEXES)}")
    youngest, oldest = row.whole("minAge", 0), row.whole("maxAge", 0)
    if youngest is not None and oldest is not None and oldest < youngest:
        row.refuse("maxAge", "is below minAge")
    uses, days = row.whole("uses", 1), row.whole("days", 1)
    if (uses is None) != (days is None):
        row.refuse("days" if days is None else "uses", "is blank, but a frequency needs both uses and days")
    found = Limits(frozenset(_diagnoses(row)), youngest, oldest, sex, uses, days)
    return NO_LIMITS if found == NO_LIMITS else found


def _diagnoses(row: _Row) -> Iterator[Coding]:
    for text in row.optional("diagnoses").split():
        system, _, code = text.rpartition("|")
        if not system or not code:
            row.refuse("diagnoses", "must be codes as system|code, separated by spaces")
        yield system, code


def _cells(entry: CatalogueEntry) -> dict[str, object]:
    limits = entry.limits
    return {
        "system": entry.item[0],
        "code": entry.item[1],
        "class": entry.class_name,
        "allowed": money.show(entry.allowed),
        "category": camel(entry.category.name),
        "diagnoses": " ".join("|".join(each) for each in sorted(limits.diagnoses)),
        "minAge": _shown(limits.min_age),
        "maxAge": _shown(limits.max_age),
        "sex": limits.sex or "",
        "uses": _shown(limits.uses),
        "days": _shown(limits.days),
    }


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)
