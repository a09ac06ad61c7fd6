"""The R4B models of `fhir.resources`, applied once per shape of a resource.

Whether a model accepts a resource depends on two things: its shape (which elements it has, nested how) and the
lexical form of its primitive values. The walk has checked the second against R4 itself before this module is asked.
So the model is shown an exemplar with the same shape and canonical values, and its answer holds for every resource
of that shape. Validating 3,228 Synthea resources directly takes 2.2 s, most of it in Python validators that see the
same few hundred shapes again and again.

R4B is R4 with some types changed. For `CHANGED_IN_R4B` (removed, or without elements that R4 has), and where a
choice holds a Meta (which these models lack), the R4 table alone decides; a test compares both for all types.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ValidationError

from .definitions import Field, Type, type_of

CHANGED_IN_R4B: Final = frozenset(
    {
        "EffectEvidenceSynthesis", "Evidence", "EvidenceVariable", "MedicinalProduct", "MedicinalProductAuthorization",
        "MedicinalProductContraindication", "MedicinalProductIndication", "MedicinalProductIngredient",
        "MedicinalProductInteraction", "MedicinalProductManufactured", "MedicinalProductPackaged",
        "MedicinalProductPharmaceutical", "MedicinalProductUndesirableEffect", "RiskEvidenceSynthesis",
        "SubstanceNucleicAcid", "SubstancePolymer", "SubstanceProtein", "SubstanceReferenceInformation",
        "SubstanceSourceMaterial", "SubstanceSpecification",
    }
)  # fmt: skip

_MAX_SHAPES: Final = 200_000
_numbers: dict[tuple[object, ...], int] = {}
_accepted: set[int] = set()
_next = itertools.count()
_EXEMPLARS: Final[dict[str, Any]] = {
    "base64Binary": "QUFB",
    "boolean": True,
    "code": "x",
    "date": "2000-01-01",
    "dateTime": "2000-01-01T00:00:00Z",
    "decimal": 1.5,
    "instant": "2000-01-01T00:00:00Z",
    "integer": 1,
    "oid": "urn:oid:1.2.3",
    "positiveInt": 1,
    "time": "12:00:00",
    "unsignedInt": 1,
    "uuid": "urn:uuid:00000000-0000-4000-8000-000000000000",
    "canonical": "http://example.org/x",
    "uri": "http://example.org/x",
    "url": "http://example.org/x",
    "xhtml": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>',
}


class Refusal(NamedTuple):
    """Where and why a model refuses a shape."""

    path: tuple[str, ...]
    cause: str


class _DecidedByR4(Exception):
    """The resource holds a type for which R4B is no authority."""


def shape_number(shape: tuple[object, ...]) -> int:
    """A number that is the same for equal shapes, and never used for another one."""
    found = _numbers.get(shape)
    if found is None:
        if len(_numbers) >= _MAX_SHAPES:
            _numbers.clear()
            _accepted.clear()
        found = _numbers.setdefault(shape, next(_next))
    return found


def refusal(resource: dict[str, Any], shape: int) -> Refusal | None:
    """Why the R4B model refuses the shape of a resource that the walk accepted; None when it does not."""
    if shape in _accepted:
        return None
    try:
        model_of(resource["resourceType"]).model_validate(exemplar(resource))
    except _DecidedByR4:
        pass
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return Refusal(tuple(str(step) for step in first["loc"]), re.sub(r"\s+", " ", first["msg"]))
    _accepted.add(shape)
    return None


def model_of(name: str) -> type[BaseModel]:
    """The R4B model of a resource type; the import is late because it takes a while."""
    from fhir.resources.R4B import get_fhir_model_class

    if name in CHANGED_IN_R4B:
        raise _DecidedByR4
    model: type[BaseModel] = get_fhir_model_class(name)
    return model


def exemplar(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource of the same shape without any of its data."""
    if resource["resourceType"] in CHANGED_IN_R4B:
        raise _DecidedByR4
    kind = type_of(resource["resourceType"])
    return {"resourceType": kind.name, **dict(_members(resource, kind))}


def _members(node: dict[str, Any], kind: Type) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        one = kind.fields.get(key)
        if one is not None and one.choice is not None and one.type_name == "Meta":
            raise _DecidedByR4
        if one is not None:
            yield key, [_value(item, one) for item in value] if one.repeats else _value(value, one)
        elif key.startswith("_"):
            element = type_of("Element")
            repeats = kind.fields[key[1:]].repeats
            yield (
                key,
                [item and dict(_members(item, element)) for item in value]
                if repeats
                else dict(_members(value, element)),
            )


def _value(value: Any, one: Field) -> Any:
    if one.check is not None:
        return _EXEMPLARS.get(one.type_name, "x")
    if one.complex is None:
        return exemplar(value)
    return dict(_members(value, type_of(one.type_name)))
