import typing
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from medunion.fhir.definitions import Type, resource_types, skipped_bindings, type_of
from medunion.fhir.models import CHANGED_IN_R4B


class TestTable:
    def test_holds_every_concrete_r4_resource_type(self) -> None:
        assert len(resource_types()) == 146
        assert {"Patient", "EffectEvidenceSynthesis", "MedicinalProduct", "SubstanceSpecification"} <= resource_types()
        assert not {"DomainResource", "Resource", "SubscriptionTopic", "ActorDefinition"} & resource_types()

    def test_unknown_type_is_a_key_error(self) -> None:
        with pytest.raises(KeyError):
            type_of("Nonsense")

    @pytest.mark.parametrize(
        ("name", "key", "codes"),
        [
            ("Patient", "gender", {"male", "female", "other", "unknown"}),
            ("HumanName", "use", {"usual", "official", "temp", "nickname", "anonymous", "old", "maiden"}),
            ("Identifier", "use", {"usual", "official", "temp", "secondary", "old"}),
            ("Address", "type", {"postal", "physical", "both"}),
            ("Narrative", "status", {"generated", "extensions", "additional", "empty"}),
            ("Encounter.location", "status", {"planned", "active", "reserved", "completed"}),
            ("Bundle.entry.search", "mode", {"match", "include", "outcome"}),
        ],
    )
    def test_required_codes(self, name: str, key: str, codes: set[str]) -> None:
        binding = type_of(name).fields[key].binding
        assert binding is not None
        assert binding.codes == codes

    def test_content_references_lead_to_the_same_type(self) -> None:
        component = type_of("Observation.component").fields["referenceRange"]
        assert component.type_name == "Observation.referenceRange"

    def test_choice_elements_are_spread_out(self) -> None:
        fields = type_of("Observation").fields
        assert fields["valueQuantity"].choice == fields["valueCodeableConcept"].choice == "value"
        assert "value[x]" not in fields

    def test_says_which_bindings_are_not_enumerated(self) -> None:
        assert {url.rpartition("/")[2] for url in skipped_bindings()} == {
            "currencies",
            "mimetypes",
            "ucum-units",
            "LL379-9",
        }

    def test_every_type_compiles(self) -> None:
        seen: set[str] = set()
        queue = sorted(resource_types())
        while queue:
            name = queue.pop()
            if name not in seen:
                seen.add(name)
                queue += [one.type_name for one in type_of(name).fields.values() if one.complex is not None]
        assert len(seen) > 600


def unwrapped(annotation: Any) -> tuple[bool, Any]:
    """Whether a model's annotation is a list, and the type in it."""
    arguments = [one for one in typing.get_args(annotation) if one is not type(None)]
    if typing.get_origin(annotation) is list:
        return True, unwrapped(arguments[0])[1]
    return unwrapped(arguments[0]) if arguments else (False, annotation)


def differences(kind: Type, model: Any, seen: set[tuple[str, str]]) -> set[str]:
    """Elements of R4 that the R4B model lacks or has with another cardinality, and what only the model requires."""
    if (kind.name, model.__name__) in seen:
        return set()
    seen.add((kind.name, model.__name__))
    found: set[str] = set()
    by_alias = {one.alias or name: one for name, one in model.model_fields.items()}
    for key, one in kind.fields.items():
        if one.choice is not None and one.type_name == "Meta":
            continue  # decided by R4 alone
        if key not in by_alias:
            found.add(f"{kind.name}.{key}")
            continue
        repeats, target = unwrapped(by_alias[key].annotation)
        if repeats != one.repeats:
            found.add(f"{kind.name}.{key}")
        if one.complex is not None:
            found |= differences(type_of(one.type_name), target.get_model_klass(), seen)
    required = {key for _, keys in kind.required for key in keys}
    return found | {f"{kind.name}.{key}!" for key, one in by_alias.items() if one.is_required() and key not in required}


@pytest.mark.slow
class TestAgainstTheR4bModels:
    @pytest.mark.parametrize("name", sorted(resource_types() - CHANGED_IN_R4B))
    def test_r4_and_r4b_have_the_same_elements(self, name: str) -> None:
        assert differences(type_of(name), get_fhir_model_class(name), set()) == set()

    def test_the_changed_types_are_r4_types(self) -> None:
        assert resource_types() >= CHANGED_IN_R4B
