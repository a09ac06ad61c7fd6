"""What the commands share: opening the network, asking for passphrases, common options, printing receipts."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from medunion import settings
from medunion.cli.groups import SuggestingGroup
from medunion.cli.output import emit_json, say
from medunion.errors import UsageError
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.ledger import Receipt
    from medunion.network import Home, Network, Passphrases

_Command = TypeVar("_Command", bound=Callable[..., Any])

FOREVER = 2**40 - 1
"""The end of a term without end."""

PLAN = click.IntRange(0, 2**32 - 1)
"""The number of a plan version, as the ledger counts them."""

json_option = click.option("--json", "as_json", is_flag=True, help=t("option.json"))
via_option = click.option("--via", metavar=t("metavar.member"), help=t("option.via"))
at_option = click.option("--at", metavar=t("metavar.member"), help=t("option.via"))
seat_option = click.option(
    "--seat", "seats", type=int, multiple=True, required=True, metavar=t("metavar.seat"), help=t("option.seat")
)


def argument(name: str, metavar: str | None = None, **options: Any) -> Callable[[_Command], _Command]:
    """A positional argument under the catalogue's word for it."""
    return click.argument(name, metavar=t(f"metavar.{metavar or name}"), **options)


def group(name: str) -> Callable[[Callable[..., Any]], click.Group]:
    """A group of commands, with the catalogue's help."""
    return click.group(name, cls=SuggestingGroup, help=t(f"cli.{name}.help"))


def home() -> "Home":
    """The folder named by `--home` or the environment."""
    from medunion.network import Home

    return Home.at(_root()["home"])


def endpoints() -> tuple[str, ...]:
    """The addresses that `--rpc` or the environment name instead of the folder's."""
    named: tuple[str, ...] = _root()["rpc"]
    return named


def passphrases() -> "Passphrases":
    """Passphrases from the environment, or typed unseen."""
    from medunion.network import Passphrases

    return Passphrases(_ask)


@contextmanager
def network() -> Iterator["Network"]:
    """The network of the folder, open while a command runs."""
    from medunion.network import Network

    opened = Network.open(home(), passphrases(), rpc=endpoints())
    try:
        yield opened
    finally:
        opened.close()


def relaying(opened: "Network", via: str | None) -> str:
    """Name of the member that relays: as named, else the first here that has a desk."""
    if via:
        return via
    for name in opened.home.member_ids().values():
        if "desk" in opened.home.operators(name):
            return name
    raise UsageError("no member here has a desk that could relay: name one")


def done(key: str, receipt: "Receipt", as_json: bool, **values: Any) -> None:
    """Says what was done, and what it cost; as JSON the values and the transaction."""
    if as_json:
        emit_json({**values, "transaction": receipt.transaction, "block": receipt.block, "gasUsed": receipt.gas_used})
        return
    say(key, **values)
    say("cli.transaction", transaction=receipt.transaction, gas=f"{receipt.gas_used:,}")


def moment(seconds: int) -> str:
    """A time for people, in UTC; empty for none."""
    if seconds >= FOREVER:
        return t("cli.forever")
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ") if seconds else ""


def _root() -> dict[str, Any]:
    found: dict[str, Any] = click.get_current_context().find_root().obj
    return found


def _ask(subject: str, new: bool) -> str:
    if given := settings.read("MEDUNION_PASSPHRASE"):
        return given
    if not sys.stdin.isatty():
        raise UsageError("a passphrase is needed: type it at a terminal, or set MEDUNION_PASSPHRASE", subject=subject)
    key = "cli.new_passphrase" if new else "cli.passphrase"
    typed: str = click.prompt(t(key, subject=subject), hide_input=True, confirmation_prompt=new, err=True)
    return typed
