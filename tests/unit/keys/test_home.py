import json
from dataclasses import replace
from pathlib import Path

import pytest

from medunion.errors import CryptoError, UsageError, WalletCorrupted, WrongPassphrase
from medunion.keys.appointment import appoint, current_appointment
from medunion.keys.holdings import AuthorBatch, AuthorSection, HeldBatch, HeldSection
from medunion.keys.home import MemberHome
from medunion.keys.store import KeyStore

from ..records.world import CHEAP, PASSPHRASE, World

PATIENT, ROOT = b"\x77" * 32, b"\x42" * 32
SECTION = AuthorSection(b"\x01" * 16, 6, 2, (b"\x0a" * 32, b"\x0b" * 32, b"\x0c" * 32))
BATCH = AuthorBatch(PATIENT, 1, ROOT, b"\x02" * 32, b"\x03" * 32, (SECTION,))
HELD = HeldBatch(PATIENT, 1, ROOT, b"\x02" * 32, (HeldSection(b"\x01" * 16, 6, 2, {1: b"\x0a" * 32, 3: b"\x0c" * 32}),))


class TestMemberHome:
    def test_it_opens_with_its_passphrase_only(self, tmp_path: Path) -> None:
        made = MemberHome.create(tmp_path / "home", PASSPHRASE, CHEAP)
        opened = MemberHome.open(tmp_path / "home", PASSPHRASE)
        assert (opened.public_key, opened.record_secret, opened.kek) == (made.public_key, made.record_secret, made.kek)
        with pytest.raises(WrongPassphrase):
            MemberHome.open(tmp_path / "home", "another")

    def test_its_id_is_written_once_it_is_known(self, tmp_path: Path) -> None:
        home = MemberHome.create(tmp_path / "home", PASSPHRASE, CHEAP)
        with pytest.raises(UsageError):
            _ = home.member
        home.assign(7, "devnet")
        assert (home.member, home.network) == (7, "devnet")

    def test_secrets_are_not_in_clear_and_files_are_the_owners(self, tmp_path: Path) -> None:
        home = MemberHome.create(tmp_path / "home", PASSPHRASE, CHEAP)
        for file in home.path.iterdir():
            data = file.read_bytes()
            for secret in (home.kek, home.private_key, home.record_secret):
                assert secret not in data
                assert secret.hex().encode() not in data
            assert file.stat().st_mode & 0o077 == 0
        assert home.path.stat().st_mode & 0o077 == 0

    def test_one_folder_one_member(self, tmp_path: Path) -> None:
        MemberHome.create(tmp_path / "home", PASSPHRASE, CHEAP)
        with pytest.raises(UsageError):
            MemberHome.create(tmp_path / "home", PASSPHRASE, CHEAP)
        with pytest.raises(UsageError):
            MemberHome.open(tmp_path / "nowhere", PASSPHRASE)

    def test_a_path_that_cannot_be_a_folder_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(UsageError):
            MemberHome.create(tmp_path / "file" / "home", PASSPHRASE, CHEAP)

    @pytest.mark.parametrize("name", ["kek.json", "member-key.json", "record-secret"])
    def test_a_damaged_file_is_noticed(self, tmp_path: Path, name: str) -> None:
        home = MemberHome.create(tmp_path / "home", PASSPHRASE, CHEAP)
        for damage in (b"", b"[]", (home.path / name).read_bytes()[:-9]):
            (home.path / name).write_bytes(damage)
            with pytest.raises(WalletCorrupted):
                MemberHome.open(home.path, PASSPHRASE)

    def test_a_key_of_another_folder_is_noticed(self, tmp_path: Path) -> None:
        one, other = (MemberHome.create(tmp_path / name, PASSPHRASE, CHEAP) for name in ("one", "other"))
        (one.path / "member-key.json").write_bytes((other.path / "member-key.json").read_bytes())
        with pytest.raises(WalletCorrupted):
            MemberHome.open(one.path, PASSPHRASE)


