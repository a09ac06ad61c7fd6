"""FHIR narratives (R4 §2.7): plain texts as XHTML that holds nothing but paragraphs or a table, and back."""

from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser
from typing import Any

from medunion.care.fhir_parts import refused
from medunion.summary.elements import clean

_OPEN, _CLOSE = '<div xmlns="http://www.w3.org/1999/xhtml">', "</div>"
_LINE_BREAK = "<br/>"
_BLOCKS = frozenset({"p", "li", "tr", "div", "h1", "h2", "h3", "h4", "h5", "h6"})


def narrative(paragraphs: Sequence[str]) -> dict[str, str]:
    """A Narrative of these texts, a paragraph each; nothing in them is markup."""
    return _generated("".join(f"<p>{_text(each)}</p>" for each in paragraphs))


def table(rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """A Narrative that is a table of texts under headings, which are the first row."""
    head, *body = rows
    heading = "".join(f"<th>{_text(cell)}</th>" for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in body)
    return _generated(f"<table><thead><tr>{heading}</tr></thead><tbody>{lines}</tbody></table>")


def paragraphs_of(element: Any, path: str) -> tuple[str, ...]:
    """The texts of a Narrative, block by block, cleaned; FhirError naming `path` when it has none."""
    reader = _Reader()
    reader.feed(element.get("div", "") if isinstance(element, dict) else "")
    reader.close()
    blocks = map(clean, reader.blocks)
    found = tuple(text for part in blocks if (text := "\n".join(map(str.strip, part.split("\n"))).strip()))
    if not found:
        raise refused(path, "must be a text")
    return found


def _generated(inner: str) -> dict[str, str]:
    return {"status": "generated", "div": _OPEN + inner + _CLOSE}


def _text(text: str) -> str:
    return _LINE_BREAK.join(escape(line) for line in clean(text).split("\n"))


class _Reader(HTMLParser):
    """Collects text by block. It builds nothing, so that nothing in a narrative acts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  its signature
        """A block begins, or a line ends."""
        if tag in _BLOCKS:
            self.blocks.append("")
        elif tag == "br":
            self.blocks[-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        """A block ends."""
        if tag in _BLOCKS:
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        """A text, whose own line breaks mean nothing."""
        self.blocks[-1] += data.replace("\n", " ")
