"""FHIR data types as text: the author's digits, partial dates, odd shapes."""

from typing import Any

import pytest

from medunion.summary import dates
from medunion.summary.elements import Number, clean, parse, string
from medunion.summary.values import Values
from medunion.summary.words import Words

VALUES = Values(Words("en"))


def shown(text: str, stem: str = "value") -> str:
    """The choice element of a JSON object."""
    return VALUES.choice(parse(text.encode()), stem)


class TestNumbers:
    @pytest.mark.parametrize("digits", ["1.0", "0", "-0.50", "100", "1E3", "0.00001", "12345678901234567890.10"])
    def test_no_digit_is_lost_or_added(self, digits: str) -> None:
        assert shown(f'{{"valueQuantity": {{"value": {digits}, "unit": "mmol/L"}}}}') == f"{digits} mmol/L"
        assert shown(f'{{"valueInteger": {digits}}}') == digits

    def test_what_is_too_large_to_compute_with(self) -> None:
        assert Number("1e999").value is None
        assert Number("-2.50").value == -2.5


class TestChoice:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('{"valueQuantity": {"value": 5, "comparator": "<", "unit": "mg/L"}}', "<5 mg/L"),
            ('{"valueQuantity": {"value": 5, "comparator": ">=", "unit": "mg/L"}}', "≥5 mg/L"),
            ('{"valueQuantity": {"value": 120, "code": "mm[Hg]"}}', "120 mmHg"),
            ('{"valueQuantity": {"value": 4.2, "code": "10*3/uL"}}', "4.2 10³/uL"),
            ('{"valueQuantity": {"value": 7, "unit": "{score}"}}', "7 score"),
            ('{"valueQuantity": {"value": 37.5, "code": "Cel"}}', "37.5 °C"),
            ('{"valueQuantity": {"unit": "mg"}}', ""),
            ('{"valueRange": {"low": {"value": 1.0, "unit": "g"}, "high": {"value": 2, "unit": "g"}}}', "1.0 – 2 g"),
            ('{"valueRange": {"low": {"value": 1, "unit": "g"}, "high": {"value": 2, "unit": "kg"}}}', "1 g – 2 kg"),
            ('{"valueRange": {"high": {"value": 2, "unit": "g"}}}', "≤2 g"),
            ('{"valueRange": {"low": {"value": 2}}}', "≥2"),
            ('{"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}', "1 : 128"),
            (
                '{"valueRatio": {"numerator": {"value": 1, "unit": "mg"}, "denominator": {"value": 5, "unit": "mL"}}}',
                "1 mg / 5 mL",
            ),
            (
                '{"valueSampledData": {"origin": {"value": 0, "unit": "mV"}, "period": 10, "data": "1 2 E"}}',
                "3 samples, one every 10 ms mV",
            ),
            ('{"valueBoolean": false}', "no"),
            ('{"valueDateTime": "2024-03"}', "2024-03"),
            ('{"valueTime": "08:30:00"}', "08:30:00"),
            ('{"valuePeriod": {"start": "2024-03-01", "end": "2024-03-02"}}', "2024-03-01 – 2024-03-02"),
            ('{"valuePeriod": {"end": "2024"}}', "until 2024"),
            (
                '{"valuePeriod": {"start": "2024-03-01T08:00:00Z", "end": "2024-03-01T08:15:00Z"}}',
                "2024-03-01 08:00 – 08:15",
            ),
            ('{"valuePeriod": {"start": "2024-03-01T08:00:00Z", "end": "2024-03"}}', "2024-03-01 08:00 – 2024-03"),
            ('{"valueCodeableConcept": {"coding": [{"code": "260373001"}]}}', "260373001"),
            ('{"valueCodeableConcept": {"coding": [{"code": "1"}, {"display": "Detected"}]}}', "Detected"),
            ('{"valueCodeableConcept": {"text": "seen", "coding": [{"display": "Detected"}]}}', "seen"),
            ('{"valueString": "clear"}', "clear"),
            ('{"valueQuantity": "5"}', "5"),
            ('{"valueQuantity": [5]}', ""),
            ('{"valueCodeableConcept": {"coding": "x"}}', ""),
            ('{"valueFuture": {"x": 1}}', ""),
            ("{}", ""),
        ],
    )
    def test_every_type(self, text: str, said: str) -> None:
        assert shown(text) == said

    @pytest.mark.parametrize(
        ("repeat", "said"),
        [
            ('{"frequency": 1, "period": 1.0, "periodUnit": "d"}', "1 × per day"),
            ('{"frequency": 2, "frequencyMax": 3, "period": 1, "periodUnit": "wk"}', "2–3 × per week"),
            ('{"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}', "1 × every 4–6 h"),
            ('{"period": 2, "periodUnit": "d", "when": ["HS"]}', "1 × every 2 days at bedtime"),
            ('{"dayOfWeek": ["mon", "fri"], "timeOfDay": ["08:00:00"]}', "Mon Fri 08:00:00"),
            ('{"frequency": "often"}', "often × per ?"),
        ],
    )
    def test_timing(self, repeat: str, said: str) -> None:
        assert VALUES.timing(parse(f'{{"repeat": {repeat}}}'.encode())) == said


