"""Shares on their way to new trustees: from the author, or from former trustees when the author is gone."""

import itertools
import secrets
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from medunion.blobs import dagcbor
from medunion.crypto import hpke
from medunion.errors import AccessRefused
from medunion.keys.appointment import RETENTION
from medunion.keys.custody import HolderClient
from medunion.keys.deposit import make_deposit
from medunion.keys.holdings import HeldBatch
from medunion.keys.messages import (
    KeyRelease,
    ShareRequest,
    open_envelope,
    payload_digest,
    release_info,
    seal_envelope,
)
from medunion.keys.transfer import TransferReport
from medunion.vocabulary import MemberStatus

from ..records.world import (
    CLINIC,
    HOSPITAL_A,
    HOSPITAL_B,
    HOSPITAL_C,
    LABORATORY,
    PHARMACY,
    REGULATOR,
    World,
    refused,
    sample,
)

FORMER = (HOSPITAL_B, CLINIC, LABORATORY)
ONE_NEW = (PHARMACY, CLINIC, LABORATORY)
ALL_NEW = (PHARMACY, HOSPITAL_C, REGULATOR)


@pytest.fixture
def kept(all_members: World) -> World:
    """Five records of hospital A, shares at three trustees."""
    all_members.appoint(*FORMER)
    receipt = all_members.a.records.commit(all_members.patient, sample())
    assert (receipt.state, receipt.failures) == ("replicated", [])
    return all_members


@pytest.fixture
def orphaned(kept: World) -> World:
    """The same without hospital A."""
    shutil.rmtree(kept.a.home.path)
    return kept


def held(world: World, member: int) -> list[HeldBatch]:
    return world.sites[member].point._store.held(world.patient)


def positions(world: World, *trustees: int) -> None:
    """Each trustee holds of every batch exactly the shares of its position, once."""
    batches = {(each.author, each.root) for each in world.ledger.batches(world.patient)}
    for place, trustee in enumerate(trustees, 1):
        found = held(world, trustee)
        assert {each.place for each in found} == batches
        assert len(found) == len(batches)
        assert {each.indices for each in found} == {frozenset({1, 2, 3} - {place})}
        assert not world.sites[trustee].point._store.due_transfers(world.patient)


def readable_by_any_two(world: World, trustees: tuple[int, ...]) -> None:
    for pair in itertools.combinations(trustees, 2):
        assert len(world.patient_reader(pair).read()) == 5


def answering(world: World, holder: int, change: Callable[[Any], object]) -> None:
    """A holder hands over a changed payload, correctly sealed and signed."""
    site = world.sites[holder]
    honest = site.point.hand_over

    def hand_over(data: bytes) -> bytes:
        request = open_envelope(ShareRequest, data).message
        digest = request.digest(world.ledger)
        info = release_info(digest, holder)
        key = world.sites[request.requester].home.private_key
        payload = dagcbor.decode(hpke.open(key, info, open_envelope(KeyRelease, honest(data)).payload))
        change(payload)
        sealed = hpke.seal(hpke.public_key(key), info, dagcbor.encode(payload))
        message = KeyRelease(digest, holder, site.operators["desk"].address, payload_digest(sealed))
        return seal_envelope(message, site.operators["desk"], world.ledger, sealed)

    site.point.hand_over = hand_over  # type: ignore[method-assign]


def wrong_share(payload: Any) -> None:
    payload["batches"][0]["sections"][0][3][0][1] = secrets.token_bytes(32)


def unrestricted(payload: Any) -> None:
    for batch in payload["batches"]:
        for section in batch["sections"]:
            section[2] = 0


def culprits(report: TransferReport) -> list[tuple[str, object]]:
    """Step and culprit of each wrong that was noticed."""
    wrong = [each.details for each in report.failures if each.code == "integrity"]
    return [(each["step"], each["culprit"]) for each in wrong]


