"""A body holds exactly its plaintext, tells its class of sizes only, and opens whole or not at all."""

import json
import random
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.crypto import aead, body, keys
from medunion.errors import BodyTooLarge, CryptoError

KEY = bytes(range(32))
CONTEXT = body.BodyContext(chain_id=31337, registry=b"\x11" * 20, record_id=b"\x22" * 32, version=1)
VECTOR = Path(__file__).parents[2] / "vectors" / "record.json"
HEADER, CHUNK, TAG = 56, 16 * 1024, 16


def incompressible(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def seal_frame(framed: bytes) -> bytes:
    """A body around a frame of the test's making."""
    return aead.encrypt(KEY, CONTEXT.encode(), framed)


def made_frame(method: int, payload: bytes, declared: int | None = None) -> bytes:
    size = len(payload) if declared is None else declared
    head = bytes((method,)) + size.to_bytes(8, "big") + payload
    return head.ljust(body.padme(len(head)), b"\0")


class TestRoundTrip:
    @given(plaintext=st.binary(max_size=20_000))
    def test_any_bytes(self, plaintext: bytes) -> None:
        assert body.decrypt_body(KEY, CONTEXT, body.encrypt_body(KEY, CONTEXT, plaintext)) == plaintext

    @given(unit=st.binary(min_size=1, max_size=50), times=st.integers(0, 5_000))
    def test_compressible_bytes(self, unit: bytes, times: int) -> None:
        plaintext = unit * times
        assert body.decrypt_body(KEY, CONTEXT, body.encrypt_body(KEY, CONTEXT, plaintext)) == plaintext

    def test_a_large_body_is_compressed_where_samples_of_it_are(self) -> None:
        text, image = b"0123456789abcdef" * 65_536, incompressible(1 << 20)
        assert body.frame(text)[0] == 1
        assert (body.frame(image)[0], len(body.frame(image))) == (0, body.padme(9 + len(image)))
        for mixed in (text + image, image + text, image[:100_000] + text + image[:100_000]):
            assert body.frame(mixed)[0] == 1
            assert body.unframe(body.frame(mixed)) == mixed

    @pytest.mark.parametrize("size", [4087, 4088, CHUNK - 9, CHUNK, 262_144, 1_048_576 + 1])
    def test_at_chunk_and_padding_borders(self, size: int) -> None:
        plaintext = incompressible(size)
        assert body.decrypt_body(KEY, CONTEXT, body.encrypt_body(KEY, CONTEXT, plaintext)) == plaintext

    @pytest.mark.parametrize("position", [0, 1], ids=["stored", "compressed"])
    def test_frozen_body_still_opens(self, position: int) -> None:
        vector = json.loads(VECTOR.read_text(encoding="utf-8"))
        inputs, record = vector["inputs"], vector["records"][position]
        context = body.BodyContext(
            chain_id=inputs["chainId"],
            registry=bytes.fromhex(inputs["registry"][2:]),
            record_id=bytes.fromhex(record["recordId"][2:]),
            version=1,
        )
        section = keys.section_key(bytes.fromhex(inputs["batchKey"][2:]), record["category"], record["classMask"])
        key = keys.record_key(section, context.record_id, context.version)
        opened = body.decrypt_body(key, context, bytes.fromhex(record["body"][2:]))
        assert opened == record["plaintext"].encode()


class TestContext:
    def test_encoding_is_fixed(self) -> None:
        assert CONTEXT.encode() == (
            b"medunion/body/v1" + b"\x01" + (31337).to_bytes(8, "big") + b"\x11" * 20 + b"\x22" * 32 + b"\0\0\0\x01"
        )

    def test_unknown_suite_is_refused(self) -> None:
        with pytest.raises(CryptoError, match="suite 2"):
            replace(CONTEXT, suite=2).encode()

    @pytest.mark.parametrize(
        "other",
        [
            replace(CONTEXT, chain_id=1),
            replace(CONTEXT, registry=b"\x12" * 20),
            replace(CONTEXT, record_id=b"\x23" * 32),
            replace(CONTEXT, version=2),
        ],
    )
    def test_body_moved_elsewhere_does_not_open(self, other: body.BodyContext) -> None:
        with pytest.raises(CryptoError):
            body.decrypt_body(KEY, other, body.encrypt_body(KEY, CONTEXT, b"x"))


class TestTampering:
    @pytest.fixture(scope="class")
    def sealed(self) -> bytes:
        return body.encrypt_body(KEY, CONTEXT, incompressible(3 * CHUNK))

    def test_wrong_key(self, sealed: bytes) -> None:
        with pytest.raises(CryptoError):
            body.decrypt_body(bytes(32), CONTEXT, sealed)

    @pytest.mark.parametrize("position", [0, 24, 55, 56, HEADER + CHUNK, -TAG, -1])
    def test_flipped_bit(self, sealed: bytes, position: int) -> None:
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(CryptoError):
            body.decrypt_body(KEY, CONTEXT, bytes(altered))

    @pytest.mark.parametrize(
        "size", [0, 1, HEADER - 1, HEADER, HEADER + TAG, HEADER + CHUNK + TAG, HEADER + 2 * (CHUNK + TAG)]
    )
    def test_truncated(self, sealed: bytes, size: int) -> None:
        with pytest.raises(CryptoError):
            body.decrypt_body(KEY, CONTEXT, sealed[:size])

    def test_last_byte_missing(self, sealed: bytes) -> None:
        with pytest.raises(CryptoError):
            body.decrypt_body(KEY, CONTEXT, sealed[:-1])

    def test_byte_appended(self, sealed: bytes) -> None:
        with pytest.raises(CryptoError):
            body.decrypt_body(KEY, CONTEXT, sealed + b"\0")

    def test_swapped_chunks(self, sealed: bytes) -> None:
        first = slice(HEADER, HEADER + CHUNK + TAG)
        second = slice(first.stop, first.stop + CHUNK + TAG)
        swapped = sealed[:HEADER] + sealed[second] + sealed[first] + sealed[second.stop :]
        with pytest.raises(CryptoError):
            body.decrypt_body(KEY, CONTEXT, swapped)

    def test_chunk_of_another_body_under_the_same_key(self, sealed: bytes) -> None:
        other = body.encrypt_body(KEY, CONTEXT, incompressible(3 * CHUNK))
        first = slice(HEADER, HEADER + CHUNK + TAG)
        with pytest.raises(CryptoError):
            body.decrypt_body(KEY, CONTEXT, sealed[:HEADER] + other[first] + sealed[first.stop :])


class TestFrame:
    @pytest.mark.parametrize(
        "framed",
        [
            pytest.param(b"", id="empty"),
            pytest.param(made_frame(0, b"abc")[:-1], id="padding too short"),
            pytest.param(made_frame(0, b"abc") + b"\0", id="padding too long"),
            pytest.param(made_frame(0, b"abc")[:-1] + b"\x01", id="padding not zero"),
            pytest.param(made_frame(0, b"abc", declared=5000), id="length beyond the frame"),
            pytest.param(made_frame(0, b"abc", declared=2), id="length short of the payload"),
            pytest.param(made_frame(0, b"abc", declared=2**64 - 1), id="huge length"),
            pytest.param(made_frame(2, b"abc"), id="unknown compression"),
            pytest.param(made_frame(1, b"not zlib"), id="not zlib"),
            pytest.param(made_frame(1, zlib.compress(b"abc")[:-1]), id="zlib truncated"),
            pytest.param(made_frame(1, zlib.compress(b"abc") + b"abc"), id="bytes after zlib"),
        ],
    )
    def test_malformed_frame_is_refused_after_decryption(self, framed: bytes) -> None:
        with pytest.raises(CryptoError):
            body.decrypt_body(KEY, CONTEXT, seal_frame(framed))

    @pytest.mark.parametrize("plaintext", [b"x" * 10_001, incompressible(10_001)])
    def test_plaintext_over_the_readers_limit_is_refused(self, plaintext: bytes) -> None:
        sealed = body.encrypt_body(KEY, CONTEXT, plaintext)
        assert body.decrypt_body(KEY, CONTEXT, sealed, limit=10_001) == plaintext
        with pytest.raises(CryptoError, match="more than 10000"):
            body.decrypt_body(KEY, CONTEXT, sealed, limit=10_000)

    def test_decompression_bomb_is_refused(self) -> None:
        bomb = seal_frame(made_frame(1, zlib.compress(bytes(body.MAX_PLAINTEXT + 1))))
        assert len(bomb) < 100_000
        with pytest.raises(CryptoError, match="more than"):
            body.decrypt_body(KEY, CONTEXT, bomb)

    def test_too_large_a_body_is_refused_before_anything_is_done(self) -> None:
        with pytest.raises(BodyTooLarge) as caught:
            body.encrypt_body(KEY, CONTEXT, bytes(body.MAX_PLAINTEXT + 1))
        assert caught.value.details == {"size": body.MAX_PLAINTEXT + 1, "limit": body.MAX_PLAINTEXT}


class TestPadding:
    @pytest.mark.parametrize(
        ("length", "padded"), [(0, 4096), (1, 4096), (4096, 4096), (4097, 4352), (9000, 9216), (1_000_001, 1_015_808)]
    )
    def test_known_lengths(self, length: int, padded: int) -> None:
        assert body.padme(length) == padded

    @given(length=st.integers(4097, 2**40))
    def test_costs_at_most_twelve_percent_and_is_idempotent(self, length: int) -> None:
        padded = body.padme(length)
        assert length <= padded <= length * 1.12
        assert body.padme(padded) == padded

    @given(length=st.integers(1, 2**40))
    def test_never_shrinks_with_length(self, length: int) -> None:
        assert body.padme(length) <= body.padme(length + 1)

    @given(first=st.binary(max_size=30_000), second=st.binary(max_size=30_000))
    def test_size_of_a_body_depends_on_its_size_class_only(self, first: bytes, second: bytes) -> None:
        classes = {min(body.padme(9 + len(p)), body.padme(9 + len(zlib.compress(p)))) for p in (first, second)}
        sizes = {len(body.encrypt_body(KEY, CONTEXT, p)) for p in (first, second)}
        assert len(sizes) == len(classes)
        assert sizes == {HEADER + size + TAG * -(-size // CHUNK) for size in classes}

    def test_short_records_are_all_of_one_size(self) -> None:
        assert {len(body.encrypt_body(KEY, CONTEXT, incompressible(size))) for size in (0, 1, 100, 4087)} == {4168}
