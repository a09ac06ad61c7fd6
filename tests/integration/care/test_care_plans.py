"""Care plans on a devnet: what a provider proposes is what the patient reads and signs; visits are offered from it."""

from dataclasses import replace
from typing import Any

import pytest

from medunion.care import fhir_parts
from medunion.care.documents import seal_document
from medunion.care.offers import State
from medunion.care.plan_document import MAX_PRICE_URL
from medunion.care.plans import CarePlan, PlanState, Visit, VisitState, next_due
from medunion.care.schedule import Schedule
from medunion.care.templates import Template, Window
from medunion.errors import ContractRefused, InputError, IntegrityError
from medunion.identity.wallet import Identity
from medunion.network.agreements import OFFER_TERM, Offered, OfferTerms
from medunion.network.care_plans import (
    CarePlanDesk,
    Proposed,
    open_plan_document,
    own_plan_document,
    read_plan_document,
)
from medunion.vocabulary import Category, Role
from tests.unit.care.offers import template

from .conftest import Consortium

pytestmark = pytest.mark.devnet

WEEK = 7


@pytest.fixture(scope="module")
def identity(consortium: Consortium) -> Identity:
    """A patient of its own, who has checked in."""
    found = consortium.network.create_wallet("planner").identity()
    desk = consortium.network.desk("hospital-b")
    desk.register(found)
    desk.check_in(found)
    return found


@pytest.fixture
def desk(consortium: Consortium) -> CarePlanDesk:
    return consortium.network.care_plan_desk("hospital-b")


def visit_template() -> Template:
    return replace(template(policies=[], deposit="0.00"), window=None)


def propose(
    consortium: Consortium, identity: Identity, first_day: int, *, commit: bool = False, price: int = 15_000
) -> Proposed:
    """Three visits a week apart, from `first_day` on, each with two days more."""
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-9-cm", "code": "45.23"}]}
    repeat = {
        "boundsPeriod": {"start": fhir_parts.day(first_day)},
        "count": 3,
        "period": WEEK,
        "periodMax": WEEK + 2,
        "periodUnit": "d",
    }
    resource: dict[str, Any] = {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "title": "Three tests",
        "subject": {"reference": "Patient/7"},
        "activity": [{"detail": {"status": "scheduled", "code": code, "scheduledTiming": {"repeat": repeat}}}],
    }
    return consortium.network.care_plan_desk("hospital-b").propose(
        identity.patient,
        resource,
        visit_template(),
        max_price=price,
        accept_until=consortium.network.ledger.now() + OFFER_TERM,
        commit=commit,
    )


def accepted(consortium: Consortium, identity: Identity, first_day: int) -> Proposed:
    proposed = propose(consortium, identity, first_day)
    consortium.network.care_plan_desk("hospital-b").accept(identity, proposed.plan, proposed.document.body)
    return proposed


def offer(consortium: Consortium, proposed: Proposed, visit: int, window: Window | None = None) -> Offered:
    """The agreement of a visit, from the plan's own template."""
    made = open_plan_document(proposed.plan, proposed.document.body).visit_template(visit)
    until = consortium.network.ledger.now() + OFFER_TERM
    stated = OfferTerms(until, care_plan=proposed.plan.id, visit=visit)
    return consortium.desk.offer(
        proposed.plan.patient, made if window is None else made.within(window), stated, commit=False
    )


def visits(consortium: Consortium, plan: CarePlan) -> list[Visit]:
    return consortium.network.care_plans.visits(plan)


class TestPropose:
    def test_the_ledger_shows_the_plan(self, consortium: Consortium, identity: Identity) -> None:
        plan = propose(consortium, identity, consortium.today).plan
        plans = consortium.network.care_plans
        assert plans.ledger.call("CarePlans", "carePlanIdOf", plan.as_arguments()) == plan.id
        assert plans.get(plan.id) == plan
        assert plan.schedule == Schedule(consortium.today, WEEK, 2, 3)
        assert plans.states([plan]) == [PlanState.PROPOSED]
        assert plan in plans.of(patient=identity.patient)
        assert plan in plans.of(provider=plan.provider)
        assert plans.of(patient=b"\x01" * 32) == []
        assert [event.name for event in plans.history(plan.id)] == ["CarePlanProposed"]
        with pytest.raises(InputError, match="no such care plan"):
            plans.get(b"\x07" * 32)

    def test_both_read_the_document_by_the_ordinary_door(self, consortium: Consortium, identity: Identity) -> None:
        proposed = propose(consortium, identity, consortium.today, commit=True)
        other = propose(consortium, identity, consortium.today, commit=True)
        reader = consortium.network.patient_records(identity)
        assert read_plan_document(reader, proposed.plan) == proposed.document.body
        assert read_plan_document(reader, other.plan) == other.document.body
        own = consortium.network.member("hospital-b").records()
        assert own_plan_document(own, proposed.plan) == proposed.document.body
        assert {entry.category for entry in reader.list()} == {Category.CARE_PLANS}

    def test_what_was_not_committed_is_not_found(self, consortium: Consortium, identity: Identity) -> None:
        plan = propose(consortium, identity, consortium.today).plan
        with pytest.raises(InputError, match="none of the provider's records"):
            read_plan_document(consortium.network.patient_records(identity), plan)

    def test_what_the_ledger_would_refuse_leaves_no_record(
        self, consortium: Consortium, identity: Identity, desk: CarePlanDesk
    ) -> None:
        reader = consortium.network.patient_records(identity)
        before = len(reader.list())
        proposed = propose(consortium, identity, consortium.today)
        resource = dict(proposed.document.resource)
        for name in ("extension", "contained", "supportingInfo"):
            del resource[name]
        late = consortium.network.ledger.now() + 91 * 86_400
        with pytest.raises(ContractRefused) as refused:
            desk.propose(identity.patient, resource, visit_template(), max_price=15_000, accept_until=late)
        assert refused.value.details["error"] == "CarePlans_BadPlan"
        assert len(reader.list()) == before


