"""At least 200 kills (-9) of the committing process at every step, and of its chain around it, with printed counts."""

import os
import time
from collections.abc import Callable, Iterator

import pytest

from ..unit.records.world import workplace
from .hospital import KILLED, Hospital
from .killing import points

pytestmark = [pytest.mark.devnet, pytest.mark.slow]

KILLS = int(os.environ.get("MEDUNION_KILLS", "200"))
SEED = int(os.environ.get("MEDUNION_SEED", "1"))


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    with workplace() as path:
        made = Hospital(path, SEED)
        made.stop()
        made.start()
        yield made
        made.stop()


def test_nothing_acknowledged_is_lost_and_nothing_is_committed_twice(
    hospital: Hospital, tell: Callable[[str], None]
) -> None:
    began, rounds = time.monotonic(), 0
    where = list(points())
    while hospital.counts[KILLED] + hospital.counts["Anvil killed"] < KILLS or rounds < len(where) * 2:
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
            while_running(hospital)
        if rounds % 40 == 0:
            hospital.settle()
    hospital.settle()
    finished = dict(hospital.begun)
    for number, value in finished.items():
        if hospital.acknowledged.get(number) != value:
            hospital.ended(hospital.commit(number, value), None)
    assert hospital.acknowledged == finished
    hospital.settle()
    missed = {str(point) for point in where} - set(hospital.points)
    tell(f"kills by seed {SEED}, {rounds} rounds, {time.monotonic() - began:.0f} s:")
    for name, count in sorted(hospital.counts.items()):
        tell(f"  {name}: {count}")
    tell(f"  steps at which the process was killed: {len(hospital.points)} of {len(where)}")
    tell(f"  bundles acknowledged: {len(hospital.acknowledged)}, none lost, none twice")
    assert not missed
    assert hospital.counts[KILLED] + hospital.counts["Anvil killed"] >= KILLS


def while_running(hospital: Hospital) -> None:
    """The chain dies at some moment of a commit."""
    number = 10_000 + len(hospital.begun)
    child = hospital.commit(number, "first")
    time.sleep(hospital.random.random() * 0.5)
    hospital.kill_chain()
    hospital.ended(child, None)
