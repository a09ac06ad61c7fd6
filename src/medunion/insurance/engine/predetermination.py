"""How a policy of this insurer takes a treatment: classes and allowed amounts of the catalogue, signed.

Every answer is signed and kept, a refusal too. An item that the catalogue lacks is not covered, which is an answer and
no refusal. Implements `care.predetermination.Predeterminer`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from medunion.care.items import Item, require_items
from medunion.care.predetermination import Enquiry, Predetermination, Proposal
from medunion.care.terms import MAX_AMOUNT, MAX_LINES, NOT_COVERED, Cover, agreement_id, require_lines
from medunion.chain.typed_data import STRUCTS
from medunion.crypto.hashing import keccak256
from medunion.errors import AccessRefused, InputError
from medunion.insurance.catalogue import Catalogue, Coding
from medunion.ledger import Signer

from . import reasons
from .answers import AnswerSigner, SignedAnswer
from .history import History, KnownItem
from .ports import InsuredPolicy, PolicyBook
from .reasons import Reason

VALIDITY: Final = 90 * 86_400
"""The most seconds for which an answer binds: as long as an offer may stand."""

Clock = Callable[[], int]


class Refusal(StrEnum):
    """Why an enquiry or a proposal is refused."""

    UNKNOWN_POLICY = "unknown-policy"
    OTHER_PATIENT = "other-patient"
    OUTSIDE_POLICY = "outside-policy"
    OUTSIDE_NETWORK = "outside-network"
    TOO_MANY_LINES = "too-many-lines"
    NO_LINES = "no-lines"
    OTHER_CATEGORY = "other-category"
    AMOUNT_TOO_LARGE = "amount-too-large"
    OTHER_LINES = "other-lines"
    OTHER_COVERS = "other-covers"
    OFFER_TOO_LONG = "offer-too-long"

    @property
    def reason(self) -> Reason:
        """Its reason code: MedUnion's own, and the nearest of FHIR's."""
        nearest = reasons.MISSING_IDENTIFIER if self is Refusal.UNKNOWN_POLICY else reasons.NOT_COVERED
        return Reason(self.value, nearest)


_CAUSES: Final[Mapping[Refusal, str]] = {
    Refusal.UNKNOWN_POLICY: "this insurer has no accepted policy of this id",
    Refusal.OTHER_PATIENT: "the policy is another patient's",
    Refusal.OUTSIDE_POLICY: "the policy does not cover all service days",
    Refusal.OUTSIDE_NETWORK: "the provider is not in the plan's network",
    Refusal.TOO_MANY_LINES: f"more than {MAX_LINES} lines: split them into consecutive claims",
    Refusal.NO_LINES: "there are no lines",
    Refusal.OTHER_CATEGORY: "the catalogue wants records of another category as evidence",
    Refusal.AMOUNT_TOO_LARGE: "an amount is too large",
    Refusal.OTHER_LINES: "the lines are not those of the terms and items",
    Refusal.OTHER_COVERS: "the proposal takes lines otherwise than this insurer does",
    Refusal.OFFER_TOO_LONG: "the offer stands longer than an answer binds",
}


@dataclass(frozen=True, slots=True, repr=False)
class CoverAnswer:
    """How a policy takes each line; `covers` is empty when `refusal` says why not. `lines` are those that it is about.

    `not_covered` are the numbers of lines (from 1) whose items the catalogue lacks, or the plan does not cover.
    """

    covers: tuple[Cover, ...]
    not_covered: tuple[int, ...]
    refusal: Refusal | None
    lines: tuple[int, ...]
    answer: SignedAnswer


class PredeterminationService:
    """Answers for the policies of one insurer. `domain` is the EIP-712 domain of `CareAgreements`."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        policies: PolicyBook,
        history: History,
        signer: Signer,
        answers: AnswerSigner,
        domain: dict[str, Any],
        clock: Clock,
    ) -> None:
        self._catalogue = catalogue
        self._policies = policies
        self._history = history
        self._signer = signer
        self._answers = answers
        self._domain = domain
        self._clock = clock

    def answer(self, enquiry: Enquiry, diagnoses: Sequence[frozenset[Coding]] = ()) -> CoverAnswer:
        """How the policy takes each line, or why not; `diagnoses` as the provider stated them, line by line."""
        policy, refusal, lines = self._judge(enquiry)
        covers: tuple[Cover, ...] = ()
        if refusal is None and policy is not None:
            covers = tuple(self._cover(item, policy) for item in enquiry.items)
        document: dict[str, Any] = {
            "patient": enquiry.patient.hex(),
            "provider": enquiry.provider,
            "serviceFrom": enquiry.service_from,
            "serviceUntil": enquiry.service_until,
        }
        if refusal is None:
            stated = diagnoses or [frozenset[Coding]()] * len(enquiry.items)
            told = [KnownItem(item, codes).as_dict() for item, codes in zip(enquiry.items, stated, strict=True)]
            document |= {"items": told, "covers": [list(each.as_arguments()) for each in covers]}
        else:
            document |= {"reason": refusal.reason.concept(), "lines": list(lines)}
        subject = keccak256(b"".join(item.digest for item in enquiry.items[:MAX_LINES]))
        signed = self._keep("refused" if refusal else "covers", subject, enquiry.policy, document)
        bare = tuple(number for number, each in enumerate(covers, 1) if each.class_index == NOT_COVERED)
        return CoverAnswer(covers, bare, refusal, lines, signed)

    def covers(self, enquiry: Enquiry) -> Sequence[Cover]:
        """How the policy takes each line; AccessRefused (details: reason, lines) where it does not answer."""
        found = self.answer(enquiry)
        if found.refusal is not None:
            raise _refused(found.refusal, found.lines)
        return found.covers

    def sign(self, proposal: Proposal) -> Predetermination:
        """Signs a proposal whose lines, items and own covers are those of this insurer's answer; else AccessRefused."""
        terms = proposal.terms
        until = terms.accept_until
        refusal, lines = self._judge_proposal(proposal, until)
        document: dict[str, Any] = {
            "agreement": agreement_id(terms).hex(),
            "patient": terms.patient.hex(),
            "provider": terms.provider,
        }
        if refusal is not None:
            document |= {"reason": refusal.reason.concept(), "lines": list(lines)}
            self._keep("refused", agreement_id(terms), proposal.policy, document)
            raise _refused(refusal, lines)
        signature = self._signer.sign_typed(self._domain, STRUCTS["Predetermination"][1], proposal.message(until))
        document |= {
            "linesDigest": terms.lines_digest.hex(),
            "validUntil": until,
            "predetermination": signature.hex(),
            "items": [KnownItem(item).as_dict() for item in proposal.items],
            "covers": [list(each.as_arguments()) for each in proposal.own_covers],
        }
        self._keep("predetermined", agreement_id(terms), proposal.policy, document)
        return Predetermination(self._signer.address, until, signature)

    def _judge(self, enquiry: Enquiry) -> tuple[InsuredPolicy | None, Refusal | None, tuple[int, ...]]:
        """The policy, or the refusal and the lines that it is about."""
        policy = self._policies.find(enquiry.policy)
        if policy is None:
            return None, Refusal.UNKNOWN_POLICY, ()
        if policy.patient != enquiry.patient:
            return None, Refusal.OTHER_PATIENT, ()
        if not policy.first_day <= enquiry.service_from <= enquiry.service_until <= policy.last_day:
            return None, Refusal.OUTSIDE_POLICY, ()
        if not self._policies.in_network(policy.plan, enquiry.provider):
            return None, Refusal.OUTSIDE_NETWORK, ()
        if not 1 <= len(enquiry.items) <= MAX_LINES:
            return None, Refusal.TOO_MANY_LINES if enquiry.items else Refusal.NO_LINES, ()
        return self._judge_items(policy, enquiry.items)

    def _judge_items(
        self, policy: InsuredPolicy, items: Sequence[Item]
    ) -> tuple[InsuredPolicy | None, Refusal | None, tuple[int, ...]]:
        large, other = [], []
        for number, item in enumerate(items, 1):
            entry = self._catalogue.get((item.code.system, item.code.code))
            allowed = 0 if entry is None else entry.allowed * item.quantity
            if item.quantity < 1 or item.billed > MAX_AMOUNT or allowed > MAX_AMOUNT:
                large.append(number)
            elif entry is not None and entry.category is not item.category:
                other.append(number)
        if large:
            return None, Refusal.AMOUNT_TOO_LARGE, tuple(large)
        return (None, Refusal.OTHER_CATEGORY, tuple(other)) if other else (policy, None, ())

    def _judge_proposal(self, proposal: Proposal, until: int) -> tuple[Refusal | None, tuple[int, ...]]:
        terms = proposal.terms
        enquiry = Enquiry(
            proposal.policy, terms.patient, terms.provider, terms.service_from, terms.service_until, proposal.items
        )
        policy, refusal, lines = self._judge(enquiry)
        if refusal is not None or policy is None:
            return refusal, lines
        try:
            require_lines(terms, proposal.lines, proposal.covers)
            require_items(proposal.items, proposal.lines)
        except InputError:
            return Refusal.OTHER_LINES, ()
        own = [self._cover(item, policy) for item in proposal.items]
        pairs = enumerate(zip(own, proposal.own_covers, strict=True), 1)
        other = tuple(number for number, (mine, given) in pairs if mine != given)
        if other:
            return Refusal.OTHER_COVERS, other
        return (Refusal.OFFER_TOO_LONG, ()) if until > self._clock() + VALIDITY else (None, ())

    def _cover(self, item: Item, policy: InsuredPolicy) -> Cover:
        entry = self._catalogue.get((item.code.system, item.code.code))
        if entry is None:
            return Cover(NOT_COVERED, 0)
        return Cover(policy.terms.class_index(entry.class_name), entry.allowed * item.quantity)

    def _keep(self, kind: str, subject: bytes, policy: bytes, document: dict[str, Any]) -> SignedAnswer:
        signed = self._answers.sign(kind, subject, policy, document, self._clock())
        self._history.keep(signed)
        return signed


def _refused(refusal: Refusal, lines: Sequence[int]) -> AccessRefused:
    return AccessRefused(_CAUSES[refusal], reason=refusal.value, lines=list(lines))
