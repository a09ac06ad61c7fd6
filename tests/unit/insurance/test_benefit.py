"""The preview: properties of any claim, refusals, reservations. The oracle of its figures is in test_table.py."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.errors import InputError
from medunion.insurance.benefit import ClaimLine, Cover, adjudicate, half_up, reservation
from medunion.insurance.plan import Accumulators, Band, PlanTerms
from medunion.settlement.money import MAX_AMOUNT
from tests.integration.insurance.random_claims import claim

PLAN = PlanTerms(0, (Band(None, 8000),), MAX_AMOUNT, None, None, {"A": 0, "B": 1000})
BY_CASE = PlanTerms(0, (Band(None, 8000),), MAX_AMOUNT, None, 5000, {"A": 0})


def line(billed: int, *allowed: int, name: str = "A") -> ClaimLine:
    return ClaimLine(billed, tuple(Cover(name, each) for each in allowed))


class TestAdjudicate:
    @given(st.integers(0, 2**32))
    def test_payments_and_patient_are_the_bill_and_nothing_is_negative(self, seed: int) -> None:
        random_claim = claim(random.Random(seed))
        result = adjudicate(random_claim.lines, random_claim.policies, random_claim.used, random_claim.lefts)
        for index, each in enumerate(random_claim.lines):
            paid = [policy.lines[index].paid for policy in result.policies]
            assert sum(paid) + result.patient[index] == each.billed
            assert min(*paid, result.patient[index], 0) == 0
        for policy, terms, left in zip(result.policies, random_claim.policies, random_claim.lefts, strict=True):
            assert 0 <= policy.paid <= left
            if terms.case_rate is None:
                assert policy.paid == sum(figures.paid for figures in policy.lines)

    def test_a_limit_from_outside_counts_beside_the_annual_one(self) -> None:
        paid = [
            adjudicate([line(1000, 1000)], [PLAN], [Accumulators()], [limit]).policies[0].paid
            for limit in (None, 300, 9000)
        ]
        assert paid == [800, 300, 800]

    def test_accumulators_above_the_limits_leave_nothing(self) -> None:
        plan = PlanTerms(100, (Band(None, 8000),), 500, None, None, {"A": 0})
        used = Accumulators(deductible_used=200, paid=600)
        assert adjudicate([line(1000, 1000)], [plan], [used]).policies[0].paid == 0

    @pytest.mark.parametrize(
        ("lines", "policies", "field"),
        [
            ([], [PLAN], "lines"),
            ([line(1, 1)] * 41, [PLAN], "lines"),
            ([line(1, 1)], [PLAN] * 5, "policies"),
            ([line(1)], [PLAN], "covers"),
            ([line(1, 1, 1)], [BY_CASE] * 2, "case_rate"),
            ([line(MAX_AMOUNT, 1)] * 2, [PLAN], "billed"),
        ],
    )
    def test_what_no_contract_takes_is_refused(
        self, lines: list[ClaimLine], policies: list[PlanTerms], field: str
    ) -> None:
        with pytest.raises(InputError) as refused:
            adjudicate(lines, policies, [Accumulators()] * len(policies))
        assert refused.value.details["field"] == field

    def test_an_accumulator_stays_at_the_most_that_the_ledger_holds(self) -> None:
        before = Accumulators(covered_used=MAX_AMOUNT - 9, out_of_pocket_used=MAX_AMOUNT - 1)
        result = adjudicate([line(10, 10)] * 2, [PLAN], [before])
        assert [each.paid for each in result.policies[0].lines] == [8, 8]
        assert result.accumulators == (Accumulators(0, MAX_AMOUNT, MAX_AMOUNT, 16),)


class TestReservation:
    def test_it_is_what_no_rule_exceeds_or_what_is_free(self) -> None:
        lines = [line(1000, 600, name="B"), line(50, 900)]
        assert reservation(lines, PLAN, 0, 10_000) == 540 + 50
        assert reservation(lines, PLAN, 0, 100) == 100

    def test_by_case_it_is_the_rate_or_what_is_free(self) -> None:
        assert reservation([line(1, 1)], BY_CASE, 0, 10_000) == 5000
        assert reservation([line(1, 1)], BY_CASE, 0, 10) == 10


class TestPlanTerms:
    def test_a_document_is_read_back(self) -> None:
        terms = PlanTerms(5, (Band(100, 6000), Band(None, 8000)), 900, 50, None, {"甲": 0, "乙": 1000})
        assert PlanTerms.read(terms.as_dict()) == terms
        assert terms.benefit() == (5, 900, 50, MAX_AMOUNT)
        assert terms.ledger_bands() == [(100, 6000), (MAX_AMOUNT, 8000)]

    def test_classes_have_their_place_in_the_plan(self) -> None:
        assert [PLAN.class_index(name) for name in ("A", "B", "C")] == [0, 1, 255]
        assert [PLAN.self_pay_bps(name) for name in ("A", "B", "C")] == [0, 1000, 10_000]

    def test_accumulators_are_read_by_name(self) -> None:
        used = Accumulators.read({"deductible_used": 1, "covered_used": 2, "out_of_pocket_used": 3, "paid": 4})
        assert used.as_tuple() == (1, 2, 3, 4)


@pytest.mark.parametrize(("product", "units"), [(0, 0), (4999, 0), (5000, 1), (14_999, 1), (15_000, 2)])
def test_half_up(product: int, units: int) -> None:
    assert half_up(product) == units
