"""FHIR R4 ClaimResponse (https://hl7.org/fhir/R4/claimresponse.html) of one policy, both ways.

item.adjudication   submitted, class, allowed, eligible, selfPay (先行自付), deductible, coinsurance, benefit
total               the same in sums; `benefit` is what the policy pays, which by case is not the items' sum
outcome             queued: under review; complete; error: contested, `error.code` is rule and reason; partial:
                    paid less than was adjudicated, after a concession or a ruling
status              cancelled: the claim was reversed
"""

from dataclasses import dataclass
from typing import Any, Final

from medunion.care import fhir_parts as fhir
from medunion.care.fhir_parts import refused
from medunion.insurance.engine.published import Rule
from medunion.insurance.engine.reasons import NOT_COVERED, Reason
from medunion.settlement import fhir_codes as codes
from medunion.settlement.claim import (
    ClaimType,
    Contest,
    Insurance,
    LineAdjudication,
    Outcome,
    PolicyAdjudication,
    Use,
)

DIGEST_URL: Final = "urn:medunion:reason-digest"
UNTIL_URL: Final = "urn:medunion:objection-until"

_CLAIM_TYPE: Final = codes.HL7 + "claim-type"
_LINE: Final = ("class", "allowed", "eligible", "selfPay", "deductible", "benefit")


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """An insurer's answer for one policy; `billed` by line, `reversed` when the claim gave everything back."""

    claim: bytes
    use: Use
    type: ClaimType
    patient: bytes
    provider: int
    created: int
    sequence: int
    billed: tuple[int, ...]
    adjudication: PolicyAdjudication
    currency: str
    reversed: bool = False


def to_fhir(response: Response) -> dict[str, Any]:
    """The ClaimResponse; amounts are `Decimal`."""
    found = response.adjudication
    resource: dict[str, Any] = {
        "resourceType": "ClaimResponse",
        "status": "cancelled" if response.reversed else "active",
        "type": codes.standard("claim-type", response.type),
        "use": str(response.use),
        "patient": fhir.patient_reference(response.patient),
        "created": fhir.instant(response.created),
        "insurer": fhir.member_reference(found.insurance.insurer),
        "requestor": fhir.member_reference(response.provider),
        "request": codes.reference("agreement", "Claim", response.claim),
        "outcome": str(found.outcome),
        "item": [
            {"itemSequence": number, "adjudication": line_entries(billed, line, response.currency)}
            for number, (billed, line) in enumerate(zip(response.billed, found.lines, strict=True), 1)
        ],
        "total": total_entries(response.billed, found, response.currency),
        "insurance": [
            {
                "sequence": response.sequence,
                "focal": True,
                "coverage": codes.reference("policy", "Coverage", found.insurance.policy),
            }
        ],
    }
    if found.outcome in (Outcome.COMPLETE, Outcome.PARTIAL) and response.use is Use.CLAIM and not response.reversed:
        resource["payment"] = _payment(found, response.currency)
    if found.contest is not None:
        resource["error"] = [_error(found.contest)]
    return resource


def from_fhir(resource: dict[str, Any]) -> Response:
    """The answer in a resource that `to_fhir` made, or that says as much; FhirError names the path."""
    codes.require_type(resource, "ClaimResponse")
    outcome = codes.one_of(Outcome, resource.get("outcome"), "ClaimResponse.outcome")
    insurance = fhir.only(resource, "insurance")
    policy = codes.id_in(insurance.get("coverage"), "policy", "ClaimResponse.insurance.coverage")
    insurer = fhir.member_of(resource.get("insurer"), "ClaimResponse.insurer")
    totals = resource.get("total") or [{}]
    currency = totals[0].get("amount", {}).get("currency", "")
    billed, lines = read_lines(resource.get("item", []), "itemSequence", currency, "ClaimResponse.item")
    paid, adjudicated = read_totals(totals, lines, currency, "ClaimResponse.total")
    error = fhir.only(resource, "error")
    kind = codes.code_in(resource.get("type"), _CLAIM_TYPE, "ClaimResponse.type")
    return Response(
        claim=codes.id_in(resource.get("request"), "agreement", "ClaimResponse.request"),
        use=codes.one_of(Use, resource.get("use"), "ClaimResponse.use"),
        type=codes.one_of(ClaimType, kind, "ClaimResponse.type"),
        patient=fhir.patient_of(resource.get("patient"), "ClaimResponse.patient"),
        provider=fhir.member_of(resource.get("requestor"), "ClaimResponse.requestor"),
        created=fhir.seconds(resource.get("created"), "ClaimResponse.created"),
        sequence=codes.whole(insurance.get("sequence"), "ClaimResponse.insurance.sequence"),
        billed=billed,
        adjudication=PolicyAdjudication(
            Insurance(policy, insurer), lines, adjudicated, paid, outcome, _contest(error) if error else None
        ),
        currency=currency,
        reversed=resource.get("status") == "cancelled",
    )


