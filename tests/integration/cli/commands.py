"""Runs commands in this process, as `medunion` does, and takes what they print and how they exit."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medunion.cli import main

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Outcome:
    """Exit code, standard output and standard error of a command."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Cli:
    """The command line for one folder; `said` and `data` want success, `refused` wants exit code 1."""

    home: Path

    def run(self, *arguments: object) -> Outcome:
        """Runs a command, whatever comes of it."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        code: Any = 0
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main(["--home", str(self.home), *map(str, arguments)])
            except SystemExit as leaving:
                code = leaving.code
        texts = []
        for stream in (out, err):
            buffer = stream.buffer
            assert isinstance(buffer, io.BytesIO)
            texts.append(buffer.getvalue().decode())
        return Outcome(code or 0, *texts)

    def said(self, *arguments: object) -> str:
        """What a command that succeeds prints; nothing on standard error."""
        outcome = self.run(*arguments)
        assert (outcome.code, outcome.err) == (0, ""), outcome
        return outcome.out

    def data(self, *arguments: object) -> Any:
        """The JSON that a command prints with `--json`."""
        return json.loads(self.said(*arguments, "--json"))

    def refused(self, *arguments: object) -> str:
        """The message of a command that fails: on standard error, without output and traceback."""
        outcome = self.run(*arguments)
        assert (outcome.code, outcome.out) == (1, ""), outcome
        assert outcome.err.startswith("Error: "), outcome
        assert "Traceback" not in outcome.err
        return outcome.err

    def misused(self, *arguments: object) -> str:
        """The message of a command that was not called as its help says: exit code 2."""
        outcome = self.run(*arguments)
        assert (outcome.code, outcome.out) == (2, ""), outcome
        return outcome.err

    def state(self) -> dict[str, object]:
        """The head of the chain, and the bytes of every file of the folder that a refused command may not touch."""
        files = {
            str(path.relative_to(self.home)): path.read_bytes()
            for path in sorted(self.home.rglob("*"))
            if path.is_file() and path.suffix not in (".log", ".db-shm", ".db-wal", ".sqlite-shm", ".sqlite-wal")
        }
        return {"block": block(self), "files": files}


def block(cli: Cli) -> int:
    """Number of the devnet's last block: every transaction makes one."""
    text = cli.said("devnet", "status")
    return int(text.partition("at block ")[2].partition(";")[0])


