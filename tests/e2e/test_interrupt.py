"""Whatever stops the demo: no process goes on, no folder stays."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .story import ROOT, command, environment, processes

pytestmark = [pytest.mark.devnet, pytest.mark.slow]


def attentive() -> None:
    """Signals as at a terminal: who runs the tests may ignore some, and a child would inherit that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def started(temporary: Path, until: str, *options: str) -> "subprocess.Popen[str]":
    """A demo that has printed a line with `until` in it."""
    process = subprocess.Popen(
        command("demo", *options),
        cwd=ROOT,
        env=environment(TMPDIR=str(temporary), PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=attentive,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if until in line:
            return process
    raise AssertionError(f"the demo ended before {until}")


class TestInterrupt:
    @pytest.mark.parametrize(
        ("until", "number", "code"),
        [
            ("every line below", signal.SIGINT, 130),
            ("records 317", signal.SIGINT, 130),
            ("hospital-b: admitted", signal.SIGTERM, 143),
            ("hospital-b: admitted", signal.SIGHUP, 129),
        ],
    )
    def test_ends_with_all_that_it_started(self, tmp_path: Path, until: str, number: int, code: int) -> None:
        process = started(tmp_path, until)
        if "every" not in until:
            assert processes(str(tmp_path)), "the chain runs, and is found by its folder"
        process.send_signal(number)
        _, complaint = process.communicate(timeout=60)
        assert process.returncode == code
        assert "Traceback" not in complaint
        assert processes(str(tmp_path)) == []
        assert list(tmp_path.iterdir()) == []

    def test_an_interrupt_from_the_terminal_reaches_all(self, tmp_path: Path) -> None:
        process = started(tmp_path, "hospital-b: admitted")
        os.killpg(process.pid, signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
        assert process.returncode == 130
        assert complaint.strip() == "Interrupted; nothing is left running."
        time.sleep(0.2)
        assert processes(str(tmp_path)) == []
        assert list(tmp_path.iterdir()) == []

    def test_a_report_that_was_only_begun_is_removed(self, tmp_path: Path) -> None:
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        process = started(temporary, "hospital-b: admitted", "--report", str(tmp_path / "report.json"))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert list(tmp_path.iterdir()) == [temporary]
