"""Wallet files of a network's folder, under passphrases that are asked for."""

from pathlib import Path

from medunion.errors import WalletError
from medunion.identity.wallet import Wallet
from medunion.network.home import Costs
from medunion.network.passphrases import Passphrases


def create_wallet(
    path: Path, name: str, passphrases: Passphrases, costs: Costs, patient: bytes | None = None
) -> Wallet:
    """A new wallet file with one id, `patient` when it adopts that."""
    if path.exists():
        raise WalletError(f"there is a wallet at {path} already", path=str(path))
    secret = passphrases.new(name)
    return Wallet.create(path, secret, patient=patient, scrypt_cost=costs.scrypt, argon_cost=costs.argon)


def open_wallet(path: Path, name: str, passphrases: Passphrases, costs: Costs) -> Wallet:
    """A wallet file, unlocked."""
    return passphrases.open(
        name, lambda secret: Wallet.open(path, secret, scrypt_cost=costs.scrypt, argon_cost=costs.argon)
    )
