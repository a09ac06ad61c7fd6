"""A patient's informed consent to an agreement as a FHIR R4 Consent, and back.

    identifier    the agreement's id           status       proposed until it is signed, then active; rejected, inactive
    patient, performer   who consents          organization the provider
    source        the disclosure: its digest on the ledger, and its bytes where they may be shown
    provision     the insurers may read the lines' categories for payment (HPAYMT), until the last review ends
    verification  when it was signed, and the transaction that carries the signature

A Consent that says anything else is refused: nothing of a consent may be lost on the way.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final

from medunion.care import fhir_parts as fhir
from medunion.care.offers import Agreement, State
from medunion.vocabulary import Category, camel

_STATUS: Final = {
    State.OFFERED: "proposed",
    State.ACCEPTED: "active",
    State.COMPLETED: "active",
    State.SETTLED: "active",
    State.DECLINED: "rejected",
    State.WITHDRAWN: "inactive",
    State.CANCELLED: "inactive",
    State.EXPIRED: "inactive",
}
_SCOPE: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "treatment"}]}
_CATEGORY: Final = {"coding": [{"system": "http://loinc.org", "code": "59284-0", "display": "Consent Document"}]}
_ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_PURPOSE: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HPAYMT"}
_PAYOR: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "PAYOR"}]}
_CATEGORY_SYSTEM: Final = "urn:medunion:category"
_TRANSACTION: Final = "urn:medunion:transaction"
_DISCLOSURE: Final = "urn:medunion:disclosure:0x"
_CONTENT_TYPE: Final = "application/fhir+json"
_CATEGORIES: Final = {camel(category.name): category for category in Category}


@dataclass(frozen=True, slots=True, repr=False)
class Consented:
    """What a Consent says; times in seconds. Insurers read (`readers`) `categories`, a mask, until `readable_until`.

    `accepted_at` is 0 and `transaction` empty until it is signed; `document` is empty where its bytes are not shown.
    """

    agreement: bytes
    status: str
    patient: bytes
    provider: int
    disclosure_digest: bytes
    readers: tuple[int, ...]
    categories: int
    readable_until: int
    accepted_at: int
    transaction: str
    document: bytes

    @classmethod
    def of(
        cls,
        agreement: Agreement,
        at: int,
        *,
        readers: tuple[int, ...],
        readable_until: int,
        transaction: str = "",
        document: bytes = b"",
    ) -> "Consented":
        """The consent to an agreement at a second."""
        terms = agreement.terms
        return cls(
            agreement.id,
            _STATUS[agreement.state_at(at)],
            terms.patient,
            terms.provider,
            terms.disclosure_digest,
            tuple(dict.fromkeys(readers)),
            agreement.offer.categories if readers else 0,
            readable_until if readers else 0,
            agreement.standing.accepted_at,
            transaction,
            document,
        )


def to_fhir(consented: Consented) -> dict[str, Any]:
    """The Consent."""
    patient = fhir.patient_reference(consented.patient)
    attachment = {"contentType": _CONTENT_TYPE, "url": _DISCLOSURE + consented.disclosure_digest.hex()}
    if consented.document:
        attachment["data"] = base64.b64encode(consented.document).decode()
    resource: dict[str, Any] = {
        "resourceType": "Consent",
        "identifier": [fhir.identifier("agreement", consented.agreement)],
        "status": consented.status,
        "scope": _SCOPE,
        "category": [_CATEGORY],
        "patient": patient,
        "performer": [patient],
        "organization": [fhir.member_reference(consented.provider)],
        "sourceAttachment": attachment,
        "policyRule": {"coding": [{"system": _ACT_CODE, "code": "OPTIN"}]},
    }
    if consented.accepted_at:
        signed = fhir.instant(consented.accepted_at)
        verification: dict[str, Any] = {"verified": True, "verifiedWith": patient, "verificationDate": signed}
        if consented.transaction:
            verification["extension"] = [{"url": _TRANSACTION, "valueString": consented.transaction}]
        resource |= {"dateTime": signed, "verification": [verification]}
    if consented.readers:
        resource["provision"] = _provision(consented)
    return resource


def from_fhir(resource: dict[str, Any]) -> Consented:
    """What a Consent says; FhirError (details: path) when it is none to an agreement, or says what none can say."""
    if resource.get("resourceType") != "Consent":
        raise fhir.refused("resourceType", "must be Consent")
    provision = resource.get("provision", {})
    verification = fhir.only(resource, "verification")
    attachment = resource.get("sourceAttachment", {})
    shown = fhir.only(verification, "extension")
    end = provision.get("period", {}).get("end")
    found = Consented(
        agreement=fhir.id_of(fhir.only(resource, "identifier"), "agreement", "Consent.identifier[0]"),
        status=str(resource["status"]),
        patient=fhir.patient_of(resource.get("patient"), "Consent.patient"),
        provider=fhir.member_of(fhir.only(resource, "organization"), "Consent.organization[0]"),
        disclosure_digest=_digest_of(attachment.get("url", "")),
        readers=tuple(
            fhir.member_of(actor.get("reference"), f"Consent.provision.actor[{index}].reference")
            for index, actor in enumerate(provision.get("actor", []))
        ),
        categories=_mask(provision.get("code", [])),
        readable_until=fhir.seconds(end, "Consent.provision.period.end") if provision else 0,
        accepted_at=fhir.seconds(resource["dateTime"], "Consent.dateTime") if "dateTime" in resource else 0,
        transaction=str(shown.get("valueString", "")),
        document=_data(attachment.get("data", "")),
    )
    fhir.require_expressed(resource, to_fhir(found))
    return found


def _provision(consented: Consented) -> dict[str, Any]:
    codes = [category for category in Category if category.bit & consented.categories]
    return {
        "type": "permit",
        "period": {"end": fhir.instant(consented.readable_until)},
        "actor": [{"role": _PAYOR, "reference": fhir.member_reference(each)} for each in consented.readers],
        "purpose": [_PURPOSE],
        "code": [{"coding": [{"system": _CATEGORY_SYSTEM, "code": camel(code.name)}]} for code in codes],
    }


def _mask(codes: list[dict[str, Any]]) -> int:
    mask = 0
    for index, code in enumerate(codes):
        coding = fhir.only(code, "coding")
        category = _CATEGORIES.get(coding.get("code")) if coding.get("system") == _CATEGORY_SYSTEM else None
        if category is None:
            raise fhir.refused(f"Consent.provision.code[{index}]", "must be a category of records")
        mask |= category.bit
    return mask


def _digest_of(url: str) -> bytes:
    try:
        digest = bytes.fromhex(url.removeprefix(_DISCLOSURE))
    except ValueError:
        digest = b""
    if len(digest) != 32 or not url.startswith(_DISCLOSURE):
        raise fhir.refused("Consent.sourceAttachment.url", f"must be {_DISCLOSURE} and 64 hexadecimal digits")
    return digest


def _data(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise fhir.refused("Consent.sourceAttachment.data", "is not base64") from None
