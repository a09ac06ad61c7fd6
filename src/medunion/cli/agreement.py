"""`medunion agreement`: offer, read, accept, and every way out."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from medunion.cli.agreement_view import columns, described, report_review, row, say_shares, say_terms
from medunion.cli.claim_view import find_agreement
from medunion.cli.files import read_file, require_writable, write_file
from medunion.cli.ids import Kind, find_id
from medunion.cli.output import emit_json, emit_rows, progress, say
from medunion.cli.support import argument, done, group, json_option, moment, network, own, relaying, via_option
from medunion.errors import UsageError
from medunion.locale import LANGUAGES, active
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.care.offers import Agreement
    from medunion.network import Network

_DAY = 86_400
_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_document_option = click.option(
    "--document", type=_file, metavar=t("metavar.file"), help=t("agreement.option.document")
)
_reader_option = click.option("--as", "reader", metavar=t("metavar.reader"), help=t("agreement.option.as"))
_written = click.Path(dir_okay=False, path_type=Path)


@group("agreement")
def command() -> None:
    """Offer, list, show, disclosure, accept, cancel, withdraw, expire, release."""


@command.command(help=t("agreement.offer.help"))
@argument("patient")
@argument("file", type=_file)
@click.option("--by", "member", metavar=t("metavar.member"), help=t("agreement.offer.by"))
@click.option(
    "--days", type=click.IntRange(1, 90), default=14, show_default=True, metavar=t("metavar.days"),
    help=t("agreement.offer.days"),
)
@click.option("--hold", type=click.IntRange(1), metavar=t("metavar.days"), help=t("agreement.offer.hold"))
@click.option("--language", type=click.Choice(LANGUAGES), help=t("agreement.offer.language"))
@click.option("--care-plan", metavar=t("metavar.plan"), help=t("agreement.offer.care_plan"))
@click.option("--visit", type=click.IntRange(0, 65_535), metavar=t("metavar.visit"), help=t("agreement.offer.visit"))
@click.option("--output", "-o", type=_written, metavar=t("metavar.file"), help=t("agreement.offer.output"))
@click.option("--no-record", is_flag=True, help=t("agreement.offer.no_record"))
@json_option
def offer(
    patient: str,
    file: Path,
    member: str | None,
    days: int,
    hold: int | None,
    language: str | None,
    care_plan: str | None,
    visit: int | None,
    output: Path | None,
    no_record: bool,
    as_json: bool,
) -> None:
    """Offer a treatment that a template describes."""
    from medunion.care.preview import preview
    from medunion.care.templates import parse_template
    from medunion.care.terms import ZERO
    from medunion.network.agreements import OfferTerms

    if no_record and output is None:
        raise UsageError("--no-record keeps the disclosure nowhere: name a file with --output")
    if (visit is None) != (care_plan is None):
        raise UsageError("a visit is named by --care-plan and --visit together", field="visit")
    require_writable(output)
    template = parse_template(read_file(file))
    with network() as opened:
        stated = OfferTerms(
            opened.ledger.now() + days * _DAY,
            language or active(),
            reserved_until=0 if hold is None else opened.ledger.now() + hold * _DAY,
            care_plan=find_id(opened, Kind.CARE_PLAN, care_plan) if care_plan else ZERO,
            visit=visit or 0,
        )
        desk = opened.agreement_desk(member or template.provider)
        with progress("progress.commit"):
            offered = desk.offer(opened.patient_id(patient), template, stated, commit=not no_record)
        if output is not None:
            write_file(output, offered.document.body)
        until = stated.accept_until
        done("agreement.offer.done", offered.receipt, as_json, agreement="0x" + offered.offer.id.hex(),
             acceptUntil=until if as_json else moment(until))  # fmt: skip
        if not as_json:
            found = opened.agreements.get(offered.offer.id)
            say_shares(opened, found, preview(opened.ledger, found), opened.tokens.currency())


@command.command("list", help=t("agreement.list.help"))
@click.option("--patient", metavar=t("metavar.patient"), help=t("agreement.list.patient"))
@click.option("--member", metavar=t("metavar.member"), help=t("agreement.list.member"))
@json_option
def list_(patient: str | None, member: str | None, as_json: bool) -> None:
    """Agreements of a patient or a provider, and where they stand now."""
    with network() as opened:
        found = opened.agreements.of(
            patient=None if patient is None else opened.patient_id(patient),
            provider=None if member is None else opened.member_id(member),
        )
        now, currency = opened.ledger.now(), opened.tokens.currency()
        rows = [row(opened, each, now, currency, as_json=as_json) for each in found]
    emit_rows(rows, columns(), as_json=as_json)


@command.command(help=t("agreement.show.help"))
@argument("agreement")
@_reader_option
@_document_option
@click.option("--fhir", type=click.Choice(["contract", "consent", "predetermination"]), help=t("agreement.show.fhir"))
@json_option
def show(agreement: str, reader: str | None, document: Path | None, fhir: str | None, as_json: bool) -> None:
    """An agreement, what policies would pay, and what was told."""
    from medunion.care.preview import preview

    with network() as opened:
        found = find_agreement(opened, agreement)
        if fhir == "predetermination":
            click.echo(_predetermination(opened, found, reader, document))
            return
        body = _body(opened, found, reader, document)
        if fhir is not None:
            click.echo(_fhir(opened, found, body, fhir))
            return
        shown = preview(opened.ledger, found) if found.is_open else None
        facts = described(opened, found, shown, body)
        if as_json:
            emit_json(facts)
        else:
            say_terms(opened, found, shown, body)


@command.command(help=t("agreement.disclosure.help"))
@argument("agreement")
@click.option(
    "--output", "-o", type=_written, required=True, metavar=t("metavar.file"), help=t("agreement.disclosure.output")
)
@_reader_option
@_document_option
def disclosure(agreement: str, output: Path, reader: str | None, document: Path | None) -> None:
    """Write what the patient is told: the document, or a page."""
    from medunion.care.acceptance import check_told
    from medunion.care.page import render
    from medunion.care.preview import preview

    if output.suffix not in (".json", ".html"):
        raise UsageError("the file ends in .html for a page, or in .json for the FHIR document", file=str(output))
    with network() as opened:
        found = find_agreement(opened, agreement)
        body = _body(opened, found, reader, document)
        if body is None:
            raise UsageError("name who reads it with --as, or the file that was handed over with --document")
        told = check_told(found, body)
        if output.suffix == ".html":
            shares = preview(opened.ledger, found) if found.is_open else None
            body = render(told, found, shares, opened.member_name).encode()
    write_file(output, body)
    say("agreement.disclosure.done", file=output)


@command.command(help=t("agreement.accept.help"))
@argument("wallet", "identity")
@argument("agreement")
@_document_option
@click.option("--yes", is_flag=True, help=t("agreement.accept.yes"))
@via_option
@json_option
def accept(wallet: str, agreement: str, document: Path | None, yes: bool, via: str | None, as_json: bool) -> None:
    """Read, look at what is to be paid, and agree."""
    with network() as opened:
        identity = opened.identity(wallet)
        found = own(identity, find_agreement(opened, agreement))
        body = _body(opened, found, None if document else wallet, document)
        desk = opened.agreement_desk(relaying(opened, via))
        reviewed = desk.review(identity, found, body or b"")
        if not as_json:
            report_review(opened, reviewed)
        if not yes:
            if as_json:
                raise UsageError("--json asks nothing: add --yes to agree")
            say("agreement.accept.unsigned")
            return
        receipts = desk.accept(identity, identity.payer, reviewed)
    done("agreement.accept.done", receipts[-1], as_json, agreement="0x" + found.id.hex(),
         grants=len(reviewed.grants), payer=identity.payer.address)  # fmt: skip


@command.command(help=t("agreement.cancel.help"))
@argument("wallet", "identity")
@argument("agreement")
@via_option
@json_option
def cancel(wallet: str, agreement: str, via: str | None, as_json: bool) -> None:
    """Decline an offer, or cancel what was accepted."""
    with network() as opened:
        identity = opened.identity(wallet)
        found = own(identity, find_agreement(opened, agreement))
        receipt = opened.agreement_desk(relaying(opened, via)).cancel(identity, found)
    done("agreement.cancel.done", receipt, as_json, agreement="0x" + found.id.hex())


@command.command(help=t("agreement.withdraw.help"))
@argument("agreement")
@json_option
def withdraw(agreement: str, as_json: bool) -> None:
    """Take an offer back, or give an agreement up."""
    with network() as opened:
        found = find_agreement(opened, agreement)
        receipt = opened.agreement_desk(opened.member_name(found.terms.provider)).withdraw(found)
    done("agreement.withdraw.done", receipt, as_json, agreement="0x" + found.id.hex())


@command.command(help=t("agreement.expire.help"))
@argument("agreement")
@via_option
@json_option
def expire(agreement: str, via: str | None, as_json: bool) -> None:
    """End what is over in time."""
    with network() as opened:
        found = find_agreement(opened, agreement)
        receipt = opened.agreement_desk(relaying(opened, via)).expire(found)
    done("agreement.expire.done", receipt, as_json, agreement="0x" + found.id.hex())


@command.command(help=t("agreement.release.help"))
@argument("agreement")
@via_option
@json_option
def release(agreement: str, via: str | None, as_json: bool) -> None:
    """Free what policies held ready long enough."""
    with network() as opened:
        found = find_agreement(opened, agreement)
        receipt = opened.agreement_desk(relaying(opened, via)).release_reservations(found)
    done("agreement.release.done", receipt, as_json, agreement="0x" + found.id.hex())


def _body(opened: "Network", found: "Agreement", reader: str | None, document: Path | None) -> bytes | None:
    """The disclosure's bytes: from a file, or as a wallet or the provider reads them; None when nobody is named."""
    from medunion.network.agreements import own_document, read_document

    if document is not None:
        return read_file(document)
    if reader is None:
        return None
    with progress("progress.read"):
        if reader in opened.home.members():
            return own_document(opened.member(reader).records(), found)
        return read_document(opened.patient_records(opened.identity(reader)), found)


