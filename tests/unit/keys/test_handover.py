"""Who is refused shares, and what a patient learns of who holds them."""

import shutil
from dataclasses import replace

from medunion.errors import MedUnionError
from medunion.keys.deposit import make_deposit
from medunion.keys.messages import KeyReceipt, open_envelope

from ..records.world import CLINIC, HOSPITAL_A, HOSPITAL_B, LABORATORY, PHARMACY, REGULATOR, World, refused
from .test_transfer import FORMER, ONE_NEW, ask, held, holder_client, kept

__all__ = ["kept"]


class TestWhoIsRefused:
    def test_a_former_trustee_releases_and_takes_nothing(self, kept: World) -> None:
        batches = list(kept.a.point._store.batches(kept.patient))
        former = kept.a.point._store.appointment(kept.patient)
        assert former is not None
        message = make_deposit(kept.ledger, kept.a.operators["records"], batches, former, HOSPITAL_B)
        kept.put_on_ledger(replace(former, trustees=ONE_NEW))
        shutil.rmtree(kept.a.home.path)
        assert refused(kept.patient_reader(FORMER).read) == "not-appointed"
        assert refused(open_envelope, KeyReceipt, kept.b.point.deposit(message)) == "not-appointed"

    def test_one_that_was_not_told_hands_nothing_over(self, kept: World) -> None:
        former = kept.a.point._store.appointment(kept.patient)
        assert former is not None
        kept.put_on_ledger(replace(former, trustees=ONE_NEW))
        assert ask(kept, CLINIC, PHARMACY) == "unknown-appointment"
        assert refused(kept.sites[PHARMACY].records.transfer, kept.patient) == "unknown-appointment"

    def test_who_was_never_named_learns_nothing(self, kept: World) -> None:
        assert ask(kept, CLINIC, PHARMACY) == "not-appointed"
        assert ask(kept, HOSPITAL_A, REGULATOR) == "not-appointed"

    def test_a_former_trustee_learns_what_is_held_and_gets_no_share(self, kept: World) -> None:
        kept.appoint(*ONE_NEW, tell=(HOSPITAL_A, HOSPITAL_B))
        places = [(each.author, each.root) for each in kept.ledger.batches(kept.patient)]
        for holder in (HOSPITAL_A, CLINIC):
            found = holder_client(kept, HOSPITAL_B).ask(holder, kept.patient, places)
            assert (len(found.held), found.given) == (2, [])

    def test_only_an_operator_of_the_member_asks_for_it(self, kept: World) -> None:
        client = holder_client(kept, CLINIC)
        client._signer = kept.sites[LABORATORY].operators["reader"]
        assert refused(client.ask, HOSPITAL_A, kept.patient, [(1, bytes(32))]) == "unknown-operator"

    def test_a_holder_behind_the_ledger_hands_nothing_over(self, kept: World) -> None:
        kept.appoint(*ONE_NEW, tell=(HOSPITAL_A,))
        kept.sites[CLINIC].ledger.lag = 1
        assert ask(kept, CLINIC, PHARMACY) == "ledger-behind"

    def test_a_request_is_answered_once(self, kept: World) -> None:
        sent: list[bytes] = []
        honest = kept.a.point.hand_over
        kept.a.point.hand_over = lambda data: sent.append(data) or honest(data)  # type: ignore[method-assign, func-returns-value]
        assert ask(kept, HOSPITAL_A, CLINIC) == "granted"
        assert b"replayed" in honest(sent[0])
        assert b"malformed" in honest(b"noise")

    def test_each_handover_stands_in_the_log(self, kept: World) -> None:
        before = kept.a.home.audit_log().verify()
        assert ask(kept, HOSPITAL_A, CLINIC) == "granted"
        assert ask(kept, HOSPITAL_A, PHARMACY) == "not-appointed"
        events = kept.patient_reader().access_log(HOSPITAL_A)[before:]
        assert [(each["outcomeDesc"], "purposeOfEvent" in each) for each in events] == [
            ("granted", False),
            ("not-appointed", False),
        ]


class TestCustody:
    def test_it_counts_what_trustees_confirm(self, kept: World) -> None:
        state = kept.patient_reader(FORMER).custody()
        assert (state.batches, state.recoverable, state.replicated) == (2, 2, 2)
        assert [(each.trustee, each.confirmed, each.failure) for each in state.trustees] == [
            (trustee, 2, None) for trustee in FORMER
        ]
        kept.b.point._store.forget_shares(held(kept, HOSPITAL_B)[:1])
        shutil.rmtree(kept.sites[LABORATORY].home.path)
        state = kept.patient_reader(FORMER).custody()
        assert (state.recoverable, state.replicated) == (1, 0)
        assert [each.confirmed for each in state.trustees] == [1, 2, 0]
        assert [getattr(each.failure, "code", None) for each in state.trustees] == [None, None, "keys-unavailable"]

    def test_the_only_trustee_makes_recoverable_and_nobody_nothing(self, kept: World) -> None:
        kept.appoint(CLINIC, former=FORMER)
        state = kept.patient_reader((CLINIC,)).custody()
        assert (state.recoverable, state.replicated) == (2, 0)
        kept.appoint(former=(CLINIC,))
        state = kept.patient_reader().custody()
        assert (state.batches, state.recoverable, state.trustees) == (2, 0, ())

    def test_somebody_else_than_the_patient_is_refused(self, kept: World) -> None:
        reader = kept.patient_reader(FORMER)
        kept.controller = kept.a.operators["reader"]
        states = kept.patient_reader(FORMER).custody().trustees
        assert all(isinstance(each.failure, MedUnionError) for each in states)
        assert {each.failure.details["reason"] for each in states if each.failure} == {"not-the-patient"}
        assert reader.custody().replicated == 2
