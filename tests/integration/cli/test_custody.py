"""docs/custody.md, command by command as it stands, on one devnet."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion.chain import devnet

from .commands import ROOT, Cli
from .conftest import MEMBERS

pytestmark = pytest.mark.devnet
DAY = 86_400


def lines() -> list[str]:
    """Every line of the page's shell blocks, in order."""
    text = (ROOT / "docs" / "custody.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Iterator[Cli]:
    """A devnet of its own, whose clock the page moves: the page's people, and a patient with records."""
    cli = Cli(tmp_path_factory.mktemp("custody") / "home")
    cli.said("devnet", "up")
    try:
        for name, kind in MEMBERS.items():
            cli.said("member", "propose", name, "--kind", kind, "--seat", 1, "--seat", 2)
        for name in ("alice", "bob", "carol", "dave"):
            cli.said("wallet", "new", name)
            trustees = ("--trustee", "hospital-b", "--trustee", "clinic", "--trustee", "laboratory")
            cli.said("patient", "register", name, "--at", "hospital-a", *(trustees if name == "alice" else ()))
        cli.said("episode", "open", "alice", "hospital-a")
        cli.said("record", "commit", "hospital-a", "alice", bundle)
        cli.said("grant", "set", "alice", "clinic")
        yield cli
    finally:
        cli.run("devnet", "down")


def test_every_command_does_what_the_page_says(
    consortium: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = consortium.data("record", "list", "alice")
    listed, run = [], 0
    for line in lines():
        if days := re.fullmatch(r"# (\d+) days later", line):
            running = devnet.status(consortium.home)
            assert running is not None
            with running.connect() as connection:
                devnet.advance(connection, int(days[1]) * DAY)
            continue
        words = shlex.split(line)
        assert words[0] == "medunion", line
        said = consortium.said(*words[1:])
        run += 1
        if words[1:3] == ["record", "list"]:
            listed.append(consortium.data(*words[1:]))
    assert run == len([line for line in lines() if line.startswith("medunion ")]) > 25
    assert listed == [before, before]
    assert "Retired ids" in said
    assert "does not hold the key" in consortium.refused("record", "list", "alice")
