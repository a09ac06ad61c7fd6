"""From a bundle to batches of records that are ready to be committed.

The rules stand in `batching` (which encounter), `inheritance` (restricted masks), `references` (what resolves),
`patient` (whose records), `categories` and `service_day`. Service day: the resource's own date, else the day of its
encounter, else 0.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from medunion.errors import FhirError
from medunion.vocabulary import Category, RestrictedClass

from .batching import encounter_of
from .bundle import BODY_LIMIT, Bundle, parse_bundle
from .categories import category_of
from .directory import Directory
from .inheritance import masks_of
from .links import links_of
from .patient import local_ids_of, patient_of
from .references import Resolver, Target, Where
from .service_day import service_day

CONTENT_TYPE: Final = "application/fhir+json"


@dataclass(slots=True, frozen=True, repr=False)
class PreparedRecord:
    """One record, ready to be committed."""

    local_id: str
    """Stable across submissions: `Type/id`, else the entry's fullUrl, else `Type/` and a digest of the body."""
    resource_type: str
    body: bytes
    """Exactly the caller's bytes."""
    category: Category
    mask: RestrictedClass
    service_day: int
    """Days since 1900-01-01; 0 when unknown."""
    references: dict[str, str]
    """Reference as written -> local id of the record it leads to, in this bundle or known already."""
    external: dict[str, str | None]
    """Reference as written -> the directory's `Type/id`, or None when the directory has none, of what is no record."""
    encounter: str | None
    """Local id of the encounter whose batch holds this record."""
    content_type: str = CONTENT_TYPE


@dataclass(slots=True, frozen=True)
class PreparedBatch:
    """Records that are committed together."""

    encounter: str | None
    records: tuple[PreparedRecord, ...]


@dataclass(slots=True, frozen=True)
class PreparedBundle:
    """Everything of one bundle: each resource in exactly one batch. The batch without an encounter comes last."""

    patient: str | None
    """Local id of the patient; None when no resource names one."""
    batches: tuple[PreparedBatch, ...]
    counts_by_type: dict[str, int]

    @property
    def records(self) -> Iterator[PreparedRecord]:
        """All records, batch by batch."""
        return (record for batch in self.batches for record in batch.records)


def prepare(
    data: bytes,
    *,
    directory: Directory | None = None,
    known: Callable[[str], bool] | None = None,
    known_mask: Callable[[str], RestrictedClass] | None = None,
    extra_masks: Mapping[str, RestrictedClass] | None = None,
    validated: bool = True,
    body_limit: int = BODY_LIMIT,
) -> PreparedBundle:
    """Reads, checks and sorts a bundle (plain or gzip JSON) or a single resource.

    `known` says whether a reference that leads out of the bundle leads to a record the caller has; `known_mask`
    gives the mask of that record, which is inherited. `extra_masks` adds classes to records by local id (it never
    removes any). A bundle without a Patient is taken as an addendum to the one patient that it names, who counts as
    known.

    Raises `FhirError` (details: entry, path) and `BodyTooLarge`, always before anything is returned.
    """
    bundle = parse_bundle(data, validated=validated, body_limit=body_limit)
    try:
        return prepare_bundle(bundle, directory, known, known_mask, extra_masks)
    except (AttributeError, KeyError, TypeError) as error:
        if validated:
            raise
        raise FhirError("the input was taken without validation and does not have the shape of FHIR R4") from error


def prepare_bundle(
    bundle: Bundle,
    directory: Directory | None = None,
    known: Callable[[str], bool] | None = None,
    known_mask: Callable[[str], RestrictedClass] | None = None,
    extra_masks: Mapping[str, RestrictedClass] | None = None,
) -> PreparedBundle:
    """`prepare` for a bundle that has been parsed."""
    local_ids = local_ids_of(bundle)
    resolver = Resolver(bundle.entries, local_ids, directory, known)
    patient = patient_of(bundle, resolver)
    links = [links_of(entry, resolver, patient) for entry in bundle]
    masks = masks_of(bundle, local_ids, links, known_mask, extra_masks or {})
    encounters = [encounter_of(position, entry, resolver) for position, entry in enumerate(bundle)]
    days = [service_day(entry.resource) for entry in bundle]
    day_of = dict(zip(local_ids, days, strict=True))

    groups: dict[str | None, list[PreparedRecord]] = {}
    for position, entry in enumerate(bundle):
        encounter = encounters[position]
        record = PreparedRecord(
            local_id=local_ids[position],
            resource_type=entry.resource_type,
            body=entry.body,
            category=category_of(entry.resource),
            mask=masks[position],
            service_day=days[position] or day_of.get(encounter or "", 0),
            references=_records_named(links[position]),
            external={text: one.local_id for text, one in links[position].items() if one.where is Where.EXTERNAL},
            encounter=encounter,
        )
        groups.setdefault(encounter, []).append(record)
    ordered = sorted(groups.items(), key=lambda group: group[0] is None)
    return PreparedBundle(
        patient=patient,
        batches=tuple(PreparedBatch(encounter, tuple(records)) for encounter, records in ordered),
        counts_by_type=dict(sorted(Counter(entry.resource_type for entry in bundle).items())),
    )


def _records_named(links: dict[str, Target]) -> dict[str, str]:
    records = (Where.BUNDLE, Where.KNOWN)
    return {text: one.local_id for text, one in links.items() if one.local_id is not None and one.where in records}
