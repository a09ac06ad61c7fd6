"""`medunion recovery contacts`, `packet`, `keep`: whom a patient trusts to give the id back, and what they keep."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.files import read_text, write_text
from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.support import argument, at_option, done, json_option, moment, network, relaying
from medunion.errors import UsageError
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.identity.contacts import Contact
    from medunion.identity.wallet import Identity
    from medunion.network import Network

_packet_file = click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar=t("metavar.file"),
    help=t("recovery.packet.output"),
)


@click.command(help=t("recovery.contacts.help"))
@argument("wallet", "identity")
@click.option("--contact", "named", multiple=True, metavar=t("metavar.contact"), help=t("recovery.contacts.contact"))
@click.option("--threshold", type=click.IntRange(1), metavar=t("metavar.count"), help=t("recovery.contacts.threshold"))
@click.option("--execute", "what", flag_value="execute", help=t("recovery.contacts.execute"))
@click.option("--cancel", "what", flag_value="cancel", help=t("recovery.contacts.cancel"))
@click.option("--remove", "what", flag_value="remove", help=t("recovery.contacts.remove"))
@click.option(
    "--output",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    metavar=t("metavar.folder"),
    help=t("recovery.contacts.output"),
)
@at_option
@json_option
def contacts(
    wallet: str,
    named: tuple[str, ...],
    threshold: int | None,
    what: str | None,
    output: Path | None,
    at: str | None,
    as_json: bool,
) -> None:
    """Show, name or remove recovery contacts; execute or cancel a change that waits."""
    if bool(named) != (threshold is not None) or (named and what):
        raise UsageError("--contact and --threshold go together, and with neither --execute, --cancel nor --remove")
    with network() as opened:
        identity = opened.identity(wallet)
        if named:
            _name(opened, identity, wallet, named, threshold or 0, output, at, as_json)
            return
        if what is None:
            _show(opened, identity, as_json)
            return
        desk = opened.recovery_desk(relaying(opened, at))
        act, said = {
            "execute": (desk.execute_contacts, "recovery.contacts.executed"),
            "cancel": (desk.cancel_contacts, "recovery.contacts.cancelled"),
            "remove": (desk.remove_contacts, "recovery.contacts.removed"),
        }[what]
        receipt = act(identity)
    done(said, receipt, as_json, patient="0x" + identity.patient.hex())


@click.command(help=t("recovery.packet.help"))
@argument("wallet", "identity")
@argument("contact")
@_packet_file
def packet(wallet: str, contact: str, output: Path) -> None:
    """Seal a packet for a contact once more."""
    with network() as opened:
        identity, (who, _) = opened.identity(wallet), opened.contact(contact)
        write_text(output, opened.recovery_desk(relaying(opened, None)).packet(identity, who))
    say("recovery.packet.done", file=output, contact=contact)


@click.command(help=t("recovery.keep.help"))
@argument("wallet", "identity")
@argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def keep(wallet: str, file: Path) -> None:
    """Keep the packet of a patient whose contact one is."""
    with network() as opened:
        held = opened.recoveries.keep(opened.identity(wallet), read_text(file))
    say(
        "recovery.keep.done",
        wallet=wallet,
        patient="0x" + held.patient.hex(),
        threshold=held.contacts.threshold,
        count=len(held.contacts.accounts),
    )


def _name(
    opened: "Network",
    identity: "Identity",
    wallet: str,
    named: tuple[str, ...],
    threshold: int,
    output: Path | None,
    at: str | None,
    as_json: bool,
) -> None:
    """Names contacts; packets go to the wallets that are here, and as files to the others."""
    found = [opened.contact(each) for each in named]
    if any(here is None for _, here in found) and output is None:
        raise UsageError("a contact's wallet is not here: name a folder for its packet with --output")
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
    receipt, packets = opened.recovery_desk(relaying(opened, at)).set_contacts(
        identity, [contact for contact, _ in found], threshold
    )
    files = _deliver(opened, found, packets, output)
    scheduled = opened.patients.scheduled_contacts(identity.patient)
    values: dict[str, Any] = {"patient": "0x" + identity.patient.hex(), "threshold": threshold, "count": len(named)}
    ready = scheduled[1] if scheduled else 0
    key = "recovery.contacts.scheduled" if scheduled else "recovery.contacts.done"
    done(key, receipt, as_json, **values, wallet=wallet, ready=ready if as_json else moment(ready), files=files)
    if not as_json:
        for file in files:
            say("recovery.contacts.file", file=file)


def _deliver(
    opened: "Network", found: "list[tuple[Contact, Identity | None]]", packets: list[str], output: Path | None
) -> list[str]:
    files = []
    for (contact, here), text in zip(found, packets, strict=True):
        if here is not None:
            opened.recoveries.keep(here, text)
        elif output is not None:
            path = output / f"{contact.account}.packet"
            write_text(path, text)
            files.append(str(path))
    return files


def _show(opened: "Network", identity: "Identity", as_json: bool) -> None:
    opened.patients.reconcile(identity)
    scheduled = opened.patients.scheduled_contacts(identity.patient)
    digest, ready_at = scheduled or (b"", 0)
    own = identity.scheduled is not None and identity.scheduled.digest == digest
    rows = []
    for value, ready in ((identity.configuration.contacts, 0), (identity.scheduled if own else None, ready_at)):
        if value is not None:
            of = t("recovery.contacts.of", threshold=value.threshold, count=len(value.accounts))
            for account in value.accounts:
                rows.append(
                    {
                        "account": account,
                        "threshold": value.threshold if as_json else of,
                        "effectiveFrom": ready if as_json else moment(ready),
                    }
                )
    if as_json:
        emit_json({"contacts": rows, "scheduled": scheduled is not None})
        return
    emit_rows(rows, ("account", "threshold", "effectiveFrom"), as_json=False)
    if scheduled and not own:
        say("recovery.contacts.foreign", ready=moment(ready_at))
