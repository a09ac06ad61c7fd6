import base64
import gzip
import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from medunion.demo import samples
from medunion.fhir import Directory, parse_bundle, prepare
from medunion.fhir.registration import registration
from medunion.vocabulary import Category, RestrictedClass
from tools.samples.chinese_patient import ID_SYSTEM, check_character, identity_number

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("MEDUNION_SHARED", ROOT.parent / "shared")) / "fhir"


def more_patients() -> list[Path]:
    """Bundles outside the package, where there are any."""
    return [one for one in sorted(SHARED.glob("*.json.gz")) if "Information" not in one.name]


@pytest.fixture(scope="module")
def directory() -> Directory:
    return Directory.from_bundles(*samples.directory_bundles())


def every_bundle() -> dict[str, bytes]:
    return samples.patients() | {one.name: one.read_bytes() for one in more_patients()}


class TestPatients:
    @pytest.mark.parametrize("name", sorted(every_bundle()))
    def test_every_resource_is_prepared_once_with_its_own_bytes(self, name: str, directory: Directory) -> None:
        data = every_bundle()[name]
        whole = gzip.decompress(data)
        resources = [one["resource"] for one in json.loads(whole)["entry"]]
        found = prepare(data, directory=directory)
        assert Counter(json.dumps(json.loads(one.body)) for one in found.records) == Counter(map(json.dumps, resources))
        assert all(one.body in whole for one in found.records)
        assert found.counts_by_type == Counter(one["resourceType"] for one in resources)
        assert len({one.local_id for one in found.records}) == len(resources)

    @pytest.mark.parametrize("name", sorted(every_bundle()))
    def test_batches_follow_the_encounters(self, name: str, directory: Directory) -> None:
        found = prepare(every_bundle()[name], directory=directory)
        assert len(found.batches) == found.counts_by_type["Encounter"] + 1
        claims = [one for one in found.records if one.category is Category.CLAIMS]
        assert all(one.encounter for one in claims)
        assert all(name is not None for one in found.records for name in one.external.values())

    def test_restricted_records_of_the_samples(self, directory: Directory, capsys: pytest.CaptureFixture[str]) -> None:
        with capsys.disabled():
            for name, data in samples.patients().items():
                masks = [one.mask for one in prepare(data, directory=directory).records]
                counts = {str(one.name): sum(bool(mask & one) for mask in masks) for one in RestrictedClass}
                print(f"\n{name}: {len(masks)} resources, restricted: {counts}", end="")  # noqa: T201
                assert any(not mask for mask in masks)
            print()  # noqa: T201

    def test_reading_speed_is_printed(self, directory: Directory, capsys: pytest.CaptureFixture[str]) -> None:
        bundles = list(samples.patients().values())
        for data in bundles:
            prepare(data, directory=directory)
        started = time.process_time()
        count = sum(1 for data in bundles for _ in prepare(data, directory=directory).records)
        with capsys.disabled():
            print(f"\nprepared {count / (time.process_time() - started):,.0f} resources per CPU second")  # noqa: T201
        assert count == 1434

    def test_size(self) -> None:
        names = (*samples.PATIENT_FILES, *samples.DIRECTORY_FILES, "restricted.json")
        assert sum(len(samples.read(name)) for name in names) < 600_000


class TestChinesePatient:
    def test_registration_is_complete(self) -> None:
        found = registration(one.resource for one in parse_bundle(samples.read("zhang-wei.json.gz")))
        assert found.missing == ()
        assert found.name == "张伟"
        assert found.allergies == ("青霉素过敏",)

    def test_identity_number(self) -> None:
        found = registration(one.resource for one in parse_bundle(samples.read("zhang-wei.json.gz")))
        number = next(one.value for one in found.identifiers if one.system == ID_SYSTEM)
        assert number == identity_number(found.birth_date, male=found.gender == "male")
        assert len(number) == 18
        weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        remainder = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11
        assert number[17] == "10X98765432"[remainder]

    def test_check_character_of_the_standard(self) -> None:
        assert check_character("11010519491231002") == "X"

    def test_nothing_of_the_first_person_is_left(self) -> None:
        bundle = json.loads(gzip.decompress(samples.read("zhang-wei.json.gz")))
        text = json.dumps(bundle, ensure_ascii=False)
        notes = [
            base64.b64decode(one["resource"]["content"][0]["attachment"]["data"]).decode()
            for one in bundle["entry"]
            if one["resource"]["resourceType"] == "DocumentReference"
        ]
        for old in ("Alejandro916", "Urbina137", "999-38-2982", '"USD"', "Blue Cross", "Randolph"):
            assert not any(old in one for one in [text, *notes])
        assert '"CNY"' in text


class TestRestrictedBundle:
    @pytest.mark.parametrize("reference", ["Patient/93d5b2fb-3fb0-4b6b-fb01-d2a5e07f6858", "Patient/1"])
    def test_one_record_of_each_class_for_the_patient(self, reference: str) -> None:
        found = prepare(samples.restricted_bundle(reference))
        assert [one.mask for one in found.records] == list(RestrictedClass)
        assert found.patient == reference
        assert all(one.references == {reference: reference} for one in found.records)

    def test_a_patient_known_by_another_name(self) -> None:
        found = prepare(samples.restricted_bundle("urn:uuid:1"), known=lambda reference: reference == "urn:uuid:1")
        assert all(one.references == {"urn:uuid:1": "urn:uuid:1"} for one in found.records)

    def test_the_same_bytes_again_and_others_for_another_patient(self) -> None:
        first = samples.restricted_bundle("Patient/1")
        assert samples.restricted_bundle("Patient/1") == first
        others = {one.local_id for one in prepare(samples.restricted_bundle("Patient/2")).records}
        assert not others & {one.local_id for one in prepare(first).records}
