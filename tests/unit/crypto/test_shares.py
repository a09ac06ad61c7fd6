"""Two trustees rebuild a section key, one learns nothing, and a wrong share is named."""

import hashlib
import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.crypto import shares
from medunion.errors import CryptoError

SECTION_KEY = bytes(range(32))
SECTION_ID = b"section-id-16-by"
PAIRS = list(itertools.permutations(shares.TRUSTEES, 2))


@pytest.fixture(scope="module")
def split() -> shares.Shares:
    return shares.split(SECTION_KEY)


@pytest.fixture(scope="module")
def committed(split: shares.Shares) -> shares.Shares:
    return shares.commitments(SECTION_ID, split)


class TestSplit:
    @given(key=st.binary(min_size=32, max_size=32))
    def test_shares_xor_to_the_key(self, key: bytes) -> None:
        assert bytes(a ^ b ^ c for a, b, c in zip(*shares.split(key), strict=True)) == key

    def test_is_different_each_time(self) -> None:
        assert not set(shares.split(SECTION_KEY)) & set(shares.split(SECTION_KEY))

    def test_trustee_holds_the_two_other_shares(self, split: shares.Shares) -> None:
        assert shares.pair_for(1, split).by_index() == {2: split[1], 3: split[2]}
        assert shares.pair_for(2, split).by_index() == {1: split[0], 3: split[2]}
        assert shares.pair_for(3, split).by_index() == {1: split[0], 2: split[1]}

    @pytest.mark.parametrize("trustee", shares.TRUSTEES)
    def test_what_one_trustee_holds_fits_every_key(self, split: shares.Shares, trustee: int) -> None:
        # Any key at all is possible for the holder of one pair: the missing share that it takes exists.
        first, second = shares.pair_for(trustee, split).by_index().values()
        for guess in (bytes(32), SECTION_KEY, hashlib.sha256(b"any").digest()):
            missing = bytes(a ^ b ^ c for a, b, c in zip(first, second, guess, strict=True))
            assert bytes(a ^ b ^ c for a, b, c in zip(first, second, missing, strict=True)) == guess

    def test_key_of_another_length_is_refused(self) -> None:
        with pytest.raises(CryptoError, match="section key"):
            shares.split(SECTION_KEY[:-1])


class TestCommitment:
    def test_is_the_published_formula(self, split: shares.Shares) -> None:
        expected = hashlib.sha256(b"medunion/share/v1" + SECTION_ID + b"\x02" + split[1]).digest()
        assert shares.commitment(SECTION_ID, 2, split[1]) == expected

    @pytest.mark.parametrize("index", [0, 4, -1])
    def test_no_such_share(self, split: shares.Shares, index: int) -> None:
        with pytest.raises(CryptoError, match="no share"):
            shares.commitment(SECTION_ID, index, split[0])


class TestCombine:
    @pytest.mark.parametrize(("one", "other"), PAIRS)
    def test_any_two_trustees_rebuild_the_key(
        self, split: shares.Shares, committed: shares.Shares, one: int, other: int
    ) -> None:
        pairs = shares.pair_for(one, split), shares.pair_for(other, split)
        assert shares.combine(SECTION_ID, committed, *pairs) == SECTION_KEY

    def test_the_same_trustee_twice_is_refused(self, split: shares.Shares, committed: shares.Shares) -> None:
        pair = shares.pair_for(1, split)
        with pytest.raises(CryptoError, match="two different trustees"):
            shares.combine(SECTION_ID, committed, pair, pair)

    @pytest.mark.parametrize(("one", "other"), PAIRS)
    def test_wrong_share_and_its_sender_are_named(
        self, split: shares.Shares, committed: shares.Shares, one: int, other: int
    ) -> None:
        honest, liar = shares.pair_for(one, split), replace(shares.pair_for(other, split), second=bytes(32))
        with pytest.raises(CryptoError) as caught:
            shares.combine(SECTION_ID, committed, honest, liar)
        assert caught.value.details == {"share": max(liar.by_index()), "trustee": other}

    def test_shares_of_another_section_are_refused(self, split: shares.Shares, committed: shares.Shares) -> None:
        with pytest.raises(CryptoError, match="not the committed one"):
            shares.verify(b"another-section!", committed, shares.pair_for(1, split))

    def test_pair_under_another_trustees_number_is_refused(
        self, split: shares.Shares, committed: shares.Shares
    ) -> None:
        with pytest.raises(CryptoError, match="not the committed one"):
            shares.verify(SECTION_ID, committed, replace(shares.pair_for(1, split), trustee=2))

    def test_missing_commitment_is_refused(self, split: shares.Shares, committed: shares.Shares) -> None:
        with pytest.raises(CryptoError, match="three share commitments"):
            shares.verify(SECTION_ID, committed[:2], shares.pair_for(1, split))


class TestSharePair:
    @pytest.mark.parametrize("trustee", shares.TRUSTEES)
    def test_survives_its_encoding(self, split: shares.Shares, trustee: int) -> None:
        pair = shares.pair_for(trustee, split)
        assert shares.SharePair.from_bytes(pair.to_bytes()) == pair

    @pytest.mark.parametrize("data", [b"", bytes(65), b"\x04" + bytes(64), b"\x01" + bytes(63), b"\x01" + bytes(65)])
    def test_malformed_encoding_is_refused(self, data: bytes) -> None:
        with pytest.raises(CryptoError):
            shares.SharePair.from_bytes(data)

    def test_shows_no_secret_when_printed(self, split: shares.Shares) -> None:
        assert split[1].hex() not in repr(shares.pair_for(1, split))
        assert str(split[1]) not in repr(shares.pair_for(1, split))
