"""The contracts' tests by foundry.toml's profile `nightly`, then how many calls each invariant campaign made.

Fails when forge does, or when the campaigns together made fewer than a million calls.

Usage: tools/campaigns.py [ARGUMENTS OF forge test]
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORGE = ROOT / ".build" / "bin" / "forge"
MINIMUM_CALLS = 1_000_000

_CAMPAIGN = re.compile(r"^\[\w+.*\] (invariant_\w+)\(\) \(runs: \d+, calls: (\d+), reverts: \d+\)")


@dataclass(frozen=True)
class Campaign:
    """An invariant's campaign and the calls that it made of its handler."""

    name: str
    calls: int


def campaigns_of(lines: Iterable[str]) -> Iterator[Campaign]:
    """The campaigns in what `forge test` prints."""
    for line in lines:
        if match := _CAMPAIGN.match(line):
            yield Campaign(match[1].removeprefix("invariant_"), int(match[2]))


def summary(campaigns: Iterable[Campaign]) -> tuple[str, bool]:
    """A line per campaign and one for all together, and whether they made enough calls."""
    found = sorted(campaigns, key=lambda campaign: campaign.name)
    total = sum(campaign.calls for campaign in found)
    enough = total >= MINIMUM_CALLS
    rows = [*found, Campaign("all campaigns together", total)]
    lines = [f"{row.name:32} {row.calls:>10,} calls" for row in rows]
    if not enough:
        lines.append(f"campaigns: fewer than {MINIMUM_CALLS:,} calls")
    return "\n".join(lines), enough


def main(arguments: list[str]) -> int:
    """Runs forge, shows its output as it comes, and adds the summary."""
    environment = {**os.environ, "FOUNDRY_PROFILE": os.environ.get("FOUNDRY_PROFILE", "nightly")}
    with subprocess.Popen(
        [str(FORGE), "test", *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        lines = []
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
    text, enough = summary(campaigns_of(lines))
    print(text)
    return 0 if process.returncode == 0 and enough else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
