"""Exporting on a real chain, as author, reader and patient, and verifying what came of it."""

import base64
import json
import random
from dataclasses import replace

import pytest

from medunion import Consortium as Hospital
from medunion.blobs.cid import Codec
from medunion.chain.encodings import decode_header, decode_transaction
from medunion.chain.inclusion import fetch_inclusion
from medunion.chain.writer import ChainRecordWriter
from medunion.crypto import keys
from medunion.errors import AccessRefused, ChainError, InputError, IntegrityError
from medunion.evidence.document import Batch, Block, Body, Evidence, Transaction, TransactionReceipt, Version
from medunion.evidence.export import export_evidence
from medunion.evidence.statements import sign_export
from medunion.evidence.verify import verify
from medunion.keys.scope import Access
from medunion.ledger import BatchCommitment
from medunion.records.batch import RecordDraft, seal_batch
from medunion.records.leaf import hash_leaf
from medunion.records.manifest import Place
from medunion.records.opened import RecordEntry
from medunion.records.read import VerifiedRecord
from medunion.vocabulary import Purpose

from .conftest import Corrected
from .scenario import PERSON, SECRET, Consortium, condition

pytestmark = pytest.mark.devnet


class TestWho:
    @pytest.mark.parametrize("name", ["hospital-a", "hospital-b"])
    def test_author_and_reader(self, consortium: Consortium, corrected: Corrected, name: str) -> None:
        evidence = consortium.evidence(name).export(consortium.identity.patient, corrected.record_id)
        assert tuple(version.content for version in evidence.versions) == corrected.bodies
        assert evidence.exporter.member == consortium.network.member(name).id
        assert evidence.exporter.account == consortium.network.member(name).address("reader")
        report = verify(evidence.encode())
        assert report.ok
        assert report.evidence == evidence

    def test_the_patient(self, consortium: Consortium, corrected: Corrected) -> None:
        reader = consortium.network.patient_records(consortium.identity)
        history = reader.history(corrected.record_id)
        evidence = export_evidence(history, reader.check, consortium.network.ledger, consortium.identity, 0)
        assert tuple(version.content for version in evidence.versions) == corrected.bodies
        assert (evidence.exporter.member, evidence.exporter.account) == (0, consortium.identity.address)
        assert "exporter-patient" in {each.name for each in verify(evidence.encode()).open}

    def test_a_hospital_through_its_folder(self, consortium: Consortium, corrected: Corrected) -> None:
        folder = consortium.network.home.path / "members" / "hospital-b"
        with Hospital.open(folder, SECRET) as hospital:
            evidence = hospital.evidence.export(consortium.identity.patient, corrected.record_id, ciphertexts=True)
            sealed = hospital.evidence.seal_evidence(evidence)
        assert verify(sealed.encode()).ok
        assert len(sealed.seals) == 3

    def test_a_member_without_a_grant(self, consortium: Consortium, corrected: Corrected) -> None:
        with pytest.raises(AccessRefused):
            consortium.evidence("clinic").export(consortium.identity.patient, corrected.record_id)

    def test_no_such_record(self, consortium: Consortium) -> None:
        with pytest.raises(InputError, match="no such record"):
            consortium.evidence("hospital-b").export(consortium.identity.patient, b"\1" * 32)


