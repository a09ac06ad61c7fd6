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
    stage, step = camel(dispute.stage.name), dispute.step_at(opened.ledger.now()).value
    return {
        "dispute": "0x" + dispute.id.hex(),
        "claim": "0x" + dispute.claim.hex(),
        "opener": _party(opened, dispute.opener),
        "respondent": _party(opened, dispute.respondent),
        "state": stage if as_json else t(f"dispute.stage.{stage}"),
        "endsAt": dispute.ends_at if as_json else moment(dispute.ends_at),
        "next": step if as_json else t(f"dispute.next.{step}"),
    }


def emit_status(opened: "Network", dispute: "Dispute", *, as_json: bool) -> None:
    """Prints a dispute: parties, what is asked for, the panel, what is next."""
    from medunion.disputes.service import Disputes

    disputes = Disputes(opened.ledger)
    row = dispute_row(opened, dispute, as_json=as_json)
    asked = disputes.opening(dispute.id)
    sides = [_side_row(opened, disputes.side(dispute.id, each)) for each in dispute.parties]
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
        emit_json({**row, "openedAt": asked.at, "claimed": claimed, "sides": sides, "panel": panel})
        return
    say("dispute.status.where", **row)
    say("dispute.status.claimed", ruling=ruling_text(asked.claimed))
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
            "who": [_party(opened, party) for party in each.parties],
            "endsAt": each.dispute.ends_at if as_json else moment(each.dispute.ends_at),
            "drawn": _panel(drawn.get(each.dispute.id), names, as_json),
        }
        for each in awaited
    ]
    emit_rows(rows, ("dispute", "claim", "next", "who", "endsAt", "drawn"), as_json=as_json)


def ruling_json(ruling: "Ruling") -> dict[str, Any]:
    """A ruling with amounts as decimals."""
    from medunion.settlement.money import show

    return {
        "reversed": ruling.is_reversal,
        "removed": [show(each) for each in ruling.removed],
        "refund": show(ruling.refund),
    }


def ruling_text(ruling: "Ruling") -> str:
    """A ruling in words."""
    from medunion.settlement.money import show

    if ruling.is_reversal:
        return t("dispute.ruling.all")
    parts = [
        t("dispute.ruling.removed", policy=place, amount=show(each))
        for place, each in enumerate(ruling.removed, 1)
        if each
    ]
    if ruling.refund:
        parts.append(t("dispute.ruling.refunded", amount=show(ruling.refund)))
    return "; ".join(parts) or t("dispute.ruling.nothing")


def _panel(drawn: "Sequence[str] | None", names: dict[str, str], as_json: bool) -> Any:
    """Who was drawn just now: accounts for programs, names for people; None when nobody drew."""
    if drawn is None or as_json:
        return drawn
    return [names.get(account, account) for account in drawn] or t("dispute.due.regulator")


def _party(opened: "Network", member: int) -> str:
    return opened.member_name(member) if member else t("dispute.patient")


def _side_row(opened: "Network", side: "Side") -> dict[str, Any]:
    return {
        "party": _party(opened, side.party),
        "committed": side.committed,
        "revealed": side.revealed,
        "struck": side.struck,
        "submissions": side.submissions,
        "settlement": "0x" + side.settlement.hex() if any(side.settlement) else None,
    }
