"""The package installs alone: no compiler, node or ape is needed to connect, deploy, commit or read."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion.chain import devnet
from medunion.demo import samples

from .story import ROOT

pytestmark = pytest.mark.slow
SECRET = "a hospital's passphrase"
USE = """
import sys
from pathlib import Path
from medunion import Category, MemberKind, Network
from medunion.chain import devnet
from medunion.network import Home, Passphrases
from medunion.network.seats import write_seats

rpc, folder, bundle = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
home, secrets = Home(folder), Passphrases.fixed(sys.argv[4])
write_seats(home, secrets)
with Network.open(home, secrets) as network:
    members = [("a", MemberKind.HOSPITAL), ("b", MemberKind.HOSPITAL)]
    payer = network.ledger.sender(devnet.account(0))
    for handle in [network.admission.prepare(name, kind) for name, kind in members]:
        for operator in handle.operators:
            payer.transfer(handle.address(operator), 10**18)
    hospital, other = network.admit_all(members)
    patient = network.create_wallet("p").identity()
    desk = network.desk("a")
    desk.register(patient)
    desk.check_in(patient)
    desk.grant(patient, other.id, 0, network.grants.scope([Category.LABORATORY], seconds=3600))
    receipt = hospital.records().commit(patient.patient, bundle.read_bytes())
    print(receipt.records, len(other.records().read(patient.patient)))
"""


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, env=environment or None)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv = Path(sys.executable).with_name("uv")
    run(uv, "build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with what the run-time lock names and the wheel, nothing else."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    uv = Path(sys.executable).with_name("uv")
    run(uv, "venv", "--python", sys.executable, folder)
    made = folder / "bin" / "python"
    run(uv, "pip", "install", "--python", made, "--require-hashes", "-r", ROOT / "requirements" / "runtime.lock")
    run(uv, "pip", "install", "--python", made, "--no-deps", wheel)
    return made


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[devnet.Devnet]:
    with devnet.running(tmp_path / "chain") as found:
        yield found


class TestWheel:
    def test_holds_all_data_and_nothing_else(self, wheel: Path) -> None:
        names = zipfile.ZipFile(wheel).namelist()
        for needed in (
            "medunion/artifacts/RecordRegistry.json",
            "medunion/locale/zh-CN/demo.toml",
            "medunion/demo/samples/zhang-wei.json.gz",
            "medunion/py.typed",
        ):
            assert needed in names
        assert any(name.startswith("medunion/fhir/data/") and not name.endswith(".py") for name in names)
        assert [name for name in names if not name.startswith(("medunion/", "medunion-"))] == []


class TestInstalled:
    def test_needs_no_developer_package(self, python: Path) -> None:
        code = "import importlib.util as u; print([n for n in ('solcx','ape','pytest','slither') if u.find_spec(n)])"
        assert run(python, "-c", code) == "[]\n"

    def test_deploys_commits_and_reads(self, python: Path, chain: devnet.Devnet, tmp_path: Path) -> None:
        home, bundle = tmp_path / "home", tmp_path / "bundle.json.gz"
        bundle.write_bytes(samples.read("zhang-wei.json.gz"))
        nowhere = {"PATH": "", "HOME": os.fspath(tmp_path), "MEDUNION_PASSPHRASE": SECRET}
        medunion = python.with_name("medunion")
        deploy = ("deploy", "--network", ROOT / "deployments" / "devnet.yaml", "--rpc", chain.rpc, "--json")
        deployed = json.loads(run(medunion, "--home", home, *deploy, **nowhere))
        assert set(deployed["addresses"]) >= {"PatientRegistry", "AccessGrants", "CareEpisodes", "RecordRegistry"}
        committed, read = run(python, "-c", USE, chain.rpc, home, bundle, SECRET, **nowhere).split()
        assert int(committed) == 317
        assert 0 < int(read) < 317
