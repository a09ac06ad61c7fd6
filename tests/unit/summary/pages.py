"""Items and pages for the tests, and a reader that tells what a page says where."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from medunion.fhir import Directory, category_of, prepare
from medunion.summary import Document, Item, Scope, build, render
from medunion.summary.document import Section, Table
from medunion.summary.elements import parse
from medunion.vocabulary import Category

from ..fhir.builders import bundle

EXPORTED = 1_790_000_000
EVERYTHING = Scope(EXPORTED)
VOID = {"meta", "br", "link", "img", "input", "hr"}


def items_of(
    data: bytes, author: str = "hospital-a", number: int = 1, directory: Directory | None = None, validated: bool = True
) -> list[Item]:
    """The records of a bundle as a reader gets them."""
    records = prepare(data, directory=directory, validated=validated).records
    return [
        Item(
            parse(each.body), author, (number, each.local_id.encode()), each.category,
            {text: local_id.encode() for text, local_id in each.references.items()}, 1_700_000_000 + position,
        )
        for position, each in enumerate(records)
    ]  # fmt: skip


def items(
    *resources: dict[str, Any], author: str = "hospital-a", number: int = 1, validated: bool = True
) -> list[Item]:
    """The same of resources."""
    return items_of(bundle(*resources), author, number, validated=validated)


def odd(resource: Any, category: Category | None = None) -> Item:
    """A record that nobody validated."""
    import json

    body = json.dumps(resource).encode()
    kind = category if category is not None else category_of({"resourceType": resource.get("resourceType", "")})
    return Item(parse(body), "hospital-a", (1, body), kind)


def document(found: Iterable[Item], scope: Scope = EVERYTHING, language: str = "en") -> Document:
    return build(found, scope, language)


def page(found: Iterable[Item], scope: Scope = EVERYTHING, language: str = "en") -> str:
    return render(build(found, scope, language))


def section(found: Iterable[Item], name: str, scope: Scope = EVERYTHING, language: str = "en") -> Section:
    """A section that is on the page."""
    return next(each for each in document(found, scope, language).sections if each.name == name)


def rows(table: Table) -> list[dict[str, str]]:
    """A table's lines by its headings; the author as `by`."""
    return [
        dict(zip(table.columns, [cell.text for cell in row.cells], strict=True)) | {"by": ", ".join(row.authors)}
        for row in (*table.rows, *table.folded)
    ]


def titled(part: Section) -> dict[str, list[dict[str, str]]]:
    """The lines of a section's tables by title."""
    return {table.title: rows(table) for table in part.tables}


@dataclass
class Seen(HTMLParser):
    """What a browser would see: elements, their attributes, text; whether every element is closed in order."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open[-1:]):
            self.text.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.text).split())


def seen(html: str) -> Seen:
    found = Seen()
    found.feed(html)
    found.close()
    return found
