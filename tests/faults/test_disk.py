"""A disk that is full at every step of a commit: an error says so, nothing is half done, room lets it finish."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .full_disk import LEAVE

pytestmark = [pytest.mark.devnet, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
START = """
import runpy, sys, types
sys.modules["tests"] = package = types.ModuleType("tests")  # some libraries install a package of this name
package.__path__ = ["tests"]
runpy.run_module("tests.faults.full_disk", run_name="__main__")
"""


def test_a_full_disk_loses_nothing(tmp_path: Path, tell: Callable[[str], None]) -> None:
    own = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run([*own, "true"], check=False).returncode != 0:
        pytest.skip("this system lets nobody make a mount namespace, hence no small disk")
    command = [*own, sys.executable, "-c", START, str(place)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    tell(f"commits on a full disk: {found['commits']}, errors {found['errors']}; {found['records']} records, all whole")
    assert found["records"] == 3 * len(LEAVE)
    assert found["commits"]["refused"] >= 5
    assert found["commits"]["replicated"] >= 5
    assert found["errors"].keys() <= {"usage", "blob-store-unavailable", "storage-full"}