def holder_client(world: World, member: int, operator: str = "reader") -> HolderClient:
    site = world.sites[member]
    return HolderClient(
        ledger=world.ledger,
        directory=world.directory,
        requester=member,
        signer=site.operators[operator],
        unseal=site.home.unseal,
        clock=world.clock,
    )


def ask(world: World, holder: int, asking: int) -> str:
    places = [(each.author, each.root) for each in world.ledger.batches(world.patient)]
    return refused(holder_client(world, asking).ask, holder, world.patient, places)


class TestByTheAuthor:
    def test_new_trustees_ask_it_as_soon_as_they_are_told(self, kept: World) -> None:
        kept.appoint(*ALL_NEW, former=FORMER)
        positions(kept, *ALL_NEW)
        assert [len(held(kept, trustee)) for trustee in FORMER] == [2, 2, 2]
        kept.retention_ends()
        assert [len(held(kept, trustee)) for trustee in FORMER] == [0, 0, 0]
        shutil.rmtree(kept.a.home.path)
        readable_by_any_two(kept, ALL_NEW)

    def test_it_deposits_by_itself_when_it_is_used_next(self, kept: World) -> None:
        kept.appoint(*ONE_NEW, former=FORMER)
        store = kept.a.records._store
        assert store.due_transfers() == [kept.patient]
        kept.a.records.list(kept.patient)
        assert store.due_transfers() == []
        roots = [each.root for each in kept.ledger.batches(kept.patient)]
        assert all(kept.a.records._journal.receipts(root)[PHARMACY] == (1, True) for root in roots)
        assert kept.a.records.deposit(kept.patient).state == "replicated"

    def test_who_is_out_of_reach_gets_its_shares_later(self, kept: World) -> None:
        away = kept.sites[PHARMACY].home.path
        away.rename(away.with_name("away"))
        appointment = kept.appoint(*ONE_NEW, former=FORMER)
        assert kept.a.records.transfer(kept.patient).deposited.state == "recoverable"
        assert kept.a.records._store.due_transfers() == [kept.patient]
        away.with_name("away").rename(away)
        kept.tell(appointment, PHARMACY)
        assert kept.a.records.resume().state == "replicated"
        kept.a.records.settle_due()
        assert kept.a.records._store.due_transfers() == []
        positions(kept, *ONE_NEW)

    def test_a_trustee_at_another_position_would_hold_all_and_gets_nothing(self, kept: World) -> None:
        kept.appoint(CLINIC, HOSPITAL_B, LABORATORY, former=FORMER)
        done = kept.a.records.transfer(kept.patient)
        assert done.deposited.state == "committed"
        reasons = {(each.details["reason"], each.details["by"]) for each in done.deposited.failures}
        assert reasons == {("former-position", CLINIC), ("former-position", HOSPITAL_B)}
        assert {each.indices for each in held(kept, CLINIC)} == {frozenset({1, 3})}
        assert ask(kept, HOSPITAL_A, CLINIC) == "former-position"

    def test_also_when_it_never_acknowledged_what_it_got(self, all_members: World) -> None:
        world = all_members
        world.appoint(*FORMER)
        honest = world.sites[CLINIC].point.deposit
        world.sites[CLINIC].point.deposit = lambda data: honest(data)[:0]  # type: ignore[method-assign]
        assert world.a.records.commit(world.patient, sample()).state == "recoverable"
        world.sites[CLINIC].point.deposit = honest  # type: ignore[method-assign]
        world.appoint(CLINIC, HOSPITAL_C, LABORATORY, tell=(HOSPITAL_A,))
        done = world.a.records.transfer(world.patient)
        assert [each.details["reason"] for each in done.deposited.failures] == ["former-position"]

    def test_one_trustee_holds_all_and_three_after_it_a_pair_each(self, kept: World) -> None:
        kept.appoint(CLINIC, former=FORMER)
        assert {each.indices for each in held(kept, CLINIC)} == {frozenset({1, 2, 3})}
        assert kept.a.records.transfer(kept.patient).deposited.state == "recoverable"
        kept.appoint(HOSPITAL_C, CLINIC, REGULATOR, former=(CLINIC,))
        assert kept.a.records.transfer(kept.patient).deposited.state == "replicated"
        kept.retention_ends()
        positions(kept, HOSPITAL_C, CLINIC, REGULATOR)

    def test_without_trustees_the_author_alone_keeps_the_keys(self, kept: World) -> None:
        kept.appoint(former=FORMER)
        kept.retention_ends()
        assert [len(held(kept, trustee)) for trustee in FORMER] == [0, 0, 0]
        assert kept.a.records.transfer(kept.patient).failures == []
        assert len(kept.patient_reader().read()) == 5


