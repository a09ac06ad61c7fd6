from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.errors import InputError
from medunion.settlement.money import MAX_AMOUNT, minor_units, parse, show


class TestParse:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [("12.50", 1250), ("12.5", 1250), ("12", 1200), ("0", 0), ("0.01", 1), (" 7.10 ", 710), ("12.500", 1250)]
        + [("2814749767106.55", MAX_AMOUNT)],
    )
    def test_decimals_as_people_write_them(self, text: str, expected: int) -> None:
        assert parse(text) == expected

    @pytest.mark.parametrize(
        "text",
        ["", ".5", "5.", "-1", "+1", "1e2", "1,000", "1 000", "NaN", "Infinity", "0x10", "１２", "12.50 CNY", "1_0"],
    )
    def test_what_is_no_amount_is_refused_by_field(self, text: str) -> None:
        with pytest.raises(InputError, match="deposit is no amount") as refused:
            parse(text, "deposit")
        assert refused.value.details == {"field": "deposit", "value": text}

    @pytest.mark.parametrize("text", ["0.001", "12.505", "1." + "0" * 60 + "1"])
    def test_a_part_of_a_minor_unit_is_refused_not_rounded(self, text: str) -> None:
        with pytest.raises(InputError, match="more than 2 decimals"):
            parse(text)

    @pytest.mark.parametrize("text", ["2814749767106.56", "9" * 400])
    def test_more_than_a_contract_holds_is_refused(self, text: str) -> None:
        with pytest.raises(InputError, match="more than 2814749767106.55"):
            parse(text)


class TestMinorUnits:
    @pytest.mark.parametrize("value", ["-0.01", "NaN", "-Infinity", "Infinity"])
    def test_what_is_negative_or_not_finite_is_refused(self, value: str) -> None:
        with pytest.raises(InputError, match="no amount of money"):
            minor_units(Decimal(value))

    def test_exponents_are_read_and_extreme_ones_refused_at_once(self) -> None:
        assert minor_units(Decimal("1.25e3")) == 125_000
        for extreme in ("1e999999", "1e-999999"):
            with pytest.raises(InputError):
                minor_units(Decimal(extreme))

    @given(st.integers(0, MAX_AMOUNT))
    def test_what_is_shown_is_read_back(self, amount: int) -> None:
        assert parse(show(amount)) == amount


class TestShow:
    @pytest.mark.parametrize(
        ("amount", "currency", "expected"),
        [(0, "", "0.00"), (5, "", "0.05"), (1250, "CNY", "12.50 CNY"), (-105, "", "-1.05"), (-5, "CNY", "-0.05 CNY"),
         (123_456_789, "CNY", "1,234,567.89 CNY"), (123_456_789, "", "1234567.89")],
    )
    def test_two_decimals_always(self, amount: int, currency: str, expected: str) -> None:
        assert show(amount, currency) == expected
