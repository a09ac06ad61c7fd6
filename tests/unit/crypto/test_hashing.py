"""Digests and ids as Solidity computes them."""

import hashlib
import hmac

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from medunion.crypto import commitments, hashing
from medunion.crypto.encoding import abi_words
from medunion.errors import CryptoError

PATIENT = b"\x11" * 32
SECRET = b"\x22" * 32
bytes32 = st.binary(min_size=32, max_size=32)


class TestKeccak:
    @pytest.mark.parametrize(
        ("data", "digest"),
        [
            (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
            (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        ],
    )
    def test_known_answers(self, data: bytes, digest: str) -> None:
        assert hashing.keccak256(data).hex() == digest


class TestAbiWords:
    @given(patient=bytes32, author=st.integers(0, 2**32 - 1), tag=bytes32, version=st.integers(0, 255))
    def test_equals_abi_encode(self, patient: bytes, author: int, tag: bytes, version: int) -> None:
        expected = encode(["bytes32", "uint32", "bytes32", "uint8"], [patient, author, tag, version])
        assert abi_words(patient, author, tag, version) == expected

    @pytest.mark.parametrize("value", [-1, 2**256, b"", bytes(31), bytes(33)])
    def test_what_is_no_word_is_refused(self, value: bytes | int) -> None:
        with pytest.raises(CryptoError, match="ABI word"):
            abi_words(value)


class TestRecordId:
    def test_is_the_published_formula(self) -> None:
        tag = hmac.new(SECRET, "Observation/é".encode(), hashlib.sha256).digest()
        expected = hashing.keccak256(encode(["bytes32", "uint32", "bytes32"], [PATIENT, 7, tag]))
        assert hashing.record_id(PATIENT, 7, SECRET, "Observation/é") == expected

    def test_differs_by_patient_author_secret_and_local_id(self) -> None:
        ids = {
            hashing.record_id(PATIENT, 7, SECRET, "a"),
            hashing.record_id(bytes(32), 7, SECRET, "a"),
            hashing.record_id(PATIENT, 8, SECRET, "a"),
            hashing.record_id(PATIENT, 7, bytes(32), "a"),
            hashing.record_id(PATIENT, 7, SECRET, "b"),
        }
        assert len(ids) == 5

    @pytest.mark.parametrize(("patient", "secret"), [(b"", SECRET), (PATIENT, b"")])
    def test_wrong_lengths_are_refused(self, patient: bytes, secret: bytes) -> None:
        with pytest.raises(CryptoError):
            hashing.record_id(patient, 7, secret, "a")


class TestContentCommitment:
    def test_is_the_published_formula(self) -> None:
        expected = hashing.keccak256(SECRET + hashlib.sha256(b"plaintext").digest())
        assert commitments.content_commitment(SECRET, b"plaintext") == expected

    def test_matches_its_plaintext_only(self) -> None:
        commitment = commitments.content_commitment(SECRET, b"plaintext")
        assert commitments.matches(commitment, SECRET, b"plaintext")
        assert not commitments.matches(commitment, SECRET, b"plaintexts")
        assert not commitments.matches(commitment, PATIENT, b"plaintext")

    def test_short_salt_is_refused(self) -> None:
        with pytest.raises(CryptoError, match="salt"):
            commitments.content_commitment(b"short", b"plaintext")
