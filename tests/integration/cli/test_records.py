"""Records and emergencies through commands: commit, read as patient and member, correct, verify, break the glass."""

import gzip
import json
from pathlib import Path

import pytest

from medunion.demo import samples

from .commands import Cli

pytestmark = pytest.mark.devnet


def resource(bundle: Path, kind: str) -> dict[str, object]:
    """The first resource of a type in a bundle."""
    entries = json.loads(bundle.read_text())["entry"]
    return next(each["resource"] for each in entries if each["resource"]["resourceType"] == kind)


def register(cli: Cli, *names: str) -> None:
    """Patients with an open episode at hospital B, without key trustees."""
    for name in names:
        cli.said("wallet", "new", name)
        cli.said("patient", "register", name, "--at", "hospital-b")
        cli.said("episode", "open", name, "hospital-b")


@pytest.fixture(scope="module")
def corrected(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A patient and the name of a record of which there are two versions."""
    cli.said("wallet", "new", "dora")
    cli.said("patient", "register", "dora", "--at", "hospital-a")
    cli.said("episode", "open", "dora", "hospital-a")
    path = tmp_path_factory.mktemp("corrected") / "bundle.json"
    person = {"resourceType": "Patient", "id": "p", "gender": "female"}
    for day in ("2024-01-01", "2024-01-02"):
        condition = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}, "recordedDate": day}
        entries = [{"resource": each} for each in (person, condition)]
        path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
        done = cli.data("record", "commit", "hospital-a", "dora", path)
    assert (done["records"], done["unchanged"], len(done["transactions"])) == (1, 1, 1)
    return "dora", "Condition/c"


class TestIngest:
    def test_a_folder_of_many_patients(self, cli: Cli, tmp_path: Path) -> None:
        register(cli, "eve", "frank", "grace")
        person = json.dumps({"resourceType": "Patient", "id": "p", "gender": "female"}).encode()
        flag = {"resourceType": "Flag", "id": "f", "status": "active", "code": {"text": "x"}}
        (tmp_path / "eve.json").write_bytes(person)
        (tmp_path / "frank.json.gz").write_bytes(gzip.compress(person))
        (tmp_path / "grace").mkdir()
        (tmp_path / "grace" / "1.json").write_bytes(person)
        (tmp_path / "grace" / "2.json").write_text(json.dumps({**flag, "subject": {"reference": "Patient/p"}}))
        done = cli.data("record", "ingest", "hospital-b", tmp_path, "--processes", 1)
        assert [(each["file"], each["records"], each["state"]) for each in done["files"]] == [
            ("eve.json", 1, "committed"),
            ("frank.json.gz", 1, "committed"),
            ("grace/1.json", 1, "committed"),
            ("grace/2.json", 1, "committed"),
        ]
        assert (done["records"], len(done["transactions"])) == (4, 2)
        assert len(cli.data("record", "list", "grace")) == 2
        (tmp_path / "eve.json").write_text("{}")
        outcome = cli.run("record", "ingest", "hospital-b", tmp_path, "--processes", 0)
        assert outcome.code == 1
        assert "eve.json" in outcome.err
        assert "resourceType" in outcome.err
        assert [line.split()[-1] for line in outcome.out.splitlines()[1:5]] == ["refused"] + ["unchanged"] * 3

    def test_a_folder_of_nothing_or_of_strangers_is_refused_whole(self, cli: Cli, tmp_path: Path) -> None:
        assert "*.json" in cli.refused("record", "ingest", "hospital-b", tmp_path)
        (tmp_path / "nobody.json").write_text("{}")
        assert "nobody" in cli.refused("record", "ingest", "hospital-b", tmp_path)


class TestCommit:
    def test_a_report_of_what_was_committed(self, cli: Cli, tmp_path: Path) -> None:
        cli.said("wallet", "new", "carol")
        cli.said("patient", "register", "carol", "--at", "hospital-b")
        cli.said("episode", "open", "carol", "hospital-b")
        path = tmp_path / "patient.json"
        path.write_text(json.dumps({"resourceType": "Patient", "id": "p", "gender": "female"}))
        done = cli.data("record", "commit", "hospital-b", "carol", path)
        assert (done["records"], done["unchanged"], done["state"], done["failures"]) == (1, 0, "committed", [])
        assert done["resourcesByType"] == {"Patient": 1}
        assert done["gasUsed"] > 0
        path.write_text(json.dumps({"resourceType": "Patient", "id": "p", "gender": "male"}))
        said = cli.said("record", "commit", "hospital-b", "carol", path)
        assert "1 records in 1 batches" in said
        assert "with the author only" in said
        assert cli.data("record", "history", "carol", "Patient/p")[-1]["version"] == 2

    def test_gzip_and_a_directory_change_nothing_of_what_is_known(self, cli: Cli, history: str, tmp_path: Path) -> None:
        packed = tmp_path / "bundle.json.gz"
        packed.write_bytes(samples.read(samples.PATIENT_FILES[0]))
        options: list[object] = []
        for name, data in zip(samples.DIRECTORY_FILES, samples.directory_bundles(), strict=True):
            (tmp_path / name).write_bytes(data)
            options += ["--directory", tmp_path / name]
        said = cli.said("record", "commit", "hospital-a", history, packed, *options)
        assert said.startswith("Nothing new: ")

    def test_keys_are_replicated_to_three_trustees(self, cli: Cli, history: str, bundle: Path, tmp_path: Path) -> None:
        reference = {"reference": f"Patient/{resource(bundle, 'Patient')['id']}"}
        note = {"resourceType": "Flag", "id": "f1", "status": "active", "subject": reference, "code": {"text": "x"}}
        path = tmp_path / "longer.json"
        before, _, end = bundle.read_text().rpartition("]")
        path.write_text(f'{before}, {{"resource": {json.dumps(note)}}} ]{end}')
        done = cli.data("record", "commit", "hospital-a", history, path, "--restrict", "Flag/f1=genetic")
        assert (done["records"], done["state"]) == (1, "replicated")
        cli.said("grant", "set", history, "laboratory", "--category", "other", "--category", "problems")
        seen = cli.said("record", "list", history, "--as", "laboratory")
        assert "Flag" not in seen
        cli.said("grant", "revoke", history, "laboratory")


class TestRead:
    def test_the_patient_lists_everything(self, cli: Cli, history: str) -> None:
        rows = cli.data("record", "list", history)
        assert {"Patient", "Condition", "Observation"} <= {row["type"] for row in rows}
        assert {row["author"] for row in rows} == {"hospital-a"}
        assert cli.data("record", "list", history, "--author", "hospital-a") == rows
        assert cli.data("record", "list", history, "--author", "clinic") == []
        said = cli.said("record", "list", history)
        assert said.endswith(f"{len(rows)} records.\n")
        assert rows[0]["record"][2:18] in said

    def test_show_gives_the_bytes_that_went_in(self, cli: Cli, history: str, bundle: Path, tmp_path: Path) -> None:
        patient = resource(bundle, "Patient")
        name = f"Patient/{patient['id']}"
        shown = cli.data("record", "show", history, name)
        assert (shown["localId"], shown["resource"]) == (name, patient)
        printed = cli.said("record", "show", history, shown["record"])
        assert json.loads(printed) == patient
        assert printed.strip() in bundle.read_text()
        target = tmp_path / "patient.json"
        said = cli.said("record", "show", history, shown["record"][:20], "-o", target)
        assert f"{target.stat().st_size} bytes written" in said
        assert target.read_text() == printed.removesuffix("\n")

    def test_a_member_reads_what_was_granted_and_no_more(self, cli: Cli, history: str) -> None:
        error = cli.refused("record", "list", history, "--as", "hospital-b")
        assert "hospital-b" in error or "grant" in error
        cli.said("grant", "set", history, "hospital-b", "--category", "laboratory")
        rows = cli.data("record", "list", history, "--as", "hospital-b")
        assert {row["category"] for row in rows} == {"laboratory"}
        one = cli.data("record", "show", history, rows[0]["record"], "--as", "hospital-b")
        assert one["resource"]["resourceType"] == rows[0]["type"]
        assert cli.data("record", "verify", history, rows[0]["record"], "--as", "hospital-b")[0]["size"] > 0
        assert "category" in cli.refused("record", "list", history, "--as", "hospital-b", "--category", "coverage")
        cli.said("grant", "revoke", history, "hospital-b")
        assert cli.run("record", "show", history, rows[0]["record"], "--as", "hospital-b").code == 1

    def test_both_versions_of_a_corrected_record(self, cli: Cli, corrected: tuple[str, str]) -> None:
        versions = cli.data("record", "history", *corrected)
        assert [(each["version"], each["superseded"]) for each in versions] == [(1, True), (2, False)]
        table = cli.said("record", "history", *corrected)
        assert versions[0]["leaf"] in table
        assert versions[1]["leaf"] in table
        assert cli.data("record", "show", *corrected)["resource"]["recordedDate"] == "2024-01-02"
        every = cli.data("record", "list", corrected[0], "--versions")
        assert sorted(row["version"] for row in every if row["localId"] == corrected[1]) == [1, 2]

    def test_one_record_is_verified(self, cli: Cli, corrected: tuple[str, str]) -> None:
        said = cli.said("record", "verify", *corrected)
        assert said.startswith("Condition, version 2, by hospital-a")
        assert said.endswith("Verified: 1 records.\n")
        found = cli.data("record", "verify", *corrected)[0]
        assert found["root"] in said
        assert found["size"] > 0

    def test_all_records_are_verified(self, cli: Cli, corrected: tuple[str, str]) -> None:
        assert cli.said("record", "verify", corrected[0]) == "Verified: 2 records.\n"

    @pytest.mark.parametrize("name", ["0x00ff00ff00ff00ff", "Condition/none", ""])
    def test_no_such_record(self, cli: Cli, history: str, name: str) -> None:
        assert "no such record" in cli.refused("record", "show", history, name)

    def test_the_patient_sees_who_asked(self, cli: Cli, history: str) -> None:
        cli.said("record", "list", history)
        shown = cli.data("patient", "show", history, "--accesses")
        assert {each["outcome"] for each in shown["accesses"]} >= {"granted"}
        said = cli.said("patient", "show", history, "--accesses")
        assert "Who asked for keys:" in said
        assert "PATRQT" in said


class TestEmergency:
    def test_open_read_review(self, cli: Cli, history: str) -> None:
        done = cli.data("emergency", "open", history, "clinic", "--reason", "unconscious after a fall")
        error = cli.refused("emergency", "open", history, "clinic", "--reason", "restricted", "--restricted", "genetic")
        assert "a clinician of another member must approve" in error
        listed = cli.data("emergency", "list", "--patient", history, "--member", "clinic")
        assert [(each["emergency"], each["live"], each["reviewed"]) for each in listed] == [
            (done["emergency"], True, False)
        ]
        rows = cli.data("record", "list", history, "--as", "clinic", "--emergency")
        assert "Patient" in {row["type"] for row in rows}
        approved = cli.said(
            "emergency", "open", history, "clinic", "--reason", "restricted", "--restricted", "genetic",
            "--approved-by", "hospital-b",
        )  # fmt: skip
        assert "clinic may read alice until 20" in approved
        said = cli.said("emergency", "list", "--member", "clinic")
        assert "genetic" in said
        verdict = ("--by", "regulator", "--justified", "--finding", "documented")
        assert "is reviewed" in cli.said("emergency", "review", done["emergency"][:14], *verdict)
        assert "the emergency was reviewed already" in cli.refused("emergency", "review", done["emergency"], *verdict)
        reviewed = {each["emergency"]: each["reviewed"] for each in cli.data("emergency", "list")}
        assert reviewed[done["emergency"]] is True

    def test_the_reason_stands_nowhere_in_clear(self, cli: Cli, history: str) -> None:
        reason = "a reason that nobody else reads"
        cli.said("emergency", "open", history, "hospital-b", "--reason", reason)
        files = [path for path in cli.home.rglob("*") if path.is_file()]
        assert [path for path in files if reason.encode() in path.read_bytes()] == []

    def test_a_member_without_a_clinician(self, cli: Cli, history: str) -> None:
        error = cli.refused("emergency", "open", history, "laboratory", "--reason", "none")
        assert "laboratory" in error

    def test_an_unknown_emergency(self, cli: Cli) -> None:
        error = cli.refused("emergency", "review", "0xabcd", "--by", "regulator", "--unjustified", "--finding", "x")
        assert "no emergency id begins so" in error
