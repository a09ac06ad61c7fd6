"""A transfer stopped at every step, before the step takes effect and after it; run again it is whole, once."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from medunion.keys.appointment import RETENTION
from medunion.keys.store import KeyStore

from ..records.test_crash import Stop, Stopped
from ..records.world import CLINIC, HOSPITAL_C, LABORATORY, PHARMACY, REGULATOR, World, sample
from .test_transfer import FORMER, ONE_NEW, held, positions, readable_by_any_two

Owner = Callable[[World], Any]

AUTHOR: list[tuple[str, Owner, str]] = [
    ("reopened", lambda world: world.a.records._journal, "reopen"),
    ("begun", lambda world: world.a.records._journal, "begin_deposits"),
    ("deposited", lambda world: world.sites[PHARMACY].point, "deposit"),
    ("acknowledged", lambda world: world.a.records._journal, "add_receipts"),
    ("marked", lambda world: world.a.records._journal, "mark_deposited"),
    ("ended", lambda world: world.a.records._store, "end_transfer"),
]
TRUSTEE: list[tuple[str, Owner, str]] = [
    ("asked", lambda world: world.sites[CLINIC].point, "hand_over"),
    ("asked the second", lambda world: world.sites[LABORATORY].point, "hand_over"),
    ("kept", lambda world: world.sites[PHARMACY].records._store, "put_shares"),
    ("ended", lambda world: world.sites[PHARMACY].records._store, "end_transfer"),
]
LEAVING: list[tuple[str, Owner, str]] = [
    ("confirmed", lambda world: world.sites[PHARMACY].point, "hand_over"),
    ("deleted", lambda world: world.b.records._store, "forget_shares"),
    ("ended", lambda world: world.b.records._store, "end_transfer"),
]


def stopped(owner: Any, method: str, action: Callable[[], object], *, after: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        stop = Stop(patch)
        stop.at(owner, method, after=after)
        with pytest.raises(Stopped):
            action()
        assert stop.reached


def deaf(world: World) -> None:
    """Members do nothing of themselves when they are told of an appointment."""
    for site in world.sites.values():
        site.point._transfer = None


@pytest.fixture
def kept(all_members: World) -> World:
    """Shares at three trustees; the patient has named another for one of them."""
    all_members.appoint(*FORMER)
    assert all_members.a.records.commit(all_members.patient, sample()).state == "replicated"
    deaf(all_members)
    all_members.appoint(*ONE_NEW, former=FORMER)
    return all_members


def check_whole(world: World) -> None:
    world.retention_ends()
    positions(world, *ONE_NEW)
    assert held(world, FORMER[0]) == []
    stores: list[KeyStore] = [site.point._store for site in world.sites.values()]
    assert sum(store._db.execute("SELECT count(*) FROM shares").fetchone()[0] for store in stores) == 6


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
class TestStopped:
    @pytest.mark.parametrize(("owner", "method"), [each[1:] for each in AUTHOR], ids=[each[0] for each in AUTHOR])
    def test_the_author(self, kept: World, owner: Owner, method: str, after: bool) -> None:
        stopped(owner(kept), method, lambda: kept.a.records.transfer(kept.patient), after=after)
        kept.reopen()
        kept.a.records.resume()
        kept.a.records.settle_due()
        for member in (PHARMACY, CLINIC, LABORATORY, FORMER[0]):
            kept.sites[member].records.settle_due()
        check_whole(kept)
        roots = [each.root for each in kept.ledger.batches(kept.patient)]
        expected = {PHARMACY: (1, True), FORMER[0]: (1, True), CLINIC: (2, True), LABORATORY: (3, True)}
        assert [kept.a.records._journal.receipts(root) for root in roots] == [expected] * 2
        assert kept.a.records._store.due_transfers() == []

    @pytest.mark.parametrize(("owner", "method"), [each[1:] for each in TRUSTEE], ids=[each[0] for each in TRUSTEE])
    def test_the_new_trustee(self, kept: World, owner: Owner, method: str, after: bool) -> None:
        shutil.rmtree(kept.a.home.path)
        shutil.rmtree(kept.b.home.path)
        action = kept.sites[PHARMACY].records
        stopped(owner(kept), method, lambda: action.transfer(kept.patient), after=after)
        again = kept.reopen(PHARMACY)
        again.records.settle_due()
        for member in (CLINIC, LABORATORY):
            kept.sites[member].records.settle_due()
        positions(kept, *ONE_NEW)
        readable_by_any_two(kept, ONE_NEW)

    @pytest.mark.parametrize(("owner", "method"), [each[1:] for each in LEAVING], ids=[each[0] for each in LEAVING])
    def test_the_leaving_trustee(self, kept: World, owner: Owner, method: str, after: bool) -> None:
        shutil.rmtree(kept.a.home.path)
        for member in ONE_NEW:
            kept.sites[member].records.settle_due()
        kept.chain.time += RETENTION
        stopped(owner(kept), method, lambda: kept.b.records.transfer(kept.patient), after=after)
        kept.reopen(FORMER[0]).records.settle_due()
        assert held(kept, FORMER[0]) == []
        check_whole(kept)
        readable_by_any_two(kept, ONE_NEW)


class TestChangedAgain:
    def test_a_second_change_before_the_first_was_done(self, kept: World) -> None:
        shutil.rmtree(kept.a.home.path)
        later = (PHARMACY, HOSPITAL_C, REGULATOR)
        kept.appoint(*later, former=ONE_NEW)
        for _ in range(2):
            for member in (*later, *FORMER):
                kept.sites[member].records.settle_due()
        positions(kept, *later)
        readable_by_any_two(kept, later)
        kept.retention_ends()
        positions(kept, *later)
        assert [len(held(kept, member)) for member in (CLINIC, LABORATORY)] == [0, 0]
