"""Whose records a bundle holds: exactly one patient.

With one Patient in the bundle, every `subject`, `patient`, `beneficiary` or `for` that means a patient must mean
that one. With none (an addendum to a patient who is known already), they must all mean the same one. Two Patients
are refused: their records are committed one patient at a time. Other elements may name another person's Patient: a
subscriber, a payee, a linked Patient, the mother in a RelatedPerson.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from medunion.errors import FhirError

from .bundle import Bundle, Entry
from .references import Resolver, Where, literal_id, plain, target_type

SUBJECT_ELEMENTS: Final = ("subject", "patient", "beneficiary", "for")


def local_ids_of(bundle: Bundle) -> tuple[str, ...]:
    """The stable local id of every entry: `Type/id`, else its fullUrl, else `Type/` and a digest of its bytes.

    The same resource without id and fullUrl twice gets a running number. Raises `FhirError` when an id comes twice.
    """
    seen: dict[str, int] = {}
    copies: Counter[str] = Counter()
    made: list[str] = []
    for entry in bundle:
        local_id = entry.local_id
        if local_id in seen:
            if entry.has_own_id:
                raise FhirError(
                    f"entry {entry.index} has the same id as entry {seen[local_id]}: two resources, one id",
                    entry=entry.index,
                    path=f"{entry.resource_type}.id",
                    other=seen[local_id],
                )
            copies[local_id] += 1
            local_id = f"{local_id}-{copies[local_id] + 1}"
        seen[local_id] = entry.index
        made.append(local_id)
    return tuple(made)


def patient_of(bundle: Bundle, resolver: Resolver | None = None) -> str | None:
    """Local id of the bundle's one patient; None when nothing in it names a patient.

    Raises `FhirError` (details: entry, path) for a second Patient, or a resource of another one.
    """
    resolver = resolver or Resolver(bundle.entries, local_ids_of(bundle))
    patients = [position for position, entry in enumerate(bundle) if entry.resource_type == "Patient"]
    if len(patients) > 1:
        first, second = (bundle.entries[position].index for position in patients[:2])
        raise FhirError(
            f"entries {first} and {second} are both Patients: a commit holds the records of one patient",
            entry=second,
            path="Patient",
            other=first,
        )
    expected = resolver.local_ids[patients[0]] if patients else None
    for entry in bundle:
        for path, element in subject_elements(entry):
            meant = _patient_meant(element, entry, resolver)
            if meant is None:
                continue
            if expected is None:
                expected = meant
            if meant != expected:
                raise FhirError(
                    f"entry {entry.index}, {path}: this is a record of another patient than the rest of the bundle",
                    entry=entry.index,
                    path=path,
                )
    return expected


def subject_elements(entry: Entry) -> Iterator[tuple[str, dict[str, Any]]]:
    """References that say whose record a resource is, with their paths."""
    for name in SUBJECT_ELEMENTS:
        value = entry.resource.get(name)
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, dict) and isinstance(one.get("reference"), str):
                yield f"{entry.resource_type}.{name}", one


def _patient_meant(element: dict[str, Any], entry: Entry, resolver: Resolver) -> str | None:
    reference = element["reference"]
    if reference.startswith("#"):
        return None
    target = resolver.resolve(element, entry)
    if target is not None and target.where is Where.BUNDLE:
        return target.local_id if resolver.entries[target.position].resource_type == "Patient" else None
    if target_type(reference, element.get("type")) != "Patient":
        return None
    return literal_id(reference) or plain(reference)
