"""The runner: what it decides, what it keeps, and that it decides once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from medunion.crypto.hashing import keccak256
from medunion.errors import ChainError, InputError, KeysUnavailable
from medunion.insurance.catalogue import Catalogue, CatalogueEntry, Coding, Limits
from medunion.insurance.engine.granted import GrantedRecord
from medunion.insurance.engine.history import KnownItem
from medunion.insurance.engine.published import ALL_RULES, Rule
from medunion.insurance.engine.review import APPROVED, CONTESTED, FAILED, WAITING, Outcome, finding_of
from medunion.vocabulary import Category

from .claims import CLAIM, COLONOSCOPY, EARLIER, ICD, OTHER_PROVIDER, condition, patient, procedure, record
from .desk import HOUR, LEDGER, Insurer, filed
from .policies import BIOPSY, PATIENT, item

KNOWN = KnownItem(item())


@pytest.fixture
def insurer(tmp_path: Path) -> Insurer:
    made = Insurer(tmp_path)
    made.tell(KNOWN)
    return made


def limited(**limits: object) -> Catalogue:
    return Catalogue([CatalogueEntry(COLONOSCOPY, "A", 12_000, Category.PROCEDURES, Limits(**limits))])  # type: ignore[arg-type]


def states(outcomes: list[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


class TestDecision:
    def test_a_claim_in_order_is_approved_signed_and_kept(self, insurer: Insurer) -> None:
        insurer.records = [record("r", procedure())]
        insurer.desk.waiting = [filed([KNOWN], insurer.records)]
        assert states(insurer.engine.run_once()) == [APPROVED]
        assert insurer.desk.sent == [("approve", CLAIM, 0, b"")]
        answer = list(insurer.history.answers())[-1]
        assert (answer.kind, answer.subject, answer.signed_in(LEDGER)) == ("approved", CLAIM, True)
        assert [(each.item, each.claim) for each in insurer.history.uses(PATIENT)] == [(COLONOSCOPY, CLAIM)]

    def test_a_bill_whose_record_does_not_match_is_contested_by_the_first_rule(self, insurer: Insurer) -> None:
        insurer.records = [record("r", procedure("2026-12-24", code=BIOPSY))]
        insurer.desk.waiting = [filed([KNOWN], insurer.records)]
        (outcome,) = insurer.engine.run_once()
        assert outcome.state == CONTESTED
        assert outcome.finding is not None
        assert outcome.finding.rule is Rule.EVIDENCE_RECORD
        ((what, claim, rule, reason_digest),) = insurer.desk.sent
        answer = list(insurer.history.answers())[-1]
        assert (what, claim, rule, reason_digest) == ("contest", CLAIM, 1, answer.document_digest)
        assert finding_of(answer) == outcome.finding
        assert insurer.history.uses(PATIENT) == [], "what is contested was not used"

    def test_rules_that_the_plan_does_not_publish_contest_nothing(self, insurer: Insurer) -> None:
        insurer.records = [record("r", procedure("2026-12-24"))]
        insurer.desk.waiting = [filed([KNOWN], insurer.records, rules=ALL_RULES & ~Rule.EVIDENCE_RECORD.bit)]
        assert states(insurer.engine.run_once()) == [APPROVED]

    def test_the_catalogues_limits_hold(self, tmp_path: Path) -> None:
        insurer = Insurer(tmp_path, limited(diagnoses=frozenset({(ICD, "K62.5")}), sex="male"))
        insurer.tell(KNOWN)
        insurer.records = [
            record("r", procedure()),
            record("p", patient(gender="male")),
            record("c", condition((ICD, "J06.9"))),
        ]
        insurer.desk.waiting = [filed([KNOWN], insurer.records[:1])]
        assert insurer.engine.run_once()[0].finding is not None
        assert insurer.desk.sent[0][2] == Rule.DIAGNOSIS

    def test_diagnoses_that_the_provider_stated_before_count(self, tmp_path: Path) -> None:
        insurer = Insurer(tmp_path, limited(diagnoses=frozenset({(ICD, "K62.5")})))
        insurer.tell(KnownItem(item(), frozenset({(ICD, "K62.5")})))
        insurer.records = [record("r", procedure()), record("c", condition((ICD, "J06.9")))]
        insurer.desk.waiting = [filed([KNOWN], insurer.records[:1])]
        assert states(insurer.engine.run_once()) == [APPROVED]

    def test_without_the_order_of_evidence_each_line_takes_the_piece_that_shows_it(self, insurer: Insurer) -> None:
        biopsy = KnownItem(item(BIOPSY, category=Category.PROCEDURES))
        insurer.tell(biopsy)
        insurer.records = [record("b", procedure(code=BIOPSY)), record("r", procedure())]
        insurer.desk.waiting = [filed([KNOWN, biopsy], insurer.records, evidence_of=())]
        assert states(insurer.engine.run_once()) == [APPROVED]
        assert {each.item: each.evidence[1] for each in insurer.history.uses(PATIENT)} == {
            COLONOSCOPY: keccak256(b"r"),
            BIOPSY: keccak256(b"b"),
        }

    def test_answers_name_no_code_on_the_way_to_the_ledger_or_to_people(self, insurer: Insurer) -> None:
        insurer.records = [record("r", procedure(code=BIOPSY))]
        insurer.desk.waiting = [filed([KNOWN], insurer.records)]
        (outcome,) = insurer.engine.run_once()
        shown = (
            json.dumps(finding_of(list(insurer.history.answers())[-1]).as_dict()) + repr(outcome) + repr(insurer.desk)
        )
        for secret in (COLONOSCOPY[1], BIOPSY[1], PATIENT.hex(), str(PATIENT)):
            assert secret not in shown


class TestWithheld:
    def test_is_asked_for_once_then_waited_for_then_contested(self, insurer: Insurer) -> None:
        insurer.records = None
        insurer.desk.waiting = [filed([KNOWN], [record("r", procedure())])]
        assert states(insurer.engine.run_once()) == [WAITING]
        insurer.now = 24 * HOUR - 1
        assert states(insurer.engine.run_once()) == [WAITING]
        assert [each[0] for each in insurer.desk.sent] == ["request"]
        assert insurer.kinds() == ["covers"]
        insurer.now = 24 * HOUR
        (outcome,) = insurer.engine.run_once()
        assert outcome.finding is not None
        assert (outcome.state, outcome.finding.rule, outcome.finding.lines) == (CONTESTED, Rule.RECORDS_WITHHELD, (1,))
        assert insurer.desk.sent[1][:3] == ("contest", CLAIM, 0)

    def test_evidence_that_is_not_among_the_records_is_withheld(self, insurer: Insurer) -> None:
        insurer.records = [record("other", procedure())]
        insurer.desk.waiting = [filed([KNOWN], [record("r", procedure())])]
        (outcome,) = insurer.engine.run_once()
        assert outcome.state == WAITING
        assert isinstance(outcome.failure, KeysUnavailable)

    def test_a_record_of_another_author_under_the_same_id_is_no_evidence(self, insurer: Insurer) -> None:
        insurer.records = [record("r", procedure(), OTHER_PROVIDER)]
        insurer.desk.waiting = [filed([KNOWN], [record("r", procedure())])]
        assert states(insurer.engine.run_once()) == [WAITING]

    def test_evidence_that_is_no_valid_fhir_is_withheld(self, insurer: Insurer) -> None:
        insurer.records = [record("r", procedure(status="whatever"))]
        insurer.desk.waiting = [filed([KNOWN], insurer.records)]
        assert states(insurer.engine.run_once()) == [WAITING]

    def test_evidence_that_comes_after_the_request_is_reviewed(self, insurer: Insurer) -> None:
        insurer.records = None
        given = [record("r", procedure())]
        insurer.desk.waiting = [filed([KNOWN], given)]
        insurer.engine.run_once()
        insurer.records, insurer.now = given, 30 * HOUR
        assert states(insurer.engine.run_once()) == [APPROVED]

    def test_is_no_contest_where_the_plan_does_not_publish_it(self, insurer: Insurer) -> None:
        insurer.records, insurer.now = None, 30 * HOUR
        given = filed([KNOWN], [record("r", procedure())], rules=ALL_RULES - 1, requested=True)
        insurer.desk.waiting = [given]
        assert states(insurer.engine.run_once()) == [WAITING]
        assert insurer.desk.sent == []


class TestRunOnce:
    def test_nothing_due_does_nothing(self, insurer: Insurer) -> None:
        assert insurer.engine.run_once() == []
        assert insurer.kinds() == ["covers"]

    def test_a_run_that_was_stopped_sends_the_same_decision_again(self, insurer: Insurer) -> None:
        insurer.records = [record("r", procedure(code=BIOPSY))]
        insurer.desk.waiting = [filed([KNOWN], insurer.records)]
        insurer.desk.broken = True
        (outcome,) = insurer.engine.run_once()
        assert outcome.state == FAILED
        assert isinstance(outcome.failure, ChainError)
        insurer.desk.broken = False
        insurer.records = [record("r", procedure())]
        insurer.start()
        assert states(insurer.engine.run_once()) == [CONTESTED], "what was signed is what is sent"
        assert insurer.kinds() == ["covers", "contested"]
        assert insurer.desk.sent[0][3] == list(insurer.history.answers())[-1].document_digest
        assert insurer.engine.run_once() == []

    def test_one_claims_failure_stops_no_other(self, insurer: Insurer) -> None:
        insurer.records = [record("r", procedure()), record("s", procedure("2026-11-12"))]
        unknown = filed([KnownItem(item(BIOPSY))], insurer.records[:1], claim=EARLIER)
        insurer.desk.waiting = [unknown, filed([KNOWN], insurer.records[1:])]
        outcomes = insurer.engine.run_once()
        assert states(outcomes) == [FAILED, APPROVED]
        assert isinstance(outcomes[0].failure, InputError)
        assert outcomes[0].failure.details == {"line": 1}

    def test_two_policies_of_one_claim_are_decided_each_and_used_once(self, insurer: Insurer) -> None:
        insurer.records = [record("r", procedure())]
        first = filed([KNOWN], insurer.records)
        insurer.desk.waiting = [first, replace(first, policy=keccak256(b"supplementary"))]
        assert states(insurer.engine.run_once()) == [APPROVED, APPROVED]
        assert len(insurer.history.uses(PATIENT)) == 1


class TestEarlierClaims:
    def other(self, insurer: Insurer, evidence: GrantedRecord, coding: Coding = COLONOSCOPY) -> None:
        known = KnownItem(replace(item(coding), salt=keccak256(b"other salt")))
        insurer.tell(known)
        insurer.desk.paid = [filed([known], [evidence], claim=EARLIER)]

    def test_what_was_approved_is_a_duplicate_later(self, insurer: Insurer) -> None:
        insurer.records = [record("r", procedure("2026-11-10T09:30:00+08:00"))]
        insurer.desk.waiting = [filed([KNOWN], insurer.records, claim=EARLIER)]
        insurer.engine.run_once()
        insurer.records.append(record("copy", procedure("2026-11-10T09:30:00+08:00"), OTHER_PROVIDER))
        insurer.desk.waiting = [filed([KNOWN], insurer.records[1:], provider=OTHER_PROVIDER)]
        (outcome,) = insurer.engine.run_once()
        assert outcome.finding is not None
        assert outcome.finding.rule is Rule.DUPLICATE

    def test_what_was_reversed_is_none(self, insurer: Insurer) -> None:
        insurer.records = [record("r", procedure())]
        insurer.desk.waiting = [filed([KNOWN], insurer.records, claim=EARLIER)]
        insurer.engine.run_once()
        insurer.desk.reversed = [EARLIER]
        insurer.desk.waiting = [filed([KNOWN], insurer.records)]
        assert states(insurer.engine.run_once()) == [APPROVED]

    def test_claims_that_needed_no_review_count_by_what_their_records_say(self, insurer: Insurer) -> None:
        theirs = record("theirs", procedure("2026-11-10T09:30:00+08:00"), OTHER_PROVIDER)
        self.other(insurer, theirs)
        insurer.records = [record("r", procedure("2026-11-10T09:30:00+08:00")), theirs]
        insurer.desk.waiting = [filed([KNOWN], insurer.records[:1])]
        (outcome,) = insurer.engine.run_once()
        assert outcome.finding is not None
        assert outcome.finding.rule is Rule.DUPLICATE

    def test_they_count_for_frequency_by_their_first_day_where_the_record_is_not_granted(self, tmp_path: Path) -> None:
        insurer = Insurer(tmp_path, limited(uses=1, days=30))
        insurer.tell(KNOWN)
        self.other(insurer, record("theirs", procedure(), OTHER_PROVIDER))
        insurer.records = [record("r", procedure("2026-11-20"))]
        insurer.desk.waiting = [filed([KNOWN], insurer.records)]
        (outcome,) = insurer.engine.run_once()
        assert outcome.finding is not None
        assert outcome.finding.rule is Rule.FREQUENCY

    def test_they_are_asked_for_since_a_day_before_the_last_run(self, insurer: Insurer) -> None:
        insurer.now = 30 * HOUR
        for _ in range(2):
            insurer.engine.run_once()
        assert insurer.desk.asked_since == [0, 6 * HOUR]

    def test_items_that_nobody_told_are_left_out(self, insurer: Insurer) -> None:
        insurer.desk.paid = [filed([KnownItem(item(BIOPSY))], [record("r", procedure())], claim=EARLIER)]
        insurer.engine.run_once()
        assert insurer.history.uses(PATIENT) == []
