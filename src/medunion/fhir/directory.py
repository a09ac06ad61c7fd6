"""A directory of organizations, practitioners and places, which patient bundles refer to by identifier.

Synthea writes it as two bundles beside the patients: `hospitalInformation` and `practitionerInformation`.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from .bundle import parse_bundle


def search_of(reference: str) -> tuple[str, str] | None:
    """Type and `system|value` of a conditional reference `Type?identifier=system|value`, else None."""
    kind, mark, query = reference.partition("?")
    name, equals, token = query.partition("=")
    if not mark or name != "identifier" or not equals or "&" in token:
        return None
    return kind.rpartition("/")[2], unquote(token)


def identifiers_of(resource: dict[str, Any]) -> Iterator[str]:
    """Business identifiers of a resource as `system|value`, and as the bare `value` when they have no system."""
    found = resource.get("identifier", ())
    for one in found if isinstance(found, list | tuple) else (found,):
        value = one.get("value") if isinstance(one, dict) else None
        if value is not None:
            yield f"{one['system']}|{value}" if "system" in one else value


class Directory:
    """Finds the resource of a registry that a reference means."""

    def __init__(self) -> None:
        self._by_url: dict[str, str] = {}
        self._by_identifier: dict[tuple[str, str], str] = {}
        self._resources: dict[str, dict[str, Any]] = {}

    @classmethod
    def from_bundles(cls, *bundles: bytes) -> "Directory":
        """Reads bundles (plain or gzip JSON). Raises `FhirError` as `parse_bundle` does."""
        made = cls()
        for data in bundles:
            for entry in parse_bundle(data):
                made.add(entry.resource, entry.full_url)
        return made

    def __len__(self) -> int:
        return len(self._resources)

    def add(self, resource: dict[str, Any], full_url: str | None = None) -> None:
        """Adds one resource; the first of two with the same identifier stays."""
        kind = resource["resourceType"]
        name = f"{kind}/{resource['id']}" if "id" in resource else full_url
        if name is None:
            return
        self._resources.setdefault(name, resource)
        self._by_url.setdefault(name, name)
        if full_url is not None:
            self._by_url.setdefault(full_url, name)
        for token in identifiers_of(resource):
            self._by_identifier.setdefault((kind, token), name)

    def find(self, reference: str) -> str | None:
        """`Type/id` of the resource that a conditional, literal or urn reference names; None when it is not listed."""
        search = search_of(reference)
        return self._by_url.get(reference) if search is None else self._by_identifier.get(search)

    def resource(self, name: str) -> dict[str, Any] | None:
        """The resource that `find` named."""
        return self._resources.get(name)
