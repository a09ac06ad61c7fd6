"""The page's modules, in node, on vectors that Python makes of them what they must: the same bytes, or nothing."""

import base64
import hashlib
import json
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest

from medunion.crypto import aead, body
from medunion.errors import CryptoError

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NODE = ROOT / ".build" / "bin" / "node"
KEY, CONTEXT = bytes(range(32)), b"a context"
HEADER, SEALED_CHUNK = 56, 16 * 1024 + 16
MODULES_OF_THE_CHUNKED_FORMAT = ("aead.mjs", "body.mjs")


def node(command: str, vectors: Any) -> Any:
    """What `vectors.mjs` makes of vectors."""
    done = subprocess.run(
        [NODE, HERE / "vectors.mjs", command], input=json.dumps(vectors), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def hexed(value: bytes) -> str:
    return "0x" + value.hex()


def digest(opened: bytes | None) -> str | None:
    return None if opened is None else hexed(hashlib.sha256(opened).digest())


def or_none(work: Callable[[], bytes]) -> bytes | None:
    try:
        return work()
    except CryptoError:
        return None


def c2sp_vectors() -> list[dict[str, Any]]:
    with cryptography_vectors.open_vector_file("chunked-encryption/vectors.json", "r") as file:
        return [each for each in json.load(file)["vectors"] if each["aead"] == "AEAD_AES_256_GCM"]


def c2sp_ciphertext(vector: dict[str, Any]) -> bytes:
    data = base64.b64decode(vector["ciphertext"] or "")
    return zlib.decompress(data) if vector.get("compressed") else data


def tampered() -> dict[str, tuple[bytes, bytes, bytes]]:
    """Name -> key, context and ciphertext: one that opens, and everything near it that must not."""
    sealed = aead.encrypt(KEY, CONTEXT, bytes(range(256)) * 200)  # 51,200 bytes: three full chunks and a short one
    other = aead.encrypt(KEY, CONTEXT, bytes(51_200))
    starts = range(HEADER, len(sealed), SEALED_CHUNK)
    chunks = [sealed[start : start + SEALED_CHUNK] for start in starts]
    head = sealed[:HEADER]

    def flipped(position: int) -> bytes:
        altered = bytearray(sealed)
        altered[position] ^= 1
        return bytes(altered)

    ciphertexts = {
        "whole": sealed,
        "first two swapped": head + chunks[1] + chunks[0] + b"".join(chunks[2:]),
        "first twice": head + chunks[0] + b"".join(chunks),
        "last missing": head + b"".join(chunks[:-1]),
        "middle missing": head + chunks[0] + b"".join(chunks[2:]),
        "another's chunk": head + other[HEADER : HEADER + SEALED_CHUNK] + b"".join(chunks[1:]),
        "another's head": other[:HEADER] + b"".join(chunks),
        "a byte more": sealed + b"\0",
        "a chunk more": sealed + chunks[-1],
        **{f"flipped in the head at {position}": flipped(position) for position in (0, 23, 24, 55)},
        **{f"flipped in chunk {number}": flipped(start + 5) for number, start in enumerate(starts)},
        **{f"flipped in tag {number}": flipped(start + len(chunks[number]) - 1) for number, start in enumerate(starts)},
        **{f"cut before chunk {number}": sealed[:start] for number, start in enumerate(starts)},
        **{f"cut to {size}": sealed[:size] for size in (0, 1, HEADER - 1, HEADER + 15, len(sealed) - 1)},
    }
    cases = {name: (KEY, CONTEXT, each) for name, each in ciphertexts.items()}
    cases["another context"] = (KEY, b"b context", sealed)
    cases["no context"] = (KEY, b"", sealed)
    cases["another key"] = (bytes(32), CONTEXT, sealed)
    cases["short key"] = (KEY[:16], CONTEXT, sealed)
    return cases


class TestChunkedFormat:
    def test_every_vector_of_its_specification(self) -> None:
        vectors = c2sp_vectors()
        cases = [
            {
                "name": each["name"],
                "key": "0x" + each["key"],
                "context": hexed(each["context"].encode()),
                "sealed": hexed(c2sp_ciphertext(each)),
                "hash": "SHA-256",
            }
            for each in vectors
        ]
        expected = {
            each["name"]: "0x" + each["payload_sha256"] if each["expect"] == "success" else None for each in vectors
        }
        assert node("chunked", cases) == expected
        assert sum(each is not None for each in expected.values()) >= 9
        assert sum(each is None for each in expected.values()) >= 20

    def test_only_the_whole_ciphertext_opens(self) -> None:
        cases = tampered()
        vectors = [
            {"name": name, "key": hexed(key), "context": hexed(context), "sealed": hexed(sealed), "hash": "SHA-512"}
            for name, (key, context, sealed) in cases.items()
        ]
        by_python = {name: digest(or_none(lambda each=each: aead.decrypt(*each))) for name, each in cases.items()}
        assert [name for name, opened in by_python.items() if opened] == ["whole"]
        assert node("chunked", vectors) == by_python

    def test_takes_at_most_150_lines(self) -> None:
        sizes = [len((HERE / name).read_text(encoding="utf-8").splitlines()) for name in MODULES_OF_THE_CHUNKED_FORMAT]
        assert 0 < sum(sizes) <= 150


class TestFrames:
    def test_frames_open_as_in_python(self) -> None:
        long = b"compressible " * 40_000
        stored, packed = body.frame(b"short"), body.frame(long)
        size = int.from_bytes(packed[1:9], "big")
        payload = packed[9 : 9 + size]
        cases = {
            "empty": body.frame(b""),
            "stored": stored,
            "compressed": packed,
            "at the floor": body.frame(bytes(4087)),
            "incompressible": body.frame(bytes(hashlib.shake_256(b"x").digest(300_001))),
            "padding too short": stored[:-1],
            "padding too long": stored + b"\0",
            "padding not zero": stored[:-1] + b"\1",
            "length beyond the frame": b"\0" + (5000).to_bytes(8, "big") + stored[9:],
            "huge length": b"\0" + (2**64 - 1).to_bytes(8, "big") + stored[9:],
            "unknown compression": b"\2" + stored[1:],
            "not zlib": b"\1" + stored[1:],
            "zlib cut": b"\1" + (size - 1).to_bytes(8, "big") + payload[:-1].ljust(len(packed) - 9, b"\0"),
            "bytes after zlib": b"\1" + (size + 1).to_bytes(8, "big") + (payload + b"x").ljust(len(packed) - 9, b"\0"),
            "nothing": b"",
        }
        expected = {name: digest(or_none(lambda frame=frame: body.unframe(frame))) for name, frame in cases.items()}
        opened = [name for name, each in expected.items() if each]
        assert opened == ["empty", "stored", "compressed", "at the floor", "incompressible"]
        assert node("frames", [{"name": name, "frame": hexed(frame)} for name, frame in cases.items()]) == expected


class TestWorkedExample:
    @pytest.fixture(scope="class")
    def vector(self) -> dict[str, Any]:
        return json.loads((ROOT / "tests" / "vectors" / "record.json").read_text(encoding="utf-8"))

    @pytest.fixture(scope="class")
    def made(self, vector: dict[str, Any]) -> dict[str, Any]:
        return node("record", vector)

    def test_records_open_and_their_leaves_make_the_root(self, vector: dict[str, Any], made: dict[str, Any]) -> None:
        for found, record, section in zip(made["records"], vector["records"], vector["sections"], strict=True):
            assert found.pop("listKey") == section["listKey"]
            assert found.pop("listContext") == section["context"]
            assert found == {name: record[name] for name in found}
            assert {"leaf", "plaintext", "contentCommitment", "recordKey"} <= found.keys()
        assert made["root"] == vector["batch"]["root"]

    def test_messages_are_signed_and_opened_alike(self, vector: dict[str, Any], made: dict[str, Any]) -> None:
        assert made["requestDigest"] == vector["keyRequest"]["digest"]
        assert made["requestEnvelope"] == vector["keyRequest"]["envelope"]
        assert made["releaseSigned"]
        assert made["releasedKeys"] == [each["sectionKey"] for each in vector["records"]]

    def test_shares_are_checked_and_make_the_key(self, vector: dict[str, Any], made: dict[str, Any]) -> None:
        assert made["sharesMatch"]
        assert not made["sharesOfAnotherSectionMatch"]
        assert made["combined"] == vector["records"][0]["sectionKey"]
