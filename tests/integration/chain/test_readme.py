"""The README's example, run as it stands there."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from medunion import MemberKind, Network

pytestmark = pytest.mark.devnet
ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "src" / "medunion" / "demo" / "samples"
SECRET = "a passphrase"


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


class TestHospital:
    def test_commits_a_bundle_and_another_reads_it(self, tmp_path: Path) -> None:
        bundle = tmp_path / "bundle.json"
        smallest = min(SAMPLES.glob("*-*.json.gz"), key=lambda path: path.stat().st_size)
        bundle.write_bytes(gzip.decompress(smallest.read_bytes()))
        with Network.start_devnet(tmp_path / ".medunion", SECRET, keep=False, detached=False) as network:
            a, b = network.admit_all([("hospital-a", MemberKind.HOSPITAL), ("hospital-b", MemberKind.HOSPITAL)])
            identity = network.create_wallet("alice").identity()
            desk = network.desk(a.name)
            desk.register(identity)
            desk.check_in(identity)
            desk.grant(identity, b.id, 0, network.grants.scope())
            done = subprocess.run(
                [sys.executable, "-c", example("hospital")],
                cwd=tmp_path,
                env={
                    **os.environ,
                    "MEDUNION_PASSPHRASE": SECRET,
                    "PATIENT": "0x" + identity.patient.hex(),
                    "BUNDLE": str(bundle),
                },
                capture_output=True,
                text=True,
                timeout=120,
            )
        assert done.returncode == 0, done.stdout + done.stderr
        first, *read = done.stdout.splitlines()
        records = int(first.split()[0])
        assert records > 10
        assert len(read) == records
        assert len(example("hospital").strip().splitlines()) <= 15
