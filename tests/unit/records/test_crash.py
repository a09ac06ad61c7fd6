"""The state machine of a commit, stopped at every step: before the step is written, and after it.

A stop is an exception that nothing catches; what is on disk stays, and the member's process starts again.
"""

from collections.abc import Callable
from typing import Any

import pytest

from medunion.errors import ChainError, ContractRefused, RpcUnavailable, UsageError
from medunion.records.journal import Journal, State

from .world import CLINIC, HOSPITAL_A, HOSPITAL_B, LABORATORY, World, bundle_of, observation, sample


class Stopped(BaseException):
    """The process ends here."""


class Stop:
    """Ends the process at the n-th call of a method, before or after it took effect."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.reached = False

    def at(self, owner: Any, name: str, *, after: bool, call: int = 1) -> None:
        original, counted = getattr(owner, name), [0]

        def stopping(*arguments: Any, **named: Any) -> Any:
            counted[0] += 1
            if counted[0] != call:
                return original(*arguments, **named)
            self.reached = True
            if after:
                original(*arguments, **named)
            raise Stopped

        self.monkeypatch.setattr(owner, name, stopping)


STEPS: list[tuple[str, Callable[[World], Any], str]] = [
    ("keys", lambda world: world.a.records._store, "put_batches"),
    ("prepared", lambda world: world.a.records._journal, "prepare"),
    ("store", lambda world: world.blobs, "put_car"),
    ("stored", lambda world: world.a.records._journal, "mark_stored"),
    ("sign", lambda world: world.a.writer, "sign_commit"),
    ("signed", lambda world: world.a.records._journal, "mark_signed"),
    ("send", lambda world: world.a.writer, "send"),
    ("committed", lambda world: world.a.records._journal, "mark_committed"),
    ("deposit", lambda world: world.sites[CLINIC].point, "deposit"),
    ("receipts", lambda world: world.a.records._journal, "add_receipts"),
    ("deposited", lambda world: world.a.records._journal, "mark_deposited"),
]


def crash(world: World, owner: Any, method: str, *, after: bool, call: int = 1, bundle: bytes = b"") -> None:
    with pytest.MonkeyPatch.context() as patch:
        stop = Stop(patch)
        stop.at(owner, method, after=after, call=call)
        with pytest.raises(Stopped):
            world.a.records.commit(world.patient, bundle or sample())
        assert stop.reached
    world.reopen()


def check_whole(world: World, versions: int = 5) -> None:
    """Every record once, on the ledger once, readable, at all trustees."""
    batches = world.ledger.batches(world.patient)
    assert len({each.root for each in batches}) == len(batches)
    assert sum(each.count for each in batches) == versions
    seen = [(entry.record_id, entry.version) for entry in world.patient_reader().list(versions=True)]
    assert len(set(seen)) == len(seen) == versions
    assert len(world.patient_reader().read()) == 5


@pytest.fixture
def trusted(consortium: World) -> World:
    consortium.appoint(HOSPITAL_B, CLINIC, LABORATORY)
    return consortium


class TestCrash:
    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize(("step", "owner", "method"), STEPS, ids=[step for step, _, _ in STEPS])
    def test_resume_finishes_once(
        self, trusted: World, step: str, owner: Callable[[World], Any], method: str, after: bool
    ) -> None:
        crash(trusted, owner(trusted), method, after=after)
        finished = trusted.a.records.resume()
        again = trusted.a.records.commit(trusted.patient, sample())
        begun = step not in ("keys", "prepared") or (step == "prepared" and after)
        assert (again.state == "unchanged") == begun
        assert finished.records in (0, 5)
        check_whole(trusted)
        assert trusted.a.records.resume().state == "unchanged"
        sent = {each for each in trusted.a.writer.sent if trusted.a.writer.receipt(each)}
        assert len(sent) == 1

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize(("step", "owner", "method"), STEPS[:8], ids=[step for step, _, _ in STEPS[:8]])
    def test_the_same_commit_again_finishes_it_too(
        self, world: World, step: str, owner: Callable[[World], Any], method: str, after: bool
    ) -> None:
        del step
        crash(world, owner(world), method, after=after)
        world.a.records.commit(world.patient, sample())
        check_whole(world)

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize("method", ["sign_supersede", "send"])
    def test_a_correction_is_made_once(self, world: World, method: str, after: bool) -> None:
        world.a.records.commit(world.patient, sample())
        crash(world, world.a.writer, method, after=after, bundle=sample("second"))
        world.a.records.resume()
        world.a.records.commit(world.patient, sample("second"))
        check_whole(world, versions=6)

    def test_a_crash_between_batches_stores_the_rest(self, world: World) -> None:
        crash(world, world.blobs, "put_car", after=True, call=2)
        assert world.a.records.resume().records == 5
        check_whole(world)

    def test_a_change_of_what_was_not_finished_comes_after_it(self, world: World) -> None:
        crash(world, world.a.writer, "send", after=False)
        receipt = world.a.records.commit(world.patient, sample("second"))
        assert receipt.records == 6
        check_whole(world, versions=6)


class TestChain:
    def test_a_lost_transaction_is_sent_again_with_the_same_bytes(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        world.chain.lose(1)
        assert world.ledger.batches(world.patient) == []
        receipt = world.reopen().records.resume()
        assert (receipt.records, len(set(world.a.writer.sent))) == (5, 1)
        check_whole(world)

    def test_a_commit_notices_too(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        world.chain.lose(1)
        receipt = world.a.records.commit(world.patient, sample("second"))
        assert receipt.records == 6
        check_whole(world, versions=6)

    def test_several_lost_transactions_keep_their_order(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        world.a.records.commit(world.patient, sample("second"))
        world.a.records.commit(world.patient, bundle_of(observation("o7", encounter={"reference": "Encounter/e1"})))
        world.chain.lose(3)
        assert world.a.records.resume().records == 7
        check_whole_but = [(entry.local_id, entry.version) for entry in world.patient_reader().list(versions=True)]
        assert ("Observation/o1", 2) in check_whole_but
        assert len(check_whole_but) == 7

    def test_a_used_nonce_means_signing_anew_never_twice(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        world.chain.lose(1)
        world.a.writer.burn_nonce()
        receipt = world.a.records.resume()
        assert (receipt.records, len(set(world.a.writer.sent))) == (5, 2)
        check_whole(world)

    def test_a_nonce_that_was_used_by_the_commit_itself_commits_nothing_again(self, world: World) -> None:
        """The transaction was mined, its receipt is out of reach, and the journal holds it as void."""
        crash(world, world.a.writer, "send", after=True)
        (batch, *_) = world.a.records._journal.batches([State.SIGNED])
        world.a.records._journal.mark_void(batch.transaction)
        receipt = world.a.records.resume()
        assert (receipt.records, receipt.gas) == (0, 0)
        check_whole(world)

    def test_what_was_adopted_is_looked_after_too(self, world: World) -> None:
        crash(world, world.a.writer, "send", after=True)
        (batch, *_) = world.a.records._journal.batches([State.SIGNED])
        world.a.records._journal.mark_void(batch.transaction)
        world.a.records.resume()
        world.chain.lose(1)
        assert world.a.records.resume().records == 5
        check_whole(world)

    def test_nonces_that_are_always_taken_end_in_an_error(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def taken(_signed: object) -> None:
            raise ChainError("taken", reason="nonce-used")

        monkeypatch.setattr(world.a.writer, "send", taken)
        with pytest.raises(ChainError) as failure:
            world.a.records.commit(world.patient, sample())
        assert failure.value.details["reason"] == "nonce-used"
        monkeypatch.undo()
        assert world.a.records.resume().records == 5

    def test_a_transaction_that_is_not_mined_in_time_is_sent_again_later(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def slow(_signed: object) -> None:
            raise ChainError("late", reason="not-mined")

        monkeypatch.setattr(world.a.writer, "send", slow)
        with pytest.raises(ChainError):
            world.a.records.commit(world.patient, sample())
        monkeypatch.undo()
        assert world.a.records.resume().records == 5
        check_whole(world)

    def test_a_moved_transaction_is_followed(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        name = world.a.writer.sent[0]
        world.chain.lose(1)
        world.chain.mine()
        world.a.writer._execute(name, world.a.writer.signed[name])
        assert world.a.records.resume().records == 0
        (transaction,) = world.a.records._journal.unsettled()
        assert transaction.block == len(world.chain.blocks) - 1

    def test_final_transactions_are_not_looked_for_again(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        for _ in range(70):
            world.chain.mine()
        world.a.records.resume()
        assert world.a.records._journal.unsettled() == []

    def test_a_chain_that_is_down_leaves_everything_for_later(self, world: World) -> None:
        world.chain.down = True
        with pytest.raises(RpcUnavailable):
            world.a.records.commit(world.patient, sample())
        world.chain.down = False
        assert world.a.records.commit(world.patient, sample()).records == 5

    def test_an_episode_that_closed_meanwhile_stops_that_patient_only(self, world: World) -> None:
        crash(world, world.a.writer, "sign_commit", after=False)
        world.chain.mine().episodes.discard((world.patient, HOSPITAL_A))
        receipt = world.a.records.resume()
        assert [failure.code for failure in receipt.failures] == ["contract-refused"]
        world.chain.mine().episodes.add((world.patient, HOSPITAL_A))
        assert world.a.records.resume().records == 5

    def test_what_was_begun_and_is_refused_now_does_not_stop_a_correction(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        late = bundle_of(observation("o7", encounter={"reference": "Encounter/e1"}))
        crash(world, world.a.writer, "sign_commit", after=False, bundle=late)
        world.chain.mine().episodes.discard((world.patient, HOSPITAL_A))
        receipt = world.a.records.commit(world.patient, sample("second"))
        assert (receipt.records, receipt.state) == (1, "committed")
        assert {failure.code for failure in receipt.failures} == {"contract-refused"}
        world.chain.mine().episodes.add((world.patient, HOSPITAL_A))
        assert world.a.records.resume().records == 1

    def test_a_batch_that_the_contract_skipped_is_signed_again(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The episode closes between the simulation and the block."""
        sign = world.a.writer.sign_commit

        def closing(batches: Any) -> Any:
            signed = sign(batches)
            world.chain.mine().episodes.discard((world.patient, HOSPITAL_A))
            return signed

        monkeypatch.setattr(world.a.writer, "sign_commit", closing)
        with pytest.raises(ContractRefused):
            world.a.records.commit(world.patient, sample())
        monkeypatch.undo()
        world.chain.mine().episodes.add((world.patient, HOSPITAL_A))
        assert world.a.records.resume().records == 5
        check_whole(world)


