import pytest

from medunion.errors import InputError
from medunion.settlement.token import Supply, booking_of

SECRET, OTHER = b"\x01" * 32, b"\x02" * 32


class TestBooking:
    def test_the_same_booking_of_a_bank_has_the_same_digest(self) -> None:
        assert booking_of(SECRET, "transfer 17") == booking_of(SECRET, "transfer 17")
        assert booking_of(SECRET, "transfer 17").digest == booking_of(SECRET, "transfer 17").digest

    def test_another_booking_or_bank_has_another(self) -> None:
        texts = [(SECRET, "transfer 17"), (SECRET, "transfer 18"), (SECRET, "transfer 17 "), (OTHER, "transfer 17")]
        assert len({booking_of(*each).digest for each in texts}) == 4
        assert len({booking_of(*each).salt for each in texts}) == 4

    @pytest.mark.parametrize("text", ["", "  \n"])
    def test_none_is_refused(self, text: str) -> None:
        with pytest.raises(InputError) as refused:
            booking_of(SECRET, text)
        assert refused.value.details["field"] == "booking"


class TestSupply:
    @pytest.mark.parametrize(
        ("issued", "redeemed", "total", "balances", "conserved"),
        [
            (100, 40, 60, {"a": 50, "b": 10}, True),
            (0, 0, 0, {}, True),
            (100, 40, 60, {"a": 50}, False),
            (100, 40, 61, {"a": 61}, False),
            (100, 30, 60, {"a": 60}, False),
        ],
    )
    def test_is_conserved_only_when_all_three_agree(
        self, issued: int, redeemed: int, total: int, balances: dict[str, int], conserved: bool
    ) -> None:
        assert Supply("CNY", issued, redeemed, total, balances, 1).conserved is conserved
