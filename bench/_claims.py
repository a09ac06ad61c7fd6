"""Gas of completing and settling a claim while the claims on the ledger grow."""

import json
from collections.abc import Sequence
from pathlib import Path

from bench._money import Money

_POINTS = (1, 2, 10, 100, 1_000)
_PEERS = Path(__file__).with_name("peers.json")


def measure(money: Money, claims: int) -> list[int]:
    """Gas of each of so many completions, one after the other, of one patient, provider and policy."""
    return [money.settle(money.policies[:1]).gas_used for _ in range(claims)]


def show(gas: Sequence[int]) -> str:
    """The curve by number of the claim, how far any but the first differs, and how the peers' grow."""
    shown = sorted({point for point in (*_POINTS, len(gas)) if point <= len(gas)})
    lines = [f"{'complete_and_settle, claim':<26} {'gas':>12}"]
    for point in shown:
        note = "  slots of its payee, policy and period are new" if point == 1 else ""
        lines.append(f"{point:>26,} {gas[point - 1]:>12,}{note}")
    if later := gas[1:]:
        lines.append(f"From the second on: {min(later):,} to {max(later):,}; zero bytes in digests are cheaper.")
    for peer in json.loads(_PEERS.read_text(encoding="utf-8"))["growth"]:
        points = ", ".join(f"claim {number:,}: {used:,}" for number, used in peer["gas"])
        lines.append(f"{peer['peer']}, {peer['operation']}: {points}")
    return "\n".join(lines)
