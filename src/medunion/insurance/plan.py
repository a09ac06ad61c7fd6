"""Terms of an insurance plan, and what a period of a policy has used: `contracts/types/Insurance.sol` in Python.

Money is in minor units, rates are in basis points. As a document (JSON):

    {"deductible": 10000, "bands": [{"up_to": 500000, "pay_bps": 6000}, {"up_to": null, "pay_bps": 8000}],
     "annual_limit": 2000000, "out_of_pocket_max": null, "case_rate": null, "class_self_pay_bps": {"A": 0, "B": 1000}}
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from medunion.settlement.money import MAX_AMOUNT

from .fields import WHOLE_RATE, items, member, rate, refuse, whole
from .fields import fields as members

MAX_POLICIES: Final = 4
"""Policies of one claim."""
MAX_LINES: Final = 40
"""Lines of one claim; a longer one becomes consecutive claims."""
MAX_BANDS: Final = 8
MAX_CLASSES: Final = 16
NONE: Final = MAX_AMOUNT
"""On the ledger: no out-of-pocket maximum, no case rate, or the open last band."""
NOT_COVERED: Final = 255
"""On the ledger: a class that the plan does not know."""

_TERMS: Final = ("deductible", "bands", "annual_limit", "out_of_pocket_max", "case_rate", "class_self_pay_bps")


@dataclass(frozen=True)
class Band:
    """The part of the covered amounts up to `up_to` (None: open) is paid at `pay_bps`."""

    up_to: int | None
    pay_bps: int


@dataclass(frozen=True)
class PlanTerms:
    """What a plan pays. Class names in the plan's order: a class's index on the ledger is its place here."""

    deductible: int
    bands: tuple[Band, ...]
    annual_limit: int
    out_of_pocket_max: int | None
    case_rate: int | None
    class_self_pay_bps: Mapping[str, int]

    def self_pay_bps(self, name: str) -> int:
        """What the patient pays of a class first (先行自付); all of one that the plan does not know."""
        return self.class_self_pay_bps.get(name, WHOLE_RATE)

    def class_index(self, name: str) -> int:
        """The class on the ledger: its place in the plan, `NOT_COVERED` for one that the plan does not know."""
        names = list(self.class_self_pay_bps)
        return names.index(name) if name in self.class_self_pay_bps else NOT_COVERED

    def benefit(self) -> tuple[int, int, int, int]:
        """`Benefit` of the contracts: deductible, annual limit, out-of-pocket maximum, case rate."""
        maximum = NONE if self.out_of_pocket_max is None else self.out_of_pocket_max
        return self.deductible, self.annual_limit, maximum, NONE if self.case_rate is None else self.case_rate

    def ledger_bands(self) -> list[tuple[int, int]]:
        """`Band[]` of the contracts."""
        return [(NONE if band.up_to is None else band.up_to, band.pay_bps) for band in self.bands]

    def as_dict(self) -> dict[str, Any]:
        """The terms as a document."""
        return {
            "deductible": self.deductible,
            "bands": [asdict(band) for band in self.bands],
            "annual_limit": self.annual_limit,
            "out_of_pocket_max": self.out_of_pocket_max,
            "case_rate": self.case_rate,
            "class_self_pay_bps": dict(self.class_self_pay_bps),
        }

    @classmethod
    def read(cls, value: Any, place: str = "") -> "PlanTerms":
        """The terms of a document; InputError that names the field under `place`."""
        found = members(value, place, _TERMS)
        return cls(
            whole(found["deductible"], member(place, "deductible")),
            _bands(found["bands"], member(place, "bands")),
            whole(found["annual_limit"], member(place, "annual_limit")),
            _or_none(found["out_of_pocket_max"], member(place, "out_of_pocket_max")),
            _or_none(found["case_rate"], member(place, "case_rate")),
            _classes(found["class_self_pay_bps"], member(place, "class_self_pay_bps")),
        )


@dataclass(frozen=True)
class Accumulators:
    """What a (policy, period) has used."""

    deductible_used: int = 0
    covered_used: int = 0
    out_of_pocket_used: int = 0
    paid: int = 0

    def as_tuple(self) -> tuple[int, int, int, int]:
        """`Accumulators` of the contracts."""
        return self.deductible_used, self.covered_used, self.out_of_pocket_used, self.paid

    @classmethod
    def read(cls, value: Any, place: str = "") -> "Accumulators":
        """The accumulators of a document; InputError that names the field under `place`."""
        names = [field.name for field in fields(cls)]
        found = members(value, place, names)
        return cls(*(whole(found[name], member(place, name)) for name in names))


def _bands(value: Any, place: str) -> tuple[Band, ...]:
    bands = []
    below = 0
    listed = items(value, place, 1, MAX_BANDS)
    for index, each in enumerate(listed):
        here = f"{place}[{index}]"
        found = members(each, here, ("up_to", "pay_bps"))
        up_to = _or_none(found["up_to"], member(here, "up_to"))
        if up_to is None and index + 1 < len(listed):
            refuse(member(here, "up_to"), "is null, but only the last band is open")
        if up_to is not None and up_to <= below:
            refuse(member(here, "up_to"), f"is not above {below}, where the band begins")
        bands.append(Band(up_to, rate(found["pay_bps"], member(here, "pay_bps"))))
        below = up_to or 0
    return tuple(bands)


def _classes(value: Any, place: str) -> Mapping[str, int]:
    if not isinstance(value, dict):
        refuse(place, "is no object")
    if len(value) > MAX_CLASSES:
        refuse(place, f"has {len(value)} classes, more than {MAX_CLASSES}")
    return {name: rate(bps, member(place, name)) for name, bps in value.items()}


def _or_none(value: Any, place: str) -> int | None:
    return None if value is None else whole(value, place, NONE - 1)
