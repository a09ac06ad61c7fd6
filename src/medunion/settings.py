"""What the environment may say. Nothing else is read from it but the system's locale, and nothing has to be set."""

import os

SETTINGS = {
    "MEDUNION_HOME": "the folder of the network: chain address, contracts, members, wallets, blobs (.medunion)",
    "MEDUNION_PASSPHRASE": "the passphrase of every file that is opened; typed unseen where it is not set",
    "MEDUNION_LANG": "the language of messages: en or zh-CN (the locale's)",
    "MEDUNION_ANVIL": "Anvil's program for devnets (the one that npm installed here, else the PATH's)",
    "MEDUNION_IPFS": "RPC address of the IPFS node that holds the blobs (the folder's: its node, else its blobs/)",
    "MEDUNION_IPFS_TIMEOUT": "seconds that an IPFS node may be silent (60)",
    "MEDUNION_IPFS_BINARY": "Kubo's program for devnets (the one that this checkout built, else the PATH's)",
}
"""Name -> what it is for, and in parentheses what holds where it is not set."""


def read(name: str) -> str | None:
    """A setting, or None where it is not set or empty; KeyError for a name that is no setting."""
    if name not in SETTINGS:
        raise KeyError(name)
    return os.environ.get(name) or None
