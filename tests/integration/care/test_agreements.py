"""Offers and agreements on a devnet: the patient reads, its wallet checks and signs, a member relays; every way out."""

import pytest

from medunion.care.acceptance import review
from medunion.care.agreements import Agreements
from medunion.care.offers import Agreement, State
from medunion.care.terms import Cover
from medunion.chain.accounts import Account
from medunion.errors import AccessRefused, ContractRefused, InputError, IntegrityError
from medunion.insurance.plans import Plans
from medunion.keys.scope import Access
from medunion.network.agreements import OFFER_TERM, Offered, read_document
from medunion.vocabulary import Category, Purpose, Role

from .conftest import Consortium

pytestmark = pytest.mark.devnet
PROCEDURE = b"""{"resourceType": "Procedure", "id": "colonoscopy", "status": "completed",
 "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-9-cm", "code": "45.23"}]},
 "subject": {"reference": "Patient/1"}, "performedDateTime": "2026-11-26"}"""


def accept(consortium: Consortium, offered: Offered) -> Agreement:
    agreement = consortium.agreement(offered)
    deadline = consortium.network.ledger.deadline()
    reviewed = review(
        consortium.network.ledger, consortium.identity.patient, agreement, offered.document.body, deadline
    )
    consortium.desk.accept(consortium.identity, consortium.payer, reviewed)
    return consortium.agreement(offered)


def state(consortium: Consortium, offered: Offered) -> State:
    return consortium.agreement(offered).state_at(consortium.network.ledger.now())


class TestOffer:
    def test_the_ledger_shows_what_was_offered(self, consortium: Consortium) -> None:
        offered = consortium.offer(consortium.policies)
        agreement = consortium.agreement(offered)
        assert agreement.offer == offered.offer
        assert agreement.standing.state is State.OFFERED
        assert (
            consortium.network.ledger.call("CareAgreements", "agreementIdOf", agreement.terms.as_arguments())
            == offered.offer.id
        )
        assert agreement.ends_at == agreement.terms.accept_until
        listed = consortium.network.agreements
        assert offered.offer.id in [each.id for each in listed.of(patient=consortium.identity.patient)]
        assert offered.offer.id in [each.id for each in listed.of(provider=agreement.terms.provider)]
        assert listed.of(patient=b"\x01" * 32) == []

    def test_the_patient_reads_the_document_by_the_ordinary_door(self, consortium: Consortium) -> None:
        offered = consortium.offer(commit=True)
        reader = consortium.network.patient_records(consortium.identity)
        assert read_document(reader, consortium.agreement(offered)) == offered.document.body
        categories = {entry.category for entry in reader.list()}
        assert categories == {Category.DOCUMENTS}

    def test_a_document_that_was_handed_over_is_not_among_the_records(self, consortium: Consortium) -> None:
        offered = consortium.offer()
        with pytest.raises(InputError, match="none of the provider's documents"):
            read_document(consortium.network.patient_records(consortium.identity), consortium.agreement(offered))

    def test_what_the_ledger_would_refuse_leaves_no_record(self, consortium: Consortium) -> None:
        before = len(consortium.network.patient_records(consortium.identity).list())
        for insurer in consortium.insurers.values():
            insurer.valid_until = consortium.network.ledger.now() + 60
        try:
            with pytest.raises(ContractRefused) as refused:
                consortium.offer(consortium.policies, commit=True)
        finally:
            for insurer in consortium.insurers.values():
                insurer.valid_until = None
        assert refused.value.details["error"] == "CareAgreements_BadPredetermination"
        assert len(consortium.network.patient_records(consortium.identity).list()) == before

    def test_an_insurer_that_answers_for_other_lines_is_named(self, consortium: Consortium) -> None:
        insurer = next(iter(consortium.insurers.values()))
        insurer.covers_given, kept = [Cover(0, 1)], insurer.covers_given
        try:
            with pytest.raises(InputError) as refused:
                consortium.offer(consortium.policies)
        finally:
            insurer.covers_given = kept
        assert refused.value.details["member"] == insurer.member.id

    def test_a_policy_that_is_none_is_refused(self, consortium: Consortium) -> None:
        with pytest.raises(InputError, match="no such policy"):
            consortium.offer((b"\x07" * 32,))

    def test_an_unknown_agreement(self, consortium: Consortium) -> None:
        with pytest.raises(InputError, match="no such agreement"):
            consortium.network.agreements.get(b"\x07" * 32)


