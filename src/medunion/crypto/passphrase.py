"""Small secrets under a passphrase: Argon2id (RFC 9106), then Cobblestone-256, in a JSON object with its parameters.

The object carries a SHA-256 checksum of itself. A file that is not what was written is WalletCorrupted; a whole file
that does not open is WrongPassphrase. (Who alters it on purpose and mends the checksum gets WrongPassphrase.)
"""

import hashlib
import hmac
import json
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from medunion.crypto import aead
from medunion.errors import CryptoError, WalletCorrupted, WrongPassphrase

_LABEL = b"medunion/passphrase/v1"
_SALT_BYTES = 16
_FIELDS = {"version", "kdf", "iterations", "lanes", "memoryKiB", "salt", "ciphertext", "checksum"}


@dataclass(frozen=True, slots=True)
class KdfCost:
    """Argon2id's cost. The default is RFC 9106's second recommended option: 64 MiB, three passes, four lanes."""

    iterations: int = 3
    lanes: int = 4
    memory_kib: int = 64 * 1024

    def __post_init__(self) -> None:
        # The lower bounds keep a passphrase from being cheap to guess, the upper ones a doctored file from
        # exhausting the machine that opens it.
        inside = 1 <= self.iterations <= 16 and 1 <= self.lanes <= 16 and 8 * 1024 <= self.memory_kib <= 1024 * 1024
        if not inside:
            raise CryptoError("the passphrase parameters are out of bounds")


DEFAULT_COST = KdfCost()


def normalise(passphrase: str) -> bytes:
    """The passphrase as bytes: NFKC, then UTF-8, so that it is the same whichever keyboard typed it."""
    return unicodedata.normalize("NFKC", passphrase).encode()


def encrypt(passphrase: str, context: bytes, plaintext: bytes, cost: KdfCost = DEFAULT_COST) -> dict[str, Any]:
    """`plaintext` under `passphrase`, bound to `context`, as a JSON-serialisable object."""
    salt = secrets.token_bytes(_SALT_BYTES)
    sealed: dict[str, Any] = {
        "version": 1,
        "kdf": "argon2id",
        "iterations": cost.iterations,
        "lanes": cost.lanes,
        "memoryKiB": cost.memory_kib,
        "salt": salt.hex(),
        "ciphertext": aead.encrypt(_key(passphrase, salt, cost), _LABEL + context, plaintext).hex(),
    }
    return sealed | {"checksum": _checksum(sealed)}


def decrypt(passphrase: str, context: bytes, sealed: Mapping[str, Any]) -> bytes:
    """What `encrypt` was given; WalletCorrupted when `sealed` is not whole, WrongPassphrase for another passphrase."""
    salt, ciphertext, cost = _parse(sealed)
    try:
        return aead.decrypt(_key(passphrase, salt, cost), _LABEL + context, ciphertext)
    except CryptoError:
        raise WrongPassphrase("the passphrase does not open the file") from None


def _parse(sealed: Mapping[str, Any]) -> tuple[bytes, bytes, KdfCost]:
    if not isinstance(sealed, Mapping) or set(sealed) != _FIELDS:
        raise WalletCorrupted("the encrypted part is not whole", field="fields")
    body = {name: value for name, value in sealed.items() if name != "checksum"}
    if not hmac.compare_digest(_checksum(body).encode(), str(sealed["checksum"]).encode()):
        raise WalletCorrupted("the encrypted part has been altered or damaged", field="checksum")
    if body["version"] != 1 or body["kdf"] != "argon2id":
        raise WalletCorrupted("the encrypted part is of an unknown kind", field="kdf")
    try:
        cost = KdfCost(*(int(body[name]) for name in ("iterations", "lanes", "memoryKiB")))
        salt, ciphertext = bytes.fromhex(body["salt"]), bytes.fromhex(body["ciphertext"])
    except (TypeError, ValueError, CryptoError):
        raise WalletCorrupted("the encrypted part has unusable parameters", field="parameters") from None
    if len(salt) != _SALT_BYTES:
        raise WalletCorrupted("the encrypted part has unusable parameters", field="salt")
    return salt, ciphertext, cost


def _key(passphrase: str, salt: bytes, cost: KdfCost) -> bytes:
    kdf = Argon2id(salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib)
    return kdf.derive(normalise(passphrase))


def _checksum(body: Mapping[str, Any]) -> str:
    try:
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError):
        raise WalletCorrupted("the encrypted part is not JSON", field="fields") from None
    return hashlib.sha256(canonical.encode()).hexdigest()
