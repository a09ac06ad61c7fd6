"""Plan terms out of one explanation of benefits: what it shows, and nothing that it does not show.

An explanation shows a deductible, one rate of payment and one self-pay; it shows no annual limit, no out-of-pocket
maximum and no second band, so the terms have none.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from medunion.insurance.fields import WHOLE_RATE
from medunion.insurance.plan import Band, PlanTerms
from medunion.settlement.money import MAX_AMOUNT

from .reading import ExplainedLine, Explanation, UnreadItem

CLASS: Final = "covered"
"""The one class of an inferred plan."""

_NOISE: Final = Decimal("0.1")
"""Of a product of units and basis points, from amounts with eight decimals."""
_ROUND: Final = (1_000, 500, 100, 50, 25, 10, 5, 1)


def shows_terms(explanation: Explanation) -> bool:
    """Whether terms can be told from it: something was allowed."""
    return any(line.allowed > 0 for line in explanation.lines)


def currency_of(explanation: Explanation) -> str:
    """The currency that its first line names; empty where none does."""
    return next((line.currency for line in explanation.lines if line.currency), "")


def within(explanation: Explanation, currency: str) -> Explanation:
    """Its lines in a plan's currency; the others are among its unread items."""
    fits = [not currency or line.currency in ("", currency) for line in explanation.lines]
    kept = tuple(line for line, here in zip(explanation.lines, fits, strict=True) if here)
    others = tuple(
        UnreadItem(explanation.eob, line.item, f"is in {line.currency}, the first of its payer and year in {currency}")
        for line, here in zip(explanation.lines, fits, strict=True)
        if not here
    )
    return replace(explanation, lines=kept, unread=explanation.unread + others)


def infer(lines: Sequence[ExplainedLine]) -> PlanTerms:
    """The terms that a payer's first explanation of a year shows."""
    return PlanTerms(
        deductible=units(sum((line.deductible or Decimal(0) for line in lines), Decimal(0))),
        bands=(Band(None, _pay_bps(lines)),),
        annual_limit=MAX_AMOUNT,
        out_of_pocket_max=None,
        case_rate=None,
        class_self_pay_bps={CLASS: _self_pay_bps(lines)},
    )


def units(amount: Decimal) -> int:
    """Whole minor units, half up."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def eligible(line: ExplainedLine) -> Decimal:
    """What of the price is allowed."""
    return min(line.submitted, line.allowed)


def self_pay(line: ExplainedLine) -> Decimal:
    """What neither deductible, coinsurance nor payment explain; nothing where no coinsurance is stated."""
    if line.coinsurance is None:
        return Decimal(0)
    return max(Decimal(0), eligible(line) - (line.deductible or 0) - line.coinsurance - line.paid)


def _self_pay_bps(lines: Sequence[ExplainedLine]) -> int:
    return _rate([(eligible(line), self_pay(line)) for line in lines])


def _pay_bps(lines: Sequence[ExplainedLine]) -> int:
    return _rate([(eligible(line) - self_pay(line) - (line.deductible or 0), line.paid) for line in lines])


def _rate(parts: Sequence[tuple[Decimal, Decimal]]) -> int:
    """The rate that makes each second amount of the first, the roundest where several do; else the nearest to them all.

    Seconds with fractions of a unit were never rounded, so that they tell the rate alone.
    """
    shown = [(whole, part) for whole, part in parts if units(whole) > 0]
    total = sum((whole for whole, _ in shown), Decimal(0))
    in_all = sum((part for _, part in parts), Decimal(0))
    nearest = min(WHOLE_RATE, units(in_all * WHOLE_RATE / total)) if total else 0
    exact = all(abs(whole * nearest - part * WHOLE_RATE) < _NOISE for whole, part in shown)
    if exact and any(part % 1 for _, part in shown):
        return nearest
    low, high = 0, WHOLE_RATE
    for whole, part in ((units(whole), units(part)) for whole, part in shown):
        # half_up(whole * rate / WHOLE_RATE) = part
        low = max(low, -((WHOLE_RATE - 2 * part * WHOLE_RATE) // (2 * whole)))
        high = min(high, (2 * part * WHOLE_RATE + WHOLE_RATE - 1) // (2 * whole))
    if low > high or low <= nearest <= high and nearest % _ROUND[0] == 0:
        return nearest
    step = next(step for step in _ROUND if low <= high // step * step)
    candidates = range(-(-low // step) * step, high + 1, step)
    return min(candidates, key=lambda rate: abs(rate - nearest))
