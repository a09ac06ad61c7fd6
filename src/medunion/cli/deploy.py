"""`medunion deploy`: the contracts on a chain."""

from pathlib import Path

import click

from medunion.cli.output import emit_json, progress, say
from medunion.cli.support import home, json_option, passphrases
from medunion.errors import DeploymentError
from medunion.locale import translate as t


@click.command("deploy", help=t("deploy.help"))
@click.option("--network", "named", required=True, metavar=t("metavar.network"), help=t("deploy.network"))
@click.option("--rpc", "urls", multiple=True, metavar=t("metavar.url"), help=t("deploy.rpc"))
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar=t("metavar.file"),
    help=t("deploy.key"),
)
@click.option("--ipfs", metavar=t("metavar.url"), help=t("deploy.ipfs"))
@json_option
def command(named: str, urls: tuple[str, ...], key: Path | None, ipfs: str | None, as_json: bool) -> None:
    """Deploy the contracts of a network, or finish an interrupted deployment."""
    from medunion.chain import devnet
    from medunion.chain.accounts import Account
    from medunion.chain.connection import Connection
    from medunion.chain.deployment import deploy
    from medunion.chain.parameters import Parameters
    from medunion.network.blobs import use_node

    folder = home()
    parameters = Parameters.load(_parameters_file(named))
    running = devnet.status(folder.path)
    if not urls:
        if running is None:
            raise DeploymentError("no devnet runs in this folder: name the chain's address", home=str(folder.path))
        urls = (running.rpc,)
    if key is not None:
        document = folder.keystore(key)
        account = passphrases().open(str(key), lambda secret: Account.from_keystore(document, secret))
    elif parameters.chain_id == devnet.CHAIN_ID:
        account = devnet.account(0)
    else:
        raise DeploymentError("name the key file of the account that deploys", network=named)
    if ipfs is not None:
        use_node(folder, ipfs)
    with Connection(urls) as connection, progress("progress.deploy") as advance:
        found = deploy(
            connection, account, parameters, folder.deployment, lambda _contract, done, total: advance(done, total)
        )
    if running is None or running.rpc not in urls:
        folder.set_place(urls, found.chain_id)
    if as_json:
        emit_json(
            {
                "network": found.network,
                "chainId": found.chain_id,
                "deployer": found.deployer,
                "block": found.block,
                "addresses": found.addresses,
                "file": str(folder.deployment),
            }
        )
        return
    for contract, address in found.addresses.items():
        click.echo(f"{contract:20} {address}")
    say("deploy.done", chain=found.chain_id, file=folder.deployment)


def _parameters_file(named: str) -> Path:
    """A parameters file by its path, or `deployments/<name>.yaml` here."""
    path = Path(named)
    return path if path.suffix in (".yaml", ".yml") else Path("deployments") / f"{named}.yaml"
