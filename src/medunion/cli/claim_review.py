"""`medunion claim`: the insurer's review of a claim, and the provider's answer to a contest."""

from typing import TYPE_CHECKING

import click

from medunion.cli.claim_view import claims_of, desk_of, find_claim
from medunion.cli.groups import SuggestingGroup
from medunion.cli.output import emit_rows
from medunion.cli.support import argument, done, json_option, network, relaying, via_option
from medunion.errors import InputError
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.network import Network
    from medunion.settlement.claims import Claims
    from medunion.settlement.facts import ClaimFacts


def attach(command: click.Group) -> None:
    """Adds the commands to the group."""
    for each in (review, approve, contest, concede, request_evidence, receive_evidence):
        command.add_command(each)


@click.group("review", cls=SuggestingGroup, help=t("claim.review.help"))
def review() -> None:
    """The insurer's engine."""


@review.command(help=t("claim.review.run.help"))
@argument("member")
@json_option
def run(member: str, as_json: bool) -> None:
    """Run the engine once over the claims that await an insurer."""
    with network() as opened:
        outcomes = desk_of(opened, member).review()
    rows = [
        {
            "claim": each.claim if as_json else "0x" + each.claim.hex()[:16],
            "state": each.state if as_json else t(f"claim.review.state.{each.state}"),
            "rule": None if each.finding is None else (each.finding.rule.id if as_json else each.finding.rule.title),
            "cause": None if each.failure is None else each.failure.message,
            "milliseconds": each.milliseconds,
        }
        for each in outcomes
    ]
    emit_rows(rows, ("claim", "state", "rule", "cause", "milliseconds"), as_json=as_json)


@click.command(help=t("claim.approve.help"))
@argument("claim")
@json_option
def approve(claim: str, as_json: bool) -> None:
    """Approve, as the insurer in turn."""
    with network() as opened:
        found = find_claim(opened, claim)
        receipt = _reviewing(opened, found).approve(found.agreement.terms)
    done("claim.approve.done", receipt, as_json, claim="0x" + found.id.hex())


@click.command(help=t("claim.contest.help"))
@argument("claim")
@click.option("--rule", required=True, metavar=t("metavar.rule"), help=t("claim.contest.rule"))
@click.option("--reason", required=True, metavar=t("metavar.text"), help=t("claim.contest.reason"))
@json_option
def contest(claim: str, rule: str, reason: str, as_json: bool) -> None:
    """Contest by a published rule, as the insurer in turn."""
    from medunion.insurance.engine.published import Rule

    chosen = next((each for each in Rule if rule in (each.id, str(each.value))), None)
    if chosen is None:
        raise InputError(f"published rules are {', '.join(each.id for each in Rule)}", rule=rule)
    with network() as opened:
        found = find_claim(opened, claim)
        receipt, statement = desk_of(opened, _insurer(opened, found)).contest(found, chosen, reason)
    told = {"salt": "0x" + statement.salt.hex(), "reasonDigest": "0x" + statement.digest.hex()}
    done("claim.contest.done", receipt, as_json, claim="0x" + found.id.hex(), rule=chosen.id, **told)


@click.command(help=t("claim.concede.help"))
@argument("claim")
@via_option
@json_option
def concede(claim: str, via: str | None, as_json: bool) -> None:
    """Give in to a contest; or say that the time to object is over."""
    from medunion.vocabulary import Role

    with network() as opened:
        found = find_claim(opened, claim)
        provider = opened.member_name(found.provider)
        is_here = via is None and provider in opened.home.members()
        desk, role = (provider, Role.FINANCE) if is_here else (relaying(opened, via), Role.DESK)
        receipt = desk_of(opened, desk).acting(role).concede(found.agreement.terms)
    done("claim.concede.done", receipt, as_json, claim="0x" + found.id.hex())


@click.command("request-evidence", help=t("claim.request.help"))
@argument("claim")
@json_option
def request_evidence(claim: str, as_json: bool) -> None:
    """Ask for the evidence, as the insurer in turn."""
    with network() as opened:
        found = find_claim(opened, claim)
        receipt = _reviewing(opened, found).request_evidence(found.agreement.terms)
    done("claim.request.done", receipt, as_json, claim="0x" + found.id.hex())


@click.command("receive-evidence", help=t("claim.receive.help"))
@argument("claim")
@json_option
def receive_evidence(claim: str, as_json: bool) -> None:
    """State that the evidence is here: the review runs from now."""
    with network() as opened:
        found = find_claim(opened, claim)
        receipt = _reviewing(opened, found).receive_evidence(found.agreement.terms)
    done("claim.receive.done", receipt, as_json, claim="0x" + found.id.hex())


def _insurer(opened: "Network", found: "ClaimFacts") -> str:
    turn = found.standing.turn
    if turn is None:
        raise InputError("no policy of this claim is under review", claim="0x" + found.id.hex())
    return opened.member_name(found.insurers[turn])


def _reviewing(opened: "Network", found: "ClaimFacts") -> "Claims":
    """Claims as an adjudicator of the insurer in turn."""
    from medunion.vocabulary import Role

    return claims_of(opened).acting(opened.member(_insurer(opened, found)).acting(Role.ADJUDICATOR))
