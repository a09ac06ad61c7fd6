"""The arithmetic of benefits without a chain: what each policy pays of a claim, and what remains for the patient.

Integers only: minor units, basis points. It was written from the rules, not from `contracts/libraries/Benefits.sol`;
tests compare the two on random claims.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from medunion.errors import InputError
from medunion.settlement.money import MAX_AMOUNT

from .fields import WHOLE_RATE
from .plan import MAX_LINES, MAX_POLICIES, Accumulators, PlanTerms


@dataclass(frozen=True)
class Cover:
    """How one policy takes one line: the class's name and the allowed amount."""

    class_name: str
    allowed: int


@dataclass(frozen=True)
class ClaimLine:
    """One line: its price, and how each policy takes it, in order of payment."""

    billed: int
    covers: tuple[Cover, ...]


@dataclass(frozen=True)
class LineResult:
    """What one policy makes of one line."""

    eligible: int
    self_pay: int
    deductible: int
    paid: int


@dataclass(frozen=True)
class PolicyResult:
    """What one policy pays. `lines` are by item; `paid` differs from their sum where the policy pays by case."""

    lines: tuple[LineResult, ...]
    paid: int
    accumulators: Accumulators


@dataclass(frozen=True)
class Adjudication:
    """A claim's result: the policies' in order of payment, and what remains of each line for the patient."""

    policies: tuple[PolicyResult, ...]
    patient: tuple[int, ...]

    @property
    def accumulators(self) -> tuple[Accumulators, ...]:
        """What the policies' periods have used after the claim."""
        return tuple(policy.accumulators for policy in self.policies)


def adjudicate(
    lines: Sequence[ClaimLine],
    policies: Sequence[PlanTerms],
    accumulators: Sequence[Accumulators],
    limits: Sequence[int | None] | None = None,
) -> Adjudication:
    """Adjudicates one claim of up to 40 lines by up to four policies in their order of payment.

    `limits` are what pools and other agreements' reservations leave each policy to pay (None: the annual limit alone).
    InputError for a claim that the contracts do not take: too many lines or policies, covers that do not fit the
    policies, two policies by case, or lines whose sum is above `MAX_AMOUNT`.
    """
    _require_claim(lines, policies, accumulators)
    remaining = [line.billed for line in lines]
    lefts = []
    results = []
    for index, (terms, used) in enumerate(zip(policies, accumulators, strict=True)):
        left = max(0, terms.annual_limit - used.paid)
        limit = limits[index] if limits is not None else None
        lefts.append(left if limit is None else min(left, limit))
        results.append(_by_item(remaining, [line.covers[index] for line in lines], terms, used, lefts[-1]))
    for index, terms in enumerate(policies):
        if terms.case_rate is not None:
            others = sum(result.paid for other, result in enumerate(results) if other != index)
            due = max(0, terms.case_rate - sum(remaining) - others)
            results[index] = _by_case(results[index], min(due, lefts[index]), accumulators[index])
    return Adjudication(tuple(map(_fitting, results)), tuple(remaining))


def reservation(lines: Sequence[ClaimLine], terms: PlanTerms, index: int, free: int) -> int:
    """What policy `index` reserves at acceptance; `free` is what its annual limit and other reservations leave."""
    if terms.case_rate is not None:
        return min(terms.case_rate, free)
    eligible = [(min(line.billed, line.covers[index].allowed), line.covers[index].class_name) for line in lines]
    return min(sum(amount - _self_pay(amount, name, terms) for amount, name in eligible), free)


def half_up(product: int) -> int:
    """An amount times basis points, in units, half up."""
    return (2 * product + WHOLE_RATE) // (2 * WHOLE_RATE)


def _require_claim(
    lines: Sequence[ClaimLine], policies: Sequence[PlanTerms], accumulators: Sequence[Accumulators]
) -> None:
    if not 1 <= len(lines) <= MAX_LINES:
        raise InputError(f"a claim has 1 to {MAX_LINES} lines, not {len(lines)}", field="lines")
    if len(policies) > MAX_POLICIES or len(policies) != len(accumulators):
        raise InputError(f"a claim has at most {MAX_POLICIES} policies, each with its accumulators", field="policies")
    if any(len(line.covers) != len(policies) for line in lines):
        raise InputError("every line has one cover for each policy", field="covers")
    if sum(terms.case_rate is not None for terms in policies) > 1:
        raise InputError("at most one policy of a claim pays by case", field="case_rate")
    if sum(line.billed for line in lines) > MAX_AMOUNT:
        raise InputError(f"the lines' sum is more than {MAX_AMOUNT}", field="billed")


def _by_item(
    remaining: list[int], covers: Sequence[Cover], terms: PlanTerms, used: Accumulators, left: int
) -> PolicyResult:
    """Runs a policy over the lines and takes what it pays from `remaining`."""
    results = []
    for position, cover in enumerate(covers):
        eligible = min(remaining[position], cover.allowed)
        self_pay = _self_pay(eligible, cover.class_name, terms)
        covered = eligible - self_pay
        deductible = min(covered, max(0, terms.deductible - used.deductible_used))
        rest = covered - deductible
        paid = min(_above_maximum(_banded(rest, terms, used), covered, terms, used), left)
        left -= paid
        remaining[position] -= paid
        used = Accumulators(
            used.deductible_used + deductible,
            used.covered_used + rest,
            used.out_of_pocket_used + covered - paid,
            used.paid + paid,
        )
        results.append(LineResult(eligible, self_pay, deductible, paid))
    return PolicyResult(tuple(results), sum(result.paid for result in results), used)


def _by_case(result: PolicyResult, paid: int, before: Accumulators) -> PolicyResult:
    """The same lines and accumulators, but for what is paid."""
    return replace(result, paid=paid, accumulators=replace(result.accumulators, paid=before.paid + paid))


def _fitting(result: PolicyResult) -> PolicyResult:
    """An accumulator stays at `MAX_AMOUNT` once it is there, as on the ledger."""
    used = (min(each, MAX_AMOUNT) for each in result.accumulators.as_tuple())
    return replace(result, accumulators=Accumulators(*used))


def _self_pay(eligible: int, name: str, terms: PlanTerms) -> int:
    return half_up(eligible * terms.self_pay_bps(name))


def _banded(rest: int, terms: PlanTerms, used: Accumulators) -> int:
    """What the bands pay of `rest`, which begins where the period's covered amounts end."""
    begin, end = used.covered_used, used.covered_used + rest
    product = 0
    low = 0
    for band in terms.bands:
        high = end if band.up_to is None else band.up_to
        product += max(0, min(end, high) - max(begin, low)) * band.pay_bps
        low = high
    return half_up(product)


def _above_maximum(paid: int, covered: int, terms: PlanTerms, used: Accumulators) -> int:
    """Adds what would take the period's own part above the out-of-pocket maximum, never more than this line's."""
    if terms.out_of_pocket_max is None:
        return paid
    share = covered - paid
    return paid + min(share, max(0, used.out_of_pocket_used + share - terms.out_of_pocket_max))
