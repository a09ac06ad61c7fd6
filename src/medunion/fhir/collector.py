"""Collects facts from a resource without the R4 table: for intake that skips validation."""

import re
from typing import Any

from .definitions import resource_types
from .flaws import Flaw, not_object, unknown_type
from .json_text import Constant, Repeated
from .validator import MAX_DEPTH, Facts

_NO_VALUES = (Repeated, Constant)
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


def collect(resource: Any) -> Facts:
    """Facts by element names alone. Raises `Flaw` when the value is no R4 resource, repeats a key or is nested too
    deeply.
    """
    if type(resource) is not dict:
        raise not_object(resource)
    name = resource.get("resourceType")
    if not isinstance(name, str) or name not in resource_types():
        raise Flaw(unknown_type(name))
    identity = resource.get("id", "x")
    if type(identity) is not str or not _ID.fullmatch(identity):
        raise Flaw(f"the id of this {name} is not a valid id")
    facts = Facts()
    _walk(resource, facts, 0)
    return facts


def _walk(node: dict[str, Any], facts: Facts, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Flaw(f"nested more than {MAX_DEPTH} levels deep")
    if type(node.get("reference")) is str or ("identifier" in node and "type" in node and "resourceType" not in node):
        facts.references.append(node)
    elif type(node.get("code")) is str and "system" in node:
        facts.codings.append((node["system"], node["code"]))
    elif type(node.get("url")) is str and "contentType" in node:
        facts.attachments.append(node["url"])
    for value in node.values():
        kind = type(value)
        if kind is str:
            continue
        for item in value if kind is list else (value,):
            if type(item) is dict:
                _walk(item, facts, depth + 1)
            elif type(item) in _NO_VALUES:
                raise not_object(item)
