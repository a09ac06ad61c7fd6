"""`ape run seed`: a consortium to work with, on a test network that ape is connected to.

    ape run seed
    ape run seed --network ethereum:local:http://127.0.0.1:8545 --home .medunion

Deploys, admits members, attests a clinician, and registers a patient, whose wallet is in the folder. Anvil's well-known
accounts pay and vote. The folder then serves the command line: `medunion --home .medunion member list`.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from ape.cli import ConnectedProviderCommand

from medunion import settings
from medunion.chain import devnet
from medunion.chain.connection import Connection
from medunion.chain.deployment import deploy
from medunion.errors import MedUnionError
from medunion.network import Home, Network, Passphrases
from medunion.network.seats import write_seats
from medunion.vocabulary import MemberKind

MEMBERS = [
    ("hospital-a", MemberKind.HOSPITAL),
    ("hospital-b", MemberKind.HOSPITAL),
    ("laboratory", MemberKind.LABORATORY),
    ("regulator", MemberKind.REGULATOR),
]
ALLOWANCE = 10**18
"""Wei that each account of a member gets."""


@click.command(cls=ConnectedProviderCommand)
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="The folder of the network.")
def cli(provider: Any, home: Path | None) -> None:
    """Deploy, admit members, attest a clinician, register a patient."""
    secrets = Passphrases.fixed(settings.read("MEDUNION_PASSPHRASE") or "devnet")
    try:
        with TemporaryDirectory() as scratch:
            _seed(provider.http_uri, Home(home or Path(scratch)), secrets)
    except MedUnionError as failure:
        raise click.ClickException(failure.message) from None


def _seed(rpc: str, home: Home, secrets: Passphrases) -> None:
    with Connection(rpc) as connection:
        home.set_place((rpc,), connection.chain_id)
        chosen = replace(devnet.parameters(), chain_id=connection.chain_id)
        deploy(connection, devnet.account(0), chosen, home.deployment)
    write_seats(home, secrets)
    with Network.open(home, secrets) as network:
        payer = network.ledger.sender(devnet.account(0))
        for name, kind in MEMBERS:
            handle = network.admission.prepare(name, kind)
            for operator in handle.operators:
                payer.transfer(handle.address(operator), ALLOWANCE)
        for member in network.admit_all(MEMBERS):
            click.echo(f"member {member.id}: {member.name}")
        network.attest("hospital-a", "clinician", by="regulator", licence="seed")
        wallet = network.wallet("patient") if "patient" in home.wallets() else network.create_wallet("patient")
        desk = network.desk("hospital-a")
        desk.register(wallet.identity())
        desk.check_in(wallet.identity())
        click.echo(f"patient 0x{wallet.identity().patient.hex()}: checked in at hospital-a")
