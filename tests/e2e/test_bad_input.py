"""What cannot be told is noticed before anything is started, and named."""

import gzip
import json
from pathlib import Path

import pytest

from medunion.demo import Options, samples, tell
from medunion.errors import BodyTooLarge, FhirError, UsageError

from .story import medunion

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female"}


def bundle(*resources: dict[str, object]) -> bytes:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def refused(kind: type[Exception], options: Options) -> dict[str, object]:
    """The details of the error; nothing may have been said before it."""
    spoken: list[str] = []
    with pytest.raises(kind) as failure:
        tell(options, spoken.append)
    assert spoken == []
    details = failure.value.details  # type: ignore[attr-defined]
    assert isinstance(details, dict)
    return details


class TestBundles:
    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert refused(UsageError, Options(bundles=tmp_path / "none"))["folder"] == str(tmp_path / "none")

    def test_a_file_in_place_of_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        refused(UsageError, Options(bundles=tmp_path / "file"))

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        refused(UsageError, Options(bundles=tmp_path))

    def test_a_folder_with_nothing_but_the_directory(self, tmp_path: Path) -> None:
        (tmp_path / "hospitalInformation.json.gz").write_bytes(samples.directory_bundles()[0])
        refused(UsageError, Options(bundles=tmp_path))

    @pytest.mark.parametrize(
        ("data", "named"),
        [
            (b"", {}),
            (b"{", {"line": 1}),
            (b"[]", {}),
            (b'{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"a" 1}}]}', {"entry": 0}),
            (b"\x1f\x8b damaged", {}),
            (b"\xff\xfe", {"position": 0}),
            (bundle(PATIENT, {**PATIENT, "id": "p2"}), {"entry": 1}),
            (bundle({**PATIENT, "gender": "x"}), {"entry": 0, "path": "Patient.gender"}),
            (bundle(PATIENT, {"resourceType": "Nothing"}), {"entry": 1}),
            (bundle(PATIENT, {"resourceType": "Condition", "subject": {"reference": "Patient/p9"}}), {"entry": 1}),
            (bundle(PATIENT, {"resourceType": "Encounter", "status": "done"}), {"entry": 1}),
            (bundle({"resourceType": "Condition", "subject": {"reference": "Patient/p1"}}), {"path": "Patient"}),
            (bundle({"resourceType": "Organization", "id": "o"}), {"path": "Patient"}),
        ],
    )
    def test_a_bundle_that_is_refused_names_file_entry_and_path(
        self, tmp_path: Path, data: bytes, named: dict[str, object]
    ) -> None:
        (tmp_path / "a-good.json").write_bytes(bundle(PATIENT))
        (tmp_path / "b-bad.json").write_bytes(data)
        details = refused(FhirError, Options(bundles=tmp_path))
        assert details["file"] == "b-bad.json"
        assert named.items() <= details.items()

    def test_a_directory_that_is_refused_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_bytes(bundle(PATIENT))
        (tmp_path / "practitionerInformation.json").write_bytes(b"{")
        assert refused(FhirError, Options(bundles=tmp_path))["file"] == "practitionerInformation.json"

    def test_a_body_over_the_limit_is_named(self, tmp_path: Path) -> None:
        data = "AAAA" * (8 * 1024 * 1024 + 1)
        large = {"resourceType": "Binary", "id": "b", "contentType": "image/png", "data": data}
        (tmp_path / "large.json.gz").write_bytes(gzip.compress(bundle(PATIENT, large), 1))
        details = refused(BodyTooLarge, Options(bundles=tmp_path))
        assert (details["file"], details["entry"], details["limit"]) == ("large.json.gz", 1, 32 * 1024 * 1024)


class TestKeep:
    def test_a_folder_with_something_in_it_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("mine")
        refused(UsageError, Options(keep=tmp_path))
        assert [path.name for path in tmp_path.iterdir()] == ["mine"]

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        refused(UsageError, Options(keep=tmp_path / "file" / "kept"))

    def test_bad_input_leaves_no_folder_behind(self, tmp_path: Path) -> None:
        refused(UsageError, Options(bundles=tmp_path / "none", keep=tmp_path / "kept"))
        assert list(tmp_path.iterdir()) == []


class TestReport:
    def test_a_report_that_cannot_be_written(self, tmp_path: Path) -> None:
        refused(UsageError, Options(report=tmp_path / "none" / "report.json"))
        refused(UsageError, Options(report=tmp_path))

    def test_an_earlier_report_stays_when_the_input_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "report.json").write_text("earlier")
        refused(UsageError, Options(bundles=tmp_path / "none", report=tmp_path / "report.json"))
        assert (tmp_path / "report.json").read_text() == "earlier"


class TestCommand:
    def test_one_clear_message_in_the_users_language(self, tmp_path: Path) -> None:
        (tmp_path / "bad.json").write_bytes(bundle({**PATIENT, "gender": "x"}))
        for language, headline in (("en", "The FHIR input is refused"), ("zh-CN", "FHIR")):
            done = medunion("--lang", language, "demo", "--bundles", str(tmp_path))
            assert (done.returncode, done.stdout) == (1, "")
            assert headline in done.stderr
            assert "bad.json" in done.stderr
            assert "Patient.gender" in done.stderr
            assert "Traceback" not in done.stderr

    def test_without_anvil_the_reason_is_named(self, tmp_path: Path) -> None:
        done = medunion("demo", MEDUNION_ANVIL=str(tmp_path / "none"))
        assert done.returncode == 1
        assert "MEDUNION_ANVIL" in done.stderr
        assert "Traceback" not in done.stderr
