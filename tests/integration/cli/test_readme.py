"""The README's commands, line by line as they stand, in a shell; and the Chinese page's, which are the same."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .commands import ROOT, Cli

ENGLISH = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")


def commands(page: str) -> list[str]:
    """Every line of the blocks that use a devnet, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return [line for block in blocks if "devnet up" in block for line in block.splitlines()]


def script(lines: list[str]) -> str:
    """The lines, each followed by one that notes its exit code."""
    return "".join(f"{line}\necho $? >> codes\n" for line in lines)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder like the repository, whose `./dev run` is this environment's command line."""
    for name in ("docs", "src"):
        (tmp_path / name).symlink_to(ROOT / name)
    dev = tmp_path / "dev"
    program = "from medunion.cli import main; main()"
    dev.write_text(f'#!/bin/sh\nshift\nexec "{sys.executable}" -c "{program}" "$@"\n')
    dev.chmod(0o755)
    return tmp_path


def test_both_pages_have_the_same_commands() -> None:
    stripped = [[line.partition(" # ")[0].rstrip() for line in commands(page)] for page in (ENGLISH, CHINESE)]
    assert stripped[0] == stripped[1]
    assert len(stripped[0]) > 30


def test_both_pages_have_the_same_program() -> None:
    block = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
    english, chinese = (block.findall(page) for page in (ENGLISH, CHINESE))
    assert english == chinese


@pytest.mark.devnet
def test_every_command_does_what_the_page_says(checkout: Path) -> None:
    lines = commands(ENGLISH)
    try:
        done = subprocess.run(
            ["bash", "-c", script(lines)], cwd=checkout, capture_output=True, text=True, timeout=900, env=os.environ
        )
    finally:
        Cli(checkout / ".medunion").run("devnet", "down")
    codes = (checkout / "codes").read_text().split()
    failed = [line for line, code in zip(lines, codes, strict=True) if code != "0"]
    assert failed == [line for line in lines if "# refused" in line], done.stdout + done.stderr
    assert "Insurers paid 77.76 CNY, the patient 20.00 CNY" in done.stdout
    assert "the patient would owe 50.00 CNY" in done.stdout
    assert "0.24 CNY of it is above" in done.stdout
    assert "Conserved" in done.stdout
