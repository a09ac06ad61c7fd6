import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medunion import processes
from medunion.chain import devnet
from medunion.chain.contracts import Contracts
from medunion.chain.parameters import Parameters
from medunion.chain.sender import Sender
from medunion.errors import DevnetError, RpcUnavailable

pytestmark = pytest.mark.devnet
ROOT = Path(__file__).parents[3]


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class TestStart:
    def test_it_runs_until_it_is_stopped(self, tmp_path: Path) -> None:
        started = devnet.start(tmp_path / "new" / "home")
        assert devnet.status(started.home) == started
        with started.connect() as connection:
            assert connection.chain_id == devnet.CHAIN_ID
            connection.require_cancun()
        with pytest.raises(DevnetError, match="already"):
            devnet.start(started.home)
        assert devnet.stop(started.home)
        assert not alive(started.pid)
        assert devnet.status(started.home) is None
        assert not devnet.stop(started.home)
        with started.connect() as connection, pytest.raises(RpcUnavailable):
            connection.head()

    def test_its_state_clock_and_logs_survive_a_restart(self, tmp_path: Path) -> None:
        first = devnet.start(tmp_path)
        with first.connect() as connection:
            receipt = Sender(connection, devnet.account(0), Contracts({})).transfer(devnet.account(1).address, 5)
            moved = devnet.advance(connection, 1_000_000)
            genesis = connection.block(0)
        first.stop()
        second = devnet.start(tmp_path)
        with second.connect() as connection:
            sender = Sender(connection, devnet.account(0), Contracts({}))
            assert connection.block(0) == genesis
            assert sender.receipt(receipt.transaction) == receipt
            sender.transfer(devnet.account(1).address, 5)
            assert connection.head().time > moved
        second.stop()

    def test_a_taken_port_is_told(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(DevnetError) as refused:
                devnet.start(tmp_path, port=port)
        assert refused.value.details == {"port": port}
        assert devnet.status(tmp_path) is None

    def test_a_folder_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(DevnetError, match="not writable"):
            devnet.start(tmp_path / "file")

    def test_a_program_that_does_not_start_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program = tmp_path / "anvil"
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)
        monkeypatch.setenv("MEDUNION_ANVIL", str(program))
        with pytest.raises(DevnetError, match=r"anvil\.log"):
            devnet.start(tmp_path / "home")

    def test_a_missing_anvil_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MEDUNION_ANVIL", str(tmp_path / "nothing"))
        with pytest.raises(DevnetError, match="MEDUNION_ANVIL"):
            devnet.find_anvil()
        monkeypatch.delenv("MEDUNION_ANVIL")
        monkeypatch.setenv("PATH", "")
        monkeypatch.chdir(tmp_path)
        with pytest.raises(DevnetError, match="there is no anvil"):
            devnet.find_anvil()

    def test_another_process_with_its_number_is_left_alone(self, tmp_path: Path) -> None:
        started = devnet.start(tmp_path)
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            file = tmp_path / "devnet.json"
            file.write_text(file.read_text().replace(str(started.pid), str(other.pid)))
            try:
                assert devnet.status(tmp_path) is None
                assert not devnet.stop(tmp_path)
                assert other.poll() is None
            finally:
                other.kill()
        started.stop()

    def test_a_damaged_file_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "devnet.json").write_text("{}")
        with pytest.raises(DevnetError, match="cannot be read"):
            devnet.status(tmp_path)


class TestState:
    def test_the_first_block_stays_the_same_however_often_it_starts(self, tmp_path: Path) -> None:
        assert len({first_block(tmp_path) for _ in range(6)}) == 1

    def test_a_folder_that_does_not_tell_when_its_chain_began_is_read(self, tmp_path: Path) -> None:
        first = set()
        for _ in range(3):
            first.add(first_block(tmp_path))
            (tmp_path / "chain" / "genesis-time").unlink()
        assert len(first) == 1

    def test_one_that_is_killed_loses_its_last_blocks_only(self, tmp_path: Path) -> None:
        started = devnet.start(tmp_path, detached=False, save_every=1)
        with started.connect() as connection:
            connection.request("anvil_mine", hex(3))
            until = time.monotonic() + 30
            while saved_blocks(tmp_path) < 3:
                assert time.monotonic() < until
                time.sleep(0.05)
        os.kill(started.pid, signal.SIGKILL)
        processes.children[started.pid].wait()
        again = devnet.start(tmp_path, detached=False)
        with again.connect() as connection:
            assert connection.head().number == 3
        again.stop()

    @pytest.mark.parametrize("left", [0, 1000])
    def test_a_state_that_is_cut_off_is_told_and_left_as_it_is(self, tmp_path: Path, left: int) -> None:
        devnet.start(tmp_path, detached=False).stop()
        state = tmp_path / "chain" / "state.json"
        cut = state.read_bytes()[:left]
        state.write_bytes(cut)
        with pytest.raises(DevnetError, match="cut off"):
            devnet.start(tmp_path)
        assert state.read_bytes() == cut
        assert devnet.status(tmp_path) is None


def first_block(home: Path) -> str:
    """The hash of the first block of a chain that starts, makes a block at the machine's time, and stops."""
    started = devnet.start(home, detached=False)
    with started.connect() as connection:
        connection.request("evm_mine")
        block = connection.block(0)
        assert block is not None
        assert abs(connection.head().time - time.time()) < 60
    started.stop()
    return block.hash


def saved_blocks(home: Path) -> int:
    try:
        return int(json.loads((home / "chain" / "state.json").read_bytes())["best_block_number"])
    except (FileNotFoundError, ValueError):
        return 0


class TestRunning:
    def test_nothing_stays_behind(self, tmp_path: Path) -> None:
        with pytest.raises(ZeroDivisionError), devnet.running(tmp_path) as started:
            raise ZeroDivisionError
        assert not alive(started.pid)
        assert not (tmp_path / "devnet.json").exists()

    @pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
    def test_not_even_when_the_process_is_told_to_end(self, tmp_path: Path, signal_: signal.Signals) -> None:
        script = (
            "import sys, time, pathlib\n"
            "from medunion.chain import devnet\n"
            "with devnet.running(pathlib.Path(sys.argv[1])) as found:\n"
            "    print(found.pid, flush=True)\n"
            "    time.sleep(60)\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            pid = int(process.stdout.readline())
            process.send_signal(signal_)
            process.wait(timeout=30)
        until = time.monotonic() + 5
        while alive(pid) and time.monotonic() < until:
            time.sleep(0.05)
        assert not alive(pid)


class TestParameters:
    def test_are_those_of_the_committed_file(self) -> None:
        assert devnet.parameters() == Parameters.load(ROOT / "deployments" / "devnet.yaml")
