"""`medunion claim payout`: what claims of a period come to between parties, and the bank's part in paying it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.claim_view import desk_of
from medunion.cli.files import read_file, write_file
from medunion.cli.groups import SuggestingGroup
from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.support import argument, json_option, network
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.network import Network
    from medunion.settlement.instruction import Instruction

_file = click.Path(dir_okay=False, path_type=Path)
_output = click.option(
    "--output", "-o", type=_file, required=True, metavar=t("metavar.file"), help=t("claim.payout.output")
)


class MomentType(click.ParamType):
    """A day (its first second) or a time, in UTC, as seconds."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds since 1970."""
        if isinstance(value, int):
            return value
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(t("claim.payout.bad_moment", value=value), param, ctx)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


MOMENT = MomentType()


@click.group("payout", cls=SuggestingGroup, help=t("claim.payout.help"))
def payout() -> None:
    """Instruction, confirm, accept, report."""


@payout.command(help=t("claim.payout.instruction.help"))
@argument("first", "moment", type=MOMENT)
@argument("end", "moment", type=MOMENT)
@_output
@click.option("--fhir", type=_file, metavar=t("metavar.file"), help=t("claim.payout.instruction.fhir"))
@json_option
def instruction(first: int, end: int, output: Path, fhir: Path | None, as_json: bool) -> None:
    """Write the netted payments of a period for the bank."""
    from medunion.settlement.instruction import instruction_of

    with network() as opened:
        found = instruction_of(opened.ledger, first, end)
        write_file(output, found.to_csv())
        if fhir is not None:
            write_file(fhir, _reconciliations(found) + b"\n")
        _tell(opened, found, as_json, file=output)


@payout.command(help=t("claim.payout.confirm.help"))
@argument("member")
@argument("file", type=_file)
@click.option("--reference", required=True, metavar=t("metavar.text"), help=t("claim.payout.confirm.reference"))
@_output
@json_option
def confirm(member: str, file: Path, reference: str, output: Path, as_json: bool) -> None:
    """State as the bank, once, that an instruction was paid."""
    from medunion.vocabulary import Role

    with network() as opened:
        handle = opened.member(member)
        signer = handle.account(handle.with_role(Role.FINANCE))
        now = opened.ledger.now()
        found = desk_of(opened, member).payouts().confirm(read_file(file), signer, reference, at=now)
    write_file(output, found.to_json())
    if as_json:
        emit_json(found)
    else:
        say("claim.payout.confirm.done", payments=found.payments, file=output)


@payout.command(help=t("claim.payout.accept.help"))
@argument("member")
@argument("first", "moment", type=MOMENT)
@argument("end", "moment", type=MOMENT)
@argument("file", type=_file)
def accept(member: str, first: int, end: int, file: Path) -> None:
    """Keep a bank's confirmation, checked against the ledger."""
    with network() as opened:
        desk_of(opened, member).payouts().accept(first, end, read_file(file))
    say("claim.payout.accept.done", member=member)


@payout.command(help=t("claim.payout.report.help"))
@argument("first", "moment", type=MOMENT)
@argument("end", "moment", type=MOMENT)
@click.option("--bank", "member", metavar=t("metavar.member"), help=t("claim.payout.report.bank"))
@json_option
def report(first: int, end: int, member: str | None, as_json: bool) -> None:
    """What a period came to, and whether it is paid."""
    from medunion.settlement.payout import Payout, TokenPayout

    with network() as opened:
        chosen: Payout = desk_of(opened, member).payouts() if member else TokenPayout(opened.ledger)
        found = chosen.report(first, end)
        _tell(opened, found.instruction, as_json, channel=found.channel, paid=found.is_paid)


def _tell(opened: "Network", found: "Instruction", as_json: bool, **more: Any) -> None:
    from medunion.settlement import money

    names = {f"member:{number}": name for number, name in opened.home.member_ids().items()}
    rows = [
        {
            "debtor": str(each.debtor) if as_json else names.get(str(each.debtor), each.debtor.name),
            "creditor": str(each.creditor) if as_json else names.get(str(each.creditor), each.creditor.name),
            "gross": each.gross if as_json else money.show(each.gross, found.place.currency),
            "setOff": each.set_off if as_json else money.show(each.set_off, found.place.currency),
            "amount": each.amount if as_json else money.show(each.amount, found.place.currency),
        }
        for each in found.payments
    ]
    if as_json:
        totals = {"digest": found.digest, "total": found.total, "currency": found.place.currency}
        emit_json({**more, **totals, "payments": rows})
        return
    emit_rows(rows, ("debtor", "creditor", "gross", "setOff", "amount"), as_json=False)
    paid = more.get("paid")
    state = "claim.payout.written" if paid is None else "claim.payout.paid" if paid else "claim.payout.unpaid"
    say("claim.payout.total", total=money.show(found.total, found.place.currency), state=t(state))


def _reconciliations(found: "Instruction") -> bytes:
    from medunion.settlement.documents import bundle_of
    from medunion.settlement.fhir_payment import Reconciliation, to_fhir

    made = [
        Reconciliation(found.digest, number, found.first, found.end, found.end, payment, found.place.currency)
        for number, payment in enumerate(found.payments, 1)
    ]
    return bundle_of([to_fhir(each) for each in made])
