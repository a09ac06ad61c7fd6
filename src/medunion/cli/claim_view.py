"""How `medunion claim` finds and shows claims."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from medunion.cli.choices import camel
from medunion.cli.ids import Kind, find_id
from medunion.cli.output import emit_rows, say
from medunion.cli.support import moment
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.care.offers import Agreement
    from medunion.network import Network
    from medunion.network.claims import ClaimDesk
    from medunion.settlement.claims import Awaited, Claims
    from medunion.settlement.facts import ClaimFacts

COLUMNS = ("claim", "patient", "provider", "state", "billed", "insurerPaid", "patientPaid", "receivable", "filedAt")
DUE_COLUMNS = ("claim", "step", "policy", "who", "until")


def claims_of(opened: "Network") -> "Claims":
    """Claims on the ledger, to read."""
    from medunion.settlement.claims import Claims

    return Claims(opened.ledger)


def desk_of(opened: "Network", name: str) -> "ClaimDesk":
    """A member's desk for claims; UnknownMember unless its folder is here."""
    from medunion.network.claims import ClaimDesk

    return ClaimDesk(opened.session, opened.member(name))


def find_claim(opened: "Network", text: str) -> "ClaimFacts":
    """A claim by its id."""
    return claims_of(opened).get(find_id(opened, Kind.CLAIM, text))


def find_agreement(opened: "Network", text: str) -> "Agreement":
    """An agreement, whose claim may not be filed yet."""
    return opened.agreements.get(find_id(opened, Kind.AGREEMENT, text))


def row(opened: "Network", found: "ClaimFacts", *, as_json: bool) -> dict[str, Any]:
    """One claim of a list."""
    from medunion.settlement import money

    stage, totals = camel(found.standing.stage.name), found.totals
    shown = {
        "billed": totals.billed,
        "insurerPaid": totals.insurer_paid,
        "patientPaid": totals.patient_paid,
        "receivable": totals.receivable,
    }
    patient = found.agreement.terms.patient
    return {
        "claim": found.id if as_json else "0x" + found.id.hex()[:16],
        "patient": patient if as_json else "0x" + patient.hex()[:16],
        "provider": opened.member_name(found.provider),
        "state": stage if as_json else t(f"claim.state.{stage}"),
        **(shown if as_json else {name: money.show(each, found.currency) for name, each in shown.items()}),
        "filedAt": found.filing.at if as_json else moment(found.filing.at),
        **({"currency": found.currency} if as_json else {}),
    }


def described(opened: "Network", found: "ClaimFacts") -> dict[str, Any]:
    """A claim as JSON; amounts in minor units, times in seconds."""
    totals, standing = found.totals, found.standing
    now = opened.ledger.now()
    return {
        **row(opened, found, as_json=True),
        "allowed": totals.allowed,
        "refunded": totals.refunded,
        "writtenOff": totals.written_off,
        "owed": standing.owed,
        "payableAt": standing.payable_at,
        "evidence": [*found.evidence.records],
        "lines": [
            {"billed": line.billed, "category": camel(line.category.name), "evidence": record}
            for line, record in zip(
                found.agreement.offer.lines,
                found.evidence.of_line or (None,) * len(found.agreement.offer.lines),
                strict=True,
            )
        ],
        "policies": [_policy(opened, found, position) for position in range(len(found.adjudications))],
        "due": [
            {"step": str(each.step), "policy": each.position, "until": each.until or None}
            for each in standing.due_at(now, found.review_periods)
        ],
    }


def say_claim(opened: "Network", found: "ClaimFacts") -> None:
    """A claim for people."""
    from medunion.settlement import money

    facts = row(opened, found, as_json=False)
    say("claim.status.head", **{**facts, "claim": "0x" + found.id.hex()})
    for position, each in enumerate(found.adjudications, 1):
        say(
            "claim.status.policy",
            position=position,
            insurer=opened.member_name(each.insurance.insurer),
            paid=money.show(each.paid, found.currency),
            outcome=t(f"claim.outcome.{each.outcome}"),
        )
        if each.contest is not None:
            say("claim.status.contest", rule=_rule(each.contest.rule), until=moment(each.contest.object_until))
    totals = {name: money.show(amount, found.currency) for name, amount in found.totals.as_dict().items()}
    say("claim.status.totals", **totals)
    say_open(opened, found)


def say_open(opened: "Network", found: "ClaimFacts") -> None:
    """What is to be done next about a claim, and until when."""
    for due in found.standing.due_at(opened.ledger.now(), found.review_periods):
        step = t(f"claim.step.{due.step}")
        if due.until:
            say("claim.status.due", step=step, until=moment(due.until))
        else:
            say("claim.status.open", step=step)


def emit_due(opened: "Network", awaited: "Iterable[Awaited]", *, as_json: bool) -> None:
    """What is open, and whose it is."""
    rows = [
        {
            "claim": each.claim.id if as_json else "0x" + each.claim.id.hex()[:16],
            "step": str(each.due.step) if as_json else t(f"claim.step.{each.due.step}"),
            "policy": None if each.due.position is None else each.claim.agreement.terms.policies[each.due.position],
            "who": opened.member_name(each.member) if each.member else None,
            "until": (each.due.until or None) if as_json else moment(each.due.until),
        }
        for each in awaited
    ]
    emit_rows(rows, DUE_COLUMNS, as_json=as_json)


def _policy(opened: "Network", found: "ClaimFacts", position: int) -> dict[str, Any]:
    each = found.adjudications[position]
    return {
        "policy": each.insurance.policy,
        "insurer": opened.member_name(each.insurance.insurer),
        "outcome": str(each.outcome),
        "adjudicated": each.adjudicated,
        "paid": each.paid,
        "contest": None if each.contest is None else {"rule": each.contest.rule, "until": each.contest.object_until},
        "lines": [
            {
                "class": line.class_index,
                "allowed": line.allowed,
                "eligible": line.eligible,
                "selfPay": line.self_pay,
                "deductible": line.deductible,
                "paid": line.paid,
            }
            for line in each.lines
        ],
    }


def _rule(number: int) -> str:
    """A published rule in words; of one that this version does not know, its number."""
    from medunion.insurance.engine.published import Rule

    return next((each.title for each in Rule if each == number), str(number))
