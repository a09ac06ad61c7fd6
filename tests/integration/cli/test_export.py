"""`record export` on the real parts: the patient takes everything, a member what is granted, a refusal nothing."""

import json
import stat
from pathlib import Path

import pytest

from .commands import Cli, Outcome

pytestmark = pytest.mark.devnet

FILES = {"bundle.json", "index.json", "summary.en.html", "summary.zh-CN.html"}
CLEAR = "These files hold the record in clear"


def exported(cli: Cli, *arguments: object) -> Outcome:
    """An export that succeeds; it warns on standard error."""
    outcome = cli.run("record", "export", *arguments)
    assert outcome.code == 0, outcome
    assert outcome.err.startswith(CLEAR)
    return outcome


class TestPatient:
    def test_everything_byte_for_byte_and_committed_elsewhere(
        self, cli: Cli, history: str, bundle: Path, tmp_path: Path
    ) -> None:
        folder = tmp_path / "mine"
        said = exported(cli, history, "-o", folder).out
        rows = cli.data("record", "list", history)
        assert said.startswith(f"{len(rows)} records are in ")
        assert {path.name for path in folder.iterdir()} == FILES
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        whole = json.loads((folder / "bundle.json").read_text())
        before = {each["resource"]["id"]: each["resource"] for each in json.loads(bundle.read_text())["entry"]}
        after = {each["resource"]["id"]: each["resource"] for each in whole["entry"]}
        assert before.items() <= after.items()
        page = (folder / "summary.en.html").read_text()
        assert "Nothing: every record that the ledger holds for this patient is in the export." in page
        index = json.loads((folder / "index.json").read_text())
        assert {each["record"] for each in index["records"]} == {row["record"] for row in rows}
        assert set(index["members"].values()) == {"hospital-a"}

        cli.said("wallet", "new", "erin")
        cli.said("patient", "register", "erin", "--at", "clinic")
        cli.said("episode", "open", "erin", "clinic")
        done = cli.data("record", "commit", "clinic", "erin", folder / "bundle.json")
        assert (done["records"], done["unchanged"]) == (len(rows), 0)
        exported(cli, "erin", "-o", tmp_path / "hers")
        again = json.loads((tmp_path / "hers" / "index.json").read_text())
        assert {each["sha256"] for each in again["records"]} == {each["sha256"] for each in index["records"]}

    def test_some_categories_of_one_author_as_json(self, cli: Cli, history: str, tmp_path: Path) -> None:
        arguments = (history, "-o", tmp_path / "x", "--category", "immunizations", "--author", "hospital-a", "--json")
        done = json.loads(exported(cli, *arguments).out)
        assert list(done["resourcesByType"]) == ["Immunization"]
        assert set(done["files"]) == FILES
        assert done["outside"] == len(cli.data("record", "list", history, "--versions")) - done["records"]
        assert "no record" in cli.refused("record", "export", history, "-o", tmp_path / "y", "--author", "laboratory")

    def test_nothing_is_overwritten_unless_told(self, cli: Cli, history: str, tmp_path: Path) -> None:
        (tmp_path / "bundle.json").write_text("mine")
        error = cli.refused("record", "export", history, "-o", tmp_path)
        assert "bundle.json is there already" in error
        assert (tmp_path / "bundle.json").read_text() == "mine"
        exported(cli, history, "-o", tmp_path, "--overwrite")
        assert json.loads((tmp_path / "bundle.json").read_text())["type"] == "collection"

    def test_wrong_arguments(self, cli: Cli, history: str, tmp_path: Path) -> None:
        assert "-o" in cli.misused("record", "export", history)
        assert "there is no folder" in cli.refused("record", "export", history, "-o", tmp_path / "none" / "x")
        assert "no member" in cli.refused("record", "export", history, "-o", tmp_path / "x", "--author", "nobody")
        assert list(tmp_path.iterdir()) == []


class TestMember:
    def test_a_refusal_leaves_no_file_behind(self, cli: Cli, history: str, tmp_path: Path) -> None:
        cli.refused("record", "export", history, "--as", "laboratory", "-o", tmp_path / "x")
        assert list(tmp_path.iterdir()) == []

    def test_results_alone_and_the_page_says_what_is_missing(self, cli: Cli, history: str, tmp_path: Path) -> None:
        cli.said("grant", "set", history, "laboratory", "--category", "laboratory")
        exported(cli, history, "--as", "laboratory", "-o", tmp_path / "x")
        whole = json.loads((tmp_path / "x" / "bundle.json").read_text())
        assert {each["resource"]["resourceType"] for each in whole["entry"]} <= {"Observation", "DiagnosticReport"}
        english, chinese = ((tmp_path / "x" / f"summary.{each}.html").read_text() for each in ("en", "zh-CN"))
        assert "Not granted by the patient: demographics, coverage, allergies, problems, medications" in english
        assert "Restricted classes that are not released" in english
        assert "患者未授权：基本信息、保险、过敏、诊断、用药" in chinese
        person = next(each for each in cli.data("record", "list", history) if each["type"] == "Patient")
        name = cli.data("record", "show", history, person["record"])["resource"]["name"][0]["family"]
        assert name not in english + chinese
        cli.said("grant", "revoke", history, "laboratory")
        cli.refused("record", "export", history, "--as", "laboratory", "-o", tmp_path / "y")
        assert not (tmp_path / "y").exists()

    def test_in_an_emergency_without_what_is_restricted(self, cli: Cli, history: str, tmp_path: Path) -> None:
        opened = cli.data("emergency", "open", history, "hospital-b", "--reason", "unconscious")
        exported(cli, history, "--as", "hospital-b", "--emergency", "-o", tmp_path / "x")
        cli.said("emergency", "review", opened["emergency"], "--by", "regulator", "--justified", "--finding", "seen")
        index = json.loads((tmp_path / "x" / "index.json").read_text())
        assert (index["purpose"], index["restricted"], len(index["categories"])) == ("ETREAT", [], 16)
        page = (tmp_path / "x" / "summary.en.html").read_text()
        assert "hospital-b, emergency treatment (ETREAT)" in page
        assert "Restricted classes that are not released" in page
