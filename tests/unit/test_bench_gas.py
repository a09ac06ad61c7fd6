"""The gas benchmark's table and files; what it measures is in tests/integration/test_gas.py."""

import json
import re
from pathlib import Path

import pytest

from bench import _claims, gas
from bench.gas import Peer

FIGURES = {"grant": 62_000, "revoke": 20_000, "other": 5, "commit_1000_per_record": 63.42}


class TestTable:
    def test_says_whether_a_budget_is_kept(self) -> None:
        lines = gas.table(FIGURES, {}).splitlines()
        assert lines[1].split() == ["grant", "62,000", "60,000", "over"]
        assert lines[2].split() == ["revoke", "20,000", "30,000", "within"]
        assert lines[3].split() == ["other", "5"]

    def test_says_what_a_miss_buys(self) -> None:
        shown = gas.table(FIGURES, {})
        assert "grant is over its budget: the event carries" in shown
        assert "revoke is over" not in shown

    def test_every_miss_is_explained(self) -> None:
        snapshot = json.loads(gas.SNAPSHOT.read_text(encoding="utf-8"))
        missed = {name for name, budget in gas.BUDGETS.items() if snapshot[name] > budget}
        assert missed <= gas.BOUGHT.keys()

    def test_shows_peers_as_multiples_of_ours(self) -> None:
        shown = gas.table(FIGURES, {"revoke": [Peer("EAS", "revoke", 62_044)]})
        assert "      62,044     3.10x  EAS: revoke" in shown

    def test_keeps_the_fraction_of_a_figure_per_record(self) -> None:
        assert "63.42" in gas.table(FIGURES, {})


class TestClaims:
    def test_shows_the_first_apart_and_the_last_asked_for(self) -> None:
        shown = _claims.show([290_000, 272_700, *[272_690] * 9, 272_712]).splitlines()
        assert [line.split()[:2] for line in shown[1:5]] == [
            ["1", "290,000"], ["2", "272,700"], ["10", "272,690"], ["12", "272,712"]
        ]  # fmt: skip
        assert "new" in shown[1]
        assert "272,690 to 272,712" in shown[5]

    def test_stands_beside_a_peer_whose_claims_grow(self) -> None:
        assert "MINI_PROJECT01" in _claims.show([1]).splitlines()[-1]
        assert "claim 2: 419,740, claim 21: 610,266" in _claims.show([1])


class TestPeers:
    def test_every_figure_is_for_an_operation_that_is_measured(self) -> None:
        snapshot = json.loads(gas.SNAPSHOT.read_text(encoding="utf-8"))
        assert gas.peers().keys() <= snapshot.keys()

    def test_every_peer_has_its_source(self) -> None:
        document = json.loads(gas.PEERS.read_text(encoding="utf-8"))
        named = {peer.peer for figures in gas.peers().values() for peer in figures}
        named |= {peer["peer"] for peer in document["growth"]}
        assert named == document["repositories"].keys()
        assert document["source"]


class TestReadme:
    @pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
    def test_shows_the_snapshots_figures(self, page: str) -> None:
        snapshot = json.loads(gas.SNAPSHOT.read_text(encoding="utf-8"))
        readme = (gas.ROOT / page).read_text(encoding="utf-8")
        shown = dict(re.findall(r"^\| `(\w+)` \| ([\d,.]+) \|$", readme, re.MULTILINE))
        assert len(shown) >= 20
        assert shown == {name: f"{snapshot[name]:,}" for name in shown}


class TestMain:
    @pytest.fixture(autouse=True)
    def figures(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Figures without a devnet, and a snapshot that may be overwritten."""
        monkeypatch.setattr(gas, "measure", lambda _home: FIGURES)
        monkeypatch.setattr(gas, "claims", lambda _home, count: [290_000, *[272_726] * (count - 1)])
        monkeypatch.setattr(gas, "SNAPSHOT", tmp_path / "snapshots" / "gas.json")

    def test_writes_one_flat_object(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert gas.main(["--json", str(tmp_path / "gas.json")]) == 0
        assert json.loads((tmp_path / "gas.json").read_text()) == FIGURES
        assert "bench/peers.json" in capsys.readouterr().out

    def test_shows_the_claims_unless_it_is_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        gas.main([])
        assert "                     1,000      272,726" in capsys.readouterr().out
        gas.main(["--claims", "0"])
        assert "272,726" not in capsys.readouterr().out

    def test_leaves_the_snapshot_unless_it_is_told(self) -> None:
        gas.main([])
        assert not gas.SNAPSHOT.exists()

    def test_rewrites_the_snapshot_by_one_flag(self) -> None:
        gas.main(["--write"])
        assert gas.SNAPSHOT.read_text() == gas.render(FIGURES)
