"""Wallet files: one file, one passphrase, several patient ids that nothing links to each other.

    {"kind": "medunion-wallet", "version": 1, "ids": [{
        "label", "patient", "salt",
        "accounts": [keystore v3, ...]     the account; a new one beside it while it is being rotated
        "secrets": passphrase-sealed JSON {"keys": [X25519 private keys], "configuration": preimages,
            "scheduled": contacts that wait to take effect, "intended": trustees of a change that was begun,
            "held": what this id keeps as others' recovery contact}
    }]}

The account, the X25519 key and the salt of each id are drawn separately: no id can be computed from another.
A file that another process changed since it was opened is not written over: it may hold a key that is nowhere else.
"""

import fcntl
import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from medunion.chain.accounts import SCRYPT_COST, Account
from medunion.chain.typed_data import Types
from medunion.crypto import hpke, passphrase
from medunion.crypto.encoding import abi_words
from medunion.crypto.hashing import keccak256
from medunion.crypto.passphrase import DEFAULT_COST, KdfCost
from medunion.errors import CryptoError, InputError, WalletCorrupted, WalletError
from medunion.files import write_whole
from medunion.identity.configuration import Configuration, Contacts, Trustees, new_salt
from medunion.identity.contacts import HeldContacts
from medunion.identity.wallet_file import KIND, VERSION, address_of, parse_document, read_file

_CONTEXT = b"medunion/wallet/v1"


def derive_patient(controller: str, salt: bytes) -> bytes:
    """The 32-byte PatientId of a first controller: `keccak256(abi.encode(controller, salt))`."""
    return keccak256(abi_words(int(controller, 16), salt))


