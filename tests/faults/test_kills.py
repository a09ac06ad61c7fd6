"""At least 200 kills (-9) of the committing process at every step, and of its chain around it, with printed counts."""

import os
import time
from collections.abc import Callable, Iterator

import pytest

from ..unit.records.world import workplace
from .hospital import KILLED, Hospital
from .killing import points

pytestmark = [pytest.mark.devnet, pytest.mark.slow]

KILLS = {"folder": 100, "kubo": int(os.environ.get("MEDUNION_KILLS", "200"))}
SEED = int(os.environ.get("MEDUNION_SEED", "1"))


@pytest.fixture(params=["folder", "kubo"])
def blobs(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def hospital(blobs: str) -> Iterator[Hospital]:
    with workplace() as path:
        made = Hospital(path, SEED, blobs=blobs)
        made.restart_chain()
        yield made
        made.stop()


def test_nothing_acknowledged_is_lost_and_nothing_is_committed_twice(
    hospital: Hospital, blobs: str, tell: Callable[[str], None]
) -> None:
    began, rounds = time.monotonic(), 0
    where = list(points(blobs))
    while kills(hospital) < KILLS[blobs] or set(map(str, where)) - set(hospital.points):
        point = where[rounds % len(where)]
        rounds += 1
        number = rounds if rounds % 3 else hospital.random.choice(list(hospital.begun))
        value = hospital.begun.get(number, "first") if number not in hospital.acknowledged else f"value {rounds}"
        if hospital.ended(hospital.commit(number, value, point), point) == KILLED and rounds % 4 == 0:
            hospital.kill_chain()
        # What comes next is killed too, now and then: finishing must be as safe as beginning.
        again = hospital.random.choice(where) if hospital.random.random() < 0.4 else None
        if hospital.random.random() < 0.5:
            hospital.ended(hospital.resume(again), again)
        else:
            hospital.ended(hospital.commit(number, hospital.begun[number], again), again)
        if rounds % 7 == 0:
            while_running(hospital, hospital.kill_chain)
        if blobs == "kubo" and rounds % 9 == 0:
            while_running(hospital, hospital.kill_node)
        if rounds % 40 == 0:
            hospital.settle()
    hospital.settle()
    finished = dict(hospital.begun)
    for number, value in finished.items():
        if hospital.acknowledged.get(number) != value:
            hospital.ended(hospital.commit(number, value), None)
    assert hospital.acknowledged == finished
    hospital.settle()
    tell(f"kills over {blobs}, seed {SEED}: {kills(hospital)} in {rounds} rounds, {time.monotonic() - began:.0f} s")
    for name, count in sorted(hospital.counts.items()):
        tell(f"  {name}: {count}")
    tell(f"  steps at which the process was killed: {len(hospital.points)} of {len(where)}")
    tell(f"  bundles acknowledged: {len(hospital.acknowledged)}, none lost, none twice")


def kills(hospital: Hospital) -> int:
    return sum(hospital.counts[name] for name in (KILLED, "Anvil killed", "Kubo killed"))


def while_running(hospital: Hospital, kill: Callable[[], None]) -> None:
    """Something dies at some moment of a commit."""
    number = 10_000 + len(hospital.begun)
    child = hospital.commit(number, "first")
    time.sleep(hospital.random.random() * 0.5)
    kill()
    hospital.ended(child, None)
