"""Catalogues learned from small bundles, and from the samples that the package ships."""

import json
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest

from medunion.errors import FhirError
from medunion.insurance.catalogue_csv import read_catalogue, write_catalogue
from medunion.insurance.catalogue_learned import Learned, learn_catalogue
from medunion.vocabulary import Category

SNOMED, LOINC, CVX = "http://snomed.info/sct", "http://loinc.org", "http://hl7.org/fhir/sid/cvx"
ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
BLUE_BUTTON = "https://bluebutton.cms.gov/resources/codesystem/adjudication"
SAMPLES = sorted(
    (each for each in files("medunion.demo.samples").iterdir() if each.name[0].isdigit()), key=lambda each: each.name
)


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def adjudication(**amounts: float) -> list[dict[str, Any]]:
    return [
        {"category": concept(ADJUDICATION, name), "amount": {"value": value, "currency": "CNY"}}
        for name, value in amounts.items()
    ]


def bill(kind: str, day: str, *items: dict[str, Any], payer: str = "Basic", **more: Any) -> dict[str, Any]:
    shared = {
        "status": "active",
        "type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "professional"),
        "use": "claim",
        "patient": {"reference": "Patient/p1"},
        "created": f"{day}T10:00:00Z",
        "provider": {"reference": "Organization/b"},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": payer}}],
        "item": [{"sequence": number, **item} for number, item in enumerate(items, 1)],
    }
    if kind == "Claim":
        shared["priority"] = concept("http://terminology.hl7.org/CodeSystem/processpriority", "normal")
    else:
        del shared["insurance"][0]["sequence"]
        shared |= {"insurer": {"display": payer}, "outcome": "complete"}
    return {"resourceType": kind, "id": f"{kind}-{day}-{payer}", **shared, **more}


def item(system: str, code: str, quantity: int | None = None, **amounts: float) -> dict[str, Any]:
    found: dict[str, Any] = {"productOrService": concept(system, code)}
    if quantity is not None:
        found["quantity"] = {"value": quantity}
    return found | ({"adjudication": adjudication(**amounts)} if amounts else {})


def learn(*resources: dict[str, Any], **more: Any) -> Learned:
    entries = [{"resource": each} for each in resources]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return learn_catalogue([json.dumps(bundle).encode()], **more)


class TestAllowedAmount:
    def test_latest_day_wins_and_others_are_counted(self) -> None:
        found = learn(
            bill("ExplanationOfBenefit", "2024-03-01", item(SNOMED, "1", eligible=80)),
            bill("ExplanationOfBenefit", "2024-01-01", item(SNOMED, "1", eligible=100)),
        )
        assert found.catalogue[SNOMED, "1"].allowed == 8_000
        assert found.conflicts == {(SNOMED, "1"): 2}

    def test_the_highest_of_one_day_wins(self) -> None:
        lines = [item(SNOMED, "1", eligible=80), item(SNOMED, "1", eligible=90), item(SNOMED, "1", eligible=85)]
        assert learn(bill("ExplanationOfBenefit", "2024-03-01", *lines)).catalogue[SNOMED, "1"].allowed == 9_000

    def test_is_per_unit_and_rounded_half_up(self) -> None:
        lines = [item(SNOMED, "1", 3, eligible=10), item(SNOMED, "2", eligible=108.80000000000001)]
        found = learn(bill("ExplanationOfBenefit", "2024-03-01", *lines)).catalogue
        assert found[SNOMED, "1"].allowed == 333
        assert found[SNOMED, "2"].allowed == 10_880

    def test_items_without_adjudication_are_named(self) -> None:
        found = learn(bill("ExplanationOfBenefit", "2024-03-01", item(SNOMED, "1"), item(SNOMED, "2", benefit=5)))
        assert len(found.catalogue) == 0
        assert found.unpriced == {(SNOMED, "1"), (SNOMED, "2")}

    def test_one_payer_alone(self) -> None:
        bills = [
            bill("ExplanationOfBenefit", "2024-03-01", item(SNOMED, code, eligible=1), payer=payer)
            for code, payer in (("1", "Basic"), ("2", "Supplementary"))
        ]
        assert list(learn(*bills, payer="Supplementary").catalogue) == [(SNOMED, "2")]
        assert len(learn(*bills).catalogue) == 2

    def test_a_negative_amount_is_refused_by_entry_and_path(self) -> None:
        with pytest.raises(FhirError) as failure:
            learn(bill("ExplanationOfBenefit", "2024-03-01", item(SNOMED, "1", eligible=-5)))
        assert failure.value.details == {"entry": 0, "path": "ExplanationOfBenefit.item.adjudication.amount"}


