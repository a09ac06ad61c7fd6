import json
from typing import Any

import pytest

from medunion.errors import FhirError
from medunion.fhir import Directory, parse_bundle, prepare, references
from medunion.fhir.directory import search_of
from medunion.fhir.references import literal_id, plain, target_type

from .builders import bundle, encounter, observation, patient, ref

NPI = "http://hl7.org/fhir/sid/us-npi"


def links(data: bytes, **options: Any) -> dict[str, dict[str, str]]:
    """Reference map of every record by local id."""
    return {one.local_id: one.references for one in prepare(data, **options).records}


def entries(*pairs: tuple[str, dict[str, Any]]) -> bytes:
    listed = [{"fullUrl": url, "resource": resource} for url, resource in pairs]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": listed}).encode()


def directory() -> Directory:
    practitioner = {"resourceType": "Practitioner", "id": "7", "identifier": [{"system": NPI, "value": "99"}]}
    return Directory.from_bundles(entries(("urn:uuid:aa", practitioner)))


class TestForms:
    @pytest.mark.parametrize(
        ("reference", "literal"),
        [
            ("Patient/1", "Patient/1"),
            ("Patient/1/_history/3", "Patient/1"),
            ("http://h.org/fhir/Patient/1", "Patient/1"),
            ("https://h.org/Patient/1#x", "Patient/1"),
            ("urn:uuid:1", None),
            ("Patient?identifier=a|b", None),
            ("#a", None),
            ("Patient/", None),
        ],
    )
    def test_literal(self, reference: str, literal: str | None) -> None:
        assert literal_id(reference) == literal

    def test_plain_has_no_version_and_no_fragment(self) -> None:
        assert plain("http://h/Patient/1/_history/2#p") == "http://h/Patient/1"

    def test_conditional(self) -> None:
        assert search_of("Practitioner?identifier=http://a%7Cb") == ("Practitioner", "http://a|b")
        assert search_of("Practitioner?name=a") is None
        assert search_of("Practitioner?identifier=a|b&active=true") is None
        assert search_of("Practitioner/1") is None

    def test_target_type(self) -> None:
        assert target_type("Group/1") == "Group"
        assert target_type("Location?identifier=a|b") == "Location"
        assert target_type("urn:uuid:1", "Organization") == "Organization"
        assert target_type("urn:uuid:1") is None

    def test_walk_gives_paths(self) -> None:
        claim = {
            "resourceType": "Claim",
            "patient": ref("Patient/1"),
            "item": [{"sequence": 1}, {"encounter": [ref("Encounter/1")]}],
            "contained": [{"resourceType": "Coverage", "beneficiary": ref("Patient/1")}],
        }
        assert list(references(claim)) == [
            ("Claim.patient", "Patient/1"),
            ("Claim.item[1].encounter[0]", "Encounter/1"),
            ("Claim.contained[0].beneficiary", "Patient/1"),
        ]


