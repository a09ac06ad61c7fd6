"""Reading FHIR JSON of others: an element of the wrong shape counts as absent, and no number loses a digit.

Records may have been committed without validation, so nothing here trusts a cardinality or a type.
"""

import json
import math
import unicodedata
from collections.abc import Iterator
from typing import Any

Element = dict[str, Any]


class Number(str):
    """A JSON number exactly as its author wrote it: `1.0` stays `1.0` (FHIR: decimals carry their precision)."""

    __slots__ = ()

    @property
    def value(self) -> float | None:
        """The number to compute with; None when it is out of range."""
        found = float(self)
        return found if math.isfinite(found) else None


def clean(text: str) -> str:
    """Text without anything that acts on what shows it: control characters, bidirectional overrides, half characters.

    Line breaks and spaces stay, as do private-use characters (rare Chinese names) and joiners (Persian, Hindi).
    """
    if text.isprintable():
        return text
    return "".join(_shown(letter) for letter in text.replace("\r\n", "\n"))


def _shown(letter: str) -> str:
    kind = unicodedata.category(letter)
    if letter.isprintable() or kind == "Co" or letter in "\n\u200c\u200d\u3000":
        return letter
    if letter in "\r\u2028\u2029":
        return "\n"
    return " " if kind == "Zs" or letter == "\t" else "\ufffd"


def parse(body: bytes) -> Element:
    """A resource with its numbers as `Number`; an empty element when the body is no JSON object."""
    try:
        found = json.loads(body, parse_float=Number, parse_int=Number)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def each(element: Element, name: str) -> list[Element]:
    """The elements under a name: of a list, or the one that stands there alone."""
    value = element.get(name)
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, dict)]


def first(element: Element, *path: str) -> Element:
    """The first element at the end of a path; empty when there is none."""
    for name in path:
        found = each(element, name)
        if not found:
            return {}
        element = found[0]
    return element


def string(element: Element, *path: str) -> str:
    """The primitive at the end of a path as text; empty when there is none."""
    value = first(element, *path[:-1]).get(path[-1])
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean(value) if isinstance(value, str) else ""


def strings(element: Element, name: str) -> list[str]:
    """The texts under a name."""
    value = element.get(name)
    found = value if isinstance(value, list) else [value]
    return [clean(one) for one in found if isinstance(one, str) and one]


def choice(element: Element, stem: str) -> tuple[str, Any]:
    """Type and value of a choice element (`onset[x]`); a type of nothing when it is absent."""
    for name, value in element.items():
        if name.startswith(stem) and name[len(stem) :][:1].isupper():
            return name[len(stem) :], value
    return "", None


def codes(element: Element, name: str) -> set[str]:
    """The codes of the concepts (or of the plain codes) under a name."""
    found = {string(coding, "code") for concept in each(element, name) for coding in each(concept, "coding")}
    return (found | {string(concept, "code") for concept in each(element, name)} | set(strings(element, name))) - {""}


def absent_reason(element: Element, name: str) -> str:
    """The code of a data-absent-reason extension of a primitive (`_birthDate`); empty when there is none."""
    for extension in each(first(element, "_" + name), "extension"):
        if string(extension, "url").endswith("/data-absent-reason"):
            return string(extension, "valueCode")
    return ""


def contained(resource: Element) -> Iterator[Element]:
    """The resources inside a resource."""
    yield from each(resource, "contained")
