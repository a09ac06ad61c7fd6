"""docs/insurance.md, command by command as it stands, on one devnet; and its Python."""

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medunion.network import Home, Network, Passphrases

from ..conftest import SECRET
from .commands import ROOT, Cli
from .test_agreements import CATALOGUE, clinic, clock, template
from .test_claims import recorded_in

__all__ = ["clinic"]

pytestmark = pytest.mark.devnet
PAGE = (ROOT / "docs" / "insurance.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Every line of the page's shell blocks, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]


@dataclass
class Reader:
    """Does what the page says: what a command prints is the value of the next commands' variables."""

    cli: Cli
    folder: Path
    first: int
    values: dict[str, str] = field(default_factory=dict)

    def run(self, line: str) -> str:
        if "$END" in line and "END" not in self.values:
            self.values["END"] = self._moment(self._head())
        self._prepare(line)
        words = shlex.split(re.sub(r"\$([A-Z]+)", lambda found: self.values[found[1]], line))
        assert words[0] == "medunion", line
        said = self.cli.said(*words[1:])
        self._keep(words[1:3], said)
        return said

    def start(self) -> None:
        block = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
        assert block is not None
        today = datetime.fromtimestamp(self.first, UTC).date()
        # The page's years begin in January; the test's days lie within one year whenever it runs.
        plan = {**json.loads(block[1]), "periodMonth": today.month}
        (self.folder / "plan.json").write_text(json.dumps(plan))
        last = (today + timedelta(days=300)).isoformat()
        self.values |= {"TODAY": today.isoformat(), "LAST": last, "FIRST": self._moment(self.first)}
        with Network.open(Home(self.cli.home), Passphrases.fixed(SECRET)) as network:
            network.insurer_desk("basic").keep_catalogue(CATALOGUE.encode())

    def _prepare(self, line: str) -> None:
        if line.startswith("medunion agreement offer"):
            template(self.cli, self.values["POLICY"], self.folder)
        if line.startswith("medunion record commit"):
            recorded_in(self.cli, self.folder / "records.json", note=self.values["ID"])

    def _keep(self, command: list[str], said: str) -> None:
        wanted = {
            ("plan", "publish"): ("PLAN", r"[Pp]lan (\d+) of"),
            ("policy", "issue"): ("POLICY", "(0x[0-9a-f]{64})"),
            ("agreement", "offer"): ("ID", "Agreement (0x[0-9a-f]{64}) is offered"),
        }
        if (command[0], command[1]) in wanted:
            name, pattern = wanted[command[0], command[1]]
            found = re.search(pattern, said)
            assert found is not None, said
            self.values[name] = found[1]

    def _head(self) -> int:
        with Network.open(Home(self.cli.home), Passphrases.fixed(SECRET)) as network:
            return network.ledger.head()[1]

    def _moment(self, second: int) -> str:
        return datetime.fromtimestamp(second, UTC).isoformat()


@pytest.fixture(scope="module")
def reader(clinic: Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:  # noqa: F811  the fixture
    clinic.said("token", "admit", "hospital-b")
    made = Reader(clinic, tmp_path_factory.mktemp("page"), clock(clinic))
    made.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.folder)
        yield made


def test_every_command_does_what_the_page_says(reader: Reader) -> None:
    said = {line: reader.run(line) for line in commands()}
    assert len(said) > 20
    shown: Callable[[str], str] = lambda start: next(text for line, text in said.items() if line.startswith(start))  # noqa: E731
    assert "approved" in shown("medunion claim review run")
    assert "reviews; silence approves" in shown("medunion claim due --member")
    assert "everything was given back" in shown("medunion claim reverse")
    assert "payments are confirmed" in shown("medunion claim payout confirm")
    assert ": paid" in shown("medunion claim payout report")


def test_the_python_runs(reader: Reader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.setenv("MEDUNION_HOME", str(reader.cli.home))
    exec(compile(block.replace("…", SECRET), "docs/insurance.md", "exec"), {})  # noqa: S102  the page's own text
    assert capsys.readouterr().err == ""
