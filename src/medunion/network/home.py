"""One folder that holds a network as seen from here: where the chain is, its contracts, members, wallets, blobs.

devnet.json         a local devnet: RPC address, process id, port (chain/devnet.py)
network.json        another network: RPC addresses and chain id
deployment.json     where the contracts are
council/<n>.json    keystore of the council seat that votes for member n
members/<name>/     a member's folder (keys/home.py), operators/<operator>.json: keystores of its accounts
wallets/<name>.json patients' wallets
blobs/              the network's blob store, in place of a swarm
kubo.json  ipfs/    the IPFS node that holds the blobs instead (blobs/kubo_daemon.py)
chain/  logs/       a devnet's state and logs
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medunion import settings
from medunion.chain.accounts import SCRYPT_COST
from medunion.crypto.passphrase import DEFAULT_COST, KdfCost
from medunion.errors import DeploymentError, UnknownPatient, UsageError, WalletCorrupted, WalletError
from medunion.files import write_whole

DEFAULT = ".medunion"
NETWORK_FILE = "network.json"
DEVNET_FILE = "devnet.json"
_NAME = re.compile(r"[^\W_][\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Costs:
    """What opening a file costs whoever guesses passphrases: scrypt's N, and Argon2id's cost."""

    scrypt: int = SCRYPT_COST
    argon: KdfCost = DEFAULT_COST


DEVNET_COSTS = Costs(2**12, KdfCost(1, 1, 8 * 1024))
"""A devnet's keys are worth nothing: its files open in milliseconds."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a network's chain is. `rpc` names one or several endpoints of it."""

    rpc: tuple[str, ...]
    chain_id: int
    devnet: bool


@dataclass(frozen=True, slots=True)
class Home:
    """The folder and its parts; nothing is read or made until it is asked for."""

    path: Path

    @classmethod
    def at(cls, path: str | Path | None = None) -> "Home":
        """The folder named, else MEDUNION_HOME's, else `.medunion` here."""
        return cls(Path(path or settings.read("MEDUNION_HOME") or DEFAULT))

    @property
    def deployment(self) -> Path:
        """The deployment file."""
        return self.path / "deployment.json"

    @property
    def blobs(self) -> Path:
        """The blob store."""
        return self.path / "blobs"

    @property
    def network_file(self) -> str:
        """Name of the file that says where the chain is."""
        return DEVNET_FILE if (self.path / DEVNET_FILE).is_file() else NETWORK_FILE

    def member(self, name: str) -> Path:
        """A member's folder, whether it exists or not; UsageError when `name` cannot name one."""
        return self.path / "members" / _named(name)

    def wallet(self, name: str) -> Path:
        """A wallet's file, whether it exists or not; UsageError when `name` cannot name one."""
        return self.path / "wallets" / f"{_named(name)}.json"

    def operator(self, member: str, name: str) -> Path:
        """The keystore of an account that acts, or is to act, for a member."""
        return self.member(member) / "operators" / f"{_named(name)}.json"

    def seat(self, member: int) -> Path:
        """The keystore of the council seat that votes for a member."""
        return self.path / "council" / f"{member}.json"

    def members(self) -> list[str]:
        """Names of the members whose folders are here."""
        return sorted(each.parent.name for each in (self.path / "members").glob("*/kek.json"))

    def wallets(self) -> list[str]:
        """Names of the wallets here."""
        return _stems(self.path / "wallets")

    def operators(self, member: str) -> list[str]:
        """Names of the accounts that a member's folder holds keys of."""
        return _stems(self.member(member) / "operators")

    def seats(self) -> list[int]:
        """Members whose council seats' keys are here."""
        return sorted(int(stem) for stem in _stems(self.path / "council") if stem.isdecimal())

    def member_ids(self) -> dict[int, str]:
        """Names by member id, of the members here that were admitted."""
        return dict(self._assigned())

    def costs(self) -> Costs:
        """What guessing a passphrase of a file made here shall cost."""
        return DEVNET_COSTS if (self.path / DEVNET_FILE).is_file() else Costs()

    def place(self) -> Place:
        """Where the chain is; UsageError when this folder tells of none."""
        for file, devnet in ((DEVNET_FILE, True), (NETWORK_FILE, False)):
            path = self.path / file
            if not path.is_file():
                continue
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
                rpc = document["rpc"]
                return Place(tuple([rpc] if isinstance(rpc, str) else rpc), int(document["chainId"]), devnet)
            except (OSError, ValueError, KeyError, TypeError):
                raise DeploymentError(f"{path} cannot be read as a network", path=str(path)) from None
        raise UsageError(
            f"{self.path} holds no network: start a devnet, deploy, or name another folder", home=str(self.path)
        )

    def set_place(self, rpc: tuple[str, ...], chain_id: int) -> None:
        """Writes down where a network other than a devnet is; UsageError when the folder is not writable."""
        self.write(self.path / NETWORK_FILE, {"rpc": list(rpc), "chainId": chain_id})

    def write(self, path: Path, document: dict[str, Any]) -> None:
        """Writes a file of this folder whole or not at all, for its owner only; UsageError when that fails."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, (json.dumps(document, indent=1) + "\n").encode())
        except OSError as failure:
            raise UsageError(f"{path} cannot be written: {failure.strerror}", path=str(path)) from None

    def keystore(self, path: Path) -> dict[str, Any]:
        """A keystore object; WalletError when there is no file, WalletCorrupted when it is not whole."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as failure:
            raise WalletError(f"there is no key file {path}: {failure.strerror}", path=str(path)) from None
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise WalletCorrupted("the key file is not whole", path=str(path))
        return document

    def _assigned(self) -> Iterator[tuple[int, str]]:
        for name in self.members():
            path = self.member(name) / "member.json"
            if path.is_file():
                try:
                    yield int(json.loads(path.read_text(encoding="utf-8"))["member"]), name
                except (OSError, ValueError, KeyError, TypeError):
                    raise WalletCorrupted("the member folder is not whole", path=str(path)) from None


def patient_id(home: Home, text: str) -> bytes:
    """A PatientId from 0x-hex, or from a wallet here (`WALLET` or `WALLET:LABEL`), whose ids stand in clear."""
    if text.startswith("0x"):
        try:
            value = bytes.fromhex(text[2:])
        except ValueError:
            value = b""
        if len(value) != 32:
            raise UsageError("a patient id is 0x and 64 hexadecimal digits", patient=text)
        return value
    name, _, label = text.partition(":")
    path = home.wallet(name)
    if not path.is_file():
        raise UnknownPatient(f"{text} is neither a patient id nor a wallet in {home.path}", patient=text)
    try:
        for each in json.loads(path.read_text(encoding="utf-8"))["ids"]:
            if label in ("", each["label"]):
                return bytes.fromhex(each["patient"])
    except (OSError, ValueError, KeyError, TypeError):
        raise WalletCorrupted("the wallet file is not whole", path=str(path)) from None
    raise UnknownPatient(f"the wallet {name} holds no id {label}", patient=text)


def _named(name: str) -> str:
    """`name` when it can be a file's; a folder of a network is never left by one."""
    if not _NAME.fullmatch(name):
        raise UsageError("a name is up to 64 letters, digits, dots, dashes or underscores", name=name)
    return name


def _stems(folder: Path) -> list[str]:
    return sorted(each.stem for each in folder.glob("*.json")) if folder.is_dir() else []
