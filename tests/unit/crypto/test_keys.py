"""The key tree: exactly HKDF-SHA256 with the published infos, and no two keys alike."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.crypto import keys
from medunion.errors import CryptoError

BATCH_KEY = bytes(range(32))
RECORD_ID = bytes(range(100, 132))


def hkdf(key: bytes, info: bytes) -> bytes:
    """RFC 5869 for one block of output, from HMAC alone."""
    return hmac.digest(hmac.digest(bytes(32), key, "sha256"), info + b"\x01", "sha256")


class TestTree:
    def test_section_key(self) -> None:
        assert keys.section_key(BATCH_KEY, 6, 3) == hkdf(BATCH_KEY, b"medunion/section/v1\x06\x03")

    def test_record_key(self) -> None:
        assert keys.record_key(BATCH_KEY, RECORD_ID, 258) == hkdf(
            BATCH_KEY, b"medunion/record/v1" + RECORD_ID + b"\x00\x00\x01\x02"
        )

    def test_content_salt(self) -> None:
        assert keys.content_salt(BATCH_KEY) == hkdf(BATCH_KEY, b"medunion/salt/v1")

    def test_list_key(self) -> None:
        assert keys.list_key(BATCH_KEY) == hkdf(BATCH_KEY, b"medunion/list/v1")

    def test_known_answer(self) -> None:
        section = keys.section_key(BATCH_KEY, 6, 3)
        assert section.hex() == "5b4234dcd62a517ef53d8e511f271e1478da15e6e93a2ad71a737f04e3a7edf1"
        assert (
            keys.record_key(section, RECORD_ID, 1).hex()
            == "9c6dc441d47099405df114cbd95a690f8174a5e9f2a16950d7a90aa1ec5605dc"
        )

    def test_every_section_of_a_batch_has_its_own_key(self) -> None:
        derived = {keys.section_key(BATCH_KEY, category, mask) for category in range(16) for mask in range(16)}
        assert len(derived) == 256

    @given(version=st.integers(1, 2**32 - 1), other=st.integers(1, 2**32 - 1))
    def test_versions_have_different_keys(self, version: int, other: int) -> None:
        one = keys.record_key(BATCH_KEY, RECORD_ID, version)
        assert (one == keys.record_key(BATCH_KEY, RECORD_ID, other)) == (version == other)


class TestRefuses:
    @pytest.mark.parametrize("size", [0, 16, 31, 33])
    def test_key_of_another_length(self, size: int) -> None:
        with pytest.raises(CryptoError, match="key must be 32 bytes"):
            keys.section_key(bytes(size), 0, 0)

    @pytest.mark.parametrize(("category", "mask"), [(256, 0), (0, 256), (-1, 0), (0, -1)])
    def test_section_out_of_range(self, category: int, mask: int) -> None:
        with pytest.raises(CryptoError, match="does not fit"):
            keys.section_key(BATCH_KEY, category, mask)

    def test_short_record_id(self) -> None:
        with pytest.raises(CryptoError, match="record id"):
            keys.record_key(BATCH_KEY, RECORD_ID[:-1], 1)


class TestNewKey:
    def test_is_32_fresh_bytes(self) -> None:
        one, other = keys.new_key(), keys.new_key()
        assert len(one) == 32
        assert one != other
