"""Gas of whole transactions on the committed artifacts, beside what published contracts use for the same.

./dev bench gas                the table
./dev bench gas --json FILE    also as one flat object, operation -> gas
./dev bench gas --write        also as tests/snapshots/gas.json, which a test compares
./dev bench gas --claims N     settles N claims more, one after the other, and shows their gas (1000; 0: none)
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import _claims
from bench._consortium import CLOCK, Consortium
from bench._money import Money
from bench._operations import Operations
from medunion.chain import devnet
from medunion.chain.connection import Connection
from medunion.chain.deployment import deploy, open_deployment

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = ROOT / "tests" / "snapshots" / "gas.json"
PEERS = Path(__file__).with_name("peers.json")

BUDGETS = {
    "register_patient_by_sig": 115_000,
    "grant": 60_000,
    "grant_by_sig": 92_000,
    "grant_by_sig_again": 75_000,
    "revoke": 30_000,
    "commit_one": 65_000,
    "commit_1000_per_record": 65,
    "complete_and_settle": 280_000,
}
"""What each operation may cost."""

BOUGHT = {
    "grant": "the event carries the whole scope and the next nonce, so that an indexer needs no call; the member's "
    "status and the end of a provisional id are read where they are kept",
    "revoke": "a direct revocation advances the nonce too, which stays in the slot instead of earning the refund of a "
    "cleared one: a signed grant that a relayer withheld cannot outlive it",
}
"""What an operation over its budget buys."""


@dataclass(frozen=True)
class Peer:
    """One published contract's figure for a comparable operation."""

    peer: str
    operation: str
    gas: int


def measure(home: Path) -> dict[str, float]:
    """Runs every operation on a devnet of its own in `home`: operation -> gas."""
    with _deployed(home) as (consortium, gas):
        return {"deploy_all_contracts": gas} | Operations(consortium).run() | Money(consortium).run()


def claims(home: Path, count: int) -> list[int]:
    """Settles so many claims on a devnet of its own in `home`: the gas of each one's `complete_and_settle`."""
    with _deployed(home) as (consortium, _):
        return _claims.measure(Money(consortium), count)


@contextmanager
def _deployed(home: Path) -> Iterator[tuple[Consortium, int]]:
    """A consortium on a devnet that ends with the block, and the gas of its deployment."""
    with devnet.running(home) as running, running.connect() as connection:
        connection.request("evm_setNextBlockTimestamp", CLOCK)
        connection.request("evm_mine")
        deployment = deploy(connection, devnet.account(0), devnet.parameters(), home / "deployment.json")
        gas = _gas_so_far(connection)
        yield Consortium(connection, open_deployment(connection, deployment)), gas


def _gas_so_far(connection: Connection) -> int:
    """Gas of all transactions since the first block."""
    blocks = (connection.request("eth_getBlockByNumber", hex(n), False) for n in range(connection.head().number + 1))
    return sum(int(block["gasUsed"], 16) for block in blocks)


def render(gas: Mapping[str, float]) -> str:
    """The snapshot's text."""
    return json.dumps(dict(gas), indent=1) + "\n"


def peers() -> dict[str, list[Peer]]:
    """Operation -> the peers' figures for it."""
    operations = json.loads(PEERS.read_text(encoding="utf-8"))["operations"]
    return {name: [Peer(**figure) for figure in figures] for name, figures in operations.items()}


def table(gas: Mapping[str, float], beside: Mapping[str, Sequence[Peer]]) -> str:
    """Each operation with its budget, and the peers' figures as multiples of ours."""
    lines = [f"{'operation':<26} {'gas':>12} {'budget':>9}"]
    for name, used in gas.items():
        budget = BUDGETS.get(name)
        judged = "" if budget is None else f"{budget:>9,} {'within' if used <= budget else 'over'}"
        lines.append(f"{name:<26} {used:>12,} {judged}".rstrip())
        lines += [
            f"{'':<26} {peer.gas:>12,} {peer.gas / used:>8.2f}x  {peer.peer}: {peer.operation}"
            for peer in beside.get(name, ())
        ]
    for name, reason in BOUGHT.items():
        if gas.get(name, 0) > BUDGETS[name]:
            lines += ["", f"{name} is over its budget: {reason}."]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints the table, and writes what is asked for."""
    parser = argparse.ArgumentParser(prog="./dev bench gas", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write operation -> gas to FILE")
    parser.add_argument("--write", action="store_true", help="make this the snapshot that tests compare")
    parser.add_argument("--claims", type=int, default=1_000, metavar="N", help="claims of the curve (1000); 0: none")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="medunion-gas-") as home:
        gas = measure(Path(home, "operations"))
        print(table(gas, peers()))
        if options.claims > 0:
            print("\n" + _claims.show(claims(Path(home, "claims"), options.claims)))
    print(f"\nPeers' figures and their sources: {PEERS.relative_to(ROOT)}")
    for path in filter(None, (options.json, SNAPSHOT if options.write else None)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(gas), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