class TestProofs:
    def test_a_place_deep_in_the_batch_as_the_contract_sees_it(
        self, consortium: Consortium, evidence: Evidence
    ) -> None:
        first, second, third = evidence.versions
        assert first.batch.count == 132
        assert len(first.batch.proof) in (7, 8)
        for version in (first, second, third):
            answer = consortium.network.ledger.verify(version.batch.root, version.leaf, version.batch.proof)
            assert (answer.committed, answer.linked, answer.committed_at) == (True, True, version.block.time)
            assert answer.leaf_hash == hash_leaf(version.leaf)

    def test_a_place_among_many_transactions(self, evidence: Evidence) -> None:
        first, second, third = evidence.versions
        assert (first.transaction.index, second.transaction.index, third.transaction.index) == (20, 140, 0)
        assert len(first.transaction.proof) >= 3
        assert len(second.transaction.proof) == len(second.receipt.proof) >= 4
        assert len(third.transaction.proof) == 1
        assert verify(evidence.encode()).ok

    def test_blocks_are_those_of_the_node(self, consortium: Consortium, evidence: Evidence) -> None:
        for version in evidence.versions:
            block = consortium.network.connection.block(version.block.number)
            assert block is not None
            assert (block.hash, block.time) == ("0x" + version.block.hash.hex(), version.block.time)
        sender = consortium.network.member("hospital-a").address("records")
        assert {version.transaction.sender for version in evidence.versions} == {sender}

    def test_decryption_can_be_repeated_and_opens_nothing_else(
        self, consortium: Consortium, corrected: Corrected
    ) -> None:
        service = consortium.evidence("hospital-b")
        evidence = service.export(consortium.identity.patient, corrected.record_id, ciphertexts=True)
        assert verify(evidence.encode()).ok
        keys = {version.body.record_key for version in evidence.versions}
        assert len(keys) == 3
        assert all(version.body.cid.codec is Codec.RAW for version in evidence.versions)

    def test_a_long_binary_body(self, consortium: Consortium) -> None:
        text = base64.b64encode(random.Random(1).randbytes(600_000)).decode()  # nothing compresses it
        data = {
            "resourceType": "Binary", "id": "b", "contentType": "text/plain",
            "securityContext": {"reference": "Patient/p"}, "data": text,
        }  # fmt: skip
        consortium.commit(PERSON, data)
        evidence = consortium.evidence("hospital-a").export(
            consortium.identity.patient, consortium.record_id("Binary/b"), ciphertexts=True
        )
        assert verify(evidence.encode()).ok
        assert evidence.versions[0].body.cid.codec is Codec.DAG_PB
        assert json.loads(evidence.versions[0].content)["data"] == text


class TestLater:
    def test_a_version_outside_what_may_be_read_is_named_as_the_successor(self, consortium: Consortium) -> None:
        plain = {**condition(), "id": "later"}
        label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}
        consortium.commit(PERSON, plain)
        record_id = consortium.record_id("Condition/later")
        consortium.commit(PERSON, {**plain, "meta": {"security": [label]}})
        service = consortium.evidence("hospital-b")
        evidence = service.export(consortium.identity.patient, record_id, Access(Purpose.TREAT))
        assert [version.leaf.version for version in evidence.versions] == [1]
        both = consortium.evidence("hospital-a").export(consortium.identity.patient, record_id)
        assert [version.leaf.version for version in both.versions] == [1, 2]
        assert both.exporter.successor is None
        assert evidence.exporter.successor == hash_leaf(both.versions[1].leaf)
        report = verify(evidence.encode())
        assert report.ok
        assert "superseded-later" in {each.name for each in report.open}
        assert "later" not in {each.name for each in report.open}


    def test_a_version_that_the_author_committed_without_linking_it_is_none(
        self, consortium: Consortium, evidence: Evidence
    ) -> None:
        network, last = consortium.network, evidence.versions[-1]
        place = Place(31337, bytes.fromhex(network.ledger.registry[2:]), consortium.identity.patient, 1)
        draft = RecordDraft(
            local_id="Condition/c", resource_type="Condition", content_type="application/fhir+json", body=b"{}",
            category=last.leaf.category, mask=0, service_day=0, references={}, record_id=last.leaf.record_id,
            version=last.leaf.version + 1, previous_leaf=hash_leaf(last.leaf),
        )  # fmt: skip
        batch = seal_batch(place, [draft])
        sender = network.ledger.sender(network.member("hospital-a").account("records"))
        writer = ChainRecordWriter(network.ledger, sender)
        commitment = BatchCommitment(place.patient, batch.root, 1, batch.manifest_digest)
        snapshot = network.connection.request("evm_snapshot")
        found = fetch_inclusion(network.connection, writer.send(writer.sign_commit([commitment])).transaction)
        assert network.connection.request("evm_revert", snapshot)
        header, signed = decode_header(found.header), decode_transaction(found.transaction)
        leaf, section = batch.leaves[0], keys.section_key(batch.secret.batch_key, last.leaf.category, 0)
        alone = Version(
            leaf=leaf,
            content_type=draft.content_type,
            content=draft.body,
            salt=keys.content_salt(keys.record_key(section, leaf.record_id, leaf.version)),
            body=Body(batch.manifest.bodies[0], None, None),
            batch=Batch(batch.root, 1, 1, batch.manifest_digest, ()),
            transaction=Transaction(signed.hash, signed.sender, 0, found.transaction, found.transaction_proof),
            receipt=TransactionReceipt(found.receipt, found.receipt_proof),
            block=Block(header.number, header.hash, header.time, found.header),
        )
        account = network.member("hospital-a").account("reader")
        for versions in ((alone,), (*evidence.versions, alone)):
            stated = replace(evidence.exporter, account=account.address, head=header.number)
            forged = replace(evidence, exporter=stated, versions=versions)
            report = verify(replace(forged, signature=sign_export(forged, account)).encode())
            assert [(step.name, step.version) for step in report.failed] == [("supersession", leaf.version)]


