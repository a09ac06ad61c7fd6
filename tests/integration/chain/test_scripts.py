"""The scripts of `ape run` against a devnet, as against any RPC. ape needs Python < 3.13."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from medunion import Consortium, MemberKind
from medunion.chain import devnet
from medunion.chain.deployment import Deployment, deploy

pytestmark = [pytest.mark.devnet, pytest.mark.slow]
pytest.importorskip("ape", reason="ape needs Python < 3.13")
ROOT = Path(__file__).parents[3]


def run(script: str, running: devnet.Devnet, *options: str) -> str:
    program = Path(sys.executable).with_name("ape")
    done = subprocess.run(
        [str(program), "run", script, "--network", f"ethereum:local:{running.rpc}", *options],
        cwd=ROOT,
        env={**os.environ, "MEDUNION_PASSPHRASE": "secret"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class TestDeploy:
    def test_finds_what_was_deployed_before(self, running: devnet.Devnet, tmp_path: Path) -> None:
        path = tmp_path / "deployment.json"
        with running.connect() as connection:
            found = deploy(connection, devnet.account(0), devnet.parameters(), path)
        printed = run("deploy", running, "--output", str(path))
        assert Deployment.load(path) == found
        assert all(address in printed for address in found.addresses.values())


class TestSeed:
    def test_leaves_a_consortium_that_opens(self, running: devnet.Devnet, tmp_path: Path) -> None:
        printed = run("seed", running, "--home", str(tmp_path))
        assert "checked in at hospital-a" in printed
        with Consortium.open(tmp_path / "members" / "hospital-a", "secret") as hospital:
            assert [member.kind for member in hospital.members.all()][2] is MemberKind.LABORATORY
