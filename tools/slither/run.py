"""Runs Slither on the contracts. Fails on a finding that accepted.toml does not explain, and the other way round.

Each `[[accepted]]` table has `check` (Slither's detector), `where` (texts that the finding's first line begins with or
contains, one a finding or a family of findings) and `reason`.
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent


@dataclass
class Accepted:
    """One explained kind of finding, and which of its places were seen."""

    check: str
    where: list[str]
    reason: str
    seen: set[str] = field(default_factory=set)

    def explains(self, check: str, description: str) -> bool:
        """Whether this entry covers the finding; remembers the places."""
        hits = {place for place in self.where if place in description} if check == self.check else set()
        self.seen |= hits
        return bool(hits)


def read_accepted(text: str) -> list[Accepted]:
    """The entries of accepted.toml; a KeyError or ValueError names what one of them lacks."""
    entries = [
        Accepted(entry["check"], entry["where"], entry["reason"]) for entry in tomllib.loads(text).get("accepted", [])
    ]
    for entry in entries:
        if not entry.reason.strip() or not entry.where:
            raise ValueError(f"{entry.check}: an accepted finding needs a place and a reason")
    return entries


def unexplained(findings: list[dict[str, Any]], accepted: list[Accepted]) -> list[str]:
    """Problems, a sentence each: findings without an entry, then entries' places without a finding."""
    problems = []
    for finding in findings:
        description = str(finding["description"]).strip().replace("\n\t", " ")
        explained = [entry for entry in accepted if entry.explains(finding["check"], description)]
        if not explained:
            problems.append(f"{finding['impact']}/{finding['check']}: {description}")
    for entry in accepted:
        problems += [
            f"accepted.toml: {entry.check} has no finding at {place}"
            for place in entry.where
            if place not in entry.seen
        ]
    return problems


def analyse() -> list[dict[str, Any]]:
    """Slither's findings; its own progress goes to standard error. Raises CalledProcessError when it cannot analyse."""
    environment = {**os.environ, "FOUNDRY_PROFILE": "slither"}
    environment["PATH"] = os.pathsep.join(
        [str(ROOT / ".build" / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
    )
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "slither.json"
        command = [
            "slither",
            ".",
            "--config-file",
            str(FOLDER / "config.json"),
            "--no-fail-pedantic",
            "--json",
            str(report),
        ]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if not report.exists():
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        print(done.stderr.strip().splitlines()[-1])
        findings: list[dict[str, Any]] = json.loads(report.read_text())["results"].get("detectors", [])
        return findings


def main() -> int:
    accepted = read_accepted((FOLDER / "accepted.toml").read_text())
    try:
        findings = analyse()
    except subprocess.CalledProcessError as error:
        print(f"Slither could not analyse the contracts:\n{error.stderr[-4000:]}", file=sys.stderr)
        return 1
    problems = unexplained(findings, accepted)
    print(
        "\n".join(problems)
        if problems
        else f"all {len(findings)} findings are explained in tools/slither/accepted.toml"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
