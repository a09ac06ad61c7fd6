import fcntl
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_hash.auto import keccak

from medunion.chain.accounts import Account
from medunion.crypto import hpke
from medunion.crypto.passphrase import KdfCost
from medunion.errors import WalletCorrupted, WalletError, WrongPassphrase
from medunion.identity.configuration import Contacts, Part, Trustees
from medunion.identity.contacts import HeldContacts
from medunion.identity.wallet import Identity, Wallet, derive_patient

CHEAP: dict[str, Any] = {"scrypt_cost": 2**10, "argon_cost": KdfCost(iterations=1, lanes=1, memory_kib=8 * 1024)}
SECRET = "correct horse"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wallets" / "me.json"


@pytest.fixture
def wallet(path: Path) -> Wallet:
    return Wallet.create(path, SECRET, **CHEAP)


@pytest.fixture
def identity(wallet: Wallet) -> Identity:
    return wallet.identity()


def reopen(path: Path, secret: str = SECRET) -> Wallet:
    return Wallet.open(path, secret, **CHEAP)


class TestCreate:
    def test_only_the_owner_may_read_the_file(self, wallet: Wallet) -> None:
        assert stat.S_IMODE(wallet.path.stat().st_mode) == 0o600
        assert sorted(each.name for each in wallet.path.parent.iterdir()) == ["me.json", "me.json.lock"]

    def test_no_secret_stands_in_it(self, wallet: Wallet, identity: Identity) -> None:
        text = wallet.path.read_text()
        assert identity.private_key().hex() not in text
        assert SECRET not in text

    def test_an_existing_file_is_kept(self, wallet: Wallet) -> None:
        before = wallet.path.read_bytes()
        with pytest.raises(WalletError, match="already"):
            Wallet.create(wallet.path, "another", **CHEAP)
        assert wallet.path.read_bytes() == before

    def test_a_folder_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(WalletError, match="cannot be written"):
            Wallet.create(tmp_path / "file" / "me.json", SECRET, **CHEAP)


class TestOpen:
    def test_gives_back_the_same_keys(self, path: Path, identity: Identity) -> None:
        found = reopen(path).identity()
        assert (found.patient, found.address, found.salt) == (identity.patient, identity.address, identity.salt)
        assert found.private_key() == identity.private_key()
        assert found.account.sign_digest(b"\x01" * 32) == identity.account.sign_digest(b"\x01" * 32)

    @pytest.mark.usefixtures("wallet")
    def test_another_passphrase_is_told(self, path: Path) -> None:
        with pytest.raises(WrongPassphrase):
            reopen(path, "incorrect horse")

    def test_a_missing_file_is_told(self, path: Path) -> None:
        with pytest.raises(WalletError, match="there is no wallet"):
            reopen(path)

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"kind": "medunion-wallet", "version": 9, "ids": []}'])
    def test_what_is_no_wallet_is_told(self, path: Path, text: str) -> None:
        path.parent.mkdir()
        path.write_text(text)
        with pytest.raises(WalletCorrupted):
            reopen(path)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("ids", []),
            ("ids", [{}]),
            ("ids", 5),
            ("label", 5),
            ("patient", "zz"),
            ("patient", "00"),
            ("salt", "00"),
            ("accounts", []),
            ("accounts", [{"address": "no address"}]),
            ("payer", {"address": "no address"}),
            ("payer", []),
            ("secrets", "text"),
            ("secrets", {}),
        ],
    )
    @pytest.mark.usefixtures("wallet")
    def test_a_damaged_one_is_told_from_a_wrong_passphrase(self, path: Path, field: str, value: object) -> None:
        document = json.loads(path.read_text())
        if field == "ids":
            document["ids"] = value
        else:
            document["ids"][0][field] = value
        path.write_text(json.dumps(document))
        with pytest.raises(WalletCorrupted):
            reopen(path)

    @pytest.mark.usefixtures("wallet")
    def test_a_truncated_one_is_told(self, path: Path) -> None:
        path.write_bytes(path.read_bytes()[:-40])
        with pytest.raises(WalletCorrupted):
            reopen(path)

    @pytest.mark.usefixtures("wallet")
    def test_a_keystore_of_another_passphrase_is_told(self, path: Path) -> None:
        document = json.loads(path.read_text())
        document["ids"][0]["accounts"] = [Account.create().keystore("another", 2**10)]
        path.write_text(json.dumps(document))
        with pytest.raises(WrongPassphrase):
            _ = reopen(path).identity().account


