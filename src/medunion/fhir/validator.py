"""Validates one FHIR R4 resource in a single walk, and collects what the later steps need.

Two layers. The walk checks every element against the R4 table (`definitions`): known element, cardinality, JSON
type, lexical form, calendar dates, one form of a choice, required code bindings, in contained resources too. Then
the shape of the resource (which elements, nested how) is checked with the R4B models of `fhir.resources`; see
`models` for why once per shape is enough.

Not checked: FHIRPath invariants, profiles, extensible and preferred bindings, the markup inside narratives.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from . import models
from .bindings import check_code, check_concept
from .definitions import R4_VERSION, Field, Type, resource_types, type_of
from .flaws import Flaw, not_object, shown_key, unknown_type
from .json_text import Constant, Repeated

MAX_DEPTH: Final = 64
_COLLECTED: Final = frozenset({"Attachment", "Coding", "Reference"})
_PRIMITIVE_SIBLING: Final = type_of("Element")


@dataclass(slots=True)
class Facts:
    """What one walk saw: reference elements, codings and attachment addresses, contained resources included."""

    references: list[dict[str, Any]] = field(default_factory=list)
    codings: list[tuple[str | None, str | None]] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)


def validate(resource: Any) -> Facts:
    """Facts of a valid R4 resource.

    Raises `Flaw` with the cause, and the path from the resource type down in reverse order in `path`.
    """
    walk = _Walk()
    shape = walk.resource(resource, 0)
    refused = models.refusal(resource, shape)
    if refused is not None:
        flaw = Flaw(refused.cause)
        flaw.path = [*reversed(refused.path), resource["resourceType"]]
        raise flaw
    return walk.facts


def validate_element(node: Any, kind: str) -> None:
    """Checks an object against one R4 type by itself (`Bundle.entry`, say). Raises `Flaw`."""
    try:
        _Walk().element(node, type_of(kind), 0)
    except Flaw as flaw:
        raise _at(kind, flaw) from None


class _Walk:
    __slots__ = ("facts",)

    def __init__(self) -> None:
        self.facts = Facts()

    def resource(self, node: Any, depth: int) -> int:
        if type(node) is not dict:
            raise not_object(node)
        name = node.get("resourceType")
        try:
            kind = type_of(name) if name in resource_types() else None
        except TypeError:  # not hashable
            kind = None
        if kind is None:
            raise Flaw(unknown_type(name))
        try:
            return self.element(node, kind, depth)
        except Flaw as flaw:
            flaw.path.append(kind.name)
            raise

    def element(self, node: Any, kind: Type, depth: int) -> int:
        """Checks an object and returns the number of its shape."""
        if type(node) is not dict:
            raise not_object(node)
        if not node:
            raise Flaw("an object must not be empty")
        if depth > MAX_DEPTH:
            raise Flaw(f"nested more than {MAX_DEPTH} levels deep")
        fields = kind.fields
        parts: list[object] = [kind.name]
        choices: list[str] = []
        for key, value in node.items():
            one = fields.get(key)
            if one is None:
                self._other(key, value, kind, depth, parts)
                continue
            if one.choice is not None:
                choices.append(one.choice)
            parts.append(key)
            if (
                one.check is not None
                and not one.repeats
                and one.check(value)
                and (one.binding is None or value in one.binding.codes)
            ):
                continue  # the common case, decided without another call
            try:
                if one.repeats:
                    if type(value) is not list:
                        raise Flaw("must be an array")
                    if not value:
                        raise Flaw("an array must not be empty")
                    shape: object = self._many(value, one, node.get("_" + key), depth)
                else:
                    shape = self._one(value, one, depth)
                if shape is not None:
                    parts.append(shape)
            except Flaw as flaw:
                flaw.path.append(key if not flaw.path or not flaw.path[-1].startswith("[") else key + flaw.path.pop())
                raise
        for name, keys in kind.required:
            if name not in node and not any(key in node or "_" + key in node for key in keys):
                raise _at(name, Flaw("is required"))
        if len(choices) > 1 and len(set(choices)) < len(choices):
            raise Flaw("two forms of one choice element")
        if kind.name in _COLLECTED:
            self._collect(node, kind.name)
        return models.shape_number(tuple(parts))

    def _one(self, value: Any, one: Field, depth: int) -> int | None:
        if one.check is not None:
            if not one.check(value):
                raise _wrong_primitive(value, one.type_name)
            if one.binding is not None:
                check_code(value, one.binding)
            return None
        if one.complex is None:
            return self.resource(value, depth + 1)
        kind = one.complex if one.complex.fields else type_of(one.type_name)
        shape = self.element(value, kind, depth + 1)
        if one.binding is not None:
            check_concept(value, one)
        return shape

    def _many(self, values: list[Any], one: Field, siblings: Any, depth: int) -> object:
        shapes: set[int | None] = set()
        for index, value in enumerate(values):
            if value is None and one.check is not None and type(siblings) is list and index < len(siblings):
                continue
            try:
                shapes.add(self._one(value, one, depth))
            except Flaw as flaw:
                flaw.path.append(f"[{index}]")
                raise
        return None if one.check is not None else frozenset(shapes)

    def _other(self, key: str, value: Any, kind: Type, depth: int, parts: list[object]) -> None:
        """A key that is no element: `resourceType`, the `_x` sibling of a primitive, or a mistake."""
        if key == "resourceType" and kind.name in resource_types() and "." not in kind.name:
            return
        base = kind.fields.get(key[1:]) if key[:1] == "_" else None
        if base is None or base.check is None:
            raise _at(shown_key(key), Flaw(f"is not an element of {kind.name} in FHIR R4 ({R4_VERSION})"))
        if base.repeats and type(value) is not list:
            raise _at(key, Flaw("must be an array"))
        for one in value if base.repeats else [value]:
            if one is None and base.repeats:
                continue
            try:
                self.element(one, _PRIMITIVE_SIBLING, depth + 1)
            except Flaw as flaw:
                raise _at(key, flaw) from None
        parts.append(key)

    def _collect(self, node: dict[str, Any], name: str) -> None:
        if name == "Coding":
            self.facts.codings.append((node.get("system"), node.get("code")))
        elif name == "Reference":
            self.facts.references.append(node)
        elif name == "Attachment" and "url" in node:
            self.facts.attachments.append(node["url"])


def _at(key: str, flaw: Flaw) -> Flaw:
    flaw.path.append(key)
    return flaw


def _wrong_primitive(value: Any, type_name: str) -> Flaw:
    if isinstance(value, Constant | Repeated):
        return not_object(value)
    if value is None:
        return Flaw("null is not allowed here")
    return Flaw(f"is not a valid {type_name}")
