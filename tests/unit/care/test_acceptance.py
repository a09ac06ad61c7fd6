"""What a wallet refuses to sign, and the lanes that it proposes; the ledger is a small one in memory."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from medunion.care.acceptance import REVIEW_START, SILENCE, check_told, find_document, lanes_for, review
from medunion.care.disclosure import Disclosure, to_fhir
from medunion.care.documents import Document, seal_document
from medunion.care.offers import Agreement, Offer, Standing, State
from medunion.care.terms import begin_of, complete_until, lines_digest
from medunion.errors import FhirError, InputError, IntegrityError
from medunion.ledger import AccessReason, Patient, Scope
from medunion.vocabulary import PatientStatus, Purpose

from .offers import COVERS, DAY, PATIENT, PAYEE, POLICIES, disclosure, template, terms_of

NOW = begin_of(DAY)
DEADLINE = NOW + 3600
REVIEWS = {POLICIES[0]: (4, 86_400), POLICIES[1]: (5, 3 * 86_400)}


@dataclass
class Shown:
    """What a ledger shows: lanes by insurer and number, the patient's freeze."""

    lanes: dict[tuple[int, int], Scope] = field(default_factory=dict)
    reviews: dict[bytes, tuple[int, int]] = field(default_factory=lambda: dict(REVIEWS))
    frozen_until: int = 0

    def now(self) -> int:
        return NOW

    def call(self, contract: str, function: str, policy: bytes) -> Any:
        assert (contract, function) == ("InsurancePlans", "reviewOf")
        insurer, period = self.reviews[policy]
        return insurer, {"reviewPeriod": period}

    def patient(self, patient: bytes) -> Patient:
        return Patient(patient, PAYEE, PatientStatus.REGISTERED, self.frozen_until, 1, b"", b"", 0)

    def grant_of(self, patient: bytes, member: int, lane: int) -> Scope | None:  # noqa: ARG002
        return self.lanes.get((member, lane))

    def allows_at(
        self, patient: bytes, member: int, lane: int, purposes: int, categories: int, restricted: int, at: int
    ) -> AccessReason:
        scope = self.grant_of(patient, member, lane)
        if scope is None or scope.not_after < at or restricted & ~scope.restricted:
            return AccessReason.EXPIRED
        missing = purposes & ~scope.purposes or categories & ~scope.categories
        return AccessReason.CATEGORY_NOT_GRANTED if missing else AccessReason.ALLOWED


def offered(told: Disclosure | None = None, **changed: Any) -> tuple[Agreement, Document]:
    found = told or disclosure()
    document = seal_document(to_fhir(found))
    offer = Offer(terms_of(found, document.digest, **changed), tuple(item.line for item in found.items), COVERS)
    return Agreement(offer, Standing(State.OFFERED, NOW - 60, 0, PAYEE, 0, (0, 0))), document


class TestCheckTold:
    def test_the_document_of_the_agreement(self) -> None:
        told = disclosure()
        agreement, document = offered(told)
        assert check_told(agreement, document.body) == told

    def test_another_document_of_the_same_offer(self) -> None:
        agreement, _ = offered()
        with pytest.raises(IntegrityError) as refused:
            check_told(agreement, seal_document(to_fhir(disclosure())).body)
        assert refused.value.details["step"] == "document"

    def test_a_document_that_is_none(self) -> None:
        agreement, _ = offered()
        with pytest.raises(FhirError):
            check_told(agreement, b"{}")

    def test_a_resource_that_is_no_disclosure(self) -> None:
        plan = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"display": "x"}}
        document = seal_document(plan)
        agreement, _ = offered()
        other = replace(agreement, offer=replace(agreement.offer, terms=terms_like(agreement, document.digest)))
        with pytest.raises(FhirError) as refused:
            check_told(other, document.body)
        assert refused.value.details["path"] == "Bundle.entry"

    @pytest.mark.parametrize("changed", [{"patient": b"\x08" * 32}, {"provider": 3}])
    def test_about_another_patient_or_provider(self, changed: dict[str, Any]) -> None:
        agreement, document = offered(**changed)
        with pytest.raises(InputError, match="another patient or provider"):
            check_told(agreement, document.body)

    def test_lines_that_were_not_told(self) -> None:
        told = disclosure()
        document = seal_document(to_fhir(told))
        dearer = (replace(told.items[0], price=told.items[0].price + 1), *told.items[1:])
        lines = tuple(item.line for item in dearer)
        terms = terms_of(
            told, document.digest, lines_digest=lines_digest(lines, COVERS), price=sum(line.billed for line in lines)
        )
        agreement = Agreement(Offer(terms, lines, COVERS), Standing(State.OFFERED, NOW, 0, PAYEE, 0, (0, 0)))
        with pytest.raises(InputError) as refused:
            check_told(agreement, document.body)
        assert refused.value.details["line"] == 0


