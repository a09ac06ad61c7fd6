"""docs/insurance.md: its figures recomputed, its columns, times and codes those of the code."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from medunion.insurance.benefit import Adjudication, ClaimLine, Cover, adjudicate
from medunion.insurance.plan import Accumulators, PlanTerms
from medunion.insurance.table import as_expected, mismatches, parse_table
from medunion.settlement import fhir_codes
from medunion.settlement.instruction import COLUMNS
from medunion.settlement.money import parse, show

PAGE = (Path(__file__).parents[3] / "docs" / "insurance.md").read_text(encoding="utf-8")
FLAT = " ".join(PAGE.split())


def table() -> list[Any]:
    """The example's table, the last JSON of the page."""
    found: list[Any] = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[-1])
    return found


def computed(policies: list[dict[str, Any]], start: list[dict[str, int]], lines: list[dict[str, Any]]) -> Adjudication:
    return adjudicate(
        [ClaimLine(each["billed"], tuple(Cover(each["class"], one) for one in each["allowed"])) for each in lines],
        [PlanTerms.read(each) for each in policies],
        [Accumulators.read(each) for each in start],
    )


def rows(*names: str) -> list[list[str]]:
    """Rows of the page's tables whose first cell is one of these."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line[:1] == "|"]
    return [row for row in cells if row[0] in names]


class TestExample:
    def test_the_table_for_insurance_check_expects_what_comes_out(self) -> None:
        (case,), (raw,) = parse_table(table()).cases, table()
        result = computed(raw["policies"], raw["start"], raw["claims"][0]["lines"])
        assert mismatches(case, 0, as_expected(result)) == []

    def test_every_row_is_what_the_arithmetic_says(self) -> None:
        (raw,) = table()
        lines = raw["claims"][0]["lines"]
        result = computed(raw["policies"], raw["start"], lines)
        remaining = [each["billed"] for each in lines]
        expected = []
        for name, policy in zip(("Basic", "Extra"), result.policies, strict=True):
            for number, line in enumerate(policy.lines):
                before, covered = remaining[number], line.eligible - line.self_pay
                remaining[number] -= line.paid
                amounts = (
                    before, line.eligible, line.self_pay, covered, line.deductible, line.paid, remaining[number],
                )  # fmt: skip
                expected.append([name, str(number + 1), *map(show, amounts)])
        assert rows("Basic", "Extra") == expected

    def test_the_sums_and_what_the_patient_owes(self) -> None:
        (raw,) = table()
        result = computed(raw["policies"], raw["start"], raw["claims"][0]["lines"])
        share, most, deposit = sum(result.patient), parse("550.00"), parse("300.00")
        basic, extra = (policy.paid for policy in result.policies)
        assert f"Basic pays {show(basic)}, Extra {show(extra)}, and {show(share)} remain." in FLAT
        assert f"{show(deposit)} from the deposit, {show(most - deposit)} as a receivable;" in FLAT
        assert f"{show(share - most)} is written off" in FLAT

    def test_by_case(self) -> None:
        (raw,) = table()
        by_case, extra = {**raw["policies"][0], "case_rate": parse("1500.00")}, raw["policies"][1]
        result = computed([by_case, extra], raw["start"], raw["claims"][0]["lines"])
        first, second = (policy.paid for policy in result.policies)
        assert f"Basic pays 1,500.00 - {show(sum(result.patient))} - {show(second)} = {show(first)}, and" in FLAT
        assert first + second + sum(result.patient) == parse("1500.00")
        assert sum(line["billed"] for line in raw["claims"][0]["lines"]) == parse("1700.00")

    def test_the_out_of_pocket_maximum(self) -> None:
        (raw,) = table()
        terms = {**raw["policies"][0], "deductible": 0, "out_of_pocket_max": parse("2000.00")}
        used = {"deductible_used": 0, "covered_used": 450_000, "out_of_pocket_used": parse("1980.00"), "paid": 0}
        result = computed([terms], [used], [{"billed": 10_000, "class": "A", "allowed": [10_000]}])
        assert result.policies[0].paid == parse("80.00")
        assert "40.00 would remain and only 20.00 may; the policy pays 80.00" in FLAT


class TestTables:
    def test_the_columns_of_an_instruction(self) -> None:
        cells = [row[0] for row in rows(*(row for row in re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)))]
        named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
        assert tuple(named) == COLUMNS

    @pytest.mark.parametrize(
        ("name", "row"),
        [
            ("submitted", "billed"), ("eligible", "eligible"), ("selfPay", "self-pay (先行自付)"),
            ("deductible", "deductible"), ("coinsurance", "what else of the covered amount the policy leaves"),
            ("benefit", "paid"), ("adjudicated", "to be paid when it was filed (total only)"),
        ],
    )  # fmt: skip
    def test_the_codes_of_an_adjudication(self, name: str, row: str) -> None:
        (cells,) = [found for found in rows(row) if len(found) == 3]
        shown = re.findall(r"`([\w-]+)`", " ".join(cells[1:]))
        codings = {each["code"] for each in fhir_codes.category(name)["coding"]}
        assert set(shown) == codings
