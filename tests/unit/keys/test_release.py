import secrets
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medunion.blobs import dagcbor
from medunion.chain.accounts import Account
from medunion.crypto import hpke
from medunion.errors import AccessRefused, IntegrityError
from medunion.keys.holdings import AuthorBatch, AuthorSection
from medunion.keys.messages import (
    NO_LANE,
    BatchRef,
    KeyRelease,
    KeyRequest,
    open_envelope,
    release_info,
    seal_envelope,
)
from medunion.vocabulary import MemberStatus, Purpose, Role

from ..records.world import HOSPITAL_A, HOSPITAL_B, World, sample

ROOT = b"\x42" * 32


def put_sections(world: World, labels: list[tuple[int, int]]) -> dict[bytes, tuple[int, int]]:
    """A batch of hospital A with these sections; section id -> label."""
    sections = tuple(
        AuthorSection(secrets.token_bytes(16), category, mask, (bytes(32), bytes(32), bytes(32)))
        for category, mask in labels
    )
    batch = AuthorBatch(world.patient, HOSPITAL_A, ROOT, bytes(32), secrets.token_bytes(32), sections)
    world.a.point._store.put_batches([batch])
    return {each.section_id: (each.category, each.mask) for each in sections}


def request(world: World, **changes: Any) -> KeyRequest:
    made = KeyRequest(
        release_point=HOSPITAL_A,
        requester=HOSPITAL_B,
        signer=world.b.operators["reader"].address,
        patient=world.patient,
        lane=0,
        purpose=Purpose.TREAT.value,
        categories=0xFFFF,
        restricted=0,
        batches=(BatchRef(HOSPITAL_A, ROOT),),
        nonce=secrets.token_bytes(32),
        expiry=world.clock() + 60,
    )
    return replace(made, **changes)


def ask(world: World, asked: KeyRequest, signer: Account | None = None) -> bytes:
    return world.a.point.release(seal_envelope(asked, signer or world.b.operators["reader"], world.ledger))


def outcome(world: World, asked: KeyRequest, signer: Account | None = None) -> str:
    try:
        open_envelope(KeyRelease, ask(world, asked, signer))
    except AccessRefused as refused:
        return str(refused.details["reason"])
    return "granted"


def payload(world: World, asked: KeyRequest, signer: Account | None = None, private_key: bytes = b"") -> Any:
    answer = open_envelope(KeyRelease, ask(world, asked, signer))
    info = release_info(asked.digest(world.ledger), HOSPITAL_A)
    return dagcbor.decode(hpke.open(private_key or world.b.home.private_key, info, answer.payload))


@pytest.fixture
def holding(world: World) -> World:
    put_sections(world, [(6, 0), (4, 0), (3, 2)])
    world.grant()
    return world


