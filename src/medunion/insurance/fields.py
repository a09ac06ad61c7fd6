"""Fields of a document of insurance, read strictly: an error names the place, such as `claims[1].lines[0].billed`."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from medunion.errors import InputError
from medunion.settlement.money import MAX_AMOUNT

WHOLE_RATE = 10_000
"""100 percent in basis points."""


def refuse(place: str, cause: str) -> NoReturn:
    """Raises InputError `place cause` with the place as its field."""
    raise InputError(f"{place} {cause}", field=place)


def member(place: str, name: str) -> str:
    """The place of a member of an object; `place` may be empty."""
    return f"{place}.{name}" if place else name


def fields(
    value: Any, place: str, names: Sequence[str], optional: Sequence[str] = (), *, notes: bool = False
) -> Mapping[str, Any]:
    """An object with all of `names`, perhaps some of `optional`, and nothing else (`notes`: what else is ignored)."""
    if not isinstance(value, dict):
        refuse(place or "the document", "is no object")
    for name in names:
        if name not in value:
            refuse(member(place, name), "is missing")
    for name in value:
        if not notes and name not in names and name not in optional:
            refuse(member(place, str(name)), f"is unknown; known are {', '.join([*names, *optional])}")
    return value


def items(value: Any, place: str, least: int, most: int) -> list[Any]:
    """A list of `least` to `most` items."""
    if not isinstance(value, list):
        refuse(place, "is no list")
    if not least <= len(value) <= most:
        refuse(place, f"has {len(value)} items, not {least} to {most}")
    return value


def text(value: Any, place: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        refuse(place, "is no text")
    return value


def whole(value: Any, place: str, most: int = MAX_AMOUNT) -> int:
    """A whole number from 0 to `most`."""
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(place, "is no whole number")
    if value < 0:
        refuse(place, "is negative")
    if value > most:
        refuse(place, f"is more than {most}")
    return value


def rate(value: Any, place: str) -> int:
    """Basis points, at most all."""
    return whole(value, place, WHOLE_RATE)
