"""`Ledger` and `RecordWriter` as the records and keys packages use them."""

import secrets
from dataclasses import replace

import pytest

from medunion.care.episodes import Episodes
from medunion.chain import devnet
from medunion.chain.accounts import Account
from medunion.chain.ledger import ChainLedger
from medunion.chain.sender import Sender
from medunion.chain.writer import ChainRecordWriter
from medunion.errors import ContractRefused, UnknownMember, UsageError
from medunion.identity.wallet import Identity
from medunion.ledger import BatchCommitment, Leaf, Ledger, RecordWriter, SignedTransaction, Signer
from medunion.records.leaf import hash_leaf
from medunion.vocabulary import MemberKind, MemberStatus, Role

from .conftest import CLINIC, HOSPITAL, REGULATOR, Member, World

pytestmark = pytest.mark.devnet
ZERO = bytes(32)


@pytest.fixture
def writer(world: World, hospital: Member, patient: Identity) -> ChainRecordWriter:
    """The hospital's, which has the patient in."""
    episodes = Episodes(world.ledger, hospital.staff)
    episodes.relay(episodes.sign_check_in(patient, patient.patient, HOSPITAL))
    return ChainRecordWriter(world.ledger, hospital.staff)


def batch(patient: Identity, root: bytes | None = None, count: int = 1) -> BatchCommitment:
    return BatchCommitment(patient.patient, root or secrets.token_bytes(32), count, secrets.token_bytes(32))


def leaf(patient: Identity) -> Leaf:
    fields = [secrets.token_bytes(32) for _ in range(3)]
    return Leaf(patient.patient, HOSPITAL, fields[0], 1, 6, 44_000, fields[1], fields[2], ZERO)


class TestCommit:
    def test_one_batch_is_found_again(self, ledger: ChainLedger, writer: ChainRecordWriter, patient: Identity) -> None:
        committed = batch(patient, count=3)
        receipt = writer.send(writer.sign_commit([committed]))
        (found,) = ledger.batches(patient.patient)
        assert (found.root, found.count, found.episode, found.author) == (committed.root, 3, 1, HOSPITAL)
        assert found.manifest_digest == committed.manifest_digest
        assert (found.block, found.transaction) == (receipt.block, receipt.transaction)
        assert ledger.batch(patient.patient, HOSPITAL, committed.root) == (found.committed_at, 3, 1)
        assert ledger.batch(patient.patient, CLINIC, committed.root) is None
        assert writer.receipt(receipt.transaction) == receipt

    def test_many_in_one_transaction_in_order(
        self, ledger: ChainLedger, writer: ChainRecordWriter, patient: Identity
    ) -> None:
        committed = [batch(patient) for _ in range(40)]
        receipt = writer.send(writer.sign_commit(committed))
        assert [event.name for event in receipt.events] == ["Committed"] * 40
        assert [found.root for found in ledger.batches(patient.patient)] == [each.root for each in committed]

    def test_several_signed_ahead_are_sent_in_turn(
        self, ledger: ChainLedger, writer: ChainRecordWriter, patient: Identity
    ) -> None:
        signed = [writer.sign_commit([batch(patient)]) for _ in range(3)]
        for each in signed:
            writer.send(each)
        writer.send(signed[0])
        assert len(ledger.batches(patient.patient)) == 3

    def test_a_refused_batch_is_told_before_signing(self, writer: ChainRecordWriter, patient: Identity) -> None:
        first = batch(patient)
        writer.send(writer.sign_commit([first]))
        for batches in ([first], [batch(patient), first]):
            with pytest.raises(ContractRefused) as refused:
                writer.sign_commit(batches)
            assert refused.value.details == {
                "error": "RecordRegistry_Refused",
                "patient": "0x" + patient.patient.hex(),
                "author": HOSPITAL,
                "root": "0x" + first.root.hex(),
                "reason": 2,
            }
        writer.send(writer.sign_commit([batch(patient)]))

    def test_one_that_is_refused_only_when_mined_is_explained(
        self, ledger: ChainLedger, writer: ChainRecordWriter, hospital: Member, patient: Identity
    ) -> None:
        first = batch(patient)
        signed = [writer.sign_commit([first]), writer.sign_commit([first])]
        writer.send(signed[0])
        with pytest.raises(ContractRefused) as refused:
            writer.send(signed[1])
        assert refused.value.details["error"] == "RecordRegistry_Refused"
        assert refused.value.details["transaction"] == signed[1].transaction
        assert ledger.chain_id == 31337
        assert hospital.staff.balance() > 0

    def test_a_forgotten_one_leaves_no_gap(self, writer: ChainRecordWriter, patient: Identity) -> None:
        writer.forget(writer.sign_commit([batch(patient)]))
        writer.send(writer.sign_commit([batch(patient)]))

    def test_an_account_of_nobody_is_no_writer(self, world: World) -> None:
        with pytest.raises(UnknownMember):
            ChainRecordWriter(world.ledger, world.account())


