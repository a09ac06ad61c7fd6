"""`medunion wallet`: patients' wallet files."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.choices import camel
from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.support import argument, endpoints, group, home, json_option, passphrases
from medunion.errors import ChainError, UnknownPatient, UsageError
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.chain.ledger import ChainLedger
    from medunion.identity.wallet import Identity


@group("wallet")
def command() -> None:
    """Make and look at wallets."""


@command.command(help=t("wallet.new.help"))
@argument("wallet")
@click.option("--id", "label", metavar=t("metavar.label"), help=t("wallet.new.id"))
@json_option
def new(wallet: str, label: str | None, as_json: bool) -> None:
    """A wallet with one patient id, or a further id in one that is there."""
    from medunion.network.wallets import create_wallet, open_wallet

    folder, secrets = home(), passphrases()
    path, costs = folder.wallet(wallet), folder.costs()
    if label is None:
        identity = create_wallet(path, wallet, secrets, costs).identity()
    else:
        identity = open_wallet(path, wallet, secrets, costs).new_identity(label)
    if as_json:
        emit_json({"wallet": wallet, "file": str(path), **_shown(identity)})
        return
    say("wallet.new.done", wallet=wallet, file=path, label=identity.label, patient="0x" + identity.patient.hex())


@command.command(help=t("wallet.show.help"))
@argument("wallet")
@json_option
def show(wallet: str, as_json: bool) -> None:
    """The ids in a wallet, and what the ledger says of them."""
    from medunion.network.wallets import open_wallet

    folder, secrets = home(), passphrases()
    opened = open_wallet(folder.wallet(wallet), wallet, secrets, folder.costs())
    rows = [_shown(identity) for identity in opened.identities]
    with _ledger() as ledger:
        for row, identity in zip(rows, opened.identities, strict=True):
            row["status"] = _status(ledger, identity)
    emit_rows(rows, ("label", "patient", "account", "status", "trustees"), as_json=as_json)


def _shown(identity: "Identity") -> dict[str, Any]:
    named = identity.configuration.trustees
    return {
        "label": identity.label,
        "patient": identity.patient,
        "account": identity.address,
        "publicKey": identity.public_key,
        "trustees": list(named.members) if named else [],
    }


def _status(ledger: "ChainLedger | None", identity: "Identity") -> str | None:
    if ledger is None:
        return None
    try:
        return camel(ledger.patient(identity.patient).status.name)
    except UnknownPatient:
        return camel("NOT_REGISTERED")


@contextmanager
def _ledger() -> "Iterator[ChainLedger | None]":
    """The ledger, when there is a network that answers: a wallet can be looked at without."""
    from medunion.chain.connection import Connection
    from medunion.chain.deployment import open_deployment

    with ExitStack() as stack:
        try:
            place = home().place()
            connection = stack.enter_context(Connection(endpoints() or place.rpc, chain_id=place.chain_id))
            ledger = open_deployment(connection, home().deployment)
        except (UsageError, ChainError):
            ledger = None
        yield ledger
