"""A hospital that goes on committing while it, its chain and its blob store are killed, and what must be true of it."""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from medunion import processes
from medunion.blobs import kubo_daemon
from medunion.chain import devnet
from medunion.chain.anvil_state import STATE_FILE, is_whole
from medunion.fhir import prepare
from medunion.network import Home, Network, Passphrases
from medunion.records.journal import Journal, State
from medunion.vocabulary import MemberKind

from ..unit.records.world import bundle_of, observation, resource
from .killing import COMMITTED, FAILED, KILLED, Child, Point

SECRET = "passphrase"
AUTHOR = "hospital-a"
MEMBERS = [
    (AUTHOR, MemberKind.HOSPITAL),
    ("hospital-b", MemberKind.HOSPITAL),
    ("clinic", MemberKind.CLINIC),
    ("laboratory", MemberKind.LABORATORY),
]
OPEN = (State.PREPARED, State.STORED, State.SIGNED, State.COMMITTED)


def bundle(number: int, value: str) -> bytes:
    """A visit with a result, and an allergy that belongs to no visit: three records, two batches."""
    visit = f"e{number}"
    encounter = {
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/p1"},
    }
    here = {"encounter": {"reference": f"Encounter/{visit}"}}
    return bundle_of(
        resource("Encounter", visit, period={"start": "2024-03-04T08:00:00+08:00"}, **encounter),
        observation(f"o{number}", value, **here),
        resource("AllergyIntolerance", f"a{number}", code={"text": "nuts"}, patient={"reference": "Patient/p1"}),
    )


