"""What the contracts cost, measured on a devnet: any drift from the snapshot shows up here, and in review."""

import json
from pathlib import Path

import pytest

from bench import gas

PROMISED = {
    "register_patient_by_sig",
    "grant",
    "grant_by_sig",
    "grant_by_sig_again",
    "revoke",
    "revoke_by_sig",
    "open_episode_by_sig",
    "commit_one",
    "commit_1000_per_record",
    "supersede",
    "open_emergency",
    "admit_member",
    "offer",
    "accept_by_sig",
    "complete_and_settle",
    "complete_and_settle_2_policies",
    "review_and_settle",
    "reverse",
    "open_dispute",
    "rule",
}

pytestmark = pytest.mark.devnet


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """One run of the benchmark."""
    return gas.measure(tmp_path_factory.mktemp("gas"))


class TestGas:
    def test_equals_the_snapshot(self, measured: dict[str, float]) -> None:
        snapshot = json.loads(gas.SNAPSHOT.read_text(encoding="utf-8"))
        changed = {
            name: (snapshot.get(name), measured.get(name))
            for name in snapshot | measured
            if snapshot.get(name) != measured.get(name)
        }
        assert not changed, f"(snapshot, now): {changed}; if that is meant: ./dev bench gas --write"

    def test_measures_what_is_promised(self, measured: dict[str, float]) -> None:
        assert measured.keys() >= PROMISED
        assert all(isinstance(used, int | float) and used > 0 for used in measured.values())

    def test_keeps_the_budget_of_a_claim(self, measured: dict[str, float]) -> None:
        assert measured["complete_and_settle"] <= gas.BUDGETS["complete_and_settle"]

    def test_claims_cost_no_more_as_they_grow(self, tmp_path: Path) -> None:
        _, second, *later = gas.claims(tmp_path, 12)
        assert all(abs(used - second) < 200 for used in later), later  # zero bytes of calldata apart

    def test_is_the_same_in_a_second_run(self, measured: dict[str, float], tmp_path: Path) -> None:
        assert gas.measure(tmp_path) == measured