class TestIdentities:
    def test_an_id_is_derived_from_its_first_controller(self, identity: Identity) -> None:
        assert identity.salt is not None
        expected = keccak(encode(["address", "bytes32"], [identity.address, identity.salt]))
        assert identity.patient == expected == derive_patient(identity.address, identity.salt)

    def test_several_share_nothing(self, path: Path, wallet: Wallet, identity: Identity) -> None:
        other = wallet.new_identity("clinic")
        mine, theirs = ({each.address, each.public_key, each.salt, each.patient} for each in (identity, other))
        assert not mine & theirs
        found = reopen(path)
        assert [each.label for each in found.identities] == ["1", "clinic"]
        for which in ("clinic", other.patient, "0x" + other.patient.hex()):
            assert found.identity(which).patient == other.patient
        with pytest.raises(WalletError, match="no such id"):
            found.identity("nobody")
        with pytest.raises(WalletError, match="already"):
            wallet.new_identity("clinic")

    def test_one_that_exists_is_adopted(self, path: Path, wallet: Wallet) -> None:
        adopted = wallet.adopt("birth", b"\x05" * 32)
        assert (adopted.patient, adopted.salt) == (b"\x05" * 32, None)
        assert reopen(path).identity("birth").address == adopted.address


class TestPayer:
    def test_is_drawn_when_first_asked_for_and_kept(self, path: Path, identity: Identity) -> None:
        assert identity.payer_address is None
        assert "payer" not in json.loads(path.read_text())["ids"][0]
        drawn = identity.payer
        assert identity.payer is drawn
        found = reopen(path).identity()
        assert found.payer_address == drawn.address
        assert found.payer.sign_digest(b"\x01" * 32) == drawn.sign_digest(b"\x01" * 32)

    def test_each_id_has_its_own_apart_from_its_account(self, wallet: Wallet, identity: Identity) -> None:
        other = wallet.new_identity("other")
        assert len({identity.payer.address, other.payer.address, identity.address, other.address}) == 4

    def test_outlives_a_rotation_of_the_account(self, path: Path, identity: Identity) -> None:
        drawn = identity.payer.address
        identity.activate_account(identity.add_account().address)
        assert reopen(path).identity().payer_address == drawn

    def test_is_not_given_out_when_it_cannot_be_kept(self, path: Path, identity: Identity) -> None:
        path.write_bytes(path.read_bytes() + b" ")
        with pytest.raises(WalletError, match="another process"):
            _ = identity.payer
        assert identity.payer_address is None

    def test_a_damaged_one_is_told(self, path: Path, identity: Identity) -> None:
        _ = identity.payer
        document = json.loads(path.read_text())
        document["ids"][0]["payer"]["crypto"]["ciphertext"] = 5
        path.write_text(json.dumps(document))
        with pytest.raises(WalletCorrupted):
            _ = reopen(path).identity().payer


class TestRotation:
    def test_the_new_key_stands_beside_the_old_until_it_is_dropped(self, path: Path, identity: Identity) -> None:
        former = identity.public_key
        following = identity.add_key()
        found = reopen(path).identity()
        assert found.public_key == following
        assert hpke.public_key(found.private_key(former)) == former
        found.drop_former_keys()
        with pytest.raises(WalletError, match="does not hold"):
            reopen(path).identity().private_key(former)

    def test_the_new_account_signs_once_it_is_active(self, path: Path, identity: Identity) -> None:
        former, following = identity.address, identity.add_account()
        found = reopen(path).identity()
        assert found.addresses == (former, following.address)
        found.activate_account(following.address)
        assert reopen(path).identity().addresses == (following.address,)
        with pytest.raises(WalletError):
            found.activate_account(former)
        with pytest.raises(WalletError):
            found.account_at(former)

    def test_an_abandoned_account_is_replaced(self, identity: Identity) -> None:
        abandoned = identity.add_account()
        following = identity.add_account()
        assert identity.addresses[1:] == (following.address,)
        assert abandoned.address not in identity.addresses


