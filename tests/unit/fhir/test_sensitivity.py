import csv
from importlib import resources

import pytest

from medunion.fhir import mask_of, mask_of_code
from medunion.vocabulary import RestrictedClass

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ICD_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD = "http://hl7.org/fhir/sid/icd-10"
NONE = RestrictedClass(0)
MENTAL, SEXUAL = RestrictedClass.MENTAL_HEALTH, RestrictedClass.SEXUAL_HEALTH_AND_HIV
REPRODUCTIVE, GENETIC = RestrictedClass.REPRODUCTIVE, RestrictedClass.GENETIC


class TestLabels:
    @pytest.mark.parametrize(
        ("code", "mask"),
        [
            ("PSY", MENTAL),
            ("ETH", MENTAL),
            ("MH", MENTAL),
            ("HIV", SEXUAL),
            ("STD", SEXUAL),
            ("SDV", SEXUAL),
            ("SEX", SEXUAL | REPRODUCTIVE),
            ("GDIS", GENETIC),
            ("DEMO", NONE),
            ("AMB", NONE),
        ],
    )
    def test_hl7_v3_sensitivity(self, code: str, mask: RestrictedClass) -> None:
        assert mask_of_code(ACT, code) == mask

    def test_old_names_of_the_code_system(self) -> None:
        assert mask_of_code("urn:oid:2.16.840.1.113883.5.4", "HIV") == SEXUAL


class TestCodes:
    @pytest.mark.parametrize(
        ("code", "mask"),
        [
            ("F01", MENTAL),
            ("F32.9", MENTAL),
            ("F99", MENTAL),
            ("E99", NONE),
            ("G00", NONE),
            ("T14.91XA", MENTAL),
            ("T14.90", NONE),
            ("X80.0XXA", MENTAL),
            ("A50.0", SEXUAL),
            ("A64", SEXUAL),
            ("A65", NONE),
            ("B20", SEXUAL),
            ("B24.x01", SEXUAL),
            ("B25", NONE),
            ("Z21", SEXUAL),
            ("Z11.4", SEXUAL),
            ("Z11.5", NONE),
            ("O00.1", REPRODUCTIVE),
            ("O9A.2", REPRODUCTIVE),
            ("O98.711", SEXUAL | REPRODUCTIVE),
            ("Z30.0", REPRODUCTIVE),
            ("Z31.5", REPRODUCTIVE | GENETIC),
            ("Z3A.12", REPRODUCTIVE),
            ("Q90.9", GENETIC),
            ("Z15.01", GENETIC),
            ("D68.1", NONE),
            ("F", NONE),
            ("", NONE),
        ],
    )
    def test_icd_10_ranges(self, code: str, mask: RestrictedClass) -> None:
        assert mask_of_code(ICD_CM, code) == mask_of_code(ICD, code) == mask

    @pytest.mark.parametrize(
        ("system", "code", "mask"),
        [
            ("http://snomed.info/sct", "86406008", SEXUAL),
            ("http://snomed.info/sct", "370143000", MENTAL),
            ("http://snomed.info/sct", "72892002", REPRODUCTIVE),
            ("http://snomed.info/sct", "190905008", GENETIC),
            ("http://snomed.info/sct", "59621000", NONE),
            ("http://loinc.org", "56888-1", SEXUAL),
            ("http://loinc.org", "51969-4", GENETIC),
            ("http://www.nlm.nih.gov/research/umls/rxnorm", "1433873", SEXUAL),
            ("http://x.org", "86406008", NONE),
            (None, "86406008", NONE),
            ("http://snomed.info/sct", None, NONE),
        ],
    )
    def test_single_codes(self, system: str | None, code: str | None, mask: RestrictedClass) -> None:
        assert mask_of_code(system, code) == mask

    def test_union(self) -> None:
        assert mask_of([(ACT, "PSY"), ("http://loinc.org", "51969-4"), ("x", "y")]) == MENTAL | GENETIC
        assert mask_of([]) == NONE


class TestTable:
    def test_every_line_names_its_source(self) -> None:
        text = resources.files("medunion.fhir").joinpath("data/restricted.csv").read_text("utf-8")
        rows = list(csv.DictReader(text.splitlines()))
        assert len({(row["class"], row["system"], row["code"]) for row in rows}) == len(rows) > 200
        assert all(row["source"] and row["meaning"] and row["match"] in ("code", "range") for row in rows)

    def test_every_class_has_labels_ranges_and_codes(self) -> None:
        text = resources.files("medunion.fhir").joinpath("data/restricted.csv").read_text("utf-8")
        found = {(row["class"], row["match"]) for row in csv.DictReader(text.splitlines())}
        assert len(found) == 8
