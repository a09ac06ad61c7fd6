"""Shares no longer due are kept until the change is older than any recovery: naming trustees destroys no keys."""

import shutil
from dataclasses import replace
from typing import Any

import pytest

from medunion.errors import RpcUnavailable
from medunion.keys.appointment import RETENTION
from medunion.keys.custody import HolderClient
from medunion.keys.messages import NO_LANE, BatchRef, KeyRequest
from medunion.keys.release import collect
from medunion.vocabulary import ALL_CATEGORIES, Purpose

from ..records.world import CLINIC, HOSPITAL_A, HOSPITAL_B, HOSPITAL_C, PHARMACY, REGULATOR, World, refused
from .test_transfer import FORMER, ONE_NEW, held, kept, positions, readable_by_any_two

__all__ = ["kept"]

DAY = 86_400
ALL = frozenset({1, 2, 3})


def indices(world: World, member: int) -> set[frozenset[int]]:
    """Which shares a member holds of the batches of which it holds any."""
    return {batch.indices for batch in held(world, member)}


def store(world: World, member: int) -> Any:
    return world.sites[member].records._store


def due(world: World, member: int) -> list[bytes]:
    """For whom a member has something to do now."""
    found: list[bytes] = store(world, member).due_transfers(now=world.clock())
    return found


