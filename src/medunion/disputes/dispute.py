"""A dispute as the ledger shows it: its parties, its panel, where it stands, and what waits for whom.

Source: `contracts/interfaces/IDisputeResolution.sol`. Member 0 is the patient; times are seconds, inclusive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final, Self

from medunion.disputes.ruling import Ruling
from medunion.ledger import Event

PATIENT: Final = 0
"""The party that is no member."""


class Stage(IntEnum):
    """Where a dispute stands, as `DisputeStage` numbers it; the last three are ends."""

    NONE = 0
    COMMIT = 1
    REVEAL = 2
    DRAW = 3
    STRIKE = 4
    SEATED = 5
    REGULATOR = 6
    RULED = 7
    AGREED = 8
    LAPSED = 9


class Step(StrEnum):
    """What is to be done next in a dispute."""

    COMMIT = "commit"
    REVEAL = "reveal"
    ANCHOR = "anchor"
    DRAW = "draw"
    STRIKE = "strike"
    RULE = "rule"
    LAPSE = "lapse"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute in the stage that the ledger's clock shows; `anchor` is the draw's block, 0 before it is fixed."""

    id: bytes
    claim: bytes
    patient: bytes
    provider: int
    opener: int
    respondent: int
    stage: Stage
    ends_at: int
    anchor: int

    @classmethod
    def from_call(cls, dispute: bytes, values: Mapping[str, Any]) -> Self:
        """The answer of `disputeOf`."""
        return cls(
            id=dispute,
            claim=values["claim"],
            patient=values["patient"],
            provider=values["provider"],
            opener=values["opener"],
            respondent=values["respondent"],
            stage=Stage(values["stage"]),
            ends_at=values["endsAt"],
            anchor=values["anchor"],
        )

    @property
    def parties(self) -> tuple[int, int]:
        """Opener and respondent."""
        return self.opener, self.respondent

    @property
    def has_ended(self) -> bool:
        """Whether nothing can be done in it any more."""
        return self.stage >= Stage.RULED

    def step_at(self, now: int) -> Step:
        """What is to be done at a second."""
        if self.stage in (Stage.NONE, Stage.RULED, Stage.AGREED, Stage.LAPSED):
            return Step.NOTHING
        if self.stage >= Stage.DRAW and now > self.ends_at:
            return Step.STRIKE if self.stage is Stage.STRIKE else Step.LAPSE
        if self.stage is Stage.DRAW:
            return Step.DRAW if self.anchor else Step.ANCHOR
        return _STEPS[self.stage]


_STEPS: Final = {
    Stage.COMMIT: Step.COMMIT,
    Stage.REVEAL: Step.REVEAL,
    Stage.STRIKE: Step.STRIKE,
    Stage.SEATED: Step.RULE,
    Stage.REGULATOR: Step.RULE,
}


@dataclass(frozen=True, slots=True)
class Side:
    """What one party has done: `settlement` is the digest of the ruling to which it would agree, or zero."""

    party: int
    committed: bool
    revealed: bool
    struck: bool
    submissions: int
    settlement: bytes

    @classmethod
    def from_call(cls, party: int, values: Mapping[str, Any]) -> Self:
        """The answer of `sideOf`."""
        return cls(
            party=party,
            committed=any(values["hidden"]),
            revealed=values["revealed"],
            struck=values["struck"],
            submissions=values["submissions"],
            settlement=values["settlement"],
        )


@dataclass(frozen=True, slots=True)
class Awaited:
    """What is to be done next in a dispute, and for which parties it waits: none where it is a judge's or anybody's."""

    dispute: Dispute
    step: Step
    parties: tuple[int, ...]


def waits_for(step: Step, sides: Sequence[Side]) -> tuple[int, ...]:
    """The parties that have not done a step yet; who withheld its secret has no strike."""
    done = {
        Step.COMMIT: [side.committed for side in sides],
        Step.REVEAL: [side.revealed or not side.committed for side in sides],
        Step.STRIKE: [side.struck or not side.revealed for side in sides],
    }
    return tuple(side.party for side, has in zip(sides, done.get(step, ()), strict=False) if not has)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One of the five drawn: whether it sits now, and whether a party struck it or it declined."""

    account: str
    seated: bool
    out: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """What the opener stated: the ruling that it asks for, and the salted digest of its reasons."""

    claimed: Ruling
    reason_digest: bytes
    at: int

    @classmethod
    def from_event(cls, event: Event) -> Self:
        """The event `DisputeOpened`."""
        values = event.arguments
        return cls(Ruling.from_event(values["claimed"]), values["reasonDigest"], event.time)


def panel_of(drawn: Sequence[str], seated: Sequence[bool], out: int) -> tuple[Drawn, ...]:
    """The drawn in order; empty before the draw, and when a regulator rules."""
    if not any(int(each, 16) for each in drawn):
        return ()
    return tuple(
        Drawn(account, sits, bool(out >> place & 1))
        for place, (account, sits) in enumerate(zip(drawn, seated, strict=True))
    )
