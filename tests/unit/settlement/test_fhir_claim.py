import copy
import gzip
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from medunion.care.templates import Code
from medunion.demo import samples
from medunion.errors import FhirError
from medunion.settlement.claim import Claim, ClaimLine, ClaimType, Insurance, Use
from medunion.settlement.fhir_claim import billed_items, from_fhir, to_fhir
from medunion.vocabulary import Category

from .claims import claims, exchanged

HEAL = Code("http://snomed.info/sct", "185347001", "Encounter for problem")


def sample(**more: Any) -> Claim:
    values: dict[str, Any] = {
        "id": b"\x01" * 32,
        "use": Use.CLAIM,
        "type": ClaimType.INSTITUTIONAL,
        "patient": b"\x02" * 32,
        "provider": 7,
        "created": 1_800_000_000,
        "insurances": (Insurance(b"\x03" * 32, 8), Insurance(b"\x04" * 32, 9)),
        "lines": (
            ClaimLine(HEAL, 1, 400_00, Category.PROCEDURES, b"\x05" * 32),
            ClaimLine(HEAL, 2, 25_50, Category.LABORATORY, b"\x06" * 32),
            ClaimLine(HEAL, 1, 1, Category.PROCEDURES, b"\x05" * 32),
        ),
        "first_day": 46_350,
        "last_day": 46_352,
        "currency": "CNY",
    }
    return Claim(**{**values, **more})


def synthea_claims() -> list[dict[str, Any]]:
    found = []
    for name in samples.PATIENT_FILES:
        bundle = json.loads(gzip.decompress(samples.read(name)), parse_float=Decimal)
        found += [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Claim"]
    return found


class TestToFhir:
    def test_policies_stand_in_order_of_payment_and_one_is_addressed(self) -> None:
        resource = to_fhir(sample(), 1)
        assert [(each["sequence"], each["focal"]) for each in resource["insurance"]] == [(1, False), (2, True)]
        assert all("identifier" not in each for each in resource["insurance"])  # of R4: a number given before the claim
        assert resource["insurer"]["identifier"] == {"system": "urn:medunion:member", "value": "9"}

    def test_a_record_that_proves_two_lines_stands_once(self) -> None:
        resource = to_fhir(sample())
        assert [each["sequence"] for each in resource["supportingInfo"]] == [1, 2]
        assert [each["informationSequence"] for each in resource["item"]] == [[1], [2], [1]]

    def test_amounts_are_exact(self) -> None:
        assert exchanged(to_fhir(sample()))["total"] == {"value": Decimal("425.51"), "currency": "CNY"}


class TestFromFhir:
    @given(claims())
    @settings(max_examples=100, deadline=None)
    def test_gives_what_was_written(self, claim: Claim) -> None:
        assert from_fhir(exchanged(to_fhir(claim))) == claim

    @pytest.mark.parametrize(
        ("path", "change"),
        [
            ("Claim.total", lambda claim: claim["total"].update(value=Decimal("1.00"))),
            ("Claim.item[1].net.currency", lambda claim: claim["item"][1]["net"].update(currency="USD")),
            ("Claim.item[0].net.value", lambda claim: claim["item"][0]["net"].update(value=Decimal("0.001"))),
            ("Claim.item[2].informationSequence", lambda claim: claim["item"][2].update(informationSequence=[3])),
            ("Claim.item[0].extension", lambda claim: claim["item"][0].pop("extension")),
            ("Claim.item[0].productOrService", lambda claim: claim["item"][0]["productOrService"].update(coding=[])),
            ("Claim.insurance.sequence", lambda claim: claim["insurance"].reverse()),
            ("Claim.insurance[1].extension", lambda claim: claim["insurance"][1].pop("extension")),
            ("Claim.insurance.focal", lambda claim: claim["insurance"][0].update(focal=False)),
            ("Claim.patient.identifier", lambda claim: claim["patient"]["identifier"].update(system="urn:other")),
            ("Claim.billablePeriod.start", lambda claim: claim["billablePeriod"].pop("start")),
            ("Claim.use", lambda claim: claim.update(use="preauthorization")),
            ("resourceType", lambda claim: claim.update(resourceType="Coverage")),
        ],
    )
    def test_refusals_name_the_path(self, path: str, change: Any) -> None:
        resource = copy.deepcopy(exchanged(to_fhir(sample())))
        change(resource)
        with pytest.raises(FhirError) as caught:
            from_fhir(resource)
        assert caught.value.details["path"] == path


class TestBilledItems:
    def test_reads_every_claim_of_the_samples(self) -> None:
        found = [(claim, billed_items(claim)) for claim in synthea_claims()]
        assert len(found) > 60
        for claim, items in found:
            assert [item.sequence for item in items] == [item["sequence"] for item in claim["item"]]
            for item, given_item in zip(items, claim["item"], strict=True):
                assert item.codes[0].code == given_item["productOrService"]["coding"][0]["code"]
                net = given_item.get("net")
                assert item.net == (None if net is None else int(Decimal(net["value"]) * 100))
                assert all(reference.startswith("urn:uuid:") for reference in item.references)

    def test_references_of_what_an_item_names_are_its_own(self) -> None:
        items = [item for claim in synthea_claims() for item in billed_items(claim)]
        assert sum(bool(item.references) for item in items) > 200

    def test_an_item_without_code_is_refused_by_its_path(self) -> None:
        claim = synthea_claims()[0]
        claim["item"][0]["productOrService"] = {"text": "words"}
        with pytest.raises(FhirError, match=r"Claim\.item\[0\]\.productOrService"):
            billed_items(claim)

    def test_a_number_that_the_claim_lacks_is_refused(self) -> None:
        claim = synthea_claims()[0]
        claim["item"][0]["procedureSequence"] = [99]
        with pytest.raises(FhirError, match=r"Claim\.item\[0\]: names procedure 99"):
            billed_items(claim)
