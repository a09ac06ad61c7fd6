"""A FHIR Claim with use = predetermination, read."""

import json
from typing import Any

import pytest

from medunion.care.templates import Code
from medunion.errors import FhirError
from medunion.fhir import parse_bundle
from medunion.insurance.engine.claim_request import ClaimRequest, read_claim_request
from medunion.settlement.claim import Claim, ClaimLine, ClaimType, Insurance, Use
from medunion.settlement.fhir_claim import to_fhir
from medunion.vocabulary import Category

from .claims import COLONOSCOPY, FROM, ICD, PROVIDER, UNTIL, concept, day
from .policies import BIOPSY, CATALOGUE, PATIENT, POLICY, UNLISTED

CNY = {"currency": "CNY"}


def named(kind: str, value: object) -> dict[str, Any]:
    return {"identifier": {"system": f"urn:medunion:{kind}", "value": str(value)}}


def insurance(policy: bytes = POLICY, sequence: int = 1, focal: bool = True) -> dict[str, Any]:
    return {"sequence": sequence, "focal": focal, "coverage": named("policy", "0x" + policy.hex())}


def line(*codings: tuple[str, str], sequence: int = 1, **more: Any) -> dict[str, Any]:
    made = {
        "sequence": sequence,
        "productOrService": concept(*(codings or (COLONOSCOPY,))),
        "unitPrice": {"value": 120.5, **CNY},
        "servicedDate": "2026-11-10",
        **more,
    }
    return {key: value for key, value in made.items() if value is not None}


