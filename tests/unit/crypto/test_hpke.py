"""HPKE against RFC 9180's vectors, and everything that must not open."""

import json
from typing import Any

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from medunion.crypto import hpke
from medunion.errors import CryptoError

BASE_MODE, X25519, HKDF_SHA256, AES_256_GCM = 0, 0x20, 1, 2
# Points of order 1, 4 and 8 on Curve25519: any shared secret with them is zero.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def rfc_vector() -> dict[str, Any]:
    with cryptography_vectors.open_vector_file("HPKE/test-vectors.json", "r") as file:
        (vector,) = [
            vector
            for vector in json.load(file)
            if (vector["mode"], vector["kem_id"], vector["kdf_id"], vector["aead_id"])
            == (BASE_MODE, X25519, HKDF_SHA256, AES_256_GCM)
        ]
    return {name: bytes.fromhex(value) if isinstance(value, str) else value for name, value in vector.items()}


@pytest.fixture(scope="module")
def private_key() -> bytes:
    return hpke.generate_private_key()


@pytest.fixture(scope="module")
def sealed(private_key: bytes) -> bytes:
    return hpke.seal(hpke.public_key(private_key), b"info", b"thirty-two bytes of a section key")


class TestRfc9180:
    def test_public_key_is_derived_as_in_the_rfc(self) -> None:
        vector = rfc_vector()
        assert hpke.public_key(vector["skRm"]) == vector["pkRm"]

    def test_first_message_of_the_rfc_opens(self) -> None:
        # The RFC's messages carry associated data, which single-shot sealing leaves empty. Its key and nonce are given:
        # they make the published ciphertext with the associated data, and the one that must open here without.
        vector = rfc_vector()
        message = {name: bytes.fromhex(value) for name, value in vector["encryptions"][0].items()}
        aead = AESGCM(vector["key"])
        assert aead.encrypt(message["nonce"], message["pt"], message["aad"]) == message["ct"]
        sealed = vector["enc"] + aead.encrypt(message["nonce"], message["pt"], b"")
        assert hpke.open(vector["skRm"], vector["info"], sealed) == message["pt"]


class TestRoundTrip:
    @given(info=st.binary(max_size=300), plaintext=st.binary(max_size=300))
    def test_opens_to_what_was_sealed(self, info: bytes, plaintext: bytes) -> None:
        private_key = hpke.generate_private_key()
        sealed = hpke.seal(hpke.public_key(private_key), info, plaintext)
        assert len(sealed) == len(plaintext) + hpke.OVERHEAD
        assert hpke.open(private_key, info, sealed) == plaintext

    def test_sealing_twice_gives_different_bytes(self, private_key: bytes) -> None:
        recipient = hpke.public_key(private_key)
        assert hpke.seal(recipient, b"", b"x") != hpke.seal(recipient, b"", b"x")


class TestOpenRefuses:
    def test_wrong_info(self, private_key: bytes, sealed: bytes) -> None:
        with pytest.raises(CryptoError):
            hpke.open(private_key, b"Info", sealed)

    def test_another_key(self, sealed: bytes) -> None:
        with pytest.raises(CryptoError):
            hpke.open(hpke.generate_private_key(), b"info", sealed)

    def test_any_flipped_bit(self, private_key: bytes, sealed: bytes) -> None:
        for position in range(len(sealed)):
            for bit in (0x01, 0x40):
                altered = bytearray(sealed)
                altered[position] ^= bit
                with pytest.raises(CryptoError):
                    hpke.open(private_key, b"info", bytes(altered))

    def test_zero_encapsulated_key(self, private_key: bytes, sealed: bytes) -> None:
        with pytest.raises(CryptoError, match="all zero"):
            hpke.open(private_key, b"info", bytes(32) + sealed[32:])

    @pytest.mark.parametrize("point", SMALL_ORDER)
    def test_small_order_encapsulated_key(self, private_key: bytes, sealed: bytes, point: str) -> None:
        with pytest.raises(CryptoError):
            hpke.open(private_key, b"info", bytes.fromhex(point) + sealed[32:])

    @pytest.mark.parametrize("size", [0, 1, 31, 32, 47])
    def test_short_input(self, private_key: bytes, sealed: bytes, size: int) -> None:
        with pytest.raises(CryptoError, match="too short"):
            hpke.open(private_key, b"info", sealed[:size])

    def test_truncated_input(self, private_key: bytes, sealed: bytes) -> None:
        with pytest.raises(CryptoError):
            hpke.open(private_key, b"info", sealed[:-1])

    def test_zero_private_key(self, sealed: bytes) -> None:
        with pytest.raises(CryptoError, match="all zero"):
            hpke.open(bytes(32), b"info", sealed)

    @pytest.mark.parametrize("size", [0, 31, 33])
    def test_private_key_of_another_length(self, sealed: bytes, size: int) -> None:
        with pytest.raises(CryptoError, match="private key"):
            hpke.open(b"\x01" * size, b"info", sealed)


class TestSealRefuses:
    def test_zero_key(self) -> None:
        with pytest.raises(CryptoError, match="all zero"):
            hpke.seal(bytes(32), b"info", b"x")

    @pytest.mark.parametrize("point", SMALL_ORDER)
    def test_small_order_key(self, point: str) -> None:
        with pytest.raises(CryptoError, match="small order"):
            hpke.seal(bytes.fromhex(point), b"info", b"x")

    @pytest.mark.parametrize("size", [0, 31, 33])
    def test_key_of_another_length(self, size: int) -> None:
        with pytest.raises(CryptoError, match="public key"):
            hpke.seal(b"\x01" * size, b"info", b"x")
