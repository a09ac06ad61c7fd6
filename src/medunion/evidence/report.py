"""What came of a verification: each check by name, and in plain words what is proved and what is not.

Words are the catalogue's `evidence.step.<name>` and `evidence.proved.<name>`, `evidence.open.<name>`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medunion.evidence.document import Evidence


@dataclass(frozen=True, slots=True)
class Step:
    """One check: of a version, or of the whole file (None). `cause` says in what it failed, and is empty otherwise."""

    name: str
    version: int | None
    cause: str = ""

    @property
    def ok(self) -> bool:
        """Whether the check holds."""
        return not self.cause


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that is proved or is not, by name, with the values that it is about."""

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole verification. `evidence` is None when the file is no evidence at all.

    Nothing is proved by a file with a failed check: `proved` and `open` are empty then.
    """

    steps: tuple[Step, ...]
    evidence: Evidence | None
    proved: tuple[Statement, ...] = ()
    open: tuple[Statement, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every check holds."""
        return all(step.ok for step in self.steps)

    @property
    def failed(self) -> tuple[Step, ...]:
        """The checks that do not hold."""
        return tuple(step for step in self.steps if not step.ok)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "ok": self.ok,
            "steps": [
                {"step": step.name, "version": step.version, "ok": step.ok, "cause": step.cause or None}
                for step in self.steps
            ],
            "proved": [{"statement": each.name, **each.values} for each in self.proved],
            "notProved": [{"statement": each.name, **each.values} for each in self.open],
        }
