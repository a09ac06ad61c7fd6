"""Strategies and samples for the tests of claims."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from medunion.care.documents import to_text
from medunion.care.templates import Code
from medunion.fhir import parse_resource
from medunion.fhir.validator import validate
from medunion.settlement.claim import (
    Claim,
    ClaimLine,
    ClaimType,
    Contest,
    Insurance,
    LineAdjudication,
    Outcome,
    PolicyAdjudication,
    Use,
)
from medunion.settlement.fhir_benefit import Balance, Explanation
from medunion.settlement.fhir_response import Response
from medunion.settlement.money import MAX_AMOUNT
from medunion.vocabulary import Category

amounts = st.integers(0, 10**9) | st.integers(0, MAX_AMOUNT // 64)
digests = st.binary(min_size=32, max_size=32)
members = st.integers(1, 2**32 - 1)
times = st.integers(0, 4_000_000_000)
days = st.integers(1, 60_000)
texts = st.text("abcÄ检查 <&", min_size=1, max_size=12).filter(lambda text: text.strip() == text)
code_values = st.text("0123456789-", min_size=1, max_size=9)
currencies = st.sampled_from(["CNY", "USD"])
coded = st.builds(
    Code, st.sampled_from(["http://snomed.info/sct", "http://loinc.org"]), code_values, st.just("") | texts
)


def exchanged(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource as its receiver has it: valid R4, numbers with decimals exact."""
    text = to_text(resource)
    validate(parse_resource(text.encode()).resource)
    found: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return found


@st.composite
def claim_lines(draw: st.DrawFn) -> ClaimLine:
    evidence = draw(st.just(b"") | st.sampled_from([bytes([number]) * 32 for number in (1, 2, 3)]))
    return ClaimLine(draw(coded), draw(st.integers(1, 99)), draw(amounts), draw(st.sampled_from(Category)), evidence)


@st.composite
def claims(draw: st.DrawFn, least_policies: int = 0) -> Claim:
    first = draw(days)
    policies = st.lists(st.builds(Insurance, digests, members), min_size=least_policies, max_size=4, unique=True)
    return Claim(
        id=draw(digests),
        use=draw(st.sampled_from(Use)),
        type=draw(st.sampled_from(ClaimType)),
        patient=draw(digests),
        provider=draw(members),
        created=draw(times),
        insurances=tuple(draw(policies)),
        lines=tuple(draw(st.lists(claim_lines(), min_size=1, max_size=5))),
        first_day=first,
        last_day=first + draw(st.integers(0, 30)),
        currency=draw(currencies),
    )


@st.composite
def line_adjudications(draw: st.DrawFn) -> LineAdjudication:
    eligible = draw(amounts)
    self_pay = draw(st.integers(0, eligible))
    covered = eligible - self_pay
    # Where an out-of-pocket maximum is reached, a policy pays of the deductible too.
    return LineAdjudication(
        draw(st.integers(0, 255)),
        draw(amounts),
        eligible,
        self_pay,
        draw(st.integers(0, covered)),
        draw(st.integers(0, covered)),
    )


contests = st.builds(Contest, st.integers(0, 31), digests, times)


@st.composite
def adjudications(draw: st.DrawFn, insurance: Insurance, lines: int) -> PolicyAdjudication:
    outcome = draw(st.sampled_from(Outcome))
    return PolicyAdjudication(
        insurance,
        tuple(draw(st.lists(line_adjudications(), min_size=lines, max_size=lines))),
        draw(amounts),
        draw(amounts),
        outcome,
        draw(contests) if outcome is Outcome.ERROR else None,
    )


@st.composite
def responses(draw: st.DrawFn) -> Response:
    billed = tuple(draw(st.lists(amounts, min_size=1, max_size=5)))
    return Response(
        claim=draw(digests),
        use=draw(st.sampled_from(Use)),
        type=draw(st.sampled_from(ClaimType)),
        patient=draw(digests),
        provider=draw(members),
        created=draw(times),
        sequence=draw(st.integers(1, 4)),
        billed=billed,
        adjudication=draw(adjudications(Insurance(draw(digests), draw(members)), len(billed))),
        currency=draw(currencies),
        reversed=draw(st.booleans()),
    )


@st.composite
def explanations(draw: st.DrawFn) -> Explanation:
    claim = draw(claims(least_policies=1))
    insurance = draw(st.sampled_from(claim.insurances))
    balance = st.builds(
        Balance, st.sampled_from(["deductible", "benefit", "copay-maximum"]), st.none() | amounts, amounts
    )
    return Explanation(
        claim,
        draw(times),
        draw(adjudications(insurance, len(claim.lines))),
        tuple(draw(st.lists(balance, min_size=1, max_size=3))),
        draw(st.booleans()),
    )
