import json

import pytest
from eth_account import Account as EthAccount
from eth_typing import Hash32
from hypothesis import given
from hypothesis import strategies as st

from medunion.chain.accounts import Account, recover
from medunion.errors import UsageError, WalletCorrupted, WrongPassphrase

COST = 2**10


class TestKey:
    def test_the_well_known_mnemonic(self) -> None:
        phrase = "test test test test test test test test test test test junk"
        assert Account.from_mnemonic(phrase, 0).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
        with pytest.raises(UsageError):
            Account.from_mnemonic("not a phrase", 0)

    @pytest.mark.parametrize("key", [b"", bytes(32), b"\xff" * 32, b"\x01" * 31])
    def test_what_is_no_key_is_refused(self, key: bytes) -> None:
        with pytest.raises(UsageError):
            Account(key)

    def test_never_shows_itself(self) -> None:
        account = Account(b"\x01" * 32)
        assert repr(account) == f"Account({account.address})"
        assert Account.create().address != Account.create().address


class TestSigning:
    @given(key=st.integers(1, 2**255), value=st.binary(min_size=32, max_size=32))
    def test_signs_as_eth_account_does(self, key: int, value: bytes) -> None:
        secret = key.to_bytes(32, "big")
        account = Account(secret)
        signature = account.sign_digest(value)
        assert signature == bytes(EthAccount.from_key(secret).unsafe_sign_hash(Hash32(value)).signature)
        assert recover(value, signature) == account.address


class TestKeystore:
    def test_opens_with_its_passphrase_only(self) -> None:
        account = Account.create()
        document = json.loads(json.dumps(account.keystore("pässword", COST)))
        assert (document["version"], document["crypto"]["kdf"]) == (3, "scrypt")
        assert Account.from_keystore(document, "pässword").address == account.address
        # The same word typed with a combining accent.
        assert Account.from_keystore(document, "pa\u0308ssword").address == account.address
        with pytest.raises(WrongPassphrase):
            Account.from_keystore(document, "password")

    def test_the_published_scrypt_vector(self) -> None:
        # Of the Web3 Secret Storage Definition.
        document = {
            "address": "008aeeda4d805471df9b2a5b0f38a0c3bcba786b",
            "crypto": {
                "cipher": "aes-128-ctr",
                "cipherparams": {"iv": "83dbcc02d8ccb40e466191a123791e0e"},
                "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
                "kdf": "scrypt",
                "kdfparams": {
                    "dklen": 32,
                    "n": 262144,
                    "p": 8,
                    "r": 1,
                    "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
                },
                "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
            },
            "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
            "version": 3,
        }
        assert Account.from_keystore(document, "testpassword").address == "0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b"

    @pytest.mark.parametrize("damage", ["crypto", "mac", "ciphertext", "version", "address"])
    def test_a_damaged_one_is_told_from_a_wrong_passphrase(self, damage: str) -> None:
        document = Account.create().keystore("secret", COST)
        if damage == "address":
            document["address"] = "00" * 20
        elif damage == "version":
            document["version"] = 9
        elif damage == "crypto":
            del document["crypto"]
        else:
            del document["crypto"][damage]
        with pytest.raises(WalletCorrupted):
            Account.from_keystore(document, "secret")
