"""Evidence through commands: export as patient and member, verify, seal by file and by sheet."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion.locale import choose

from .commands import Cli

pytestmark = pytest.mark.devnet


@pytest.fixture(scope="module")
def record(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A patient and the name of a record of which there are two versions."""
    cli.said("wallet", "new", "olivia")
    cli.said("patient", "register", "olivia", "--at", "hospital-a")
    cli.said("episode", "open", "olivia", "hospital-a")
    path = tmp_path_factory.mktemp("evidence") / "bundle.json"
    person = {"resourceType": "Patient", "id": "p", "gender": "female"}
    for day in ("2024-01-01", "2024-01-02"):
        condition = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}, "recordedDate": day}
        entries = [{"resource": each} for each in (person, condition)]
        path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
        cli.said("record", "commit", "hospital-a", "olivia", path)
    return "olivia", "Condition/c"


@pytest.fixture
def file(cli: Cli, record: tuple[str, str], tmp_path: Path) -> Path:
    """The patient's export of it."""
    path = tmp_path / "evidence.json"
    cli.said("evidence", "export", *record, "-o", path)
    return path


@pytest.fixture
def chinese() -> Iterator[None]:
    choose("zh-CN")
    yield
    choose("en")


class TestExport:
    def test_a_file_for_its_owner_only(self, cli: Cli, record: tuple[str, str], tmp_path: Path) -> None:
        path = tmp_path / "evidence.json"
        said = cli.said("evidence", "export", *record, "-o", path)
        assert f"bytes written to {path}, with all proofs; versions: 1, 2" in said
        assert "in clear" in said
        assert path.stat().st_mode & 0o777 == 0o600
        assert [each.name for each in tmp_path.iterdir()] == ["evidence.json"]

    @pytest.mark.parametrize("reader", [(), ("--as", "hospital-a")], ids=["patient", "author"])
    def test_a_record_alone_tells_whose_it_is(
        self, cli: Cli, record: tuple[str, str], tmp_path: Path, reader: tuple[str, ...]
    ) -> None:
        listed = cli.data("record", "list", record[0])
        name = next(each["record"] for each in listed if each["localId"] == record[1])
        done = cli.data("evidence", "export", name, *reader, "-o", tmp_path / "evidence.json")
        assert done["versions"] == [1, 2]

    def test_a_record_of_nobody_asks_for_the_patient(self, cli: Cli, tmp_path: Path) -> None:
        told = cli.refused("evidence", "export", "Condition/none", "-o", tmp_path / "evidence.json")
        assert "name the patient" in told
        assert list(tmp_path.iterdir()) == []

    def test_as_a_member_with_ciphertext(self, cli: Cli, record: tuple[str, str], tmp_path: Path) -> None:
        path = tmp_path / "evidence.json"
        done = cli.data("evidence", "export", *record, "--as", "hospital-a", "-o", path, "--with-ciphertext")
        assert (done["file"], done["size"], done["versions"]) == (str(path), path.stat().st_size, [1, 2])
        report = cli.data("evidence", "verify", path)
        assert [step["version"] for step in report["steps"] if step["step"] == "aead"] == [1, 2]
        assert "exporter-member" in {each["statement"] for each in report["notProved"]}

    def test_a_file_that_is_there_stays_unless_told(self, cli: Cli, record: tuple[str, str], file: Path) -> None:
        before = file.read_bytes()
        assert "--force" in cli.refused("evidence", "export", *record, "-o", file)
        assert file.read_bytes() == before
        cli.said("evidence", "export", *record, "--as", "hospital-a", "-o", file, "--force")
        assert json.loads(file.read_bytes())["exporter"]["member"] == cli.data("member", "list")["members"][0]["member"]

    def test_who_may_not_read_gets_no_file(self, cli: Cli, record: tuple[str, str], tmp_path: Path) -> None:
        path = tmp_path / "evidence.json"
        cli.refused("evidence", "export", *record, "--as", "hospital-b", "-o", path)
        assert "no such record" in cli.refused("evidence", "export", record[0], "Condition/none", "-o", path)
        assert "cannot be written" in cli.refused("evidence", "export", *record, "-o", tmp_path / "none" / "e.json")
        assert list(tmp_path.iterdir()) == []
        assert "--output" in cli.misused("evidence", "export", *record)


