"""The catalogue: one set of keys and placeholders in both languages, all used, and nothing else shown to anybody."""

import ast
import json
import os
import re
import string
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import medunion
from medunion.locale import LANGUAGES, catalogue, choose

SOURCE = Path(medunion.__file__).parent
CATALOGUE = catalogue("en")

DYNAMIC = {
    "agreement.state.{}": "where an agreement stands",
    "cli.{}.help": "help of a root command or group, by its name in `root.COMMANDS`",
    "careplan.state.{}": "where a care plan stands",
    "careplan.visit.{}": "what of a visit is to be done",
    "claim.outcome.{}": "what a policy makes of a claim, by FHIR's code",
    "claim.review.state.{}": "what the engine did with a claim",
    "claim.state.{}": "where a claim stands",
    "claim.step.{}": "what comes next of a claim",
    "click.{}": "click's own words, found by their English text",
    "column.{}": "headings of tables, by the row's key",
    "devnet.{}": "`members` and `wallets` of a devnet",
    "dispute.next.{}": "the command that is next in a dispute",
    "dispute.stage.{}": "where a dispute stands",
    "disclosure.section.{}": "parts of a disclosure",
    "disclosure.column.{}": "headings of its table of prices",
    "error.{}": "headlines, by the stable code of an error",
    "evidence.open.{}": "what evidence leaves unproved, by the statement's name",
    "evidence.proved.{}": "what evidence proves, by the statement's name",
    "evidence.step.{}": "a check of evidence, by the step's name",
    "metavar.{}": "a positional argument's word, by its name",
    "patient.rotate.{}": "what was rotated: key, account or trustees",
    "reason.{}": "why a release point, a ledger or a grant refused",
    "policy.state.{}": "where a policy stands",
    "record.outcome.{}": "what became of a bundle among many",
    "record.state.{}": "where a batch's keys are",
    "recovery.event.{}": "what happened to a recovery, by the ledger's event",
    "recovery.stage.{}": "where a recovery stands",
    "refused.{}": "a contract's error, by its name",
    "rule.{}.title": "published rules of insurers, by the rule's name",
    "summary.category.{}": "record categories on a page",
    "summary.class.{}": "codes of v3-ActEncounterCode",
    "summary.code.{}": "codes of FHIR's closed lists",
    "summary.column.{}": "headings of a page's tables",
    "summary.interpretation.{}": "codes of v3-ObservationInterpretation",
    "summary.person.{}": "what is said of the patient",
    "summary.purpose.{}": "purposes of use",
    "summary.restricted.{}": "restricted classes",
    "summary.section.{}": "parts of a page",
    "summary.table.{}": "titles of tables",
    "scan.path.{}": "what a scan tries",
    "token.standing.{}": "how an account stands with the token",
    "scan.at.{}": "whom it asks",
    "demo.{}.{}": "words of the demo: kinds, states, categories, fields, events",
    "demo.step{}.title": "headings of the demo's steps",
    "demo.step{}.{}": "lines of the demo's steps",
}
"""Keys that code composes, and of what."""


def placeholders(message: str) -> set[str]:
    """Names in braces; click's own messages also convert (`{value!r}`)."""
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