class TestSplices:
    """Parts of two true files, put together and signed by somebody who may export."""

    @pytest.fixture(scope="class")
    def stranger(self, consortium: Consortium) -> Evidence:
        """A record of another patient, by another author."""
        network = consortium.network
        identity = network.create_wallet("stranger").identity()
        network.desk("hospital-b").register(identity)
        network.desk("hospital-b").check_in(identity)
        other = Consortium(network, identity)
        body = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": PERSON}]}).encode()
        network.member("hospital-b").records().commit(identity.patient, body)
        return other.evidence("hospital-b").export(identity.patient, other.record_id("Patient/p"))

    @pytest.mark.parametrize(
        ("taken", "step"),
        [
            (("content", "salt"), "commitment"),
            (("leaf",), "merkle-proof"),
            (("leaf", "content", "salt", "body"), "merkle-proof"),
            (("leaf", "content", "salt", "body", "batch"), "event"),
            (("batch",), "merkle-proof"),
            (("transaction", "receipt", "block"), "event"),
            (("block",), "transaction"),
            (("transaction",), "transaction"),
            (("receipt",), "receipt"),
        ],
    )
    def test_another_patients_and_authors(
        self, consortium: Consortium, evidence: Evidence, stranger: Evidence, taken: tuple[str, ...], step: str
    ) -> None:
        own, other = evidence.versions[0], stranger.versions[0]
        mixed = replace(own, **{name: getattr(other, name) for name in taken})
        account = consortium.network.member("hospital-b").account("reader")
        forged = replace(evidence, versions=(mixed,))
        report = verify(replace(forged, signature=sign_export(forged, account)).encode())
        failed = {each.name for each in report.failed}
        assert step in failed
        assert "exporter" not in failed

    def test_two_records_in_one_file(self, consortium: Consortium, evidence: Evidence, stranger: Evidence) -> None:
        account = consortium.network.member("hospital-b").account("reader")
        head = max(evidence.exporter.head, stranger.exporter.head)
        later = replace(evidence.exporter, head=head)
        second = evidence.versions[1]
        forged = replace(evidence, exporter=later, versions=(stranger.versions[0], second))
        report = verify(replace(forged, signature=sign_export(forged, account)).encode())
        assert {each.name for each in report.failed} == {"history"}


class TestNode:
    def test_a_transaction_that_the_node_does_not_have(self, consortium: Consortium) -> None:
        with pytest.raises(ChainError) as failure:
            fetch_inclusion(consortium.network.connection, "0x" + "11" * 32)
        assert failure.value.details["reason"] == "no-block"

    def test_what_the_node_answers_is_checked_before_it_is_handed_out(
        self, consortium: Consortium, corrected: Corrected
    ) -> None:
        reader = consortium.network.patient_records(consortium.identity)
        history = reader.history(corrected.record_id)

        def check(entry: RecordEntry) -> VerifiedRecord:
            return replace(reader.check(entry), proof=(b"\1" * 32,))

        with pytest.raises(IntegrityError) as failure:
            export_evidence(history, check, consortium.network.ledger, consortium.identity, 0)
        assert failure.value.details["step"] == "merkle-proof"
        assert failure.value.details["record"] == corrected.record_id.hex()
