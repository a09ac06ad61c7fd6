import pytest

from medunion.access.emergency import Statement, emergency_id_of
from medunion.access.grants import category_mask, lane_mask
from medunion.chain.abi import encode_values
from medunion.crypto.hashing import keccak256
from medunion.errors import InputError
from medunion.vocabulary import Category


class TestMasks:
    def test_categories(self) -> None:
        assert category_mask([Category.DEMOGRAPHICS, Category.LABORATORY, Category.LABORATORY]) == 0b1000001
        assert category_mask([]) == 0

    def test_lanes(self) -> None:
        assert lane_mask([0, 7]) == 0b10000001
        for lane in (-1, 8):
            with pytest.raises(InputError):
                lane_mask([lane])


class TestEmergency:
    def test_its_id_is_the_contracts(self) -> None:
        encoded = encode_values(["bytes32", "uint32", "uint32"], [b"\x01" * 32, 7, 3], "id")
        assert emergency_id_of(b"\x01" * 32, 7, 3) == keccak256(encoded)

    def test_equal_reasons_have_different_digests(self) -> None:
        assert Statement.new("unconscious").digest != Statement.new("unconscious").digest
