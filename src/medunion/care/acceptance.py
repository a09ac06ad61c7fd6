"""What a patient's wallet looks at before it signs an agreement, and the signatures that make the informed consent.

The wallet refuses (nothing is signed) when the offer is another patient's, or ended, or the id is frozen; when the
document that it read is not the one whose digest the terms name, or its price lines are not the lines; and when an
insurer would have to read without a grant and no lane is free. It tells, and leaves to the patient, what the policies
would pay now and whether the patient's share is above the most that may be asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from medunion.access.grants import LANES, Grants
from medunion.care import disclosure as told
from medunion.care.agreements import Agreements
from medunion.care.disclosure import Disclosure
from medunion.care.documents import check_document
from medunion.care.items import require_items
from medunion.care.offers import Agreement, State
from medunion.care.preview import Preview, preview
from medunion.care.terms import complete_until
from medunion.chain.ledger import ChainLedger
from medunion.chain.service import SignedAction
from medunion.errors import FhirError, InputError, IntegrityError
from medunion.identity.wallet import Identity
from medunion.ledger import AccessReason, Scope, Signer
from medunion.settlement import money
from medunion.settlement.token import Standing, Tokens
from medunion.vocabulary import Purpose

REVIEW_START = 2 * 86_400
"""Seconds from the last moment of completion, or from its turn, until an insurer's review begins at the latest."""

SILENCE = 5 * 86_400
"""Seconds by which the first insurer's silence holds the others up beyond that, as the contract counts."""


@dataclass(frozen=True, slots=True)
class LaneGrant:
    """A grant that an insurer needs and does not have: what the wallet proposes to sign."""

    member: int
    lane: int
    scope: Scope


@dataclass(frozen=True, slots=True)
class Review:
    """All that a patient agrees to by signing. `lanes` has one for each policy; `grants` are those to set first."""

    agreement: Agreement
    disclosure: Disclosure
    preview: Preview
    lanes: tuple[int, ...]
    grants: tuple[LaneGrant, ...]
    deadline: int


def check_told(agreement: Agreement, body: bytes) -> Disclosure:
    """What these bytes tell the patient when they are the agreement's disclosure.

    IntegrityError when they are another document; FhirError or InputError when it is none, is about another patient or
    provider, or has other price lines than the agreement.
    """
    terms = agreement.terms
    document = check_document(body, terms.disclosure_digest)
    found = told.from_fhir(document.resource)
    if (found.patient, found.provider) != (terms.patient, terms.provider):
        raise InputError("the disclosure is about another patient or provider", field="disclosureDigest")
    require_items(found.items, agreement.offer.lines)
    return found


def review(ledger: ChainLedger, patient: bytes, agreement: Agreement, body: bytes, deadline: int) -> Review:
    """Checks an offer for a patient who is about to accept it until `deadline`; see the module for what is refused."""
    now, terms = ledger.now(), agreement.terms
    if terms.patient != patient:
        raise InputError("the agreement was offered to another patient id", field="patient")
    if agreement.state_at(now) is not State.OFFERED:
        state = agreement.state_at(now).name.lower()
        raise InputError(f"only an offer that stands is accepted, and this one is {state}", state=state)
    shown = ledger.patient(patient)
    if shown.frozen_at(now):
        raise InputError("the id is frozen by its contacts: it declines, but accepts nothing", until=shown.until)
    disclosure = check_told(agreement, body)
    lanes, grants = lanes_for(ledger, agreement, deadline)
    return Review(agreement, disclosure, preview(ledger, agreement), lanes, grants, deadline)


