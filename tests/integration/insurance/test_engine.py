"""The engine on a devnet: its answers are what the contracts take, its decisions are what they then show."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest

from medunion.care.acceptance import review
from medunion.care.offers import Agreement
from medunion.errors import AccessRefused
from medunion.insurance.catalogue import Catalogue, CatalogueEntry, Limits
from medunion.insurance.engine.answers import AnswerSigner
from medunion.insurance.engine.history import History
from medunion.insurance.engine.ledger import LedgerPolicies
from medunion.insurance.engine.ports import record_reader
from medunion.insurance.engine.predetermination import PredeterminationService
from medunion.insurance.engine.published import RULE_BITS, Rule
from medunion.insurance.engine.review import APPROVED, CONTESTED, WAITING, Outcome, ReviewEngine
from medunion.insurance.plan_document import read_plan
from medunion.insurance.plans import Plans
from medunion.insurance.policies import Policies
from medunion.settlement.claim import Stage
from medunion.settlement.claims import Claims
from medunion.settlement.evidence import EvidenceFinder
from medunion.settlement.facts import ClaimFacts
from medunion.settlement.review import ReviewDesk
from medunion.vocabulary import Category, Role
from tests.integration.care.conftest import Consortium, consortium
from tests.unit.care.offers import ICD_9

pytestmark = pytest.mark.devnet
__all__ = ["consortium"]

CATALOGUE = Catalogue(
    [
        CatalogueEntry((ICD_9, "45.23"), "B", 10_000, Category.PROCEDURES, Limits(sex="female")),
        CatalogueEntry(("urn:b", "L-7"), "A", 400, Category.LABORATORY),
    ]
)
LABORATORY = "http://terminology.hl7.org/CodeSystem/observation-category"
PLAN = {
    "name": "Reviewed from 1.00 on", "autoAdjudicationLimit": "1.00", "reviewDays": 3,
    "rules": list(RULE_BITS), "classes": {"A": "0", "B": "10"},
    "benefit": {"deductible": "0.00", "annualLimit": "100000.00", "outOfPocketMax": None, "caseRate": None,
                "bands": [{"upTo": None, "pays": "80"}]},
}  # fmt: skip


@dataclass
class Insurance:
    """The insurer `basic` with a published plan, whose years begin in this month, a policy, and its engine."""

    consortium: Consortium
    plan: int
    number: int
    policy: bytes
    service: PredeterminationService
    engine: ReviewEngine
    history: History

    def agree(self) -> Agreement:
        """An agreement that the insurer predetermined and the patient accepted."""
        found, network = self.consortium, self.consortium.network
        asking: Any = {self.number: self.service}
        offered = replace(found, insurers=asking).offer((self.policy,), commit=True)
        agreement, ledger = found.agreement(offered), network.ledger
        reviewed = review(ledger, found.identity.patient, agreement, offered.document.body, ledger.deadline())
        found.desk.accept(found.identity, found.payer, reviewed)
        return found.agreement(offered)

    def complete(self, note: str, code: str = "45.23") -> ClaimFacts:
        """A claim that is filed on new records of today; the procedure's has this code."""
        agreement = self.agree()
        hospital, patient = self.consortium.network.member("hospital-b"), self.consortium.identity.patient
        records = hospital.records()
        before = {entry.record_id for entry in records.list(patient)}
        records.commit(patient, self.bundle(note, code))
        new = {entry.category: entry.record_id for entry in records.list(patient) if entry.record_id not in before}
        ledger = self.consortium.network.ledger
        stated = {0: new[Category.PROCEDURES].hex(), 1: new[Category.LABORATORY].hex()}
        evidence = EvidenceFinder(ledger, records).find(agreement, stated=stated)
        Claims(ledger, hospital.acting(Role.FINANCE)).complete(agreement, evidence)
        return Claims(ledger).get(agreement.id)

    def bundle(self, note: str, code: str) -> bytes:
        day = (date(1900, 1, 1) + timedelta(days=self.consortium.today)).isoformat()
        shared = {"subject": {"reference": "Patient/1"}, "note": [{"text": note}]}
        procedure = {"resourceType": "Procedure", "status": "completed", "performedDateTime": day, **shared,
                     "code": {"coding": [{"system": ICD_9, "code": code}]}}  # fmt: skip
        result = {"resourceType": "Observation", "status": "final", "effectiveDateTime": day, **shared,
                  "category": [{"coding": [{"system": LABORATORY, "code": "laboratory"}]}],
                  "code": {"coding": [{"system": "urn:b", "code": "L-7"}]}}  # fmt: skip
        entries = [{"resource": each} for each in (procedure, result)]
        return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()

    def run(self, claim: ClaimFacts) -> Outcome:
        """What a run does about one claim."""
        return next(each for each in self.engine.run_once() if each.claim == claim.id)