class TestByFormerTrustees:
    @pytest.mark.parametrize("present", [ONE_NEW, (HOSPITAL_B, HOSPITAL_C, REGULATOR), ALL_NEW], ids=str)
    def test_the_new_ones_get_their_pairs(self, orphaned: World, present: tuple[int, ...]) -> None:
        orphaned.appoint(*present, former=FORMER, tell=())
        for trustee in present:
            orphaned.sites[trustee].records.settle_due()
        positions(orphaned, *present)
        orphaned.retention_ends()
        positions(orphaned, *present)
        for leaving in set(FORMER) - set(present):
            assert held(orphaned, leaving) == []
        readable_by_any_two(orphaned, present)

    def test_two_that_remain_are_enough_when_the_third_is_gone_too(self, orphaned: World) -> None:
        shutil.rmtree(orphaned.b.home.path)
        orphaned.appoint(*ONE_NEW, tell=())
        assert held(orphaned, PHARMACY) == []  # told before those that it asks
        report = orphaned.sites[PHARMACY].records.transfer(orphaned.patient).held
        assert (report.received, report.missing) == (2, 0)
        positions(orphaned, *ONE_NEW)
        readable_by_any_two(orphaned, ONE_NEW)

    def test_one_alone_cannot_hand_over_another_position(self, orphaned: World) -> None:
        for gone in (HOSPITAL_B, LABORATORY):
            shutil.rmtree(orphaned.sites[gone].home.path)
        orphaned.appoint(*ONE_NEW, tell=())
        report = orphaned.sites[PHARMACY].records.transfer(orphaned.patient).held
        assert (report.received, report.missing) == (0, 2)
        assert held(orphaned, PHARMACY) == []
        assert {each.details["by"] for each in report.failures} == {HOSPITAL_A, LABORATORY}

    def test_shares_are_deleted_only_once_every_new_trustee_holds_its_own(self, orphaned: World) -> None:
        away = orphaned.sites[HOSPITAL_C].home.path
        away.rename(away.with_name("away"))
        appointment = orphaned.appoint(*ALL_NEW, former=FORMER, tell=())
        orphaned.chain.time += RETENTION
        report = orphaned.b.records.transfer(orphaned.patient).held
        assert (report.forgotten, report.missing) == (0, 2)
        assert len(held(orphaned, HOSPITAL_B)) == 2
        away.with_name("away").rename(away)
        orphaned.tell(appointment, HOSPITAL_C)
        assert orphaned.b.records.transfer(orphaned.patient).held.forgotten == 2
        assert held(orphaned, HOSPITAL_B) == []

    def test_a_wrong_share_names_its_sender_and_nothing_of_it_is_kept(self, orphaned: World) -> None:
        shutil.rmtree(orphaned.b.home.path)
        answering(orphaned, CLINIC, wrong_share)
        orphaned.appoint(*ONE_NEW, tell=())
        report = orphaned.sites[PHARMACY].records.transfer(orphaned.patient).held
        assert culprits(report) == [("share", CLINIC)]
        assert (report.received, report.missing) == (1, 1)
        committed = {each.section_id: each for batch in held(orphaned, CLINIC) for each in batch.sections}
        for batch in held(orphaned, PHARMACY):
            assert all(committed[each.section_id].shares[3] == each.shares[3] for each in batch.sections)

    def test_labels_that_differ_name_both_and_nothing_is_kept(self, orphaned: World) -> None:
        shutil.rmtree(orphaned.b.home.path)
        answering(orphaned, LABORATORY, unrestricted)
        orphaned.appoint(*ONE_NEW, tell=())
        report = orphaned.sites[PHARMACY].records.transfer(orphaned.patient).held
        assert culprits(report) == [("section-label", [LABORATORY, CLINIC])]
        restricted = [each for each in held(orphaned, PHARMACY) for section in each.sections if section.mask]
        assert (report.missing, restricted) == (1, [])

    def test_a_section_left_out_names_its_sender(self, orphaned: World) -> None:
        shutil.rmtree(orphaned.b.home.path)
        answering(orphaned, CLINIC, lambda payload: payload["batches"][0]["sections"].pop())
        orphaned.appoint(*ONE_NEW, tell=())
        report = orphaned.sites[PHARMACY].records.transfer(orphaned.patient).held
        assert culprits(report) == [("share", CLINIC)]
        assert (report.received, report.missing) == (1, 1)

    @pytest.mark.parametrize("payload", [{}, {"held": 1}, {"held": [[1, b"", [9]]], "batches": []}], ids=str)
    def test_a_malformed_answer_names_its_sender(self, orphaned: World, payload: dict[str, object]) -> None:
        def change(found: Any) -> None:
            found.clear()
            found.update(payload)

        answering(orphaned, CLINIC, change)
        orphaned.appoint(*ONE_NEW, tell=())
        report = orphaned.sites[PHARMACY].records.transfer(orphaned.patient).held
        assert culprits(report) == [("release", CLINIC)]


