"""The references of one entry that lead to other resources, resolved or refused."""

from typing import Any

from medunion.errors import FhirError

from .bundle import Entry
from .references import Resolver, Target, Where, literal_id, plain, references, target_type


def links_of(entry: Entry, resolver: Resolver, patient: str | None) -> dict[str, Target]:
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