class TestInside:
    def test_relative(self) -> None:
        assert links(bundle(patient(), observation()))["Observation/o1"] == {"Patient/p1": "Patient/p1"}

    def test_versioned(self) -> None:
        found = links(bundle(patient(), observation(subject=ref("Patient/p1/_history/2"))))
        assert found["Observation/o1"] == {"Patient/p1/_history/2": "Patient/p1"}

    def test_urn(self) -> None:
        data = entries(("urn:uuid:11", patient()), ("urn:uuid:22", observation(subject=ref("urn:uuid:11"))))
        assert links(data)["Observation/o1"] == {"urn:uuid:11": "Patient/p1"}

    def test_absolute(self) -> None:
        home = "http://h.org/fhir/"
        data = entries((home + "Patient/p1", patient()), (home + "Observation/o1", observation()))
        assert links(data)["Observation/o1"] == {"Patient/p1": "Patient/p1"}
        named = observation(subject=ref(home + "Patient/p1"))
        assert links(entries((home + "Patient/p1", patient()), ("urn:uuid:2", named)))["Observation/o1"]

    def test_absolute_elsewhere_is_another_resource(self) -> None:
        data = entries(("urn:uuid:1", encounter()), ("urn:uuid:2", observation(focus=[ref("http://h/Encounter/e1")])))
        with pytest.raises(FhirError, match="unresolved reference"):
            prepare(data)

    def test_conditional(self) -> None:
        person = patient(identifier=[{"system": "urn:x", "value": "5"}])
        data = bundle(person, observation(subject=ref("Patient?identifier=urn:x|5")))
        assert links(data)["Observation/o1"] == {"Patient?identifier=urn:x|5": "Patient/p1"}

    def test_conditional_with_two_matches_is_unresolved(self) -> None:
        same = {"identifier": [{"system": "urn:x", "value": "5"}]}
        data = bundle(patient(), encounter("e1", **same), encounter("e2", **same),
                      observation(encounter=ref("Encounter?identifier=urn:x|5")))  # fmt: skip
        with pytest.raises(FhirError, match="unresolved reference"):
            prepare(data)

    def test_contained(self) -> None:
        held = observation(contained=[{"resourceType": "Device", "id": "d"}], device=ref("#d"))
        assert links(bundle(patient(), held))["Observation/o1"] == {"Patient/p1": "Patient/p1"}
        with pytest.raises(FhirError, match="entry 1, Observation.device: unresolved reference"):
            prepare(bundle(patient(), observation(device=ref("#d"))))

    def test_attachment_that_is_a_binary_of_the_bundle(self) -> None:
        binary = {"resourceType": "Binary", "id": "b", "contentType": "text/plain"}
        note = {"resourceType": "DocumentReference", "id": "d", "status": "current", "subject": ref("Patient/p1"),
                "content": [{"attachment": {"url": "Binary/b"}}, {"attachment": {"url": "http://x.org"}}]}  # fmt: skip
        found = links(bundle(patient(), note, binary))
        assert found["DocumentReference/d"] == {"Patient/p1": "Patient/p1", "Binary/b": "Binary/b"}


class TestOutside:
    def test_registry_types_may_leave_the_bundle(self) -> None:
        data = bundle(
            patient(), observation(performer=[ref("Practitioner/9"), ref(f"Practitioner?identifier={NPI}|99")])
        )
        record = list(prepare(data).records)[1]
        assert record.external == {"Practitioner/9": None, f"Practitioner?identifier={NPI}|99": None}

    def test_the_directory_says_who_is_meant(self) -> None:
        named = [ref(f"Practitioner?identifier={NPI}|99"), ref("urn:uuid:aa"), ref("Practitioner/7")]
        record = list(prepare(bundle(patient(), observation(performer=named)), directory=directory()).records)[1]
        assert set(record.external.values()) == {"Practitioner/7"}
        assert directory().resource("Practitioner/7") is not None

    def test_type_may_be_declared(self) -> None:
        named = {"reference": "urn:uuid:77", "type": "Organization"}
        record = list(prepare(bundle(patient(), observation(performer=[named]))).records)[1]
        assert record.external == {"urn:uuid:77": None}

    @pytest.mark.parametrize("reference", ["Encounter/e9", "urn:uuid:9", "http://h.org/fhir/Encounter/9"])
    def test_unresolved_names_entry_and_path(self, reference: str) -> None:
        with pytest.raises(FhirError) as caught:
            prepare(bundle(patient(), observation(encounter=ref(reference))))
        assert caught.value.details == {"entry": 1, "path": "Observation.encounter", "cause": "unresolved reference"}
        assert reference not in caught.value.message

    def test_known_records_count(self) -> None:
        data = bundle(patient(), observation(encounter=ref("Encounter/e9")))
        found = links(data, known=lambda reference: reference == "Encounter/e9")
        assert found["Observation/o1"]["Encounter/e9"] == "Encounter/e9"

    def test_identifier_alone_is_no_link(self) -> None:
        data = bundle(patient(), observation(performer=[{"identifier": {"value": "1"}, "type": "Practitioner"}]))
        assert links(data)["Observation/o1"] == {"Patient/p1": "Patient/p1"}
        assert len(parse_bundle(data)) == 2