class TestKeyStore:
    def store(self, tmp_path: Path, kek: bytes = b"\x01" * 32) -> KeyStore:
        return KeyStore(tmp_path / "keys.sqlite", kek)

    def test_what_was_put_comes_back_after_a_restart(self, tmp_path: Path) -> None:
        store = self.store(tmp_path)
        appointment = appoint(PATIENT, (2, 3, 4))
        store.put_batches([BATCH])
        store.put_shares([HELD])
        store.put_appointment(appointment)
        store.close()
        again = self.store(tmp_path)
        assert again.batch(PATIENT, 1, ROOT) == BATCH
        assert list(again.batches(PATIENT)) == [BATCH]
        assert again.shares(PATIENT, 1, ROOT) == HELD
        assert again.appointment(PATIENT) == appointment
        for place in ((b"\x01" * 32, 1, ROOT), (PATIENT, 2, ROOT), (PATIENT, 1, b"\x01" * 32)):
            assert again.batch(*place) is None
            assert again.shares(*place) is None
        assert again.appointment(b"\x01" * 32) is None
        again.close()

    def test_secrets_and_labels_are_sealed(self, tmp_path: Path) -> None:
        store = self.store(tmp_path)
        store.put_batches([BATCH])
        store.put_shares([HELD])
        store.close()
        data = (tmp_path / "keys.sqlite").read_bytes()
        for secret in (BATCH.batch_key, *SECTION.shares, SECTION.section_id):
            assert secret not in data
        assert ROOT in data

    def test_another_key_or_a_moved_row_does_not_open(self, tmp_path: Path) -> None:
        store = self.store(tmp_path)
        store.put_batches([BATCH])
        store._db.execute("UPDATE batches SET author = 9")
        store._db.commit()
        with pytest.raises(CryptoError):
            store.batch(PATIENT, 9, ROOT)
        store.close()
        other = self.store(tmp_path, b"\x02" * 32)
        with pytest.raises(CryptoError):
            list(other.batches(PATIENT))
        other.close()

    def test_nonces_are_used_once_and_forgotten_when_expired(self, tmp_path: Path) -> None:
        store = self.store(tmp_path)
        assert store.use_nonce("0xAB", b"\x01", 100, 50)
        assert not store.use_nonce("0xab", b"\x01", 100, 60)
        assert store.use_nonce("0xab", b"\x02", 200, 101)
        assert store._db.execute("SELECT count(*) FROM nonces").fetchone() == (1,)
        store.close()

    def test_the_highest_head_is_remembered(self, tmp_path: Path) -> None:
        store = self.store(tmp_path)
        assert [store.see_head(number) for number in (5, 5, 7, 6, 7)] == [True, True, True, False, True]
        store.close()

    def test_a_write_that_fails_is_all_or_nothing(self, tmp_path: Path) -> None:
        store = self.store(tmp_path)
        store._db.execute("PRAGMA query_only = ON")
        with pytest.raises(UsageError):
            store.put_batches([BATCH])
        assert store.batch(PATIENT, 1, ROOT) is None
        store.close()

    def test_a_place_that_cannot_hold_it_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "keys.sqlite").write_bytes(b"no database at all" * 100)
        with pytest.raises(UsageError):
            self.store(tmp_path)


class TestAppointmentInUse:
    def test_an_appointment_counts_while_the_ledger_shows_it(self, consortium: World) -> None:
        store = consortium.a.point._store
        none = current_appointment(consortium.ledger, store, consortium.patient)
        assert none is not None
        assert none.trustees == ()
        first = consortium.appoint(2, 3, 4)
        assert current_appointment(consortium.ledger, store, consortium.patient) == first
        second = consortium.appoint(2, 3, 1)
        store.put_appointment(first)
        assert current_appointment(consortium.ledger, store, consortium.patient) == second
        consortium.appoint(4, 3, 1, tell=())
        assert current_appointment(consortium.ledger, consortium.b.point._store, consortium.patient) is None

    def test_other_parts_may_change_without_the_trustees_being_told(self, consortium: World) -> None:
        store = consortium.sites[3].point._store
        first = consortium.appoint(2, 3, 4)
        changed = replace(first, contacts=b"\x01" * 32, representatives=b"\x02" * 32)
        consortium.put_on_ledger(changed)
        assert current_appointment(consortium.ledger, store, consortium.patient) is None
        consortium.chain.mine().parts[consortium.patient] = {1: changed.contacts, 2: changed.representatives}
        assert current_appointment(consortium.ledger, store, consortium.patient) == changed

    def test_member_files_are_json(self, consortium: World) -> None:
        found = json.loads((consortium.a.home.path / "member.json").read_text())
        assert found == {"member": 1, "network": "test"}
