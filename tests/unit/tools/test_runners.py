"""The runners of ./dev: stages, Slither's explanations, benchmarks, and the lock's platform packages."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tools import bench, check, npm_platforms
from tools.slither import run as slither

ROOT = Path(__file__).resolve().parents[3]


class TestPerform:
    def test_later_stages_run_after_a_failure(self) -> None:
        def fails() -> None:
            raise check.StageError("no")

        outcomes = check.perform({"one": fails, "two": lambda: None})
        assert [(outcome.stage, outcome.problem) for outcome in outcomes] == [("one", "no"), ("two", "")]

    def test_a_failing_command_fails_its_stage(self) -> None:
        with pytest.raises(check.StageError, match="status 3"):
            check.must(sys.executable, "-c", "raise SystemExit(3)")

    def test_unknown_stage_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert check.main(["nonsense"]) == 2
        assert "there is no stage nonsense" in capsys.readouterr().err

    def test_fast_leaves_the_slow_stages_out(self) -> None:
        assert set(check.STAGES) - set(check.FAST_STAGES) == {"mutants", "slither"}

    def test_nightly_ends_with_all_mutants(self) -> None:
        assert list(check.NIGHTLY_STAGES) == ["forge", "claims", "mutants"]
        night = check.NIGHTLY_STAGES["mutants"]
        assert isinstance(night, partial)
        assert (night.func, night.args) == (check.STAGES["mutants"], ("--all",))

    def test_an_interrupt_ends_the_command(self, tmp_path: Path) -> None:
        pid_file = tmp_path / "pid"
        inner = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
        outer = f"from tools import check; check.run({sys.executable!r}, '-c', {inner!r})"
        process = subprocess.Popen([sys.executable, "-c", outer], cwd=ROOT, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid_file.read_text()), 0)


class TestSlither:
    FINDING = {"check": "timestamp", "impact": "Low", "description": "A.f() uses timestamp\n\t- now > x\n"}

    @staticmethod
    def accepted(where: str, reason: str = "because") -> list[slither.Accepted]:
        return slither.read_accepted(f'[[accepted]]\ncheck = "timestamp"\nwhere = ["{where}"]\nreason = "{reason}"\n')

    def test_explained_finding_is_no_problem(self) -> None:
        assert slither.unexplained([self.FINDING], self.accepted("A.f()")) == []

    def test_unexplained_finding_is_a_problem(self) -> None:
        (problem,) = slither.unexplained([self.FINDING], [])
        assert problem == "Low/timestamp: A.f() uses timestamp - now > x"

    def test_explanation_without_finding_is_a_problem(self) -> None:
        (problem,) = slither.unexplained([], self.accepted("A.g()"))
        assert problem == "accepted.toml: timestamp has no finding at A.g()"

    def test_explanation_needs_a_reason(self) -> None:
        with pytest.raises(ValueError, match="needs a place and a reason"):
            self.accepted("A.f()", reason=" ")

    def test_every_committed_explanation_is_complete(self) -> None:
        assert slither.read_accepted((ROOT / "tools/slither/accepted.toml").read_text())


class TestBenchmarks:
    def test_modules_are_listed_with_their_first_line(self, tmp_path: Path) -> None:
        (tmp_path / "gas.py").write_text('"""Gas per operation.\n\nMore.\n"""\n')
        (tmp_path / "_shared.py").write_text("")
        assert bench.benchmarks(tmp_path) == {"gas": "Gas per operation."}


class TestNpmPlatforms:
    def test_missing_platform_is_added_without_integrity(self) -> None:
        entry = {"version": "1", "dev": True, "optionalDependencies": {"@foundry-rs/forge-linux-arm64": "1"}}
        lock = {"packages": {"node_modules/@foundry-rs/forge": entry}}
        assert npm_platforms.complete(lock) == ["@foundry-rs/forge-linux-arm64"]
        added = lock["packages"]["node_modules/@foundry-rs/forge-linux-arm64"]
        assert (added["cpu"], added["os"], added["dev"], added["optional"]) == (["arm64"], ["linux"], True, True)
        assert "integrity" not in added

    def test_the_committed_lock_is_complete(self) -> None:
        assert npm_platforms.complete(json.loads((ROOT / "package-lock.json").read_text())) == []
