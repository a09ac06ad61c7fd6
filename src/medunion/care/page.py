"""An agreement as a page for its patient: source, purpose, expected effect, price, and who pays it."""

from collections.abc import Callable
from datetime import UTC, datetime

from medunion.care import fhir_parts as fhir
from medunion.care.disclosure import SECTIONS, Disclosure
from medunion.care.offers import Agreement
from medunion.care.preview import Preview
from medunion.care.terms import begin_of
from medunion.settlement import money
from medunion.summary.document import Cell, Row, Table
from medunion.summary.page import render_page
from medunion.summary.words import Words
from medunion.vocabulary import Category

Names = Callable[[int], str]
"""What a member is called."""

_TOLD = tuple(name for name in SECTIONS if name not in ("service", "prices"))


def render(disclosure: Disclosure, agreement: Agreement, preview: Preview | None, names: Names) -> str:
    """The page, in the language of the document; what policies would pay is of this moment, and left out where None."""
    words = Words(disclosure.language)
    sections = [
        (name, words(f"disclosure.section.{name}"), disclosure.sections[name], len(disclosure.sections[name]) > 1)
        for name in _TOLD
    ]
    return render_page(
        __package__,
        "disclosure.html.j2",
        disclosure.language,
        title=disclosure.title,
        service="\n".join(disclosure.sections["service"]),
        facts=_facts(words, disclosure, agreement, preview),
        sections=sections,
        prices=_prices(words, disclosure),
        payers=_payers(words, disclosure, preview, names) if preview else None,
        notes=_notes(words, agreement, preview, names),
        agreement="0x" + agreement.id.hex(),
    )


def _facts(
    words: Words, disclosure: Disclosure, agreement: Agreement, preview: Preview | None
) -> list[tuple[str, str]]:
    terms, currency = agreement.terms, disclosure.currency
    days = words("disclosure.page.days", first=fhir.day(terms.service_from), last=fhir.day(terms.service_until))
    facts = [
        (words("disclosure.page.provider"), disclosure.provider_name),
        (words("disclosure.page.window"), days),
        (words("disclosure.page.until"), _moment(terms.accept_until)),
        (words("disclosure.page.price"), money.show(terms.price, currency)),
        (words("disclosure.page.most"), money.show(terms.max_patient_share, currency)),
        (words("disclosure.page.deposit"), money.show(terms.deposit, currency)),
    ]
    if preview is not None:
        facts += [
            (words("disclosure.page.insured"), money.show(preview.insured, currency)),
            (words("disclosure.page.owes"), money.show(preview.owes, currency)),
        ]
    return facts


def _prices(words: Words, disclosure: Disclosure) -> Table:
    columns = [words(f"disclosure.column.{name}") for name in ("item", "quantity", "unit", "price")]
    rows = [
        _row(
            item.code.display or item.code.code,
            str(item.quantity),
            money.show(item.price, disclosure.currency),
            money.show(item.billed, disclosure.currency),
        )
        for item in disclosure.items
    ]
    total = _row(words("disclosure.total"), "", "", money.show(disclosure.price, disclosure.currency))
    return Table("", tuple(columns), (*rows, total))


def _payers(words: Words, disclosure: Disclosure, preview: Preview, names: Names) -> Table:
    rows = [_row(names(part.insurer), money.show(part.pays, disclosure.currency)) for part in preview.parts]
    rows.append(_row(words("disclosure.page.you"), money.show(preview.owes, disclosure.currency)))
    if preview.written_off:
        amount = money.show(preview.written_off, disclosure.currency)
        rows.append(_row(words("disclosure.page.written_off"), amount))
    rows.append(_row(words("disclosure.total"), money.show(disclosure.price, disclosure.currency)))
    return Table("", (words("disclosure.column.payer"), words("disclosure.column.price")), tuple(rows))


def _notes(words: Words, agreement: Agreement, preview: Preview | None, names: Names) -> list[str]:
    terms = agreement.terms
    notes = [words("disclosure.page.most_note")]
    if begin_of(terms.service_from) > agreement.standing.offered_at:
        notes.append(words("disclosure.page.cancel_note", first=fhir.day(terms.service_from)))
    else:
        notes.append(words("disclosure.page.no_cancel_note"))
    if terms.deposit:
        notes.append(words("disclosure.page.deposit_note"))
    if preview is not None and preview.parts:
        readers = words.listed(list(dict.fromkeys(names(part.insurer) for part in preview.parts)))
        kinds = [words.category(each) for each in Category if each.bit & agreement.offer.categories]
        notes.append(words("disclosure.page.read_note", insurers=readers, categories=words.listed(kinds)))
    return notes


def _row(*texts: str) -> Row:
    return Row(tuple(Cell(text) for text in texts))


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
