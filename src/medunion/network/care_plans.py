"""Care plans between a member's desk and a patient's wallet: the proposal with its document, the consent, the end.

A proposal is the provider's own (FINANCE or CLINICIAN, and RECORDS for the document); what a patient signs is relayed
by any member.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from medunion.care.documents import Document, check_document, seal_document
from medunion.care.plan_document import PlanDocument, complete, from_fhir
from medunion.care.plans import CarePlan, CarePlans, require_same
from medunion.care.templates import Template
from medunion.chain.ledger import ChainLedger
from medunion.errors import FhirError, InputError, IntegrityError
from medunion.fhir import mask_of_code, parse_bundle
from medunion.identity.wallet import Identity
from medunion.keys.scope import Access
from medunion.ledger import Receipt
from medunion.network.member import MemberHandle, Session
from medunion.records.opened import RecordEntry
from medunion.records.patient import PatientReader
from medunion.records.service import RecordService
from medunion.vocabulary import Category, RestrictedClass, Role


@dataclass(frozen=True, slots=True)
class Proposed:
    """A plan on the ledger, the document that the patient is to read, and what proposing cost."""

    plan: CarePlan
    document: Document
    receipt: Receipt


class CarePlanDesk:
    """The desk of one member."""

    def __init__(self, session: Session, member: MemberHandle) -> None:
        self._session = session
        self._member = member

    def propose(
        self,
        patient: bytes,
        resource: dict[str, Any],
        template: Template,
        *,
        max_price: int,
        accept_until: int,
        commit: bool = True,
    ) -> Proposed:
        """Proposes a FHIR CarePlan of the member's, whose visits are offered from `template` at `max_price` at most.

        Unless `commit` is False, and the document handed over by hand, it is committed as a record first, which takes
        an open episode; nothing is committed when the ledger would refuse the proposal. InputError, ContractRefused.
        """
        service = self._service()
        completed = complete(
            resource,
            template,
            patient=patient,
            provider=self._member.id,
            max_price=max_price,
            currency=currency_of(self._session.ledger),
        )
        document = seal_document(completed)
        plan = CarePlan(
            patient=patient,
            provider=self._member.id,
            content_digest=document.digest,
            schedule=from_fhir(completed).schedule,
            max_price=max_price,
            accept_until=accept_until,
            salt=secrets.token_bytes(32),
        )
        service.check_proposal(plan)
        if commit:
            self._commit(patient, document, template)
        return Proposed(plan, document, service.propose(plan))

    def accept(self, identity: Identity, plan: CarePlan, body: bytes) -> Receipt:
        """Has the wallet sign a plan whose document it has read, and relays it. IntegrityError: another document."""
        document = open_plan_document(plan, body)
        if document.currency != currency_of(self._session.ledger):
            raise IntegrityError("the plan's document is in other money", step="document", field="currency")
        service = CarePlans(self._session.ledger, self._member.acting(Role.DESK))
        return service.relay(service.sign_acceptance(identity, plan))

    def end_for(self, identity: Identity, plan: CarePlan) -> Receipt:
        """Declines or ends a plan by the patient's signature."""
        service = CarePlans(self._session.ledger, self._member.acting(Role.DESK))
        return service.relay(service.sign_end(identity, plan))

    def end(self, plan: CarePlan) -> Receipt:
        """Ends the member's own plan."""
        return self._service().end(plan)

    def _service(self) -> CarePlans:
        operator = self._member.find_role(Role.FINANCE) or self._member.with_role(Role.CLINICIAN)
        return CarePlans(self._session.ledger, self._member.sender(operator))

    def _commit(self, patient: bytes, document: Document, template: Template) -> None:
        """The document as a record, restricted as what the template's lines bill."""
        mask = RestrictedClass(0)
        for code in (template.service, *(line.code for line in template.lines)):
            mask |= mask_of_code(code.system, code.code)
        local_id = parse_bundle(document.body).entries[0].local_id
        self._member.records().commit(patient, document.body, extra_masks={local_id: mask})


def currency_of(ledger: ChainLedger) -> str:
    """ISO 4217 code of the money that plans are priced in."""
    code: bytes = ledger.call("SettlementToken", "currency")
    return code.decode()


def open_plan_document(plan: CarePlan, body: bytes) -> PlanDocument:
    """What these bytes say, if they are the plan's document and agree with the ledger; IntegrityError, FhirError."""
    document = from_fhir(check_document(body, plan.content_digest).resource)
    require_same(plan, document)
    return document


def read_plan_document(records: PatientReader, plan: CarePlan) -> bytes:
    """A plan's document among the patient's records; InputError when the provider has not committed it."""
    access = replace(Access.by_patient(), categories=Category.CARE_PLANS.bit)
    author = {plan.provider}
    found = _candidates(records.list(access, authors=author), plan)
    reading = records.read(access, records=found, authors=author) if found else ()
    return _document_of([record.body for record in reading], plan)


def own_plan_document(records: RecordService, plan: CarePlan) -> bytes:
    """The same among the records that the provider itself committed."""
    found = _candidates(records.list(plan.patient, authors={plan.provider}), plan)
    reading = records.read(plan.patient, records=found, authors={plan.provider}) if found else ()
    return _document_of([record.body for record in reading], plan)


def _candidates(listed: Iterable[RecordEntry], plan: CarePlan) -> list[bytes]:
    return [
        entry.record_id
        for entry in listed
        if entry.author == plan.provider and entry.category is Category.CARE_PLANS and entry.resource_type == "CarePlan"
    ]


def _document_of(bodies: Sequence[bytes], plan: CarePlan) -> bytes:
    for body in reversed(bodies):
        try:
            check_document(body, plan.content_digest)
        except (FhirError, IntegrityError):
            continue
        return body
    raise InputError("none of the provider's records is this plan's document", care_plan="0x" + plan.id.hex())
