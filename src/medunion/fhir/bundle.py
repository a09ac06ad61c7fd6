"""Bundle intake: the caller's bytes to validated entries, each with the exact slice of bytes that is its record
body.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from medunion.errors import BodyTooLarge, FhirError

from . import collector
from .flaws import Flaw
from .json_text import EntryText, NotJson, decode, read_bundle, skip_space
from .validator import Facts, validate, validate_element

BODY_LIMIT: Final = 32 * 1024 * 1024
"""Largest record body in bytes."""
BUNDLE_LIMIT: Final = 256 * 1024 * 1024
"""Largest bundle in bytes, after decompression."""
BUNDLE_TYPES: Final = ("transaction", "batch", "collection", "searchset", "document")
"""Bundle types that carry records; `history` and `message` mean other things, the `-response` types carry none."""

_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"


@dataclass(slots=True, frozen=True, repr=False)
class Entry:
    """One resource of a bundle."""

    index: int
    """Position in `Bundle.entry` of the caller's file, from 0."""
    resource: dict[str, Any]
    body: bytes
    """Exactly the caller's bytes of the resource."""
    full_url: str | None
    facts: Facts

    @property
    def resource_type(self) -> str:
        """The resource's type."""
        return str(self.resource["resourceType"])

    @property
    def has_own_id(self) -> bool:
        """Whether the local id is the resource's own id or fullUrl."""
        return "id" in self.resource or self.full_url is not None

    @property
    def local_id(self) -> str:
        """`Type/id`, else the fullUrl, else `Type/` and a digest of the bytes: the same at every submission."""
        if "id" in self.resource:
            return f"{self.resource_type}/{self.resource['id']}"
        return self.full_url or f"{self.resource_type}/sha256-{hashlib.sha256(self.body).hexdigest()[:32]}"


@dataclass(slots=True, frozen=True)
class Bundle:
    """A bundle, or a single resource (`type` is None then)."""

    type: str | None
    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def parse_bundle(data: bytes, *, validated: bool = True, body_limit: int = BODY_LIMIT) -> Bundle:
    """Reads a Bundle of one of `BUNDLE_TYPES`, or a single resource, in JSON, plain or gzip.

    Entries of a searchset that are about the search (`search.mode` = outcome) are not records and are left out. With
    `validated=False` the resources are parsed but not checked against R4. Raises `FhirError` (details: entry, path,
    or line and column) and `BodyTooLarge`.
    """
    text = text_of(data)
    start = skip_space(text, 0)
    if text[start : start + 1] != "{":
        cause = "the input is empty" if start == len(text) else "the input is not a JSON object"
        raise FhirError(f"{cause}: expected a FHIR Bundle or resource in JSON")
    try:
        members, texts = read_bundle(text) if '"Bundle"' in text else ({}, [])
        if members.get("resourceType") == "Bundle":
            return Bundle(_bundle_type(members, texts), tuple(_entries(text, texts, validated, body_limit)))
        whole = decode(text, start)
        if skip_space(text, whole.end) != len(text):
            raise NotJson("Extra data", skip_space(text, whole.end))
    except NotJson as error:
        raise _syntax(text, error) from None
    single = _entry(0, whole.value, text[whole.start : whole.end], None, validated, body_limit)
    return Bundle(None, (single,))


def parse_resource(body: bytes) -> Entry:
    """The one resource that a record's body is, also when that is a Bundle, not checked against R4. Raises `FhirError`.

    A body is exactly a slice of JSON: gzip and white space around it are not taken.
    """
    try:
        text = body.decode("utf-8")
        whole = decode(text, 0)
        if whole.end != len(text):
            raise NotJson("Extra data", whole.end)
    except UnicodeDecodeError as error:
        raise FhirError(f"the input is not UTF-8 (byte {error.start})", position=error.start) from None
    except NotJson as error:
        raise _syntax(text, error) from None
    return _entry(0, whole.value, text, None, False, len(body))


def text_of(data: bytes) -> str:
    """The text of a JSON file, plain or gzip. Raises `FhirError` for damaged, too large or other data."""
    if data.startswith(_GZIP):
        data = _unzip(data)
    if len(data) > BUNDLE_LIMIT:
        raise FhirError(f"the bundle is larger than {BUNDLE_LIMIT:,} bytes", size=len(data), limit=BUNDLE_LIMIT)
    try:
        return data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FhirError(f"the input is not UTF-8 (byte {error.start})", position=error.start) from None


def _unzip(data: bytes) -> bytes:
    machine = zlib.decompressobj(wbits=31)
    try:
        plain = machine.decompress(data, BUNDLE_LIMIT + 1)
    except zlib.error:
        raise FhirError("the gzip data is damaged") from None
    if not machine.eof and len(plain) <= BUNDLE_LIMIT:
        raise FhirError("the gzip data ends too early")
    return plain


def _bundle_type(members: dict[str, Any], texts: list[EntryText]) -> str:
    kind = members.get("type")
    if kind not in BUNDLE_TYPES:
        raise FhirError(f"Bundle.type must be one of {', '.join(BUNDLE_TYPES)}", path="Bundle.type")
    if not texts:
        raise FhirError("the bundle has no entries", path="Bundle.entry")
    try:
        validate_element(members, "Bundle")
    except Flaw as flaw:
        path = ".".join(reversed(flaw.path))
        raise FhirError(f"{path}: {flaw.cause}", path=path) from None
    return str(kind)


def _entries(text: str, texts: list[EntryText], validated: bool, body_limit: int) -> Iterator[Entry]:
    for index, one in enumerate(texts):
        try:
            if one.members:
                validate_element(one.members, "Bundle.entry")
        except Flaw as flaw:
            raise refused(index, flaw) from None
        if one.resource is None:
            raise FhirError(f"entry {index} has no resource", entry=index, path="Bundle.entry.resource")
        if one.members.get("search", {}).get("mode") == "outcome":
            continue
        found, full_url = one.resource, one.members.get("fullUrl")
        yield _entry(index, found.value, text[found.start : found.end], full_url, validated, body_limit)


def _entry(index: int, resource: Any, source: str, full_url: str | None, validated: bool, body_limit: int) -> Entry:
    body = source.encode()
    if len(body) > body_limit:
        raise BodyTooLarge(
            f"entry {index} has {len(body):,} bytes; the limit of one record is {body_limit:,}",
            entry=index,
            size=len(body),
            limit=body_limit,
        )
    try:
        facts = validate(resource) if validated else collector.collect(resource)
    except Flaw as flaw:
        raise refused(index, flaw) from None
    return Entry(index, resource, body, full_url, facts)


def refused(index: int, flaw: Flaw) -> FhirError:
    """The error for a flaw in entry `index`."""
    path = ".".join(reversed(flaw.path))
    where = f"entry {index}, {path}" if path else f"entry {index}"
    return FhirError(f"{where}: {flaw.cause}", entry=index, path=path, cause=flaw.cause)


def _syntax(text: str, error: NotJson) -> FhirError:
    line = text.count("\n", 0, error.position) + 1
    column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
    where = "" if error.entry is None else f" in entry {error.entry}"
    return FhirError(
        f"malformed JSON{where}, line {line}, column {column}: {error.cause}",
        entry=error.entry,
        line=line,
        column=column,
        cause=error.cause,
    )
