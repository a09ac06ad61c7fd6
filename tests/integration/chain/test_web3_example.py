"""The example of docs/web3.md, run as it stands there, by web3.py and eth-account alone."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from medunion import MemberKind, Network
from medunion.vocabulary import Role

pytestmark = pytest.mark.devnet
ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "web3_agreement.py"
SECRET = "a passphrase"


def run(folder: Path, rpc: str) -> "subprocess.CompletedProcess[str]":
    given = {"HOSPITAL": "hospital-a", "WALLET": "alice", "MEDUNION_PASSPHRASE": SECRET, "MEDUNION_RPC": rpc}
    return subprocess.run(
        [sys.executable, str(EXAMPLE)],
        cwd=folder, env={**os.environ, **given}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_a_hospital_settles_an_agreement(tmp_path: Path) -> None:
    with Network.start_devnet(tmp_path / ".medunion", SECRET, keep=False, detached=False) as network:
        hospital, bank = network.admit_all([("hospital-a", MemberKind.HOSPITAL), ("bank", MemberKind.BANK)])
        identity = network.create_wallet("alice").identity()
        desk, treasury = network.desk(hospital.name), network.treasury(bank.name)
        desk.register(identity)
        desk.check_in(identity)
        (rpc,) = network.home.place().rpc
        finance, _ = (network.member(hospital.name).acting(role).address for role in (Role.FINANCE, Role.RECORDS))
        for account in (finance, identity.payer.address):
            treasury.admit(account)
        refused = run(tmp_path, rpc)
        assert (refused.returncode, refused.stderr) == (1, "acceptBySig was refused: ERC20InsufficientBalance\n")
        treasury.issue(identity.payer.address, 100_00, "paid in by alice")
        done = run(tmp_path, rpc)
        assert done.returncode == 0, done.stderr
        assert re.search(r"settled for \d+ gas; the patient still owes 30\n", done.stdout)
        assert network.tokens.holding(finance).amount == 20_00


def test_imports_nothing_of_the_package() -> None:
    assert not re.search(r"^(?:from|import) medunion", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert f"docs/examples/{EXAMPLE.name}" in (ROOT / "docs" / "web3.md").read_text(encoding="utf-8")
