"""Many patients at once: the same records as one by one, whatever is refused and whatever stops it."""

import gzip
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medunion.crypto import hpke
from medunion.errors import ContractRefused, FhirError, InputError, MedUnionError, RpcUnavailable
from medunion.fhir import prepare
from medunion.keys.appointment import appoint, configuration_digest, seal_appointment
from medunion.records import ingest, sealers
from medunion.records.ingest import Submission
from medunion.records.journal import State
from medunion.records.patient import PatientReader
from medunion.records.sealing import Intake

from .fake import registered
from .test_crash import Stop, Stopped
from .world import CLINIC, HOSPITAL_A, HOSPITAL_B, LABORATORY, World, observation, sample

TRUSTEES = (HOSPITAL_B, CLINIC, LABORATORY)


class Ward:
    """Several patients with three trustees each and an episode at hospital A; all share one wallet's keys."""

    def __init__(self, world: World, count: int) -> None:
        self.world = world
        self.patients = [bytes([number]) * 32 for number in range(1, count + 1)]
        state = world.chain.mine()
        for patient in self.patients:
            appointment = appoint(patient, TRUSTEES)
            key = hpke.public_key(world.patient_key)
            configuration = configuration_digest(appointment)
            state.patients[patient] = registered(patient, world.controller.address, key, configuration)
            state.episodes.add((patient, HOSPITAL_A))
            for member in (HOSPITAL_A, *TRUSTEES):
                world.sites[member].point.appoint(seal_appointment(appointment, world.ledger, member))

    def submissions(self, *bundles: bytes) -> list[Submission]:
        """Each bundle for every patient."""
        return [
            Submission(patient, bundle, f"{patient[0]}-{number}")
            for number, bundle in enumerate(bundles)
            for patient in self.patients
        ]

    def bodies(self, patient: bytes, **named: Any) -> list[bytes]:
        """What the patient reads."""
        reader = PatientReader(
            ledger=self.world.ledger,
            blobs=self.world.blobs,
            directory=self.world.directory,
            patient=patient,
            controller=self.world.controller,
            private_key=self.world.patient_key,
            trustees=TRUSTEES,
            clock=self.world.clock,
        )
        return sorted(record.body for record in reader.read(**named))

    def check(self, bundle: bytes, versions: int = 5) -> None:
        """Every record once on the ledger and at all trustees, readable to the byte."""
        for patient in self.patients:
            committed = self.world.ledger.batches(patient)
            assert len({each.root for each in committed}) == len(committed)
            assert sum(each.count for each in committed) == versions
            assert self.bodies(patient) == sorted(record.body for record in prepare(bundle).records)
            for member in TRUSTEES:
                kept = [
                    self.world.sites[member].point._store.shares(patient, HOSPITAL_A, each.root) for each in committed
                ]
                assert all(kept)


@pytest.fixture
def ward(consortium: World) -> Ward:
    return Ward(consortium, 4)