class Identity:
    """One patient id with its keys: a `Signer` for its controller, opened on first use.

    While an account or key is being rotated the wallet holds both; `activate_account` and `drop_former_keys` end that.
    """

    def __init__(self, wallet: "Wallet", document: dict[str, Any]) -> None:
        self._wallet = wallet
        self._document = document
        self._accounts: dict[str, Account] = {}
        self._secrets: dict[str, Any] | None = None

    @property
    def label(self) -> str:
        """What the owner calls this id in its own wallet; in clear in the file."""
        return str(self._document["label"])

    @property
    def patient(self) -> bytes:
        """The PatientId."""
        return bytes.fromhex(self._document["patient"])

    @property
    def salt(self) -> bytes | None:
        """The salt that the id was derived with; None for an id that was taken over."""
        salt = self._document["salt"]
        return None if salt is None else bytes.fromhex(salt)

    @property
    def addresses(self) -> tuple[str, ...]:
        """EIP-55 addresses of its accounts: the active one first, then one that is to follow it."""
        return tuple(address_of(each) for each in self._document["accounts"])

    @property
    def address(self) -> str:
        """EIP-55 address of the active account."""
        return self.addresses[0]

    @property
    def account(self) -> Account:
        """The active account."""
        return self.account_at(self.address)

    def account_at(self, address: str) -> Account:
        """One of its accounts; WalletError when it is not in the wallet."""
        if address not in self._accounts:
            for document in self._document["accounts"]:
                if address_of(document) == address:
                    self._accounts[address] = self._wallet.unlock(document)
                    break
            else:
                raise WalletError(f"the wallet does not hold the account {address}", account=address)
        return self._accounts[address]

    def sign_typed(self, domain: dict[str, Any], types: Types, message: dict[str, Any]) -> bytes:
        """65-byte signature by the active account over the EIP-712 digest."""
        return self.account.sign_typed(domain, types, message)

    @property
    def public_key(self) -> bytes:
        """The newest X25519 public key."""
        return hpke.public_key(self._keys()[-1])

    def private_key(self, public_key: bytes | None = None) -> bytes:
        """The X25519 private key of `public_key` (the ledger's), or the newest; WalletError when it is not here."""
        for key in reversed(self._keys()):
            if public_key in (None, hpke.public_key(key)):
                return key
        raise WalletError("the wallet does not hold the key that the ledger shows for this id")

    @property
    def configuration(self) -> Configuration:
        """The preimages of whom this id named."""
        return Configuration.from_dict(self._open()["configuration"])

    def set_configuration(self, configuration: Configuration) -> None:
        """Keeps new preimages, and writes the wallet."""
        self._seal({**self._open(), "configuration": configuration.as_dict()})

    @property
    def scheduled(self) -> Contacts | None:
        """The contacts that wait to take effect, as this wallet named them."""
        return Configuration.from_dict(self._open().get("scheduled", {})).contacts

    def set_scheduled(self, contacts: Contacts | None) -> None:
        """Keeps the preimage of contacts that are to take effect, or forgets it, and writes the wallet."""
        self._seal({**self._open(), "scheduled": Configuration(contacts=contacts).as_dict()})

    @property
    def intended(self) -> Trustees | None:
        """The key trustees that a change which was begun names."""
        return Configuration.from_dict(self._open().get("intended", {})).trustees

    def set_intended(self, trustees: Trustees | None) -> None:
        """Keeps the preimage of trustees that the ledger is about to show, or forgets it, and writes the wallet."""
        self._seal({**self._open(), "intended": Configuration(trustees=trustees).as_dict()})

    @property
    def held(self) -> tuple[HeldContacts, ...]:
        """What this id keeps as a recovery contact of other patients."""
        return tuple(HeldContacts.decode(bytes.fromhex(each)) for each in self._open().get("held", []))

    def set_held(self, held: Iterable[HeldContacts]) -> None:
        """Keeps what this id holds as a recovery contact, and writes the wallet."""
        self._seal({**self._open(), "held": [each.encode().hex() for each in held]})

    def add_key(self) -> bytes:
        """Draws a new X25519 key, keeps it beside the old ones, writes the wallet, and returns the public key."""
        key = hpke.generate_private_key()
        secrets = self._open()
        self._seal({**secrets, "keys": [*secrets["keys"], key.hex()]})
        return hpke.public_key(key)

    def drop_former_keys(self) -> None:
        """Forgets all X25519 keys but the newest, and writes the wallet: once the ledger shows it."""
        secrets = self._open()
        if len(secrets["keys"]) > 1:
            self._seal({**secrets, "keys": secrets["keys"][-1:]})

    def add_account(self) -> Account:
        """Draws an account to follow the active one, writes the wallet, and returns it."""
        account = Account.create()
        with self._wallet.changing():
            self._document["accounts"] = [self._document["accounts"][0], self._wallet.lock(account)]
        self._accounts[account.address] = account
        return account

    def activate_account(self, address: str) -> None:
        """Makes one of its accounts the only one, and writes the wallet: once the ledger shows it as controller."""
        kept = [each for each in self._document["accounts"] if address_of(each) == address]
        if not kept:
            raise WalletError(f"the wallet does not hold the account {address}", account=address)
        with self._wallet.changing():
            self._document["accounts"] = kept

    def _keys(self) -> list[bytes]:
        return [bytes.fromhex(key) for key in self._open()["keys"]]

    def _open(self) -> dict[str, Any]:
        if self._secrets is None:
            opened = self._wallet.unseal(self.patient, self._document["secrets"])
            try:
                secrets: dict[str, Any] = json.loads(opened)
                for key in secrets["keys"]:
                    hpke.public_key(bytes.fromhex(key))
                Configuration.from_dict(secrets["configuration"])
                for waiting in ("scheduled", "intended"):
                    Configuration.from_dict(secrets.get(waiting, {}))
                _ = [HeldContacts.decode(bytes.fromhex(each)) for each in secrets.get("held", [])]
            except (ValueError, KeyError, TypeError, AttributeError, CryptoError, InputError):
                raise WalletCorrupted("the wallet's secrets are not whole", field="secrets") from None
            self._secrets = secrets
        return self._secrets

    def _seal(self, secrets: dict[str, Any]) -> None:
        with self._wallet.changing():
            self._document["secrets"] = self._wallet.seal(self.patient, json.dumps(secrets).encode())
        self._secrets = secrets


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
        raise WalletError("the wallet holds no such id")

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
