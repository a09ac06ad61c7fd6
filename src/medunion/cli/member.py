"""`medunion member`: who belongs to the consortium, and how the council decides."""

from typing import TYPE_CHECKING, Any

import click

from medunion.cli.choices import KIND, camel, word
from medunion.cli.ids import Kind, find_id
from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.support import argument, done, group, json_option, moment, network, seat_option
from medunion.errors import InputError
from medunion.locale import translate as t
from medunion.vocabulary import MemberKind

if TYPE_CHECKING:
    from medunion.network import Network
    from medunion.network.admission import Decision


@group("member")
def command() -> None:
    """Propose, approve, list, suspend, remove, rotate."""


@command.command(help=t("member.propose.help"))
@argument("member")
@click.option("--kind", type=KIND, required=True, metavar=t("metavar.kind"), help=t("member.propose.kind"))
@click.option("--node-url", default="", metavar=t("metavar.url"), help=t("member.propose.node_url"))
@seat_option
@json_option
def propose(member: str, kind: MemberKind, node_url: str, seats: tuple[int, ...], as_json: bool) -> None:
    """Make a member's folder and propose its admission."""
    with network() as opened:
        admission = opened.admission
        if member in opened.home.member_ids().values():
            raise InputError(f"{member} was admitted already", member=member)
        handle = admission.prepare(member, kind)
        call = admission.admission_of(handle, kind, admission.next_id(), node_url)
        report_decision(admission.propose(call, seats), opened, as_json)


@command.command(help=t("member.approve.help"))
@argument("proposal")
@seat_option
@json_option
def approve(proposal: str, seats: tuple[int, ...], as_json: bool) -> None:
    """Approve a proposal; the approval that is still needed executes it."""
    with network() as opened:
        report_decision(opened.admission.approve(find_id(opened, Kind.PROPOSAL, proposal), seats), opened, as_json)


@command.command(help=t("member.suspend.help"))
@argument("member")
@seat_option
@json_option
def suspend(member: str, seats: tuple[int, ...], as_json: bool) -> None:
    """Propose that a member be suspended."""
    with network() as opened:
        call = opened.members.suspend(opened.member_id(member))
        report_decision(opened.admission.propose(call, seats), opened, as_json)


@command.command(help=t("member.remove.help"))
@argument("member")
@seat_option
@json_option
def remove(member: str, seats: tuple[int, ...], as_json: bool) -> None:
    """Propose that a member leave for good."""
    with network() as opened:
        call = opened.members.remove(opened.member_id(member))
        report_decision(opened.admission.propose(call, seats), opened, as_json)


@command.command("rotate-key", help=t("member.rotate-key.help"))
@argument("member")
@json_option
def rotate_key(member: str, as_json: bool) -> None:
    """Replace the key to which others seal keys and shares."""
    with network() as opened:
        receipt = opened.member(member).rotate_key()
    done("member.rotate-key.done", receipt, as_json, member=member)


@command.command("list", help=t("member.list.help"))
@json_option
def list_(as_json: bool) -> None:
    """Members, and proposals that wait."""
    with network() as opened:
        members = [
            {
                "member": each.member,
                "name": opened.member_name(each.member),
                "kind": each.kind,
                "status": each.status,
                "keyEpoch": each.key_epoch,
                "nodeUrl": each.node_url,
            }
            for each in opened.members.all()
        ]
        waiting = [_proposal(each, opened) for each in opened.council.proposals() if each.state in ("open", "passed")]
        threshold = opened.council.threshold()
    if as_json:
        emit_json({"members": members, "proposals": waiting, "threshold": threshold})
        return
    emit_rows(members, ("member", "name", "kind", "status", "nodeUrl"), as_json=False)
    if waiting:
        say("member.list.waiting", threshold=threshold)
        emit_rows(waiting, ("proposal", "action", "subject", "approvals", "state"), as_json=False)


def report_decision(decision: "Decision", opened: "Network", as_json: bool) -> None:
    """Says where a proposal stands after votes, and what it has done."""
    found = _proposal(decision.proposal, opened)
    threshold = opened.council.threshold()
    if as_json:
        extra = {"threshold": threshold, "gasUsed": decision.receipt.gas_used if decision.receipt else None}
        emit_json({**found, **extra, "admitted": decision.admitted})
    elif decision.admitted:
        member = opened.member_id(decision.admitted)
        say("member.admitted", name=decision.admitted, member=member)
        say("member.accounts", accounts=", ".join(opened.home.operators(decision.admitted)))
    elif decision.receipt is not None:
        say("member.executed", action=found["action"], subject=found["subject"])
    else:
        say("member.waits", proposal=found["proposal"], approvals=found["approvals"], threshold=threshold)


_OF_ACCOUNTS = ("appointArbiter", "removeArbiter", "addSettlement")
"""Functions of the council whose first argument is an account."""


def _proposal(proposal: Any, opened: "Network") -> dict[str, Any]:
    subject = None
    if proposal.contract == "ConsortiumRegistry":
        subject = opened.member_name(int.from_bytes(proposal.data[4:36], "big"))
    elif proposal.function in _OF_ACCOUNTS:
        account = "0x" + proposal.data[16:36].hex()
        subject = next((name for each, name in opened.holders.names().items() if each.lower() == account), account)
    kind = None
    if proposal.function == "admitMember":
        kind = word(MemberKind(int.from_bytes(proposal.data[36:68], "big")))
    return {
        "proposal": "0x" + proposal.proposal_id.hex(),
        "action": proposal.function or proposal.target,
        "subject": subject,
        "kind": kind,
        "approvals": proposal.approvals,
        "state": camel(proposal.state),
        "executableAt": moment(proposal.executable_at) or None,
    }
