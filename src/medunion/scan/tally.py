"""What a scan found and what came of every attempt. A record of several classes counts in each of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from medunion.vocabulary import Category, RestrictedClass

CLASSES: tuple[RestrictedClass, ...] = (*RestrictedClass, RestrictedClass(0))
"""The four classes, and 0 for records of none."""


@dataclass(slots=True)
class Count:
    """Attempts on records of one class: with its bits all were `opened`, without them none (`closed`).

    `leaked` are records that left without their bits, `missing` those that did not come although they may.
    """

    tried: int = 0
    opened: int = 0
    closed: int = 0
    leaked: int = 0
    missing: int = 0


@dataclass(slots=True)
class Tally:
    """The whole result. `records` by class and category; `counts` by path and class."""

    patients: int = 0
    total: int = 0
    records: Counter[tuple[RestrictedClass, Category]] = field(default_factory=Counter)
    counts: dict[str, dict[RestrictedClass, Count]] = field(
        default_factory=lambda: defaultdict(lambda: {each: Count() for each in CLASSES})
    )

    def found(self, labels: Iterable[tuple[Category, RestrictedClass]]) -> None:
        """A patient's records."""
        self.patients += 1
        for category, mask in labels:
            self.total += 1
            for each in classes_of(mask):
                self.records[each, category] += 1

    def attempt(self, path: str, masks: Mapping[int, int], allowed: int | None, released: Mapping[int, int]) -> None:
        """One attempt: how many records of each mask there are, and how many came.

        `allowed` are the classes that may come with the unrestricted ones; None when nothing at all may.
        """
        for each, count in self.counts[path].items():
            there = {mask: number for mask, number in masks.items() if each in classes_of(mask)}
            if not there:
                continue
            may = {mask for mask in there if allowed is not None and not mask & ~allowed}
            count.tried += 1
            leaked = sum(released.get(mask, 0) for mask in there if mask not in may)
            missing = sum(max(0, there[mask] - released.get(mask, 0)) for mask in may)
            count.leaked += leaked
            count.missing += missing
            if may:
                count.opened += not leaked and not missing
            else:
                count.closed += not leaked

    def by_class(self, each: RestrictedClass) -> Count:
        """All paths together."""
        return _sum(counts[each] for counts in self.counts.values())

    def by_path(self, path: str) -> Count:
        """All restricted classes together; what is in none is left out."""
        return _sum(count for each, count in self.counts[path].items() if each)

    def number(self, each: RestrictedClass) -> int:
        """Records of a class."""
        return sum(count for (found, _), count in self.records.items() if found == each)

    @property
    def leaked(self) -> int:
        """Records that left without their bits, over all attempts."""
        return sum(self.by_class(each).leaked for each in CLASSES)

    @property
    def missing(self) -> int:
        """Records that did not come although they may, over all attempts."""
        return sum(self.by_class(each).missing for each in CLASSES)


def classes_of(mask: int) -> tuple[RestrictedClass, ...]:
    """The classes in a mask; the class 0 when there is none."""
    return tuple(each for each in RestrictedClass if each & mask) or (RestrictedClass(0),)


def _sum(counts: Iterable[Count]) -> Count:
    total = Count()
    for each in counts:
        for name in Count.__slots__:
            setattr(total, name, getattr(total, name) + getattr(each, name))
    return total
