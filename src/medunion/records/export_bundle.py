"""Records as one FHIR R4 Bundle of type `collection` (R4 §2.36): the bytes that were committed, joined, not rewritten.

A reference inside must lead where it led when its author committed it. An entry's `fullUrl` is therefore the absolute
reference (`urn:uuid:…`, say) by which a record of the same author means it. For others it is an address of the author's
own, under a host name that nobody can have (RFC 2606, `.invalid`), so that relative references (`Patient/1`) lead to
the same author's record (R4 §2.36.4). A resource without an id that nothing means gets none.

A body that is no FHIR resource (a DICOM file, say) is a file beside the bundle, named by a DocumentReference.
"""

import json
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from medunion.fhir import CONTENT_TYPE
from medunion.fhir.references import plain
from medunion.records.read import Record
from medunion.summary.elements import clean

_EXTENSIONS = {CONTENT_TYPE: "json", "application/dicom": "dcm", "application/pdf": "pdf", "application/xml": "xml",
               "text/xml": "xml", "application/json": "json", "text/plain": "txt", "image/jpeg": "jpg",
               "image/png": "png"}  # fmt: skip

_ABSOLUTE = re.compile(r"(?:urn:|https?://)\S+")
_LITERAL = re.compile(r"[A-Za-z]+/[A-Za-z0-9.-]{1,64}")
_DIGEST = re.compile(r"[A-Za-z]+/sha256-[0-9a-f]{32}(-\d+)?")
"""What a resource without id is called (`fhir.bundle.Entry.local_id`)."""


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """An entry of the bundle. `records` are several when authors committed the same bytes under the same address."""

    full_url: str | None
    resource: bytes
    records: tuple[Record, ...]
    file: str | None = None
    """Where the body is that is no resource."""


def entries_of(records: Sequence[Record]) -> tuple[Entry, ...]:
    """The entries of a bundle of these records, in their order."""
    meant = _absolute_references(records)
    found: dict[object, Entry] = {}
    for record in records:
        file = None if record.entry.listed.content_type == CONTENT_TYPE else file_of(record)
        resource = record.body if file is None else _document_reference(record, file)
        address: str | None = None
        equal: tuple[Record, ...] = ()
        for each in _addresses(record, meant.get(record.entry.identity)):
            taken = found.get(each)
            if taken is None or taken.resource == resource:
                address, equal = each, () if taken is None else taken.records
                break
        found[address or record.entry.identity] = Entry(address, resource, (*equal, record), file)
    return tuple(found.values())


def bundle_text(entries: Iterable[Entry], made_at: int) -> bytes:
    """The Bundle as JSON; `made_at` is its timestamp, in seconds since 1970."""
    head = f'{{\n"resourceType": "Bundle",\n"type": "collection",\n"timestamp": "{instant(made_at)}",\n"entry": [\n'
    joined = b",\n".join(_entry_text(entry) for entry in entries)
    return head.encode() + joined + b"\n]\n}\n"


def instant(seconds: int) -> str:
    """A FHIR instant."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def file_of(record: Record) -> str:
    """The path, in the export, of a body that is no FHIR resource."""
    kind = record.entry.listed.content_type.partition(";")[0].strip().lower()
    return f"files/{record.entry.record_id.hex()}-{record.entry.author}.{_EXTENSIONS.get(kind, 'bin')}"


def _addresses(record: Record, meant: str | None) -> list[str]:
    """What its address may be, the best first: another author's resource may have taken one already."""
    author, local_id = record.entry.author, record.entry.local_id
    wanted = [] if meant is None else [meant]
    if _DIGEST.fullmatch(local_id):
        if meant is None:
            return []
    elif _ABSOLUTE.fullmatch(local_id):
        wanted.append(plain(local_id))
    elif _LITERAL.fullmatch(local_id):
        wanted.append(f"https://member-{author}.invalid/fhir/{local_id}")
    unique = uuid.uuid5(uuid.NAMESPACE_OID, f"{author}/{record.entry.record_id.hex()}")
    return [*wanted, f"urn:uuid:{unique}"]


def _absolute_references(records: Sequence[Record]) -> dict[tuple[int, bytes], str]:
    """By author and record id: the first absolute reference by which a record of that author means it."""
    found: dict[tuple[int, bytes], str] = {}
    for record in records:
        for text, target in record.entry.references.items():
            if _ABSOLUTE.fullmatch(text):
                found.setdefault((record.entry.author, target), plain(text))
    return found


def _entry_text(entry: Entry) -> bytes:
    start = b"{" if entry.full_url is None else b'{"fullUrl": ' + json.dumps(entry.full_url).encode() + b", "
    return start + b'"resource": ' + entry.resource + b"}"


def _document_reference(record: Record, file: str) -> bytes:
    attachment = {
        "contentType": " ".join(record.entry.listed.content_type.split()) or "application/octet-stream",
        "url": file,
        "size": len(record.body),
        "title": clean(record.entry.local_id) or file,
    }
    resource = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": attachment}]}
    return json.dumps(resource, ensure_ascii=False).encode()