class Hospital:
    """A network's folder, its running chain, and what its author was told. Everything random comes from one seed."""

    def __init__(self, path: Path, seed: int, *, keep: bool = True, blobs: str = "folder") -> None:
        self.path = path
        self.home = Home(path)
        self.log = path / "acknowledged.jsonl"
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.points: Counter[str] = Counter()
        self.begun: dict[int, str] = {}
        """The latest value that was given to each bundle, acknowledged or not."""
        self.acknowledged: dict[int, str] = {}
        self.highest = 0
        self.chain: devnet.Devnet | None
        network = Network.start_devnet(path, SECRET, keep=keep, blobs=blobs, detached=False)
        self.chain, self.node = network.devnet, network.node
        with closing_without_stop(network):
            network.admit_all(MEMBERS)
            identity = network.create_wallet("patient").identity()
            self.patient = identity.patient
            desk = network.desk(AUTHOR)
            desk.register(identity, trustees=[network.member(name).id for name, _ in MEMBERS[1:]])
            desk.check_in(identity)

    def restart_chain(self) -> None:
        """Starts the chain again so that it writes its state every second."""
        if self.chain is not None:
            self.chain.stop()
        self.chain = devnet.start(self.path, save_every=1, detached=False)

    def stop(self) -> None:
        """Stops everything in good order."""
        if self.chain is not None:
            self.chain.stop()
            self.chain = None
        if self.node is not None:
            self.node.stop()
            self.node = None

    def kill_node(self) -> None:
        """The IPFS node's process dies, and starts again."""
        assert self.node is not None
        os.kill(self.node.pid, signal.SIGKILL)
        processes.children[self.node.pid].wait()
        self.counts["Kubo killed"] += 1
        self.node = kubo_daemon.start(self.path, detached=False)

    def kill_chain(self) -> None:
        """The chain's process dies: blocks since it last wrote its state are lost."""
        assert self.chain is not None
        with self.chain.connect() as connection:
            before = connection.head().number
        # Anvil does not write its state atomically: killing it there would test Anvil.
        os.kill(self.chain.pid, signal.SIGSTOP)
        while not is_whole(self.path / STATE_FILE):
            os.kill(self.chain.pid, signal.SIGCONT)
            time.sleep(0.005)
            os.kill(self.chain.pid, signal.SIGSTOP)
        os.kill(self.chain.pid, signal.SIGKILL)
        processes.children[self.chain.pid].wait()
        self.counts["Anvil killed"] += 1
        self.highest = max(self.highest, before)
        self.chain = None
        self.restart_chain()
        with self.chain_connection() as connection:
            self.counts["blocks lost"] += before - connection.head().number

    @contextmanager
    def chain_connection(self) -> Iterator[Any]:
        assert self.chain is not None
        with self.chain.connect() as connection:
            yield connection

    @contextmanager
    def network(self) -> Iterator[Network]:
        """The network's folder opened, as a process that starts does."""
        with Network.open(self.home, Passphrases.fixed(SECRET)) as opened:
            yield opened

    def commit(self, number: int, value: str, point: Point | None = None) -> Child:
        """Begins to commit a bundle in a process of its own."""
        self.begun[number] = value
        content = bundle(number, value)

        def work() -> list[Any]:
            with self.network() as network:
                network.member(AUTHOR).records().commit(self.patient, content)
            return [number, value]

        return Child(work, point, self.log)

    def resume(self, point: Point | None = None) -> Child:
        """Begins to finish what was begun."""

        def work() -> list[Any]:
            with self.network() as network:
                network.member(AUTHOR).records().resume()
            return []

        return Child(work, point, self.log)

    def ended(self, child: Child, point: Point | None) -> str:
        """Waits for a child, and counts."""
        outcome = child.wait()
        self.counts[outcome] += 1
        if outcome == KILLED:
            self.points[str(point)] += 1
        self._read_log()
        return outcome

    def settle(self) -> None:
        """The chain goes on past all that was ever seen of it; what was begun is finished, or was never there."""
        with self.chain_connection() as connection:
            missing = max(0, self.highest + 1 - connection.head().number)
            if missing:
                connection.request("anvil_mine", hex(missing))
        assert self.resume().wait() == COMMITTED, self.last_failure()
        with self.network() as network:
            journal = Journal(self.home.member(AUTHOR) / "journal.sqlite", network.member(AUTHOR).home.kek, 1)
            assert journal.batches(OPEN) == []
            journal.close()
            self._check(network)

    def _check(self, network: Network) -> None:
        """Every acknowledged record reads back; none is there twice; a bundle is there whole or not at all."""
        batches = network.ledger.batches(self.patient)
        assert len({batch.root for batch in batches}) == len(batches)
        reader = network.patient_records(network.identity("patient"))
        versions = [(entry.record_id, entry.version) for entry in reader.list(versions=True)]
        assert len(set(versions)) == len(versions) == sum(batch.count for batch in batches)
        found = {record.entry.local_id: record.body for record in reader.read()}
        for number, value in self.begun.items():
            names = [f"Encounter/e{number}", f"Observation/o{number}", f"AllergyIntolerance/a{number}"]
            here = [name for name in names if name in found]
            assert here in ([], names), f"bundle {number} is there in part: {here}"
            allowed = {value, self.acknowledged.get(number, value)}
            if number in self.acknowledged:
                assert here == names, f"bundle {number} was acknowledged and is not there"
            if here:
                fits = [each for each in allowed if _bodies(number, each).items() <= found.items()]
                assert fits, f"bundle {number} does not read back as it was committed"
        self.counts["records read back"] = len(found)
        self.counts["versions on the ledger"] = len(versions)

    def last_failure(self) -> str:
        """What the last child that failed said."""
        path = self.log.with_suffix(".failures")
        return path.read_text().splitlines()[-1] if path.exists() else ""

    def _read_log(self) -> None:
        if self.log.exists():
            for line in self.log.read_text().splitlines():
                if entry := json.loads(line):
                    self.acknowledged[entry[0]] = entry[1]


@contextmanager
def closing_without_stop(network: Network) -> Iterator[None]:
    """Its devnet goes on running."""
    try:
        yield
    finally:
        network.close(stop=False)


def _bodies(number: int, value: str) -> dict[str, bytes]:
    return {record.local_id: record.body for record in prepare(bundle(number, value)).records}


__all__ = ["COMMITTED", "FAILED", "KILLED", "Hospital"]
