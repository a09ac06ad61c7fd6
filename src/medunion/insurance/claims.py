"""Claims as a runner takes them: what a table or a folder of explanations of benefits comes down to.

A runner is the preview here, or one that files the claims on a chain and reads back what the contracts made of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from medunion.errors import InputError

from .benefit import Adjudication, ClaimLine, adjudicate
from .fields import refuse
from .plan import Accumulators, PlanTerms


@dataclass(frozen=True)
class FiledClaim:
    """One claim: its lines, each with a cover for each policy, and its day (days since 1900-01-01)."""

    lines: tuple[ClaimLine, ...]
    service_day: int


@dataclass(frozen=True)
class Series:
    """Consecutive claims of one patient within one period of the same policies, in order of payment.

    `start` are the policies' accumulators before the first claim. `name` tells it from others in messages.
    """

    name: str
    policies: tuple[PlanTerms, ...]
    start: tuple[Accumulators, ...]
    claims: tuple[FiledClaim, ...]


Runner = Callable[[Series], Iterable[Adjudication]]
"""What each claim of a series comes to, one after the other."""


def preview(series: Series) -> Iterator[Adjudication]:
    """The runner without a chain. InputError naming the claim that cannot be adjudicated."""
    used: Sequence[Accumulators] = series.start
    for index, claim in enumerate(series.claims):
        try:
            result = adjudicate(claim.lines, series.policies, used)
        except InputError as error:
            refuse(f"{series.name} claims[{index}]", f"cannot be adjudicated: {error.message}")
        used = result.accumulators
        yield result
