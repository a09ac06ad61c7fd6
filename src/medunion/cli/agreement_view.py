"""How `medunion agreement` shows an agreement: rows, terms, what policies would pay, what a wallet is to sign."""

from typing import TYPE_CHECKING, Any

from medunion.cli.choices import camel, categories
from medunion.cli.output import emit_rows, say
from medunion.cli.support import moment
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.care.acceptance import Review
    from medunion.care.disclosure import Disclosure
    from medunion.care.offers import Agreement
    from medunion.care.preview import Preview
    from medunion.network import Network


def columns() -> tuple[str, ...]:
    """Of a list of agreements."""
    return ("agreement", "patient", "provider", "state", "price", "maxPatientShare", "from", "until", "acceptUntil")


def row(opened: "Network", each: "Agreement", now: int, currency: str, *, as_json: bool) -> dict[str, Any]:
    """One agreement of a list."""
    from medunion.care.fhir_parts import day
    from medunion.settlement import money

    terms, state = each.terms, each.state_at(now)
    return {
        "agreement": each.id if as_json else "0x" + each.id.hex()[:16],
        "patient": terms.patient if as_json else "0x" + terms.patient.hex()[:16],
        "provider": opened.member_name(terms.provider),
        "state": camel(state.name) if as_json else t(f"agreement.state.{camel(state.name)}"),
        "price": terms.price if as_json else money.show(terms.price, currency),
        "maxPatientShare": terms.max_patient_share if as_json else money.show(terms.max_patient_share, currency),
        "from": day(terms.service_from),
        "until": day(terms.service_until),
        "acceptUntil": terms.accept_until if as_json else moment(terms.accept_until),
        **({"currency": currency} if as_json else {}),
    }


def described(opened: "Network", found: "Agreement", shown: "Preview | None", body: bytes | None) -> dict[str, Any]:
    """An agreement as JSON; amounts in minor units, times in seconds."""
    from medunion.care.acceptance import check_told

    now, terms, standing = opened.ledger.now(), found.terms, found.standing
    told = None if body is None else check_told(found, body)
    return {
        **row(opened, found, now, opened.tokens.currency(), as_json=True),
        "deposit": terms.deposit,
        "held": standing.deposit,
        "payer": standing.payer if standing.accepted_at else None,
        "offeredAt": standing.offered_at,
        "acceptedAt": standing.accepted_at or None,
        "endsAt": found.ends_at or None,
        "reservedUntil": terms.reserved_until,
        "carePlan": terms.care_plan if any(terms.care_plan) else None,
        "visit": terms.visit if any(terms.care_plan) else None,
        "disclosureDigest": terms.disclosure_digest,
        "policies": [_policy(opened, found, shown, index) for index in range(len(terms.policies))],
        "lines": [
            {"billed": line.billed, "category": camel(line.category.name), **_item(told, index)}
            for index, line in enumerate(found.offer.lines)
        ],
        "patientOwes": shown.owes if shown else None,
        "writtenOff": shown.written_off if shown else None,
        "told": None if told is None else {name: list(texts) for name, texts in told.sections.items()},
        "canCancel": found.may_cancel(now),
        "canExpire": found.may_expire(now),
        "canRelease": found.may_release(now),
    }


def say_terms(opened: "Network", found: "Agreement", shown: "Preview | None", body: bytes | None) -> None:
    """An agreement for people."""
    from medunion.care.acceptance import check_told

    currency = opened.tokens.currency()
    facts = row(opened, found, opened.ledger.now(), currency, as_json=False)
    say("agreement.show.terms", **{**facts, "agreement": "0x" + found.id.hex()})
    if body is not None:
        _say_told(check_told(found, body), currency)
    if shown is not None:
        _say_shares(opened, found, shown, currency)


def report_review(opened: "Network", reviewed: "Review") -> None:
    """What a wallet is about to sign, and what that lets happen."""
    found, currency = reviewed.agreement, opened.tokens.currency()
    say("agreement.show.terms", **{
        **row(opened, found, opened.ledger.now(), currency, as_json=False), "agreement": "0x" + found.id.hex(),
    })  # fmt: skip
    _say_told(reviewed.disclosure, currency)
    _say_shares(opened, found, reviewed.preview, currency)
    for grant in reviewed.grants:
        say("agreement.accept.grant", insurer=opened.member_name(grant.member), lane=grant.lane,
            categories=", ".join(categories(grant.scope.categories)), until=moment(grant.scope.not_after))  # fmt: skip
    for part in reviewed.preview.parts:
        if not part.is_funded:
            say("agreement.accept.unfunded", insurer=opened.member_name(part.insurer))


def _say_told(told: "Disclosure", currency: str) -> None:
    from medunion.settlement import money
    from medunion.summary.elements import clean

    # The provider wrote these texts: nothing in them acts on this terminal.
    for name, texts in told.sections.items():
        say("agreement.show.told", title=t(f"disclosure.section.{name}"), text=" / ".join(map(clean, texts)))
    rows = [
        {
            "item": item.code.display or item.code.code,
            "quantity": item.quantity,
            "price": money.show(item.billed, currency),
        }
        for item in told.items
    ]
    emit_rows(rows, ("item", "quantity", "price"), as_json=False)


def _say_shares(opened: "Network", found: "Agreement", shown: "Preview", currency: str) -> None:
    from medunion.settlement import money

    for part in shown.parts:
        say("agreement.show.pays", insurer=opened.member_name(part.insurer), amount=money.show(part.pays, currency))
    most, deposit = found.terms.max_patient_share, found.terms.deposit
    say("agreement.show.owes", owes=money.show(shown.owes, currency), most=money.show(most, currency),
        deposit=money.show(deposit, currency))  # fmt: skip
    if shown.written_off:
        say("agreement.show.above", share=money.show(shown.share, currency),
            amount=money.show(shown.written_off, currency))  # fmt: skip


def _policy(opened: "Network", found: "Agreement", shown: "Preview | None", index: int) -> dict[str, Any]:
    reserved = found.standing.reserved
    described: dict[str, Any] = {
        "policy": found.terms.policies[index],
        "reserved": reserved[index] if reserved else 0,
        "covers": [{"class": cover.class_index, "allowed": cover.allowed} for cover in found.offer.covers_of(index)],
    }
    if shown is not None:
        part = shown.parts[index]
        described |= {
            "insurer": opened.member_name(part.insurer),
            "plan": part.plan,
            "pays": part.pays,
            "reserves": part.reserves,
            "funded": part.is_funded,
        }
    return described


def _item(told: "Disclosure | None", index: int) -> dict[str, Any]:
    if told is None:
        return {}
    code, quantity = told.items[index].code, told.items[index].quantity
    return {"system": code.system, "code": code.code, "display": code.display, "quantity": quantity}