class TestNames:
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ({"family": "张", "given": ["伟"]}, "张伟"),
            ({"family": "Chalmers", "given": ["Peter", "James"], "prefix": ["Dr."]}, "Dr. Peter James Chalmers"),
            ({"text": "王小明", "family": "Wang"}, "王小明"),
            ({"given": ["Ana"]}, "Ana"),
            ({}, ""),
        ],
    )
    def test_in_the_order_of_the_language(self, name: dict[str, Any], said: str) -> None:
        assert VALUES.name(name) == said


class TestDates:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("2024", "2024"),
            ("2024-03", "2024-03"),
            ("2024-03-04T08:05:09.123+08:00", "2024-03-04 08:05"),
            ("2024-03-04T08:05:09Z", "2024-03-04 08:05"),
            ("last spring", "last spring"),
        ],
    )
    def test_as_written(self, text: str, said: str) -> None:
        assert dates.shown(text) == said

    def test_order_counts_zones(self) -> None:
        times = ["2024-03-04T08:00:00+08:00", "2024-03-04T01:00:00Z", "2024", "nonsense", "2024-13-01"]
        assert sorted(times, key=dates.order) == [
            "2024-13-01",
            "nonsense",
            "2024",
            "2024-03-04T08:00:00+08:00",
            "2024-03-04T01:00:00Z",
        ]

    def test_a_plot_keeps_the_authors_day(self) -> None:
        assert dates.wall_clock("2024-03-04T02:00:00+08:00") == dates.moment("2024-03-04T02:00:00Z")

    @pytest.mark.parametrize(
        "text", ["2024-02-30", "0000-01-01", "2024-01-01T25:00:00Z", "2024-01-01T10:00:00+99:00", ""]
    )
    def test_no_such_date(self, text: str) -> None:
        assert dates.moment(text) is None

    def test_age(self) -> None:
        assert dates.years_between("1980-02-03", 1_700_000_000) == 43
        assert dates.years_between("1980-02", 1_700_000_000) is None
        assert dates.years_between("2080-02-03", 1_700_000_000) is None


class TestClean:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("plain 中文", "plain 中文"),
            ("a\u202eb\u2066c", "a\ufffdb\ufffdc"),
            ("a\x1b[31mb\x00", "a\ufffd[31mb\ufffd"),
            ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
            ("a\u00a0b\tc", "a b c"),
            ("\ud800", "\ufffd"),
            ("\ue000", "\ue000"),
        ],
    )
    def test_nothing_acts_on_what_shows_it(self, text: str, said: str) -> None:
        assert clean(text) == said
        assert string({"x": text}, "x") == said

    @pytest.mark.parametrize("body", [b"", b"[1]", b"\xff", b'{"a": ' + b"[" * 100_000])
    def test_what_is_no_object_is_an_empty_one(self, body: bytes) -> None:
        assert parse(body) == {}
