"""`medunion dispute`: open, draw, strike, put before the panel, settle, rule, and who may be drawn."""

from typing import TYPE_CHECKING, Any

import click

from medunion.cli.claim_view import find_claim
from medunion.cli.dispute_view import account_names, dispute_row, emit_due, emit_status
from medunion.cli.ids import Kind, find_id
from medunion.cli.member import report_decision
from medunion.cli.output import emit_rows
from medunion.cli.support import (
    argument,
    done,
    group,
    json_option,
    moment,
    network,
    own,
    relaying,
    seat_option,
    via_option,
)
from medunion.cli.verdict import RulingOptions, find_dispute, find_drawn, ruling_options, sent
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.network import Network
    from medunion.network.disputes import Party

_DAY = 86_400


@group("dispute")
def command() -> None:
    """Open, commit, reveal, draw, strike, rule, settle, lapse, due, look."""


@command.command("open", help=t("dispute.open.help"))
@argument("party")
@argument("claim")
@ruling_options
@click.option("--reason", required=True, metavar=t("metavar.text"), help=t("dispute.open.reason"))
@via_option
@json_option
def open_(party: str, claim: str, claimed: RulingOptions, reason: str, via: str | None, as_json: bool) -> None:
    """Dispute a claim."""
    from medunion.access.emergency import Statement
    from medunion.disputes.service import dispute_id
    from medunion.settlement.claim import Stage

    statement = Statement.new(reason)
    with network() as opened:
        acting = _party(opened, party, via)
        found = find_claim(opened, claim)
        if opened.holders.is_wallet(party):
            own(opened.identity(party), found.agreement)
        ruling = claimed.claim(is_contested=found.standing.stage is Stage.CONTESTED)
        receipt = acting.open(found.agreement.terms, ruling, statement)
    identifier = "0x" + dispute_id(found.id, acting.number).hex()
    done("dispute.open.done", receipt, as_json, dispute=identifier, salt="0x" + statement.salt.hex())


@command.command(help=t("dispute.commit.help"))
@argument("party")
@argument("dispute")
@via_option
@json_option
def commit(party: str, dispute: str, via: str | None, as_json: bool) -> None:
    """Commit to a secret for the draw."""
    with network() as opened:
        receipt = _party(opened, party, via).commit(find_dispute(opened, dispute).id)
    done("dispute.commit.done", receipt, as_json)


@command.command(help=t("dispute.reveal.help"))
@argument("party")
@argument("dispute")
@via_option
@json_option
def reveal(party: str, dispute: str, via: str | None, as_json: bool) -> None:
    """Bring the secret."""
    with network() as opened:
        receipt = _party(opened, party, via).reveal(find_dispute(opened, dispute).id)
    done("dispute.reveal.done", receipt, as_json)


@command.command(help=t("dispute.draw.help"))
@argument("dispute")
@via_option
@json_option
def draw(dispute: str, via: str | None, as_json: bool) -> None:
    """Draw the panel; first fix the draw's block where a secret was withheld."""
    with network() as opened:
        found = find_dispute(opened, dispute)
        sending = sent(opened, via)
        if not found.anchor:
            sending.anchor(found.id)
        receipt = sending.draw(found.id)
        names = account_names(opened)
        panel = [{"account": each.account, "name": names.get(each.account)} for each in sending.panel(found.id)]
    done("dispute.draw.done" if panel else "dispute.draw.regulator", receipt, as_json, panel=_named(panel, as_json))


@command.command(help=t("dispute.due.help"))
@click.option("--member", metavar=t("metavar.member"), help=t("dispute.due.member"))
@click.option("--draw", "draws", is_flag=True, help=t("dispute.due.draw"))
@via_option
@json_option
def due(member: str | None, draws: bool, via: str | None, as_json: bool) -> None:
    """What is to be done next in every open dispute, and whose it is."""
    from medunion.disputes.service import Disputes

    with network() as opened:
        drawn = sent(opened, via).draw_due(opened.ledger.now()) if draws else {}
        wanted = opened.member_id(member) if member else None
        awaited = [
            each
            for each in Disputes(opened.ledger).due(opened.ledger.now())
            if wanted is None or wanted in each.parties or each.dispute.id in drawn
        ]
        emit_due(opened, awaited, drawn, as_json=as_json)