class TestIngest:
    @pytest.mark.parametrize("processes", [0, 2])
    def test_all_is_committed_in_one_transaction_and_reads_back_to_the_byte(self, ward: Ward, processes: int) -> None:
        receipt = ward.world.a.records.ingest(ward.submissions(sample()), processes=processes)
        assert [(each.records, each.state, each.failure) for each in receipt.outcomes] == [(5, "replicated", None)] * 4
        assert (receipt.total.records, receipt.total.state, len(receipt.total.transactions)) == (20, "replicated", 1)
        assert receipt.total.gas == 21_000 + 8 * 40_000
        assert receipt.total.resources_by_type["Observation"] == 4
        ward.check(sample())

    def test_the_same_leaves_as_one_by_one_but_for_their_randomness(self, ward: Ward) -> None:
        one, *others = ward.patients
        ward.world.a.records.commit(one, sample())
        ward.world.a.records.ingest([Submission(patient, sample()) for patient in others], processes=1)
        journal = ward.world.a.records._journal

        def kept(patient: bytes) -> list[tuple[Any, ...]]:
            found = [record for batch in ward.world.ledger.batches(patient) for record in journal.records(batch.root)]
            leaves = [
                (each.local_id, each.mask, each.leaf.category, each.leaf.service_day, each.leaf.version)
                for each in found
            ]
            return sorted(leaves)

        assert len(kept(one)) == 5
        assert all(kept(patient) == kept(one) for patient in others)

    def test_again_changes_nothing(self, ward: Ward) -> None:
        ward.world.a.records.ingest(ward.submissions(sample()), processes=0)
        height = len(ward.world.chain.blocks)
        receipt = ward.world.a.records.ingest(ward.submissions(sample()), processes=0)
        assert [(each.records, each.unchanged, each.state) for each in receipt.outcomes] == [(0, 5, "unchanged")] * 4
        assert (receipt.total.state, receipt.total.unchanged, len(ward.world.chain.blocks)) == ("unchanged", 20, height)

    def test_bundles_of_one_patient_follow_one_another(self, ward: Ward) -> None:
        receipt = ward.world.a.records.ingest(ward.submissions(sample("first"), sample("second")), processes=2)
        assert [each.records for each in receipt.outcomes] == [5] * 4 + [1] * 4
        ward.check(sample("second"), versions=6)

    def test_a_correction_needs_no_episode(self, ward: Ward) -> None:
        ward.world.a.records.ingest(ward.submissions(sample("first")), processes=0)
        ward.world.chain.mine().episodes.clear()
        receipt = ward.world.a.records.ingest(ward.submissions(sample("second")), processes=0)
        assert [each.records for each in receipt.outcomes] == [1] * 4

    def test_files_are_read_plain_or_gzipped(self, ward: Ward, tmp_path: Path) -> None:
        plain, packed = tmp_path / "one.json", tmp_path / "two.json.gz"
        plain.write_bytes(sample())
        packed.write_bytes(gzip.compress(sample()))
        one, two, *_ = ward.patients
        receipt = ward.world.a.records.ingest([Submission(one, plain), Submission(two, packed)], processes=0)
        assert [each.records for each in receipt.outcomes] == [5, 5]


