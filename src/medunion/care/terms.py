"""What an agreement consists of: its terms, its lines, and how each policy takes each line.

Sources: `contracts/types/Care.sol` and `Insurance.sol`; of the bounds, `contracts/care/AgreementTerms.sol`.
Ids and digests are `bytes` of 32, members `int`, accounts EIP-55 text; amounts are `int` minor units below 2^48; days
count from 1900-01-01 and times in seconds from 1970, both inclusive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, ClassVar, Final, Self

from medunion.chain.abi import checksum, encode_values
from medunion.crypto.hashing import keccak256
from medunion.errors import InputError
from medunion.vocabulary import Category

MAX_LINES: Final = 40
MAX_POLICIES: Final = 4
MAX_AMOUNT: Final = 2**48 - 1
MAX_WINDOW: Final = 366
"""Most days of a service window."""
NOT_COVERED: Final = 255
"""A cover's class that no plan has: the patient pays the line itself."""

OFFER_PERIOD: Final = 90 * 86_400
"""Most seconds from an offer to its end."""
FILING_PERIOD: Final = 30 * 86_400
"""Seconds for completion after the last service day."""
DAYS_TO_1970: Final = 25_567
"""Days from 1900-01-01 to 1970-01-01."""

ZERO: Final = bytes(32)

TERMS_TYPE: Final = (
    "(bytes32,uint32,address,bytes32,bytes32,bytes32[4],uint48,uint48,uint48,uint32,uint32,uint40,uint40,bytes32,"
    "uint16,bytes32)"
)
LINES_TYPE: Final = "(bytes32,uint48,uint8)[]"
COVERS_TYPE: Final = "(uint8,uint48)[]"


def begin_of(day: int) -> int:
    """The first second of a day (UTC); 0 for days before 1970, where the ledger's clock begins."""
    return max(0, day - DAYS_TO_1970) * 86_400


def day_number(day: date) -> int:
    """A date's day."""
    return (day - date(1900, 1, 1)).days


def day_of(second: int) -> int:
    """The day (UTC) of a second."""
    return second // 86_400 + DAYS_TO_1970


def complete_until(service_until: int, accepted_at: int) -> int:
    """The last second in which an agreement that was accepted then may be completed."""
    return max(begin_of(service_until + 1) - 1, accepted_at) + FILING_PERIOD


def require_uint(value: object, bits: int, field: str) -> None:
    """InputError naming `field` unless `value` is an integer of 0 to 2^bits - 1."""
    if type(value) is not int or not 0 <= value < 1 << bits:
        raise InputError(f"{field} is a whole number from 0 to {(1 << bits) - 1}", field=field)


def require_digest(value: object, field: str) -> None:
    """InputError naming `field` unless `value` is 32 bytes."""
    if not isinstance(value, bytes) or len(value) != 32:
        raise InputError(f"{field} is 32 bytes", field=field)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: salted digest of its item, price in minor units, category that its evidence must have."""

    item_digest: bytes
    billed: int
    category: Category

    def __post_init__(self) -> None:
        require_digest(self.item_digest, "itemDigest")
        require_uint(self.billed, 48, "billed")

    def as_arguments(self) -> tuple[Any, ...]:
        """The contract's `Line` struct."""
        return self.item_digest, self.billed, int(self.category)


