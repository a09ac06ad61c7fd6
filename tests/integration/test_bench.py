"""The benchmarks of ingest, sharing and cryptography, run small: what they promise, counted and read back."""

import json
from pathlib import Path

import pytest

from bench import crypto, ingest, review, share
from bench._stages import STAGES
from medunion.demo import samples

pytestmark = pytest.mark.devnet

PROMISED = {"validated_per_s", "unvalidated_per_s", "kubo_validated_per_s", "gas_per_record", "bytes_per_record"}
SMALL = ingest.Size(patients=4, staged=1, points=(1, 4), repetitions=2, processes=2)


class TestIngest:
    @pytest.fixture(scope="class")
    def figures(self, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
        return ingest.measure(tmp_path_factory.mktemp("ingest"), ingest.Inputs(), SMALL)

    def test_has_what_is_promised_as_numbers(self, figures: dict[str, object]) -> None:
        assert figures.keys() >= PROMISED
        for name in PROMISED:
            value = figures[name]
            assert isinstance(value, float)
            assert value > 0
        assert json.loads(json.dumps(figures)) == figures

    def test_counts_every_record_of_the_samples(self, figures: dict[str, object]) -> None:
        assert figures["records"] == 1_434
        assert figures["bytes_per_record"] > 4_096  # type: ignore[operator]

    def test_every_stage_took_time_and_none_twice(self, figures: dict[str, object]) -> None:
        stages = figures["stages_us"]
        assert isinstance(stages, dict)
        assert tuple(stages) == STAGES
        assert all(spent > 0 for spent in stages.values())

    def test_the_curve_has_its_points_and_flat_gas(self, figures: dict[str, object]) -> None:
        curve = figures["curve"]
        assert isinstance(curve, list)
        assert [row["patients"] for row in curve] == [1, 4]
        assert curve[1]["gas_per_record"] == pytest.approx(curve[0]["gas_per_record"], rel=0.01)

    def test_the_report_says_it_all(self, figures: dict[str, object]) -> None:
        shown = ingest.report(figures)
        for words in ("1,434 records", "kubo_validated_per_s", "HAPI FHIR", *STAGES, "gas_per_record"):
            assert words in shown


class TestInputs:
    def test_a_folder_of_ones_own(self, tmp_path: Path) -> None:
        for name in (*samples.PATIENT_FILES[:1], *samples.DIRECTORY_FILES):
            (tmp_path / name).write_bytes(samples.read(name))
        inputs = ingest.Inputs(tmp_path)
        assert len(inputs.bundles) == 1
        assert [each.bundle for each in inputs.of([b"a", b"b"])] == inputs.bundles * 2

    def test_an_empty_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match="has no patient's bundle"):
            ingest.Inputs(tmp_path)
        with pytest.raises(SystemExit, match="is no folder"):
            ingest.Inputs(tmp_path / "nowhere")


class TestShare:
    def test_first_and_last_by_number_of_records(self, tmp_path: Path) -> None:
        figures = share.measure(tmp_path, (10, 30), 3)
        assert figures["batches"] == {"10": 2, "30": 4}
        for name in ("first_ms_p95", "last_ms_p95"):
            assert list(figures[name]) == ["10", "30"]
            assert all(value > 0 for value in figures[name].values())
        assert all(figures["last_ms_p95"][size] >= figures["first_ms"][size] for size in ("10", "30"))
        assert "first of 30 records, p95" in share.report(figures)

    def test_the_full_run_has_the_promised_sizes(self) -> None:
        assert [str(size) for size in share.SIZES] == ["10", "100", "1000"]


class TestReview:
    def test_a_decision_takes_as_long_as_reading_and_more(self, tmp_path: Path) -> None:
        figures = review.measure(tmp_path, (60,), 2)
        assert all(figures[name]["60"] > 0 for name in ("review_ms", "review_ms_p95", "cpu_ms", "read_ms"))
        assert "40 lines, 60 records, p95" in review.report(figures)

    def test_the_full_run_has_the_promised_sizes(self) -> None:
        assert review.SIZES == (100, 1_000)


class TestCrypto:
    def test_every_operation_beside_its_library(self, tmp_path: Path) -> None:
        figures = crypto.measure(tmp_path, 20)
        named = {each.operation for each in figures}
        assert named >= {"list seal", "HPKE seal", "sign typed data", "key release", "body encrypt 64 KiB"}
        assert all(each.ours > 0 and each.library > 0 and each.overhead > 0 for each in figures)
        shown = crypto.report(figures)
        assert all(operation in shown for operation in named)
