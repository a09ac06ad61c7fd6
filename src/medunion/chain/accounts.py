"""Accounts: secp256k1 keys that sign typed data and transactions, with coincurve (libsecp256k1)."""

import json
from collections.abc import Mapping
from typing import Any, Self

from coincurve import PrivateKey
from eth_account import Account as EthAccount
from eth_account.signers.local import LocalAccount
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from medunion.chain.typed_data import Types, digest
from medunion.crypto.passphrase import normalise
from medunion.errors import UsageError, WalletCorrupted, WrongPassphrase
from medunion.ledger import SignedTransaction

EthAccount.enable_unaudited_hdwallet_features()

SCRYPT_COST = 2**17
"""Scrypt's N for keystore files, with r = 8 and p = 1: 128 MiB for each guess, 0.4 s for the owner."""


class Account:
    """An account whose key is in memory; implements `medunion.ledger.Signer`. Its text form never shows the key."""

    __slots__ = ("_key", "_local")

    def __init__(self, key: bytes) -> None:
        """`key` is the 32-byte private key; UsageError when it is none."""
        try:
            self._local: LocalAccount = EthAccount.from_key(key)
            self._key = PrivateKey(bytes(self._local.key))
        except (ValueError, ValidationError):
            raise UsageError("that is no secp256k1 private key") from None

    def __repr__(self) -> str:
        return f"Account({self.address})"

    @classmethod
    def create(cls) -> Self:
        """A fresh account from the system's random source."""
        return cls(bytes(EthAccount.create().key))

    @classmethod
    def from_mnemonic(cls, phrase: str, index: int) -> Self:
        """Account `index` of a BIP-39 phrase under m/44'/60'/0'/0 (BIP-44)."""
        try:
            return cls(bytes(EthAccount.from_mnemonic(phrase, account_path=f"m/44'/60'/0'/0/{index}").key))
        except (ValueError, ValidationError):
            raise UsageError("that is no BIP-39 phrase") from None

    @classmethod
    def from_keystore(cls, document: Mapping[str, Any], passphrase: str) -> Self:
        """The account in a keystore v3 object; WrongPassphrase, or WalletCorrupted when the object is not whole."""
        try:
            key = bytes(EthAccount.decrypt(json.loads(json.dumps(document)), normalise(passphrase).decode()))
        except ValueError as failure:
            if "MAC mismatch" in str(failure):
                raise WrongPassphrase("the passphrase does not open the account") from None
            raise WalletCorrupted("the account's keystore is not whole", field="crypto") from None
        except (TypeError, KeyError, AttributeError, NotImplementedError):
            raise WalletCorrupted("the account's keystore is not whole", field="crypto") from None
        account = cls(key)
        stated = str(document.get("address", "")).lower().removeprefix("0x")
        if stated != account.address.lower().removeprefix("0x"):
            raise WalletCorrupted("the keystore holds another account's key", field="address")
        return account

    @property
    def address(self) -> str:
        """EIP-55 address."""
        return str(self._local.address)

    def keystore(self, passphrase: str, cost: int = SCRYPT_COST) -> dict[str, Any]:
        """The account as a keystore v3 object (Web3 Secret Storage Definition); `cost` is scrypt's N, a power of 2."""
        document: dict[str, Any] = EthAccount.encrypt(
            self._local.key, normalise(passphrase).decode(), kdf="scrypt", iterations=cost
        )
        return document

    def sign_typed(self, domain: dict[str, Any], types: Types, message: dict[str, Any]) -> bytes:
        """65-byte signature (r, s, v) over the EIP-712 digest; s is low (EIP-2)."""
        return self.sign_digest(digest(domain, types, message))

    def sign_digest(self, value: bytes) -> bytes:
        """65-byte signature (r, s, v) over a 32-byte digest: deterministic (RFC 6979), s is low."""
        signature = self._key.sign_recoverable(value, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])

    def sign_transaction(self, transaction: dict[str, Any]) -> SignedTransaction:
        """Signed bytes of a transaction object (EIP-1559, or EIP-7702 with an `authorizationList`)."""
        signed = self._local.sign_transaction(transaction)
        return SignedTransaction(bytes(signed.raw_transaction), "0x" + bytes(signed.hash).hex())

    def authorize(self, chain_id: int, delegate: str, nonce: int) -> Any:
        """A signed EIP-7702 authorization that delegates this account's code to `delegate`."""
        return self._local.sign_authorization({"chainId": chain_id, "address": delegate, "nonce": nonce})


def recover(value: bytes, signature: bytes) -> str | None:
    """The account that signed a 32-byte digest; None when the signature is malformed or malleable (high s)."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    try:
        parsed = Signature(signature[:64] + bytes([signature[64] - 27]))
        if parsed.s > _HALF_ORDER:
            return None
        return str(parsed.recover_public_key_from_msg_hash(value).to_checksum_address())
    except (BadSignature, ValidationError):
        return None


_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