class TestMembersThatLeave:
    def test_a_removed_member_gets_and_gives_nothing(self, kept: World) -> None:
        kept.set_status(HOSPITAL_B, MemberStatus.LEFT)
        again = kept.a.records.commit(kept.patient, sample("second"))
        assert again.state == "recoverable"
        assert [(each.details["reason"], each.details["by"]) for each in again.failures] == [
            ("member-not-active", HOSPITAL_B)
        ]
        assert kept.a.records.deposit(kept.patient).state == "recoverable"
        shutil.rmtree(kept.a.home.path)
        reader = kept.patient_reader((HOSPITAL_B, CLINIC))
        assert refused(reader.read) == "not-appointed"
        assert len(kept.patient_reader(FORMER).read()) == 5
        assert ask(kept, CLINIC, HOSPITAL_B) == "member-not-active"

    def test_its_successor_gets_all_from_the_other_two(self, orphaned: World) -> None:
        orphaned.set_status(HOSPITAL_B, MemberStatus.LEFT)
        orphaned.appoint(*ONE_NEW, tell=())
        orphaned.sites[PHARMACY].records.transfer(orphaned.patient)
        positions(orphaned, *ONE_NEW)
        readable_by_any_two(orphaned, ONE_NEW)

    def test_a_suspended_one_goes_on_releasing_and_gets_nothing_new(self, kept: World) -> None:
        kept.set_status(HOSPITAL_B, MemberStatus.SUSPENDED)
        batches = list(kept.a.point._store.batches(kept.patient))
        appointment = kept.a.point._store.appointment(kept.patient)
        assert appointment is not None
        with pytest.raises(AccessRefused) as failure:
            make_deposit(kept.ledger, kept.a.operators["records"], batches, appointment, HOSPITAL_B)
        assert failure.value.details["reason"] == "member-not-active"
        shutil.rmtree(kept.a.home.path)
        assert len(kept.patient_reader((HOSPITAL_B, CLINIC)).read()) == 5
