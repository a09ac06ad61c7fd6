"""An id that goes on as another: who reads what was written under it, on a real chain with real release points."""

from itertools import count

import pytest

from medunion.errors import AccessRefused
from medunion.identity.wallet import Identity
from medunion.keys.scope import Access

from .conftest import Scene, bundle, refused

pytestmark = pytest.mark.devnet
_numbers = count(1)


def registered_again(scene: Scene) -> tuple[Identity, dict[str, bytes]]:
    """A second id of the same person, with records at hospital B and trustees of its own."""
    name = f"{scene.name}-again-{next(_numbers)}"
    again = scene.network.create_wallet(name).identity()
    desk = scene.network.desk("hospital-b")
    desk.register(again, trustees=[scene.network.member(each).id for each in ("hospital-a", "clinic", "laboratory")])
    desk.check_in(again)
    scene.network.member("hospital-b").records().commit(again.patient, bundle(name))
    return again, scene.read(again)


class TestLink:
    def test_the_survivor_reads_both_and_the_retired_id_does_nothing(self, scene: Scene) -> None:
        again, bodies = registered_again(scene)
        scene.desk.link(again, scene.alice)
        assert scene.network.ledger.survivor(again.patient) == scene.patient
        assert scene.network.ledger.retired(scene.patient) == [again.patient]
        both = scene.bodies | bodies
        assert len(scene.network.patient_records(scene.alice).list()) == len(scene.bodies) + len(bodies)
        assert scene.read(scene.alice) == both
        assert refused(lambda: scene.read(again)) == "not-the-patient"
        assert refused(lambda: scene.grant(again, "clinic")) == "AccessGrants_PatientNotActive"

    def test_members_read_by_the_survivors_grants_only(self, scene: Scene) -> None:
        again, bodies = registered_again(scene)
        scene.grant(again, "clinic")
        assert scene.read_as("clinic", again.patient) == bodies
        scene.desk.link(again, scene.alice)
        for patient in (again.patient, scene.patient):
            assert refused(lambda patient=patient: scene.read_as("clinic", patient)) == "no-grant"
        scene.grant(scene.alice, "clinic")
        assert scene.read_as("clinic", again.patient) == bodies
        assert scene.read_as("clinic") == scene.bodies | bodies
        with pytest.raises(AccessRefused):
            scene.network.member("laboratory").records().read(again.patient, Access.emergency())

    def test_links_are_followed_through_one_another(self, scene: Scene) -> None:
        first, one = registered_again(scene)
        second, two = registered_again(scene)
        scene.desk.link(first, second)
        scene.desk.link(second, scene.alice)
        assert scene.network.ledger.survivor(first.patient) == scene.patient
        assert scene.read(scene.alice) == scene.bodies | one | two
        assert refused(lambda: scene.desk.link(scene.alice, first)) != "done"

    def test_trustees_of_the_retired_id_release_to_the_survivor(self, scene: Scene) -> None:
        again, bodies = registered_again(scene)
        scene.desk.link(again, scene.alice)
        path = scene.network.member("hospital-b").path
        away = path.with_name("away")
        path.rename(away)
        try:
            assert scene.read(scene.alice) == scene.bodies | bodies
        finally:
            away.rename(path)

    def test_the_survivor_sees_who_asked_for_the_retired_ids_keys(self, scene: Scene) -> None:
        again, _ = registered_again(scene)
        scene.desk.link(again, scene.alice)
        scene.read(scene.alice)
        assert refused(lambda: scene.read_as("clinic", again.patient)) == "no-grant"
        log = scene.network.patient_records(scene.alice).access_log(scene.network.member("hospital-b").id)
        assert "no-grant" in {event["outcomeDesc"] for event in log}
