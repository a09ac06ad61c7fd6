from typing import Any

import pytest

from medunion.fhir import models
from medunion.fhir.json_text import Constant, Repeated
from medunion.fhir.validator import Flaw, validate

from .builders import coded, condition, encounter, observation, patient, ref


def flaw(resource: Any) -> tuple[str, str]:
    """Path and cause of the refusal."""
    with pytest.raises(Flaw) as caught:
        validate(resource)
    return ".".join(reversed(caught.value.path)), caught.value.cause


class TestStructure:
    def test_unknown_element(self) -> None:
        path, cause = flaw(encounter(actualPeriod={"start": "2024"}))
        assert path == "Encounter.actualPeriod"
        assert cause == "is not an element of Encounter in FHIR R4 (4.0.1)"

    def test_unknown_element_that_looks_like_data_is_not_shown(self) -> None:
        assert flaw(patient(**{"张 伟": 1}))[0] == "Patient.(name not shown)"

    def test_path_names_the_items_of_arrays(self) -> None:
        path, _ = flaw(patient(name=[{"text": "a"}, {"given": ["b", 7]}]))
        assert path == "Patient.name[1].given[1]"

    def test_missing_required_element(self) -> None:
        assert flaw({"resourceType": "Encounter", "status": "finished"}) == ("Encounter.class", "is required")

    def test_missing_required_choice(self) -> None:
        resource = {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": ref("x")}
        assert flaw(resource) == ("MedicationRequest.medication[x]", "is required")

    def test_an_extension_may_stand_for_a_required_primitive(self) -> None:
        unknown = {"extension": [{"url": "http://x.org/absent", "valueCode": "unknown"}]}
        resource = observation()
        del resource["status"]
        validate({**resource, "_status": unknown})

    def test_two_forms_of_one_choice(self) -> None:
        assert flaw(observation(valueString="a", valueBoolean=True)) == (
            "Observation",
            "two forms of one choice element",
        )

    def test_array_where_one_value_belongs(self) -> None:
        assert flaw(patient(gender=["female"]))[0] == "Patient.gender"

    def test_one_value_where_an_array_belongs(self) -> None:
        assert flaw(patient(name={"text": "a"})) == ("Patient.name", "must be an array")

    @pytest.mark.parametrize("value", [[], None])
    def test_empty_array_and_null(self, value: Any) -> None:
        assert flaw(patient(name=value))[0] == "Patient.name"

    def test_empty_object(self) -> None:
        assert flaw(patient(name=[{}])) == ("Patient.name[0]", "an object must not be empty")

    def test_null_in_an_array_of_primitives_needs_its_sibling(self) -> None:
        extension = {"extension": [{"url": "http://x.org/a", "valueCode": "b"}]}
        validate(patient(name=[{"given": ["a", None], "_given": [None, extension]}]))
        assert flaw(patient(name=[{"given": ["a", None]}]))[1] == "null is not allowed here"

    def test_sibling_of_a_complex_element(self) -> None:
        assert flaw(patient(_name=[{"id": "a"}]))[0] == "Patient._name"

    def test_nested_too_deeply(self) -> None:
        extension: dict[str, Any] = {"url": "http://x.org/a", "valueCode": "b"}
        for _ in range(70):
            extension = {"url": "http://x.org/a", "extension": [extension]}
        assert flaw(patient(extension=[extension]))[1] == "nested more than 64 levels deep"

    def test_a_contained_resource_is_checked_too(self) -> None:
        resource = observation(contained=[patient(id="a", gender="x")])
        assert flaw(resource)[0] == "Observation.contained[0].Patient.gender"

    def test_a_repeated_key_is_named_with_its_path(self) -> None:
        assert flaw(patient(name=[Repeated("text")])) == (
            "Patient.name[0]",
            "the key 'text' appears twice in one object",
        )

    @pytest.mark.parametrize(
        ("name", "version"),
        [("MedicationOrder", "DSTU2"), ("ReferralRequest", "STU3"), ("Citation", "R4B"), ("Transport", "R5")],
    )
    def test_a_type_of_another_version_is_named(self, name: str, version: str) -> None:
        assert f"FHIR {version}" in flaw({"resourceType": name})[1]

    @pytest.mark.parametrize("name", [None, 5, "", ["Patient"], "no type"])
    def test_no_resource_type(self, name: Any) -> None:
        assert "not a FHIR resource" in flaw({"resourceType": name})[1]

    def test_unknown_type(self) -> None:
        assert flaw({"resourceType": "Person2"})[1] == "Person2 is not a resource type of FHIR R4 (4.0.1)"

    @pytest.mark.parametrize("value", [5, [], None, "Patient"])
    def test_not_an_object(self, value: Any) -> None:
        assert flaw(value)[1] == "must be an object"


class TestPrimitives:
    @pytest.mark.parametrize("birth_date", ["1980", "1980-02", "1980-02-29"])
    def test_partial_dates(self, birth_date: str) -> None:
        validate(patient(birthDate=birth_date))

    @pytest.mark.parametrize("birth_date", ["1981-02-29", "80-02-01", "1980-2-1", "", 1980, "1980-02-01T00:00:00Z"])
    def test_wrong_dates(self, birth_date: Any) -> None:
        assert flaw(patient(birthDate=birth_date)) == ("Patient.birthDate", "is not a valid date")

    @pytest.mark.parametrize("value", [True, "1", 1.5, 2**31, -(2**31) - 1])
    def test_wrong_integers(self, value: Any) -> None:
        assert flaw(observation(valueInteger=value))[1] == "is not a valid integer"

    @pytest.mark.parametrize("value", [0, -3])
    def test_a_positive_integer_is_positive(self, value: int) -> None:
        assert flaw(patient(telecom=[{"rank": value}]))[1] == "is not a valid positiveInt"

    @pytest.mark.parametrize("value", [1, 1.5, -0.25, 1e-7])
    def test_decimals(self, value: float) -> None:
        validate(observation(valueQuantity={"value": value}))

    @pytest.mark.parametrize("value", ["1.5", True, float("inf"), Constant("NaN")])
    def test_wrong_decimals(self, value: Any) -> None:
        assert flaw(observation(valueQuantity={"value": value}))[0] == "Observation.valueQuantity.value"

    @pytest.mark.parametrize("value", ["", "  ", "a\x00b", "\ud800", 7])
    def test_wrong_strings(self, value: Any) -> None:
        assert flaw(patient(name=[{"text": value}]))[1] == "is not a valid string"

    @pytest.mark.parametrize("value", ["张　伟", "O'Neill", "a\nb", "e\u0301"])
    def test_strings_of_the_world(self, value: str) -> None:
        validate(patient(name=[{"text": value}]))

    def test_boolean(self) -> None:
        assert flaw(patient(active="true"))[1] == "is not a valid boolean"

    @pytest.mark.parametrize("value", ["a b", "ü", "x" * 65])
    def test_wrong_ids(self, value: str) -> None:
        assert flaw(patient(id=value)) == ("Patient.id", "is not a valid id")

    def test_base64(self) -> None:
        validate({"resourceType": "Binary", "contentType": "text/plain", "data": "QUJD RA=="})
        assert flaw({"resourceType": "Binary", "contentType": "text/plain", "data": "QUJ"})[0] == "Binary.data"

    def test_long_base64_takes_linear_time(self) -> None:
        long = "QUJD" * 500_000
        validate({"resourceType": "Binary", "contentType": "text/plain", "data": long})
        assert flaw({"resourceType": "Binary", "contentType": "text/plain", "data": long + "!"})[0] == "Binary.data"


class TestRequiredCodes:
    def test_gender_x(self) -> None:
        path, cause = flaw(patient(gender="x"))
        assert path == "Patient.gender"
        assert cause == "the code 'x' is not allowed; allowed: female, male, other, unknown"

    def test_encounter_status_done(self) -> None:
        path, cause = flaw(encounter(status="done"))
        assert path == "Encounter.status"
        assert "'done'" in cause
        assert "in-progress" in cause

    def test_a_code_that_may_be_data_is_not_shown(self) -> None:
        assert "(not shown)" in flaw(patient(gender="Anna Maria"))[1]

    @pytest.mark.parametrize(
        ("resource", "path"),
        [
            (patient(name=[{"use": "x", "text": "a"}]), "Patient.name[0].use"),
            (patient(identifier=[{"use": "x"}]), "Patient.identifier[0].use"),
            (patient(address=[{"type": "x"}]), "Patient.address[0].type"),
            (patient(text={"status": "x", "div": "<div/>"}), "Patient.text.status"),
            (encounter(location=[{"location": ref("Location/1"), "status": "x"}]), "Encounter.location[0].status"),
            (observation(valueQuantity={"comparator": "~"}), "Observation.valueQuantity.comparator"),
        ],
    )
    def test_nested_elements_and_data_types(self, resource: dict[str, Any], path: str) -> None:
        assert flaw(resource)[0] == path

    def test_concept_needs_one_coding_of_the_set(self) -> None:
        system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
        validate(
            condition(
                clinicalStatus={"coding": [*coded("http://x.org", "a")["coding"], *coded(system, "active")["coding"]]}
            )
        )
        path, cause = flaw(condition(clinicalStatus=coded(system, "gone")))
        assert path == "Condition.clinicalStatus"
        assert "'gone'" in cause
        assert flaw(condition(clinicalStatus=coded("http://x.org", "active")))[0] == "Condition.clinicalStatus"
        assert "found: none" in flaw(condition(clinicalStatus={"text": "active"}))[1]

    def test_currency_is_checked_by_form(self) -> None:
        validate(
            {**observation(), "extension": [{"url": "http://x.org", "valueMoney": {"value": 1, "currency": "CNY"}}]}
        )
        path, _ = flaw(patient(extension=[{"url": "http://x.org", "valueMoney": {"value": 1, "currency": "yuan"}}]))
        assert path == "Patient.extension[0].valueMoney.currency"

    def test_mime_type_is_checked_by_form(self) -> None:
        assert flaw({"resourceType": "Binary", "contentType": "a b"})[0] == "Binary.contentType"


class TestFacts:
    def test_references_codings_and_attachments_are_collected(self) -> None:
        facts = validate(
            observation(
                encounter=ref("Encounter/e1"),
                category=[coded("s", "c")],
                contained=[condition(id="in", code=coded("t", "d"))],
                extension=[{"url": "http://x.org", "valueAttachment": {"url": "Binary/1"}}],
            )
        )
        assert {one["reference"] for one in facts.references} == {"Patient/p1", "Encounter/e1"}
        assert set(facts.codings) == {("s", "c"), ("t", "d")}
        assert facts.attachments == ["Binary/1"]


class TestModels:
    def test_r4_types_that_r4b_lacks_are_decided_by_r4(self) -> None:
        validate({"resourceType": "SubstanceProtein", "id": "a", "numberOfSubunits": 2})
        validate({"resourceType": "EvidenceVariable", "status": "active", "characteristic": [
            {"definitionReference": ref("Group/1"), "exclude": False}]})  # fmt: skip

    def test_the_exemplar_has_the_shape_and_none_of_the_data(self) -> None:
        resource = patient(name=[{"text": "Anna", "_text": {"id": "a"}}], contained=[observation(valueString="secret")])
        made = models.exemplar(resource)
        assert list(made) == list(resource)
        assert made["birthDate"] == "2000-01-01"
        assert made["name"] == [{"text": "x", "_text": {"id": "x"}}]
        assert "secret" not in str(made)

    def test_a_model_refusal_has_path_and_cause(self) -> None:
        refused = models.refusal({"resourceType": "Patient", "name": [{"period": {"start": "2000"}}]}, -1)
        assert refused is None
        refused = models.refusal({"resourceType": "Observation", "status": "final"}, -2)
        assert refused is not None
        assert refused.path == ("code",)
