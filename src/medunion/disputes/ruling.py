"""What a panel decides about a claim, and what two parties may agree to.

Source: `IClaimSettlement.Ruling`. Amounts are `int` minor units below 2^48.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from medunion.care.terms import MAX_POLICIES, require_uint
from medunion.chain.abi import encode_values
from medunion.crypto.hashing import keccak256
from medunion.errors import InputError

_TYPE: Final = "(bool,uint48[4],uint48)"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is `removed` of each policy's payment, in order of payment, and refunded of the patient's part.

    `is_reversal` gives everything back and names no amount. InputError (details: field) when it is not so.
    """

    removed: tuple[int, int, int, int] = (0, 0, 0, 0)
    refund: int = 0
    is_reversal: bool = False

    def __post_init__(self) -> None:
        if len(self.removed) != MAX_POLICIES:
            raise InputError(f"removed has {MAX_POLICIES} amounts", field="removed")
        for amount in self.removed:
            require_uint(amount, 48, "removed")
        require_uint(self.refund, 48, "refund")
        if self.is_reversal and (any(self.removed) or self.refund):
            raise InputError("a reversal gives everything back: it names no amounts", field="reversed")

    @classmethod
    def of(cls, removed: Mapping[int, int], refund: int = 0, *, is_reversal: bool = False) -> Self:
        """A ruling from the amounts by policy, counted from 1 in order of payment; InputError for another policy."""
        if not set(removed) <= set(range(1, MAX_POLICIES + 1)):
            raise InputError(f"policies are counted from 1 to {MAX_POLICIES}", field="removed")
        first, second, third, fourth = (removed.get(each, 0) for each in range(1, MAX_POLICIES + 1))
        return cls((first, second, third, fourth), refund, is_reversal)

    @classmethod
    def from_event(cls, values: Mapping[str, Any]) -> Self:
        """The ruling in an event's arguments."""
        first, second, third, fourth = values["removed"]
        return cls((first, second, third, fourth), values["refund"], values["reversed"])

    @property
    def digest(self) -> bytes:
        """What the ledger keeps of it: `keccak256(abi.encode(ruling))`."""
        return keccak256(encode_values([_TYPE], [self.as_arguments()], "ruling"))

    def as_arguments(self) -> tuple[Any, ...]:
        """The contract's `Ruling` struct."""
        return self.is_reversal, list(self.removed), self.refund

    def as_message(self) -> dict[str, Any]:
        """The EIP-712 message of `Ruling`."""
        return {"reversed": self.is_reversal, "removed": list(self.removed), "refund": self.refund}


NOTHING: Final = Ruling()
"""The computed adjudication stands."""
