"""Records on a real chain and a folder store: what one member commits, others read under the patient's terms."""

import json
import shutil

import pytest

from medunion.blobs.cid import Cid
from medunion.errors import AccessRefused, IntegrityError, KeysUnavailable
from medunion.keys.scope import Access
from medunion.records.leaf import hash_leaf
from medunion.records.merkle import MerkleTree
from medunion.vocabulary import Category, Purpose

from .conftest import Story

pytestmark = pytest.mark.devnet


class TestCommit:
    def test_every_record_of_the_sample_is_on_the_ledger_and_at_three_trustees(self, story: Story) -> None:
        assert story.receipt.records == len(story.bodies)
        assert story.receipt.state == "replicated"
        assert story.receipt.failures == []
        batches = story.network.ledger.batches(story.identity.patient)
        assert sum(batch.count for batch in batches) == story.receipt.records
        assert {batch.root for batch in batches} == set(story.receipt.batches)

    def test_the_same_bundle_again_sends_nothing(self, story: Story) -> None:
        before = story.network.ledger.head()
        records = story.network.member("hospital-a").records()
        receipt = records.commit(story.identity.patient, story.bundle, care_directory=story.directory)
        assert (receipt.records, receipt.gas, receipt.state) == (0, 0, "unchanged")
        assert receipt.unchanged == len(story.bodies)
        assert story.network.ledger.head()[0] == before[0]

    def test_roots_and_proofs_verify_in_the_contract(self, story: Story) -> None:
        listing = story.network.patient_records(story.identity).list()
        largest = max((entry.batch for entry in listing), key=lambda batch: len(batch.manifest.leaves))
        tree = MerkleTree(largest.manifest.leaves)
        for entry in [entry for entry in listing if entry.batch.root == largest.root][:8]:
            answer = story.network.ledger.verify(largest.root, entry.leaf, tree.proof(entry.leaf_hash))
            assert (answer.committed, answer.linked, answer.leaf_hash) == (True, True, hash_leaf(entry.leaf))
        wrong = story.network.ledger.verify(largest.root, listing[0].leaf, (bytes(32),))
        assert not wrong.committed


class TestRead:
    def test_the_patient_reads_every_byte_that_went_in(self, story: Story) -> None:
        reading = story.network.patient_records(story.identity).read()
        assert {record.entry.local_id: record.body for record in reading} == story.bodies

    def test_another_member_reads_exactly_what_it_was_granted(self, story: Story) -> None:
        records = story.network.member("hospital-b").records()
        with pytest.raises(AccessRefused) as failure:
            records.read(story.identity.patient)
        assert failure.value.details["reason"] == "no-grant"
        wanted = Category.LABORATORY.bit | Category.MEDICATIONS.bit
        story.grant("hospital-b", wanted)
        listing = records.list(story.identity.patient)
        assert {entry.category for entry in listing} <= {Category.LABORATORY, Category.MEDICATIONS}
        everything = story.network.patient_records(story.identity).list()
        plain = story.unrestricted(Category.LABORATORY, Category.MEDICATIONS)
        assert {entry.local_id for entry in listing} == plain <= {entry.local_id for entry in everything}
        with pytest.raises(AccessRefused) as failure:
            records.read(story.identity.patient, Access(Purpose.TREAT))
        assert failure.value.details["reason"] == "category-not-granted"
        story.revoke("hospital-b")
        with pytest.raises(AccessRefused) as failure:
            records.read(story.identity.patient)
        assert failure.value.details["reason"] == "no-grant"

    def test_the_patient_sees_who_asked(self, story: Story) -> None:
        member = story.network.member("hospital-a").id
        reader = story.network.patient_records(story.identity)
        before = len(reader.access_log(member))
        with pytest.raises(AccessRefused):
            story.network.member("clinic").records().read(story.identity.patient)
        events = reader.access_log(member)
        assert len(events) == before + 1
        assert events[-1]["outcomeDesc"] == "no-grant"

    def test_a_flipped_byte_names_step_record_store_and_author(self, story: Story) -> None:
        reader = story.network.patient_records(story.identity)
        entry = reader.list()[0]
        cid: Cid = entry.listed.body
        story.flip(cid)
        try:
            with pytest.raises(IntegrityError) as failure:
                reader.read()
            named = {"step": "cid", "record": entry.record_id.hex(), "culprit": "network", "author": entry.author}
            assert failure.value.details == named
        finally:
            story.flip(cid)
        assert reader.read(records={entry.record_id})


class TestCorrect:
    def test_both_versions_are_seen_and_linked_by_the_contract(self, story: Story) -> None:
        reader = story.network.patient_records(story.identity)
        entry = reader.list()[0]
        body = json.loads(story.bodies[entry.local_id])
        body["language"] = "en"
        hospital = story.network.member("hospital-a").records()
        receipt = hospital.correct(entry.record_id, json.dumps(body).encode(), care_directory=story.directory)
        assert (receipt.records, receipt.state) == (1, "replicated")
        history = reader.history(entry.record_id)
        assert [record.entry.version for record in history] == [1, 2]
        assert history[0].body == story.bodies[entry.local_id]
        verified = reader.verify(entry.record_id)
        assert verified.verification.linked
        assert verified.record.resource["language"] == "en"
        back = hospital.correct(entry.record_id, story.bodies[entry.local_id], care_directory=story.directory)
        assert back.records == 1


class TestTrustees:
    def test_two_trustees_release_when_the_author_is_gone_and_one_cannot(self, without_author: Story) -> None:
        story = without_author
        reading = story.network.patient_records(story.identity).read()
        assert {record.entry.local_id: record.body for record in reading} == story.bodies
        moved = [(story.network.member(name).path, name) for name in ("hospital-b", "clinic")]
        for path, name in moved:
            shutil.move(path, path.with_name(f"gone-{name}"))
        try:
            with pytest.raises(KeysUnavailable):
                story.network.patient_records(story.identity).read()
        finally:
            for path, name in moved:
                shutil.move(path.with_name(f"gone-{name}"), path)


class TestShorterChain:
    def test_a_commit_that_the_chain_lost_is_sent_again(self, story: Story) -> None:
        connection, ledger = story.network.connection, story.network.ledger
        hospital = story.network.member("hospital-a").records()
        addendum = {
            "resourceType": "Observation",
            "id": "after-the-snapshot",
            "status": "final",
            "code": {"text": "note"},
            "subject": {"reference": patient_reference(story)},
        }
        snapshot = connection.request("evm_snapshot")
        first = hospital.commit(story.identity.patient, json.dumps(addendum).encode())
        assert (first.records, first.state) == (1, "replicated")
        assert connection.request("evm_revert", snapshot)
        assert ledger.batch(story.identity.patient, hospital_id(story), first.batches[0]) is None
        again = hospital.resume()
        assert again.transactions == first.transactions
        assert ledger.batch(story.identity.patient, hospital_id(story), first.batches[0]) is not None
        listing = story.network.patient_records(story.identity).list()
        assert [entry.version for entry in listing if entry.local_id == "Observation/after-the-snapshot"] == [1]


def hospital_id(story: Story) -> int:
    return story.network.member("hospital-a").id


def patient_reference(story: Story) -> str:
    return next(name for name in story.bodies if name.startswith("Patient/"))
