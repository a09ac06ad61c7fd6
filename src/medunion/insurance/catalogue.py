"""An insurer's catalogue: how it takes each item, what record must prove it, and the limits that its rules hold to.

An item is named by code system and code. Amounts are minor units for one unit of the item.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from medunion.errors import InputError
from medunion.vocabulary import Category

Coding = tuple[str, str]
"""Code system and code."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the published rules allow of an item; what is None or empty limits nothing.

    `diagnoses` are the codes of which the patient must have one; ages are whole years on the service day, inclusive;
    `sex` is a code of FHIR's administrative gender; at most `uses` in any `days` consecutive days.
    """

    diagnoses: frozenset[Coding] = frozenset()
    min_age: int | None = None
    max_age: int | None = None
    sex: str | None = None
    uses: int | None = None
    days: int | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One item: the class's name, the allowed amount of one unit, and the category of the record that proves it."""

    item: Coding
    class_name: str
    allowed: int
    category: Category
    limits: Limits = NO_LIMITS


class Catalogue(Mapping[Coding, CatalogueEntry]):
    """The entries by item, in the order in which they were given; InputError when an item comes twice."""

    def __init__(self, entries: Iterable[CatalogueEntry]) -> None:
        self._entries: dict[Coding, CatalogueEntry] = {}
        for entry in entries:
            if entry.item in self._entries:
                raise InputError(f"the catalogue has {'|'.join(entry.item)} twice", field="code")
            self._entries[entry.item] = entry

    def __getitem__(self, item: Coding) -> CatalogueEntry:
        return self._entries[item]

    def __iter__(self) -> Iterator[Coding]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def classes(self) -> frozenset[str]:
        """The classes that occur."""
        return frozenset(entry.class_name for entry in self._entries.values())
