import json

import pytest

from medunion.errors import FhirError
from medunion.fhir import parse_bundle, patient_of

from .builders import bundle, observation, patient, ref


class TestPatientOf:
    def test_the_one_patient(self) -> None:
        assert patient_of(parse_bundle(bundle(observation(), patient()))) == "Patient/p1"

    def test_two_patients(self) -> None:
        with pytest.raises(FhirError) as caught:
            patient_of(parse_bundle(bundle(patient(), observation(), patient(id="p2"))))
        assert caught.value.details == {"entry": 2, "path": "Patient", "other": 0}

    @pytest.mark.parametrize("reference", ["Patient/p2", "http://h.org/fhir/Patient/p2"])
    def test_a_record_of_another_patient(self, reference: str) -> None:
        with pytest.raises(FhirError, match="another patient") as caught:
            patient_of(parse_bundle(bundle(patient(), observation(subject=ref(reference)))))
        assert caught.value.details == {"entry": 1, "path": "Observation.subject"}

    def test_an_addendum_names_its_patient(self) -> None:
        assert patient_of(parse_bundle(json.dumps(observation()).encode())) == "Patient/p1"

    def test_an_addendum_to_two_patients(self) -> None:
        other = observation("o2", subject=ref("Patient/p2"))
        with pytest.raises(FhirError, match="another patient"):
            patient_of(parse_bundle(bundle(observation(), other)))

    def test_nobody(self) -> None:
        assert patient_of(parse_bundle(bundle({"resourceType": "Medication", "id": "m"}))) is None

    def test_subjects_that_are_no_patient(self) -> None:
        assert patient_of(parse_bundle(bundle(patient(), observation(subject=ref("Location/1"))))) == "Patient/p1"

    def test_a_subscriber_may_be_another_person(self) -> None:
        coverage = {"resourceType": "Coverage", "id": "c", "status": "active", "beneficiary": ref("Patient/p1"),
                    "subscriber": ref("Patient/parent"), "payor": [{"display": "x"}]}  # fmt: skip
        assert patient_of(parse_bundle(bundle(patient(), coverage))) == "Patient/p1"

    @pytest.mark.parametrize(
        "element", ["patient", "beneficiary"], ids=["AllergyIntolerance.patient", "Coverage.beneficiary"]
    )
    def test_other_names_of_the_subject(self, element: str) -> None:
        resource = (
            {"resourceType": "AllergyIntolerance", "patient": ref("Patient/p2")}
            if element == "patient"
            else {
                "resourceType": "Coverage",
                "status": "active",
                "payor": [{"display": "x"}],
                "beneficiary": ref("Patient/p2"),
            }
        )
        with pytest.raises(FhirError, match="another patient"):
            patient_of(parse_bundle(bundle(patient(), resource)))