class TestMember:
    def test_a_granted_request_is_answered_and_signed_by_the_asked_member(self, holding: World) -> None:
        asked = request(holding)
        answer = open_envelope(KeyRelease, ask(holding, asked))
        assert answer.message.responder == HOSPITAL_A
        assert answer.message.request_digest == asked.digest(holding.ledger)
        assert answer.signed_by(holding.ledger, holding.a.operators["desk"].address)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"release_point": 9}, "wrong-release-point"),
            ({"purpose": 3}, "malformed"),
            ({"purpose": 0}, "malformed"),
            ({"categories": 0}, "malformed"),
            ({"restricted": 16}, "malformed"),
            ({"lane": 1}, "no-grant"),
            ({"lane": NO_LANE}, "no-grant"),
            ({"purpose": Purpose.HPAYMT.value}, "purpose-not-granted"),
            ({"restricted": 2}, "restricted-not-granted"),
            ({"requester": HOSPITAL_A}, "unknown-operator"),
            ({"patient": b"\x01" * 32}, "no-grant"),
            ({"batches": (BatchRef(HOSPITAL_A, b"\x01" * 32),)}, "not-held"),
        ],
        ids=str,
    )
    def test_each_rule_refuses_with_its_reason(self, holding: World, changes: dict[str, Any], reason: str) -> None:
        assert outcome(holding, request(holding, **changes)) == reason

    def test_a_category_outside_the_grant_refuses_the_whole_request(self, holding: World) -> None:
        holding.grant(categories=1 << 6)
        assert outcome(holding, request(holding, categories=1 << 6 | 1 << 4)) == "category-not-granted"
        assert outcome(holding, request(holding, categories=1 << 6)) == "granted"

    def test_the_grants_term_is_inclusive(self, holding: World) -> None:
        now = holding.clock()
        for term, reason in (
            ((now, now), "granted"),
            ((now + 1, now + 9), "not-yet-valid"),
            ((now - 9, now - 1), "expired"),
        ):
            holding.grant(term=term)
            assert outcome(holding, request(holding)) == reason

    def test_a_revoked_grant_refuses_at_once(self, holding: World) -> None:
        assert outcome(holding, request(holding)) == "granted"
        holding.revoke()
        assert outcome(holding, request(holding)) == "no-grant"

    def test_a_clinician_may_ask_and_a_desk_may_not(self, holding: World) -> None:
        for name, reason in (("clinician", "granted"), ("desk", "not-a-reader"), ("records", "not-a-reader")):
            account = holding.b.operators[name]
            assert outcome(holding, request(holding, signer=account.address), account) == reason

    def test_a_removed_operator_is_nobody(self, holding: World) -> None:
        del holding.chain.mine().operators[holding.b.operators["reader"].address]
        assert outcome(holding, request(holding)) == "unknown-operator"

    def test_a_suspended_member_asks_in_vain_but_keeps_releasing(self, holding: World) -> None:
        state = holding.chain.mine()
        state.members[HOSPITAL_A] = replace(state.members[HOSPITAL_A], status=MemberStatus.SUSPENDED)
        assert outcome(holding, request(holding)) == "granted"
        state.members[HOSPITAL_B] = replace(state.members[HOSPITAL_B], status=MemberStatus.SUSPENDED)
        assert outcome(holding, request(holding)) == "member-not-active"

    def test_the_answer_is_sealed_to_the_key_on_the_ledger_now(self, holding: World) -> None:
        fresh = hpke.generate_private_key()
        state = holding.chain.mine()
        state.members[HOSPITAL_B] = replace(state.members[HOSPITAL_B], public_key=hpke.public_key(fresh))
        assert len(payload(holding, request(holding), private_key=fresh)["sections"]) == 2


class TestEnvelopeRules:
    def test_a_signature_by_somebody_else_is_refused(self, holding: World) -> None:
        assert outcome(holding, request(holding), holding.b.operators["clinician"]) == "bad-signature"

    def test_a_request_is_answered_once(self, holding: World) -> None:
        asked = request(holding)
        assert [outcome(holding, asked), outcome(holding, asked)] == ["granted", "replayed"]

    def test_a_nonce_survives_a_restart(self, holding: World) -> None:
        from medunion.keys.local import LocalMember

        data = seal_envelope(request(holding), holding.b.operators["reader"], holding.ledger)
        holding.a.point.release(data)
        again = LocalMember.from_home(
            holding.a.home, holding.ledger, holding.blobs, holding.a.operators["desk"], holding.clock
        )
        assert b"replayed" in again.release(data)
        again.close()

    def test_another_signer_may_use_the_same_nonce(self, holding: World) -> None:
        nonce = secrets.token_bytes(32)
        clinician = holding.b.operators["clinician"]
        assert outcome(holding, request(holding, nonce=nonce)) == "granted"
        assert outcome(holding, request(holding, nonce=nonce, signer=clinician.address), clinician) == "granted"

    def test_its_term_counts_to_the_second_and_has_a_bound(self, holding: World) -> None:
        now = holding.clock()
        assert outcome(holding, request(holding, expiry=now)) == "granted"
        assert outcome(holding, request(holding, expiry=now - 1)) == "request-expired"
        assert outcome(holding, request(holding, expiry=now + 3600)) == "granted"
        assert outcome(holding, request(holding, expiry=now + 3601)) == "request-expires-too-late"

    def test_a_silent_ledger_releases_nothing(self, holding: World) -> None:
        data = seal_envelope(request(holding), holding.b.operators["reader"], holding.ledger)
        holding.chain.down = True
        assert b"ledger-unavailable" in holding.a.point.release(data)

    def test_a_ledger_behind_what_was_seen_releases_nothing(self, holding: World) -> None:
        assert outcome(holding, request(holding)) == "granted"
        holding.chain.mine()
        assert outcome(holding, request(holding)) == "granted"
        holding.a.ledger.lag = 1
        assert outcome(holding, request(holding)) == "ledger-behind"
        holding.a.ledger.lag = 0
        assert outcome(holding, request(holding)) == "granted"

    def test_noise_is_refused_without_an_entry(self, holding: World) -> None:
        assert b"malformed" in holding.a.point.release(b"noise")
        assert holding.a.home.audit_log().verify() == 0

    def test_a_message_for_another_chain_is_refused(self, holding: World) -> None:
        asked = request(holding)
        holding.ledger.chain_id = 1
        data = seal_envelope(asked, holding.b.operators["reader"], holding.ledger)
        assert b"bad-signature" in holding.a.point.release(data)


