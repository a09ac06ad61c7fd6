"""Key trustees through commands: how well keys are kept, changing trustees, a hospital that is gone, a rotated key."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .commands import Cli

pytestmark = pytest.mark.devnet


@pytest.fixture(scope="module")
def kept(cli: Cli, bundle: Path) -> str:
    """A patient with three key trustees, whose history hospital A committed."""
    cli.said("wallet", "new", "tess")
    trustees = [part for name in ("hospital-b", "clinic", "laboratory") for part in ("--trustee", name)]
    cli.said("patient", "register", "tess", "--at", "hospital-a", *trustees)
    cli.said("episode", "open", "tess", "hospital-a")
    cli.said("record", "commit", "hospital-a", "tess", bundle)
    return "tess"


@contextmanager
def gone(cli: Cli, name: str) -> Iterator[None]:
    """A member's folder is away."""
    folder, away = cli.home / "members" / name, cli.home / f"{name}.away"
    shutil.move(folder, away)
    try:
        yield
    finally:
        shutil.move(away, folder)


def replicated(cli: Cli, patient: str) -> bool:
    """Whether every trustee confirms every batch."""
    found = cli.data("trustee", "status", patient)
    assert found["batches"] > 10
    return bool(found["batches"] == found["recoverable"] == found["replicated"])


class TestStatus:
    def test_each_trustee_says_what_it_holds(self, cli: Cli, kept: str) -> None:
        found = cli.data("trustee", "status", kept)
        assert [row["trustee"] for row in found["trustees"]] == ["hospital-b", "clinic", "laboratory"]
        assert all(row["confirmed"] == found["batches"] and row["failure"] is None for row in found["trustees"])
        said = cli.said("trustee", "status", kept)
        count = found["batches"]
        assert f"{count} batches: {count} recoverable, {count} replicated at three." in said

    def test_one_out_of_reach_is_named(self, cli: Cli, kept: str) -> None:
        with gone(cli, "clinic"):
            found = cli.data("trustee", "status", kept)
            assert (found["recoverable"], found["replicated"]) == (found["batches"], 0)
            assert [bool(row["failure"]) for row in found["trustees"]] == [False, True, False]
            assert found["trustees"][1]["reason"] in cli.said("trustee", "status", kept)

    def test_a_patient_without_trustees(self, cli: Cli) -> None:
        cli.said("wallet", "new", "nobody")
        cli.said("patient", "register", "nobody", "--at", "hospital-b")
        assert "0 batches: 0 recoverable" in cli.said("trustee", "status", "nobody")
        assert cli.data("trustee", "status", "nobody")["keptUntil"] == 0

    def test_only_whose_wallet_is_here_asks(self, cli: Cli) -> None:
        assert "wallet" in cli.refused("trustee", "status", "stranger").lower()


class TestTransfer:
    def test_new_trustees_hold_all_at_once_and_the_former_keep_theirs(self, cli: Cli, kept: str) -> None:
        named = [part for name in ("regulator", "laboratory", "clinic") for part in ("--trustee", name)]
        said = cli.said("patient", "rotate", kept, "trustees", *named)
        assert " replicated at three." in said
        assert replicated(cli, kept)
        order = [row["trustee"] for row in cli.data("trustee", "status", kept)["trustees"]]
        assert order == ["regulator", "clinic", "laboratory"]
        done = cli.data("trustee", "transfer", "hospital-b", kept)
        assert (done["due"], done["missing"], done["forgotten"], done["failures"]) == (0, 0, 0, [])
        found = cli.data("trustee", "status", kept)
        assert done["kept"] == found["batches"]
        assert done["keptUntil"] == found["keptUntil"] > 0
        assert "Former key trustees keep their shares until 20" in cli.said("trustee", "status", kept)
        said = cli.said("trustee", "transfer", "hospital-b", kept)
        assert f"hospital-b keeps shares of {found['batches']} batches that are no longer due to it until 20" in said

    def test_without_the_author_the_others_hand_over(self, cli: Cli, kept: str) -> None:
        with gone(cli, "hospital-a"):
            named = [part for name in ("hospital-b", "clinic", "laboratory") for part in ("--trustee", name)]
            cli.said("patient", "rotate", kept, "trustees", *named, "--via", "hospital-b")
            assert replicated(cli, kept)
            assert len(cli.data("record", "list", kept)) > 100
            assert "1 were not reached" in cli.run("trustee", "announce", kept, "--via", "hospital-b").out
        assert "was not told who" in cli.refused("trustee", "transfer", "hospital-a", kept)
        assert cli.data("trustee", "announce", kept)["failures"] == []
        said = cli.said("trustee", "transfer", "clinic", kept)
        assert said.startswith("clinic as key trustee: ")
        assert " 0 received now, 0 still to do, 0 deleted." in said
        assert "three key trustees confirmed" in cli.said("trustee", "transfer", "hospital-a", kept)

    def test_wrong_names_are_refused(self, cli: Cli, kept: str) -> None:
        assert "neither a patient id nor a wallet" in cli.refused("trustee", "transfer", "clinic", "stranger")
        assert "no member" in cli.refused("trustee", "transfer", "clinic", kept, "--from", "stranger")


class TestRotateKey:
    def test_all_goes_on(self, cli: Cli, kept: str) -> None:
        before = {row["name"]: row["keyEpoch"] for row in cli.data("member", "list")["members"]}
        assert "key of clinic was replaced" in cli.said("member", "rotate-key", "clinic")
        after = {row["name"]: row["keyEpoch"] for row in cli.data("member", "list")["members"]}
        assert after == {**before, "clinic": before["clinic"] + 1}
        assert replicated(cli, kept)
        named = [part for name in ("laboratory", "clinic", "regulator") for part in ("--trustee", name)]
        cli.said("patient", "rotate", kept, "trustees", *named)
        assert replicated(cli, kept)
        with gone(cli, "hospital-a"):
            assert len(cli.data("record", "list", kept)) > 100


class TestRemove:
    def test_it_takes_a_majority_of_seats(self, tmp_path: Path) -> None:
        cli = Cli(tmp_path / "home")
        cli.said("devnet", "up")
        try:
            cli.said("member", "propose", "leaving", "--kind", "pharmacy", "--seat", 1, "--seat", 2)
            waiting = cli.data("member", "remove", "leaving", "--seat", 1)
            assert (waiting["action"], waiting["approvals"]) == ("removeMember", 1)
            cli.said("member", "approve", waiting["proposal"], "--seat", 3)
            assert [row["status"] for row in cli.data("member", "list")["members"]] == ["left"]
        finally:
            cli.run("devnet", "down")