@dataclass(frozen=True, slots=True)
class Cover:
    """How one policy takes one line: the plan's index of its class, or NOT_COVERED, and the allowed amount."""

    class_index: int
    allowed: int

    def __post_init__(self) -> None:
        require_uint(self.class_index, 8, "class")
        require_uint(self.allowed, 48, "allowed")

    def as_arguments(self) -> tuple[Any, ...]:
        """The contract's `Cover` struct."""
        return self.class_index, self.allowed


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider offers and a patient agrees to; `policies` are the 0 to 4 in order of payment.

    `care_plan` is zero, or the accepted care plan of which this is visit `visit`. InputError (details: field) when a
    field is out of its bounds.
    """

    patient: bytes
    provider: int
    payee: str
    disclosure_digest: bytes
    lines_digest: bytes
    policies: tuple[bytes, ...]
    price: int
    max_patient_share: int
    deposit: int
    service_from: int
    service_until: int
    accept_until: int
    reserved_until: int
    care_plan: bytes
    visit: int
    salt: bytes

    _DIGESTS: ClassVar = ("patient", "disclosure_digest", "lines_digest", "care_plan", "salt")
    _NUMBERS: ClassVar = {
        "provider": 32, "price": 48, "max_patient_share": 48, "deposit": 48, "service_from": 32, "service_until": 32,
        "accept_until": 40, "reserved_until": 40, "visit": 16,
    }  # fmt: skip

    def __post_init__(self) -> None:
        for name in self._DIGESTS:
            require_digest(getattr(self, name), solidity_name(name))
        for name, bits in self._NUMBERS.items():
            require_uint(getattr(self, name), bits, solidity_name(name))
        self._require_parties()
        self._require_money()
        self._require_times()

    def _require_parties(self) -> None:
        if self.disclosure_digest == ZERO:
            raise InputError("an agreement has a disclosure", field="disclosureDigest")
        if not is_account(self.payee) or int(self.payee, 16) == 0:
            raise InputError("payee is an account in EIP-55 notation", field="payee")
        if len(self.policies) > MAX_POLICIES:
            raise InputError(f"an agreement names at most {MAX_POLICIES} policies", field="policies")
        for policy in self.policies:
            require_digest(policy, "policies")
        if len(set(self.policies)) < len(self.policies) or ZERO in self.policies:
            raise InputError("policies are different from each other, and none is zero", field="policies")

    def _require_money(self) -> None:
        if self.max_patient_share > self.price:
            raise InputError("maxPatientShare is at most the price", field="maxPatientShare")
        if self.deposit > self.max_patient_share:
            raise InputError("the deposit is at most maxPatientShare", field="deposit")

    def _require_times(self) -> None:
        if not 0 <= self.service_until - self.service_from < MAX_WINDOW:
            raise InputError(f"the service window is 1 to {MAX_WINDOW} days", field="serviceUntil")
        if not self.accept_until <= self.reserved_until <= complete_until(self.service_until, self.accept_until):
            raise InputError(
                "reservations last at least until the offer's end, and at most until completion's",
                field="reservedUntil",
            )

    def as_arguments(self) -> tuple[Any, ...]:
        """The contract's `Terms` struct."""
        padded = (*self.policies, *[ZERO] * (MAX_POLICIES - len(self.policies)))
        return tuple(padded if field.name == "policies" else getattr(self, field.name) for field in fields(self))

    @classmethod
    def from_event(cls, values: Mapping[str, Any]) -> Self:
        """The terms in the arguments of `AgreementOffered` (its `terms`), by Solidity name."""
        found = {field.name: values[solidity_name(field.name)] for field in fields(cls)}
        found["policies"] = tuple(policy for policy in found["policies"] if any(policy))
        return cls(**found)


def solidity_name(name: str) -> str:
    """`service_from` -> `serviceFrom`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def is_account(text: object) -> bool:
    """Whether a text is an account's address in EIP-55 notation."""
    try:
        return isinstance(text, str) and text.startswith("0x") and checksum(text) == text
    except ValueError:
        return False


def agreement_id(terms: Terms) -> bytes:
    """The agreement's name, and its claim's: `keccak256(abi.encode(terms))`."""
    return keccak256(encode_values([TERMS_TYPE], [terms.as_arguments()], "terms"))


def lines_digest(lines: Sequence[Line], covers: Sequence[Cover]) -> bytes:
    """`keccak256(abi.encode(lines, covers))`; covers line by line, index `line * policies + policy`."""
    values = [[each.as_arguments() for each in lines], [each.as_arguments() for each in covers]]
    return keccak256(encode_values([LINES_TYPE, COVERS_TYPE], values, "lines"))


def require_lines(terms: Terms, lines: Sequence[Line], covers: Sequence[Cover]) -> None:
    """InputError (details: field) unless lines and covers are those of the terms, and within the contract's bounds."""
    if not 1 <= len(lines) <= MAX_LINES:
        raise InputError(f"an agreement has 1 to {MAX_LINES} lines", field="lines", given=len(lines))
    if len(covers) != len(lines) * len(terms.policies):
        raise InputError("there is one cover for each line and policy", field="covers", given=len(covers))
    if sum(line.billed for line in lines) != terms.price:
        raise InputError("the price is the sum of the lines", field="price")
    if lines_digest(lines, covers) != terms.lines_digest:
        raise InputError("linesDigest is of other lines", field="linesDigest")


def lines_from_event(values: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """The `lines` of `AgreementOffered`."""
    return tuple(Line(each["itemDigest"], each["billed"], Category(each["category"])) for each in values)


def covers_from_event(values: Sequence[Mapping[str, Any]]) -> tuple[Cover, ...]:
    """The `covers` of `AgreementOffered`."""
    return tuple(Cover(each["class"], each["allowed"]) for each in values)
