import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from medunion.errors import FhirError
from medunion.settlement.claim import (
    ClaimType,
    Contest,
    Insurance,
    LineAdjudication,
    Outcome,
    PolicyAdjudication,
    Use,
)
from medunion.settlement.fhir_benefit import Explanation
from medunion.settlement.fhir_benefit import from_fhir as read_explanation
from medunion.settlement.fhir_benefit import to_fhir as write_explanation
from medunion.settlement.fhir_response import Response, from_fhir, to_fhir

from .claims import exchanged, explanations, responses

ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"


def sample(outcome: Outcome = Outcome.COMPLETE, contest: Contest | None = None) -> Response:
    lines = (
        LineAdjudication(0, 400_00, 400_00, 0, 100_00, 240_00),
        LineAdjudication(1, 250_00, 250_00, 25_00, 0, 180_00),
    )
    return Response(
        claim=b"\x01" * 32,
        use=Use.CLAIM,
        type=ClaimType.INSTITUTIONAL,
        patient=b"\x02" * 32,
        provider=7,
        created=1_800_000_000,
        sequence=1,
        billed=(400_00, 260_00),
        adjudication=PolicyAdjudication(Insurance(b"\x03" * 32, 8), lines, 420_00, 420_00, outcome, contest),
        currency="CNY",
    )


def standard_amounts(entries: list[dict[str, Any]]) -> dict[str, Decimal]:
    """Sums of what a reader who knows nothing but HL7's codes finds."""
    found: dict[str, Decimal] = {}
    for entry in entries:
        for coding in entry["category"]["coding"]:
            if coding["system"] == ADJUDICATION:
                found[coding["code"]] = found.get(coding["code"], Decimal(0)) + entry["amount"]["value"]
    return found


class TestToFhir:
    def test_standard_codes_alone_tell_the_whole_arithmetic(self) -> None:
        found = standard_amounts(to_fhir(sample())["item"][1]["adjudication"])
        assert found == {
            "submitted": Decimal("260.00"),
            "eligible": Decimal("250.00"),
            "copay": Decimal("70.00"),  # self-pay of the class 25.00, and coinsurance 45.00
            "deductible": Decimal(0),
            "benefit": Decimal("180.00"),
        }

    @pytest.mark.parametrize(
        ("outcome", "kind"),
        [(Outcome.COMPLETE, "complete"), (Outcome.PARTIAL, "partial"), (Outcome.QUEUED, None), (Outcome.ERROR, None)],
    )
    def test_only_what_is_decided_has_a_payment(self, outcome: Outcome, kind: str | None) -> None:
        payment = to_fhir(sample(outcome)).get("payment")
        assert (payment and payment["type"]["coding"][0]["code"]) == kind

    def test_a_contest_is_an_error_of_the_plans_rule(self) -> None:
        resource = to_fhir(sample(Outcome.ERROR, Contest(3, b"\x09" * 32, 1_800_000_001)))
        assert [(each["system"], each["code"]) for each in resource["error"][0]["code"]["coding"]] == [
            ("urn:medunion:review-rule", "3"),
            ("urn:medunion:adjudication-reason", "diagnosis-not-accepted"),
            ("http://terminology.hl7.org/CodeSystem/adjudication-reason", "ar001"),
        ]

    def test_a_rule_of_a_later_version_has_the_nearest_reason(self) -> None:
        resource = to_fhir(sample(Outcome.ERROR, Contest(31, b"\x09" * 32, 1_800_000_001)))
        assert [each["code"] for each in resource["error"][0]["code"]["coding"]] == ["31", "ar001"]


class TestFromFhir:
    @given(responses())
    @settings(max_examples=100, deadline=None)
    def test_gives_what_was_written(self, response: Response) -> None:
        assert from_fhir(exchanged(to_fhir(response))) == response

    @pytest.mark.parametrize(
        ("path", "change"),
        [
            ("ClaimResponse.item[0].itemSequence", lambda found: found["item"].reverse()),
            ("ClaimResponse.item[1].adjudication", lambda found: found["item"][1]["adjudication"].pop()),
            (
                "ClaimResponse.item[0].adjudication[1].category",
                lambda found: found["item"][0]["adjudication"].insert(1, found["item"][0]["adjudication"][0]),
            ),
            (
                "ClaimResponse.item[0].adjudication",
                lambda found: found["item"][0]["adjudication"][6]["amount"].update(value=Decimal("1.00")),
            ),
            ("ClaimResponse.total", lambda found: found["total"][1]["amount"].update(value=Decimal("1.00"))),
            ("ClaimResponse.total[0].category", lambda found: found["total"][0]["category"].update(coding=[])),
            ("ClaimResponse.request.identifier", lambda found: found.pop("request")),
            ("ClaimResponse.outcome", lambda found: found.update(outcome="unknown")),
        ],
    )
    def test_refusals_name_the_path(self, path: str, change: Any) -> None:
        resource = copy.deepcopy(exchanged(to_fhir(sample())))
        change(resource)
        with pytest.raises(FhirError) as caught:
            from_fhir(resource)
        assert caught.value.details["path"] == path


class TestExplanation:
    @given(explanations())
    @settings(max_examples=100, deadline=None)
    def test_gives_what_was_written(self, explanation: Explanation) -> None:
        assert read_explanation(exchanged(write_explanation(explanation))) == explanation

    @given(explanations())
    @settings(max_examples=20, deadline=None)
    def test_an_item_that_contradicts_its_adjudication_is_refused(self, explanation: Explanation) -> None:
        resource = exchanged(write_explanation(explanation))
        first = resource["item"][0]["adjudication"][0]["amount"]
        first["value"] = Decimal(first["value"]) + 1
        with pytest.raises(FhirError, match=r"ExplanationOfBenefit"):
            read_explanation(resource)
