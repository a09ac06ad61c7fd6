"""The texts inside documents: plain text that a resource carries as base64, which nobody can read in the bundle."""

import base64
import binascii
from collections.abc import Iterable
from typing import Final

from .document import Prose
from .elements import Element, clean, string
from .words import Words

SHOWN_TEXTS: Final = 40
"""Texts on a page; older ones are in the bundle."""
SHOWN_LETTERS: Final = 20_000
"""Letters of one text."""


def text_of(attachment: Element) -> str:
    """The text of an Attachment of type text/plain; empty when it has none, or carries something else."""
    kind, _, parameters = string(attachment, "contentType").lower().partition(";")
    if kind.strip() != "text/plain":
        return ""
    try:
        data = base64.b64decode(string(attachment, "data"), validate=False)
    except (binascii.Error, ValueError):
        return ""
    named = parameters.partition("charset=")[2].partition(";")[0].strip(' "') or "utf-8"
    try:
        return clean(data.decode(named, errors="replace")).strip()
    except LookupError:
        return clean(data.decode("utf-8", errors="replace")).strip()


def prose(titled: Iterable[tuple[str, Element]], words: Words) -> list[Prose]:
    """Texts under their titles, each text once."""
    found: dict[str, str] = {}
    for title, attachment in titled:
        if len(found) == SHOWN_TEXTS:
            break
        if text := text_of(attachment):
            found.setdefault(text, title)
    return [
        Prose(title, text[:SHOWN_LETTERS], words("summary.cut") if len(text) > SHOWN_LETTERS else "")
        for text, title in found.items()
    ]
