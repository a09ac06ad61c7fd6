"""`medunion claim`: complete a treatment, confirm it, see what it came to; reverse, pay, export."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from medunion.cli.claim_payout import payout
from medunion.cli.claim_review import attach
from medunion.cli.claim_view import (
    COLUMNS,
    claims_of,
    described,
    desk_of,
    emit_due,
    find_agreement,
    find_claim,
    row,
    say_claim,
    say_open,
)
from medunion.cli.files import read_file, write_file
from medunion.cli.output import emit_json, emit_rows, progress, say
from medunion.cli.support import argument, done, group, json_option, network, relaying, via_option
from medunion.errors import InputError, UsageError
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.care.items import Item
    from medunion.care.offers import Agreement
    from medunion.chain.sender import Sender
    from medunion.network import Network

_file = click.Path(dir_okay=False, path_type=Path)


@group("claim")
def command() -> None:
    """Complete, confirm, release, list, status, due, reverse, pay, repay, export; review and payout."""


@command.command(help=t("claim.complete.help"))
@argument("agreement")
@click.option("--record", "records", multiple=True, metavar=t("metavar.record"), help=t("claim.complete.record"))
@click.option("--receipt", metavar=t("metavar.identity"), help=t("claim.complete.receipt"))
@json_option
def complete(agreement: str, records: tuple[str, ...], receipt: str | None, as_json: bool) -> None:
    """Complete a treatment: file its claim on the provider's records."""
    stated, among = _stated(records)
    with network() as opened:
        found = find_agreement(opened, agreement)
        desk = desk_of(opened, opened.member_name(found.terms.provider))
        patient = opened.identity(receipt) if receipt else None
        with progress("progress.read"):
            evidence = desk.evidence(found, stated, among)
            mined = desk.complete(found, evidence, patient)
        facts = claims_of(opened).get(found.id)
        shown = row(opened, facts, as_json=as_json)
        done("claim.complete.done", mined, as_json, **{**shown, "claim": "0x" + found.id.hex()})
        if not as_json:
            say_open(opened, facts)


@command.command(help=t("claim.confirm.help"))
@argument("wallet", "identity")
@argument("claim")
@via_option
@json_option
def confirm(wallet: str, claim: str, via: str | None, as_json: bool) -> None:
    """Confirm, as the patient, that the treatment was given."""
    with network() as opened:
        found = find_claim(opened, claim)
        receipt = desk_of(opened, relaying(opened, via)).confirm(opened.identity(wallet), found.agreement)
    done("claim.confirm.done", receipt, as_json, claim="0x" + found.id.hex())


@command.command(help=t("claim.release.help"))
@argument("claim")
@via_option
@json_option
def release(claim: str, via: str | None, as_json: bool) -> None:
    """Pay what is due."""
    from medunion.vocabulary import Role

    with network() as opened:
        found = find_claim(opened, claim)
        service = desk_of(opened, relaying(opened, via)).acting(Role.DESK)
        receipt = service.release(found.agreement.terms)
    done("claim.release.done", receipt, as_json, claim="0x" + found.id.hex())


@command.command("list", help=t("claim.list.help"))
@click.option("--patient", metavar=t("metavar.patient"), help=t("claim.list.patient"))
@click.option("--provider", metavar=t("metavar.member"), help=t("claim.list.provider"))
@click.option("--insurer", metavar=t("metavar.member"), help=t("claim.list.insurer"))
@json_option
def list_(patient: str | None, provider: str | None, insurer: str | None, as_json: bool) -> None:
    """Claims, and what they came to."""
    with network() as opened:
        found = claims_of(opened).of(
            patient=opened.patient_id(patient) if patient else None,
            provider=opened.member_id(provider) if provider else None,
            insurer=opened.member_id(insurer) if insurer else None,
        )
        rows = [row(opened, each, as_json=as_json) for each in found]
    emit_rows(rows, COLUMNS, as_json=as_json)


@command.command(help=t("claim.status.help"))
@argument("claim")
@json_option
def status(claim: str, as_json: bool) -> None:
    """One claim: where it stands, what each policy makes of it, what is open."""
    with network() as opened:
        found = find_claim(opened, claim)
        if as_json:
            emit_json(described(opened, found))
        else:
            say_claim(opened, found)


@command.command(help=t("claim.due.help"))
@click.option("--member", metavar=t("metavar.member"), help=t("claim.due.member"))
@click.option("--release", "releases", is_flag=True, help=t("claim.due.release"))
@via_option
@json_option
def due(member: str | None, releases: bool, via: str | None, as_json: bool) -> None:
    """What anybody could release now, and what waits for whom."""
    from medunion.settlement.claims import released
    from medunion.vocabulary import Role

    with network() as opened:
        claims, now = claims_of(opened), opened.ledger.now()
        wanted = opened.member_id(member) if member else None
        open_now = [each for each in claims.due(now) if wanted is None or each.member == wanted]
        if releases:
            sender = opened.member(relaying(opened, via)).acting(Role.DESK)
            released(claims.acting(sender), open_now)
            open_now = [each for each in claims.due(now) if wanted is None or each.member == wanted]
        emit_due(opened, open_now, as_json=as_json)


