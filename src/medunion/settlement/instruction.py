"""A bank instruction: the netted obligations of a period as CSV, and what is checked of one.

    payment,debtor,creditor,gross,set_off,amount,obligations,currency,chain,settlement,first,end

`payment` counts from 1; parties are `member:NUMBER` or `account:ADDRESS`; `gross` is what the debtor owes, `set_off`
what the creditor owes it, `amount` what the bank pays; `obligations` is how many were netted. `chain`, `settlement`
(the contract), `first` and `end` (UTC; the end is excluded) are the same in every row. The last row is `total`, with
the sums. UTF-8, lines end with a line feed: equal obligations give equal bytes, whose SHA-256 names the instruction.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from medunion.care.fhir_parts import instant
from medunion.chain.ledger import ChainLedger
from medunion.errors import InputError, IntegrityError
from medunion.settlement import money
from medunion.settlement.obligations import Party, Payment, net, read_obligations

COLUMNS: Final = (
    "payment",
    "debtor",
    "creditor",
    "gross",
    "set_off",
    "amount",
    "obligations",
    "currency",
    "chain",
    "settlement",
    "first",
    "end",
)
_TOTAL: Final = "total"
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Place:
    """Which settlement's obligations: chain id, address of the contract, currency."""

    chain: int
    settlement: str
    currency: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """The payments of a period: from `first` on and before `end`, in seconds."""

    place: Place
    first: int
    end: int
    payments: tuple[Payment, ...]

    @property
    def total(self) -> int:
        """What the bank pays in all."""
        return sum(payment.amount for payment in self.payments)

    @property
    def digest(self) -> bytes:
        """32 bytes: the SHA-256 of the CSV."""
        return sha256(self.to_csv()).digest()

    def to_csv(self) -> bytes:
        """The file for the bank."""
        rows = [
            (str(number), str(each.debtor), str(each.creditor), *_sums([each]))
            for number, each in enumerate(self.payments, 1)
        ]
        common = (
            self.place.currency,
            str(self.place.chain),
            self.place.settlement,
            instant(self.first),
            instant(self.end),
        )
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((*row, *common) for row in [*rows, (_TOTAL, "", "", *_sums(self.payments))])
        return text.getvalue().encode()


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says: its period, and each payment's row, in order."""

    first: int
    end: int
    rows: tuple[tuple[str, ...], ...]


def instruction_of(ledger: ChainLedger, first: int, end: int) -> Instruction:
    """The instruction of a period that is over; InputError when it is not, or is none."""
    head = ledger.head()[1]
    if not first < end <= head:
        raise InputError(
            "a period begins before it ends, and ends before the ledger's last block", field="end", head=instant(head)
        )
    return Instruction(place_of(ledger), first, end, net(read_obligations(ledger, first, end)))


def place_of(ledger: ChainLedger) -> Place:
    """Whose obligations a ledger holds."""
    currency: bytes = ledger.call("SettlementToken", "currency")
    return Place(ledger.chain_id, ledger.contracts.address("ClaimSettlement"), currency.decode())


def parse_csv(data: bytes) -> Stated:
    """What a file says. InputError naming row and column when it is no instruction, or its sums are wrong."""
    try:
        rows = [tuple(row) for row in csv.reader(io.StringIO(data.decode(), newline=""), strict=True)]
    except (UnicodeDecodeError, csv.Error):
        raise InputError("the file is no CSV in UTF-8", field="file") from None
    if len(rows) < 2 or rows[0] != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise InputError(f"an instruction has the columns {', '.join(COLUMNS)}, and a total", field="file")
    *payments, total = rows[1:]
    sums = [0, 0, 0, 0]
    for number, row in enumerate(payments, 1):
        if row[0] != str(number) or row[7:] != total[7:]:
            raise _wrong(number, "payment", "does not follow the row before")
        if None in (Party.parse(row[1]), Party.parse(row[2])) or row[1] == row[2]:
            raise _wrong(number, "debtor", "and creditor are not two parties")
        gross, set_off, amount, count = _row_sums(row, number)
        if gross - set_off != amount:
            raise _wrong(number, "amount", "is not gross less set_off")
        sums = [one + other for one, other in zip(sums, (gross, set_off, amount, count), strict=True)]
    if total[:3] != (_TOTAL, "", "") or list(_row_sums(total, len(rows) - 1)) != sums:
        raise _wrong(len(rows) - 1, "amount", "the last row is not the total of the others")
    first, end = (_moment(total[COLUMNS.index(name)], len(rows) - 1, name) for name in ("first", "end"))
    return Stated(first, end, tuple(payments))


def require_same(data: bytes, instruction: Instruction) -> None:
    """IntegrityError naming the first row in which a file differs from the ledger's instruction."""
    expected = instruction.to_csv()
    if data == expected:
        return
    given, right = data.split(b"\n"), expected.split(b"\n")
    row = next((at for at, pair in enumerate(zip(given, right, strict=False)) if pair[0] != pair[1]), len(right) - 1)
    raise IntegrityError(
        f"row {row} of the instruction is not what the ledger shows for its period", step="instruction", row=row
    )


def _sums(payments: list[Payment] | tuple[Payment, ...]) -> tuple[str, str, str, str]:
    return (
        money.show(sum(each.gross for each in payments)),
        money.show(sum(each.set_off for each in payments)),
        money.show(sum(each.amount for each in payments)),
        str(sum(len(each.obligations) for each in payments)),
    )


def _row_sums(row: tuple[str, ...], number: int) -> tuple[int, int, int, int]:
    try:
        gross, set_off, amount = (money.parse(row[at], COLUMNS[at]) for at in (3, 4, 5))
    except InputError as failure:
        raise _wrong(number, str(failure.details["field"]), "is no amount such as 12.50") from None
    if not row[6].isascii() or not row[6].isdecimal():
        raise _wrong(number, "obligations", "is no number")
    return gross, set_off, amount, int(row[6])


def _moment(text: str, number: int, name: str) -> int:
    if not _MOMENT.fullmatch(text):
        raise _wrong(number, name, "is no time such as 2026-11-26T00:00:00Z")
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise _wrong(number, name, "is no time such as 2026-11-26T00:00:00Z") from None


def _wrong(row: int, column: str, cause: str) -> InputError:
    return InputError(f"row {row}: {column} {cause}", field=column, row=row)