def lanes_for(
    ledger: ChainLedger, agreement: Agreement, deadline: int
) -> tuple[tuple[int, ...], tuple[LaneGrant, ...]]:
    """The lane by which each policy's insurer reads for payment until its review ends, and the grants still to be set.

    An insurer of two policies gets one lane, for the longer term. InputError when all lanes of an insurer are taken.
    """
    terms, categories = agreement.terms, agreement.offer.categories
    insurers, needed = readers(ledger, agreement, deadline)
    lanes: dict[int, int] = {}
    grants = []
    for insurer, until in needed.items():
        if (lane := _granted(ledger, terms.patient, insurer, categories, until)) is None:
            lane = _free(ledger, terms.patient, insurer)
            grants.append(LaneGrant(insurer, lane, Scope(categories, int(Purpose.HPAYMT), 0, 0, until)))
        lanes[insurer] = lane
    return tuple(lanes[insurer] for insurer in insurers), tuple(grants)


def readers(ledger: ChainLedger, agreement: Agreement, accepted_at: int) -> tuple[tuple[int, ...], dict[int, int]]:
    """Each policy's insurer, and until when each of them must be able to read at the latest: its review ends then."""
    last = complete_until(agreement.terms.service_until, accepted_at)
    insurers, needed = [], dict[int, int]()
    for position, policy in enumerate(agreement.terms.policies):
        insurer, reviewed = ledger.call("InsurancePlans", "reviewOf", policy)
        insurers.append(insurer)
        # One after the other: a silent first one is told of only after the contest window.
        last += REVIEW_START + (SILENCE if position == 1 else 0) + reviewed["reviewPeriod"]
        needed[insurer] = max(needed.get(insurer, 0), last)
    return tuple(insurers), needed


def require_money(ledger: ChainLedger, payer: str, reviewed: Review) -> None:
    """InputError when the acceptance would fail for money: grants that went before it would stand for nothing."""
    deposit = reviewed.agreement.terms.deposit
    holding = Tokens(ledger).holding(payer)
    if deposit and holding.standing is not Standing.ADMITTED:
        raise InputError("no bank admitted the account that is to pay the deposit", payer=payer)
    if holding.amount < deposit:
        short = f"the account holds {money.show(holding.amount)} of the deposit of {money.show(deposit)}"
        raise InputError(short, payer=payer)
    for part in reviewed.preview.parts:
        if not part.is_funded:
            raise InputError("an insurer has not the free money for its part", member=part.insurer)


def sign(ledger: ChainLedger, identity: Identity, payer: Signer, reviewed: Review) -> tuple[SignedAction, ...]:
    """The patient's consent, to be relayed in this order: the missing grants, then the acceptance with its deposit."""
    grants, agreements = Grants(ledger), Agreements(ledger)
    offer, until = reviewed.agreement.offer, reviewed.deadline
    actions = [
        grants.sign(identity, identity.patient, each.member, each.lane, each.scope, deadline=until)
        for each in reviewed.grants
    ]
    acceptance = agreements.authorize(payer, offer, reviewed.lanes, deadline=until)
    return *actions, agreements.sign_acceptance(identity, offer, acceptance)


def _granted(ledger: ChainLedger, patient: bytes, insurer: int, categories: int, until: int) -> int | None:
    for lane in range(LANES):
        reason = ledger.allows_at(patient, insurer, lane, int(Purpose.HPAYMT), categories, 0, until)
        if reason is AccessReason.ALLOWED:
            return lane
    return None


def _free(ledger: ChainLedger, patient: bytes, insurer: int) -> int:
    """The highest lane that holds nothing, or nothing any more: people count from the lowest."""
    now = ledger.now()
    for lane in reversed(range(LANES)):
        scope = ledger.grant_of(patient, insurer, lane)
        if scope is None or scope.not_after < now:
            return lane
    raise InputError("all lanes of this insurer are taken: revoke one that is no longer needed", member=insurer)


def find_document(bodies: Sequence[bytes], agreement: Agreement) -> bytes:
    """The one of these documents that the agreement names; InputError when none is."""
    for body in reversed(bodies):
        try:
            check_document(body, agreement.terms.disclosure_digest)
        except (FhirError, IntegrityError):
            continue
        return body
    name = "0x" + agreement.id.hex()
    raise InputError("none of the provider's documents is this agreement's disclosure", agreement=name)
