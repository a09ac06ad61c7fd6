"""Documents that a patient signs: one FHIR resource each, named on the ledger by a salted digest of its bytes.

    digest = keccak256(salt || sha256(bytes of the document))

as a record's content commitment. The salt (32 random bytes) stands in the document itself, as an extension of the
resource, or of the Composition that a Bundle of type `document` begins with: whoever has the bytes can check the
digest, and the digest alone says nothing, because nobody can guess the bytes. So a document travels as one file, or as
a record whose body is exactly these bytes, without anything beside it.
"""

import json
import re
import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from medunion.crypto import commitments
from medunion.errors import FhirError, IntegrityError
from medunion.fhir import parse_resource
from medunion.fhir.bundle import refused
from medunion.fhir.flaws import Flaw
from medunion.fhir.validator import validate

SALT_EXTENSION = "urn:uuid:5d5b1d3e-8a54-4c1f-9f0e-3d3f7b2c6a10"
"""URL of the extension whose `valueString` is the salt, as 64 hexadecimal digits."""

_SALT = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """A document as it is handed over: `body` are its bytes, `digest` (32 bytes) is what the ledger shows of it."""

    body: bytes
    digest: bytes
    resource: dict[str, Any]
    """The resource, its decimal numbers as `Decimal`."""


def seal_document(resource: dict[str, Any]) -> Document:
    """A document of a FHIR R4 resource, with a new salt. Numbers with decimals may be `Decimal`, never floats.

    FhirError (details: path) when the resource is not valid, or is a document already.
    """
    path, bearer = _bearer(resource)
    extensions = bearer.get("extension", [])
    if any(isinstance(each, dict) and each.get("url") == SALT_EXTENSION for each in extensions):
        raise FhirError(f"{path}.extension: this resource is a sealed document already", path=f"{path}.extension")
    salt = {"url": SALT_EXTENSION, "valueString": secrets.token_hex(32)}
    salted = {**bearer, "extension": [*extensions, salt]}
    if bearer is not resource:
        first, *others = resource["entry"]
        salted = {**resource, "entry": [{**first, "resource": salted}, *others]}
    return open_document(to_text(salted).encode())


def open_document(body: bytes) -> Document:
    """The document in these bytes, which are a valid FHIR R4 resource with one salt; FhirError otherwise."""
    if body != body.strip():
        raise FhirError("a document is exactly one FHIR resource, without anything around it")
    entry = parse_resource(body)
    try:
        validate(entry.resource)
    except Flaw as flaw:
        raise refused(0, flaw) from None
    resource: dict[str, Any] = json.loads(body, parse_float=Decimal)
    path, bearer = _bearer(resource)
    salts = [each for each in bearer.get("extension", []) if each.get("url") == SALT_EXTENSION]
    found = str(salts[0].get("valueString", "")) if len(salts) == 1 else ""
    if not _SALT.fullmatch(found):
        path = f"{path}.extension"
        raise FhirError(f"{path}: a document has one salt of 64 hexadecimal digits", path=path)
    return Document(body, commitments.content_commitment(bytes.fromhex(found), body), resource)


def _bearer(resource: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What bears the salt, and its path: the resource, or the Composition that a document Bundle begins with."""
    if resource["resourceType"] != "Bundle":
        return str(resource["resourceType"]), resource
    entries = resource.get("entry") or [{}]
    first = entries[0].get("resource")
    if resource.get("type") != "document" or not first or first.get("resourceType") != "Composition":
        cause = "a document is exactly one FHIR resource, or a Bundle of type document that begins with a Composition"
        raise FhirError(f"Bundle: {cause}", path="Bundle")
    return "Composition", first


def check_document(body: bytes, digest: bytes) -> Document:
    """The document in these bytes when it is the one that the ledger names; IntegrityError when it is another."""
    document = open_document(body)
    if document.digest != digest:
        raise IntegrityError("this is not the document that the ledger names", step="document", expected=digest.hex())
    return document


def to_text(resource: dict[str, Any]) -> str:
    """A resource as JSON; a `Decimal` with the digits that it has."""
    mark = secrets.token_hex(16)  # json writes no Decimal: it goes as a text that begins so, and is made a number again

    def marked(value: Any) -> str:
        if not isinstance(value, Decimal) or not value.is_finite():
            raise TypeError(f"{type(value).__name__} has no JSON")
        return f"{mark}{value:f}"

    text = json.dumps(resource, ensure_ascii=False, separators=(",", ":"), default=marked)
    return re.sub(f'"{mark}([0-9.-]+)"', r"\1", text)
