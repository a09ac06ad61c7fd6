import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.errors import FhirError
from medunion.fhir import PreparedBundle, PreparedRecord, prepare
from medunion.vocabulary import Category, RestrictedClass

from .builders import bundle, coded, condition, encounter, labelled, observation, patient, ref

NONE = RestrictedClass(0)
MENTAL, GENETIC = RestrictedClass.MENTAL_HEALTH, RestrictedClass.GENETIC


def by_id(found: PreparedBundle) -> dict[str, PreparedRecord]:
    return {one.local_id: one for one in found.records}


def batches(data: bytes, **options: Any) -> dict[str | None, list[str]]:
    return {one.encounter: [record.local_id for record in one.records] for one in prepare(data, **options).batches}


def claim(name: str, *encounters: str, kind: str = "Claim") -> dict[str, Any]:
    base: dict[str, Any] = {
        "resourceType": kind,
        "id": name,
        "status": "active",
        "type": {"text": "professional"},
        "use": "claim",
        "patient": ref("Patient/p1"),
        "created": "2024-05-05",
        "provider": ref("Organization/1"),
        "priority": {"text": "normal"},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "x"}}],
        "item": [
            {"sequence": number, "productOrService": {"text": "x"}, "encounter": [ref(one)]}
            for number, one in enumerate(encounters, 1)
        ],
    }
    if kind == "ExplanationOfBenefit":
        del base["priority"]
        base["insurance"] = [{"focal": True, "coverage": {"display": "x"}}]
        base |= {"insurer": {"display": "x"}, "outcome": "complete"}
    return base


class TestRecord:
    def test_fields(self) -> None:
        record = by_id(prepare(bundle(patient(), encounter(), observation(encounter=ref("Encounter/e1")))))[
            "Observation/o1"
        ]
        assert (record.resource_type, record.category) == ("Observation", Category.OTHER_OBSERVATIONS)
        assert record.references == {"Patient/p1": "Patient/p1", "Encounter/e1": "Encounter/e1"}
        assert (record.encounter, record.content_type) == ("Encounter/e1", "application/fhir+json")
        assert json.loads(record.body)["id"] == "o1"

    def test_counts_and_patient(self) -> None:
        found = prepare(bundle(patient(), observation("a"), observation("b")))
        assert found.counts_by_type == {"Observation": 2, "Patient": 1}
        assert found.patient == "Patient/p1"

    def test_service_day_falls_back_to_the_encounter(self) -> None:
        found = by_id(prepare(bundle(encounter(), observation(encounter=ref("Encounter/e1")), observation("o2"))))
        assert found["Observation/o1"].service_day == found["Encounter/e1"].service_day == 45353
        assert found["Observation/o2"].service_day == 0


class TestLocalId:
    def test_type_and_id_first(self) -> None:
        data = {"resourceType": "Bundle", "type": "batch", "entry": [{"fullUrl": "urn:uuid:1", "resource": patient()}]}
        assert list(by_id(prepare(json.dumps(data).encode()))) == ["Patient/p1"]

    def test_full_url_next(self) -> None:
        person = {"resourceType": "Patient", "gender": "male"}
        data = {"resourceType": "Bundle", "type": "batch", "entry": [{"fullUrl": "urn:uuid:1", "resource": person}]}
        assert list(by_id(prepare(json.dumps(data).encode()))) == ["urn:uuid:1"]

    def test_digest_last_and_the_same_again(self) -> None:
        device = {"resourceType": "Device", "status": "active"}
        data = bundle(device, device, {"resourceType": "Device"})
        first, second, third = (one.local_id for one in prepare(data).records)
        assert first.startswith("Device/sha256-")
        assert second == first + "-2"
        assert third != first
        assert [one.local_id for one in prepare(data).records] == [first, second, third]

    def test_one_id_twice(self) -> None:
        with pytest.raises(FhirError) as caught:
            prepare(bundle(patient(), observation("a"), observation("a")))
        assert caught.value.details == {"entry": 2, "path": "Observation.id", "other": 1}


