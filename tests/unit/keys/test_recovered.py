"""What a release point answers to a frozen, a recovered and a retired patient id."""

import secrets
from dataclasses import replace

import pytest

from medunion.chain.accounts import Account
from medunion.crypto import hpke
from medunion.errors import AccessRefused
from medunion.keys.appointment import trustees_digest
from medunion.keys.client import KeyClient
from medunion.keys.custody import HolderClient
from medunion.keys.messages import AppointmentRequest, KeyRelease, open_envelope, seal_envelope
from medunion.records.patient import PatientReader
from medunion.vocabulary import PatientStatus

from ..records.fake import registered
from ..records.world import HOSPITAL_A, HOSPITAL_B, World, refused, sample


def freeze(world: World, until: int) -> None:
    state = world.chain.mine()
    state.patients[world.patient] = replace(state.patients[world.patient], until=until)


def client(world: World, account: Account | None = None, key: bytes = b"") -> KeyClient:
    """Asks as the patient."""
    return KeyClient(
        ledger=world.ledger,
        directory=world.directory,
        requester=0,
        signer=account or world.controller,
        unseal=hpke.opener(key or world.patient_key),
        clock=world.clock,
    )


class TestFrozen:
    def test_the_controller_reads_nothing_and_members_go_on(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        world.grant()
        freeze(world, world.clock())
        reader = world.patient_reader()
        assert refused(reader.read) == "frozen"
        assert refused(reader.access_log, HOSPITAL_A) == "frozen"
        assert world.b.records.read(world.patient)
        freeze(world, world.clock() - 1)
        assert refused(reader.read) == refused(reader.access_log, HOSPITAL_A) == "granted"

    def test_nor_does_it_learn_how_its_keys_are_kept(self, world: World) -> None:
        world.appoint(HOSPITAL_B)
        world.a.records.commit(world.patient, sample())
        places = [(batch.author, batch.root) for batch in world.ledger.batches(world.patient)]
        holders = HolderClient(
            ledger=world.ledger,
            directory=world.directory,
            requester=0,
            signer=world.controller,
            unseal=hpke.opener(world.patient_key),
            clock=world.clock,
        )
        assert holders.ask(HOSPITAL_B, world.patient, places).held.keys() == set(places)
        freeze(world, world.clock())
        assert refused(holders.ask, HOSPITAL_B, world.patient, places) == "frozen"

    def test_the_end_of_a_provisional_id_is_no_freeze(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        state = world.chain.mine()
        before = state.patients[world.patient]
        state.patients[world.patient] = replace(before, status=PatientStatus.PROVISIONAL, until=world.clock() + 60)
        assert world.patient_reader().read()

    def test_only_the_patient_is_told_of_it(self, world: World) -> None:
        freeze(world, world.clock() + 60)
        world.controller = Account.create()
        assert refused(world.patient_reader().access_log, HOSPITAL_A) == "not-the-patient"


class TestAppointment:
    def test_members_tell_the_controller_who_the_trustees_are(self, world: World) -> None:
        appointed = world.appoint(HOSPITAL_B)
        told = client(world).appointment(world.patient, [HOSPITAL_A], lambda _: True)
        assert told == appointed

    def test_after_a_recovery_the_new_controller_asks_with_its_key(self, world: World) -> None:
        appointed = world.appoint(HOSPITAL_B)
        fresh, key = Account.create(), hpke.generate_private_key()
        state = world.chain.mine()
        state.patients[world.patient] = replace(
            state.patients[world.patient], controller=fresh.address, public_key=hpke.public_key(key)
        )
        assert client(world, fresh, key).appointment(world.patient, [HOSPITAL_A], lambda _: True) == appointed
        assert client(world).appointment(world.patient, [HOSPITAL_A, HOSPITAL_B], lambda _: True) is None

    def test_a_member_that_tells_of_others_is_passed_over(self, world: World) -> None:
        appointed = world.appoint(HOSPITAL_B)
        other = replace(appointed, trustees=(HOSPITAL_A,))
        world.a.point._store.put_appointment(other)
        digest = trustees_digest(appointed)
        members = [9, HOSPITAL_A, HOSPITAL_B]
        told = client(world).appointment(world.patient, members, lambda known: trustees_digest(known) == digest)
        assert told == appointed

    def test_each_refusal_has_its_reason(self, world: World) -> None:
        def answer(account: Account, nonce: bytes = b"") -> str:
            asked = AppointmentRequest(
                HOSPITAL_A, account.address, world.patient, nonce or secrets.token_bytes(32), world.clock() + 60
            )
            data = world.a.point.appointment(seal_envelope(asked, account, world.ledger))
            return refused(open_envelope, KeyRelease, data)

        assert answer(world.controller) == "not-told"
        world.appoint(HOSPITAL_B)
        nonce = secrets.token_bytes(32)
        assert (answer(world.controller, nonce), answer(world.controller, nonce)) == ("granted", "replayed")
        assert answer(world.b.operators["reader"]) == "not-the-patient"
        freeze(world, world.clock())
        assert answer(world.controller) == "frozen"
        assert b"malformed" in world.a.point.appointment(b"nothing")


class TestRetired:
    @pytest.fixture
    def retired(self, world: World) -> World:
        """The patient's id, with records, goes on as another of the same person."""
        world.a.records.commit(world.patient, sample())
        self.survivor, self.key, self.account = b"\x66" * 32, hpke.generate_private_key(), Account.create()
        state = world.chain.mine()
        state.patients[self.survivor] = registered(self.survivor, self.account.address, hpke.public_key(self.key))
        state.patients[world.patient] = replace(state.patients[world.patient], status=PatientStatus.RETIRED)
        state.survivors[world.patient] = self.survivor
        return world

    def reader(self, world: World, patient: bytes) -> PatientReader:
        return PatientReader(
            ledger=world.ledger,
            blobs=world.blobs,
            directory=world.directory,
            patient=patient,
            controller=self.account,
            private_key=self.key,
            members=lambda: (HOSPITAL_A, HOSPITAL_B),
            clock=world.clock,
        )

    def test_the_survivor_reads_it_and_the_former_controller_does_not(self, retired: World) -> None:
        assert refused(retired.patient_reader().read) == "not-the-patient"
        reading = self.reader(retired, self.survivor).read()
        assert len(reading) == 5
        assert {record.entry.batch.place.patient for record in reading} == {retired.patient}
        assert len(self.reader(retired, retired.patient).read()) == 5

    def test_members_read_it_by_the_survivors_grants(self, retired: World) -> None:
        retired.grant()
        assert refused(retired.b.records.read, retired.patient) == "no-grant"
        scope = retired.chain.state.grants[retired.patient, HOSPITAL_B, 0]
        retired.chain.mine().grants[self.survivor, HOSPITAL_B, 0] = replace(scope, categories=1 << 6)
        assert len(retired.b.records.read(retired.patient)) == len(retired.b.records.read(self.survivor)) == 1

    def test_a_freeze_of_the_survivor_holds_for_both(self, retired: World) -> None:
        state = retired.chain.mine()
        state.patients[self.survivor] = replace(state.patients[self.survivor], until=retired.clock())
        for patient in (self.survivor, retired.patient):
            assert refused(self.reader(retired, patient).read) == "frozen"

    def test_its_audit_log_is_the_survivors(self, retired: World) -> None:
        with pytest.raises(AccessRefused):
            retired.b.records.read(retired.patient)
        events = self.reader(retired, self.survivor).access_log(HOSPITAL_A)
        assert [event["outcomeDesc"] for event in events] == ["no-grant"]
