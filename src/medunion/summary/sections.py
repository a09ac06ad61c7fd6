"""What the makers of sections share: which records a section takes, what it says of those that it lacks, rows."""

from collections.abc import Callable, Iterable, Sequence

from medunion.vocabulary import Category

from . import dates
from .document import Cell, Row, Section, Table, table
from .elements import Element, each, first, string
from .items import Item, Items, Scope
from .values import Values
from .words import Words


class Maker:
    """Makes sections in one language out of one set of records."""

    def __init__(self, items: Items, scope: Scope, words: Words) -> None:
        self.items = items
        self.scope = scope
        self.words = words
        self.values = Values(words)
        self.kinds: set[str] = set()
        """Types that a section took."""

    def section(
        self, name: str, category: Category, *kinds: str, take: Callable[[Item], bool] | None = None
    ) -> Section:
        """An empty section for records of these types, with what has to be said of those that are not in it."""
        self.kinds.update(kinds)
        count, withdrawn = (
            sum(take is None or take(item) for item in items)
            for items in (self.items.of(*kinds), self.items.withdrawn(*kinds))
        )
        made = Section(name, self.words(f"summary.section.{name}"), count)
        if not self.scope.covers(category):
            asked = bool(self.scope.allowed & category.bit)
            made.warning = self.words("summary.not_asked" if asked else "summary.not_granted")
        elif not count:
            made.notes.append(self.words("summary.none"))
        if withdrawn:
            made.notes.append(self.words("summary.in_error", count=withdrawn))
        return made

    def columns(self, *names: str) -> list[str]:
        """Headings."""
        return [self.words(f"summary.column.{name}") for name in names]

    def row(self, item: Item, *cells: str | Cell) -> Row:
        """A line about one record; its last cell takes the remark that there is a newer version."""
        made = [cell if isinstance(cell, Cell) else Cell(cell) for cell in cells]
        if item.outdated:
            remark = "\n".join(filter(None, [made[-1].text, self.words("summary.outdated")]))
            made[-1] = Cell(remark, made[-1].mark)
        return Row(tuple(made), (item.author,))

    def by_name(
        self,
        items: Iterable[Item],
        name: Callable[[Item], str],
        when: Callable[[Element], str],
        more: Callable[[Item], str],
    ) -> list[Row]:
        """One line for all records of one name: the last, what is said of it, how many there are and since when."""
        groups: dict[str, list[Item]] = {}
        for item in newest(items, when):
            groups.setdefault(name(item), []).append(item)
        rows = []
        for named, group in groups.items():
            distinct = list(dict.fromkeys(when(item.resource) for item in group))
            last, oldest = dates.day(distinct[0]), dates.day(distinct[-1])
            times = self.words("summary.times", count=len(distinct), first=oldest) if len(distinct) > 1 else ""
            made = self.row(group[0], named, last, Cell(times, "muted"), more(group[0]))
            rows.append(Row(made.cells, tuple(dict.fromkeys(item.author for item in group))))
        return rows

    def concept(self, item: Item, name: str = "code") -> str:
        """What a record is about."""
        return self.values.concept(first(item.resource, name)) or self.words("summary.unnamed")

    def named(self, item: Item, reference: Element) -> str:
        """What a reference means: as it says, else what its target is called, where that is at hand."""
        said = string(reference, "display")
        if said:
            return said
        target = self.items.target(item, string(reference, "reference"))
        for name in ("code", "vaccineCode", "type"):
            if found := self.values.concept(first(target, name)):
                return found
        return string(target, "title") or self.values.reference(reference)

    def all_named(self, item: Item, *names: str) -> str:
        """What concepts and references under these names mean."""
        found = [self.values.concepts(item.resource, name) for name in names]
        found += [self.named(item, one) for name in names for one in each(item.resource, name) if "coding" not in one]
        return self.words.listed(list(dict.fromkeys(filter(None, found))))

    def table(
        self, title: str, columns: Sequence[str], rows: Iterable[Row], *, closed: bool = False, note: str = ""
    ) -> Table:
        """A table under a heading of the catalogue; without heading for none."""
        return table(self.words(f"summary.table.{title}") if title else "", columns, rows, closed=closed, note=note)


def newest(items: Iterable[Item], when: Callable[[Element], str]) -> list[Item]:
    """The newest first; those without a date last."""
    return sorted(items, key=lambda item: dates.order(when(item.resource)), reverse=True)


def lines(*parts: str) -> str:
    """Parts of a cell, one below the other."""
    return "\n".join(filter(None, parts))