class TestVerify:
    def test_every_step_and_what_it_proves(self, cli: Cli, file: Path) -> None:
        said = cli.said("evidence", "verify", file)
        head, _, rest = said.partition("\nProved:\n")
        assert all(line.startswith("ok ") for line in head.splitlines())
        proved, _, unproved = rest.partition("\nNot proved:\n")
        assert "Version 2 takes the place of version 1" in proved
        for words in ("no validators", "the record is true", "Which person stands behind", "what its producer said"):
            assert words in unproved

    @pytest.mark.usefixtures("chinese")
    def test_in_chinese(self, cli: Cli, file: Path) -> None:
        said = cli.run("--lang", "zh-CN", "evidence", "verify", file).out
        assert "已证明：" in said
        assert "此链（开发网）没有验证者" in said
        assert "Proved" not in said

    def test_a_hash_learned_elsewhere(self, cli: Cli, file: Path) -> None:
        block = json.loads(file.read_text())["versions"][0]["block"]
        said = cli.said("evidence", "verify", file, "--block-hash", block["hash"])
        assert f"Block {block['number']} ({block['hash']}) is one that you named." in said
        outcome = cli.run("evidence", "verify", file, "--block-hash", "11" * 32)
        assert outcome.code == 1
        assert "FAILED  block-hash" in outcome.out

    def test_content_is_not_written_over_a_file(self, cli: Cli, record: tuple[str, str], file: Path) -> None:
        target = file.with_name("content.json")
        assert "bytes written" in cli.said("evidence", "verify", file, "-o", target)
        assert json.loads(target.read_bytes()) == cli.data("record", "show", *record)["resource"]
        assert "--force" in cli.refused("evidence", "verify", file, "-o", target)
        cli.said("evidence", "verify", file, "-o", target, "--force")


class TestSeal:
    def test_by_file_and_by_sheet_until_the_quorum(self, cli: Cli, file: Path) -> None:
        cli.said("evidence", "seal", file, "--as", "hospital-a")
        sheet, validators = file.with_name("sheet.json"), file.with_name("validators.json")
        assert "names these blocks" in cli.said("evidence", "sheet", file, "-o", sheet)
        done = cli.data("evidence", "seal", sheet, "--as", "clinic")
        assert (done["seals"], len(done["accounts"])) == (4, 2)
        document = {"chainId": 31337, "quorum": 2, "accounts": done["accounts"]}
        validators.write_text(json.dumps(document))
        outcome = cli.run("evidence", "verify", file, "--validators", validators)
        assert outcome.code == 1
        assert "FAILED  quorum" in outcome.out
        assert "evidence.json: 4, by" in cli.said("evidence", "seal", file, "--from", sheet)
        said = cli.said("evidence", "verify", file, "--validators", validators)
        assert "2 of the validators sealed the block, 2 are needed" in said
        assert "no validators" not in said

    def test_a_sheet_shows_nothing_of_the_record(self, cli: Cli, file: Path) -> None:
        sheet = file.with_name("sheet.json")
        cli.said("evidence", "sheet", file, "-o", sheet)
        leaf = json.loads(file.read_text())["versions"][0]["leaf"]
        assert leaf["patient"] not in sheet.read_text()
        assert "--force" in cli.refused("evidence", "sheet", file, "-o", sheet)

    def test_a_block_that_the_chain_does_not_have_is_refused(self, cli: Cli, file: Path) -> None:
        sheet = file.with_name("sheet.json")
        cli.said("evidence", "sheet", file, "-o", sheet)
        document = json.loads(sheet.read_text())
        document["blocks"][0]["hash"] = "0x" + "11" * 32
        sheet.write_text(json.dumps(document))
        before = sheet.read_bytes()
        assert "is not on this chain" in cli.refused("evidence", "seal", sheet, "--as", "clinic")
        assert sheet.read_bytes() == before

    def test_wrong_use(self, cli: Cli, file: Path) -> None:
        assert "--as" in cli.refused("evidence", "seal", file)
        assert "--as" in cli.refused("evidence", "seal", file, "--as", "clinic", "--from", file)
        assert "no member folder" in cli.refused("evidence", "seal", file, "--as", "nobody")
        file.write_bytes(file.read_bytes().replace(b"2024-01-02", b"2024-01-03"))
        assert "does not hold" in cli.refused("evidence", "seal", file, "--as", "clinic")


def test_nothing_of_the_record_is_in_logs_or_errors(cli: Cli, record: tuple[str, str], file: Path) -> None:
    changed = file.with_name("changed.json")
    changed.write_bytes(file.read_bytes().replace(b"2024-01-02", b"2024-01-03"))
    spoken = [cli.run("evidence", "verify", changed), cli.run("evidence", "seal", changed, "--as", "clinic"),
              cli.run("evidence", "export", *record, "-o", file)]  # fmt: skip
    logs = "".join(path.read_text(errors="replace") for path in cli.home.rglob("*.log"))
    for text in [*(each.out + each.err for each in spoken), logs]:
        assert "recordedDate" not in text
        assert "2024-01-0" not in text
