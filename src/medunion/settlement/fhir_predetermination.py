"""FHIR R4 ClaimResponse (https://hl7.org/fhir/R4/claimresponse.html) of an answer before treatment, both ways.

request             the Claim that asked, by its identifier; of an offer, the agreement
outcome             complete: the answer says how the policy takes each line; error: it is refused, and `error` has the
                    reason, for each line that it is about
item.adjudication   submitted, class, allowed; of a line that is not covered, `allowed` has the reason
preAuthRef          the answer's digest, which the insurer signed
preAuthPeriod       while it binds: an answer to an offer that became a Predetermination; other answers bind nobody

What the policy pays depends on what its period will have used by then, so no answer says it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from medunion.care import fhir_parts as fhir
from medunion.care.fhir_parts import refused
from medunion.care.terms import NOT_COVERED, Cover
from medunion.errors import InputError
from medunion.insurance.engine import reasons
from medunion.insurance.engine.answers import SignedAnswer
from medunion.insurance.engine.claim_request import ClaimRequest
from medunion.insurance.engine.history import KnownItem
from medunion.insurance.engine.predetermination import Refusal
from medunion.locale import translate
from medunion.settlement import fhir_codes as codes
from medunion.settlement.claim import ClaimType, Use

_CLAIM_TYPE: Final = codes.HL7 + "claim-type"
_REASON: Final = reasons.Reason("", reasons.NOT_COVERED)
_STATED: Final = ("submitted", "class", "allowed")


@dataclass(frozen=True, slots=True, repr=False)
class Answered:
    """An insurer's answer for one policy, the `sequence`-th of the request.

    `billed` and `covers` by line, empty when `refusal` says why not, of the lines `refused` (from 1; none: of no line).
    `valid_until`: the last second in which it binds, None where it never did. `request` is an identifier's system and
    value; `currency` is empty where no amount is stated.
    """

    reference: bytes
    request: tuple[str, str]
    type: ClaimType
    patient: bytes
    provider: int
    insurer: int
    policy: bytes
    sequence: int
    created: int
    currency: str
    billed: tuple[int, ...] = ()
    covers: tuple[Cover, ...] = ()
    valid_until: int | None = None
    refusal: Refusal | None = None
    refused: tuple[int, ...] = ()

    @classmethod
    def of(
        cls, answer: SignedAnswer, insurer: int, currency: str, *, sequence: int = 1, asked: ClaimRequest | None = None
    ) -> "Answered":
        """An answer of `insurer`, to an offer or to the Claim `asked`; InputError when it is about a filed claim."""
        document = answer.document
        if answer.kind not in ("covers", "predetermined", "refused"):
            raise InputError("only an answer to a predetermination is written so", kind=answer.kind)
        subject = fhir.identifier("agreement" if "agreement" in document else "enquiry", answer.subject)
        reason = document.get("reason")
        covers = tuple(Cover(*each) for each in document.get("covers", ()))
        return cls(
            reference=answer.document_digest,
            request=(asked and asked.identifier) or (subject["system"], subject["value"]),
            type=asked.type if asked else ClaimType.INSTITUTIONAL,
            patient=bytes.fromhex(document["patient"]),
            provider=document["provider"],
            insurer=insurer,
            policy=answer.policy,
            sequence=asked.sequence if asked else sequence,
            created=answer.time,
            currency=currency if covers else "",
            billed=tuple(KnownItem.read(each).item.billed for each in document.get("items", ())),
            covers=covers,
            valid_until=document.get("validUntil"),
            refusal=None if reason is None else Refusal(reason["coding"][0]["code"]),
            refused=tuple(document.get("lines", ())),
        )


def to_fhir(answered: Answered) -> dict[str, Any]:
    """The ClaimResponse; amounts are `Decimal`. Its disposition is in the language in use."""
    system, value = answered.request
    resource: dict[str, Any] = {
        "resourceType": "ClaimResponse",
        "status": "active",
        "type": codes.standard("claim-type", answered.type),
        "use": str(Use.PREDETERMINATION),
        "patient": fhir.patient_reference(answered.patient),
        "created": fhir.instant(answered.created),
        "insurer": fhir.member_reference(answered.insurer),
        "requestor": fhir.member_reference(answered.provider),
        "request": {"type": "Claim", "identifier": {"system": system, "value": value}},
        "outcome": "error" if answered.refusal else "complete",
        "disposition": _disposition(answered),
        "preAuthRef": "0x" + answered.reference.hex(),
        "insurance": [
            {
                "sequence": answered.sequence,
                "focal": True,
                "coverage": codes.reference("policy", "Coverage", answered.policy),
            }
        ],
    }
    if answered.valid_until is not None:
        resource["preAuthPeriod"] = {
            "start": fhir.instant(answered.created),
            "end": fhir.instant(answered.valid_until),
        }
    if answered.covers:
        resource["item"] = [
            {"itemSequence": number, "adjudication": _adjudication(billed, cover, answered.currency)}
            for number, (billed, cover) in enumerate(zip(answered.billed, answered.covers, strict=True), 1)
        ]
    if answered.refusal is not None:
        code = answered.refusal.reason.concept()
        lines = [{"itemSequence": number} for number in answered.refused]
        resource["error"] = [{**line, "code": code} for line in lines or [{}]]
    return resource


def from_fhir(resource: dict[str, Any]) -> Answered:
    """The answer in a resource that `to_fhir` made, or that says as much; FhirError names the path."""
    codes.require_type(resource, "ClaimResponse")
    if resource.get("use") != Use.PREDETERMINATION:
        raise refused("ClaimResponse.use", "must be predetermination")
    named = resource.get("request", {}).get("identifier", {})
    if not {"system", "value"} <= named.keys():
        raise refused("ClaimResponse.request", "must name the identifier of a Claim")
    insurance = fhir.only(resource, "insurance")
    currency, billed, covers = _lines(resource.get("item", []))
    refusal, about = _refusal(resource.get("error", []))
    if resource.get("outcome") != ("error" if refusal else "complete") or bool(covers) == bool(refusal):
        raise refused("ClaimResponse.outcome", "must be complete with items, or error with one reason")
    kind = codes.code_in(resource.get("type"), _CLAIM_TYPE, "ClaimResponse.type")
    reference = fhir.identifier("answer", resource.get("preAuthRef", ""))
    return Answered(
        reference=fhir.id_of(reference, "answer", "ClaimResponse.preAuthRef"),
        request=(named["system"], named["value"]),
        type=codes.one_of(ClaimType, kind, "ClaimResponse.type"),
        patient=fhir.patient_of(resource.get("patient"), "ClaimResponse.patient"),
        provider=fhir.member_of(resource.get("requestor"), "ClaimResponse.requestor"),
        insurer=fhir.member_of(resource.get("insurer"), "ClaimResponse.insurer"),
        policy=codes.id_in(insurance.get("coverage"), "policy", "ClaimResponse.insurance.coverage"),
        sequence=codes.whole(insurance.get("sequence"), "ClaimResponse.insurance.sequence"),
        created=fhir.seconds(resource.get("created"), "ClaimResponse.created"),
        currency=currency,
        billed=billed,
        covers=covers,
        valid_until=_valid_until(resource),
        refusal=refusal,
        refused=about,
    )


def _disposition(answered: Answered) -> str:
    if answered.refusal is not None:
        return translate(f"reason.{answered.refusal}")
    taken = sum(each.class_index != NOT_COVERED for each in answered.covers)
    return translate("insurance.answered", taken=taken, lines=len(answered.covers))


def _adjudication(billed: int, cover: Cover, currency: str) -> list[dict[str, Any]]:
    allowed = codes.stated("allowed", cover.allowed, currency)
    if cover.class_index == NOT_COVERED:
        allowed["reason"] = _REASON.concept()
    return [
        codes.stated("submitted", billed, currency),
        {"category": codes.category("class"), "value": cover.class_index},
        allowed,
    ]


def _lines(items: list[dict[str, Any]]) -> tuple[str, tuple[int, ...], tuple[Cover, ...]]:
    """The currency, what was billed, and the cover, by line; items stand in order of their number, from 1."""
    amounts = [each["amount"] for item in items for each in item.get("adjudication", []) if "amount" in each]
    currency = amounts[0].get("currency", "") if amounts else ""
    billed, covers = [], []
    for index, item in enumerate(items):
        path = f"ClaimResponse.item[{index}]"
        if item.get("itemSequence") != index + 1:
            raise refused(f"{path}.itemSequence", "must count the items from 1")
        entries = item.get("adjudication", [])
        found = codes.amounts(entries, currency, f"{path}.adjudication")
        submitted, class_index, allowed = codes.need(found, _STATED, f"{path}.adjudication")
        if [each["reason"] for each in entries if "reason" in each] != (
            [_REASON.concept()] if class_index == NOT_COVERED else []
        ):
            raise refused(f"{path}.adjudication", "must have the reason of a line that is not covered, and no other")
        billed.append(submitted)
        covers.append(Cover(class_index, allowed))
    return currency, tuple(billed), tuple(covers)


def _refusal(errors: list[dict[str, Any]]) -> tuple[Refusal | None, tuple[int, ...]]:
    """Why it is refused, and of which lines."""
    found = {
        codes.one_of(Refusal, codes.code_in(each.get("code"), reasons.OWN, path), path)
        for index, each in enumerate(errors)
        for path in [f"ClaimResponse.error[{index}].code"]
    }
    if len(found) > 1:
        raise refused("ClaimResponse.error", "must have one reason")
    lines = tuple(each["itemSequence"] for each in errors if "itemSequence" in each)
    return next(iter(found), None), lines


def _valid_until(resource: Mapping[str, Any]) -> int | None:
    period = resource.get("preAuthPeriod")
    if period is None:
        return None
    if period.get("start") != resource.get("created"):
        raise refused("ClaimResponse.preAuthPeriod.start", "must be when the answer was given")
    return fhir.seconds(period.get("end"), "ClaimResponse.preAuthPeriod.end")