@command.command(help=t("dispute.strike.help"))
@argument("party")
@argument("dispute")
@argument("arbiter")
@via_option
@json_option
def strike(party: str, dispute: str, arbiter: str, via: str | None, as_json: bool) -> None:
    """Strike one of the drawn."""
    with network() as opened:
        found = find_dispute(opened, dispute)
        account = find_drawn(opened, found, arbiter)
        receipt = _party(opened, party, via).strike(found.id, account)
    done("dispute.strike.done", receipt, as_json, arbiter=arbiter)


@command.command(help=t("dispute.decline.help"))
@argument("arbiter")
@argument("dispute")
@json_option
def decline(arbiter: str, dispute: str, as_json: bool) -> None:
    """Do not sit in a dispute, as one of the drawn."""
    from medunion.network.disputes import judge

    with network() as opened:
        receipt = judge(opened, arbiter).decline(find_dispute(opened, dispute).id)
    done("dispute.decline.done", receipt, as_json)


@command.command(help=t("dispute.evidence.help"))
@argument("party")
@argument("dispute")
@argument("record")
@via_option
@json_option
def evidence(party: str, dispute: str, record: str, via: str | None, as_json: bool) -> None:
    """Put a committed record before the panel."""
    from medunion.cli.verdict import record_id

    with network() as opened:
        receipt = _party(opened, party, via).submit(find_dispute(opened, dispute), record_id(record))
    done("dispute.evidence.done", receipt, as_json, record=record)


@command.command(help=t("dispute.state.help"))
@argument("party")
@argument("dispute")
@argument("text")
@via_option
@json_option
def state(party: str, dispute: str, text: str, via: str | None, as_json: bool) -> None:
    """Put the salted digest of a statement before the panel."""
    from medunion.access.emergency import Statement

    statement = Statement.new(text)
    with network() as opened:
        receipt = _party(opened, party, via).state(find_dispute(opened, dispute).id, statement)
    values = {"digest": "0x" + statement.digest.hex(), "salt": "0x" + statement.salt.hex()}
    done("dispute.state.done", receipt, as_json, **values)


@command.command(help=t("dispute.rule.help"))
@argument("judge")
@argument("dispute")
@ruling_options
@json_option
def rule(judge: str, dispute: str, claimed: RulingOptions, as_json: bool) -> None:
    """Rule, as an arbiter that sits or as the regulator."""
    from medunion.network.disputes import judge as ruling_as

    ruling = claimed.ruling()
    with network() as opened:
        found = find_dispute(opened, dispute)
        receipt = ruling_as(opened, judge).rule(found, ruling)
        ended = _has_ended(opened, found.id)
    done("dispute.rule.decided" if ended else "dispute.rule.done", receipt, as_json, decided=ended)


@command.command(help=t("dispute.settle.help"))
@argument("party")
@argument("dispute")
@ruling_options
@via_option
@json_option
def settle(party: str, dispute: str, claimed: RulingOptions, via: str | None, as_json: bool) -> None:
    """Agree to a ruling with the other party."""
    ruling = claimed.ruling()
    with network() as opened:
        found = find_dispute(opened, dispute)
        receipt = _party(opened, party, via).settle(found, ruling)
        ended = _has_ended(opened, found.id)
    done("dispute.settle.agreed" if ended else "dispute.settle.done", receipt, as_json, agreed=ended)