def _fhir(opened: "Network", found: "Agreement", body: bytes | None, kind: str) -> str:
    from medunion.care import fhir_consent, fhir_contract
    from medunion.care.acceptance import check_told, readers
    from medunion.care.documents import to_text

    now = opened.ledger.now()
    if kind == "contract":
        if body is None:
            raise UsageError("a contract names the items: say with --as or --document where the disclosure is")
        items = check_told(found, body).items
        contract = fhir_contract.Contracted.of(found, items, opened.tokens.currency(), now)
        return to_text(fhir_contract.to_fhir(contract))
    accepted = [each for each in opened.agreements.history(found.id) if each.name == "AgreementAccepted"]
    insurers, needed = readers(opened.ledger, found, found.standing.accepted_at or found.terms.accept_until)
    consent = fhir_consent.Consented.of(
        found, now, readers=insurers, readable_until=max(needed.values(), default=0),
        transaction=accepted[0].transaction if accepted else "", document=body or b"",
    )  # fmt: skip
    return to_text(fhir_consent.to_fhir(consent))


def _predetermination(opened: "Network", found: "Agreement", reader: str | None, document: Path | None) -> str:
    """What the insurers were asked, and, where one of them reads, what it answered; a Bundle."""
    from medunion.care.acceptance import check_told
    from medunion.settlement import fhir_claim
    from medunion.settlement.documents import bundle_of, predetermination_of

    insurers = [opened.policies.get(policy).insurer for policy in found.terms.policies]
    if reader in opened.home.members() and opened.member(reader).id in insurers:
        return bundle_of(opened.insurer_desk(reader).predeterminations(found, insurers)).decode()
    body = _body(opened, found, reader, document)
    if body is None:
        raise UsageError("a predetermination names the items: say with --as or --document where they are told")
    told = check_told(found, body)
    asked = predetermination_of(found.offer, told.items, insurers, opened.tokens.currency(), created=told.made_at)
    return bundle_of([fhir_claim.to_fhir(asked, position) for position in range(len(insurers))]).decode()
