"""Runs `medunion demo` as a user does: in a process of its own, and looks at what it left behind."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SECRET = "the auditor's passphrase"


@dataclass(frozen=True)
class Told:
    """What a run printed and left."""

    code: int
    out: str
    err: str
    report: dict[str, Any]
    kept: Path
    left: list[str]
    """Processes that were still running when it had ended."""

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from medunion.cli import main; main()", *arguments]


def environment(**more: str) -> dict[str, str]:
    """This process's, without what would change language or passphrase."""
    left_out = ("LC_ALL", "LC_MESSAGES", "MEDUNION_LANG", "MEDUNION_HOME", "MEDUNION_RPC")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "LANG": "C.UTF-8", "PYTHONUTF8": "1", **more}


def medunion(*arguments: str, timeout: float = 600, **more: str) -> "subprocess.CompletedProcess[str]":
    """Runs the command line from the checkout, where Anvil is found."""
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=environment(**more), capture_output=True, text=True, timeout=timeout
    )


def processes(mark: str) -> list[str]:
    """Command lines of running processes that name `mark`, a folder: Anvil's names its own."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mark in text and "anvil" in text:
            found.append(text)
    return found
