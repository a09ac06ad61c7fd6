"""docs/insurance-rules.md: its example files are read, its tables are the code's, its program is one."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from click import Context, Group

from medunion.cli.root import root
from medunion.crypto.passphrase import KdfCost
from medunion.insurance import catalogue_csv
from medunion.insurance.catalogue import Limits
from medunion.insurance.catalogue_csv import NEEDED, OPTIONAL, read_catalogue
from medunion.insurance.engine import answers, history, ledger, ports, predetermination, review
from medunion.insurance.engine.answers import ANSWER
from medunion.insurance.engine.claim_request import read_claim_request
from medunion.insurance.engine.predetermination import Refusal
from medunion.insurance.engine.published import Rule
from medunion.insurance.engine.reasons import STANDARD
from medunion.keys import typed_data
from medunion.keys.home import MemberHome
from medunion.vocabulary import Category

from . import desk

MODULES = (answers, catalogue_csv, history, ledger, ports, predetermination, review)
PAGE = (Path(__file__).parents[3] / "docs/insurance-rules.md").read_text(encoding="utf-8")
ICD = "http://hl7.org/fhir/sid/icd-10"


def blocks(language: str) -> list[str]:
    return [str(each) for each in re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]


def block(language: str) -> str:
    (found,) = blocks(language)
    return found


def rows(first: str) -> list[list[str]]:
    """The rows of the table whose header begins so."""
    after = PAGE[PAGE.index(f"| {first} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in after]


class TestPage:
    def test_its_catalogue_is_read(self) -> None:
        found = read_catalogue(block("csv").encode(), ["A", "B", "C"])
        assert [entry.allowed for entry in found.values()] == [120_050, 13_600, 3_600]
        first = found["http://snomed.info/sct", "73761001"]
        assert first.category is Category.PROCEDURES
        assert first.limits == Limits(frozenset({(ICD, "K62.5"), (ICD, "K63.5")}), 18, None, None, 1, 365)

    def test_it_names_every_column(self) -> None:
        listed = [(name, row[1]) for row in rows("column") for name in re.findall(r"`(\w+)`", row[0])]
        assert [name for name, needed in listed if needed == "yes"] == list(NEEDED)
        assert [name for name, needed in listed if not needed] == list(OPTIONAL)

    def test_its_claim_is_read(self) -> None:
        request = read_claim_request(block("json").encode(), read_catalogue(block("csv").encode()), "CNY")
        assert (request.enquiry.provider, request.enquiry.items[0].billed) == (2, 120_000)
        assert request.diagnoses == ({(ICD, "K62.5")},)

    def test_it_lists_every_refusal_with_its_reason(self) -> None:
        listed = [[cell.strip("`") for cell in row[:2]] for row in rows("reason")]
        assert listed == [[each.value, each.reason.standard[1]] for each in Refusal]

    def test_it_lists_every_rule_with_its_bit_and_reason(self) -> None:
        listed = [re.findall(r"[\w-]+", " ".join(row[:3])) for row in rows("bit")]
        expected = []
        for rule in Rule:
            reason = rule.reason
            expected.append([str(rule.value), rule.id, *([reason.own] if reason.own else []), reason.standard[1]])
        assert listed == expected
        assert all(len(row) == 5 and row[4] for row in rows("bit")), "each says what missing data means"

    def test_it_names_every_standard_code(self) -> None:
        for (system, code), display in STANDARD.items():
            assert f'`{code}` "{display}"' in PAGE
            assert system in PAGE

    def test_its_program_runs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        home = MemberHome.create(tmp_path / "insurer", "correct horse", KdfCost(1, 1, 8 * 1024))
        (tmp_path / "catalogue.csv").write_text(block("csv"), encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        names = {name: value for module in MODULES for name, value in vars(module).items()}
        names |= {
            "Path": Path,
            "member": SimpleNamespace(home=home, id=5),
            "ledger": SimpleNamespace(
                chain_id=1, registry=desk.LEDGER.registry, domain=lambda contract: {"name": contract}
            ),
            "plan": SimpleNamespace(class_names=("A", "B"), digest=b"plan"),
            "adjudicator": desk.ADJUDICATOR,
            "desk": desk.Desk(),
            "clock": lambda: 1,
            **dict.fromkeys(("policies", "plans", "records", "reader"), SimpleNamespace()),
        }
        exec(block("python"), names)  # noqa: S102  the page's own program
        assert names["outcomes"] == []
        names["history"].close()
        assert [path.name for path in (home.path / "insurance").iterdir()] == ["history.sqlite"]

    def test_its_commands_are_there(self) -> None:
        for words in re.findall(r"^medunion (.*?)\s*(?:#.*)?$", "".join(blocks("sh")), re.MULTILINE):
            group, name, *arguments = words.split()
            command = root.get_command(Context(root), group)
            assert isinstance(command, Group)
            found = command.commands[name]
            found.make_parser(Context(found)).parse_args(arguments)

    def test_its_answer_is_the_one_that_is_signed(self) -> None:
        assert f"`{typed_data.type_text(ANSWER, 'Answer')}`" in PAGE