@command.command(help=t("dispute.lapse.help"))
@argument("dispute")
@via_option
@json_option
def lapse(dispute: str, via: str | None, as_json: bool) -> None:
    """End a dispute in which nobody drew or ruled in time."""
    with network() as opened:
        receipt = sent(opened, via).lapse(find_dispute(opened, dispute))
    done("dispute.lapse.done", receipt, as_json)


@command.command(help=t("dispute.status.help"))
@argument("dispute")
@json_option
def status(dispute: str, as_json: bool) -> None:
    """Where a dispute stands, its panel, and what is to be done next."""
    with network() as opened:
        emit_status(opened, find_dispute(opened, dispute), as_json=as_json)


@command.command("list", help=t("dispute.list.help"))
@click.option("--claim", metavar=t("metavar.claim"), help=t("dispute.list.claim"))
@click.option("--open", "only_open", is_flag=True, help=t("dispute.list.open"))
@json_option
def list_(claim: str | None, only_open: bool, as_json: bool) -> None:
    """Disputes, as they were opened."""
    from medunion.disputes.service import Disputes

    with network() as opened:
        about = None if claim is None else find_id(opened, Kind.CLAIM, claim)
        found = [each for each in Disputes(opened.ledger).of(claim=about) if not (only_open and each.has_ended)]
        rows = [dispute_row(opened, each, as_json=as_json) for each in found]
    emit_rows(rows, ("dispute", "claim", "opener", "respondent", "state", "endsAt", "next"), as_json=as_json)


@command.command(help=t("dispute.arbiters.help"))
@json_option
def arbiters(as_json: bool) -> None:
    """Who may be drawn, and until when."""
    from medunion.disputes.arbiters import Arbiters

    with network() as opened:
        names = account_names(opened)
        rows = [
            {
                "account": each.account,
                "name": names.get(each.account),
                "until": each.until if as_json else moment(each.until),
            }
            for each in Arbiters(opened.ledger).all()
        ]
    emit_rows(rows, ("account", "name", "until"), as_json=as_json)


@command.command(help=t("dispute.appoint.help"))
@argument("who")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=365,
    show_default=True,
    metavar=t("metavar.days"),
    help=t("dispute.appoint.days"),
)
@seat_option
@json_option
def appoint(who: str, days: int, seats: tuple[int, ...], as_json: bool) -> None:
    """Propose that a person may be drawn."""
    from medunion.disputes.arbiters import Arbiters

    with network() as opened:
        account = opened.holders.account(who)
        call = Arbiters(opened.ledger).appoint(account, opened.ledger.now() + days * _DAY)
        report_decision(opened.admission.propose(call, seats), opened, as_json)


@command.command(help=t("dispute.remove.help"))
@argument("who")
@seat_option
@json_option
def remove(who: str, seats: tuple[int, ...], as_json: bool) -> None:
    """Propose that a person may be drawn no more."""
    from medunion.disputes.arbiters import Arbiters

    with network() as opened:
        call = Arbiters(opened.ledger).remove(opened.holders.account(who))
        report_decision(opened.admission.propose(call, seats), opened, as_json)


@command.command(help=t("dispute.resign.help"))
@argument("arbiter")
@json_option
def resign(arbiter: str, as_json: bool) -> None:
    """Be no arbiter any more."""
    from medunion.disputes.arbiters import Arbiters
    from medunion.network.disputes import judge

    with network() as opened:
        receipt = Arbiters(opened.ledger, judge(opened, arbiter).sender).resign()
    done("dispute.resign.done", receipt, as_json)


def _party(opened: "Network", name: str, via: str | None) -> "Party":
    from medunion.network.disputes import party

    return party(opened, name, relaying(opened, via) if opened.holders.is_wallet(name) else name)


def _has_ended(opened: "Network", dispute: bytes) -> bool:
    from medunion.disputes.service import Disputes

    return Disputes(opened.ledger).get(dispute).has_ended


def _named(panel: list[dict[str, str | None]], as_json: bool) -> Any:
    return panel if as_json else ", ".join(each["name"] or each["account"] or "" for each in panel)
