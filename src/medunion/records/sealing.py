"""What of a bundle has to be committed, sealed and ready to be journalled: reads the journal, writes nothing.

All of it is computation on one patient's records, so that it may run beside other patients', in another process.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from medunion.fhir import BODY_LIMIT, PreparedBundle, prepare
from medunion.fhir import Directory as CareDirectory
from medunion.keys.holdings import AuthorBatch
from medunion.records.batch import seal_batch
from medunion.records.journal import Intent, Journal, JournalEntry
from medunion.records.manifest import Place
from medunion.records.plan import Names, Plan, make_plan
from medunion.vocabulary import RestrictedClass

Progress = Callable[[str, int, int], None]
"""Called with the step (seal, store, commit, deposit), how many batches are done, and how many there are."""


def silent(_step: str, _done: int, _total: int) -> None:
    """Reports nothing."""


@dataclass(frozen=True, slots=True)
class Intake:
    """How bundles are read: a directory of organizations and practitioners, what the caller restricts by local id, and
    what is checked.
    """

    care_directory: CareDirectory | None = None
    extra_masks: Mapping[str, RestrictedClass] = field(default_factory=dict)
    validated: bool = True
    body_limit: int = BODY_LIMIT


@dataclass(frozen=True, slots=True, repr=False)
class SealedPlan:
    """Batches of one patient as the journal keeps them, their keys, and tags of references."""

    entries: tuple[JournalEntry, ...]
    secrets: tuple[AuthorBatch, ...]
    aliases: tuple[tuple[bytes, bytes], ...]
    unchanged: int
    resources_by_type: dict[str, int]

    @property
    def adds(self) -> bool:
        """Whether it has new batches; corrections of what was committed need no episode."""
        return any(not entry.corrects for entry in self.entries)

    @property
    def roots(self) -> list[bytes]:
        """The roots of its batches."""
        return [entry.root for entry in self.entries]


class Sealer:
    """Prepares, plans and seals as one author. `registry` is the 20 bytes of the `RecordRegistry`'s address."""

    def __init__(self, journal: Journal, record_secret: bytes, chain_id: int, registry: bytes, author: int) -> None:
        self._journal = journal
        self._secret = record_secret
        self._chain_id = chain_id
        self._registry = registry
        self._author = author

    def names(self, patient: bytes) -> Names:
        """The author's ids and tags for a patient."""
        return Names(patient, self._author, self._secret, self._journal)

    def read(self, patient: bytes, bundle: bytes, intake: Intake) -> PreparedBundle:
        """The records of a bundle (JSON, plain or gzip); FhirError, BodyTooLarge."""
        names = self.names(patient)
        return prepare(
            bundle,
            directory=intake.care_directory,
            known=names.knows,
            known_mask=names.mask,
            extra_masks=intake.extra_masks,
            validated=intake.validated,
            body_limit=intake.body_limit,
        )

    def whole(self, patient: bytes, bundle: bytes, intake: Intake) -> SealedPlan:
        """From the bundle to what is journalled."""
        prepared = self.read(patient, bundle, intake)
        return self.seal(patient, prepared, self.plan(patient, prepared))

    def plan(self, patient: bytes, prepared: PreparedBundle) -> Plan:
        """What committing it takes."""
        return make_plan(self.names(patient), self._journal, prepared)

    def seal(self, patient: bytes, prepared: PreparedBundle, plan: Plan, progress: Progress = silent) -> SealedPlan:
        """Seals every batch and every correction of a plan."""
        place = Place(self._chain_id, self._registry, patient, self._author)
        intents: list[Intent] = []
        total = len(plan.batches) + len(plan.changes)
        for each in plan.batches:
            intents.append(Intent(seal_batch(place, each.drafts), each.drafts, each.tags))
            progress("seal", len(intents), total)
        for change in plan.changes:
            batch = seal_batch(place, [change.draft])
            intents.append(Intent(batch, (change.draft,), (change.tag,), change.draft.previous_leaf))
            progress("seal", len(intents), total)
        return SealedPlan(
            entries=tuple(map(self._journal.entry, intents)),
            secrets=tuple(intent.batch.secret for intent in intents),
            aliases=plan.aliases,
            unchanged=plan.unchanged,
            resources_by_type=prepared.counts_by_type,
        )
