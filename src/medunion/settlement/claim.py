"""A claim as its parties know it: what was done and billed, and what each policy makes of each line.

Item codes never reach the ledger: a claim read there by somebody who was not told its items names them by their salted
digests (`ITEM_DIGEST`). Amounts are minor units; ids are 32 bytes; days count from 1900-01-01; times in seconds.
Sources: `contracts/interfaces/IClaimSettlement.sol`, `IInsurancePlans.sol` (`Adjudicated`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, Self

from medunion.care.templates import Code
from medunion.care.terms import Cover
from medunion.vocabulary import Category

ITEM_DIGEST: Final = "urn:medunion:item-digest"
"""System of an item that is known by its digest on the ledger only."""

_AMOUNT: Final = 2**48 - 1


class Use(StrEnum):
    """FHIR R4 `Claim.use`, as far as MedUnion uses it."""

    CLAIM = "claim"
    PREDETERMINATION = "predetermination"


class ClaimType(StrEnum):
    """Codes of http://terminology.hl7.org/CodeSystem/claim-type."""

    INSTITUTIONAL = "institutional"
    ORAL = "oral"
    PHARMACY = "pharmacy"
    PROFESSIONAL = "professional"
    VISION = "vision"


class Stage(IntEnum):
    """Where a claim stands, as `ClaimStage` numbers it."""

    NONE = 0
    PENDING = 1
    CONTESTED = 2
    DISPUTED = 3
    SETTLED = 4
    REVERSED = 5


class Outcome(StrEnum):
    """FHIR R4 `ClaimResponse.outcome`: under review, adjudicated, contested, or paid less than it was adjudicated."""

    QUEUED = "queued"
    COMPLETE = "complete"
    ERROR = "error"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Insurance:
    """One policy of a claim; a claim has them in order of payment."""

    policy: bytes
    insurer: int


@dataclass(frozen=True, slots=True, repr=False)
class ClaimLine:
    """One line. `evidence` is the id of the record that proves it, of `category`; empty before completion."""

    code: Code
    quantity: int
    billed: int
    category: Category
    evidence: bytes = b""


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """What is claimed, or asked about; its id is the agreement's. `insurances` in order of payment."""

    id: bytes
    use: Use
    type: ClaimType
    patient: bytes
    provider: int
    created: int
    insurances: tuple[Insurance, ...]
    lines: tuple[ClaimLine, ...]
    first_day: int
    last_day: int
    currency: str

    @property
    def billed(self) -> int:
        """The sum of the lines."""
        return sum(line.billed for line in self.lines)


@dataclass(frozen=True, slots=True)
class LineAdjudication:
    """What one policy makes of one line: its class and allowed amount, and what the rules of benefits give.

    `coinsurance` is what of the covered amount remains beside deductible and payment: none where the out-of-pocket
    maximum has the policy pay a part of the deductible too.
    """

    class_index: int
    allowed: int
    eligible: int
    self_pay: int
    deductible: int
    paid: int

    @property
    def coinsurance(self) -> int:
        """The patient's or the next policy's part of the covered amount beyond the deductible."""
        return max(0, self.eligible - self.self_pay - self.deductible - self.paid)

    @classmethod
    def unpack(cls, cover: Cover, packed: int) -> Self:
        """A line of `Adjudicated`: `eligible | selfPay << 48 | deductible << 96 | paid << 144`."""
        eligible, self_pay, deductible, paid = (packed >> 48 * place & _AMOUNT for place in range(4))
        return cls(cover.class_index, cover.allowed, eligible, self_pay, deductible, paid)


@dataclass(frozen=True, slots=True)
class Contest:
    """An insurer's contest by the plan's published rule of this bit; the provider objects until `object_until`."""

    rule: int
    reason_digest: bytes
    object_until: int


@dataclass(frozen=True, slots=True)
class PolicyAdjudication:
    """What one policy makes of a claim.

    `paid` is what it pays for the whole claim, after concessions and rulings; by case it differs from the lines' sum.
    `adjudicated` is what it was at filing.
    """

    insurance: Insurance
    lines: tuple[LineAdjudication, ...]
    adjudicated: int
    paid: int
    outcome: Outcome = Outcome.COMPLETE
    contest: Contest | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """A claim in sums. `allowed`: of each line the most that a policy allows, at most its price; none without policies.

    `patient_paid` from deposit and since; `refunded` went back to who paid the deposit, in the end or by a reversal.
    """

    billed: int
    allowed: int
    insurer_paid: int
    patient_paid: int
    refunded: int
    written_off: int
    receivable: int

    def as_dict(self) -> Mapping[str, int]:
        """By name."""
        return {name: getattr(self, name) for name in self.__slots__}


def allowed_of(billed: Sequence[int], covers: Sequence[Cover], policies: int) -> int:
    """`Totals.allowed`; covers line by line, index `line * policies + policy`."""
    return sum(
        max((min(price, cover.allowed) for cover in covers[line * policies : (line + 1) * policies]), default=0)
        for line, price in enumerate(billed)
    )
