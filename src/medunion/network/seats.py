"""The keys of a devnet's council."""

from medunion.chain import devnet
from medunion.network.home import DEVNET_COSTS, Home
from medunion.network.passphrases import Passphrases


def write_seats(home: Home, passphrases: Passphrases) -> None:
    """Writes the keystores of a devnet's council, whose accounts are well known, where they are missing."""
    for seat, index in zip(devnet.parameters().seats, (1, 2, 3), strict=True):
        path = home.seat(seat.member)
        if not path.exists():
            secret = passphrases.new("council")
            home.write(path, devnet.account(index).keystore(secret, DEVNET_COSTS.scrypt))
