"""JSON as it stands in the caller's file: parsed once, with the position of every resource, so that its exact slice
can be kept.

The standard library's C scanner does the parsing (`JSONDecoder.raw_decode` tells where each value ends); only the
Bundle and its entry objects are taken apart here. Stricter than the standard library: a key that appears twice and
the constants NaN and Infinity become marker objects that no check accepts, so that the refusal can name the path.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

_SPACE = re.compile(r"[ \t\n\r]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(slots=True, frozen=True)
class Repeated:
    """Stands for an object in which `key` appears twice."""

    key: str

    def shown(self) -> str:
        """The key, when it looks like an element name and not like data."""
        return f"'{self.key}'" if _NAME.fullmatch(self.key) else "(not shown)"


@dataclass(slots=True, frozen=True)
class Constant:
    """Stands for NaN or an infinity."""

    name: str


@dataclass(slots=True)
class Slice:
    """A value with where it stands in the text: `text[start:end]`."""

    value: Any
    start: int
    end: int


@dataclass(slots=True)
class EntryText:
    """One entry of a Bundle: its members without `resource`, and the resource with its position."""

    members: dict[str, Any] = field(default_factory=dict)
    resource: Slice | None = None


def _object(pairs: list[tuple[str, Any]]) -> Any:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    seen: set[str] = set()
    return Repeated(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=Constant)


class NotJson(ValueError):
    """The text is not JSON; `position` counts characters."""

    def __init__(self, cause: str, position: int, entry: int | None = None) -> None:
        super().__init__(cause)
        self.cause, self.position, self.entry = cause, position, entry


def decode(text: str, at: int) -> Slice:
    """The value that starts at `at`. Raises `NotJson`."""
    try:
        value, end = _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise NotJson(error.msg, error.pos) from None
    except RecursionError:
        raise NotJson("nested too deeply", at) from None
    except ValueError:  # an integer of thousands of digits
        raise NotJson("a number is too long", at) from None
    return Slice(value, at, end)


def skip_space(text: str, at: int) -> int:
    """The position of the next character that is not white space."""
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # matches the empty string too


def read_object(text: str, at: int, member: Callable[[str, int], int]) -> int:
    """Walks the object at `at`: calls `member(key, start of value)`, which returns the end of the value. Returns
    the end.
    """
    seen: set[str] = set()
    at = skip_space(text, at + 1)
    if text[at : at + 1] == "}":
        return at + 1
    while True:
        if text[at : at + 1] != '"':
            raise NotJson("Expecting property name enclosed in double quotes", at)
        key = decode(text, at)
        if key.value in seen:
            raise NotJson(f"the key {Repeated(key.value).shown()} appears twice in one object", at)
        seen.add(key.value)
        at = skip_space(text, key.end)
        if text[at : at + 1] != ":":
            raise NotJson("Expecting ':' delimiter", at)
        at = skip_space(text, member(key.value, skip_space(text, at + 1)))
        if text[at : at + 1] == "}":
            return at + 1
        if text[at : at + 1] != ",":
            raise NotJson("Expecting ',' delimiter", at)
        at = skip_space(text, at + 1)


def read_array(text: str, at: int, item: Callable[[int], int]) -> int:
    """Walks the array at `at`: calls `item(start)`, which returns the end of the item. Returns the end of the array."""
    at = skip_space(text, at + 1)
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        at = skip_space(text, item(at))
        if text[at : at + 1] == "]":
            return at + 1
        if text[at : at + 1] != ",":
            raise NotJson("Expecting ',' delimiter", at)
        at = skip_space(text, at + 1)


def read_bundle(text: str) -> tuple[dict[str, Any], list[EntryText]]:
    """Members of the Bundle other than `entry`, and its entries. The text must start with an object. Raises
    `NotJson`.
    """
    members: dict[str, Any] = {}
    entries: list[EntryText] = []

    def entry_member(key: str, at: int) -> int:
        found = decode(text, at)
        if key == "resource":
            entries[-1].resource = found
        else:
            entries[-1].members[key] = found.value
        return found.end

    def entry(at: int) -> int:
        entries.append(EntryText())
        try:
            if text[at : at + 1] != "{":
                raise NotJson("an entry must be an object", at)
            return read_object(text, at, entry_member)
        except NotJson as error:
            error.entry = len(entries) - 1
            raise

    def member(key: str, at: int) -> int:
        if key == "entry" and text[at : at + 1] == "[":
            return read_array(text, at, entry)
        found = decode(text, at)
        members[key] = found.value
        return found.end

    end = skip_space(text, read_object(text, skip_space(text, 0), member))
    if end != len(text):
        raise NotJson("Extra data", end)
    return members, entries
