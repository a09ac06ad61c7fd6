"""One patient id in a wallet: its accounts, its keys, and the preimages of whom it named."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from medunion.chain.accounts import Account
from medunion.chain.typed_data import Types
from medunion.crypto import hpke
from medunion.errors import CryptoError, InputError, WalletCorrupted, WalletError
from medunion.identity.configuration import Configuration, Contacts, Trustees, new_salt
from medunion.identity.contacts import HeldContacts
from medunion.identity.wallet_file import address_of

if TYPE_CHECKING:
    from medunion.identity.wallet import Wallet


class Identity:
    """One patient id with its keys: a `Signer` for its controller, opened on first use.

    While an account or key is being rotated the wallet holds both; `activate_account` and `drop_former_keys` end that.
    """

    def __init__(self, wallet: "Wallet", document: dict[str, Any]) -> None:
        self._wallet = wallet
        self._document = document
        self._accounts: dict[str, Account] = {}
        self._payer: Account | None = None
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

    @property
    def payer_address(self) -> str | None:
        """EIP-55 address of the account that pays for this id, without opening it; None until `payer` drew it."""
        return address_of(self._document["payer"]) if "payer" in self._document else None

    @property
    def payer(self) -> Account:
        """The account that pays for this id: drawn at random when first asked for, and kept in the wallet."""
        if self._payer is None:
            if "payer" in self._document:
                self._payer = self._wallet.unlock(self._document["payer"])
            else:
                drawn = Account.create()
                with self._wallet.changing():
                    self._document["payer"] = self._wallet.lock(drawn)
                self._payer = drawn
        return self._payer

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

    def dispute_secret(self, dispute: bytes) -> bytes:
        """The 32-byte secret that this id commits to in a dispute: drawn when first asked for, and kept."""
        kept: dict[str, str] = self._open().get("disputes", {})
        if dispute.hex() not in kept:
            kept = {**kept, dispute.hex(): new_salt().hex()}
            self._seal({**self._open(), "disputes": kept})
        return bytes.fromhex(kept[dispute.hex()])

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
