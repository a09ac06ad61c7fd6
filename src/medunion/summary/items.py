"""The records that a page is made from, and what the page says of its own coverage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from medunion.vocabulary import ALL_CATEGORIES, Category, Purpose

from .elements import Element, codes, contained, string

ALL_CLASSES = 0xF


@dataclass(frozen=True, slots=True, repr=False)
class Item:
    """The latest version of a record that may be read."""

    resource: Element
    author: str
    """The member that committed it, as it is called where the page is made."""
    record: tuple[int, bytes]
    """Author and record id."""
    category: Category = Category.OTHER
    references: Mapping[str, bytes] = field(default_factory=dict)
    """Reference in the resource -> id of the same author's record that it means."""
    committed_at: int = 0
    """Time of its block, in seconds."""
    outdated: bool = False
    """Whether the ledger has a newer version that may not be read."""

    @property
    def kind(self) -> str:
        """The resource type."""
        return string(self.resource, "resourceType")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a page covers, and why not more."""

    exported_at: int
    """Seconds since 1970."""
    reader: str = ""
    """The member that reads; empty for the patient."""
    purpose: Purpose = Purpose.PATRQT
    categories: int = ALL_CATEGORIES
    """Categories that were asked for."""
    allowed: int = ALL_CATEGORIES
    """Categories that could have been asked for."""
    restricted: int = ALL_CLASSES
    """Restricted classes that were asked for."""
    authors: tuple[str, ...] = ()
    """Members whose records alone were asked for; all when empty."""
    outside: int = 0
    """Versions of records on the ledger that may not be read, or were not asked for."""
    earlier: int = 0
    """Versions that were read, and that later ones replace."""

    def covers(self, category: Category) -> bool:
        """Whether records of a category were asked for."""
        return bool(self.categories & category.bit)


class Items:
    """All records by type. Those entered in error are counted, and never returned."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._standing: dict[str, list[Item]] = {}
        self._withdrawn: list[Item] = []
        self._by_record: dict[tuple[int, bytes], Item] = {}
        self.all: list[Item] = []
        for item in items:
            self.all.append(item)
            self._by_record[item.record] = item
            if in_error(item.resource):
                self._withdrawn.append(item)
            else:
                self._standing.setdefault(item.kind, []).append(item)

    def of(self, *kinds: str) -> list[Item]:
        """Records of these types, but those entered in error; in the order of the ledger."""
        return [item for kind in kinds for item in self._standing.get(kind, ())]

    def withdrawn(self, *kinds: str) -> list[Item]:
        """Those of these types that were entered in error."""
        return [item for item in self._withdrawn if item.kind in kinds]

    @property
    def kinds(self) -> list[str]:
        """The types of what stands, in alphabetical order."""
        return sorted(self._standing)

    def target(self, item: Item, reference: str) -> Element:
        """The resource that a reference in `item` means, contained or a record; empty when it is not at hand."""
        if reference.startswith("#"):
            return next((one for one in contained(item.resource) if string(one, "id") == reference[1:]), {})
        meant = item.references.get(reference)
        found = None if meant is None else self._by_record.get((item.record[0], meant))
        return {} if found is None or in_error(found.resource) else found.resource


def in_error(resource: Element) -> bool:
    """Whether its author withdrew it: it was never true."""
    states = {string(resource, "status"), *codes(resource, "verificationStatus")}
    return "entered-in-error" in states