class TestFormer:
    def test_it_keeps_to_the_last_second_and_deletes_then(self, kept: World) -> None:
        kept.appoint(*ONE_NEW, former=FORMER)
        until = kept.clock() + RETENTION
        kept.chain.time = until - 1
        report = kept.b.records.transfer(kept.patient).held
        assert (report.kept, report.kept_until, report.forgotten, report.missing) == (2, until, 0, 0)
        assert (report.done, report.failures, indices(kept, HOSPITAL_B)) == (True, [], {frozenset({2, 3})})
        kept.chain.time = until
        report = kept.b.records.transfer(kept.patient).held
        assert (report.kept, report.kept_until, report.forgotten, report.missing) == (0, 0, 2, 0)
        assert held(kept, HOSPITAL_B) == []
        assert store(kept, HOSPITAL_B).due_transfers() == []

    def test_what_it_keeps_it_does_not_release(self, kept: World) -> None:
        kept.appoint(*ONE_NEW, former=FORMER)
        shutil.rmtree(kept.a.home.path)
        assert indices(kept, HOSPITAL_B) == {frozenset({2, 3})}
        assert refused(kept.patient_reader((HOSPITAL_B,)).read) == "not-appointed"

    def test_it_stays_due_and_asks_nobody_until_then(self, kept: World, monkeypatch: pytest.MonkeyPatch) -> None:
        kept.appoint(*ONE_NEW, former=FORMER)
        assert store(kept, HOSPITAL_B).due_transfers() == [kept.patient]
        asked: list[int] = []
        monkeypatch.setattr(HolderClient, "ask", lambda *_: asked.append(1))
        monkeypatch.setattr(kept.b.ledger, "part_changed_at", lambda *_: asked.append(0) or 0)
        assert due(kept, HOSPITAL_B) == []
        kept.b.records.settle_due()
        kept.chain.time += RETENTION - 1
        kept.b.records.settle_due(kept.patient)
        assert asked == []
        kept.chain.time += 1
        assert due(kept, HOSPITAL_B) == [kept.patient]

    def test_a_second_change_restarts_the_period(self, kept: World) -> None:
        kept.appoint(*ONE_NEW, former=FORMER)
        kept.chain.time += RETENTION - DAY
        kept.appoint(PHARMACY, former=ONE_NEW, tell=(HOSPITAL_A, HOSPITAL_B))
        until = kept.clock() + RETENTION
        kept.chain.time += 2 * DAY
        for member in (HOSPITAL_B, CLINIC):
            report = kept.sites[member].records.transfer(kept.patient).held
            assert (report.kept, report.kept_until) == (2, until)
        kept.chain.time = until
        kept.settle_all()
        assert held(kept, HOSPITAL_B) == held(kept, CLINIC) == []

    def test_also_a_change_that_it_was_not_told_of(self, kept: World) -> None:
        appointment = kept.appoint(*ONE_NEW, former=FORMER)
        kept.chain.time += RETENTION - 1
        kept.put_on_ledger(replace(appointment, salt=bytes(32)))
        kept.chain.time += 1
        assert due(kept, HOSPITAL_B) == [kept.patient]
        kept.b.records.settle_due()
        assert refused(kept.b.records.transfer, kept.patient) == "unknown-appointment"
        assert len(held(kept, HOSPITAL_B)) == 2

    def test_another_part_that_changes_does_not(self, kept: World) -> None:
        appointment = kept.appoint(*ONE_NEW, former=FORMER)
        since = kept.clock()
        kept.chain.time += RETENTION
        kept.put_on_ledger(replace(appointment, contacts=b"c" * 32))
        state = kept.chain.mine()
        state.parts[kept.patient] = {1: b"c" * 32}
        state.changed |= {(kept.patient, 0): since, (kept.patient, 1): kept.clock()}
        kept.b.records.settle_due()
        assert held(kept, HOSPITAL_B) == []

    @pytest.mark.parametrize(("ahead", "left"), [(-40 * DAY, 2), (-1, 2), (0, 0), (40 * DAY, 0)])
    def test_its_clock_decides_and_not_the_date_noted_when_it_was_told(
        self, kept: World, ahead: int, left: int
    ) -> None:
        kept.appoint(*ONE_NEW, former=FORMER)
        now = kept.clock() + RETENTION + ahead
        kept.b.records._shares._clock = lambda: now  # type: ignore[union-attr]
        kept.b.records.settle_due()
        assert len(held(kept, HOSPITAL_B)) == left

    def test_without_an_answer_of_the_ledger_nothing_is_deleted(
        self, kept: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept.appoint(*ONE_NEW, former=FORMER)
        kept.chain.time += RETENTION

        def silent(*_: object) -> int:
            raise RpcUnavailable("no answer")

        monkeypatch.setattr(kept.b.ledger, "part_changed_at", silent)
        kept.b.records.settle_due()
        assert len(held(kept, HOSPITAL_B)) == 2
        assert due(kept, HOSPITAL_B) == [kept.patient]

    def test_the_patient_learns_until_when(self, kept: World) -> None:
        kept.appoint(*ONE_NEW, former=FORMER)
        assert kept.patient_reader(ONE_NEW).custody().kept_until == kept.clock() + RETENTION


class TestThief:
    """With the patient's key, a hostile member, and the author's folder gone."""

    def test_the_only_trustee_he_names_is_replaced_by_the_former_ones(self, kept: World) -> None:
        before = kept.patient_reader(FORMER).read()
        kept.appoint(PHARMACY, former=FORMER)
        kept.settle_all()
        assert indices(kept, PHARMACY) == {ALL}
        kept.chain.time += 21 * DAY
        kept.settle_all()
        for gone in (HOSPITAL_A, PHARMACY):
            shutil.rmtree(kept.sites[gone].home.path)
        kept.appoint(*FORMER, former=(PHARMACY,), tell=())
        assert kept.patient_reader(FORMER).read() == before
        kept.retention_ends()
        positions(kept, *FORMER)
        readable_by_any_two(kept, FORMER)

    def test_nor_does_the_only_trustee_give_up_the_third_share(self, kept: World) -> None:
        """Two of his take the other positions: what the honest one held beyond its own is nowhere else."""
        kept.appoint(CLINIC, former=FORMER)
        kept.retention_ends()
        before = kept.patient_reader((CLINIC,)).read()
        kept.appoint(HOSPITAL_C, CLINIC, REGULATOR, former=(CLINIC,))
        kept.a.records.transfer(kept.patient)
        kept.settle_all()
        assert indices(kept, CLINIC) == {ALL}
        assert kept.patient_reader((HOSPITAL_C, CLINIC, REGULATOR)).custody().replicated == 2
        for gone in (HOSPITAL_A, HOSPITAL_C, REGULATOR):
            shutil.rmtree(kept.sites[gone].home.path)
        assert refused(kept.patient_reader((HOSPITAL_C, CLINIC, REGULATOR)).read).startswith("keys-unavailable")
        kept.appoint(CLINIC, former=(), tell=())
        assert kept.patient_reader((CLINIC,)).read() == before

    def test_a_share_that_comes_in_drives_out_none_and_what_is_not_due_stays(self, kept: World) -> None:
        """A hostile predecessor hands its pair to an honest trustee that he moved to its position."""
        (batch, _) = held(kept, CLINIC)
        mine = store(kept, HOSPITAL_B)
        mine.put_shares([batch])
        assert mine.shares(kept.patient, *batch.place).indices == ALL
        request = KeyRequest(
            release_point=HOSPITAL_B,
            requester=0,
            signer=kept.controller.address,
            patient=kept.patient,
            lane=NO_LANE,
            purpose=Purpose.PATRQT.value,
            categories=ALL_CATEGORIES,
            restricted=0xF,
            batches=(BatchRef(*batch.place),),
            nonce=bytes(32),
            expiry=kept.clock(),
        )
        for due_now, given in ((frozenset({1, 3}), {1, 3}), (ALL, {1, 2, 3})):
            sections = collect(mine, request, lambda due_now=due_now: due_now)["sections"]
            assert sections
            assert all({index for index, _ in each["shares"]} == given for each in sections)
