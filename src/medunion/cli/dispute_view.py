"""How disputes are shown: in a row, and one whole with its parties and panel."""

from typing import TYPE_CHECKING, Any

from medunion.cli.choices import camel
from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.support import moment
from medunion.locale import translate as t

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from medunion.disputes.dispute import Awaited, Dispute, Side
    from medunion.disputes.ruling import Ruling
    from medunion.network import Network


def account_names(opened: "Network") -> dict[str, str]:
    """What this folder calls the accounts that it knows."""
    return opened.holders.names()


def dispute_row(opened: "Network", dispute: "Dispute", *, as_json: bool) -> dict[str, Any]:
    """A dispute in one row; members by name, in words of the user's language unless as JSON."""
    ends_at = 0 if dispute.has_ended else dispute.ends_at
    stage, step = camel(dispute.stage.name), dispute.step_at(opened.ledger.now()).value
    return {
        "dispute": "0x" + dispute.id.hex(),
        "claim": "0x" + dispute.claim.hex(),
        "opener": _party(opened, dispute.opener, as_json),
        "respondent": _party(opened, dispute.respondent, as_json),
        "state": stage if as_json else t(f"dispute.stage.{stage}"),
        "endsAt": ends_at or None if as_json else moment(ends_at),
        "next": step if as_json else t(f"dispute.next.{step}"),
    }


def emit_status(opened: "Network", dispute: "Dispute", *, as_json: bool) -> None:
    """Prints a dispute: parties, what is asked for, the panel, what is next."""
    from medunion.disputes.service import Disputes

    disputes = Disputes(opened.ledger)
    row = dispute_row(opened, dispute, as_json=as_json)
    asked = disputes.opening(dispute.id)
    outcome, currency = disputes.outcome(dispute.id), opened.tokens.currency()
    sides = [_side_row(opened, disputes.side(dispute.id, each), as_json) for each in dispute.parties]
    names = account_names(opened)
    panel = [
        {
            "place": place,
            "account": each.account,
            "name": names.get(each.account),
            "seated": each.seated,
            "out": each.out,
        }
        for place, each in enumerate(disputes.panel(dispute.id), 1)
    ]
    if as_json:
        claimed = {**ruling_json(asked.claimed), "reasonDigest": "0x" + asked.reason_digest.hex()}
        ended = ruling_json(outcome) if outcome else None
        more = {"openedAt": asked.at, "currency": currency, "claimed": claimed, "outcome": ended}
        emit_json({**row, **more, "sides": sides, "panel": panel})
        return
    say("dispute.status.ended" if outcome else "dispute.status.where", **row)
    say("dispute.status.claimed", ruling=ruling_text(asked.claimed, currency))
    if outcome:
        say("dispute.status.outcome", ruling=ruling_text(outcome, currency))
    emit_rows(sides, ("party", "committed", "revealed", "struck", "submissions"), as_json=False)
    if panel:
        emit_rows(panel, ("place", "account", "name", "seated", "out"), as_json=False)


def emit_due(
    opened: "Network", awaited: "Iterable[Awaited]", drawn: "Mapping[bytes, Sequence[str]]", *, as_json: bool
) -> None:
    """What is to be done next and for whom it waits; `drawn` are the panels that were drawn just now, by dispute."""
    names = account_names(opened)
    rows = [
        {
            "dispute": each.dispute.id if as_json else "0x" + each.dispute.id.hex()[:16],
            "claim": each.dispute.claim if as_json else "0x" + each.dispute.claim.hex()[:16],
            "next": each.step.value if as_json else t(f"dispute.next.{each.step}"),
            "who": [_party(opened, party, as_json) for party in each.parties],
            "endsAt": each.dispute.ends_at if as_json else moment(each.dispute.ends_at),
            "drawn": _panel(drawn.get(each.dispute.id), names, as_json),
        }
        for each in awaited
    ]
    emit_rows(rows, ("dispute", "claim", "next", "who", "endsAt", "drawn"), as_json=as_json)


def ruling_json(ruling: "Ruling") -> dict[str, Any]:
    """A ruling with amounts in minor units, those of the policies in order of payment."""
    return {"reversed": ruling.is_reversal, "removed": list(ruling.removed), "refund": ruling.refund}


def ruling_text(ruling: "Ruling", currency: str) -> str:
    """A ruling in words."""
    from medunion.settlement.money import show

    if ruling.is_reversal:
        return t("dispute.ruling.all")
    parts = [
        t("dispute.ruling.removed", policy=place, amount=show(each, currency))
        for place, each in enumerate(ruling.removed, 1)
        if each
    ]
    if ruling.refund:
        parts.append(t("dispute.ruling.refunded", amount=show(ruling.refund, currency)))
    return "; ".join(parts) or t("dispute.ruling.nothing")


def _panel(drawn: "Sequence[str] | None", names: dict[str, str], as_json: bool) -> Any:
    """Who was drawn just now: accounts for programs, names for people; None when nobody drew."""
    if drawn is None or as_json:
        return drawn
    return [names.get(account, account) for account in drawn] or t("dispute.due.regulator")


def _party(opened: "Network", member: int, as_json: bool) -> str:
    if member:
        return opened.member_name(member)
    return "patient" if as_json else t("dispute.patient")


def _side_row(opened: "Network", side: "Side", as_json: bool) -> dict[str, Any]:
    return {
        "party": _party(opened, side.party, as_json),
        "committed": side.committed,
        "revealed": side.revealed,
        "struck": side.struck,
        "submissions": side.submissions,
        "settlement": "0x" + side.settlement.hex() if any(side.settlement) else None,
    }
