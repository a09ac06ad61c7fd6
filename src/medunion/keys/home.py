"""A member's folder: its keys at rest, its stores, its log. One passphrase opens it.

kek.json         key-encryption key under the passphrase (crypto/passphrase.py)
member-key.json  X25519 keys to which others seal keys, under the key-encryption key: one, two while it is being rotated
record-secret    secret of the author's record ids, under the key-encryption key
member.json      {"member": id, "network": text}, once the council has admitted it
keys.sqlite  journal.sqlite  audit.jsonl  operators/
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medunion.crypto import hpke, keys, passphrase, sealed
from medunion.errors import CryptoError, UsageError, WalletCorrupted, WalletError
from medunion.files import write_whole
from medunion.keys.audit import AuditLog
from medunion.keys.store import KeyStore

_KEK = b"medunion/member-home/kek"
_KEY = b"member-key"
_SECRET = b"record-secret"


class MemberHome:
    """An opened member folder.

    While the member's key is being rotated the folder holds both; `drop_former_keys` ends that.
    """

    def __init__(self, path: Path, kek: bytes, private_keys: Sequence[bytes], record_secret: bytes) -> None:
        self.path = path
        self.kek = kek
        self.record_secret = record_secret
        self._keys = tuple(private_keys)

    @classmethod
    def create(cls, path: Path, secret: str, cost: passphrase.KdfCost = passphrase.DEFAULT_COST) -> "MemberHome":
        """A new folder, its keys under the passphrase `secret`; UsageError when one is there or cannot be made."""
        home = cls(path, keys.new_key(), [hpke.generate_private_key()], keys.new_key())
        if (path / "kek.json").exists():
            raise UsageError("there is a member folder already", path=str(path))
        try:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)
            write_whole(path / "record-secret", sealed.seal(home.kek, _SECRET, home.record_secret))
            home._write_keys(home._keys)
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
            private_keys = _read_keys(path, kek)
            record_secret = sealed.open(kek, _SECRET, (path / "record-secret").read_bytes())
        except (CryptoError, KeyError, TypeError, ValueError, OSError):
            raise WalletCorrupted("the member folder is not whole", path=str(path)) from None
        return cls(path, kek, private_keys, record_secret)

    @property
    def private_key(self) -> bytes:
        """The newest X25519 private key."""
        return self._keys[-1]

    @property
    def public_key(self) -> bytes:
        """The newest X25519 public key: the one that the ledger must show for this member, or soon will."""
        return hpke.public_key(self.private_key)

    def add_key(self, shown: bytes) -> bytes:
        """A key to follow the one that the ledger shows, kept beside it; its public key.

        One that was drawn before and never reached the ledger is taken again. WalletError when the key that the ledger
        shows is not here.
        """
        held = [*_read_keys(self.path, self.kek)]
        while held and hpke.public_key(held[0]) != shown:
            del held[0]
        if not held:
            raise WalletError("the folder does not hold the key that the ledger shows", path=str(self.path))
        following = held[1] if len(held) > 1 else hpke.generate_private_key()
        self._write_keys([held[0], following])
        return self.public_key

    def drop_former_keys(self) -> None:
        """Forgets all X25519 keys but the newest: once the ledger shows it."""
        self._write_keys(self._keys[-1:])

    def unseal(self, info: bytes, data: bytes) -> bytes:
        """What was sealed to this member; CryptoError when none of its keys opens it with this `info`.

        Another process may have rotated the key meanwhile: then the folder is read again.
        """
        try:
            return self._unseal(info, data)
        except CryptoError:
            try:
                found = _read_keys(self.path, self.kek)
            except (OSError, KeyError, TypeError, ValueError):
                found = self._keys
            if found == self._keys:
                raise
            self._keys = found
            return self._unseal(info, data)

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

    def _unseal(self, info: bytes, data: bytes) -> bytes:
        for key in self._keys[:-1]:
            try:
                return hpke.open(key, info, data)
            except CryptoError:
                continue
        return hpke.open(self._keys[-1], info, data)

    def _write_keys(self, private_keys: Sequence[bytes]) -> None:
        held = [
            {"publicKey": hpke.public_key(key).hex(), "sealed": sealed.seal(self.kek, _KEY, key).hex()}
            for key in private_keys
        ]
        _write_json(self.path / "member-key.json", {"suite": 1, "keys": held})
        self._keys = tuple(private_keys)

    def _member_file(self) -> dict[str, Any]:
        try:
            return _read_json(self.path / "member.json")
        except OSError:
            raise UsageError("this folder has no member id yet", path=str(self.path)) from None


def _read_keys(path: Path, kek: bytes) -> tuple[bytes, ...]:
    """The member's private keys, the newest last; CryptoError, WalletCorrupted or OSError when they cannot be read."""
    held = _read_json(path / "member-key.json")["keys"]
    if not held:
        raise WalletCorrupted("the member folder is not whole", path=str(path))
    return tuple(sealed.open(kek, _KEY, bytes.fromhex(each["sealed"])) for each in held)


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
