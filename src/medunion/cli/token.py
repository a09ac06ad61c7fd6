"""`medunion token`: the consortium's money, who may hold it, and whether it is conserved."""

from typing import TYPE_CHECKING

import click

from medunion.cli.choices import camel
from medunion.cli.member import report_decision
from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.support import argument, done, group, json_option, network, relaying, seat_option, via_option
from medunion.errors import InputError, UnknownMember, UsageError
from medunion.locale import translate as t
from medunion.vocabulary import MemberKind

if TYPE_CHECKING:
    from medunion.network import Network

by_option = click.option("--by", "bank", metavar=t("metavar.member"), help=t("token.by"))


@group("token")
def command() -> None:
    """Admit, issue, redeem, look."""


@command.command(help=t("token.balance.help"))
@argument("who")
@json_option
def balance(who: str, as_json: bool) -> None:
    """What an account holds, and how it stands."""
    from medunion.settlement.money import show

    with network() as opened:
        found = opened.tokens.holding(opened.holders.account(who))
        currency, bank = opened.tokens.currency(), opened.member_name(found.bank) if found.bank else None
    standing = camel(found.standing.name)
    if as_json:
        amounts = {"amount": found.amount, "currency": currency}
        emit_json({"who": who, "account": found.account, **amounts, "standing": standing, "bank": bank})
        return
    shown = {"amount": show(found.amount, currency), "standing": t(f"token.standing.{standing}"), "bank": bank}
    emit_rows([{"account": found.account, **shown}], ("account", "amount", "standing", "bank"), as_json=False)


@command.command(help=t("token.admit.help"))
@argument("who")
@by_option
@json_option
def admit(who: str, bank: str | None, as_json: bool) -> None:
    """Let an account hold and send money."""
    with network() as opened:
        account = opened.holders.account(who)
        receipt = opened.treasury(_bank(opened, bank)).admit(account)
    done("token.admit.done", receipt, as_json, who=who, account=account)


@command.command(help=t("token.deadmit.help"))
@argument("who")
@by_option
@json_option
def deadmit(who: str, bank: str | None, as_json: bool) -> None:
    """End that: what the account is owed it still receives, and redeems."""
    with network() as opened:
        account = opened.holders.account(who)
        receipt = opened.treasury(_bank(opened, bank)).deadmit(account)
    done("token.deadmit.done", receipt, as_json, who=who, account=account)


@command.command(help=t("token.issue.help"))
@argument("who")
@argument("amount")
@click.option("--booking", required=True, metavar=t("metavar.text"), help=t("token.issue.booking"))
@by_option
@json_option
def issue(who: str, amount: str, booking: str, bank: str | None, as_json: bool) -> None:
    """Issue money against a booking."""
    from medunion.settlement.money import parse_payment, show

    value = parse_payment(amount)
    with network() as opened:
        account = opened.holders.account(who)
        receipt = opened.treasury(_bank(opened, bank)).issue(account, value, booking)
        shown = show(value, opened.tokens.currency())
    if as_json:
        done("token.issue.done", receipt, True, who=who, account=account, amount=value)
        return
    done("token.issue.done", receipt, False, who=who, amount=shown)


@command.command(help=t("token.redeem.help"))
@argument("who")
@argument("amount")
@click.option("--to", "payment", required=True, metavar=t("metavar.text"), help=t("token.redeem.to"))
@via_option
@json_option
def redeem(who: str, amount: str, payment: str, via: str | None, as_json: bool) -> None:
    """Give money back; the bank pays it out."""
    from medunion.access.emergency import Statement
    from medunion.settlement.money import parse_payment, show

    value = parse_payment(amount)
    if not payment.strip():
        raise InputError("where the bank is to pay must be named", field="to")
    statement = Statement.new(payment)
    with network() as opened:
        if opened.holders.is_wallet(who):
            identity = opened.identity(who)
            receipt = opened.treasury(relaying(opened, via)).redeem_for(identity, value, statement)
        else:
            receipt = opened.treasury(who).redeem(value, statement)
        shown = show(value, opened.tokens.currency())
    told = {"salt": "0x" + statement.salt.hex(), "bookingDigest": "0x" + statement.digest.hex()}
    if as_json:
        done("token.redeem.done", receipt, True, who=who, amount=value, **told)
        return
    done("token.redeem.done", receipt, False, who=who, amount=shown)
    say("token.redeem.tell", **told)


@command.command(help=t("token.supply.help"))
@json_option
def supply(as_json: bool) -> None:
    """All money, and whether it is conserved."""
    from medunion.settlement.money import show

    with network() as opened:
        found, names = opened.tokens.supply(), opened.holders.names()
    balances = found.balances.items()
    totals = {"issued": found.issued, "redeemed": found.redeemed, "held": found.held}
    if as_json:
        holders = [{"account": each, "name": names.get(each), "amount": amount} for each, amount in balances]
        emit_json({"currency": found.currency, **totals, "conserved": found.conserved, "holders": holders})
        return
    rows = [
        {"account": each, "name": names.get(each), "amount": show(amount, found.currency)} for each, amount in balances
    ]
    emit_rows(rows, ("account", "name", "amount"), as_json=False)
    say("token.supply.totals", **{key: show(amount, found.currency) for key, amount in totals.items()})
    say("token.supply.conserved" if found.conserved else "token.supply.not_conserved")


@command.command("add-settlement", help=t("token.add-settlement.help"))
@argument("account")
@seat_option
@json_option
def add_settlement(account: str, seats: tuple[int, ...], as_json: bool) -> None:
    """Propose that a contract settle in this money, for good."""
    with network() as opened:
        call = opened.tokens.add_settlement(opened.holders.account(account))
        report_decision(opened.admission.propose(call, seats), opened, as_json)


def _bank(opened: "Network", named: str | None) -> str:
    """The bank that acts: as named, else the only one whose folder is here."""
    if named is not None:
        return named
    ids = opened.home.member_ids()
    banks = [ids[each.member] for each in opened.members.all() if each.kind == MemberKind.BANK and each.member in ids]
    if not banks:
        raise UnknownMember("no bank's folder is here")
    if len(banks) > 1:
        raise UsageError(f"there are several banks here, name one of {', '.join(banks)} with --by", field="by")
    return banks[0]