class TestAccept:
    def test_grants_deposit_and_reservations_in_one_step(self, consortium: Consortium) -> None:
        offered = consortium.offer(consortium.policies)
        agreement = consortium.agreement(offered)
        ledger, patient = consortium.network.ledger, consortium.identity.patient
        reviewed = review(ledger, patient, agreement, offered.document.body, ledger.deadline())
        assert {grant.member for grant in reviewed.grants} <= set(consortium.insurers)
        before = consortium.bank.balance(consortium.payer.address)
        receipts = consortium.desk.accept(consortium.identity, consortium.payer, reviewed)
        assert len(receipts) == len(reviewed.grants) + 1
        after = consortium.agreement(offered)
        assert (after.standing.state, after.standing.payer) == (State.ACCEPTED, consortium.payer.address)
        assert consortium.bank.balance(consortium.payer.address) == before - 2_000
        assert after.standing.deposit == 2_000
        # Of 100.00 and 8.00 that each allows: class 1 is paid at 90 %.
        assert after.standing.reserved == (10_720, 10_720)
        for insurer, lane in zip(consortium.insurers, reviewed.lanes, strict=True):
            scope = ledger.grant_of(patient, insurer, lane)
            assert scope is not None
            assert (scope.categories, scope.purposes) == (offered.offer.categories, Purpose.HPAYMT)
        # The grants that are there now serve the next agreement as well.
        other = consortium.offer(consortium.policies)
        again = review(ledger, patient, consortium.agreement(other), other.document.body, ledger.deadline())
        assert (again.grants, again.lanes) == ((), reviewed.lanes)

    def test_the_preview_shows_what_policies_pay_and_the_patient_owes(self, consortium: Consortium) -> None:
        offered = consortium.offer(consortium.policies[:1])
        ledger = consortium.network.ledger
        reviewed = review(
            ledger, consortium.identity.patient, consortium.agreement(offered), offered.document.body, ledger.deadline()
        )
        # 100.00 - 10.00 deductible = 90.00 at 80 % = 72.00; 8.00 - 0.80 = 7.20 at 80 % = 5.76; of 128.00 remain 50.24.
        part = reviewed.preview.parts[0]
        assert (part.pays, part.reserves, part.is_funded) == (7_776, 10_720, True)
        assert (reviewed.preview.share, reviewed.preview.owes, reviewed.preview.written_off) == (5_024, 5_000, 24)
        assert reviewed.preview.insured + reviewed.preview.share == 12_800

    def test_without_policies_and_deposit(self, consortium: Consortium) -> None:
        offered = consortium.offer(deposit="0.00")
        after = accept(consortium, offered)
        assert (after.standing.state, after.standing.deposit, after.standing.reserved) == (State.ACCEPTED, 0, ())

    def test_by_an_account_that_has_not_the_money(self, consortium: Consortium) -> None:
        offered = consortium.offer()
        ledger = consortium.network.ledger
        agreement = consortium.agreement(offered)
        reviewed = review(ledger, consortium.identity.patient, agreement, offered.document.body, ledger.deadline())
        with pytest.raises(InputError, match="no bank admitted") as refused:
            consortium.desk.accept(consortium.identity, consortium.identity, reviewed)
        assert refused.value.details["payer"] == consortium.identity.address
        poor = Account.create()
        consortium.bank.give(poor.address, 1_999)
        with pytest.raises(InputError, match=r"holds 19\.99 of the deposit of 20\.00"):
            consortium.desk.accept(consortium.identity, poor, reviewed)
        assert state(consortium, offered) is State.OFFERED

    def test_an_insurer_without_money_is_named_before_anything_is_signed(self, consortium: Consortium) -> None:
        offered = consortium.offer(consortium.policies)
        ledger, patient = consortium.network.ledger, consortium.identity.patient
        insurer = consortium.network.member("extra")
        plans = Plans(ledger, insurer.acting(Role.FINANCE))
        free = plans.pool(insurer.id).free
        plans.withdraw(free)
        try:
            reviewed = review(ledger, patient, consortium.agreement(offered), offered.document.body, ledger.deadline())
            before = len(consortium.network.grants.history(patient))
            with pytest.raises(InputError) as refused:
                consortium.desk.accept(consortium.identity, consortium.payer, reviewed)
        finally:
            plans.fund(insurer.id, free)
        assert refused.value.details["member"] == insurer.id
        assert len(consortium.network.grants.history(patient)) == before

    def test_another_document_is_not_signed(self, consortium: Consortium) -> None:
        offered, other = consortium.offer(), consortium.offer()
        ledger = consortium.network.ledger
        with pytest.raises(IntegrityError):
            review(ledger, consortium.identity.patient, consortium.agreement(offered), other.document.body, 0)

    def test_for_another_patient_id_is_not_signed(self, consortium: Consortium) -> None:
        offered = consortium.offer()
        ledger = consortium.network.ledger
        with pytest.raises(InputError, match="another patient id"):
            review(ledger, b"\x01" * 32, consortium.agreement(offered), offered.document.body, ledger.deadline())

    def test_the_controller_may_send_it_itself(self, consortium: Consortium) -> None:
        offered = consortium.offer(deposit="0.00")
        ledger = consortium.network.ledger
        sender = ledger.sender(consortium.identity.account)
        consortium.network.session.funds.require(sender)
        service = Agreements(ledger, sender)
        acceptance = service.authorize(consortium.payer, offered.offer, ())
        service.accept(offered.offer, acceptance)
        service.cancel(consortium.offer().offer.terms)
        assert state(consortium, offered) is State.ACCEPTED


