"""Tables of cases with expected results (JSON): policies, opening accumulators, consecutive claims, what each comes to.

    [{"name": "…", "policies": [terms of `plan.PlanTerms`], "start": [accumulators of each policy],
      "claims": [{"lines": [{"billed": 10000, "class": "A", "allowed": [10000]}],
                  "expect": {"policies": [{"policy": 0, "lines": [{"eligible": …, "self_pay": …, "deductible": …,
                             "paid": …}], "paid": …}], "patient": […], "accumulators": […]}}]}]

What is given is checked strictly, and a case with a flaw is told and left out; what is expected is compared key by key.
Cases, claims and lines may carry notes under other names: were one more than a note, the comparison would show it.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from medunion.errors import InputError

from .benefit import Adjudication, ClaimLine, Cover
from .claims import FiledClaim, Series
from .fields import fields, items, refuse, text, whole
from .plan import MAX_LINES, MAX_POLICIES, Accumulators, PlanTerms

_MOST: Final = 1_000_000
"""More cases, or claims of a case, than anybody runs."""


@dataclass(frozen=True)
class ExpectedClaim:
    """A claim and what its table expects, as the table has it."""

    lines: tuple[ClaimLine, ...]
    expect: Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """Policies in order of payment, their accumulators before the first claim, and consecutive claims of one period.

    `index` is its place in the table, from 0: names may occur twice.
    """

    index: int
    name: str
    policies: tuple[PlanTerms, ...]
    start: tuple[Accumulators, ...]
    claims: tuple[ExpectedClaim, ...]

    def series(self, service_day: int) -> Series:
        """The case for a runner, with all claims on one day."""
        claims = tuple(FiledClaim(claim.lines, service_day) for claim in self.claims)
        return Series(f"case {self.name!r}", self.policies, self.start, claims)


@dataclass(frozen=True)
class UnreadCase:
    """A case that is not in the table's form, and why; `name` is its place where it has none."""

    index: int
    name: str
    flaw: InputError


@dataclass(frozen=True)
class Table:
    """The cases that can be run, and those that cannot."""

    cases: tuple[Case, ...]
    unread: tuple[UnreadCase, ...]


@dataclass(frozen=True)
class Mismatch:
    """Where a result differs; `expected` or `found` is None where one has nothing there."""

    index: int
    case: str
    claim: int
    place: str
    expected: Any
    found: Any

    def as_dict(self) -> dict[str, Any]:
        """The mismatch as JSON."""
        return asdict(self)


def read_table(path: Path) -> Table:
    """The table of a file; InputError when it is no JSON list of one case or more."""
    try:
        document = json.loads(
            path.read_text(encoding="utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_no_number,
            object_pairs_hook=_without_doubles,
        )
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}", field="file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8: byte {error.start} cannot be read", field="file") from None
    except (ValueError, RecursionError) as error:
        cause = str(error).partition(";")[0]  # what follows is for programmers
        raise InputError(f"{path} is no JSON: {cause}", field="file") from None
    return parse_table(document)


def parse_table(document: Any) -> Table:
    """A table that is parsed already; InputError as `read_table`. A flaw names case, claim, line and field."""
    cases, unread = [], []
    for index, each in enumerate(items(document, "the table", 1, _MOST)):
        try:
            cases.append(_case(each, index))
        except InputError as flaw:
            unread.append(UnreadCase(index, _name(each, index), flaw))
    return Table(tuple(cases), tuple(unread))


def as_expected(result: Adjudication) -> dict[str, Any]:
    """A runner's result in the table's form."""
    return {
        "policies": [
            {"policy": index, "lines": [asdict(line) for line in policy.lines], "paid": policy.paid}
            for index, policy in enumerate(result.policies)
        ],
        "patient": list(result.patient),
        "accumulators": [asdict(used) for used in result.accumulators],
    }


def mismatches(case: Case, claim: int, found: Mapping[str, Any]) -> list[Mismatch]:
    """Where a result in the table's form (`as_expected`, or the contracts') differs from what claim `claim` expects."""
    differences = _differences(case.claims[claim].expect, found, "")
    return [Mismatch(case.index, case.name, claim, place, expected, here) for place, expected, here in differences]


def _differences(expected: Any, found: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in [*expected, *(name for name in found if name not in expected)]:
            yield from _differences(expected.get(name), found.get(name), f"{place}.{name}" if place else name)
    elif isinstance(expected, list) and isinstance(found, list):
        for index in range(max(len(expected), len(found))):
            here, there = (each[index] if index < len(each) else None for each in (expected, found))
            yield from _differences(here, there, f"{place}[{index}]")
    elif type(expected) is not type(found) or expected != found:
        yield place, expected, found


def _case(value: Any, index: int) -> Case:
    found = fields(value, f"cases[{index}]", ("name", "policies", "start", "claims"), notes=True)
    place = f"case {text(found['name'], f'cases[{index}].name')!r}"
    listed = items(found["policies"], f"{place} policies", 0, MAX_POLICIES)
    policies = tuple(PlanTerms.read(each, f"{place} policies[{at}]") for at, each in enumerate(listed))
    if sum(terms.case_rate is not None for terms in policies) > 1:
        refuse(f"{place} policies", "has more than one policy by case")
    opening = items(found["start"], f"{place} start", len(policies), len(policies))
    start = tuple(Accumulators.read(each, f"{place} start[{at}]") for at, each in enumerate(opening))
    claims = items(found["claims"], f"{place} claims", 1, _MOST)
    read = tuple(_claim(each, f"{place} claims[{at}]", len(policies)) for at, each in enumerate(claims))
    return Case(index, found["name"], policies, start, read)


def _name(value: Any, index: int) -> str:
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) and name else f"cases[{index}]"


def _claim(value: Any, place: str, policies: int) -> ExpectedClaim:
    found = fields(value, place, ("lines", "expect"), notes=True)
    listed = items(found["lines"], f"{place}.lines", 1, MAX_LINES)
    lines = tuple(_line(each, f"{place}.lines[{at}]", policies) for at, each in enumerate(listed))
    expect = fields(found["expect"], f"{place}.expect", ("policies", "patient", "accumulators"), notes=True)
    _require_numbers(expect, f"{place}.expect")
    return ExpectedClaim(lines, expect)


def _line(value: Any, place: str, policies: int) -> ClaimLine:
    found = fields(value, place, ("billed", "class", "allowed"), notes=True)
    if not isinstance(found["class"], str):
        refuse(f"{place}.class", "is no text")
    allowed = items(found["allowed"], f"{place}.allowed", policies, policies)
    covers = (Cover(found["class"], whole(each, f"{place}.allowed[{at}]")) for at, each in enumerate(allowed))
    return ClaimLine(whole(found["billed"], f"{place}.billed"), tuple(covers))


def _require_numbers(value: Any, place: str) -> None:
    if isinstance(value, dict):
        for name, each in value.items():
            _require_numbers(each, f"{place}.{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _require_numbers(each, f"{place}[{index}]")
    else:
        whole(value, place)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"the name {twice[:80]!r} occurs twice in an object of {', '.join(found)[:80]}")
    return found
