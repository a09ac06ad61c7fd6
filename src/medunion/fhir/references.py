"""References between resources: a generic walk, the forms a reference can take, and their resolution inside a bundle.

A reference resolves, in this order, to
1. a contained resource (`#id`) of the same resource; in a Bundle that is a record itself also one of its entries;
2. an entry of the bundle: by `fullUrl` (urn:uuid, absolute), by `Type/id`, or, for a conditional reference
   (`Type?identifier=system|value`), by the only entry of that type with that identifier;
3. a record the caller already knows (`known(reference)`);
4. an external one, if it names a type of `EXTERNAL_TYPES`: organizations, people who treat, places, definitions. A
   `Directory` tells which of its entries is meant.
Anything else is unresolved, which `prepare` refuses. Version suffixes (`/_history/3`) and fragments are ignored.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from .bundle import Entry
from .directory import Directory, identifiers_of, search_of

EXTERNAL_TYPES: Final = frozenset(
    {
        "Organization", "OrganizationAffiliation", "Practitioner", "PractitionerRole", "Location", "HealthcareService",
        "Endpoint", "InsurancePlan", "Schedule", "Slot", "ResearchStudy", "ActivityDefinition", "PlanDefinition",
        "Questionnaire", "Measure", "Library", "ValueSet", "CodeSystem", "ConceptMap", "NamingSystem",
        "StructureDefinition", "StructureMap", "SearchParameter", "OperationDefinition", "CapabilityStatement",
        "ImplementationGuide", "ChargeItemDefinition", "DeviceDefinition", "EventDefinition", "ObservationDefinition",
        "ResearchDefinition", "SpecimenDefinition", "MedicationKnowledge", "SubstanceSpecification",
    }
)  # fmt: skip
"""Types that are not a patient's record: a reference to one may leave the bundle."""

_LITERAL = re.compile(r"(?:(?:https?|file):.*/|/)?([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})")


class Where(Enum):
    """Where a reference leads."""

    BUNDLE = "bundle"
    KNOWN = "known"
    EXTERNAL = "external"
    CONTAINED = "contained"


@dataclass(slots=True, frozen=True)
class Target:
    """What a reference resolved to."""

    where: Where
    local_id: str | None
    """Local id of the record, or the directory's `Type/id` of an external one; None when nobody knows it."""
    position: int = -1
    """Index into the entries for `Where.BUNDLE`."""


def references(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every literal reference with its path (`Claim.item[0].encounter[0]`), contained resources included."""
    yield from _walk(resource, str(resource.get("resourceType", "")))


def _walk(node: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if key == "reference" and isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            yield from _walk(value, f"{path}.{key}")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    yield from _walk(item, f"{path}.{key}[{index}]")


def plain(reference: str) -> str:
    """The reference without fragment and version."""
    return reference.partition("#")[0].partition("/_history/")[0]


def literal_id(reference: str) -> str | None:
    """`Type/id` of a relative or absolute RESTful reference, else None."""
    found = _LITERAL.fullmatch(plain(reference))
    return found.group(1) if found else None


def target_type(reference: str, declared: Any = None) -> str | None:
    """The resource type that a reference names: in its text, or in `Reference.type`."""
    literal = literal_id(reference)
    if literal is not None:
        return literal.partition("/")[0]
    search = search_of(reference)
    if search is not None:
        return search[0]
    return declared.rpartition("/")[2] if isinstance(declared, str) else None


@dataclass(slots=True)
class Resolver:
    """Resolves the references of one bundle."""

    entries: Sequence[Entry]
    local_ids: Sequence[str]
    directory: Directory | None = None
    known: Callable[[str], bool] | None = None
    _by_url: dict[str, int] = field(default_factory=dict)
    _by_identifier: dict[tuple[str, str], list[int]] | None = None
    _found: dict[tuple[str, Any], Target | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for position, entry in enumerate(self.entries):
            self._by_url.setdefault(self.local_ids[position], position)
            if entry.full_url is not None:
                self._by_url.setdefault(plain(entry.full_url), position)

    def resolve(self, element: dict[str, Any], owner: Entry) -> Target | None:
        """The target of a Reference element with a literal reference; None when it is unresolved."""
        reference = element["reference"]
        if owner.resource_type == "Bundle" and _is_within(owner.resource, reference):
            return Target(Where.CONTAINED, None)
        if reference.startswith("#"):
            return Target(Where.CONTAINED, None) if _is_contained(owner.resource, reference) else None
        key = (reference, element.get("type"))
        if key not in self._found:
            self._found[key] = self._outside(*key)
        return self._found[key]

    def inside(self, reference: str) -> int | None:
        """The position of the entry that a reference (or an attachment's address) leads to."""
        bare = plain(reference)
        position = self._by_url.get(bare)
        if position is None:
            literal = literal_id(bare)
            # An absolute address elsewhere is another resource, even when type and id are those of an entry here.
            is_relative = literal is not None and bare.lstrip("/") == literal
            position = self._by_url.get(literal) if literal is not None and is_relative else self._searched(bare)
        return position

    def _outside(self, reference: str, declared: Any) -> Target | None:
        position = self.inside(reference)
        if position is not None:
            return Target(Where.BUNDLE, self.local_ids[position], position)
        if self.known is not None and self.known(reference):
            return Target(Where.KNOWN, literal_id(reference) or plain(reference))
        listed = None if self.directory is None else self.directory.find(reference)
        if listed is not None or target_type(reference, declared) in EXTERNAL_TYPES:
            return Target(Where.EXTERNAL, listed)
        return None

    def _searched(self, reference: str) -> int | None:
        search = search_of(reference)
        if search is None:
            return None
        if self._by_identifier is None:
            self._by_identifier = {}
            for position, entry in enumerate(self.entries):
                for token in identifiers_of(entry.resource):
                    self._by_identifier.setdefault((entry.resource_type, token), []).append(position)
        found = self._by_identifier.get(search, [])
        return found[0] if len(found) == 1 else None


def _is_contained(resource: dict[str, Any], reference: str) -> bool:
    return reference == "#" or any(one.get("id") == reference[1:] for one in resource.get("contained", ()))


def _is_within(bundle: dict[str, Any], reference: str) -> bool:
    """Whether a reference of a Bundle's entry leads to another entry, or to a resource that an entry contains."""
    entries = bundle.get("entry", ())
    if reference.startswith("#"):
        return any(_is_contained(entry.get("resource", {}), reference) for entry in entries)
    return any(entry.get("fullUrl") == plain(reference) for entry in entries)
