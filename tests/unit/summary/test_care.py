"""Encounters, imaging, documents, plans, coverage, devices, who the patient is, and everything else."""

import base64
from typing import Any

from medunion.summary import Item

from ..fhir.builders import coded, encounter, patient, ref
from .pages import document, items, page, rows, section, titled

P = {"subject": ref("Patient/p1")}


class TestCare:
    def test_encounters_newest_first_with_place_and_people(self) -> None:
        person = {"individual": {"reference": "Practitioner/x", "display": "Dr. Li"}}
        place = {"reference": "Organization/y", "display": "County Hospital"}
        older = encounter("e0", period={"start": "2020-01-01"}, status="cancelled")
        made = items(
            patient(), older, encounter(participant=[person], serviceProvider=place, type=[{"text": "check-up"}])
        )
        found = rows(section(made, "encounters").tables[0])
        assert [row["Status"] for row in found] == ["", "cancelled"]
        assert found[0]["Encounter"] == "check-up\nambulatory"
        assert found[0]["Place, people"] == "County Hospital\nDr. Li"

    def test_documents_and_reports_that_are_no_laboratorys(self) -> None:
        reference = {
            "resourceType": "DocumentReference",
            "id": "d",
            "status": "superseded",
            "type": {"text": "Discharge"},
            "date": "2024-01-02T03:04:05Z",
            "content": [{"attachment": {"contentType": "text/plain; charset=utf-8"}}],
            **P,
        }
        note = {"resourceType": "DiagnosticReport", "id": "n", "status": "final", "code": {"text": "Note"}, **P}
        lab = {
            "resourceType": "DiagnosticReport",
            "id": "l",
            "status": "final",
            "code": {"text": "Panel"},
            **P,
            "conclusion": "all is well",
            "category": [coded("http://terminology.hl7.org/CodeSystem/v2-0074", "LAB")],
        }
        made = items(patient(), reference, note, lab)
        found = rows(section(made, "documents").tables[0])
        assert [(row["Document"], row["Form"], row["Status"]) for row in found] == [
            ("Discharge", "text/plain", "superseded"),
            ("Note", "", ""),
        ]
        assert titled(section(made, "laboratory"))["Reports"][0]["Conclusion"] == "all is well"

    def test_texts_can_be_read(self) -> None:
        def note(name: str, data: bytes, kind: str, day: str) -> dict[str, Any]:
            file = {"contentType": kind, "data": base64.b64encode(data).decode()}
            return {"resourceType": "DiagnosticReport", "id": name, "status": "final", "code": {"text": "Note"}, **P,
                    "effectiveDateTime": day, "presentedForm": [file]}  # fmt: skip

        notes = [
            note("a", "Sehr müde\n<b>\x07".encode(), "text/plain; charset=utf-8", "2024-01-02"),
            note("b", "头痛".encode("gb18030"), "text/plain;charset=GB18030", "2024-01-01"),
            note("c", "Sehr müde\n<b>\x07".encode(), "text/plain", "2023-01-01"),
            note("d", b"x" * 30_000, "text/plain; charset=none", "2022-01-01"),
            note("e", b"%PDF", "application/pdf", "2021-01-01"),
        ]
        made = items(patient(), *notes)
        found = section(made, "documents").prose
        assert [(each.title, each.text[:12]) for each in found] == [
            ("2024-01-02 Note", "Sehr müde\n<b"), ("2024-01-01 Note", "头痛"), ("2022-01-01 Note", "x" * 12)
        ]  # fmt: skip
        assert (len(found[2].text), found[2].note) == (20_000, "Shortened: the whole text is in the bundle.")
        assert "Sehr müde\n&lt;b&gt;\ufffd" in page(made)

    def test_imaging(self) -> None:
        study = {
            "resourceType": "ImagingStudy",
            "id": "i",
            "status": "available",
            "started": "2024-01-01T10:00:00Z",
            **P,
            "series": [
                {
                    "uid": "1.2",
                    "modality": {"code": "CT"},
                    "bodySite": {"display": "Chest"},
                    "instance": [{"uid": "1.2.3", "sopClass": {"code": "x"}}],
                }
            ],
        }
        assert rows(section(items(patient(), study), "imaging").tables[0])[0] == {
            "Study": "CT",
            "Date": "2024-01-01 10:00",
            "Body site": "Chest",
            "Remarks": "series: 1, images: 1",
            "by": "hospital-a",
        }

    def test_plans_active_first_and_goals(self) -> None:
        def plan(name: str, status: str, start: str) -> dict[str, Any]:
            activity = {"detail": {"code": {"text": "walk"}, "status": "in-progress"}}
            return {"resourceType": "CarePlan", "id": name, "status": status, "intent": "plan", "title": name, **P,
                    "period": {"start": start}, "activity": [activity]}  # fmt: skip

        goal = {"resourceType": "Goal", "id": "g", "lifecycleStatus": "active", "description": {"text": "80 kg"}, **P}
        found = titled(section(items(patient(), plan("old", "active", "2010"), plan("new", "completed", "2024"), goal),
                               "care_plans"))  # fmt: skip
        assert [row["Plan"] for row in found[""]] == ["old", "new"]
        assert found[""][0]["Activities"] == "walk (in progress)"
        assert found["Goals"][0]["Goal"] == "80 kg"

    def test_coverage_also_from_claims(self) -> None:
        inside = {"resourceType": "Coverage", "id": "c", "status": "active", "beneficiary": ref("Patient/p1"),
                  "payor": [{"display": "Humana"}]}  # fmt: skip
        claim = {
            "resourceType": "Claim",
            "id": "k",
            "status": "active",
            "type": {"text": "institutional"},
            "use": "claim",
            "patient": ref("Patient/p1"),
            "created": "2024-01-01",
            "provider": {"display": "x"},
            "contained": [inside],
            "priority": {"text": "normal"},
            "insurance": [{"sequence": 1, "focal": True, "coverage": ref("#c")}],
        }
        part = section(items(patient(), claim, {**claim, "id": "k2"}), "coverage")
        assert rows(part.tables[0]) == [
            {"Payer": "Humana", "Status": "active", "Remarks": "stated in a claim", "by": "hospital-a"}
        ]
        assert (part.count, part.tables[0].rows[0].count) == (1, 2)

    def test_devices(self) -> None:
        device = {
            "resourceType": "Device",
            "id": "d",
            "status": "active",
            "type": {"text": "Pacemaker"},
            "patient": ref("Patient/p1"),
            "udiCarrier": [{"deviceIdentifier": "0123"}],
            "serialNumber": "S1",
        }
        row = rows(section(items(patient(), device), "devices").tables[0])[0]
        assert (row["Device"], row["Number"], row["Serial, lot"]) == ("Pacemaker", "0123", "S1")

    def test_types_without_a_section_are_counted(self) -> None:
        specimen = {"resourceType": "Specimen", "id": "s", **P}
        part = section(items(patient(), specimen, {**specimen, "id": "t"}), "others")
        assert [(row["Type"], row["Records"]) for row in rows(part.tables[0])] == [("Specimen", "2")]
        assert part.count == 2

    def test_what_was_entered_in_error_is_counted_there_too(self) -> None:
        claim = {"resourceType": "PaymentNotice", "id": "n", "status": "entered-in-error", "created": "2024-01-01"}
        more = {"payment": {"display": "x"}, "recipient": {"display": "x"}, "amount": {"value": 1, "currency": "CNY"}}
        specimen = {"resourceType": "Specimen", "id": "s", **P}
        part = section(items(patient(), {**claim, **more}, specimen), "others")
        assert (part.count, part.notes[0]) == (1, "Left out as entered in error: 1.")


