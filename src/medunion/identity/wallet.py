"""Wallet files: one file, one passphrase, several patient ids that nothing links to each other.

    {"kind": "medunion-wallet", "version": 1, "ids": [{
        "label", "patient", "salt",
        "accounts": [keystore v3, ...]     the account; a new one beside it while it is being rotated
        "payer": keystore v3               the account that pays; missing until it is first needed
        "secrets": passphrase-sealed JSON {"keys": [X25519 private keys], "configuration": preimages,
            "scheduled": contacts that wait to take effect, "intended": trustees of a change that was begun,
            "held": what this id keeps as others' recovery contact, "disputes": secrets by dispute}
    }]}

The accounts, the X25519 key and the salt of each id are drawn separately: no id can be computed from another.
A file that another process changed since it was opened is not written over: it may hold a key that is nowhere else.
"""

import fcntl
import json
import os
import threading
from pathlib import Path
from typing import Any

from medunion.chain.accounts import SCRYPT_COST, Account
from medunion.crypto import hpke, passphrase
from medunion.crypto.encoding import abi_words
from medunion.crypto.hashing import keccak256
from medunion.crypto.passphrase import DEFAULT_COST, KdfCost
from medunion.errors import WalletError
from medunion.files import write_whole
from medunion.identity.configuration import new_salt
from medunion.identity.wallet_file import KIND, VERSION, parse_document, read_file
from medunion.identity.wallet_identity import Identity as Identity  # callers take it from here

_CONTEXT = b"medunion/wallet/v1"


def derive_patient(controller: str, salt: bytes) -> bytes:
    """The 32-byte PatientId of a first controller: `keccak256(abi.encode(controller, salt))`."""
    return keccak256(abi_words(int(controller, 16), salt))