@cache
def literals() -> tuple[frozenset[str], frozenset[str]]:
    """Strings that stand in the package's code and templates: as they are, and with `{}` for what is put in."""
    whole, composed = set(), set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values]
                composed.add("".join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
    for path in SOURCE.rglob("*.j2"):
        whole |= set(re.findall(r'words\("([\w.]+)"', path.read_text(encoding="utf-8")))
    return frozenset(whole), frozenset(composed)


def translated() -> list[tuple[str, str]]:
    """File and key of every `t("key")`, `say("key")`, `progress("key")` and `done("key", ...)` with a literal key."""
    found = []
    for folder in ("cli", "demo", "summary"):
        for path in (SOURCE / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                first, name = node.args[0], getattr(node.func, "id", "")
                if folder == "summary":
                    name = name or getattr(node.func, "attr", "")
                named = name in ("t", "say", "progress", "done", "words", "_words", "w")
                if named and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.append((path.name, first.value))
    return found


class TestCatalogue:
    def test_both_languages_have_the_same_keys(self) -> None:
        assert set(CATALOGUE) == set(catalogue("zh-CN"))

    def test_both_languages_fill_in_the_same(self) -> None:
        other = catalogue("zh-CN")
        assert {key for key in CATALOGUE if placeholders(CATALOGUE[key]) != placeholders(other[key])} == set()

    def test_no_message_is_empty(self) -> None:
        assert [key for language in LANGUAGES for key, text in catalogue(language).items() if not text.strip()] == []

    def test_every_key_that_code_names_exists(self) -> None:
        calls = translated()
        assert len(calls) > 150
        assert [(file, key) for file, key in calls if key not in CATALOGUE] == []

    def test_every_key_is_used(self) -> None:
        whole, _ = literals()
        patterns = [re.compile(re.escape(shape).replace(r"\{\}", r"[\w-]+")) for shape in DYNAMIC]
        assert [
            key for key in CATALOGUE if key not in whole and not any(each.fullmatch(key) for each in patterns)
        ] == []

    def test_every_composed_key_is_documented(self) -> None:
        tops = {key.partition(".")[0] for key in CATALOGUE}
        shapes = {each for each in literals()[1] if re.fullmatch(r"[a-z]+(\.[a-z{}]+)+", each)}
        assert {each for each in shapes if each.partition(".")[0] in tops} <= set(DYNAMIC)

    def test_composed_keys_exist(self) -> None:
        from medunion.cli.root import COMMANDS
        from medunion.records.commit import STATES

        words = {f"cli.{name}.help" for name in COMMANDS}
        words |= {f"patient.rotate.{what}" for what in ("key", "account", "trustees")}
        words |= {f"record.state.{state}" for state in ("unchanged", "committed", "recoverable", "replicated")}
        words |= {f"record.outcome.{state}" for state in ("unchanged", *STATES, "refused")}
        words |= {"devnet.members", "devnet.wallets"}
        assert words <= set(CATALOGUE)

    def test_every_error_has_a_headline(self) -> None:
        from medunion.errors import MedUnionError

        kinds, left = set(), [MedUnionError]
        while left:
            kind = left.pop()
            kinds.add(kind.code)
            left += [each for each in kind.__subclasses__() if each.__module__ == "medunion.errors"]
        assert {f"error.{code}" for code in kinds} == {key for key in CATALOGUE if key.startswith("error.")}

    def test_every_reason_of_a_refused_read_has_words(self) -> None:
        from medunion.ledger import AccessReason

        reasons = {each.name.lower().replace("_", "-") for each in AccessReason if each is not AccessReason.ALLOWED}
        assert {each for each in reasons if f"reason.{each}" not in CATALOGUE} == set()

    def test_every_error_of_a_contract_has_words(self) -> None:
        documents = [json.loads(path.read_text()) for path in (SOURCE / "artifacts").glob("*.json")]
        errors = [entry["name"] for each in documents for entry in each["abi"] if entry["type"] == "error"]
        names = {name for name in errors if "_" in name}  # ours; the libraries' are shown by their own names
        assert len(names) > 50
        assert {each for each in names if f"refused.{each}" not in CATALOGUE} == set()


def medunion_in_a_process(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command line in a process of its own: help texts are in the language that the process began with."""
    left_out = ("LC_ALL", "LC_MESSAGES", "LANG", "MEDUNION_LANG", "MEDUNION_HOME", "MEDUNION_RPC")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return subprocess.run(
        [sys.executable, "-c", "from medunion.cli import main; main()", *arguments],
        capture_output=True, env={**kept, "PYTHONUTF8": "1", **environment}, text=True, check=False,
    )  # fmt: skip


def english_in(text: str) -> list[str]:
    """Messages of the English catalogue that say more than a word, and stand in `text`."""
    flat = " ".join(text.split())
    sentences = [part for message in CATALOGUE.values() for part in re.split(r"\{[^}]*\}|\n", message)]
    return [each for each in map(str.strip, sentences) if len(each.split()) > 2 and each in flat]


class TestChinese:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("--help",), ("grant", "--help"), ("grant", "set", "--help"), ("record", "commit", "--help"),
            ("devnet", "status"), ("member", "list"), ("grant", "set"), ("member", "propose", "x"),
            ("grant", "set", "a", "b", "--lane", "9"), ("patient", "show", "nobody"), ("gant",),
        ],
    )  # fmt: skip
    def test_no_english_sentence(self, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        done = medunion_in_a_process("--home", str(tmp_path), "--lang", "zh-CN", *arguments)
        said = done.stdout + done.stderr
        assert re.search("[\u4e00-\u9fff]", said)
        assert english_in(said) == []
        assert "Traceback" not in said

    def test_the_measure_finds_english(self, tmp_path: Path) -> None:
        assert english_in(medunion_in_a_process("--home", str(tmp_path), "devnet", "status").stdout)

    @pytest.mark.parametrize(
        ("language", "said"), [("en", "Missing argument 'MEMBER'"), ("zh-CN", "缺少参数 '成员机构'")]
    )
    def test_a_missing_argument(self, language: str, said: str) -> None:
        done = medunion_in_a_process("--lang", language, "operator", "list")
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr

    @pytest.mark.parametrize(("language", "said"), [("en", "Did you mean 'grant'?"), ("zh-CN", "'grant'")])
    def test_an_unknown_command(self, language: str, said: str) -> None:
        done = medunion_in_a_process(f"--lang={language}", "gant")
        assert done.returncode == 2
        assert said in done.stderr


class TestChoice:
    def test_the_option_beats_the_environment(self, tmp_path: Path) -> None:
        status = ("--home", str(tmp_path), "devnet", "status")
        chinese = medunion_in_a_process("--lang", "zh-CN", *status, LANG="en_US.UTF-8")
        english = medunion_in_a_process("--lang=en", *status, MEDUNION_LANG="zh-CN")
        assert "开发网" in chinese.stdout
        assert english.stdout.startswith("No devnet runs")

    def test_the_environment_beats_english(self, tmp_path: Path) -> None:
        done = medunion_in_a_process("--home", str(tmp_path), "devnet", "status", LC_ALL="zh_CN.UTF-8")
        assert "开发网" in done.stdout

    def test_the_nearest_variable_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("MEDUNION_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
            monkeypatch.delenv(name, raising=False)
        assert choose() == "en"
        monkeypatch.setenv("LANG", "zh_CN.UTF-8")
        assert choose() == "zh-CN"
        monkeypatch.setenv("MEDUNION_LANG", "en")
        assert choose() == "en"
        assert choose("zh-TW") == "zh-CN"
        assert choose("en") == "en"


class TestStart:
    @pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["grant", "--help"]])
    def test_help_imports_nothing_heavy(self, arguments: list[str]) -> None:
        heavy = ["web3", "pydantic", "eth_account", "rich.progress", "cryptography", "fhir", "coincurve"]
        program = (
            "import json, sys\nfrom medunion.cli import main\n"
            "try:\n    main(sys.argv[2:])\nexcept SystemExit:\n    pass\n"
            "print(json.dumps([name for name in json.loads(sys.argv[1]) if name in sys.modules]), file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, json.dumps(heavy), *arguments], capture_output=True, text=True, check=True
        )
        assert "medunion" in done.stdout
        assert json.loads(done.stderr) == []
