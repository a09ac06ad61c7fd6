"""Claims on a devnet: completed on committed records, paid, reviewed, contested, reversed; what is due when."""

import pytest

from medunion.care.agreements import Agreements
from medunion.care.offers import State
from medunion.errors import ContractRefused, InputError
from medunion.settlement.claim import Outcome, Stage, Totals
from medunion.settlement.claims import released
from medunion.settlement.documents import ClaimDocuments
from medunion.settlement.facts import ClaimFacts
from medunion.settlement.fhir_benefit import from_fhir as read_explanation
from medunion.settlement.fhir_claim import from_fhir as read_claim
from medunion.settlement.fhir_response import from_fhir as read_response
from medunion.settlement.review import ReviewDesk
from medunion.settlement.standing import Step
from medunion.vocabulary import Category, Role
from tests.unit.settlement.claims import exchanged

from .conftest import DAY, Treatments

pytestmark = pytest.mark.devnet

PAID = Totals(
    billed=12_800, allowed=10_800, insurer_paid=10_978, patient_paid=1_822, refunded=178, written_off=0, receivable=0
)
LOW = 1_000
"""An auto-adjudication limit below what every claim here comes to."""


def steps(treatments: Treatments, found: ClaimFacts) -> list[Step]:
    due = treatments.claims.due(treatments.now, provider=found.provider)
    return [each.due.step for each in due if each.claim.id == found.id]


class TestComplete:
    def test_with_the_receipt_it_is_paid_at_once(self, treatments: Treatments) -> None:
        found = treatments.complete("at once", (treatments.insure(), treatments.insure(1)), receipt=True)
        assert (found.standing.stage, found.agreement.standing.state) == (Stage.SETTLED, State.SETTLED)
        # Basic: 100.00 - 10.00 deductible at 80 % = 72.00; 8.00 - 0.80 = 7.20 at 80 % = 5.76. Extra: of 48.00 and 2.24
        # that remain, 38.00 at 80 % = 30.40 after its deductible; 2.24 - 0.22 = 2.02 at 80 % = 1.62.
        assert [each.paid for each in found.adjudications] == [7_776, 3_202]
        assert found.totals == PAID
        assert steps(treatments, found) == []

    def test_each_line_is_proved_by_the_record_of_its_item(self, treatments: Treatments) -> None:
        agreement = treatments.agree((treatments.insure(),))
        treatments.record(("Procedure", "urn:other", "1"), note="another procedure of the day")
        proofs = {treatments.categories[record]: record for record in treatments.prove("two lines")}
        treatments.desk.complete(agreement, treatments.desk.evidence(agreement, {}))
        of_line = treatments.claims.get(agreement.id).evidence.of_line
        assert of_line == (proofs[Category.PROCEDURES], proofs[Category.LABORATORY])

    def test_a_record_of_another_claim_proves_nothing(self, treatments: Treatments) -> None:
        used = treatments.complete("used", (treatments.insure(),))
        agreement = treatments.agree((treatments.insure(),))
        named = {line: record.hex() for line, record in enumerate(used.evidence.of_line)}
        with pytest.raises(InputError, match="no such record could prove a line"):
            treatments.desk.evidence(agreement, named)
        other = treatments.desk.evidence(agreement, {}) if treatments.prove("fresh") else None
        assert other is not None
        assert not {each.record.entry.record_id for each in other.pieces} & set(used.evidence.records)

    def test_the_ledger_refuses_it_too(self, treatments: Treatments) -> None:
        agreement = treatments.agree((treatments.insure(),))
        treatments.prove("twice")
        evidence = treatments.desk.evidence(agreement, {})
        treatments.desk.complete(agreement, evidence)
        other = treatments.agree((treatments.insure(),))
        with pytest.raises(ContractRefused) as refused:
            treatments.desk.complete(other, evidence)
        assert refused.value.details["error"] == "ClaimSettlement_EvidenceUsed"

    def test_without_a_record_the_line_is_named(self, treatments: Treatments) -> None:
        agreement = treatments.agree((treatments.insure(),))
        procedure = treatments.record(("Procedure", "urn:other", "1"), note="the only one")[0].hex()
        with pytest.raises(InputError, match="no record of category laboratory") as refused:
            treatments.desk.evidence(agreement, {}, among=[procedure])
        assert refused.value.details["line"] == 2

    def test_what_is_no_claim(self, treatments: Treatments) -> None:
        with pytest.raises(InputError, match="no claim was filed"):
            treatments.claims.get(b"\x07" * 32)


