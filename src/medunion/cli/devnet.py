"""`medunion devnet`: a local Anvil with the contracts and a council of three."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.output import emit_json, progress, say
from medunion.cli.support import group, home, json_option, passphrases
from medunion.errors import DevnetError
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.network import Home


@group("devnet")
def command() -> None:
    """Start, stop and look at a local devnet."""


@command.command(help=t("devnet.up.help"))
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar=t("metavar.port"), help=t("devnet.up.port"))
@click.option(
    "--from",
    "source",
    type=click.Path(file_okay=False, path_type=Path),
    metavar=t("metavar.folder"),
    help=t("devnet.up.from"),
)
@click.option("--blobs", type=click.Choice(["folder", "kubo"]), help=t("devnet.up.blobs"))
@json_option
def up(port: int, source: Path | None, blobs: str | None, as_json: bool) -> None:
    """Start an Anvil, deploy, write the council's keys."""
    from medunion.network import Network

    folder = source or home().path
    if source is not None and not (source / "deployment.json").is_file():
        raise DevnetError(f"{source} holds no network that was kept", home=str(source))
    secrets = passphrases()
    with progress("progress.deploy") as advance:
        opened = Network.start_devnet(
            folder, secrets, port=port, blobs=blobs, progress=lambda _contract, done, total: advance(done, total)
        )
    with opened:
        found = _described(opened.devnet, opened.home)
        opened.devnet = opened.node = None  # they go on running in the background
    if as_json:
        emit_json(found)
        return
    say("devnet.up.done", rpc=found["rpc"], home=folder, pid=found["pid"])
    _say_node(found)
    if found["members"]:
        _say_who(found)
    elif source is None:
        say("devnet.up.next")
    if source is not None:
        say("devnet.up.opened", home=source)


@command.command(help=t("devnet.down.help"))
def down() -> None:
    """Stop the devnet; its state is kept."""
    from medunion.blobs import kubo_daemon
    from medunion.chain import devnet

    folder = home().path
    node = kubo_daemon.stop(folder)
    say("devnet.down.done" if devnet.stop(folder) or node else "devnet.none", home=folder)


@command.command(help=t("devnet.status.help"))
@json_option
def status(as_json: bool) -> None:
    """Whether a devnet runs, where, and who is on it."""
    from medunion.chain import devnet

    folder = home()
    running = devnet.status(folder.path)
    if as_json:
        emit_json(_described(running, folder))
        return
    if running is None:
        say("devnet.none", home=folder.path)
        return
    with running.connect() as connection:
        block = connection.head().number
    say("devnet.status.running", rpc=running.rpc, pid=running.pid, block=block, home=folder.path)
    found = _described(running, folder)
    _say_node(found)
    _say_who(found)


def _say_node(found: dict[str, Any]) -> None:
    if node := found["ipfs"]:
        say("devnet.ipfs" if node["running"] else "devnet.ipfs_away", rpc=node["rpc"], pid=node.get("pid", "-"))


def _say_who(found: dict[str, Any]) -> None:
    for key in ("members", "wallets"):
        if found[key]:
            say(f"devnet.{key}", names=", ".join(found[key]))


def _described(running: Any, folder: "Home") -> dict[str, Any]:
    from medunion.blobs import kubo_daemon

    found: dict[str, Any] = {"running": running is not None}
    if running is not None:
        found |= {"rpc": running.rpc, "pid": running.pid, "chainId": running.chain_id, "hardfork": running.hardfork}
    if node := kubo_daemon.read(folder.path):
        node["running"] = kubo_daemon.answers(node["rpc"])
    return {**found, "ipfs": node, "members": list(folder.member_ids().values()), "wallets": folder.wallets()}
