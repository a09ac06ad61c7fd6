"""From a bundle to batches of records that are ready to be committed.

Batches. An Encounter of the bundle forms a batch with every resource that refers to it by `encounter` or `context`
(MedicationAdministration, say), `context.encounter` (DocumentReference) or `item[].encounter` (Claim and
ExplanationOfBenefit link inside their items). A resource that names several encounters belongs to the first in document
order. A resource that names an encounter which is known already but not in the bundle (an addendum) forms a batch with
others of that encounter. All others go to the batch without an encounter: Patient, Coverage, CareTeam without
encounter, Provenance, and also what only an encounter's resources refer to (Medication, Device), because the next
encounter may too.

Masks. A record's own mask comes from its labels and codes (`sensitivity`) and the caller's additions; then it takes
over the masks of all records it refers to, transitively, cycles included. This is exactly "the union over what it
refers to": a restricted diagnosis that its encounter names restricts the encounter, and with it whatever was
recorded in it. An attachment that is a Binary of the bundle shares its mask with the resource that attaches it,
both ways: the text is the document.

Service day: the resource's own date, else the day of its encounter, else 0.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from medunion.errors import FhirError
from medunion.vocabulary import Category, RestrictedClass

from .bundle import BODY_LIMIT, Bundle, Entry, parse_bundle
from .categories import category_of
from .directory import Directory
from .patient import local_ids_of, patient_of
from .references import Resolver, Target, Where, literal_id, plain, references, target_type
from .sensitivity import mask_of
from .service_day import service_day

CONTENT_TYPE: Final = "application/fhir+json"
_NONE: Final = RestrictedClass(0)


@dataclass(slots=True, frozen=True)
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
    return prepare_bundle(bundle, directory, known, known_mask, extra_masks)


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
    links = [_links(entry, resolver, patient) for entry in bundle]
    masks = _masks(bundle, local_ids, links, known_mask, extra_masks or {})
    encounters = [_encounter(position, entry, resolver) for position, entry in enumerate(bundle)]
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


def _links(entry: Entry, resolver: Resolver, patient: str | None) -> dict[str, Target]:
    """Every reference of an entry that leads out of it, by its text. Raises `FhirError` for an unresolved one."""
    found: dict[str, Target] = {}
    for element in entry.facts.references:
        text = element.get("reference")
        if text is None or text in found:
            continue
        target = resolver.resolve(element, entry)
        if target is None and patient is not None and (literal_id(text) or plain(text)) == patient:
            target = Target(Where.KNOWN, patient)
        if target is None:
            raise _unresolved(entry, text, element.get("type"))
        if target.where is not Where.CONTAINED:
            found[text] = target
    for address in entry.facts.attachments:
        position = resolver.inside(address)
        if position is not None and resolver.entries[position].resource_type == "Binary":
            found.setdefault(address, Target(Where.BUNDLE, resolver.local_ids[position], position))
    return found


def _unresolved(entry: Entry, reference: str, declared: Any) -> FhirError:
    path = next((path for path, text in references(entry.resource) if text == reference), entry.resource_type)
    kind = target_type(reference, declared)
    meant = f"a {kind}" if kind and kind.isalpha() else "a resource"
    return FhirError(
        f"entry {entry.index}, {path}: unresolved reference: it names {meant} that is not in the bundle and not known",
        entry=entry.index,
        path=path,
        cause="unresolved reference",
    )


def _masks(
    bundle: Bundle,
    local_ids: tuple[str, ...],
    links: list[dict[str, Target]],
    known_mask: Callable[[str], RestrictedClass] | None,
    extra_masks: Mapping[str, RestrictedClass],
) -> list[RestrictedClass]:
    """Least fixpoint of "own mask, or any mask of what it refers to". Every record is queued once per bit it gains."""
    masks = [mask_of(entry.facts.codings) | extra_masks.get(local_ids[i], _NONE) for i, entry in enumerate(bundle)]
    referrers: list[list[int]] = [[] for _ in local_ids]
    for position, targets in enumerate(links):
        attached = set(bundle.entries[position].facts.attachments)
        for text, target in targets.items():
            if target.where is Where.BUNDLE:
                referrers[target.position].append(position)
                if text in attached:
                    referrers[position].append(target.position)
            elif target.where is Where.KNOWN and known_mask is not None:
                masks[position] |= known_mask(text)
    queue = [position for position, mask in enumerate(masks) if mask]
    while queue:
        position = queue.pop()
        for referrer in referrers[position]:
            if masks[referrer] | masks[position] != masks[referrer]:
                masks[referrer] |= masks[position]
                queue.append(referrer)
    return masks


def _encounter(position: int, entry: Entry, resolver: Resolver) -> str | None:
    """Local id of the encounter whose batch an entry belongs to."""
    if entry.resource_type == "Encounter":
        return resolver.local_ids[position]
    for element in _encounter_elements(entry.resource):
        text = element.get("reference")
        target = resolver.resolve(element, entry) if isinstance(text, str) else None
        if target is None or target.local_id is None:
            continue
        if target.where is Where.BUNDLE:
            if resolver.entries[target.position].resource_type == "Encounter":
                return target.local_id
        elif target_type(str(text), element.get("type")) == "Encounter":
            return target.local_id
    return None


def _encounter_elements(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    context = resource.get("context")
    places = [resource.get("encounter"), context]
    if isinstance(context, dict):
        places.append(context.get("encounter"))
    items = resource.get("item")
    if isinstance(items, list):
        places += [item.get("encounter") for item in items if isinstance(item, dict)]
    for place in places:
        for one in place if isinstance(place, list) else (place,):
            if isinstance(one, dict):
                yield one