class TestWithoutReceipt:
    def test_the_patient_confirms_later(self, treatments: Treatments) -> None:
        found = treatments.complete("later", (treatments.insure(),))
        assert (found.standing.stage, found.totals.insurer_paid) == (Stage.PENDING, 0)
        assert steps(treatments, found) == [Step.CONFIRM]
        treatments.desk.confirm(treatments.consortium.identity, found.agreement)
        assert treatments.claims.get(found.id).standing.stage is Stage.SETTLED

    def test_anybody_releases_after_the_window(self, treatments: Treatments) -> None:
        found = treatments.complete("window", (treatments.insure(),))
        treatments.consortium.move(found.standing.payable_at)
        due = [each for each in treatments.claims.due(treatments.now) if each.claim.id == found.id]
        assert [(each.due.step, each.due.is_anybodys, each.member) for each in due] == [(Step.RELEASE, True, 0)]
        assert len(released(treatments.desk.acting(Role.DESK), due)) == 1
        after = treatments.claims.get(found.id)
        assert after.standing.stage is Stage.SETTLED
        # 128.00 - 77.76 remains: the patient owes at most 50.00, of which 20.00 was deposited.
        assert (after.totals.patient_paid, after.totals.receivable, after.totals.written_off) == (2_000, 3_000, 24)


class TestReceivable:
    def test_is_paid_to_the_provider_in_parts(self, treatments: Treatments) -> None:
        found = treatments.complete("receivable", (treatments.insure(),), receipt=True)
        assert found.standing.receivable == 3_000
        consortium = treatments.consortium
        payer = consortium.network.ledger.sender(consortium.payer)
        consortium.network.session.funds.require(payer)
        consortium.bank.give(found.agreement.terms.payee, 0)
        own = treatments.claims.acting(payer)
        own.pay_receivable(found.agreement.terms, 1_000)
        own.pay_receivable(found.agreement.terms, 2_000)
        after = treatments.claims.get(found.id)
        assert (after.totals.patient_paid, after.totals.receivable) == (5_000, 0)
        with pytest.raises(ContractRefused, match="ClaimSettlement_BadAmount"):
            own.pay_receivable(found.agreement.terms, 1)


class TestReview:
    def test_the_engines_desk_approves(self, treatments: Treatments) -> None:
        found = treatments.complete("approved", (treatments.insure(limit=LOW), treatments.insure(1)), receipt=True)
        assert [each.outcome for each in found.adjudications] == [Outcome.QUEUED, Outcome.COMPLETE]
        assert steps(treatments, found) == [Step.REVIEW]
        desk = treatments.desk_of("basic").review_desk()
        filed = next(each for each in desk.awaiting() if each.claim == found.id)
        assert filed.evidence_of == (0, 1)
        assert {record for _, record in filed.evidence} == set(found.evidence.records)
        assert (filed.rules, filed.requested) == (0b1001, False)
        desk.approve(filed)
        assert treatments.claims.get(found.id).standing.stage is Stage.SETTLED
        assert found.id in {each.claim for each in desk.settled(found.filing.at)}
        assert found.id not in {each.claim for each in desk.awaiting()}

    def test_a_contest_that_is_conceded_gives_its_money_back(self, treatments: Treatments) -> None:
        found = treatments.complete("conceded", (treatments.insure(), treatments.insure(1, limit=LOW)), receipt=True)
        assert found.totals.insurer_paid == 7_776
        treatments.adjudicator(1).contest(found.agreement.terms, 3, b"\x01" * 32)
        contested = treatments.claims.get(found.id)
        assert contested.adjudications[1].outcome is Outcome.ERROR
        assert contested.adjudications[1].contest is not None
        assert steps(treatments, found) == [Step.OBJECT]
        treatments.consortium.move(contested.standing.clock + 1)
        due = [each for each in treatments.claims.due(treatments.now) if each.claim.id == found.id]
        assert [each.due.step for each in due] == [Step.CONCEDE]
        released(treatments.desk.acting(Role.DESK), due)
        after = treatments.claims.get(found.id)
        assert (after.standing.stage, after.adjudications[1].outcome) == (Stage.SETTLED, Outcome.PARTIAL)
        assert (after.adjudications[1].adjudicated, after.adjudications[1].paid) == (3_202, 0)

    def test_silence_settles(self, treatments: Treatments) -> None:
        found = treatments.complete("silence", (treatments.insure(limit=LOW),), receipt=True)
        until = found.standing.review_until(found.review_periods)
        assert until == found.standing.filed_at + 2 * DAY
        treatments.consortium.move(until)
        assert steps(treatments, found) == [Step.REVIEW]
        treatments.consortium.move(until + 1)
        assert steps(treatments, found) == [Step.RELEASE]
        treatments.desk.acting(Role.DESK).release(found.agreement.terms)
        assert treatments.claims.get(found.id).totals.insurer_paid == 7_776

    def test_a_request_for_evidence_starts_the_review_a_day_later(self, treatments: Treatments) -> None:
        found = treatments.complete("requested", (treatments.insure(limit=LOW),), receipt=True)
        adjudicator = treatments.adjudicator()
        adjudicator.request_evidence(found.agreement.terms)
        asked = treatments.claims.get(found.id)
        assert asked.standing.withheld
        assert asked.standing.clock == treatments.claims.history(found.id)[-1].time + DAY
        adjudicator.receive_evidence(found.agreement.terms)
        received = treatments.claims.get(found.id)
        assert not received.standing.withheld
        assert received.standing.clock == received.changed_at


