from typing import Any

import pytest

from medunion.fhir import category_of, service_day
from medunion.fhir.definitions import resource_types
from medunion.fhir.service_day import day_number
from medunion.vocabulary import Category

from .builders import OBSERVATION_CATEGORY, coded, encounter, observation, patient

SECTIONS = "http://terminology.hl7.org/CodeSystem/v2-0074"


class TestCategory:
    @pytest.mark.parametrize(
        ("name", "category"),
        [
            ("Patient", Category.DEMOGRAPHICS),
            ("Coverage", Category.COVERAGE),
            ("AllergyIntolerance", Category.ALLERGIES),
            ("Condition", Category.PROBLEMS),
            ("MedicationRequest", Category.MEDICATIONS),
            ("Immunization", Category.IMMUNIZATIONS),
            ("Specimen", Category.LABORATORY),
            ("Observation", Category.OTHER_OBSERVATIONS),
            ("ImagingStudy", Category.IMAGING),
            ("Procedure", Category.PROCEDURES),
            ("Encounter", Category.ENCOUNTERS),
            ("DocumentReference", Category.DOCUMENTS),
            ("CarePlan", Category.CARE_PLANS),
            ("ExplanationOfBenefit", Category.CLAIMS),
            ("Device", Category.DEVICES),
            ("Provenance", Category.OTHER),
        ],
    )
    def test_by_type(self, name: str, category: Category) -> None:
        assert category_of({"resourceType": name}) is category

    def test_every_r4_type_has_a_category(self) -> None:
        found = {category_of({"resourceType": name}) for name in resource_types()}
        assert found == set(Category)

    @pytest.mark.parametrize(
        ("system", "code", "category"),
        [
            (OBSERVATION_CATEGORY, "laboratory", Category.LABORATORY),
            (OBSERVATION_CATEGORY, "imaging", Category.IMAGING),
            (OBSERVATION_CATEGORY, "vital-signs", Category.OTHER_OBSERVATIONS),
            (SECTIONS, "HM", Category.LABORATORY),
            (SECTIONS, "RAD", Category.IMAGING),
            ("http://x.org", "laboratory", Category.OTHER_OBSERVATIONS),
        ],
    )
    def test_observation_by_its_category(self, system: str, code: str, category: Category) -> None:
        assert category_of(observation(category=[{"text": "a"}, coded(system, code)])) is category

    @pytest.mark.parametrize(
        ("code", "category"), [("LAB", Category.LABORATORY), ("CT", Category.IMAGING), ("PHR", Category.DOCUMENTS)]
    )
    def test_report_by_its_category(self, code: str, category: Category) -> None:
        report = {"resourceType": "DiagnosticReport", "category": [coded(SECTIONS, code)]}
        assert category_of(report) is category

    def test_report_without_category_is_a_document(self) -> None:
        assert category_of({"resourceType": "DiagnosticReport"}) is Category.DOCUMENTS


class TestServiceDay:
    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("1900-01-02", 1),
            ("1900-02", 31),
            ("1901", 365),
            ("2024-03-04T23:59:59-11:00", 45353),
            ("1900-01-01", None),
            ("1899-12-31", None),
            ("noon", None),
            ("2024-13", None),
        ],
    )
    def test_day_number(self, text: str, day: int | None) -> None:
        assert day_number(text) == day

    @pytest.mark.parametrize(
        "resource",
        [
            encounter(period={"start": "2024-03-04T08:00:00Z"}),
            observation(effectiveDateTime="2024-03-04", issued="2024-03-09T00:00:00Z"),
            observation(effectivePeriod={"start": "2024-03-04"}),
            {"resourceType": "Procedure", "performedPeriod": {"start": "2024-03-04"}},
            {"resourceType": "MedicationRequest", "authoredOn": "2024-03-04"},
            {"resourceType": "Condition", "onsetDateTime": "2024-03-04", "recordedDate": "2024-03-06"},
            {"resourceType": "Condition", "recordedDate": "2024-03-04"},
            {"resourceType": "Immunization", "occurrenceDateTime": "2024-03-04"},
            {"resourceType": "Claim", "billablePeriod": {"start": "2024-03-04"}, "created": "2024-03-09"},
            {"resourceType": "DocumentReference", "date": "2024-03-04T01:02:03Z"},
            {"resourceType": "Specimen", "collection": {"collectedDateTime": "2024-03-04"}},
            {"resourceType": "ImagingStudy", "started": "2024-03-04"},
            {"resourceType": "Provenance", "recorded": "2024-03-04T00:00:00Z"},
            {"resourceType": "Coverage", "period": {"start": "2024-03-04"}},
        ],
        ids=lambda one: str(one["resourceType"]),
    )
    def test_element_by_type(self, resource: dict[str, Any]) -> None:
        assert service_day(resource) == 45353

    @pytest.mark.parametrize("resource", [patient(), observation(), {"resourceType": "Device"}])
    def test_unknown_is_zero(self, resource: dict[str, Any]) -> None:
        assert service_day(resource) == 0
