"""FHIR R4 PaymentReconciliation (https://hl7.org/fhir/R4/paymentreconciliation.html), both ways: one for each netted
payment of a bank instruction, with the obligations that it settles.

    paymentIssuer    who pays: a member, or a payer's account; `detail.payee`, the same everywhere, receives
    identifier       the instruction and the payment's number in it
    paymentAmount    net; `detail.amount` is negative where the payee owed the issuer
"""

from dataclasses import dataclass
from typing import Any, Final

from medunion.care import fhir_parts as fhir
from medunion.care.fhir_parts import refused
from medunion.settlement import fhir_codes as codes
from medunion.settlement.obligations import Kind, Obligation, Party, Payment

KIND: Final = "urn:medunion:obligation"

_PAYMENT_TYPE: Final = codes.HL7 + "payment-type"
_PATH: Final = "PaymentReconciliation"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A payment of an instruction: number from 1, period in seconds with its end excluded."""

    instruction: bytes
    number: int
    first: int
    end: int
    created: int
    payment: Payment
    currency: str


def to_fhir(reconciliation: Reconciliation) -> dict[str, Any]:
    """The PaymentReconciliation; amounts are `Decimal`."""
    payment, currency = reconciliation.payment, reconciliation.currency
    return {
        "resourceType": "PaymentReconciliation",
        "identifier": [
            fhir.identifier("payout", reconciliation.instruction),
            fhir.identifier("payout-number", reconciliation.number),
        ],
        "status": "active",
        "period": {"start": fhir.instant(reconciliation.first), "end": fhir.instant(reconciliation.end)},
        "created": fhir.instant(reconciliation.created),
        "paymentIssuer": _party(payment.debtor),
        "outcome": "complete",
        "paymentDate": fhir.instant(reconciliation.created)[:10],
        "paymentAmount": fhir.amount(payment.amount, currency),
        "detail": [_detail(each, payment, currency) for each in payment.obligations],
    }


def from_fhir(resource: dict[str, Any]) -> Reconciliation:
    """The payment in a resource that `to_fhir` made, or that says as much; FhirError names the path."""
    codes.require_type(resource, "PaymentReconciliation")
    identifiers = {each.get("system"): each for each in resource.get("identifier", [])}
    debtor = _party_of(resource.get("paymentIssuer"), f"{_PATH}.paymentIssuer")
    details = resource.get("detail", [])
    payees = [_party_of(each.get("payee"), f"{_PATH}.detail[{index}].payee") for index, each in enumerate(details)]
    if len(set(payees)) != 1:
        raise refused(f"{_PATH}.detail.payee", "must be one party that receives the payment")
    creditor = payees[0]
    amount, currency = fhir.amount_of(resource.get("paymentAmount"), f"{_PATH}.paymentAmount")
    number = str(identifiers.get("urn:medunion:payout-number", {}).get("value", ""))
    if not number.isascii() or not number.isdecimal():
        raise refused(f"{_PATH}.identifier", "must tell the payment's number")
    obligations = tuple(
        _obligation(each, debtor, creditor, currency, f"{_PATH}.detail[{index}]")
        for index, each in enumerate(details)
    )
    payment = Payment(debtor, creditor, obligations)
    if payment.amount != amount:
        raise refused(f"{_PATH}.paymentAmount", "must be the sum of the details")
    period = resource.get("period", {})
    return Reconciliation(
        instruction=fhir.id_of(identifiers.get("urn:medunion:payout"), "payout", f"{_PATH}.identifier"),
        number=int(number),
        first=fhir.seconds(period.get("start"), f"{_PATH}.period.start"),
        end=fhir.seconds(period.get("end"), f"{_PATH}.period.end"),
        created=fhir.seconds(resource.get("created"), f"{_PATH}.created"),
        payment=payment,
        currency=currency,
    )


def _detail(obligation: Obligation, payment: Payment, currency: str) -> dict[str, Any]:
    sign = 1 if obligation.debtor == payment.debtor else -1
    kind = "payment" if sign > 0 else "adjustment"
    return {
        "identifier": fhir.identifier("transaction", obligation.transaction),
        "type": {"coding": [codes.coding(KIND, obligation.kind), codes.coding(_PAYMENT_TYPE, kind)]},
        "request": codes.reference("agreement", "Claim", obligation.claim),
        "payee": _party(payment.creditor),
        "date": fhir.instant(obligation.at)[:10],
        "extension": [{"url": "urn:medunion:paid-at", "valueInstant": fhir.instant(obligation.at)}],
        "amount": fhir.amount(sign * obligation.amount, currency),
    }


def _obligation(detail: dict[str, Any], debtor: Party, creditor: Party, currency: str, path: str) -> Obligation:
    signed = codes.signed_amount(detail.get("amount"), currency, f"{path}.amount")
    owing, owed = (debtor, creditor) if signed >= 0 else (creditor, debtor)
    moments = [each.get("valueInstant") for each in detail.get("extension", [])]
    if len(moments) != 1:
        raise refused(f"{path}.extension", "must tell the time")
    return Obligation(
        claim=codes.id_in(detail.get("request"), "agreement", f"{path}.request"),
        kind=codes.one_of(Kind, codes.code_in(detail.get("type"), KIND, f"{path}.type"), f"{path}.type"),
        debtor=owing,
        creditor=owed,
        amount=abs(signed),
        transaction=str(detail.get("identifier", {}).get("value", "")),
        at=fhir.seconds(moments[0], f"{path}.extension"),
    )


def _party(party: Party) -> dict[str, Any]:
    named = {"identifier": fhir.identifier(party.kind, party.name)}
    return {"type": "Organization", **named} if party.kind == "member" else named


def _party_of(reference: Any, path: str) -> Party:
    named = reference.get("identifier", {}) if isinstance(reference, dict) else {}
    text = f"{str(named.get('system', '')).removeprefix('urn:medunion:')}:{named.get('value', '')}"
    party = Party.parse(text)
    if party is None:
        raise refused(f"{path}.identifier", "must be a member's number or an account")
    return party
