"""A folder of FHIR files to its explanations of benefits, each once, with their payers' names.

Read are `.json` (a Bundle, a resource, or a list of these) and `.ndjson` (one of these a line), plain or as `.gz`.
Other JSON than FHIR's is passed over.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from medunion.errors import FhirError, InputError
from medunion.fhir.bundle import text_of
from medunion.summary.elements import Element, each, first, string

from .reading import Explanation, UnreadItem, explanation, named

_ENDINGS: Final = (".json", ".ndjson", ".json.gz", ".ndjson.gz")


def read_folder(folder: Path) -> list[Explanation]:
    """All explanations of a folder's files, in their order.

    InputError when it is no folder or has no such file; FhirError that names the file and what is wrong.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder", field="folder")
    files = sorted(path for path in folder.iterdir() if path.name.lower().endswith(_ENDINGS) and path.is_file())
    if not files:
        raise InputError(f"{folder} has no .json, .ndjson, .json.gz or .ndjson.gz file", field="folder")
    found = []
    known = _Named()
    for path in files:
        for index, (url, resource) in enumerate(_resources(_documents(path))):
            if resource.get("resourceType") == "ExplanationOfBenefit":
                found.append(explanation(resource, f"{path.name} resource {index}"))
            else:
                known.see(url, resource)
    return list(_each_once(map(known.apply, found)))


class _Named:
    """Resources that are referred to: payers by their names, patients by one reference each."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def see(self, url: str, resource: Element) -> None:
        """Takes note of an Organization, a Coverage or a Patient."""
        kind, id_ = string(resource, "resourceType"), string(resource, "id")
        addresses = [address for address in (url, f"{kind}/{id_}" if id_ else "") if address]
        names = {
            "Organization": string(resource, "name"),
            "Coverage": named(first(resource, "payor")),
            "Patient": addresses[0] if addresses else "",
        }
        if names.get(kind):
            self._names |= dict.fromkeys(addresses, names[kind])

    def apply(self, found: Explanation) -> Explanation:
        """The explanation with its patient's and its payer's names; a reference that leads nowhere is one."""
        payer = found.payer
        for _ in range(2):  # a coverage, then its payor
            payer = self._names.get(payer, payer)
        return replace(found, payer=payer, patient=self._names.get(found.patient, found.patient))


def _each_once(explanations: Iterable[Explanation]) -> Iterator[Explanation]:
    """What was read already, from a copy of its file for example, is not settled again."""
    seen = set()
    for found in explanations:
        if found in seen:
            yield replace(found, lines=(), unread=(UnreadItem(found.eob, 0, "was read already"),))
        else:
            seen.add(found)
            yield found


def _documents(path: Path) -> Iterator[Any]:
    try:
        text = text_of(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or error}", field="file") from None
    except FhirError as error:
        raise FhirError(f"{path.name}: {error.message}", **error.details) from None
    by_line = ".ndjson" in path.name.lower()
    for number, part in enumerate(text.split("\n") if by_line else [text], 1):
        if by_line and not part.strip():
            continue
        try:
            yield json.loads(part, parse_float=Decimal)
        except (ValueError, RecursionError, InvalidOperation) as error:
            line = f" line {number}" if by_line else ""
            cause = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
            raise FhirError(f"{path.name}{line} is no JSON{cause}", field="file") from None


def _resources(documents: Iterable[Any]) -> Iterator[tuple[str, Element]]:
    """The resources of documents, also of lists and bundles inside them, with the addresses that a bundle gives."""
    waiting = [("", document) for document in documents]
    waiting.reverse()
    while waiting:
        url, document = waiting.pop()
        if isinstance(document, list):
            waiting += [("", one) for one in reversed(document)]
        elif isinstance(document, dict) and document.get("resourceType") == "Bundle":
            entries = reversed(each(document, "entry"))
            waiting += [(string(entry, "fullUrl"), entry.get("resource")) for entry in entries]
        elif isinstance(document, dict):
            yield url, document
