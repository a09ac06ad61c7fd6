"""The rules by which an insurer may contest, as plans publish them: bit i of a plan's mask is rule i.

Bits are stable: a rule that is given up leaves its bit unused. Titles are in the message catalogue (`rule.*.title`);
docs/insurance-rules.md says what each rule looks at and what missing data means.
"""

from enum import IntEnum
from typing import Final

from medunion.locale import translate
from medunion.vocabulary import camel

from .reasons import LIMIT_REACHED, NOT_COVERED, Reason


class Rule(IntEnum):
    """A published rule, by its bit."""

    RECORDS_WITHHELD = 0
    EVIDENCE_RECORD = 1
    EVIDENCE_ITEM = 2
    DIAGNOSIS = 3
    AGE = 4
    SEX = 5
    FREQUENCY = 6
    DUPLICATE = 7

    @property
    def id(self) -> str:
        """Its stable name: `recordsWithheld`."""
        return camel(self.name)

    @property
    def bit(self) -> int:
        """Its bit in a plan's mask."""
        return 1 << self.value

    @property
    def title(self) -> str:
        """What it says, in the active language."""
        return translate(f"rule.{self.id}.title")

    @property
    def reason(self) -> Reason:
        """The reason that a contest by it gives."""
        return _REASONS[self]


_REASONS: Final = {
    Rule.RECORDS_WITHHELD: Reason("records-withheld", NOT_COVERED),
    Rule.EVIDENCE_RECORD: Reason("evidence-unfit", NOT_COVERED),
    Rule.EVIDENCE_ITEM: Reason("evidence-of-another-item", NOT_COVERED),
    Rule.DIAGNOSIS: Reason("diagnosis-not-accepted", NOT_COVERED),
    Rule.AGE: Reason("outside-age", NOT_COVERED),
    Rule.SEX: Reason("other-sex", NOT_COVERED),
    Rule.FREQUENCY: Reason("", LIMIT_REACHED),
    Rule.DUPLICATE: Reason("duplicate", NOT_COVERED),
}

ALL_RULES: Final = sum(rule.bit for rule in Rule)
"""The mask of all of them."""

RULE_BITS: Final = {rule.id: rule.value for rule in Rule}
"""Name -> number of the bit, for `plan_document.read_plan`."""


def rules_in(mask: int) -> list[Rule]:
    """The rules of a mask that this engine knows, lowest bit first."""
    return [rule for rule in Rule if mask & rule.bit]
