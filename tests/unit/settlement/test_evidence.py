"""Which record proves which line."""

import pytest

from medunion.care.items import Item
from medunion.care.templates import Code
from medunion.errors import InputError
from medunion.settlement.evidence import Candidate, match
from medunion.vocabulary import Category

SYSTEM = "urn:items"
PROCEDURES, LABORATORY = Category.PROCEDURES, Category.LABORATORY


def item(code: str, category: Category) -> Item:
    return Item(Code(SYSTEM, code, ""), 1, 100, category, b"\x01" * 32)


def record(number: int, category: Category, *codes: str) -> Candidate:
    return Candidate(bytes([number]) * 32, category, frozenset((SYSTEM, code) for code in codes))


ITEMS = (item("A", PROCEDURES), item("B", LABORATORY), item("C", PROCEDURES))
LINES = [each.category for each in ITEMS]


class TestMatch:
    def test_the_record_that_shows_the_item(self) -> None:
        found = [record(1, PROCEDURES, "C"), record(2, PROCEDURES, "A", "X"), record(3, LABORATORY, "B")]
        assert match(LINES, ITEMS, found, {}) == (b"\x02" * 32, b"\x03" * 32, b"\x01" * 32)

    def test_one_record_may_prove_several_lines(self) -> None:
        found = [record(1, PROCEDURES, "A", "C"), record(2, LABORATORY, "B")]
        assert match(LINES, ITEMS, found, {}) == (b"\x01" * 32, b"\x02" * 32, b"\x01" * 32)

    def test_of_several_that_show_it_the_first(self) -> None:
        found = [record(1, LABORATORY, "B"), record(2, LABORATORY, "B"), record(3, PROCEDURES, "A", "C")]
        assert match(LINES, ITEMS, found, {})[1] == b"\x01" * 32

    def test_an_item_in_a_record_of_another_category_counts_nothing(self) -> None:
        found = [record(1, PROCEDURES, "A", "B", "C")]
        with pytest.raises(InputError, match="line 2: no record of category laboratory"):
            match(LINES, ITEMS, found, {})

    def test_the_only_record_of_a_category_needs_no_code(self) -> None:
        found = [record(1, PROCEDURES), record(2, LABORATORY)]
        assert match(LINES, None, found, {}) == (b"\x01" * 32, b"\x02" * 32, b"\x01" * 32)
        assert match(LINES, ITEMS, found, {}) == (b"\x01" * 32, b"\x02" * 32, b"\x01" * 32)

    def test_several_without_the_item_are_asked_about(self) -> None:
        found = [record(1, PROCEDURES, "A"), record(2, PROCEDURES), record(3, LABORATORY)]
        with pytest.raises(InputError, match="line 3: several records") as refused:
            match(LINES, ITEMS, found, {})
        assert refused.value.details["records"] == ["0x" + "01" * 32, "0x" + "02" * 32]

    def test_what_is_stated_is_taken(self) -> None:
        found = [record(1, PROCEDURES, "A"), record(2, PROCEDURES), record(3, LABORATORY)]
        assert match(LINES, ITEMS, found, {2: b"\x02" * 32})[2] == b"\x02" * 32

    def test_but_not_of_another_category(self) -> None:
        found = [record(1, PROCEDURES, "A", "C"), record(3, LABORATORY)]
        with pytest.raises(InputError, match="line 2: its evidence is of category laboratory"):
            match(LINES, ITEMS, found, {1: b"\x01" * 32})
