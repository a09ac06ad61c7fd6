"""What the commands of disputes take: a ruling in amounts, a claim, a dispute, one of the drawn, who sends."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.ids import Kind, find_id
from medunion.cli.support import relaying
from medunion.errors import InputError, UsageError
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.disputes.dispute import Dispute
    from medunion.disputes.ruling import Ruling
    from medunion.disputes.service import Disputes
    from medunion.network import Network


@dataclass(frozen=True, slots=True)
class RulingOptions:
    """A ruling as it was typed."""

    removed: tuple[str, ...]
    refund: str | None
    is_reversal: bool

    def ruling(self) -> "Ruling":
        """The ruling; InputError naming the field."""
        from medunion.disputes.ruling import Ruling
        from medunion.settlement.money import parse

        amounts: dict[int, int] = {}
        for text in self.removed:
            policy, equals, amount = text.partition("=")
            if not equals or not (policy.isascii() and policy.isdecimal()):
                raise InputError("give what is removed as POLICY=AMOUNT, such as 1=200.00", field="remove", value=text)
            if int(policy) in amounts:
                raise InputError(f"policy {int(policy)} is named twice", field="remove", value=text)
            amounts[int(policy)] = parse(amount, "remove")
        refund = 0 if self.refund is None else parse(self.refund, "refund")
        return Ruling.of(amounts, refund, is_reversal=self.is_reversal)

    def claim(self, *, is_contested: bool) -> "Ruling":
        """The ruling that a dispute asks for: of a contest that it falls, else something of the claim; UsageError."""
        asked = self.ruling()
        if not is_contested and not (asked.is_reversal or any(asked.removed) or asked.refund):
            raise UsageError("say what you ask for: --remove, --refund or --reverse", field="refund")
        return asked


def ruling_options(command: Callable[..., None]) -> Callable[..., None]:
    """`--remove`, `--refund` and `--reverse`, as the argument `claimed`; without them nothing is removed."""

    @click.option("--remove", multiple=True, metavar=t("metavar.removal"), help=t("dispute.ruling.remove"))
    @click.option("--refund", metavar=t("metavar.amount"), help=t("dispute.ruling.refund"))
    @click.option("--reverse", is_flag=True, help=t("dispute.ruling.reverse"))
    @wraps(command)
    def with_ruling(*, remove: tuple[str, ...], refund: str | None, reverse: bool, **others: Any) -> None:
        command(claimed=RulingOptions(remove, refund, reverse), **others)

    return with_ruling


def find_dispute(opened: "Network", text: str) -> "Dispute":
    """A dispute by its id."""
    from medunion.disputes.service import Disputes

    return Disputes(opened.ledger).get(find_id(opened, Kind.DISPUTE, text))


def find_drawn(opened: "Network", dispute: "Dispute", text: str) -> str:
    """The account of one of the drawn, by its place from 1, by a wallet's name or by the account; InputError."""
    from medunion.disputes.service import Disputes

    panel = [each.account for each in Disputes(opened.ledger).panel(dispute.id)]
    if text.isdecimal():
        if not 1 <= int(text) <= len(panel):
            raise InputError("nobody was drawn in this place", field="arbiter", value=text, drawn=len(panel))
        return panel[int(text) - 1]
    account = opened.holders.account(text)
    if account not in panel:
        raise InputError("this account was not drawn", field="arbiter", value=text)
    return account


def record_id(text: str) -> bytes:
    """A record's id; UsageError when it is not 32 bytes in hexadecimal."""
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32:
        raise UsageError("a record's id is 0x and 64 hexadecimal digits", record=text)
    return value


def sent(opened: "Network", via: str | None) -> "Disputes":
    """Disputes, sending by a member's desk what anybody may do."""
    from medunion.disputes.service import Disputes
    from medunion.vocabulary import Role

    return Disputes(opened.ledger, opened.member(relaying(opened, via)).acting(Role.DESK))
