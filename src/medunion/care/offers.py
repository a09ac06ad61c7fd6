"""An agreement as the ledger shows it: what was offered, where it stands, and what that means at a moment.

Source of the rules: `contracts/interfaces/ICareAgreements.sol`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self

from medunion.care.terms import (
    Cover,
    Line,
    Terms,
    agreement_id,
    begin_of,
    complete_until,
    covers_from_event,
    lines_from_event,
    require_lines,
)


class State(IntEnum):
    """Where an agreement stands, as `AgreementState` numbers it."""

    NONE = 0
    OFFERED = 1
    ACCEPTED = 2
    COMPLETED = 3
    SETTLED = 4
    DECLINED = 5
    WITHDRAWN = 6
    CANCELLED = 7
    EXPIRED = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """Terms with their lines and covers; InputError (details: field) when these are others than the terms name."""

    terms: Terms
    lines: tuple[Line, ...]
    covers: tuple[Cover, ...]

    def __post_init__(self) -> None:
        require_lines(self.terms, self.lines, self.covers)

    @property
    def id(self) -> bytes:
        """The agreement's id, and its claim's."""
        return agreement_id(self.terms)

    @property
    def categories(self) -> int:
        """The categories of the lines, as a mask: what the insurers must be able to read."""
        mask = 0
        for line in self.lines:
            mask |= line.category.bit
        return mask

    def covers_of(self, position: int) -> tuple[Cover, ...]:
        """How the policy at a position takes each line."""
        return self.covers[position :: len(self.terms.policies)]

    def as_arguments(self) -> tuple[Any, ...]:
        """Terms, lines and covers, with which every step that needs lines begins."""
        lines = tuple(line.as_arguments() for line in self.lines)
        return self.terms.as_arguments(), lines, tuple(cover.as_arguments() for cover in self.covers)

    @classmethod
    def from_event(cls, arguments: Mapping[str, Any]) -> Self:
        """The offer in the arguments of `AgreementOffered`."""
        return cls(
            Terms.from_event(arguments["terms"]),
            lines_from_event(arguments["lines"]),
            covers_from_event(arguments["covers"]),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger stores: `deposit` is held now, `reserved` is what each policy holds ready; times in seconds."""

    state: State
    offered_at: int
    accepted_at: int
    payer: str
    deposit: int
    reserved: tuple[int, ...]

    @classmethod
    def from_call(cls, values: Mapping[str, Any]) -> Self:
        """The answer of `agreementOf`."""
        return cls(
            State(values["state"]),
            values["offeredAt"],
            values["acceptedAt"],
            values["payer"],
            values["deposit"],
            tuple(values["reserved"][: values["policies"]]),
        )


@dataclass(frozen=True, slots=True)
class Agreement:
    """An offer and where it stands."""

    offer: Offer
    standing: Standing

    @property
    def id(self) -> bytes:
        """Its id."""
        return self.offer.id

    @property
    def terms(self) -> Terms:
        """Its terms."""
        return self.offer.terms

    @property
    def ends_at(self) -> int:
        """The last second in which an offer is accepted, or an accepted agreement completed; 0 for all others."""
        if self.standing.state is State.OFFERED:
            return self.terms.accept_until
        if self.standing.state is State.ACCEPTED:
            return complete_until(self.terms.service_until, self.standing.accepted_at)
        return 0

    @property
    def is_open(self) -> bool:
        """Whether the ledger waits for an acceptance or a completion."""
        return self.standing.state in (State.OFFERED, State.ACCEPTED)

    def state_at(self, second: int) -> State:
        """Where it stands then: EXPIRED from the second after its time on, whether or not anybody has said so."""
        return State.EXPIRED if self.may_expire(second) else self.standing.state

    def may_expire(self, second: int) -> bool:
        """Whether anybody may end it then (`expire`): its time is over, and the ledger still waits."""
        return bool(self.ends_at) and second > self.ends_at

    def may_cancel(self, second: int) -> bool:
        """Whether the patient may still end it: an offer always, an accepted one before its first service day."""
        state = self.standing.state
        return state is State.OFFERED or (state is State.ACCEPTED and second < begin_of(self.terms.service_from))

    def may_release(self, second: int) -> bool:
        """Whether anybody may free what policies hold ready: it was to be held until `reserved_until`."""
        waiting = self.standing.state is State.ACCEPTED and any(self.standing.reserved)
        return waiting and second > self.terms.reserved_until
