"""A member's folder: its keys at rest, its stores, its log. One passphrase opens it.

kek.json         key-encryption key under the passphrase (crypto/passphrase.py)
member-key.json  X25519 key to which others seal keys, under the key-encryption key
record-secret    secret of the author's record ids, under the key-encryption key
member.json      {"member": id, "network": text}, once the council has admitted it
keys.sqlite  journal.sqlite  audit.jsonl  operators/
"""

import json
from pathlib import Path
from typing import Any

from medunion.crypto import hpke, keys, passphrase, sealed
from medunion.errors import CryptoError, UsageError, WalletCorrupted
from medunion.files import write_whole
from medunion.keys.audit import AuditLog
from medunion.keys.store import KeyStore

_KEK = b"medunion/member-home/kek"
_KEY = b"member-key"
_SECRET = b"record-secret"


class MemberHome:
    """An opened member folder."""

    def __init__(self, path: Path, kek: bytes, private_key: bytes, record_secret: bytes) -> None:
        self.path = path
        self.kek = kek
        self.private_key = private_key
        self.record_secret = record_secret

    @classmethod
    def create(cls, path: Path, secret: str, cost: passphrase.KdfCost = passphrase.DEFAULT_COST) -> "MemberHome":
        """A new folder, its keys under the passphrase `secret`; UsageError when one is there or cannot be made."""
        home = cls(path, keys.new_key(), hpke.generate_private_key(), keys.new_key())
        if (path / "kek.json").exists():
            raise UsageError("there is a member folder already", path=str(path))
        try:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)
            write_whole(path / "record-secret", sealed.seal(home.kek, _SECRET, home.record_secret))
            member_key = {
                "suite": 1,
                "publicKey": home.public_key.hex(),
                "sealed": sealed.seal(home.kek, _KEY, home.private_key).hex(),
            }
            _write_json(path / "member-key.json", member_key)
            _write_json(path / "kek.json", passphrase.encrypt(secret, _KEK, home.kek, cost))
        except OSError as cause:
            raise UsageError(f"the member folder cannot be written: {cause.strerror}", path=str(path)) from cause
        return home

    @classmethod
    def open(cls, path: Path, secret: str) -> "MemberHome":
        """The folder at `path`; UsageError when there is none, WrongPassphrase, WalletCorrupted."""
        if not (path / "kek.json").is_file():
            raise UsageError("there is no member folder", path=str(path))
        try:
            kek = passphrase.decrypt(secret, _KEK, _read_json(path / "kek.json"))
            member_key = _read_json(path / "member-key.json")
            private_key = sealed.open(kek, _KEY, bytes.fromhex(member_key["sealed"]))
            record_secret = sealed.open(kek, _SECRET, (path / "record-secret").read_bytes())
        except (CryptoError, KeyError, TypeError, ValueError, OSError):
            raise WalletCorrupted("the member folder is not whole", path=str(path)) from None
        return cls(path, kek, private_key, record_secret)

    @property
    def public_key(self) -> bytes:
        """The key that the ledger must show for this member."""
        return hpke.public_key(self.private_key)

    @property
    def member(self) -> int:
        """The member's id; UsageError before it was assigned."""
        return int(self._member_file()["member"])

    @property
    def network(self) -> str:
        """Where its network is described."""
        return str(self._member_file()["network"])

    def assign(self, member: int, network: str) -> None:
        """Writes down the id that the ledger gave."""
        _write_json(self.path / "member.json", {"member": member, "network": network})

    def key_store(self) -> KeyStore:
        """Its key store."""
        return KeyStore(self.path / "keys.sqlite", self.kek)

    def audit_log(self) -> AuditLog:
        """Its audit log."""
        return AuditLog(self.path / "audit.jsonl")

    def _member_file(self) -> dict[str, Any]:
        try:
            return _read_json(self.path / "member.json")
        except OSError:
            raise UsageError("this folder has no member id yet", path=str(self.path)) from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise WalletCorrupted("the member folder is not whole", path=str(path)) from None
    if not isinstance(value, dict):
        raise WalletCorrupted("the member folder is not whole", path=str(path))
    return value


def _write_json(path: Path, value: dict[str, Any]) -> None:
    write_whole(path, json.dumps(value, indent=1).encode())
