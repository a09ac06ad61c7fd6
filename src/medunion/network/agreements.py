"""Agreements between a member's desk and a patient's wallet: the offer with its document, the consent, and the ends.

An offer is the member's own (FINANCE, and RECORDS for the document); what a patient signs is relayed by any member.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from medunion.access.grants import DAY
from medunion.care.acceptance import Review, find_document, require_money, review, sign
from medunion.care.agreements import Agreements
from medunion.care.disclosure import disclosure_of, to_fhir
from medunion.care.documents import Document, seal_document
from medunion.care.items import Item
from medunion.care.offers import Agreement, Offer, State
from medunion.care.predetermination import Enquiry, Predeterminer, Proposal
from medunion.care.templates import Template, Window
from medunion.care.terms import ZERO, Cover, Terms, complete_until, day_number, lines_digest
from medunion.errors import InputError
from medunion.identity.wallet import Identity
from medunion.ledger import Receipt, Signer
from medunion.network.member import MemberHandle, Session
from medunion.records.opened import RecordEntry
from medunion.records.patient import PatientReader
from medunion.records.service import RecordService
from medunion.settlement.token import Tokens
from medunion.vocabulary import Category, Role

Insurers = Callable[[int], Predeterminer]
"""Who answers for an insurer, by its member id."""

OFFER_TERM = 14 * DAY
"""Seconds that an offer stands unless stated otherwise."""

_BUNDLE = "Bundle"


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """What an offer states beside its template; times in seconds, days since 1900-01-01.

    `payee` receives what the provider earns (default: the account that offers); `reserved_until` defaults to as long as
    completion can take; `care_plan` and `visit` name the visit that it is.
    """

    accept_until: int
    language: str = "en"
    payee: str = ""
    reserved_until: int = 0
    care_plan: bytes = ZERO
    visit: int = 0


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer on the ledger, the document that the patient is to read, and what it cost."""

    offer: Offer
    document: Document
    receipt: Receipt


