"""The items behind an agreement's lines: what stays off the ledger, and the salted digests that stand there for it.

    item digest = keccak256(salt || sha256(DAG-CBOR of {"system", "code", "quantity"}))

as a record's content commitment: whoever is told item and salt can check the line, and nobody else can guess the item.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from medunion.blobs import dagcbor
from medunion.care.templates import Code, TemplateLine
from medunion.care.terms import Line
from medunion.crypto.commitments import content_commitment
from medunion.errors import InputError
from medunion.vocabulary import Category


@dataclass(frozen=True, slots=True, repr=False)
class Item:
    """One line in clear: `quantity` of `code` at `price` minor units each; `category` of the record that proves it."""

    code: Code
    quantity: int
    price: int
    category: Category
    salt: bytes

    @classmethod
    def of(cls, line: TemplateLine) -> "Item":
        """A template's line, with a new salt."""
        return cls(line.code, line.quantity, line.price, line.category, secrets.token_bytes(32))

    @property
    def billed(self) -> int:
        """What the line bills, in minor units."""
        return self.quantity * self.price

    @property
    def digest(self) -> bytes:
        """The 32 bytes that stand on the ledger for the item."""
        named = {"system": self.code.system, "code": self.code.code, "quantity": self.quantity}
        return content_commitment(self.salt, dagcbor.encode(named))

    @property
    def line(self) -> Line:
        """The line as it stands on the ledger."""
        return Line(self.digest, self.billed, self.category)


def require_items(items: Sequence[Item], lines: Sequence[Line]) -> None:
    """InputError (details: line, from 0) unless these are the items behind the lines, one by one."""
    if len(items) != len(lines):
        raise InputError("there is one item for each line", items=len(items), lines=len(lines))
    for index, (item, line) in enumerate(zip(items, lines, strict=True)):
        if item.line != line:
            raise InputError(f"line {index} is not of the item that is stated for it", line=index)