class TestClass:
    CLASSES = {"A": 0, "B": 1_000, "C": 10_000}

    @pytest.mark.parametrize(("share", "expected"), [(0, "A"), (9, "B"), (5, "B"), (90, "C")])
    def test_is_the_nearest_to_what_patients_paid_after_the_deductible(self, share: float, expected: str) -> None:
        line = item(SNOMED, "1", eligible=110, deductible=20, copay=share)
        found = learn(bill("ExplanationOfBenefit", "2024-03-01", line), classes=self.CLASSES).catalogue
        assert found[SNOMED, "1"].class_name == expected

    def test_is_the_default_where_nothing_shows_it(self) -> None:
        eob = bill("ExplanationOfBenefit", "2024-03-01", item(SNOMED, "1", eligible=10, deductible=10))
        assert learn(eob, classes=self.CLASSES, default_class="C").catalogue[SNOMED, "1"].class_name == "C"
        assert learn(eob, default_class="乙").catalogue[SNOMED, "1"].class_name == "乙"


class TestCategory:
    def test_is_of_the_resource_that_the_claims_item_refers_to(self) -> None:
        """The code is a Procedure's and a Device's; the item refers to the Device."""
        device = {
            "resourceType": "Device",
            "id": "d1",
            "type": concept(SNOMED, "1"),
            "patient": {"reference": "Patient/p1"},
        }
        procedure = {
            "resourceType": "Procedure", "id": "r1", "status": "completed", "code": concept(SNOMED, "1"),
            "subject": {"reference": "Patient/p1"},
        }  # fmt: skip
        info = {"sequence": 4, "category": concept(SNOMED, "9"), "valueReference": {"reference": "Device/d1"}}
        claim = bill("Claim", "2024-03-01", item(SNOMED, "1") | {"informationSequence": [4]}, supportingInfo=[info])
        eob = bill("ExplanationOfBenefit", "2024-03-01", item(SNOMED, "1", eligible=1))
        assert (
            learn(procedure, procedure | {"id": "r2"}, device, claim, eob).catalogue[SNOMED, "1"].category
            is Category.DEVICES
        )

    def test_is_of_a_resource_about_the_item_where_it_refers_to_none(self) -> None:
        visit = {
            "resourceType": "Encounter", "id": "e1", "status": "finished", "type": [concept(SNOMED, "1")],
            "class": {"code": "AMB"}, "subject": {"reference": "Patient/p1"},
        }  # fmt: skip
        eob = bill("ExplanationOfBenefit", "2024-03-01", item(SNOMED, "1", eligible=1))
        assert learn(visit, eob).catalogue[SNOMED, "1"].category is Category.ENCOUNTERS

    @pytest.mark.parametrize(
        ("system", "category"),
        [
            (SNOMED, Category.PROCEDURES),
            ("http://www.nlm.nih.gov/research/umls/rxnorm", Category.MEDICATIONS),
            (CVX, Category.IMMUNIZATIONS),
            (LOINC, Category.LABORATORY),
            ("urn:our-own", Category.OTHER),
        ],
    )
    def test_is_of_the_code_system_where_nothing_shows_it(self, system: str, category: Category) -> None:
        eob = bill("ExplanationOfBenefit", "2024-03-01", item(system, "1", eligible=1))
        assert learn(eob).catalogue[system, "1"].category is category


class TestSamples:
    def test_every_adjudicated_item_of_the_samples_is_learned(self) -> None:
        data = [each.read_bytes() for each in SAMPLES]
        found = learn_catalogue(data, classes={"A": 0, "B": 1_000, "C": 2_000})
        assert len(SAMPLES) == 3
        assert len(found.catalogue) > 50
        kinds = Counter((item[0], entry.category) for item, entry in found.catalogue.items())
        assert {category for system, category in kinds if system == CVX} == {Category.IMMUNIZATIONS}
        assert kinds[SNOMED, Category.PROCEDURES] > kinds[SNOMED, Category.DEVICES] > 0
        assert not found.unpriced & found.catalogue.keys()
        assert dict(read_catalogue(write_catalogue(found.catalogue))) == dict(found.catalogue)