class TestPatient:
    def patient_request(self, world: World, **changes: Any) -> KeyRequest:
        base = {"requester": 0, "signer": world.controller.address, "lane": NO_LANE, "restricted": 15}
        return request(world, **{**base, "purpose": Purpose.PATRQT.value, **changes})

    def test_the_patient_gets_everything_without_a_grant(self, holding: World) -> None:
        holding.revoke()
        found = payload(holding, self.patient_request(holding), holding.controller, holding.patient_key)
        assert len(found["sections"]) == 3

    def test_somebody_else_is_not_the_patient(self, holding: World) -> None:
        stranger = Account.create()
        asked = self.patient_request(holding, signer=stranger.address)
        assert outcome(holding, asked, stranger) == "not-the-patient"

    def test_a_new_controller_takes_the_place_of_the_old(self, holding: World) -> None:
        fresh = Account.create()
        state = holding.chain.mine()
        state.patients[holding.patient] = replace(state.patients[holding.patient], controller=fresh.address)
        assert outcome(holding, self.patient_request(holding, signer=fresh.address), fresh) == "granted"
        assert outcome(holding, self.patient_request(holding), holding.controller) == "not-the-patient"

    def test_an_unknown_patient_or_a_lane_is_refused(self, holding: World) -> None:
        unknown = self.patient_request(holding, patient=b"\x01" * 32)
        assert outcome(holding, unknown, holding.controller) == "unknown-patient"
        assert outcome(holding, self.patient_request(holding, lane=0), holding.controller) == "malformed"


class TestEmergency:
    def emergency_request(self, world: World, **changes: Any) -> KeyRequest:
        base = {"lane": NO_LANE, "purpose": Purpose.ETREAT.value}
        return request(world, **{**base, "signer": world.b.operators["clinician"].address, **changes})

    def open(self, world: World, restricted: int = 0) -> None:
        world.revoke() if (world.patient, HOSPITAL_B, 0) in world.chain.state.grants else None
        world.chain.mine().emergencies[world.patient, HOSPITAL_B] = (world.clock() + 4 * 3600, restricted)

    def test_a_clinician_reads_while_it_lasts(self, holding: World) -> None:
        clinician = holding.b.operators["clinician"]
        assert outcome(holding, self.emergency_request(holding), clinician) == "no-emergency"
        self.open(holding)
        assert len(payload(holding, self.emergency_request(holding), clinician)["sections"]) == 2
        holding.chain.time += 4 * 3600
        assert outcome(holding, self.emergency_request(holding), clinician) == "granted"
        holding.chain.time += 1
        assert outcome(holding, self.emergency_request(holding), clinician) == "expired"

    def test_restricted_classes_need_their_bits(self, holding: World) -> None:
        clinician = holding.b.operators["clinician"]
        self.open(holding)
        asked = self.emergency_request(holding, restricted=2)
        assert outcome(holding, asked, clinician) == "restricted-not-granted"
        self.open(holding, restricted=2)
        found = payload(holding, self.emergency_request(holding, restricted=2), clinician)
        assert len(found["sections"]) == 3

    def test_a_reader_is_no_clinician(self, holding: World) -> None:
        self.open(holding)
        reader = holding.b.operators["reader"]
        assert outcome(holding, self.emergency_request(holding, signer=reader.address), reader) == "not-a-clinician"

    def test_a_grant_for_emergencies_is_a_lane_like_any(self, holding: World) -> None:
        holding.grant(purposes=Purpose.ETREAT, lane=3)
        assert outcome(holding, request(holding, lane=3, purpose=Purpose.ETREAT.value)) == "granted"


