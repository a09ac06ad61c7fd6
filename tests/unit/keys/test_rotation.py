"""A member's key replaced by another: what it holds stays readable, and what is sealed to it from then on opens."""

import shutil
from pathlib import Path

import pytest

from medunion.crypto import hpke
from medunion.errors import CryptoError, WalletError
from medunion.keys.appointment import appoint, seal_appointment
from medunion.keys.deposit import deposit_at
from medunion.keys.home import MemberHome
from medunion.keys.messages import KeyReceipt, open_envelope

from ..records.fake import FakeLedger
from ..records.world import CHEAP, CLINIC, HOSPITAL_A, HOSPITAL_B, LABORATORY, PASSPHRASE, World, refused, sample

TRUSTEES = (HOSPITAL_B, CLINIC, LABORATORY)
INFO = b"what it is bound to"


class TestMemberHome:
    def test_both_keys_open_until_the_former_is_dropped(self, tmp_path: Path) -> None:
        home = MemberHome.create(tmp_path / "home", PASSPHRASE, CHEAP)
        former = home.public_key
        following = home.add_key(former)
        assert (home.public_key, former) == (following, hpke.public_key(home._keys[0]))
        for key in (former, following):
            assert home.unseal(INFO, hpke.seal(key, INFO, b"secret")) == b"secret"
        home.drop_former_keys()
        assert MemberHome.open(home.path, PASSPHRASE)._keys == home._keys == home._keys[-1:]
        with pytest.raises(CryptoError):
            home.unseal(INFO, hpke.seal(former, INFO, b"secret"))

    def test_a_key_that_never_reached_the_ledger_is_taken_again(self, tmp_path: Path) -> None:
        home = MemberHome.create(tmp_path / "home", PASSPHRASE, CHEAP)
        former = home.public_key
        drawn = home.add_key(former)
        assert MemberHome.open(home.path, PASSPHRASE).add_key(former) == drawn

    def test_one_that_did_is_followed_by_another(self, tmp_path: Path) -> None:
        home = MemberHome.create(tmp_path / "home", PASSPHRASE, CHEAP)
        drawn = home.add_key(home.public_key)
        following = home.add_key(drawn)
        assert following != drawn
        assert [hpke.public_key(key) for key in home._keys] == [drawn, following]

    def test_the_key_on_the_ledger_must_be_here(self, tmp_path: Path) -> None:
        home = MemberHome.create(tmp_path / "home", PASSPHRASE, CHEAP)
        before = (home.path / "member-key.json").read_bytes()
        with pytest.raises(WalletError):
            home.add_key(bytes(32))
        assert (home.path / "member-key.json").read_bytes() == before

    def test_a_rotation_by_another_process_is_noticed(self, tmp_path: Path) -> None:
        running = MemberHome.create(tmp_path / "home", PASSPHRASE, CHEAP)
        other = MemberHome.open(running.path, PASSPHRASE)
        following = other.add_key(other.public_key)
        other.drop_former_keys()
        assert running.unseal(INFO, hpke.seal(following, INFO, b"secret")) == b"secret"
        assert running.public_key == following


class TestAfterRotation:
    @pytest.fixture
    def kept(self, consortium: World) -> World:
        consortium.appoint(*TRUSTEES)
        assert consortium.a.records.commit(consortium.patient, sample()).state == "replicated"
        return consortium

    def test_deposits_releases_and_appointments_go_on(self, kept: World) -> None:
        for member in (HOSPITAL_A, *TRUSTEES):
            kept.rotate_key(member)
        assert kept.a.records.commit(kept.patient, sample("second")).state == "replicated"
        other = (HOSPITAL_B, CLINIC, HOSPITAL_A)
        kept.appoint(*other, former=TRUSTEES)
        assert kept.a.records.transfer(kept.patient).deposited.state == "replicated"
        kept.appoint(*TRUSTEES, former=other)
        kept.grant()
        assert len(kept.b.records.read(kept.patient)) == 4
        shutil.rmtree(kept.a.home.path)
        assert len(kept.b.records.read(kept.patient)) == 4
        assert len(kept.patient_reader(TRUSTEES).read(versions=True)) == 6

    def test_a_deposit_sealed_to_the_former_key_is_refused_and_sealed_again(self, consortium: World) -> None:
        consortium.appoint(*TRUSTEES)
        honest, reasons = consortium.sites[CLINIC].point.deposit, []

        def deposit(data: bytes) -> bytes:
            if not reasons:
                consortium.rotate_key(CLINIC)
            answer = honest(data)
            reasons.append(refused(open_envelope, KeyReceipt, answer))
            return answer

        consortium.sites[CLINIC].point.deposit = deposit  # type: ignore[method-assign]
        receipt = consortium.a.records.commit(consortium.patient, sample())
        assert (receipt.state, receipt.failures) == ("replicated", [])
        assert reasons == ["wrong-key", "granted"]

    def test_a_sender_whose_ledger_stays_behind_is_told_why(self, kept: World) -> None:
        batches = list(kept.a.point._store.batches(kept.patient))
        appointment = kept.a.point._store.appointment(kept.patient)
        assert appointment is not None
        kept.rotate_key(CLINIC)
        behind = FakeLedger(kept.chain)
        behind.lag = 1
        arguments = (kept.a.operators["records"], kept.directory, batches, appointment, CLINIC)
        assert refused(deposit_at, behind, *arguments) == "wrong-key"
        assert refused(deposit_at, kept.ledger, *arguments) == "granted"

    def test_an_appointment_sealed_to_the_former_key_is_refused(self, consortium: World) -> None:
        appointment = appoint(consortium.patient, TRUSTEES)
        consortium.put_on_ledger(appointment)
        early = seal_appointment(appointment, consortium.ledger, CLINIC)
        consortium.rotate_key(CLINIC)
        point = consortium.sites[CLINIC].point
        assert refused(open_envelope, KeyReceipt, point.appoint(early)) == "wrong-key"
        late = seal_appointment(appointment, consortium.ledger, CLINIC)
        assert refused(open_envelope, KeyReceipt, point.appoint(late)) == "granted"
