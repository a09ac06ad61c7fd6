"""The scan for leaks, by its command: nothing leaves without its bits, and where a rule is broken it says so."""

import json
from pathlib import Path
from typing import Any

import pytest

from medunion.demo import samples
from medunion.keys import release
from medunion.vocabulary import RestrictedClass

from ..cli.commands import Cli

pytestmark = pytest.mark.devnet

CLASSES = ["mentalHealth", "sexualHealthAndHiv", "reproductive", "genetic"]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("MEDUNION_LANG", "en")
    return Cli(tmp_path)


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A folder with the patient of the smallest sample, and the directory."""
    folder = tmp_path / "bundles"
    folder.mkdir()
    for name in (samples.PATIENT_FILES[0], *samples.DIRECTORY_FILES):
        (folder / name).write_bytes(samples.read(name))
    return folder


def judged(found: dict[str, Any]) -> None:
    """Every class occurs, and none leaves without its bits by any path that was tried."""
    by_class = {row["class"]: row for row in found["classes"]}
    assert list(by_class) == [*CLASSES, "none"]
    for name in CLASSES:
        row = by_class[name]
        assert row["records"] > 0
        assert row["tried"] == row["opened"] + row["closed"] > 0
        assert row["opened"] > 0
        assert row["closed"] > row["opened"]
        assert (row["leaked"], row["missing"]) == (0, 0)
    for row in found["paths"]:
        assert row["tried"] == row["opened"] + row["closed"] > 0, row
    assert (found["leaked"], found["missing"]) == (0, 0)
    kinds = {(row["class"], row["category"]): row["records"] for row in found["categories"]}
    assert sum(count for (name, _), count in kinds.items() if name == "none") == by_class["none"]["records"]


@pytest.mark.slow
def test_no_sample_patients_record_leaves_without_its_bits(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    found = cli.data("scan")
    with capsys.disabled():
        for row in found["classes"]:
            print("\n" + ", ".join(f"{name} {value}" for name, value in row.items()), end="")  # noqa: T201
        print()  # noqa: T201
    assert found["patients"] == len(samples.PATIENT_FILES)
    assert found["records"] == 1434 + 4 * len(samples.RESTRICTED_IDS) + 3  # and a Coverage for who has none
    judged(found)


def test_a_folder_of_bundles_and_what_a_person_reads(cli: Cli, one: Path) -> None:
    said = cli.said("scan", "--bundles", one)
    assert "1 patients with" in said
    assert said.rstrip().endswith("Nothing left without its bits.")
    for name in CLASSES:
        assert name in said
    assert "emergency without a second clinician" in said


def test_a_broken_rule_is_found(cli: Cli, one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release point that looks at categories only: each path that reaches keys of others leaks."""
    monkeypatch.setattr(release, "covered", lambda category, _mask, request: bool(request.categories >> category & 1))
    outcome = cli.run("scan", "--bundles", one, "--json")
    found = json.loads(outcome.out)
    assert outcome.code == 1
    assert "records left without their bits" in outcome.err
    leaking = {row["path"] for row in found["paths"] if row["leaked"]}
    assert {"lane:author", "lane:trustee", "patient:author", "alone:trustee", "list:all"} <= leaking
    assert not {"ungranted:author", "forged:author", "purpose-not-granted:author"} & leaking
    assert all(row["leaked"] for row in found["classes"] if row["class"] != "none")


def test_a_wrong_folder_starts_nothing(cli: Cli, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no patient bundle" in cli.refused("scan", "--bundles", empty)
    assert len(RestrictedClass) == len(CLASSES)