class TestJournal:
    def test_it_shows_nothing_of_a_record_in_clear(self, world: World) -> None:
        """Texts long enough not to stand by chance in ciphertext or in hexadecimal digits."""
        world.a.records.commit(world.patient, sample())
        world.reopen()
        names = ("journal.sqlite", "journal.sqlite-wal", "keys.sqlite", "keys.sqlite-wal")
        data = b"".join(
            (world.a.home.path / name).read_bytes() for name in names if (world.a.home.path / name).exists()
        )
        for word in (b"Observation", b"Patient/p1", b"1980-02-03", b"hazelnuts", b"localId", b"category"):
            assert word not in data

    def test_a_cars_bytes_are_dropped_once_stored(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        journal: Journal = world.a.records._journal
        assert [row[0] for row in journal._db.execute("SELECT car FROM batches")] == [None, None]

    def test_two_members_services_do_not_commit_at_once(self, world: World) -> None:
        """The second waits for the first one's lock; here the first holds it, so a non-blocking look finds it taken."""
        import fcntl

        def look(step: str, _done: int, _total: int) -> None:
            if step == "commit":
                with (world.a.home.path / "journal.lock").open("a") as file, pytest.raises(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

        world.a.records.commit(world.patient, sample(), progress=look)

    def test_a_lock_that_cannot_be_taken_is_told(self, world: World) -> None:
        (world.a.home.path / "journal.lock").unlink(missing_ok=True)
        (world.a.home.path / "journal.lock").mkdir()
        with pytest.raises(UsageError, match="cannot be locked"):
            world.a.records.commit(world.patient, sample())

    def test_it_remembers_local_ids_for_corrections(self, world: World) -> None:
        world.a.records.commit(world.patient, sample())
        entry = next(entry for entry in world.patient_reader().list() if entry.resource_type == "Observation")
        known = world.a.records._journal.record(entry.record_id)
        assert known is not None
        assert known.local_id == "Observation/o1"
        assert known.leaf == entry.leaf
