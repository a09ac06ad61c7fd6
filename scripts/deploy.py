"""`ape run deploy`: what `medunion deploy` does, on whatever network ape is connected to.

    ape run deploy
    ape run deploy --network ethereum:local:http://127.0.0.1:8545 --output deployment.json
    ape run deploy --network ... --parameters deployments/NAME.yaml --key KEYSTORE --output FILE

A deployment that was begun with the same --output is finished, not repeated.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from ape.cli import ConnectedProviderCommand

from medunion import settings
from medunion.chain import devnet
from medunion.chain.accounts import Account
from medunion.chain.connection import Connection
from medunion.chain.deployment import deploy
from medunion.chain.parameters import Parameters
from medunion.errors import MedUnionError
from medunion.network import Home

ROOT = Path(__file__).parents[1]
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=ConnectedProviderCommand)
@click.option("--parameters", type=_file, default=ROOT / "deployments" / "devnet.yaml", help="What to deploy.")
@click.option("--output", type=click.Path(path_type=Path), help="The deployment file to write, or to finish.")
@click.option("--key", type=_file, help="Keystore of the account that pays; MEDUNION_PASSPHRASE opens it.")
def cli(provider: Any, parameters: Path, output: Path | None, key: Path | None) -> None:
    """Deploy the consortium's contracts, or finish a deployment."""
    try:
        with TemporaryDirectory() as scratch, Connection(provider.http_uri) as connection:
            chosen = Parameters.load(parameters)
            if provider.network.is_local:
                chosen = replace(chosen, chain_id=connection.chain_id)  # ape gives its local chain an id of its own
            payer = devnet.account(0) if key is None else _payer(key)
            path = output or Path(scratch) / "deployment.json"
            found = deploy(connection, payer, chosen, path, _tell)
    except MedUnionError as failure:
        raise click.ClickException(failure.message) from None
    for name, address in found.addresses.items():
        click.echo(f"{name:20} {address}")


def _payer(key: Path) -> Account:
    return Account.from_keystore(Home(key.parent).keystore(key), settings.read("MEDUNION_PASSPHRASE") or "")


def _tell(name: str, done: int, total: int) -> None:
    if name:
        click.echo(f"{done + 1}/{total} {name}", err=True)