@pytest.fixture(scope="module")
def insurance(consortium: Consortium) -> Iterator[Insurance]:  # noqa: F811
    network = consortium.network
    member, ledger = network.member("basic"), network.ledger
    plans, policies = Plans(ledger, member.acting(Role.FINANCE)), Policies(ledger, member.acting(Role.FINANCE))
    month = (date(1900, 1, 1) + timedelta(days=consortium.today)).month
    document = read_plan(json.dumps({**PLAN, "periodMonth": month}).encode(), RULE_BITS)
    plan, _ = plans.publish(document)
    plans.set_network(plan, network.member("hospital-b").id)
    policy, _ = policies.issue(plan, consortium.identity.patient, consortium.today - 30, consortium.today + 300)
    policies.relay(policies.sign_acceptance(consortium.identity, policy))
    history = History.of(member.home)
    adjudicator = member.account("adjudicator")
    answers = AnswerSigner(ledger, adjudicator)
    shared: Any = {"catalogue": CATALOGUE, "history": history, "answers": answers, "clock": ledger.now}
    service = PredeterminationService(
        policies=LedgerPolicies(member.id, policies, plans, [document]),
        signer=adjudicator,
        domain=ledger.domain("CareAgreements"),
        **shared,
    )
    desk = ReviewDesk(Claims(ledger, member.acting(Role.ADJUDICATOR)), member.id)
    evidence = record_reader(member.records(), member.account("reader"))
    engine = ReviewEngine(desk=desk, evidence=evidence, **shared)
    yield Insurance(consortium, plan, member.id, policy, service, engine, history)
    history.close()


class TestEngine:
    def test_its_predetermination_is_taken_and_its_covers_stand_in_the_agreement(self, insurance: Insurance) -> None:
        agreement = insurance.agree()
        covers = [(cover.class_index, cover.allowed) for cover in agreement.offer.covers]
        assert covers == [(1, 10_000), (0, 800)]
        assert [answer.kind for answer in insurance.history.answers()][-2:] == ["covers", "predetermined"]

    def test_an_offer_of_a_stranger_to_the_network_is_refused_before_the_ledger(self, insurance: Insurance) -> None:
        network = insurance.consortium.network
        plans = Plans(network.ledger, network.member("basic").acting(Role.FINANCE))
        hospital = network.member("hospital-b").id
        plans.set_network(insurance.plan, hospital, member=False)
        try:
            with pytest.raises(AccessRefused) as failure:
                insurance.agree()
        finally:
            plans.set_network(insurance.plan, hospital)
        assert failure.value.details["reason"] == "outside-network"

    def test_a_claim_in_order_is_approved_on_the_ledger(self, insurance: Insurance) -> None:
        claim = insurance.complete("in order")
        outcome = insurance.run(claim)
        assert outcome.state == APPROVED, outcome
        after = Claims(insurance.consortium.network.ledger).get(claim.id)
        assert after.standing.reviews == 0
        assert insurance.engine.run_once() == []

    def test_a_bill_without_a_matching_record_is_contested_on_the_ledger(self, insurance: Insurance) -> None:
        claim = insurance.complete("of another procedure", code="45.42")
        outcome = insurance.run(claim)
        assert (outcome.state, outcome.finding and outcome.finding.rule) == (CONTESTED, Rule.EVIDENCE_ITEM)
        after = Claims(insurance.consortium.network.ledger).get(claim.id)
        assert after.standing.stage is Stage.CONTESTED
        contest = after.adjudications[0].contest
        decision = insurance.history.decision(claim.id, insurance.policy)
        assert contest is not None
        assert decision is not None
        assert (contest.rule, contest.reason_digest) == (Rule.EVIDENCE_ITEM, decision.document_digest)
        assert decision.signed_in(insurance.consortium.network.ledger)

    def test_evidence_that_is_not_given_is_requested_and_contested_a_day_later(self, insurance: Insurance) -> None:
        found = insurance.consortium
        claim = insurance.complete("withheld")
        ledger = found.network.ledger
        found.network.desk("hospital-b").revoke(found.identity, insurance.number)
        assert insurance.run(claim).state == WAITING
        requested = Claims(ledger).get(claim.id).standing
        assert requested.withheld
        assert insurance.run(claim).state == WAITING
        found.move(requested.clock + 1)
        outcome = insurance.run(claim)
        assert (outcome.state, outcome.finding and outcome.finding.rule) == (CONTESTED, Rule.RECORDS_WITHHELD)
        assert Claims(ledger).get(claim.id).standing.stage is Stage.CONTESTED