class TestBatches:
    def test_encounters_and_the_rest(self) -> None:
        data = bundle(patient(), encounter("e1"), encounter("e2"), observation("a", encounter=ref("Encounter/e2")),
                      observation("b"))  # fmt: skip
        assert batches(data) == {
            "Encounter/e1": ["Encounter/e1"],
            "Encounter/e2": ["Encounter/e2", "Observation/a"],
            None: ["Patient/p1", "Observation/b"],
        }
        assert [one.encounter for one in prepare(data).batches][-1] is None

    @pytest.mark.parametrize("kind", ["Claim", "ExplanationOfBenefit"])
    def test_claims_link_inside_their_items(self, kind: str) -> None:
        data = bundle(
            patient(), encounter("e1"), encounter("e2"), claim("x", "Encounter/e2", "Encounter/e1", kind=kind)
        )
        assert f"{kind}/x" in batches(data)["Encounter/e2"]

    def test_context_of_documents_and_administrations(self) -> None:
        note = {"resourceType": "DocumentReference", "id": "d", "status": "current", "subject": ref("Patient/p1"),
                "content": [{"attachment": {"contentType": "text/plain"}}],
                "context": {"encounter": [ref("Encounter/e1")]}}  # fmt: skip
        given_ = {"resourceType": "MedicationAdministration", "id": "m", "status": "completed",
                  "medicationCodeableConcept": {"text": "x"}, "subject": ref("Patient/p1"),
                  "effectiveDateTime": "2024", "context": ref("Encounter/e1")}  # fmt: skip
        assert batches(bundle(patient(), encounter(), note, given_))["Encounter/e1"] == [
            "Encounter/e1",
            "DocumentReference/d",
            "MedicationAdministration/m",
        ]

    def test_an_episode_as_context_is_no_encounter(self) -> None:
        episode = {"resourceType": "EpisodeOfCare", "id": "ep", "status": "active", "patient": ref("Patient/p1")}
        statement = {"resourceType": "MedicationStatement", "id": "m", "status": "active", "subject": ref("Patient/p1"),
                     "medicationCodeableConcept": {"text": "x"}, "context": ref("EpisodeOfCare/ep")}  # fmt: skip
        assert list(batches(bundle(patient(), episode, statement))) == [None]

    def test_what_only_an_encounters_record_names_stays_outside(self) -> None:
        medication = {"resourceType": "Medication", "id": "m"}
        request = {"resourceType": "MedicationRequest", "id": "r", "status": "active", "intent": "order",
                   "medicationReference": ref("Medication/m"), "subject": ref("Patient/p1"),
                   "encounter": ref("Encounter/e1")}  # fmt: skip
        found = batches(bundle(patient(), encounter(), medication, request))
        assert found["Encounter/e1"] == ["Encounter/e1", "MedicationRequest/r"]
        assert found[None] == ["Patient/p1", "Medication/m"]

    def test_an_addendum_to_a_known_encounter(self) -> None:
        data = bundle(observation(encounter=ref("Encounter/e9")))
        assert batches(data, known=lambda _: True) == {"Encounter/e9": ["Observation/o1"]}

    @given(st.lists(st.sampled_from(["e1", "e2", "e9", ""]), max_size=8))
    def test_every_resource_is_in_exactly_one_batch(self, named: list[str]) -> None:
        resources = [
            observation(f"o{number}", **({"encounter": ref(f"Encounter/{name}")} if name else {}))
            for number, name in enumerate(named)
        ]
        found = prepare(bundle(patient(), encounter("e1"), *resources, encounter("e2")), known=lambda _: True)
        ids = [one.local_id for one in found.records]
        expected = ["Patient/p1", "Encounter/e1", "Encounter/e2", *(f"Observation/{one['id']}" for one in resources)]
        assert sorted(ids) == sorted(expected)
        assert all(record.encounter == batch.encounter for batch in found.batches for record in batch.records)