class TestAccept:
    def test_by_a_signature_over_the_document_that_was_read(
        self, consortium: Consortium, identity: Identity, desk: CarePlanDesk
    ) -> None:
        proposed = propose(consortium, identity, consortium.today)
        other = propose(consortium, identity, consortium.today)
        with pytest.raises(IntegrityError):
            desk.accept(identity, proposed.plan, other.document.body)
        desk.accept(identity, proposed.plan, proposed.document.body)
        assert consortium.network.care_plans.states([proposed.plan, other.plan]) == [
            PlanState.ACCEPTED,
            PlanState.PROPOSED,
        ]

    def test_refuses_other_money(self, consortium: Consortium, identity: Identity, desk: CarePlanDesk) -> None:
        proposed = propose(consortium, identity, consortium.today)
        resource = {name: value for name, value in proposed.document.resource.items() if name != "extension"}
        price = {"url": MAX_PRICE_URL, "valueMoney": fhir_parts.amount(15_000, "USD")}
        document = seal_document({**resource, "extension": [price]})
        plan = replace(proposed.plan, content_digest=document.digest)
        sender = consortium.network.member("hospital-b").acting(Role.FINANCE)
        consortium.network.care_plans.acting(sender).propose(plan)
        with pytest.raises(IntegrityError) as refused:
            desk.accept(identity, plan, document.body)
        assert refused.value.details["field"] == "currency"

    def test_refuses_a_plan_that_says_something_else_than_its_document(
        self, consortium: Consortium, identity: Identity, desk: CarePlanDesk
    ) -> None:
        proposed = propose(consortium, identity, consortium.today)
        dearer = replace(proposed.plan, max_price=20_000)
        sender = consortium.network.member("hospital-b").acting(Role.FINANCE)
        consortium.network.care_plans.acting(sender).propose(dearer)
        with pytest.raises(IntegrityError) as refused:
            desk.accept(identity, dearer, proposed.document.body)
        assert refused.value.details["field"] == "maxPrice"


class TestVisits:
    def test_fall_due_are_offered_and_agreed_to_one_by_one(self, consortium: Consortium, identity: Identity) -> None:
        today = consortium.today
        proposed = accepted(consortium, identity, today)
        plan, plans = proposed.plan, consortium.network.care_plans
        shown = [visit.state_on(today) for visit in visits(consortium, plan)]
        assert shown == [VisitState.DUE, VisitState.UPCOMING, VisitState.UPCOMING]

        offered = offer(consortium, proposed, 0)
        assert (offered.offer.terms.care_plan, offered.offer.terms.visit) == (plan.id, 0)
        first = visits(consortium, plan)[0]
        assert (first.agreement, first.agreed) == (offered.offer.id, State.OFFERED)
        with pytest.raises(ContractRefused) as refused:
            offer(consortium, proposed, 0)
        assert refused.value.details["error"] == "CarePlans_VisitTaken"
        later = offer(consortium, proposed, 1)
        assert [each.agreement for each in visits(consortium, plan)] == [offered.offer.id, later.offer.id, bytes(32)]

        consortium.desk.cancel(identity, consortium.agreement(offered))
        assert visits(consortium, plan)[0].state_on(today) is VisitState.DUE
        again = offer(consortium, proposed, 0)
        assert visits(consortium, plan)[0].agreement == again.offer.id
        mine = [visit for due, visit in plans.due(today, patient=identity.patient) if due == plan]
        assert [(visit.number, visit.state_on(today)) for visit in mine] == [(0, VisitState.OFFERED)]
        assert plan not in [due for due, _ in plans.due(today + 3, patient=identity.patient)]
        following = next_due(visits(consortium, plan), today + 3)
        assert following is not None
        assert following.number == 1

    def test_keep_the_plans_days_and_its_end(
        self, consortium: Consortium, identity: Identity, desk: CarePlanDesk
    ) -> None:
        proposed = accepted(consortium, identity, consortium.today)
        second = open_plan_document(proposed.plan, proposed.document.body).visit_template(1).window
        with pytest.raises(ContractRefused) as refused:
            offer(consortium, proposed, 0, second)
        assert refused.value.details["error"] == "CarePlans_OutsideVisit"
        desk.end_for(identity, proposed.plan)
        with pytest.raises(ContractRefused) as refused:
            offer(consortium, proposed, 0)
        assert refused.value.details["error"] == "CarePlans_WrongState"
        due = consortium.network.care_plans.due(consortium.today, patient=identity.patient)
        assert proposed.plan not in [plan for plan, _ in due]

    def test_end_with_the_provider_too(self, consortium: Consortium, identity: Identity, desk: CarePlanDesk) -> None:
        plan = accepted(consortium, identity, consortium.today).plan
        desk.end(plan)
        assert consortium.network.care_plans.states([plan]) == [PlanState.ENDED]
        assert [event.name for event in consortium.network.care_plans.history(plan.id)] == [
            "CarePlanProposed",
            "CarePlanAccepted",
            "CarePlanEnded",
        ]