class TestSupersede:
    def test_versions_are_linked_and_verified(
        self, ledger: ChainLedger, writer: ChainRecordWriter, patient: Identity
    ) -> None:
        first = leaf(patient)
        writer.send(writer.sign_commit([batch(patient, hash_leaf(first))]))
        second = replace(first, version=2, body_digest=secrets.token_bytes(32), previous_leaf=hash_leaf(first))
        writer.send(writer.sign_supersede(hash_leaf(first), first, [], second, secrets.token_bytes(32)))
        assert ledger.successors(patient.patient) == {hash_leaf(first): hash_leaf(second)}
        old = ledger.verify(hash_leaf(first), first, [])
        new = ledger.verify(hash_leaf(second), second, [])
        assert (old.committed, old.linked, old.successor) == (True, True, hash_leaf(second))
        assert (new.committed, new.linked, new.successor) == (True, True, ZERO)
        assert new.leaf_hash == hash_leaf(second)
        third = replace(first, version=2, body_digest=secrets.token_bytes(32), previous_leaf=hash_leaf(first))
        with pytest.raises(ContractRefused, match="RecordRegistry_Conflict"):
            writer.sign_supersede(hash_leaf(first), first, [], third, secrets.token_bytes(32))

    def test_a_leaf_that_is_nowhere_is_not_committed(self, ledger: ChainLedger, patient: Identity) -> None:
        nowhere = leaf(patient)
        assert not ledger.verify(hash_leaf(nowhere), nowhere, []).committed


class TestActors:
    def test_whom_an_account_acts_for(self, ledger: ChainLedger, regulator: Member, world: World) -> None:
        actor = ledger.actor_of(regulator.staff.address)
        assert (actor.member, actor.status, actor.kind) == (REGULATOR, MemberStatus.ACTIVE, MemberKind.REGULATOR)
        assert Role.REGISTRAR in actor.roles
        nobody = ledger.actor_of(world.account().address)
        assert (nobody.member, nobody.roles, nobody.kind) == (0, Role(0), None)


class TestSignatures:
    def test_by_the_key_or_not_at_all(self, ledger: ChainLedger) -> None:
        account, value = Account.create(), b"\x03" * 32
        signature = account.sign_digest(value)
        assert ledger.is_valid_signature(account.address, value, signature)
        assert ledger.is_valid_signature(account.address.lower(), value, signature)
        assert not ledger.is_valid_signature(account.address, b"\x04" * 32, signature)
        assert not ledger.is_valid_signature(Account.create().address, value, signature)
        # A contract that is no ERC-1271 wallet accepts nothing.
        assert not ledger.is_valid_signature(ledger.registry, value, signature)

    def test_by_a_contract_account(self, ledger: ChainLedger) -> None:
        # if calldata[4:36] == 0x05...05, return ERC-1271's magic value; else revert
        code = "0x6004357f" + "05" * 32 + "14602b57" + "5f5ffd" + "5b631626ba7e60e01b5f5260205ff3"
        wallet = Account.create().address
        ledger.connection.request("anvil_setCode", wallet, code)
        assert ledger.is_valid_signature(wallet, b"\x05" * 32, b"any")
        assert not ledger.is_valid_signature(wallet, b"\x06" * 32, b"any")


class TestTime:
    def test_is_the_later_of_both_clocks(self, ledger: ChainLedger) -> None:
        ahead = devnet.advance(ledger.connection, 5000)
        assert ledger.now() == ahead
        assert ledger.deadline(60) == ahead + 60
        assert ledger.head()[1] == ahead


class TestProtocols:
    def test_are_implemented(self, ledger: ChainLedger, writer: ChainRecordWriter, hospital: Member) -> None:
        reads: Ledger = ledger
        writes: RecordWriter = writer
        signs: Signer = hospital.staff.account
        assert (reads.chain_id, writes.member, signs.address) == (31337, HOSPITAL, hospital.staff.address)


class TestUsage:
    def test_what_a_deployment_has_not_is_told(self, ledger: ChainLedger) -> None:
        with pytest.raises(UsageError):
            ledger.contracts.address("Nothing")

    def test_bytes_of_an_earlier_process_are_sent_by_a_new_one(
        self, ledger: ChainLedger, writer: ChainRecordWriter, hospital: Member, patient: Identity
    ) -> None:
        signed = writer.sign_commit([batch(patient)])
        kept = SignedTransaction(signed.raw, signed.transaction)
        again: Sender = ledger.sender(hospital.staff.account)
        assert again.send(kept) == writer.send(signed)