class TestRefusals:
    def test_a_refused_bundle_stops_no_other(self, ward: Ward, tmp_path: Path) -> None:
        bad = json.loads(sample())
        del bad["entry"][2]["resource"]["status"]
        one, two, three, four = ward.patients
        submissions = [
            Submission(one, json.dumps(bad).encode(), "flawed"),
            Submission(two, sample(), "good"),
            Submission(three, tmp_path / "missing.json", "missing"),
            Submission(four, sample(), "stranger"),
        ]
        ward.world.chain.mine().episodes.remove((four, HOSPITAL_A))
        receipt = ward.world.a.records.ingest(submissions, processes=2)
        assert [each.state for each in receipt.outcomes] == ["refused", "replicated", "refused", "refused"]
        assert [each.name for each in receipt.refused] == ["flawed", "missing", "stranger"]
        flawed, _, missing, stranger = (each.failure for each in receipt.outcomes)
        assert isinstance(flawed, FhirError)
        assert flawed.details["path"] == "Observation.status"
        assert isinstance(missing, InputError)
        assert isinstance(stranger, ContractRefused)
        assert receipt.total.records == 5
        assert not ward.world.a.records._journal.batches([State.PREPARED, State.STORED])

    def test_what_the_ledger_refuses_in_the_end_is_named_and_stops_no_other(
        self, ward: Ward, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refused = ward.patients[1]
        sign = ward.world.a.writer.sign_commit

        def refusing(batches: Any) -> Any:
            for each in batches:
                if each.patient == refused:
                    raise ContractRefused(
                        "filing period over", error="RecordRegistry_Refused", root="0x" + each.root.hex()
                    )
            return sign(batches)

        monkeypatch.setattr(ward.world.a.writer, "sign_commit", refusing)
        receipt = ward.world.a.records.ingest(ward.submissions(sample()), processes=0)
        assert [each.state for each in receipt.outcomes] == ["replicated", "refused", "replicated", "replicated"]
        assert (receipt.total.records, len(receipt.total.transactions)) == (15, 1)
        assert ward.world.ledger.batches(refused) == []


STEPS: list[tuple[str, Callable[[World], Any], str]] = [
    ("keys", lambda world: world.a.records._store, "put_batches"),
    ("prepared", lambda world: world.a.records._journal, "prepare"),
    ("store", lambda world: world.blobs, "put_car"),
    ("stored", lambda world: world.a.records._journal, "mark_stored"),
    ("signed", lambda world: world.a.records._journal, "mark_signed"),
    ("send", lambda world: world.a.writer, "send"),
    ("committed", lambda world: world.a.records._journal, "mark_committed"),
    ("deposit", lambda world: world.sites[CLINIC].point, "deposit"),
    ("receipts", lambda world: world.a.records._journal, "add_receipts"),
]


class TestCrash:
    @pytest.mark.parametrize("call", [1, 2])
    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize(("step", "owner", "method"), STEPS, ids=[step for step, _, _ in STEPS])
    @pytest.mark.parametrize("again", ["resume", "ingest"])
    def test_stopped_in_the_middle_it_goes_on_and_commits_once(
        self,
        ward: Ward,
        monkeypatch: pytest.MonkeyPatch,
        step: str,
        owner: Callable[[World], Any],
        method: str,
        after: bool,
        call: int,
        again: str,
    ) -> None:
        del step
        monkeypatch.setattr(ingest, "MAX_BATCHES_PER_TRANSACTION", 4)  # two patients a group
        with pytest.MonkeyPatch.context() as patch:
            stop = Stop(patch)
            stop.at(owner(ward.world), method, after=after, call=call)
            with pytest.raises(Stopped):
                ward.world.a.records.ingest(ward.submissions(sample()), processes=0)
            assert stop.reached
        ward.world.reopen()
        if again == "resume":
            ward.world.a.records.resume()
        ward.world.a.records.ingest(ward.submissions(sample()), processes=0)
        ward.check(sample())
        assert ward.world.a.records.resume().state == "unchanged"

    def test_a_node_that_is_away_stops_it_and_nothing_is_lost(
        self, ward: Ward, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(ward.world.a.writer, "send", lambda _signed: (_ for _ in ()).throw(RpcUnavailable("away")))
            with pytest.raises(RpcUnavailable):
                ward.world.a.records.ingest(ward.submissions(sample()), processes=0)
        ward.world.a.records.ingest(ward.submissions(sample()), processes=0)
        ward.check(sample())


class TestWorkers:
    def test_no_secret_stands_in_arguments_or_environment(self, ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[bytes] = []
        ask = sealers.Workers._ask

        def looking(self: Any, patient: bytes, bundle: bytes) -> Any:
            process = self._idle.get()
            self._idle.put(process)
            for name in ("cmdline", "environ"):
                seen.append(Path(f"/proc/{process.pid}/{name}").read_bytes())
            return ask(self, patient, bundle)

        monkeypatch.setattr(sealers.Workers, "_ask", looking)
        ward.world.a.records.ingest(ward.submissions(sample()), processes=1)
        home = ward.world.a.home
        assert seen
        for secret in (home.kek, home.record_secret):
            assert not any(secret in each or secret.hex().encode() in each for each in seen)

    def test_workers_end_with_the_call(self, ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
        started: list[Any] = []
        popen = subprocess.Popen

        def remembering(*arguments: Any, **named: Any) -> Any:
            started.append(popen(*arguments, **named))
            return started[-1]

        monkeypatch.setattr(subprocess, "Popen", remembering)
        ward.world.a.records.ingest(ward.submissions(sample()), processes=2)
        assert len(started) == 2
        assert all(process.returncode is not None for process in started)

    def test_a_worker_ends_when_nobody_holds_its_pipe_any_more(self, ward: Ward) -> None:
        sealer = ward.world.a.records._commits()._sealer
        command = [sys.executable, "-m", sealers.__name__]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            pickle.dump((sealer, Intake()), process.stdin)
            pickle.dump((ward.patients[0], sample()), process.stdin)
            process.stdin.flush()
            plan = pickle.load(process.stdout)  # noqa: S301  the worker of this very program
            assert sum(len(entry.records) for entry in plan.entries) == 5
            process.stdin.close()  # as the system does for a process that was killed
            assert process.wait(timeout=30) == 0

    def test_a_worker_that_dies_is_told(self, ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "executable", "/bin/false")
        with pytest.raises(MedUnionError, match="ended early"):
            ward.world.a.records.ingest([Submission(ward.patients[0], sample(note="x"))], processes=1)
        assert ward.world.ledger.batches(ward.patients[0]) == []


def test_odd_input_is_refused_alike_in_both(ward: Ward) -> None:
    odd = [b"", b"[]", b"\x1f\x8bno", json.dumps(observation()).encode()]
    submissions = [Submission(patient, data) for patient, data in zip(ward.patients, odd, strict=True)]
    outcomes = [ward.world.a.records.ingest(submissions, processes=count).outcomes for count in (0, 1)]
    causes = [[str(each.failure) for each in of] for of in outcomes]
    assert causes[0] == causes[1]
    assert all(cause != "None" for cause in causes[0][:3])
