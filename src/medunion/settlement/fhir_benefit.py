"""FHIR R4 ExplanationOfBenefit (https://hl7.org/fhir/R4/explanationofbenefit.html): one for each policy of a claim.

The provider's Claim and the insurer's ClaimResponse in one, for the patient, with what the policy's period has used:

    benefitBalance.financial   deductible, benefit (the annual limit), copay-maximum (the out-of-pocket maximum):
                               `allowedMoney` by the plan, `usedMoney` in the period after this claim
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from medunion.care import fhir_parts as fhir
from medunion.care.fhir_parts import refused
from medunion.insurance.plan import Accumulators, PlanTerms
from medunion.settlement import fhir_claim, fhir_response
from medunion.settlement import fhir_codes as codes
from medunion.settlement.claim import Claim, PolicyAdjudication
from medunion.settlement.fhir_response import Response

CREATED_URL: Final = "urn:medunion:claim-created"
CONTEST_URL: Final = "urn:medunion:contest"
RULE_URL: Final = "urn:medunion:contest-rule"

_BENEFIT: Final = codes.HL7 + "benefit-type"
_MEDICAL_CARE: Final = "1"
_RESPONSE_ONLY: Final = ("requestor", "request", "error", "insurance", "item", "resourceType")


@dataclass(frozen=True, slots=True)
class Balance:
    """One accumulator of a policy's period: of `allowed` (None: no such maximum), `used` after the claim."""

    type: str
    allowed: int | None
    used: int


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """A claim and what one of its policies makes of it; `balances` in the order of `balances_of`."""

    claim: Claim
    created: int
    adjudication: PolicyAdjudication
    balances: tuple[Balance, ...]
    reversed: bool = False

    @property
    def position(self) -> int:
        """The policy's place in the order of payment, from 0."""
        return self.claim.insurances.index(self.adjudication.insurance)


def balances_of(terms: PlanTerms, used: Accumulators) -> tuple[Balance, ...]:
    """The balances of a period."""
    return (
        Balance("deductible", terms.deductible, used.deductible_used),
        Balance("benefit", terms.annual_limit, used.paid),
        Balance("copay-maximum", terms.out_of_pocket_max, used.out_of_pocket_used),
    )


def response_of(explanation: Explanation) -> Response:
    """The insurer's answer in it."""
    claim = explanation.claim
    return Response(
        claim=claim.id,
        use=claim.use,
        type=claim.type,
        patient=claim.patient,
        provider=claim.provider,
        created=explanation.created,
        sequence=explanation.position + 1,
        billed=tuple(line.billed for line in claim.lines),
        adjudication=explanation.adjudication,
        currency=claim.currency,
        reversed=explanation.reversed,
    )


def to_fhir(explanation: Explanation) -> dict[str, Any]:
    """The ExplanationOfBenefit; amounts are `Decimal`."""
    claim, position = explanation.claim, explanation.position
    asked = fhir_claim.to_fhir(claim, position)
    answered = fhir_response.to_fhir(response_of(explanation))
    # What both say, the insurer's answer says last; Claim.total and Claim.priority have other forms there.
    shared = {name: value for name, value in asked.items() if name not in ("total", "insurance", "item")}
    decided = {name: value for name, value in answered.items() if name not in _RESPONSE_ONLY}
    extension = answered["error"][0] if "error" in answered else None
    resource = {
        **shared,
        **decided,
        "resourceType": "ExplanationOfBenefit",
        "identifier": asked["identifier"],
        "claim": answered["request"],
        "insurance": [
            {name: each[name] for name in ("extension", "focal", "coverage")} for each in asked["insurance"]
        ],
        "item": [
            {**item, "adjudication": entry["adjudication"]}
            for item, entry in zip(asked["item"], answered["item"], strict=True)
        ],
        "benefitBalance": [
            {
                "category": codes.standard("ex-benefitcategory", _MEDICAL_CARE),
                "financial": [_financial(each, claim.currency) for each in explanation.balances],
            }
        ],
        "extension": [{"url": CREATED_URL, "valueInstant": fhir.instant(claim.created)}],
    }
    if extension is not None:
        resource["extension"].append({"url": CONTEST_URL, "extension": [*extension["extension"], _coded(extension)]})
    return resource


