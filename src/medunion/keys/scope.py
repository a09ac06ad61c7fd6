"""For which purpose, by which lane and how much a reader asks."""

from dataclasses import dataclass
from typing import Self

from medunion.keys.messages import NO_LANE
from medunion.ledger import Scope
from medunion.vocabulary import ALL_CATEGORIES, Purpose

ALL_CLASSES = 0xF


@dataclass(frozen=True, slots=True)
class Access:
    """What a key request asks: one purpose, the lane of the grant (`NO_LANE` for none), and two masks."""

    purpose: Purpose
    lane: int = 0
    categories: int = ALL_CATEGORIES
    restricted: int = 0

    @classmethod
    def by_patient(cls) -> Self:
        """Everything, as the patient."""
        return cls(Purpose.PATRQT, NO_LANE, ALL_CATEGORIES, ALL_CLASSES)

    @classmethod
    def emergency(cls, restricted: int = 0) -> Self:
        """By break-the-glass."""
        return cls(Purpose.ETREAT, NO_LANE, ALL_CATEGORIES, restricted)

    @classmethod
    def granted(cls, scope: Scope, lane: int, purpose: Purpose = Purpose.TREAT) -> Self:
        """All that a grant allows."""
        return cls(purpose, lane, scope.categories, scope.restricted)

    @property
    def whole(self) -> bool:
        """Whether it asks for every section: then none may be missing from an answer."""
        return self.categories == ALL_CATEGORIES and self.restricted == ALL_CLASSES
