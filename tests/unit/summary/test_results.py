"""Observations: grouping by code, latest value, ranges, interpretations, trends of equal units."""

import re
from typing import Any

import pytest

from medunion.summary import Item
from medunion.summary.charts import Line, Mark, draw
from medunion.summary.document import Section

from ..fhir.builders import OBSERVATION_CATEGORY, coded, condition, observation, patient
from .pages import items, page, rows, section, titled

LAB = {"category": [coded(OBSERVATION_CATEGORY, "laboratory")]}
VITAL = {"category": [coded(OBSERVATION_CATEGORY, "vital-signs")]}
SODIUM = {"coding": [{"system": "http://loinc.org", "code": "2951-2", "display": "Sodium"}]}


def sodium(name: str, value: float | str, day: str, unit: str = "mmol/L", **more: Any) -> dict[str, Any]:
    quantity = {"value": value, "unit": unit}
    return observation(name, valueQuantity=quantity, effectiveDateTime=day, **{"code": SODIUM, **LAB, **more})


def limits(low: float, high: float, unit: str = "mmol/L") -> dict[str, Any]:
    return {"referenceRange": [{"low": {"value": low, "unit": unit}, "high": {"value": high, "unit": unit}}]}


def laboratory(*resources: dict[str, Any], **more: Any) -> Section:
    return section(items(patient(), *resources, **more), "laboratory")


class TestLatest:
    def test_one_line_a_code_with_the_value_before(self) -> None:
        part = laboratory(
            sodium("a", 139.0, "2023-01-05"), sodium("b", 141.5, "2024-03-04"), sodium("c", 140, "2022-01-01")
        )
        assert rows(part.tables[0]) == [
            {"Test": "Sodium", "Latest value": "141.5 mmol/L", "Date": "2024-03-04",
             "Before": "139.0 mmol/L (2023-01-05)\n3 values in all", "by": "hospital-a"}
        ]  # fmt: skip
        assert [row["Value"] for row in rows(part.details[0])] == ["141.5 mmol/L", "139.0 mmol/L", "140 mmol/L"]

    def test_loinc_tells_what_is_the_same_test(self) -> None:
        local = {"coding": [{"system": "http://x/y", "code": "NA"}, *SODIUM["coding"]], "text": "钠"}
        part = laboratory(sodium("a", 140, "2023-01-01"), sodium("b", 138, "2024-01-01", code=local))
        assert len(part.tables[0].rows) == 1

    def test_a_cancelled_test_is_not_the_latest_value(self) -> None:
        part = laboratory(sodium("a", 139, "2023-01-05"), observation("b", code=SODIUM, effectiveDateTime="2024-01-01",
                          **{**LAB, "status": "cancelled"}))  # fmt: skip
        assert rows(part.tables[0])[0]["Latest value"] == "139 mmol/L"
        assert [row.get("Remarks") for row in rows(part.details[0])] == ["cancelled", ""]

    def test_entered_in_error_is_no_fact(self) -> None:
        made = items(
            patient(), sodium("a", 139, "2023-01-05"), sodium("b", 999, "2024-01-01", status="entered-in-error")
        )
        part = section(made, "laboratory")
        assert rows(part.tables[0])[0]["Latest value"] == "139 mmol/L"
        assert (part.count, part.notes) == (1, ["Left out as entered in error: 1."])
        assert "999" not in page(made)

    def test_a_preliminary_result_says_so(self) -> None:
        assert (
            rows(laboratory(sodium("a", 139, "2023-01-05", status="preliminary")).tables[0])[0]["Remarks"]
            == "preliminary"
        )

    def test_the_same_result_by_two_authors(self) -> None:
        one = items(patient(), sodium("a", 139, "2023-01-05"))
        two = items(patient(), sodium("z", 139, "2023-01-05"), author="hospital-b", number=2)
        part = section([*one, *two], "laboratory")
        assert [row["by"] for row in rows(part.tables[0])] == ["hospital-a, hospital-b"]
        assert [(row["Value"], row["by"]) for row in rows(part.details[0])] == [
            ("139 mmol/L", "hospital-a, hospital-b")
        ]
        assert part.charts == []

    def test_many_values_are_cut_and_said(self) -> None:
        part = laboratory(*(sodium(f"n{n}", 100 + n, f"{1900 + n}-01-01") for n in range(90)))
        assert part.details[0].size == 60
        assert part.details[0].note == "30 older values are in the bundle."


