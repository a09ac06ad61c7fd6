"""One passphrase opens a wallet's secrets; a wrong one and a damaged file are told apart."""

import json
from typing import Any

import pytest

from medunion.crypto import passphrase
from medunion.errors import CryptoError, WalletCorrupted, WrongPassphrase

CHEAP = passphrase.KdfCost(iterations=1, lanes=1, memory_kib=8 * 1024)
SECRET = b"a 32-byte X25519 private key....."


@pytest.fixture(scope="module")
def sealed() -> dict[str, Any]:
    return passphrase.encrypt("correct horse 电池", b"wallet", SECRET, CHEAP)


def rechecked(sealed: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """`sealed` with `changes`, and a checksum made to fit."""
    body = {name: value for name, value in (sealed | changes).items() if name != "checksum"}
    return body | {"checksum": passphrase._checksum(body)}


class TestRoundTrip:
    def test_opens_after_a_trip_through_json(self, sealed: dict[str, Any]) -> None:
        assert passphrase.decrypt("correct horse 电池", b"wallet", json.loads(json.dumps(sealed))) == SECRET

    def test_default_cost_is_recommended_by_rfc_9106(self) -> None:
        sealed = passphrase.encrypt("p", b"", SECRET)
        assert (sealed["iterations"], sealed["lanes"], sealed["memoryKiB"]) == (3, 4, 65536)
        assert passphrase.decrypt("p", b"", sealed) == SECRET

    def test_composed_and_decomposed_characters_are_one_passphrase(self) -> None:
        sealed = passphrase.encrypt("caf\u00e9", b"", SECRET, CHEAP)
        assert passphrase.decrypt("cafe\u0301", b"", sealed) == SECRET

    def test_same_secret_twice_looks_different(self, sealed: dict[str, Any]) -> None:
        other = passphrase.encrypt("correct horse 电池", b"wallet", SECRET, CHEAP)
        assert other["salt"] != sealed["salt"]
        assert other["ciphertext"] != sealed["ciphertext"]


class TestWrongPassphrase:
    @pytest.mark.parametrize("guess", ["", "correct horse", "Correct horse 电池"])
    def test_is_named_as_such(self, sealed: dict[str, Any], guess: str) -> None:
        with pytest.raises(WrongPassphrase):
            passphrase.decrypt(guess, b"wallet", sealed)

    def test_secret_moved_to_another_use_does_not_open(self, sealed: dict[str, Any]) -> None:
        with pytest.raises(WrongPassphrase):
            passphrase.decrypt("correct horse 电池", b"another wallet", sealed)


class TestDamagedFile:
    @pytest.mark.parametrize(
        "field", ["iterations", "lanes", "memoryKiB", "salt", "ciphertext", "kdf", "version", "checksum"]
    )
    def test_missing_field(self, sealed: dict[str, Any], field: str) -> None:
        with pytest.raises(WalletCorrupted):
            passphrase.decrypt("correct horse 电池", b"wallet", {k: v for k, v in sealed.items() if k != field})

    @pytest.mark.parametrize(
        ("field", "value"),
        [("iterations", 2), ("salt", "00" * 16), ("ciphertext", ""), ("checksum", "é"), ("kdf", None)],
    )
    def test_altered_field(self, sealed: dict[str, Any], field: str, value: Any) -> None:
        with pytest.raises(WalletCorrupted):
            passphrase.decrypt("correct horse 电池", b"wallet", sealed | {field: value})

    @pytest.mark.parametrize("other", [[], "text", None, {}])
    def test_another_shape(self, other: Any) -> None:
        with pytest.raises(WalletCorrupted):
            passphrase.decrypt("p", b"wallet", other)

    def test_what_is_not_json(self, sealed: dict[str, Any]) -> None:
        with pytest.raises(WalletCorrupted):
            passphrase.decrypt("p", b"wallet", sealed | {"salt": b"bytes"})

    @pytest.mark.parametrize(
        "changes",
        [
            {"memoryKiB": 2**40},
            {"iterations": 10**9},
            {"lanes": 0},
            {"memoryKiB": 8},
            {"iterations": "many"},
            {"salt": "zz"},
            {"salt": ""},
            {"ciphertext": 5},
            {"version": 2},
            {"kdf": "md5"},
        ],
    )
    def test_doctored_parameters_are_refused_before_any_work(
        self, sealed: dict[str, Any], changes: dict[str, Any]
    ) -> None:
        with pytest.raises(WalletCorrupted):
            passphrase.decrypt("correct horse 电池", b"wallet", rechecked(sealed, **changes))


class TestKdfCost:
    @pytest.mark.parametrize("cost", [(0, 4, 65536), (17, 4, 65536), (3, 17, 65536), (3, 4, 1024), (3, 4, 2**21)])
    def test_out_of_bounds_is_refused(self, cost: tuple[int, int, int]) -> None:
        with pytest.raises(CryptoError, match="out of bounds"):
            passphrase.KdfCost(*cost)
