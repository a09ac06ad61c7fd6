"""Collects facts from a resource without the R4 table: for intake that skips validation."""

from typing import Any

from .definitions import resource_types
from .json_text import Constant, Repeated
from .validator import MAX_DEPTH, Facts, Flaw, not_object, unknown_type


def collect(resource: Any) -> Facts:
    """Facts by element names alone. Raises `Flaw` when the value is no R4 resource, repeats a key or is nested too
    deeply.
    """
    if type(resource) is not dict:
        raise not_object(resource)
    name = resource.get("resourceType")
    if not isinstance(name, str) or name not in resource_types():
        raise Flaw(unknown_type(name))
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
        for item in value if type(value) is list else (value,):
            if type(item) is dict:
                _walk(item, facts, depth + 1)
            elif isinstance(item, Repeated | Constant):
                raise not_object(item)
