"""The mutant runner's own logic, with a forge that answers from a table."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools import mutants
from tools.mutants import Mutant, MutantError, Results, Verdict

SOURCE = "function open() { if (a) revert A(); if (b) revert B(); }"
TEST = "contract VaultTest { function test_A() public {} function testFuzz_B(uint256 x) public {} }"
PATH = "tests/contracts/vault/Vault.t.sol"
SUITE = f"{PATH}:VaultTest"


def entry(**changes: str) -> dict[str, str]:
    mutant = {
        "id": "open-a",
        "file": "contracts/Vault.sol",
        "find": "if (a) revert A();",
        "replace": "",
        "killed_by": "test_A",
    }
    return {**mutant, **changes}


def mutant(**changes: str) -> Mutant:
    return Mutant(contract="Vault", **entry(**changes))


def results(passed: bool, name: str = "test_A()", reason: str = "") -> Results:
    return {SUITE: {name: (passed, reason)}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one contract and its tests."""
    files = {"contracts/Vault.sol": SOURCE, PATH: TEST, "tests/contracts/Base.sol": "", "foundry.toml": ""}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for name in ("tests/mutants", ".build/solc", "node_modules"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def write(root: Path, *entries: dict[str, Any], name: str = "Vault") -> None:
    (root / "tests" / "mutants" / f"{name}.json").write_text(json.dumps(entries))


class FakeForge:
    """Both tests notice a missing check, unless they are told to be blind; like forge, it does not compile `broken`."""

    def __init__(self, blind: Sequence[str] = (), failing: Sequence[str] = ()) -> None:
        self.blind = blind
        self.failing = failing

    def __call__(self, tree: Path) -> Results:
        assert (tree / "tests/contracts/Base.sol").is_file()
        assert (tree / "node_modules").is_symlink()
        source = (tree / "contracts/Vault.sol").read_text()
        if "broken" in source:
            raise MutantError("forge gave no results: Error: Compilation failed")
        checks = {"test_A()": "if (a)" in source, "testFuzz_B(uint256)": "if (b)" in source}
        return {
            f"{path.relative_to(tree).as_posix()}:VaultTest": {
                name: (name not in self.failing and (sound or name in self.blind), "assertion failed")
                for name, sound in checks.items()
            }
            for path in tree.rglob("*.t.sol")
        }


class TestLoad:
    def test_lists_the_mutants_of_every_contract_in_order(self, root: Path) -> None:
        write(root, entry(id="b"), entry(id="a"))
        write(root, entry(id="c"), name="Bank")
        loaded = mutants.load(root / "tests" / "mutants", [])
        assert [(m.contract, m.id) for m in loaded] == [("Bank", "c"), ("Vault", "b"), ("Vault", "a")]

    def test_lists_one_contract_when_asked(self, root: Path) -> None:
        write(root, entry())
        write(root, entry(id="c"), name="Bank")
        assert [m.contract for m in mutants.load(root / "tests" / "mutants", ["Vault"])] == ["Vault"]

    def test_refuses_an_unknown_contract(self, root: Path) -> None:
        write(root, entry())
        with pytest.raises(MutantError, match="no list of mutants for Bank"):
            mutants.load(root / "tests" / "mutants", ["Bank"])

    def test_refuses_a_repeated_id(self, root: Path) -> None:
        write(root, entry(), entry())
        with pytest.raises(MutantError, match="open-a occurs twice"):
            mutants.load(root / "tests" / "mutants", [])

    def test_refuses_a_missing_field(self, root: Path) -> None:
        incomplete = entry()
        del incomplete["find"]
        write(root, incomplete)
        with pytest.raises(MutantError, match="open-a has other fields"):
            mutants.load(root / "tests" / "mutants", [])

    def test_refuses_an_unknown_field(self, root: Path) -> None:
        write(root, entry(comment="why"))
        with pytest.raises(MutantError, match="open-a has other fields"):
            mutants.load(root / "tests" / "mutants", [])


class TestMutate:
    def test_replaces_the_text(self) -> None:
        assert mutants.mutate(SOURCE, mutant()) == "function open() {  if (b) revert B(); }"

    @pytest.mark.parametrize(("find", "count"), [("revert", 2), ("if (c)", 0)])
    def test_refuses_a_text_that_is_not_unique(self, find: str, count: int) -> None:
        with pytest.raises(MutantError, match=f"occurs {count} times"):
            mutants.mutate(SOURCE, mutant(find=find))

    def test_refuses_to_change_nothing(self) -> None:
        with pytest.raises(MutantError, match="changes nothing"):
            mutants.mutate(SOURCE, mutant(replace="if (a) revert A();"))


class TestLocate:
    def test_finds_the_test_by_its_name(self, root: Path) -> None:
        assert mutants.locate(root, mutant(killed_by="testFuzz_B")).path == PATH

    def test_refuses_a_test_that_is_not_there(self, root: Path) -> None:
        with pytest.raises(MutantError, match="test_C is in 0 test files"):
            mutants.locate(root, mutant(killed_by="test_C"))

    def test_prefers_the_contracts_own_tests(self, root: Path) -> None:
        (root / "tests/contracts/vault/Bank.t.sol").write_text(TEST)
        assert mutants.locate(root, mutant()).path == PATH

    def test_refuses_two_tests_of_one_name(self, root: Path) -> None:
        (root / "tests/contracts/vault/VaultOpen.t.sol").write_text(TEST)
        with pytest.raises(MutantError, match="test_A is in 2 test files"):
            mutants.locate(root, mutant())

    def test_takes_the_file_that_is_named(self, root: Path) -> None:
        (root / "tests/contracts/vault/VaultOpen.t.sol").write_text(TEST)
        assert mutants.locate(root, mutant(path=PATH)).path == PATH

    def test_does_not_take_the_beginning_of_a_name_for_the_name(self, root: Path) -> None:
        with pytest.raises(MutantError, match="test_ is in 0 test files"):
            mutants.locate(root, mutant(killed_by="test_"))


class TestJudge:
    def test_a_failing_test_kills(self) -> None:
        verdict = mutants.judge(mutant(path=PATH), results(passed=False, reason="A() != 0x\ntrace"))
        assert verdict.line() == "Vault/open-a: killed: test_A: A() != 0x"

    def test_a_passing_test_lets_it_survive(self) -> None:
        verdict = mutants.judge(mutant(path=PATH), results(passed=True))
        assert verdict.line() == "Vault/open-a: SURVIVED: test_A passes without the check"

    def test_a_failing_set_up_is_no_kill(self) -> None:
        verdict = mutants.judge(mutant(path=PATH), results(passed=False, name="setUp()", reason="out of gas"))
        assert verdict.line() == "Vault/open-a: BROKEN: test_A did not run: out of gas"

    def test_the_same_name_elsewhere_is_no_kill(self) -> None:
        elsewhere = {"tests/contracts/bank/Bank.t.sol:BankTest": {"test_A()": (False, "")}}
        assert mutants.judge(mutant(path=PATH), elsewhere).outcome == "broken"

    def test_a_longer_name_is_no_kill(self) -> None:
        assert mutants.judge(mutant(path=PATH), results(passed=False, name="test_AndMore()")).outcome == "broken"


class TestParse:
    def test_reads_forges_results(self) -> None:
        test = {"status": "Failure", "reason": "B()"}
        output = json.dumps({SUITE: {"test_results": {"test_A()": {"status": "Success", "reason": None}, "t()": test}}})
        assert mutants.parse(f"Compiling...\n{output}") == {SUITE: {"test_A()": (True, ""), "t()": (False, "B()")}}

    def test_says_why_there_are_none(self) -> None:
        with pytest.raises(MutantError, match="Error \\(8936\\): Expected"):
            mutants.parse("Compiler run failed:\nError (8936): Expected string end-quote.\n")


class TestMain:
    def run(self, root: Path, forge: FakeForge | None = None, *arguments: str) -> int:
        return mutants.main(["--jobs", "2", *arguments], root, forge or FakeForge())

    def test_succeeds_when_every_mutant_is_killed(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write(root, entry(), entry(id="open-b", find="if (b) revert B();", killed_by="testFuzz_B"))
        assert self.run(root) == 0
        lines = capsys.readouterr().out.splitlines()
        assert sorted(lines[:-1]) == [
            "Vault/open-a: killed: test_A: assertion failed",
            "Vault/open-b: killed: testFuzz_B: assertion failed",
        ]
        assert lines[-1] == "mutants: 2 killed, 0 survived"

    def test_runs_those_whose_id_contains_a_text(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write(root, entry(), entry(id="open-b", find="if (b) revert B();", killed_by="testFuzz_B"))
        assert self.run(root, None, "--id", "n-b") == 0
        assert capsys.readouterr().out.splitlines() == [
            "Vault/open-b: killed: testFuzz_B: assertion failed",
            "mutants: 1 killed, 0 survived",
        ]
        assert self.run(root, None, "--id", "nothing") == 1

    def test_tries_those_of_the_night_only_when_asked(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        later: dict[str, Any] = {
            **entry(id="open-b", find="if (b) revert B();", killed_by="testFuzz_B"),
            "nightly": True,
        }
        write(root, entry(), later)
        assert mutants.main([], root, FakeForge()) == 0
        assert capsys.readouterr().out.splitlines()[-1] == ("mutants: 1 killed, 0 survived; 1 more are tried nightly")
        assert mutants.main(["--all"], root, FakeForge()) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "mutants: 2 killed, 0 survived"

    def test_fails_when_one_survives(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write(root, entry(), entry(id="open-b", find="if (b) revert B();", killed_by="testFuzz_B"))
        assert self.run(root, FakeForge(blind=["testFuzz_B(uint256)"])) == 1
        assert capsys.readouterr().out.splitlines()[-1] == "mutants: 1 killed, 1 survived"

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"find": "revert"}, "its text occurs 2 times"),
            ({"killed_by": "test_C"}, "test_C is in 0 test files"),
            ({"replace": "broken"}, "Compilation failed"),
            ({"file": "contracts/Gone.sol"}, "No such file"),
        ],
    )
    def test_fails_when_one_is_broken(
        self, root: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str], reason: str
    ) -> None:
        write(root, entry(**changes))
        assert self.run(root) == 1
        lines = capsys.readouterr().out.splitlines()
        assert "BROKEN" in lines[0]
        assert reason in lines[0]
        assert lines[-1] == "mutants: 0 killed, 0 survived, 1 broken"

    def test_fails_when_the_killing_test_fails_on_the_true_source(
        self, root: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write(root, entry())
        assert self.run(root, FakeForge(failing=["test_A()"])) == 1
        assert "BROKEN: unmutated: test_A: assertion failed" in capsys.readouterr().out

    def test_fails_when_the_true_source_does_not_compile(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (root / "contracts/Vault.sol").write_text(SOURCE + "broken")
        write(root, entry())
        assert self.run(root) == 1
        assert "BROKEN: unmutated: forge gave no results" in capsys.readouterr().out

    def test_fails_when_there_are_none(self, root: Path) -> None:
        assert self.run(root) == 1

    def test_says_which_contracts_there_are(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write(root, entry())
        assert self.run(root, None, "--contract", "Bank") == 1
        assert "no list of mutants for Bank; there are Vault" in capsys.readouterr().err

    def test_takes_only_the_files_of_killing_tests_along(self, root: Path) -> None:
        (root / "tests/contracts/vault/Other.t.sol").write_text("contract Other {}")
        write(root, entry())
        seen: list[str] = []

        def forge(tree: Path) -> Results:
            seen.extend(path.name for path in tree.rglob("*.t.sol"))
            return FakeForge()(tree)

        assert mutants.main(["--jobs", "1"], root, forge) == 0
        assert set(seen) == {"Vault.t.sol"}

    def test_leaves_the_project_as_it_is(self, root: Path) -> None:
        write(root, entry())
        self.run(root)
        assert (root / "contracts/Vault.sol").read_text() == SOURCE


class TestVerdict:
    def test_shows_what_needs_attention(self) -> None:
        assert Verdict(mutant(), "broken", "why").line() == "Vault/open-a: BROKEN: why"