@command.command(help=t("claim.reverse.help"))
@argument("claim")
@json_option
def reverse(claim: str, as_json: bool) -> None:
    """Give everything back, as the provider."""
    from medunion.vocabulary import Role

    with network() as opened:
        found = find_claim(opened, claim)
        desk = desk_of(opened, opened.member_name(found.provider))
        receipt = desk.acting(Role.FINANCE).reverse(found)
    done("claim.reverse.done", receipt, as_json, claim="0x" + found.id.hex())


@command.command(help=t("claim.pay.help"))
@argument("who")
@argument("claim")
@argument("amount")
@json_option
def pay(who: str, claim: str, amount: str, as_json: bool) -> None:
    """Pay of what the patient still owes."""
    from medunion.settlement import money

    value = money.parse_payment(amount)
    with network() as opened:
        found = find_claim(opened, claim)
        _require_owed(value, found.totals.receivable, found.currency)
        receipt = claims_of(opened).acting(_payer(opened, who)).pay_receivable(found.agreement.terms, value)
        left = claims_of(opened).get(found.id).totals.receivable
    shown = left if as_json else money.show(left, found.currency)
    done("claim.pay.done", receipt, as_json, claim="0x" + found.id.hex(), left=shown)


@command.command(help=t("claim.repay.help"))
@argument("member")
@argument("amount")
@json_option
def repay(member: str, amount: str, as_json: bool) -> None:
    """Pay a provider's debts from rulings."""
    from medunion.settlement import money
    from medunion.vocabulary import Role

    value = money.parse_payment(amount)
    with network() as opened:
        provider = opened.member_id(member)
        service, currency = desk_of(opened, member).acting(Role.FINANCE), opened.tokens.currency()
        _require_owed(value, service.debt(provider), currency)
        receipt, left = service.repay(provider, value), service.debt(provider)
    done("claim.repay.done", receipt, as_json, member=member, left=left if as_json else money.show(left, currency))


@command.command(help=t("claim.export.help"))
@argument("claim")
@click.option("--output", "-o", type=_file, required=True, metavar=t("metavar.file"), help=t("claim.export.output"))
@click.option("--as", "reader", metavar=t("metavar.reader"), help=t("claim.export.as"))
@click.option("--document", type=_file, metavar=t("metavar.file"), help=t("agreement.option.document"))
def export(claim: str, output: Path, reader: str | None, document: Path | None) -> None:
    """Write the claim as FHIR."""
    from medunion.settlement.documents import ClaimDocuments, bundle_of

    with network() as opened:
        found = find_claim(opened, claim)
        documents = ClaimDocuments(opened.ledger, found, _items(opened, found.agreement, reader, document))
        write_file(output, bundle_of(documents.all()) + b"\n")
    say("claim.export.done", file=output)


def _stated(records: tuple[str, ...]) -> tuple[dict[int, str], list[str]]:
    """`LINE=RECORD` by line, from 0; and records without a line."""
    stated, among = {}, []
    for each in records:
        line, sign, record = each.partition("=")
        if not sign:
            among.append(each)
        elif line.isascii() and line.isdecimal() and int(line) > 0:
            stated[int(line) - 1] = record
        else:
            raise UsageError("a record is named as RECORD, or as LINE=RECORD with lines from 1", record=each)
    return stated, among


def _require_owed(amount: int, owed: int, currency: str) -> None:
    """Before an account allows the contract anything, so that what is refused leaves nothing behind."""
    from medunion.settlement import money

    if amount > owed:
        shown = money.show(owed, currency)
        raise InputError(f"that is more than is owed: {shown}", field="amount", value=money.show(amount))


def _payer(opened: "Network", who: str) -> "Sender":
    """An account with money: a wallet's payer, or a member's with FINANCE."""
    from medunion.vocabulary import Role

    if not opened.holders.is_wallet(who):
        return opened.member(who).acting(Role.FINANCE)
    sender = opened.ledger.sender(opened.identity(who).payer)
    opened.session.funds.require(sender)
    return sender


def _items(
    opened: "Network", agreement: "Agreement", reader: str | None, document: Path | None
) -> "tuple[Item, ...] | None":
    """The items behind the lines, where they were told: from a file, the provider's records, or the patient's."""
    from medunion.care.acceptance import check_told
    from medunion.network.agreements import read_document

    if document is not None:
        return check_told(agreement, read_file(document)).items
    if reader is None:
        return None
    if reader in opened.home.members():
        return desk_of(opened, reader).items(agreement)
    return check_told(agreement, read_document(opened.patient_records(opened.identity(reader)), agreement)).items


attach(command)
command.add_command(payout)