class TestRange:
    @pytest.mark.parametrize(
        ("value", "said", "mark"),
        [
            (120, "120 mmol/L\n↓ below the range", "low"),
            (160.5, "160.5 mmol/L\n↑ above the range", "high"),
            (145, "145 mmol/L", ""),
        ],
    )
    def test_where_the_value_lies(self, value: float, said: str, mark: str) -> None:
        cells = laboratory(sodium("a", value, "2024-01-01", **limits(135, 145))).tables[0].rows[0].cells
        assert (cells[1].text, cells[1].mark) == (said, mark)
        assert cells[2].text == "135 – 145 mmol/L"

    @pytest.mark.parametrize(
        ("code", "said", "mark"),
        [
            ("HH", "↑↑ critically high", "critical"),
            ("N", "", ""),
            ("A", "! abnormal", "abnormal"),
            ("new", "new", ""),
            ("S", "susceptible", ""),
        ],
    )
    def test_the_authors_interpretation_wins(self, code: str, said: str, mark: str) -> None:
        given = {"interpretation": [coded("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", code)]}
        cells = laboratory(sodium("a", 160, "2024-01-01", **limits(135, 145), **given)).tables[0].rows[0].cells
        assert (cells[1].text.partition("\n")[2], cells[1].mark) == (said, mark)

    def test_a_range_in_another_unit_or_with_conditions_judges_nothing(self) -> None:
        other = laboratory(sodium("a", 160, "2024-01-01", **limits(1, 2, "mg/dL")))
        assert other.tables[0].rows[0].cells[1].mark == ""
        some = {"referenceRange": [{"high": {"value": 1}, "appliesTo": [{"text": "pregnant"}]}]}
        assert laboratory(sodium("a", 160, "2024-01-01", **some)).tables[0].rows[0].cells[2].text == "≤1, pregnant"

    @pytest.mark.parametrize(
        "more", [{"age": {"high": {"value": 1, "unit": "a"}}}, {"type": {"coding": [{"code": "treatment"}]}}]
    )
    def test_a_range_for_some_ages_or_of_another_kind_judges_nothing(self, more: dict[str, Any]) -> None:
        some = {"referenceRange": [{"high": {"value": 1}, **more}]}
        assert laboratory(sodium("a", 160, "2024-01-01", **some)).tables[0].rows[0].cells[1].mark == ""

    def test_a_value_below_what_can_be_measured_is_not_judged(self) -> None:
        less = sodium("a", 0, "2024-01-01", **limits(135, 145))
        less["valueQuantity"] = {"value": 5, "comparator": "<", "unit": "mmol/L"}
        cell = laboratory(less).tables[0].rows[0].cells[1]
        assert (cell.text, cell.mark) == ("<5 mmol/L", "")


class TestOddValues:
    def test_no_value_and_why(self) -> None:
        absent = observation("a", code=SODIUM, dataAbsentReason={"coding": [{"code": "asked-declined"}]}, **LAB)
        assert rows(laboratory(absent).tables[0])[0]["Latest value"] == "— (asked, declined)"
        assert rows(laboratory(observation("a", code=SODIUM, **LAB)).tables[0])[0]["Latest value"] == "—"

    def test_blood_pressure(self) -> None:
        def part(code: str, value: float) -> dict[str, Any]:
            return {"code": coded("http://loinc.org", code), "valueQuantity": {"value": value, "unit": "mm[Hg]"}}

        pressures = [
            observation(f"p{n}", code={"text": "BP"}, effectiveDateTime=f"202{n}-01-01", **VITAL,
                        component=[part("8480-6", 120 + n), part("8462-4", 80)])
            for n in (1, 2)
        ]  # fmt: skip
        found = section(items(patient(), *pressures), "vital_signs")
        assert rows(found.tables[0])[0]["Latest value"] == "122/80 mmHg"
        assert found.charts[0].svg.count("<polyline") == 2

    def test_components_are_named(self) -> None:
        parts = [{"code": {"text": "Eyes"}, "valueInteger": 4}, {"code": {"text": "Voice"}, "valueString": "clear"}]
        scale = observation("g", code={"text": "Coma scale"}, valueInteger=15, component=parts)
        found = section(items(patient(), scale), "observations")
        assert rows(found.tables[0])[0]["Latest value"] == "15\nEyes: 4\nVoice: clear"

    def test_a_questionnaire_is_short_in_the_overview_and_whole_below(self) -> None:
        answers = [{"code": {"text": f"question {n}"}, "valueInteger": n} for n in range(12)]
        form = observation("q", code={"text": "Form"}, component=answers)
        found = section(items(patient(), form), "observations")
        assert rows(found.tables[0])[0]["Latest value"] == "question 0: 0\nquestion 1: 1\nquestion 2: 2\n9 more"
        assert "question 11: 11" in rows(found.details[0])[0]["Value"]

    def test_a_chart_of_one_component_is_named_after_it(self) -> None:
        answers = [
            [{"code": {"text": "Income"}, "valueInteger": n}, {"code": {"text": "A"}, "valueString": "x"}]
            for n in (1, 2)
        ]
        forms = [
            observation(f"q{n}", code={"text": "Form"}, effectiveDateTime=f"202{n}", component=each)
            for n, each in enumerate(answers)
        ]
        assert [chart.title for chart in section(items(patient(), *forms), "observations").charts] == ["Form: Income"]

    def test_a_panel_tells_how_many_it_has(self) -> None:
        panel = observation("p", hasMember=[{"reference": "Observation/a"}])
        assert "panel of 1 results" in page(items(patient(), panel, observation("a")))


