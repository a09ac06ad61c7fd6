"""The README's example for a hospital's IT, run as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from medunion import Category, MemberKind, Network
from medunion.demo import samples

from .story import ROOT, environment

pytestmark = [pytest.mark.devnet, pytest.mark.slow]
SECRET = "a passphrase"


def example(readme: str) -> str:
    found = re.search(r"<!-- example: hospital -->\s*```python\n(.*?)```", (ROOT / readme).read_text(), re.DOTALL)
    assert found is not None, f"{readme} has no example"
    return found.group(1)


class TestExample:
    def test_takes_fifteen_lines(self) -> None:
        assert sum(bool(line.strip()) for line in example("README.md").splitlines()) <= 15

    def test_commits_a_bundle_and_reads_the_patient(self, tmp_path: Path) -> None:
        home = tmp_path / ".medunion"
        bundle = tmp_path / "bundle.json.gz"
        bundle.write_bytes(samples.read(samples.PATIENT_FILES[0]))
        with Network.start_devnet(home, SECRET, keep=False, detached=False) as network:
            _, reader = network.admit_all(
                [("hospital-a", MemberKind.HOSPITAL), ("hospital-b", MemberKind.HOSPITAL)]
            )
            identity = network.create_wallet("alice").identity()
            desk = network.desk("hospital-a")
            desk.register(identity)
            desk.check_in(identity)
            scope = network.grants.scope([Category.LABORATORY, Category.IMMUNIZATIONS])
            desk.grant(identity, reader.id, 0, scope)
            given = {
                "MEDUNION_PASSPHRASE": SECRET,
                "PATIENT": f"0x{identity.patient.hex()}",
                "BUNDLE": str(bundle),
            }
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", example("README.md")],
                cwd=tmp_path,
                env=environment(**given),
                capture_output=True,
                text=True,
                timeout=120,
            )
        assert done.returncode == 0, done.stderr
        committed, *read = done.stdout.splitlines()
        assert committed.startswith("250 records, 0 unchanged, ")
        assert any(line.startswith("Immunization version 1 ") for line in read)
        assert not any(line.startswith("Patient") for line in read)
