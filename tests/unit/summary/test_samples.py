"""Every sample patient, those beside the package too: nothing is lost between the records and the page."""

import json
import time
from collections import Counter
from typing import Any

import pytest

from medunion.demo import samples
from medunion.fhir import Directory
from medunion.locale import LANGUAGES

from ..fhir.builders import observation, patient
from ..fhir.test_samples import every_bundle
from .pages import EVERYTHING, document, items, items_of, page, seen


@pytest.fixture(scope="module")
def directory() -> Directory:
    return Directory.from_bundles(*samples.directory_bundles())


class TestPatients:
    @pytest.mark.parametrize("name", sorted(every_bundle()))
    def test_every_record_is_shown_or_counted(self, name: str, directory: Directory) -> None:
        found = items_of(every_bundle()[name], directory=directory)
        made = document(found)
        kinds = Counter(item.kind for item in found)
        counts = {each.name: each.count for each in made.sections}
        assert counts["problems"] == kinds["Condition"]
        assert counts.get("encounters", 0) == kinds["Encounter"]
        assert counts.get("immunizations", 0) == kinds["Immunization"]
        assert sum(counts.values()) - counts.get("coverage", 0) == len(found) - kinds["Patient"] - kinds["Coverage"]
        unshown = sum(
            kinds[each] for each in ("Claim", "ExplanationOfBenefit", "Provenance", "SupplyDelivery", "Medication")
        )
        assert counts["others"] == unshown
        assert len(made.persons) == kinds["Patient"] == 1
        assert all(each.tables for each in made.sections if each.count), [s.name for s in made.sections if not s.tables]

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("name", sorted(every_bundle()))
    def test_the_page_is_whole(self, name: str, language: str, directory: Directory) -> None:
        found = items_of(every_bundle()[name], directory=directory)
        read = seen(page(found, EVERYTHING, language))
        assert (read.wrong, read.open) == ([], [])
        assert document(found).persons[0].name in read.said
        for item in found:
            if item.kind == "Condition":
                assert item.resource["code"]["text"] in read.said

    def test_equal_input_gives_an_equal_page(self, directory: Directory) -> None:
        data = samples.patients()[samples.PATIENT_FILES[0]]
        first, second = (page(items_of(data, directory=directory)) for _ in range(2))
        assert first == second


class TestSize:
    def test_the_largest_patients_stay_linear_and_readable(self) -> None:
        def many(count: int) -> list[dict[str, Any]]:
            return [
                observation(f"o{n}", code={"text": f"test {n % 40}"}, valueQuantity={"value": n % 90, "unit": "g"},
                            effectiveDateTime=f"{1950 + n % 70}-01-01")
                for n in range(count)
            ]  # fmt: skip

        spent = []
        for count in (2_000, 16_000):
            made = items(patient(), *many(count))
            before = time.process_time()
            html = page(made)
            spent.append(time.process_time() - before)
            assert len(html) < 2_000_000
        assert spent[1] < 24 * spent[0]
        assert json.dumps(html)