def from_fhir(resource: dict[str, Any]) -> Explanation:
    """The explanation in a resource that `to_fhir` made, or that says as much; FhirError names the path."""
    codes.require_type(resource, "ExplanationOfBenefit")
    extensions = resource.get("extension", [])
    claim = fhir_claim.from_fhir(_as_claim(resource, extensions))
    focal = [index for index, each in enumerate(resource.get("insurance", [])) if each.get("focal") is True]
    response = fhir_response.from_fhir(_as_response(resource, focal[0] if focal else 0, extensions))
    if response.billed != tuple(line.billed for line in claim.lines):
        raise refused("ExplanationOfBenefit.item", "an item's net amount is not what its adjudication states")
    balances = fhir.only(resource, "benefitBalance").get("financial", [])
    return Explanation(
        claim,
        response.created,
        response.adjudication,
        tuple(
            _balance(each, claim.currency, f"ExplanationOfBenefit.benefitBalance.financial[{index}]")
            for index, each in enumerate(balances)
        ),
        response.reversed,
    )


def _as_claim(resource: Mapping[str, Any], extensions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The Claim inside an explanation."""
    made = [each.get("valueInstant") for each in extensions if each.get("url") == CREATED_URL]
    if len(made) != 1:
        raise refused("ExplanationOfBenefit.extension", "must tell the claim's time")
    totals = {codes.category_of(each.get("category"), "ExplanationOfBenefit.total"): each for each in resource["total"]}
    return {
        **resource,
        "resourceType": "Claim",
        "created": made[0],
        "total": totals.get("submitted", {}).get("amount"),
        "insurance": [
            {**each, "sequence": number} for number, each in enumerate(resource.get("insurance", []), 1)
        ],
    }


def _as_response(resource: Mapping[str, Any], focal: int, extensions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The ClaimResponse inside an explanation."""
    contests = [each.get("extension", []) for each in extensions if each.get("url") == CONTEST_URL]
    errors = [
        {
            "extension": [each for each in inner if each.get("url") != RULE_URL],
            "code": next((each.get("valueCodeableConcept") for each in inner if each.get("url") == RULE_URL), None),
        }
        for inner in contests
    ]
    return {
        **resource,
        "resourceType": "ClaimResponse",
        "requestor": resource.get("provider"),
        "request": resource.get("claim"),
        "error": errors,
        "item": [
            {"itemSequence": item.get("sequence"), "adjudication": item.get("adjudication", [])}
            for item in resource.get("item", [])
        ],
        "insurance": [{"sequence": focal + 1, "coverage": resource.get("insurance", [{}])[focal].get("coverage")}],
    }


def _coded(error: Mapping[str, Any]) -> dict[str, Any]:
    return {"url": RULE_URL, "valueCodeableConcept": error["code"]}


def _financial(balance: Balance, currency: str) -> dict[str, Any]:
    financial = {
        "type": {"coding": [codes.coding(_BENEFIT, balance.type)]},
        "usedMoney": fhir.amount(balance.used, currency),
    }
    if balance.allowed is not None:
        financial["allowedMoney"] = fhir.amount(balance.allowed, currency)
    return financial


def _balance(financial: Mapping[str, Any], currency: str, path: str) -> Balance:
    allowed = financial.get("allowedMoney")
    return Balance(
        codes.code_in(financial.get("type"), _BENEFIT, f"{path}.type"),
        None if allowed is None else codes.amount_in(allowed, currency, f"{path}.allowedMoney"),
        codes.amount_in(financial.get("usedMoney"), currency, f"{path}.usedMoney"),
    )
