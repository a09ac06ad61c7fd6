"""Where a claim stands on the ledger, and what can or must happen next: the contract's clock, in Python.

Source of the rules: `contracts/settlement/ClaimSettlement.sol` and `Payouts.sol`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from medunion.settlement.claim import Stage

MOVABLE: Final = (Stage.PENDING, Stage.CONTESTED)
"""Stages in which payments go on."""

OPEN: Final = (*MOVABLE, Stage.DISPUTED)
"""Stages in which somebody, or time, still has to do something."""


class Step(StrEnum):
    """What comes next. Anybody releases and concedes for the provider; the others wait for one party."""

    CONFIRM = "confirm"
    REVIEW = "review"
    OBJECT = "object"
    RULE = "rule"
    RELEASE = "release"
    CONCEDE = "concede"


@dataclass(frozen=True, slots=True)
class Due:
    """A step that is open now. `position` is that of the policy it is about, None for the whole claim.

    `until` is the last second in which whoever is waited for may act; 0 where there is no such second.
    """

    step: Step
    position: int | None
    until: int

    @property
    def is_anybodys(self) -> bool:
        """Whether nobody in particular is waited for: it can be done now, by anybody."""
        return self.step in (Step.RELEASE, Step.CONCEDE)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger stores of a claim: see `IClaimSettlement.Claim`."""

    stage: Stage
    next: int
    reviews: int
    withheld: bool
    deposit_paid: bool
    filed_at: int
    payable_at: int
    clock: int
    owed: int
    receivable: int

    @classmethod
    def from_call(cls, values: Mapping[str, Any]) -> Self:
        """The answer of `claimOf`."""
        return cls(
            Stage(values["stage"]),
            values["next"],
            values["reviews"],
            values["withheld"],
            values["depositPaid"],
            values["filedAt"],
            values["payableAt"],
            values["clock"],
            values["owed"],
            values["receivable"],
        )

    @property
    def turn(self) -> int | None:
        """The policy whose review is open and comes first; None when no review is open."""
        return (self.reviews & -self.reviews).bit_length() - 1 if self.reviews else None

    def is_open(self, position: int) -> bool:
        """Whether a policy's review is open."""
        return bool(self.reviews >> position & 1)

    def review_until(self, periods: Sequence[int]) -> int:
        """The last second of the review whose turn it is; `periods` are the policies' review periods in seconds."""
        return 0 if self.turn is None else self.clock + periods[self.turn]

    def pays_at(self, second: int, periods: Sequence[int]) -> bool:
        """Whether a release would pay something then, or settle the claim."""
        if self.stage not in MOVABLE or second < self.payable_at:
            return False
        if not self.deposit_paid or self.next == len(periods):
            return True
        silent = self.stage is not Stage.CONTESTED and second > self.clock + periods[self.next]
        return not self.is_open(self.next) or silent

    def due_at(self, second: int, periods: Sequence[int]) -> list[Due]:
        """What is open then, what anybody can do first."""
        found = []
        if self.pays_at(second, periods):
            found.append(Due(Step.RELEASE, None, 0))
        if self.stage is Stage.CONTESTED:
            step, until = (Step.CONCEDE, 0) if second > self.clock else (Step.OBJECT, self.clock)
            found.append(Due(step, self.turn, until))
        if self.stage is Stage.DISPUTED:
            found.append(Due(Step.RULE, None, 0))
        if self.stage is Stage.PENDING and self.turn is not None and second <= self.review_until(periods):
            found.append(Due(Step.REVIEW, self.turn, self.review_until(periods)))
        if self.stage in MOVABLE and second < self.payable_at:
            found.append(Due(Step.CONFIRM, None, self.payable_at - 1))
        return found
