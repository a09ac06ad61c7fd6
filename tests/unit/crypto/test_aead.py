"""Sealing at rest: bound to key and context, and apart from what other labels protect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.crypto import aead, sealed
from medunion.errors import CryptoError

KEY = bytes(range(32))


class TestSealed:
    @given(context=st.binary(max_size=100), plaintext=st.binary(max_size=1_000))
    def test_opens_to_what_was_sealed(self, context: bytes, plaintext: bytes) -> None:
        assert sealed.open(KEY, context, sealed.seal(KEY, context, plaintext)) == plaintext

    def test_another_context_is_refused(self) -> None:
        with pytest.raises(CryptoError):
            sealed.open(KEY, b"row 2", sealed.seal(KEY, b"row 1", b"share"))

    def test_another_key_is_refused(self) -> None:
        with pytest.raises(CryptoError):
            sealed.open(bytes(32), b"row", sealed.seal(KEY, b"row", b"share"))

    def test_any_flipped_bit_is_refused(self) -> None:
        whole = sealed.seal(KEY, b"row", b"share")
        for position in range(len(whole)):
            altered = bytearray(whole)
            altered[position] ^= 0x80
            with pytest.raises(CryptoError):
                sealed.open(KEY, b"row", bytes(altered))

    def test_ciphertext_of_another_use_of_the_key_is_refused(self) -> None:
        with pytest.raises(CryptoError):
            sealed.open(KEY, b"", aead.encrypt(KEY, b"", b"share"))

    def test_short_key_is_refused(self) -> None:
        with pytest.raises(CryptoError, match="key must be 32 bytes"):
            sealed.seal(KEY[:16], b"", b"share")
