"""Tables of cases. `tests/vectors/insurance_cases.json` has 95 that were worked out apart from this project."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medunion.errors import InputError
from medunion.insurance.claims import preview
from medunion.insurance.plan import MAX_BANDS, MAX_LINES
from medunion.insurance.table import Case, Mismatch, as_expected, mismatches, parse_table, read_table
from medunion.settlement.money import MAX_AMOUNT

VECTORS = Path(__file__).parents[2] / "vectors" / "insurance_cases.json"
DAY = 46_350

CASE: dict[str, Any] = {
    "name": "one",
    "policies": [
        {
            "deductible": 100,
            "bands": [{"up_to": 1000, "pay_bps": 6000}, {"up_to": None, "pay_bps": 8000}],
            "annual_limit": 10_000,
            "out_of_pocket_max": None,
            "case_rate": None,
            "class_self_pay_bps": {"A": 0, "乙": 1000},
        }
    ],
    "start": [{"deductible_used": 0, "covered_used": 0, "out_of_pocket_used": 0, "paid": 0}],
    "claims": [
        {
            "lines": [{"billed": 1000, "class": "乙", "allowed": [900]}],
            "expect": {
                "policies": [
                    {
                        "policy": 0,
                        "lines": [{"eligible": 900, "self_pay": 90, "deductible": 100, "paid": 426}],
                        "paid": 426,
                    }
                ],
                "patient": [574],
                "accumulators": [{"deductible_used": 100, "covered_used": 710, "out_of_pocket_used": 384, "paid": 426}],
            },
        }
    ],
}

AFTER = CASE["claims"][0]["expect"]["accumulators"][0]


def changed(change: Callable[[dict[str, Any]], object]) -> list[dict[str, Any]]:
    case = copy.deepcopy(CASE)
    change(case)
    return [case]


def compare(cases: tuple[Case, ...]) -> list[Mismatch]:
    """Where the preview differs from what the cases expect."""
    return [
        each for case in cases
        for at, result in enumerate(preview(case.series(DAY)))
        for each in mismatches(case, at, as_expected(result))
    ]  # fmt: skip


class TestOracle:
    def test_all_cases_match_in_the_preview(self) -> None:
        cases = read_table(VECTORS).cases
        assert (len(cases), sum(len(case.claims) for case in cases)) == (95, 204)
        assert compare(cases) == []


class TestCompare:
    def test_a_case_by_hand_matches(self) -> None:
        assert compare(parse_table([CASE]).cases) == []

    @pytest.mark.parametrize(
        ("change", "place", "expected", "found"),
        [
            (lambda e: e["policies"][0]["lines"][0].update(paid=425), "policies[0].lines[0].paid", 425, 426),
            (lambda e: e["policies"][0].update(paid=1), "policies[0].paid", 1, 426),
            (lambda e: e["policies"][0].pop("policy"), "policies[0].policy", None, 0),
            (lambda e: e["policies"][0].update(more=7), "policies[0].more", 7, None),
            (lambda e: e.update(more=7), "more", 7, None),
            (lambda e: e["patient"].append(3), "patient[1]", 3, None),
            (lambda e: e.update(accumulators=[]), "accumulators[0]", None, AFTER),
        ],
    )  # fmt: skip
    def test_what_differs_is_named_by_key(
        self, change: Callable[[dict[str, Any]], object], place: str, expected: object, found: object
    ) -> None:
        cases = parse_table(
            [CASE, *changed(lambda case: (case.update(name="two"), change(case["claims"][0]["expect"])))]
        ).cases
        assert [each.as_dict() for each in compare(cases)] == [
            {"index": 1, "case": "two", "claim": 0, "place": place, "expected": expected, "found": found}
        ]


class TestNotes:
    def test_cases_claims_and_lines_carry_notes(self) -> None:
        def noted(case: dict[str, Any]) -> None:
            for each in (case, case["claims"][0], _line(case)):
                each.update(note="by hand", seed=7)

        table = parse_table(changed(noted))
        assert table.unread == ()
        assert compare(table.cases) == []

    def test_a_case_without_policies_is_the_patients(self) -> None:
        def alone(case: dict[str, Any]) -> None:
            _line(case).update(allowed=[])
            case.update(policies=[], start=[])
            case["claims"][0]["expect"] = {"policies": [], "patient": [1000], "accumulators": []}

        assert compare(parse_table(changed(alone)).cases) == []


def _policy(case: dict[str, Any]) -> dict[str, Any]:
    return case["policies"][0]  # type: ignore[no-any-return]


def _line(case: dict[str, Any]) -> dict[str, Any]:
    return case["claims"][0]["lines"][0]  # type: ignore[no-any-return]


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda c: _line(c).update(billed=-1), "case 'one' claims[0].lines[0].billed is negative"),
            (lambda c: _line(c).update(billed=1.5), "case 'one' claims[0].lines[0].billed is no whole number"),
            (lambda c: _line(c).update(billed=True), "case 'one' claims[0].lines[0].billed is no whole number"),
            (lambda c: _line(c).update(billed="5"), "case 'one' claims[0].lines[0].billed is no whole number"),
            (lambda c: _line(c).update(billed=MAX_AMOUNT + 1), "lines[0].billed is more than 281474976710655"),
            (lambda c: _line(c).update({"class": 1}), "case 'one' claims[0].lines[0].class is no text"),
            (lambda c: _line(c).update(allowed=[1, 2]), "lines[0].allowed has 2 items, not 1 to 1"),
            (lambda c: _line(c).update(allowed=[-1]), "lines[0].allowed[0] is negative"),
            (lambda c: _policy(c).update(copay=1), "policies[0].copay is unknown"),
            (lambda c: _line(c).pop("class"), "lines[0].class is missing"),
            (lambda c: c["claims"][0].update(lines=[]), "claims[0].lines has 0 items"),
            (lambda c: c["claims"][0].update(lines=[_line(c)] * (MAX_LINES + 1)), "lines has 41 items, not 1 to 40"),
            (lambda c: c["claims"][0]["expect"].update(patient=[1.5]), "expect.patient[0] is no whole number"),
            (lambda c: c["claims"][0]["expect"].pop("patient"), "claims[0].expect.patient is missing"),
            (lambda c: c.update(policies=[_policy(c)] * 5), "case 'one' policies has 5 items, not 0 to 4"),
            (lambda c: c.update(start=[]), "case 'one' start has 0 items, not 1 to 1"),
            (lambda c: c["start"][0].pop("paid"), "case 'one' start[0].paid is missing"),
            (lambda c: c.update(claims={}), "case 'one' claims is no list"),
            (lambda c: c.update(name=""), "cases[1].name is no text"),
            (lambda c: _policy(c).update(bands=[]), "policies[0].bands has 0 items"),
            (lambda c: _policy(c).update(bands=_policy(c)["bands"][1:] * (MAX_BANDS + 1)), "bands has 9 items"),
            (lambda c: _policy(c)["bands"].reverse(), "bands[0].up_to is null, but only the last"),
            (lambda c: _policy(c)["bands"][1].update(up_to=1000), "policies[0].bands[1].up_to is not above 1000"),
            (lambda c: _policy(c)["bands"][1].update(pay_bps=10_001), "bands[1].pay_bps is more than 10000"),
            (lambda c: _policy(c).update(deductible=None), "policies[0].deductible is no whole number"),
            (lambda c: _policy(c).update(case_rate=MAX_AMOUNT), "policies[0].case_rate is more than 281474976710654"),
            (lambda c: _policy(c)["class_self_pay_bps"].update(A=-5), "policies[0].class_self_pay_bps.A is negative"),
            (lambda c: _policy(c).update(class_self_pay_bps=dict.fromkeys("abcdefghijklmnopq", 0)), "has 17 classes"),
        ],
    )  # fmt: skip
    def test_a_flaw_is_named_by_its_place(self, change: Callable[[dict[str, Any]], object], message: str) -> None:
        case = {**CASE, "name": "another"}
        table = parse_table([case, *changed(change), case])
        assert [each.index for each in table.cases] == [0, 2]
        (unread,) = table.unread
        assert unread.index == 1
        assert message in unread.flaw.message
        assert unread.flaw.message.startswith(unread.flaw.details["field"])

    def test_two_policies_by_case_are_refused(self) -> None:
        case = changed(lambda c: _policy(c).update(case_rate=5))[0]
        case["policies"] *= 2
        (unread,) = parse_table([case]).unread
        assert unread.flaw.message == "case 'one' policies has more than one policy by case"

    @pytest.mark.parametrize("case", [1, None, [], {}, {"name": 7}, {"name": ""}])
    def test_a_case_without_a_name_goes_by_its_place(self, case: object) -> None:
        table = parse_table([CASE, case])
        assert [each.name for each in table.cases] == ["one"]
        assert [(each.index, each.name) for each in table.unread] == [(1, "cases[1]")]
        assert table.unread[0].flaw.message.startswith("cases[1]")

    def test_sums_that_no_contract_holds_are_refused(self) -> None:
        lines = [{"billed": MAX_AMOUNT, "class": "A", "allowed": [0]}] * 2
        cases = parse_table(changed(lambda c: c["claims"][0].update(lines=lines))).cases
        with pytest.raises(InputError, match=r"case 'one' claims\[0\] cannot be adjudicated: the lines' sum"):
            compare(cases)

    @pytest.mark.parametrize(
        "text", ["", "{", "[NaN]", "[1e400000", '{"a": 1, "a": 2}', "[" * 100_000, "[" + "9" * 5000 + "]"]
    )
    def test_what_is_no_json_is_refused(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "table.json"
        path.write_text(text)
        with pytest.raises(InputError, match="is no JSON"):
            read_table(path)

    def test_a_name_that_occurs_twice_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "table.json"
        path.write_text(json.dumps([CASE]).replace('"A": 0', '"A": 0, "A": 5'))
        with pytest.raises(InputError, match="the name 'A' occurs twice in an object of A, 乙"):
            read_table(path)

    def test_what_is_no_text_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "table.json"
        path.write_bytes(json.dumps([CASE]).encode("utf-16"))
        with pytest.raises(InputError, match="is no text in UTF-8: byte 0"):
            read_table(path)

    @pytest.mark.parametrize("document", [{}, [], None, 5])
    def test_what_is_no_table_is_refused(self, tmp_path: Path, document: object) -> None:
        path = tmp_path / "table.json"
        path.write_text(json.dumps(document))
        with pytest.raises(InputError, match="the table"):
            read_table(path)

    def test_fractions_are_refused_and_never_rounded(self, tmp_path: Path) -> None:
        path = tmp_path / "table.json"
        path.write_text(json.dumps([CASE]).replace('"billed": 1000', '"billed": 1000.0'))
        (unread,) = read_table(path).unread
        assert unread.flaw.message.endswith("billed is no whole number")

    def test_a_file_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="No such file"):
            read_table(tmp_path / "none.json")
