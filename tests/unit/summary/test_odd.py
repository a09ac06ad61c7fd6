"""Records that nobody validated: whatever stands in them, a page is made, and it is well-formed."""

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medunion.demo import samples
from medunion.fhir import parse_bundle
from medunion.vocabulary import Category

from ..fhir.builders import patient
from .pages import document, items, odd, page, seen

JUNK: list[Any] = [None, True, 0, -1.5, 1e308, "", "x", [], {}, [None], ["x"], {"value": {}}, [[]], {"coding": [None]},
                   {"reference": 5}, "2024-99-99", "\ud800"]  # fmt: skip
SAMPLE = [entry.resource for entry in parse_bundle(samples.patients()[samples.PATIENT_FILES[0]])]
KINDS = sorted(
    {str(each["resourceType"]) for each in SAMPLE} | {"AllergyIntolerance", "Coverage", "Goal", "Flag", "Consent"}
)


def spoiled(resource: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A copy in which some values are junk."""
    made = copy.deepcopy(resource)
    for _ in range(chance.randint(1, 6)):
        node: Any = made
        while True:
            keys: list[Any] = list(node) if isinstance(node, dict) else list(range(len(node)))
            keys = [key for key in keys if key != "resourceType"]
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(node[key], dict | list) and chance.random() < 0.7:
                node = node[key]
                continue
            node[key] = copy.deepcopy(chance.choice(JUNK))
            break
    return made


class TestOdd:
    def test_spoiled_sample_records(self) -> None:
        chance = random.Random(4)
        for _ in range(12):
            found = [odd(spoiled(each, chance), chance.choice(list(Category))) for each in SAMPLE]
            read = seen(page(found))
            assert (read.wrong, read.open) == ([], [])

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_any_json_under_any_element(self, data: st.DataObject) -> None:
        names = [
            "status",
            "code",
            "valueQuantity",
            "component",
            "referenceRange",
            "interpretation",
            "onsetDateTime",
            "text",
            "dosageInstruction",
            "period",
            "name",
            "identifier",
            "contained",
            "note",
            "clinicalStatus",
            "category",
            "effectiveDateTime",
            "content",
            "activity",
            "participant",
            "deceasedBoolean",
            "birthDate",
        ]
        junk = st.recursive(
            st.sampled_from([None, True, 3, "x", "2024-01-01", -0.0]),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=3),
            max_leaves=12,
        )
        fields = data.draw(st.dictionaries(st.sampled_from(names), junk))
        resource = {**fields, "resourceType": data.draw(st.sampled_from(KINDS))}
        read = seen(page([odd(resource, Category.OTHER)]))
        assert (read.wrong, read.open) == ([], [])

    @pytest.mark.parametrize(
        "resource", [{}, {"resourceType": 5}, {"resourceType": "Nothing"}, {"resourceType": "Patient"}]
    )
    def test_hardly_a_resource(self, resource: dict[str, Any]) -> None:
        made = document([odd(resource, Category.OTHER), *items(patient())])
        assert len(made.persons) == 1 + (resource.get("resourceType") == "Patient")
