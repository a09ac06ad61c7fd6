"""One devnet for all commands, made by commands: two hospitals, a clinic, a laboratory, a regulator, two clinicians."""

import gzip
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion.chain.connection import Connection
from medunion.demo import samples
from medunion.errors import RpcUnavailable

from .commands import ROOT, Cli

MEMBERS = {"hospital-a": "hospital", "hospital-b": "hospital", "clinic": "clinic", "laboratory": "laboratory"}


@pytest.fixture(scope="session")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """The command line on a running devnet with admitted members."""
    cli = Cli(tmp_path_factory.mktemp("network") / "home")
    cli.said("devnet", "up")
    try:
        for name, kind in MEMBERS.items():
            cli.said("member", "propose", name, "--kind", kind, "--seat", 1, "--seat", 2)
        cli.said("member", "propose", "regulator", "--kind", "regulator", "--seat", 1, "--seat", 2)
        for name in ("hospital-b", "clinic"):
            cli.said("operator", "attest", name, "clinician", "--by", "regulator", "--licence", "A 1")
        yield cli
    finally:
        cli.run("devnet", "down")


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first sample patient's history as a JSON file."""
    path = tmp_path_factory.mktemp("input") / "history.json"
    path.write_bytes(gzip.decompress(samples.read(samples.PATIENT_FILES[0])))
    return path


@pytest.fixture(scope="session")
def patient(cli: Cli) -> str:
    """A registered patient with three key trustees, checked in at hospital A."""
    cli.said("wallet", "new", "alice")
    trustees = [part for name in ("hospital-b", "clinic", "laboratory") for part in ("--trustee", name)]
    cli.said("patient", "register", "alice", "--at", "hospital-a", *trustees)
    cli.said("episode", "open", "alice", "hospital-a")
    return "alice"


@pytest.fixture(scope="session")
def history(cli: Cli, patient: str, bundle: Path) -> str:
    """The patient, whose history hospital A committed."""
    cli.said("record", "commit", "hospital-a", patient, bundle)
    return patient


@pytest.fixture
def ganache(tmp_path: Path) -> Iterator[str]:
    """Address of a Ganache 7.9, whose newest rules are shanghai's."""
    installed = ROOT / ".build" / "bin" / "node"
    node = installed if installed.exists() else shutil.which("node")
    assert node is not None, "the tool chain brings node"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    program = [str(node), str(ROOT / "node_modules" / "ganache" / "dist" / "node" / "cli.js")]
    options = ["--server.port", address.rpartition(":")[2], "--chain.chainId", "31337"]
    with (tmp_path / "ganache.log").open("wb") as log, subprocess.Popen(
        [*program, *options], stdout=log, stderr=subprocess.STDOUT
    ) as process:
        try:
            with Connection(address) as connection:
                _wait(connection)
            yield address
        finally:
            process.terminate()


def _wait(connection: Connection) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            connection.head()
        except RpcUnavailable:
            assert time.monotonic() < until, "the chain did not start"
            time.sleep(0.2)
        else:
            return
