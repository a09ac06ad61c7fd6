import json

import pytest

from medunion.errors import BodyTooLarge, ContractRefused, FhirError, InputError, UsageError
from medunion.keys.scope import Access
from medunion.records import sending

from .world import HOSPITAL_B, World, bundle_of, observation, sample


class TestCommit:
    def test_a_bundle_is_committed_and_reads_back_to_the_byte(self, world: World) -> None:
        receipt = world.a.records.commit(world.patient, sample())
        assert (receipt.records, len(receipt.batches), receipt.unchanged, receipt.state) == (5, 2, 0, "committed")
        assert len(receipt.transactions) == 1
        assert receipt.gas == 21_000 + 2 * 40_000
        read = world.patient_reader().read()
        wanted = [json.dumps(entry["resource"]).encode() for entry in json.loads(sample())["entry"]]
        assert sorted(record.body for record in read) == sorted(wanted)
        assert receipt.resources_by_type["Observation"] == 1

    def test_the_same_bundle_again_costs_nothing(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        height = len(world.chain.blocks)
        receipt = world.reopen().records.commit(world.patient, sample())
        assert (receipt.records, receipt.unchanged, receipt.gas, receipt.state) == (0, 5, 0, "unchanged")
        assert receipt.transactions == []
        assert len(world.chain.blocks) == height

    def test_a_changed_record_becomes_the_next_version(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        receipt = world.a.records.commit(world.patient, sample("second"))
        assert (receipt.records, receipt.unchanged) == (1, 4)
        (latest,) = [record for record in world.patient_reader().read() if record.entry.resource_type == "Observation"]
        assert latest.entry.version == 2
        assert latest.resource["code"] == {"text": "second"}
        history = world.patient_reader().history(latest.entry.record_id)
        assert [record.entry.version for record in history] == [1, 2]
        assert history[0].entry.successor == history[1].entry.leaf_hash

    def test_content_that_comes_back_is_a_new_version_again(self, world: World) -> None:
        for text in ("first", "second", "first"):
            world.a.records.commit(world.patient, sample(text))
        (latest,) = [entry for entry in world.patient_reader().list() if entry.resource_type == "Observation"]
        assert latest.version == 3

    def test_many_batches_share_transactions_up_to_the_bound(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending, "MAX_BATCHES_PER_TRANSACTION", 2)
        visits = [json.loads(sample())["entry"][0]["resource"]]
        for number in range(5):
            visit = json.loads(sample())["entry"][1]["resource"]
            visits.append({**visit, "id": f"e{number}"})
        receipt = world.a.records.commit(world.patient, bundle_of(*visits))
        assert (len(receipt.batches), len(receipt.transactions)) == (6, 3)

    def test_transactions_that_are_final_are_not_looked_at_again(self, world: World) -> None:
        world.a.records._commits()._sending._finality = 2
        for number in range(6):
            world.a.records.commit(world.patient, sample(f"value {number}"))
        # Each commit took a block: what is older than two is settled, however many there were.
        assert len(world.a.records._journal.unsettled()) <= 4
        assert world.a.records.resume().failures == []

    def test_without_an_episode_nothing_is_written(self, world: World) -> None:
        with pytest.raises(ContractRefused) as failure:
            world.b.records.commit(world.patient, sample())
        assert failure.value.details["reason"] == "no-episode"
        assert world.blobs.stat().pins == 0
        world.chain.mine().episodes.add((world.patient, HOSPITAL_B))
        assert world.b.records.commit(world.patient, sample()).records == 5

    def test_a_body_over_the_limit_is_named_and_nothing_is_written(self, world: World) -> None:
        with pytest.raises(BodyTooLarge) as failure:
            world.a.records.commit(world.patient, sample(note=[{"text": "x" * 3000}]), body_limit=2000)
        assert failure.value.details["entry"] == 2
        assert world.blobs.stat().pins == 0

    def test_a_refused_bundle_changes_nothing(self, world: World) -> None:
        with pytest.raises(FhirError):
            world.a.records.commit(world.patient, sample(status="done"))
        assert world.ledger.batches(world.patient) == []

    def test_references_are_resolved_inside_the_bundle_and_to_what_came_before(self, world: World) -> None:
        by_url = {"encounter": {"reference": "urn:uuid:e1"}}
        world.a.records.commit(world.patient, sample(**by_url))
        world.a.records.commit(world.patient, json.dumps(observation("o2")).encode())
        world.a.records.commit(world.patient, json.dumps(observation("o3", **by_url)).encode())
        entries = {entry.local_id: entry for entry in world.patient_reader().list()}
        visit = entries["Encounter/e1"].record_id
        assert entries["Observation/o1"].references["urn:uuid:e1"] == visit
        assert entries["Observation/o2"].references["Encounter/e1"] == visit
        assert entries["Observation/o3"].references["urn:uuid:e1"] == visit

    def test_an_addendum_inherits_the_class_of_what_it_refers_to(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        addendum = observation("o2", focus=[{"reference": "Condition/c1"}])
        world.a.records.commit(world.patient, json.dumps(addendum).encode())
        world.grant()
        seen = {entry.local_id for entry in world.b.records.list(world.patient)}
        assert "Observation/o1" in seen
        assert not seen & {"Observation/o2", "Condition/c1"}

    def test_large_groups_become_several_batches(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("medunion.records.plan.MAX_RECORDS", 2)
        receipt = world.a.records.commit(world.patient, sample())
        assert (receipt.records, len(receipt.batches)) == (5, 3)

    def test_a_service_without_a_recorder_does_not_commit(self, world: World) -> None:
        from medunion.records.service import RecordService

        service = RecordService(ledger=world.ledger, blobs=world.blobs, home=world.a.home, directory=world.directory)
        for call in (lambda: service.commit(world.patient, sample()), lambda: service.list(world.patient)):
            with pytest.raises(UsageError):
                call()
        service.close()

    def test_progress_is_reported_step_by_step(self, world: World) -> None:
        seen: list[tuple[str, int, int]] = []
        world.a.records.commit(world.patient, sample(), progress=lambda *step: seen.append(step))
        assert seen == [("seal", 1, 2), ("seal", 2, 2), ("store", 1, 2), ("store", 2, 2), ("commit", 2, 2)]


class TestCorrect:
    def test_the_author_corrects_its_record(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        (entry,) = [entry for entry in world.patient_reader().list() if entry.resource_type == "Observation"]
        receipt = world.a.records.correct(entry.record_id, json.dumps(observation(value="corrected")).encode())
        assert (receipt.records, receipt.state) == (1, "committed")
        verified = world.patient_reader().verify(entry.record_id)
        assert verified.record.entry.version == 2
        assert verified.verification.linked

    def test_the_same_body_is_no_correction(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        (entry,) = [entry for entry in world.patient_reader().list() if entry.resource_type == "Observation"]
        receipt = world.a.records.correct(entry.record_id, json.dumps(observation()).encode())
        assert (receipt.records, receipt.unchanged, receipt.gas) == (0, 1, 0)

    def test_a_correction_works_without_an_episode(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        world.chain.mine().episodes.clear()
        (entry,) = [entry for entry in world.patient_reader().list() if entry.resource_type == "Observation"]
        assert world.a.records.correct(entry.record_id, json.dumps(observation(value="x")).encode()).records == 1

    def test_another_record_or_another_author_is_refused(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        (entry,) = [entry for entry in world.patient_reader().list() if entry.resource_type == "Observation"]
        for site, body in ((world.a, observation("o9")), (world.b, observation())):
            with pytest.raises(InputError):
                site.records.correct(entry.record_id, json.dumps(body).encode())

    def test_a_correction_never_opens_what_was_closed(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        (entry,) = [entry for entry in world.patient_reader().list() if entry.resource_type == "Condition"]
        plain = json.loads(sample())["entry"][3]["resource"]
        del plain["meta"]
        world.a.records.correct(entry.record_id, json.dumps(plain).encode())
        world.grant()
        assert "Condition" not in {found.resource_type for found in world.b.records.list(world.patient, versions=True)}
        world.grant(restricted=2)
        everything = world.b.records.list(world.patient, versions=True)
        assert [found.version for found in everything if found.resource_type == "Condition"] == [1, 2]

    def test_a_body_without_an_id_takes_the_place_of_the_named_record(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        (entry,) = [entry for entry in world.patient_reader().list() if entry.resource_type == "Observation"]
        body = observation(value="anonymous")
        del body["id"]
        world.a.records.correct(entry.record_id, json.dumps(body).encode())
        assert world.patient_reader().verify(entry.record_id).record.entry.version == 2
        assert len(world.patient_reader().list(Access.by_patient())) == 5