class TestPerson:
    def test_facts(self) -> None:
        names = [{"use": "maiden", "family": "Alt"}, {"use": "official", "family": "Neu", "given": ["Eva"]}]
        numbers = [{"type": {"text": "MRN"}, "value": "7"}, {"system": "urn:x", "value": "8", "use": "old"}]
        found = document(
            items(patient(name=names, identifier=numbers, telecom=[{"system": "phone", "value": "1"}]))
        ).persons
        assert [each.name for each in found] == ["Eva Neu"]
        facts = dict(found[0].facts)
        assert facts["Born"] == "1980-02-03 (46 years)"
        assert (facts["Gender"], facts["Identifiers"], facts["Other names"]) == (
            "female",
            "MRN: 7",
            "Alt (maiden name)",
        )

    def test_a_dead_patient_has_no_age(self) -> None:
        facts = dict(document(items(patient(deceasedDateTime="2020-01-01"))).persons[0].facts)
        assert (facts["Born"], facts["Deceased"]) == ("1980-02-03", "2020-01-01")
        assert "Deceased" not in dict(document(items(patient(deceasedBoolean=False))).persons[0].facts)

    def test_authors_that_differ_are_both_shown_the_later_first(self) -> None:
        one = items(patient(name=[{"text": "Eva"}]))
        two = [
            Item(each.resource, "hospital-b", (2, b"p"), each.category, committed_at=1_800_000_000)
            for each in items(patient(name=[{"text": "Ewa"}]))
        ]
        found = document([*one, *two]).persons
        assert [(each.name, each.authors) for each in found] == [("Ewa", ("hospital-b",)), ("Eva", ("hospital-a",))]

    def test_nobody(self) -> None:
        assert document([]).persons == ()
        assert document([]).left_out[0].startswith("The records hold no patient resource")

    def test_why_a_birth_date_is_missing(self) -> None:
        url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
        absent = {"extension": [{"url": url, "valueCode": "asked-unknown"}]}
        resource = patient()
        del resource["birthDate"]
        facts = dict(document(items({**resource, "_birthDate": absent})).persons[0].facts)
        assert facts["Born"] == "— (asked, not known)"


class TestSources:
    def test_who_wrote_how_much_and_when(self) -> None:
        made = [*items(patient(), encounter()), *items(patient(), author="clinic", number=2)]
        found = rows(document(made).sources)
        assert [(row["Recorded by"], row["Records"]) for row in found] == [("clinic", "1"), ("hospital-a", "2")]
        assert found[0]["First committed"] == "2023-11-14 22:13 UTC"
