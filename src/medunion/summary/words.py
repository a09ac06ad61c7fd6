"""A language's words for a page. Terms inside records stay in their authors' language."""

from medunion.locale import known, translate_to
from medunion.vocabulary import Category, Purpose, RestrictedClass


class Words:
    """The catalogue in one language, whichever the process speaks."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """A message."""
        return translate_to(self.language, key, **values)

    def code(self, code: str) -> str:
        """A code of one of FHIR's closed lists (`entered-in-error`) in words; other codes as they are."""
        return self._named("summary.code.", code)

    def interpretation(self, code: str) -> str:
        """A code of v3-ObservationInterpretation in words."""
        return self._named("summary.interpretation.", code)

    def encounter_class(self, code: str) -> str:
        """A code of v3-ActEncounterCode in words."""
        return self._named("summary.class.", code)

    def category(self, category: Category) -> str:
        """A record category."""
        return self._named("summary.category.", category.name.lower())

    def restricted(self, kind: RestrictedClass) -> str:
        """A restricted class."""
        return self._named("summary.restricted.", (kind.name or "").lower())

    def purpose(self, purpose: Purpose) -> str:
        """A purpose of use, with HL7's code."""
        code = purpose.name or ""
        return f"{self._named('summary.purpose.', code)} ({code})"

    def records(self, count: int) -> str:
        """How many records."""
        return self("summary.row") if count == 1 else self("summary.rows", count=f"{count:,}")

    def listed(self, parts: list[str]) -> str:
        """Several things in one sentence."""
        return self("summary.comma").join(parts)

    def _named(self, table: str, code: str) -> str:
        return self(table + code) if known(table + code) else code
