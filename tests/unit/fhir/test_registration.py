from typing import Any

import pytest

from medunion.fhir.registration import Registration, registration

from .builders import coded, patient, ref

CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"


def allergy(text: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "AllergyIntolerance", "code": {"text": text}, "patient": ref("Patient/p1"), **more}


def coverage(payor: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Coverage", "status": "active", "payor": [{"display": payor}], **more}


class TestPatientFields:
    def test_all(self) -> None:
        found = registration(
            [
                patient(
                    name=[{"use": "maiden", "text": "Old"}, {"use": "official", "given": ["Anna", "B"], "family": "C"}],
                    telecom=[
                        {"system": "email", "value": "a@b"},
                        {"system": "phone", "value": "0", "use": "old"},
                        {"system": "phone", "value": "1"},
                    ],
                    address=[{"use": "old", "text": "away"}, {"line": ["Road 1"], "city": "Town", "country": "XX"}],
                    identifier=[{"type": {"text": "ID"}, "system": "urn:x", "value": "5"}, {"system": "urn:y"}],
                    communication=[{"language": {"text": "English"}}],
                    maritalStatus={"coding": [{"code": "M", "display": "Married"}]},
                )
            ]
        )
        assert (found.name, found.gender, found.birth_date) == ("Anna B C", "female", "1980-02-03")
        assert (found.phone, found.address) == ("1", "Road 1, Town, XX")
        assert [(one.kind, one.system, one.value) for one in found.identifiers] == [("ID", "urn:x", "5")]
        assert (found.language, found.marital_status) == ("English", "Married")

    def test_text_wins_over_parts(self) -> None:
        person = patient(name=[{"text": "张伟", "family": "张", "given": ["伟"]}], address=[{"text": "示例市"}])
        found = registration([person])
        assert (found.name, found.address) == ("张伟", "示例市")

    def test_what_is_filled_and_what_is_missing(self) -> None:
        found = registration([patient()])
        assert found.filled == ("gender", "birth_date")
        assert found.missing == ("name", "identifiers", "phone", "address", "payor")

    def test_nothing(self) -> None:
        assert registration([]) == Registration()


class TestAllergies:
    @pytest.mark.parametrize(
        "more",
        [
            {"clinicalStatus": coded(CLINICAL, "resolved")},
            {"clinicalStatus": coded(CLINICAL, "inactive")},
            {"verificationStatus": coded(VERIFIED, "refuted")},
            {"verificationStatus": coded(VERIFIED, "entered-in-error")},
        ],
    )
    def test_what_no_longer_stands_is_left_out(self, more: dict[str, Any]) -> None:
        assert registration([allergy("egg"), allergy("nut", **more)]).allergies == ("egg",)

    def test_each_once(self) -> None:
        assert registration([allergy("egg"), allergy("egg")]).allergies == ("egg",)


class TestPayor:
    def claim(self, day: str, payor: str) -> dict[str, Any]:
        return {
            "resourceType": "ExplanationOfBenefit",
            "billablePeriod": {"start": day},
            "contained": [coverage(payor)],
        }

    def test_the_latest_claim(self) -> None:
        claims = [self.claim("2024-01-01", "new"), self.claim("2020-01-01", "old")]
        assert registration(claims).payor == "new"

    def test_an_own_coverage_wins(self) -> None:
        assert registration([coverage("own"), self.claim("2024-01-01", "claimed")]).payor == "own"

    def test_cancelled_coverage_is_none(self) -> None:
        assert registration([coverage("gone", status="cancelled")]).payor == ""

    def test_type_when_no_payor_is_named(self) -> None:
        named = {
            "resourceType": "Coverage",
            "status": "active",
            "type": {"text": "public"},
            "payor": [ref("Organization/1")],
        }
        assert registration([named]).payor == "public"