class TestReading:
    def test_the_insurer_reads_by_its_lane_what_is_billed_and_nothing_else(self, consortium: Consortium) -> None:
        offered = consortium.offer(consortium.policies[:1])
        ledger, patient = consortium.network.ledger, consortium.identity.patient
        reviewed = review(ledger, patient, consortium.agreement(offered), offered.document.body, ledger.deadline())
        consortium.desk.accept(consortium.identity, consortium.payer, reviewed)
        consortium.network.member("hospital-b").records().commit(patient, PROCEDURE)
        records = consortium.network.member("basic").records()
        access = Access(Purpose.HPAYMT, reviewed.lanes[0], offered.offer.categories)
        assert {entry.category for entry in records.list(patient, access)} == {Category.PROCEDURES}
        with pytest.raises(AccessRefused):
            records.list(patient, Access(Purpose.TREAT, reviewed.lanes[0], offered.offer.categories))
        with pytest.raises(AccessRefused):
            records.list(patient, Access(Purpose.HPAYMT, reviewed.lanes[0], Category.DOCUMENTS.bit))


class TestEnds:
    def test_declining_an_offer(self, consortium: Consortium) -> None:
        offered = consortium.offer()
        consortium.desk.cancel(consortium.identity, consortium.agreement(offered))
        assert state(consortium, offered) is State.DECLINED
        with pytest.raises(InputError) as refused:
            accept(consortium, offered)
        assert refused.value.details["state"] == "declined"

    def test_a_decline_that_was_held_back_does_not_undo_the_acceptance(self, consortium: Consortium) -> None:
        offered = consortium.offer()
        service = Agreements(consortium.network.ledger, consortium.network.member("hospital-b").acting(Role.DESK))
        decline = service.sign_cancellation(consortium.identity, offered.offer.terms, accepted=False)
        accept(consortium, offered)
        with pytest.raises(ContractRefused) as refused:
            service.relay(decline)
        assert refused.value.details["error"] == "CareAgreements_WrongState"
        assert state(consortium, offered) is State.ACCEPTED

    def test_withdrawing_returns_deposit_and_reservations(self, consortium: Consortium) -> None:
        before = consortium.bank.balance(consortium.payer.address)
        offered = consortium.offer(consortium.policies)
        accepted = accept(consortium, offered)
        assert not accepted.may_cancel(consortium.network.ledger.now())
        with pytest.raises(ContractRefused) as refused:
            consortium.desk.cancel(consortium.identity, accepted)
        assert refused.value.details["error"] == "CareAgreements_NotNow"
        consortium.desk.withdraw(accepted)
        assert state(consortium, offered) is State.WITHDRAWN
        assert consortium.bank.balance(consortium.payer.address) == before
        names = [event.name for event in consortium.network.agreements.history(offered.offer.id)]
        assert names == ["AgreementOffered", "AgreementAccepted", "AgreementEnded"]

    def test_an_offer_expires_by_time(self, consortium: Consortium) -> None:
        offered = consortium.offer()
        agreement = consortium.agreement(offered)
        assert not agreement.may_expire(agreement.ends_at)
        with pytest.raises(ContractRefused):
            consortium.desk.expire(agreement)
        consortium.move(agreement.ends_at + 1)
        assert state(consortium, offered) is State.EXPIRED
        assert consortium.agreement(offered).standing.state is State.OFFERED
        consortium.desk.expire(agreement)
        assert consortium.agreement(offered).standing.state is State.EXPIRED

    def test_an_agreement_that_is_not_completed_expires(self, consortium: Consortium) -> None:
        before, ledger = consortium.bank.balance(consortium.payer.address), consortium.network.ledger
        offered = consortium.offer(consortium.policies, reserved_until=ledger.now() + OFFER_TERM + 60)
        accepted = accept(consortium, offered)
        assert accepted.ends_at == ledger.call("CareAgreements", "completeUntil", accepted.terms.as_arguments())
        consortium.move(accepted.terms.reserved_until + 1)
        assert accepted.may_release(ledger.now())
        consortium.desk.release_reservations(accepted)
        assert consortium.agreement(offered).standing.reserved == (0, 0)
        consortium.move(accepted.ends_at + 1)
        consortium.desk.expire(accepted)
        assert consortium.agreement(offered).standing.state is State.EXPIRED
        assert consortium.bank.balance(consortium.payer.address) == before

    def test_a_stranger_does_not_withdraw(self, consortium: Consortium) -> None:
        offered = consortium.offer()
        stranger = consortium.network.member("basic").acting(Role.FINANCE)
        with pytest.raises(ContractRefused) as refused:
            consortium.network.agreements.acting(stranger).withdraw(offered.offer.terms)
        assert refused.value.details["error"] == "CareAgreements_NotProvider"
