"""Verified records -> a page in one language. Linear in the number of records."""

from collections import Counter
from collections.abc import Iterable

from medunion.vocabulary import ALL_CATEGORIES, Category, RestrictedClass

from . import care, clinical, dates
from .document import Cell, Document, Row, Section, Table, table
from .items import ALL_CLASSES, Item, Items, Scope, in_error
from .person import missing, persons
from .sections import Maker
from .words import Words

_SECTIONS = (
    clinical.allergies, clinical.problems, clinical.medications, care.vital_signs, care.laboratory, care.imaging,
    care.other_observations, clinical.immunizations, clinical.procedures, care.encounters, care.documents,
    care.care_plans, care.devices, care.coverage,
)  # fmt: skip

_ALWAYS = ("allergies", "problems", "medications")
"""Sections whose emptiness has to be seen where a reader looks."""


def build(items: Iterable[Item], scope: Scope, language: str) -> Document:
    """The page of the latest versions of records, in `en` or `zh-CN`."""
    known, words = Items(items), Words(language)
    maker = Maker(known, scope, words)
    described = persons(maker)
    made = [make(maker) for make in _SECTIONS]
    made.append(_others(maker))
    shown = [each for each in made if each.count or each.tables or each.name in _ALWAYS]
    empty = [(each.title, each.warning or " ".join(each.notes)) for each in made[:-1] if each not in shown]
    authors = {item.author for item in known.all}
    left_out = [*_left_out(scope, words)]
    if not described:
        left_out.insert(0, missing(maker))
    return Document(
        language=language,
        persons=described,
        facts=tuple(_facts(known, scope, words)),
        left_out=tuple(left_out),
        sections=tuple(shown),
        empty=tuple(empty),
        sources=_sources(known, words),
        several_authors=len(authors) > 1,
    )


def _facts(items: Items, scope: Scope, words: Words) -> Iterable[tuple[str, str]]:
    yield words("summary.fact.made"), dates.of_seconds(scope.exported_at)
    reader = scope.reader or words("summary.patient")
    yield words("summary.fact.reader"), words.listed([reader, words.purpose(scope.purpose)])
    yield words("summary.fact.records"), f"{len(items.all):,}"


def _left_out(scope: Scope, words: Words) -> Iterable[str]:
    """What is not on the page, and why."""
    absent = [category for category in Category if not scope.covers(category)]
    withheld = [words.category(each) for each in absent if not scope.allowed & each.bit]
    unasked = [words.category(each) for each in absent if scope.allowed & each.bit]
    if withheld:
        yield words("summary.left_out.withheld", categories=words.listed(withheld))
    if unasked:
        yield words("summary.left_out.unasked", categories=words.listed(unasked))
    closed = [words.restricted(each) for each in RestrictedClass if not scope.restricted & each]
    if closed:
        yield words("summary.left_out.restricted", classes=words.listed(closed))
    if scope.authors:
        yield words("summary.left_out.authors", authors=words.listed(list(scope.authors)))
    if scope.earlier:
        yield words("summary.left_out.earlier", count=scope.earlier)
    if scope.outside:
        yield words("summary.left_out.outside", count=scope.outside)
    elif scope.categories == ALL_CATEGORIES and scope.restricted == ALL_CLASSES and not scope.authors:
        yield words("summary.left_out.nothing")


def _others(maker: Maker) -> Section:
    """Types that no section shows, by count: they are in the bundle."""
    rows = []
    count = 0
    for kind in maker.items.kinds:
        if kind not in maker.kinds:
            group = maker.items.of(kind)
            count += len(group)
            row = maker.row(group[0], kind, f"{len(group):,}")
            rows.append(Row(row.cells, tuple(dict.fromkeys(item.author for item in group)), 1))
    made = Section("others", maker.words("summary.section.others"), count)
    if withdrawn := sum(in_error(item.resource) and item.kind not in maker.kinds for item in maker.items.all):
        made.notes.append(maker.words("summary.in_error", count=withdrawn))
    if rows:
        made.notes.append(maker.words("summary.others"))
        made.tables.append(table("", maker.columns("type", "records"), rows, shown=len(rows)))
    return made


def _sources(items: Items, words: Words) -> Table:
    """Who wrote how much, and when it was committed."""
    written = Counter(item.author for item in items.all)
    when: dict[str, list[int]] = {}
    for item in items.all:
        when.setdefault(item.author, []).append(item.committed_at)
    rows = [
        Row((Cell(author), Cell(f"{count:,}"), Cell(dates.of_seconds(min(when[author]))),
             Cell(dates.of_seconds(max(when[author])))))
        for author, count in sorted(written.items())
    ]  # fmt: skip
    columns = [words(f"summary.column.{name}") for name in ("author", "records", "first_commit", "last_commit")]
    return table("", columns, rows, shown=len(rows))