def terms_like(agreement: Agreement, digest: bytes) -> Any:
    return replace(agreement.terms, disclosure_digest=digest)


class TestReview:
    def test_a_frozen_id_accepts_nothing(self) -> None:
        agreement, document = offered()
        with pytest.raises(InputError, match="frozen"):
            review(Shown(frozen_until=NOW), PATIENT, agreement, document.body, DEADLINE)  # type: ignore[arg-type]

    def test_an_offer_whose_time_is_over(self) -> None:
        agreement, document = offered(accept_until=NOW - 1)
        with pytest.raises(InputError) as refused:
            review(Shown(), PATIENT, agreement, document.body, DEADLINE)  # type: ignore[arg-type]
        assert refused.value.details["state"] == "expired"

    def test_another_patients(self) -> None:
        agreement, document = offered()
        with pytest.raises(InputError, match="another patient id"):
            review(Shown(), b"\x01" * 32, agreement, document.body, DEADLINE)  # type: ignore[arg-type]


class TestLanes:
    def until(self, agreement: Agreement, insurer: int, reviews: Any = REVIEWS) -> int:
        """When the last review of an insurer ends: the second policy's begins after the first's, and its silence."""
        (first, period), (second, other) = reviews.values()
        ends = {first: complete_until(agreement.terms.service_until, DEADLINE) + REVIEW_START + period}
        ends[second] = max(ends.values()) + REVIEW_START + SILENCE + other
        return ends[insurer]

    def test_each_insurer_gets_what_it_needs_for_payment(self) -> None:
        agreement, _ = offered()
        lanes, grants = lanes_for(Shown(), agreement, DEADLINE)  # type: ignore[arg-type]
        assert lanes == (7, 7)
        categories = agreement.offer.categories
        assert [(each.member, each.scope) for each in grants] == [
            (insurer, Scope(categories, int(Purpose.HPAYMT), 0, 0, self.until(agreement, insurer)))
            for insurer in (4, 5)
        ]

    def test_a_lane_that_is_wide_and_long_enough_serves(self) -> None:
        agreement, _ = offered()
        wide = Scope(0xFFFF, int(Purpose.HPAYMT | Purpose.TREAT), 0, 0, self.until(agreement, 4))
        lanes, grants = lanes_for(Shown({(4, 2): wide}), agreement, DEADLINE)  # type: ignore[arg-type]
        assert lanes == (2, 7)
        assert [each.member for each in grants] == [5]

    def test_one_that_ends_a_second_early_does_not(self) -> None:
        agreement, _ = offered()
        short = Scope(0xFFFF, int(Purpose.HPAYMT), 0, 0, self.until(agreement, 4) - 1)
        lanes, grants = lanes_for(Shown({(4, 7): short}), agreement, DEADLINE)  # type: ignore[arg-type]
        assert lanes == (6, 7)
        assert [each.member for each in grants] == [4, 5]

    def test_what_has_ended_is_free_again(self) -> None:
        agreement, _ = offered()
        ended = {(4, lane): Scope(1, 1, 0, 0, NOW - 1) for lane in range(8)}
        assert lanes_for(Shown(ended), agreement, DEADLINE)[0] == (7, 7)  # type: ignore[arg-type]

    def test_where_none_is_free_the_insurer_is_named(self) -> None:
        agreement, _ = offered()
        taken = {(5, lane): Scope(1, 1, 0, 0, NOW) for lane in range(8)}
        with pytest.raises(InputError) as refused:
            lanes_for(Shown(taken), agreement, DEADLINE)  # type: ignore[arg-type]
        assert refused.value.details["member"] == 5

    def test_an_insurer_of_two_policies_gets_one_lane_for_the_longer_term(self) -> None:
        agreement, _ = offered()
        same = {POLICIES[0]: (5, 86_400), POLICIES[1]: (5, 3 * 86_400)}
        lanes, grants = lanes_for(Shown(reviews=same), agreement, DEADLINE)  # type: ignore[arg-type]
        assert (lanes, len(grants)) == ((7, 7), 1)
        assert grants[0].scope.not_after == self.until(agreement, 5, same)


class TestFindDocument:
    def test_the_one_of_the_agreement_among_others(self) -> None:
        agreement, document = offered()
        others = [seal_document(to_fhir(disclosure())).body, b"{}", b'{"resourceType":"Bundle","type":"collection"}']
        assert find_document([*others[:1], document.body, *others[1:]], agreement) == document.body

    def test_none(self) -> None:
        agreement, _ = offered(disclosure(template(why="Another reason.")))
        with pytest.raises(InputError, match="none of the provider's documents"):
            find_document([], agreement)
