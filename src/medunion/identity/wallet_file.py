"""A wallet's file as it lies on disk: read whole, and refused with the field that is wrong."""

import json
from pathlib import Path
from typing import Any

from medunion.chain.abi import checksum
from medunion.errors import WalletCorrupted, WalletError

KIND = "medunion-wallet"
VERSION = 1


def read_file(path: Path) -> bytes:
    """The bytes of a wallet file; WalletError when there is none, or it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise WalletError(f"there is no wallet at {path}", path=str(path)) from None
    except OSError as failure:
        raise WalletError(f"{path} cannot be read: {failure.strerror}", path=str(path)) from None


def parse_document(path: Path, data: bytes) -> dict[str, Any]:
    """The document in a wallet file; WalletCorrupted naming the field that is not whole."""
    try:
        document = json.loads(data)
    except ValueError:
        raise WalletCorrupted("the wallet file is not whole", path=str(path)) from None
    if not isinstance(document, dict) or (document.get("kind"), document.get("version")) != (KIND, VERSION):
        raise WalletCorrupted("the file is no wallet of this version", path=str(path), field="kind")
    try:
        for each in document["ids"]:
            salt = each["salt"]
            address = address_of(each["accounts"][0])
            patient = bytes.fromhex(each["patient"])
            if len(patient) != 32 or not isinstance(each["label"], str) or not isinstance(each["secrets"], dict):
                raise WalletCorrupted("the wallet file is not whole", path=str(path), field="ids")
            if salt is not None and len(bytes.fromhex(salt)) != 32:
                raise WalletCorrupted("the wallet file is not whole", path=str(path), field="salt")
            if not address or not address_of(each.get("payer", each["accounts"][0])):
                raise WalletCorrupted("the wallet file is not whole", path=str(path), field="accounts")
        if not document["ids"]:
            raise WalletCorrupted("the wallet holds no id", path=str(path), field="ids")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise WalletCorrupted("the wallet file is not whole", path=str(path), field="ids") from None
    return document


def address_of(keystore: dict[str, Any]) -> str:
    """EIP-55 address of a keystore v3 object."""
    return checksum("0x" + str(keystore["address"]).removeprefix("0x"))
