"""Allergies, problems, medications, immunizations, procedures: what stands, what is over, what was never so."""

from typing import Any

import pytest

from medunion.summary import Scope
from medunion.vocabulary import ALL_CATEGORIES, Category

from ..fhir.builders import coded, condition, patient, ref
from .pages import EVERYTHING, EXPORTED, document, items, page, rows, section, titled

P = {"subject": ref("Patient/p1")}
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ALLERGY_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"


def problem(name: str, text: str, clinical: str = "", verified: str = "", **more: Any) -> dict[str, Any]:
    if clinical:
        more["clinicalStatus"] = coded(CLINICAL, clinical)
    if verified:
        more["verificationStatus"] = coded(VERIFICATION, verified)
    return condition(name, code={"text": text}, **more)


def allergy(name: str = "a1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "AllergyIntolerance", "id": name, "patient": ref("Patient/p1"), **more}


def request(name: str, text: str, status: str = "active", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest", "id": name, "status": status, "intent": "order",
        "medicationCodeableConcept": {"text": text}, **P, **more,
    }  # fmt: skip


class TestProblems:
    def test_active_first_then_what_is_over(self) -> None:
        found = titled(
            section(
                items(
                    patient(),
                    problem("1", "Gout", "active", "confirmed", onsetDateTime="2019-05", severity={"text": "mild"}),
                    problem(
                        "2",
                        "Sinusitis",
                        "resolved",
                        "confirmed",
                        onsetDateTime="2020-01-01T08:00:00Z",
                        abatementDateTime="2020-02",
                    ),
                    problem("3", "Asthma", "remission"),
                    problem(
                        "4",
                        "Cough",
                        onsetAge={"value": 12, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"},
                    ),
                    problem("5", "Measles", abatementString="as a child"),
                ),
                "problems",
            )
        )
        assert {row["Problem"]: row["Onset"] for row in found["Active"]} == {"Gout": "2019-05", "Cough": "at age 12"}
        over = {row["Problem"]: (row["Status"], row["End"]) for row in found["Resolved and inactive"]}
        assert over == {
            "Sinusitis": ("resolved", "2020-02"),
            "Asthma": ("remission", ""),
            "Measles": ("", "as a child"),
        }

    def test_how_sure_it_is(self) -> None:
        found = section(items(patient(), problem("1", "Lupus", "active", "provisional")), "problems")
        assert rows(found.tables[0])[0]["Status"] == "active\nprovisional"

    def test_refuted_is_apart_and_never_active(self) -> None:
        found = titled(section(items(patient(), problem("1", "Cancer", "active", "refuted")), "problems"))
        assert [row["Problem"] for row in found.pop("Ruled out (refuted)")] == ["Cancer"]
        assert found == {}

    def test_entered_in_error_is_nowhere(self) -> None:
        made = items(
            patient(), problem("1", "Wrong patient", verified="entered-in-error"), problem("2", "Gout", "active")
        )
        assert "Wrong patient" not in page(made)
        assert section(made, "problems").notes == ["Left out as entered in error: 1."]

    def test_no_text_no_display_no_code(self) -> None:
        assert rows(section(items(patient(), condition()), "problems").tables[0])[0]["Problem"] == "(no code or text)"

    def test_alerts_and_family(self) -> None:
        flag = {"resourceType": "Flag", "id": "f", "status": "active", "code": {"text": "MRSA"}, **P}
        family = {
            "resourceType": "FamilyMemberHistory",
            "id": "h",
            "status": "completed",
            "patient": ref("Patient/p1"),
            "relationship": {"text": "mother"},
            "condition": [{"code": {"text": "Stroke"}, "onsetString": "at 60"}],
        }
        found = titled(section(items(patient(), flag, family), "problems"))
        assert found["Alerts and adverse events"][0]["Alert"] == "MRSA"
        assert found["Family history"][0]["Problem"] == "Stroke (at 60)"

    def test_what_two_authors_say_alike_is_one_line(self) -> None:
        one = items(patient(), problem("1", "Gout", "active", onsetDateTime="2019"))
        two = items(patient(), problem("9", "Gout", "active", onsetDateTime="2019"), author="hospital-b", number=2)
        other = items(patient(), problem("7", "Gout", "active", onsetDateTime="2020"), author="clinic", number=3)
        found = rows(section([*one, *two, *other], "problems").tables[0])
        assert [(row["Onset"], row["by"]) for row in found] == [("2020", "clinic"), ("2019", "hospital-a, hospital-b")]


class TestAllergies:
    def test_criticality_and_reactions(self) -> None:
        reaction = {"manifestation": [{"text": "hives"}], "severity": "severe"}
        found = section(
            items(
                patient(),
                allergy(
                    code={"text": "penicillin"},
                    criticality="high",
                    type="allergy",
                    category=["medication"],
                    reaction=[reaction],
                ),
            ),
            "allergies",
        )
        row = rows(found.tables[0])[0]
        assert row["Allergy"] == "penicillin\nallergy, medication"
        assert (row["Criticality"], row["Reactions"]) == ("HIGH", "hives (severe)")
        assert found.tables[0].rows[0].cells[1].mark == "critical"

    def test_refuted_and_past_are_folded(self) -> None:
        over = coded("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "resolved")
        refuted = coded(ALLERGY_VERIFICATION, "refuted")
        found = section(items(patient(), allergy("1", code={"text": "egg"}, clinicalStatus=over),
                              allergy("2", code={"text": "nut"}, verificationStatus=refuted)), "allergies")  # fmt: skip
        assert [(table.title, table.closed) for table in found.tables] == [
            ("Inactive and resolved", True), ("Ruled out (refuted)", True)
        ]  # fmt: skip

    def test_no_record_is_not_no_allergy(self) -> None:
        assert section(items(patient()), "allergies").notes == [
            "No allergy is recorded here. That does not say that there is none."
        ]

    def test_an_author_that_knows_of_none_says_so(self) -> None:
        none = allergy(code={"coding": [{"code": "716186003", "display": "No known allergy"}]})
        assert rows(section(items(patient(), none), "allergies").tables[0])[0]["Allergy"] == "No known allergy"


class TestMedications:
    def test_current_past_and_forbidden(self) -> None:
        found = titled(section(items(
            patient(),
            request("1", "Aspirin", authoredOn="2024-01-01", dosageInstruction=[{"text": "one in the morning"}]),
            request("2", "Statin", "stopped", authoredOn="2020-01-01"),
            request("3", "Statin", "completed", authoredOn="2022-01-01"),
            request("4", "Warfarin", doNotPerform=True),
            request("5", "Insulin", intent="plan"),
        ), "medications"))  # fmt: skip
        assert found["Current"][0]["Dose"] == "one in the morning"
        assert found["Current"][1]["Status"] == "active\nplan"
        assert [(row["Medication"], row["Last"], row["How often"]) for row in found["Past"]] == [
            ("Statin", "2022-01-01", "2 times since 2020-01-01")
        ]
        assert [row["Medication"] for row in found["Must not be given"]] == ["Warfarin"]

    @pytest.mark.parametrize(
        ("dosage", "said"),
        [
            ({"doseAndRate": [{"doseQuantity": {"value": 1.5, "unit": "mg"}}],
              "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}, "route": {"text": "oral"}},
             "1.5 mg, 2 × per day, oral"),
            ({"doseAndRate": [{"doseQuantity": {"value": 1.0}}], "asNeededBoolean": True}, "dose 1.0, as needed"),
            ({"asNeededCodeableConcept": {"text": "pain"}}, "as needed for pain"),
            ({"doseAndRate": [{"doseRange": {"low": {"value": 1}, "high": {"value": 2, "unit": "tab"}}}]}, "1 – 2 tab"),
        ],
    )  # fmt: skip
    def test_doses(self, dosage: dict[str, Any], said: str) -> None:
        found = section(items(patient(), request("1", "X", dosageInstruction=[dosage])), "medications")
        assert rows(found.tables[0])[0]["Dose"] == said

    def test_a_medication_by_reference_or_contained(self) -> None:
        drug = {"resourceType": "Medication", "id": "m", "code": {"text": "Cisplatin"}}
        inside = {"resourceType": "Medication", "id": "in", "code": {"text": "Taxol"}}
        one, two = request("1", ""), request("2", "", contained=[inside])
        for each, target in ((one, "Medication/m"), (two, "#in")):
            del each["medicationCodeableConcept"]
            each["medicationReference"] = ref(target)
        found = section(items(patient(), drug, one, two), "medications")
        assert sorted(row["Medication"] for row in rows(found.tables[0])) == ["Cisplatin", "Taxol"]

    def test_what_was_given_is_folded(self) -> None:
        given = {"resourceType": "MedicationAdministration", "id": "g", "status": "completed",
                 "medicationCodeableConcept": {"text": "Morphine"}, **P, "effectiveDateTime": "2024-01-01"}  # fmt: skip
        table = section(items(patient(), given), "medications").tables[0]
        assert (table.title, table.closed) == ("Administered", True)


class TestOthers:
    def test_immunizations(self) -> None:
        def shot(name: str, day: str, status: str = "completed", **more: Any) -> dict[str, Any]:
            return {"resourceType": "Immunization", "id": name, "status": status, "vaccineCode": {"text": "Flu"},
                    "patient": ref("Patient/p1"), "occurrenceDateTime": day, **more}  # fmt: skip

        refused = shot("3", "2023-10-01", "not-done", statusReason={"text": "declined by the patient"})
        more = {"protocolApplied": [{"doseNumberPositiveInt": 2}], "lotNumber": "L7"}
        found = titled(section(items(patient(), shot("1", "2021-10-01"), shot("2", "2022-10-01", **more), refused),
                               "immunizations"))  # fmt: skip
        assert found[""] == [{"Vaccine": "Flu", "Last": "2022-10-01", "How often": "2 times since 2021-10-01",
                              "Remarks": "dose 2\nlot L7", "by": "hospital-a"}]  # fmt: skip
        assert found["Not given"][0]["Reason"] == "declined by the patient"

    def test_procedures(self) -> None:
        def done(name: str, status: str, **more: Any) -> dict[str, Any]:
            return {"resourceType": "Procedure", "id": name, "status": status, "code": {"text": "Biopsy"}, **P, **more}

        found = titled(
            section(
                items(
                    patient(),
                    done("1", "completed", performedString="in spring"),
                    done("2", "not-done", statusReason={"text": "refused"}),
                ),
                "procedures",
            )
        )
        assert found[""][0]["Procedure"] == "Biopsy"
        assert found["Not done"][0]["Reason"] == "refused"


class TestCoverage:
    def test_what_is_not_granted_is_said_where_a_reader_looks(self) -> None:
        scope = Scope(
            EXPORTED, reader="hospital-b", categories=Category.LABORATORY.bit, allowed=Category.LABORATORY.bit
        )
        for name in ("allergies", "problems", "medications"):
            part = section([], name, scope)
            assert part.warning == "Not in this export: the patient's grant does not cover this category."
            assert part.notes == []

    def test_what_was_not_asked_for_is_not_blamed_on_the_patient(self) -> None:
        scope = Scope(EXPORTED, categories=Category.LABORATORY.bit, allowed=ALL_CATEGORIES)
        assert section([], "problems", scope).warning == "Not in this export: this category was not asked for."
        assert document([], scope).left_out[1].startswith("Not asked for: demographics, ")

    def test_one_author_is_not_everything(self) -> None:
        assert document(items(patient()), Scope(EXPORTED, authors=("clinic",))).left_out == (
            "Only records by clinic were asked for.",
        )

    def test_everything_is_called_so(self) -> None:
        assert document(items(patient()), EVERYTHING).left_out == (
            "Nothing: every record that the ledger holds for this patient is in the export.",
        )
        part = Scope(EXPORTED, restricted=1, outside=3, earlier=2, authors=("clinic",))
        assert document(items(patient()), part).left_out == (
            "Restricted classes that are not released, whether or not there are such records: sexual health and HIV, "
            "reproductive health, genetic.",
            "Only records by clinic were asked for.",
            "Earlier versions, which later ones replace: 2.",
            "The ledger holds 3 more versions of records of this patient that this export does not cover.",
        )
