"""docs/care-plans.md, command by command as it stands: with its files, and the plan's id where it says PLAN."""

import re
import shlex
from pathlib import Path

import pytest

from .commands import ROOT, Cli

pytestmark = pytest.mark.devnet

PAGE = (ROOT / "docs" / "care-plans.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_every_command_does_what_the_page_says(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.said("wallet", "new", "careful")
    cli.said("patient", "register", "careful", "--at", "hospital-b")
    cli.said("episode", "open", "careful", "hospital-b")
    for name, text in zip(("plan.json", "template.json"), blocks("json"), strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said: dict[str, list[str]] = {}
    plan = ""
    for line in (line for block in blocks("sh") for line in block.splitlines()):
        words = [{"PLAN": plan, "alice": "careful"}.get(word, word) for word in shlex.split(line)]
        said.setdefault(words[2], []).append(cli.said(*words[1:]))
        if words[2] == "propose":
            (proposed,) = cli.data("careplan", "list", "--patient", "careful")
            plan = proposed["carePlan"]
    assert "Illness is found early" in said["show"][0]
    assert "150.00 CNY" in said["list"][0]
    for day, state, text in zip(
        ("2027-01-15", "2028-01-15", "2027-01-15"), ("due", "due", "offered"), said["due"], strict=True
    ):
        assert day in text
        assert state in text.split()
    assert cli.data("careplan", "show", plan)["state"] == "ended"
