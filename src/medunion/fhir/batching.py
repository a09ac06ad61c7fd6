"""Which encounter a resource is committed with.

An Encounter of the bundle forms a batch with every resource that refers to it by `encounter` or `context`
(MedicationAdministration, say), `context.encounter` (DocumentReference) or `item[].encounter` (Claim and
ExplanationOfBenefit link inside their items). A resource that names several encounters belongs to the first in document
order. A resource that names an encounter which is known already but not in the bundle (an addendum) forms a batch with
others of that encounter. All others go to the batch without an encounter: Patient, Coverage, CareTeam without
encounter, Provenance, and also what only an encounter's resources refer to (Medication, Device), because the next
encounter may too.
"""

from collections.abc import Iterator
from typing import Any

from .bundle import Entry
from .references import Resolver, Where, target_type


def encounter_of(position: int, entry: Entry, resolver: Resolver) -> str | None:
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
