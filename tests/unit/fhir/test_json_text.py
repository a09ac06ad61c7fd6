import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.fhir.json_text import Constant, NotJson, Repeated, decode, read_bundle

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(min_size=1, max_size=6), VALUES, max_size=4)


def write(value: Any, ascii_only: bool, indent: int | None) -> str:
    return json.dumps(value, ensure_ascii=ascii_only, indent=indent)


class TestSlices:
    @given(st.lists(OBJECTS, max_size=4), st.booleans(), st.sampled_from([None, 0, 1, 3]))
    def test_every_slice_parses_to_its_resource(
        self, resources: list[dict[str, Any]], ascii_only: bool, indent: int | None
    ) -> None:
        text = write({"type": "batch", "entry": [{"resource": one} for one in resources]}, ascii_only, indent)
        members, entries = read_bundle(text)
        assert members == {"type": "batch"}
        assert [one.resource.value for one in entries if one.resource] == resources
        for one, resource in zip(entries, resources, strict=True):
            assert one.resource is not None
            assert json.loads(text[one.resource.start : one.resource.end]) == resource

    @given(VALUES, st.text(" \t\r\n", max_size=3), st.text(" \t\r\n", max_size=3))
    def test_space_around_is_not_part_of_the_slice(self, value: Any, before: str, after: str) -> None:
        inner = json.dumps(value)
        text = f'{{"entry"{before}:[{{{before}"resource"{after}:{before}{inner}{after}}}]}}{after}'
        found = read_bundle(text)[1][0].resource
        assert found is not None
        assert text[found.start : found.end] == inner

    def test_members_after_the_entries_are_read(self) -> None:
        members, entries = read_bundle('{"entry": [{"resource": 1, "fullUrl": "u"}], "type": "batch"}')
        assert members == {"type": "batch"}
        assert entries[0].members == {"fullUrl": "u"}

    def test_an_entry_that_is_no_array_stays_a_member(self) -> None:
        assert read_bundle('{"entry": 5}') == ({"entry": 5}, [])

    def test_empty_object_and_empty_array(self) -> None:
        assert read_bundle("{ }") == ({}, [])
        assert read_bundle('{"entry": [ ]}') == ({}, [])


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "cause", "position"),
        [
            ('{"a" 1}', "Expecting ':' delimiter", 5),
            ('{"a": 1 "b": 2}', "Expecting ',' delimiter", 8),
            ('{"a": 1,}', "Expecting property name enclosed in double quotes", 8),
            ('{"a": 1', "Expecting ',' delimiter", 7),
            ('{"a": }', "Expecting value", 6),
            ('{"a": 1} x', "Extra data", 9),
            ('{"a": 1, "a": 2}', "the key 'a' appears twice in one object", 9),
            ('{"entry": [{}; {}]}', "Expecting ',' delimiter", 13),
            ('{"entry": [7]}', "an entry must be an object", 11),
        ],
    )
    def test_says_where(self, text: str, cause: str, position: int) -> None:
        with pytest.raises(NotJson) as caught:
            read_bundle(text)
        assert (caught.value.cause, caught.value.position) == (cause, position)

    def test_names_the_entry(self) -> None:
        with pytest.raises(NotJson) as caught:
            read_bundle('{"entry": [{"resource": {}}, {"resource": {"a": tru}}]}')
        assert caught.value.entry == 1

    def test_very_deep_nesting(self) -> None:
        with pytest.raises(NotJson, match="nested too deeply"):
            decode("[" * 100_000, 0)

    def test_very_long_integer(self) -> None:
        with pytest.raises(NotJson, match="number is too long"):
            decode("9" * 10_000, 0)


class TestMarkers:
    def test_a_repeated_key_becomes_a_marker(self) -> None:
        assert decode('{"x": {"a": 1, "b": 2, "a": 3}}', 0).value == {"x": Repeated("a")}

    def test_a_key_that_looks_like_data_is_not_shown(self) -> None:
        assert Repeated("张 伟").shown() == "(not shown)"

    @pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
    def test_constants_become_markers(self, name: str) -> None:
        assert decode(name, 0).value == Constant(name)