def line_entries(billed: int, line: LineAdjudication, currency: str) -> list[dict[str, Any]]:
    """`item.adjudication` of one line, in ClaimResponse as in ExplanationOfBenefit."""
    return [
        codes.stated("submitted", billed, currency),
        {"category": codes.category("class"), "value": line.class_index},
        codes.stated("allowed", line.allowed, currency),
        codes.stated("eligible", line.eligible, currency),
        codes.stated("selfPay", line.self_pay, currency),
        codes.stated("deductible", line.deductible, currency),
        codes.stated("coinsurance", line.coinsurance, currency),
        codes.stated("benefit", line.paid, currency),
    ]


def total_entries(billed: tuple[int, ...], found: PolicyAdjudication, currency: str) -> list[dict[str, Any]]:
    """`total`: sums of the lines, what the policy was to pay when the claim was filed, and what it pays."""
    lines = found.lines
    return [
        codes.stated("submitted", sum(billed), currency),
        codes.stated("eligible", sum(line.eligible for line in lines), currency),
        codes.stated("selfPay", sum(line.self_pay for line in lines), currency),
        codes.stated("deductible", sum(line.deductible for line in lines), currency),
        codes.stated("coinsurance", sum(line.coinsurance for line in lines), currency),
        codes.stated("adjudicated", found.adjudicated, currency),
        codes.stated("benefit", found.paid, currency),
    ]


def read_lines(
    items: list[dict[str, Any]], number: str, currency: str, path: str
) -> tuple[tuple[int, ...], tuple[LineAdjudication, ...]]:
    """What was billed, and the adjudication, by line; items stand in order of their number, from 1."""
    billed, lines = [], []
    for index, item in enumerate(items):
        here = f"{path}[{index}]"
        if item.get(number) != index + 1:
            raise refused(f"{here}.{number}", "must count the items from 1")
        found = codes.amounts(item.get("adjudication", []), currency, f"{here}.adjudication")
        line = LineAdjudication(*codes.need(found, _LINE, f"{here}.adjudication"))
        stated, coinsurance = codes.need(found, ("submitted", "coinsurance"), f"{here}.adjudication")
        if coinsurance != line.coinsurance:
            raise refused(f"{here}.adjudication", "its amounts do not sum to what is eligible")
        billed.append(stated)
        lines.append(line)
    return tuple(billed), tuple(lines)


def read_totals(
    entries: list[dict[str, Any]], lines: tuple[LineAdjudication, ...], currency: str, path: str
) -> tuple[int, int]:
    """What the policy pays, and what it was to pay when the claim was filed."""
    found = codes.amounts(entries, currency, path)
    eligible, deductible, paid, adjudicated = codes.need(
        found, ("eligible", "deductible", "benefit", "adjudicated"), path
    )
    if (eligible, deductible) != (sum(each.eligible for each in lines), sum(each.deductible for each in lines)):
        raise refused(path, "must be the sums of the items")
    return paid, adjudicated


def _payment(found: PolicyAdjudication, currency: str) -> dict[str, Any]:
    kind = "partial" if found.outcome is Outcome.PARTIAL else "complete"
    return {"type": codes.standard("ex-paymenttype", kind), "amount": fhir.amount(found.paid, currency)}


def _error(contest: Contest) -> dict[str, Any]:
    return {
        "extension": [
            {"url": DIGEST_URL, "valueString": "0x" + contest.reason_digest.hex()},
            {"url": UNTIL_URL, "valueInstant": fhir.instant(contest.object_until)},
        ],
        "code": {"coding": [codes.coding(codes.RULE, str(contest.rule)), *_reason(contest.rule)]},
    }


def _reason(rule: int) -> list[dict[str, Any]]:
    """The reason that a contest by a published rule gives; of a rule that is not known here, the nearest."""
    published = next((each.reason for each in Rule if each == rule), Reason("", NOT_COVERED))
    coding: list[dict[str, Any]] = published.concept()["coding"]
    return coding


def _contest(error: dict[str, Any]) -> Contest:
    path = "ClaimResponse.error"
    extensions = {each.get("url"): each for each in error.get("extension", [])}
    text = codes.code_in(error.get("code"), codes.RULE, f"{path}.code")
    if not text.isascii() or not text.isdecimal() or int(text) > 31:
        raise refused(f"{path}.code", "must be a rule from 0 to 31")
    digest = {"system": "urn:medunion:reason", "value": extensions.get(DIGEST_URL, {}).get("valueString", "")}
    until = extensions.get(UNTIL_URL, {}).get("valueInstant")
    return Contest(
        int(text), fhir.id_of(digest, "reason", f"{path}.extension"), fhir.seconds(until, f"{path}.extension")
    )
