"""Random claims that reach every rule: amounts of all sizes, limits inside a line, edges of bands, classes unknown."""

import random
from collections import Counter
from dataclasses import dataclass

from medunion.insurance.benefit import Adjudication, ClaimLine, Cover
from medunion.insurance.plan import MAX_LINES, MAX_POLICIES, Accumulators, Band, PlanTerms
from medunion.settlement.money import MAX_AMOUNT

CLASSES = ("A", "B", "C", "丁", "五", "other")
RATES = (0, 1, 500, 1000, 3333, 5000, 6000, 8000, 9999, 10_000)


@dataclass(frozen=True)
class RandomClaim:
    """A claim, its policies, what they used before, and what pools and other reservations leave them."""

    lines: tuple[ClaimLine, ...]
    policies: tuple[PlanTerms, ...]
    used: tuple[Accumulators, ...]
    lefts: tuple[int, ...]


def claim(source: random.Random) -> RandomClaim:
    """One claim. Its sum stays below 2^48, as an agreement's price does."""
    many = source.random() < 0.05
    count = MAX_LINES if many else source.choice((1, 1, 2, 3, 3, 5, 8))
    largest = MAX_AMOUNT // count if source.random() < 0.1 else source.choice((3, 100, 20_000, 2_000_000))
    policies = source.choice((1, 1, 1, 2, 3, MAX_POLICIES))
    by_case = source.randrange(policies) if source.random() < 0.2 else None
    scale = largest * count
    terms = tuple(_terms(source, scale, index == by_case) for index in range(policies))
    used = tuple(_used(source, each, scale) for each in terms)
    lefts = tuple(
        min(
            max(0, each.annual_limit - before.paid),
            source.choice((MAX_AMOUNT, MAX_AMOUNT, MAX_AMOUNT, source.randint(0, scale))),
        )
        for each, before in zip(terms, used, strict=True)
    )
    return RandomClaim(tuple(_line(source, largest, policies) for _ in range(count)), terms, used, lefts)


def _line(source: random.Random, largest: int, policies: int) -> ClaimLine:
    billed = source.choice((0, 1, largest, source.randint(0, largest), source.randint(0, largest)))
    allowed = (source.choice((billed, billed, 0, largest, source.randint(0, largest))) for _ in range(policies))
    return ClaimLine(billed, tuple(Cover(source.choice(CLASSES), each) for each in allowed))


def _terms(source: random.Random, scale: int, by_case: bool) -> PlanTerms:
    def amount() -> int:
        return min(
            source.choice((0, 1, source.randint(0, max(1, scale // 8)), source.randint(0, scale))), MAX_AMOUNT - 1
        )

    uppers = sorted({max(1, amount()) for _ in range(source.choice((0, 0, 1, 2, 7)))})
    open_end = [] if uppers and source.random() < 0.3 else [None]
    bands = tuple(Band(upper, source.choice(RATES)) for upper in [*uppers, *open_end])
    known = source.sample(CLASSES, source.randint(0, len(CLASSES)))
    return PlanTerms(
        deductible=source.choice((0, amount())),
        bands=bands,
        annual_limit=source.choice((MAX_AMOUNT, MAX_AMOUNT, amount())),
        out_of_pocket_max=source.choice((None, amount())),
        case_rate=min(source.randint(0, 2 * scale), MAX_AMOUNT - 1) if by_case else None,
        class_self_pay_bps={name: source.choice(RATES) for name in known},
    )


def _used(source: random.Random, terms: PlanTerms, scale: int) -> Accumulators:
    """Often just below, at or above an edge of the plan. What a claim adds still fits 48 bits."""
    if source.random() < 0.3:
        return Accumulators()
    most = MAX_AMOUNT - scale
    edges = [
        terms.deductible,
        terms.annual_limit,
        terms.out_of_pocket_max or 0,
        *(band.up_to or 0 for band in terms.bands),
    ]
    values = (source.choice(edges) + source.choice((-1, 0, 0, 1, -(scale // 4))) for _ in range(4))
    return Accumulators(*(min(most, max(0, value)) for value in values))


def rules_reached(given: RandomClaim, result: Adjudication) -> Counter[str]:
    """Which rules a claim came upon."""
    found: Counter[str] = Counter()
    found["40 lines"] = len(given.lines) == MAX_LINES
    found["4 policies"] = len(given.policies) == MAX_POLICIES
    found["amounts above 2^40"] = any(line.billed > 2**40 for line in given.lines)
    for index, (terms, policy) in enumerate(zip(given.policies, result.policies, strict=True)):
        before = given.used[index]
        covered = policy.accumulators.covered_used
        found["by case"] += terms.case_rate is not None
        found["a case that pays nothing"] += terms.case_rate is not None and policy.paid == 0
        found["a case above the bill"] += policy.paid > sum(line.billed for line in given.lines)
        found["a limit inside a line"] += 0 < given.lefts[index] == sum(line.paid for line in policy.lines)
        found["no limit left"] += given.lefts[index] == 0
        found["an out-of-pocket maximum reached"] += (
            before.out_of_pocket_used < policy.accumulators.out_of_pocket_used == terms.out_of_pocket_max
        )
        found["an edge between bands"] += any(before.covered_used < (band.up_to or 0) < covered for band in terms.bands)
        found["covered beyond the last band"] += (terms.bands[-1].up_to or MAX_AMOUNT) < covered
        for line, figures in zip(given.lines, policy.lines, strict=True):
            name = line.covers[index].class_name
            found["an unknown class"] += name not in terms.class_self_pay_bps
            found["a class paid in part"] += 0 < figures.self_pay < figures.eligible
            found["a price above the allowed amount"] += line.billed > line.covers[index].allowed
            found["a deductible inside a line"] += 0 < figures.deductible < figures.eligible - figures.self_pay
            found["a zero line"] += line.billed == 0
    return found
