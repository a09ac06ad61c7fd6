"""Rules over earlier claims and records, and all rules in the order of their bits."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from . import evidence_rules
from .facts import ClaimFacts, Finding, ReviewLine, Use, found
from .published import Rule


def frequency(facts: ClaimFacts) -> Finding | None:
    """At most so many uses of the item in any so many consecutive days, this line's day among them.

    Each line of a claim is a use, whatever its quantity. A day on which records of the item's category show it, and
    for which no claim is known, is one use; so an order and its administration do not count twice.
    """
    hits = []
    for position, line in enumerate(facts.lines):
        limits = line.limits
        if limits.uses is not None and limits.days is not None and line.record.day:
            uses = _uses(facts, position)
            if _most(uses, line.record.day, limits.days) > limits.uses:
                hits.append((line, [line.record]))
    return found(Rule.FREQUENCY, hits)


def duplicate(facts: ClaimFacts) -> Finding | None:
    """No earlier line, of this claim or of another, has the item on the same day with the same evidence.

    Evidence is the same when it is the same record, or a record of another author that tells the same of the event.
    """
    hits = []
    for position, line in enumerate(facts.lines):
        own = line.use(facts.claim)
        if any(_same(own, each) for each in _before(facts, position)):
            hits.append((line, [line.record]))
    return found(Rule.DUPLICATE, hits)


RULES: Final[dict[Rule, Callable[[ClaimFacts], Finding | None]]] = {
    Rule.EVIDENCE_RECORD: evidence_rules.evidence_record,
    Rule.EVIDENCE_ITEM: evidence_rules.evidence_item,
    Rule.DIAGNOSIS: evidence_rules.diagnosis,
    Rule.AGE: evidence_rules.age,
    Rule.SEX: evidence_rules.sex,
    Rule.FREQUENCY: frequency,
    Rule.DUPLICATE: duplicate,
}
"""Every rule over opened evidence; `recordsWithheld` is the review's own, for it has none."""


def findings(facts: ClaimFacts, mask: int) -> Iterator[Finding]:
    """What the published rules find, in the order of their bits."""
    for rule, check in RULES.items():
        if mask & rule.bit:
            finding = check(facts)
            if finding is not None:
                yield finding


def _before(facts: ClaimFacts, position: int) -> Iterator[Use]:
    """Earlier claims' uses of a line's item, and those of the lines before it."""
    line = facts.lines[position]
    yield from (each for each in facts.earlier if each.item == line.item and each.claim != facts.claim)
    yield from (each.use(facts.claim) for each in facts.lines[:position] if each.item == line.item)


def _uses(facts: ClaimFacts, position: int) -> Counter[int]:
    """Uses by day, this line's included."""
    line = facts.lines[position]
    claimed = Counter(each.day for each in _before(facts, position))
    claimed[line.record.day] += 1
    shown = _shown_days(facts, line) - {each.record.day for each in facts.lines if each.item == line.item}
    return claimed | Counter(dict.fromkeys(shown, 1))


def _shown_days(facts: ClaimFacts, line: ReviewLine) -> set[int]:
    return facts.granted.days_of(line.item, line.category)


def _most(uses: Counter[int], day: int, days: int) -> int:
    """The most uses in a window of `days` days that holds `day`; such a window begins at a day of use."""
    begins = [each for each in uses if day - days < each <= day]
    return max(sum(count for each, count in uses.items() if begin <= each < begin + days) for begin in begins)


def _same(own: Use, other: Use) -> bool:
    return own.day == other.day and (own.evidence == other.evidence or own.fingerprint == other.fingerprint)