class TestTrend:
    def test_axis_dates_points_and_band(self) -> None:
        values = [sodium(f"s{n}", 138 + n, f"202{n}-01-01", **limits(135, 145)) for n in range(4)]
        chart = laboratory(*values).charts[0]
        assert (chart.title, chart.svg.count("<circle")) == ("Sodium (mmol/L)", 4)
        assert chart.caption == (
            "4 values from 2020-01-01 to 2023-01-01, between 138 and 141 mmol/L. The reference range is shaded."
        )
        assert 'class="band"' in chart.svg
        assert {"2020-01", "2023-01", "mmol/L"} <= set(re.findall(r">([^<]+)</text>", chart.svg))
        assert f'aria-label="Sodium (mmol/L): {chart.caption}"' in chart.svg

    def test_units_are_never_mixed(self) -> None:
        values = [sodium(f"a{n}", 140 + n, f"202{n}-01-01") for n in range(2)]
        values += [sodium(f"b{n}", 320 + n, f"201{n}-01-01", "mg/dL") for n in range(2)]
        part = laboratory(*values)
        assert sorted(chart.title for chart in part.charts) == ["Sodium (mg/dL)", "Sodium (mmol/L)"]
        assert all("drawn apart" in chart.caption for chart in part.charts)

    def test_one_value_and_values_without_a_date_are_no_trend(self) -> None:
        undated = observation("u", code=SODIUM, valueQuantity={"value": 1, "unit": "mmol/L"}, **LAB)
        assert laboratory(sodium("a", 140, "2020-01-01"), undated).charts == []

    def test_a_limit_of_measurement_is_an_open_point(self) -> None:
        less = sodium("b", 5, "2021-01-01")
        less["valueQuantity"]["comparator"] = "<"
        svg = laboratory(sodium("a", 6, "2020-01-01"), less).charts[0].svg
        assert svg.count("point open") == 1
        assert len(re.findall(r'points="([^"]*)"', svg)[0].split()) == 1

    def test_more_charts_than_fit_are_folded(self) -> None:
        values = [
            observation(f"o{n}-{year}", code={"text": f"test {n:02}"}, valueQuantity={"value": n, "unit": "g"},
                        effectiveDateTime=f"{year}", **LAB)
            for n in range(20) for year in (2020, 2021)
        ]  # fmt: skip
        part = laboratory(*values)
        assert (len(part.charts), len(part.folded_charts)) == (12, 8)

    @pytest.mark.parametrize(
        "values", [(0, 0), (-5, 5), (1e12, -1e12), (1e-9, 2e-9), (5, 5), (0.1, 0.30000000000000004), (5e-324, 0)]
    )
    def test_every_point_is_inside(self, values: tuple[float, float]) -> None:
        marks = tuple(Mark(n * 86_400.0, value) for n, value in enumerate(values))
        svg = str(draw([Line("", marks)], "", (None, None), "x"))
        for x, y in re.findall(r'cx="([\d.-]+)" cy="([\d.-]+)"', svg):
            assert 54 <= float(x) <= 444
            assert 26 <= float(y) <= 158

    def test_texts_are_escaped(self) -> None:
        svg = str(draw([Line("<b>", (Mark(0, 1), Mark(9, 2))), Line("x", (Mark(0, 1),))], "<u>", (None, None), '"><s>'))
        assert "<b>" not in svg
        assert "<u>" not in svg
        assert "<s>" not in svg


class TestPlaces:
    def test_by_category(self) -> None:
        made = items(
            patient(), condition(), sodium("l", 1, "2020"), observation("v", **VITAL), observation("s"),
            observation("i", category=[coded(OBSERVATION_CATEGORY, "imaging")]),
        )  # fmt: skip
        for name in ("laboratory", "vital_signs", "observations", "imaging"):
            assert section(made, name).count == 1, name

    def test_outdated_is_said(self) -> None:
        made = [Item(each.resource, each.author, each.record, each.category, outdated=True)
                for each in items(patient(), sodium("a", 1, "2020"))]  # fmt: skip
        assert "newer version is not in this export" in titled(section(made, "laboratory"))[""][0]["Remarks"]