class TestMasks:
    def test_label_and_code(self) -> None:
        found = by_id(
            prepare(
                bundle(
                    patient(),
                    condition("a", meta=labelled("PSY")),
                    condition("b", code=coded("http://hl7.org/fhir/sid/icd-10", "F20.0")),
                    condition("c", contained=[observation("x", code=coded("http://loinc.org", "51969-4"))]),
                    condition("d", code={"text": "depression"}),
                )
            )
        )
        assert [found[f"Condition/{name}"].mask for name in "abcd"] == [MENTAL, MENTAL, GENETIC, NONE]

    def test_inherited_over_several_steps(self) -> None:
        data = bundle(
            patient(),
            condition("c", meta=labelled("PSY")),
            {"resourceType": "CarePlan", "id": "p", "status": "active", "intent": "plan", "subject": ref("Patient/p1"),
             "addresses": [ref("Condition/c")]},
            observation("o", basedOn=[ref("CarePlan/p")]),
            observation("other"),
        )  # fmt: skip
        found = by_id(prepare(data))
        assert found["CarePlan/p"].mask == found["Observation/o"].mask == MENTAL
        assert found["Observation/other"].mask == found["Patient/p1"].mask == NONE

    def test_a_restricted_encounter_restricts_what_was_recorded_in_it(self) -> None:
        data = bundle(
            patient(),
            encounter(reasonReference=[ref("Condition/c")]),
            condition("c", encounter=ref("Encounter/e1"), meta=labelled("GDIS")),
            observation("o", encounter=ref("Encounter/e1")),
        )
        found = by_id(prepare(data))
        assert [found[name].mask for name in ("Encounter/e1", "Condition/c", "Observation/o")] == [GENETIC] * 3
        assert found["Patient/p1"].mask == NONE

    def test_a_report_shares_the_mask_of_its_results(self) -> None:
        report = {"resourceType": "DiagnosticReport", "id": "d", "status": "final", "code": {"text": "x"},
                  "subject": ref("Patient/p1"), "result": [ref("Observation/o1")]}  # fmt: skip
        assert (
            by_id(prepare(bundle(patient(), report, observation(meta=labelled("HIV")))))["DiagnosticReport/d"].mask == 2
        )

    def test_an_attached_binary_shares_the_mask_of_its_document(self) -> None:
        note = {"resourceType": "DocumentReference", "id": "d", "status": "current", "subject": ref("Patient/p1"),
                "meta": labelled("PSYTHPN"), "content": [{"attachment": {"url": "Binary/b"}}]}  # fmt: skip
        binary = {"resourceType": "Binary", "id": "b", "contentType": "text/plain"}
        assert by_id(prepare(bundle(patient(), note, binary)))["Binary/b"].mask == MENTAL

    def test_masks_of_known_records_are_inherited(self) -> None:
        data = bundle(observation(encounter=ref("Encounter/e9")))
        found = prepare(data, known=lambda _: True, known_mask=lambda name: MENTAL if "e9" in name else NONE)
        assert next(found.records).mask == MENTAL

    def test_the_caller_may_add_classes(self) -> None:
        found = by_id(prepare(bundle(patient(), observation()), extra_masks={"Observation/o1": GENETIC}))
        assert found["Observation/o1"].mask == GENETIC

    @given(
        st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20),
        st.lists(st.sampled_from(["", "PSY", "HIV", "GDIS"]), min_size=8, max_size=8),
    )
    def test_a_mask_is_the_union_over_everything_reachable(
        self, edges: list[tuple[int, int]], labels: list[str]
    ) -> None:
        own = {"": 0, "PSY": 1, "HIV": 2, "GDIS": 8}
        resources = []
        for number, label in enumerate(labels):
            named = [ref(f"Observation/o{target}") for source, target in edges if source == number]
            more: dict[str, Any] = {"meta": labelled(label)} if label else {}
            resources.append(observation(f"o{number}", **more, **({"hasMember": named} if named else {})))
        found = by_id(prepare(bundle(patient(), *resources)))
        for number in range(8):
            reached, queue = {number}, [number]
            while queue:
                source = queue.pop()
                new = {target for one, target in edges if one == source} - reached
                reached |= new
                queue += new
            expected = 0
            for one in reached:
                expected |= own[labels[one]]
            assert found[f"Observation/o{number}"].mask == expected


class TestWithoutValidation:
    def test_the_same_result(self) -> None:
        data = bundle(patient(), encounter(), observation(encounter=ref("Encounter/e1")), claim("x", "Encounter/e1"))
        assert prepare(data, validated=False) == prepare(data)

    def test_a_shape_that_is_not_fhir_is_a_clear_error(self) -> None:
        with pytest.raises(FhirError, match="taken without validation"):
            prepare(bundle(patient(), observation(category="laboratory")), validated=False)