class AgreementDesk:
    """The desk of one member."""

    def __init__(self, session: Session, member: MemberHandle, insurers: Insurers) -> None:
        self._session = session
        self._member = member
        self._insurers = insurers

    def offer(self, patient: bytes, template: Template, stated: OfferTerms, *, commit: bool = True) -> Offered:
        """Offers a treatment to a patient after its policies' insurers have answered.

        Unless `commit` is False, and the document handed over by hand, it is committed as a record first, which takes
        an open episode; nothing is committed when the ledger would refuse the offer. InputError, ContractRefused.
        """
        service = Agreements(self._session.ledger, self._member.acting(Role.FINANCE))
        window, items = _window(template), tuple(Item.of(line) for line in template.lines)
        document = self._document(patient, template, items, stated)
        policies = tuple(_policy(text, index) for index, text in enumerate(template.policies))
        days = day_number(window.first), day_number(window.last)
        covers = self._covers(patient, policies, days, items)
        lines = tuple(item.line for item in items)
        terms = Terms(
            patient=patient,
            provider=self._member.id,
            payee=stated.payee or service.sender.address,
            disclosure_digest=document.digest,
            lines_digest=lines_digest(lines, covers),
            policies=policies,
            price=template.price,
            max_patient_share=template.max_patient_share,
            deposit=template.deposit,
            service_from=days[0],
            service_until=days[1],
            accept_until=stated.accept_until,
            reserved_until=stated.reserved_until or complete_until(days[1], stated.accept_until),
            care_plan=stated.care_plan,
            visit=stated.visit,
            salt=secrets.token_bytes(32),
        )
        offer = Offer(terms, lines, covers)
        proposals = [Proposal(index, terms, lines, covers, items) for index in range(len(policies))]
        answers = [self._insurers(self._insurer(each.policy)).sign(each) for each in proposals]
        service.check_offer(offer, answers)
        if commit:
            self._member.records().commit(patient, as_record(document.body))
        return Offered(offer, document, service.offer(offer, answers))

    def review(self, identity: Identity, agreement: Agreement, body: bytes) -> Review:
        """What the wallet looks at before its owner signs; see `care.acceptance` for what it refuses."""
        ledger = self._session.ledger
        return review(ledger, identity.patient, agreement, body, ledger.deadline())

    def accept(self, identity: Identity, payer: Signer, reviewed: Review) -> list[Receipt]:
        """Has the wallet sign what was reviewed, and relays it: the missing grants, then the acceptance.

        InputError, before anything is signed, when the payer or an insurer has not the money for its part.
        """
        require_money(self._session.ledger, payer.address, reviewed)
        service = Agreements(self._session.ledger, self._member.acting(Role.DESK))
        return [service.relay(action) for action in sign(self._session.ledger, identity, payer, reviewed)]

    def cancel(self, identity: Identity, agreement: Agreement) -> Receipt:
        """Declines an offer, or cancels what was accepted, by the patient's signature."""
        service = Agreements(self._session.ledger, self._member.acting(Role.DESK))
        accepted = agreement.standing.state is State.ACCEPTED
        return service.relay(service.sign_cancellation(identity, agreement.terms, accepted=accepted))

    def withdraw(self, agreement: Agreement) -> Receipt:
        """Takes the member's own offer back, or gives its agreement up."""
        return Agreements(self._session.ledger, self._member.acting(Role.FINANCE)).withdraw(agreement.terms)

    def expire(self, agreement: Agreement) -> Receipt:
        """Ends what is over in time."""
        return Agreements(self._session.ledger, self._member.acting(Role.DESK)).expire(agreement.terms)

    def release_reservations(self, agreement: Agreement) -> Receipt:
        """Frees what policies held ready long enough."""
        sender = self._member.acting(Role.DESK)
        return Agreements(self._session.ledger, sender).release_reservations(agreement.terms)

    def _document(self, patient: bytes, template: Template, items: tuple[Item, ...], stated: OfferTerms) -> Document:
        told = disclosure_of(
            template,
            items,
            patient=patient,
            provider=self._member.id,
            currency=Tokens(self._session.ledger).currency(),
            language=stated.language,
            made_at=self._session.ledger.now(),
        )
        return seal_document(to_fhir(told))

    def _covers(
        self, patient: bytes, policies: Sequence[bytes], days: tuple[int, int], items: tuple[Item, ...]
    ) -> tuple[Cover, ...]:
        """How each policy takes each line, line by line."""
        columns = []
        for policy in policies:
            insurer = self._insurer(policy)
            enquiry = Enquiry(policy, patient, self._member.id, *days, items)
            columns.append(tuple(self._insurers(insurer).covers(enquiry)))
            if len(columns[-1]) != len(items):
                raise InputError("the insurer answered for another number of lines", member=insurer)
        return tuple(cover for row in zip(*columns, strict=True) for cover in row)

    def _insurer(self, policy: bytes) -> int:
        insurer: int = self._session.ledger.call("InsurancePlans", "policyOf", policy)["insurer"]
        if not insurer:
            raise InputError("the ledger has no such policy", policy="0x" + policy.hex())
        return insurer


def as_record(document: bytes) -> bytes:
    """A document Bundle as what `records` takes: one record, whose body is exactly these bytes."""
    return b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":' + document + b"}]}"


def read_document(reader: PatientReader, agreement: Agreement) -> bytes:
    """An agreement's disclosure among the records that the provider committed; InputError when it is not there."""
    author = {agreement.terms.provider}
    found = _candidates(reader.list(authors=author), agreement)
    reading = reader.read(records=found, authors=author) if found else ()
    return find_document([record.body for record in reading], agreement)


def own_document(records: RecordService, agreement: Agreement) -> bytes:
    """The same among the records that the provider itself committed."""
    patient, author = agreement.terms.patient, {agreement.terms.provider}
    found = _candidates(records.list(patient, authors=author), agreement)
    reading = records.read(patient, records=found, authors=author) if found else ()
    return find_document([record.body for record in reading], agreement)


def _candidates(listed: Iterable[RecordEntry], agreement: Agreement) -> list[bytes]:
    return [
        entry.record_id
        for entry in listed
        if entry.author == agreement.terms.provider
        and entry.category is Category.DOCUMENTS
        and entry.resource_type == _BUNDLE
    ]


def _window(template: Template) -> Window:
    if template.window is None:
        raise InputError("window: an offer names the days of its service", path="window")
    return template.window


def _policy(text: str, index: int) -> bytes:
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32 or not text.startswith("0x"):
        raise InputError(f"policies[{index}]: a policy is 0x and 64 hexadecimal digits", path=f"policies[{index}]")
    return value
