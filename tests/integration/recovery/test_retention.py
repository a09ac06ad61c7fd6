"""Former trustees keep their shares for the retention period by the ledger's time, and then delete them."""

import pytest

from medunion.keys.appointment import RETENTION

from .conftest import Scene

pytestmark = pytest.mark.devnet


def test_shares_are_kept_from_the_latest_change_on(scene: Scene) -> None:
    network, desk = scene.network, scene.network.desk("hospital-a")
    former = network.member("hospital-b").records()
    network.desk("hospital-b").check_in(scene.alice)  # who treats her is told of every change
    desk.set_trustees(scene.alice, [network.member("laboratory").id])
    scene.wait(RETENTION // 2)
    receipt = desk.set_trustees(scene.alice, [network.member("clinic").id])
    until = receipt.events[0].time + RETENTION
    assert receipt.events[0].name == "ConfigurationPartChanged"
    scene.wait_until(until - 10)
    held = former.transfer(scene.patient).held
    assert (held.kept, held.kept_until, held.forgotten, held.failures) == (1, until, 0, [])
    assert network.patient_records(scene.alice).custody().kept_until == until
    scene.wait_until(until)
    held = former.transfer(scene.patient).held
    assert (held.kept, held.kept_until, held.forgotten, held.failures) == (0, 0, 1, [])
    assert scene.read(scene.alice) == scene.bodies
