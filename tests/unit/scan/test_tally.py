from collections import Counter

from medunion.scan.tally import Tally, classes_of
from medunion.vocabulary import Category, RestrictedClass

MENTAL, HIV, GENETIC = RestrictedClass.MENTAL_HEALTH, RestrictedClass.SEXUAL_HEALTH_AND_HIV, RestrictedClass.GENETIC
MASKS = Counter({0: 5, 1: 2, 3: 1})
"""Five unrestricted records, two of mental health, one of mental health and HIV."""


def attempt(allowed: int | None, released: dict[int, int]) -> Tally:
    tally = Tally()
    tally.attempt("path", MASKS, allowed, released)
    return tally


def outcome(tally: Tally, each: RestrictedClass) -> tuple[int, int, int, int, int]:
    count = tally.by_class(each)
    return count.tried, count.opened, count.closed, count.leaked, count.missing


class TestAttempt:
    def test_all_that_may_come_came(self) -> None:
        tally = attempt(1, {0: 5, 1: 2})
        assert outcome(tally, RestrictedClass(0)) == (1, 1, 0, 0, 0)
        assert outcome(tally, MENTAL) == (1, 1, 0, 0, 0)
        assert outcome(tally, HIV) == (1, 0, 1, 0, 0)
        assert (tally.leaked, tally.missing) == (0, 0)

    def test_a_record_that_lacks_one_of_its_bits_leaked(self) -> None:
        tally = attempt(1, {0: 5, 1: 2, 3: 1})
        assert outcome(tally, MENTAL) == (1, 0, 0, 1, 0)
        assert outcome(tally, HIV) == (1, 0, 0, 1, 0)
        assert tally.by_path("path").leaked == 2

    def test_where_nothing_may_come_an_unrestricted_record_leaks_too(self) -> None:
        tally = attempt(None, {0: 1})
        assert outcome(tally, RestrictedClass(0)) == (1, 0, 0, 1, 0)
        assert outcome(tally, MENTAL) == (1, 0, 1, 0, 0)

    def test_what_may_come_and_does_not_is_missing(self) -> None:
        tally = attempt(3, {0: 4, 1: 2})
        assert outcome(tally, RestrictedClass(0)) == (1, 0, 0, 0, 1)
        assert outcome(tally, HIV) == (1, 0, 0, 0, 1)
        assert tally.missing == 3

    def test_a_class_without_records_is_not_tried(self) -> None:
        assert outcome(attempt(0xF, dict(MASKS)), GENETIC) == (0, 0, 0, 0, 0)


class TestFound:
    def test_a_record_counts_in_each_of_its_classes(self) -> None:
        tally = Tally()
        tally.found([(Category.PROBLEMS, MENTAL | HIV), (Category.CLAIMS, RestrictedClass(0))])
        assert (tally.patients, tally.total) == (1, 2)
        assert [tally.number(each) for each in (MENTAL, HIV, GENETIC, RestrictedClass(0))] == [1, 1, 0, 1]
        assert tally.records[MENTAL, Category.PROBLEMS] == 1

    def test_the_classes_of_a_mask(self) -> None:
        assert classes_of(5) == (RestrictedClass.MENTAL_HEALTH, RestrictedClass.REPRODUCTIVE)
        assert classes_of(0) == (RestrictedClass(0),)