def claim(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = {
        "resourceType": "Claim",
        "status": "active",
        "type": concept(("http://terminology.hl7.org/CodeSystem/claim-type", "institutional")),
        "use": "predetermination",
        "patient": named("patient", "0x" + PATIENT.hex()),
        "created": "2026-11-01",
        "provider": named("member", PROVIDER),
        "priority": concept(("http://terminology.hl7.org/CodeSystem/processpriority", "normal")),
        "insurance": [insurance()],
        "item": list(items) or [line()],
        **more,
    }
    return {key: value for key, value in made.items() if value is not None}


def read(*items: dict[str, Any], **more: Any) -> ClaimRequest:
    return read_claim_request(json.dumps(claim(*items, **more)).encode(), CATALOGUE, "CNY")


class TestReadClaimRequest:
    def test_the_claim_of_these_tests_is_valid_r4(self) -> None:
        assert len(parse_bundle(json.dumps(claim()).encode())) == 1

    def test_who_what_and_when(self) -> None:
        found = read(
            line(quantity={"value": 2}, net={"value": 241, **CNY}),
            line(BIOPSY, sequence=2, servicedDate=None, servicedPeriod={"start": "2026-11-01", "end": "2026-11-30"}),
        ).enquiry
        assert (found.policy, found.patient, found.provider) == (POLICY, PATIENT, PROVIDER)
        assert (found.service_from, found.service_until) == (FROM, UNTIL)
        assert [(each.quantity, each.price, each.billed) for each in found.items] == [
            (2, 12_050, 24_100),
            (1, 12_050, 12_050),
        ]
        assert [each.category for each in found.items] == [Category.PROCEDURES, Category.LABORATORY]

    def test_net_alone_is_the_price_of_all(self) -> None:
        (found,) = read(line(unitPrice=None, quantity={"value": 3}, net={"value": 36.3, **CNY})).enquiry.items
        assert (found.quantity, found.price) == (3, 1_210)

    def test_items_get_new_salts(self) -> None:
        digests = {read().enquiry.items[0].digest for _ in range(3)}
        assert len(digests) == 3

    def test_the_code_that_the_catalogue_knows_is_taken(self) -> None:
        (found,) = read(line(UNLISTED, COLONOSCOPY)).enquiry.items
        assert (found.code.system, found.code.code) == COLONOSCOPY
        (found,) = read(line(("http://loinc.org", "9"), UNLISTED)).enquiry.items
        assert (found.code.code, found.category) == ("9", Category.LABORATORY)

    def test_the_focal_insurance_is_asked(self) -> None:
        both = [insurance(PATIENT, 1, focal=False), insurance(POLICY, 2)]
        assert read(insurance=both).enquiry.policy == POLICY
        assert read(insurance=[insurance(focal=False)]).enquiry.policy == POLICY, "the only one"

    def test_days_are_the_billable_periods_where_a_line_has_none(self) -> None:
        period = {"start": "2026-11-03", "end": "2026-11-04"}
        found = read(line(servicedDate=None), billablePeriod=period).enquiry
        assert (found.service_from, found.service_until) == (day("2026-11-03"), day("2026-11-04"))

    def test_diagnoses_are_the_lines_or_all(self) -> None:
        contained = {
            "resourceType": "Condition",
            "id": "c",
            "code": concept((ICD, "K63.5")),
            "subject": named("patient", "x"),
        }
        diagnosis = [
            {"sequence": 1, "diagnosisCodeableConcept": concept((ICD, "K62.5"))},
            {"sequence": 2, "diagnosisReference": {"reference": "#c"}},
        ]
        found = read(line(diagnosisSequence=[2]), line(sequence=2), contained=[contained], diagnosis=diagnosis)
        assert found.diagnoses == ({(ICD, "K63.5")}, {(ICD, "K62.5"), (ICD, "K63.5")})
        assert read().diagnoses == (frozenset(),)

    def test_the_claim_that_settlement_writes_is_read(self) -> None:
        lines = [ClaimLine(Code(*COLONOSCOPY, ""), 2, 24_100, Category.PROCEDURES)]
        asked = Claim(
            PATIENT, Use.PREDETERMINATION, ClaimType.INSTITUTIONAL, PATIENT, PROVIDER, 1_795_000_000,
            (Insurance(PATIENT, 8), Insurance(POLICY, 9)), tuple(lines), FROM, UNTIL, "CNY",
        )  # fmt: skip
        data = json.dumps(to_fhir(asked, focal=1), default=float).encode()
        found = read_claim_request(data, CATALOGUE, "CNY").enquiry
        assert (found.policy, found.patient, found.provider) == (POLICY, PATIENT, PROVIDER)
        assert (found.service_from, found.service_until) == (FROM, UNTIL)
        assert [(each.quantity, each.price) for each in found.items] == [(2, 12_050)]

    @pytest.mark.parametrize(
        ("changed", "path"),
        [
            (claim(use="claim"), "Claim.use"),
            (claim(status="cancelled"), "Claim.use"),
            (claim(item=None), "Claim.item"),
            (claim(type={"text": "x"}), "Claim.type"),
            (claim(type=concept(("http://terminology.hl7.org/CodeSystem/claim-type", "x"))), "Claim.type"),
            (claim(patient={"reference": "Patient/p1"}), "Claim.patient"),
            (claim(provider=named("member", "B")), "Claim.provider.identifier.value"),
            (claim(insurance=[insurance(focal=False), insurance(sequence=2, focal=False)]), "Claim.insurance"),
            (
                claim(insurance=[{**insurance(), "coverage": {"display": "B"}}]),
                "Claim.insurance[0].coverage.identifier",
            ),
            (claim(line(unitPrice=None)), "Claim.item[0]"),
            (claim(line(quantity={"value": 1.5})), "Claim.item[0].quantity"),
            (claim(line(quantity={"value": 0})), "Claim.item[0].quantity"),
            (claim(line(factor=0.5)), "Claim.item[0].factor"),
            (claim(line(unitPrice={"value": 1, "currency": "USD"})), "Claim.item[0].unitPrice.currency"),
            (claim(line(unitPrice={"value": 1.005, **CNY})), "Claim.item[0].unitPrice.value"),
            (claim(line(unitPrice={"value": -1, **CNY})), "Claim.item[0].unitPrice.value"),
            (claim(line(net={"value": 120.51, **CNY})), "Claim.item[0].net"),
            (claim(line(unitPrice=None, quantity={"value": 3}, net={"value": 10, **CNY})), "Claim.item[0].net"),
            (claim(line(servicedDate=None)), "Claim.item[0].serviced"),
            (claim(line(servicedDate="2026-11")), "Claim.item[0].serviced"),
            (claim({**line(), "productOrService": {"text": "x"}}), "Claim.item[0].productOrService"),
            ({**claim(), "resourceType": "Invoice"}, None),
        ],
    )
    def test_what_cannot_be_taken_is_named_by_path(self, changed: dict[str, Any], path: str | None) -> None:
        with pytest.raises(FhirError) as failure:
            read_claim_request(json.dumps(changed).encode(), CATALOGUE, "CNY")
        assert path is None or failure.value.details["path"] == path
        assert PATIENT.hex() not in failure.value.message