class Wallet:
    """An opened wallet file."""

    def __init__(
        self,
        path: Path,
        secret: str,
        stored: bytes | None,
        document: dict[str, Any],
        scrypt_cost: int,
        argon_cost: KdfCost,
    ) -> None:
        self.path = path
        self._stored = stored
        self._secret = secret
        self._document = document
        self._scrypt_cost = scrypt_cost
        self._argon_cost = argon_cost
        self._lock = threading.RLock()
        self._identities = [Identity(self, each) for each in document["ids"]]

    @classmethod
    def create(
        cls,
        path: Path,
        secret: str,
        *,
        patient: bytes | None = None,
        scrypt_cost: int = SCRYPT_COST,
        argon_cost: KdfCost = DEFAULT_COST,
    ) -> "Wallet":
        """A new wallet file with one id under the passphrase `secret`: a fresh one, or `patient`, to be recovered.

        WalletError when there is a file already, or the folder cannot be written.
        """
        if path.exists():
            raise WalletError(f"there is a wallet at {path} already", path=str(path))
        empty = {"kind": KIND, "version": VERSION, "ids": []}
        wallet = cls(path, secret, None, empty, scrypt_cost, argon_cost)
        if patient is None:
            wallet.new_identity("1")
        else:
            wallet.adopt("1", patient)
        return wallet

    @classmethod
    def open(
        cls, path: Path, secret: str, *, scrypt_cost: int = SCRYPT_COST, argon_cost: KdfCost = DEFAULT_COST
    ) -> "Wallet":
        """Opens a wallet file and its first id's secrets; WrongPassphrase, WalletCorrupted, or WalletError.

        The costs are those of what will be written; what is read states its own.
        """
        stored = read_file(path)
        wallet = cls(path, secret, stored, parse_document(path, stored), scrypt_cost, argon_cost)
        _ = wallet.identities[0].public_key
        return wallet

    @property
    def identities(self) -> tuple[Identity, ...]:
        """All ids, oldest first."""
        return tuple(self._identities)

    def identity(self, which: str | bytes | None = None) -> Identity:
        """An id by label or PatientId; without argument the only or first one. WalletError when there is none such."""
        for each in self._identities:
            if which in (None, each.label, each.patient, "0x" + each.patient.hex()):
                return each
        raise WalletError("the wallet holds no such id", id=which if isinstance(which, str) else None)

    def new_identity(self, label: str) -> Identity:
        """Draws account, X25519 key and salt of a new id, and writes the wallet."""
        account, salt = Account.create(), new_salt()
        return self._add(label, derive_patient(account.address, salt), salt, account)

    def adopt(self, label: str, patient: bytes) -> Identity:
        """Draws account and X25519 key for an id that exists (to take it over), and writes the wallet."""
        return self._add(label, patient, None, Account.create())

    def changing(self) -> "_Change":
        """A context in which the document is changed; afterwards it is written, or put back when that fails.

        WalletError when another process changed the file since it was opened or last written, or it cannot be written.
        """
        return _Change(self)

    def lock(self, account: Account) -> dict[str, Any]:
        """An account as keystore v3 under the wallet's passphrase."""
        return account.keystore(self._secret, self._scrypt_cost)

    def unlock(self, document: dict[str, Any]) -> Account:
        """The account in a keystore v3 object of this wallet."""
        return Account.from_keystore(document, self._secret)

    def seal(self, patient: bytes, plaintext: bytes) -> dict[str, Any]:
        """Secrets of one id under the wallet's passphrase, bound to the id."""
        return passphrase.encrypt(self._secret, _CONTEXT + patient, plaintext, self._argon_cost)

    def unseal(self, patient: bytes, sealed: dict[str, Any]) -> bytes:
        """What `seal` was given."""
        return passphrase.decrypt(self._secret, _CONTEXT + patient, sealed)

    def _add(self, label: str, patient: bytes, salt: bytes | None, account: Account) -> Identity:
        if any(label == each.label or patient == each.patient for each in self._identities):
            raise WalletError(f"the wallet holds an id {label} already", label=label)
        secrets = {"keys": [hpke.generate_private_key().hex()], "configuration": {}}
        document = {
            "label": label,
            "patient": patient.hex(),
            "salt": None if salt is None else salt.hex(),
            "accounts": [self.lock(account)],
            "secrets": self.seal(patient, json.dumps(secrets).encode()),
        }
        with self.changing():
            self._document["ids"] = [*self._document["ids"], document]
        identity = Identity(self, document)
        self._identities.append(identity)
        return identity


class _Change:
    """Writes what changed in a document, or restores what it was. One at a time per wallet, also between processes."""

    def __init__(self, wallet: Wallet) -> None:
        self._wallet = wallet
        self._file: int | None = None
        self._before: list[dict[str, Any]] = []

    def __enter__(self) -> None:
        wallet = self._wallet
        wallet._lock.acquire()
        try:
            self._take_file()
            if (read_file(wallet.path) if wallet.path.exists() else None) != wallet._stored:
                raise WalletError("the wallet was changed by another process: open it again", path=str(wallet.path))
        except WalletError:
            self._leave()
            raise
        self._before = [dict(each) for each in wallet._document["ids"]]

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._write()
        except WalletError:
            document = self._wallet._document
            kept = document["ids"][: len(self._before)]
            for each, before in zip(kept, self._before, strict=True):
                each.clear()
                each.update(before)
            document["ids"] = kept
            raise
        finally:
            self._leave()

    def _take_file(self) -> None:
        """A lock beside the wallet: the wallet's own file is replaced when it is written."""
        path = self._wallet.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path.with_name(path.name + ".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except OSError as failure:
            raise WalletError(f"{path} cannot be written: {failure.strerror}", path=str(path)) from None

    def _write(self) -> None:
        wallet = self._wallet
        data = (json.dumps(wallet._document, indent=1) + "\n").encode()
        try:
            write_whole(wallet.path, data)
        except OSError as failure:
            raise WalletError(f"{wallet.path} cannot be written: {failure.strerror}", path=str(wallet.path)) from None
        wallet._stored = data

    def _leave(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._wallet._lock.release()