class TestScope:
    LABELS = tuple((category, mask) for category in range(16) for mask in range(16))

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(
        categories=st.integers(1, 0xFFFF),
        restricted=st.integers(0, 15),
        granted=st.tuples(st.integers(1, 0xFFFF), st.integers(0, 15)),
    )
    def test_exactly_the_covered_sections_leave_and_only_under_a_grant_of_all(
        self, world: World, categories: int, restricted: int, granted: tuple[int, int]
    ) -> None:
        labels = put_sections(world, list(self.LABELS))
        world.grant(categories=granted[0], restricted=granted[1])
        asked = request(world, categories=categories, restricted=restricted)
        if categories & ~granted[0]:
            assert outcome(world, asked) == "category-not-granted"
        elif restricted & ~granted[1]:
            assert outcome(world, asked) == "restricted-not-granted"
        else:
            released = {labels[each["id"]] for each in payload(world, asked)["sections"]}
            expected = {
                (category, mask)
                for category, mask in self.LABELS
                if categories >> category & 1 and mask & restricted == mask
            }
            assert released == expected

    def test_a_section_key_opens_that_section_only(self, holding: World) -> None:
        found = payload(holding, request(holding, categories=1 << 6))
        (section,) = found["sections"]
        batch = holding.a.point._store.batch(holding.patient, HOSPITAL_A, ROOT)
        assert batch is not None
        others = [batch.section_key(each) for each in batch.sections if each.section_id != section["id"]]
        assert section["key"] not in others


class TestAudit:
    def test_every_outcome_is_one_entry_naming_account_and_member(self, holding: World) -> None:
        asked = request(holding)
        ask(holding, asked)
        ask(holding, request(holding, lane=5))
        entries = list(holding.a.home.audit_log().entries())
        assert [entry["event"]["outcomeDesc"] for entry in entries] == ["granted", "no-grant"]
        assert [entry["event"]["outcome"] for entry in entries] == ["0", "4"]
        named = [agent["who"]["identifier"]["value"] for agent in entries[0]["event"]["agent"]]
        assert named == [str(HOSPITAL_A), str(HOSPITAL_B), asked.signer]

    def test_a_forged_request_stands_as_unverified_and_accuses_nobody(self, holding: World) -> None:
        ask(holding, request(holding), Account.create())
        ask(holding, request(holding, lane=5))
        forged, refused = (entry["event"] for entry in holding.a.home.audit_log().entries())
        assert forged["outcomeDesc"] == "bad-signature"
        assert [event["agent"][2]["requestor"] for event in (forged, refused)] == [False, True]

    def test_who_is_nobody_on_the_ledger_leaves_no_nonce(self, holding: World) -> None:
        stranger = Account.create()
        assert outcome(holding, request(holding, signer=stranger.address), stranger) == "unknown-operator"
        assert outcome(holding, request(holding, requester=0, lane=NO_LANE, signer=stranger.address), stranger)
        assert outcome(holding, request(holding), stranger) == "bad-signature"
        nonces = "SELECT count(*) FROM nonces"
        assert holding.a.point._store._db.execute(nonces).fetchone() == (0,)
        assert outcome(holding, request(holding, lane=5)) == "no-grant"
        assert holding.a.point._store._db.execute(nonces).fetchone() == (1,)

    def test_an_answer_never_leaves_before_its_entry(self, holding: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(_entry: object) -> None:
            raise OSError("disk full")

        monkeypatch.setattr(holding.a.point._audit, "append", broken)
        assert outcome(holding, request(holding)) == "log-unavailable"

    def test_the_patient_reads_who_asked(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        world.grant()
        world.b.records.read(world.patient)
        world.revoke()
        with pytest.raises(AccessRefused):
            world.b.records.read(world.patient)
        events = world.patient_reader().access_log(HOSPITAL_A)
        assert [event["outcomeDesc"] for event in events] == ["granted", "no-grant"]
        assert {event["purposeOfEvent"][0]["coding"][0]["code"] for event in events} == {"TREAT"}

    @pytest.mark.parametrize("payload", [[], {}, {"events": 3}, {"events": [1]}], ids=str)
    def test_a_log_of_something_else_names_its_member(
        self, world: World, monkeypatch: pytest.MonkeyPatch, payload: object
    ) -> None:
        reader = world.patient_reader()
        monkeypatch.setattr("medunion.keys.client.open_answer", lambda *_: payload)
        with pytest.raises(IntegrityError) as failure:
            reader.access_log(HOSPITAL_A)
        assert failure.value.details["culprit"] == HOSPITAL_A

    def test_nobody_else_reads_the_patients_log(self, world: World) -> None:
        reader = world.patient_reader()
        world.controller = Account.create()
        with pytest.raises(AccessRefused) as failure:
            world.patient_reader().access_log(HOSPITAL_A)
        assert failure.value.details["reason"] == "not-the-patient"
        assert reader.access_log(HOSPITAL_A) == []

    def test_roles_are_those_of_the_ledger_not_of_the_request(self, holding: World) -> None:
        state = holding.chain.mine()
        state.operators[holding.b.operators["reader"].address] = (HOSPITAL_B, Role.DESK)
        assert outcome(holding, request(holding)) == "not-a-reader"