class TestManyClaims:
    """What is read of many claims is what is read of each, in as many requests as of a few."""

    def test_are_the_same_as_one_by_one(self, treatments: Treatments) -> None:
        policies = (treatments.insure(limit=LOW), treatments.insure(1))
        settled = treatments.complete("settled", (policies[1],), receipt=True)
        contested = treatments.complete("contested", policies, receipt=True)
        adjudicator = treatments.adjudicator()
        adjudicator.receive_evidence(contested.agreement.terms)
        adjudicator.contest(contested.agreement.terms, 3, b"\x07" * 32)
        unpaid = treatments.complete("nobody insures it", ())
        found = {each.id: each for each in treatments.claims.of(provider=settled.provider)}
        for each in (settled, contested, unpaid):
            assert found[each.id] == treatments.claims.get(each.id)
        assert found[contested.id].standing.stage is Stage.CONTESTED

    def test_are_asked_about_together(self, treatments: Treatments, monkeypatch: pytest.MonkeyPatch) -> None:
        policy = treatments.insure(limit=LOW)
        desk = ReviewDesk(treatments.adjudicator(), treatments.insurer(0).member.id)
        asked: list[bytes] = []
        provider = treatments.claims.ledger.connection._provider
        post = provider._post
        monkeypatch.setattr(provider, "_post", lambda url, body: asked.append(body) or post(url, body))

        def requests(note: str, claims: int) -> int:
            for number in range(claims):
                treatments.complete(f"{note} {number}", (policy,))
            asked.clear()
            assert [each.policy for each in desk.awaiting()].count(policy) >= claims
            return len(asked)

        few, many = requests("few", 2), requests("many", 8)
        # A batch takes 100 calls; lanes, claims' states and completing transactions go in batches.
        assert many <= few + 2
        assert many < 40

    def test_of_no_claims_nothing_is_asked_about_agreements(self, treatments: Treatments) -> None:
        assert treatments.claims.of(among=()) == []
        assert Agreements(treatments.claims.ledger).among([]) == {}


class TestReverse:
    def test_gives_back_everything_that_was_paid(self, treatments: Treatments) -> None:
        bank, network = treatments.consortium.bank, treatments.consortium.network
        found = treatments.complete("reversed", (treatments.insure(), treatments.insure(1)), receipt=True)
        finance = network.member("hospital-b").acting(Role.FINANCE)
        bank.give(finance.address, 20_000)
        before, payer = bank.balance(finance.address), bank.balance(treatments.consortium.payer.address)
        treatments.claims.acting(finance).reverse(found)
        after = treatments.claims.get(found.id)
        assert after.standing.stage is Stage.REVERSED
        assert (after.totals.insurer_paid, after.totals.patient_paid, after.totals.refunded) == (0, 0, 2_000)
        assert bank.balance(finance.address) == before - 12_800
        assert bank.balance(treatments.consortium.payer.address) == payer + 1_822


class TestDocuments:
    def test_everything_is_fhir_and_reads_back(self, treatments: Treatments) -> None:
        found = treatments.complete("documents", (treatments.insure(), treatments.insure(1)), receipt=True)
        items = treatments.desk.items(found.agreement)
        assert items is not None
        documents = ClaimDocuments(treatments.claims.ledger, found, items)
        claim, *answers = [exchanged(each) for each in documents.all()]
        assert [each["resourceType"] for each in answers] == ["ClaimResponse", "ExplanationOfBenefit"] * 2
        read = read_claim(claim)
        assert [line.code.code for line in read.lines] == ["45.23", "L-7"]
        assert tuple(line.evidence for line in read.lines) == found.evidence.of_line
        for position in range(2):
            response, explanation = read_response(answers[2 * position]), read_explanation(answers[2 * position + 1])
            assert response.adjudication == explanation.adjudication == found.adjudications[position]
            balances = {each.type: (each.allowed, each.used) for each in explanation.balances}
            assert balances["deductible"] == (1_000, 1_000)
            assert balances["benefit"] == (50_000_000, found.adjudications[position].paid)

    def test_who_was_told_no_item_names_digests(self, treatments: Treatments) -> None:
        found = treatments.complete("digests", (treatments.insure(),))
        assert treatments.desk_of("basic").items(found.agreement) is None
        read = read_claim(exchanged(ClaimDocuments(treatments.claims.ledger, found).of_provider()[0]))
        digests = ["0x" + line.item_digest.hex() for line in found.agreement.offer.lines]
        assert [(line.code.system, line.code.code) for line in read.lines] == [
            ("urn:medunion:item-digest", digest) for digest in digests
        ]

    def test_provider_and_insurer_commit_their_parts(self, treatments: Treatments) -> None:
        found = treatments.complete("committed", (treatments.insure(),), receipt=True)
        network, patient = treatments.consortium.network, treatments.consortium.identity
        for name in ("hospital-b", "basic"):
            treatments.desk_of(name).commit(found)
        listed = network.patient_records(patient).list()
        kinds = [each.resource_type for each in listed if each.category is Category.CLAIMS]
        assert sorted(kinds)[-3:] == ["Claim", "ClaimResponse", "ExplanationOfBenefit"]
        with pytest.raises(InputError, match="neither provider nor insurer"):
            treatments.desk_of("bank").commit(found)
