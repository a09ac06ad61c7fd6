"""Each check of a read fails by name, names the record and the culprit, and yields nothing."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from medunion.blobs import dagcbor
from medunion.blobs.cid import Cid, Codec
from medunion.crypto import keys
from medunion.crypto.body import encrypt_body
from medunion.errors import AccessRefused, BlobStoreUnavailable, InputError, IntegrityError, KeysUnavailable
from medunion.keys.client import Released
from medunion.keys.scope import Access
from medunion.ledger import Scope, Verification
from medunion.records import batch as sealing
from medunion.records.batch import body_context
from medunion.records.manifest import ListEntry
from medunion.records.opened import RecordEntry
from medunion.records.read import Reading
from medunion.vocabulary import Category, Purpose

from .world import HOSPITAL_A, HOSPITAL_B, World, bundle_of, observation, resource, sample


@pytest.fixture
def stocked(world: World) -> World:
    world.a.records.commit(world.patient, sample())
    return world


def entry_of(world: World, kind: str = "Observation") -> RecordEntry:
    return next(entry for entry in world.patient_reader().list() if entry.resource_type == kind)


def failure_of(call: Callable[[], Any]) -> tuple[str, str | None, int | str]:
    with pytest.raises(IntegrityError) as failure:
        call()
    details = failure.value.details
    return details["step"], details["record"], details["culprit"]


def flip(world: World, cid: Cid) -> None:
    path, offset, length = world.blobs.locate(cid)
    with path.open("r+b") as file:
        file.seek(offset + length // 2)
        byte = file.read(1)
        file.seek(offset + length // 2)
        file.write(bytes([byte[0] ^ 1]))


class Swapped:
    """A blob store that serves one CID otherwise, without checking."""

    def __init__(self, world: World, cid: Cid, data: bytes) -> None:
        self._store, self._cid, self._data = world.blobs, cid, data

    def get(self, cid: Cid, max_size: int = 1 << 27) -> bytes:
        return self._data if cid == self._cid else self._store.get(cid, max_size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class TestScope:
    def test_a_member_reads_exactly_what_it_was_granted(self, stocked: World) -> None:
        stocked.grant(categories=Category.LABORATORY.bit | Category.ALLERGIES.bit)
        read = stocked.b.records.read(stocked.patient)
        assert {record.entry.resource_type for record in read} == {"Observation", "AllergyIntolerance"}

    def test_asking_for_more_is_refused_with_the_reason(self, stocked: World) -> None:
        stocked.grant(categories=Category.LABORATORY.bit)
        for access, reason in (
            (Access(Purpose.TREAT), "category-not-granted"),
            (Access(Purpose.HPAYMT, categories=Category.LABORATORY.bit), "purpose-not-granted"),
            (Access(Purpose.TREAT, lane=1), "no-grant"),
            (Access.emergency(), "not-a-clinician"),
        ):
            with pytest.raises(AccessRefused) as failure:
                stocked.b.records.read(stocked.patient, access)
            assert (failure.value.details["reason"], failure.value.details["by"]) == (reason, HOSPITAL_A)

    def test_without_a_grant_the_refusal_is_a_release_points(self, stocked: World) -> None:
        with pytest.raises(AccessRefused) as failure:
            stocked.b.records.read(stocked.patient)
        assert failure.value.details["reason"] == "no-grant"
        assert stocked.a.home.audit_log().verify() == 1

    def test_an_emergency_reads_all_but_what_is_restricted(self, stocked: World) -> None:
        clinician = stocked.b.records.acting(stocked.b.operators["clinician"])
        ends = stocked.clock() + 100
        stocked.chain.mine().emergencies[stocked.patient, HOSPITAL_B] = (ends, 0)
        assert len(clinician.read(stocked.patient, Access.emergency())) == 4
        with pytest.raises(AccessRefused):
            clinician.read(stocked.patient, Access.emergency(restricted=2))
        stocked.chain.mine().emergencies[stocked.patient, HOSPITAL_B] = (ends, 2)
        assert len(clinician.read(stocked.patient, Access.emergency(restricted=2))) == 5

    def test_own_records_need_no_grant_and_no_request(self, stocked: World) -> None:
        assert len(stocked.a.records.read(stocked.patient)) == 5
        assert stocked.a.home.audit_log().verify() == 0

    def test_checking_what_was_listed_asks_nobody_again(self, stocked: World) -> None:
        stocked.grant()
        listing = stocked.b.records.list(stocked.patient)
        requests = stocked.a.home.audit_log().verify()
        found = [stocked.b.records.check(entry) for entry in listing]
        assert [each.record.entry for each in found] == list(listing)
        assert all(each.verification.committed for each in found)
        assert stocked.a.home.audit_log().verify() == requests

    def test_records_of_several_authors_come_together(self, stocked: World) -> None:
        stocked.chain.mine().episodes.add((stocked.patient, HOSPITAL_B))
        stocked.grant()
        late = observation("late", encounter={"reference": "Encounter/at-b"})
        visit = {**json.loads(sample())["entry"][1]["resource"], "id": "at-b"}
        stocked.b.records.commit(stocked.patient, bundle_of(visit, late))
        assert {record.entry.author for record in stocked.b.records.read(stocked.patient)} == {HOSPITAL_A, HOSPITAL_B}
        only = stocked.patient_reader().read(authors={HOSPITAL_B})
        assert {record.entry.local_id for record in only} == {"Observation/late", "Encounter/at-b"}

    def test_defaults_are_all_that_the_lane_grants(self, stocked: World) -> None:
        assert stocked.b.records.access(stocked.patient) == Access(Purpose.TREAT, 0, 0xFFFF, 0)
        stocked.grant(categories=5, restricted=2)
        assert stocked.b.records.access(stocked.patient) == Access(Purpose.TREAT, 0, 5, 2)
        assert stocked.b.records.access(stocked.patient, categories=1, restricted=0).categories == 1
        assert Access.granted(Scope(5, 1, 2, 0, 9), 3) == Access(Purpose.TREAT, 3, 5, 2)

    def test_a_patient_without_records_has_none(self, world: World) -> None:
        assert len(world.patient_reader().read()) == 0

    def test_history_of_what_may_not_be_read_is_none(self, stocked: World) -> None:
        stocked.grant()
        hidden = entry_of(stocked, "Condition").record_id
        with pytest.raises(InputError):
            stocked.b.records.history(stocked.patient, hidden)

    def test_a_version_that_moved_out_of_scope_leaves_the_one_before_with_its_successor(self, stocked: World) -> None:
        stocked.grant(categories=Category.LABORATORY.bit)
        entry = entry_of(stocked)
        moved = {key: value for key, value in observation(value="moved").items() if key != "category"}
        stocked.a.records.correct(entry.record_id, json.dumps(moved).encode())
        (seen,) = stocked.b.records.list(stocked.patient)
        assert seen.version == 1
        assert seen.successor


class TestAnotherAuthorsId:
    """Record ids stand in public events: another member with an episode may commit under one."""

    def test_it_disturbs_nobody(self, stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
        entry = entry_of(stocked)
        stocked.a.records.correct(entry.record_id, json.dumps(observation(value="second")).encode())
        stocked.chain.mine().episodes.add((stocked.patient, HOSPITAL_B))
        monkeypatch.setattr("medunion.records.plan.record_id", lambda *_: entry.record_id)
        stocked.b.records.commit(stocked.patient, bundle_of(resource("Patient", "taken")))
        monkeypatch.undo()
        reader = stocked.patient_reader()
        same = [each for each in reader.list() if each.record_id == entry.record_id]
        assert {(each.author, each.version) for each in same} == {(HOSPITAL_A, 2), (HOSPITAL_B, 1)}
        assert len(reader.read()) == 6
        versions = [record.entry.version for record in reader.history(entry.record_id, author=HOSPITAL_A)]
        assert versions == [1, 2]
        assert reader.verify(entry.record_id, author=HOSPITAL_B).record.entry.author == HOSPITAL_B
        with pytest.raises(InputError) as failure:
            reader.history(entry.record_id)
        assert failure.value.details["authors"] == [HOSPITAL_A, HOSPITAL_B]


class TestVerify:
    def test_the_contract_confirms_leaf_and_proof(self, stocked: World) -> None:
        verified = stocked.patient_reader().verify(entry_of(stocked).record_id)
        assert verified.verification.committed
        assert verified.verification.leaf_hash == verified.record.entry.leaf_hash
        stocked.grant()
        assert stocked.b.records.verify(stocked.patient, entry_of(stocked).record_id).proof == verified.proof

    @pytest.mark.parametrize(
        ("answer", "step"),
        [
            (Verification(False, True, 0, bytes(32), bytes(32)), "merkle-proof"),
            (Verification(True, True, 1, bytes(32), bytes(32)), "merkle-proof"),
        ],
    )
    def test_a_contract_that_disagrees_is_believed(
        self, stocked: World, monkeypatch: pytest.MonkeyPatch, answer: Verification, step: str
    ) -> None:
        record_id = entry_of(stocked).record_id
        monkeypatch.setattr(stocked.ledger, "verify", lambda *_: answer)
        assert failure_of(lambda: stocked.patient_reader().verify(record_id)) == (step, record_id.hex(), "node")

    def test_an_unlinked_version_or_another_successor_is_believed(
        self, stocked: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entry = entry_of(stocked)
        for answer in (
            Verification(True, False, 1, entry.leaf_hash, bytes(32)),
            Verification(True, True, 1, entry.leaf_hash, b"\x01" * 32),
        ):
            monkeypatch.setattr(stocked.ledger, "verify", lambda *_, answer=answer: answer)
            assert failure_of(lambda: stocked.patient_reader().verify(entry.record_id))[0] == "supersession"


class TestStore:
    def test_a_flipped_byte_of_a_body(self, stocked: World) -> None:
        entry = entry_of(stocked)
        flip(stocked, entry.listed.body)
        expected = ("cid", entry.record_id.hex(), "blobs")
        assert failure_of(lambda: stocked.patient_reader().read()) == expected
        assert failure_of(lambda: stocked.patient_reader().verify(entry.record_id)) == expected
        other = entry_of(stocked, "Patient").record_id
        assert len(stocked.patient_reader().read(records={other})) == 1

    def test_a_flipped_byte_of_a_manifest(self, stocked: World) -> None:
        entry = entry_of(stocked)
        batch = next(each for each in stocked.ledger.batches(stocked.patient) if each.root == entry.batch.root)
        flip(stocked, Cid(Codec.DAG_CBOR, batch.manifest_digest))
        assert failure_of(lambda: stocked.patient_reader().read()) == ("cid", entry.batch.root.hex(), "blobs")

    def test_what_one_member_withholds_stops_nobody_from_reading_the_others(self, stocked: World) -> None:
        stocked.chain.mine().episodes.add((stocked.patient, HOSPITAL_B))
        visit = {**json.loads(sample())["entry"][1]["resource"], "id": "at-b"}
        stocked.b.records.commit(stocked.patient, bundle_of(visit))
        withheld = next(each for each in stocked.ledger.batches(stocked.patient) if each.author == HOSPITAL_B)
        flip(stocked, Cid(Codec.DAG_CBOR, withheld.manifest_digest))
        reader = stocked.patient_reader()
        with pytest.raises(IntegrityError) as failure:
            reader.list()
        assert (failure.value.details["record"], failure.value.details["author"]) == (withheld.root.hex(), HOSPITAL_B)
        assert len(reader.list(authors={HOSPITAL_A})) == len(reader.read(authors={HOSPITAL_A})) == 5

    def test_missing_blobs(self, stocked: World) -> None:
        entry = entry_of(stocked)
        opened = stocked.patient_reader()
        opened.list()
        for root in stocked.blobs.pins():
            stocked.blobs.unpin(root)
        stocked.blobs.collect()
        assert failure_of(lambda: opened.read(records={entry.record_id})) == ("body", entry.record_id.hex(), "blobs")
        assert failure_of(lambda: stocked.patient_reader().list())[0] == "manifest"

    def test_a_store_that_is_away_is_accused_of_nothing(self, stocked: World) -> None:
        entry = entry_of(stocked)
        opened = stocked.patient_reader()
        opened.list()
        stocked.blobs.close()
        for ask in (stocked.patient_reader().list, lambda: opened.read(records={entry.record_id})):
            with pytest.raises(BlobStoreUnavailable):
                ask()


class TestLedger:
    def test_a_slot_that_is_not_there_or_counts_otherwise(
        self, stocked: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for slot in (None, (1, 99, 1)):
            monkeypatch.setattr(stocked.ledger, "batch", lambda *_, slot=slot: slot)
            step, _, culprit = failure_of(lambda: stocked.patient_reader().list())
            assert (step, culprit) == ("ledger", "node")

    def test_an_event_with_another_count_or_root(self, stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
        honest = stocked.ledger.batches(stocked.patient)
        changed = [replace(each, root=b"\x01" * 32) for each in honest]
        monkeypatch.setattr(stocked.ledger, "batches", lambda _: changed)
        monkeypatch.setattr(stocked.ledger, "batch", lambda *_: (1, changed[0].count, 1))
        step, record, culprit = failure_of(lambda: stocked.patient_reader().list())
        assert (step, record, culprit) == ("merkle-root", "01" * 32, HOSPITAL_A)

    def test_a_version_that_nobody_linked(self, stocked: World) -> None:
        entry = entry_of(stocked)
        stocked.a.records.correct(entry.record_id, json.dumps(observation(value="x")).encode())
        stocked.chain.state.successors.clear()
        expected = ("supersession", entry.record_id.hex(), HOSPITAL_A)
        assert failure_of(lambda: stocked.patient_reader().read()) == expected


class TestBundleAsRecord:
    @pytest.mark.parametrize("kind", ["history", "collection"])
    def test_a_bundle_within_a_bundle_reads_back(self, world: World, kind: str) -> None:
        inner = {"resourceType": "Bundle", "id": "inner", "type": kind}
        world.a.records.commit(world.patient, bundle_of({"resourceType": "Patient", "id": "p"}, inner))
        found = [record.resource for record in world.patient_reader().read()]
        assert inner in found


class TestSecrecy:
    def test_what_is_printed_of_a_record_or_a_release_is_nothing_of_its_content(self, stocked: World) -> None:
        for record in stocked.patient_reader().read():
            assert record.body.decode() not in repr(Reading((record,)))
            assert "body=" not in repr(record)
        assert "KEY" not in repr(Released(keys={(1, b"root"): {b"id": b"KEY"}}))


class TestAuthor:
    """An author that commits what does not fit together; each is caught by the check that is there for it."""

    def commit(self, world: World, monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[..., Any]) -> None:
        original = getattr(sealing, name)
        monkeypatch.setattr(sealing, name, lambda *arguments: change(original, *arguments))
        world.a.records.commit(world.patient, sample())
        monkeypatch.undo()

    def test_a_list_with_another_leaf(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def lie(seal: Any, key: bytes, place: Any, section: bytes, entries: list[ListEntry]) -> bytes:
            false = [replace(each, leaf=replace(each.leaf, service_day=1)) for each in entries]
            return bytes(seal(key, place, section, false))

        self.commit(world, monkeypatch, "seal_list", lie)
        step, _, culprit = failure_of(lambda: world.patient_reader().read())
        assert (step, culprit) == ("merkle-proof", HOSPITAL_A)

    def test_a_list_that_is_none(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commit(
            world, monkeypatch, "seal_list", lambda seal, key, place, section, _entries: seal(key, place, section, [])
        )
        with pytest.raises((IntegrityError, KeysUnavailable)) as failure:
            world.patient_reader().read()
        assert failure.value.details["culprit"] == HOSPITAL_A

    def test_a_commitment_to_another_plaintext(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        real = sealing.commitments.content_commitment
        monkeypatch.setattr(sealing.commitments, "content_commitment", lambda salt, text: real(salt, text + b"!"))
        world.a.records.commit(world.patient, sample())
        monkeypatch.undo()
        step, _, culprit = failure_of(lambda: world.patient_reader().read())
        assert (step, culprit) == ("commitment", HOSPITAL_A)

    def test_a_body_under_another_key(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commit(world, monkeypatch, "encrypt_body", lambda seal, _key, *rest: seal(keys.new_key(), *rest))
        step, _, culprit = failure_of(lambda: world.patient_reader().read())
        assert (step, culprit) == ("aead", HOSPITAL_A)

    def test_a_body_moved_to_another_record_does_not_open(self, stocked: World) -> None:
        entry, other = entry_of(stocked), entry_of(stocked, "Condition")
        key = keys.record_key(entry.section_key, entry.record_id, entry.version)
        body = encrypt_body(key, body_context(entry.batch.place, other.record_id, 1), b"{}")
        reader = stocked.patient_reader()
        reader._reader._blobs = Swapped(stocked, entry.listed.body, body)  # type: ignore[assignment]
        assert failure_of(lambda: reader.read()) == ("aead", entry.record_id.hex(), HOSPITAL_A)

    @pytest.mark.parametrize(
        "text",
        [
            b"not json",
            b'{"resourceType":"Patient"}',
            b"[]",
            gzip.compress(b'{"resourceType":"Observation"}'),
            b'{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Observation"}}]}',
        ],
        ids=["noise", "other", "list", "packed", "bundle"],
    )
    def test_a_body_that_is_no_such_resource(self, world: World, monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
        real = sealing._seal_record
        monkeypatch.setattr(
            sealing, "_seal_record", lambda place, draft, *rest: real(place, replace(draft, body=text), *rest)
        )
        world.a.records.commit(world.patient, sample())
        monkeypatch.undo()
        step, _, culprit = failure_of(lambda: world.patient_reader().read())
        assert (step, culprit) == ("fhir", HOSPITAL_A)

    def test_the_same_version_twice(self, stocked: World) -> None:
        """An author that lost its journal commits everything again: readers notice."""
        (stocked.a.home.path / "journal.sqlite").unlink()
        for suffix in ("-wal", "-shm"):
            (stocked.a.home.path / f"journal.sqlite{suffix}").unlink(missing_ok=True)
        stocked.reopen().records.commit(stocked.patient, sample())
        step, _, culprit = failure_of(lambda: stocked.patient_reader().list())
        assert (step, culprit) == ("version", HOSPITAL_A)

    def test_a_manifest_that_is_none(self, stocked: World) -> None:
        batch = stocked.ledger.batches(stocked.patient)[0]
        block = dagcbor.encode({"v": 1})
        reader = stocked.patient_reader()
        cid = Cid(Codec.DAG_CBOR, batch.manifest_digest)
        reader._reader._opener._blobs = Swapped(stocked, cid, block)  # type: ignore[assignment]
        assert failure_of(lambda: reader.list()) == ("manifest", batch.root.hex(), HOSPITAL_A)
