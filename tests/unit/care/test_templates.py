import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from medunion.care.templates import Code, Template, TemplateLine, Window, parse_template
from medunion.errors import InputError
from medunion.vocabulary import Category

CHECK_UP = {"system": "http://snomed.info/sct", "code": "410620009", "display": "Well child visit"}
COUNT = {"system": "http://loinc.org", "code": "58410-2"}


def written(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "provider": "hospital-b",
        "service": CHECK_UP,
        "from": "Hospital B, building 2",
        "why": "To find illness early",
        "expectedEffect": "Findings within a week",
        "risks": ["A bruise where blood is taken"],
        "alternatives": [],
        "lines": [
            {"code": CHECK_UP, "quantity": 2, "price": "60.00", "category": "encounters"},
            {"code": COUNT, "quantity": 1, "price": "30", "category": "laboratory"},
        ],
        "policies": ["basic"],
        "maxPatientShare": "50.00",
        "deposit": "20.00",
        "window": {"from": "2026-11-26", "until": "2026-12-26"},
    }  # fmt: skip
    document.update(changes)
    return {key: value for key, value in document.items() if value is not None}


def parse(**changes: Any) -> Template:
    return parse_template(json.dumps(written(**changes)).encode())


class TestParseTemplate:
    def test_gives_everything(self) -> None:
        service = Code("http://snomed.info/sct", "410620009", "Well child visit")
        assert parse() == Template(
            provider="hospital-b",
            service=service,
            given_at="Hospital B, building 2",
            why="To find illness early",
            expected_effect="Findings within a week",
            risks=("A bruise where blood is taken",),
            alternatives=(),
            lines=(
                TemplateLine(service, 2, 6000, Category.ENCOUNTERS),
                TemplateLine(Code("http://loinc.org", "58410-2", ""), 1, 3000, Category.LABORATORY),
            ),
            policies=("basic",),
            max_patient_share=5000,
            deposit=2000,
            window=Window(date(2026, 11, 26), date(2026, 12, 26)),
        )

    def test_price_is_the_sum_of_quantities_times_prices(self) -> None:
        assert parse().price == 15000

    def test_optional_ones(self) -> None:
        found = parse(policies=None, maxPatientShare=None, deposit=None, window=None)
        assert (found.policies, found.max_patient_share, found.deposit, found.window) == ((), 15000, 0, None)

    def test_share_and_deposit_may_be_the_price(self) -> None:
        assert parse(maxPatientShare="150", deposit="150").deposit == 15000

    def test_written_and_read_again_it_is_the_same(self) -> None:
        found = parse()
        assert parse_template(found.to_json()) == found
        open_ended = parse(window=None)
        assert parse_template(open_ended.to_json()) == open_ended

    def test_forty_lines_but_no_more(self) -> None:
        line = written()["lines"][0]
        assert len(parse(lines=[line] * 40).lines) == 40
        with pytest.raises(InputError, match="1 to 40 lines"):
            parse(lines=[line] * 41)

    @pytest.mark.parametrize(
        ("path", "change"),
        [
            ("provider", lambda t: t.pop("provider")),
            ("provider", lambda t: t.update(provider=" ")),
            ("why", lambda t: t.update(why=3)),
            ("template", lambda t: t.update(colour="red")),
            ("service", lambda t: t.update(service="check-up")),
            ("service.system", lambda t: t["service"].pop("system")),
            ("service.display", lambda t: t["service"].update(display="")),
            ("risks", lambda t: t.update(risks="none")),
            ("alternatives[1]", lambda t: t.update(alternatives=["wait", None])),
            ("lines", lambda t: t.update(lines=[])),
            ("lines", lambda t: t["lines"][0].update(quantity=2**47, price="9999999.99")),
            ("lines[1].quantity", lambda t: t["lines"][1].update(quantity=0)),
            ("lines[1].quantity", lambda t: t["lines"][1].update(quantity=True)),
            ("lines[1].quantity", lambda t: t["lines"][1].update(quantity=1.5)),
            ("lines[1].price", lambda t: t["lines"][1].update(price=30.0)),
            ("lines[1].category", lambda t: t["lines"][1].update(category="surgery")),
            ("lines[1].code.code", lambda t: t["lines"][1]["code"].pop("code")),
            ("lines[1]", lambda t: t["lines"][1].update({"class": "A"})),
            ("policies", lambda t: t.update(policies=["a", "b", "c", "d", "e"])),
            ("policies", lambda t: t.update(policies=["a", "a"])),
            ("maxPatientShare", lambda t: t.update(maxPatientShare="150.01")),
            ("deposit", lambda t: t.update(deposit="50.01")),
            ("window.until", lambda t: t["window"].update(until="2026-11-25")),
            ("window.from", lambda t: t["window"].update({"from": "20261126"})),
            ("window.from", lambda t: t["window"].update({"from": "2026-02-30"})),
        ],
    )  # fmt: skip
    def test_names_the_path(self, path: str, change: Callable[[dict[str, Any]], Any]) -> None:
        document = json.loads(json.dumps(written()))
        change(document)
        with pytest.raises(InputError) as caught:
            parse_template(json.dumps(document).encode())
        assert caught.value.details["path"] == path

    @pytest.mark.parametrize("price", ["1.234", "-1.00", "1e3", "2814749767106.56", ""])
    def test_refuses_what_is_no_amount(self, price: str) -> None:
        line = {**written()["lines"][0], "price": price}
        with pytest.raises(InputError, match=r"lines\[0\]\.price"):
            parse(lines=[line])

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{} {}", b"\xff", b'{"provider": "a", "provider": "b"}'])
    def test_refuses_what_is_no_template(self, data: bytes) -> None:
        with pytest.raises(InputError):
            parse_template(data)


class TestWithin:
    def test_sets_the_window_alone(self) -> None:
        window = Window(date(2027, 1, 1), date(2027, 1, 31))
        found = parse().within(window)
        assert found.window == window
        assert found.within(Window(date(2026, 11, 26), date(2026, 12, 26))) == parse()
