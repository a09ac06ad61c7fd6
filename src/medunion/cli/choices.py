"""Enumerations as words: `otherObservations`, `mentalHealth`, `TREAT`."""

from collections.abc import Iterable
from enum import IntEnum, IntFlag
from typing import Any, TypeVar

import click

from medunion.vocabulary import Category, MemberKind, Purpose, RestrictedClass, Role
from medunion.vocabulary import camel as camel  # commands take it from here

_Flags = TypeVar("_Flags", bound=IntFlag)


def word(value: IntEnum | IntFlag) -> str:
    """An enumeration's member as commands name it; HL7's codes keep their capitals."""
    name = value.name or ""
    return name if isinstance(value, Purpose) else camel(name)


def words(kind: type[_Flags], mask: int) -> list[str]:
    """The flags in a mask."""
    return [word(flag) for flag in kind if flag & mask]


def categories(mask: int) -> list[str]:
    """The categories in a mask."""
    return [word(category) for category in Category if category.bit & mask]


class Word(click.Choice):
    """One member of an enumeration, by its word."""

    def __init__(self, kind: type[IntEnum] | type[IntFlag], leave_out: Iterable[Any] = ()) -> None:
        left_out = set(leave_out)
        self._members: dict[str, Any] = {word(member): member for member in kind if member not in left_out}
        super().__init__(list(self._members), case_sensitive=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The enumeration's member."""
        if value in self._members.values():
            return value
        return self._members[super().convert(value, param, ctx)]


CATEGORY = Word(Category)
PURPOSE = Word(Purpose)
RESTRICTED = Word(RestrictedClass)
KIND = Word(MemberKind)
ROLE = Word(Role, leave_out=[Role.CLINICIAN])