class TestConfiguration:
    def test_preimages_are_kept_sealed(self, path: Path, identity: Identity) -> None:
        named = identity.configuration.with_part(Part.TRUSTEES, Trustees(b"\x07" * 32, (1, 2, 3)))
        identity.set_configuration(named)
        assert reopen(path).identity().configuration == named
        assert (b"\x07" * 32).hex() not in path.read_text()


class TestSave:
    def test_a_failed_write_changes_neither_file_nor_memory(
        self, path: Path, wallet: Wallet, identity: Identity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before, key = path.read_bytes(), identity.public_key

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        for change in (identity.add_key, identity.add_account, lambda: wallet.new_identity("more")):
            with pytest.raises(WalletError, match="No space left"):
                change()
        monkeypatch.undo()
        assert path.read_bytes() == before
        assert (identity.public_key, len(identity.addresses), len(wallet.identities)) == (key, 1, 1)
        wallet.new_identity("more")
        assert len(reopen(path).identities) == 2

    def test_the_folder_is_durable_too(self, path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
        synced, real = [], os.fsync

        def note(file: int) -> None:
            synced.append(stat.S_ISDIR(os.fstat(file).st_mode))
            real(file)

        monkeypatch.setattr("os.fsync", note)
        identity.add_key()
        assert synced == [False, True]
        assert path.exists()


class TestRecovery:
    held = HeldContacts(b"\x05" * 32, Contacts(b"\x01" * 32, 1, ("0x" + "b0" * 20,)), bytes(32), bytes(32))

    def test_what_a_contact_keeps_is_sealed_and_comes_back(self, path: Path, identity: Identity) -> None:
        assert (identity.held, identity.scheduled) == ((), None)
        identity.set_held([self.held])
        identity.set_scheduled(self.held.contacts)
        again = reopen(path).identity()
        assert (again.held, again.scheduled) == ((self.held,), self.held.contacts)
        assert (self.held.patient.hex() in path.read_text(), "b0b0b0" in path.read_text()) == (False, False)
        again.set_scheduled(None)
        assert reopen(path).identity().scheduled is None

    def test_a_new_wallet_adopts_the_id_that_it_is_made_for(self, path: Path) -> None:
        wallet = Wallet.create(path, SECRET, patient=b"\x06" * 32, **CHEAP)
        assert [each.patient for each in wallet.identities] == [b"\x06" * 32]
        assert reopen(path).identity().salt is None


class TestTwoProcesses:
    def test_a_key_that_another_added_is_not_destroyed(self, path: Path, identity: Identity) -> None:
        theirs = reopen(path)
        added = theirs.identity().add_key()
        for change in (identity.add_key, identity.add_account):
            with pytest.raises(WalletError, match="changed by another process: open it again"):
                change()
        assert reopen(path).identity().public_key == added
        assert len(identity.addresses) == 1
        again = reopen(path).identity()
        following = again.add_key()
        assert hpke.public_key(again.private_key(added)) == added
        assert reopen(path).identity().public_key == following

    @pytest.mark.usefixtures("wallet")
    def test_a_wallet_that_is_gone_is_not_written_anew(self, path: Path, identity: Identity) -> None:
        path.unlink()
        with pytest.raises(WalletError, match="open it again"):
            identity.add_key()
        assert not path.exists()

    def test_one_waits_while_another_writes(self, path: Path, wallet: Wallet) -> None:
        with wallet.changing(), path.with_name("me.json.lock").open("a") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with path.with_name("me.json.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
