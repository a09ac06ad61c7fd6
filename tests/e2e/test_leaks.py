"""Nothing of a patient is left in clear anywhere: chain, blobs, members' folders, wallets, logs, report, output."""

import base64
import gzip
from collections.abc import Iterator

import pytest
from eth_hash.auto import keccak

from medunion.demo import samples
from medunion.fhir import parse_bundle

from .leaks import Wanted, personal, resources_of
from .story import Told

ALLOWED = frozenset(
    {
        "Patient",  # a FHIR type, and part of a contract's name
        "Device",  # a FHIR type, counted in the report
        "laboratory",  # a FHIR code, and the name of a member of the story
        "author",  # a FHIR code, and a column of the members' own tables
        "confirmed",  # a FHIR code, and a word of the output: trustees confirmed
        "00000",  # Synthea's postal code where it knows none: zeros are everywhere
    }
)
"""Texts of the input that the software itself writes, each with the reason; none says anything of a patient."""


@pytest.fixture(scope="module")
def wanted() -> Wanted:
    """Everything personal of the shipped patients and of what the story adds to them."""
    texts: set[str] = set()
    hashed: set[str] = set()
    for data in samples.patients().values():
        for resource in resources_of(gzip.decompress(data)):
            texts |= set(personal(resource))
            if resource["resourceType"] == "Patient":
                hashed |= set(personal(resource))
    for entry in parse_bundle(samples.restricted_bundle("Patient/1")):
        texts |= set(personal(entry.resource))
    return Wanted(texts, hashed, ALLOWED)


def places(told: Told) -> Iterator[tuple[str, bytes]]:
    """Every file that the demo left, its report, and what it printed."""
    for path in sorted(told.kept.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(told.kept)), path.read_bytes()
    yield "report", (told.kept.parent / "report.json").read_bytes()
    yield "output", (told.out + told.err).encode()


class TestLeaks:
    def test_there_is_much_to_look_for(self, wanted: Wanted) -> None:
        assert len(wanted) > 1000

    def test_every_kind_of_place_is_searched(self, told: Told) -> None:
        names = [name for name, _ in places(told)]
        for part in ("chain/", "blobs/", "members/", "wallets/", "logs/", "report", "output"):
            assert any(name.startswith(part) for name in names), part

    def test_nothing_personal_is_found(self, told: Told, wanted: Wanted) -> None:
        found = sorted(f"{hit} in {name}" for name, data in places(told) for hit in wanted.find(data))
        assert not found, "\n" + "\n".join(found)


class TestControl:
    """The search finds what it looks for, however it is written, in the midst of what a place holds."""

    @pytest.mark.parametrize("place", ["chain/state.json", "logs/anvil.log"])
    @pytest.mark.parametrize("written", ["clear", "utf-16", "hexadecimal", "base64", "base64 of hexadecimal", "digest"])
    def test_a_planted_name_is_found(self, told: Told, place: str, written: str) -> None:
        name = "Zebedee Quillfeather"
        raw = name.encode()
        planted = {
            "clear": raw,
            "utf-16": name.encode("utf-16-le"),
            "hexadecimal": b'"0x' + raw.hex().encode() + b'"',
            "base64": b'"' + base64.b64encode(b"x" + raw) + b'"',
            "base64 of hexadecimal": b'"' + base64.b64encode(raw.hex().encode()) + b'"',
            "digest": b'"0x' + keccak(raw).hex().encode() + b'"',
        }[written]
        data = (told.kept / place).read_bytes()
        middle = len(data) // 2
        control = Wanted({name}, {name})
        assert control.find(data) == set()
        assert control.find(data[:middle] + b" " + planted + b" " + data[middle:]) != set()

    @pytest.mark.parametrize(
        ("element", "text"),
        [
            ({"name": [{"family": "Quillfeather", "given": ["Zebedee"]}]}, "Quillfeather"),
            ({"name": [{"text": "欧阳泽贝迪"}]}, "欧阳泽贝迪"),
            ({"identifier": [{"value": "999-12-3456"}]}, "999-12-3456"),
            ({"telecom": [{"system": "phone", "value": "555-0100-22"}]}, "555-0100-22"),
            ({"address": [{"line": ["1 Nowhere Lane"], "city": "Springvale"}]}, "1 Nowhere Lane"),
            ({"birthDate": "1912-06-23"}, "1912-06-23"),
            ({"code": {"coding": [{"code": "44054006", "display": "Diabetes"}]}}, "44054006"),
        ],
    )
    def test_every_kind_of_datum_is_looked_for(self, element: dict[str, object], text: str) -> None:
        assert text in set(personal({"resourceType": "Patient", **element}))
